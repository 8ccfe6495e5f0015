// SPDX-License-Identifier: GPL-2.0

//! Counting a trace event of the kernel, whichever it is.

use super::bindings as abi;
use core::{
    marker::PhantomPinned,
    mem::{
        self,
        transmute,
        transmute_copy,
        ManuallyDrop, //
    },
    ops::Deref,
    ptr, //
};
use kernel::{
    bindings,
    error::{
        from_err_ptr,
        to_result, //
    },
    prelude::*, //
};
use percpu::{
    PerCpuBox,
    Scalar, //
};

/// What counts. It is as large as a pointer, so its bits can be passed as one.
type Hits = PerCpuBox<Scalar<u64>>;

/// A per-CPU count of how often a trace event has happened since it was asked for.
///
/// One that is never dropped goes on counting when the module's code is gone, so as with a
/// [`Tree`](super::debugfs::Tree), nobody is given one by value.
#[pin_data(PinnedDrop)]
pub(crate) struct EventCounter {
    hits: Hits,
    // Null once it has stopped.
    tracepoint: *mut bindings::tracepoint,
    _event: Option<Event>,
    #[pin]
    _pin: PhantomPinned,
}

impl EventCounter {
    /// Counts the event `name` of `system` from now on.
    ///
    /// The event's module cannot be unloaded as long as the counter is there, unless it is this one.
    ///
    /// # Errors
    ///
    /// `ENOENT` if there is no such event, `EAGAIN` if its module is being loaded, `EBUSY` if it is being
    /// unloaded. `EOPNOTSUPP` if it is made by other means than a tracepoint, or if the kernel checks the
    /// types of functions that it calls by address. `ENOMEM`.
    pub(crate) fn count(
        system: impl Deref<Target = CStr>,
        name: impl Deref<Target = CStr>,
    ) -> impl PinInit<Self, Error> {
        // SAFETY: Writes a whole value, or fails before.
        unsafe {
            pin_init::pin_init_from_closure(move |slot: *mut Self| {
                slot.write(Self::start(&system, &name)?);
                Ok(())
            })
        }
    }

    fn start(system: &CStr, name: &CStr) -> Result<Self> {
        let event = Event::get(system, name)?;
        // SAFETY: There is an event as long as `event`.
        let tracepoint = unsafe { abi::demo_event_tracepoint(event.0) };
        // `probe` has not the type that the tracepoint's callers expect: it looks at less.
        if tracepoint.is_null() || cfg!(any(CONFIG_CFI, CONFIG_CFI_CLANG)) {
            return Err(Error::from_errno(-(bindings::EOPNOTSUPP as i32)));
        }
        let hits = Hits::zeroed(GFP_KERNEL)?;
        // SAFETY: `probe` takes the first argument of any probe of such a tracepoint, which is its data,
        // and may be called with more, as the caller makes room for them; it may be called in any
        // context. `hits` and this function stay until `stop` has unregistered the probe and the last
        // call of it has returned: that is what dropping the counter does.
        to_result(unsafe {
            bindings::tracepoint_probe_register(tracepoint, probe as *mut c_void, as_data(&hits))
        })?;
        // SAFETY: There is an event as long as `event`.
        let own = unsafe { abi::demo_event_is_own(event.0) };
        Ok(Self {
            hits,
            tracepoint,
            // This module's own tracepoints stay as long as its counters anyway, and would keep
            // the module from being unloaded.
            _event: (!own).then_some(event),
            _pin: PhantomPinned,
        })
    }

    /// Stops all of them, and waits only once: until no event that is under way counts any more.
    pub(crate) fn stop<'a>(all: impl Iterator<Item = Pin<&'a mut Self>>) {
        let mut stopped = false;
        for counter in all {
            // SAFETY: Nothing is moved out.
            let counter = unsafe { counter.get_unchecked_mut() };
            let tracepoint = mem::replace(&mut counter.tracepoint, ptr::null_mut());
            if !tracepoint.is_null() {
                let data = as_data(&counter.hits);
                // SAFETY: Registered by `count` with the same function and data. These stay until
                // after the wait below: `counter` is borrowed for longer.
                unsafe {
                    bindings::tracepoint_probe_unregister(tracepoint, probe as *mut c_void, data)
                };
                stopped = true;
            }
        }
        if stopped {
            // SAFETY: Counters are stopped where one may sleep.
            unsafe { abi::demo_event_synchronize() };
        }
    }
}

impl Deref for EventCounter {
    type Target = Hits;

    fn deref(&self) -> &Self::Target {
        &self.hits
    }
}

// SAFETY: Whichever task has the only `EventCounter` may unregister it.
unsafe impl Send for EventCounter {}

// SAFETY: A shared `EventCounter` lends the counts alone, and these are `Sync`.
unsafe impl Sync for EventCounter {}

#[pinned_drop]
impl PinnedDrop for EventCounter {
    fn drop(self: Pin<&mut Self>) {
        Self::stop(core::iter::once(self));
    }
}

/// The bits of `hits`: the `__percpu` pointer.
fn as_data(hits: &Hits) -> *mut c_void {
    // SAFETY: Of the same size, which `probe` has the compiler check, and any bits are a pointer.
    unsafe { transmute_copy(hits) }
}

/// The probe: one instruction on x86-64.
///
/// # Safety
///
/// `data` is what `as_data` made of a value that is still there.
unsafe extern "C" fn probe(data: *mut c_void) {
    // SAFETY: The bits of a value that is still there, which is used here as if by reference and
    // not dropped.
    let hits = ManuallyDrop::new(unsafe { transmute::<*mut c_void, Hits>(data) });
    hits.this_cpu_inc();
}

/// A trace event, with the module that it is in.
struct Event(*mut c_void);

impl Event {
    fn get(system: &CStr, name: &CStr) -> Result<Self> {
        // SAFETY: Two strings.
        let event = unsafe { abi::demo_event_get(system.as_char_ptr(), name.as_char_ptr()) };
        match from_err_ptr(event) {
            // The kernel's way to say that it has none of this name.
            Err(EINVAL) => Err(ENOENT),
            event => event.map(Self),
        }
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        // SAFETY: Got by `get`.
        unsafe { abi::demo_event_put(self.0) };
    }
}
