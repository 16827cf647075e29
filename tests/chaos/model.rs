//! The model: what the rules say.

use std::collections::BTreeMap;

use otp::{
    Strategy::{OneForAll, OneForOne, RestForOne},
    prelude::*,
    supervisor::{AutoShutdown, DynamicSupervisor, PartitionSupervisor},
};

use super::{Event, Plan, Workers, millis};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Is {
    Running,
    /// It runs, and a handler does not come back.
    Wedged,
    Stopped,
}

#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) id: String,
    pub(crate) restart: Restart,
    pub(crate) significant: bool,
    pub(crate) is: Is,
    pub(crate) restarts: u64,
    pub(crate) kind: Kind,
}

#[derive(Clone)]
pub(crate) enum Kind {
    Worker(Plan),
    Supervisor(Branch),
}

#[derive(Clone)]
pub(crate) struct Branch {
    pub(crate) strategy: Strategy,
    pub(crate) auto_shutdown: AutoShutdown,
    pub(crate) limit: usize,
    pub(crate) period: u64,
    pub(crate) dynamic: Option<u32>,
    /// How many children a dynamic supervisor may have, if it knows their type.
    pub(crate) room: Option<usize>,
    /// Among how many children keys are divided, if they are.
    pub(crate) partitions: Option<usize>,
    /// Its children as they are at each start of it.
    pub(crate) specs: Vec<Node>,
    pub(crate) children: Vec<Node>,
    /// When it has restarted children.
    pub(crate) restarts: Vec<u64>,
}

/// How a start ends.
#[derive(PartialEq, Debug)]
pub(crate) enum Started {
    Runs,
    Ignores,
    Fails,
}

/// What is to be seen: the time, and what happens in order; what is in one group happens in the order of the times.
pub(crate) struct World {
    pub(crate) now: u64,
    pub(crate) expected: Vec<Vec<Event>>,
    /// Like [`Mood`], by worker.
    pub(crate) moods: BTreeMap<String, (u32, bool)>,
}

impl World {
    pub(crate) fn event(&mut self, mark: char, id: &str) {
        self.expected.push(vec![(self.now, format!("{mark}{id}"))]);
    }
}

impl Node {
    pub(crate) fn runs(&self) -> bool {
        self.is != Is::Stopped
    }

    pub(crate) fn start(&mut self, w: &mut World) -> Started {
        let started = match &mut self.kind {
            Kind::Worker(plan) => {
                w.now += plan.slow;
                let (failures, ignores) = w.moods.entry(self.id.clone()).or_default();
                if *failures > 0 {
                    *failures -= 1;
                    w.event('!', &self.id);
                    Started::Fails
                } else if *ignores {
                    w.event('0', &self.id);
                    Started::Ignores
                } else {
                    w.event('+', &self.id);
                    Started::Runs
                }
            }
            Kind::Supervisor(supervisor) => supervisor.start(w),
        };
        self.is = if started == Started::Runs { Is::Running } else { Is::Stopped };
        started
    }

    /// How long it takes to end when its supervisor says so.
    fn time_to_end(plan: &Plan, is: Is) -> u64 {
        let needs = if is == Is::Wedged { u64::MAX } else { plan.lingers };
        match plan.shutdown {
            _ if !plan.traps => 0,
            Shutdown::BrutalKill => 0,
            Shutdown::After(limit) => needs.min(u64::try_from(limit.as_millis()).unwrap()),
            Shutdown::Infinity => needs,
        }
    }

    pub(crate) fn stop(&mut self, w: &mut World) {
        if self.runs() {
            match &mut self.kind {
                Kind::Worker(plan) => {
                    w.now += Self::time_to_end(plan, self.is);
                    w.event('-', &self.id);
                }
                Kind::Supervisor(supervisor) => supervisor.stop(w),
            }
        }
        self.is = Is::Stopped;
    }
}

impl Branch {
    pub(crate) fn start(&mut self, w: &mut World) -> Started {
        self.restarts.clear();
        self.children = self.specs.clone();
        self.partitions = self.partitions.map(|_| self.specs.len());
        let mut at = 0;
        while at < self.children.len() {
            match self.children[at].start(w) {
                Started::Fails => {
                    self.stop(w);
                    return Started::Fails;
                }
                Started::Ignores if self.children[at].restart == Restart::Temporary => drop(self.children.remove(at)),
                Started::Ignores | Started::Runs => at += 1,
            }
        }
        Started::Runs
    }

    pub(crate) fn stop(&mut self, w: &mut World) {
        if self.dynamic.is_none() {
            self.children.iter_mut().rev().for_each(|child| child.stop(w));
            return;
        }
        let began = w.now;
        let mut group = Vec::new();
        for child in self.children.drain(..).filter(Node::runs) {
            let Kind::Worker(plan) = &child.kind else { unreachable!("dynamic children are workers") };
            let ends = began + Node::time_to_end(plan, child.is);
            w.now = w.now.max(ends);
            group.push((ends, format!("-{}", child.id)));
        }
        w.expected.push(group);
    }

    /// A child has ended by itself; true when that is the end of the supervisor too.
    fn ended(&mut self, at: usize, clean: bool, w: &mut World) -> bool {
        let significant = self.children[at].significant;
        self.children[at].is = Is::Stopped;
        match (self.children[at].restart, clean) {
            (Restart::Permanent, _) | (Restart::Transient, false) => return self.restart(at, w),
            (Restart::Transient, true) if self.dynamic.is_none() => {}
            _ => drop(self.children.remove(at)),
        }
        let ends = match self.auto_shutdown {
            AutoShutdown::Never => false,
            AutoShutdown::AnySignificant => significant,
            AutoShutdown::AllSignificant => {
                significant && self.children.iter().all(|child| !child.significant || !child.runs())
            }
        };
        if ends {
            self.stop(w);
        }
        ends
    }

    fn restart(&mut self, mut at: usize, w: &mut World) -> bool {
        loop {
            let (now, period) = (w.now, self.period);
            self.restarts.retain(|then| then + period >= now);
            self.restarts.push(now);
            if self.restarts.len() > self.limit {
                self.stop(w);
                return true;
            }
            let (first, last) = match self.strategy {
                OneForOne => (at, at),
                RestForOne => (at, self.children.len() - 1),
                OneForAll => (0, self.children.len() - 1),
            };
            (first..=last).rev().for_each(|other| self.children[other].stop(w));
            let range: Vec<String> = self.children[first..=last].iter().map(|child| child.id.clone()).collect();
            self.children.retain(|child| child.restart != Restart::Temporary || !range.contains(&child.id));
            let mut failed = None;
            let mut other = first;
            while failed.is_none() && other < self.children.len() && range.contains(&self.children[other].id) {
                match self.children[other].start(w) {
                    Started::Runs => self.children[other].restarts += 1,
                    Started::Fails => failed = Some(other),
                    Started::Ignores if self.dynamic.is_some() => {
                        self.children.remove(other);
                        break;
                    }
                    Started::Ignores => {}
                }
                other += 1;
            }
            match failed {
                Some(failed) => at = failed,
                None => return false,
            }
        }
    }

    /// Divides the keys among so many partitions, as far as they can be started.
    pub(crate) fn resize(&mut self, count: usize, w: &mut World) {
        let before = self.partitions.replace(count).unwrap();
        let place =
            |this: &Self, number: usize| this.children.iter().position(|child| child.id == this.specs[number].id);
        for number in (count..before).rev() {
            if let Some(at) = place(self, number) {
                self.children[at].stop(w);
                if self.children[at].restart == Restart::Temporary {
                    self.children.remove(at);
                }
            }
        }
        for number in before..count {
            let at = place(self, number);
            let is_there =
                at.is_some_and(|at| self.children[at].runs() || self.children[at].start(w) != Started::Fails);
            if !is_there {
                self.partitions = Some(number);
                return;
            }
        }
    }

    /// The child at the end of a path has ended by itself; true when that is the end of this supervisor too.
    pub(crate) fn ended_below(&mut self, path: &[usize], clean: bool, w: &mut World) -> bool {
        let [at, rest @ ..] = path else { unreachable!("a path leads somewhere") };
        if rest.is_empty() {
            return self.ended(*at, clean, w);
        }
        let Kind::Supervisor(child) = &mut self.children[*at].kind else { unreachable!("workers have no children") };
        // A supervisor that ends does so with `shutdown`, which is clean.
        child.ended_below(rest, clean, w) && self.ended(*at, true, w)
    }

    pub(crate) fn at(&mut self, path: &[usize]) -> &mut Self {
        path.iter().fold(self, |supervisor, at| match &mut supervisor.children[*at].kind {
            Kind::Supervisor(child) => child,
            Kind::Worker(_) => unreachable!("workers have no children"),
        })
    }

    /// The paths of all supervisors that run, this one included, and of all workers.
    pub(crate) fn paths(&self, here: &[usize], supervisors: &mut Vec<Vec<usize>>, workers: &mut Vec<Vec<usize>>) {
        supervisors.push(here.to_vec());
        for (at, child) in self.children.iter().enumerate() {
            let path = [here, &[at]].concat();
            match &child.kind {
                Kind::Worker(_) => workers.push(path),
                Kind::Supervisor(supervisor) if child.runs() => supervisor.paths(&path, supervisors, workers),
                Kind::Supervisor(_) => {}
            }
        }
    }

    // The same, for real.

    fn plans(&self) -> Vec<Plan> {
        let plan = |node: &Node| match &node.kind {
            Kind::Worker(plan) => plan.clone(),
            Kind::Supervisor(_) => unreachable!("partitions are workers"),
        };
        self.specs.iter().map(plan).collect()
    }

    pub(crate) fn build(&self) -> Supervisor {
        let flags = Supervisor::new(self.strategy)
            .intensity(u32::try_from(self.limit).unwrap(), millis(self.period))
            .auto_shutdown(self.auto_shutdown);
        self.specs.iter().fold(flags, |supervisor, node| match &node.kind {
            Kind::Worker(plan) => supervisor.child(&*node.id, plan.spec()),
            Kind::Supervisor(nested) => {
                let (restart, significant, nested) = (node.restart, node.significant, nested.clone());
                let (limit, period) = (u32::try_from(nested.limit).unwrap(), millis(nested.period));
                let id = &*node.id;
                match (nested.dynamic, nested.room, nested.partitions) {
                    (None, _, None) => {
                        let spec = Supervisor::spec(move || nested.build());
                        supervisor.child(id, spec.restart(restart).significant(significant))
                    }
                    (None, _, Some(_)) => {
                        let build = move || {
                            let (strategy, plans) = (nested.strategy, nested.plans());
                            let partitions = PartitionSupervisor::new(move |number| plans[number].spec());
                            partitions.partitions(nested.specs.len()).strategy(strategy).intensity(limit, period)
                        };
                        supervisor.child(id, PartitionSupervisor::spec(build).restart(restart).significant(significant))
                    }
                    (Some(_), None, _) => {
                        let build = move || DynamicSupervisor::any().intensity(limit, period);
                        supervisor.child(id, DynamicSupervisor::spec(build).restart(restart).significant(significant))
                    }
                    (Some(_), Some(room), _) => {
                        let build = move || {
                            let workers = DynamicSupervisor::template(|plan: Plan| plan.spec());
                            workers.max_children(room).intensity(limit, period)
                        };
                        supervisor.child(id, Workers::spec(build).restart(restart).significant(significant))
                    }
                }
            }
        })
    }
}
