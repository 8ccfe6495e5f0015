// SPDX-License-Identifier: GPL-2.0

#include <linux/percpu-refcount.h>

#include "helpers.h"

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
