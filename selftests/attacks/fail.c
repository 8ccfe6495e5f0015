// SPDX-License-Identifier: GPL-2.0
/* Makes the n-th per-CPU allocation of a task fail, by a probe. One user at a time. */
#include <linux/gfp.h>
#include <linux/kprobes.h>
#include <linux/sched.h>

void attacks_fail_nth(unsigned long n);
unsigned long attacks_fail_left(void);
int attacks_fail_register(void);
void attacks_fail_unregister(void);

static struct task_struct *task;
static unsigned long left;

void attacks_fail_nth(unsigned long n)
{
	left = n;
	task = current;
}

unsigned long attacks_fail_left(void)
{
	return left;
}

#if defined(CONFIG_KPROBES) && (defined(CONFIG_X86_64) || defined(CONFIG_ARM64) || defined(CONFIG_RISCV) || \
	defined(CONFIG_S390))
/* pcpu_alloc_noprof(size, align, reserved, gfp): a size of zero is refused, silently if so asked. */
static int on_alloc(struct kprobe *probe, struct pt_regs *regs)
{
	/* Not in_task(): a probe that is not yet a jump is an NMI. */
	if (current != task || !left || --left)
		return 0;
#ifdef CONFIG_X86_64
	regs->di = 0;
	regs->cx |= (__force unsigned long)__GFP_NOWARN;
#elif defined(CONFIG_RISCV)
	regs->a0 = 0;
	regs->a3 |= (__force unsigned long)__GFP_NOWARN;
#elif defined(CONFIG_S390)
	regs->gprs[2] = 0;
	regs->gprs[5] |= (__force unsigned long)__GFP_NOWARN;
#else
	regs->regs[0] = 0;
	regs->regs[3] |= (__force unsigned long)__GFP_NOWARN;
#endif
	return 0;
}

static struct kprobe probe = {
	.symbol_name = "pcpu_alloc_noprof",
	.pre_handler = on_alloc,
};

int attacks_fail_register(void)
{
	return register_kprobe(&probe);
}

void attacks_fail_unregister(void)
{
	unregister_kprobe(&probe);
}
#else
int attacks_fail_register(void)
{
	return -EOPNOTSUPP;
}

void attacks_fail_unregister(void)
{
}
#endif
