/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _DEMO_C_EVENTS_H
#define _DEMO_C_EVENTS_H

struct dentry;

/* Makes the directory events. */
void events_show(struct dentry *parent);

/* Stops all counters and lets no other begin: to be called before the directory is removed. */
void events_close(void);

#endif
