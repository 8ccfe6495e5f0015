// SPDX-License-Identifier: GPL-2.0

//! debugfs files that keep their module loaded while they are open.
//!
//! `kernel::debugfs` leaves the owner of its files empty: one may stay open when its module is
//! gone, and closing it then reads the file operations from freed memory. Here the owner is set, as
//! C does, so that `rmmod` finds the module in use.

use core::{
    marker::PhantomData,
    ptr, //
};
use kernel::{
    bindings,
    error::from_err_ptr,
    fmt,
    prelude::*,
    seq_file::SeqFile,
    seq_print,
    uaccess::{
        UserPtr,
        UserSlice,
        UserSliceReader, //
    },
};

unsafe extern "C" {
    // Only its address is taken; that some of its fields are empty does not matter.
    #[allow(improper_ctypes)]
    static __this_module: bindings::module;
}

/// A directory at the top of debugfs, and the value that its files are about.
pub struct Tree<T: Send + Sync> {
    // Goes before the value, which the files use.
    root: Root,
    _value: KBox<T>,
}

impl<T: Send + Sync> Tree<T> {
    /// Makes the directory and has `fill` put files for `value` into it.
    ///
    /// Where debugfs cannot be had, the value is kept all the same, and [`error`](Self::error)
    /// tells why.
    pub fn new(name: &CStr, value: T, fill: impl for<'a> FnOnce(&'a T, &Dir<'a>)) -> Result<Self> {
        let value = KBox::new(value, GFP_KERNEL)?;
        // SAFETY: A name, and no parent.
        let root = unsafe { bindings::debugfs_create_dir(name.as_char_ptr(), ptr::null_mut()) };
        let root = Root(from_err_ptr(root));
        if let Ok(entry) = root.0 {
            fill(
                &value,
                &Dir {
                    entry,
                    _value: PhantomData,
                },
            );
        }
        Ok(Self {
            root,
            _value: value,
        })
    }

    /// Why there is no directory; `None` if there is one.
    pub fn error(&self) -> Option<Error> {
        self.root.0.err()
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
            // SAFETY: The directory is `self`'s. When this returns, no file operation is under way
            // and none will begin.
            unsafe { bindings::debugfs_remove(entry) };
        }
    }
}

/// A directory whose files may use what lives as long as `'a`.
pub struct Dir<'a> {
    entry: *mut bindings::dentry,
    _value: PhantomData<fn(&'a ()) -> &'a ()>,
}

impl<'a> Dir<'a> {
    /// Makes a directory in this one.
    pub fn dir(&self, name: &CStr) -> Dir<'a> {
        // SAFETY: `entry` is a directory, or an error that an earlier call returned.
        let entry = unsafe { bindings::debugfs_create_dir(name.as_char_ptr(), self.entry) };
        Dir {
            entry,
            _value: PhantomData,
        }
    }

    /// Makes a file that root can read: what `show` writes about `value`.
    ///
    /// `_show` is a function or a closure that captures nothing.
    pub fn read_file<T, F>(&self, name: &CStr, value: &'a T, _show: F)
    where
        T: Sync,
        F: Fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result + Copy + 'static,
    {
        self.file(name, 0o400, value, &Show::<T, F>::OPERATIONS);
    }

    /// Makes a file that root can write to: each write is passed to `store` as a whole.
    ///
    /// `_store` is a function or a closure that captures nothing.
    pub fn write_file<T, F>(&self, name: &CStr, value: &'a T, _store: F)
    where
        T: Sync,
        F: Fn(&T, &mut UserSliceReader) -> Result + Copy + 'static,
    {
        self.file(name, 0o200, value, &Store::<T, F>::OPERATIONS);
    }

    fn file<T: Sync>(
        &self,
        name: &CStr,
        mode: u16,
        value: &'a T,
        operations: &'static bindings::file_operations,
    ) {
        // SAFETY: `entry` is a directory, or an error that an earlier call returned. The file goes
        // with the `Tree`, before `value`; the operations go with the module, whose owner field
        // keeps it while the file is open.
        unsafe {
            bindings::debugfs_create_file_full(
                name.as_char_ptr(),
                mode,
                self.entry,
                ptr::from_ref(value).cast_mut().cast(),
                ptr::null(),
                operations,
            )
        };
    }
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

/// The operations of a file that shows a `T` by an `F`.
struct Show<T, F>(PhantomData<(T, F)>);

impl<T, F> Show<T, F>
where
    T: Sync,
    F: Fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result + Copy + 'static,
{
    const OPERATIONS: bindings::file_operations = bindings::file_operations {
        owner: (&raw const __this_module).cast_mut(),
        open: Some(Self::open),
        read: Some(bindings::seq_read),
        llseek: Some(bindings::seq_lseek),
        release: Some(bindings::single_release),
        ..pin_init::zeroed()
    };

    /// # Safety
    ///
    /// Called by debugfs for a file made by `read_file`.
    unsafe extern "C" fn open(inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        // SAFETY: Both are valid, by the caller's promise; `i_private` is what `file` was given.
        unsafe { bindings::single_open(file, Some(Self::show), (*inode).i_private) }
    }

    /// # Safety
    ///
    /// Called by seq_file for a file opened by `open`.
    unsafe extern "C" fn show(seq: *mut bindings::seq_file, _: *mut c_void) -> c_int {
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

        // SAFETY: `private` is what `open` passed on: the value, which outlives the file.
        let value = unsafe { &*(*seq).private.cast::<T>() };
        // SAFETY: `read_file` was given an `F`.
        let show = unsafe { function::<F>() };
        // SAFETY: seq_file lets one task at a time call this.
        seq_print!(unsafe { SeqFile::from_raw(seq) }, "{}", By(value, show));
        0
    }
}

/// The operations of a file that changes a `T` by an `F`.
struct Store<T, F>(PhantomData<(T, F)>);

impl<T, F> Store<T, F>
where
    T: Sync,
    F: Fn(&T, &mut UserSliceReader) -> Result + Copy + 'static,
{
    const OPERATIONS: bindings::file_operations = bindings::file_operations {
        owner: (&raw const __this_module).cast_mut(),
        open: Some(bindings::simple_open),
        write: Some(Self::write),
        llseek: Some(bindings::noop_llseek),
        ..pin_init::zeroed()
    };

    /// # Safety
    ///
    /// Called by debugfs for a file made by `write_file`.
    unsafe extern "C" fn write(
        file: *mut bindings::file,
        buf: *const c_char,
        count: usize,
        _pos: *mut bindings::loff_t,
    ) -> isize {
        // SAFETY: `simple_open` put `i_private` there: the value, which outlives the file.
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
