//! One message after another: what a server takes next, and what its handler comes to.

use std::{future::Future, mem, pin::Pin, sync::Arc, task::Poll};

use super::{Actor, Context, Handled, Info, IntoOutcome, subject::Arrived, system};
use crate::{
    cell::{
        Event, ExitReason, MessageKind, Running, current,
        header::Rest,
        panic::caught,
        signal::{Item, Signal, Timed},
        typed::{AtHand, Cell},
    },
    scheduler::{self, Code, TaskRef, UnderWay},
};

/// How many messages a server handles before it lets others have its core.
pub(super) const BUDGET: u32 = 256;

/// Handles the next item.
///
/// Most often that is a message at hand: its way leads straight from the queue to its handler, and what else there may
/// be stands elsewhere. Where both ways met, the message would be moved through memory once more.
#[inline(always)]
pub(super) fn step<'a, A: Actor>(actor: &'a mut A, ctx: &'a mut Context<A>, budget: &mut u32) -> Progress<'a> {
    current::in_turn(move |me| match at_hand::<A>(me, ctx.cell(), budget) {
        AtHand::Item(Item::Message(message)) => Progress::of(call_handler(me, actor, message, ctx)),
        AtHand::Item(item) => handle_item(me, actor, item, ctx),
        AtHand::Nothing => {
            *budget = BUDGET;
            Progress::GiveWay(false)
        }
        AtHand::Unknown => next_step(me, actor, ctx, budget),
    })
}

/// As [`step`], when nothing is at hand, or there is more to do than to handle it.
#[inline(never)]
fn next_step<'a, A: Actor>(me: &Running, actor: &'a mut A, ctx: &'a mut Context<A>, budget: &mut u32) -> Progress<'a> {
    settle(me, ctx);
    match next::<A>(me, ctx.cell(), budget) {
        Some(item) => handle_item(me, actor, item, ctx),
        None => Progress::GiveWay(false),
    }
}

#[inline(never)]
fn handle_item<'a, A: Actor>(
    me: &Running,
    actor: &'a mut A,
    item: Item<A::Message>,
    ctx: &'a mut Context<A>,
) -> Progress<'a> {
    match item {
        Item::Message(message) => Progress::of(handle(me, actor, message, ctx)),
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
) -> Progress<'a> {
    let code = &ctx.program().timer;
    if ctx.cell().header().must_move(me, code) {
        ctx.cell().put_back(me, Item::Timed(timed));
        return Progress::Done(Ok(()));
    }
    Progress::of(handle_made(me, actor, ctx, code, || timed.deliver()))
}

/// Handles a signal.
#[inline(never)]
fn signal_in<'a, A: Actor>(
    me: &Running,
    actor: &'a mut A,
    signal: Box<Signal>,
    ctx: &'a mut Context<A>,
) -> Progress<'a> {
    let program = ctx.program();
    let code = match &*signal {
        Signal::Dropped(_) => &program.overflowed,
        Signal::System(_) => &program.system,
        Signal::Terminate(reason) => return Progress::Done(Err(Box::new(reason.clone()))),
        Signal::Trapped(exit) if Some(exit.from) == ctx.parent() => {
            return Progress::Done(Err(Box::new(exit.reason.clone())));
        }
        _ => &program.info,
    };
    if ctx.cell().header().must_move(me, code) {
        ctx.cell().put_back(me, Item::Signal(signal));
        return Progress::Done(Ok(()));
    }
    let header = ctx.cell().header();
    let info = match *signal {
        Signal::Dropped(dropped) => {
            header.runs(me, code);
            if header.is_watched() {
                ctx.cell().tell(me, || Event::In { kind: MessageKind::Info, message: "overflowed".into() });
            }
            return Progress::of(caught(|| actor.overflowed(dropped, ctx)));
        }
        Signal::System(request) => {
            // Reports go on to name the message before.
            let handled = header.handler.code();
            header.runs(me, code);
            let outcome = system::serve(me, actor, ctx, request);
            let header = ctx.cell().header();
            header.was_measured();
            header.handler.set(me, handled);
            return Progress::Done(outcome.map_err(Box::new));
        }
        Signal::Trapped(exit) => Info::Exit(exit),
        Signal::Down(down) => Info::Down(down),
        Signal::Foreign { payload, .. } => match payload.take::<Arrived<A>>() {
            Ok(arrived) => return Progress::of(handle_made(me, actor, ctx, &program.subject, || Some(arrived.make()))),
            Err(payload) => Info::Other(payload),
        },
        _ => return Progress::Done(Ok(())),
    };
    header.runs(me, code);
    if header.is_watched() {
        ctx.cell().tell(me, || Event::In { kind: MessageKind::Info, message: info.name() });
    }
    Progress::of(caught(|| actor.info(info, ctx)))
}

/// Handles a message that is made only now, unless there is none after all.
fn handle_made<'a, A: Actor>(
    me: &Running,
    actor: &'a mut A,
    ctx: &'a mut Context<A>,
    maker: &'static Code,
    make: impl FnOnce() -> Option<A::Message>,
) -> Result<Handled<'a>, ExitReason> {
    ctx.cell().header().runs(me, maker);
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
    if ctx.cell().header().is_watched() {
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
            ctx.cell().header().handler.set(me, code);
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
    let (name, last) = (A::message_name(message), ctx.cell().header().handler.code());
    if std::ptr::eq(last.name(), name) { last } else { ctx.program().handler(name) }
}

/// Begins a run of a handler that may be long, unless that must be on another thread, or later.
#[cold]
fn begin_doubtful<A: Actor>(me: &Running, ctx: &Context<A>, code: &'static Code) -> Option<UnderWay> {
    let header = ctx.cell().header();
    if header.must_move(me, code) || header.is_held_back(code) {
        return None;
    }
    header.runs(me, code);
    Some(scheduler::begin(code))
}

/// What a callback comes to: nothing, or the reason to end with. It is one word, so that it goes through no memory.
pub(super) type HandlerResult = Result<(), Box<ExitReason>>;

/// What an item comes to, or what is waited for until it does.
///
/// It is a future, so that an idle server keeps room for one thing to wait for.
pub(super) enum Progress<'a, T = Result<(), ExitReason>> {
    Done(HandlerResult),
    /// There is none, or others have their turn first; whoever polls again has a reason.
    GiveWay(bool),
    /// The rest of a callback; messages do not wake it, and a panic in it becomes the reason to end with.
    Rest(Pin<Box<dyn Future<Output = T> + Send + 'a>>),
}

impl Progress<'_> {
    /// What it has come to, if it has.
    #[inline(always)]
    pub(super) fn outcome(self) -> HandlerResult {
        if let Self::Done(outcome) = self { outcome } else { Ok(()) }
    }

    /// The same, made where it is to stay: to move it as a whole, just after it was written in parts, costs as much as
    /// a lock.
    #[inline(always)]
    pub(super) fn anew(self) -> Self {
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

impl<'a, T: IntoOutcome> Progress<'a, T> {
    /// What comes after a callback that has run so far.
    #[inline(always)]
    pub(super) fn of(handled: Result<Handled<'a, T>, ExitReason>) -> Self {
        match handled {
            Ok(Handled::Done(done)) => Self::Done(done.into_outcome().map_err(boxed)),
            Ok(Handled::Async(rest)) => Self::Rest(rest),
            Err(reason) => Self::Done(Err(boxed(reason))),
        }
    }
}

impl<T: IntoOutcome> Future for Progress<'_, T> {
    type Output = HandlerResult;

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
) -> Poll<HandlerResult> {
    let polled = deaf(|| match caught(|| rest.as_mut().poll(cx)) {
        Ok(polled) => polled.map(Ok),
        Err(reason) => Poll::Ready(Err(reason)),
    });
    polled.map(|done| done.and_then(IntoOutcome::into_outcome).map_err(Box::new))
}

/// What a handler leaves behind: nothing, or the reason to end.
#[inline]
pub(super) fn handled<A: Actor>(ctx: &mut Context<A>, outcome: HandlerResult) {
    match outcome {
        // Else before the next item, in `next_step`.
        Ok(()) if ctx.is_stopping() => current::in_turn(|me| settle(me, ctx)),
        Ok(()) => {}
        Err(reason) => ctx.fail(*reason),
    }
}

/// Does what has to be done after a handler now and then.
#[cold]
fn settle<A: Actor>(me: &Running, ctx: &Context<A>) {
    let (header, own) = (me.header(), me.own());
    if !own.is_troubled() {
        return;
    }
    // Callers whose `ReplyTo`s were dropped in a panic that the handler caught.
    own.take_orphans().iter().for_each(|call| call.abandon());
    header.was_measured();
    if !ctx.is_stopping() {
        header.handler.clear(me);
    }
    own.calm_down();
}

/// The next thing to do, if it is at hand, the budget is not used up, and nothing else is to be done before.
#[inline(always)]
fn at_hand<A: Actor>(me: &Running, cell: &TaskRef<Cell<A::Message>>, budget: &mut u32) -> AtHand<A::Message> {
    let header = cell.header();
    header.waits_for_no_call(me);
    if *budget == 0 {
        return AtHand::Unknown;
    }
    *budget -= 1;
    if header.is_disturbed(me) { AtHand::Unknown } else { cell.next_at_hand(me) }
}

/// The next thing to do, if there is one and the budget is not used up.
fn next<A: Actor>(me: &Running, cell: &TaskRef<Cell<A::Message>>, budget: &mut u32) -> Option<Item<A::Message>> {
    let header = cell.header();
    if header.must_end(me) {
        return None;
    }
    if *budget == 0 {
        *budget = BUDGET;
        me.task().wake();
        return None;
    }
    if header.gives_way() {
        *budget = BUDGET;
        let rest = &me.own().rest;
        rest.set(Some(rest.take().unwrap_or(Rest::Later)));
        return None;
    }
    if header.is_watched() && cell.is_suspended(me) {
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
    let header = cell.header();
    let at = cell.idle_at(me)?;
    if header.node.scheduler.now() < at {
        header.wake_at(me, at);
        return None;
    }
    cell.take_idle(me).map(Item::Message)
}

/// Polls what no message of the actor's own can bring about, and what is therefore not woken by them.
pub(super) fn deaf<T>(poll: impl FnOnce() -> Poll<T>) -> Poll<T> {
    let deaf = |deaf| current::with(|me| me.header().set_deaf(me, deaf));
    deaf(true);
    let polled = poll();
    if polled.is_ready() {
        deaf(false);
    }
    polled
}
