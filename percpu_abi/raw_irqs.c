// SPDX-License-Identifier: GPL-2.0

#include <linux/irqflags.h>

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
