// SPDX-License-Identifier: GPL-2.0
/* Uses from C the per-CPU variables that symbols_export has in Rust. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/smp.h>

DECLARE_PER_CPU(u64, symbols_hits);
DECLARE_PER_CPU(s16, symbols_small);

static void add(void *unused)
{
	this_cpu_add(symbols_hits, 10);
	this_cpu_dec(symbols_small);
}

static int __init symbols_c_init(void)
{
	unsigned int cpu;
	u64 hits = 0;

	on_each_cpu(add, NULL, true);
	for_each_possible_cpu(cpu)
		hits += READ_ONCE(per_cpu(symbols_hits, cpu));
	pr_info("hits %llu\n", hits);
	return 0;
}

static void __exit symbols_c_exit(void)
{
}

module_init(symbols_c_init);
module_exit(symbols_c_exit);
MODULE_DESCRIPTION("Test: per-CPU variables of Rust used in C");
MODULE_LICENSE("GPL");
