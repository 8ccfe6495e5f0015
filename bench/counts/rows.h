/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is counted: each row once in C and once in Rust, side by side. rows.c and rows.rs.S make a
 * loop of each. Both have `v` and `w`, zeros of the row's type that no compiler sees through, and
 * variables of the same names: zero_*, count_* and static_* are static, zero, count and hist allocated.
 * `keep` uses a result.
 *
 * ROW(operation, type, place, C, Rust), and C_ROW where the kernel crate has no counterpart.
 */

/* The pinned form takes a proof in Rust. */
#define PROOF_this_cpu_
#define PROOF___this_cpu_ pinned,
#define PROOF_raw_cpu_

/* Zero stays zero under all but inc and dec, so that cmpxchg succeeds. */
#define OPERATIONS(form, type, place, Z, N)							\
	ROW(form##read, type, place, keep(form##read(Z)), keep(Z.form##read(PROOF_##form)))	\
	ROW(form##write, type, place, form##write(Z, v), Z.form##write(PROOF_##form v))		\
	ROW(form##xchg, type, place, keep(form##xchg(Z, v)), keep(Z.form##xchg(PROOF_##form v))) \
	ROW(form##cmpxchg, type, place, keep(form##cmpxchg(Z, v, w)),				\
	    keep(Z.form##cmpxchg(PROOF_##form v, w)))						\
	ROW(form##try_cmpxchg, type, place,							\
	    type old = v; if (!form##try_cmpxchg(Z, &old, w)) missed(),				\
	    let mut old = v; if !Z.form##try_cmpxchg(PROOF_##form &mut old, w) { missed() })	\
	ROW(form##and, type, place, form##and(Z, v), Z.form##and(PROOF_##form v))		\
	ROW(form##or, type, place, form##or(Z, v), Z.form##or(PROOF_##form v))			\
	ROW(form##add, type, place, form##add(Z, v), Z.form##add(PROOF_##form v))		\
	ROW(form##add_const, type, place, form##add(N, 3), N.form##add(PROOF_##form 3))	\
	ROW(form##sub, type, place, form##sub(Z, v), Z.form##sub(PROOF_##form v))		\
	ROW(form##inc, type, place, form##inc(N), N.form##inc(PROOF_##form))			\
	ROW(form##dec, type, place, form##dec(N), N.form##dec(PROOF_##form))			\
	ROW(form##add_return, type, place, keep(form##add_return(Z, v)),			\
	    keep(Z.form##add_return(PROOF_##form v)))						\
	ROW(form##sub_return, type, place, keep(form##sub_return(Z, v)),			\
	    keep(Z.form##sub_return(PROOF_##form v)))						\
	ROW(form##inc_return, type, place, keep(form##inc_return(N)),				\
	    keep(N.form##inc_return(PROOF_##form)))						\
	ROW(form##dec_return, type, place, keep(form##dec_return(N)),				\
	    keep(N.form##dec_return(PROOF_##form)))

#define FORMS(type, place, Z, N)								\
	OPERATIONS(this_cpu_, type, place, Z, N)						\
	OPERATIONS(__this_cpu_, type, place, Z, N)						\
	OPERATIONS(raw_cpu_, type, place, Z, N)

#define TYPE(type)										\
	FORMS(type, static, zero_##type, count_##type)						\
	FORMS(type, dynamic, ALLOCATED(zero), ALLOCATED(count))

/* What a loop costs by itself. */
ROW(nothing, u64, loop, , )

TYPE(u8)
TYPE(u16)
TYPE(u32)
TYPE(u64)

ROW(get_cpu, u32, guard, keep(get_cpu()); put_cpu(), get_cpu(|guard| keep(guard.cpu().as_u32())))
ROW(preempt_disable, u64, guard, preempt_disable(); preempt_enable(), get_cpu(|_| ()))
ROW(preempt_disable_add, u64, guard, preempt_disable(); __this_cpu_add(zero_u64, v); preempt_enable(),
    get_cpu(|guard| zero_u64.__this_cpu_add(guard, v)))
ROW(migrate_disable, u64, guard, migrate_disable(); migrate_enable(), migrate_disable(|_| ()))
ROW(local_irq_save, u64, guard, IRQS_OFF_ON, irqs_off(|_| ()))
ROW(get_cpu_var, u64, static, keep(READ_ONCE(get_cpu_var(zero_u64))); put_cpu_var(zero_u64),
    keep(zero_u64.get_cpu_var(|v| v.read_once())))
ROW(get_cpu_var, u64, dynamic, keep(READ_ONCE(*get_cpu_ptr(zero))); put_cpu_ptr(zero),
    keep(zero.get_cpu_var(|v| v.read_once())))
ROW(this_cpu_ptr, u64, static, keep(this_cpu_ptr(&zero_u64)),
    keep(core::ptr::from_ref(zero_u64.this_cpu_ptr(pinned)).addr()))
ROW(this_cpu_ptr, u64, dynamic, keep(this_cpu_ptr(zero)),
    keep(core::ptr::from_ref(zero.this_cpu_ptr(pinned)).addr()))
ROW(raw_cpu_ptr, u64, static, keep(raw_cpu_ptr(&zero_u64)), keep(zero_u64.raw_cpu_ptr().addr()))
ROW(raw_cpu_ptr, u64, dynamic, keep(raw_cpu_ptr(zero)), keep(zero.raw_cpu_ptr().addr()))

/* Parts of variables, and a variable that is chosen at run time. */
#define ELEMENT(place, C, Rust)									\
	ROW(this_cpu_inc_element, u64, place, if (v < 32) this_cpu_inc(C[v]); else missed(),	\
	    if let Some(bin) = Rust.element(v as usize) { bin.this_cpu_inc() } else { missed() })
ELEMENT(static, static_hist.bins, static_hist)
ELEMENT(dynamic, ALLOCATED(hist).bins, hist)
ROW(this_cpu_add_field, u64, static, this_cpu_add(static_pair.second, v),
    field!(static_pair, Both, second).this_cpu_add(v))
ROW(this_cpu_inc_ref, u64, static, hide(v); this_cpu_inc(*(v ? &zero_u64 : &count_u64)),
    v = v.hide();
    let var = if v != 0 { zero_u64.to_ref() } else { count_u64.to_ref() };
    var.this_cpu_inc())

/* Another CPU's copy, of one that is known to be possible, and of any number. */
ROW(per_cpu, u32, static, keep(READ_ONCE(per_cpu(zero_u32, v))), keep(zero_u32.per_cpu(cpu(v))))
ROW(per_cpu_ptr, u64, dynamic, keep(READ_ONCE(*per_cpu_ptr(zero, v))),
    keep(zero.per_cpu_ptr(cpu(v as u32)).read_once()))
ROW(per_cpu_checked, u32, static,
    if (v < nr_cpu_ids && cpu_possible(v)) keep(READ_ONCE(per_cpu(zero_u32, v))); else missed(),
    remote(CpuId::from_u32(v).and_then(PossibleCpu::new).map(|cpu| zero_u32.per_cpu(cpu))))
ROW(sum, u64, static,
    u64 sum = 0; unsigned int cpu;
    for_each_possible_cpu(cpu) sum += READ_ONCE(per_cpu(zero_u64, cpu));
    keep(sum),
    keep(zero_u64.sum()))

#define ALLOCATION(words, bytes)								\
	ROW(alloc_free_##bytes, u64, dynamic,							\
	    free_percpu(__alloc_percpu_gfp(bytes, 8, GFP_ATOMIC)),				\
	    let _ = PerCpuBox::<[u64; words]>::zeroed(GFP_ATOMIC))
ALLOCATION(1, 8)
ALLOCATION(8, 64)
ALLOCATION(512, 4096)

ROW(trace_event_off, u64, event, trace_rust_percpu_free(8, 8, NULL), trace::free(8, 8, 0))
/* What the demo does with a number once it has it. */
ROW(demo_add, u64, static,
    if (trace_rust_percpu_add_enabled()) {
	    unsigned int cpu = get_cpu();
	    u64 value = this_cpu_add_return(zero_u64, v);

	    trace_rust_percpu_add("static", cpu, v, value);
	    put_cpu();
    } else {
	    this_cpu_add(zero_u64, v);
    },
    if trace::add_enabled() {
	    get_cpu(|cpu| {
		    let value = zero_u64.this_cpu_add_return(v);
		    trace::add(c"static", cpu.cpu().as_u32(), v, value);
	    });
    } else {
	    zero_u64.this_cpu_add(v);
    })

/* What a per-CPU variable stands in for. */
ROW(atomic64_read, s64, shared, keep(atomic64_read(&shared)), keep(SHARED.load(Relaxed)))
ROW(atomic64_add, s64, shared, atomic64_add(v, &shared), SHARED.add(v, Relaxed))
ROW(atomic64_add_return, s64, shared, keep(atomic64_add_return_relaxed(v, &shared)),
    keep(SHARED.fetch_add(v, Relaxed).wrapping_add(v)))
ROW(spinlock_add, u64, shared, spin_lock(&lock); locked += v; spin_unlock(&lock),
    *locked.lock() += v)

/* What is built on per-CPU variables. */
ROW(local_lock, u64, static,
    local_lock(&lent.lock); this_cpu_ptr(&lent)->value += v; local_unlock(&lent.lock),
    lent.local_lock(|value| *value = value.wrapping_add(v)))
ROW(local_trylock, u64, static,
    if (local_trylock(&lent.lock)) {
	    this_cpu_ptr(&lent)->value += v;
	    local_unlock(&lent.lock);
    } else {
	    missed();
    },
    if lent.local_trylock(|value| *value = value.wrapping_add(v)).is_none() { missed() })
ROW(local_lock_irqsave, u64, static,
    unsigned long flags;
    local_lock_irqsave(&lent.lock, flags);
    this_cpu_ptr(&lent)->value += v;
    local_unlock_irqrestore(&lent.lock, flags),
    lent.local_lock_irqsave(|value| *value = value.wrapping_add(v)))
ROW(local_trylock_irqsave, u64, static,
    unsigned long flags;
    if (local_trylock_irqsave(&lent.lock, flags)) {
	    this_cpu_ptr(&lent)->value += v;
	    local_unlock_irqrestore(&lent.lock, flags);
    } else {
	    missed();
    },
    if lent.local_trylock_irqsave(|value| *value = value.wrapping_add(v)).is_none() { missed() })
ROW(u64_stats_add, u64, static,
    struct traffic *here = get_cpu_ptr(&traffic);
    u64_stats_update_begin(&here->sync);
    u64_stats_add(&here->bytes, v);
    u64_stats_update_end(&here->sync);
    put_cpu_ptr(&traffic),
    traffic.u64_stats_add(Traffic::bytes(v)))
ROW(u64_stats_add_two, u64, static,
    struct traffic *here = get_cpu_ptr(&traffic);
    u64_stats_update_begin(&here->sync);
    u64_stats_inc(&here->packets);
    u64_stats_add(&here->bytes, v);
    u64_stats_update_end(&here->sync);
    put_cpu_ptr(&traffic),
    traffic.u64_stats_add((Traffic::packets(1), Traffic::bytes(v))))
ROW(u64_stats_read, u32, static,
    const struct traffic *there = per_cpu_ptr(&traffic, v);
    u64 packets; u64 bytes; unsigned int start;
    do {
	    start = u64_stats_fetch_begin(&there->sync);
	    packets = u64_stats_read(&there->packets);
	    bytes = u64_stats_read(&there->bytes);
    } while (u64_stats_fetch_retry(&there->sync, start));
    keep(packets);
    keep(bytes),
    let there = traffic.u64_stats_read(cpu(v));
    keep(there.packets);
    keep(there.bytes))
ROW(percpu_counter_add, s64, shared, percpu_counter_add(&counter, v), built.counter.add(v))
ROW(percpu_counter_add_local, s64, shared, percpu_counter_add_local(&counter, v),
    built.counter.add_local(v))
ROW(percpu_counter_set, s64, shared, percpu_counter_set(&counter, v), built.counter.set(v))
ROW(percpu_counter_read, s64, shared, keep(percpu_counter_read(&counter)),
    keep(built.counter.read()))
ROW(percpu_counter_read_positive, s64, shared, keep(percpu_counter_read_positive(&counter)),
    keep(built.counter.read_positive()))
ROW(percpu_counter_sum, s64, shared, keep(percpu_counter_sum(&counter)),
    keep(built.counter.sum()))
ROW(percpu_counter_compare, s64, shared, keep(percpu_counter_compare(&counter, v + (1 << 30))),
    keep(built.counter.compare(v.wrapping_add(1 << 30)) as u8))
ROW(percpu_counter_sync, s64, shared, percpu_counter_sync(&counter), built.counter.sync())
ROW(percpu_ref_get_put, u64, shared, percpu_ref_get(&users); percpu_ref_put(&users),
    drop(user.clone()))
ROW(percpu_ref_tryget_put, u64, shared,
    if (percpu_ref_tryget(&users)) percpu_ref_put(&users); else missed(),
    if let Some(guard) = built.users.tryget() { drop(guard) } else { missed() })
ROW(percpu_ref_tryget_live_put, u64, shared,
    if (percpu_ref_tryget_live(&users)) percpu_ref_put(&users); else missed(),
    if let Some(guard) = built.users.tryget_live() { drop(guard) } else { missed() })
#ifdef CONFIG_64BIT
ROW(percpu_arc_clone_drop, u64, shared, percpu_ref_get(&users); percpu_ref_put(&users),
    drop(built.owner.get()))
#endif
ROW(percpu_down_read_up_read, u64, shared, percpu_down_read(&sem); percpu_up_read(&sem),
    built.sem.read(|_| ()))
ROW(smp_call_function_single, u64, interrupts_on,
    smp_call_function_single(0, add_to_locked, &v, 1),
    let _ = smp_call_function_single(cpu(0), |_| built.called.this_cpu_add(v)))
/* Of an object, to the cache that it came from; and what the kernel's allocator has for that. */
ROW(object_cache_take_put, u64, dynamic,
    struct object *object = cache_take(&cache, GFP_ATOMIC);
    if (object) cache_put(&cache, object); else missed(),
    if let Ok(object) = built.cache.take(GFP_ATOMIC) { built.cache.put(object) } else { missed() })
C_ROW(kmem_cache_alloc_free, u64, dynamic,
    void *object = kmem_cache_alloc(objects, GFP_ATOMIC);
    if (object) kmem_cache_free(objects, object); else missed())

#undef PROOF_this_cpu_
#undef PROOF___this_cpu_
#undef PROOF_raw_cpu_
#undef OPERATIONS
#undef FORMS
#undef TYPE
#undef ELEMENT
#undef ALLOCATION
