//! The life of a server: its name, `init`, one message after another, `terminate`.

use std::{future::Future, mem, pin::Pin, task::Poll};

use super::{
    Actor, Context, Handled, Init, ServerTermination, StartError,
    context::Stop,
    dispatch::{BUDGET, Progress, deaf, handled, step},
    report,
    system::last_texts,
};
use crate::{
    cell::{AnyProcess, ExitReason, RegName, current, panic::caught, report::is_failure, typed::Cell},
    process::{Ack, Claim, StartInfo},
    scheduler::{self, TaskRef},
};

/// What a server begins with.
pub(super) struct Serve<A: Actor, I> {
    pub(super) cell: TaskRef<Cell<A::Message>>,
    pub(super) name: Option<RegName>,
    /// The name, once it is its own.
    pub(super) claim: Option<Claim>,
    pub(super) init: Option<I>,
    pub(super) ack: Ack<Option<StartInfo>, StartError>,
}

/// What a server does from its beginning to its end; gives the reason.
///
/// This future is most of the memory of an idle actor. It is written so that what it keeps while it waits for a message
/// is the state, the context and a few words.
#[allow(clippy::manual_async_fn, reason = "an `async fn` would keep its argument twice")]
pub(super) fn serve<A: Actor, I>(mut serve: Box<Serve<A, I>>) -> impl Future<Output = ExitReason> + Send
where
    I: FnOnce(&mut Context<A>) -> Handled<'_, Init<A>> + Send,
{
    async move {
        let mut ctx = Context::<A>::new(serve.cell.clone(), mem::replace(&mut serve.ack, Ack::to_nobody()));
        let begun = Beginning(begin(&mut ctx, &mut serve)).await;
        ctx.cell().header().was_measured();
        let mut actor = match initialised(begun, serve.claim.take(), &mut ctx) {
            Ok(actor) => actor,
            Err(reason) => return reason,
        };
        drop(serve);
        current::in_turn(|me| me.header().handler.clear(me));
        let mut budget = BUDGET;
        while !ctx.is_stopping() {
            let step = step(&mut actor, &mut ctx, &mut budget);
            // What is done at once takes no way through the memory of the future; each branch takes the step as a
            // whole, so that no room is kept for it.
            let outcome = if matches!(step, Progress::Done(_)) { step.outcome() } else { step.anew().await };
            handled(&mut ctx, outcome);
        }
        let Some(mut stop) = ctx.take_stop() else { return ExitReason::Normal };
        current::in_turn(|me| me.own().set_failure(&stop.reason));
        if current::in_turn(|me| me.header().must_move(me, &ctx.program().terminate)) {
            let _moved = Progress::<Result<(), ExitReason>>::GiveWay(false).await;
        }
        current::in_turn(|me| me.header().runs(me, &ctx.program().terminate));
        let terminated = Progress::of(caught(|| actor.terminate(&stop.reason, &mut ctx))).await;
        if let Err(reason) = terminated {
            stop.reason = stop.reason.then(*reason);
            current::in_turn(|me| me.own().set_failure(&stop.reason));
        }
        // The report of a crash names the message that it came from.
        ctx.cell().header().was_measured();
        current::in_turn(|me| {
            let handler = &me.header().handler;
            if stop.reason.is_clean() { handler.clear(me) } else { handler.set(me, stop.handled) }
        });
        if is_failure(&stop.reason) {
            failed(&actor, &ctx, &stop);
        }
        if let Some(reply) = stop.reply {
            reply();
        }
        // Callers whose `ReplyTo`s the state keeps are told the reason, once it is known to all.
        ctx.cell().header().life.begin_dying();
        current::in_turn(|me| me.header().quietly(me, || drop(actor), &mut stop.reason));
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
    let ended = || ServerTermination {
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
