/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's trace events by name, for the demo. What they are, Rust does not see. */
#ifndef _DEMO_EVENT_H
#define _DEMO_EVENT_H

#include <linux/types.h>

struct tracepoint;

/*
 * The event, which stays until it is put, and so does the module that it is in. An error pointer if
 * there is none; -EAGAIN if that module is being loaded, as it goes if its init fails.
 */
void *demo_event_get(const char *system, const char *event);
void demo_event_put(void *event);

/*
 * What takes probes that are called with their data first. NULL if the event has no such thing: those
 * of kprobes and system calls have no probes, and user_events pass the data third.
 */
struct tracepoint *demo_event_tracepoint(const void *event);

/* Whether the event is one of this module. */
bool demo_event_is_own(const void *event);

/* When this returns, no probe runs that was unregistered before. */
void demo_event_synchronize(void);

#endif
