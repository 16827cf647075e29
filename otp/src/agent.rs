//! Agents: processes that keep a state, for code that others bring along. Elixir's `Agent`.
//!
//! A server has a handler for each thing that it can do; an agent has none, and runs the closures that it is sent, one
//! after another. It is the least that shares a state between processes. As soon as the same closures are written
//! twice, an [`actor`](macro@crate::actor) says better what the state is for.
//!
//! ```
//! use otp::{agent::Agent, prelude::*};
//!
//! let hits = Agent::start(|| 40)?;
//! hits.update(|n| *n += 2)?;
//! assert_eq!(hits.get(|n| *n)?, 42);
//! assert_eq!(hits.get_and_update(|n| std::mem::take(n))?, 42);
//! hits.cast(|n| *n = 7);                                  // nobody waits for it
//! assert_eq!(hits.timeout(Duration::from_secs(1)).get(|n| *n)?, 7);
//! hits.stop()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! In a tree its argument is a box of what makes the state. It is evaluated, and called, at each start:
//!
//! ```
//! use otp::{agent::Agent, prelude::*};
//!
//! supervisor! {
//!     pub App<one_for_one>() {
//!         hits: Agent<u32>(Box::new(|| 42)) { shutdown: 1s };
//!     }
//! }
//!
//! Sim::run(1, |t| {
//!     let app = App::start().unwrap();
//!     app.hits().update(|n| *n = 7).unwrap();
//!     t.kill(&app.hits());
//!     assert_eq!(app.hits().wait_for_restart().get(|n| *n), Ok(42));
//! });
//! ```

use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

use crate::{
    actor::{
        Actor, ActorRef, Blocking, Client, Context, Handled, Init, Mode, ReplyTo, StartError, Starter,
        mode::{Addressed, AwaitsReply},
    },
    cell::MessageKind,
    supervisor::{Child, ChildSpec},
};

/// A process that keeps an `S`: the state itself, as the process has it. Elixir's `Agent`.
///
/// [`Starter`] gives it a name, a mailbox with a bound, or a limit of time for its start. What
/// [`sys::state`](crate::sys::state) and [`sys::replace_state`](crate::sys::replace_state) see is this type.
///
/// ```
/// use otp::{Name, actor::Starter, agent::Agent};
///
/// const HITS: Name<Agent<u32>> = Name::new("hits");
///
/// let hits = Starter::new().name(HITS).start((Box::new(|| 42),))?;
/// assert_eq!(HITS.client().get(|n| *n), Ok(42));
/// assert_eq!(otp::sys::state(&hits), Ok(Agent(42)));
/// # Ok::<(), otp::StartError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Agent<S>(
    /// What it keeps.
    pub S,
);

impl<S: Send + 'static> Agent<S> {
    /// Starts an agent, unlinked, and waits until `init`, which runs in it, has made its state. Elixir's
    /// `Agent.start/2`.
    ///
    /// ```
    /// use otp::agent::Agent;
    ///
    /// let hits = Agent::start(|| 42)?;
    /// assert_eq!(hits.get(|n| *n), Ok(42));
    /// # Ok::<(), otp::StartError>(())
    /// ```
    ///
    /// # Errors
    /// [`StartError::Failed`] when `init` panics; see [`StartError`].
    pub fn start(init: impl FnOnce() -> S + Send + 'static) -> Result<AgentRef<S>, StartError> {
        Starter::<Self>::new().start((Box::new(init),))
    }

    /// As [`start`](Agent::start), linked to the current process. Elixir's `Agent.start_link/2`.
    ///
    /// ```
    /// use otp::{agent::Agent, prelude::*};
    ///
    /// let hits = Agent::start_link(|| 42)?;
    /// hits.cast(|_| panic!("off by one"));
    /// let exit = process::current().receive_exit(None).unwrap();         // this thread traps exits
    /// assert_eq!(exit.reason.as_panic().unwrap().message, "off by one");
    /// # Ok::<(), otp::StartError>(())
    /// ```
    ///
    /// # Errors
    /// As [`start`](Agent::start); the error also ends a caller that does not trap exits.
    pub fn start_link(init: impl FnOnce() -> S + Send + 'static) -> Result<AgentRef<S>, StartError> {
        Starter::<Self>::new().link().start((Box::new(init),))
    }

    /// How a supervisor starts an agent: each time with what `init` then makes, in the agent. Elixir's
    /// `{Agent, fun}`.
    ///
    /// ```
    /// use otp::{agent::Agent, prelude::*};
    ///
    /// let hits = Agent::child_spec(|| 42).restart(Restart::Transient);
    /// let app = Supervisor::new(Strategy::OneForOne).child("hits", hits).start()?;
    /// assert_eq!(app.child::<Agent<i32>>("hits").get(|n| *n), Ok(42));
    /// # Ok::<(), otp::StartError>(())
    /// ```
    pub fn child_spec(init: impl Fn() -> S + Send + Sync + 'static) -> ChildSpec<Self> {
        let init = Arc::new(init);
        <Self as Child>::spec(move || {
            let init = Arc::clone(&init);
            (Box::new(move || init()),)
        })
    }
}

impl<S: Send + 'static> Actor for Agent<S> {
    type Args = (Box<dyn FnOnce() -> S + Send>,);
    type Message = AgentMessage<S>;
    type Client<M: Mode> = AgentRef<S, M>;
    const NAME: &'static str = "Agent";

    fn init((init,): Self::Args, _: &mut Context<Self>) -> Handled<'_, Init<Self>> {
        Handled::Done(Init::Ok(Self(init())))
    }

    fn handle<'a>(&'a mut self, message: AgentMessage<S>, ctx: &'a mut Context<Self>) -> Handled<'a> {
        message.0.run(&mut self.0, ctx);
        Handled::Done(Ok(()))
    }

    fn message_name(message: &AgentMessage<S>) -> &'static str {
        message.0.name()
    }

    fn message_kind(message: &AgentMessage<S>) -> MessageKind {
        message.0.kind()
    }
}

/// What an agent is sent: a closure over its state.
#[doc(hidden)]
pub struct AgentMessage<S: Send + 'static>(Box<dyn AgentRequest<S>>);

impl<S: Send + 'static> fmt::Debug for AgentMessage<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

/// A closure over the state, and who waits for what it gives.
trait AgentRequest<S: Send + 'static>: Send {
    fn run(self: Box<Self>, state: &mut S, ctx: &mut Context<Agent<S>>);
    fn name(&self) -> &'static str;
    fn kind(&self) -> MessageKind;
}

struct AgentCall<F, T: 'static> {
    name: &'static str,
    f: F,
    reply: ReplyTo<T>,
}

impl<S: Send + 'static, T: Send + 'static, F: FnOnce(&mut S) -> T + Send> AgentRequest<S> for AgentCall<F, T> {
    fn run(self: Box<Self>, state: &mut S, ctx: &mut Context<Agent<S>>) {
        let Self { f, reply, .. } = *self;
        if reply.begin() {
            let answer = f(state);
            ctx.reply(reply, answer);
        }
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn kind(&self) -> MessageKind {
        MessageKind::Call { from: self.reply.caller() }
    }
}

struct AgentCast<F>(F);

impl<S: Send + 'static, F: FnOnce(&mut S) + Send> AgentRequest<S> for AgentCast<F> {
    fn run(self: Box<Self>, state: &mut S, _: &mut Context<Agent<S>>) {
        (self.0)(state);
    }

    fn name(&self) -> &'static str {
        "cast"
    }

    fn kind(&self) -> MessageKind {
        MessageKind::Cast
    }
}

/// A client of an agent. Its closures run in the agent, in the order in which they were sent.
///
/// What a call returns depends on the [mode](crate::mode), as with every client: it waits 5 seconds unless told
/// otherwise, [`as_async`](crate::ClientExt::as_async) gives futures, [`request`](crate::ClientExt::request) replies to
/// collect later. A closure that panics ends the agent, and its caller gets [`CallError::Exited`] with the panic. A
/// call that gave up before its closure began never runs it.
///
/// ```
/// use otp::{agent::{Agent, AgentRef}, prelude::*};
///
/// Sim::run(1, |t| {
///     let hits: AgentRef<u32> = Agent::start(|| 42).unwrap();
///     let died = hits.update(|n| *n = n.checked_sub(43).expect("enough hits"));
///     assert!(matches!(died, Err(CallError::Exited(reason)) if reason.is_panic()));
///     assert_eq!(hits.get(|n| *n), Err(CallError::NoProc));
///     assert_eq!(t.crashes().len(), 1);
/// });
/// ```
///
/// [`CallError::Exited`]: crate::CallError::Exited
pub struct AgentRef<S: Send + 'static, M: Mode = Blocking>(ActorRef<Agent<S>, M>);

impl<S: Send + 'static, M: AwaitsReply> AgentRef<S, M> {
    /// What `f` makes of the state. Elixir's `Agent.get/3`.
    ///
    /// ```
    /// use otp::agent::Agent;
    ///
    /// let words = Agent::start(|| vec!["hello", "Joe"])?;
    /// assert_eq!(words.get(|words| words.join(" ")).as_deref(), Ok("hello Joe"));
    /// # Ok::<(), otp::StartError>(())
    /// ```
    pub fn get<T: Send + 'static>(&self, f: impl FnOnce(&S) -> T + Send + 'static) -> M::Answer<T> {
        self.ask("get", move |state| f(state))
    }

    /// Changes the state, and answers when that is done. Elixir's `Agent.update/3`.
    ///
    /// ```
    /// use otp::agent::Agent;
    ///
    /// let words = Agent::start(Vec::new)?;
    /// words.update(|words| words.push("hello"))?;
    /// assert_eq!(words.get(|words| words.len()), Ok(1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn update(&self, f: impl FnOnce(&mut S) + Send + 'static) -> M::Answer<()> {
        self.ask("update", f)
    }

    /// Changes the state, and answers what `f` returns. Elixir's `Agent.get_and_update/3`.
    ///
    /// ```
    /// use otp::agent::Agent;
    ///
    /// let words = Agent::start(|| vec!["hello", "Joe"])?;
    /// assert_eq!(words.get_and_update(|words| words.pop()), Ok(Some("Joe")));
    /// assert_eq!(words.get(|words| words.len()), Ok(1));
    /// # Ok::<(), otp::StartError>(())
    /// ```
    pub fn get_and_update<T: Send + 'static>(&self, f: impl FnOnce(&mut S) -> T + Send + 'static) -> M::Answer<T> {
        self.ask("get_and_update", f)
    }

    fn ask<T: Send + 'static>(&self, name: &'static str, f: impl FnOnce(&mut S) -> T + Send + 'static) -> M::Answer<T> {
        self.0.call(|reply| AgentMessage(Box::new(AgentCall { name, f, reply })))
    }
}

impl<S: Send + 'static, M: Mode> AgentRef<S, M> {
    /// Changes the state some time; nobody waits for it. Dropped when the agent is gone. Elixir's `Agent.cast/2`.
    ///
    /// ```
    /// use otp::agent::Agent;
    ///
    /// let hits = Agent::start(|| 40)?;
    /// hits.cast(|n| *n += 2);
    /// assert_eq!(hits.get(|n| *n), Ok(42));                  // it was sent later
    /// # Ok::<(), otp::StartError>(())
    /// ```
    pub fn cast(&self, f: impl FnOnce(&mut S) + Send + 'static) -> M::Cast<Agent<S>> {
        self.0.cast(AgentMessage(Box::new(AgentCast(f))))
    }
}

impl<S: Send + 'static, M: Mode> Client<Agent<S>> for AgentRef<S, M> {
    type Mode = M;

    fn from_ref(inner: ActorRef<Agent<S>, M>) -> Self {
        Self(inner)
    }

    fn inner(&self) -> &ActorRef<Agent<S>, M> {
        &self.0
    }
}

impl<S: Send + 'static, M: Mode> Clone for AgentRef<S, M> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S: Send + 'static, M: Mode> fmt::Debug for AgentRef<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<S: Send + 'static, M: Addressed> PartialEq for AgentRef<S, M> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<S: Send + 'static, M: Addressed> Eq for AgentRef<S, M> {}

impl<S: Send + 'static, M: Addressed> Hash for AgentRef<S, M> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.0.hash(hasher);
    }
}
