//! A context without a running process, so that handlers can be called as the plain methods that they are.

use std::{
    fmt,
    marker::PhantomData,
    ops::{Deref, DerefMut},
    sync::Arc,
    thread,
    time::Duration,
};

use super::{Actor, Context, Handled, Info, Reply, ReplyTo, context::program};
use crate::{
    cell::{
        AnyProcess, ExitReason, Running, current,
        header::Home,
        signal::{Item, Signal},
        typed::Cell,
    },
    process::{Ack, Node},
    scheduler::Scheduler,
    time::Moment,
};

/// A [`Context`] for a plain `#[test]`; made by [`Context::for_test`].
///
/// What a handler does through it is done to a process that never runs: messages to itself wait, timers stand on a
/// virtual clock, exits can be trapped, processes watched. The test looks at all that, or lets the actor go on with it.
/// What a handler does without it, as a call of another server, happens on the test's thread and in real time.
///
/// ```
/// use otp::prelude::*;
///
/// struct Lamp { lit: bool }
///
/// #[actor]
/// impl Lamp {
///     #[init]
///     fn init() -> Self { Self { lit: false } }
///
///     /// Lights up for a minute.
///     #[handle_cast]
///     fn light(&mut self, ctx: &mut Context<Self>) {
///         self.lit = true;
///         ctx.after(Duration::from_secs(60)).dim();
///     }
///
///     #[handle_info]
///     fn dim(&mut self) { self.lit = false; }
///
///     #[handle_call]
///     fn smash(&mut self, ctx: &mut Context<Self>) -> &'static str {
///         ctx.stop(ExitReason::other("smashed"));
///         "ouch"
///     }
/// }
///
/// let mut ctx = Context::for_test();
/// let mut lamp = Lamp::init();
/// lamp.light(&mut ctx);
/// assert!(lamp.lit);
/// assert_eq!(ctx.next_timer(), Some(Duration::from_secs(60)));
///
/// ctx.advance(Duration::from_secs(60));
/// assert_eq!(ctx.deliver(&mut lamp), Some("dim"));
/// assert!(!lamp.lit);
///
/// assert_eq!(lamp.smash(&mut ctx), "ouch");
/// assert_eq!(ctx.stopped(), Some(ExitReason::other("smashed")));
/// ```
pub struct TestContext<A: Actor> {
    context: Context<A>,
    /// It acts for its process, on the thread that made it.
    here: PhantomData<*const ()>,
}

impl<A: Actor> Context<A> {
    /// A context for the test of an actor's methods, without a runtime.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # struct Door { open: bool }
    /// # #[actor]
    /// # impl Door {
    /// #     #[init] fn init() -> Self { Self { open: false } }
    /// #     #[handle_cast] fn open(&mut self, ctx: &mut Context<Self>) { self.open = true; ctx.me().creak(); }
    /// #     #[handle_cast] fn creak(&mut self) {}
    /// # }
    /// let (mut ctx, mut door) = (Context::for_test(), Door::init());
    /// door.open(&mut ctx);                           // the plain method
    /// assert!(door.open);
    /// assert_eq!(ctx.waiting(), ["creak"]);
    /// ```
    #[must_use]
    pub fn for_test() -> TestContext<A> {
        let node = Node::with_scheduler(Arc::new(Scheduler::unserved()));
        let home = Home::Thread(thread::current());
        let inner = node.inner();
        let cell = inner.table.insert(|pid| Cell::new(pid, None, inner.clone(), program::<A>(A::NAME), home, None));
        cell.header().handler.clear(&AnyProcess::borrowed(&cell));
        TestContext { context: Self::new(cell.into_ref(), Ack::to_nobody()), here: PhantomData }
    }
}

impl<A: Actor> TestContext<A> {
    fn scheduler(&self) -> &Scheduler {
        &self.cell().header().node.scheduler
    }

    /// Calls `f` as the process that it acts for. (A handler could have given it the context of a process that runs.)
    fn act<R>(&self, f: impl FnOnce(&Running) -> R) -> R {
        assert!(self.cell().header().is_tested_here(), "it acts for a process that never runs");
        self.as_process(f)
    }

    /// The reason of the first [`Context::stop`], or of an exit signal that ends it; `None` while it is to go on.
    #[must_use]
    pub fn stopped(&self) -> Option<ExitReason> {
        let fatal = self.act(|me| {
            me.process().take_arrivals(me);
            me.own().fatal()
        });
        self.stop_reason().cloned().or(fatal)
    }

    /// The names of what waits for it, in the order in which it would be handled; a timer that has expired is a
    /// `timer`, and what is no message of its own is an `info`.
    #[must_use]
    pub fn waiting(&self) -> Vec<&'static str> {
        self.act(|me| {
            self.cell().waiting(me, |item| match item {
                Item::Message(message) => A::message_name(message),
                Item::Timed(_) => "timer",
                Item::Signal(_) => "info",
            })
        })
    }

    /// The number of timers that are set, the idle timeout among them.
    #[must_use]
    pub fn timers(&self) -> usize {
        self.scheduler().timers().count() + usize::from(self.idle_at().is_some())
    }

    /// How long it takes until the next of them; `None` when none is set.
    #[must_use]
    pub fn next_timer(&self) -> Option<Duration> {
        let timer = self.scheduler().timers().earliest();
        let next = timer.into_iter().chain(self.idle_at()).min()?;
        Some(next.saturating_duration_since(self.scheduler().now()))
    }

    /// The virtual time since it was made.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.scheduler().now().saturating_duration_since(Moment::START)
    }

    /// Lets so much virtual time pass: timers expire, and their messages wait.
    pub fn advance(&self, duration: Duration) {
        let scheduler = self.scheduler();
        let until = scheduler.now().saturating_add(duration);
        while scheduler.next_timer(until) {}
        scheduler.clock().advance_to(until);
    }

    /// Has the actor handle the next thing that waits, as its process would, and gives its name: that of the message,
    /// or `info`. `None` when nothing waits. If the handler says so with an `Err`, it is [stopped](Self::stopped).
    ///
    /// An async handler is awaited, on the calling thread.
    ///
    /// # Panics
    /// When the handler does.
    pub fn deliver(&mut self, actor: &mut A) -> Option<&'static str> {
        let (name, handled) = loop {
            let item = self.act(|me| self.cell().next_item(me)).or_else(|| self.take_idle())?;
            let message = match item {
                Item::Message(message) => Some(message),
                Item::Timed(timed) => timed.deliver(),
                Item::Signal(signal) => {
                    let info = match *signal {
                        Signal::Trapped(exit) => Info::Exit(exit),
                        Signal::Down(down) => Info::Down(down),
                        Signal::Foreign { payload, .. } => Info::Other(payload),
                        Signal::Terminate(reason) => {
                            self.stop(reason);
                            continue;
                        }
                        _ => continue,
                    };
                    break ("info", actor.info(info, &mut self.context));
                }
            };
            // A timer that was cancelled at the last moment delivers nothing.
            if let Some(message) = message {
                break (A::message_name(&message), actor.handle(message, &mut self.context));
            }
        };
        if let Err(reason) = finish(handled) {
            self.stop(reason);
        }
        Some(name)
    }

    fn idle_at(&self) -> Option<Moment> {
        self.act(|me| self.cell().idle_at(me))
    }

    /// The message of the idle timeout, if nothing else came for so long.
    fn take_idle(&self) -> Option<Item<A::Message>> {
        let at = self.idle_at()?;
        if self.scheduler().now() < at {
            return None;
        }
        self.act(|me| self.cell().take_idle(me)).map(Item::Message)
    }

    /// What a handler with a deferred answer takes, and the reply of the call that it stands for.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # struct Later;
    /// # #[actor]
    /// # impl Later {
    /// #     #[init]
    /// #     fn init() -> Self { Self }
    /// #     #[handle_call]
    /// fn ask(&mut self, n: u32, reply: ReplyTo<u32>) {
    ///     reply.send(n + 1);
    /// }
    /// # }
    /// # let (mut ctx, mut later) = (Context::<Later>::for_test(), Later);
    /// let (reply_to, mut reply) = ctx.reply_to();
    /// later.ask(41, reply_to);
    /// assert_eq!(reply.check(), Some(Ok(42)));
    /// ```
    pub fn reply_to<T: Send + 'static>(&self) -> (ReplyTo<T>, Reply<T>) {
        Reply::unsent(AnyProcess::new(self.cell()))
    }
}

fn finish(handled: Handled<'_>) -> Result<(), ExitReason> {
    match handled {
        Handled::Done(outcome) => outcome,
        Handled::Async(handler) => current::block_on(handler).expect("the thread of a test can wait"),
    }
}

impl<A: Actor> Deref for TestContext<A> {
    type Target = Context<A>;

    fn deref(&self) -> &Context<A> {
        &self.context
    }
}

impl<A: Actor> DerefMut for TestContext<A> {
    fn deref_mut(&mut self) -> &mut Context<A> {
        &mut self.context
    }
}

impl<A: Actor> Drop for TestContext<A> {
    fn drop(&mut self) {
        let process = AnyProcess::new(self.cell());
        if let Some(me) = current::at_home(&process) {
            me.process().end(me, ExitReason::Normal);
        }
    }
}

impl<A: Actor> fmt::Debug for TestContext<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestContext")
            .field("actor", &A::NAME)
            .field("stopped", &self.stopped())
            .field("waiting", &self.waiting())
            .field("next_timer", &self.next_timer())
            .finish()
    }
}
