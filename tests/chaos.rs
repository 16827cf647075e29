//! Chaos: random trees, whose children are killed, wedged and failed at random, against a plain model of the rules.
//!
//! The model is written from OTP's rules and shares no code with the supervisors. It says what is started and ended, in
//! which order and when, to the millisecond of virtual time; after each step the journal of the workers and the tree as
//! the supervisors see it must be the model's. A storm at the end, of faults that do not wait for one another, has too
//! many right outcomes to foresee one: what is left of the tree must then be in order, end in order, and leave nothing.

#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    mem,
    sync::{Arc, Mutex},
};

use otp::{
    AutoShutdown, ChildError, ChildState, Dynamic, DynamicSupervisor, HasPid as _, Partition, PartitionRef,
    Strategy::{OneForAll, OneForOne, RestForOne},
    prelude::*,
    timer,
};

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

// Choices.

/// Choices that are a function of a seed.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678_9abc_def1)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33) % bound
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()].clone()
    }
}

// Workers, which say what they do.

/// Something that a worker did: when, and `+a` it starts, `!a` it fails to, `0a` it does not want to, `-a` it ends.
type Event = (u64, String);

#[derive(Default)]
struct Journal {
    events: Vec<Event>,
    /// The processes that have noted their end, and whether others may end while they do.
    ending: Vec<(Pid, Option<u32>)>,
}

/// What a worker will do at its next starts.
#[derive(Default)]
struct Mood {
    failures: u32,
    ignores: bool,
}

/// What a worker is made of; its incarnations share it.
#[derive(Clone)]
struct Plan {
    id: String,
    /// How long its start takes.
    slow: u64,
    traps: bool,
    /// How long it takes to end, when it is told to and traps exits. Odd, where limits are even: it is never close.
    lingers: u64,
    restart: Restart,
    shutdown: Shutdown,
    significant: bool,
    /// The dynamic supervisor that it belongs to, if any.
    group: Option<u32>,
    mood: Arc<Mutex<Mood>>,
    journal: Arc<Mutex<Journal>>,
    /// Is linked to each worker, and monitored by each.
    witness: Pid,
}

impl Plan {
    fn note(&self, mark: char) {
        let mut journal = self.journal.lock().unwrap();
        let now = u64::try_from(timer::now().as_millis()).unwrap();
        journal.events.push((now, format!("{mark}{}", self.id)));
        journal.ending.retain(|(pid, group)| {
            // Who has ended is gone before another one starts or ends, unless both end at once as dynamic children do.
            let alive = otp::is_alive(*pid);
            assert!(!alive || (group.is_some() && mark == '-'), "{mark}{} while {pid} is not gone", self.id);
            alive
        });
        if mark == '-' {
            journal.ending.push((otp::self_pid(), self.group));
        }
    }

    fn spec(&self) -> ChildSpec<Worker> {
        let plan = self.clone();
        Worker::child_spec(plan.clone())
            .restart(plan.restart)
            .shutdown(plan.shutdown)
            .significant(plan.significant)
            .name(plan.id)
    }
}

struct Worker(Plan);

#[actor]
impl Worker {
    #[init]
    fn init(plan: Plan, ctx: &mut Context<Self>) -> Init<Self> {
        otp::sleep(millis(plan.slow));
        ctx.trap_exit(plan.traps);
        ctx.link(plan.witness);
        ctx.monitor(plan.witness);
        ctx.after(Duration::from_secs(1_000_000)).wedge();
        let mut mood = plan.mood.lock().unwrap();
        if mood.failures > 0 {
            mood.failures -= 1;
            plan.note('!');
            return Init::Error(ExitReason::other("no start"));
        }
        if mood.ignores {
            plan.note('0');
            return Init::Ignore;
        }
        plan.note('+');
        drop(mood);
        Init::Ok(Self(plan))
    }

    #[handle_cast]
    fn end(&self, reason: ExitReason) -> Result<(), ExitReason> {
        Err(reason)
    }

    /// Never comes back.
    #[handle_cast]
    async fn wedge(&self) {
        std::future::pending::<()>().await;
    }

    #[terminate]
    fn linger(&mut self, _: &ExitReason) {
        if self.0.traps {
            otp::sleep(millis(self.0.lingers));
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.0.note('-');
    }
}

// The model.

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Is {
    Running,
    /// It runs, and a handler does not come back.
    Wedged,
    Stopped,
}

#[derive(Clone)]
struct Node {
    id: String,
    restart: Restart,
    significant: bool,
    is: Is,
    restarts: u64,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    Worker(Plan),
    Supervisor(Branch),
}

#[derive(Clone)]
struct Branch {
    strategy: Strategy,
    auto_shutdown: AutoShutdown,
    limit: usize,
    period: u64,
    dynamic: Option<u32>,
    /// How many children a dynamic supervisor may have, if it knows their type.
    room: Option<usize>,
    /// Among how many children keys are divided, if they are.
    partitions: Option<usize>,
    /// Its children as they are at each start of it.
    specs: Vec<Node>,
    children: Vec<Node>,
    /// When it has restarted children.
    restarts: Vec<u64>,
}

/// How a start ends.
#[derive(PartialEq, Debug)]
enum Started {
    Runs,
    Ignores,
    Fails,
}

/// What is to be seen: the time, and what happens in order; what is in one group happens in the order of the times.
struct World {
    now: u64,
    expected: Vec<Vec<Event>>,
    /// Like [`Mood`], by worker.
    moods: BTreeMap<String, (u32, bool)>,
}

impl World {
    fn event(&mut self, mark: char, id: &str) {
        self.expected.push(vec![(self.now, format!("{mark}{id}"))]);
    }
}

impl Node {
    fn runs(&self) -> bool {
        self.is != Is::Stopped
    }

    fn start(&mut self, w: &mut World) -> Started {
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

    fn stop(&mut self, w: &mut World) {
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
    fn start(&mut self, w: &mut World) -> Started {
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

    fn stop(&mut self, w: &mut World) {
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
    fn resize(&mut self, count: usize, w: &mut World) {
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
    fn ended_below(&mut self, path: &[usize], clean: bool, w: &mut World) -> bool {
        let [at, rest @ ..] = path else { unreachable!("a path leads somewhere") };
        if rest.is_empty() {
            return self.ended(*at, clean, w);
        }
        let Kind::Supervisor(child) = &mut self.children[*at].kind else { unreachable!("workers have no children") };
        // A supervisor that ends does so with `shutdown`, which is clean.
        child.ended_below(rest, clean, w) && self.ended(*at, true, w)
    }

    fn at(&mut self, path: &[usize]) -> &mut Self {
        path.iter().fold(self, |supervisor, at| match &mut supervisor.children[*at].kind {
            Kind::Supervisor(child) => child,
            Kind::Worker(_) => unreachable!("workers have no children"),
        })
    }

    /// The paths of all supervisors that run, this one included, and of all workers.
    fn paths(&self, here: &[usize], supervisors: &mut Vec<Vec<usize>>, workers: &mut Vec<Vec<usize>>) {
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

    fn build(&self) -> Supervisor {
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
                            let partitions = Partition::new(move |number| plans[number].spec());
                            partitions.partitions(nested.specs.len()).strategy(strategy).intensity(limit, period)
                        };
                        supervisor.child(id, Partition::spec(build).restart(restart).significant(significant))
                    }
                    (Some(_), None, _) => {
                        let build = move || DynamicSupervisor::any().intensity(limit, period);
                        supervisor.child(id, DynamicSupervisor::spec(build).restart(restart).significant(significant))
                    }
                    (Some(_), Some(room), _) => {
                        let build = move || {
                            let workers = Dynamic::template(|plan: Plan| plan.spec());
                            workers.max_children(room).intensity(limit, period)
                        };
                        supervisor.child(id, Workers::spec(build).restart(restart).significant(significant))
                    }
                }
            }
        })
    }
}

/// A dynamic supervisor that knows what it starts.
type Workers = Dynamic<Worker, Plan>;

// A run.

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
        let slot = self.supervisor(path).slot().clone();
        match self.model.at(path).room {
            None => <DynamicSupervisor as Child>::client(slot).start_child(plan.spec()).map(drop),
            Some(_) => Workers::client(slot).start_child(plan.clone()).map(drop),
        }
    }

    /// By its pid, or by its place.
    fn terminate_dynamic(&mut self, path: &[usize], id: &str) -> Result<(), ChildError> {
        let (supervisor, pid) = (self.supervisor(path), process::whereis(id).unwrap());
        if self.model.at(path).room.is_none() {
            return <DynamicSupervisor as Child>::client(supervisor.slot().clone()).terminate_child(&pid);
        }
        let children = supervisor.which_children()?;
        let child = children.iter().find(|child| child.state == ChildState::Running(pid)).unwrap();
        Workers::client(supervisor.slot().clone()).terminate_child(&supervisor.child::<Worker>(&child.id))
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
        let witness = process::process_info(self.maker.witness).unwrap();
        assert_eq!((witness.links, witness.monitors, witness.monitored_by), (vec![], vec![], vec![]));
        let me = process::process_info(otp::self_pid()).unwrap();
        assert_eq!((me.links, me.monitors, me.monitored_by), (vec![], vec![], vec![]));
        for number in 0..=self.maker.next {
            assert_eq!(process::whereis(&format!("c{number}")), None, "a name is left");
        }
        assert_eq!(self.t.node().timers(), 0, "timers are left");
        self.t.kill(self.maker.witness);
        self.t.settle();
        assert_eq!(self.t.node().processes(), [otp::self_pid()], "processes are left");
        // They were ordered.
        drop(self.t.crashes());
        self.history
    }
}

fn divided(supervisor: &SupervisorRef) -> PartitionRef<Worker> {
    Partition::client(supervisor.slot().clone())
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
        let pid = match real_child.state {
            ChildState::Running(pid) => Some(pid),
            ChildState::Stopped => None,
            ChildState::Restarting => panic!("after {after}: {} is being restarted", child.id),
        };
        assert_eq!((pid.is_some(), real_child.restarts), (child.runs(), child.restarts), "after {after}: {}", child.id);
        assert!(pid.is_none_or(otp::is_alive), "after {after}: {} is dead", child.id);
        match &child.kind {
            Kind::Worker(_) => assert_eq!(process::whereis(&child.id), pid, "after {after}: {}", child.id),
            Kind::Supervisor(nested) if child.runs() => {
                let place = real.child::<Supervisor>(&real_child.id);
                assert_eq!(place.pid_now(), pid, "after {after}: {}", child.id);
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
    let is_dynamic = supervisor.get_childspec("none") == Err(ChildError::OtherKind);
    let mut workers = Vec::new();
    for child in &children {
        let ChildState::Running(pid) = child.state else {
            assert_eq!(child.state, ChildState::Stopped, "{} is still being restarted", child.id);
            continue;
        };
        assert!(otp::is_alive(pid), "{} is dead", child.id);
        if child.label == "Worker" {
            workers.push(process::process_info(pid).unwrap().name.unwrap());
            if !is_dynamic {
                running.push(mem::take(&mut workers));
            }
        } else {
            settled(&supervisor.child::<Supervisor>(&child.id), running);
        }
    }
    running.push(workers);
}

fn run(t: &Sim) -> Vec<Event> {
    let mut chaos = Chaos::start(t);
    for _ in 0..12 {
        if !chaos.is_over {
            chaos.step();
        }
    }
    chaos.storm();
    chaos.nothing_is_left()
}

/// Without stacks each process of a simulation has a thread, and each step a change of threads: fewer seeds do.
#[cfg_attr(feature = "stacks", otp::test(seeds = 4000))]
#[cfg_attr(not(feature = "stacks"), otp::test(seeds = 40))]
fn trees_are_what_the_rules_say(t: &mut Sim) {
    run(t);
}

#[test]
fn a_seed_replays_exactly() {
    for seed in 0..if cfg!(feature = "stacks") { 50 } else { 5 } {
        assert_eq!(Sim::run(seed, |t| run(t)), Sim::run(seed, |t| run(t)), "seed {seed}");
    }
}
