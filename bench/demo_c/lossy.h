/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _DEMO_C_LOSSY_H
#define _DEMO_C_LOSSY_H

#include <linux/debugfs.h>
#include <linux/percpu-defs.h>

DECLARE_PER_CPU(u64, lossy_hits);
extern const struct debugfs_short_fops lossy_add_fops;

#endif
