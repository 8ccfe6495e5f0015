// SPDX-License-Identifier: GPL-2.0
/* The rows in C. */
#include <linux/cpumask.h>
#include <linux/ktime.h>
#include <linux/local_lock.h>
#include <linux/percpu-refcount.h>
#include <linux/percpu-rwsem.h>
#include <linux/percpu.h>
#include <linux/percpu_counter.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/timex.h>
#include <linux/u64_stats_sync.h>
#if __has_include(<linux/interrupt_rc.h>)
#include <linux/interrupt_rc.h>
#endif

#include "../../demo/abi/rust_percpu_trace.h"
#include "object_cache.h"

#define VARIABLES(type)							\
static DEFINE_PER_CPU(type, zero_##type);				\
static DEFINE_PER_CPU(type, count_##type);				\
static type __percpu *allocated_zero_##type;				\
static type __percpu *allocated_count_##type;

VARIABLES(u8)
VARIABLES(u16)
VARIABLES(u32)
VARIABLES(u64)
#define allocated_zero_s64 allocated_zero_u64
#define allocated_count_s64 allocated_count_u64

struct hist { u64 bins[32]; };
static DEFINE_PER_CPU(struct hist, static_hist);
static struct hist __percpu *allocated_hist;
struct both { u64 first, second; };
static DEFINE_PER_CPU(struct both, static_pair);

static atomic64_t shared;
static DEFINE_SPINLOCK(lock);
static u64 locked;

struct lent {
	local_trylock_t lock;
	u64 value;
};

struct traffic {
	struct u64_stats_sync sync;
	u64_stats_t packets, bytes;
};

static DEFINE_PER_CPU(struct lent, lent) = { INIT_LOCAL_TRYLOCK(lock) };
static DEFINE_PER_CPU(struct traffic, traffic);
static struct percpu_counter counter;
static struct percpu_ref users;
static struct percpu_rw_semaphore sem;
static struct cache cache;
static struct kmem_cache *objects;

static void add_to_locked(void *amount)
{
	locked += *(u64 *)amount;
}

static void released(struct percpu_ref *unused)
{
}

#define ALLOCATED(var) (*var)
/* No instructions; but the compiler knows nothing of the value, or has to have it. */
#define hide(var) asm volatile("" : "+r"(var))
#define keep(value) do { typeof(value) kept = (value); asm volatile("" : : "r"(kept)); } while (0)
#define missed() asm volatile("nop")

#define C_ROW(op, type, place, c)					\
void percpu_bench_##op##_##type##_##place(unsigned long rounds);	\
void percpu_bench_##op##_##type##_##place(unsigned long rounds)		\
{									\
	typeof(allocated_zero_##type) zero __maybe_unused = allocated_zero_##type;	\
	typeof(allocated_zero_##type) count __maybe_unused = allocated_count_##type;	\
	typeof(allocated_hist) hist __maybe_unused = allocated_hist;	\
	type v = 0, w = 0;						\
									\
	hide(v);							\
	hide(w);							\
	_Pragma("GCC unroll 1")						\
	do {								\
		barrier();						\
		{ c; }							\
	} while (--rounds);						\
}
#define ROW(op, type, place, c, rust) C_ROW(op, type, place, c)

/* As irqs_off has it: counted, where the kernel has that. */
#if __has_include(<linux/interrupt_rc.h>)
#define IRQS_OFF_ON local_interrupt_disable(); local_interrupt_enable()
#else
#define IRQS_OFF_ON unsigned long flags; local_irq_save(flags); local_irq_restore(flags)
#endif

#include "rows.h"

/* Nanoseconds of the guest's clock, which are instructions; get_cycles, or what else counts as many. */
u64 percpu_bench_clock(void);
u64 percpu_bench_clock(void)
{
#if defined(CONFIG_X86_64) || defined(CONFIG_ARM64)
	return get_cycles();
#elif defined(CONFIG_RISCV)
	return csr_read(CSR_INSTRET);
#else
	return ktime_get_ns();
#endif
}

#define FREE(type)							\
	free_percpu(allocated_zero_##type);				\
	free_percpu(allocated_count_##type);

void percpu_bench_exit(void);
void percpu_bench_exit(void)
{
	FREE(u8)
	FREE(u16)
	FREE(u32)
	FREE(u64)
	free_percpu(allocated_hist);
	percpu_counter_destroy(&counter);
	percpu_ref_exit(&users);
	percpu_free_rwsem(&sem);
	kmem_cache_destroy(objects);
	cache_exit(&cache);
}

#define ALLOC(type)							\
	allocated_zero_##type = alloc_percpu(type);			\
	allocated_count_##type = alloc_percpu(type);			\
	if (!allocated_zero_##type || !allocated_count_##type)		\
		goto no_memory;

int percpu_bench_init(void);
int percpu_bench_init(void)
{
	ALLOC(u8)
	ALLOC(u16)
	ALLOC(u32)
	ALLOC(u64)
	allocated_hist = alloc_percpu(struct hist);
	objects = KMEM_CACHE(object, 0);
	if (allocated_hist && objects && !percpu_counter_init(&counter, 0, GFP_KERNEL) &&
	    !percpu_ref_init(&users, released, 0, GFP_KERNEL) && !percpu_init_rwsem(&sem) &&
	    !cache_init(&cache, 16))
		return 0;
no_memory:
	percpu_bench_exit();
	return -ENOMEM;
}
