//! Where code of the user's runs that nobody waits for: in the process that it belongs to, or in one that is made for
//! it.
//!
//! A destructor, a waker, a report may panic, and may never come back. What a supervisor, a core between two turns or
//! the watchdog is left with goes here.

use std::{any::TypeId, collections::VecDeque, mem::needs_drop, sync::Arc, task::Waker, thread};

use super::{ExitReason, Pid, birth, current, header::Home, node::NodeInner};
use crate::guard;

/// What reports call the processes that are made here.
const LABEL: &str = "aside";

/// Drops what `maker` has made: here, if that is who runs here, or if a test drives its simulation here.
pub(crate) fn drop_of(maker: Pid, thing: impl Send + 'static) {
    let is_here = current::try_with(|me| me.pid() == maker || matches!(me.header().home, Home::Driver));
    match NodeInner::of(maker).filter(|node| is_here != Some(true) && !node.scheduler.is_stopping()) {
        Some(node) => each(&node, [thing], drop),
        None => guard::contain(|| drop(thing)),
    }
}

/// Drops something of the user's that is left to whoever had it last, in a process of its own on the node of `near`:
/// nobody waits for its destructor. One that does nothing of the user's runs here, as all do in a test that drives its
/// simulation.
pub(crate) fn drop_apart<T: Send + 'static>(near: Pid, thing: T) {
    let is_harmless =
        !needs_drop::<T>() || [TypeId::of::<String>(), TypeId::of::<Arc<str>>()].contains(&TypeId::of::<T>());
    let is_here = is_harmless || current::try_with(|me| matches!(me.header().home, Home::Driver)) == Some(true);
    match NodeInner::of(near).filter(|node| !is_here && !node.scheduler.is_stopping()) {
        Some(node) => each(&node, [thing], drop),
        None => guard::contain(|| drop(thing)),
    }
}

/// Calls `f` with each of these things in a process of its own: one that blocks holds up no other. Where nothing runs
/// any more a thread does it.
pub(crate) fn each<T: Send + 'static>(node: &Arc<NodeInner>, things: impl Into<VecDeque<T>>, f: fn(T)) {
    let mut things = things.into();
    if node.is_stopped() {
        return run(move || things.into_iter().for_each(|thing| guard::contain(|| f(thing))));
    }
    let Some(thing) = things.pop_front() else { return };
    let here = Arc::clone(node);
    birth::alone::<T>(
        node,
        LABEL,
        Box::pin(async move {
            // One after the other is made, so that there are not many of them unless many block.
            each(&here, things, f);
            f(thing);
            ExitReason::Normal
        }),
    );
}

/// Runs code of the user's in a thread of its own; not at all, if the system refuses one.
pub(crate) fn run(code: impl FnOnce() + Send + 'static) {
    guard::contain(|| drop(thread::Builder::new().name("otp-aside".to_owned()).spawn(|| guard::contain(code))));
}

/// As [`run`], `f` with each of these things: one that blocks holds up no other.
pub(super) fn run_each<T: Send + 'static>(mut things: Vec<T>, f: fn(T)) {
    if let Some(thing) = things.pop() {
        run(move || {
            run_each(things, f);
            f(thing);
        });
    }
}

/// Wakes whoever waits. The waker may be anybody's.
pub(crate) fn wake(waker: Waker) {
    guard::contain(|| waker.wake());
}
