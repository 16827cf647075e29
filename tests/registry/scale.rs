//! What is done with one key or one process costs the same, however many others there are.

#![cfg(debug_assertions)]

use otp::prelude::*;

use crate::{Puppet, duplicate, unique};

const SIZE: usize = 10_000;

/// So many entries may be passed.
const FEW: usize = 8;

#[track_caller]
fn is_cheap<R>(it: impl FnOnce() -> R) -> R {
    let before = otp::__private::passed();
    let done = it();
    let passed = otp::__private::passed() - before;
    assert!(passed <= FEW, "{passed} are passed");
    done
}

#[otp::test(seeds = 1)]
fn among_many_keys(_: &mut Sim) {
    let registry = unique::<usize, ()>(1);
    (0..SIZE).for_each(|key| registry.register(key, ()).unwrap());
    is_cheap(|| registry.lookup(&7));
    is_cheap(|| registry.whereis(&7));
    is_cheap(|| registry.values(&7, otp::self_pid()));
    is_cheap(|| registry.update_value(&7, |()| ()));
    is_cheap(|| registry.register(7, ()).unwrap_err());
    is_cheap(|| registry.register(SIZE, ()).unwrap());
    is_cheap(|| registry.unregister(&7));
    is_cheap(|| registry.count());
    is_cheap(|| registry.lock(&7, || ()));
}

#[otp::test(seeds = 1)]
fn among_many_of_one_key(t: &mut Sim) {
    let registry = duplicate::<u32, usize>(1);
    let (puppet, of) = (Puppet::new(), registry.clone());
    puppet.does(move || (0..SIZE).for_each(|n| of.register(7, n).unwrap()));
    is_cheap(|| registry.register(7, 1).unwrap());
    is_cheap(|| registry.values(&7, otp::self_pid()));
    is_cheap(|| registry.keys(otp::self_pid()));
    is_cheap(|| registry.unregister_matching(&7, |_| true));
    let of = registry.clone();
    let other = process::spawn(move |_| of.register(7, 1).unwrap());
    is_cheap(|| t.settle());
    assert_eq!((process::is_alive(other), registry.count()), (false, SIZE));
}
