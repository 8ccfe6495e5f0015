/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _DEMO_C_H
#define _DEMO_C_H

#include <linux/debugfs.h>
#include <linux/percpu-defs.h>
#include <linux/types.h>

/* What the files of a counter are about. */
struct counter {
	const char *name;
	u64 __percpu *hits;
	struct dentry *dir;
	struct faux_device *device;
};

/*
 * Makes the counter's directory; where debugfs cannot be had, dir says why. add: the operations of
 * the file of that name, if there is to be one.
 */
int counter_show(struct counter *counter, struct dentry *parent,
		 const struct debugfs_short_fops *add);

/* Removes it, after which nobody uses the counter's files. */
void counter_hide(struct counter *counter);

/* A decimal number, with or without a newline after it. */
int decimal_from_user(const char __user *text, size_t len, u64 *value);

/* Makes the directory events. */
void events_show(struct dentry *parent);

/* Removes all that it counts, and lets nothing come any more: before the directory is removed. */
void events_close(void);

/* Makes the directory approximate, of a counter that is there as long as its files. */
int approximate_init(void);
void approximate_show(struct dentry *parent);
void approximate_reset(void);
void approximate_exit(void);

DECLARE_PER_CPU(u64, lossy_hits);
extern const struct debugfs_short_fops lossy_add_fops;

#endif
