// SPDX-License-Identifier: GPL-2.0
/* A module that has a trace event, and fires it as often as is written to its parameter "fire". */

#include <linux/delay.h>
#include <linux/module.h>

#define CREATE_TRACE_POINTS
#include "events_owner_trace.h"

static unsigned int fails_after_ms;
module_param(fails_after_ms, uint, 0);
MODULE_PARM_DESC(fails_after_ms, "If not 0, loading fails after so many ms");

static int fire(const char *val, const struct kernel_param *kp)
{
	unsigned int times;
	int err = kstrtouint(val, 0, &times);

	for (; !err && times; times--)
		trace_events_owner_fired(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
	return err;
}

static const struct kernel_param_ops fire_ops = { .set = fire };
module_param_cb(fire, &fire_ops, NULL, 0200);

static int __init events_owner_init(void)
{
	if (!fails_after_ms)
		return 0;
	msleep(fails_after_ms);
	return -EINVAL;
}
module_init(events_owner_init);

static void __exit events_owner_exit(void)
{
}
module_exit(events_owner_exit);

MODULE_DESCRIPTION("Test module of rust_percpu: a trace event");
MODULE_LICENSE("GPL");
