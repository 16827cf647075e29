//! A call ends in exactly one way.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering::SeqCst},
};

use otp::{Node, prelude::*};

use super::{PATIENCE, millis, why};

/// A choice that is a function of a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33) as usize % n
    }
}

/// Answers in all ways that there are.
struct Clerk {
    ran: Arc<Mutex<Vec<u64>>>,
    kept: Vec<ReplyTo<u64>>,
    other: Option<ClerkRef>,
}

#[actor]
impl Clerk {
    #[init]
    fn init(ran: Arc<Mutex<Vec<u64>>>, other: Option<ClerkRef>) -> Self {
        Self { ran, kept: Vec::new(), other }
    }

    fn runs(&self, id: u64) {
        self.ran.lock().unwrap().push(id);
    }

    #[handle_call]
    fn now(&mut self, id: u64) -> u64 {
        self.runs(id);
        id
    }

    #[handle_call]
    fn waits(&mut self, id: u64, delay: Duration) -> u64 {
        self.runs(id);
        otp::sleep(delay);
        id
    }

    #[handle_call]
    async fn awaits(&mut self, id: u64, delay: Duration) -> u64 {
        self.runs(id);
        process::sleep_async(delay).await;
        id
    }

    #[handle_call]
    fn later(&mut self, id: u64, reply: ReplyTo<u64>) {
        self.runs(id);
        self.kept.push(reply);
        if self.kept.len() > 3 {
            self.kept.drain(..2).for_each(|reply| reply.send(id));
        }
    }

    #[handle_call]
    fn elsewhere(&mut self, id: u64, delay: Duration, reply: ReplyTo<u64>) {
        self.runs(id);
        process::spawn(move |_| {
            otp::sleep(delay);
            reply.send(id);
        });
    }

    #[handle_call]
    fn never(&mut self, id: u64, reply: ReplyTo<u64>) {
        self.runs(id);
        drop(reply);
    }

    #[handle_call]
    fn asks(&mut self, id: u64, limit: Duration) -> u64 {
        self.runs(id);
        if let Some(other) = &self.other {
            let _ = other.timeout(limit).waits(u64::MAX, millis(1));
        }
        id
    }

    #[handle_call]
    fn panics(&mut self, id: u64) -> u64 {
        self.runs(id);
        panic!("as told");
    }

    #[handle_call]
    fn stops(&mut self, id: u64, ctx: &mut Context<Self>) -> u64 {
        self.runs(id);
        ctx.stop(ExitReason::Shutdown);
        id
    }
}

/// What the call with this id came to, unless it was given up.
type Termination = (u64, Option<Result<u64, CallError>>);

/// Calls at random, and ends what it calls at random; without `crashes`, in ways that are not reported.
fn storm(clerk: &ClerkRef, dice: &mut Dice, id: u64, crashes: bool) -> Option<Result<u64, CallError>> {
    let clerk = clerk.timeout(Duration::from_micros(dice.below(4000) as u64));
    let delay = Duration::from_micros(dice.below(3000) as u64);
    if dice.below(20) == 0 {
        let reason =
            [ExitReason::Kill, ExitReason::Shutdown, why("storm")][dice.below(if crashes { 3 } else { 2 })].clone();
        process::exit(clerk.pid().unwrap(), reason);
    }
    Some(match dice.below(40) {
        0 if crashes => clerk.panics(id),
        0..=1 => clerk.stops(id),
        2..=6 => clerk.waits(id, delay),
        7..=11 => clerk.awaits(id, delay),
        12..=16 => clerk.later(id),
        17..=21 => clerk.elsewhere(id, delay),
        22..=23 => match clerk.never(id) {
            Err(CallError::NoReply) => Ok(id),
            outcome => outcome,
        },
        24..=28 => clerk.asks(id, delay),
        29..=30 => {
            drop(clerk.request().now(id));
            return None;
        }
        _ => clerk.request().now(id).wait(),
    })
}

/// Lets `callers` make calls until all came to something; checks that what they were told is true.
fn storms(seed: u64, callers: u64, calls: u64, crashes: bool) {
    let ran = Arc::new(Mutex::new(Vec::new()));
    let outcomes = process::current().subject::<Vec<Termination>>();
    let first = Clerk::start(ran.clone(), None).unwrap();
    let second = Clerk::start(ran.clone(), Some(first.clone())).unwrap();
    for caller in 0..callers {
        let (mut clerks, ran) = ([first.clone(), second.clone()], ran.clone());
        let sender = outcomes.clone();
        process::spawn(move |_| {
            let mut dice = Dice(seed * 1_000_003 + caller + 1);
            let mut told = Vec::new();
            for call in 0..calls {
                let (id, at) = (caller * calls + call, dice.below(2));
                told.push((id, storm(&clerks[at], &mut dice, id, crashes)));
                if matches!(told.last(), Some((_, Some(Err(CallError::NoProc | CallError::Exited(_)))))) {
                    let other = clerks[1 - at].clone();
                    clerks[at] = Clerk::start(ran.clone(), Some(other)).unwrap();
                }
            }
            sender.send(told);
        });
    }
    let told: Vec<Termination> =
        (0..callers).flat_map(|_| outcomes.receive(PATIENCE).expect("nothing hangs")).collect();
    assert_eq!(told.len() as u64, callers * calls);
    let mut ran = std::mem::take(&mut *ran.lock().unwrap());
    ran.retain(|id| *id != u64::MAX);
    ran.sort_unstable();
    assert!(ran.windows(2).all(|two| two[0] != two[1]), "a handler has run twice");
    for (id, outcome) in told.into_iter().filter_map(|(id, outcome)| Some((id, outcome?))) {
        let has_run = ran.binary_search(&id).is_ok();
        match outcome {
            Ok(_) | Err(CallError::Timeout { started: true }) => assert!(has_run, "{id}: {outcome:?}"),
            Err(CallError::Timeout { started: false } | CallError::NoProc) => assert!(!has_run, "{id}: {outcome:?}"),
            Err(CallError::Exited(_) | CallError::Deadlock(_)) => {}
            Err(error) => panic!("{id}: {error:?}"),
        }
    }
}

#[otp::test(seeds = 200)]
fn every_call_ends_in_a_storm(t: &mut Sim) {
    storms(t.seed(), 4, 30, true);
    t.crashes();
}

#[test]
fn every_call_ends_in_a_storm_on_threads() {
    let node = Node::builder().cores(4).start().unwrap();
    for seed in 0..4 {
        node.enter(|| storms(seed, 8, 200, false));
    }
    node.stop();
    assert_eq!(node.len(), 0);
}

struct Executioner;

#[actor]
impl Executioner {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn end(&self, caller: Pid) -> Pid {
        process::exit(caller, ExitReason::Kill);
        caller
    }
}

/// Signals of one process to another keep their order, whatever they are.
#[test]
fn an_exit_signal_comes_before_an_answer_that_its_sender_gave_later() {
    let executioner = Executioner::start().unwrap();
    let went_on = Arc::new(AtomicBool::new(false));
    for n in 0..2_000 {
        let (executioner, went_on) = (executioner.clone(), Arc::clone(&went_on));
        let (_, monitor) = if n % 2 == 0 {
            process::spawn_monitor(move |me| {
                let _ = executioner.end(me.pid());
                went_on.store(true, SeqCst);
            })
        } else {
            process::spawn_monitor_async(move |me| {
                let own = me.pid();
                async move {
                    let _ = executioner.as_async().end(own).await;
                    went_on.store(true, SeqCst);
                }
            })
        };
        let down = process::current().receive_down(monitor, None).expect("it ends");
        assert_eq!(down.reason, ExitReason::Killed);
    }
    assert!(!went_on.load(SeqCst));
}
