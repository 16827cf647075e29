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

/// The pid of the current process. `erlang:self/0`.
///
/// A thread that is no process yet becomes one of the default node.
///
/// ```
/// let me = otp::self_pid();
/// otp::process::send(me, "a note to myself");
/// assert_eq!(me, otp::process::current().pid());
/// ```
///
/// # Panics
/// When the thread is no process yet, and the system has no threads for the default node.
pub fn self_pid() -> Pid {
    current::with(|me| me.pid())
}

/// A handle to the current process; see [`current()`].
///
/// # Panics
/// Its methods, but for [`pid`](Me::pid), panic in any other process than its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Me {
    pid: Pid,
}

/// The current process. A thread that is none yet becomes one of the default node, and traps exits.
///
/// ```
/// use otp::process;
///
/// let me = process::current();
/// let (pid, monitor) = process::spawn_monitor(|me| assert_eq!(*me, process::current()));
/// assert_ne!(pid, me.pid());
/// assert!(me.receive_down(monitor, None).unwrap().reason.is_clean());
/// ```
///
/// # Panics
/// When the thread is no process yet, and the system has no threads for the default node.
#[must_use]
pub fn current() -> Me {
    Me::new()
}

impl Me {
    pub(crate) fn new() -> Self {
        Self { pid: current::with(|me| me.pid()) }
    }

    /// Its pid.
    #[must_use]
    pub fn pid(&self) -> Pid {
        self.pid
    }

    #[track_caller]
    fn check(&self) {
        let own = current::with(|me| me.pid());
        assert!(own == self.pid, "`Me` is of process {}, and {own} cannot act for it", self.pid);
    }

    /// Says whether exit signals become messages; see [`trap_exit`](crate::process::trap_exit).
    ///
    /// ```
    /// use otp::{prelude::*, process};
    ///
    /// let (pid, monitor, ()) = process::start_monitor(|me, ack| {
    ///     me.trap_exit(true);
    ///     ack.started(());
    ///     let _why = me.receive_exit(None);          // tidies up, and ends by itself
    /// })?;
    /// otp::process::exit(pid, ExitReason::Shutdown);
    /// assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Normal);
    /// # Ok::<(), process::AckError>(())
    /// ```
    pub fn trap_exit(&self, trap: bool) -> bool {
        self.check();
        super::trap_exit(trap)
    }

    /// A new subject: an address for messages of one type that this process receives. `gleam_erlang`'s `new_subject`.
    ///
    /// ```
    /// use otp::process;
    ///
    /// let answers = process::current().subject();
    /// let to = answers.clone();
    /// process::spawn(move |_| to.send(6 * 7));
    /// assert_eq!(answers.receive(None), Some(42));
    /// ```
    #[must_use]
    pub fn subject<T: Send + 'static>(&self) -> Subject<T> {
        self.check();
        Subject::of_process(self.pid, current::with(|me| me.header().node.unique()))
    }

    /// Drops all messages that wait, in whatever way they would be received; how many there were.
    ///
    /// In a server these are its own as well: calls to it fail. Requests to terminate stay.
    /// `gleam_erlang`'s `flush_messages`.
    ///
    /// ```
    /// use otp::process;
    ///
    /// let me = process::current();
    /// me.subject().send("for a subject");
    /// process::send(me.pid(), "as it is");
    /// assert_eq!(me.flush(), 2);
    /// assert_eq!(me.flush(), 0);
    /// ```
    pub fn flush(&self) -> usize {
        self.check();
        current::with(|me| me.process().flush(me))
    }

    /// Takes the oldest trapped exit signal; waits for one, at most for `limit` (`None`: for ever). `None` when the
    /// time is over.
    ///
    /// ```
    /// use otp::{prelude::*, process};
    ///
    /// let pid = process::spawn_link(|_| Err(ExitReason::other("no paper")));
    /// let exit = process::current().receive_exit(Duration::from_secs(5)).expect("it ends");
    /// assert_eq!((exit.from, exit.reason), (pid, ExitReason::other("no paper")));
    /// ```
    ///
    /// # Panics
    /// When the system has no further stack to wait on, or an exit is to end an adopted thread: see
    /// [threads](crate::process#threads).
    pub fn receive_exit(&self, limit: impl Into<Option<Duration>>) -> Option<Exit> {
        self.check();
        receive(limit.into(), |signal| matches!(signal, Signal::Trapped(_))).and_then(|signal| match signal {
            Signal::Trapped(exit) => Some(exit),
            _ => None,
        })
    }

    /// As [`receive_exit`](Me::receive_exit), to be awaited.
    ///
    /// ```
    /// use otp::{prelude::*, process};
    ///
    /// let (_, monitor) = process::spawn_monitor_async(|me| async move {
    ///     me.trap_exit(true);
    ///     let child = process::spawn_link(|_| ());
    ///     assert_eq!(me.receive_exit_async(None).await.map(|exit| exit.from), Some(child));
    /// });
    /// assert!(process::current().receive_down(monitor, None).unwrap().reason.is_clean());
    /// ```
    ///
    /// # Cancel safety
    /// Cancel safe: an exit is taken only by the poll that gives it.
    pub async fn receive_exit_async(&self, limit: impl Into<Option<Duration>>) -> Option<Exit> {
        self.check();
        match receiving(limit.into(), |signal| matches!(signal, Signal::Trapped(_))).await? {
            Signal::Trapped(exit) => Some(exit),
            _ => None,
        }
    }

    /// As [`receive_down`](Me::receive_down), to be awaited.
    ///
    /// ```
    /// use otp::{prelude::*, process};
    ///
    /// let (_, monitor) = process::spawn_monitor_async(|me| async move {
    ///     let (child, monitor) = process::spawn_monitor(|_| ());
    ///     assert_eq!(me.receive_down_async(monitor, None).await.map(|down| down.pid), Some(child));
    /// });
    /// assert!(process::current().receive_down(monitor, None).unwrap().reason.is_clean());
    /// ```
    ///
    /// # Cancel safety
    /// Cancel safe: a `Down` is taken only by the poll that gives it.
    pub async fn receive_down_async(&self, monitor: MonitorRef, limit: impl Into<Option<Duration>>) -> Option<Down> {
        self.check();
        receiving_down(Mark::default(), monitor, limit.into()).await
    }

    /// Takes the `Down` of one monitor; waits for it, at most for `limit` (`None`: for ever). `None` when the time is
    /// over.
    ///
    /// ```
    /// use otp::{prelude::*, process};
    ///
    /// let (first, second) = (process::spawn_monitor(|_| ()), process::spawn_monitor(|_| ()));
    /// let me = process::current();
    /// assert_eq!(me.receive_down(second.1, None).unwrap().pid, second.0);     // whichever ends first
    /// assert_eq!(me.receive_down(first.1, Duration::from_secs(5)).unwrap().reason, ExitReason::Normal);
    /// ```
    ///
    /// # Panics
    /// When the system has no further stack to wait on, or an exit is to end an adopted thread: see
    /// [threads](crate::process#threads).
    pub fn receive_down(&self, monitor: MonitorRef, limit: impl Into<Option<Duration>>) -> Option<Down> {
        self.check();
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
    let at = current::with(|me| me.header().deadline(limit));
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
