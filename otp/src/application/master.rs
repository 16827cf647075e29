//! The process of an application that runs: it calls the callbacks, and its tree is linked to it. OTP's application
//! master.

use std::{any::Any, sync::Arc};

use super::{
    AppContext, AppError, AppSpec, AppTree, Application, ConfigChange, StartFailure,
    controller::{ControllerMessage, ControllerRef},
    leftovers,
    spec::AppType,
    table::{RunningApp, table},
};
use crate::{
    actor::ClientExt as _,
    cell::{Exit, ExitReason, IntoReason, answer::AnswerSender, current, panic::caught},
    guard::Guarded,
    process::{self, Me, Selector, Subject},
};

/// What a master is started with.
pub(super) struct MasterStart {
    pub(super) context: AppContext,
    pub(super) spec: Arc<AppSpec>,
    pub(super) controller: ControllerRef,
}

/// What a master is asked.
#[derive(Debug)]
pub(super) enum MasterRequest {
    Stop,
    Change(Arc<ConfigChange>, ChangeDone),
}

/// Says that the application knows of a change, or is gone.
pub(super) struct ChangeDone(pub(super) AnswerSender<()>);

impl std::fmt::Debug for ChangeDone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ChangeDone")
    }
}

/// The code of a master.
pub(super) fn run<A: Application>(me: &mut Me, start: MasterStart) -> Result<(), ExitReason> {
    me.trap_exit(true);
    let MasterStart { context, spec, controller } = start;
    let requests = me.subject();
    let parent = controller.pid();
    let (mut app, tree) = match begin::<A>(&context, &spec) {
        Ok(begun) => begun,
        Err(error) => {
            _ = current::block_on(leftovers::kill(me.pid()));
            controller.cast(ControllerMessage::Started(me.pid(), Err(error)));
            return Ok(());
        }
    };
    let supervisor = tree.supervisor().cloned();
    let top = supervisor.as_ref().and_then(|supervisor| supervisor.pid());
    let running = RunningApp {
        master: me.pid(),
        restart: context.restart,
        requests: requests.clone(),
        supervisor: supervisor.clone(),
        tree: Arc::new(Guarded::new(Box::new(tree) as Box<dyn Any + Send + Sync>)),
        is_asked: false,
    };
    if let Some(top) = top {
        process::link(top);
    }
    // The tree may have ended before it was linked.
    let mut ended = (supervisor.is_some() && top.is_none()).then_some(ExitReason::NoProc);
    controller.cast(ControllerMessage::Started(me.pid(), Ok(running)));
    if ended.is_none() {
        ended = serve(&mut app, &requests, |exit| match exit.from {
            from if Some(from) == top => Some(Some(exit.reason)),
            from => (Some(from) == parent || exit.reason.is_shutdown()).then_some(None),
        });
    }
    called(A::NAME, "prep_stop", || app.prep_stop());
    if let (None, Some(top)) = (&ended, top) {
        let monitor = process::monitor(top);
        process::exit(top, ExitReason::Shutdown);
        me.receive_down(monitor, None);
    }
    called(A::NAME, "stop", || app.stop());
    _ = current::block_on(leftovers::kill(me.pid()));
    if let Some(reason) = ended {
        // Not its own reason: that the tree has crashed was reported before.
        controller.cast(ControllerMessage::Ended(me.pid(), reason));
        return Ok(());
    }
    Err(ExitReason::Shutdown)
}

/// Checks the environment, starts, and goes through the phases.
fn begin<A: Application>(context: &AppContext, spec: &AppSpec) -> Result<(A, A::Tree), AppError> {
    let application = context.application;
    let failed = |reason| AppError::Start { application, reason };
    caught(|| spec.env.iter().try_for_each(super::env::Declared::check)).map_err(failed)??;
    let (app, tree) = match caught(|| A::start(context)) {
        Ok(Ok(started)) => started,
        Ok(Err(error)) => return Err(failed(error.into_reason())),
        Err(reason) => return Err(failed(reason)),
    };
    for phase in &spec.phases {
        let failed = |reason| AppError::Phase { application, phase, reason };
        let included = included_with(spec, phase);
        let parts = included.iter().map(|part| {
            let context = AppContext { application: part.name, ..context.clone() };
            caught(|| (part.start_phase)(phase, &context))
        });
        let own = caught(|| A::start_phase(phase, context));
        for outcome in [own].into_iter().chain(parts) {
            let outcome: Result<(), StartFailure> = outcome.map_err(failed)?;
            outcome.map_err(|error| failed(error.into_reason()))?;
        }
    }
    Ok((app, tree))
}

/// The included applications that have a phase, in order, parts of parts among them.
fn included_with(spec: &AppSpec, phase: &str) -> Vec<AppType> {
    let mut found = Vec::new();
    for part in &spec.included {
        let Some(spec) = table().spec(part.name) else { continue };
        if spec.phases.contains(&phase) {
            found.push(*part);
        }
        found.extend(included_with(&spec, phase));
    }
    found
}

/// Serves requests until it is to stop (nothing), or the tree has ended (with a reason): `end` says which exits do
/// that.
fn serve<A: Application>(
    app: &mut A,
    requests: &Subject<MasterRequest>,
    end: impl Fn(Exit) -> Option<Option<ExitReason>>,
) -> Option<ExitReason> {
    enum Event {
        Request(MasterRequest),
        Exit(Exit),
        Other,
    }
    let events =
        Selector::new().select_map(requests, Event::Request).select_exits(Event::Exit).select_other(|_| Event::Other);
    loop {
        match events.receive(None) {
            Some(Event::Request(MasterRequest::Stop)) => return None,
            Some(Event::Request(MasterRequest::Change(change, done))) => {
                called(A::NAME, "config_change", || app.config_change(&change));
                done.0.answer(());
            }
            Some(Event::Exit(exit)) => {
                if let Some(ended) = end(exit) {
                    return ended;
                }
            }
            Some(Event::Other) | None => {}
        }
    }
}

/// Runs a callback whose panic ends nothing.
fn called(application: &'static str, callback: &'static str, run: impl FnOnce()) {
    if let Err(reason) = caught(run) {
        super::report::callback_failed(application, callback, &reason);
    }
}
