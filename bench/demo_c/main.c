// SPDX-License-Identifier: GPL-2.0
/*
 * The demo in C: the files of rust_percpu.rs under /sys/kernel/debug/demo_c, and the same trace
 * events. Not to be loaded beside it, as the events have the same names.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>

#include "../../percpu_abi/rust_percpu_trace.h"

static unsigned long long start;
module_param(start, ullong, 0);
MODULE_PARM_DESC(start,
		 "Value of the dynamic counter on every possible CPU after loading (default 0)");

static DEFINE_PER_CPU(u64, static_hits);

static struct counter {
	const char *name;
	u64 __percpu *hits;
} counters[] = {
	{ .name = "static", .hits = &static_hits },
	{ .name = "dynamic" },
};

static struct dentry *root;

static u64 read_copy(const struct counter *counter, unsigned int cpu)
{
	return READ_ONCE(*per_cpu_ptr(counter->hits, cpu));
}

static int total_show(struct seq_file *f, void *unused)
{
	u64 sum = 0;
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		sum += read_copy(f->private, cpu);
	seq_printf(f, "%llu\n", sum);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(total);

static int per_cpu_show(struct seq_file *f, void *unused)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		seq_printf(f, "%u %llu\n", cpu, read_copy(f->private, cpu));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(per_cpu);

static ssize_t add_write(struct file *file, const char __user *text, size_t len, loff_t *pos)
{
	struct counter *counter = file->private_data;
	u64 delta;
	int error = kstrtoull_from_user(text, len, 10, &delta);

	if (error)
		return error;
	if (trace_rust_percpu_add_enabled()) {
		/* The event names the CPU, so stay on it. */
		unsigned int cpu = get_cpu();
		u64 value = this_cpu_add_return(*counter->hits, delta);

		trace_rust_percpu_add(counter->name, cpu, delta, value);
		put_cpu();
	} else {
		this_cpu_add(*counter->hits, delta);
	}
	return len;
}

static const struct file_operations add_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = add_write,
};

static void reset_this_cpu(void *unused)
{
	for (int i = 0; i < ARRAY_SIZE(counters); i++)
		this_cpu_write(*counters[i].hits, 0);
}

static ssize_t reset_write(struct file *file, const char __user *text, size_t len, loff_t *pos)
{
	u64 value;
	unsigned int cpu;
	int error = kstrtoull_from_user(text, len, 10, &value);

	if (error)
		return error;
	if (value != 1)
		return -EINVAL;
	cpus_read_lock();
	on_each_cpu(reset_this_cpu, NULL, true);
	for_each_possible_cpu(cpu)
		for (int i = 0; i < ARRAY_SIZE(counters); i++)
			if (!cpu_online(cpu))
				WRITE_ONCE(*per_cpu_ptr(counters[i].hits, cpu), 0);
	cpus_read_unlock();
	return len;
}

static const struct file_operations reset_fops = {
	.owner = THIS_MODULE,
	.write = reset_write,
};

static int __init demo_c_init(void)
{
	u64 __percpu *hits = alloc_percpu(u64);
	unsigned int cpu;

	if (!hits)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		*per_cpu_ptr(hits, cpu) = start;
	trace_rust_percpu_alloc(sizeof(u64), __alignof__(u64), (void *)(__force unsigned long)hits);
	counters[1].hits = hits;
	root = debugfs_create_dir("demo_c", NULL);
	for (int i = 0; i < ARRAY_SIZE(counters); i++) {
		struct dentry *dir = debugfs_create_dir(counters[i].name, root);

		debugfs_create_file("total", 0444, dir, &counters[i], &total_fops);
		debugfs_create_file("per_cpu", 0444, dir, &counters[i], &per_cpu_fops);
		debugfs_create_file("add", 0200, dir, &counters[i], &add_fops);
	}
	debugfs_create_file("reset", 0200, root, NULL, &reset_fops);
	if (IS_ERR(root))
		pr_warn("no files to watch: debugfs says %ld\n", PTR_ERR(root));
	else
		pr_info("counting on %u CPUs\n", num_possible_cpus());
	return 0;
}
module_init(demo_c_init);

static void __exit demo_c_exit(void)
{
	debugfs_remove(root);
	trace_rust_percpu_free(sizeof(u64), __alignof__(u64), (void *)(__force unsigned long)counters[1].hits);
	free_percpu(counters[1].hits);
}
module_exit(demo_c_exit);

MODULE_AUTHOR("The rust_percpu authors");
MODULE_DESCRIPTION("The demo in C: per-CPU counters, shown under /sys/kernel/debug/demo_c");
MODULE_LICENSE("GPL");
