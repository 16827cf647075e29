//! The process of a supervisor: an actor that traps exits, starts, ends and restarts.
//!
//! It carries out what `strategy` and `intensity` decide. Its handlers wait for a child that starts and for one that
//! ends; what it is told meanwhile waits too, exit signals included. They await, and never set a stack aside: a stack
//! belongs to a core, and a child that never comes back would take its supervisor's along with the core.

mod lifecycle;
mod requests;
mod restarting;

use std::{any::Any, fmt, future::Future, sync::Arc, time::Duration};

use super::{
    ChildCount, ChildError, ChildInfo, Strategy, Supervisor, SupervisorRef,
    children::{Children, StartNumber},
    endings::Endings,
    intensity::Intensity,
    kind::{SeenKind, SupervisorKind},
    readiness::LevelReadiness,
    spec::{Spec, SpecInfo},
    strategy::AutoShutdown,
};
use crate::{
    actor::{
        Actor, ActorRef, ChildId, Context, Handled, Info, Init, Mode, Place, ReplyTo, Shutdown, Start, StartError,
        Starting, StatusTexts, report::unexpected,
    },
    cell::{AnyProcess, ExitReason, Mailbox, MessageKind, Pid, RegName, birth::Relation},
    guard::Guarded,
    process::StartInfo,
};

/// What a supervisor is made of: where it stands in its tree, and how to come by its children.
pub(super) struct SupervisorArgs {
    /// What reports call it.
    pub(super) label: &'static str,
    pub(super) place: Place,
    pub(super) build: Box<dyn FnOnce(&Place) -> Supervisor + Send>,
    /// Its child spec gives it a name, which comes before the one that it is built with.
    pub(super) is_named: bool,
    /// How it will be ended.
    pub(super) shutdown: Shutdown,
}

/// Starts the supervisor of a whole tree.
pub(super) fn start_root(
    label: &'static str,
    build: impl FnOnce(&Place) -> Supervisor + Send + 'static,
    relation: Relation,
) -> Result<SupervisorRef, StartError> {
    let place = Place::root();
    let tree = SupervisorArgs {
        label,
        place: place.clone(),
        build: Box::new(build),
        is_named: false,
        shutdown: Shutdown::Infinity,
    };
    starting(tree, None, relation)?.wait().map_err(own_error)?;
    Ok(SupervisorRef::from_place(place))
}

/// Starts a supervisor that is a child itself.
pub(super) async fn start(tree: SupervisorArgs, name: Option<RegName>) -> Result<AnyProcess, StartError> {
    let (cell, _) = starting(tree, name, Relation::Link)?.ready().await.map_err(own_error)?;
    Ok(AnyProcess::new(&cell))
}

fn starting(tree: SupervisorArgs, name: Option<RegName>, relation: Relation) -> Result<Starting<Server>, StartError> {
    if cfg!(panic = "abort") {
        return Err(StartError::PanicsAbort);
    }
    Ok(Starting::new(tree.label, Start { args: tree, name, relation, timeout: None, mailbox: Mailbox::UNBOUNDED }))
}

/// A supervisor that does not start ends as OTP's does, with `{shutdown, Error}`; whoever starts it is told the error.
fn own_error(error: StartError) -> StartError {
    match &error {
        StartError::Failed(reason) => reason.downcast_ref().cloned().unwrap_or(error),
        _ => error,
    }
}

pub(super) struct Server {
    label: &'static str,
    pid: Pid,
    place: Place,
    strategy: Strategy,
    restarts: u32,
    period: Duration,
    auto_shutdown: AutoShutdown,
    intensity: Intensity,
    children: Children,
    kind: SupervisorKind,
    endings: Arc<Endings>,
}

/// How somebody names a child.
pub(super) enum Who {
    /// As the static supervisors do.
    Id(ChildId),
    /// By the pid that it has or had last, as the dynamic ones do.
    Pid(Pid),
    /// By the place that a client names.
    Place(Place),
}

/// The place of a child that was started, and what it gives to whoever asked for it.
pub(super) type NewChild = (Place, Option<StartInfo>);

/// The process of a child that was started again, and what it gives to whoever asked for it.
pub(super) type RestartedChild = (Option<Pid>, Option<StartInfo>);

pub(super) enum Message {
    StartChild(ChildId, Spec, ReplyTo<Result<Option<StartInfo>, ChildError>>),
    /// With what a [`Template`] takes; answered with the child's place.
    StartDynamic(Guarded<Box<dyn Any + Send>>, ReplyTo<Result<NewChild, ChildError>>),
    TerminateChild(Who, ReplyTo<Result<(), ChildError>>),
    RestartChild(ChildId, ReplyTo<Result<RestartedChild, ChildError>>),
    DeleteChild(ChildId, ReplyTo<Result<(), ChildError>>),
    GetChildSpec(Who, ReplyTo<Result<SpecInfo, ChildError>>),
    WhichChild(ChildId, ReplyTo<Result<ChildInfo, ChildError>>),
    Snapshot(ChildFilter, ReplyTo<Snapshot>),
    CountChildren(ReplyTo<ChildCount>),
    Readiness(ReplyTo<LevelReadiness>),
    Resize(usize, ReplyTo<Result<usize, ChildError>>),
    /// A child is to be started again; from the supervisor itself, so that others have their turn in between.
    TryAgain(StartNumber),
}

/// Which of its children are to be seen.
#[derive(Clone, Copy)]
pub(super) enum ChildFilter {
    None,
    /// The first so many, if they are dynamic; else all.
    First(usize),
    All,
}

/// What can be seen of a supervisor.
pub(super) struct Snapshot {
    pub(super) label: &'static str,
    pub(super) pid: Pid,
    pub(super) place: Place,
    pub(super) strategy: Strategy,
    pub(super) restarts: u32,
    pub(super) period: Duration,
    pub(super) kind: SeenKind,
    /// How many there are.
    pub(super) count: usize,
    /// Those that were asked for, in order.
    pub(super) children: Vec<ChildInfo>,
}

/// Answers a call with what `answer` comes to, unless it has timed out.
async fn answer<T: Send + 'static>(
    ctx: &mut Context<Server>,
    reply: ReplyTo<T>,
    answer: impl Future<Output = T> + Send,
) -> Result<(), ExitReason> {
    if reply.begin() {
        let answer = answer.await;
        ctx.reply(reply, answer);
    }
    Ok(())
}

impl Actor for Server {
    type Args = SupervisorArgs;
    type Message = Message;
    type Client<M: Mode> = ActorRef<Self, M>;
    const NAME: &'static str = "Supervisor";

    fn init(tree: SupervisorArgs, ctx: &mut Context<Self>) -> Handled<'_, Init<Self>> {
        ctx.trap_exit(true);
        Handled::future(async move {
            match Self::begin(tree, ctx.pid()).await {
                Ok(server) => Init::Ok(server),
                // There is one, which is nothing to crash for.
                Err(StartError::Ignore) => Init::Ignore,
                Err(error @ StartError::AlreadyStarted(_)) => Init::Error(ExitReason::shutdown_with(error)),
                Err(error) => Init::Stop(ExitReason::shutdown_with(error)),
            }
        })
    }

    fn handle<'a>(&'a mut self, message: Message, ctx: &'a mut Context<Self>) -> Handled<'a> {
        Handled::future(async move {
            match message {
                Message::StartChild(id, spec, reply) => answer(ctx, reply, self.start_child(id, spec)).await,
                Message::StartDynamic(given, reply) => answer(ctx, reply, self.start_dynamic(given)).await,
                Message::TerminateChild(who, reply) => answer(ctx, reply, self.terminate_child(who)).await,
                Message::RestartChild(id, reply) => answer(ctx, reply, self.restart_child(id)).await,
                Message::DeleteChild(id, reply) => answer(ctx, reply, async { self.delete_child(id) }).await,
                Message::GetChildSpec(who, reply) => answer(ctx, reply, async { self.child_spec(&who) }).await,
                Message::WhichChild(id, reply) => answer(ctx, reply, async { self.which_child(&id) }).await,
                Message::Snapshot(shown, reply) => answer(ctx, reply, async { self.look(shown) }).await,
                Message::CountChildren(reply) => answer(ctx, reply, async { self.count() }).await,
                Message::Readiness(reply) => answer(ctx, reply, async { self.readiness() }).await,
                Message::Resize(partitions, reply) => answer(ctx, reply, self.resize(partitions)).await,
                Message::TryAgain(number) => self.try_again(number, ctx.me()).await,
            }
        })
    }

    fn info<'a>(&'a mut self, info: Info, ctx: &'a mut Context<Self>) -> Handled<'a> {
        match info {
            Info::Exit(exit) => Handled::future(self.exited(exit, ctx.me())),
            info => {
                unexpected(self.label, &info);
                Handled::Done(Ok(()))
            }
        }
    }

    fn terminate<'a>(&'a mut self, _: &'a ExitReason, _: &'a mut Context<Self>) -> Handled<'a, ()> {
        Handled::future(self.end_all())
    }

    fn format_status(&self, texts: &mut StatusTexts) {
        texts.show(self);
    }

    fn message_kind(message: &Message) -> MessageKind {
        let from = match message {
            Message::StartChild(.., reply) => reply.caller(),
            Message::TerminateChild(_, reply) | Message::DeleteChild(_, reply) => reply.caller(),
            Message::StartDynamic(_, reply) => reply.caller(),
            Message::RestartChild(_, reply) => reply.caller(),
            Message::GetChildSpec(_, reply) => reply.caller(),
            Message::WhichChild(_, reply) => reply.caller(),
            Message::Snapshot(_, reply) => reply.caller(),
            Message::CountChildren(reply) => reply.caller(),
            Message::Readiness(reply) => reply.caller(),
            Message::Resize(_, reply) => reply.caller(),
            Message::TryAgain(_) => return MessageKind::Cast,
        };
        MessageKind::Call { from }
    }

    fn message_name(message: &Message) -> &'static str {
        match message {
            Message::StartChild(..) | Message::StartDynamic(..) => "start_child",
            Message::TerminateChild(..) => "terminate_child",
            Message::RestartChild(..) => "restart_child",
            Message::DeleteChild(..) => "delete_child",
            Message::GetChildSpec(..) => "child_spec",
            Message::WhichChild(..) => "which_child",
            Message::Snapshot(..) => "which_children",
            Message::CountChildren(_) => "count_children",
            Message::Readiness(_) => "readiness",
            Message::Resize(..) => "resize",
            Message::TryAgain(_) => "try_again",
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Snapshot { strategy, restarts, period, children, .. } = self.look(ChildFilter::All);
        f.debug_struct("Supervisor")
            .field("strategy", &strategy)
            .field("intensity", &format_args!("{restarts} in {period:?}"))
            .field("children", &children)
            .finish()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.kind.is_dynamic() {
            // No supervisor that comes after it starts them again.
            self.children.numbers().into_iter().for_each(|number| self.children.forget(number));
        }
        self.place.vacate(self.pid);
    }
}
