// SPDX-License-Identifier: GPL-2.0
/* Where the caller is, what the machine has, and how to get into an interrupt. */
#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#ifdef CONFIG_X86_64
#include <asm/cpufeature.h>
#endif

#include "c.h"

enum c_context percpu_test_context(void)
{
	if (in_hardirq())
		return CONTEXT_HARDIRQ;
	return in_serving_softirq() ? CONTEXT_SOFTIRQ : CONTEXT_TASK;
}

bool percpu_test_preempt_off(void)
{
	return preempt_count();
}

bool percpu_test_migration_off(void)
{
#ifdef CONFIG_SMP
	return current->migration_disabled;
#else
	return false;
#endif
}

bool percpu_test_irqs_off(void)
{
	return irqs_disabled();
}

struct call {
	struct hrtimer timer;
	struct completion done;
	percpu_test_fn *fn;
	void *arg;
};

static enum hrtimer_restart call(struct hrtimer *timer)
{
	struct call *call = container_of(timer, struct call, timer);

	call->fn(call->arg);
	complete(&call->done);
	return HRTIMER_NORESTART;
}

/* Calls @fn in a timer's interrupt, or in its softirq, and returns when it is done. */
void percpu_test_in_timer(bool hard, percpu_test_fn *fn, void *arg)
{
	enum hrtimer_mode mode = hard ? HRTIMER_MODE_REL_HARD : HRTIMER_MODE_REL_SOFT;
	struct call c = {
		.done = COMPLETION_INITIALIZER_ONSTACK(c.done),
		.fn = fn,
		.arg = arg,
	};

	hrtimer_setup_on_stack(&c.timer, call, CLOCK_MONOTONIC, mode);
	hrtimer_start(&c.timer, 0, mode);
	wait_for_completion(&c.done);
	hrtimer_cancel(&c.timer);
	destroy_hrtimer_on_stack(&c.timer);
}

bool percpu_test_has_cmpxchg128(void)
{
#ifdef CONFIG_X86_64
	return boot_cpu_has(X86_FEATURE_CX16);
#else
	return true;
#endif
}

int percpu_test_offline(unsigned int cpu)
{
#ifdef CONFIG_HOTPLUG_CPU
	return remove_cpu(cpu);
#else
	return -EOPNOTSUPP;
#endif
}

int percpu_test_online(unsigned int cpu)
{
#ifdef CONFIG_HOTPLUG_CPU
	return add_cpu(cpu);
#else
	return -EOPNOTSUPP;
#endif
}

/* Has the next step of @cpu in that state fail, up or down, as an administrator can. */
int percpu_test_fail_next(unsigned int cpu, enum percpu_test_step step)
{
#ifdef CONFIG_HOTPLUG_CPU
	static const int states[] = {
		[STEP_BELOW] = CPUHP_AP_WORKQUEUE_ONLINE,
		[STEP_ABOVE] = CPUHP_AP_ACTIVE,
	};
	char path[64], state[16];
	struct file *file;
	loff_t pos = 0;
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/hotplug/fail", cpu);
	file = filp_open(path, O_WRONLY, 0);
	if (IS_ERR(file))
		return PTR_ERR(file);
	n = kernel_write(file, state, snprintf(state, sizeof(state), "%d", states[step]), &pos);
	filp_close(file, NULL);
	return n < 0 ? n : 0;
#else
	return -EOPNOTSUPP;
#endif
}
