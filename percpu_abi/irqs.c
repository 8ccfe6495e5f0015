// SPDX-License-Identifier: GPL-2.0

#include <linux/irqflags.h>

#include "helpers.h"

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
