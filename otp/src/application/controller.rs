//! Who starts and stops the applications of a node, and knows how each of them ended. OTP's application controller.
//!
//! It waits for nobody: an application starts and stops in its master, so that questions are answered meanwhile.

use std::{collections::BTreeMap, fmt, mem, sync::Arc};

use super::{
    AppContext, AppError, AppSpec,
    master::{MasterRequest, MasterStart},
    report,
    spec::AppType,
    stop_all::StopAll,
    table::{AppStatus, AppTable, RunningApp, table},
};
use crate::{
    actor::{
        Actor, ActorRef, Async, CallError, ClientExt, Context, Handled, Info, Init, Mode, Name, ReplyTo, Restart,
        Start, StartError, Starting, StatusTexts,
    },
    cell::{Exit, ExitReason, Mailbox, MessageKind, MonitorRef, Pid, RegName, aside, birth::Relation},
    process::{self, Spawn, Subject, me},
};

const NAME: &str = "application_controller";

pub(super) type ControllerRef = ActorRef<Controller, Async>;

/// Whether anything was ever started.
pub(super) fn is_there() -> bool {
    process::whereis(NAME).is_some()
}

/// The controller of the current node, which is started when it is asked for first.
pub(super) async fn controller() -> Result<ControllerRef, AppError> {
    if !is_there() {
        let name = Some(RegName::new(NAME));
        let start = Start { args: (), name, relation: Relation::None, timeout: None, mailbox: Mailbox::UNBOUNDED };
        match Starting::<Controller>::new(Controller::NAME, start).ready().await {
            Ok(_) | Err(StartError::AlreadyStarted(_)) => {}
            Err(StartError::Failed(reason)) => return Err(CallError::Exited(reason).into()),
            Err(_) => return Err(CallError::NoProc.into()),
        }
    }
    Ok(Name::<Controller>::new(NAME).client().no_timeout().as_async())
}

/// Why an application has ended that was asked to.
type StopOutcome = Result<ExitReason, AppError>;

/// Why a program that runs applications is to end; see [`StartedApps::watch`](super::StartedApps::watch).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum AppsEnd {
    /// It can't go on without one of them, which has ended, or was not started. Others run still.
    Fatal {
        /// The application.
        application: &'static str,
        /// Why it ended.
        reason: ExitReason,
    },
    /// None of them runs any more.
    All,
}

pub(super) struct Controller {
    table: Arc<AppTable>,
    /// Who waits for a start, by the master that tries it.
    starting: BTreeMap<Pid, AppStart>,
    /// Starts that wait for other starts.
    waiting: Vec<AppStart>,
    /// Why the trees of masters that are about to end have ended.
    ended: BTreeMap<Pid, ExitReason>,
    /// Who waits for a stop, by the master that does it.
    stopping: BTreeMap<Pid, Vec<ReplyTo<StopOutcome>>>,
    watches: Vec<AppWatch>,
    /// What the program can't go on without, since the last start.
    fatal: Option<AppsEnd>,
}

pub(super) struct AppStart {
    app: AppType,
    spec: Arc<AppSpec>,
    restart: Restart,
    replies: Vec<ReplyTo<Result<(), AppError>>>,
}

/// Who wants to know when these applications have ended.
pub(super) struct AppWatch {
    names: Vec<&'static str>,
    to: Subject<AppsEnd>,
    /// The watch over whoever that is.
    monitor: Option<MonitorRef>,
}

pub(super) enum ControllerMessage {
    Start(AppStart),
    /// From a master.
    Started(Pid, Result<RunningApp, AppError>),
    Stop(&'static str, ReplyTo<StopOutcome>),
    /// Also one that is being started, which is killed then.
    StopAny(&'static str, ReplyTo<StopOutcome>),
    /// From a master: its tree has ended by itself.
    Ended(Pid, ExitReason),
    Watch(AppWatch),
}

impl ControllerMessage {
    pub(super) fn start(
        app: AppType,
        spec: Arc<AppSpec>,
        restart: Restart,
        reply: ReplyTo<Result<(), AppError>>,
    ) -> Self {
        Self::Start(AppStart { app, spec, restart, replies: vec![reply] })
    }

    pub(super) fn watch(names: Vec<&'static str>, to: Subject<AppsEnd>) -> Self {
        Self::Watch(AppWatch { names, to, monitor: None })
    }
}

/// Whether an application can be started now.
enum StartCheck {
    Ready,
    /// When other starts are over.
    Later,
    /// This master does it already.
    Joins(Pid),
    Refused(AppError),
}

/// Whether the program can't go on without an application of this type that has ended, or was not started.
fn is_fatal(restart: Restart, reason: &ExitReason) -> bool {
    match restart {
        Restart::Permanent => true,
        Restart::Transient => *reason != ExitReason::Normal,
        Restart::Temporary => false,
    }
}

impl Controller {
    fn start(&mut self, mut start: AppStart, has_waited: bool, ctx: &Context<Self>) {
        start.replies.retain(|reply| has_waited || reply.begin());
        match self.check(&start, has_waited) {
            StartCheck::Refused(error) => start.replies.into_iter().for_each(|reply| reply.send(Err(error.clone()))),
            StartCheck::Later => self.waiting.push(start),
            StartCheck::Joins(master) => {
                if let Some(other) = self.starting.get_mut(&master) {
                    other.replies.append(&mut start.replies);
                }
            }
            StartCheck::Ready => {
                self.fatal = None;
                let context = AppContext::new(start.app.name, start.restart);
                let controller = ctx.client().no_timeout().as_async();
                let begin = MasterStart { context, spec: Arc::clone(&start.spec), controller };
                let run = start.app.run;
                let label = format!("application {}", start.app.name);
                let master = Spawn::new().link().label(label).spawn(move |me| run(me, begin));
                if let Some(loaded) = self.table.state().apps.get_mut(start.app.name) {
                    loaded.status = AppStatus::Starting(master);
                }
                self.starting.insert(master, start);
            }
        }
    }

    fn check(&self, start: &AppStart, has_waited: bool) -> StartCheck {
        let application = start.app.name;
        let state = self.table.state();
        if state.is_stopping {
            return StartCheck::Refused(AppError::ShuttingDown);
        }
        match state.apps.get(application) {
            None => return StartCheck::Refused(AppError::NotLoaded(application)),
            Some(loaded) => match (&loaded.status, loaded.within) {
                (_, Some(within)) => return StartCheck::Refused(AppError::Included { application, within }),
                (AppStatus::Running(_), _) => return StartCheck::Refused(AppError::AlreadyStarted(application)),
                (AppStatus::Starting(master), _) => return StartCheck::Joins(*master),
                (AppStatus::Loaded, _) => {}
            },
        }
        let needed = start.spec.dependencies.iter().map(|needed| (needed.name, true));
        for (dependency, is_needed) in needed.chain(start.spec.optional.iter().map(|name| (*name, false))) {
            let status = state.apps.get(dependency).map(|loaded| &loaded.status);
            match status {
                Some(AppStatus::Running(_)) => {}
                Some(AppStatus::Starting(_)) => return StartCheck::Later,
                _ if !is_needed => {}
                _ if self.waiting.iter().any(|other| other.app.name == dependency) => return StartCheck::Later,
                _ if has_waited => return StartCheck::Refused(AppError::DependencyFailed { application, dependency }),
                _ => return StartCheck::Refused(AppError::DependencyNotStarted { application, dependency }),
            }
        }
        StartCheck::Ready
    }

    /// A master has started its application, or has not.
    fn started(&mut self, master: Pid, outcome: Result<RunningApp, AppError>, ctx: &Context<Self>) {
        let Some(start) = self.starting.remove(&master) else { return };
        for reply in self.stopping.remove(&master).unwrap_or_default() {
            reply.send(Ok(ExitReason::Killed));
        }
        let (name, restart) = (start.app.name, start.restart);
        let answer = outcome.as_ref().map(drop).map_err(Clone::clone);
        {
            let mut state = self.table.state();
            let state = &mut *state;
            if let Some(loaded) = state.apps.get_mut(name) {
                loaded.status = match outcome {
                    Ok(running) => {
                        state.order.push(name);
                        AppStatus::Running(running)
                    }
                    Err(_) => AppStatus::Loaded,
                };
            }
        }
        match &answer {
            Ok(()) => report::started(name),
            Err(error) => {
                let reason = error.exit_reason().cloned().unwrap_or_else(|| ExitReason::error(error.clone()));
                report::exited(name, &reason, restart, false);
                if is_fatal(restart, &reason) {
                    self.fatal(name, &reason, restart);
                }
            }
        }
        start.replies.into_iter().for_each(|reply| reply.send(answer.clone()));
        for waiting in mem::take(&mut self.waiting) {
            self.start(waiting, true, ctx);
        }
    }

    fn stop(&mut self, name: &'static str, reply: ReplyTo<StopOutcome>) {
        if !reply.begin() {
            return;
        }
        let running = match self.table.state().apps.get_mut(name).map(|loaded| &mut loaded.status) {
            Some(AppStatus::Running(running)) => {
                running.is_asked |= reply.caller() != Some(running.master);
                Some((running.master, running.requests.clone()))
            }
            _ => None,
        };
        match running {
            // It would wait for its own end.
            Some((master, _)) if reply.caller() == Some(master) => reply.send(Err(CallError::CallingSelf.into())),
            Some((master, requests)) => {
                self.stopping.entry(master).or_default().push(reply);
                requests.send(MasterRequest::Stop);
            }
            None => reply.send(Err(AppError::NotStarted(name))),
        }
    }

    fn stop_any(&mut self, name: &'static str, reply: ReplyTo<StopOutcome>) {
        let starting = match self.table.state().apps.get(name).map(|loaded| &loaded.status) {
            Some(AppStatus::Starting(master)) => Some(*master),
            _ => None,
        };
        match starting {
            Some(master) if reply.begin() => {
                self.stopping.entry(master).or_default().push(reply);
                process::exit(master, ExitReason::Kill);
            }
            _ => self.stop(name, reply),
        }
    }

    fn exited(&mut self, exit: Exit, ctx: &Context<Self>) {
        let master = exit.from;
        let reason = self.ended.remove(&master).unwrap_or(exit.reason);
        if let Some(start) = self.starting.get(&master) {
            let error = AppError::Start { application: start.app.name, reason };
            return self.started(master, Err(error), ctx);
        }
        let ended = {
            let mut state = self.table.state();
            let is_it = |status: &AppStatus| matches!(status, AppStatus::Running(running) if running.master == master);
            let found = state.apps.iter_mut().find(|(_, loaded)| is_it(&loaded.status));
            let found = found.map(|(name, loaded)| (*name, mem::replace(&mut loaded.status, AppStatus::Loaded)));
            if let Some((name, _)) = &found {
                state.order.retain(|other| other != name);
            }
            found
        };
        let Some((name, AppStatus::Running(running))) = ended else { return };
        aside::drop_apart(master, running.tree);
        report::exited(name, &reason, running.restart, running.is_asked);
        for reply in self.stopping.remove(&master).unwrap_or_default() {
            reply.send(Ok(reason.clone()));
        }
        if !running.is_asked && is_fatal(running.restart, &reason) {
            self.fatal(name, &reason, running.restart);
        }
        self.tell_ended();
    }

    /// The program can't go on: whoever runs it is told, or else all others are stopped.
    fn fatal(&mut self, name: &'static str, reason: &ExitReason, restart: Restart) {
        report::fatal(name, reason, restart);
        if self.watches.is_empty() {
            process::spawn_async(|_| async { drop(StopAll::new().stop_async().await) });
        }
        self.fatal = Some(AppsEnd::Fatal { application: name, reason: reason.clone() });
        self.tell_ended();
    }

    /// Tells those whose applications have all ended; all, when the program can't go on.
    fn tell_ended(&mut self) {
        let table = Arc::clone(&self.table);
        let runs = |name: &&str| table.running(name).is_some();
        let fatal = self.fatal.clone();
        self.watches.retain(|watch| {
            let end = fatal.clone().or_else(|| (!watch.names.iter().any(runs)).then_some(AppsEnd::All));
            let Some(end) = end else { return true };
            watch.to.send(end);
            watch.monitor.map(process::demonitor);
            false
        });
    }

    /// Stops all, the one that was started last first.
    async fn end_all(&mut self) {
        self.table.state().is_stopping = true;
        for master in self.starting.keys() {
            process::exit(*master, ExitReason::Kill);
        }
        loop {
            let last = self.table.state().order.pop();
            let Some(running) = last.and_then(|name| self.table.running(name)) else { break };
            let mark = me::mark();
            let monitor = process::monitor(running.master);
            running.requests.send(MasterRequest::Stop);
            me::receiving_down(mark, monitor, None).await;
        }
    }
}

impl Actor for Controller {
    type Args = ();
    type Message = ControllerMessage;
    type Client<M: Mode> = ActorRef<Self, M>;
    const NAME: &'static str = "ApplicationController";

    fn init((): (), ctx: &mut Context<Self>) -> Handled<'_, Init<Self>> {
        ctx.trap_exit(true);
        // Masters of a controller before this one end by themselves.
        let (table, mut left) = (table(), Vec::new());
        {
            let mut state = table.state();
            (state.order, state.is_stopping) = (Vec::new(), false);
            left.extend(state.apps.values_mut().map(|loaded| mem::replace(&mut loaded.status, AppStatus::Loaded)));
        }
        drop(left);
        Handled::Done(Init::Ok(Self {
            table,
            starting: BTreeMap::new(),
            waiting: Vec::new(),
            ended: BTreeMap::new(),
            stopping: BTreeMap::new(),
            watches: Vec::new(),
            fatal: None,
        }))
    }

    fn handle<'a>(&'a mut self, message: ControllerMessage, ctx: &'a mut Context<Self>) -> Handled<'a> {
        match message {
            ControllerMessage::Start(start) => self.start(start, false, ctx),
            ControllerMessage::Started(master, outcome) => self.started(master, outcome, ctx),
            ControllerMessage::Stop(name, reply) => self.stop(name, reply),
            ControllerMessage::StopAny(name, reply) => self.stop_any(name, reply),
            ControllerMessage::Ended(master, reason) => {
                self.ended.insert(master, reason);
            }
            ControllerMessage::Watch(mut watch) => {
                watch.monitor = watch.to.owner().map(process::monitor);
                self.watches.push(watch);
                self.tell_ended();
            }
        }
        Handled::Done(Ok(()))
    }

    fn info<'a>(&'a mut self, info: Info, ctx: &'a mut Context<Self>) -> Handled<'a> {
        match info {
            Info::Exit(exit) => self.exited(exit, ctx),
            Info::Down(down) => self.watches.retain(|watch| watch.monitor != Some(down.monitor)),
            info => info.log_unexpected::<Self>(),
        }
        Handled::Done(Ok(()))
    }

    fn terminate<'a>(&'a mut self, _: &'a ExitReason, _: &'a mut Context<Self>) -> Handled<'a, ()> {
        Handled::future(self.end_all())
    }

    fn format_status(&self, texts: &mut StatusTexts) {
        texts.show(self);
    }

    fn message_kind(message: &ControllerMessage) -> MessageKind {
        match message {
            ControllerMessage::Start(start) => {
                MessageKind::Call { from: start.replies.first().and_then(ReplyTo::caller) }
            }
            ControllerMessage::Stop(_, reply) | ControllerMessage::StopAny(_, reply) => {
                MessageKind::Call { from: reply.caller() }
            }
            ControllerMessage::Started(..) | ControllerMessage::Ended(..) | ControllerMessage::Watch(_) => {
                MessageKind::Cast
            }
        }
    }

    fn message_name(message: &ControllerMessage) -> &'static str {
        match message {
            ControllerMessage::Start(_) => "start",
            ControllerMessage::Started(..) => "started",
            ControllerMessage::Stop(..) | ControllerMessage::StopAny(..) => "stop",
            ControllerMessage::Ended(..) => "ended",
            ControllerMessage::Watch(_) => "watch",
        }
    }
}

impl fmt::Debug for Controller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.table.state();
        f.debug_struct("ApplicationController")
            .field("running", &state.order)
            .field("starting", &self.starting.values().map(|start| start.app.name).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
