// SPDX-License-Identifier: GPL-2.0

//! Hearing of CPUs that come and go.
//!
//! C header: [`include/linux/cpuhotplug.h`](srctree/include/linux/cpuhotplug.h)

use crate::{
    alive::alive,
    cpus::PossibleCpu,
    place::{
        self,
        Place, //
    },
    scalar::Scalar,
    PerCpu,
    PerCpuBox, //
};
use core::{
    marker::PhantomData,
    mem::offset_of,
    ops::Deref,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    cpu::CpuId,
    error::{
        from_result,
        to_result, //
    },
    prelude::*,
    sync::Arc,
    types::{
        NotThreadSafe,
        Opaque, //
    },
};

/// What is done when CPUs come and go: the callbacks of `cpuhp_setup_state` in C.
///
/// All may sleep. No CPU comes or goes meanwhile, so they must not wait for one that does, nor call
/// [`cpus_read_lock`](crate::cpus_read_lock), nor make or drop a [`Cpuhp`].
pub trait CpuHotplug: Send + Sync + 'static {
    /// `cpu` is online. Runs on it, in a task that stays there: the `startup` of
    /// `CPUHP_AP_ONLINE_DYN`.
    ///
    /// If it fails, the CPU does not come; [`going`](Self::going) is not called for it.
    ///
    /// Also called where the CPU was going and something on the way failed. It must not fail then: the
    /// kernel warns, and leaves the CPU half-way, online without this callback and those that come
    /// after it.
    fn coming(&self, cpu: PossibleCpu) -> Result {
        let _ = cpu;
        Ok(())
    }

    /// `cpu` is about to go offline, or the callbacks are being removed. Runs on it, in a task that
    /// stays there: the `teardown` of `CPUHP_AP_ONLINE_DYN`.
    ///
    /// Called once for each time that [`coming`](Self::coming) succeeded, and not otherwise.
    fn going(&self, cpu: PossibleCpu) {
        let _ = cpu;
    }

    /// A CPU is offline and runs nothing any more: the `teardown` of `CPUHP_BP_PREPARE_DYN`.
    ///
    /// Also called for a CPU that did not get as far as [`coming`](Self::coming).
    fn dead(&self, dead: &DeadCpu) {
        let _ = dead;
    }
}

/// Proof that a CPU runs nothing, and that nobody else has the proof: whoever has it may use that CPU's
/// copy of anything.
pub struct DeadCpu {
    cpu: PossibleCpu,
    _task: NotThreadSafe,
}

impl DeadCpu {
    /// The CPU.
    #[inline]
    pub fn cpu(&self) -> PossibleCpu {
        self.cpu
    }
}

impl<P: Place> PerCpu<P> {
    /// The copy of a dead CPU, of any type, such as `Cell` or `RefCell`.
    ///
    /// For a [`LocalLock`](crate::LocalLock) see
    /// [`dead_cpu_trylock`](PerCpu::dead_cpu_trylock).
    #[inline]
    pub fn dead_cpu_ptr<'a>(&'a self, dead: &'a DeadCpu) -> &'a P::Target {
        // SAFETY: A possible CPU's copy is valid as long as `self`. If it is not `Sync`, only code
        // on its own CPU has references to it, and there is none; and this task, while it has the
        // proof, which neither leaves it nor outlives the callback.
        unsafe { &*place::per_cpu_ptr(self.as_ptr(), dead.cpu.into()) }
    }
}

/// Callbacks for CPU hotplug, until it is dropped: `cpuhp_setup_state` and `cpuhp_remove_state` in C,
/// or `cpuhp_state_add_instance` and `cpuhp_state_remove_instance`.
///
/// [`coming`](CpuHotplug::coming) is called on each online CPU when it is made, and
/// [`going`](CpuHotplug::going) when it is dropped. Both sleep, and must not be done inside
/// [`cpus_read_lock`](crate::cpus_read_lock).
///
/// ```
/// struct Callbacks;
///
/// impl CpuHotplug for Callbacks {
///     fn dead(&self, dead: &DeadCpu) {
///         pr_info!("CPU {} is gone\n", dead.cpu().as_u32());
///     }
/// }
///
/// let hotplug = Cpuhp::new(c"example:online", Callbacks)?;
/// ```
#[doc(alias = "cpuhp_remove_state")]
#[doc(alias = "cpuhp_state_remove_instance")]
#[doc(alias = "cpuhp_remove_multi_state")]
pub struct Cpuhp<T: CpuHotplug> {
    inner: NonNull<Inner<T>>,
    states: Arc<States>,
    // Invariant: what `states` call takes each value for just a `T`.
    _ops: PhantomData<fn(T) -> T>,
}

// SAFETY: It belongs to no task, and a `T` is `Send`.
unsafe impl<T: CpuHotplug> Send for Cpuhp<T> {}

// SAFETY: It lends `&T`, and a `T` is `Sync`.
unsafe impl<T: CpuHotplug> Sync for Cpuhp<T> {}

/// A CPU that the kernel calls back for.
#[inline]
fn possible(cpu: c_uint) -> PossibleCpu {
    // SAFETY: Its number is in range, and no other CPU comes or goes.
    unsafe { PossibleCpu::new_unchecked(CpuId::from_u32_unchecked(cpu)) }
}

/// In the kernel's lists.
struct Inner<T> {
    online: Opaque<bindings::hlist_node>,
    dead: Opaque<bindings::hlist_node>,
    /// Where `coming` succeeded, and `going` was not called since. If one fails when a CPU is to come
    /// back after all, the kernel takes all for done.
    came: PerCpuBox<Scalar<bool>>,
    ops: T,
}

impl<T: CpuHotplug> Cpuhp<T> {
    /// Registers callbacks, by a name that `/sys/devices/system/cpu/hotplug/states` shows, and calls
    /// [`coming`](CpuHotplug::coming) on each online CPU. What must not move goes into an `Arc` in `ops`.
    ///
    /// # Errors
    ///
    /// What `coming` returned: [`going`](CpuHotplug::going) was called where it had succeeded, and
    /// nothing is registered. `ENOSPC`, and a warning, if the kernel has no state left; it has 21 for all
    /// that have `dead`. `ENOMEM`.
    #[doc(alias = "cpuhp_setup_state")]
    #[doc(alias = "cpuhp_setup_state_multi")]
    pub fn new(name: &'static CStr, ops: T) -> Result<Self> {
        let states = States {
            dead: States::set_up(
                bindings::cpuhp_state_CPUHP_BP_PREPARE_DYN,
                name,
                None,
                Self::dead,
            )?,
            online: States::set_up(
                bindings::cpuhp_state_CPUHP_AP_ONLINE_DYN,
                name,
                Some(Self::coming),
                Self::going,
            )?,
        };
        Self::add(Arc::new(states, GFP_KERNEL)?, ops)
    }

    /// Registers more callbacks, with the kernel's states of these.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), without `ENOSPC`.
    #[doc(alias = "cpuhp_state_add_instance")]
    pub fn another(&self, ops: T) -> Result<Self> {
        Self::add(self.states.clone(), ops)
    }

    fn add(states: Arc<States>, ops: T) -> Result<Self> {
        let inner = KBox::new(
            Inner {
                online: Opaque::uninit(),
                dead: Opaque::uninit(),
                came: PerCpuBox::zeroed(GFP_KERNEL)?,
                ops,
            },
            GFP_KERNEL,
        )?;
        // First, so that no CPU dies unheard that came. Calls nothing: the CPUs that are there are
        // not dead, and no proof of it may be made when it is removed, either.
        // SAFETY: The state is for callbacks of `Inner<T>`s, and the node is in one, which does not
        // move until it is removed.
        to_result(unsafe {
            bindings::__cpuhp_state_add_instance(states.dead.0, inner.dead.get(), false)
        })?;
        // SAFETY: As above.
        let added = to_result(unsafe {
            bindings::__cpuhp_state_add_instance(states.online.0, inner.online.get(), true)
        });
        if let Err(error) = added {
            // SAFETY: Added above.
            unsafe {
                bindings::__cpuhp_state_remove_instance(states.dead.0, inner.dead.get(), false)
            };
            return Err(error);
        }
        // SAFETY: Of a box.
        let inner = unsafe { NonNull::new_unchecked(KBox::into_raw(inner)) };
        Ok(Self {
            inner,
            states,
            _ops: PhantomData,
        })
    }

    /// # Safety
    ///
    /// `node` is the `online` of an `Inner<T>`, and this is on `cpu`.
    unsafe extern "C" fn coming(cpu: c_uint, node: *mut bindings::hlist_node) -> c_int {
        // SAFETY: By the caller's promise.
        let inner = unsafe {
            &*node
                .byte_sub(offset_of!(Inner<T>, online))
                .cast::<Inner<T>>()
        };
        // Without SMP it is the caller's task, which holds a mutex of the kernel's.
        let _alive = alive();
        from_result(|| {
            inner.ops.coming(possible(cpu))?;
            inner.came.this_cpu_write(true);
            Ok(0)
        })
    }

    /// # Safety
    ///
    /// `node` is the `online` of an `Inner<T>`, and this is on `cpu`.
    unsafe extern "C" fn going(cpu: c_uint, node: *mut bindings::hlist_node) -> c_int {
        // SAFETY: By the caller's promise.
        let inner = unsafe {
            &*node
                .byte_sub(offset_of!(Inner<T>, online))
                .cast::<Inner<T>>()
        };
        if inner.came.this_cpu_xchg(false) {
            let _alive = alive();
            inner.ops.going(possible(cpu));
        }
        0
    }

    /// # Safety
    ///
    /// `node` is the `dead` of an `Inner<T>`. The CPU is dead, which whoever calls keeps it.
    unsafe extern "C" fn dead(cpu: c_uint, node: *mut bindings::hlist_node) -> c_int {
        // SAFETY: By the caller's promise.
        let ops = unsafe { &(*node.byte_sub(offset_of!(Inner<T>, dead)).cast::<Inner<T>>()).ops };
        // The task that has the CPU go holds mutexes of the kernel's.
        let _alive = alive();
        ops.dead(&DeadCpu {
            cpu: possible(cpu),
            _task: NotThreadSafe,
        });
        0
    }
}

impl<T: CpuHotplug> Deref for Cpuhp<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: Valid until `self` is dropped.
        unsafe { &self.inner.as_ref().ops }
    }
}

impl<T: CpuHotplug> Drop for Cpuhp<T> {
    fn drop(&mut self) {
        // SAFETY: From `into_raw`, in `add`.
        let inner = unsafe { KBox::from_raw(self.inner.as_ptr()) };
        // SAFETY: Both were added by `add`. When they are removed, no callback is running and none
        // will be.
        unsafe {
            bindings::__cpuhp_state_remove_instance(self.states.online.0, inner.online.get(), true);
            bindings::__cpuhp_state_remove_instance(self.states.dead.0, inner.dead.get(), false);
        }
    }
}

/// The kernel's states, for callbacks of one type. Removed with the last instance.
struct States {
    online: State,
    dead: State,
}

/// A state that the kernel chose.
struct State(bindings::cpuhp_state);

type Callback = unsafe extern "C" fn(c_uint, *mut bindings::hlist_node) -> c_int;

impl States {
    /// `cpuhp_setup_state_multi` in C.
    #[inline]
    fn set_up(
        section: bindings::cpuhp_state,
        name: &'static CStr,
        startup: Option<Callback>,
        teardown: Callback,
    ) -> Result<State> {
        // As C does it: what is said to have instances is called with a node.
        // SAFETY: The kernel never calls it with fewer arguments: it is told so by the last one.
        let startup = unsafe {
            core::mem::transmute::<Option<Callback>, Option<unsafe extern "C" fn(c_uint) -> c_int>>(
                startup,
            )
        };
        // SAFETY: As above.
        let teardown = unsafe {
            core::mem::transmute::<Callback, unsafe extern "C" fn(c_uint) -> c_int>(teardown)
        };
        // SAFETY: The callbacks may be called with the nodes that are added.
        let state = unsafe {
            bindings::__cpuhp_setup_state(
                section,
                name.as_char_ptr(),
                false,
                startup,
                Some(teardown),
                true,
            )
        };
        if state < 0 {
            return Err(Error::from_errno(state));
        }
        Ok(State(state as bindings::cpuhp_state))
    }
}

impl Drop for State {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: Set up by `set_up`, and no instance is left.
        unsafe { bindings::__cpuhp_remove_state(self.0, false) };
    }
}
