/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _INTERLEAVE_MISTAKES_H
#define _INTERLEAVE_MISTAKES_H

#include <linux/percpu-defs.h>
#include <linux/types.h>

struct flagged {
	u64 taken, value;
};

DECLARE_PER_CPU(u64, mistaken);
DECLARE_PER_CPU(struct flagged, flagged);

u64 mistake_two_instruction_exchange(u64 v);
void mistake_guard_one_instruction_late(u64 v);
void mistake_offset_before_preemption_is_off(u64 v);
void mistake_interrupts_on_too_early(u64 v);
void mistake_guard_not_dropped(u64 v);
bool mistake_flag_cleared_too_early(u64 v);
void right_add(u64 v);
bool right_flag(u64 v);

#endif
