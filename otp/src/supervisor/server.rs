//! The process of a supervisor: an actor that traps exits, starts, ends and restarts.
//!
//! It carries out what `strategy` and `intensity` decide. Its handlers wait for a child that starts and for one that
//! ends; what it is told meanwhile waits too, exit signals included. They await, and never set a stack aside: a stack
//! belongs to a core, and a child that never comes back would take its supervisor's along with the core.

use std::{
    any::{Any, TypeId},
    fmt,
    future::Future,
    time::Duration,
};

use super::{
    ChildCount, ChildError, ChildInfo, ChildKind, Strategy, Supervisor, SupervisorRef,
    children::{Children, Phase, StartNumber},
    dynamic::Template,
    ending,
    intensity::Intensity,
    partition::Partitions,
    report::{self, Offender},
    spec::{Spec, SpecInfo},
    strategy::{self, AfterExit, AutoShutdown},
    validate,
};
use crate::{
    actor::{
        Actor, ActorRef, After, ChildId, Context, Handled, Info, Init, Mode, OneWay, Place, ReplyTo, Restart, Start,
        StartError, Starting, StatusTexts, hidden::DelayedHandle, report::unexpected,
    },
    cell::{AnyProcess, Exit, ExitReason, Mailbox, MessageKind, Pid, RegName, birth::Relation, current},
    guard::Guarded,
    process::Claim,
};

/// What a supervisor is made of: where it stands in its tree, and how to come by its children.
pub(super) struct SupervisorArgs {
    /// What reports call it.
    pub(super) label: &'static str,
    pub(super) place: Place,
    pub(super) build: Box<dyn FnOnce(&Place) -> Supervisor + Send>,
    /// Its child spec gives it a name, which comes before the one that it is built with.
    pub(super) is_named: bool,
}

/// Starts the supervisor of a whole tree.
pub(super) fn start_root(
    label: &'static str,
    build: impl FnOnce(&Place) -> Supervisor + Send + 'static,
    relation: Relation,
) -> Result<SupervisorRef, StartError> {
    let place = Place::root();
    let tree = SupervisorArgs { label, place: place.clone(), build: Box::new(build), is_named: false };
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
    /// What makes its children, if it is a dynamic one.
    template: Option<Template>,
    /// Its children are partitions.
    partitions: Option<Partitions>,
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

pub(super) enum Message {
    StartChild(ChildId, Spec, ReplyTo<Result<(), ChildError>>),
    /// With what a [`Template`] takes; answered with the child's place.
    StartDynamic(Guarded<Box<dyn Any + Send>>, ReplyTo<Result<Place, ChildError>>),
    TerminateChild(Who, ReplyTo<Result<(), ChildError>>),
    RestartChild(ChildId, ReplyTo<Result<Option<Pid>, ChildError>>),
    DeleteChild(ChildId, ReplyTo<Result<(), ChildError>>),
    GetChildSpec(Who, ReplyTo<Result<SpecInfo, ChildError>>),
    WhichChild(ChildId, ReplyTo<Result<ChildInfo, ChildError>>),
    Snapshot(ChildFilter, ReplyTo<Snapshot>),
    CountChildren(ReplyTo<ChildCount>),
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
    /// Of a dynamic supervisor: what its template takes.
    pub(super) takes: Option<TypeId>,
    pub(super) partitions: Option<Partitions>,
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
            Message::StartChild(.., reply) | Message::TerminateChild(_, reply) | Message::DeleteChild(_, reply) => {
                reply.caller()
            }
            Message::StartDynamic(_, reply) => reply.caller(),
            Message::RestartChild(_, reply) => reply.caller(),
            Message::GetChildSpec(_, reply) => reply.caller(),
            Message::WhichChild(_, reply) => reply.caller(),
            Message::Snapshot(_, reply) => reply.caller(),
            Message::CountChildren(reply) => reply.caller(),
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
            Message::Resize(..) => "resize",
            Message::TryAgain(_) => "try_again",
        }
    }
}

/// Starting and ending.
impl Server {
    /// Starts all children in order; when one does not start, ends those before it.
    async fn begin(tree: SupervisorArgs, pid: Pid) -> Result<Self, StartError> {
        let SupervisorArgs { label, place, build, is_named } = tree;
        place.begin();
        let mut built = build(&place);
        if built.ignores {
            return Err(StartError::Ignore);
        }
        let mut claim = built.name.take().filter(|_| !is_named).map(Claim::new).transpose()?;
        built.check().map_err(StartError::Spec)?;
        let mut server = Self {
            label,
            pid,
            place: place.clone(),
            strategy: built.strategy,
            restarts: built.restarts,
            period: built.period,
            auto_shutdown: built.auto_shutdown,
            intensity: Intensity::new(built.restarts, built.period),
            children: Children::new(place, built.children),
            template: built.template,
            partitions: built.partitions,
        };
        if let Some(Partitions { most, .. }) = server.partitions {
            server.place.divide(most);
        }
        for number in server.children.numbers() {
            if let Err(error) = server.start(number).await {
                let id = server.children[number].id.to_string();
                report::start_error(&server.offender(number), &error);
                server.end_all().await;
                return Err(StartError::Child { id, error: Box::new(error) });
            }
        }
        server.place.take::<Message>(&current::with(|me| AnyProcess::clone(me)));
        if let Some(claim) = &mut claim {
            claim.keep();
        }
        Ok(server)
    }

    /// Starts a child that does not run; says whether it runs now, which one that did not want to does not.
    async fn start(&mut self, number: StartNumber) -> Result<bool, StartError> {
        let child = &self.children[number];
        let (started, keeps) = (child.spec.start(self.children.place(child)), self.keeps(child.spec.restart));
        match started.await {
            Ok(process) => {
                self.children.set(number, Phase::Running(process));
                self.children[number].spec.started();
                report::progress(&self.offender(number));
                Ok(true)
            }
            Err(StartError::Ignore) => {
                self.stopped(number, keeps);
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Ends a child, if it runs. What becomes of it then is for `next` to say.
    async fn end(&mut self, number: StartNumber, next: Phase) {
        let child = &self.children[number];
        if let Some(process) = child.process() {
            self.children.place(child).begin_end();
            let reason = ending::end(process.clone(), child.spec.shutdown).await;
            self.ended(number, &reason);
        }
        self.children.set(number, next);
    }

    /// Ends all children: the last one first, or all at once if they are dynamic. Whether they come back is for the
    /// supervisor's own supervisor to say.
    async fn end_all(&mut self) {
        if self.template.is_some() {
            let running = self.children.iter().filter_map(|(_, child)| {
                let place = self.children.place(child);
                place.begin_end();
                place.close();
                Some((child.process()?.clone(), child.spec.shutdown))
            });
            for (pid, reason) in ending::end_all(running).await {
                if let Some(number) = self.children.find_pid(pid) {
                    self.ended(number, &reason);
                }
            }
            return;
        }
        for number in self.children.numbers().into_iter().rev() {
            self.end(number, Phase::Pending).await;
        }
    }

    /// A child that was told to end has ended.
    fn ended(&mut self, number: StartNumber, reason: &ExitReason) {
        let spec = &self.children[number].spec;
        if !strategy::is_obedient(spec.shutdown, spec.restart, reason) {
            report::shutdown_error(&self.offender(number), reason);
        }
    }

    /// Whether a child that does not run is kept: one that is temporary, or dynamic, is not.
    fn keeps(&self, restart: Restart) -> bool {
        self.template.is_none() && restart != Restart::Temporary
    }

    /// A child does not run, and is not started again by itself.
    fn stopped(&mut self, number: StartNumber, keep: bool) {
        if keep {
            self.children.set(number, Phase::Stopped);
        } else {
            self.children.forget(number);
        }
    }

    fn offender(&self, number: StartNumber) -> Offender<'_> {
        let child = &self.children[number];
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
    async fn exited(&mut self, exit: Exit, me: ActorRef<Self, OneWay>) -> Result<(), ExitReason> {
        let Some(number) = self.children.find_pid(exit.from) else { return Ok(()) };
        let child = &self.children[number];
        // A child that lives has sent this one by hand: it means nothing, and a second one must not be started. One that
        // has ended since is judged by its end, whatever it said before.
        let Some(reason) = child.process().and_then(|process| process.header().reason()) else { return Ok(()) };
        let restart = child.spec.restart;
        if strategy::is_reported(restart, &reason) {
            report::child_terminated(&self.offender(number), &reason);
        }
        let significant = child.spec.significant;
        match strategy::ended(restart, &reason) {
            AfterExit::Restart => return self.come_back(number, me).await,
            AfterExit::Keep => self.stopped(number, self.keeps(restart)),
            AfterExit::Forget => self.children.forget(number),
        }
        if significant && strategy::shuts_down(self.auto_shutdown, self.children.significant()) {
            return Err(ExitReason::Shutdown);
        }
        Ok(())
    }

    /// A child has ended and is to be started again: at once, or after a while if it goes on failing.
    async fn come_back(&mut self, failed: StartNumber, me: ActorRef<Self, OneWay>) -> Result<(), ExitReason> {
        let now = current::with(|me| me.header().node.scheduler.now());
        let period = self.period;
        let child = &mut self.children[failed];
        let ran = now.saturating_duration_since(child.since);
        let wait = child.spec.backoff.map_or(Duration::ZERO, |backoff| child.failures.ended(backoff, ran, period));
        if wait.is_zero() {
            return self.restart(failed, me).await;
        }
        self.children.set(failed, Phase::Restarting);
        // Who depends on it waits with it.
        self.stop_with(failed).await;
        self.retry(failed, wait, &me);
        Ok(())
    }

    /// Has a child started again after a while.
    fn retry(&mut self, number: StartNumber, wait: Duration, me: &ActorRef<Self, OneWay>) {
        if wait.is_zero() {
            return me.cast(Message::TryAgain(number));
        }
        let later = ActorRef::<Self, After>::new(DelayedHandle { address: me.handle().address.clone(), after: wait });
        self.children.set_retry(number, later.cast(Message::TryAgain(number)));
    }

    /// Ends those that are started again with a child; gives them, in order, with the child.
    async fn stop_with(&mut self, failed: StartNumber) -> Vec<StartNumber> {
        let first = if self.strategy == Strategy::OneForAll { StartNumber::FIRST } else { failed };
        let children = self.children.since(first).map(|(number, child)| (number, child.spec.restart));
        let round = strategy::round(self.strategy, failed, children);
        for number in round.stop {
            self.end(number, Phase::Pending).await;
        }
        for number in round.forget {
            self.children.forget(number);
        }
        round.start
    }

    /// Starts a child again that has ended, and with it whom the strategy says.
    async fn restart(&mut self, failed: StartNumber, me: ActorRef<Self, OneWay>) -> Result<(), ExitReason> {
        let now = current::with(|me| me.header().node.scheduler.now());
        let allowed = self.intensity.allows(now);
        if !allowed {
            report::too_many_restarts(&self.offender(failed));
        }
        self.children.set(failed, Phase::Restarting);
        if !allowed {
            self.place.give_up();
            return Err(ExitReason::Shutdown);
        }
        for number in self.stop_with(failed).await {
            match self.start(number).await {
                Ok(true) => self.children[number].restarts += 1,
                Ok(false) => {}
                Err(error) => {
                    report::start_error(&self.offender(number), &error);
                    self.children.set(number, Phase::Restarting);
                    let child = &mut self.children[number];
                    let wait = child.spec.backoff.map_or(Duration::ZERO, |backoff| child.failures.failed(backoff));
                    self.retry(number, wait, &me);
                    break;
                }
            }
        }
        Ok(())
    }

    async fn try_again(&mut self, number: StartNumber, me: ActorRef<Self, OneWay>) -> Result<(), ExitReason> {
        match self.children.get(number) {
            Some(child) if matches!(child.state, Phase::Restarting) => self.restart(number, me).await,
            // It was told to stay as it is meanwhile, or is gone.
            _ => Ok(()),
        }
    }
}

/// What others ask for.
impl Server {
    async fn start_child(&mut self, id: ChildId, spec: Spec) -> Result<(), ChildError> {
        if self.template.is_some() {
            return Err(ChildError::OtherKind);
        }
        validate(&id, &spec, self.auto_shutdown).map_err(|error| ChildError::Start(StartError::Spec(error)))?;
        if let Some(number) = self.children.find(&id) {
            return Err(self.children[number].pid().map_or(ChildError::AlreadyPresent, ChildError::AlreadyStarted));
        }
        self.start_new(id, spec).await.map(drop)
    }

    async fn start_dynamic(&mut self, given: Guarded<Box<dyn Any + Send>>) -> Result<Place, ChildError> {
        let template = self.template.as_mut().ok_or(ChildError::OtherKind)?;
        let (id, spec) = template.child(given, self.children.len())?;
        validate(&id, &spec, self.auto_shutdown).map_err(|error| ChildError::Start(StartError::Spec(error)))?;
        self.start_new(id, spec).await
    }

    /// Starts a child with a new id; gives its place, which is gone if it did not want to run and is not kept.
    async fn start_new(&mut self, id: ChildId, spec: Spec) -> Result<Place, ChildError> {
        let number = self.children.add(id, spec);
        let place = self.children.place(&self.children[number]);
        match self.start(number).await {
            Ok(_) => Ok(place),
            Err(error) => {
                self.children.forget(number);
                Err(ChildError::Start(error))
            }
        }
    }

    async fn terminate_child(&mut self, who: Who) -> Result<(), ChildError> {
        let number = self.find(&who)?;
        self.end(number, Phase::Stopped).await;
        if self.strategy != Strategy::OneForOne {
            self.give_up_pending();
        }
        self.stopped(number, self.keeps(self.children[number].spec.restart));
        Ok(())
    }

    /// Those that were to be started after a child which is not started again now stay as they are.
    fn give_up_pending(&mut self) {
        if !self.children.is_any_restarting() {
            self.children.give_up_pending();
        }
    }

    async fn restart_child(&mut self, id: ChildId) -> Result<Option<Pid>, ChildError> {
        let number = self.find_stopped(id)?;
        self.start(number).await.map_err(ChildError::Start)?;
        Ok(self.children.get(number).and_then(|child| child.pid()))
    }

    fn delete_child(&mut self, id: ChildId) -> Result<(), ChildError> {
        let number = self.find_stopped(id)?;
        self.children.forget(number);
        Ok(())
    }

    /// Divides the keys among so many partitions; says how many there were.
    async fn resize(&mut self, count: usize) -> Result<usize, ChildError> {
        let Some(Partitions { most, .. }) = self.partitions else { return Err(ChildError::OtherKind) };
        if count > most {
            return Err(ChildError::TooManyPartitions(most));
        }
        let before = self.place.partitions().unwrap_or(most);
        if count < before {
            // No key belongs any more to one that is about to end.
            self.place.divide(count);
        }
        for number in (count..before).rev() {
            match self.terminate_child(Who::Id(number.into())).await {
                // A temporary one had ended before.
                Ok(()) | Err(ChildError::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        for number in before..count {
            match self.restart_child(number.into()).await {
                // The strategy has started it with others.
                Ok(_) | Err(ChildError::Running | ChildError::Restarting) => self.place.divide(number + 1),
                Err(error) => return Err(error),
            }
        }
        Ok(before)
    }

    fn child_spec(&self, who: &Who) -> Result<SpecInfo, ChildError> {
        let child = &self.children[self.find(who)?];
        Ok(child.spec.info(&child.id))
    }

    /// The child that is named as this kind of supervisor does it.
    fn find(&self, who: &Who) -> Result<StartNumber, ChildError> {
        let found = match (who, &self.template) {
            (Who::Id(id), None) => self.children.find(id),
            (Who::Pid(pid), Some(_)) => self.children.find_pid(*pid),
            // An id comes again when the supervisor is restarted, a place does not.
            (Who::Place(place), Some(_)) => place
                .id()
                .and_then(|id| self.children.find(id))
                .filter(|number| self.children.place(&self.children[*number]).is_same(place)),
            _ => return Err(ChildError::OtherKind),
        };
        found.ok_or(ChildError::NotFound)
    }

    fn find_stopped(&self, id: ChildId) -> Result<StartNumber, ChildError> {
        let number = self.find(&Who::Id(id))?;
        match self.children[number].state {
            Phase::Running(_) => Err(ChildError::Running),
            Phase::Restarting => Err(ChildError::Restarting),
            Phase::Pending | Phase::Stopped => Ok(number),
        }
    }

    fn which_child(&self, id: &ChildId) -> Result<ChildInfo, ChildError> {
        self.children.find(id).map(|number| self.children[number].info()).ok_or(ChildError::NotFound)
    }

    fn look(&self, shown: ChildFilter) -> Snapshot {
        let most = match shown {
            ChildFilter::None => 0,
            ChildFilter::First(most) if self.template.is_some() => most,
            ChildFilter::First(_) | ChildFilter::All => usize::MAX,
        };
        let children = self.children.iter().take(most).map(|(_, child)| child.info());
        Snapshot {
            label: self.label,
            pid: self.pid,
            place: self.place.clone(),
            strategy: self.strategy,
            restarts: self.restarts,
            period: self.period,
            takes: self.template.as_ref().map(Template::takes),
            partitions: self.partitions,
            count: self.children.len(),
            children: children.collect(),
        }
    }

    fn count(&self) -> ChildCount {
        let mut count = ChildCount::default();
        for (_, child) in self.children.iter() {
            count.specs += 1;
            if child.process().is_some_and(|process| !process.header().life.is_dead()) {
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
        if self.template.is_some() {
            // No supervisor that comes after it starts them again.
            self.children.numbers().into_iter().for_each(|number| self.children.forget(number));
        }
        self.place.vacate(self.pid);
    }
}
