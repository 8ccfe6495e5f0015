// SPDX-License-Identifier: GPL-2.0
/* A timer on every online CPU, and a task more than CPUs, which may move. One user at a time. */
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include "c.h"

static DEFINE_PER_CPU(struct hrtimer, timer);
static DEFINE_PER_CPU(call_single_data_t, ipi);
static percpu_test_fn *on_task, *on_tick, *on_ipi;
static void *on_arg;
/* Nanoseconds from when the last tick was due to its end. */
static DEFINE_PER_CPU(s64, took);
static s64 period;
static struct task_struct **tasks;

static enum hrtimer_restart tick(struct hrtimer *timer)
{
	s64 *before = this_cpu_ptr(&took), now;

	on_tick(on_arg);
	/*
	 * Where a tick takes longer than the period, as on some emulators, tasks would never come to
	 * run. So ticks get less than half of the time. One that is late as its CPU did not run is
	 * told by the one before, which was not.
	 */
	now = ktime_to_ns(ktime_sub(ktime_get(), hrtimer_get_expires(timer)));
	hrtimer_forward_now(timer, ns_to_ktime(clamp(4 * min(now, *before), period, 50 * period)));
	*before = now;
	return HRTIMER_RESTART;
}

static void start_timer(void *unused)
{
	hrtimer_start(this_cpu_ptr(&timer), ns_to_ktime(period), HRTIMER_MODE_REL_PINNED_HARD);
}

static void receive_ipi(void *unused)
{
	on_ipi(on_arg);
}

static int work(void *unused)
{
	set_user_nice(current, MAX_NICE);
	while (!kthread_should_stop()) {
		on_task(on_arg);
		cond_resched();
	}
	return 0;
}

/*
 * Calls @task again and again in every task, @tick in every tick of every timer, and @ipi in what
 * percpu_test_send_ipis() sends, until percpu_test_end_stress().
 */
int percpu_test_stress(percpu_test_fn *task, percpu_test_fn *tick_fn, percpu_test_fn *ipi_fn,
		       void *arg)
{
	unsigned int count = num_online_cpus() + 1, i;
	int cpu;

	on_task = task;
	on_tick = tick_fn;
	on_ipi = ipi_fn;
	on_arg = arg;
	period = 25 * NSEC_PER_USEC * max(num_online_cpus(), 4);
	for_each_possible_cpu(cpu) {
		hrtimer_setup(per_cpu_ptr(&timer, cpu), tick, CLOCK_MONOTONIC,
			      HRTIMER_MODE_REL_PINNED_HARD);
		INIT_CSD(per_cpu_ptr(&ipi, cpu), receive_ipi, NULL);
	}

	tasks = kcalloc(count + 1, sizeof(*tasks), GFP_KERNEL);
	if (!tasks)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		struct task_struct *t = kthread_run(work, NULL, "percpu_test/%u", i);

		if (IS_ERR(t)) {
			percpu_test_end_stress();
			return PTR_ERR(t);
		}
		tasks[i] = t;
	}
	on_each_cpu(start_timer, NULL, true);
	return 0;
}

/* Interrupts every other CPU that has answered the last IPI, and does not wait. */
void percpu_test_send_ipis(void)
{
	int cpu, here = get_cpu();

	for_each_online_cpu(cpu)
		if (cpu != here)
			smp_call_function_single_async(cpu, per_cpu_ptr(&ipi, cpu));
	put_cpu();
	/* Where nothing else takes the only CPU from the caller. */
	cond_resched();
}

static void nothing(void *unused)
{
}

/* When it returns, no call is under way and none will be. */
void percpu_test_end_stress(void)
{
	struct task_struct **t;
	int cpu;

	for_each_possible_cpu(cpu)
		hrtimer_cancel(per_cpu_ptr(&timer, cpu));
	for (t = tasks; *t; t++)
		kthread_stop(*t);
	/*
	 * A call that is waited for overtakes the IPIs that arrive by the same interrupt; the second
	 * one comes by another.
	 */
	on_each_cpu(nothing, NULL, true);
	on_each_cpu(nothing, NULL, true);
	kfree(tasks);
}
