//! Actors: processes that serve typed messages, one after another. OTP's `gen_server`.
//!
//! [`Actor`] is what `#[actor]` implements and what can be implemented by hand.

// `server` is the loop of an actor; the other files are the sides of a conversation with it.

mod address;
pub(crate) mod call;
pub(crate) mod client;
mod context;
mod dispatch;
pub(crate) mod error;
mod left;
#[cfg(all(test, loom))]
mod loom_tests;
pub(crate) mod mode;
pub(crate) mod name;
mod named;
pub(crate) mod notes;
pub(crate) mod options;
pub(crate) mod place;
pub(crate) mod reply;
pub(crate) mod report;
pub(crate) mod requested;
pub(crate) mod requests;
pub(crate) mod sent;
mod server;
mod starter;
pub(crate) mod stop;
mod subject;
mod system;
pub(crate) mod test_context;
pub(crate) mod to_pid;

/// What appears in hidden methods of public traits.
pub(crate) mod hidden {
    pub use super::{
        address::Address,
        mode::{DelayedHandle, LocalHandle, Target},
        reply::ReplyTracker,
    };
}

use std::{fmt, future::Future, pin::Pin};

pub(crate) use self::{
    address::Address,
    call::CALL_TIMEOUT,
    client::{of_place, of_process},
    starter::{Start, Starting},
    system::{Inspected, ServerTermination, SystemRequest, shown},
};
pub(crate) use self::{
    call::Reply,
    client::{ActorRef, Client, ClientExt},
    error::CallError,
    mode::{Addressed, After, Async, AwaitsReply, Blocking, Build, IdleTimeout, Mode, Next, OneWay, Request},
    name::Name,
    options::{Restart, Shutdown},
    place::{ChildId, Place},
    reply::ReplyTo,
    sent::Sent,
    to_pid::ToPid,
};
pub use self::{
    context::Context,
    error::{EnterLoopError, StartError},
    options::Options,
    starter::Starter,
    stop::{stop, stop_async},
    subject::Handles,
    system::{FormatStatus, StatusTexts},
};
pub use crate::cell::Info;
use crate::{
    cell::{Dropped, ExitReason, IntoReason, IsUrgent, MessageKind},
    scheduler::Code,
};

/// A server: state, and how it changes with each message. OTP's `gen_server` behaviour.
///
/// `#[actor]` on an `impl` block implements it; by hand it looks like this:
///
/// ```
/// use otp::{Actor, Context, actor::{Handled, Init}, mode::Mode, ActorRef, ReplyTo};
///
/// struct Counter(i64);
///
/// enum Message {
///     Add(i64),
///     Get(ReplyTo<i64>),
/// }
///
/// impl Actor for Counter {
///     type Args = i64;
///     type Message = Message;
///     type Client<M: Mode> = ActorRef<Self, M>;
///     const NAME: &'static str = "Counter";
///
///     fn init(start: i64, _: &mut Context<Self>) -> Handled<'_, Init<Self>> {
///         Handled::Done(Init::Ok(Counter(start)))
///     }
///
///     fn handle<'a>(&'a mut self, message: Message, ctx: &'a mut Context<Self>) -> Handled<'a> {
///         match message {
///             Message::Add(by) => self.0 += by,
///             Message::Get(reply) => {
///                 if reply.begin() {
///                     ctx.reply(reply, self.0);
///                 }
///             }
///         }
///         Handled::Done(Ok(()))
///     }
///
///     fn message_name(message: &Message) -> &'static str {
///         match message {
///             Message::Add(_) => "add",
///             Message::Get(_) => "get",
///         }
///     }
/// }
///
/// let counter = otp::start::<Counter>(40)?;
/// counter.cast(Message::Add(2));
/// assert_eq!(counter.call(Message::Get), Ok(42));
/// # Ok::<(), otp::StartError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an actor",
    label = "not an actor",
    note = "put `#[actor]` on an `impl {Self}` block, or implement `otp::Actor` by hand"
)]
pub trait Actor: Sized + Send + 'static {
    /// What `init` takes.
    type Args: Send + 'static;
    /// Its messages.
    type Message: Send + 'static;
    /// Its client in each mode; [`ActorRef`], if there is no better one.
    type Client<M: Mode>: Client<Self, Mode = M>;
    /// What reports call it.
    const NAME: &'static str;
    /// Defaults of its child spec.
    const OPTIONS: Options = Options::DEFAULT;

    /// Says which messages go before the others that wait; `None` when all go in the order in which they came.
    ///
    /// Messages of each kind keep their order among themselves. One that goes first overtakes whatever else waits, the
    /// [`Down`](crate::Down)s and [`Exit`](crate::Exit)s of others among it; it never falls behind: what a process has
    /// sent before its end is handled before its `Down`. It runs in the sender, and must not panic.
    const PRIORITY: Option<IsUrgent<Self::Message>> = None;

    /// Makes the state; runs in the new process, and whoever started it waits for it. `Module:init/1`.
    fn init(args: Self::Args, ctx: &mut Context<Self>) -> Handled<'_, Init<Self>>;

    /// Handles one message. An `Err` ends the actor with that reason.
    fn handle<'a>(&'a mut self, message: Self::Message, ctx: &'a mut Context<Self>) -> Handled<'a>;

    /// Handles what is no message of its own; logged, if not handled otherwise. `Module:handle_info/2`.
    fn info<'a>(&'a mut self, info: Info, _ctx: &'a mut Context<Self>) -> Handled<'a> {
        report::unexpected(Self::NAME, &info);
        Handled::Done(Ok(()))
    }

    /// Told, before the next message, that its full mailbox has dropped some; logged, if not handled otherwise.
    ///
    /// See [`Mailbox`](crate::mailbox::Mailbox). An `Err` ends the actor with that reason.
    fn overflowed<'a>(&'a mut self, dropped: Dropped, _ctx: &'a mut Context<Self>) -> Handled<'a> {
        report::overflowed(Self::NAME, &dropped);
        Handled::Done(Ok(()))
    }

    /// Runs before the actor ends by itself, by a panic, by [`stop`](ClientExt::stop), or by the exit of its parent
    /// while it traps exits; not when an exit signal ends it. `Module:terminate/2`.
    ///
    /// To end with another reason, call [`process::exit_self`](crate::process::exit_self) in it. That reason takes the
    /// place of a clean one; to a failure it is added ([`ExitReason::later`]). So is that of a panic.
    /// [`ctx.stop`](Context::stop) does nothing any more.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Till { short: u32 }
    /// # #[actor]
    /// # impl Till {
    /// #     #[init] fn init() -> Self { Self { short: 42 } }
    /// #[terminate]
    /// fn close(&mut self) {
    ///     if self.short > 0 {
    ///         process::exit_self(ExitReason::shutdown_with(self.short));
    ///     }
    /// }
    /// # }
    ///
    /// let till = Till::start()?;
    /// assert_eq!(till.stop(), Err(CallError::Exited(ExitReason::shutdown_with(42_u32))));
    /// # Ok::<(), StartError>(())
    /// ```
    fn terminate<'a>(&'a mut self, _reason: &'a ExitReason, _ctx: &'a mut Context<Self>) -> Handled<'a, ()> {
        Handled::Done(())
    }

    /// What reports call a message.
    fn message_name(message: &Self::Message) -> &'static str;

    /// For generated code: the code that handles a message, if it knows better than by the name.
    #[doc(hidden)]
    #[inline]
    fn message_code(_message: &Self::Message) -> Option<&'static Code> {
        None
    }

    /// How a message was sent, for traces and logs.
    fn message_kind(_message: &Self::Message) -> MessageKind {
        MessageKind::Cast
    }

    /// Says what [`sys::status`](crate::sys::status) and the report of a crash show of the actor; its state is
    /// not shown, if it is not said here. `#[actor]` shows the state as its `Debug` does, if there is one, and lets a
    /// [`FormatStatus`] rewrite it. Should it panic, that is what is shown. `Module:format_status/1`.
    fn format_status(&self, _texts: &mut StatusTexts) {}
}

/// What a callback comes to: done, or a future that borrows the actor until it is.
pub enum Handled<'a, T = Result<(), ExitReason>> {
    /// It is done.
    Done(T),
    /// It will be done; the messages wait.
    Async(Pin<Box<dyn Future<Output = T> + Send + 'a>>),
}

impl<'a, T> Handled<'a, T> {
    /// Boxes a future.
    pub fn future(future: impl Future<Output = T> + Send + 'a) -> Self {
        Self::Async(Box::pin(future))
    }
}

impl<T: fmt::Debug> fmt::Debug for Handled<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done(value) => f.debug_tuple("Done").field(value).finish(),
            Self::Async(_) => f.write_str("Async(..)"),
        }
    }
}

/// What `init` comes to.
#[derive(Debug)]
pub enum Init<A> {
    /// Serve, with this state.
    Ok(A),
    /// Do not run, which is no failure: the process ends with `Normal` and `start` says
    /// [`StartError::Ignore`].
    Ignore,
    /// The process ends with this reason, and `start` fails with it. OTP's `{stop, Reason}`.
    Stop(ExitReason),
    /// `start` fails with this reason, and the process ends with `Normal`, unreported. OTP's `{error, Reason}`.
    Error(ExitReason),
}

/// What an `init` may return: the state, a `Result` of it, or an [`Init`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no result of `#[init]`",
    label = "`#[init]` returns `Self`, `Result<Self, E>` or `Init<Self>`"
)]
pub trait IntoInit<A> {
    /// As an [`Init`].
    fn into_init(self) -> Init<A>;
}

impl<A: Actor> IntoInit<A> for A {
    fn into_init(self) -> Init<A> {
        Init::Ok(self)
    }
}

impl<A: Actor, E: IntoReason> IntoInit<A> for Result<A, E> {
    fn into_init(self) -> Init<A> {
        match self {
            Ok(state) => Init::Ok(state),
            Err(error) => Init::Stop(error.into_reason()),
        }
    }
}

impl<A: Actor> IntoInit<A> for Init<A> {
    fn into_init(self) -> Init<A> {
        self
    }
}

/// What a handler without an answer may return: nothing, or a `Result` whose error ends the actor.
#[diagnostic::on_unimplemented(
    message = "a handler without a reply returns `()` or `Result<(), E>`, not `{Self}`",
    label = "has no caller to go to"
)]
pub trait IntoOutcome {
    /// As a `Result`.
    ///
    /// # Errors
    /// The reason to end with.
    fn into_outcome(self) -> Result<(), ExitReason>;
}

impl IntoOutcome for () {
    #[inline]
    fn into_outcome(self) -> Result<(), ExitReason> {
        Ok(())
    }
}

impl<E: IntoReason> IntoOutcome for Result<(), E> {
    #[inline]
    fn into_outcome(self) -> Result<(), ExitReason> {
        self.map_err(IntoReason::into_reason)
    }
}

impl Info {
    /// Reports it as what the actor `A` does not know, as [`Actor::info`] does unless it is written anew.
    pub fn log_unexpected<A: Actor>(&self) {
        report::unexpected(A::NAME, self);
    }
}

/// Starts an actor, unlinked, and waits until it is ready. `gen_server:start/3`.
///
/// # Errors
/// See [`StartError`].
pub fn start<A: Actor>(args: A::Args) -> Result<A::Client<Blocking>, StartError> {
    Starter::<A>::new().start(args)
}

/// Starts an actor, linked to the current process, and waits until it is ready. `gen_server:start_link/3`.
///
/// A failed start is returned as an error and, unless its reason is `Normal`, also ends a caller that does not trap
/// exits. Adopted threads do.
///
/// # Errors
/// See [`StartError`].
pub fn start_link<A: Actor>(args: A::Args) -> Result<A::Client<Blocking>, StartError> {
    Starter::<A>::new().link().start(args)
}
