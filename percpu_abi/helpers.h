/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the percpu crate needs of C: macros and inline functions of the kernel that are no symbols.
 * The kernel's own rust_helper_* do not serve: they are not exported on every configuration.
 */
#ifndef _RUST_PERCPU_HELPERS_H
#define _RUST_PERCPU_HELPERS_H

#include <linux/types.h>

/* Of lockdep and tracers unseen, as this_cpu_* has it. */
unsigned long rust_percpu_raw_irq_save(void);
void rust_percpu_raw_irq_restore(unsigned long flags);

unsigned long rust_percpu_irq_save(void);
void rust_percpu_irq_restore(unsigned long flags);
void rust_percpu_preempt_disable(void);
void rust_percpu_preempt_enable(void);
void rust_percpu_cpus_read_lock(void);
void rust_percpu_cpus_read_unlock(void);

#ifdef CONFIG_X86_64
bool rust_percpu_has_cmpxchg128(void);
#endif

#endif
