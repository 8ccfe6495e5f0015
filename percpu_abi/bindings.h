/* SPDX-License-Identifier: GPL-2.0 */
/* What bindgen reads: all of the border to C. */

#include "helpers.h"
#include "tracepoint.h"

#define CREATE_RUST_TRACE_POINTS
#include "rust_percpu_trace.h"
