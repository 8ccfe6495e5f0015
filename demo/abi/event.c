// SPDX-License-Identifier: GPL-2.0

#include <linux/module.h>
#include <linux/trace_events.h>
#include <linux/tracepoint.h>

#include "event.h"

void *demo_event_get(const char *system, const char *event)
{
	return trace_get_event_file(NULL, system, event);
}

void demo_event_put(void *event)
{
	trace_put_event_file(event);
}

static const struct trace_event_call *call_of(const void *event)
{
	return ((const struct trace_event_file *)event)->event_call;
}

struct tracepoint *demo_event_tracepoint(const void *event)
{
	const struct trace_event_call *call = call_of(event);

	return call->flags & TRACE_EVENT_FL_TRACEPOINT ? call->tp : NULL;
}

bool demo_event_is_own(const void *event)
{
	const struct trace_event_call *call = call_of(event);

	return !(call->flags & TRACE_EVENT_FL_DYNAMIC) && call->module == THIS_MODULE;
}

void demo_event_synchronize(void)
{
	tracepoint_synchronize_unregister();
}
