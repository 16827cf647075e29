//! Selectors as channels: how an OS thread waits for its messages beside other things.
//!
//! The thread may be blocked in a `select!` that is not ours, so somebody else acts on the signals and runs the user's
//! functions for it: a *forwarder*, a process of its own. What the selector selects goes from the door of the inbox to
//! the forwarder, in the order in which it came, and what that makes of it into the channel.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};

use super::{
    AnyProcess, Exit, ExitReason, Selector,
    common::Home,
    current,
    me::receive,
    monitor,
    signal::{RAW, Signal},
    spawn,
};

/// What takes signals that are meant for an inbox; called under its lock.
pub(crate) trait Tap: Send + Sync {
    /// Takes a signal that arrives, or gives it back.
    fn take(&self, signal: Signal) -> Result<(), Signal>;
    /// Takes a message that was in the inbox, or gives it back.
    fn take_message(&self, message: Signal) -> Result<(), Signal>;
}

impl<R: Send + 'static> Selector<R> {
    /// A channel on which what it selects arrives from now on, so that an OS thread can wait for it beside other things in
    /// `crossbeam_channel::select!`. What was not received before comes first.
    ///
    /// The functions of the selector run in a process of their own; when one of them panics, or the [`Receiver`] is
    /// dropped, messages go to the inbox again. Exit signals are selected if the thread traps them when it makes the
    /// channel.
    ///
    /// ```
    /// use otp::process::{self, Selector};
    ///
    /// let (pid, monitor) = process::spawn_monitor(|_| ());
    /// let ends = Selector::new().select_monitor(monitor, |down| down.pid).channel();
    /// crossbeam_channel::select! {
    ///     recv(ends) -> ended => assert_eq!(ended, Ok(pid)),
    ///     default(std::time::Duration::from_secs(10)) => panic!("it lives"),
    /// }
    /// ```
    ///
    /// # Panics
    /// When the calling process is no OS thread: a process on a core would block its core.
    pub fn channel(&self) -> Receiver<R> {
        let (sender, receiver) = crossbeam_channel::unbounded();
        current::with(|me| {
            assert!(
                !matches!(me.common().home, Home::Core),
                "a process on a core waits with `receive`: a channel would block its core"
            );
            let (owner, selector, number) = (me.clone(), self.clone(), me.common().node.unique());
            let forwarder = spawn(move |_| {
                let _closing = Closing { owner: &owner, number };
                forward(&owner, &selector, &sender);
            });
            let tap = me.common().node.find(forwarder).map(|forwarder| Forward {
                forwarder,
                selector: self.clone(),
                traps: me.common().own.trap_exit.get(),
            });
            if let Some(tap) = tap {
                me.process().open_tap(me, number, Arc::new(tap));
            }
        });
        receiver
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

impl<R: Send + 'static> Tap for Forward<R> {
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
fn forward<R: Send + 'static>(owner: &AnyProcess, selector: &Selector<R>, to: &Sender<R>) {
    monitor(owner.pid());
    while let Some(Signal::Foreign { payload, .. }) =
        receive(None, |signal| matches!(signal, Signal::Foreign { .. } | Signal::Down(_)))
    {
        let Ok(forwarded) = payload.take::<Forwarded>() else { continue };
        let message = if forwarded.arrives { act_on(owner, forwarded.signal) } else { Some(forwarded.signal) };
        if let Some(made) = message.and_then(|message| selector.make(message))
            && to.send(made).is_err()
        {
            return;
        }
    }
}

/// Acts on a signal for its receiver; the message that it becomes, if it is not stale.
fn act_on(owner: &AnyProcess, signal: Signal) -> Option<Signal> {
    let common = owner.common();
    match signal {
        Signal::Exit { from, reason, link } => {
            let (active, reason) = common.hear_exit(from, reason, link);
            (active != Some(false)).then_some(Signal::Trapped(Exit { from, reason }))
        }
        Signal::Down(down) => {
            let active = common.relate(|relations| relations.monitoring.remove(&down.monitor)).flatten();
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
        let tap = self.owner.common().remove_tap(self.number);
        drop(tap);
    }
}
