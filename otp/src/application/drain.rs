//! The time between the request to stop and the stop: who takes work from outside takes no more, and finishes what it
//! has.

use std::{
    collections::BTreeMap,
    future::{Future as _, poll_fn},
    mem,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Duration,
};

use crate::{
    cell::{
        answer::{self, AnswerSender},
        current,
        wake_up::WakeUp,
    },
    process::{Node, Subject},
};

/// All applications are about to be stopped: take no more work from outside. See [`on_drain`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draining;

/// Keeps applications from being stopped, for as long as it is there or the drain may last. See [`on_drain`].
#[derive(Debug)]
#[must_use = "dropped at once, it holds up nothing"]
pub struct DrainHold {
    drain: Arc<Drain>,
    number: u64,
}

impl DrainHold {
    /// Says that the work is done; dropping it does the same.
    pub fn done(self) {}
}

impl Drop for DrainHold {
    fn drop(&mut self) {
        let (removed, waiting) = {
            let mut state = self.drain.state();
            let removed = state.holds.remove(&self.number);
            let is_over = state.holds.is_empty();
            (removed, if is_over { mem::take(&mut state.waiting) } else { Vec::new() })
        };
        drop(removed);
        waiting.into_iter().for_each(|waiting| waiting.answer(()));
    }
}

#[derive(Debug, Default)]
struct Drain(Mutex<DrainState>);

#[derive(Default)]
struct DrainState {
    is_draining: bool,
    next: u64,
    /// Who is to be told.
    holds: BTreeMap<u64, Subject<Draining>>,
    waiting: Vec<AnswerSender<()>>,
}

impl std::fmt::Debug for DrainState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DrainState").field("is_draining", &self.is_draining).field("holds", &self.holds.len()).finish()
    }
}

impl Drain {
    fn state(&self) -> MutexGuard<'_, DrainState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn of_node() -> Arc<Drain> {
    Node::current().inner().attached(Drain::default)
}

/// Whether the applications of the node drain, or are being stopped: a program that is asked then says that it is not
/// ready.
#[must_use]
pub fn is_draining() -> bool {
    of_node().state().is_draining
}

/// Tells `to` when the applications of the node are about to be stopped; they are not before what this returns is
/// dropped, or the [limit](super::StopAll::drain) is over. All who asked are told at once, and who asks while they
/// drain is told at once. A listener closes its socket then, and keeps the hold until its last connection is served. A
/// process that ends drops its hold with all that it has.
///
/// ```
/// use otp::{application::{self, DrainHold, Draining, StopAll}, prelude::*};
///
/// pub struct Listener { is_open: bool, hold: Option<DrainHold> }
///
/// #[actor]
/// impl Listener {
///     #[init]
///     fn init(ctx: &mut Context<Self>) -> Self {
///         let hold = application::on_drain(ctx.me().subject());
///         Self { is_open: true, hold: Some(hold) }
///     }
///     #[handle_info]
///     fn drain(&mut self, _: Draining, ctx: &mut Context<Self>) {
///         self.is_open = false;
///         ctx.after(Duration::from_secs(2)).served();             // the last connection takes so long
///     }
///     #[handle_cast]
///     fn served(&mut self) { self.hold = None; }
/// }
///
/// Sim::run(1, |t| {
///     let listener = Listener::start().unwrap();
///     let report = StopAll::new().drain(Duration::from_secs(10)).stop();
///     assert!(report.drained);
///     assert_eq!(t.now(), Duration::from_secs(2));
/// #   drop(listener);
/// });
/// ```
pub fn on_drain(to: Subject<Draining>) -> DrainHold {
    let drain = of_node();
    let (number, is_draining) = {
        let mut state = drain.state();
        state.next += 1;
        let number = state.next;
        state.holds.insert(number, to.clone());
        (number, state.is_draining)
    };
    if is_draining {
        to.send(Draining);
    }
    DrainHold { drain, number }
}

/// Tells all, and waits for them, at most for `limit`; says whether they have let go.
pub(super) async fn drain(limit: Duration) -> bool {
    let drain = of_node();
    let told: Vec<_> = {
        let mut state = drain.state();
        state.is_draining = true;
        state.holds.values().cloned().collect()
    };
    told.iter().for_each(|to| to.send(Draining));
    let done = {
        let mut state = drain.state();
        if state.holds.is_empty() {
            return true;
        }
        let (sender, done) = answer::channel();
        state.waiting.push(sender);
        done
    };
    let at = current::with(|me| me.header().deadline(Some(limit)));
    let mut timer = WakeUp::within(Some(limit));
    let mut done = pin!(done);
    poll_fn(|cx| match done.as_mut().poll(cx) {
        Poll::Ready(done) => Poll::Ready(done.is_some()),
        Poll::Pending => timer.poll(cx, at).map(|()| false),
    })
    .await
}

/// Nothing is being stopped any more.
pub(super) fn over() {
    let waiting = {
        let drain = of_node();
        let mut state = drain.state();
        state.is_draining = false;
        mem::take(&mut state.waiting)
    };
    drop(waiting);
}
