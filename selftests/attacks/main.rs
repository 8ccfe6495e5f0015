// SPDX-License-Identifier: GPL-2.0

//! The kernel's side of the programs `storm`, `faults`, `load` and `unload`, ordered about by files
//! under `/sys/kernel/debug/attacks`.

use debugfs::Tree;
use kernel::{
    fmt,
    new_mutex,
    prelude::*,
    sync::{
        Arc,
        Mutex, //
    },
    uaccess::UserSliceReader, //
};

mod boxes;
mod built;
#[path = "../../examples/object_cache/cache.rs"]
mod cache;
#[path = "../../demo/abi/debugfs.rs"]
#[allow(dead_code)]
mod debugfs;
mod fail;
mod reserve;
mod storm;

module! {
    type: Module,
    name: "attacks",
    authors: ["The rust_percpu authors"],
    description: "Test: per-CPU variables under attack",
    license: "GPL",
}

/// What the files are about.
struct Attacks {
    counts: Arc<storm::Counts>,
    /// The storm that is on.
    storm: Pin<KBox<Mutex<Option<storm::Storm>>>>,
    fail: Option<fail::Registration>,
}

impl Attacks {
    /// 1 begins a storm without a pause, 0 ends it; more is how many microseconds tasks rest.
    fn storm(&self, input: &mut UserSliceReader) -> Result {
        let mut storm = self.storm.lock();
        match (number(input)?, storm.is_some()) {
            (0, true) => *storm = None,
            (rest @ 1.., false) => *storm = Some(storm::Storm::new(&self.counts, rest - 1)?),
            _ => return Err(EINVAL),
        }
        Ok(())
    }

    /// Takes out what was counted.
    fn drain(&self, input: &mut UserSliceReader) -> Result {
        number(input)?;
        self.counts.drain();
        Ok(())
    }

    /// The n-th allocation of per-CPU memory that the writer makes from now on fails; 0 for none.
    fn fail(&self, input: &mut UserSliceReader) -> Result {
        let fail = self.fail.as_ref().ok_or(ENODEV)?;
        fail.nth(number(input)?);
        Ok(())
    }

    /// Makes boxes and drops them.
    fn boxes(&self, input: &mut UserSliceReader) -> Result {
        number(input)?;
        boxes::make()
    }
}

fn number(input: &mut UserSliceReader) -> Result<u64> {
    let mut buf = [0; 32];
    let buf = buf.get_mut(..input.len()).ok_or(EINVAL)?;
    input.read_slice(buf)?;
    let text = core::str::from_utf8(buf).map_err(|_| EINVAL)?;
    text.trim().parse().map_err(|_| EINVAL)
}

struct Module {
    _files: Pin<KBox<Tree<Attacks>>>,
}

impl kernel::Module for Module {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let attacks = Attacks {
            counts: Arc::new(storm::Counts::new()?, GFP_KERNEL)?,
            storm: KBox::pin_init(new_mutex!(None), GFP_KERNEL)?,
            fail: fail::Registration::new(),
        };
        let files = Tree::new(c"attacks", attacks, |dir| {
            dir.write_file(c"storm", Attacks::storm);
            dir.write_file(c"drain", Attacks::drain);
            dir.read_file(c"counts", |attacks, f| attacks.counts.show(f));
            dir.write_file(c"fail", Attacks::fail);
            dir.read_file(c"left", |attacks, f| {
                let left = attacks.fail.as_ref().map_or(0, |fail| fail.left());
                writeln!(f, "{}", percpu::Decimal(left))
            });
            dir.write_file(c"boxes", Attacks::boxes);
            dir.read_file(c"contents", |_, f: &mut fmt::Formatter<'_>| boxes::show(f));
            dir.read_file(c"reserve", |_, f| writeln!(f, "{}", reserve::free()));
        });
        let files = KBox::pin_init(files, GFP_KERNEL)?;
        Ok(Self { _files: files })
    }
}
