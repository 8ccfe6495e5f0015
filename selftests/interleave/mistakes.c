// SPDX-License-Identifier: GPL-2.0
/*
 * Operations with a mistake each that only shows if something comes in at the right instruction, and
 * what is right beside them. operations.py has a line for each, `run` has to find it.
 */

#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/smp.h>

#include "engine.h"
#include "mistakes.h"

#define REFUSED 0xbad

DEFINE_PER_CPU(u64, mistaken);
DEFINE_PER_CPU(struct flagged, flagged);
DEFINE_PER_CPU(struct counted, counted);
DEFINE_PER_CPU(u64, referenced);
atomic64_t references;

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

/* A lock of which the flag is looked at as an interrupt leaves it: over by the time that it is set. */
u64 right_lock(u64 v)
{
	struct flagged *p;
	u64 old = REFUSED;

	preempt_disable();
	p = this_cpu_ptr(&flagged);
	if (!READ_ONCE(p->taken)) {
		WRITE_ONCE(p->taken, 1);
		old = READ_ONCE(p->value);
		WRITE_ONCE(p->value, old + v);
		WRITE_ONCE(p->taken, 0);
	}
	preempt_enable();
	return old;
}

/* The task may be moved in between, and sets the flag of the CPU that it left. */
u64 mistake_lock_check_and_set_apart(u64 v)
{
	struct flagged *p;
	u64 old;

	preempt_disable();
	p = this_cpu_ptr(&flagged);
	old = READ_ONCE(p->taken);
	preempt_enable();
	if (old)
		return REFUSED;
	OPTIMIZER_HIDE_VAR(p);
	preempt_disable();
	WRITE_ONCE(p->taken, 1);
	old = READ_ONCE(p->value);
	WRITE_ONCE(p->value, old + v);
	WRITE_ONCE(p->taken, 0);
	preempt_enable();
	return old;
}

/* What is lent is looked at before the flag keeps others out. */
u64 mistake_lock_lends_before_it_is_set(u64 v)
{
	struct flagged *p;
	u64 old = REFUSED;

	preempt_disable();
	p = this_cpu_ptr(&flagged);
	if (!READ_ONCE(p->taken)) {
		old = READ_ONCE(p->value);
		WRITE_ONCE(p->taken, 1);
		WRITE_ONCE(p->value, old + v);
		WRITE_ONCE(p->taken, 0);
	}
	preempt_enable();
	return old;
}

/* Two counts, of which whoever copies them sees both changed or none. */
void right_writer(u64 v)
{
	preempt_disable();
	this_cpu_inc(counted.begun);
	this_cpu_inc(counted.first);
	this_cpu_add(counted.second, v);
	this_cpu_inc(counted.done);
	preempt_enable();
}

/* Whoever copies them after the first one has changed does not know. */
void mistake_writer_begins_too_late(u64 v)
{
	preempt_disable();
	this_cpu_inc(counted.first);
	this_cpu_inc(counted.begun);
	this_cpu_add(counted.second, v);
	this_cpu_inc(counted.done);
	preempt_enable();
}

static u64 copy(bool after)
{
	struct counted *p;
	u64 done, first, second, begun;

	preempt_disable();
	p = this_cpu_ptr(&counted);
	done = READ_ONCE(p->done);
	begun = READ_ONCE(p->begun);
	first = READ_ONCE(p->first);
	second = READ_ONCE(p->second);
	if (after)
		begun = READ_ONCE(p->begun);
	preempt_enable();
	return begun == done ? first << 32 ^ second : REFUSED;
}

u64 right_copy(u64 unused)
{
	return copy(true);
}

/* A writer that comes while it is copied is missed. */
u64 mistake_copy_looked_at_only_before(u64 unused)
{
	return copy(false);
}

/*
 * References, counted per CPU until they are killed. A kill adds the counts up when nobody is left who
 * may still count so: at once, or when the reader is out that it interrupted.
 */
enum { ALIVE, DYING, KILLED };

u64 killed;
static struct percpu_ref *dying;

static void add_up(struct percpu_ref *ref)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += ref ? *per_cpu_ptr(counts_of(ref), cpu) : per_cpu(referenced, cpu);
	/* As lib/percpu-refcount.c does it, with its bias. */
	if (ref)
		atomic_long_add(sum - (1UL << (BITS_PER_LONG - 1)), &ref->data->count);
	else
		atomic64_add(sum, &references);
	killed = KILLED;
}

void interleave_settle(void)
{
	if (killed == DYING)
		add_up(dying);
}

static void kill(struct percpu_ref *ref)
{
	unsigned long flags;

	local_irq_save(flags);
	if (killed == ALIVE) {
		killed = DYING;
		dying = ref;
		if (ref)
			ref->percpu_count_ptr |= __PERCPU_REF_ATOMIC_DEAD;
		if (!interleave_reading)
			add_up(ref);
	}
	local_irq_restore(flags);
}

/* As percpu_ref_kill(), with the first reference, of its maker, left. */
void kill_ref(struct percpu_ref *ref)
{
	kill(ref);
}

void right_kill(u64 unused)
{
	kill(NULL);
}

void right_reference(u64 unused)
{
	preempt_disable();
	if (READ_ONCE(killed) == ALIVE)
		this_cpu_inc(referenced);
	else
		atomic64_inc(&references);
	preempt_enable();
}

/* A kill may add up the counts before this one has changed. */
void mistake_reference_after_its_section(u64 unused)
{
	bool alive;

	preempt_disable();
	alive = READ_ONCE(killed) == ALIVE;
	preempt_enable();
	if (alive)
		this_cpu_inc(referenced);
	else
		atomic64_inc(&references);
}
