//! How a mailbox is to be: how many messages may wait in it, what happens to one more, which go first.

use std::{any::Any, error::Error, fmt, num::NonZeroUsize};

/// How many messages may wait for a process.
///
/// What counts are the messages that others send: calls, casts, infos, and what is found by its type. What the process
/// asked for itself is neither counted nor refused: timers, `ctx.next()`, what it sends to itself, and what comes
/// through a [`Subject`](crate::process::Subject) that it has made, for which a handler may be waiting. Signals never
/// wait behind a full mailbox: exits, links, monitors, `stop`.
///
/// ```
/// use otp::{mailbox::{Mailbox, Policy}, actor::Starter, prelude::*};
/// # pub struct Echo;
/// # #[actor]
/// # impl Echo {
/// #     #[init] fn init() -> Self { Self }
/// #     #[handle_call] pub fn echo(&self, n: u32) -> u32 { n }
/// # }
///
/// Sim::run(1, |_| {
///     let echo = Starter::<Echo>::new().mailbox(Mailbox::bounded(1, Policy::Reject)).start(()).unwrap();
///     let (first, second) = (echo.request().echo(1), echo.request().echo(2));
///     assert_eq!(second.wait(), Err(CallError::Full));
///     assert_eq!(first.wait(), Ok(1));
/// });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mailbox {
    pub(super) bound: Option<Bound>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bound {
    pub(super) limit: NonZeroUsize,
    pub(super) policy: Policy,
}

/// What happens to a message for a mailbox that is full.
///
/// A call that is refused or dropped gets [`CallError::Full`](crate::CallError::Full). A cast is dropped and counted:
/// see [`ClientExt::dropped`](crate::ClientExt::dropped) and [`Actor::overflowed`](crate::Actor::overflowed).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Policy {
    /// Its sender waits: a process on a core is set aside, a future is pending, an OS thread blocks; until there is
    /// room, until the client's timeout, or until either side ends. Senders come in in the order in which they came.
    ///
    /// A cast that gets no room in time is dropped, and so is one that would wait for ever, since its receiver waits
    /// for its sender; a call ends with the [`CallError`](crate::CallError) that says so. The cast of an `as_async`
    /// client waits when it is awaited, and is dropped when it is not; so is what is sent by its type alone, with
    /// [`send`](crate::process::send) or a client's `subject`.
    Block,
    /// The message is refused.
    Reject,
    /// The oldest message that waits is dropped; the new one, if only such wait that go first.
    DropOldest,
    /// The newest message is dropped: the new one, unless it goes first and another one that waits does not.
    DropNewest,
    /// The receiver ends, as by an exit signal that cannot be trapped, with a [`MailboxFull`] as its reason.
    Stop,
}

impl Mailbox {
    /// There is no limit, nobody waits, and nothing is refused.
    pub const UNBOUNDED: Self = Self { bound: None };

    /// At most `limit` messages of others wait; `policy` says what happens to one more.
    ///
    /// ```
    /// use otp::mailbox::{Mailbox, Policy};
    ///
    /// const AT_MOST_A_THOUSAND: Mailbox = Mailbox::bounded(1000, Policy::Block);
    /// assert_ne!(AT_MOST_A_THOUSAND, Mailbox::UNBOUNDED);
    /// ```
    ///
    /// # Panics
    /// When `limit` is zero.
    #[must_use]
    pub const fn bounded(limit: usize, policy: Policy) -> Self {
        match NonZeroUsize::new(limit) {
            Some(limit) => Self { bound: Some(Bound { limit, policy }) },
            None => panic!("a mailbox has room for at least one message"),
        }
    }
}

/// Messages that a process lost because its mailbox was full; see [`Actor::overflowed`](crate::Actor::overflowed).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dropped {
    /// How many there were since the last time that it was told. Calls do not count: their callers know.
    pub count: u64,
    /// The name of the last one.
    pub message: &'static str,
}

/// Why a process ended whose mailbox was full, under [`Policy::Stop`]; found with
/// [`ExitReason::error_ref`](crate::ExitReason::error_ref).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailboxFull {
    pub(super) limit: usize,
}

impl MailboxFull {
    /// How many messages could wait.
    ///
    /// ```
    /// use otp::{mailbox::MailboxFull, prelude::*};
    /// # pub struct Log;
    /// #[actor(mailbox = bounded(2, stop))]
    /// impl Log {
    /// #     #[init] fn init() -> Self { Self }
    ///     #[handle_cast]
    ///     pub fn line(&mut self, _line: &'static str) {}
    /// }
    ///
    /// Sim::run(1, |t| {
    ///     let log = Log::start().unwrap();
    ///     let monitor = log.monitor().unwrap();
    ///     ["one", "two", "three"].map(|line| log.line(line));
    ///     let down = process::current().receive_down(monitor, None).unwrap();
    ///     assert_eq!(down.reason.error_ref::<MailboxFull>().unwrap().limit(), 2);
    ///     assert_eq!(t.crashes().len(), 1);
    /// });
    /// ```
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit
    }
}

impl fmt::Display for MailboxFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "its mailbox was full, with {} messages", self.limit)
    }
}

impl Error for MailboxFull {}

/// What waits in a mailbox, as [`Actor::PRIORITY`](crate::Actor::PRIORITY) looks at it.
#[derive(Debug)]
pub enum Queued<'a, M> {
    /// A message of the actor's own.
    Message(&'a M),
    /// What would come as an [`Info::Other`](crate::actor::Info::Other).
    Info(&'a (dyn Any + Send)),
}

/// Decides whether a message is urgent: `true` puts it before all that wait and are not.
pub type IsUrgent<M> = fn(Queued<'_, M>) -> bool;
