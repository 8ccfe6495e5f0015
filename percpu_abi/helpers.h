/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the percpu crate needs of C: macros and inline functions of the kernel that are no symbols.
 * The kernel's own rust_helper_* do not serve: they are not exported on every configuration. A file for
 * what is used together, so that a module is linked with what it uses, and imports what that needs.
 */
#ifndef _RUST_PERCPU_HELPERS_H
#define _RUST_PERCPU_HELPERS_H

/* Before local_lock.h, which uses it and without SMP does not include it. */
#include <linux/preempt.h>
#include <linux/local_lock.h>
#include <linux/percpu-rwsem.h>
#include <linux/percpu_counter.h>
#include <linux/percpu-refcount.h>
#include <linux/types.h>

/* Of lockdep and tracers unseen, as this_cpu_* has it. */
unsigned long rust_percpu_raw_irq_save(void);
void rust_percpu_raw_irq_restore(unsigned long flags);

unsigned long rust_percpu_irq_save(void);
void rust_percpu_irq_restore(unsigned long flags);
void rust_percpu_preempt_disable(void);
void rust_percpu_preempt_enable(void);

#ifdef CONFIG_X86_64
bool rust_percpu_has_cmpxchg128(void);
#endif

#ifdef CONFIG_PREEMPT_RT
/*
 * Both return this CPU's copy, locked, with migration off; or NULL, the first if this task holds it.
 */
local_trylock_t *rust_percpu_local_lock(local_trylock_t *percpu);
bool rust_percpu_local_lock_is_held(local_trylock_t *lock);
local_trylock_t *rust_percpu_local_trylock(local_trylock_t *percpu);
/* Of the copy that was locked. */
void rust_percpu_local_unlock(local_trylock_t *lock);
bool rust_percpu_dead_trylock(local_trylock_t *lock);
void rust_percpu_dead_unlock(local_trylock_t *lock);
#elif defined(CONFIG_DEBUG_LOCK_ALLOC)
/* What local_lock(), local_trylock() and local_unlock() show lockdep. */
void rust_percpu_local_lock_acquire(local_lock_t *lock);
void rust_percpu_local_trylock_acquire(local_lock_t *lock);
void rust_percpu_local_lock_release(local_lock_t *lock);
#endif

static const int rust_percpu_counter_local_batch = PERCPU_COUNTER_LOCAL_BATCH;

#ifndef CONFIG_SMP
/* These are functions with SMP. */
int rust_percpu_counter_init_many(struct percpu_counter *fbc, s64 amount, gfp_t gfp, u32 count,
				  struct lock_class_key *key);
void rust_percpu_counter_destroy_many(struct percpu_counter *fbc, u32 count);
void rust_percpu_counter_set(struct percpu_counter *fbc, s64 amount);
void rust_percpu_counter_add_batch(struct percpu_counter *fbc, s64 amount, s32 batch);
s64 rust_percpu_counter_sum(struct percpu_counter *fbc);
int rust_percpu_counter_compare(struct percpu_counter *fbc, s64 rhs, s32 batch);
void rust_percpu_counter_sync(struct percpu_counter *fbc);
#endif

/* For counts that are not per CPU at the moment. */
void rust_percpu_ref_get(struct percpu_ref *ref);
bool rust_percpu_ref_tryget(struct percpu_ref *ref);
bool rust_percpu_ref_tryget_live(struct percpu_ref *ref);
void rust_percpu_ref_put(struct percpu_ref *ref);
/* True if it was the last, of which @release is not told. */
bool rust_percpu_ref_put_and_test(struct percpu_ref *ref);
void rust_percpu_rcu_read_lock(void);
void rust_percpu_rcu_read_unlock(void);

void rust_percpu_down_read(struct percpu_rw_semaphore *sem);
void rust_percpu_down_read_freezable(struct percpu_rw_semaphore *sem);
bool rust_percpu_down_read_trylock(struct percpu_rw_semaphore *sem);
void rust_percpu_up_read(struct percpu_rw_semaphore *sem);
void rust_percpu_up_read_trylocked(struct percpu_rw_semaphore *sem);
bool rust_percpu_is_write_locked(struct percpu_rw_semaphore *sem);

#endif
