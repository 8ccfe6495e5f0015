// SPDX-License-Identifier: GPL-2.0

#include <linux/cpu.h>
#include <linux/irqflags.h>
#include <linux/preempt.h>
#ifdef CONFIG_X86_64
#include <asm/cpufeature.h>
#endif

#include "helpers.h"

unsigned long rust_percpu_raw_irq_save(void)
{
	unsigned long flags;

	raw_local_irq_save(flags);
	return flags;
}

void rust_percpu_raw_irq_restore(unsigned long flags)
{
	raw_local_irq_restore(flags);
}

unsigned long rust_percpu_irq_save(void)
{
	unsigned long flags;

	local_irq_save(flags);
	return flags;
}

void rust_percpu_irq_restore(unsigned long flags)
{
	local_irq_restore(flags);
}

void rust_percpu_preempt_disable(void)
{
	preempt_disable();
}

void rust_percpu_preempt_enable(void)
{
	preempt_enable();
}

void rust_percpu_cpus_read_lock(void)
{
	cpus_read_lock();
}

void rust_percpu_cpus_read_unlock(void)
{
	cpus_read_unlock();
}

#ifdef CONFIG_X86_64
bool rust_percpu_has_cmpxchg128(void)
{
	return boot_cpu_has(X86_FEATURE_CX16);
}
#endif

#ifdef CONFIG_PREEMPT_RT
#ifdef CONFIG_DEBUG_SPINLOCK
/* Nobody but tasks of this CPU takes the lock, and none of them runs meanwhile. */
static void init_once(local_trylock_t *lock)
{
	unsigned long flags;

	local_irq_save(flags);
	if (lock->lock.wait_lock.magic != SPINLOCK_MAGIC)
		rt_mutex_base_init(&lock->lock);
	local_irq_restore(flags);
}
#else
/* What Rust makes an unlocked lock of: the section takes no other initial value. */
static local_trylock_t unlocked __used __section(".bss..rust_percpu") = INIT_LOCAL_TRYLOCK(unlocked);

static void init_once(local_trylock_t *lock)
{
}
#endif

/* As local_lock(), but for the task that holds the lock, which would wait for itself. */
local_trylock_t *rust_percpu_local_lock(local_trylock_t *percpu)
{
	local_trylock_t __percpu *lock = (local_trylock_t __percpu *)(unsigned long)percpu;
	local_trylock_t *here;

	migrate_disable();
	here = this_cpu_ptr(lock);
	init_once(here);
	/* Lockdep looks at those who may have to wait. */
	if (!IS_ENABLED(CONFIG_DEBUG_LOCK_ALLOC) && likely(spin_trylock(here)))
		return here;
	if (local_lock_is_locked(lock)) {
		migrate_enable();
		return NULL;
	}
	spin_lock(here);
	return here;
}

local_trylock_t *rust_percpu_local_trylock(local_trylock_t *percpu)
{
	local_trylock_t __percpu *lock = (local_trylock_t __percpu *)(unsigned long)percpu;
	bool locked;

	if (IS_ENABLED(CONFIG_DEBUG_SPINLOCK)) {
		migrate_disable();
		init_once(this_cpu_ptr(lock));
	}
	locked = local_trylock(lock);
	if (IS_ENABLED(CONFIG_DEBUG_SPINLOCK))
		migrate_enable();
	return locked ? this_cpu_ptr(lock) : NULL;
}

void rust_percpu_local_unlock(local_trylock_t *lock)
{
	spin_unlock(lock);
	migrate_enable();
}

bool rust_percpu_dead_trylock(local_trylock_t *lock)
{
	init_once(lock);
	return spin_trylock(lock);
}

void rust_percpu_dead_unlock(local_trylock_t *lock)
{
	spin_unlock(lock);
}
#elif defined(CONFIG_DEBUG_LOCK_ALLOC)
void rust_percpu_local_lock_acquire(local_lock_t *lock)
{
	local_lock_acquire(lock);
}

void rust_percpu_local_trylock_acquire(local_lock_t *lock)
{
	local_trylock_acquire(lock);
}

void rust_percpu_local_lock_release(local_lock_t *lock)
{
	local_lock_release(lock);
}
#endif

int rust_percpu_counter_init_many(struct percpu_counter *fbc, s64 amount, gfp_t gfp, u32 count,
				  struct lock_class_key *key)
{
#ifdef CONFIG_SMP
	return __percpu_counter_init_many(fbc, amount, gfp, count, key);
#else
	return percpu_counter_init_many(fbc, amount, gfp, count);
#endif
}

void rust_percpu_counter_destroy_many(struct percpu_counter *fbc, u32 count)
{
	percpu_counter_destroy_many(fbc, count);
}

void rust_percpu_counter_set(struct percpu_counter *fbc, s64 amount)
{
	percpu_counter_set(fbc, amount);
}

void rust_percpu_counter_add_batch(struct percpu_counter *fbc, s64 amount, s32 batch)
{
	percpu_counter_add_batch(fbc, amount, batch);
}

s64 rust_percpu_counter_sum(struct percpu_counter *fbc)
{
	return percpu_counter_sum(fbc);
}

int rust_percpu_counter_compare(struct percpu_counter *fbc, s64 rhs, s32 batch)
{
	return __percpu_counter_compare(fbc, rhs, batch);
}

void rust_percpu_counter_sync(struct percpu_counter *fbc)
{
	percpu_counter_sync(fbc);
}

void rust_percpu_ref_get(struct percpu_ref *ref)
{
	percpu_ref_get(ref);
}

bool rust_percpu_ref_tryget(struct percpu_ref *ref)
{
	return percpu_ref_tryget(ref);
}

bool rust_percpu_ref_tryget_live(struct percpu_ref *ref)
{
	return percpu_ref_tryget_live(ref);
}

void rust_percpu_ref_put(struct percpu_ref *ref)
{
	percpu_ref_put(ref);
}

/* As percpu_ref_put(), which would call @release inside of rcu_read_lock(), where nothing sleeps. */
bool rust_percpu_ref_put_and_test(struct percpu_ref *ref)
{
	unsigned long __percpu *count;
	bool last = false;

	rcu_read_lock();
	if (__ref_is_percpu(ref, &count))
		this_cpu_dec(*count);
	else
		last = atomic_long_dec_and_test(&ref->data->count);
	rcu_read_unlock();
	return last;
}

void rust_percpu_rcu_read_lock(void)
{
	rcu_read_lock();
}

void rust_percpu_rcu_read_unlock(void)
{
	rcu_read_unlock();
}

void rust_percpu_down_read(struct percpu_rw_semaphore *sem)
{
	percpu_down_read(sem);
}

void rust_percpu_down_read_freezable(struct percpu_rw_semaphore *sem)
{
	percpu_down_read_freezable(sem, true);
}

bool rust_percpu_down_read_trylock(struct percpu_rw_semaphore *sem)
{
	return percpu_down_read_trylock(sem);
}

void rust_percpu_up_read(struct percpu_rw_semaphore *sem)
{
	percpu_up_read(sem);
}

bool rust_percpu_is_write_locked(struct percpu_rw_semaphore *sem)
{
	return percpu_is_write_locked(sem);
}
