// SPDX-License-Identifier: GPL-2.0
/*
 * Operations with a mistake each that only shows if something comes in at the right instruction, and
 * what is right beside them. operations.py has a line for each, tools/interleave has to find it.
 */

#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/smp.h>

#include "mistakes.h"

DEFINE_PER_CPU(u64, mistaken);
DEFINE_PER_CPU(struct flagged, flagged);

/* An interrupt between the two is overwritten. */
u64 mistake_two_instruction_exchange(u64 v)
{
	u64 *p, old;

	preempt_disable_notrace();
	p = raw_cpu_ptr(&mistaken);
	old = READ_ONCE(*p);
	WRITE_ONCE(*p, v);
	preempt_enable_notrace();
	return old;
}

/* Interrupts are off from after the first read on. */
void mistake_guard_one_instruction_late(u64 v)
{
	unsigned long flags;
	u64 *p, old;

	preempt_disable();
	p = raw_cpu_ptr(&mistaken);
	old = READ_ONCE(*p);
	local_irq_save(flags);
	WRITE_ONCE(*p, old + v);
	local_irq_restore(flags);
	preempt_enable();
}

/* The task may be moved with the address of the CPU that it leaves; interrupts are as they should be. */
void mistake_offset_before_preemption_is_off(u64 v)
{
	unsigned long flags;
	u64 *p = raw_cpu_ptr(&mistaken);

	OPTIMIZER_HIDE_VAR(p);
	preempt_disable();
	local_irq_save(flags);
	WRITE_ONCE(*p, READ_ONCE(*p) + v);
	local_irq_restore(flags);
	preempt_enable();
}

/* Interrupts are on again before what was read is written. */
void mistake_interrupts_on_too_early(u64 v)
{
	unsigned long flags;
	u64 *p, old;

	preempt_disable();
	p = raw_cpu_ptr(&mistaken);
	local_irq_save(flags);
	old = READ_ONCE(*p);
	local_irq_restore(flags);
	WRITE_ONCE(*p, old + v);
	preempt_enable();
}

/* Preemption stays off. */
void mistake_guard_not_dropped(u64 v)
{
	preempt_disable();
	this_cpu_add(mistaken, v);
}

/* Right. */
void right_add(u64 v)
{
	unsigned long flags;

	local_irq_save(flags);
	__this_cpu_add(mistaken, v);
	local_irq_restore(flags);
}

/* A flag keeps others out, who are told so. */
static bool add_under_flag(u64 v, bool early)
{
	struct flagged *p;
	bool done = false;
	u64 old;

	preempt_disable();
	p = this_cpu_ptr(&flagged);
	if (!this_cpu_xchg(flagged.taken, 1)) {
		old = READ_ONCE(p->value);
		if (early)
			WRITE_ONCE(p->taken, 0);
		WRITE_ONCE(p->value, old + v);
		if (!early)
			WRITE_ONCE(p->taken, 0);
		done = true;
	}
	preempt_enable();
	return done;
}

bool mistake_flag_cleared_too_early(u64 v)
{
	return add_under_flag(v, true);
}

bool right_flag(u64 v)
{
	return add_under_flag(v, false);
}
