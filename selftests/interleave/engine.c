// SPDX-License-Identifier: GPL-2.0
/*
 * Runs an operation from any of its instructions on, with another operation in between.
 *
 * `run` steps through an operation once, by the emulator's debug interface, and writes
 * down what it saw at each instruction: registers, stack, variables, and whether interrupts and
 * preemption were on. Such a frame is entered here by a return from interrupt, as often as there is
 * something that may come in between, on the CPU where it was seen and, if the task could have been
 * moved, on another one. What came of it is compared with what the two do one after the other.
 */

#include <linux/cpumask.h>
#include <linux/hardirq.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/smp.h>
#include <linux/vmalloc.h>

#include "engine.h"

#define VARIABLES	4
#define BYTES		48
#define STACK		768
#define FRAMES		512
#define OTHERS		96
#define REGISTERS	40
#define ARGUMENTS	6

/* In copies and CPUs: where the operation begins, and where it may be moved to. */
enum { HOME, AWAY, PLACES };

/* Who: the operation under test, and the one that comes in between. */
enum { OPERATION, OTHER, BOTH };

enum kind {
	CONTROL,	/* nothing comes in between */
	INTERRUPT,	/* the other one, as an interrupt */
	MOVED,		/* the task is moved; nothing else */
	LEFT,		/* the task is moved, and the other one runs on the CPU that it left */
	ARRIVED,	/* the task is moved, and the other one interrupts it there */
	BACK,		/* as LEFT, and the task is moved back */
	REMOTE,		/* the other one runs on another CPU */
	KINDS
};

/* How a point turned out, as bits. */
#define ORDER_FIRST	0x01	/* as if the operation had come first */
#define ORDER_SECOND	0x02	/* as if the other one had */
#define ORDER_AWAY_FIRST 0x04	/* the same, with the operation on the CPU that it came to */
#define ORDER_AWAY_SECOND 0x08
#define LOST		0x10	/* what the other one did was overwritten, and nothing else is wrong */
#define REFUSED		0x20	/* the other one said that it cannot be done now */
#define ELSEWHERE	0x40	/* a copy was written to from another CPU */
#define TRIED		0x80
#define CONTEXT		0x100	/* preemption, migration or interrupts are not as they were */

struct state {
	u8 bytes[VARIABLES][PLACES][BYTES];
	u64 slots[BOTH];	/* that arguments point to */
};

struct outcome {
	struct state state;
	u64 results[BOTH];
	u64 context;		/* 0, or what was not as it was before */
};

struct frame {
	u64 registers[REGISTERS];
	u32 interrupts;		/* on or off */
	u32 preempt;		/* counts, less what they are between two commands */
	u32 migrate;
	u32 rcu;
	u32 stack_size;
	u32 unused;
	u8 stack[STACK];
	struct state state;
};

struct call {
	u64 function;
	u64 pinned;		/* with preemption off */
	u64 mask;		/* of the result */
	u64 refused;		/* the result that says so; all bits for none */
	u64 slot;		/* what an argument points to begins as */
	u64 arguments[ARGUMENTS];
};

enum command { NOTHING, TRACE, RUN };

/* What `run` writes, and what it reads. */
struct work {
	/* What the debugger has to know. */
	u64 sizes[4];
	u64 where_frames, where_codes;
	u64 preempt_count, migration_disabled, migration_disabled_size, rcu_read_lock_nesting;
	u64 stack, where_variables, slots;
	u64 cpus, offsets[PLACES];
	/* Written. */
	u64 command;
	u64 kinds;
	u64 frame_count, other_count, variable_count;
	u64 variables[VARIABLES];
	struct call operation;
	struct call others[OTHERS];
	struct state initial;
	struct frame frames[FRAMES];
	/* Read. */
	struct outcome serial[OTHERS][PLACES][PLACES][BOTH];	/* of the operation, of the other */
	struct outcome alone[PLACES], other_alone[OTHERS][PLACES];
	u16 codes[KINDS][FRAMES][OTHERS];
};

/* Set by the debugger when there will be no more commands: unloading waits for it. */
static u64 done;

static struct work *work;
static struct task_struct *task;
static u64 calls[BOTH];		/* what they returned */
static u64 live_slots[BOTH];
static u64 usual;		/* context */
bool interleave_reading;

u64 interleave_enter(const u64 *registers);
extern char interleave_left[];
void interleave_idle(void);

static int cpu_of(int place)
{
	return place == HOME ? 0 : 1;
}

static int here(void)
{
	return raw_smp_processor_id() == cpu_of(HOME) ? HOME : AWAY;
}

static void move_to(int place)
{
	if (here() != place)
		WARN_ON(set_cpus_allowed_ptr(current, cpumask_of(cpu_of(place))));
	WARN_ON(here() != place);
}

static struct variable *variable(int i)
{
	return &interleave_variables[work->variables[i]];
}

/* Whether a variable has a copy there. */
static bool is_at(const struct variable *variable, int place)
{
	return place == HOME || (nr_cpu_ids > 1 && variable->kind != SHARED);
}

static void *copy_of(const struct variable *variable, int place)
{
	if (variable->kind == SHARED)
		return variable->copies;
	return per_cpu_ptr((void __percpu *)(unsigned long)variable->copies, cpu_of(place));
}

static void put_copies(const struct variable *variable, const u8 (*bytes)[BYTES])
{
	for (int place = HOME; place < PLACES; place++)
		if (is_at(variable, place))
			memcpy(copy_of(variable, place), bytes[place], variable->size);
}

static void get_copies(const struct variable *variable, u8 (*bytes)[BYTES])
{
	for (int place = HOME; place < PLACES; place++)
		if (is_at(variable, place))
			memcpy(bytes[place], copy_of(variable, place), variable->size);
}

static void put_state(const struct state *state)
{
	for (int i = 0; i < work->variable_count; i++)
		put_copies(variable(i), state->bytes[i]);
	memcpy(live_slots, state->slots, sizeof(live_slots));
	barrier();
}

static void get_state(struct state *state)
{
	barrier();
	memset(state, 0, sizeof(*state));
	memcpy(state->slots, live_slots, sizeof(live_slots));
	for (int i = 0; i < work->variable_count; i++) {
		u32 *home = (u32 *)state->bytes[i][HOME], *away = (u32 *)state->bytes[i][AWAY];

		get_copies(variable(i), state->bytes[i]);
		if (variable(i)->kind == SUMMED) {
			*home += *away;
			*away = 0;
		}
	}
}

/* The part of this task's stack that an operation has to itself. */
static u64 operation_stack(void)
{
	return ALIGN_DOWN((u64)task_stack_page(current) + THREAD_SIZE / 2, 16);
}

/* Before the first instruction of a function. */
static void first_frame(struct frame *frame, const struct call *call)
{
	static const u8 arguments[ARGUMENTS] = REGISTERS_OF_ARGUMENTS;
	u64 *registers = frame->registers;

	memset(frame, 0, offsetof(struct frame, stack));
	registers[REGISTER_PC] = (u64)interleave_functions[call->function];
	for (int i = 0; i < ARGUMENTS; i++)
		registers[arguments[i]] = call->arguments[i];
#if defined(CONFIG_X86_64)
	registers[REGISTER_SP] = operation_stack() - 8;
	registers[REGISTER_FLAGS] = X86_EFLAGS_IF | X86_EFLAGS_FIXED;
	frame->stack_size = 8;
	*(u64 *)frame->stack = (u64)interleave_left;
#elif defined(CONFIG_ARM64)
	u64 state = read_sysreg(CurrentEL) | 1;		/* with the stack of the level */

	if (cpus_have_final_cap(ARM64_HAS_PAN))
		state |= PSR_PAN_BIT;
	registers[REGISTER_FLAGS] = state;
	registers[REGISTER_SP] = operation_stack();
	registers[REGISTER_RETURN] = (u64)interleave_left;
#endif
}

/* In an interrupt handler. */
static void call_other(const struct call *call)
{
	u64 (*function)(u64, u64, u64, u64, u64, u64) = interleave_functions[call->function];
	const u64 *a = call->arguments;
	int count = preempt_count();

	live_slots[OTHER] = call->slot;
	calls[OTHER] = function(a[0], a[1], a[2], a[3], a[4], a[5]) & call->mask;
	/* One of the mistakes. */
	while (preempt_count() > count)
		preempt_count_sub(1);
}

/* Runs the other operation as an interrupt on this CPU. */
static void interfere(const struct call *other)
{
	unsigned long flags;

	local_irq_save(flags);
	__irq_enter_raw();
	call_other(other);
	__irq_exit_raw();
	local_irq_restore(flags);
}

/* Goes on at `frame`, or from the operation's beginning, and comes back when it has ended. */
static void operate(struct frame *frame)
{
	memcpy((void *)frame->registers[REGISTER_SP], frame->stack, frame->stack_size);
	calls[OPERATION] = interleave_enter(frame->registers) & work->operation.mask;
}

static void operate_whole(void)
{
	static struct frame fresh;

	first_frame(&fresh, &work->operation);
	if (work->operation.pinned)
		preempt_disable();
	operate(&fresh);
	if (work->operation.pinned)
		preempt_enable();
}

/* What is to be as it was before: 0 if nothing is counted. */
#define CONTEXT_MIGRATE		40
#define CONTEXT_RCU		56

static u64 context(void)
{
	u64 context = preempt_count() | (u64)!!irqs_disabled() << 32;

#ifdef CONFIG_SMP
	context |= (u64)current->migration_disabled << CONTEXT_MIGRATE;
#endif
#ifdef CONFIG_PREEMPT_RCU
	context |= (u64)current->rcu_read_lock_nesting << CONTEXT_RCU;
#endif
	return context;
}

static void begin(const struct state *state)
{
	memset(calls, 0, sizeof(calls));
	put_state(state);
}

/* Whoever leaves something off must not take the test with it. */
static void as_usual(void)
{
	local_irq_enable();
	while (preempt_count() > (usual & U32_MAX))
		preempt_count_sub(1);
	while (preempt_count() < (usual & U32_MAX))
		preempt_count_add(1);
#ifdef CONFIG_SMP
	while (current->migration_disabled > (usual >> CONTEXT_MIGRATE & 0xff))
		migrate_enable();
#endif
#ifdef CONFIG_PREEMPT_RCU
	while (current->rcu_read_lock_nesting > usual >> CONTEXT_RCU)
		rcu_read_unlock();
#endif
}

static void end(struct outcome *outcome)
{
	interleave_settle();
	get_state(&outcome->state);
	memcpy(outcome->results, calls, sizeof(calls));
	outcome->context = context() ^ usual;
	as_usual();
}

/* What each of the others leaves behind of a state. */
static struct outcome after[OTHERS];

static void call_others(void *from)
{
	for (int i = 0; i < work->other_count; i++) {
		begin(from);
		call_other(&work->others[i]);
		get_state(&after[i].state);
		after[i].results[OTHER] = calls[OTHER];
	}
}

/* Runs each of them on the CPU of `place`, as an interrupt. */
static void interfere_there(const struct state *from, int place)
{
	unsigned long flags;

	if (here() != place) {
		WARN_ON(smp_call_function_single(cpu_of(place), call_others, (void *)from, true));
		return;
	}
	local_irq_save(flags);
	__irq_enter_raw();
	call_others((void *)from);
	__irq_exit_raw();
	local_irq_restore(flags);
}

/*
 * From a frame on, with another operation as an interrupt before, if any. Returns whether a copy was
 * written to by a CPU whose it is not.
 */
static bool from_frame(struct frame *frame, const struct call *other, struct outcome *outcome)
{
	static u8 between[VARIABLES][PLACES][BYTES], now[PLACES][BYTES];
	int not_here = here() == HOME ? AWAY : HOME;
	bool elsewhere = false;

#ifdef CONFIG_SMP
	for (int i = 0; i < frame->migrate; i++)
		migrate_disable();
#endif
#ifdef CONFIG_PREEMPT_RCU
	for (int i = 0; i < frame->rcu; i++)
		rcu_read_lock();
#endif
	if (frame->preempt)
		preempt_count_add(frame->preempt);
	if (other)
		interfere(other);
	interleave_reading = false;
	for (int i = 0; i < work->variable_count; i++)
		get_copies(variable(i), between[i]);
	operate(frame);
	if (work->operation.pinned)
		preempt_enable();
	for (int i = 0; i < work->variable_count; i++) {
		get_copies(variable(i), now);
		if (variable(i)->kind != SHARED && is_at(variable(i), not_here))
			elsewhere |= memcmp(between[i][not_here], now[not_here], variable(i)->size) != 0;
	}
	end(outcome);
	return elsewhere;
}

static bool same(const struct outcome *a, const struct outcome *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* What comes of the operation and each of the others, one after the other. */
static void all_orders(int place)
{
	struct outcome *alone = &work->alone[place];

	move_to(place);
	begin(&work->initial);
	operate_whole();
	end(alone);
	for (int at = HOME; at < PLACES && at < nr_cpu_ids; at++) {
		interfere_there(&alone->state, at);
		for (int i = 0; i < work->other_count; i++) {
			struct outcome *outcome = &work->serial[i][place][at][0];

			*outcome = after[i];
			outcome->results[OPERATION] = alone->results[OPERATION];
			outcome->context = alone->context;
		}
		interfere_there(&work->initial, at);
		for (int i = 0; i < work->other_count; i++) {
			work->other_alone[i][at] = after[i];
			begin(&after[i].state);
			operate_whole();
			calls[OTHER] = after[i].results[OTHER];
			end(&work->serial[i][place][at][1]);
		}
	}
}

/* What a point came to; `other` is -1 where none was. */
static u16 code_of(enum kind kind, int other, const struct outcome *outcome, bool elsewhere)
{
	static struct outcome expected;
	int at = kind == ARRIVED || kind == REMOTE ? AWAY : HOME;
	bool moved = kind == MOVED || kind == LEFT || kind == ARRIVED || kind == BACK;
	u16 code = TRIED;

	if (outcome->context)
		return code | CONTEXT;
	if (other < 0) {
		if (same(outcome, &work->alone[HOME]))
			code |= ORDER_FIRST;
		if (moved && same(outcome, &work->alone[AWAY]))
			code |= ORDER_AWAY_FIRST;
		return elsewhere ? code | ELSEWHERE : code;
	}
	if (same(outcome, &work->serial[other][HOME][at][0]))
		code |= ORDER_FIRST;
	if (same(outcome, &work->serial[other][HOME][at][1]))
		code |= ORDER_SECOND;
	if (moved && same(outcome, &work->serial[other][AWAY][at][0]))
		code |= ORDER_AWAY_FIRST;
	if (moved && same(outcome, &work->serial[other][AWAY][at][1]))
		code |= ORDER_AWAY_SECOND;

	/* The operation said that it cannot be done now; all that is left is what the other one does. */
	if (work->operation.refused != ~0ULL) {
		expected = work->other_alone[other][at];
		expected.results[OPERATION] = work->operation.refused;
		if (same(outcome, &expected))
			code |= REFUSED;
	}

	/* All that is left is what the operation does; the other one found what there was before. */
	expected = work->alone[HOME];
	expected.results[OTHER] = work->other_alone[other][at].results[OTHER];
	expected.state.slots[OTHER] = work->other_alone[other][at].state.slots[OTHER];
	if (same(outcome, &expected))
		code |= LOST;
	if (work->others[other].refused != ~0ULL) {
		expected.results[OTHER] = work->others[other].refused;
		if (same(outcome, &expected))
			code |= REFUSED;
	}
	return elsewhere ? code | ELSEWHERE : code;
}

/* One point. What the other one has done already, if it has, is in `after`. */
static void point(enum kind kind, int k, int other, bool already)
{
	static struct outcome outcome;
	struct frame *frame = &work->frames[k];
	bool elsewhere;
	u16 code;

	begin(already ? &after[other].state : &frame->state);
	elsewhere = from_frame(frame, already || other < 0 ? NULL : &work->others[other], &outcome);
	if (already)
		outcome.results[OTHER] = after[other].results[OTHER];
	code = code_of(kind, other, &outcome, elsewhere);
	work->codes[kind][k][other < 0 ? 0 : other] = code;
}

static void points(enum kind kind, int place)
{
	bool moves = kind != CONTROL && kind != INTERRUPT && kind != REMOTE;
	bool none = kind == CONTROL || kind == MOVED;
	bool there = kind == LEFT || kind == BACK || kind == REMOTE;
	int others = none || kind == BACK ? 1 : work->other_count;

	if (!(work->kinds & BIT(kind)))
		return;
	for (int k = 0; k < work->frame_count; k++) {
		struct frame *frame = &work->frames[k];

		/* What the processor or the scheduler would not do. */
		if (!frame->interrupts || (moves && (frame->preempt || frame->migrate)))
			continue;
		move_to(kind == BACK ? AWAY : place);
		interleave_reading = frame->rcu || frame->preempt;
		if (there)
			interfere_there(&frame->state, kind == REMOTE ? AWAY : HOME);
		move_to(place);
		for (int i = 0; i < others; i++) {
			interleave_reading = frame->rcu || frame->preempt;
			point(kind, k, none ? -1 : i, there);
		}
		cond_resched();
	}
}

static void run(void)
{
	memset(work->codes, 0, sizeof(work->codes));
	all_orders(HOME);
	if (nr_cpu_ids > 1 && work->kinds & ~(BIT(CONTROL) | BIT(INTERRUPT) | BIT(REMOTE))) {
		all_orders(AWAY);
		points(MOVED, AWAY);
		points(LEFT, AWAY);
		points(ARRIVED, AWAY);
		points(BACK, HOME);
		move_to(HOME);
	}
	points(CONTROL, HOME);
	points(INTERRUPT, HOME);
	if (nr_cpu_ids > 1)
		points(REMOTE, HOME);
}

/* Once, for the debugger to step through. */
static void trace(void)
{
	move_to(HOME);
	begin(&work->initial);
	operate_whole();
	as_usual();
}

#ifndef CONFIG_PREEMPT_RCU
static u32 no_nesting;
#endif

/* Where the debugger finds what it needs. */
static void addresses(void)
{
	work->sizes[0] = sizeof(struct state);
	work->sizes[1] = sizeof(struct outcome);
	work->sizes[2] = sizeof(struct frame);
	work->sizes[3] = sizeof(struct call);
	work->where_frames = (u64)work->frames;
	work->where_codes = (u64)work->codes;
#ifdef CONFIG_X86_64
	work->preempt_count = (u64)raw_cpu_ptr(&__preempt_count);
#else
	work->preempt_count = (u64)&current_thread_info()->preempt_count;
#endif
#ifdef CONFIG_SMP
	work->migration_disabled = (u64)&current->migration_disabled;
	work->migration_disabled_size = sizeof(current->migration_disabled);
#else
	work->migration_disabled = work->preempt_count;
#endif
#ifdef CONFIG_PREEMPT_RCU
	work->rcu_read_lock_nesting = (u64)&current->rcu_read_lock_nesting;
#else
	work->rcu_read_lock_nesting = (u64)&no_nesting;
#endif
	work->stack = operation_stack();
	work->where_variables = (u64)interleave_variables;
	work->slots = (u64)live_slots;
	work->cpus = nr_cpu_ids;
	work->offsets[HOME] = per_cpu_offset(cpu_of(HOME));
	if (nr_cpu_ids > 1)
		work->offsets[AWAY] = per_cpu_offset(cpu_of(AWAY));
}

static int body(void *unused)
{
	move_to(HOME);
	usual = context();
	addresses();
	while (!READ_ONCE(done)) {
		work->command = NOTHING;
		interleave_idle();
		switch (READ_ONCE(work->command)) {
		case TRACE:
			trace();
			break;
		case RUN:
			run();
			break;
		}
	}
	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ / 10);
	return 0;
}

static void *rust;

/* What is the kernel's own is given back as it was made. */
static u8 made[96][PLACES][BYTES];

static void release(void)
{
	if (rust)
		interleave_rust_free(rust);
	interleave_c_free(interleave_variables);
	vfree(work);
}

static int __init interleave_init(void)
{
	int error;

	if (WARN_ON(interleave_variable_count > ARRAY_SIZE(made)))
		return -E2BIG;
	work = vzalloc(sizeof(*work));
	if (!work)
		return -ENOMEM;
	error = interleave_c_variables(interleave_variables);
	rust = error ? NULL : interleave_rust_variables(interleave_variables);
	task = rust ? kthread_create(body, NULL, "interleave") : ERR_PTR(error ?: -ENOMEM);
	if (IS_ERR(task)) {
		release();
		return PTR_ERR(task);
	}
	for (int i = 0; i < interleave_variable_count; i++)
		get_copies(&interleave_variables[i], made[i]);
	sched_set_fifo(task);
	wake_up_process(task);
	return 0;
}

static void __exit interleave_exit(void)
{
	/* Longer than a task may hang. */
	while (!READ_ONCE(done))
		schedule_timeout_interruptible(HZ);
	kthread_stop(task);
	for (int i = 0; i < interleave_variable_count; i++)
		put_copies(&interleave_variables[i], made[i]);
	release();
}

module_init(interleave_init);
module_exit(interleave_exit);
