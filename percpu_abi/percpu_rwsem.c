// SPDX-License-Identifier: GPL-2.0

#include <linux/cleanup.h>
#include <linux/irqflags.h>
#include <linux/percpu-rwsem.h>
#include <linux/preempt.h>

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
	/*
	 * It is to be a reader of RCU by having preemption off. After 65,536 levels of that, the bits that RCU
	 * looks at are zero; interrupts off make it one always.
	 */
	guard(preempt)();
	guard(irqsave)();
	return percpu_down_read_trylock(sem);
}

void rust_percpu_up_read(struct percpu_rw_semaphore *sem)
{
	percpu_up_read(sem);
}

/* After rust_percpu_down_read_trylock(), and for the same reason. */
void rust_percpu_up_read_trylocked(struct percpu_rw_semaphore *sem)
{
	guard(preempt)();
	guard(irqsave)();
	percpu_up_read(sem);
}

bool rust_percpu_is_write_locked(struct percpu_rw_semaphore *sem)
{
	return percpu_is_write_locked(sem);
}
