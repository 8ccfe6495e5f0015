// SPDX-License-Identifier: GPL-2.0
/* Counts the per-CPU allocations of a task by the kernel's own trace events. One user at a time. */
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "c.h"

#ifdef CONFIG_TRACEPOINTS
static struct tracepoint *alloc, *release;
static struct task_struct *watched;
static long live;

static void find(struct tracepoint *tp, void *unused)
{
	if (!strcmp(tp->name, "percpu_alloc_percpu"))
		alloc = tp;
	if (!strcmp(tp->name, "percpu_free_percpu"))
		release = tp;
}

static void on_alloc(void *unused, unsigned long call_site, bool reserved, bool is_atomic,
		     size_t size, size_t align, void *base_addr, int off, void __percpu *ptr,
		     size_t bytes_alloc, gfp_t gfp_flags)
{
	if (in_task() && current == watched)
		live++;
}

static void on_release(void *unused, void *base_addr, int off, void __percpu *ptr)
{
	if (in_task() && current == watched)
		live--;
}

/* False if there is nothing to watch by. */
bool percpu_test_watch(void)
{
	for_each_kernel_tracepoint(find, NULL);
	if (!alloc || !release)
		return false;
	live = 0;
	watched = current;
	return !tracepoint_probe_register(alloc, on_alloc, NULL) &&
	       !tracepoint_probe_register(release, on_release, NULL);
}

long percpu_test_unwatch(void)
{
	if (alloc && release) {
		tracepoint_probe_unregister(alloc, on_alloc, NULL);
		tracepoint_probe_unregister(release, on_release, NULL);
		tracepoint_synchronize_unregister();
	}
	return live;
}
#else
bool percpu_test_watch(void)
{
	return false;
}

long percpu_test_unwatch(void)
{
	return 0;
}
#endif
