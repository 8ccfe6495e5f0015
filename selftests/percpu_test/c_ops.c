// SPDX-License-Identifier: GPL-2.0
/* Every operation of include/linux/percpu-defs.h, on every type. */
#include <linux/percpu.h>

#include "c.h"

/* For every type. Operations without a result give @a. */
#define EXCHANGE(form)							\
	case OP_READ:							\
		return form##read(*p);					\
	case OP_WRITE:							\
		form##write(*p, a);					\
		return a;						\
	case OP_XCHG:							\
		return form##xchg(*p, a);				\
	case OP_CMPXCHG:						\
		return form##cmpxchg(*p, a, b);				\
	case OP_TRY_CMPXCHG:						\
		return form##try_cmpxchg(*p, &a, b) ? b : a;

#define BITS(form)							\
	EXCHANGE(form)							\
	case OP_AND:							\
		form##and(*p, a);					\
		return a;						\
	case OP_OR:							\
		form##or(*p, a);					\
		return a;

#define COUNT(form)							\
	BITS(form)							\
	case OP_ADD:							\
		form##add(*p, a);					\
		return a;						\
	case OP_SUB:							\
		form##sub(*p, a);					\
		return a;						\
	case OP_INC:							\
		form##inc(*p);						\
		return a;						\
	case OP_DEC:							\
		form##dec(*p);						\
		return a;						\
	case OP_ADD_RETURN:						\
		return form##add_return(*p, a);				\
	case OP_SUB_RETURN:						\
		return form##sub_return(*p, a);				\
	case OP_INC_RETURN:						\
		return form##inc_return(*p);				\
	case OP_DEC_RETURN:						\
		return form##dec_return(*p);

#define FORM(form, OPS)							\
	switch (op) {							\
	OPS(form)							\
	default:							\
		break;							\
	}

/* A variable of @type that C alone defines, and the operations on it or any other. */
#define DEFINE(name, type, OPS)						\
static DEFINE_PER_CPU(type, own_##name);				\
									\
static type name(enum c_form form, enum c_op op, type __percpu *p, type a, type b) \
{									\
	if (!p)								\
		p = &own_##name;					\
	switch (form) {							\
	case FORM_THIS:							\
		FORM(this_cpu_, OPS)					\
		break;							\
	case FORM_PINNED:							\
		FORM(__this_cpu_, OPS)					\
		break;							\
	case FORM_RAW:							\
		FORM(raw_cpu_, OPS)					\
		break;							\
	}								\
	WARN_ONCE(1, "no such operation");				\
	return a;							\
}

typedef void *pointer;

DEFINE(op_i8, s8, COUNT)
DEFINE(op_i16, s16, COUNT)
DEFINE(op_i32, s32, COUNT)
DEFINE(op_i64, s64, COUNT)
DEFINE(op_isize, long, COUNT)
DEFINE(op_u8, u8, COUNT)
DEFINE(op_u16, u16, COUNT)
DEFINE(op_u32, u32, COUNT)
DEFINE(op_u64, u64, COUNT)
DEFINE(op_usize, unsigned long, COUNT)
DEFINE(op_bool, bool, BITS)
DEFINE(op_pointer, pointer, EXCHANGE)

/*
 * Does @op in @form to the variable of @type at @p, or to C's own if @p is NULL. @a and @b are cut
 * to the type, the result is extended from it.
 */
u64 percpu_test_op(enum c_type type, enum c_form form, enum c_op op, void __percpu *p, u64 a, u64 b)
{
	switch (type) {
	case TYPE_I8:
		return op_i8(form, op, p, a, b);
	case TYPE_I16:
		return op_i16(form, op, p, a, b);
	case TYPE_I32:
		return op_i32(form, op, p, a, b);
	case TYPE_I64:
		return op_i64(form, op, p, a, b);
	case TYPE_ISIZE:
		return op_isize(form, op, p, a, b);
	case TYPE_U8:
		return op_u8(form, op, p, a, b);
	case TYPE_U16:
		return op_u16(form, op, p, a, b);
	case TYPE_U32:
		return op_u32(form, op, p, a, b);
	case TYPE_U64:
		return op_u64(form, op, p, a, b);
	case TYPE_USIZE:
		return op_usize(form, op, p, a, b);
	case TYPE_BOOL:
		return op_bool(form, op, p, a, b);
	case TYPE_POINTER:
		return (unsigned long)op_pointer(form, op, p, (pointer)(unsigned long)a,
						 (pointer)(unsigned long)b);
	}
	return 0;
}
