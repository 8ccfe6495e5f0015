// SPDX-License-Identifier: GPL-2.0
/*
 * Counters of the kernel's own trace events.
 *
 * Writing an event's name, such as sched:sched_switch, to events/attach makes a directory of that
 * name, with total and per_cpu; writing it to events/detach takes it away.
 */
#include <linux/ctype.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/trace_events.h>
#include <linux/tracepoint.h>

#include "demo_c.h"

struct event {
	struct counter counter;
	struct list_head list;
	struct tracepoint *tracepoint;
	/* Keeps the event's module; NULL if the event is of this one, which it would keep as well. */
	struct trace_event_file *file;
	char name[];
};

/* Of events, of closed, and of what comes and goes in dir. */
static DEFINE_MUTEX(lock);
static LIST_HEAD(events);
static bool closed;
static struct dentry *dir;

static void *as_data(const struct event *event)
{
	return (void *)(__force unsigned long)event->counter.hits;
}

/* Takes the first argument of any probe, and may be called with more. */
static void probe(void *data)
{
	this_cpu_inc(*(u64 __percpu *)(__force unsigned long)data);
}

/* The event of that name, "SYSTEM:EVENT", which stays until it is put, and so does its module. */
static struct trace_event_file *get_event_file(const char *name)
{
	char *system __free(kfree) = kstrdup(name, GFP_KERNEL);
	struct trace_event_file *file;
	char *event = system;

	if (!system)
		return ERR_PTR(-ENOMEM);
	strsep(&event, ":");
	if (!event)
		return ERR_PTR(-EINVAL);
	file = trace_get_event_file(NULL, system, event);
	/* The kernel's way to say that it has none of this name. */
	return file == ERR_PTR(-EINVAL) ? ERR_PTR(-ENOENT) : file;
}

/* Counts from now on. */
static int start(struct event *event)
{
	struct trace_event_file *file = get_event_file(event->name);
	struct trace_event_call *call;
	int error;

	if (IS_ERR(file))
		return PTR_ERR(file);
	call = file->event_call;
	error = -EOPNOTSUPP;
	/* probe has not the type that the tracepoint's callers expect, and CFI would look at it. */
	if (!(call->flags & TRACE_EVENT_FL_TRACEPOINT) || !call->tp ||
	    IS_ENABLED(CONFIG_CFI) || IS_ENABLED(CONFIG_CFI_CLANG))
		goto put_file;
	error = -ENOMEM;
	event->counter.hits = alloc_percpu(u64);
	if (!event->counter.hits)
		goto put_file;
	error = tracepoint_probe_register(call->tp, probe, as_data(event));
	if (error)
		goto free_hits;
	event->tracepoint = call->tp;
	event->file = file;
	if (!(call->flags & TRACE_EVENT_FL_DYNAMIC) && call->module == THIS_MODULE) {
		trace_put_event_file(file);
		event->file = NULL;
	}
	return 0;

free_hits:
	free_percpu(event->counter.hits);
put_file:
	trace_put_event_file(file);
	return error;
}

/* Between the two is tracepoint_synchronize_unregister(), once for all that were stopped. */
static void stop(struct event *event)
{
	tracepoint_probe_unregister(event->tracepoint, probe, as_data(event));
}

static void free_stopped(struct event *event)
{
	if (event->file)
		trace_put_event_file(event->file);
	free_percpu(event->counter.hits);
	kfree(event);
}

static struct event *find(const char *name)
{
	struct event *event;

	list_for_each_entry(event, &events, list)
		if (!strcmp(event->name, name))
			return event;
	return NULL;
}

static int attach(const char *name)
{
	size_t size = strlen(name) + 1;
	struct event *event;
	int error;

	if (find(name))
		return -EEXIST;
	event = kzalloc(struct_size(event, name, size), GFP_KERNEL);
	if (!event)
		return -ENOMEM;
	memcpy(event->name, name, size);
	event->counter.name = event->name;
	error = start(event);
	if (error) {
		kfree(event);
		return error;
	}
	error = counter_show(&event->counter, dir, NULL);
	if (!error) {
		error = PTR_ERR_OR_ZERO(event->counter.dir);
		if (error)
			counter_hide(&event->counter);
	}
	if (error) {
		stop(event);
		tracepoint_synchronize_unregister();
		free_stopped(event);
		return error;
	}
	list_add(&event->list, &events);
	return 0;
}

static int detach(const char *name)
{
	struct event *event = find(name);

	if (!event)
		return -ENOENT;
	list_del(&event->list);
	counter_hide(&event->counter);
	stop(event);
	tracepoint_synchronize_unregister();
	free_stopped(event);
	return 0;
}

/* Takes a name, with or without a newline after it. */
static char *name_from_user(const char __user *text, size_t len)
{
	char *name;

	if (len > NAME_MAX + 1)
		return ERR_PTR(-ENAMETOOLONG);
	name = memdup_user_nul(text, len);
	if (IS_ERR(name))
		return name;
	if (len && name[len - 1] == '\n')
		name[--len] = '\0';
	for (size_t i = 0; i < len; i++)
		if (!name[i] || !isascii(name[i]))
			goto invalid;
	if (!len)
		goto invalid;
	if (len <= NAME_MAX)
		return name;
	kfree(name);
	return ERR_PTR(-ENAMETOOLONG);

invalid:
	kfree(name);
	return ERR_PTR(-EINVAL);
}

static ssize_t act_on_name(const char __user *text, size_t len, int (*act)(const char *name))
{
	char *name __free(kfree) = name_from_user(text, len);

	if (IS_ERR(name))
		return PTR_ERR(name);
	/* Until it is done, as one of the same name may come or go. */
	guard(mutex)(&lock);
	return (closed ? -ENODEV : act(name)) ?: len;
}

static ssize_t attach_write(struct file *file, const char __user *text, size_t len, loff_t *pos)
{
	return act_on_name(text, len, attach);
}

static ssize_t detach_write(struct file *file, const char __user *text, size_t len, loff_t *pos)
{
	return act_on_name(text, len, detach);
}

static const struct debugfs_short_fops attach_fops = {
	.write = attach_write,
	.llseek = noop_llseek,
};

static const struct debugfs_short_fops detach_fops = {
	.write = detach_write,
	.llseek = noop_llseek,
};

void events_show(struct dentry *parent)
{
	dir = debugfs_create_dir("events", parent);
	debugfs_create_file("attach", 0200, dir, NULL, &attach_fops);
	debugfs_create_file("detach", 0200, dir, NULL, &detach_fops);
}

/*
 * Removing the directory waits for those who write to files in it, and keeps others from making and
 * removing directories there: if any were left, the two would wait for each other.
 */
void events_close(void)
{
	struct event *event, *next;

	guard(mutex)(&lock);
	closed = true;
	if (list_empty(&events))
		return;
	list_for_each_entry(event, &events, list) {
		counter_hide(&event->counter);
		stop(event);
	}
	tracepoint_synchronize_unregister();
	list_for_each_entry_safe(event, next, &events, list)
		free_stopped(event);
}
