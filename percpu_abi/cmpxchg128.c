// SPDX-License-Identifier: GPL-2.0

#include <asm/cpufeature.h>

#include "helpers.h"

bool rust_percpu_has_cmpxchg128(void)
{
	return boot_cpu_has(X86_FEATURE_CX16);
}
