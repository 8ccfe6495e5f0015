// SPDX-License-Identifier: GPL-2.0

//! A thread with copies of its own, as a CPU has them.

use core::{
    cell::UnsafeCell,
    ptr, //
};
use std::io;

/// The template, as the kernel has one in `.data..percpu`.
#[repr(transparent)]
struct Storage(UnsafeCell<u64>);

// SAFETY: Nobody touches the template; each thread has its copy.
unsafe impl Sync for Storage {}

#[link_section = "percpu_native"]
static STORAGE: Storage = Storage(UnsafeCell::new(0));

/// A static per-CPU variable.
#[derive(Clone, Copy)]
pub struct HITS;

crate::__percpu_static_ops!(HITS, STORAGE);

// The linker's names for the ends of the section.
unsafe extern "C" {
    static __start_percpu_native: u8;
    static __stop_percpu_native: u8;
}

/// The copies of a thread: while this lives, `%gs:` leads to them.
pub struct Copies {
    pages: *mut libc::c_void,
    size: usize,
}

const ARCH_SET_GS: libc::c_int = 0x1001;

fn set_gs(base: usize) -> io::Result<()> {
    // SAFETY: Nothing else in a 64-bit process uses GS.
    match unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_SET_GS, base) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

impl Copies {
    /// Pins the thread to a processor and gives it copies.
    ///
    /// # Errors
    ///
    /// What the kernel says if it does not let it.
    pub fn new(processor: usize) -> io::Result<Self> {
        let start = &raw const __start_percpu_native;
        let size = (&raw const __stop_percpu_native).addr() - start.addr();
        // SAFETY: The set is a number of bits, of which zero is a value, and `processor` is one of
        // those that `processors` read from such a set.
        let pinned = unsafe {
            let mut set = core::mem::zeroed();
            libc::CPU_SET(processor, &mut set);
            libc::sched_setaffinity(0, size_of_val(&set), &set)
        };
        if pinned != 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: New pages.
        let pages = unsafe {
            libc::mmap(
                ptr::null_mut(),
                size,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if pages == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let copies = Self { pages, size };
        // A base below zero is not let through: pages lie above the program.
        let offset = pages.addr().wrapping_sub(start.addr());
        // SAFETY: The pages are as large as the section.
        unsafe { ptr::copy_nonoverlapping(start, pages.cast(), size) };
        set_gs(offset)?;
        Ok(copies)
    }
}

impl Drop for Copies {
    fn drop(&mut self) {
        // The base goes first; if it stays, so do the pages.
        if set_gs(0).is_ok() {
            // SAFETY: The pages of `new`, which nothing leads to any more.
            unsafe { libc::munmap(self.pages, self.size) };
        }
    }
}

/// The processors that this process may run on.
pub fn processors() -> Vec<usize> {
    // SAFETY: As in `new`.
    unsafe {
        let mut set = core::mem::zeroed();
        libc::sched_getaffinity(0, size_of_val(&set), &mut set);
        (0..libc::CPU_SETSIZE as usize)
            .filter(|&processor| libc::CPU_ISSET(processor, &set))
            .collect()
    }
}
