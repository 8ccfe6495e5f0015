// SPDX-License-Identifier: GPL-2.0
/* What the crate has to write by hand, as it cannot be taken from C. */

#include <linux/percpu.h>

#ifdef CONFIG_SMP
static_assert(!__builtin_strcmp(PER_CPU_BASE_SECTION, ".data..percpu"),
	      "percpu: define_per_cpu! does not know this kernel's section of per-CPU variables");
#endif
static_assert(PCPU_MIN_UNIT_SIZE >= 32 << 10,
	      "percpu: this kernel's largest per-CPU variable is smaller than MAX_SIZE");
