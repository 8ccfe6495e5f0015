/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _INTERLEAVE_ENGINE_H
#define _INTERLEAVE_ENGINE_H

/* Where a frame's registers are, which are as the debugger has them: numbers of 64-bit words. */
#if defined(CONFIG_X86_64)
#define REGISTER_SP		7
#define REGISTER_PC		16
#define REGISTER_FLAGS		17
#define REGISTERS_OF_ARGUMENTS	{ 5, 4, 3, 2, 8, 9 }
#elif defined(CONFIG_ARM64)
#define REGISTER_RETURN		30
#define REGISTER_SP		31
#define REGISTER_PC		32
#define REGISTER_FLAGS		33
#define REGISTERS_OF_ARGUMENTS	{ 0, 1, 2, 3, 4, 5 }
#endif

#ifndef __ASSEMBLY__
#include <linux/types.h>

/* A variable, and what has to be given to a function that takes an allocated one. */
struct variable {
	void *box;
	void *copies;		/* per CPU, if it is not shared */
	u64 size;
	u64 kind;
};

/* Of the last kind, of a u32, only the sum counts. */
enum { PER_CPU, SHARED, SUMMED };

/* Made by operations.py, in the order in which `run` counts. */
extern void *const interleave_functions[];
extern struct variable interleave_variables[];
extern const int interleave_variable_count;

int interleave_c_variables(struct variable *);
void interleave_c_free(struct variable *);
void *interleave_rust_variables(struct variable *);
void interleave_rust_free(void *);

/* Whether what was interrupted is in an RCU read-side section, for which a kill waits. */
extern bool interleave_reading;
/* Does what a kill that waited has left to do. */
void interleave_settle(void);
#endif
#endif
