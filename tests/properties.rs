//! What holds for any interleaving, tried under hundreds of seeds: each process does what its dice say, and the
//! scheduler runs them in an order of its own.

#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use otp::{
    Starter,
    prelude::*,
    process::{Me, Subject},
};

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Choices that are a function of a seed.
struct Dice(u64);

impl Dice {
    fn new(seed: u64, of: u64) -> Self {
        Self((seed * 1000 + of).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33) % bound
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize].clone()
    }

    /// Lets others run, now and then.
    fn pause(&mut self) {
        if self.below(3) == 0 {
            process::sleep(Duration::from_micros(self.below(4)));
        }
    }
}

/// What was seen, by whom it was brought about.
type Seen<T> = Arc<Mutex<BTreeMap<Pid, Vec<T>>>>;

fn see<T>(seen: &Seen<T>, from: Pid, what: T) {
    seen.lock().unwrap().entry(from).or_default().push(what);
}

// Order.

#[derive(Debug, PartialEq)]
enum What {
    Numbered(u64),
    Exit(ExitReason),
    Down(ExitReason),
}

/// Writes down what comes, in the order in which it comes.
struct Recorder(Seen<What>);

#[actor]
impl Recorder {
    #[init]
    fn init(seen: Seen<What>, ctx: &mut Context<Self>) -> Self {
        ctx.trap_exit(true);
        Self(seen)
    }

    #[handle_cast]
    fn cast(&mut self, from: Pid, number: u64) {
        see(&self.0, from, What::Numbered(number));
    }

    #[handle_call]
    fn call(&mut self, from: Pid, number: u64) {
        see(&self.0, from, What::Numbered(number));
        Dice::new(number, 0).pause();
    }

    #[handle_info]
    fn info(&mut self, from: Pid, number: u64) {
        see(&self.0, from, What::Numbered(number));
    }

    #[handle_cast]
    fn relate(&mut self, to: Pid, link: bool, ctx: &mut Context<Self>) {
        ctx.monitor(to);
        if link {
            ctx.link(to);
        }
    }

    #[handle_info]
    fn exit(&mut self, exit: Exit) {
        // An exit that is sent is numbered as messages are; one of a link is the last thing.
        let what = match exit.reason.downcast_ref::<u64>() {
            Some(number) => What::Numbered(*number),
            None => What::Exit(exit.reason),
        };
        see(&self.0, exit.from, what);
    }

    #[handle_info]
    fn down(&mut self, down: Down) {
        see(&self.0, down.pid, What::Down(down.reason));
    }
}

/// Sends numbers to all, each in another way.
fn send_numbers(me: &Me, recorders: &[RecorderRef], mut dice: Dice) {
    let mut numbers = vec![0; recorders.len()];
    for _ in 0..dice.below(30) {
        let to = dice.below(recorders.len() as u64) as usize;
        let (recorder, number) = (&recorders[to], numbers[to]);
        numbers[to] += 1;
        match dice.below(5) {
            0 => recorder.cast(me.pid(), number),
            1 => recorder.call(me.pid(), number).unwrap(),
            2 => drop(recorder.as_async().no_timeout().cast(me.pid(), number)),
            3 => recorder.info(me.pid(), number),
            _ => process::exit(recorder.pid().unwrap(), ExitReason::other(number)),
        }
        dice.pause();
    }
}

#[otp::test(seeds = 300)]
fn what_one_process_sends_another_keeps_its_order(t: &mut Sim) {
    let mut dice = Dice::new(t.seed(), 0);
    let seen: Vec<Seen<What>> = (0..3).map(|_| Seen::default()).collect();
    let recorders: Vec<RecorderRef> = seen.iter().map(|seen| Recorder::start(seen.clone()).unwrap()).collect();
    let reason = ExitReason::Shutdown;
    let senders: Vec<(Pid, bool, Subject<()>)> = (1..6)
        .map(|n| {
            let (dice_of, to, reason) = (Dice::new(t.seed(), n), recorders.clone(), reason.clone());
            let linked = dice.below(2) == 0;
            let ready = process::current().subject();
            let says = ready.clone();
            let pid = process::spawn(move |me| {
                let go = me.subject::<()>();
                says.send(go.clone());
                go.receive(None);
                send_numbers(me, &to, dice_of);
                Err::<(), _>(reason)
            });
            let go = ready.receive(None).unwrap();
            recorders.iter().for_each(|recorder| recorder.relate(pid, linked));
            (pid, linked, go)
        })
        .collect();
    t.settle();
    senders.iter().for_each(|(_, _, go)| go.send(()));
    t.advance(millis(10));
    for seen in &seen {
        let seen = seen.lock().unwrap();
        for (pid, linked, _) in &senders {
            let mut seen = seen[pid].iter().peekable();
            let mut number = 0;
            while seen.next_if(|what| **what == What::Numbered(number)).is_some() {
                number += 1;
            }
            let ends: Vec<&What> = seen.collect();
            // Links are told before monitors.
            let expected = [What::Exit(reason.clone()), What::Down(reason.clone())];
            assert_eq!(ends, expected[usize::from(!linked)..].iter().collect::<Vec<_>>());
        }
    }
}

// Death.

/// Answers when it likes.
struct Mortal(Vec<ReplyTo<()>>);

#[actor]
impl Mortal {
    #[init]
    fn init() -> Self {
        Self(Vec::new())
    }

    #[handle_call]
    fn ask(&mut self, seed: u64, reply: ReplyTo<()>) {
        match Dice::new(seed, 0).below(4) {
            0 => reply.send(()),
            1 => process::sleep(Duration::from_micros(seed % 5)),
            _ => self.0.push(reply),
        }
    }

    #[handle_cast]
    fn end(&mut self, how: u64, ctx: &mut Context<Self>) {
        match how {
            0 => panic!("told so"),
            1 => ctx.stop(ExitReason::other("stopped")),
            _ => process::exit_self(ExitReason::Shutdown),
        }
    }
}

#[otp::test(seeds = 300)]
fn a_process_dies_once_for_one_reason(t: &mut Sim) {
    let mortal = Mortal::start().unwrap();
    let pid = mortal.pid().unwrap();
    let reasons = process::current().subject::<(&str, ExitReason)>();
    let observers: Vec<Pid> = (1..8)
        .map(|n| {
            let (mut dice, mortal, reasons) = (Dice::new(t.seed(), n), mortal.no_timeout(), reasons.clone());
            process::spawn(move |me| {
                me.trap_exit(true);
                let monitor = process::monitor(pid);
                let links = dice.below(2) == 0;
                if links {
                    process::link(pid);
                }
                for _ in 0..dice.below(4) {
                    dice.pause();
                    match dice.below(6) {
                        0 => process::exit(pid, ExitReason::Kill),
                        1 => process::exit(pid, ExitReason::other("told to")),
                        2 => mortal.end(dice.below(3)),
                        _ => match mortal.ask(dice.below(100)) {
                            Err(CallError::Exited(reason)) => reasons.send(("call", reason)),
                            Ok(()) | Err(CallError::NoReply | CallError::NoProc) => {}
                            Err(error) => panic!("{error}"),
                        },
                    }
                }
                reasons.send(("down", me.receive_down(monitor, None).unwrap().reason));
                if links {
                    reasons.send(("exit", me.receive_exit(None).unwrap().reason));
                }
                assert_eq!(me.receive_down(monitor, millis(5)), None, "once");
                assert_eq!(me.receive_exit(millis(5)), None, "once");
            })
        })
        .collect();
    t.advance(millis(1));
    process::exit(pid, ExitReason::Kill);
    t.advance(millis(20));
    assert!(observers.into_iter().all(|pid| !process::is_alive(pid)), "nobody waits for ever");
    let mut seen = Vec::new();
    while let Some((how, reason)) = reasons.receive(Duration::ZERO) {
        // Who comes too late does not learn the reason.
        if how == "call" || reason != ExitReason::NoProc {
            seen.push(reason);
        }
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:?}");
    drop(t.crashes());
}

// Links.

#[otp::test(seeds = 500)]
fn links_are_the_same_from_both_sides(t: &mut Sim) {
    let all: Arc<Mutex<Vec<Pid>>> = Arc::default();
    let pids: Vec<Pid> = (1..6)
        .map(|n| {
            let (mut dice, all) = (Dice::new(t.seed(), n), all.clone());
            process::spawn(move |me| {
                me.trap_exit(true);
                process::sleep(millis(1));
                let others: Vec<Pid> = all.lock().unwrap().iter().copied().filter(|pid| *pid != me.pid()).collect();
                for _ in 0..dice.below(25) {
                    let other = dice.pick(&others);
                    match dice.below(8) {
                        0..4 => process::link(other),
                        4..7 => process::unlink(other),
                        _ => process::exit(other, ExitReason::other("poked")),
                    }
                    dice.pause();
                }
                match dice.below(4) {
                    0 => {}
                    1 => process::exit_self(ExitReason::Shutdown),
                    _ => process::sleep(millis(100)),
                }
            })
        })
        .collect();
    all.lock().unwrap().clone_from(&pids);
    t.advance(millis(50));
    let alive: BTreeMap<Pid, process::ProcessInfo> =
        pids.iter().filter_map(|pid| Some((*pid, process::process_info(*pid)?))).collect();
    for (pid, info) in &alive {
        for other in &info.links {
            let other_side = alive.get(other).map(|info| info.links.contains(pid));
            assert_eq!(other_side, Some(true), "{pid} is linked to {other}");
        }
    }
}

// What is left.

/// Says whether anything of the user's is left.
type Token = Arc<()>;

/// Has timers, calls, links and monitors with everybody.
struct Entangled {
    token: Token,
    kept: Vec<ReplyTo<Token>>,
    requests: Vec<Reply<Token>>,
}

#[actor]
impl Entangled {
    #[init]
    fn init(token: Token, ctx: &mut Context<Self>) -> Self {
        ctx.trap_exit(true);
        Self { token, kept: Vec::new(), requests: Vec::new() }
    }

    #[handle_call]
    fn ask(&mut self, how: u64, _token: Token, reply: ReplyTo<Token>) {
        match how % 3 {
            0 => reply.send(self.token.clone()),
            1 => drop(reply),
            _ => self.kept.push(reply),
        }
    }

    #[handle_cast]
    fn entangle(&mut self, seed: u64, others: Vec<EntangledRef>, ctx: &mut Context<Self>) {
        let mut dice = Dice::new(seed, 0);
        for _ in 0..dice.below(8) {
            let other = dice.pick(&others);
            let Some(pid) = other.pid() else { continue };
            match dice.below(12) {
                0 => ctx.link(pid),
                1 => ctx.unlink(pid),
                2 => drop(ctx.monitor(pid)),
                3 => drop(ctx.after(Duration::from_micros(dice.below(3000))).keep(self.token.clone())),
                4 => {
                    let token = self.token.clone();
                    ctx.every(Duration::from_micros(200), move |me| me.keep(token.clone()));
                }
                5 => drop(process::register(&format!("name {}", dice.below(3)), ctx.pid())),
                6 => drop(process::register(&format!("name {}", dice.below(3)), pid)),
                7 => self.requests.push(other.request().ask(dice.below(9), self.token.clone())),
                8 => drop(other.request().ask(dice.below(9), self.token.clone())),
                9 => drop(other.timeout(Duration::from_micros(dice.below(50))).ask(dice.below(9), self.token.clone())),
                10 => ctx.idle_timeout(Duration::from_micros(dice.below(50))).keep(self.token.clone()),
                _ => other.entangle(dice.below(1000), others.clone()),
            }
        }
        match dice.below(40) {
            0 => panic!("entangled"),
            1 => ctx.stop(ExitReason::Shutdown),
            _ => {}
        }
    }

    #[handle_info]
    fn keep(&mut self, token: Token) {
        self.token = token;
    }
}

#[otp::test(seeds = 300)]
fn nothing_is_left_of_the_gone(t: &mut Sim) {
    let token = Token::default();
    let before = (t.node().len(), t.node().timers(), otp::__private::live_replies());
    let mut dice = Dice::new(t.seed(), 0);
    let bounds = [Mailbox::UNBOUNDED, Mailbox::bounded(2, Policy::Block), Mailbox::bounded(2, Policy::DropOldest)];
    let all: Vec<EntangledRef> = (0..6)
        .map(|_| Starter::<Entangled>::new().mailbox(dice.pick(&bounds)).start((token.clone(),)).unwrap())
        .collect();
    for entangled in &all {
        entangled.entangle(dice.below(1000), all.clone());
    }
    t.advance(millis(dice.below(4)));
    for entangled in all {
        if let Some(pid) = entangled.pid() {
            process::exit(pid, ExitReason::Kill);
            dice.pause();
        }
    }
    t.settle();
    let me = process::process_info(process::self_pid()).unwrap();
    assert!(me.links.is_empty() && me.monitors.is_empty() && me.monitored_by.is_empty(), "{me:?}");
    assert_eq!((t.node().len(), t.node().timers(), otp::__private::live_replies()), before);
    assert!(process::registered().is_empty());
    assert_eq!(Arc::strong_count(&token), 1);
    drop(t.crashes());
}

// Bounds.

/// What became of what one sender has sent.
#[derive(Default)]
struct Books {
    casts: u64,
    handled_casts: u64,
    calls: u64,
    handled_calls: u64,
    answered: u64,
    full: u64,
    timed_out: u64,
    exited: u64,
    /// The last number in each lane, of each sender.
    last: BTreeMap<(Pid, bool), u64>,
    urgent_sent: u64,
    urgent_handled: u64,
    longest: usize,
}

type Ledger = Arc<Mutex<Books>>;

/// Handles what gets through.
struct Guarded(Ledger, Dice);

impl Guarded {
    fn handled(&mut self, from: Pid, number: u64, urgent: bool) {
        let waiting = process::process_info(process::self_pid()).unwrap().message_queue_len;
        {
            let mut books = self.0.lock().unwrap();
            let last = books.last.insert((from, urgent), number);
            assert!(last.is_none_or(|last| last < number), "{number} of {from} came after {last:?}");
            books.longest = books.longest.max(waiting);
            if urgent {
                books.urgent_handled += 1;
            }
        }
        self.1.pause();
    }
}

#[actor]
impl Guarded {
    #[init]
    fn init(ledger: Ledger, seed: u64) -> Self {
        Self(ledger, Dice::new(seed, 77))
    }

    #[handle_cast]
    fn cast(&mut self, from: Pid, number: u64) {
        self.0.lock().unwrap().handled_casts += 1;
        self.handled(from, number, false);
    }

    #[handle_cast(priority)]
    fn cast_first(&mut self, from: Pid, number: u64) {
        self.0.lock().unwrap().handled_casts += 1;
        self.handled(from, number, true);
    }

    #[handle_call]
    fn call(&mut self, from: Pid, number: u64) {
        self.0.lock().unwrap().handled_calls += 1;
        self.handled(from, number, false);
    }

    #[handle_call(priority)]
    fn call_first(&mut self, from: Pid, number: u64) {
        self.0.lock().unwrap().handled_calls += 1;
        self.handled(from, number, true);
    }
}

fn send_to(guarded: &GuardedRef, ledger: &Ledger, mut dice: Dice) {
    let me = process::self_pid();
    for number in 0..dice.below(25) {
        let limit = Duration::from_micros([1, 3, 1_000_000][dice.below(3) as usize]);
        let client = guarded.timeout(limit);
        let outcome = match dice.below(6) {
            0 => Some(client.call(me, number)),
            1 => Some(client.call_first(me, number)),
            2 => Some(client.as_async().call(me, number).wait()),
            3 => {
                client.cast_first(me, number);
                None
            }
            _ => {
                client.cast(me, number);
                None
            }
        };
        {
            let mut books = ledger.lock().unwrap();
            match outcome {
                None => books.casts += 1,
                Some(outcome) => {
                    books.calls += 1;
                    match outcome {
                        Ok(()) => books.answered += 1,
                        Err(CallError::Full) => books.full += 1,
                        Err(CallError::Timeout { .. }) => books.timed_out += 1,
                        Err(CallError::Exited(_) | CallError::NoProc) => books.exited += 1,
                        Err(error) => panic!("{error}"),
                    }
                }
            }
        }
        dice.pause();
    }
}

#[otp::test(seeds = 400)]
fn a_bounded_mailbox_keeps_its_bound_and_loses_no_call(t: &mut Sim) {
    let mut dice = Dice::new(t.seed(), 0);
    let limit = 1 + dice.below(4) as usize;
    let policy = dice.pick(&[Policy::Block, Policy::Reject, Policy::DropOldest, Policy::DropNewest, Policy::Stop]);
    let ledger = Ledger::default();
    let mailbox = Mailbox::bounded(limit, policy);
    let guarded = Starter::<Guarded>::new().mailbox(mailbox).start((ledger.clone(), t.seed())).unwrap();
    let senders: Vec<MonitorRef> = (1..6)
        .map(|n| {
            let (guarded, ledger, dice) = (guarded.clone(), ledger.clone(), Dice::new(t.seed(), n));
            process::spawn_monitor(move |_| send_to(&guarded, &ledger, dice)).1
        })
        .collect();
    let is_killed = dice.below(3) == 0;
    for _ in 0..20 {
        t.advance(Duration::from_micros(dice.below(5)));
        if let Some(info) = guarded.pid().and_then(process::process_info) {
            assert!(info.message_queue_len <= limit, "{} wait where {limit} may", info.message_queue_len);
        }
    }
    if is_killed {
        t.kill(guarded.clone());
    }
    for monitor in senders {
        assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Normal);
    }
    t.settle();
    let books = ledger.lock().unwrap();
    assert!(books.longest <= limit, "{} wait where {limit} may", books.longest);
    assert_eq!(books.calls, books.answered + books.full + books.timed_out + books.exited);
    assert!(books.answered <= books.handled_calls);
    if policy == Policy::Block {
        assert_eq!(books.full, 0);
    }
    if guarded.is_alive() {
        assert_eq!(books.casts, books.handled_casts + guarded.dropped());
        assert_eq!(books.exited, 0);
        assert_eq!(process::process_info(guarded.pid().unwrap()).unwrap().message_queue_len, 0);
    }
    drop(t.crashes());
}

#[otp::test(seeds = 200)]
fn what_goes_first_goes_first_and_in_order(t: &mut Sim) {
    let ledger = Ledger::default();
    let first = First::start(ledger.clone(), t.seed()).unwrap();
    let senders: Vec<MonitorRef> = (1..5)
        .map(|n| {
            let (first, ledger, mut dice) = (first.clone(), ledger.clone(), Dice::new(t.seed(), n));
            let send = move |me: &mut Me| {
                for number in 0..20 {
                    if dice.below(3) == 0 {
                        // No other process runs between the two.
                        first.urgent(me.pid(), number);
                        ledger.lock().unwrap().urgent_sent += 1;
                    } else {
                        first.ordinary(me.pid(), number);
                    }
                    dice.pause();
                }
            };
            process::spawn_monitor(send).1
        })
        .collect();
    for monitor in senders {
        assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Normal);
    }
    t.advance(millis(50));
    let books = ledger.lock().unwrap();
    assert_eq!(books.handled_casts, 80);
    assert_eq!(books.urgent_sent, books.urgent_handled);
    let lanes: BTreeSet<bool> = books.last.keys().map(|(_, urgent)| *urgent).collect();
    assert_eq!(lanes.len(), 2);
}

/// Sees that nothing waits that should have come before.
struct First(Guarded);

#[actor]
impl First {
    #[init]
    fn init(ledger: Ledger, seed: u64) -> Self {
        Self(Guarded(ledger, Dice::new(seed, 77)))
    }

    #[handle_cast]
    fn ordinary(&mut self, from: Pid, number: u64) {
        {
            let mut books = self.0.0.lock().unwrap();
            books.handled_casts += 1;
            assert_eq!(books.urgent_sent, books.urgent_handled, "one that goes first waits");
        }
        self.0.handled(from, number, false);
    }

    #[handle_cast(priority)]
    fn urgent(&mut self, from: Pid, number: u64) {
        self.0.0.lock().unwrap().handled_casts += 1;
        self.0.handled(from, number, true);
    }
}
