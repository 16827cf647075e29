//! Chaos on real cores: handlers that compute, block, crash, are killed where they wait, and never come back, beside
//! others that have nothing to do with it.
//!
//! What virtual time cannot show: that whoever waits goes on in time and lives, whatever runs on its thread. What
//! happens is chosen by a seed; when it happens is the machine's choice. `OTP_SEED=7` chooses the same again.

#![cfg(feature = "macros")]
#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    clippy::missing_errors_doc,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    reason = "actors of tests"
)]

use std::{
    env, fs,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    thread,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use otp::{
    Node,
    prelude::*,
    process::{self, exit},
};

/// How late anything may be, beside what the machine itself is late: it is busy with other tests.
const SLACK: Duration = Duration::from_millis(150);
/// How long each storm takes.
const STORM: Duration = Duration::from_millis(1700);
/// What must come to an end does so long before.
const PATIENCE: Duration = Duration::from_secs(20);
/// So many handlers may spin at once.
const MAX_WEDGED: usize = 3;
const DRIVERS: u64 = 3;
const BYSTANDERS: usize = 6;

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn compute(duration: Duration) {
    let began = Instant::now();
    while began.elapsed() < duration {
        std::hint::spin_loop();
    }
}

/// Choices that are a function of a seed.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33) % bound
    }

    fn between(&mut self, low: u64, high: u64) -> Duration {
        millis(low + self.below(high - low + 1))
    }
}

/// The handlers that never come back, until the test lets them.
#[derive(Default)]
pub struct Wedge {
    /// How many were asked for.
    asked: AtomicUsize,
    /// How many spin.
    held: AtomicUsize,
    released: AtomicBool,
}

pub struct Worker(Arc<Wedge>);

#[actor]
impl Worker {
    #[init]
    fn init(wedge: Arc<Wedge>) -> Self {
        Self(wedge)
    }

    #[handle_call]
    pub fn ping(&self) {}

    #[handle_call]
    pub fn compute(&self, duration: Duration) {
        compute(duration);
    }

    #[handle_call]
    pub fn block(&self, duration: Duration) {
        thread::sleep(duration);
    }

    #[handle_call]
    pub fn sleep(&self, duration: Duration) {
        otp::sleep(duration);
    }

    #[handle_call]
    pub fn receive(&self, limit: Duration) {
        process::current().subject::<()>().receive(Some(limit));
    }

    /// Waits for another one, and computes behind its wait.
    #[handle_call]
    pub fn wait_for(&self, peer: WorkerRef, duration: Duration, limit: Duration) {
        let _ = peer.timeout(limit).sleep(duration);
        compute(duration / 4);
    }

    #[handle_call]
    pub fn crash(&self) -> Result<(), ExitReason> {
        Err(ExitReason::other("crash"))
    }

    #[handle_call]
    pub fn wedge(&self) {
        self.0.held.fetch_add(1, SeqCst);
        while !self.0.released.load(SeqCst) {
            thread::yield_now();
        }
        self.0.held.fetch_sub(1, SeqCst);
    }
}

supervisor! {
    pub Town<one_for_one>(wedge: Arc<Wedge>) {
        intensity: 1_000_000 in 1s;
        a: Worker(Arc::clone(wedge)) { shutdown: 20ms };
        b: Worker(Arc::clone(wedge)) { shutdown: 20ms };
        c: Worker(Arc::clone(wedge)) { shutdown: 20ms };
        d: Worker(Arc::clone(wedge)) { shutdown: 20ms };
        e: Worker(Arc::clone(wedge)) { shutdown: 20ms };
    }
}

impl Town {
    fn workers(&self) -> [(&'static str, WorkerRef); 5] {
        [("a", self.a()), ("b", self.b()), ("c", self.c()), ("d", self.d()), ("e", self.e())]
    }
}

/// The worst lateness of something, in microseconds.
#[derive(Default)]
struct Worst(AtomicU64);

impl Worst {
    fn note(&self, late: Duration) {
        self.0.fetch_max(u64::try_from(late.as_micros()).unwrap(), SeqCst);
    }

    fn get(&self) -> Duration {
        Duration::from_micros(self.0.load(SeqCst))
    }
}

/// What is measured in a storm.
#[derive(Default)]
struct Lateness {
    /// A thread that the runtime knows nothing of: how late the machine is.
    machine: Worst,
    sleepers: Worst,
    callers: Worst,
    /// Calls of the drivers, beyond their limits.
    limits: Worst,
    /// How long the supervisor took to end a child.
    terminated: Worst,
}

/// Sleeps 5 ms again and again until `stop`.
fn sleep_often(stop: &AtomicBool, worst: &Worst, sleep: impl Fn(Duration)) {
    while !stop.load(SeqCst) {
        let began = Instant::now();
        sleep(millis(5));
        worst.note(began.elapsed().saturating_sub(millis(5)));
    }
}

/// Does what the dice say, until `end`.
fn drive(town: &Town, wedge: &Wedge, late: &Lateness, mut dice: Dice, end: Instant) {
    let workers = town.workers();
    while Instant::now() < end {
        let (id, worker) = workers[dice.below(5) as usize].clone();
        let peer = workers[dice.below(5) as usize].1.clone();
        let (busy, limit) = (dice.between(5, 50), dice.between(5, 60));
        let began = Instant::now();
        let limited = worker.timeout(limit);
        // What comes of a call is any of its outcomes; that it comes is the promise.
        match dice.below(11) {
            0 | 1 => drop(limited.compute(busy)),
            2 | 3 => drop(limited.block(busy)),
            4 => drop(limited.sleep(busy)),
            5 => drop(limited.receive(busy)),
            6 | 7 => drop(limited.wait_for(peer, busy, limit)),
            8 => drop(limited.crash()),
            9 => {
                // It is killed while it waits, most often.
                let waiting = worker.request().sleep(busy * 2);
                otp::sleep(limit / 4);
                if let Some(pid) = worker.pid() {
                    exit(pid, ExitReason::Kill);
                }
                drop(waiting);
            }
            _ if wedge.asked.fetch_add(1, SeqCst) < MAX_WEDGED => {
                drop(limited.wedge());
                late.limits.note(began.elapsed().saturating_sub(limit));
                end_child(town, id, &worker, late, dice.below(2) == 0);
                continue;
            }
            _ => {
                end_child(town, id, &worker, late, true);
                continue;
            }
        }
        late.limits.note(began.elapsed().saturating_sub(limit));
    }
}

/// Ends a child in one of two ways; it is started again.
fn end_child(town: &Town, id: &str, worker: &WorkerRef, late: &Lateness, by_supervisor: bool) {
    if by_supervisor {
        let began = Instant::now();
        let _ = town.supervisor().terminate_child(id);
        let _ = town.supervisor().restart_child(id);
        late.terminated.note(began.elapsed());
    } else if let Some(pid) = worker.pid() {
        exit(pid, ExitReason::Kill);
    }
}

/// The threads of this program that are cores.
fn core_threads() -> usize {
    let Ok(tasks) = fs::read_dir("/proc/self/task") else { return 0 };
    let name = |task: fs::DirEntry| fs::read_to_string(task.path().join("comm")).unwrap_or_default();
    tasks.flatten().map(name).filter(|name| name.starts_with("otp-core")).count()
}

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < PATIENCE, "{what}");
        thread::sleep(millis(1));
    }
}

fn storm(cores: usize, seed: u64) {
    let node = Node::builder().cores(cores).start().unwrap();
    let (wedge, late, stop) = (Arc::<Wedge>::default(), Arc::<Lateness>::default(), Arc::<AtomicBool>::default());
    let measured = {
        let (late, stop) = (Arc::clone(&late), Arc::clone(&stop));
        thread::spawn(move || sleep_often(&stop, &late.machine, thread::sleep))
    };
    node.enter(|| {
        let town = Arc::new(Town::start(Arc::clone(&wedge)).unwrap());
        let idle = Worker::start(Arc::clone(&wedge)).unwrap();
        let idle_monitor = idle.monitor().unwrap();
        let (tell, ends) = mpsc::channel();
        for number in 0..2 * BYSTANDERS {
            let (late, stop, idle, tell) = (Arc::clone(&late), Arc::clone(&stop), idle.clone(), tell.clone());
            let bystander = process::spawn(move |_| {
                if number % 2 == 0 {
                    sleep_often(&stop, &late.sleepers, otp::sleep);
                } else {
                    sleep_often(&stop, &late.callers, |duration| {
                        idle.no_timeout().ping().unwrap();
                        otp::sleep(duration);
                    });
                }
            });
            process::spawn(move |me| {
                let monitor = otp::process::monitor(bystander);
                let down = me.receive_down(monitor, None);
                tell.send(down.map(|down| down.reason)).unwrap();
            });
        }
        let end = Instant::now() + STORM;
        let (driven, all_driven) = mpsc::channel();
        for number in 0..DRIVERS {
            let (town, wedge, late, driven) =
                (Arc::clone(&town), Arc::clone(&wedge), Arc::clone(&late), driven.clone());
            process::spawn(move |_| {
                drive(&town, &wedge, &late, Dice::new(seed * DRIVERS + number), end);
                driven.send(()).unwrap();
            });
        }
        for _ in 0..DRIVERS {
            let driven = all_driven.recv_timeout(STORM + PATIENCE);
            assert_eq!(driven, Ok(()), "a driver died, or its call never ended");
        }
        assert!(ends.try_recv().is_err(), "a bystander ended");
        let down = process::current().receive_down(idle_monitor, Some(Duration::ZERO));
        assert!(down.is_none(), "an idle server ended");
        for (id, worker) in town.workers() {
            let _ = town.supervisor().restart_child(id);
            wait_until(&format!("`{id}` does not answer"), || worker.timeout(millis(200)).ping().is_ok());
        }
        stop.store(true, SeqCst);
        for _ in 0..2 * BYSTANDERS {
            assert_eq!(ends.recv_timeout(PATIENCE), Ok(Some(ExitReason::Normal)), "a bystander");
        }
        measured.join().unwrap();
        let slack = SLACK + late.machine.get();
        for (what, worst) in [("a sleep", &late.sleepers), ("an idle server", &late.callers), ("a limit", &late.limits)]
        {
            assert!(
                worst.get() < slack,
                "{what} was late by {:?}, the machine by {:?}",
                worst.get(),
                late.machine.get()
            );
        }
        // Two requests to a supervisor that may have those of the other drivers to see to first.
        let terminated = late.terminated.get();
        assert!(terminated < slack * 2 * DRIVERS as u32, "a child was ended and started again in {terminated:?}");
    });
    let began = Instant::now();
    node.stop();
    assert!(began.elapsed() < PATIENCE, "the node stops in {:?}", began.elapsed());
    let held = wedge.held.load(SeqCst);
    wait_until("threads are left that nothing holds", || core_threads() <= held);
    wedge.released.store(true, SeqCst);
    wait_until("threads are left whose handlers have come back", || core_threads() == 0);
    eprintln!(
        "{cores} cores: worst lateness: machine {:?}, sleeps {:?}, an idle server {:?}, limits {:?}; a child ended and \
         started {:?}; {held} held",
        late.machine.get(),
        late.sleepers.get(),
        late.callers.get(),
        late.limits.get(),
        late.terminated.get(),
    );
}

#[test]
fn who_has_nothing_to_do_with_it_goes_on_in_time() {
    let seed = env::var("OTP_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos().into());
    eprintln!("replay with OTP_SEED={seed}");
    for cores in [1, 2, 4] {
        storm(cores, seed);
    }
}
