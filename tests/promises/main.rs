//! The promises that everything else stands on: how a process dies, that user code runs without locks, that a call
//! ends, and what becomes of code that does not come back.

#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod calls;
mod death;
mod locks;
mod stuck;

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use otp::{actor::Starter, prelude::*};

const LONG: Duration = Duration::from_secs(3600);
/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn why(text: &'static str) -> ExitReason {
    ExitReason::other(text)
}

/// The reason in the `Down` of a monitor; waits for it.
fn down(monitor: MonitorRef) -> ExitReason {
    process::current().receive_down(monitor, PATIENCE).unwrap().reason
}

/// What happened, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn say(&self, what: impl fmt::Display) {
        self.0.lock().unwrap().push(what.to_string());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// Runs something when it is dropped.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

type Any = Box<dyn std::any::Any + Send>;

/// Keeps whatever it is given, wherever a process can keep things.
struct Keeper {
    state: Vec<Any>,
}

#[actor]
impl Keeper {
    #[init]
    fn init() -> Self {
        Self { state: Vec::new() }
    }

    /// As its state.
    #[handle_cast]
    fn keep(&mut self, thing: Any) {
        self.state.push(thing);
    }

    /// Is parked, and goes on.
    #[handle_call]
    fn doze(&self) {
        otp::sleep(Duration::from_millis(1));
    }

    /// In a timer.
    #[handle_call]
    fn keep_in_timer(&mut self, thing: Any, ctx: &mut Context<Self>) -> TimerRef {
        ctx.after(LONG).keep(thing)
    }

    /// In the timeout that a message cancels.
    #[handle_cast]
    fn keep_in_idle(&mut self, thing: Any, ctx: &mut Context<Self>) {
        ctx.idle_timeout(LONG).keep(thing);
    }

    /// On its stack, while it waits.
    #[handle_cast]
    fn keep_on_stack(&mut self, thing: Any) {
        let _thing = thing;
        otp::sleep(LONG);
    }

    /// In its future, while it waits.
    #[handle_cast]
    async fn keep_in_future(&mut self, thing: Any) {
        process::sleep_async(LONG).await;
        drop(thing);
    }

    #[handle_cast]
    fn fail_with(&mut self, reason: ExitReason) -> Result<(), ExitReason> {
        Err(reason)
    }

    #[handle_call]
    fn ping(&self) {}
}

/// A keeper that keeps a thing in every place; the last one, in its queue, waits behind a handler that is parked.
fn keeper(name: &str, asynchronous: bool, thing: impl Fn(&'static str) -> Any) -> (KeeperRef, TimerRef) {
    let keeper = Starter::<Keeper>::new().name(name).start(()).unwrap();
    keeper.keep(thing("state"));
    let timer = keeper.keep_in_timer(thing("timer")).unwrap();
    if asynchronous {
        keeper.keep_in_future(thing("future"));
    } else {
        keeper.keep_on_stack(thing("stack"));
    }
    keeper.keep(thing("queue"));
    keeper.ping_later();
    (keeper, timer)
}

impl KeeperRef {
    /// Has its process begin with what was sent to it.
    fn ping_later(&self) {
        drop(self.request().ping());
        otp::sleep(millis(1));
    }
}
