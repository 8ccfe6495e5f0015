/* SPDX-License-Identifier: GPL-2.0 */
/*
 * u64 interleave_enter(const u64 *registers): goes on with these registers by a return from interrupt.
 * What runs then comes back by returning to interleave_left, and its result is that of this function.
 */
#include <linux/linkage.h>
#include <linux/objtool.h>
#include "engine.h"

	.bss
	.balign 8
interleave_stack:
	.skip 8

	.text
#if defined(CONFIG_X86_64)
#include <asm/segment.h>

SYM_FUNC_START(interleave_enter)
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, interleave_stack(%rip)
	pushq	$__KERNEL_DS
	pushq	8*REGISTER_SP(%rdi)
	movl	8*REGISTER_FLAGS(%rdi), %eax
	pushq	%rax
	pushq	$__KERNEL_CS
	pushq	8*REGISTER_PC(%rdi)
	movq	0*8(%rdi), %rax
	movq	1*8(%rdi), %rbx
	movq	2*8(%rdi), %rcx
	movq	3*8(%rdi), %rdx
	movq	4*8(%rdi), %rsi
	movq	6*8(%rdi), %rbp
	movq	8*8(%rdi), %r8
	movq	9*8(%rdi), %r9
	movq	10*8(%rdi), %r10
	movq	11*8(%rdi), %r11
	movq	12*8(%rdi), %r12
	movq	13*8(%rdi), %r13
	movq	14*8(%rdi), %r14
	movq	15*8(%rdi), %r15
	movq	5*8(%rdi), %rdi
SYM_INNER_LABEL(interleave_go, SYM_L_GLOBAL)
	iretq
SYM_INNER_LABEL(interleave_left, SYM_L_GLOBAL)
	ANNOTATE_NOENDBR
	movq	interleave_stack(%rip), %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	RET
SYM_FUNC_END(interleave_enter)

#elif defined(CONFIG_ARM64)

SYM_FUNC_START(interleave_enter)
	stp	x29, x30, [sp, #-96]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	stp	x23, x24, [sp, #48]
	stp	x25, x26, [sp, #64]
	stp	x27, x28, [sp, #80]
	adrp	x9, interleave_stack
	add	x9, x9, :lo12:interleave_stack
	mov	x10, sp
	str	x10, [x9]
	msr	daifset, #0xf
	ldr	x9, [x0, #8*REGISTER_PC]
	msr	elr_el1, x9
	ldr	w9, [x0, #8*REGISTER_FLAGS]
	msr	spsr_el1, x9
	ldr	x9, [x0, #8*REGISTER_SP]
	mov	sp, x9
	ldp	x2, x3, [x0, #8*2]
	ldp	x4, x5, [x0, #8*4]
	ldp	x6, x7, [x0, #8*6]
	ldp	x8, x9, [x0, #8*8]
	ldp	x10, x11, [x0, #8*10]
	ldp	x12, x13, [x0, #8*12]
	ldp	x14, x15, [x0, #8*14]
	ldp	x16, x17, [x0, #8*16]
	ldp	x18, x19, [x0, #8*18]
	ldp	x20, x21, [x0, #8*20]
	ldp	x22, x23, [x0, #8*22]
	ldp	x24, x25, [x0, #8*24]
	ldp	x26, x27, [x0, #8*26]
	ldp	x28, x29, [x0, #8*28]
	ldr	x30, [x0, #8*30]
	ldp	x0, x1, [x0]
SYM_INNER_LABEL(interleave_go, SYM_L_GLOBAL)
	eret
SYM_INNER_LABEL(interleave_left, SYM_L_GLOBAL)
	adrp	x9, interleave_stack
	add	x9, x9, :lo12:interleave_stack
	ldr	x10, [x9]
	mov	sp, x10
	ldp	x19, x20, [sp, #16]
	ldp	x21, x22, [sp, #32]
	ldp	x23, x24, [sp, #48]
	ldp	x25, x26, [sp, #64]
	ldp	x27, x28, [sp, #80]
	ldp	x29, x30, [sp], #96
	ret
SYM_FUNC_END(interleave_enter)

#endif

/*
 * void interleave_idle(void): a breakpoint is here. In a page of its own, as an emulator runs what has
 * one in its page an instruction at a time.
 */
	.section .text.interleave_idle, "ax"
	.balign	4096
SYM_FUNC_START(interleave_idle)
#ifdef CONFIG_X86_64
	RET
#else
	ret
#endif
SYM_FUNC_END(interleave_idle)
	.balign	4096, 0xcc
