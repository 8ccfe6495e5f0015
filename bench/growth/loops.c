// SPDX-License-Identifier: GPL-2.0
/* What the counter in Rust is compared with. */
#include <linux/ktime.h>
#include <linux/percpu.h>
#include <linux/spinlock.h>

static DEFINE_PER_CPU(u64, per_cpu_hits);
static atomic64_t atomic_hits;
static DEFINE_RAW_SPINLOCK(lock);
static u64 locked_hits;

/* A loop, with interrupts off, and what it counted on all CPUs. */
#define COUNTER(name, add, all)						\
void percpu_growth_##name(unsigned long rounds);			\
void percpu_growth_##name(unsigned long rounds)				\
{									\
	while (rounds--) {						\
		add;							\
	}								\
}									\
u64 percpu_growth_##name##_total(void);					\
u64 percpu_growth_##name##_total(void)					\
{									\
	u64 total = 0;							\
									\
	all;								\
	return total;							\
}

COUNTER(this_cpu,
	this_cpu_inc(per_cpu_hits),
	unsigned int cpu; for_each_possible_cpu(cpu) total += per_cpu(per_cpu_hits, cpu))
COUNTER(atomic,
	atomic64_inc(&atomic_hits),
	total = atomic64_read(&atomic_hits))
COUNTER(locked,
	raw_spin_lock(&lock); locked_hits++; raw_spin_unlock(&lock),
	total = locked_hits)

u64 percpu_growth_clock(void);
u64 percpu_growth_clock(void)
{
	return ktime_get_ns();
}
