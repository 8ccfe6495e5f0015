// SPDX-License-Identifier: GPL-2.0

#include <linux/completion.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/string.h>
#include <linux/trace_events.h>
#include <linux/tracepoint.h>

#include "event.h"

/* Until it is done, no module goes that was there before, be it that its init fails. */
struct modules_stay {
	struct notifier_block nb;
	struct completion done;
};

static int module_changes(struct notifier_block *nb, unsigned long state, void *module)
{
	struct modules_stay *stay = container_of(nb, struct modules_stay, nb);

	if (state == MODULE_STATE_GOING)
		wait_for_completion(&stay->done);
	return NOTIFY_OK;
}

static const struct trace_event_call *call_of(const void *event)
{
	return ((const struct trace_event_file *)event)->event_call;
}

/* A module is not kept by who has its event as long as its init may fail. */
static bool is_kept(const void *event)
{
	const struct trace_event_call *call = call_of(event);
	const struct module *module = call->flags & TRACE_EVENT_FL_DYNAMIC ? NULL : call->module;

	return !module || module == THIS_MODULE || READ_ONCE(module->state) == MODULE_STATE_LIVE;
}

void *demo_event_get(const char *system, const char *event)
{
	/* Before the kernel's own, which frees the module's events, whoever has them. */
	struct modules_stay stay = { .nb = { .notifier_call = module_changes, .priority = INT_MAX } };
	struct trace_event_file *file;
	int error;

	init_completion(&stay.done);
	error = register_module_notifier(&stay.nb);
	if (error)
		return ERR_PTR(error);

	file = trace_get_event_file(NULL, system, event);
	if (!IS_ERR(file) && !is_kept(file)) {
		trace_put_event_file(file);
		file = ERR_PTR(-EAGAIN);
	}
	complete_all(&stay.done);
	unregister_module_notifier(&stay.nb);
	return file;
}

void demo_event_put(void *event)
{
	trace_put_event_file(event);
}

struct tracepoint *demo_event_tracepoint(const void *event)
{
	const struct trace_event_call *call = call_of(event);

	if (!(call->flags & TRACE_EVENT_FL_TRACEPOINT))
		return NULL;
	if (call->class->reg == trace_event_reg)
		return call->tp;
	/* What calls its probes by itself: synthetic events pass them their data first as well. */
	if (call->flags & TRACE_EVENT_FL_DYNAMIC && !strcmp(call->class->system, "synthetic"))
		return call->tp;
	return NULL;
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
