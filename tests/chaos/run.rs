//! A run: a tree and its model, side by side.

use std::{
    collections::BTreeMap,
    mem,
    sync::{Arc, Mutex},
};

use otp::{
    Strategy::{OneForAll, OneForOne, RestForOne},
    name::ToPid as _,
    prelude::*,
    supervisor::{AutoShutdown, ChildError, ChildState, DynamicSupervisor, PartitionRef, PartitionSupervisor},
};

use super::{Dice, Event, Journal, Mood, Plan, Worker, Workers, millis};
use crate::model::{Branch, Is, Kind, Node, Started, World};

/// Makes trees and their workers.
struct Maker {
    dice: Dice,
    next: u32,
    journal: Arc<Mutex<Journal>>,
    witness: Pid,
}

impl Maker {
    fn id(&mut self) -> String {
        self.next += 1;
        format!("c{}", self.next)
    }

    fn restart(&mut self) -> Restart {
        self.dice.pick(&[Restart::Permanent, Restart::Permanent, Restart::Transient, Restart::Temporary])
    }

    fn worker(&mut self, auto_shutdown: AutoShutdown, group: Option<u32>) -> Node {
        let (id, restart, dice) = (self.id(), self.restart(), &mut self.dice);
        let limit = millis(100 + 2 * dice.below(100));
        let plan = Plan {
            id: id.clone(),
            slow: dice.pick(&[0, 0, 3, 20]),
            traps: dice.one_in(2),
            lingers: dice.pick(&[1, 15, 51, 401]),
            restart,
            shutdown: dice.pick(&[
                Shutdown::After(limit),
                Shutdown::After(limit),
                Shutdown::BrutalKill,
                Shutdown::Infinity,
            ]),
            significant: auto_shutdown != AutoShutdown::Never && restart != Restart::Permanent && dice.one_in(2),
            group,
            mood: Arc::default(),
            journal: Arc::clone(&self.journal),
            witness: self.witness,
        };
        Node { id, restart, significant: plan.significant, is: Is::Stopped, restarts: 0, kind: Kind::Worker(plan) }
    }

    fn supervisor(&mut self, depth: u32) -> Branch {
        let dynamic = (depth > 0 && self.dice.one_in(3)).then_some(self.next);
        let is_divided = depth > 0 && dynamic.is_none() && self.dice.one_in(4);
        let limit = usize::try_from(self.dice.below(5)).unwrap();
        let mut supervisor = Branch {
            strategy: self.dice.pick(&[OneForOne, OneForAll, RestForOne]),
            auto_shutdown: AutoShutdown::Never,
            limit: if depth == 0 { limit + 3 } else { limit },
            period: self.dice.pick(&[100, 1000, 5000]),
            dynamic,
            room: (dynamic.is_some() && self.dice.one_in(2)).then(|| usize::try_from(self.dice.below(5)).unwrap()),
            partitions: is_divided.then_some(0),
            specs: Vec::new(),
            children: Vec::new(),
            restarts: Vec::new(),
        };
        if dynamic.is_some() {
            supervisor.strategy = OneForOne;
            return supervisor;
        }
        if is_divided {
            supervisor.specs = (0..=self.dice.below(3)).map(|_| self.worker(AutoShutdown::Never, None)).collect();
            return supervisor;
        }
        let policies =
            [AutoShutdown::Never, AutoShutdown::Never, AutoShutdown::AnySignificant, AutoShutdown::AllSignificant];
        supervisor.auto_shutdown = self.dice.pick(&policies);
        for _ in 0..=self.dice.below(4) {
            let child = if depth < 2 && self.dice.one_in(3) {
                let (id, restart) = (self.id(), self.restart());
                let may = supervisor.auto_shutdown != AutoShutdown::Never && restart != Restart::Permanent;
                let significant = may && self.dice.one_in(2);
                let kind = Kind::Supervisor(self.supervisor(depth + 1));
                Node { id, restart, significant, is: Is::Stopped, restarts: 0, kind }
            } else {
                self.worker(supervisor.auto_shutdown, None)
            };
            supervisor.specs.push(child);
        }
        supervisor
    }
}

/// The model and the real tree, side by side.
struct Chaos<'a> {
    t: &'a Sim,
    maker: Maker,
    model: Branch,
    world: World,
    root: SupervisorRef,
    /// The model's root has ended.
    is_over: bool,
    /// All that happened.
    history: Vec<Event>,
}

impl<'a> Chaos<'a> {
    /// Starts a tree, unless its start fails as it should.
    fn start(t: &'a Sim) -> Self {
        let witness = process::spawn(|me| {
            process::trap_exit(true);
            while me.receive_exit(None).is_some() {}
        });
        t.settle();
        let mut maker = Maker { dice: Dice::new(t.seed()), next: 0, journal: Arc::default(), witness };
        let mut model = maker.supervisor(0);
        let mut world = World { now: 0, expected: Vec::new(), moods: BTreeMap::new() };
        let started = model.start(&mut world);
        assert_eq!(started, Started::Runs);
        let root = model.build().start().unwrap();
        let mut chaos = Self { t, maker, model, world, root, is_over: false, history: Vec::new() };
        chaos.compare("the start");
        chaos
    }

    fn now(&self) -> u64 {
        u64::try_from(self.t.now().as_millis()).unwrap()
    }

    /// The supervisor at a path of the model.
    fn supervisor(&mut self, path: &[usize]) -> SupervisorRef {
        let mut at = self.root.clone();
        for end in 0..path.len() {
            let child = &self.model.at(&path[..end]).children[path[end]];
            at = at.child::<Supervisor>(&*child.id);
        }
        at
    }

    fn start_dynamic(&mut self, path: &[usize], plan: &Plan) -> Result<(), ChildError> {
        let slot = self.supervisor(path).place().clone();
        match self.model.at(path).room {
            None => <DynamicSupervisor as Child>::client(slot).start_child(plan.spec()).map(drop),
            Some(_) => Workers::client(slot).start_child(plan.clone()).map(drop),
        }
    }

    /// By its pid, or by its place.
    fn terminate_dynamic(&mut self, path: &[usize], id: &str) -> Result<(), ChildError> {
        let (supervisor, pid) = (self.supervisor(path), process::whereis(id).unwrap());
        if self.model.at(path).room.is_none() {
            return <DynamicSupervisor as Child>::client(supervisor.place().clone()).terminate_child(&pid);
        }
        let children = supervisor.which_children()?;
        let child = children.iter().find(|child| child.state == ChildState::Running(pid)).unwrap();
        Workers::client(supervisor.place().clone()).terminate_child(&supervisor.child::<Worker>(&child.id))
    }

    fn sets_mood(&mut self, plan: &Plan, failures: u32, ignores: bool) {
        *plan.mood.lock().unwrap() = Mood { failures, ignores };
        self.world.moods.insert(plan.id.clone(), (failures, ignores));
    }

    /// One step: something happens, all that follows from it has its time, and is what the model says.
    fn step(&mut self) {
        self.world.now = self.now();
        let (mut supervisors, mut workers) = (Vec::new(), Vec::new());
        self.model.paths(&[], &mut supervisors, &mut workers);
        let what = match self.maker.dice.below(10) {
            0..=5 if !workers.is_empty() => {
                let path = self.maker.dice.pick(&workers);
                self.fault(&path)
            }
            _ => {
                // Dynamic supervisors have no children but those that are started now.
                let mut dynamic = supervisors.clone();
                dynamic.retain(|path| self.model.at(path).dynamic.is_some());
                if !dynamic.is_empty() && self.maker.dice.one_in(2) {
                    supervisors = dynamic;
                }
                let path = self.maker.dice.pick(&supervisors);
                self.administer(&path)
            }
        };
        self.compare(&what);
        let pause = self.maker.dice.pick(&[0, 10, 99, 100, 700, 3000]);
        self.t.advance(millis(pause));
        self.compare("a pause");
    }

    /// Something befalls a worker.
    fn fault(&mut self, path: &[usize]) -> String {
        let (last, above) = path.split_last().unwrap();
        let child = self.model.at(above).children[*last].clone();
        let Kind::Worker(plan) = &child.kind else { unreachable!("it is a worker") };
        let id = &child.id;
        // A start that fails once or often, and one that does not happen.
        match self.maker.dice.below(6) {
            0 => {
                let failures = 1 + u32::try_from(self.maker.dice.below(4)).unwrap();
                self.sets_mood(plan, failures, false);
            }
            1 => self.sets_mood(plan, 0, true),
            _ => self.sets_mood(plan, 0, false),
        }
        if !child.runs() {
            return format!("a mood of {id}");
        }
        let pid = process::whereis(id).unwrap();
        let worker = otp::Name::<Worker>::from(&**id).client();
        let clean = match self.maker.dice.below(5) {
            // It would be waited for without end.
            0 if child.is == Is::Running && !(plan.traps && plan.shutdown == Shutdown::Infinity) => {
                worker.wedge();
                self.model.at(above).children[*last].is = Is::Wedged;
                return format!("{id} is wedged");
            }
            1 | 2 if child.is == Is::Running => {
                let (reason, clean) = self.maker.dice.pick(&[
                    (ExitReason::Normal, true),
                    (ExitReason::Shutdown, true),
                    (ExitReason::other("boom"), false),
                ]);
                worker.end(reason);
                self.world.now += if plan.traps { plan.lingers } else { 0 };
                clean
            }
            _ => {
                process::exit(pid, ExitReason::Kill);
                false
            }
        };
        self.world.event('-', id);
        self.is_over = self.model.ended_below(path, clean, &mut self.world);
        format!("{id} ended, clean: {clean}")
    }

    /// Somebody asks a supervisor for something.
    fn administer(&mut self, path: &[usize]) -> String {
        let supervisor = self.supervisor(path);
        let (auto_shutdown, group) = (self.model.at(path).auto_shutdown, self.model.at(path).dynamic);
        let children = self.model.at(path).children.len();
        if let Some(before) = self.model.at(path).partitions {
            let most = self.model.at(path).specs.len();
            let count = usize::try_from(self.maker.dice.below(most as u64 + 2)).unwrap();
            let result = divided(&supervisor).resize(count);
            if count > most {
                assert_eq!(result, Err(ChildError::TooManyPartitions(most)));
            } else {
                let model = self.model.at(path);
                model.resize(count, &mut self.world);
                assert_eq!(result.ok(), (model.partitions == Some(count)).then_some(before));
            }
            return format!("resize to {count}");
        }
        let is_full = self.model.at(path).room.is_some_and(|room| children >= room);
        if children == 0 || self.maker.dice.one_in(3) || (group.is_some() && children < 3) {
            let mut node = self.maker.worker(auto_shutdown, group);
            let Kind::Worker(plan) = node.kind.clone() else { unreachable!("it is a worker") };
            let mood = self.maker.dice.pick(&[(0, false), (0, false), (0, false), (1, false), (0, true)]);
            self.sets_mood(&plan, mood.0, mood.1);
            let result = match group {
                Some(_) => self.start_dynamic(path, &plan),
                None => supervisor.start_child(&*node.id, plan.spec()).map(drop),
            };
            if is_full {
                assert_eq!(result, Err(ChildError::MaxChildren));
                return format!("start_child {} without room", node.id);
            }
            let started = node.start(&mut self.world);
            assert_eq!(matches!(result, Err(ChildError::Start(_))), started == Started::Fails, "{result:?}");
            assert_eq!(result.is_ok(), started != Started::Fails, "{result:?}");
            let keeps = group.is_none() && node.restart != Restart::Temporary;
            if started == Started::Runs || (started == Started::Ignores && keeps) {
                self.model.at(path).children.push(node.clone());
            }
            return format!("start_child {}", node.id);
        }
        let at = usize::try_from(self.maker.dice.below(children as u64)).unwrap();
        let mut child = self.model.at(path).children[at].clone();
        let id = child.id.clone();
        let what = if group.is_some() { 0 } else { self.maker.dice.below(3) };
        match what {
            0 => {
                child.stop(&mut self.world);
                match group {
                    Some(_) => self.terminate_dynamic(path, &id).unwrap(),
                    None => supervisor.terminate_child(&*id).unwrap(),
                }
                if group.is_some() || child.restart == Restart::Temporary {
                    self.model.at(path).children.remove(at);
                } else {
                    self.model.at(path).children[at] = child;
                }
            }
            1 => {
                let result = supervisor.restart_child(&*id);
                if child.runs() {
                    assert_eq!(result, Err(ChildError::Running));
                } else {
                    let started = child.start(&mut self.world);
                    assert_eq!(matches!(result, Ok(Some(_))), started == Started::Runs, "{result:?}");
                    assert_eq!(matches!(result, Ok(None)), started == Started::Ignores, "{result:?}");
                    self.model.at(path).children[at] = child;
                }
            }
            _ => {
                let result = supervisor.delete_child(&*id);
                if child.runs() {
                    assert_eq!(result, Err(ChildError::Running));
                } else {
                    assert_eq!(result, Ok(()));
                    self.model.at(path).children.remove(at);
                }
            }
        }
        format!("{} {id}", ["terminate_child", "restart_child", "delete_child"][usize::try_from(what).unwrap()])
    }

    /// What has happened and how the tree is now, against the model.
    fn compare(&mut self, after: &str) {
        self.t.advance(millis(self.world.now.saturating_sub(self.now())));
        let events = mem::take(&mut self.maker.journal.lock().unwrap().events);
        let expected = mem::take(&mut self.world.expected);
        let mut rest = events.clone();
        for group in &expected {
            let mut seen: Vec<Event> = rest.drain(..group.len().min(rest.len())).collect();
            let mut group = group.clone();
            assert!(seen.is_sorted_by_key(|(at, _)| *at), "after {after}: {events:?}");
            seen.sort();
            group.sort();
            assert_eq!(seen, group, "after {after}: {events:?}, expected {expected:?}");
        }
        assert_eq!(rest, [], "after {after}");
        self.history.extend(events);
        if self.is_over {
            assert_eq!(self.root.pid(), None, "after {after}");
        } else {
            compare_supervisor(&self.root, &self.model, after);
        }
    }

    /// Faults that do not wait for one another; what is left is a tree in order.
    fn storm(&mut self) {
        // One that is wedged and traps exits outlives a supervisor that is killed, here as in OTP.
        let (mut supervisors, mut workers) = (Vec::new(), Vec::new());
        self.model.paths(&[], &mut supervisors, &mut workers);
        for path in workers {
            let (last, above) = path.split_last().unwrap();
            let child = &self.model.at(above).children[*last];
            if child.is == Is::Wedged
                && let Some(pid) = process::whereis(&child.id)
            {
                process::exit(pid, ExitReason::Kill);
            }
        }
        for _ in 0..self.maker.dice.below(8) {
            let mut processes = self.t.node().processes();
            processes.retain(|pid| *pid != self.maker.witness && *pid != otp::self_pid());
            processes.sort();
            if !processes.is_empty() {
                let reason = self.maker.dice.pick(&[ExitReason::Kill, ExitReason::Kill, ExitReason::other("storm")]);
                process::exit(self.maker.dice.pick(&processes), reason);
            }
            let pause = self.maker.dice.pick(&[0, 0, 1, 17, 60]);
            if self.maker.dice.one_in(2) {
                self.t.advance(millis(pause));
            }
        }
        self.t.advance(Duration::from_secs(60));
        let mut running = Vec::new();
        if self.root.pid().is_some() {
            settled(&self.root, &mut running);
        }
        // Who is up is in the tree: each worker that has started and not ended runs under a supervisor.
        let mut up: Vec<String> = Vec::new();
        self.history.append(&mut self.maker.journal.lock().unwrap().events);
        for (_, event) in &self.history {
            match event.split_at(1) {
                ("+", id) => up.push(id.to_owned()),
                ("-", id) => up.retain(|other| other != id),
                _ => {}
            }
        }
        let mut in_tree: Vec<String> = running.iter().flatten().cloned().collect();
        up.sort();
        in_tree.sort();
        assert_eq!(up, in_tree, "who is up, and who is in the tree");
        if self.root.pid().is_some() {
            self.root.stop().unwrap();
        }
        // They end in reverse, those of a dynamic supervisor in any order.
        let ends = mem::take(&mut self.maker.journal.lock().unwrap().events);
        let mut rest = ends.iter().map(|(_, event)| event.clone());
        for group in running.iter().rev() {
            let mut expected: Vec<String> = group.iter().map(|id| format!("-{id}")).collect();
            let mut seen: Vec<String> = rest.by_ref().take(group.len()).collect();
            expected.sort();
            seen.sort();
            assert_eq!(seen, expected, "the end: {ends:?}");
        }
        assert_eq!(rest.next(), None);
        self.history.extend(ends);
    }

    /// Nothing of it all is left.
    fn nothing_is_left(self) -> Vec<Event> {
        self.t.settle();
        let witness = process::info(self.maker.witness).unwrap();
        assert_eq!((witness.links, witness.monitors, witness.monitored_by), (vec![], vec![], vec![]));
        let me = process::info(otp::self_pid()).unwrap();
        assert_eq!((me.links, me.monitors, me.monitored_by), (vec![], vec![], vec![]));
        for number in 0..=self.maker.next {
            assert_eq!(process::whereis(&format!("c{number}")), None, "a name is left");
        }
        assert_eq!(self.t.node().timers(), 0, "timers are left");
        self.t.kill(&self.maker.witness);
        self.t.settle();
        assert_eq!(self.t.node().processes(), [otp::self_pid()], "processes are left");
        // They were ordered.
        drop(self.t.crashes());
        self.history
    }
}

fn divided(supervisor: &SupervisorRef) -> PartitionRef<Worker> {
    PartitionSupervisor::client(supervisor.place().clone())
}

fn compare_supervisor(real: &SupervisorRef, model: &Branch, after: &str) {
    let mut children = real.which_children().unwrap();
    children.reverse();
    assert_eq!(children.len(), model.children.len(), "after {after}: {children:?}");
    if let Some(count) = model.partitions {
        assert_eq!(divided(real).partitions(), Ok(count), "after {after}");
        for (key, node) in model.specs.iter().enumerate().take(count) {
            assert_eq!(divided(real).route(&(key + count)).pid(), process::whereis(&node.id), "after {after}");
        }
    }
    for (real_child, child) in children.iter().zip(&model.children) {
        assert_ne!(real_child.state, ChildState::Restarting, "after {after}: {}", child.id);
        let pid = real_child.pid();
        assert_eq!((pid.is_some(), real_child.restarts), (child.runs(), child.restarts), "after {after}: {}", child.id);
        assert!(pid.is_none_or(process::is_alive), "after {after}: {} is dead", child.id);
        match &child.kind {
            Kind::Worker(_) => assert_eq!(process::whereis(&child.id), pid, "after {after}: {}", child.id),
            Kind::Supervisor(nested) if child.runs() => {
                let place = real.child::<Supervisor>(&real_child.id);
                assert_eq!(place.to_pid(), pid, "after {after}: {}", child.id);
                compare_supervisor(&place, nested, after);
            }
            Kind::Supervisor(_) => {}
        }
    }
}

/// The workers that run below a supervisor in which nothing goes on, in order; each group is of those that end at once.
fn settled(supervisor: &SupervisorRef, running: &mut Vec<Vec<String>>) {
    let mut children = supervisor.which_children().unwrap();
    children.reverse();
    let is_dynamic = supervisor.child_spec("none") == Err(ChildError::OtherKind);
    let mut workers = Vec::new();
    for child in &children {
        let ChildState::Running(pid) = child.state else {
            assert_eq!(child.state, ChildState::Stopped, "{} is still being restarted", child.id);
            continue;
        };
        assert!(process::is_alive(pid), "{} is dead", child.id);
        if child.label == "Worker" {
            workers.push(process::info(pid).unwrap().name.unwrap());
            if !is_dynamic {
                running.push(mem::take(&mut workers));
            }
        } else {
            settled(&supervisor.child::<Supervisor>(&child.id), running);
        }
    }
    running.push(workers);
}

pub(crate) fn run(t: &Sim) -> Vec<Event> {
    let mut chaos = Chaos::start(t);
    for _ in 0..12 {
        if !chaos.is_over {
            chaos.step();
        }
    }
    chaos.storm();
    chaos.nothing_is_left()
}
