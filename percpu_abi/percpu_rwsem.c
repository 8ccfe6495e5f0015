// SPDX-License-Identifier: GPL-2.0

#include <linux/percpu-rwsem.h>

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
