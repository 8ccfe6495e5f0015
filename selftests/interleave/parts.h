/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For what operations.py makes in C: what its lines call, and the kernel's own structures that they are
 * on. parts.rs is the same in Rust.
 */
#include <linux/percpu.h>
#include <linux/slab.h>
#include "engine.h"
#include "mistakes.h"

#ifdef CONFIG_X86_64
/* For processors without the instruction; not exported to modules. Not tried there. */
void this_cpu_cmpxchg16b_emu(void);
void this_cpu_cmpxchg16b_emu(void)
{
	BUG();
}
#endif

#define twice(v)	((u128)(v) << 64 | (v))

static __always_inline u64 half(u128 v)
{
	return (u64)(v >> 64) ^ rol64((u64)v, 1);
}

static __always_inline u64 both(const struct traffic *traffic)
{
	u64 packets, bytes;
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&traffic->sync);
		packets = u64_stats_read(&traffic->packets);
		bytes = u64_stats_read(&traffic->bytes);
	} while (u64_stats_fetch_retry(&traffic->sync, start));
	return packets << 32 ^ bytes;
}

struct arc {
	struct percpu_ref ref;
};

static struct percpu_counter counter;
static struct gate gate;
static struct arc arc;
static struct percpu_rw_semaphore sem;

static void released(struct percpu_ref *unused)
{
	WARN_ON(true);
}

#define PUT(b, v, s) \
	do { *to++ = (struct variable) { b, (void *)(unsigned long)(v), s, PER_CPU }; } while (0)
#define PUT_SHARED(b, v) \
	do { *to++ = (struct variable) { b, v, sizeof(*(v)), SHARED }; } while (0)

static int put_kernel_s(struct variable *to)
{
	int error = percpu_counter_init(&counter, 1000, GFP_KERNEL) ?:
		    percpu_ref_init(&gate.ref, released, 0, GFP_KERNEL) ?:
		    percpu_ref_init(&arc.ref, released, 0, GFP_KERNEL) ?:
		    percpu_init_rwsem(&sem);

	if (error)
		return error;
	percpu_ref_get(&gate.ref);
	percpu_ref_get_many(&arc.ref, 2);
	PUT(&counter, counter.counters, sizeof(*counter.counters));
	PUT_SHARED(NULL, &counter.count);
	PUT(&gate.ref, counts_of(&gate.ref), sizeof(*counts_of(&gate.ref)));
	PUT_SHARED(&gate, &gate.ref.percpu_count_ptr);
	PUT_SHARED(NULL, &gate.ref.data->count);
	PUT_SHARED(NULL, &killed);
	PUT(&arc, counts_of(&arc.ref), sizeof(*counts_of(&arc.ref)));
	PUT_SHARED(NULL, &arc.ref.percpu_count_ptr);
	PUT_SHARED(NULL, &arc.ref.data->count);
	PUT(&sem, sem.read_count, sizeof(*sem.read_count));
	to[-1].kind = SUMMED;
	return 0;
}

static void free_kernel_s(void)
{
	percpu_counter_destroy(&counter);
	percpu_ref_exit(&gate.ref);
	percpu_ref_exit(&arc.ref);
	percpu_free_rwsem(&sem);
}
