// SPDX-License-Identifier: GPL-2.0

//! Guards: who says that interrupts are off promises it.

use percpu::*;

pub struct Trust;

pub trait OfMine {}

impl OfMine for PreemptOff {}

//~ E0200
//@ impl OfMine for Trust {}
impl IrqsDisabled for Trust {}
