//! The current process, as plain code sees it: its pid, its subjects, what it can wait for.

use std::{
    borrow::BorrowMut,
    future::{Future, poll_fn},
    task::Poll,
    time::Duration,
};

use super::Subject;
use crate::cell::{
    Down, Exit, MonitorRef, Pid,
    current::{self, Interrupted},
    mark::Mark,
    signal::Signal,
    wake_up::WakeUp,
};

/// A handle to the current process; see [`current()`].
#[derive(Debug, Clone, Copy)]
pub struct Me {
    pid: Pid,
}

/// The current process. A thread that is none yet becomes one of the default node, and traps exits.
pub fn current() -> Me {
    Me::new()
}

impl Me {
    pub(crate) fn new() -> Self {
        Self { pid: current::with(|me| me.pid()) }
    }

    /// Its pid.
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// Says whether exit signals become messages; see [`trap_exit`](crate::trap_exit).
    pub fn trap_exit(&self, trap: bool) -> bool {
        super::trap_exit(trap)
    }

    /// A new subject: an address for messages of one type that this process receives. `gleam_erlang`'s `new_subject`.
    pub fn subject<T: Send + 'static>(&self) -> Subject<T> {
        Subject::of_process(self.pid, current::with(|me| me.common().node.unique()))
    }

    /// Drops all messages that wait, in whatever way they would be received; how many there were.
    ///
    /// In a server these are its own as well: calls to it fail. Requests to terminate stay.
    /// `gleam_erlang`'s `flush_messages`.
    pub fn flush(&self) -> usize {
        current::with(|me| me.process().flush(me))
    }

    /// Takes the oldest trapped exit signal; waits for one, at most for `limit` (`None`: for ever). `None` when the time is
    /// over.
    ///
    /// # Panics
    /// When the system has no further stack to wait on.
    pub fn receive_exit(&self, limit: impl Into<Option<Duration>>) -> Option<Exit> {
        receive(limit.into(), |signal| matches!(signal, Signal::Trapped(_))).and_then(|signal| match signal {
            Signal::Trapped(exit) => Some(exit),
            _ => None,
        })
    }

    /// Takes the `Down` of one monitor; waits for it, at most for `limit` (`None`: for ever). `None` when the time is over.
    ///
    /// # Panics
    /// When the system has no further stack to wait on.
    pub fn receive_down(&self, monitor: MonitorRef, limit: impl Into<Option<Duration>>) -> Option<Down> {
        receive(limit.into(), |signal| matches!(signal, Signal::Down(down) if down.monitor == monitor)).and_then(
            |signal| match signal {
                Signal::Down(down) => Some(down),
                _ => None,
            },
        )
    }
}

/// Takes the oldest signal that `accept` likes; waits for it at most for `limit`.
pub(crate) fn receive(limit: Option<Duration>, accept: impl FnMut(&Signal) -> bool) -> Option<Signal> {
    match current::block_on(receiving(limit, accept)) {
        Ok(signal) => signal,
        Err(Interrupted::Exiting) => None,
        Err(Interrupted::Resources) => panic!("the system has no further stack to wait on"),
    }
}

/// Waits for the `Down` of a monitor that was made behind `mark`, at most for `limit`.
pub(crate) fn try_receive_down(
    mark: Mark,
    monitor: MonitorRef,
    limit: Option<Duration>,
) -> Result<Option<Down>, Interrupted> {
    current::block_on(receiving_down(mark, monitor, limit))
}

/// As [`try_receive_down`], to be awaited.
pub(crate) async fn receiving_down(mark: Mark, monitor: MonitorRef, limit: Option<Duration>) -> Option<Down> {
    let is_its = |signal: &Signal| matches!(signal, Signal::Down(down) if down.monitor == monitor);
    match receiving_behind(mark, limit, is_its).await? {
        Signal::Down(down) => Some(down),
        _ => None,
    }
}

/// Where the messages begin that come from now on.
pub(crate) fn mark() -> Mark {
    current::with(|me| me.process().mark(me))
}

/// As [`receive`], to be awaited.
pub(crate) fn receiving(
    limit: Option<Duration>,
    accept: impl FnMut(&Signal) -> bool,
) -> impl Future<Output = Option<Signal>> {
    receiving_behind(Mark::default(), limit, accept)
}

/// As [`receiving`], of signals behind a mark. The next receive can go on from there, if it accepts nothing that this
/// one did not.
pub(crate) fn receiving_behind(
    mut mark: impl BorrowMut<Mark>,
    limit: Option<Duration>,
    mut accept: impl FnMut(&Signal) -> bool,
) -> impl Future<Output = Option<Signal>> {
    let at = current::with(|me| me.common().deadline(limit));
    let mut timer = WakeUp::within(limit);
    poll_fn(move |cx| {
        let mark = mark.borrow_mut();
        current::with(|me| {
            let process = me.process();
            let found = process.take_signal(me, mark, &mut accept).or_else(|| {
                process.take_arrivals(me);
                // What was sent behind an exit signal is not received any more.
                if me.own().fatal().is_some() { None } else { process.take_signal(me, mark, &mut accept) }
            });
            match found {
                Some(signal) => Poll::Ready(Some(signal)),
                None => timer.poll(cx, at).map(|()| None),
            }
        })
    })
}
