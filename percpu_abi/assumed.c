// SPDX-License-Identifier: GPL-2.0
/*
 * All that the backends assume of the kernel. Whenever a module is built this is compiled to text, as
 * the kernel's asm-offsets.c. The script `assumed` makes Rust of what the text has, and leaves out
 * each part of which an assumption does not hold: that is then done by C's functions.
 *
 * A part is done in Rust if it is listed here, and all that is said of it is so:
 *
 *	ops	this_cpu_*, and where a CPU's copy is
 *	offset	where a CPU's copy is, for the generic backend
 *	count	the running task, and how this_cpu_* turn preemption off, where that is not in ops
 *	number	raw_smp_processor_id
 *	preempt	preempt_disable and preempt_enable
 *	irqs	local_irq_save and local_irq_restore
 */
#include <linux/irqflags.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/thread_info.h>
#if __has_include(<linux/interrupt_rc.h>)
#include <linux/interrupt_rc.h>
#endif
#ifdef CONFIG_ARM64
#include <asm/alternative.h>
#endif

/* Without a part that does not compile. */
#ifndef IF_ops
#define IF_ops(...) __VA_ARGS__
#endif
#ifndef IF_offset
#define IF_offset(...) __VA_ARGS__
#endif
#ifndef IF_count
#define IF_count(...) __VA_ARGS__
#endif
#ifndef IF_number
#define IF_number(...) __VA_ARGS__
#endif
#ifndef IF_preempt
#define IF_preempt(...) __VA_ARGS__
#endif
#ifndef IF_irqs
#define IF_irqs(...) __VA_ARGS__
#endif

/*
 * What C makes of the last arguments has to match FORM, an expression of awk in which "; " divides
 * instructions, @NAME@ is a NUMBER, @x@ and @w@ are arm64's registers, @r@ loongarch's, @a@ riscv's, and
 * @others@, or @calm@ on riscv, any instructions but loads and stores.
 */
#define SHAPE(part, type, name, form, ...)					\
	FUNCTION(part, type, name, "shape", form, __VA_ARGS__)

/*
 * The same, and to be known to Rust as code!(NAME). Where some of it is the kernel's own assembly,
 * that alone is taken, without the compiler's instructions around it. The register of what C returns,
 * or of its only argument, is an operand `out` of Rust, but for CODE_FIXED.
 */
#define CODE(part, type, name, form, ...)					\
	FUNCTION(part, type, name, "code", form, __VA_ARGS__)
#define CODE_FIXED(part, type, name, form, ...)					\
	FUNCTION(part, type, name, "fixed", form, __VA_ARGS__)

#define FUNCTION(part, type, name, what, form, ...) IF_##part(			\
type percpu_assumed_##name(unsigned long argument);				\
type percpu_assumed_##name(unsigned long argument)				\
{										\
	asm volatile("\n->" what " " #part " " #name " " form "\n");		\
	__VA_ARGS__;								\
})

/* A number for Rust. */
#define NUMBER(part, name, value) IF_##part(					\
void percpu_assumed_##name(void);						\
void percpu_assumed_##name(void)						\
{										\
	asm volatile("\n->number " #part " " #name " %c0\n" : : "i" (value));	\
})

#define ASSUME(part, name, condition) IF_##part(				\
void percpu_assumed_##name(void);						\
void percpu_assumed_##name(void)						\
{										\
	asm volatile("\n->assume " #part " " #name " %c0\n"			\
		     : : "i" ((condition) ? 1 : 0));				\
})

/* C's preempt_disable is a function where it checks or traces. */
#if defined(CONFIG_PREEMPT_COUNT) && !defined(CONFIG_DEBUG_PREEMPT) && \
	!defined(CONFIG_TRACE_PREEMPT_TOGGLE)
#define COUNTS_INLINE
#endif

#if defined(CONFIG_X86_64) && !defined(CONFIG_UML)
#ifdef CONFIG_SMP
#define SEG "%gs:"
#else
#define SEG ""
#endif

DECLARE_PER_CPU(u8, assumed_u8);
DECLARE_PER_CPU(u64, assumed_u64);
SHAPE(ops, void, op_u8, "addb \\$5, " SEG "assumed_u8\\(%rip\\)", this_cpu_add(assumed_u8, 5))
SHAPE(ops, void, op_u64, "incq " SEG "assumed_u64\\(%rip\\)", this_cpu_inc(assumed_u64))
#ifdef CONFIG_SMP
CODE(ops, unsigned long, this_cpu_offset, "movq %gs:this_cpu_off\\(%rip\\), %rax",
     return __my_cpu_offset)
CODE(number, int, raw_smp_processor_id, "movl %gs:cpu_number\\(%rip\\), %eax",
     return raw_smp_processor_id())
#endif

#ifdef COUNTS_INLINE
/* One instruction counts, and zero says that preemption is on and the scheduler wants the CPU. */
CODE(preempt, void, preempt_count_inc, "inc[lq] " SEG "__preempt_count\\(%rip\\)",
     __preempt_count_add(1))
CODE(preempt, bool, preempt_count_dec, "dec[lq] " SEG "__preempt_count\\(%rip\\); sete %al",
     return __preempt_count_dec_and_test())
ASSUME(preempt, preempt_enabled, PREEMPT_ENABLED == PREEMPT_NEED_RESCHED)
#ifdef CONFIG_PREEMPTION
/* Keeps all registers. */
CODE(preempt, void, preempt_schedule, "call (__SCT__preempt_schedule|preempt_schedule_thunk)",
     __preempt_schedule())
#endif
#endif
/* Paravirtualised, these are calls that keep all registers but one, or instructions in their place. */
CODE_FIXED(irqs, unsigned long, irq_flags, ".*pushf ?; ?pop %rax.*", return arch_local_save_flags())
CODE_FIXED(irqs, void, irq_disable, "(.*; )?cli(; .*)?", arch_local_irq_disable())
CODE_FIXED(irqs, void, irq_enable, "(.*; )?sti(; .*)?", arch_local_irq_enable())
NUMBER(irqs, irq_flag, X86_EFLAGS_IF)
ASSUME(irqs, irqs_were_on, !arch_irqs_disabled_flags(X86_EFLAGS_IF) &&
       arch_irqs_disabled_flags(~X86_EFLAGS_IF))
/* Else the compiler would have to move what is in these registers away. */
SHAPE(irqs, void, irqs_keep_registers, "([^mp;][^;]*(; |$))*", ({
	unsigned long c, d, s, i;
	register unsigned long r8 asm("r8");
	register unsigned long r9 asm("r9");
	register unsigned long r10 asm("r10");
	register unsigned long r11 asm("r11");

	asm volatile("" : "=c" (c), "=d" (d), "=S" (s), "=D" (i), "=r" (r8), "=r" (r9), "=r" (r10), "=r" (r11));
	arch_local_irq_disable();
	asm volatile("" : : "c" (c), "d" (d), "S" (s), "D" (i), "r" (r8), "r" (r9), "r" (r10), "r" (r11));
}))

#endif /* CONFIG_X86_64 */

#if defined(CONFIG_ARM64) || defined(CONFIG_LOONGARCH) || defined(CONFIG_ARM) || defined(CONFIG_RISCV)
NUMBER(number, cpu, offsetof(struct thread_info, cpu))
#endif

#ifdef CONFIG_ARM64
NUMBER(ops, count, offsetof(struct thread_info, preempt_count))

CODE(ops, void, alternative_lse, ".*",
     asm volatile(ALTERNATIVE("percpu_old", "percpu_new", ARM64_HAS_LSE_ATOMICS)))
CODE(ops, unsigned long, this_cpu_offset, "mrs x0, tpidr_el1; mrs x0, tpidr_el2",
     return __my_cpu_offset)

CODE(ops, struct thread_info *, current_thread_info, "mrs x0, sp_el0",
     return current_thread_info())
SHAPE(number, int, raw_smp_processor_id, "mrs @x@, sp_el0; ldr w0, \\[@x@, #?@cpu@\\]",
     return raw_smp_processor_id())

/* The operations count, whether or not that is traced. */
#ifdef CONFIG_PREEMPT_COUNT
SHAPE(ops, void, preempt_count_inc,
      "mrs @x@, sp_el0; ldr @w@, \\[@x@, #?@count@\\]; add @w@, @w@, #?1; "
      "str @w@, \\[@x@, #?@count@\\]", __preempt_count_add(1))
SHAPE(ops, bool, preempt_count_dec,
      "mrs @x@, sp_el0; ldr @x@, \\[@x@, #?@count@\\]; @others@subs? @x@, @x@, #?1; @others@"
      "str @w@, \\[@x@, #?@count@\\]; @others@ldr @x@, \\[@x@, #?@count@\\](; [^ls][^;]*)*",
      return __preempt_count_dec_and_test())
ASSUME(ops, count_is_low, offsetof(struct thread_info, preempt.count) ==
       offsetof(struct thread_info, preempt_count))
ASSUME(ops, count_is_half, sizeof(current_thread_info()->preempt.count) == 4 &&
       sizeof(current_thread_info()->preempt_count) == 8)
ASSUME(ops, need_resched_is_high, PREEMPT_NEED_RESCHED == 1UL << 32)
ASSUME(ops, preempt_enabled, PREEMPT_ENABLED == PREEMPT_NEED_RESCHED)
#ifdef CONFIG_PREEMPTION
CODE(ops, void, preempt_schedule_notrace, "bl? (dynamic_)?preempt_schedule_notrace",
     __preempt_schedule_notrace())
#endif
#endif
#ifdef COUNTS_INLINE
#ifdef CONFIG_PREEMPTION
CODE(preempt, void, preempt_schedule, "bl? (dynamic_)?preempt_schedule", __preempt_schedule())
#endif
#endif
/* With pseudo-NMIs it is more than this. */
CODE(irqs, unsigned long, irq_save, "mrs x0, daif; msr daifset, #3", return arch_local_irq_save())
CODE(irqs, void, irq_restore, "msr daif, x0", arch_local_irq_restore(argument))
#endif /* CONFIG_ARM64 */

/* As asm-generic/preempt.h counts. */
#if defined(CONFIG_LOONGARCH) || defined(CONFIG_RISCV)
#ifdef CONFIG_PREEMPT_COUNT
NUMBER(count, count, offsetof(struct thread_info, preempt_count))
NUMBER(count, flags, offsetof(struct thread_info, flags))
NUMBER(count, need_resched, BIT(TIF_NEED_RESCHED))
ASSUME(count, need_resched_is_low, TIF_NEED_RESCHED < 32)
ASSUME(count, preempt_enabled, PREEMPT_ENABLED == 0)
#endif
#ifdef CONFIG_PREEMPTION
CODE(count, void, preempt_schedule_notrace, "(bl?|call|tail) (dynamic_)?preempt_schedule_notrace",
     __preempt_schedule_notrace())
#ifdef COUNTS_INLINE
CODE(preempt, void, preempt_schedule, "(bl?|call|tail) (dynamic_)?preempt_schedule", __preempt_schedule())
#endif
#endif
#endif

#ifdef CONFIG_LOONGARCH
/* The backend names $r21 and $tp, which is $r2. */
SHAPE(ops, unsigned long, this_cpu_offset, "or \\$r4,\\$r21,\\$r0", return __my_cpu_offset)
CODE(ops, void, weak_llsc_mb, "(dbar 0x[0-9a-f]+)?", asm volatile(__WEAK_LLSC_MB))
ASSUME(ops, has_am, IS_ENABLED(CONFIG_64BIT) && IS_ENABLED(CONFIG_CPU_HAS_AMO))
CODE(count, void *, current_thread_info, "or \\$r4,\\$r2,\\$r0", return current_thread_info())
SHAPE(number, int, raw_smp_processor_id, "ld(ptr)?\\.w \\$r4,\\$r2,@cpu@", return raw_smp_processor_id())
#ifdef CONFIG_PREEMPT_COUNT
SHAPE(count, void, preempt_count_inc, "ld(ptr)?\\.w @r@,\\$r2,@count@; addi\\.w @r@,@r@,1; "
      "st(ptr)?\\.w @r@,\\$r2,@count@", __preempt_count_add(1))
SHAPE(count, bool, preempt_count_dec, "ld(ptr)?\\.w @r@,\\$r2,@count@; @others@addi\\.w @r@,@r@,-1; @others@"
      "st(ptr)?\\.w @r@,\\$r2,@count@; @others@bnez @r@,[^;]*; @others@ld(ptr)?\\.d @r@,\\$r2,@flags@(; [^ls][^;]*)*",
      return __preempt_count_dec_and_test())
#endif
/* Exchanges the bits that $t0 says, which is $r12. */
NUMBER(irqs, irq_flag, CSR_CRMD_IE)
CODE(irqs, unsigned long, irq_save, "or \\$r4,\\$r0,\\$r0; addi\\.w \\$r12,\\$r0,@irq_flag@; csrxchg \\$r4, \\$r12, 0"
     "(; bstrpick.d \\$r4,\\$r4,31,0)?", return arch_local_irq_save())
CODE(irqs, void, irq_restore, "addi\\.w \\$r12,\\$r0,@irq_flag@; csrxchg \\$r4, \\$r12, 0",
     arch_local_irq_restore(argument))
#endif /* CONFIG_LOONGARCH */

/* For the generic backend. */
#ifdef CONFIG_ARM
#ifdef CONFIG_SMP
CODE(offset, unsigned long, this_cpu_offset, "(0: )?mrc p15, 0, r0, c13, c0, 4", return __my_cpu_offset)
#endif
ASSUME(number, cpu_is_32_bits, sizeof(current_thread_info()->cpu) == 4)
/* Kernels that are also for processors before ARMv7 have more. */
CODE(count, void *, current_thread_info, "(0: )?mrc p15, 0, r0, c13, c0, 3", return current_thread_info())
#ifdef CONFIG_PREEMPT_COUNT
/* No target has such a kernel. */
ASSUME(count, counting_was_tried, 0)
#endif
CODE(irqs, unsigned long, irq_save, "mrs r0, cpsr[^;]*; cpsid i", return arch_local_irq_save())
CODE(irqs, void, irq_restore, "msr cpsr_c, r0[^;]*", arch_local_irq_restore(argument))
#endif

#ifdef CONFIG_RISCV
/* The backend names tp. */
SHAPE(count, void *, current_thread_info, "mv a0, ?tp", return current_thread_info())
SHAPE(number, int, raw_smp_processor_id, "lw a0, ?@cpu@\\(tp\\)", return raw_smp_processor_id())
#ifdef CONFIG_PREEMPT_COUNT
SHAPE(count, void, preempt_count_inc, "lw @a@, ?@count@\\(tp\\); addiw? @a@, ?@a@, ?1; sw @a@, ?@count@\\(tp\\)",
      __preempt_count_add(1))
SHAPE(count, bool, preempt_count_dec, "lw @a@, ?@count@\\(tp\\); @calm@addiw? @a@, ?@a@, ?-1; @calm@"
      "sw @a@, ?@count@\\(tp\\); @calm@b(eq|ne)z @a@, [^;]*; @calm@ld @a@, ?@flags@\\(tp\\)(; [^;(]*)*",
      return __preempt_count_dec_and_test())
#endif
/* Reads all flags and clears one; what goes back is that one. */
NUMBER(irqs, irq_flag, SR_IE)
CODE(irqs, unsigned long, irq_save, "csrrc a0, [a-z0-9]+, ?@irq_flag@", return arch_local_irq_save())
CODE(irqs, void, irq_restore, "andi a0, ?a0, ?@irq_flag@; csrs [a-z0-9]+, a0", arch_local_irq_restore(argument))
#endif

#if defined(CONFIG_LOONGARCH) || defined(CONFIG_ARM) || defined(CONFIG_RISCV)
#ifndef CONFIG_PREEMPT_COUNT
/* Preemption is never turned off. */
SHAPE(count, void, preempt_disable_notrace, "", preempt_disable_notrace(); preempt_enable_notrace())
SHAPE(preempt, void, preempt_disable, "", preempt_disable(); preempt_enable())
#endif
#endif
