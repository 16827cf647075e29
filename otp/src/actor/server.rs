//! The life of a server: start, init, one message after another, terminate.

use std::{
    future::{Future, poll_fn},
    marker::PhantomData,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::Ordering::{AcqRel, Relaxed},
    },
    task::Poll,
    time::Duration,
};

use super::{
    Actor, Address, Blocking, Context, Handled, Info, Init, StartError, WaitsFor, client::of_process, context::Stop,
};
use crate::{
    process::{
        self, ExitReason, MonitorRef, Pid,
        answer::{self, Answer, Asked},
        cell::Cell,
        common::PendingCall,
        current,
        me::receiving,
        panic::{discard, is_fatal},
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
        Starting::<A>::new(A::NAME, start).wait().map(|(cell, _)| of_process(Address::<A>::process(cell)))
    }

    /// As [`start`](Starter::start), monitored by the current process. `gen_server:start_monitor/3`.
    ///
    /// # Errors
    /// See [`StartError`].
    #[allow(clippy::missing_panics_doc, reason = "a monitor that was asked for is there")]
    pub fn start_monitor(self, args: A::Args) -> Result<(A::Client<Blocking>, MonitorRef), StartError> {
        let start = Start { args, name: self.name, relation: Relation::Monitor, timeout: self.timeout };
        let (cell, monitor) = Starting::<A>::new(A::NAME, start).wait()?;
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

/// An actor whose process runs, and whose `init` may not be over.
pub(crate) struct Starting<A: Actor> {
    cell: TaskRef<Cell<A::Message>>,
    monitor: Option<MonitorRef>,
    answer: Answer<Outcome>,
    relation: Relation,
    timeout: Option<Duration>,
    _waits: Option<WaitsFor>,
}

impl<A: Actor> Starting<A> {
    /// Starts an actor; reports call it `label`.
    pub(crate) fn new(label: &'static str, start: Start<A>) -> Self {
        let (relation, timeout) = (start.relation, start.timeout);
        let (asked, answer) = answer::channel();
        let mut waits = None;
        let (cell, monitor) = spawn::start(label, relation, |cell| {
            // Said before it runs: what it calls in its `init` it calls later.
            waits = Some(WaitsFor::process(cell.common().pid));
            let ack = Ack { asked: Some(asked), child: cell.common().pid };
            Box::pin(serve::<A>(Box::new(Serve { cell: cell.clone(), args: Some(start.args), name: start.name, ack })))
        });
        Self { cell, monitor, answer, relation, timeout, _waits: waits }
    }

    /// Waits until its `init` is over, and on failure until the process is gone.
    pub(crate) fn wait(mut self) -> Result<Started<A>, StartError> {
        let outcome = current::block_on(self.outcome());
        self.conclude(outcome)
    }

    /// As [`wait`](Starting::wait), for the handler of a process that is not to be bound to its core.
    pub(crate) async fn ready(mut self) -> Result<Started<A>, StartError> {
        let outcome = self.outcome().await;
        self.conclude(Ok(outcome))
    }

    /// What is said of the start; nothing when the process ends without a word, or the time is over.
    async fn outcome(&mut self) -> Option<Option<Outcome>> {
        let at = self.timeout.map(|limit| current::with(|me| me.common().deadline(Some(limit))));
        let mut timer = process::timer::WakeUp::new();
        let common = self.cell.common();
        let said = poll_fn(|cx| match (Pin::new(&mut self.answer).poll(cx), at) {
            (Poll::Ready(answer), _) => Poll::Ready(Some(answer)),
            // One that was declared dead in its `init` says nothing.
            (Poll::Pending, _) if common.is_lost() && common.is_dead() => Poll::Ready(Some(None)),
            (Poll::Pending, Some(at)) => timer.poll(cx, at).map(|()| None),
            (Poll::Pending, None) => Poll::Pending,
        })
        .await;
        if said.is_none() {
            let monitor = process::monitor(common.pid);
            process::unlink(common.pid);
            process::exit(common.pid, ExitReason::Kill);
            // Its name is free when its starter goes on.
            receiving(None, |signal| matches!(signal, Signal::Down(down) if down.monitor == monitor)).await;
        }
        said
    }

    fn conclude(
        self,
        outcome: Result<Option<Option<Outcome>>, current::Interrupted>,
    ) -> Result<Started<A>, StartError> {
        let pid = self.cell.common().pid;
        let error = match outcome {
            Ok(Some(Some(Ok(())))) => return Ok((self.cell, self.monitor)),
            Ok(Some(Some(Err(error)))) => error,
            Ok(Some(None)) => StartError::Failed(self.cell.common().reason().unwrap_or(ExitReason::Killed)),
            Ok(None) => StartError::Timeout,
            Err(current::Interrupted::Exiting) => StartError::Exiting,
            Err(current::Interrupted::Resources) => {
                process::unlink(pid);
                process::exit(pid, ExitReason::Kill);
                StartError::Resources
            }
        };
        if self.relation == Relation::Link {
            // A starter that traps exits learns of the failure by the error alone.
            current::with(|me| {
                me.process().take_arrivals(me);
                me.process().take_signal(&mut |signal| matches!(signal, Signal::Trapped(exit) if exit.from == pid));
            });
        }
        Err(error)
    }
}

type Outcome = Result<(), StartError>;

/// The right to say how the start went. When the process ends before it is said, the starter hears of it once the
/// process is gone.
struct Ack {
    asked: Option<Asked<Outcome>>,
    child: Pid,
}

impl Ack {
    fn started(&mut self) {
        let Some(asked) = self.asked.take() else { return };
        // The starter does not wait any more, even if it has yet to notice.
        current::with(|me| {
            let parent = me.common().parent.and_then(|parent| me.common().node.find(parent));
            if let Some(parent) = parent {
                let _ = parent.common().waits_for.compare_exchange(self.child.token(), 0, AcqRel, Relaxed);
            }
        });
        asked.answer(Ok(()));
    }

    /// Says why not, once the process is gone and its name is free.
    fn failed(&mut self, error: StartError) {
        self.keep(Some(error));
    }

    fn keep(&mut self, error: Option<StartError>) {
        let Some(asked) = self.asked.take() else { return };
        let failed: Arc<dyn PendingCall> = Arc::new(FailedStart(Mutex::new(Some((asked, error)))));
        current::try_with(|me| {
            if me.pid() == self.child {
                me.common().own.keep_orphan(failed);
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

/// What a server begins with.
struct Serve<A: Actor> {
    cell: TaskRef<Cell<A::Message>>,
    name: Option<Arc<str>>,
    args: Option<A::Args>,
    ack: Ack,
}

/// What a server does from its beginning to its end; gives the reason.
///
/// This future is most of the memory of an idle actor. It is written so that what it keeps while it waits for a message
/// is the state, the context and a few words.
#[allow(clippy::manual_async_fn, reason = "an `async fn` would keep its argument twice")]
fn serve<A: Actor>(mut serve: Box<Serve<A>>) -> impl Future<Output = ExitReason> + Send {
    async move {
        let mut ctx = Context::<A>::new(serve.cell.clone());
        let mut actor = match begin(&mut ctx, &mut serve) {
            Begun::Ready(actor) => actor,
            Begun::Ended(reason) => return reason,
            Begun::Awaits(init) => {
                let init = deaf(init).await;
                match initialised(init, &mut serve.ack) {
                    Ok(actor) => actor,
                    Err(reason) => return reason,
                }
            }
        };
        drop(serve);
        ctx.cell().common().handler.set("");
        let mut budget = BUDGET;
        let mut stop = ctx.take_stop();
        while stop.is_none() {
            let mut outcome = Ok(());
            match step(&mut actor, &mut ctx, &mut budget, &mut outcome) {
                Step::Done => {}
                Step::GiveWay => GiveWay(false).await,
                Step::Await(handler) => outcome = Rest(handler).await,
            }
            stop = handled(&mut ctx, outcome);
        }
        let Some(stop) = stop else { return ExitReason::Normal };
        let message = ctx.cell().common().handler.replace("terminate");
        if let Handled::Async(terminate) = actor.terminate(&stop.reason, &mut ctx) {
            deaf(terminate).await;
        }
        // The report of a crash names the message that it came from.
        ctx.cell().common().handler.set(if stop.reason.is_clean() { "" } else { message });
        if let Some(reply) = stop.reply {
            reply();
        }
        // The state is dropped next; callers whose `ReplyTo`s it keeps are told the reason, once it is known to all.
        ctx.cell().common().begin_dying();
        stop.reason
    }
}

/// How a server has begun.
enum Begun<'a, A> {
    Ready(A),
    Ended(ExitReason),
    Awaits(Pin<Box<dyn Future<Output = Init<A>> + Send + 'a>>),
}

/// Takes the name and calls `init`.
fn begin<'a, A: Actor>(ctx: &'a mut Context<A>, serve: &mut Serve<A>) -> Begun<'a, A> {
    let Some(args) = serve.args.take() else { return Begun::Ended(ExitReason::Normal) };
    if let Some(name) = serve.name.take()
        && let Err(process::RegisterError::Taken(holder)) =
            current::with(|me| me.common().node.names.register(&name, me))
    {
        serve.ack.failed(StartError::AlreadyStarted(holder));
        return Begun::Ended(ExitReason::Normal);
    }
    ctx.cell().common().handler.set("init");
    match A::init(args, ctx) {
        Handled::Done(init) => initialised(init, &mut serve.ack).map_or_else(Begun::Ended, Begun::Ready),
        Handled::Async(init) => Begun::Awaits(init),
    }
}

/// What `init` came to: the state, or the reason to end with.
fn initialised<A: Actor>(init: Init<A>, ack: &mut Ack) -> Result<A, ExitReason> {
    match init {
        Init::Ok(actor) => {
            ack.started();
            Ok(actor)
        }
        Init::Ignore => {
            ack.failed(StartError::Ignore);
            Err(ExitReason::Normal)
        }
        Init::Stop(reason) => {
            ack.failed(StartError::Failed(reason.clone()));
            Err(reason)
        }
        Init::Error(reason) => {
            ack.failed(StartError::Failed(reason));
            Err(ExitReason::Normal)
        }
    }
}

/// Handles the next item. What it comes to is put into `outcome`, unless there is something to wait for.
#[inline]
fn step<'a, A: Actor>(
    actor: &'a mut A,
    ctx: &'a mut Context<A>,
    budget: &mut u32,
    outcome: &mut Result<(), ExitReason>,
) -> Step<'a> {
    let Some(item) = next::<A>(ctx.cell(), budget) else { return Step::GiveWay };
    let common = ctx.cell().common();
    let handled = match item {
        Item::Message(message) => {
            common.handler.set(A::message_name(&message));
            caught(|| actor.handle(message, ctx))
        }
        Item::Timed(timed) => {
            common.handler.set("timer");
            match caught(|| timed.deliver()) {
                Ok(None) => return Step::Done,
                Ok(Some(message)) => {
                    common.handler.set(A::message_name(&message));
                    caught(|| actor.handle(message, ctx))
                }
                Err(reason) => Err(reason),
            }
        }
        Item::Signal(signal) => {
            let info = match *signal {
                Signal::Trapped(exit) if Some(exit.from) == ctx.parent() => {
                    *outcome = Err(exit.reason);
                    return Step::Done;
                }
                Signal::Terminate(reason) => {
                    *outcome = Err(reason);
                    return Step::Done;
                }
                Signal::Trapped(exit) => Info::Exit(exit),
                Signal::Down(down) => Info::Down(down),
                Signal::Foreign { payload, .. } => Info::Other(payload),
                _ => return Step::Done,
            };
            common.handler.set("info");
            caught(|| actor.info(info, ctx))
        }
    };
    match handled {
        Ok(Handled::Done(done)) => *outcome = done,
        Ok(Handled::Async(handler)) => return Step::Await(handler),
        Err(reason) => *outcome = Err(reason),
    }
    Step::Done
}

/// What comes after an item.
enum Step<'a> {
    /// The next one.
    Done,
    /// There is none, or others have their turn first.
    GiveWay,
    /// The rest of its handler.
    Await(Pin<Box<dyn Future<Output = Result<(), ExitReason>> + Send + 'a>>),
}

/// Gives way once; whoever polls again has a reason.
struct GiveWay(bool);

impl Future for GiveWay {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, _: &mut std::task::Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// The rest of a handler; messages do not wake it.
struct Rest<'a>(Pin<Box<dyn Future<Output = Result<(), ExitReason>> + Send + 'a>>);

impl Future for Rest<'_> {
    type Output = Result<(), ExitReason>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<Self::Output> {
        let deaf = |deaf| current::with(|me| me.common().set_deaf(deaf));
        deaf(true);
        let polled = caught(|| self.0.as_mut().poll(cx)).unwrap_or_else(|reason| Poll::Ready(Err(reason)));
        if polled.is_ready() {
            deaf(false);
        }
        polled
    }
}

/// What a handler leaves behind: nothing, or the reason to end.
#[inline]
fn handled<A: Actor>(ctx: &mut Context<A>, outcome: Result<(), ExitReason>) -> Option<Box<Stop>> {
    match outcome {
        Ok(()) => {
            // Callers whose `ReplyTo`s were dropped in a panic that the handler caught.
            let orphans = ctx.cell().common().own.take_orphans();
            orphans.iter().for_each(|call| call.abandon());
            ctx.take_stop()
        }
        Err(reason) => {
            let reply = ctx.take_stop().and_then(|stop| stop.reply);
            Some(Box::new(Stop { reason, reply }))
        }
    }
}

/// The next thing to do, if there is one and the budget is not used up.
#[inline]
fn next<A: Actor>(cell: &TaskRef<Cell<A::Message>>, budget: &mut u32) -> Option<Item<A::Message>> {
    current::with(|me| {
        let common = cell.common();
        common.waits_for_no_call();
        if common.must_end(me) {
            return None;
        }
        if *budget == 0 {
            *budget = BUDGET;
            me.task().wake();
            return None;
        }
        *budget -= 1;
        if let Some(item) = cell.next_item(me) {
            return Some(item);
        }
        *budget = BUDGET;
        let at = cell.idle_at()?;
        if common.node.scheduler.now() < at {
            common.wake_at(me, at);
            return None;
        }
        cell.take_idle().map(Item::Message)
    })
}

/// Runs a handler; a panic in it becomes the reason to terminate with. What ends the process as a whole goes on.
#[inline]
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, ExitReason> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|payload| {
        if is_fatal(&*payload) {
            resume_unwind(payload);
        }
        let reason = current::with(|me| me.common().panicked(&*payload));
        discard(payload);
        reason
    })
}

/// Awaits something that no message of the actor's own can bring about, and is not woken by them.
fn deaf<F: Future + Unpin>(mut future: F) -> impl Future<Output = F::Output> {
    poll_fn(move |cx| {
        let deaf = |deaf| current::with(|me| me.common().set_deaf(deaf));
        deaf(true);
        let polled = Pin::new(&mut future).poll(cx);
        if polled.is_ready() {
            deaf(false);
        }
        polled
    })
}
