//! Channels for an OS thread that waits for its messages beside other things.
//!
//! Messages of a subject go from the door of the inbox straight into the channel. For a selector the thread, which may
//! be blocked in a `select!` that is not ours, needs somebody who acts on the signals and runs the user's functions for
//! it: a *forwarder*, a process of its own. What the selector selects goes to the forwarder, in the order in which it
//! came, and what that makes of it into the channel.

use std::{fmt, ops::Deref, sync::Arc};

use crossbeam_channel::Sender;

use super::{Selector, me::receiving, monitor, spawn_async};
use crate::cell::{
    AnyProcess, Exit, ExitReason, Pid, current,
    header::{Divert, Home},
    node::NodeInner,
    signal::{RAW, Signal},
};

/// The messages of a [`Subject`](super::Subject) or a [`Selector`], for an OS thread: a
/// [`crossbeam_channel::Receiver`], which it stands for in `crossbeam_channel::select!` and wherever one is borrowed.
///
/// When it is dropped, with all its clones, messages go to the inbox again. A clone of the receiver that it stands for
/// does not count: it is disconnected then.
pub struct Receiver<T> {
    // Dropped first: what comes when nobody receives goes to the inbox.
    open: Arc<Open>,
    receiver: crossbeam_channel::Receiver<T>,
}

impl<T> Receiver<T> {
    pub(super) fn of_subject(receiver: crossbeam_channel::Receiver<T>, owner: Pid, tag: u64, number: u64) -> Self {
        Self { open: Arc::new(Open { owner, number, what: What::Subject(tag) }), receiver }
    }
}

impl<T> Deref for Receiver<T> {
    type Target = crossbeam_channel::Receiver<T>;

    fn deref(&self) -> &Self::Target {
        &self.receiver
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        Self { open: Arc::clone(&self.open), receiver: self.receiver.clone() }
    }
}

impl<'a, T> IntoIterator for &'a Receiver<T> {
    type Item = T;
    type IntoIter = crossbeam_channel::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.receiver.iter()
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("owner", &self.open.owner).field("waiting", &self.len()).finish()
    }
}

/// A channel from which somebody may receive.
struct Open {
    owner: Pid,
    number: u64,
    what: What,
}

enum What {
    /// That with this tag.
    Subject(u64),
    /// That of this forwarder.
    Selector(AnyProcess),
}

impl Drop for Open {
    fn drop(&mut self) {
        let owner = NodeInner::find_anywhere(self.owner);
        let owner = owner.as_ref().map(AnyProcess::header);
        match &self.what {
            What::Subject(tag) => drop(owner.and_then(|owner| owner.remove_open(*tag, self.number))),
            What::Selector(forwarder) => {
                drop(owner.and_then(|owner| owner.remove_tap(self.number)));
                // It acts on what it was sent before. One that has ended need not.
                let _ = forwarder.signal(Signal::Foreign { tag: RAW, payload: Box::new(NobodyReceives) });
            }
        }
    }
}

/// Tells a forwarder that it is not needed any more.
struct NobodyReceives;

impl<R: Send + 'static> Selector<R> {
    /// A channel on which what it selects arrives from now on, so that an OS thread can wait for it beside other things
    /// in `crossbeam_channel::select!`. What was not received before comes first.
    ///
    /// The functions of the selector run in a process of their own; when one of them panics, or the [`Receiver`] is
    /// dropped, messages go to the inbox again, save those that were sent before and not received. Exit signals are
    /// selected if the thread traps them when it makes the channel.
    ///
    /// ```
    /// use otp::process::{self, Selector};
    ///
    /// let (pid, monitor) = process::spawn_monitor(|_| ());
    /// let ends = Selector::new().select_monitor(monitor, |down| down.pid).channel();
    /// otp::process::crossbeam_channel::select! {
    ///     recv(ends) -> ended => assert_eq!(ended, Ok(pid)),
    ///     default(std::time::Duration::from_secs(10)) => panic!("it lives"),
    /// }
    /// ```
    ///
    /// # Panics
    /// When the calling process is no OS thread: a process on a core would block its core.
    #[must_use]
    pub fn channel(&self) -> Receiver<R> {
        let (sender, receiver) = crossbeam_channel::unbounded();
        current::with(|me| {
            assert!(
                !matches!(me.header().home, Home::Core),
                "a process on a core waits with `receive`: a channel would block its core"
            );
            let (owner, selector, number) = (AnyProcess::clone(me), self.clone(), me.header().node.unique());
            let forwarder = spawn_async(move |_| async move {
                let _closing = Closing { owner: &owner, number };
                forward(&owner, &selector, &sender).await;
            });
            let forwarder = me.header().node.find(forwarder);
            if let Some(forwarder) = &forwarder {
                let (selector, traps) = (self.clone(), me.own().trap_exit.get());
                let tap = Forward { forwarder: forwarder.clone(), selector, traps };
                me.process().open_tap(me, number, Arc::new(tap));
            }
            // In a node that has stopped there is none, and nobody sends.
            let what = forwarder.map_or(What::Subject(RAW), What::Selector);
            Receiver { open: Arc::new(Open { owner: me.pid(), number, what }), receiver }
        })
    }
}

/// To the forwarder, what a selector selects.
struct Forward<R> {
    forwarder: AnyProcess,
    selector: Selector<R>,
    traps: bool,
}

/// A signal on its way to a forwarder.
struct Forwarded {
    signal: Signal,
    /// Nobody has acted on it.
    arrives: bool,
}

impl<R> Forward<R> {
    fn forward(&self, signal: Signal, arrives: bool) -> Result<(), Signal> {
        let payload = Box::new(Forwarded { signal, arrives });
        self.forwarder.signal(Signal::Foreign { tag: RAW, payload }).map_err(|signal| match signal {
            Signal::Foreign { payload, .. } => match payload.take::<Forwarded>() {
                Ok(forwarded) => forwarded.signal,
                Err(payload) => Signal::Foreign { tag: RAW, payload },
            },
            signal => signal,
        })
    }
}

impl<R: Send + 'static> Divert for Forward<R> {
    fn take(&self, signal: Signal) -> Result<(), Signal> {
        let is_message = match &signal {
            Signal::Exit { reason, link, .. } => self.traps && (*link || !matches!(reason, ExitReason::Kill)),
            _ => true,
        };
        if is_message && self.selector.selects(&signal) { self.forward(signal, true) } else { Err(signal) }
    }

    fn take_message(&self, message: Signal) -> Result<(), Signal> {
        if self.selector.selects(&message) { self.forward(message, false) } else { Err(message) }
    }
}

/// What a forwarder does, for as long as the owner lives and somebody receives.
async fn forward<R: Send + 'static>(owner: &AnyProcess, selector: &Selector<R>, to: &Sender<R>) {
    monitor(owner.pid());
    while let Some(Signal::Foreign { payload, .. }) =
        receiving(None, |signal| matches!(signal, Signal::Foreign { .. } | Signal::Down(_))).await
    {
        let Ok(forwarded) = payload.take::<Forwarded>() else { return };
        let message = if forwarded.arrives { act_on(owner, forwarded.signal) } else { Some(forwarded.signal) };
        if let Some(made) = message.and_then(|message| selector.make(message)) {
            // Nobody may receive by now, which will be said.
            drop(to.send(made));
        }
    }
}

/// Acts on a signal for its receiver; the message that it becomes, if it is not stale.
fn act_on(owner: &AnyProcess, signal: Signal) -> Option<Signal> {
    let header = owner.header();
    match signal {
        Signal::Exit { from, reason, link } => {
            let (active, reason) = header.hear_exit(from, reason, link);
            (active != Some(false)).then_some(Signal::Trapped(Exit { from, reason }))
        }
        Signal::Down(down) => {
            let active = header.relate(|relations| relations.monitoring.remove(&down.monitor)).flatten();
            active.map(|_| Signal::Down(down))
        }
        signal => Some(signal),
    }
}

/// The end of a forwarder, whatever it is.
struct Closing<'a> {
    owner: &'a AnyProcess,
    number: u64,
}

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        let tap = self.owner.header().remove_tap(self.number);
        drop(tap);
    }
}
