// SPDX-License-Identifier: GPL-2.0

#include <linux/preempt.h>

#include "helpers.h"

void rust_percpu_preempt_disable(void)
{
	preempt_disable();
}

void rust_percpu_preempt_enable(void)
{
	preempt_enable();
}
