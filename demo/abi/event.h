/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's trace events by name, for the demo. What they are, Rust does not see. */
#ifndef _DEMO_EVENT_H
#define _DEMO_EVENT_H

#include <linux/types.h>

struct tracepoint;

/*
 * The event, which stays until it is put, and so does the module that it is in; an error pointer if
 * there is none.
 */
void *demo_event_get(const char *system, const char *event);
void demo_event_put(void *event);

/* NULL if the event is made by other means, as those of kprobes and system calls are. */
struct tracepoint *demo_event_tracepoint(const void *event);

/* Whether the event is one of this module. */
bool demo_event_is_own(const void *event);

/* When this returns, no probe runs that was unregistered before. */
void demo_event_synchronize(void);

#endif
