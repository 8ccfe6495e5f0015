/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM events_owner

#if !defined(_EVENTS_OWNER_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _EVENTS_OWNER_TRACE_H

#include <linux/tracepoint.h>

/* More arguments than fit into registers: a probe need not take them all. */
TRACE_EVENT(events_owner_fired,
	TP_PROTO(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f, u64 g, u64 h, u64 i, u64 j),
	TP_ARGS(a, b, c, d, e, f, g, h, i, j),
	TP_STRUCT__entry(__field(u64, sum)),
	TP_fast_assign(__entry->sum = a + b + c + d + e + f + g + h + i + j;),
	TP_printk("sum=%llu", __entry->sum)
);

#endif

/* This part must be outside protection */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE events_owner_trace
#include <trace/define_trace.h>
