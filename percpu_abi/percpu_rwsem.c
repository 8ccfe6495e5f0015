// SPDX-License-Identifier: GPL-2.0

#include <linux/percpu-rwsem.h>
#include <linux/rcupdate.h>

#include "helpers.h"

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
	bool locked;

	/*
	 * It rests on preemption off for a reader of RCU, as which 65,536 levels of that do not count: the
	 * bits that RCU looks at are zero then.
	 */
	rcu_read_lock();
	locked = percpu_down_read_trylock(sem);
	rcu_read_unlock();
	return locked;
}

void rust_percpu_up_read(struct percpu_rw_semaphore *sem)
{
	percpu_up_read(sem);
}

bool rust_percpu_is_write_locked(struct percpu_rw_semaphore *sem)
{
	return percpu_is_write_locked(sem);
}
