// SPDX-License-Identifier: GPL-2.0
/*
 * The demo in C: the files of rust_percpu.rs under /sys/kernel/debug/demo_c, and the same trace
 * events. Not to be loaded beside it, as the events have the same names.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/module.h>
#include <linux/percpu.h>

#include "../../demo/abi/rust_percpu_trace.h"
#include "demo_c.h"

static unsigned long long start;
module_param(start, ullong, 0);
MODULE_PARM_DESC(start,
		 "Value of the dynamic counter on every possible CPU after loading (default 0)");

static DEFINE_PER_CPU(u64, static_hits);

static struct counter by_define = { .name = "static", .hits = &static_hits };
static struct counter by_alloc = { .name = "dynamic" };
static struct counter lossy = { .name = "lossy", .hits = &lossy_hits };
static struct counter *const counters[] = { &by_define, &by_alloc, &lossy };

static struct dentry *root;

static ssize_t add_write(struct file *file, const char __user *text, size_t len, loff_t *pos)
{
	struct counter *counter = file->private_data;
	u64 delta;
	int error = decimal_from_user(text, len, &delta);

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

static const struct debugfs_short_fops add_fops = {
	.write = add_write,
	.llseek = noop_llseek,
};

static void reset_this_cpu(void *unused)
{
	for (int i = 0; i < ARRAY_SIZE(counters); i++)
		this_cpu_write(*counters[i]->hits, 0);
}

static ssize_t reset_write(struct file *file, const char __user *text, size_t len, loff_t *pos)
{
	u64 value;
	unsigned int cpu;
	int error = decimal_from_user(text, len, &value);

	if (error)
		return error;
	if (value != 1)
		return -EINVAL;
	cpus_read_lock();
	on_each_cpu(reset_this_cpu, NULL, true);
	for_each_possible_cpu(cpu)
		for (int i = 0; i < ARRAY_SIZE(counters); i++)
			if (!cpu_online(cpu))
				WRITE_ONCE(*per_cpu_ptr(counters[i]->hits, cpu), 0);
	cpus_read_unlock();
	approximate_reset();
	return len;
}

static const struct debugfs_short_fops reset_fops = {
	.write = reset_write,
	.llseek = noop_llseek,
};

static int alloc_hits(void)
{
	unsigned int cpu;

	by_alloc.hits = alloc_percpu(u64);
	if (!by_alloc.hits)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		*per_cpu_ptr(by_alloc.hits, cpu) = start;
	trace_rust_percpu_alloc(sizeof(u64), __alignof__(u64),
				(void *)(__force unsigned long)by_alloc.hits);
	return 0;
}

static void free_hits(void)
{
	trace_rust_percpu_free(sizeof(u64), __alignof__(u64),
			       (void *)(__force unsigned long)by_alloc.hits);
	free_percpu(by_alloc.hits);
}

static int __init demo_c_init(void)
{
	int shown, error = alloc_hits();

	if (error)
		return error;
	error = approximate_init();
	if (error) {
		free_hits();
		return error;
	}
	root = debugfs_create_dir(KBUILD_MODNAME, NULL);
	for (shown = 0; shown < ARRAY_SIZE(counters); shown++) {
		error = counter_show(counters[shown], root,
				     counters[shown] == &lossy ? &lossy_add_fops : &add_fops);
		if (error)
			goto hide;
	}
	approximate_show(root);
	debugfs_create_file("reset", 0200, root, NULL, &reset_fops);
	events_show(root);
	if (IS_ERR(root))
		pr_warn("no files to watch: debugfs says %ld\n", PTR_ERR(root));
	else
		pr_info("counting on %u CPUs\n", num_possible_cpus());
	return 0;

hide:
	while (shown--)
		counter_hide(counters[shown]);
	debugfs_remove(root);
	approximate_exit();
	free_hits();
	return error;
}
module_init(demo_c_init);

static void __exit demo_c_exit(void)
{
	events_close();
	for (int i = 0; i < ARRAY_SIZE(counters); i++)
		counter_hide(counters[i]);
	debugfs_remove(root);
	approximate_exit();
	free_hits();
}
module_exit(demo_c_exit);

MODULE_AUTHOR("The rust_percpu authors");
MODULE_DESCRIPTION("The demo in C: per-CPU counters, shown under /sys/kernel/debug/demo_c");
MODULE_LICENSE("GPL");
