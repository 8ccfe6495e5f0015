/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of a counter show and take. */
#ifndef _DEMO_C_COUNTER_H
#define _DEMO_C_COUNTER_H

#include <linux/debugfs.h>
#include <linux/types.h>

struct counter {
	const char *name;
	u64 __percpu *hits;
	struct dentry *dir;
	struct faux_device *device;
};

/*
 * Makes the counter's directory. Without debugfs there is none, and its error is in dir.
 * write: the operations of its file add, if it has one.
 */
int counter_show(struct counter *counter, struct dentry *parent,
		 const struct debugfs_short_fops *write);

/* Removes it: nobody uses the files any more. */
void counter_hide(struct counter *counter);

/* Sets those to zero on every possible CPU. */
void counters_reset(struct counter *const *counters, unsigned int count);

/* A decimal number, with or without a newline after it. */
int decimal_from_user(const char __user *text, size_t len, u64 *value);

#endif
