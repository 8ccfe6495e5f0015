// SPDX-License-Identifier: GPL-2.0

//! What 64-bit numbers look like, also where the kernel's `core` cannot divide them.

use crate::{
    check,
    Wrong, //
};
use kernel::{
    prelude::*,
    str::CString, //
};
use percpu::{
    Decimal,
    PerCpuBox,
    Scalar, //
};

pub(crate) fn test() -> Result<(), Wrong> {
    macro_rules! shows {
        ($text:literal, $($args:tt)*) => {
            check!(CString::try_from_fmt(fmt!($($args)*))?.to_str() == Ok($text))
        };
    }
    shows!("0", "{}", Decimal(0u64));
    shows!("1001", "{}", Decimal(1001u64));
    shows!("18446744073709551615", "{}", Decimal(u64::MAX));
    shows!("9223372036854775807", "{}", Decimal(i64::MAX));
    shows!("-9223372036854775808", "{}", Decimal(i64::MIN));
    // As the number itself would be.
    shows!("[    5000000000]", "[{:14}]", Decimal(5_000_000_000u64));
    shows!("[5000000000    ]", "[{:<14}]", Decimal(5_000_000_000u64));
    shows!("[+0005000000000]", "[{:+014}]", Decimal(5_000_000_000i64));
    shows!("[-0005000000000]", "[{:014}]", Decimal(-5_000_000_000i64));

    // Ours show themselves so.
    shows!("18446744073709551615", "{:?}", Scalar::new(u64::MAX));
    shows!("-9223372036854775808", "{:?}", Scalar::new(i64::MIN));
    shows!("-1", "{:?}", Scalar::new(-1isize));
    let boxed = PerCpuBox::new_with(|_| Scalar::new(5_000_000_000u64), GFP_KERNEL)?;
    let shown = CString::try_from_fmt(fmt!("{:?}", boxed))?;
    check!(shown
        .to_str()
        .is_ok_and(|shown| shown.contains("5000000000")));
    Ok(())
}
