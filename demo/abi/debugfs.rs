// SPDX-License-Identifier: GPL-2.0

//! debugfs files that may be open, or be opened, when their module is unloaded.
//!
//! Closing a file calls its `file_operations`, which a module takes along when it goes. Where their
//! owner is not set, as by `kernel::debugfs`, that is a use after free. Where it is set, an open
//! that meets an unload sets off a warning in debugfs. So here the operations of a file to read are
//! the kernel's own, those of `debugfs_create_devm_seqfile`, and a file to write to has none that
//! closing calls. What an open file still does when it is removed fails with `EIO`.

use core::{
    cell::RefCell,
    marker::{
        PhantomData,
        PhantomPinned, //
    },
    ptr, //
};
use kernel::{
    bindings,
    error::from_err_ptr,
    fmt,
    prelude::*,
    seq_file::SeqFile,
    seq_print,
    sync::aref::ARef,
    task::Task,
    uaccess::{
        UserPtr,
        UserSlice,
        UserSliceReader, //
    },
};

/// What is to be done before a tree is removed.
pub(crate) trait Close: Send + Sync {
    /// Removes what comes and goes, and lets nothing come any more.
    ///
    /// Removing the directory waits for those who write to files in it, and keeps others from
    /// making and removing directories there: without this, the two would wait for each other.
    fn close(&self);
}

/// A directory, and the value that its files are about.
///
/// Dropping it removes the files and waits for those who use them. A tree that is never dropped leaves
/// files behind that lead into the module's code when that is gone, so nobody is given one by value:
/// it is initialised where it stays, best in the module itself, whose end drops it.
#[pin_data(PinnedDrop)]
pub(crate) struct Tree<T: Send + Sync + 'static> {
    // Dropped in this order: the files use the device, which leads them to the value. That is in a box
    // of its own, to be there for them also if the tree's memory is freed and the tree never dropped.
    root: Root,
    closes: KVec<KBox<dyn Close>>,
    device: Device,
    value: Pin<KBox<T>>,
    #[pin]
    _pin: PhantomPinned,
}

impl<T: Send + Sync + 'static> Tree<T> {
    /// Makes a directory at the top of debugfs and has `fill` put files into it. A device of that name is
    /// made as well, so the kernel warns of a name that is empty or another tree's.
    ///
    /// Where debugfs cannot be had, the value is kept all the same, and [`error`](Self::error)
    /// tells why.
    pub(crate) fn new<'a, E: 'a>(
        name: &'a CStr,
        value: impl PinInit<T, E> + 'a,
        fill: impl FnOnce(&Dir<'_, T>) + 'a,
    ) -> impl PinInit<Self, Error> + 'a
    where
        Error: From<E>,
    {
        // SAFETY: No parent.
        unsafe { Self::new_in(ptr::null_mut(), name, name, value, fill) }
    }

    /// As [`new`](Self::new), in the directory `parent`, by way of a device of the name `device`.
    ///
    /// # Safety
    ///
    /// `parent` is null, or a directory that stays until the result is dropped.
    pub(super) unsafe fn new_in<'a, E: 'a>(
        parent: *mut bindings::dentry,
        device: &'a CStr,
        name: &'a CStr,
        value: impl PinInit<T, E> + 'a,
        fill: impl FnOnce(&Dir<'_, T>) + 'a,
    ) -> impl PinInit<Self, Error> + 'a
    where
        Error: From<E>,
    {
        try_pin_init!(Self {
            value: KBox::pin_init(value, GFP_KERNEL)?,
            device: Device::new(device, ptr::from_ref(&**value).cast_mut().cast())?,
            // SAFETY: A name, and what the caller says is a parent.
            root: Root(from_err_ptr(unsafe {
                bindings::debugfs_create_dir(name.as_char_ptr(), parent)
            })),
            closes: match root.0 {
                Ok(entry) => Dir::fill(entry, device, fill),
                Err(_) => KVec::new(),
            },
            _pin: PhantomPinned,
        }? Error)
    }

    /// Why there is no directory; `None` if there is one.
    pub(crate) fn error(&self) -> Option<Error> {
        self.root.0.err()
    }

    /// Removes the directory, after which nobody but the caller uses the value.
    pub(super) fn remove(self: Pin<&mut Self>) -> Pin<&mut T> {
        // SAFETY: Nothing is moved out.
        let this = unsafe { self.get_unchecked_mut() };
        this.closes.iter().for_each(|what| what.close());
        this.root = Root(Err(ENOENT));
        this.value.as_mut()
    }
}

#[pinned_drop]
impl<T: Send + Sync + 'static> PinnedDrop for Tree<T> {
    fn drop(self: Pin<&mut Self>) {
        self.remove();
    }
}

/// A device that is there for its data alone.
struct Device(ptr::NonNull<bindings::faux_device>);

impl Device {
    fn new(name: &CStr, data: *mut c_void) -> Result<Self> {
        // SAFETY: A name, no parent and no operations.
        let faux = unsafe {
            bindings::faux_device_create(name.as_char_ptr(), ptr::null_mut(), ptr::null())
        };
        // ENODEV as in `kernel::faux`: null does not tell whether memory was short.
        let device = Self(ptr::NonNull::new(faux).ok_or(ENODEV)?);
        // SAFETY: The device is ours, and nobody else uses its data.
        unsafe { bindings::dev_set_drvdata(device.as_raw(), data) };
        Ok(device)
    }

    fn as_raw(&self) -> *mut bindings::device {
        // SAFETY: There is a `faux_device` as long as `self`.
        unsafe { &raw mut (*self.0.as_ptr()).dev }
    }
}

// SAFETY: Whichever task has the only `Device` may remove it.
unsafe impl Send for Device {}

// SAFETY: A shared `Device` lends its address alone.
unsafe impl Sync for Device {}

impl Drop for Device {
    fn drop(&mut self) {
        // SAFETY: Made by `new`.
        unsafe { bindings::faux_device_destroy(self.0.as_ptr()) };
    }
}

/// The directory, removed with all that is in it when dropped.
struct Root(Result<*mut bindings::dentry>);

// SAFETY: Whichever task has the only `Root` may remove the directory.
unsafe impl Send for Root {}

// SAFETY: A shared `Root` tells no more than whether there is a directory.
unsafe impl Sync for Root {}

impl Drop for Root {
    fn drop(&mut self) {
        if let Ok(entry) = self.0 {
            // SAFETY: The directory is `self`'s. When this returns, no operation on a file in it is
            // under way and none will begin.
            unsafe { bindings::debugfs_remove(entry) };
        }
    }
}

/// A directory for files about a `T`.
pub(crate) struct Dir<'a, T> {
    pub(super) entry: *mut bindings::dentry,
    device: &'a Device,
    pub(super) closes: &'a RefCell<KVec<KBox<dyn Close>>>,
    // Invariant: files take the value for a `T`, neither more nor less.
    _value: PhantomData<fn(T) -> T>,
}

impl<T: Sync> Dir<'_, T> {
    /// Has `fill` put files into the directory `entry`; returns what is to be done before it goes.
    fn fill(
        entry: *mut bindings::dentry,
        device: &Device,
        fill: impl FnOnce(&Dir<'_, T>),
    ) -> KVec<KBox<dyn Close>> {
        let closes = RefCell::new(KVec::new());
        fill(&Dir {
            entry,
            device,
            closes: &closes,
            _value: PhantomData,
        });
        closes.into_inner()
    }

    /// Makes a directory in this one.
    pub(crate) fn dir(&self, name: &CStr) -> Self {
        // SAFETY: `entry` is a directory, or an error that an earlier call returned.
        let entry = unsafe { bindings::debugfs_create_dir(name.as_char_ptr(), self.entry) };
        Self { entry, ..*self }
    }

    /// Makes a file to read: what `_show` writes.
    ///
    /// `_show` captures nothing.
    pub(crate) fn read_file<F>(&self, name: &CStr, _show: F)
    where
        F: Fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result + Copy + Send + Sync + 'static,
    {
        // SAFETY: `entry` is a directory, or an error that an earlier call returned. The device
        // stays until the file is removed.
        unsafe {
            bindings::debugfs_create_devm_seqfile(
                self.device.as_raw(),
                name.as_char_ptr(),
                self.entry,
                Some(show::<T, F>),
            )
        };
    }

    /// Makes a file to write to: each write is passed to `store` as a whole.
    ///
    /// `store` captures nothing.
    pub(crate) fn write_file<F>(&self, name: &CStr, store: F)
    where
        F: Fn(&T, &mut UserSliceReader) -> Result + Copy + Send + Sync + 'static,
    {
        // SAFETY: `entry` is a directory, or an error that an earlier call returned. The device's
        // data is the value, which stays until the file is removed.
        unsafe {
            let value = bindings::dev_get_drvdata(self.device.as_raw()).cast::<T>();
            write_file(self.entry, name, value, store);
        }
    }
}

/// Makes a file to write to: each write is passed to `_store` as a whole.
///
/// # Safety
///
/// `parent` is a directory, or an error that debugfs returned. `value` stays until the file is
/// removed.
pub(crate) unsafe fn write_file<T, F>(
    parent: *mut bindings::dentry,
    name: &CStr,
    value: *const T,
    _store: F,
) where
    T: Sync,
    F: Fn(&T, &mut UserSliceReader) -> Result + Copy + Send + Sync + 'static,
{
    // SAFETY: By the caller's promise; the operations are constant.
    unsafe {
        bindings::debugfs_create_file_short(
            name.as_char_ptr(),
            0o200,
            parent,
            value.cast_mut().cast(),
            ptr::null(),
            &Store::<T, F>::OPERATIONS,
        )
    };
}

/// The one value of a function's own type.
///
/// # Safety
///
/// There is a value of type `F`.
unsafe fn function<F: Copy>() -> F {
    const { assert!(size_of::<F>() == 0, "the function captures something") };
    // SAFETY: Nothing to read for a type of size zero that the caller says has a value.
    unsafe { ptr::NonNull::dangling().read() }
}

/// Formats by calling `F`.
struct By<'a, T, F>(&'a T, F);

impl<T, F> fmt::Display for By<'_, T, F>
where
    F: Fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.1)(self.0, f)
    }
}

/// # Safety
///
/// Called for a file made by [`Dir::read_file`] with an `F`.
unsafe extern "C" fn show<T, F>(seq: *mut bindings::seq_file, _: *mut c_void) -> c_int
where
    T: Sync,
    F: Fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result + Copy + Send + Sync + 'static,
{
    let _alive = alive();
    // SAFETY: `private` is the device, whose data is the value; both outlive the file.
    let value = unsafe { &*bindings::dev_get_drvdata((*seq).private.cast()).cast::<T>() };
    // SAFETY: `read_file` was given an `F`.
    let show = unsafe { function::<F>() };
    // SAFETY: seq_file lets one task at a time call this.
    seq_print!(unsafe { SeqFile::from_raw(seq) }, "{}", By(value, show));
    0
}

/// Keeps this task from being freed, should a file's function panic: the kernel holds mutexes of the file,
/// which name the task.
fn alive() -> ARef<Task> {
    ARef::from(&**kernel::current!())
}

/// The operations of a file that changes a `T` by an `F`.
struct Store<T, F>(PhantomData<(T, F)>);

impl<T, F> Store<T, F>
where
    T: Sync,
    F: Fn(&T, &mut UserSliceReader) -> Result + Copy + Send + Sync + 'static,
{
    const OPERATIONS: bindings::debugfs_short_fops = bindings::debugfs_short_fops {
        read: None,
        write: Some(Self::write),
        llseek: Some(bindings::noop_llseek),
    };

    /// # Safety
    ///
    /// Called for a file made by [`Dir::write_file`] with an `F`.
    unsafe extern "C" fn write(
        file: *mut bindings::file,
        buf: *const c_char,
        count: usize,
        _pos: *mut bindings::loff_t,
    ) -> isize {
        let _alive = alive();
        // SAFETY: debugfs put there what `write_file` gave it: the value, which outlives the file.
        let value = unsafe { &*(*file).private_data.cast::<T>() };
        // SAFETY: `write_file` was given an `F`.
        let store = unsafe { function::<F>() };
        let buf = UserPtr::from_ptr(buf.cast_mut().cast());
        match store(value, &mut UserSlice::new(buf, count).reader()) {
            Ok(()) => count as isize,
            Err(e) => e.to_errno() as isize,
        }
    }
}
