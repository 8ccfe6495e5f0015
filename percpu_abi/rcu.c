// SPDX-License-Identifier: GPL-2.0

#include <linux/rcupdate.h>

#include "helpers.h"

void rust_percpu_rcu_read_lock(void)
{
	rcu_read_lock();
}

void rust_percpu_rcu_read_unlock(void)
{
	rcu_read_unlock();
}
