//! What others ask of a supervisor.

use std::any::Any;

use super::{ChildFilter, NewChild, RestartedChild, Server, Snapshot, Who};
use crate::{
    actor::{ChildId, StartError},
    guard::Guarded,
    process::StartInfo,
    supervisor::{
        ChildCount, ChildError, ChildInfo, ChildKind, Strategy,
        children::{Phase, StartNumber},
        readiness::{LevelReadiness, NAMED},
        spec::{Spec, SpecInfo},
        validate,
    },
};

impl Server {
    pub(super) async fn start_child(&mut self, id: ChildId, spec: Spec) -> Result<Option<StartInfo>, ChildError> {
        if self.kind.is_dynamic() {
            return Err(ChildError::OtherKind);
        }
        validate(&id, &spec, self.auto_shutdown).map_err(|error| ChildError::Start(StartError::Spec(error)))?;
        if let Some(number) = self.children.find(&id) {
            return Err(self.children[number].pid().map_or(ChildError::AlreadyPresent, ChildError::AlreadyStarted));
        }
        self.start_new(id, spec).await.map(|(_, info)| info)
    }

    pub(super) async fn start_dynamic(&mut self, given: Guarded<Box<dyn Any + Send>>) -> Result<NewChild, ChildError> {
        let (id, spec) = self.kind.template()?.child(given, self.children.len())?;
        validate(&id, &spec, self.auto_shutdown).map_err(|error| ChildError::Start(StartError::Spec(error)))?;
        self.start_new(id, spec).await
    }

    /// Starts a child with a new id; gives its place, which is gone if it did not want to run and is not kept.
    pub(super) async fn start_new(&mut self, id: ChildId, spec: Spec) -> Result<NewChild, ChildError> {
        let number = self.children.add(id, spec);
        let place = self.children.place(&self.children[number]);
        match self.start(number).await {
            Ok(start) => Ok((place, start.info)),
            Err(error) => {
                self.children.forget(number);
                Err(ChildError::Start(error))
            }
        }
    }

    pub(super) async fn terminate_child(&mut self, who: Who) -> Result<(), ChildError> {
        let number = self.find(&who)?;
        self.end(number, Phase::Stopped).await;
        if self.strategy != Strategy::OneForOne {
            self.give_up_pending();
        }
        self.stopped(number, self.kind.keeps(self.children[number].spec.restart));
        Ok(())
    }

    /// Those that were to be started after a child which is not started again now stay as they are.
    fn give_up_pending(&mut self) {
        if !self.children.is_any_restarting() {
            self.children.give_up_pending();
        }
    }

    pub(super) async fn restart_child(&mut self, id: ChildId) -> Result<RestartedChild, ChildError> {
        let number = self.find_stopped(id)?;
        let start = self.start(number).await.map_err(ChildError::Start)?;
        Ok((self.children.get(number).and_then(|child| child.pid()), start.info))
    }

    pub(super) fn delete_child(&mut self, id: ChildId) -> Result<(), ChildError> {
        let number = self.find_stopped(id)?;
        self.children.forget(number);
        Ok(())
    }

    /// Divides the keys among so many partitions; says how many there were.
    pub(super) async fn resize(&mut self, count: usize) -> Result<usize, ChildError> {
        let most = self.kind.most_partitions()?;
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

    pub(super) fn child_spec(&self, who: &Who) -> Result<SpecInfo, ChildError> {
        let child = &self.children[self.find(who)?];
        Ok(child.spec.info(&child.id))
    }

    /// The child that is named as this kind of supervisor does it.
    fn find(&self, who: &Who) -> Result<StartNumber, ChildError> {
        let found = match (who, self.kind.is_dynamic()) {
            (Who::Id(id), false) => self.children.find(id),
            (Who::Pid(pid), true) => self.children.find_pid(*pid),
            // An id comes again when the supervisor is restarted, a place does not.
            (Who::Place(place), true) => place
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

    pub(super) fn which_child(&self, id: &ChildId) -> Result<ChildInfo, ChildError> {
        self.children.find(id).map(|number| self.children[number].info()).ok_or(ChildError::NotFound)
    }

    pub(super) fn look(&self, shown: ChildFilter) -> Snapshot {
        let most = match shown {
            ChildFilter::None => 0,
            ChildFilter::First(most) if self.kind.is_dynamic() => most,
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
            kind: self.kind.seen(),
            count: self.children.len(),
            children: children.collect(),
        }
    }

    pub(super) fn readiness(&self) -> LevelReadiness {
        let supervisors = self.children.supervisors().filter(|child| child.pid().is_some());
        LevelReadiness {
            waiting: self.children.waiting().take(NAMED).map(|child| child.id.clone()).collect(),
            supervisors: supervisors.map(|child| child.id.clone()).collect(),
        }
    }

    pub(super) fn count(&self) -> ChildCount {
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
