// SPDX-License-Identifier: GPL-2.0

#include <linux/irqflags.h>
#include <linux/sched/task.h>

#include "helpers.h"

#ifdef CONFIG_PREEMPT_RT
/*
 * The lock names the task that holds it, and whoever waits looks at that task. If the holder is killed, it
 * holds the lock for ever, so it must not be freed.
 */
static local_trylock_t *held(local_trylock_t *lock)
{
	get_task_struct(current);
	return lock;
}

static void unlock(local_trylock_t *lock)
{
	spin_unlock(lock);
	put_task_struct(current);
}

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

bool rust_percpu_local_lock_is_held(local_trylock_t *lock)
{
	return spin_is_locked(lock);
}

/*
 * This CPU's lock, with migration off; none in interrupts. Looked up once: what is lent is what was locked, whatever
 * the task's count of migrate_disable() says.
 */
static local_trylock_t *lock_here(local_trylock_t __percpu *lock)
{
	local_trylock_t *here;

	if (in_nmi() || in_hardirq())
		return NULL;
	migrate_disable();
	here = this_cpu_ptr(lock);
	init_once(here);
	return here;
}

/* As local_lock(), but not for the task that holds the lock, which would wait for itself, nor for interrupts. */
local_trylock_t *rust_percpu_local_lock(local_trylock_t *percpu)
{
	local_trylock_t __percpu *lock = (local_trylock_t __percpu *)(unsigned long)percpu;
	local_trylock_t *here = lock_here(lock);

	if (!here)
		return NULL;
	/* Lockdep looks at those who may have to wait. */
	if (!IS_ENABLED(CONFIG_DEBUG_LOCK_ALLOC) && likely(spin_trylock(here)))
		return held(here);
	if (local_lock_is_locked(lock)) {
		migrate_enable();
		return NULL;
	}
	spin_lock(here);
	return held(here);
}

local_trylock_t *rust_percpu_local_trylock(local_trylock_t *percpu)
{
	local_trylock_t __percpu *lock = (local_trylock_t __percpu *)(unsigned long)percpu;
	local_trylock_t *here = lock_here(lock);

	if (!here)
		return NULL;
	if (spin_trylock(here))
		return held(here);
	migrate_enable();
	return NULL;
}

void rust_percpu_local_unlock(local_trylock_t *lock)
{
	unlock(lock);
	migrate_enable();
}

bool rust_percpu_dead_trylock(local_trylock_t *lock)
{
	init_once(lock);
	return spin_trylock(lock) && held(lock);
}

void rust_percpu_dead_unlock(local_trylock_t *lock)
{
	unlock(lock);
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
