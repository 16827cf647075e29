//! The current process, as plain code sees it: its pid, its subjects, what it can wait for.

use std::{
    any::Any,
    fmt,
    future::{Future, poll_fn},
    marker::PhantomData,
    task::Poll,
    time::Duration,
};

use super::{
    AnyProcess, Down, Exit, MonitorRef, Pid,
    common::Home,
    current::{self, Interrupted},
    signal::Signal,
    timer::WakeUp,
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
        Self { pid: current::with(AnyProcess::pid) }
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
        let tag = current::with(|me| me.common().node.unique());
        Subject { owner: self.pid, tag, message: PhantomData }
    }

    /// Takes the oldest trapped exit signal; waits for one, at most for `limit`. `None` when the time is over.
    pub fn receive_exit(&self, limit: impl Into<Option<Duration>>) -> Option<Exit> {
        receive(limit.into(), |signal| matches!(signal, Signal::Trapped(_))).and_then(|signal| match signal {
            Signal::Trapped(exit) => Some(exit),
            _ => None,
        })
    }

    /// Takes the `Down` of one monitor; waits for it, at most for `limit`. `None` when the time is over.
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
    match try_receive(limit, accept) {
        Ok(signal) => signal,
        Err(Interrupted::Exiting) => None,
        Err(Interrupted::Resources) => panic!("the system has no further stack to wait on"),
    }
}

/// As [`receive`], for one who says what an interruption means.
pub(crate) fn try_receive(
    limit: Option<Duration>,
    accept: impl FnMut(&Signal) -> bool,
) -> Result<Option<Signal>, Interrupted> {
    current::block_on(receiving(limit, accept))
}

/// As [`receive`], to be awaited.
pub(crate) fn receiving(
    limit: Option<Duration>,
    mut accept: impl FnMut(&Signal) -> bool,
) -> impl Future<Output = Option<Signal>> {
    let at = current::with(|me| me.common().deadline(limit));
    let mut timer = WakeUp::new();
    poll_fn(move |cx| {
        current::with(|me| {
            let process = me.process();
            let found = process.take_signal(&mut accept).or_else(|| {
                process.take_arrivals(me);
                process.take_signal(&mut accept)
            });
            match found {
                Some(signal) => Poll::Ready(Some(signal)),
                None => timer.poll(cx, at).map(|()| None),
            }
        })
    })
}

/// An address for messages of type `T`, received by the process that made it, or that nobody receives any more.
///
/// Messages wait in the order in which they came until they are received, whatever else the process receives
/// meanwhile. Gleam's `Subject`.
///
/// ```
/// use otp::process;
/// use std::time::Duration;
///
/// let me = process::current();
/// let answers = me.subject::<u32>();
/// process::spawn(move |_| answers.send(42));
/// assert_eq!(answers.receive(Duration::from_secs(1)), Some(42));
/// ```
pub struct Subject<T> {
    owner: Pid,
    tag: u64,
    message: PhantomData<fn(T) -> T>,
}

impl<T: Send + 'static> Subject<T> {
    /// Sends a message to the owner; dropped when it is gone. Never waits.
    pub fn send(&self, message: T) {
        current::with(|me| {
            me.common().node.signal(self.owner, Signal::Foreign { tag: self.tag, payload: Box::new(message) });
        });
    }

    /// Takes the oldest message; waits for one, at most for `limit` (`None`: for ever). `None` when the time is over.
    ///
    /// # Panics
    /// When the calling process is not the owner, or the system has no further stack to wait on.
    pub fn receive(&self, limit: impl Into<Option<Duration>>) -> Option<T> {
        assert!(
            current::with(AnyProcess::pid) == self.owner,
            "a subject is received from by the process that made it, which is {}",
            self.owner
        );
        let tag = self.tag;
        let signal =
            receive(limit.into(), |signal| matches!(signal, Signal::Foreign { tag: other, .. } if *other == tag))?;
        match signal {
            Signal::Foreign { payload, .. } => payload.downcast().ok().map(|message| *message),
            _ => None,
        }
    }

    /// What its messages are marked with.
    #[cfg(feature = "run")]
    pub(crate) fn tag(&self) -> u64 {
        self.tag
    }

    /// A channel on which its messages arrive from now on, so that an OS thread can wait for them beside other things in
    /// `crossbeam_channel::select!`. Those that were not received before come first.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let answers = otp::process::current().subject::<u32>();
    /// otp::process::spawn(move |_| answers.send(42));
    /// let arrived = answers.channel();
    /// crossbeam_channel::select! {
    ///     recv(arrived) -> answer => assert_eq!(answer, Ok(42)),
    ///     default(Duration::from_secs(10)) => panic!("no answer"),
    /// }
    /// ```
    ///
    /// # Panics
    /// When the calling process is not the owner, or is no OS thread: a process on a core would block its core.
    pub fn channel(&self) -> crossbeam_channel::Receiver<T> {
        let (sender, receiver) = crossbeam_channel::unbounded();
        current::with(|me| {
            assert!(me.pid() == self.owner, "a subject is received from by the process that made it, {}", self.owner);
            assert!(
                !matches!(me.common().home, Home::Core),
                "a process on a core waits with `receive`: a channel would block its core"
            );
            let send = move |payload: Box<dyn Any + Send>| match payload.downcast::<T>() {
                Ok(message) => sender.send(*message).err().map(|error| Box::new(error.0) as Box<dyn Any + Send>),
                Err(payload) => Some(payload),
            };
            me.process().open_channel(me, self.tag, Box::new(send));
        });
        receiver
    }

    /// The process that receives.
    pub fn owner(&self) -> Pid {
        self.owner
    }
}

impl<T> Clone for Subject<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Subject<T> {}

impl<T> PartialEq for Subject<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.owner, self.tag) == (other.owner, other.tag)
    }
}

impl<T> Eq for Subject<T> {}

impl<T> fmt::Debug for Subject<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Subject({}, {})", self.owner, self.tag)
    }
}
