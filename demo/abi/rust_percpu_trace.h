/* SPDX-License-Identifier: GPL-2.0 */
/* The demo's trace events. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM rust_percpu

#if !defined(_RUST_PERCPU_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _RUST_PERCPU_TRACE_H

#include <linux/tracepoint.h>

DECLARE_EVENT_CLASS(rust_percpu_memory,
	TP_PROTO(size_t size, size_t align, const void *ptr),
	TP_ARGS(size, align, ptr),
	TP_STRUCT__entry(
		__field(size_t, size)
		__field(size_t, align)
		__field(const void *, ptr)
	),
	TP_fast_assign(
		__entry->size = size;
		__entry->align = align;
		__entry->ptr = ptr;
	),
	TP_printk("size=%zu align=%zu ptr=%p",
		  __entry->size, __entry->align, __entry->ptr)
);

/* A per-CPU variable was allocated: bytes of one copy, alignment, __percpu pointer. */
DEFINE_EVENT(rust_percpu_memory, rust_percpu_alloc,
	TP_PROTO(size_t size, size_t align, const void *ptr),
	TP_ARGS(size, align, ptr)
);

/* A per-CPU variable is about to be freed. */
DEFINE_EVENT(rust_percpu_memory, rust_percpu_free,
	TP_PROTO(size_t size, size_t align, const void *ptr),
	TP_ARGS(size, align, ptr)
);

/* delta was added to the counter's copy on cpu, which is now value. */
TRACE_EVENT(rust_percpu_add,
	TP_PROTO(const char *counter, unsigned int cpu, u64 delta, u64 value),
	TP_ARGS(counter, cpu, delta, value),
	TP_STRUCT__entry(
		__string(counter, counter)
		__field(unsigned int, cpu)
		__field(u64, delta)
		__field(u64, value)
	),
	TP_fast_assign(
		__assign_str(counter);
		__entry->cpu = cpu;
		__entry->delta = delta;
		__entry->value = value;
	),
	TP_printk("counter=%s cpu=%u delta=%llu value=%llu",
		  __get_str(counter), __entry->cpu, __entry->delta, __entry->value)
);

#endif /* _RUST_PERCPU_TRACE_H */

/* This part must be outside protection */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE rust_percpu_trace
#include <trace/define_trace.h>
