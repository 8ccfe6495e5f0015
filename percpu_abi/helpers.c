// SPDX-License-Identifier: GPL-2.0

#include <linux/cpu.h>
#include <linux/irqflags.h>
#include <linux/preempt.h>
#ifdef CONFIG_X86_64
#include <asm/cpufeature.h>
#endif

#include "helpers.h"

unsigned long rust_percpu_raw_irq_save(void)
{
	unsigned long flags;

	raw_local_irq_save(flags);
	return flags;
}

void rust_percpu_raw_irq_restore(unsigned long flags)
{
	raw_local_irq_restore(flags);
}

unsigned long rust_percpu_irq_save(void)
{
	unsigned long flags;

	local_irq_save(flags);
	return flags;
}

void rust_percpu_irq_restore(unsigned long flags)
{
	local_irq_restore(flags);
}

void rust_percpu_preempt_disable(void)
{
	preempt_disable();
}

void rust_percpu_preempt_enable(void)
{
	preempt_enable();
}

void rust_percpu_cpus_read_lock(void)
{
	cpus_read_lock();
}

void rust_percpu_cpus_read_unlock(void)
{
	cpus_read_unlock();
}

#ifdef CONFIG_X86_64
bool rust_percpu_has_cmpxchg128(void)
{
	return boot_cpu_has(X86_FEATURE_CX16);
}
#endif
