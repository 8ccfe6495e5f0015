/* SPDX-License-Identifier: GPL-2.0 */
/* What bindgen reads for the demo. */

#include "event.h"

#define CREATE_RUST_TRACE_POINTS
#include "rust_percpu_trace.h"
