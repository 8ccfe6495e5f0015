// SPDX-License-Identifier: GPL-2.0
/* What goes wrong without a guard: a counter that loses what others add meanwhile. */
#include <linux/delay.h>
#include <linux/percpu.h>

#include "demo_c.h"

DEFINE_PER_CPU(u64, lossy_hits);

/*
 * Adds in two steps, with enough time in between for others to come by: tasks on this CPU, whose
 * additions are overwritten, and for this task to be moved to another CPU, whose copy is.
 */
static ssize_t lossy_add(struct file *file, const char __user *text, size_t len, loff_t *pos)
{
	u64 delta, value;
	int error = decimal_from_user(text, len, &delta);

	if (error)
		return error;
	value = this_cpu_read(lossy_hits);
	fsleep(1000);
	this_cpu_write(lossy_hits, value + delta);
	return len;
}

const struct debugfs_short_fops lossy_add_fops = {
	.write = lossy_add,
	.llseek = noop_llseek,
};
