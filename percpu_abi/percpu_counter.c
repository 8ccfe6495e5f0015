// SPDX-License-Identifier: GPL-2.0

#include <linux/percpu_counter.h>

#include "helpers.h"

int rust_percpu_counter_init_many(struct percpu_counter *fbc, s64 amount, gfp_t gfp, u32 count,
				  struct lock_class_key *key)
{
	return percpu_counter_init_many(fbc, amount, gfp, count);
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
