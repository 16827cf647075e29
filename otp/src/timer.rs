//! Timers for everything but an actor's own messages, for which there are [`Context::after`](crate::Context::after) and
//! [`every`](crate::Context::every): messages to subjects, functions, exit signals. Erlang's `timer` module and its
//! timer functions.
//!
//! Any process may set a timer, cancel it, and ask how long it will take. A timer ends with the process that it is
//! *for*, not with the one that set it: a message's receiver, the process that is to exit. Nothing expires early. A
//! [`Duration::MAX`] is never over. In a simulation all of it is virtual time.
//!
//! ```
//! use otp::{process, timer};
//! use std::time::Duration;
//!
//! let bell = process::current().subject();
//! let late = timer::send_after(Duration::from_secs(60), &bell, "late");
//! timer::send_after(Duration::from_millis(5), &bell, "early");
//! assert_eq!(bell.receive(None), Some("early"));
//! assert!(late.left() <= Some(Duration::from_secs(60)));
//! assert!(late.cancel().is_some());
//! assert_eq!(late.cancel(), None);
//! ```

use std::time::Duration;

pub use crate::process::{TimerRef, sleep};
use crate::{
    cell::{ExitReason, IntoReason, current},
    process::{
        self, Destination, Subject, Termination,
        timer::{self, When},
    },
    time::Moment,
};

/// The time since the start of the current node; it never goes backwards. `erlang:monotonic_time/0`.
///
/// ```
/// use otp::{prelude::*, timer};
///
/// Sim::run(1, |_| {
///     let before = timer::now();
///     otp::sleep(Duration::from_secs(60));
///     assert_eq!(timer::now() - before, Duration::from_secs(60));
/// });
/// ```
#[must_use]
pub fn now() -> Duration {
    current::now().saturating_duration_since(Moment::START)
}

/// Sends `message` to `subject` after a while. `erlang:send_after/3`.
///
/// Who has the name of a named subject, or the place of a server in its tree, is seen when the time has come; if it is
/// nobody then, the message is dropped. The timers of any other subject end with its owner. The function of a mapped
/// subject runs now.
///
/// ```
/// use otp::{prelude::*, timer};
///
/// Sim::run(1, |t| {
///     let bell = process::current().subject();
///     timer::send_after(Duration::from_secs(60), &bell, "ring");
///     assert_eq!(bell.receive(None), Some("ring"));
///     assert_eq!(t.now(), Duration::from_secs(60));
/// });
/// ```
pub fn send_after<T: Send + 'static>(after: Duration, subject: &Subject<T>, message: T) -> TimerRef {
    timer::post(When::After(after), subject, |_| message)
}

/// As [`send_after`], so long after the start of the receiver's node: see [`now`]. At once when that has passed.
/// `erlang:send_after/4` with `{abs, true}`.
///
/// ```
/// use otp::{prelude::*, timer};
///
/// Sim::run(1, |_| {
///     let bell = process::current().subject();
///     let noon = timer::now() + Duration::from_secs(12 * 3600);
///     timer::send_at(noon, &bell, "noon");
///     assert_eq!(bell.receive(None), Some("noon"));
///     assert_eq!(timer::now(), noon);
/// });
/// ```
pub fn send_at<T: Send + 'static>(at: Duration, subject: &Subject<T>, message: T) -> TimerRef {
    timer::post(When::At(at), subject, |_| message)
}

/// A message from a timer that says from which: Erlang's `{timeout, TimerRef, Message}`.
///
/// [`start_timer`] has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeout<T> {
    /// The timer; equal to what [`start_timer`] returned.
    pub timer: TimerRef,
    /// What it was set with.
    pub message: T,
}

/// As [`send_after`], with a message that says which timer it comes from, so that the receiver can tell it from one
/// that it has given up. `erlang:start_timer/3`.
///
/// ```
/// use otp::{prelude::*, timer};
///
/// Sim::run(1, |_| {
///     let late = process::current().subject();
///     timer::start_timer(Duration::from_secs(1), &late, "given up");
///     let waited_for = timer::start_timer(Duration::from_secs(2), &late, "waited for");
///     let first = std::iter::from_fn(|| late.receive(None)).find(|timeout| timeout.timer == waited_for);
///     assert_eq!(first.unwrap().message, "waited for");
/// });
/// ```
pub fn start_timer<T: Send + 'static>(after: Duration, subject: &Subject<Timeout<T>>, message: T) -> TimerRef {
    timer::post(When::After(after), subject, |timer| Timeout { timer, message })
}

/// Sends clones of `message` to `subject` every `period`, the first after one. `timer:send_interval/3`.
///
/// Ticks stand at multiples of the period, however late one of them is sent; those that were missed are not made up
/// for. They end with the owner of the subject, which for a name or a place in a tree is who has it now: a later one
/// sets its own timer. Each clone is made in a process of its own; a panic there is reported, and the next tick comes
/// all the same.
///
/// A period of zero is one nanosecond.
///
/// ```
/// use otp::{prelude::*, timer};
///
/// Sim::run(1, |t| {
///     let ticks = process::current().subject();
///     let timer = timer::send_interval(Duration::from_secs(1), &ticks, "tick");
///     t.advance(Duration::from_millis(3500));
///     timer.cancel();
///     t.advance(Duration::from_secs(60));
///     assert_eq!(ticks.flush(), 3);
/// });
/// ```
pub fn send_interval<T: Clone + Send + Sync + 'static>(period: Duration, subject: &Subject<T>, message: T) -> TimerRef {
    timer::post_every(period, subject, message)
}

/// Calls `f` after a while, in a process of its own. `timer:apply_after/2`.
///
/// It belongs to nobody: only [`cancel`](TimerRef::cancel) and the end of the node end it before. A panic in `f`, or an
/// `Err`, is reported, and ends nothing else.
///
/// ```
/// use otp::{prelude::*, timer};
///
/// Sim::run(1, |t| {
///     let bell = process::current().subject();
///     let ring = bell.clone();
///     timer::apply_after(Duration::from_secs(60), move || ring.send(otp::self_pid()));
///     assert_ne!(bell.receive(None), Some(otp::self_pid()));      // a process of its own
///     assert_eq!(t.now(), Duration::from_secs(60));
/// });
/// ```
pub fn apply_after<O: Termination + 'static>(after: Duration, f: impl FnOnce() -> O + Send + 'static) -> TimerRef {
    timer::apply(None, after, f)
}

/// Calls `f` every `period`, the first time after one, each time in a process of its own. `timer:apply_interval/2`.
///
/// Ticks are as those of [`send_interval`]; they do not wait for `f`, so that a long one may overlap the next. They end
/// with the current process. A panic in `f`, or an `Err`, is reported, and the next tick comes all the same.
///
/// ```
/// use otp::{prelude::*, timer};
///
/// Sim::run(1, |t| {
///     let bell = process::current().subject();
///     let ring = bell.clone();
///     timer::apply_interval(Duration::from_secs(1), move || ring.send(()));
///     t.advance(Duration::from_millis(3500));
///     assert_eq!(bell.flush(), 3);
/// });
/// ```
pub fn apply_interval<O: Termination + 'static>(
    period: Duration,
    f: impl Fn() -> O + Send + Sync + 'static,
) -> TimerRef {
    timer::apply_every(process::self_pid(), period, f)
}

/// Sends an exit signal to a process, by pid or by name, after a while: see [`exit`](crate::process::exit).
/// `timer:exit_after/3`.
///
/// Who has a name is seen when the time has come; nothing happens if it is nobody. The signal comes from a process of
/// the timer's, so that a reason of `Normal` ends nobody, not even the process that has set it.
///
/// ```
/// use otp::{prelude::*, timer};
///
/// Sim::run(1, |t| {
///     let (pid, monitor) = process::spawn_monitor(|_| timer::sleep_forever());
///     timer::exit_after(Duration::from_secs(60), pid, ExitReason::shutdown_with("too slow"));
///     let down = process::current().receive_down(monitor, None).unwrap();
///     assert_eq!((down.reason, t.now()), (ExitReason::shutdown_with("too slow"), Duration::from_secs(60)));
/// });
/// ```
pub fn exit_after(after: Duration, destination: impl Into<Destination>, reason: impl IntoReason) -> TimerRef {
    let (destination, reason) = (destination.into(), reason.into_reason());
    let owner = match destination {
        Destination::Pid(pid) => Some(pid),
        Destination::Name(_) => None,
    };
    timer::apply(owner, after, move || process::exit(destination, reason))
}

/// Kills a process, by pid or by name, after a while: [`exit_after`] with [`ExitReason::Kill`]. `timer:kill_after/2`.
///
/// ```
/// use otp::{prelude::*, timer};
///
/// Sim::run(1, |_| {
///     let (pid, monitor) = process::spawn_monitor(|_| timer::sleep_forever());
///     let timer = timer::kill_after(Duration::from_secs(60), pid);
///     assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Killed);
///     assert_eq!(timer.left(), None);
/// });
/// ```
pub fn kill_after(after: Duration, destination: impl Into<Destination>) -> TimerRef {
    exit_after(after, destination, ExitReason::Kill)
}

/// Calls `f` and says how long it took on the clock of the node, waits included. `timer:tc/1`.
///
/// ```
/// use otp::{prelude::*, timer};
///
/// Sim::run(1, |_| {
///     let (took, answer) = timer::tc(|| {
///         otp::sleep(Duration::from_secs(2));
///         42
///     });
///     assert_eq!((took, answer), (Duration::from_secs(2), 42));
/// });
/// ```
pub fn tc<R>(f: impl FnOnce() -> R) -> (Duration, R) {
    let began = now();
    let result = f();
    (now().saturating_sub(began), result)
}

/// Waits until the process is ended; an exit signal ends the wait, as it ends [`sleep`](fn@sleep).
/// `Process.sleep(:infinity)`.
///
/// Returns only in a `Drop` of a process that is ending, which cannot wait.
///
/// ```
/// use otp::{prelude::*, timer};
///
/// let (pid, monitor) = process::spawn_monitor(|_| timer::sleep_forever());
/// otp::process::exit(pid, ExitReason::Shutdown);
/// assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Shutdown);
/// ```
///
/// # Panics
/// As [`sleep`](fn@sleep).
pub fn sleep_forever() {
    sleep(Duration::MAX);
}
