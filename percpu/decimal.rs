// SPDX-License-Identifier: GPL-2.0

//! Showing 64-bit numbers.

use kernel::fmt;
#[cfg(not(CONFIG_64BIT))]
use kernel::str::CStrExt as _;

/// Shows a 64-bit number as the number itself does: `%llu` and `%lld` in C.
///
/// On 32-bit machines the kernel's `core` cannot divide 64-bit numbers: `{}` of a `u64` above 1000 is an
/// oops there. On 64-bit machines `{}` is right, and `Decimal` compiles to the same code.
///
/// ```
/// # define_per_cpu! {
/// #     static HITS: Scalar<u64> = Scalar::new(1 << 40);
/// # }
/// pr_info!("{} hits\n", Decimal(HITS.sum()));
/// ```
pub struct Decimal<T>(pub T);

macro_rules! impl_display {
    ($($int:ty, $format:literal;)*) => {$(
        // For the kernel's macros.
        impl fmt::Display for Decimal<$int> {
            #[inline]
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                core::fmt::Display::fmt(self, f)
            }
        }

        impl core::fmt::Debug for Decimal<$int> {
            #[inline]
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                core::fmt::Display::fmt(self, f)
            }
        }

        impl core::fmt::Display for Decimal<$int> {
            #[cfg(CONFIG_64BIT)]
            #[inline]
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                core::fmt::Display::fmt(&self.0, f)
            }

            #[cfg(not(CONFIG_64BIT))]
            #[inline]
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut buffer = [0u8; 21];
                // SAFETY: The buffer is as long as it says; the format is ended by a null byte and
                // asks for one number of 64 bits.
                let length = unsafe {
                    kernel::bindings::scnprintf(
                        buffer.as_mut_ptr().cast(),
                        buffer.len(),
                        $format.as_char_ptr(),
                        self.0,
                    )
                };
                let digits = buffer.get(..length as usize).unwrap_or_default();
                let digits = digits.strip_prefix(b"-").unwrap_or(digits);
                #[allow(unused_comparisons)]
                f.pad_integral(self.0 >= 0, "", core::str::from_utf8(digits).unwrap_or_default())
            }
        }
    )*};
}

impl_display! {
    u64, c"%llu";
    i64, c"%lld";
}
