// SPDX-License-Identifier: GPL-2.0
/* What the files of a counter show and take. */
#include <linux/ctype.h>
#include <linux/device/faux.h>
#include <linux/kstrtox.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "demo_c.h"

static const struct counter *counter_of(struct seq_file *f)
{
	return dev_get_drvdata(f->private);
}

static u64 read_copy(const struct counter *counter, unsigned int cpu)
{
	return READ_ONCE(*per_cpu_ptr(counter->hits, cpu));
}

static int total_show(struct seq_file *f, void *unused)
{
	u64 sum = 0;
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		sum += read_copy(counter_of(f), cpu);
	seq_printf(f, "%llu\n", sum);
	return 0;
}

static int per_cpu_show(struct seq_file *f, void *unused)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		seq_printf(f, "%u %llu\n", cpu, read_copy(counter_of(f), cpu));
	return 0;
}

/*
 * A file that may be open when the module goes must have no operation of the module's that closing
 * calls. An owner would prevent it, but an open that meets an unload then sets off a warning in
 * debugfs. The operations of a file made by debugfs_create_devm_seqfile are the kernel's own.
 */
int counter_show(struct counter *counter, struct dentry *parent,
		 const struct debugfs_short_fops *add)
{
	char *name = kasprintf(GFP_KERNEL, KBUILD_MODNAME ".%s", counter->name);

	if (!name)
		return -ENOMEM;
	counter->device = faux_device_create(name, NULL, NULL);
	kfree(name);
	if (!counter->device)
		return -ENODEV;
	faux_device_set_drvdata(counter->device, counter);
	counter->dir = debugfs_create_dir(counter->name, parent);
	debugfs_create_devm_seqfile(&counter->device->dev, "total", counter->dir, total_show);
	debugfs_create_devm_seqfile(&counter->device->dev, "per_cpu", counter->dir, per_cpu_show);
	if (add)
		debugfs_create_file("add", 0200, counter->dir, counter, add);
	return 0;
}

void counter_hide(struct counter *counter)
{
	debugfs_remove(counter->dir);
	faux_device_destroy(counter->device);
}

int decimal_from_user(const char __user *text, size_t len, u64 *value)
{
	char buf[64 + 1];

	if (len >= sizeof(buf))
		return -EINVAL;
	if (copy_from_user(buf, text, len))
		return -EFAULT;
	buf[len] = '\0';
	/* kstrtou64 takes a sign, and whatever comes after a zero byte. */
	if (!isdigit(buf[0]) || strlen(buf) != len)
		return -EINVAL;
	return kstrtou64(buf, 10, value);
}
