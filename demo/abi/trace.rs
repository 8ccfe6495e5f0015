// SPDX-License-Identifier: GPL-2.0

//! The trace events of `rust_percpu_trace.h`. While an event is off, its function is a no-op
//! instruction.

use super::bindings;
use core::ptr;
use kernel::prelude::*;

/// Declares safe functions for trace events, and for each a way to ask whether it is on.
macro_rules! trace_events {
    ($(
        $(#[$doc:meta])*
        $name:ident($event:ident, $trace:ident, $($arg:ident: $type:ty = $c:expr),*), $enabled:ident;
    )*) => {$(
        /// Whether the event is on.
        #[inline(always)]
        pub(crate) fn $enabled() -> bool {
            // SAFETY: A static key that C defined.
            unsafe {
                kernel::jump_label::static_branch_unlikely!(
                    bindings::$event,
                    kernel::bindings::tracepoint,
                    key
                )
            }
        }

        $(#[$doc])*
        #[inline(always)]
        pub(crate) fn $name($($arg: $type),*) {
            if $enabled() {
                // SAFETY: The arguments are as the event takes them; it may fire in any context.
                unsafe { bindings::$trace($($c),*) };
            }
        }
    )*};
}

trace_events! {
    /// `rust_percpu_alloc`: a variable was allocated: bytes of one copy, their alignment, and the
    /// address that the `__percpu` pointer shows.
    alloc(
        __tracepoint_rust_percpu_alloc, rust_do_trace_rust_percpu_alloc,
        size: usize = size, align: usize = align, ptr: usize = ptr::without_provenance(ptr)
    ), alloc_enabled;

    /// `rust_percpu_free`: a variable is about to be freed.
    free(
        __tracepoint_rust_percpu_free, rust_do_trace_rust_percpu_free,
        size: usize = size, align: usize = align, ptr: usize = ptr::without_provenance(ptr)
    ), free_enabled;

    /// `rust_percpu_add`: `delta` was added to the copy of `counter` on `cpu`, which is now
    /// `value`.
    add(
        __tracepoint_rust_percpu_add, rust_do_trace_rust_percpu_add,
        counter: &CStr = counter.as_char_ptr(), cpu: u32 = cpu, delta: u64 = delta,
        value: u64 = value
    ), add_enabled;
}
