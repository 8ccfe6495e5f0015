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

#endif
