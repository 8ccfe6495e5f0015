// SPDX-License-Identifier: GPL-2.0

//! Trace events that a program makes, of include/uapi/linux/user_events.h.

use std::{
    ffi::{
        c_int,
        c_ulong,
        CStr, //
    },
    fs::File,
    io,
    mem::size_of,
    os::fd::AsRawFd,
    sync::atomic::AtomicU32, //
};

extern "C" {
    fn ioctl(fd: c_int, request: c_ulong, ...) -> c_int;
}

/// `struct user_reg`.
#[repr(C, packed)]
struct UserReg {
    size: u32,
    enable_bit: u8,
    enable_size: u8,
    flags: u16,
    enable_addr: u64,
    name_args: u64,
    write_index: u32,
}

const DIAG_IOCSREG: c_ulong = 0xC000_2A00 | (size_of::<*const UserReg>() as c_ulong) << 16;

/// Registers an event; the kernel sets a bit of `enabled` while somebody listens. The number is for
/// writing to `data`, and the event goes when that is closed.
pub fn register(data: &File, declaration: &CStr, enabled: &AtomicU32) -> io::Result<u32> {
    let mut reg = UserReg {
        size: size_of::<UserReg>() as u32,
        enable_bit: 0,
        enable_size: size_of::<u32>() as u8,
        flags: 0,
        enable_addr: enabled.as_ptr() as u64,
        name_args: declaration.as_ptr() as u64,
        write_index: 0,
    };
    // SAFETY: A structure as the request has it, and a string.
    match unsafe { ioctl(data.as_raw_fd(), DIAG_IOCSREG, &raw mut reg) } {
        0 => Ok(reg.write_index),
        _ => Err(io::Error::last_os_error()),
    }
}
