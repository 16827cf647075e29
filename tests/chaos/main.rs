//! Chaos: random trees, whose children are killed, wedged and failed at random, against a plain model of the rules.
//!
//! The model is written from OTP's rules and shares no code with the supervisors. It says what is started and ended, in
//! which order and when, to the millisecond of virtual time; after each step the journal of the workers and the tree as
//! the supervisors see it must be the model's. A storm at the end, of faults that do not wait for one another, has too
//! many right outcomes to foresee one: what is left of the tree must then be in order, end in order, and leave nothing.

#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod model;
mod run;

use std::sync::{Arc, Mutex};

use otp::{prelude::*, supervisor::DynamicSupervisor, timer};

use crate::run::run;

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
            let alive = process::is_alive(*pid);
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

/// A dynamic supervisor that knows what it starts.
type Workers = DynamicSupervisor<Worker, Plan>;

// The tests.

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
