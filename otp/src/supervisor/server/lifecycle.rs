//! How a supervisor starts and ends its children.

use super::{Message, Server, SupervisorArgs};
use crate::{
    actor::{Shutdown, StartError},
    cell::{AnyProcess, Pid, current},
    process::{Claim, StartInfo},
    supervisor::{
        ChildEnd, ChildKind, KnownAutoShutdown, KnownShutdownNeeded,
        children::{Children, Phase, StartNumber},
        ending::{self, Ended},
        endings::Endings,
        intensity::Intensity,
        report::{self, Offender},
        shape, strategy,
    },
};

/// What the start of a child came to.
pub(super) struct ChildStart {
    /// One that did not want to run does not.
    pub(super) runs: bool,
    /// What it gives to whoever asked for it.
    pub(super) info: Option<StartInfo>,
}

impl Server {
    /// Starts all children in order; when one does not start, ends those before it.
    pub(super) async fn begin(tree: SupervisorArgs, pid: Pid) -> Result<Self, StartError> {
        let SupervisorArgs { label, place, build, is_named, shutdown } = tree;
        place.begin();
        let mut built = build(&place);
        if built.ignores {
            return Err(StartError::Ignore);
        }
        let mut claim = built.name.take().filter(|_| !is_named).map(Claim::new).transpose()?;
        built.check().map_err(StartError::Spec)?;
        KnownAutoShutdown::note(&place, built.auto_shutdown);
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
            kind: built.kind,
            endings: Endings::of_node(),
        };
        if let Ok(most) = server.kind.most_partitions() {
            server.place.divide(most);
        }
        let own = current::with(|me| AnyProcess::clone(me));
        server.place.enter(own.clone());
        for number in server.children.numbers() {
            if let Err(error) = server.start(number).await {
                let id = server.children[number].id.to_string();
                report::start_error(&server.offender(number), &error);
                server.end_all().await;
                return Err(StartError::Child { id, error: Box::new(error) });
            }
        }
        server.note_shutdown(shutdown);
        server.place.take::<Message>(&own);
        if let Some(claim) = &mut claim {
            claim.keep();
        }
        Ok(server)
    }

    /// Keeps how long its children, which were started, may need to end; reports that it may be killed before.
    fn note_shutdown(&self, own: Shutdown) {
        let of_child = |number| {
            let child = &self.children[number];
            child.spec.shutdown_needed(KnownShutdownNeeded::at(&self.children.place(child)))
        };
        let needed = shape::sum(self.children.numbers().into_iter().map(of_child));
        KnownShutdownNeeded::note(&self.place, needed);
        if let Some(limit) = shape::shorter(own, needed) {
            report::shutdown_too_short(self.label, self.pid, limit, needed);
        }
    }

    /// Starts a child that does not run.
    pub(super) async fn start(&mut self, number: StartNumber) -> Result<ChildStart, StartError> {
        let child = &self.children[number];
        let (started, keeps) = (child.spec.start(self.children.place(child)), self.kind.keeps(child.spec.restart));
        match started.await {
            Ok((process, info)) => {
                self.children.set(number, Phase::Running(process));
                self.children[number].spec.started();
                report::progress(&self.offender(number));
                Ok(ChildStart { runs: true, info })
            }
            Err(StartError::Ignore) => {
                self.stopped(number, keeps);
                Ok(ChildStart { runs: false, info: None })
            }
            Err(error) => Err(error),
        }
    }

    /// Ends a child, if it runs. What becomes of it then is for `next` to say.
    pub(super) async fn end(&mut self, number: StartNumber, next: Phase) {
        let child = &self.children[number];
        if let Some(process) = child.process() {
            self.children.place(child).begin_end();
            let ended = ending::end(process.clone(), child.spec.shutdown).await;
            self.ended(number, ended);
        }
        self.children.set(number, next);
    }

    /// Ends all children: the last one first, or all at once if they are dynamic. Whether they come back is for the
    /// supervisor's own supervisor to say.
    pub(super) async fn end_all(&mut self) {
        if self.kind.is_dynamic() {
            let running = self.children.iter().filter_map(|(_, child)| {
                let place = self.children.place(child);
                place.begin_end();
                place.close();
                Some((child.process()?.clone(), child.spec.shutdown))
            });
            for ended in ending::end_all(running).await {
                if let Some(number) = self.children.find_pid(ended.pid) {
                    self.ended(number, ended);
                }
            }
            return;
        }
        for number in self.children.numbers().into_iter().rev() {
            self.end(number, Phase::Pending).await;
        }
    }

    /// A child that was told to end has ended.
    pub(super) fn ended(&mut self, number: StartNumber, ended: Ended) {
        let Ended { pid, reason, took } = ended;
        let child = &self.children[number];
        let as_told = strategy::is_obedient(child.spec.shutdown, child.spec.restart, &reason);
        if !as_told {
            report::shutdown_error(&self.offender(number), &reason);
        }
        let (supervisor, id, label) = (self.label, &child.id, child.spec.label);
        self.endings.add(|| ChildEnd { supervisor, id: id.clone(), label, pid, reason, took, as_told });
    }

    /// A child does not run, and is not started again by itself.
    pub(super) fn stopped(&mut self, number: StartNumber, keep: bool) {
        if keep {
            self.children.set(number, Phase::Stopped);
        } else {
            self.children.forget(number);
        }
    }

    pub(super) fn offender(&self, number: StartNumber) -> Offender<'_> {
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
