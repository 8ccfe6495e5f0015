// SPDX-License-Identifier: GPL-2.0
/* A sum that is there without adding up, and almost exact. */
#include <linux/percpu_counter.h>

#include "demo_c.h"

static struct percpu_counter approximate;

static ssize_t add(struct file *file, const char __user *text, size_t len, loff_t *pos)
{
	u64 delta;
	int error = decimal_from_user(text, len, &delta);

	if (error)
		return error;
	percpu_counter_add(&approximate, delta);
	return len;
}

static const struct debugfs_short_fops add_fops = {
	.write = add,
	.llseek = noop_llseek,
};

static int read_get(void *unused, u64 *value)
{
	*value = percpu_counter_read(&approximate);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(read_fops, read_get, NULL, "%llu\n");

static int sum_get(void *unused, u64 *value)
{
	*value = percpu_counter_sum(&approximate);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(sum_fops, sum_get, NULL, "%llu\n");

int approximate_init(void)
{
	return percpu_counter_init(&approximate, 0, GFP_KERNEL);
}

void approximate_show(struct dentry *parent)
{
	struct dentry *dir = debugfs_create_dir("approximate", parent);

	debugfs_create_file("add", 0200, dir, NULL, &add_fops);
	debugfs_create_file_unsafe("read", 0400, dir, NULL, &read_fops);
	debugfs_create_file_unsafe("sum", 0400, dir, NULL, &sum_fops);
}

void approximate_reset(void)
{
	percpu_counter_set(&approximate, 0);
}

void approximate_exit(void)
{
	percpu_counter_destroy(&approximate);
}
