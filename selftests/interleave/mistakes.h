/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _INTERLEAVE_MISTAKES_H
#define _INTERLEAVE_MISTAKES_H

#include <linux/percpu-defs.h>
#include <linux/percpu-refcount.h>
#include <linux/types.h>

struct flagged {
	u64 taken, value;
};

struct counted {
	u64 begun, done, first, second;
};

DECLARE_PER_CPU(u64, mistaken);
DECLARE_PER_CPU(struct flagged, flagged);
DECLARE_PER_CPU(struct counted, counted);
DECLARE_PER_CPU(u64, referenced);
extern atomic64_t references;
extern u64 killed;

static inline unsigned long __percpu *counts_of(struct percpu_ref *ref)
{
	return (unsigned long __percpu *)(ref->percpu_count_ptr & ~__PERCPU_REF_ATOMIC_DEAD);
}

void kill_ref(struct percpu_ref *ref);

u64 mistake_two_instruction_exchange(u64 v);
void mistake_guard_one_instruction_late(u64 v);
void mistake_offset_before_preemption_is_off(u64 v);
void mistake_interrupts_on_too_early(u64 v);
void mistake_guard_not_dropped(u64 v);
bool mistake_flag_cleared_too_early(u64 v);
u64 mistake_lock_check_and_set_apart(u64 v);
u64 mistake_lock_lends_before_it_is_set(u64 v);
void mistake_writer_begins_too_late(u64 v);
u64 mistake_copy_looked_at_only_before(u64 v);
void mistake_reference_after_its_section(u64 v);
void right_add(u64 v);
bool right_flag(u64 v);
u64 right_lock(u64 v);
void right_writer(u64 v);
u64 right_copy(u64 v);
void right_reference(u64 v);
void right_kill(u64 v);

#endif
