//! The children of one supervisor: in order of their start, found by id and by pid.
//!
//! It keeps the places in the tree in step with what it knows: a place is left when its child has ended, closed when
//! nobody is to come by itself, and gone when the spec is. It starts and stops nothing.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    mem,
    ops::{Index, IndexMut},
};

use super::{ChildInfo, ChildKind, ChildState, backoff::Failures, spec::Spec};
use crate::{
    actor::{ChildId, Place},
    cell::{AnyProcess, Pid, current},
    passed::pass,
    process::TimerRef,
    time::Moment,
};

/// A child's place in the order of start; never given again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct StartNumber(u64);

impl StartNumber {
    /// The first that is given.
    pub(super) const FIRST: Self = Self(0);
}

pub(super) struct ChildEntry {
    pub(super) id: ChildId,
    pub(super) spec: Spec,
    pub(super) state: Phase,
    /// The pid that it has or had last.
    last: Option<Pid>,
    /// How often it was started again.
    pub(super) restarts: u64,
    /// When it was started last.
    pub(super) since: Moment,
    pub(super) failures: Failures,
    /// What will start it again, if that is not at once.
    retry: Option<TimerRef>,
}

/// How a child is, as far as its supervisor knows.
#[derive(Debug)]
pub(super) enum Phase {
    Running(AnyProcess),
    /// It is to be started again, and a try is on its way.
    Restarting,
    /// It has ended, and is started again after another one is, or with the supervisor.
    Pending,
    Stopped,
}

impl Phase {
    /// Whether it runs, or is about to be started again.
    fn is_up(&self) -> bool {
        matches!(self, Self::Running(_) | Self::Restarting)
    }
}

impl ChildEntry {
    /// Its process, dead or alive.
    pub(super) fn process(&self) -> Option<&AnyProcess> {
        match &self.state {
            Phase::Running(process) => Some(process),
            Phase::Restarting | Phase::Pending | Phase::Stopped => None,
        }
    }

    pub(super) fn pid(&self) -> Option<Pid> {
        self.process().map(AnyProcess::pid)
    }

    /// What can be seen of it.
    pub(super) fn info(&self) -> ChildInfo {
        ChildInfo {
            id: self.id.clone(),
            label: self.spec.label,
            kind: self.spec.kind,
            state: match &self.state {
                Phase::Running(process) => ChildState::Running(process.pid()),
                Phase::Restarting => ChildState::Restarting,
                Phase::Pending | Phase::Stopped => ChildState::Stopped,
            },
            restarts: self.restarts,
        }
    }
}

pub(super) struct Children {
    place: Place,
    next: u64,
    in_order: BTreeMap<StartNumber, ChildEntry>,
    by_id: BTreeMap<ChildId, StartNumber>,
    by_pid: HashMap<Pid, StartNumber>,
    /// How many are significant, and run or are about to be started again.
    significant: usize,
    /// Those that are about to be started again.
    restarting: BTreeSet<StartNumber>,
    /// Those that wait for another one to be started again.
    pending: BTreeSet<StartNumber>,
    /// Those that are supervisors.
    supervisors: BTreeSet<StartNumber>,
}

impl Children {
    /// The children of the supervisor at `slot`, whose ids differ. Places of its last incarnation that are none of this
    /// one are gone.
    pub(super) fn new(place: Place, specs: Vec<(ChildId, Spec)>) -> Self {
        let ids: BTreeSet<&ChildId> = specs.iter().map(|(id, _)| id).collect();
        place.retain(|id| ids.contains(id));
        let mut children = Self {
            place,
            next: 0,
            in_order: BTreeMap::new(),
            by_id: BTreeMap::new(),
            by_pid: HashMap::new(),
            significant: 0,
            restarting: BTreeSet::new(),
            pending: BTreeSet::new(),
            supervisors: BTreeSet::new(),
        };
        for (id, spec) in specs {
            children.add(id, spec);
        }
        children
    }

    /// Adds a child with a new id at the end.
    pub(super) fn add(&mut self, id: ChildId, spec: Spec) -> StartNumber {
        let number = StartNumber(self.next);
        self.next += 1;
        self.place.declare(&id);
        self.by_id.insert(id.clone(), number);
        if spec.kind == ChildKind::Supervisor {
            self.supervisors.insert(number);
        }
        let child = ChildEntry {
            id,
            spec,
            state: Phase::Stopped,
            last: None,
            restarts: 0,
            since: Moment::START,
            failures: Failures::default(),
            retry: None,
        };
        self.in_order.insert(number, child);
        number
    }

    pub(super) fn find(&self, id: &ChildId) -> Option<StartNumber> {
        self.by_id.get(id).copied()
    }

    /// The child that has this pid, or had it last.
    pub(super) fn find_pid(&self, pid: Pid) -> Option<StartNumber> {
        self.by_pid.get(&pid).copied()
    }

    pub(super) fn get(&self, number: StartNumber) -> Option<&ChildEntry> {
        self.in_order.get(&number)
    }

    /// All, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (StartNumber, &ChildEntry)> {
        self.since(StartNumber::FIRST)
    }

    /// That child and those that were started after it, in order.
    pub(super) fn since(&self, first: StartNumber) -> impl Iterator<Item = (StartNumber, &ChildEntry)> {
        self.in_order.range(first..).map(|(number, child)| {
            pass(1);
            (*number, child)
        })
    }

    /// How many there are, running or not.
    pub(super) fn len(&self) -> usize {
        self.in_order.len()
    }

    pub(super) fn numbers(&self) -> Vec<StartNumber> {
        self.iter().map(|(number, _)| number).collect()
    }

    /// How many are significant, and run or are about to be started again.
    pub(super) fn significant(&self) -> usize {
        self.significant
    }

    /// Whether any is about to be started again.
    pub(super) fn is_any_restarting(&self) -> bool {
        !self.restarting.is_empty()
    }

    /// Those that are supervisors, in order.
    pub(super) fn supervisors(&self) -> impl Iterator<Item = &ChildEntry> {
        self.supervisors.iter().filter_map(|number| self.get(*number))
    }

    /// Those that are to be started again, by themselves or after another one, in no order.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &ChildEntry> {
        let restarting = self.restarting.iter();
        restarting.chain(&self.pending).filter_map(|number| self.get(*number))
    }

    /// Those that wait for another one to be started again; from now on they don't.
    pub(super) fn give_up_pending(&mut self) {
        for number in mem::take(&mut self.pending) {
            self.set(number, Phase::Stopped);
        }
    }

    /// The slot of a child.
    pub(super) fn place(&self, child: &ChildEntry) -> Place {
        self.place.child(&child.id)
    }

    /// Notes how a child is now.
    pub(super) fn set(&mut self, number: StartNumber, state: Phase) {
        let Some(child) = self.in_order.get_mut(&number) else { return };
        if let Some(pid) = child.pid() {
            self.place.child(&child.id).vacate(pid);
        }
        if let Some(retry) = child.retry.take() {
            retry.cancel();
        }
        if child.spec.significant {
            self.significant -= usize::from(child.state.is_up());
            self.significant += usize::from(state.is_up());
        }
        self.restarting.remove(&number);
        self.pending.remove(&number);
        match state {
            Phase::Restarting => _ = self.restarting.insert(number),
            Phase::Pending => _ = self.pending.insert(number),
            Phase::Running(_) | Phase::Stopped => {}
        }
        child.state = state;
        match &child.state {
            Phase::Running(process) => {
                child.since = current::now();
                let pid = process.pid();
                if let Some(last) = child.last.replace(pid) {
                    self.by_pid.remove(&last);
                }
                self.by_pid.insert(pid, number);
            }
            Phase::Restarting | Phase::Pending => {}
            Phase::Stopped => {
                child.failures = Failures::default();
                self.place.child(&child.id).close();
            }
        }
    }

    /// Notes what will start a child again; it is cancelled when the child is in any other state before.
    pub(super) fn set_retry(&mut self, number: StartNumber, retry: TimerRef) {
        if let Some(child) = self.in_order.get_mut(&number) {
            child.retry = Some(retry);
        }
    }

    /// Forgets a child that does not run, and its place in the tree.
    pub(super) fn forget(&mut self, number: StartNumber) {
        self.set(number, Phase::Stopped);
        if let Some(child) = self.in_order.remove(&number) {
            self.by_id.remove(&child.id);
            self.supervisors.remove(&number);
            if let Some(last) = child.last {
                self.by_pid.remove(&last);
            }
            self.place.forget(&child.id);
        }
    }
}

impl Index<StartNumber> for Children {
    type Output = ChildEntry;

    fn index(&self, number: StartNumber) -> &ChildEntry {
        &self.in_order[&number]
    }
}

impl IndexMut<StartNumber> for Children {
    fn index_mut(&mut self, number: StartNumber) -> &mut ChildEntry {
        self.in_order.get_mut(&number).expect("only a child that is there is changed")
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        for number in self.numbers() {
            self.set(number, Phase::Pending);
        }
        self.place.close_root();
    }
}
