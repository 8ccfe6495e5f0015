// SPDX-License-Identifier: GPL-2.0

//! A debugfs directory in which directories come and go.

use super::debugfs::{
    self,
    Close,
    Dir,
    Tree, //
};
use kernel::{
    bindings,
    prelude::*,
    str::CString,
    sync::{
        new_mutex,
        Mutex, //
    },
    uaccess::UserSliceReader, //
};

/// The longest name that a directory can have.
const NAME_MAX: usize = bindings::NAME_MAX as usize;

impl<T: Sync> Dir<'_, T> {
    /// Makes a directory in which directories come and go: writing a name to the file `attach` in
    /// it makes a [`Member`] of this name, and a directory about it; writing it to `detach` takes
    /// both away.
    ///
    /// # Errors
    ///
    /// Fails when memory is short.
    pub(crate) fn members<M: Member>(&self, name: &CStr) -> Result {
        let mut closes = self.closes.borrow_mut();
        closes.reserve(1, GFP_KERNEL)?;
        // SAFETY: The directory is removed with the tree's root, after the members were closed and
        // before they are dropped.
        let members = unsafe { Members::<M>::new(self.dir(name).entry)? };
        closes.push(members, GFP_KERNEL)?;
        Ok(())
    }
}

/// What a directory that comes and goes is about.
pub(crate) trait Member: Send + Sync + Sized + 'static {
    /// Makes the one of this name.
    fn new(name: &CStr) -> Result<impl PinInit<Self, Error>>;

    /// Puts files into its directory.
    fn fill(dir: &Dir<'_, Self>);

    /// Called before all there are will be dropped, for what can be done at once for all of them.
    fn leave<'a>(_all: impl Iterator<Item = Pin<&'a mut Self>>) {}
}

/// A directory in which each directory is about a `T` of its own.
pub(crate) struct Members<T: Member> {
    entry: *mut bindings::dentry,
    // All that is done to `entry` is done with this locked, and before it is closed.
    list: Pin<KBox<Mutex<List<T>>>>,
}

/// `None` once it is closed.
type List<T> = Option<KVec<Named<T>>>;

struct Named<T: Member> {
    name: CString,
    files: Pin<KBox<Tree<T>>>,
}

// SAFETY: debugfs takes `entry` from any task.
unsafe impl<T: Member> Send for Members<T> {}

// SAFETY: As for `Send`, and `list` is locked.
unsafe impl<T: Member> Sync for Members<T> {}

impl<T: Member> Members<T> {
    /// Puts files into the directory by which members are made and removed.
    ///
    /// # Safety
    ///
    /// `entry` is a directory, or an error that debugfs returned. It is removed while the result
    /// exists, and not before [`close`](Close::close).
    pub(crate) unsafe fn new(entry: *mut bindings::dentry) -> Result<KBox<Self>> {
        let list = KBox::pin_init(new_mutex!(Some(KVec::new())), GFP_KERNEL)?;
        let this = KBox::new(Self { entry, list }, GFP_KERNEL)?;
        // SAFETY: By the caller's promise, and the box does not move what is in it.
        unsafe {
            debugfs::write_file(entry, c"attach", &*this, Self::attach);
            debugfs::write_file(entry, c"detach", &*this, Self::detach);
        }
        Ok(this)
    }

    /// Makes the member that is named.
    ///
    /// # Errors
    ///
    /// `EEXIST` if there is one, those of [`name`] and of [`Member::new`].
    fn attach(&self, input: &mut UserSliceReader) -> Result {
        let name = name(input)?;
        let mut list = self.list.lock();
        let list = (*list).as_mut().ok_or(ENODEV)?;
        if list.iter().any(|member| *member.name == *name) {
            return Err(EEXIST);
        }
        let member = T::new(&name)?;
        list.reserve(1, GFP_KERNEL)?;
        let device = CString::try_from_fmt(fmt!("rust_percpu.{}", name.to_str()?))?;
        // SAFETY: `entry` is a directory until this is closed, when all members are dropped.
        let files = unsafe { Tree::new_in(self.entry, &device, &name, member, T::fill) };
        let files = KBox::pin_init(files, GFP_KERNEL)?;
        match files.error() {
            Some(e) => Err(e),
            None => Ok(list.push(Named { name, files }, GFP_KERNEL)?),
        }
    }

    /// Removes the member that is named.
    ///
    /// # Errors
    ///
    /// `ENOENT` if there is none, those of [`name`].
    fn detach(&self, input: &mut UserSliceReader) -> Result {
        let name = name(input)?;
        let mut list = self.list.lock();
        let list = (*list).as_mut().ok_or(ENODEV)?;
        let index = list.iter().position(|member| *member.name == *name);
        // Locked until it is gone, as one of the same name may come.
        drop(list.remove(index.ok_or(ENOENT)?));
        Ok(())
    }
}

impl<T: Member> Close for Members<T> {
    fn close(&self) {
        let mut list = self.list.lock();
        if let Some(list) = &mut *list {
            T::leave(list.iter_mut().map(|member| member.files.as_mut().remove()));
        }
        *list = None;
    }
}

/// Takes a name, with or without a newline after it.
///
/// # Errors
///
/// `ENAMETOOLONG` if no directory can have the name, `EINVAL` if there is none or it has a zero
/// byte in it.
fn name(input: &mut UserSliceReader) -> Result<CString> {
    let mut buf = [0; NAME_MAX + 1];
    let buf = buf.get_mut(..input.len()).ok_or_else(too_long)?;
    input.read_slice(buf)?;
    let name = buf.strip_suffix(b"\n").unwrap_or(buf);
    match name.len() {
        0 => Err(EINVAL),
        1..=NAME_MAX => {
            let name = core::str::from_utf8(name).map_err(|_| EINVAL)?;
            CString::try_from_fmt(fmt!("{name}"))
        }
        _ => Err(too_long()),
    }
}

fn too_long() -> Error {
    Error::from_errno(-(bindings::ENAMETOOLONG as i32))
}
