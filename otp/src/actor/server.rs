//! The life of a server: start, init, one message after another, terminate.

use std::{
    future::{Future, poll_fn},
    marker::PhantomData,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::Poll,
    time::Duration,
};

use super::{Actor, Address, Blocking, Context, Handled, Info, Init, StartError, client::of_process};
use crate::{
    process::{
        self, ExitReason, MonitorRef, Pid,
        answer::{self, Asked},
        cell::{Cell, PendingCall, is_fatal},
        current,
        signal::{Item, Signal},
        spawn::{self, Relation},
    },
    scheduler::TaskRef,
};

/// How many messages a server handles before it lets others have its core.
const BUDGET: u32 = 256;

/// How an actor is to be started.
///
/// ```
/// # use otp::{Actor, Starter};
/// # use std::time::Duration;
/// # fn example<A: Actor<Args = ()>>() -> Result<(), otp::StartError> {
/// let client = Starter::<A>::new().name("printer").timeout(Duration::from_secs(1)).link().start(())?;
/// # Ok(()) }
/// ```
#[must_use = "it starts nothing until `start`"]
pub struct Starter<A: Actor> {
    relation: Relation,
    name: Option<Arc<str>>,
    timeout: Option<Duration>,
    actor: PhantomData<fn() -> A>,
}

impl<A: Actor> Starter<A> {
    /// Unlinked, with the name of the actor's options, without a limit of time.
    pub fn new() -> Self {
        Self { relation: Relation::None, name: A::OPTIONS.name.map(Arc::from), timeout: None, actor: PhantomData }
    }

    /// Links it to the current process.
    pub fn link(mut self) -> Self {
        self.relation = Relation::Link;
        self
    }

    /// Registers this name before its `init`.
    pub fn name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Kills it when its `init` has not come back after so long.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Starts it and waits until it is ready.
    ///
    /// # Errors
    /// See [`StartError`]. The process has ended when an error is returned, and its name is free.
    pub fn start(self, args: A::Args) -> Result<A::Client<Blocking>, StartError> {
        let start = Start { args, name: self.name, relation: self.relation, timeout: self.timeout };
        start_process::<A>(start).map(|(cell, _)| of_process(Address::<A>::process(cell)))
    }

    /// As [`start`](Starter::start), monitored by the current process. `gen_server:start_monitor/3`.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn start_monitor(self, args: A::Args) -> Result<(A::Client<Blocking>, MonitorRef), StartError> {
        let start = Start { args, name: self.name, relation: Relation::Monitor, timeout: self.timeout };
        let (cell, monitor) = start_process::<A>(start)?;
        Ok((of_process(Address::<A>::process(cell)), monitor.expect("it was asked for")))
    }
}

impl<A: Actor> Default for Starter<A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<A: Actor> std::fmt::Debug for Starter<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Starter").field("actor", &A::NAME).field("name", &self.name).finish_non_exhaustive()
    }
}

pub(crate) struct Start<A: Actor> {
    pub(crate) args: A::Args,
    pub(crate) name: Option<Arc<str>>,
    pub(crate) relation: Relation,
    pub(crate) timeout: Option<Duration>,
}

type Started<A> = (TaskRef<Cell<<A as Actor>::Message>>, Option<MonitorRef>);

/// Starts an actor and waits until its `init` is over, and on failure until the process is gone.
pub(crate) fn start_process<A: Actor>(start: Start<A>) -> Result<Started<A>, StartError> {
    let (relation, timeout) = (start.relation, start.timeout);
    let (asked, answer) = answer::channel();
    let (cell, monitor) = spawn::start(A::NAME, relation, |cell| {
        let ack = Ack { asked: Some(asked), child: cell.common().pid };
        Box::pin(serve::<A>(cell.clone(), start.args, start.name, ack))
    });
    let pid = cell.common().pid;
    let outcome = match timeout {
        None => current::block_on(answer).map(Some),
        Some(limit) => {
            let at = current::with(|me| me.common().deadline(Some(limit)));
            let mut answer = std::pin::pin!(answer);
            let mut timer = process::timer::WakeUp::new();
            current::block_on(poll_fn(|cx| match answer.as_mut().poll(cx) {
                Poll::Ready(answer) => Poll::Ready(Some(answer)),
                Poll::Pending => timer.poll(cx, at).map(|()| None),
            }))
        }
    };
    let error = match outcome {
        Ok(Some(Some(Ok(())))) => return Ok((cell, monitor)),
        Ok(Some(Some(Err(error)))) => error,
        Ok(Some(None)) => StartError::Failed(cell.common().reason().cloned().unwrap_or(ExitReason::Killed)),
        Ok(None) => {
            process::unlink(pid);
            process::exit(pid, ExitReason::Kill);
            StartError::Timeout
        }
        Err(current::Interrupted::Exiting) => StartError::Exiting,
        Err(current::Interrupted::Resources) => {
            process::unlink(pid);
            process::exit(pid, ExitReason::Kill);
            StartError::Resources
        }
    };
    if relation == Relation::Link {
        // A starter that traps exits learns of the failure by the error alone.
        current::with(|me| {
            me.process().take_arrivals(me);
            me.process().take_signal(&mut |signal| matches!(signal, Signal::Trapped(exit) if exit.from == pid));
        });
    }
    Err(error)
}

type Outcome = Result<(), StartError>;

/// The right to say how the start went. When the process ends before it is said, the starter hears of it once the
/// process is gone.
struct Ack {
    asked: Option<Asked<Outcome>>,
    child: Pid,
}

impl Ack {
    fn started(mut self) {
        if let Some(asked) = self.asked.take() {
            asked.answer(Ok(()));
        }
    }

    /// Says why not, once the process is gone and its name is free.
    fn failed(mut self, error: StartError) {
        self.keep(Some(error));
    }

    fn keep(&mut self, error: Option<StartError>) {
        let Some(asked) = self.asked.take() else { return };
        let failed: Arc<dyn PendingCall> = Arc::new(FailedStart(Mutex::new(Some((asked, error)))));
        current::try_with(|me| {
            if me.pid() == self.child {
                me.common().own.borrow_mut().orphans.push(failed);
            }
        });
    }
}

impl Drop for Ack {
    fn drop(&mut self) {
        self.keep(None);
    }
}

/// A start that failed, until the process is gone.
struct FailedStart(Mutex<Option<(Asked<Outcome>, Option<StartError>)>>);

impl PendingCall for FailedStart {
    fn abandon(&self) {
        let failed = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((asked, Some(error))) = failed {
            asked.answer(Err(error));
        }
    }

    fn is_pending(&self) -> bool {
        true
    }

    fn deferred(&self) {}
}

/// What a server does from its beginning to its end; gives the reason.
async fn serve<A: Actor>(cell: TaskRef<Cell<A::Message>>, args: A::Args, name: Option<Arc<str>>, ack: Ack) -> ExitReason {
    if let Some(name) = name {
        let registered = current::with(|me| me.common().node.names.register(&name, me));
        if let Err(process::RegisterError::Taken(holder)) = registered {
            ack.failed(StartError::AlreadyStarted(holder));
            return ExitReason::Normal;
        }
    }
    let mut ctx = Context::<A>::new(cell);
    ctx.cell().common().handler.set("init");
    let init = match A::init(args, &mut ctx) {
        Handled::Done(init) => init,
        Handled::Async(future) => deaf(future).await,
    };
    let actor = match init {
        Init::Ok(actor) => actor,
        Init::Ignore => {
            ack.failed(StartError::Ignore);
            return ExitReason::Normal;
        }
        Init::Stop(reason) => {
            ack.failed(StartError::Failed(reason.clone()));
            return reason;
        }
        Init::Error(reason) => {
            ack.failed(StartError::Failed(reason));
            return ExitReason::Normal;
        }
    };
    ctx.cell().common().handler.set("");
    ack.started();
    run(actor, ctx).await
}

/// Serves messages until there is a reason to end, then terminates.
async fn run<A: Actor>(mut actor: A, mut ctx: Context<A>) -> ExitReason {
    let mut budget = BUDGET;
    let reason = loop {
        if let Some(reason) = ctx.stop.take() {
            break reason;
        }
        let item = next::<A>(ctx.cell(), &mut budget).await;
        let info = match item {
            Item::Message(message) => {
                match handle(&mut actor, &mut ctx, message).await {
                    Ok(()) => continue,
                    Err(reason) => break reason,
                }
            }
            Item::Timed(timed) => {
                ctx.cell().common().handler.set("timer");
                match caught(|| timed.deliver()) {
                    Ok(Some(message)) => match handle(&mut actor, &mut ctx, message).await {
                        Ok(()) => continue,
                        Err(reason) => break reason,
                    },
                    Ok(None) => continue,
                    Err(reason) => break reason,
                }
            }
            Item::Signal(signal) => match *signal {
                Signal::Trapped(exit) if Some(exit.from) == ctx.parent() => break exit.reason,
                Signal::Terminate(reason) => break reason,
                Signal::Trapped(exit) => Info::Exit(exit),
                Signal::Down(down) => Info::Down(down),
                Signal::Foreign { payload, .. } => Info::Other(payload),
                _ => continue,
            },
        };
        ctx.cell().common().handler.set("info");
        let handled = match caught(|| actor.info(info, &mut ctx)) {
            Ok(Handled::Done(outcome)) => outcome,
            Ok(Handled::Async(future)) => caught_async(future).await.unwrap_or_else(Err),
            Err(reason) => Err(reason),
        };
        match handled {
            Ok(()) => answer_orphans(&ctx),
            Err(reason) => break reason,
        }
    };
    ctx.cell().common().handler.set("terminate");
    match actor.terminate(&reason, &mut ctx) {
        Handled::Done(()) => {}
        Handled::Async(future) => deaf(future).await,
    }
    ctx.cell().common().handler.set("");
    if let Some(reply) = ctx.last_reply.take() {
        reply();
    }
    reason
}

/// Handles one message of the actor's own.
async fn handle<A: Actor>(actor: &mut A, ctx: &mut Context<A>, message: A::Message) -> Result<(), ExitReason> {
    ctx.cell().common().handler.set(A::message_name(&message));
    let handled = match caught(|| actor.handle(message, ctx)) {
        Ok(Handled::Done(outcome)) => outcome,
        Ok(Handled::Async(future)) => caught_async(future).await.unwrap_or_else(Err),
        Err(reason) => Err(reason),
    };
    if handled.is_ok() {
        answer_orphans(ctx);
    }
    handled
}

/// The next thing to do; lets others run when the budget is used up.
async fn next<A: Actor>(cell: &TaskRef<Cell<A::Message>>, budget: &mut u32) -> Item<A::Message> {
    poll_fn(|_| {
        let item = current::with(|me| {
            let common = cell.common();
            if common.must_end(me) {
                return None;
            }
            if *budget == 0 {
                *budget = BUDGET;
                me.task().wake();
                return None;
            }
            *budget -= 1;
            let item = cell.next_item(me);
            if item.is_some() {
                drop(cell.take_idle());
                return item;
            }
            *budget = BUDGET;
            let at = cell.idle_at()?;
            if common.node.scheduler.now() < at {
                common.wake_at(me, at);
                return None;
            }
            cell.take_idle().map(|(_, message)| Item::Message(message))
        });
        item.map_or(Poll::Pending, Poll::Ready)
    })
    .await
}

/// Runs a handler; a panic in it becomes the reason to terminate with. What ends the process as a whole goes on.
fn caught<T>(run: impl FnOnce() -> T) -> Result<T, ExitReason> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|payload| {
        if is_fatal(&*payload) {
            resume_unwind(payload);
        }
        current::with(|me| me.common().panicked(&*payload))
    })
}

/// As [`caught`], for the rest of an asynchronous handler, while which messages do not wake the process.
async fn caught_async<T>(mut future: Pin<Box<dyn Future<Output = T> + Send + '_>>) -> Result<T, ExitReason> {
    deaf(poll_fn(|cx| match caught(|| future.as_mut().poll(cx)) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
        Err(reason) => Poll::Ready(Err(reason)),
    }))
    .await
}

/// Awaits something that no message of the actor's own can bring about.
async fn deaf<F: Future + Unpin>(mut future: F) -> F::Output {
    poll_fn(|cx| {
        let deaf = |deaf| current::with(|me| me.common().set_deaf(deaf));
        deaf(true);
        let polled = Pin::new(&mut future).poll(cx);
        if polled.is_ready() {
            deaf(false);
        }
        polled
    })
    .await
}

/// Tells the callers whose `ReplyTo`s were dropped in a panic that the actor has survived.
fn answer_orphans<A: Actor>(ctx: &Context<A>) {
    let own = &ctx.cell().common().own;
    if own.borrow().orphans.is_empty() {
        return;
    }
    let orphans = std::mem::take(&mut own.borrow_mut().orphans);
    orphans.iter().for_each(|call| call.abandon());
}
