//! What the code of a process that is no server comes to: an end, or a sleep without a stack.

use std::{convert::Infallible, fmt, future::poll_fn, task::Poll};

use super::me::Me;
use crate::cell::{ExitReason, IntoReason, current, typed::Cell};

/// What a process that is no server may return: nothing, a result whose error is its exit reason, or what it does at
/// the next message ([`hibernate`]). You need not implement it.
#[diagnostic::on_unimplemented(
    message = "the code of a process returns `()`, `Result<(), E>`, `Hibernate` or never, not `{Self}`",
    label = "nobody gets what this code returns",
    note = "send it to a `Subject`"
)]
pub trait Termination: Send {
    /// What it does at the next message.
    ///
    /// # Errors
    /// The reason with which the process ends.
    fn into_next(self) -> Result<Hibernate, ExitReason>;
}

impl Termination for () {
    fn into_next(self) -> Result<Hibernate, ExitReason> {
        Err(ExitReason::Normal)
    }
}

impl<E: IntoReason + Send> Termination for Result<(), E> {
    fn into_next(self) -> Result<Hibernate, ExitReason> {
        Err(self.err().map_or(ExitReason::Normal, IntoReason::into_reason))
    }
}

impl Termination for Hibernate {
    fn into_next(self) -> Result<Hibernate, ExitReason> {
        Ok(self)
    }
}

impl Termination for Option<Hibernate> {
    fn into_next(self) -> Result<Hibernate, ExitReason> {
        self.ok_or(ExitReason::Normal)
    }
}

/// The type of code that never returns, whose name is not stable: what `fn() -> !` says.
trait Returns {
    type Value;
}

impl<T> Returns for fn() -> T {
    type Value = T;
}

#[allow(private_interfaces, reason = "it is `!`, whatever way leads there")]
impl Termination for <fn() -> ! as Returns>::Value {
    fn into_next(self) -> Result<Hibernate, ExitReason> {
        self
    }
}

type NextFn = Box<dyn FnOnce(&mut Me) -> Result<Hibernate, ExitReason> + Send>;

/// What a process does at the next message; see [`hibernate`].
#[must_use = "a process hibernates when its code returns this"]
pub struct Hibernate(NextFn);

/// What a process returns so that it sleeps without a stack, in as little memory as it can, and runs `code` at the next
/// message; at once, if there is one. `erlang:hibernate/3`.
///
/// A message for a subject, a `Down` and a trapped exit are messages; they wait to be received by `code`. Exit signals
/// act as ever. `Option<Hibernate>` is for code that may also end: with `None`, normally.
///
/// ```
/// use otp::process::{self, Hibernate, Me};
///
/// /// Ends when its third message has come.
/// fn count(me: &mut Me, before: usize) -> Option<Hibernate> {
///     match before + me.flush() {
///         3.. => None,
///         so_far => Some(process::hibernate(move |me| count(me, so_far))),
///     }
/// }
///
/// let (pid, monitor) = process::spawn_monitor(|me| count(me, 0));
/// (0..3).for_each(|n| process::send(pid, n));
/// assert!(process::current().receive_down(monitor, None).unwrap().reason.is_clean());
/// ```
pub fn hibernate<O: Termination>(code: impl FnOnce(&mut Me) -> O + Send + 'static) -> Hibernate {
    Hibernate(Box::new(|me| code(me).into_next()))
}

impl fmt::Debug for Hibernate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hibernate")
    }
}

/// Goes on as the code of the process wants to, until it ends; gives the reason.
pub(super) async fn go_on(next: Result<Hibernate, ExitReason>) -> ExitReason {
    match next {
        Err(reason) => reason,
        // In a box, so that it takes no room in processes that never sleep so.
        Ok(first) => Box::pin(wake_and_sleep(first)).await,
    }
}

async fn wake_and_sleep(mut next: Hibernate) -> ExitReason {
    loop {
        current::with(|me| Cell::shrink(me.typed::<Infallible>().expect("it is no server")));
        message().await;
        match next.0(&mut Me::new()) {
            Ok(again) => next = again,
            Err(reason) => return reason,
        }
    }
}

/// Ready when there is a message.
async fn message() {
    poll_fn(|_| {
        current::with(|me| {
            me.process().take_arrivals(me);
            if me.process().queue_len(me) > 0 { Poll::Ready(()) } else { Poll::Pending }
        })
    })
    .await;
}
