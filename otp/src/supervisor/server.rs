//! The process of a supervisor: an actor that traps exits, starts, ends and restarts.
//!
//! It carries out what `strategy` and `intensity` decide. Its handlers wait for a child that starts and for one that
//! ends; what it is told meanwhile waits too, exit signals included. They await, and never set a stack aside: a stack
//! belongs to a core, and a child that never comes back would take its supervisor's along with the core.

use std::{future::Future, sync::Arc, time::Duration};

use super::{
    ChildCount, ChildError, ChildInfo, ChildKind, ChildState, Strategy, Supervisor, SupervisorRef,
    children::{Children, Place, State},
    ending,
    intensity::Intensity,
    spec::Spec,
    strategy::{self, AutoShutdown, Ended},
    validate,
};
use crate::{
    actor::{
        Actor, ChildId, Context, Handled, Info, Init, Mode, OneWay, Ref, ReplyTo, Restart, Slot, Start, StartError,
        Starting,
    },
    process::{AnyProcess, Exit, ExitReason, Pid, current, spawn::Relation},
    report::{self, Offender},
};

/// What a supervisor is made of: where it stands in its tree, and how to come by its children.
pub(super) struct Tree {
    /// What reports call it.
    pub(super) label: &'static str,
    pub(super) slot: Slot,
    pub(super) build: Box<dyn FnOnce(&Slot) -> Supervisor + Send>,
}

/// Starts the supervisor of a whole tree.
pub(super) fn start_root(
    label: &'static str,
    build: impl FnOnce(&Slot) -> Supervisor + Send + 'static,
    relation: Relation,
) -> Result<SupervisorRef, StartError> {
    let slot = Slot::root();
    let tree = Tree { label, slot: slot.clone(), build: Box::new(build) };
    starting(tree, None, relation)?.wait().map_err(own_error)?;
    Ok(SupervisorRef::from_slot(slot))
}

/// Starts a supervisor that is a child itself.
pub(super) async fn start(tree: Tree, name: Option<Arc<str>>) -> Result<AnyProcess, StartError> {
    let (cell, _) = starting(tree, name, Relation::Link)?.ready().await.map_err(own_error)?;
    Ok(AnyProcess::new(&cell))
}

fn starting(tree: Tree, name: Option<Arc<str>>, relation: Relation) -> Result<Starting<Server>, StartError> {
    if cfg!(panic = "abort") {
        return Err(StartError::PanicsAbort);
    }
    Ok(Starting::new(tree.label, Start { args: tree, name, relation, timeout: None }))
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
    slot: Slot,
    strategy: Strategy,
    restarts: u32,
    period: Duration,
    auto_shutdown: AutoShutdown,
    intensity: Intensity,
    children: Children,
}

pub(super) enum Message {
    StartChild(ChildId, Spec, ReplyTo<Result<(), ChildError>>),
    TerminateChild(ChildId, ReplyTo<Result<(), ChildError>>),
    RestartChild(ChildId, ReplyTo<Result<Option<Pid>, ChildError>>),
    DeleteChild(ChildId, ReplyTo<Result<(), ChildError>>),
    Look(ReplyTo<Look>),
    CountChildren(ReplyTo<ChildCount>),
    /// Its last start has failed; from the supervisor itself, so that others have their turn in between.
    TryAgain(Place),
}

/// What can be seen of a supervisor.
pub(super) struct Look {
    pub(super) label: &'static str,
    pub(super) pid: Pid,
    pub(super) strategy: Strategy,
    pub(super) restarts: u32,
    pub(super) period: Duration,
    /// In order.
    pub(super) children: Vec<ChildInfo>,
}

/// Answers a call with what `answer` comes to, unless its caller has given up.
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
    type Args = Tree;
    type Message = Message;
    type Client<M: Mode> = Ref<Self, M>;
    const NAME: &'static str = "Supervisor";

    fn init(tree: Tree, ctx: &mut Context<Self>) -> Handled<'_, Init<Self>> {
        ctx.trap_exit(true);
        Handled::future(async move {
            match Self::begin(tree, ctx.pid()).await {
                Ok(server) => Init::Ok(server),
                Err(error) => Init::Stop(ExitReason::shutdown_with(error)),
            }
        })
    }

    fn handle<'a>(&'a mut self, message: Message, ctx: &'a mut Context<Self>) -> Handled<'a> {
        Handled::future(async move {
            match message {
                Message::StartChild(id, spec, reply) => answer(ctx, reply, self.start_child(id, spec)).await,
                Message::TerminateChild(id, reply) => answer(ctx, reply, self.terminate_child(id)).await,
                Message::RestartChild(id, reply) => answer(ctx, reply, self.restart_child(id)).await,
                Message::DeleteChild(id, reply) => answer(ctx, reply, async { self.delete_child(&id) }).await,
                Message::Look(reply) => answer(ctx, reply, async { self.look() }).await,
                Message::CountChildren(reply) => answer(ctx, reply, async { self.count() }).await,
                Message::TryAgain(place) => self.try_again(place, ctx.me()).await,
            }
        })
    }

    fn info<'a>(&'a mut self, info: Info, ctx: &'a mut Context<Self>) -> Handled<'a> {
        match info {
            Info::Exit(exit) => Handled::future(self.exited(exit, ctx.me())),
            info => {
                report::unexpected(self.label, &info);
                Handled::Done(Ok(()))
            }
        }
    }

    fn terminate<'a>(&'a mut self, _: &'a ExitReason, _: &'a mut Context<Self>) -> Handled<'a, ()> {
        Handled::future(self.end_all())
    }

    fn message_name(message: &Message) -> &'static str {
        match message {
            Message::StartChild(..) => "start_child",
            Message::TerminateChild(..) => "terminate_child",
            Message::RestartChild(..) => "restart_child",
            Message::DeleteChild(..) => "delete_child",
            Message::Look(_) => "which_children",
            Message::CountChildren(_) => "count_children",
            Message::TryAgain(_) => "try_again",
        }
    }
}

/// Starting and ending.
impl Server {
    /// Starts all children in order; when one does not start, ends those before it.
    async fn begin(tree: Tree, pid: Pid) -> Result<Self, StartError> {
        let Tree { label, slot, build } = tree;
        let built = build(&slot);
        built.validate().map_err(StartError::Spec)?;
        let mut server = Self {
            label,
            pid,
            slot: slot.clone(),
            strategy: built.strategy,
            restarts: built.restarts,
            period: built.period,
            auto_shutdown: built.auto_shutdown,
            intensity: Intensity::new(built.restarts, built.period),
            children: Children::new(slot, built.children),
        };
        for place in server.children.places() {
            if let Err(error) = server.start(place).await {
                let id = server.children[place].id.to_string();
                report::start_error(&server.offender(place), &error);
                server.end_all().await;
                return Err(StartError::Child { id, error: Box::new(error) });
            }
        }
        server.slot.set_holder(Some(current::with(AnyProcess::clone)));
        Ok(server)
    }

    /// Starts a child that does not run; says whether it runs now, which one that did not want to does not.
    async fn start(&mut self, place: Place) -> Result<bool, StartError> {
        let child = &self.children[place];
        let (started, restart) = (child.spec.start(self.children.slot(child)), child.spec.restart);
        match started.await {
            Ok(process) => {
                self.children.set(place, State::Running(process));
                report::progress(&self.offender(place));
                Ok(true)
            }
            Err(StartError::Ignore) => {
                if restart == Restart::Temporary {
                    self.children.forget(place);
                } else {
                    self.children.set(place, State::Stopped);
                }
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Ends a child, if it runs.
    async fn end(&mut self, place: Place) {
        let child = &self.children[place];
        let (how, restart) = (child.spec.shutdown, child.spec.restart);
        if let Some(pid) = child.pid() {
            let reason = ending::end(pid, how).await;
            if !strategy::is_obedient(how, restart, &reason) {
                report::shutdown_error(&self.offender(place), &reason);
            }
        }
        self.children.set(place, State::Stopped);
    }

    /// Ends all children, the last one first.
    async fn end_all(&mut self) {
        for place in self.children.places().into_iter().rev() {
            self.end(place).await;
        }
    }

    fn offender(&self, place: Place) -> Offender<'_> {
        let child = &self.children[place];
        Offender {
            supervisor: self.label,
            supervisor_pid: self.pid,
            child: &child.id,
            label: child.spec.label,
            pid: child.pid(),
            restart: child.spec.restart,
            shutdown: child.spec.shutdown,
            significant: child.spec.significant,
            is_supervisor: child.spec.kind == ChildKind::Supervisor,
        }
    }
}

/// Restarting.
impl Server {
    /// An exit signal came. An `Err` is why the supervisor has to end.
    async fn exited(&mut self, exit: Exit, me: Ref<Self, OneWay>) -> Result<(), ExitReason> {
        let Some(place) = self.children.find_pid(exit.from) else { return Ok(()) };
        let child = &self.children[place];
        // A child that lives has sent this one by hand: it means nothing, and a second one must not be started.
        if child.process().is_some_and(|process| !process.common().is_dead()) {
            return Ok(());
        }
        let restart = child.spec.restart;
        if strategy::is_reported(restart, &exit.reason) {
            report::child_terminated(&self.offender(place), &exit.reason);
        }
        let significant = child.spec.significant;
        self.children.set(place, State::Stopped);
        match strategy::ended(restart, &exit.reason) {
            Ended::Restart => return self.restart(place, me).await,
            Ended::Keep => {}
            Ended::Forget => self.children.forget(place),
        }
        let lives = |state: &State| !matches!(state, State::Stopped);
        let mut others = self.children.iter().map(|(_, child)| (child.spec.significant, lives(&child.state)));
        if significant && strategy::shuts_down(self.auto_shutdown, &mut others) {
            return Err(ExitReason::Shutdown);
        }
        Ok(())
    }

    /// Starts a child again that has ended, and with it whom the strategy says.
    async fn restart(&mut self, failed: Place, me: Ref<Self, OneWay>) -> Result<(), ExitReason> {
        let now = current::with(|me| me.common().node.scheduler.now());
        if !self.intensity.allows(now) {
            self.slot.give_up();
            report::too_many_restarts(&self.offender(failed));
            return Err(ExitReason::Shutdown);
        }
        let all = self.children.iter().map(|(place, child)| (place, child.spec.restart));
        let round = strategy::round(self.strategy, failed, all);
        for place in round.stop {
            self.end(place).await;
        }
        for place in round.forget {
            self.children.forget(place);
        }
        for place in round.start {
            match self.start(place).await {
                Ok(true) => self.children[place].restarts += 1,
                Ok(false) => {}
                Err(error) => {
                    report::start_error(&self.offender(place), &error);
                    self.children.set(place, State::Restarting);
                    me.cast(Message::TryAgain(place));
                    break;
                }
            }
        }
        Ok(())
    }

    async fn try_again(&mut self, place: Place, me: Ref<Self, OneWay>) -> Result<(), ExitReason> {
        match self.children.get(place) {
            Some(child) if matches!(child.state, State::Restarting) => self.restart(place, me).await,
            // It was told to stay as it is meanwhile, or is gone.
            _ => Ok(()),
        }
    }
}

/// What others ask for.
impl Server {
    async fn start_child(&mut self, id: ChildId, spec: Spec) -> Result<(), ChildError> {
        validate(&id, &spec, self.auto_shutdown).map_err(|error| ChildError::Start(StartError::Spec(error)))?;
        if let Some(place) = self.children.find(&id) {
            return Err(self.children[place].pid().map_or(ChildError::AlreadyPresent, ChildError::AlreadyStarted));
        }
        let place = self.children.add(id, spec);
        self.start(place).await.map(drop).map_err(|error| {
            self.children.forget(place);
            ChildError::Start(error)
        })
    }

    async fn terminate_child(&mut self, id: ChildId) -> Result<(), ChildError> {
        let place = self.children.find(&id).ok_or(ChildError::NotFound)?;
        self.end(place).await;
        if self.children[place].spec.restart == Restart::Temporary {
            self.children.forget(place);
        }
        Ok(())
    }

    async fn restart_child(&mut self, id: ChildId) -> Result<Option<Pid>, ChildError> {
        let place = self.find_stopped(&id)?;
        self.start(place).await.map_err(ChildError::Start)?;
        Ok(self.children.get(place).and_then(|child| child.pid()))
    }

    fn delete_child(&mut self, id: &ChildId) -> Result<(), ChildError> {
        let place = self.find_stopped(id)?;
        self.children.forget(place);
        Ok(())
    }

    fn find_stopped(&self, id: &ChildId) -> Result<Place, ChildError> {
        let place = self.children.find(id).ok_or(ChildError::NotFound)?;
        match self.children[place].state {
            State::Running(_) => Err(ChildError::Running),
            State::Restarting => Err(ChildError::Restarting),
            State::Stopped => Ok(place),
        }
    }

    fn look(&self) -> Look {
        let children = self.children.iter().map(|(_, child)| ChildInfo {
            id: child.id.clone(),
            label: child.spec.label,
            kind: child.spec.kind,
            state: match &child.state {
                State::Running(process) => ChildState::Running(process.pid()),
                State::Restarting => ChildState::Restarting,
                State::Stopped => ChildState::Stopped,
            },
            restarts: child.restarts,
        });
        Look {
            label: self.label,
            pid: self.pid,
            strategy: self.strategy,
            restarts: self.restarts,
            period: self.period,
            children: children.collect(),
        }
    }

    fn count(&self) -> ChildCount {
        let mut count = ChildCount::default();
        for (_, child) in self.children.iter() {
            count.specs += 1;
            if child.process().is_some_and(|process| !process.common().is_dead()) {
                count.active += 1;
            }
            match child.spec.kind {
                ChildKind::Worker => count.workers += 1,
                ChildKind::Supervisor => count.supervisors += 1,
            }
        }
        count
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.slot.leave(self.pid);
    }
}
