// SPDX-License-Identifier: GPL-2.0
/* The event, fired in a loop, and what the counter in Rust is compared with. */
#include <linux/atomic.h>
#include <linux/percpu.h>
#include <linux/timex.h>
#include <linux/tracepoint.h>

#include "../../demo/abi/rust_percpu_trace.h"

#define LOOP(name, body)						\
void percpu_events_##name(unsigned long rounds);			\
void percpu_events_##name(unsigned long rounds)				\
{									\
	_Pragma("GCC unroll 1")						\
	do {								\
		barrier();						\
		body;							\
	} while (--rounds);						\
}

LOOP(loop, )
LOOP(fire, trace_rust_percpu_free(8, 8, NULL))

u64 percpu_events_clock(void);
u64 percpu_events_clock(void)
{
	return get_cycles();
}

static u64 __percpu *hits;
static atomic64_t shared;

/* As the kernel's own probes, and functions in Rust, they have no place for ftrace to call from. */
static notrace void this_cpu_probe(void *data, size_t size, size_t align, const void *ptr)
{
	this_cpu_inc(*(u64 __percpu *)(__force unsigned long)data);
}

static notrace void atomic_probe(void *data, size_t size, size_t align, const void *ptr)
{
	atomic64_inc(data);
}

int percpu_events_start_this_cpu(void);
int percpu_events_start_this_cpu(void)
{
	int error;

	hits = alloc_percpu(u64);
	if (!hits)
		return -ENOMEM;
	error = register_trace_rust_percpu_free(this_cpu_probe,
						(void *)(__force unsigned long)hits);
	if (error)
		free_percpu(hits);
	return error;
}

u64 percpu_events_stop_this_cpu(void);
u64 percpu_events_stop_this_cpu(void)
{
	u64 total = 0;
	unsigned int cpu;

	unregister_trace_rust_percpu_free(this_cpu_probe, (void *)(__force unsigned long)hits);
	tracepoint_synchronize_unregister();
	for_each_possible_cpu(cpu)
		total += *per_cpu_ptr(hits, cpu);
	free_percpu(hits);
	return total;
}

int percpu_events_start_atomic(void);
int percpu_events_start_atomic(void)
{
	atomic64_set(&shared, 0);
	return register_trace_rust_percpu_free(atomic_probe, &shared);
}

u64 percpu_events_stop_atomic(void);
u64 percpu_events_stop_atomic(void)
{
	unregister_trace_rust_percpu_free(atomic_probe, &shared);
	tracepoint_synchronize_unregister();
	return atomic64_read(&shared);
}
