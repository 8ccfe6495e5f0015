/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests have done in C. The Rust side, c.rs, has the same enums in the same order. */
#ifndef _PERCPU_TEST_C_H
#define _PERCPU_TEST_C_H

#include <linux/types.h>

enum c_type {
	TYPE_I8, TYPE_I16, TYPE_I32, TYPE_I64, TYPE_ISIZE,
	TYPE_U8, TYPE_U16, TYPE_U32, TYPE_U64, TYPE_USIZE,
	TYPE_BOOL, TYPE_POINTER,
};

enum c_form { FORM_THIS, FORM_PINNED, FORM_RAW };

enum c_op {
	OP_READ, OP_WRITE, OP_XCHG, OP_CMPXCHG, OP_TRY_CMPXCHG,
	OP_AND, OP_OR,
	OP_ADD, OP_SUB, OP_INC, OP_DEC,
	OP_ADD_RETURN, OP_SUB_RETURN, OP_INC_RETURN, OP_DEC_RETURN,
};

u64 percpu_test_op(enum c_type type, enum c_form form, enum c_op op, void __percpu *p, u64 a, u64 b);

/* Where the caller is, and what keeps it there. */
enum c_context { CONTEXT_TASK, CONTEXT_SOFTIRQ, CONTEXT_HARDIRQ };

enum c_context percpu_test_context(void);
bool percpu_test_preempt_off(void);
bool percpu_test_migration_off(void);
bool percpu_test_irqs_off(void);

bool percpu_test_has_cmpxchg128(void);
int percpu_test_offline(unsigned int cpu);
int percpu_test_online(unsigned int cpu);

/* The kernel's steps below and above those of modules. */
enum percpu_test_step { STEP_BELOW, STEP_ABOVE };

int percpu_test_fail_next(unsigned int cpu, enum percpu_test_step step);

/* Per-CPU allocations that this task made and has not freed since the watch began. */
bool percpu_test_watch(void);
long percpu_test_unwatch(void);

/* Interrupts, while tasks work. */
typedef void percpu_test_fn(void *arg);

void percpu_test_in_timer(bool hard, percpu_test_fn *fn, void *arg);
int percpu_test_stress(percpu_test_fn *task, percpu_test_fn *tick, percpu_test_fn *ipi, void *arg);
void percpu_test_send_ipis(void);
void percpu_test_end_stress(void);

#endif
