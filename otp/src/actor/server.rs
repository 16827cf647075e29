//! The life of a server: start, init, one message after another, terminate.

use std::{
    future::Future,
    marker::PhantomData,
    mem,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use super::{
    Actor, Address, Blocking, Context, Ended, EnterLoopError, Handled, Info, Init, IntoInit, IntoOutcome, Name,
    StartError,
    client::of_process,
    context::{Stop, program},
    report,
    subject::Arrived,
    system::{self, last_texts},
};
use crate::{
    cell::{
        AnyProcess, Event, ExitReason, IntoReason, Mailbox, MessageKind, MonitorRef, RegName, Running,
        birth::Relation,
        common::Rest,
        current,
        lanes::Special,
        panic::is_fatal,
        report::is_failure,
        signal::{Item, Signal, Timed},
        typed::{AtHand, Cell},
    },
    process::{self, Ack, Claim, start},
    scheduler::{self, Code, TaskRef, UnderWay},
};

/// How many messages a server handles before it lets others have its core.
const BUDGET: u32 = 256;

/// Starts an actor with options: a link, a name, a mailbox, a limit of time.
///
/// ```
/// # use otp::{Actor, actor::Starter};
/// # use std::time::Duration;
/// # fn example<A: Actor<Args = ()>>() -> Result<(), otp::StartError> {
/// let client = Starter::<A>::new().name("printer").timeout(Duration::from_secs(1)).link().start(())?;
/// # Ok(()) }
/// ```
#[must_use = "it starts nothing until `start`"]
pub struct Starter<A: Actor> {
    relation: Relation,
    name: Option<RegName>,
    timeout: Option<Duration>,
    mailbox: Mailbox,
    actor: PhantomData<fn() -> A>,
}

impl<A: Actor> Starter<A> {
    /// Unlinked, with the name and the mailbox of the actor's options, without a limit of time.
    pub fn new() -> Self {
        Self {
            relation: Relation::None,
            name: A::OPTIONS.name.map(RegName::new),
            timeout: None,
            mailbox: A::OPTIONS.mailbox,
            actor: PhantomData,
        }
    }

    /// Links it to the current process.
    pub fn link(mut self) -> Self {
        self.relation = self.relation.and_link();
        self
    }

    /// Registers this name before its `init`. A start that finds it taken fails with
    /// [`AlreadyStarted`](StartError::AlreadyStarted), and there is no `init`.
    pub fn name(mut self, name: impl Into<Name<A>>) -> Self {
        self.name = Some(name.into().into());
        self
    }

    /// Registers no name, not even that of the actor's options.
    pub fn no_name(mut self) -> Self {
        self.name = None;
        self
    }

    /// How many messages may wait for it.
    pub fn mailbox(mut self, mailbox: Mailbox) -> Self {
        self.mailbox = mailbox;
        self
    }

    /// Kills it when its `init` has not come back after so long.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Starts it and waits until it is ready.
    ///
    /// ```
    /// # use otp::{actor::Starter, prelude::*};
    /// # pub struct Door;
    /// # #[actor]
    /// # impl Door {
    /// #     #[init] fn init() -> Self { otp::sleep(Duration::from_secs(60)); Self }
    /// # }
    /// Sim::run(1, |_| {
    ///     let start = || Starter::<Door>::new().name("front door");
    ///     assert_eq!(start().timeout(Duration::from_secs(1)).start(()).err(), Some(StartError::Timeout));
    ///     let door = start().start(()).unwrap();
    ///     assert_eq!(process::whereis("front door"), door.pid());
    ///     assert_eq!(start().start(()).err(), Some(StartError::AlreadyStarted(door.pid().unwrap())));
    /// });
    /// ```
    ///
    /// # Errors
    /// See [`StartError`]. The process has ended when an error is returned, and its name is free.
    pub fn start(self, args: A::Args) -> Result<A::Client<Blocking>, StartError> {
        let relation = self.relation;
        Starting::<A>::new(A::NAME, self.with(relation, args))
            .wait()
            .map(|(cell, _)| of_process(Address::<A>::process(cell)))
    }

    /// As [`start`](Starter::start), monitored by the current process. `gen_server:start_monitor/3`.
    ///
    /// ```
    /// # use otp::{actor::Starter, prelude::*};
    /// # pub struct Door;
    /// # #[actor]
    /// # impl Door {
    /// #     #[init] fn init() -> Self { Self }
    /// # }
    /// let (door, monitor) = Starter::<Door>::new().start_monitor(())?;
    /// door.stop()?;
    /// assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Normal);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// See [`StartError`].
    #[allow(clippy::missing_panics_doc, reason = "a monitor that was asked for is there")]
    pub fn start_monitor(self, args: A::Args) -> Result<(A::Client<Blocking>, MonitorRef), StartError> {
        let relation = self.relation.and_monitor();
        let (cell, monitor) = Starting::<A>::new(A::NAME, self.with(relation, args)).wait()?;
        Ok((of_process(Address::<A>::process(cell)), monitor.expect("it was asked for")))
    }

    fn with(self, relation: Relation, args: A::Args) -> Start<A> {
        Start { args, name: self.name, relation, timeout: self.timeout, mailbox: self.mailbox }
    }

    /// Starts a process that runs `code` and then serves as the actor, with the state that `code` made; waits until it
    /// does, or until `code` says [`Context::init_ack`]. `gen_server:enter_loop/4`.
    ///
    /// `code` is what a plain process would run: it may receive from subjects, wait, register a name. Messages for the
    /// actor wait meanwhile; the actor's own `init` does not run. The [name](Starter::name) is not registered for it:
    /// it says which name the process is to have when it begins to serve.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # use otp::actor::Starter;
    /// struct Counter(u32);
    ///
    /// #[actor]
    /// impl Counter {
    ///     #[init]
    ///     fn init() -> Self {
    ///         Self(0)
    ///     }
    ///
    ///     #[handle_call]
    ///     fn next(&mut self) -> u32 {
    ///         self.0 += 1;
    ///         self.0
    ///     }
    /// }
    ///
    /// let counter = Starter::<Counter>::new().enter_loop(|_| {
    ///     let seeds = process::current().subject();
    ///     let seed = seeds.clone();
    ///     process::spawn(move |_| seed.send(41));
    ///     Counter(seeds.receive(None).unwrap_or(0))
    /// })?;
    /// assert_eq!(counter.next()?, 42);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// See [`StartError`]. When the process does not have the name that it is to have, it ends with the error
    /// [`EnterLoopError`] instead of serving.
    pub fn enter_loop<I: IntoInit<A>>(
        self,
        code: impl FnOnce(&mut Context<A>) -> I + Send + 'static,
    ) -> Result<A::Client<Blocking>, StartError> {
        let Self { relation, name, timeout, mailbox, .. } = self;
        let starting = Starting::<A>::with(A::NAME, None, relation, timeout, mailbox, |ctx: &mut Context<A>| {
            let init = code(ctx).into_init();
            Handled::Done(match (init, name.filter(|name| name.whereis() != Some(ctx.pid()))) {
                (Init::Ok(_), Some(name)) => Init::Stop(EnterLoopError(name).into_reason()),
                (init, _) => init,
            })
        });
        starting.wait().map(|(cell, _)| of_process(Address::<A>::process(cell)))
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
    pub(crate) name: Option<RegName>,
    pub(crate) relation: Relation,
    pub(crate) timeout: Option<Duration>,
    pub(crate) mailbox: Mailbox,
}

type Started<A> = (TaskRef<Cell<<A as Actor>::Message>>, Option<MonitorRef>);

/// An actor whose process runs, and whose `init` may not be over.
pub(crate) struct Starting<A: Actor>(start::Starting<A::Message, (), StartError>);

impl<A: Actor> Starting<A> {
    /// Starts an actor; reports call it `label`.
    pub(crate) fn new(label: &'static str, start: Start<A>) -> Self {
        let Start { args, name, relation, timeout, mailbox } = start;
        Self::with(label, name, relation, timeout, mailbox, |ctx: &mut Context<A>| A::init(args, ctx))
    }

    /// As [`new`](Starting::new), with an `init` of the starter's own.
    fn with<I>(
        label: &'static str,
        name: Option<RegName>,
        relation: Relation,
        timeout: Option<Duration>,
        mailbox: Mailbox,
        init: I,
    ) -> Self
    where
        I: FnOnce(&mut Context<A>) -> Handled<'_, Init<A>> + Send + 'static,
    {
        let mailbox = Special::new(mailbox, A::PRIORITY, A::message_name);
        let carrier = A::OPTIONS.carrier;
        Self(start::Starting::new(program::<A>(label), relation, timeout, carrier, mailbox, |cell, ack| {
            Box::pin(serve::<A, I>(Box::new(Serve { cell: cell.clone(), name, claim: None, init: Some(init), ack })))
        }))
    }

    /// Waits until its `init` is over, and on failure until the process is gone.
    pub(crate) fn wait(self) -> Result<Started<A>, StartError> {
        Self::started(self.0.wait())
    }

    /// As [`wait`](Starting::wait), for the handler of a process that is not to be bound to its core.
    pub(crate) async fn ready(self) -> Result<Started<A>, StartError> {
        Self::started(self.0.ready().await)
    }

    fn started(
        started: Result<start::Started<A::Message, ()>, process::AckError<StartError>>,
    ) -> Result<Started<A>, StartError> {
        started.map(|started| (started.cell, started.monitor)).map_err(StartError::from)
    }
}

/// What a server begins with.
struct Serve<A: Actor, I> {
    cell: TaskRef<Cell<A::Message>>,
    name: Option<RegName>,
    /// The name, once it is its own.
    claim: Option<Claim>,
    init: Option<I>,
    ack: Ack<(), StartError>,
}

/// What a server does from its beginning to its end; gives the reason.
///
/// This future is most of the memory of an idle actor. It is written so that what it keeps while it waits for a message
/// is the state, the context and a few words.
#[allow(clippy::manual_async_fn, reason = "an `async fn` would keep its argument twice")]
fn serve<A: Actor, I>(mut serve: Box<Serve<A, I>>) -> impl Future<Output = ExitReason> + Send
where
    I: FnOnce(&mut Context<A>) -> Handled<'_, Init<A>> + Send,
{
    async move {
        let mut ctx = Context::<A>::new(serve.cell.clone(), mem::replace(&mut serve.ack, Ack::to_nobody()));
        let begun = Beginning(begin(&mut ctx, &mut serve)).await;
        ctx.cell().common().was_measured();
        let mut actor = match initialised(begun, serve.claim.take(), &mut ctx) {
            Ok(actor) => actor,
            Err(reason) => return reason,
        };
        drop(serve);
        current::with(|me| me.common().handler.clear(me));
        let mut budget = BUDGET;
        while !ctx.is_stopping() {
            let step = step(&mut actor, &mut ctx, &mut budget);
            // What is done at once takes no way through the memory of the future; each branch takes the step as a whole, so
            // that no room is kept for it.
            let outcome = if matches!(step, Step::Done(_)) { step.outcome() } else { step.anew().await };
            handled(&mut ctx, outcome);
        }
        let Some(mut stop) = ctx.take_stop() else { return ExitReason::Normal };
        current::with(|me| me.own().set_failure(&stop.reason));
        if current::with(|me| me.common().must_move(me, &ctx.program().terminate)) {
            let _moved = Step::<Result<(), ExitReason>>::GiveWay(false).await;
        }
        current::with(|me| me.common().runs(me, &ctx.program().terminate));
        let terminated = Step::of(caught(|| actor.terminate(&stop.reason, &mut ctx))).await;
        if let Err(reason) = terminated {
            stop.reason = stop.reason.then(*reason);
            current::with(|me| me.own().set_failure(&stop.reason));
        }
        // The report of a crash names the message that it came from.
        ctx.cell().common().was_measured();
        current::with(|me| {
            let handler = &me.common().handler;
            if stop.reason.is_clean() { handler.clear(me) } else { handler.set(me, stop.handled) }
        });
        if is_failure(&stop.reason) {
            failed(&actor, &ctx, &stop);
        }
        if let Some(reply) = stop.reply {
            reply();
        }
        // Callers whose `ReplyTo`s the state keeps are told the reason, once it is known to all.
        ctx.cell().common().life.begin_dying();
        current::with(|me| me.common().quietly(me, || drop(actor), &mut stop.reason));
        stop.reason
    }
}

/// Says in a report that a server has failed, with what is left of it.
#[cold]
fn failed<A: Actor>(actor: &A, ctx: &Context<A>, stop: &Stop) {
    // What one that was declared dead says is no news.
    if current::is_lost() {
        return;
    }
    let process: AnyProcess = ctx.cell().clone().into();
    let ended = || Ended {
        texts: last_texts(actor, ctx, stop.handled.name(), &stop.reason),
        client: stop.client,
        reason: &stop.reason,
    };
    // To say why runs code of the user's: how a reason is displayed, what hears of it.
    let _ = caught(|| report::server_terminating(&process, ended));
}

/// Takes the name and calls `init`.
fn begin<'a, A: Actor, I>(ctx: &'a mut Context<A>, serve: &mut Serve<A, I>) -> Handled<'a, Init<A>>
where
    I: FnOnce(&mut Context<A>) -> Handled<'_, Init<A>>,
{
    match serve.name.take().map(Claim::new).transpose() {
        Ok(claim) => serve.claim = claim,
        Err(error) => {
            ctx.refuse(error.into());
            // It ends as one that chose not to run; its starter was told why.
            return Handled::Done(Init::Ignore);
        }
    }
    let code = &ctx.program().first;
    let _under_way = code.is_doubtful().then(|| scheduler::begin(code));
    serve.init.take().map_or(Handled::Done(Init::Ignore), |init| init(ctx))
}

/// What `init` comes to. It is a future, so that a server that waits for a message keeps no room for it.
struct Beginning<'a, A: Actor>(Handled<'a, Init<A>>);

// Nothing in it is pinned by it.
impl<A: Actor> Unpin for Beginning<'_, A> {}

impl<A: Actor> Future for Beginning<'_, A> {
    type Output = Init<A>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<Init<A>> {
        match &mut self.0 {
            Handled::Done(init) => Poll::Ready(mem::replace(init, Init::Ignore)),
            Handled::Async(init) => deaf(|| init.as_mut().poll(cx)),
        }
    }
}

/// What `init` came to: the state, or the reason to end with.
fn initialised<A: Actor>(init: Init<A>, mut claim: Option<Claim>, ctx: &mut Context<A>) -> Result<A, ExitReason> {
    match init {
        Init::Ok(actor) => {
            if let Some(claim) = &mut claim {
                claim.keep();
            }
            ctx.init_ack();
            Ok(actor)
        }
        Init::Ignore => {
            ctx.refuse(StartError::Ignore);
            Err(ExitReason::Normal)
        }
        Init::Stop(reason) => {
            ctx.refuse(StartError::Failed(reason.clone()));
            Err(reason)
        }
        Init::Error(reason) => {
            ctx.refuse(StartError::Failed(reason));
            Err(ExitReason::Normal)
        }
    }
}

/// Handles the next item.
///
/// Most often that is a message at hand: its way leads straight from the queue to its handler, and what else there may
/// be stands elsewhere. Where both ways met, the message would be moved through memory once more.
#[inline(always)]
fn step<'a, A: Actor>(actor: &'a mut A, ctx: &'a mut Context<A>, budget: &mut u32) -> Step<'a> {
    current::in_turn(move |me| match at_hand::<A>(me, ctx.cell(), budget) {
        AtHand::Item(Item::Message(message)) => Step::of(call_handler(me, actor, message, ctx)),
        AtHand::Item(item) => handle_item(me, actor, item, ctx),
        AtHand::Nothing => {
            *budget = BUDGET;
            Step::GiveWay(false)
        }
        AtHand::Unknown => next_step(me, actor, ctx, budget),
    })
}

/// As [`step`], when nothing is at hand, or there is more to do than to handle it.
#[inline(never)]
fn next_step<'a, A: Actor>(me: &Running, actor: &'a mut A, ctx: &'a mut Context<A>, budget: &mut u32) -> Step<'a> {
    settle(me, ctx);
    match next::<A>(me, ctx.cell(), budget) {
        Some(item) => handle_item(me, actor, item, ctx),
        None => Step::GiveWay(false),
    }
}

#[inline(never)]
fn handle_item<'a, A: Actor>(
    me: &Running,
    actor: &'a mut A,
    item: Item<A::Message>,
    ctx: &'a mut Context<A>,
) -> Step<'a> {
    match item {
        Item::Message(message) => Step::of(handle(me, actor, message, ctx)),
        Item::Timed(timed) => timer(me, actor, timed, ctx),
        Item::Signal(signal) => signal_in(me, actor, signal, ctx),
    }
}

/// Handles what a timer brings.
#[inline(never)]
fn timer<'a, A: Actor>(
    me: &Running,
    actor: &'a mut A,
    timed: Arc<dyn Timed<A::Message>>,
    ctx: &'a mut Context<A>,
) -> Step<'a> {
    let code = &ctx.program().timer;
    if ctx.cell().common().must_move(me, code) {
        ctx.cell().put_back(me, Item::Timed(timed));
        return Step::Done(Ok(()));
    }
    Step::of(handle_made(me, actor, ctx, code, || timed.deliver()))
}

/// Handles a signal.
#[inline(never)]
fn signal_in<'a, A: Actor>(me: &Running, actor: &'a mut A, signal: Box<Signal>, ctx: &'a mut Context<A>) -> Step<'a> {
    let program = ctx.program();
    let code = match &*signal {
        Signal::Dropped(_) => &program.overflowed,
        Signal::System(_) => &program.system,
        Signal::Terminate(reason) => return Step::Done(Err(Box::new(reason.clone()))),
        Signal::Trapped(exit) if Some(exit.from) == ctx.parent() => {
            return Step::Done(Err(Box::new(exit.reason.clone())));
        }
        _ => &program.info,
    };
    if ctx.cell().common().must_move(me, code) {
        ctx.cell().put_back(me, Item::Signal(signal));
        return Step::Done(Ok(()));
    }
    let common = ctx.cell().common();
    let info = match *signal {
        Signal::Dropped(dropped) => {
            common.runs(me, code);
            if common.is_watched() {
                ctx.cell().tell(me, || Event::In { kind: MessageKind::Info, message: "overflowed".into() });
            }
            return Step::of(caught(|| actor.overflowed(dropped, ctx)));
        }
        Signal::System(request) => {
            // Reports go on to name the message before.
            let handled = common.handler.code();
            common.runs(me, code);
            let outcome = system::serve(me, actor, ctx, request);
            let common = ctx.cell().common();
            common.was_measured();
            common.handler.set(me, handled);
            return Step::Done(outcome.map_err(Box::new));
        }
        Signal::Trapped(exit) => Info::Exit(exit),
        Signal::Down(down) => Info::Down(down),
        Signal::Foreign { payload, .. } => match payload.take::<Arrived<A>>() {
            Ok(arrived) => return Step::of(handle_made(me, actor, ctx, &program.subject, || Some(arrived.make()))),
            Err(payload) => Info::Other(payload),
        },
        _ => return Step::Done(Ok(())),
    };
    common.runs(me, code);
    if common.is_watched() {
        ctx.cell().tell(me, || Event::In { kind: MessageKind::Info, message: info.name() });
    }
    Step::of(caught(|| actor.info(info, ctx)))
}

/// Handles a message that is made only now, unless there is none after all.
fn handle_made<'a, A: Actor>(
    me: &Running,
    actor: &'a mut A,
    ctx: &'a mut Context<A>,
    maker: &'static Code,
    make: impl FnOnce() -> Option<A::Message>,
) -> Result<Handled<'a>, ExitReason> {
    ctx.cell().common().runs(me, maker);
    match caught(make)? {
        Some(message) => handle(me, actor, message, ctx),
        None => Ok(Handled::Done(Ok(()))),
    }
}

/// Handles a message.
fn handle<'a, A: Actor>(
    me: &Running,
    actor: &'a mut A,
    message: A::Message,
    ctx: &'a mut Context<A>,
) -> Result<Handled<'a>, ExitReason> {
    if ctx.cell().common().is_watched() {
        system::saw(me, ctx, &message);
    }
    call_handler(me, actor, message, ctx)
}

/// As [`handle`], when nobody is told of the message: so it goes to its handler by registers.
#[inline(always)]
fn call_handler<'a, A: Actor>(
    me: &Running,
    actor: &'a mut A,
    message: A::Message,
    ctx: &'a mut Context<A>,
) -> Result<Handled<'a>, ExitReason> {
    // All of it is in there, so that the message is moved once.
    caught(|| {
        let code = A::message_code(&message).unwrap_or_else(|| code_by_name(&message, ctx));
        let under_way = if code.is_doubtful() {
            let under_way = begin_doubtful(me, ctx, code);
            if under_way.is_none() {
                ctx.cell().put_back(me, Item::Message(message));
                return Handled::Done(Ok(()));
            }
            under_way
        } else {
            ctx.cell().common().handler.set(me, code);
            None
        };
        let handled = actor.handle(message, ctx);
        drop(under_way);
        handled
    })
}

/// The code of a handler of which only the name is known. Not inlined: so a name has one address, by which it is found.
#[inline(never)]
fn code_by_name<A: Actor>(message: &A::Message, ctx: &Context<A>) -> &'static Code {
    let (name, last) = (A::message_name(message), ctx.cell().common().handler.code());
    if std::ptr::eq(last.name(), name) { last } else { ctx.program().handler(name) }
}

/// Begins a run of a handler that may be long, unless that must be on another thread, or later.
#[cold]
fn begin_doubtful<A: Actor>(me: &Running, ctx: &Context<A>, code: &'static Code) -> Option<UnderWay> {
    let common = ctx.cell().common();
    if common.must_move(me, code) || common.is_held_back(code) {
        return None;
    }
    common.runs(me, code);
    Some(scheduler::begin(code))
}

/// What a callback comes to: nothing, or the reason to end with. It is one word, so that it goes through no memory.
type Outcome = Result<(), Box<ExitReason>>;

/// What an item comes to, or what is waited for until it does.
///
/// It is a future, so that an idle server keeps room for one thing to wait for.
enum Step<'a, T = Result<(), ExitReason>> {
    Done(Outcome),
    /// There is none, or others have their turn first; whoever polls again has a reason.
    GiveWay(bool),
    /// The rest of a callback; messages do not wake it, and a panic in it becomes the reason to end with.
    Rest(Pin<Box<dyn Future<Output = T> + Send + 'a>>),
}

impl Step<'_> {
    /// What it has come to, if it has.
    #[inline(always)]
    fn outcome(self) -> Outcome {
        if let Self::Done(outcome) = self { outcome } else { Ok(()) }
    }

    /// The same, made where it is to stay: to move it as a whole, just after it was written in parts, costs as much as
    /// a lock.
    #[inline(always)]
    fn anew(self) -> Self {
        match self {
            Self::Rest(rest) => Self::Rest(rest),
            _ => Self::GiveWay(false),
        }
    }
}

#[cold]
fn boxed(reason: ExitReason) -> Box<ExitReason> {
    Box::new(reason)
}

impl<'a, T: IntoOutcome> Step<'a, T> {
    /// What comes after a callback that has run so far.
    #[inline(always)]
    fn of(handled: Result<Handled<'a, T>, ExitReason>) -> Self {
        match handled {
            Ok(Handled::Done(done)) => Self::Done(done.into_outcome().map_err(boxed)),
            Ok(Handled::Async(rest)) => Self::Rest(rest),
            Err(reason) => Self::Done(Err(boxed(reason))),
        }
    }
}

impl<T: IntoOutcome> Future for Step<'_, T> {
    type Output = Outcome;

    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<Self::Output> {
        match &mut *self {
            Self::Done(outcome) => Poll::Ready(mem::replace(outcome, Ok(()))),
            Self::GiveWay(given) => {
                if mem::replace(given, true) {
                    Poll::Ready(Ok(()))
                } else {
                    Poll::Pending
                }
            }
            Self::Rest(rest) => poll_rest(rest.as_mut(), cx),
        }
    }
}

#[inline(never)]
fn poll_rest<T: IntoOutcome>(
    mut rest: Pin<&mut (dyn Future<Output = T> + Send + '_)>,
    cx: &mut std::task::Context<'_>,
) -> Poll<Outcome> {
    let polled = deaf(|| match caught(|| rest.as_mut().poll(cx)) {
        Ok(polled) => polled.map(Ok),
        Err(reason) => Poll::Ready(Err(reason)),
    });
    polled.map(|done| done.and_then(IntoOutcome::into_outcome).map_err(Box::new))
}

/// What a handler leaves behind: nothing, or the reason to end.
#[inline]
fn handled<A: Actor>(ctx: &mut Context<A>, outcome: Outcome) {
    match outcome {
        // Else before the next item, in `next_step`.
        Ok(()) if ctx.is_stopping() => current::with(|me| settle(me, ctx)),
        Ok(()) => {}
        Err(reason) => ctx.fail(*reason),
    }
}

/// Does what has to be done after a handler now and then.
#[cold]
fn settle<A: Actor>(me: &Running, ctx: &Context<A>) {
    let (common, own) = (me.common(), me.own());
    if !own.is_troubled() {
        return;
    }
    // Callers whose `ReplyTo`s were dropped in a panic that the handler caught.
    own.take_orphans().iter().for_each(|call| call.abandon());
    common.was_measured();
    if !ctx.is_stopping() {
        common.handler.clear(me);
    }
    own.calm_down();
}

/// The next thing to do, if it is at hand, the budget is not used up, and nothing else is to be done before.
#[inline(always)]
fn at_hand<A: Actor>(me: &Running, cell: &TaskRef<Cell<A::Message>>, budget: &mut u32) -> AtHand<A::Message> {
    let common = cell.common();
    common.waits_for_no_call(me);
    if *budget == 0 {
        return AtHand::Unknown;
    }
    *budget -= 1;
    if common.is_disturbed(me) { AtHand::Unknown } else { cell.next_at_hand(me) }
}

/// The next thing to do, if there is one and the budget is not used up.
fn next<A: Actor>(me: &Running, cell: &TaskRef<Cell<A::Message>>, budget: &mut u32) -> Option<Item<A::Message>> {
    let common = cell.common();
    if common.must_end(me) {
        return None;
    }
    if *budget == 0 {
        *budget = BUDGET;
        me.task().wake();
        return None;
    }
    if common.gives_way() {
        *budget = BUDGET;
        let rest = &me.own().rest;
        rest.set(Some(rest.take().unwrap_or(Rest::Later)));
        return None;
    }
    if common.is_watched() && cell.is_suspended(me) {
        return cell.next_urgent(me);
    }
    next_or_idle(cell, me, budget)
}

/// The next thing to do, or what the process wants to be told when nothing has come, if it is time.
fn next_or_idle<M: Send + 'static>(cell: &Cell<M>, me: &Running, budget: &mut u32) -> Option<Item<M>> {
    if let Some(item) = cell.next_item(me) {
        return Some(item);
    }
    *budget = BUDGET;
    let common = cell.common();
    let at = cell.idle_at(me)?;
    if common.node.scheduler.now() < at {
        common.wake_at(me, at);
        return None;
    }
    cell.take_idle(me).map(Item::Message)
}

/// Runs a handler; a panic in it becomes the reason to terminate with. What ends the process as a whole goes on.
///
/// Not inlined into the loop it would cost more than what else is done there for a message.
#[inline(always)]
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, ExitReason> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|payload| {
        if is_fatal(&*payload) {
            resume_unwind(payload);
        }
        current::with(|me| {
            let mut reason = me.common().panicked(me, &*payload);
            me.common().quietly(me, || drop(payload), &mut reason);
            reason
        })
    })
}

/// Polls what no message of the actor's own can bring about, and what is therefore not woken by them.
fn deaf<T>(poll: impl FnOnce() -> Poll<T>) -> Poll<T> {
    let deaf = |deaf| current::with(|me| me.common().set_deaf(me, deaf));
    deaf(true);
    let polled = poll();
    if polled.is_ready() {
        deaf(false);
    }
    polled
}
