//! The promises that everything else stands on: how a process dies, that user code runs without locks, that a call
//! ends, and what becomes of code that does not come back.

#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fmt,
    future::Future,
    panic::panic_any,
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
        mpsc,
    },
    task::{Context as Polled, Poll, Wake, Waker},
    thread,
};

use otp::{
    Node, Starter,
    prelude::*,
    process::{Me, Subject},
    sys::{self, SysError},
};

const LONG: Duration = Duration::from_secs(3600);
/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn why(text: &'static str) -> ExitReason {
    ExitReason::other(text)
}

/// Waits until an exit signal ends the process.
fn stay(me: &mut Me) {
    me.receive_exit(None);
}

/// The reason in the `Down` of a monitor; waits for it.
fn down(monitor: MonitorRef) -> ExitReason {
    process::current().receive_down(monitor, PATIENCE).unwrap().reason
}

/// What happened, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn say(&self, what: impl fmt::Display) {
        self.0.lock().unwrap().push(what.to_string());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// Runs something when it is dropped.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

type Any = Box<dyn std::any::Any + Send>;

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

/// Keeps whatever it is given, wherever a process can keep things.
struct Keeper {
    state: Vec<Any>,
}

#[actor]
impl Keeper {
    #[init]
    fn init() -> Self {
        Self { state: Vec::new() }
    }

    /// As its state.
    #[handle_cast]
    fn keep(&mut self, thing: Any) {
        self.state.push(thing);
    }

    /// Is parked, and goes on.
    #[handle_call]
    fn doze(&self) {
        otp::sleep(Duration::from_millis(1));
    }

    /// In a timer.
    #[handle_call]
    fn keep_in_timer(&mut self, thing: Any, ctx: &mut Context<Self>) -> TimerRef {
        ctx.after(LONG).keep(thing)
    }

    /// In the timeout that a message cancels.
    #[handle_cast]
    fn keep_in_idle(&mut self, thing: Any, ctx: &mut Context<Self>) {
        ctx.idle_timeout(LONG).keep(thing);
    }

    /// On its stack, while it waits.
    #[handle_cast]
    fn keep_on_stack(&mut self, thing: Any) {
        let _thing = thing;
        otp::sleep(LONG);
    }

    /// In its future, while it waits.
    #[handle_cast]
    async fn keep_in_future(&mut self, thing: Any) {
        process::sleep_async(LONG).await;
        drop(thing);
    }

    #[handle_cast]
    fn fail_with(&mut self, reason: ExitReason) -> Result<(), ExitReason> {
        Err(reason)
    }

    #[handle_call]
    fn ping(&self) {}
}

/// A keeper that keeps a thing in every place; the last one, in its queue, waits behind a handler that is parked.
fn keeper(name: &str, asynchronous: bool, thing: impl Fn(&'static str) -> Any) -> (KeeperRef, TimerRef) {
    let keeper = Starter::<Keeper>::new().name(name).start(()).unwrap();
    keeper.keep(thing("state"));
    let timer = keeper.keep_in_timer(thing("timer")).unwrap();
    if asynchronous {
        keeper.keep_in_future(thing("future"));
    } else {
        keeper.keep_on_stack(thing("stack"));
    }
    keeper.keep(thing("queue"));
    keeper.ping_later();
    (keeper, timer)
}

impl KeeperRef {
    /// Has its process begin with what was sent to it.
    fn ping_later(&self) {
        drop(self.request().ping());
        otp::sleep(millis(1));
    }
}

// How a process dies.

#[otp::test(seeds = 100)]
fn what_a_process_has_is_gone_before_its_name_and_that_before_its_end_is_told(t: &mut Sim) {
    for asynchronous in [false, true] {
        let log = Log::default();
        let seen = log.clone();
        let (keeper, timer) = keeper("port", asynchronous, |place| {
            let log = seen.clone();
            Box::new(OnDrop(move || log.say(format_args!("{place} {}", process::whereis("port").is_some()))))
        });
        let watched = Arc::new(AtomicBool::new(false));
        for linked in [true, false] {
            let (pid, seen, watched) = (keeper.pid().unwrap(), log.clone(), watched.clone());
            process::spawn(move |me| {
                me.trap_exit(true);
                let monitor = otp::monitor(pid);
                if linked {
                    otp::link(pid);
                    me.receive_exit(None);
                } else {
                    me.receive_down(monitor, None);
                }
                seen.say(format_args!("told {}", process::whereis("port").is_some()));
                // Its name can be taken at once, by the first to come.
                if !watched.swap(true, SeqCst) {
                    assert_eq!(process::register("port", me.pid()), Ok(()));
                    process::unregister("port").unwrap();
                }
            });
        }
        t.settle();
        otp::exit(keeper.pid().unwrap(), ExitReason::Kill);
        t.settle();
        let mut log = log.take();
        let told = log.split_off(4);
        assert_eq!(told, ["told false", "told false"]);
        log.sort();
        let running = if asynchronous { "future true" } else { "stack true" };
        let mut expected = [running, "queue true", "state true", "timer true"];
        expected.sort_unstable();
        assert_eq!(log, expected);
        assert_eq!(timer.cancel(), None);
    }
}

#[otp::test(seeds = 20)]
fn an_idle_timeout_is_gone_before_the_end_is_told(t: &mut Sim) {
    let log = Log::default();
    let seen = log.clone();
    let keeper = Keeper::start().unwrap();
    keeper.keep_in_idle(Box::new(OnDrop(move || seen.say("idle"))));
    t.settle();
    t.kill(keeper);
    assert_eq!(log.take(), ["idle"]);
}

#[otp::test(seeds = 200)]
fn a_process_dies_once_with_one_reason(t: &mut Sim) {
    let keeper = Keeper::start().unwrap();
    let pid = keeper.pid().unwrap();
    let reasons = process::current().subject();
    let monitors: Vec<_> = (0..3).map(|_| otp::monitor(pid)).collect();
    otp::link(pid);
    for _ in 0..3 {
        let sender = reasons.clone();
        process::spawn(move |me| {
            me.trap_exit(true);
            otp::link(pid);
            sender.send(me.receive_exit(None).unwrap().reason);
        });
    }
    t.settle();
    for text in ["a", "b", "c"] {
        let keeper = keeper.clone();
        process::spawn(move |_| otp::exit(pid, why(text)));
        process::spawn(move |_| keeper.fail_with(why(text)));
        process::spawn(move |_| otp::exit(pid, ExitReason::Kill));
    }
    let first = down(monitors[0]);
    assert!(monitors[1..].iter().all(|monitor| down(*monitor) == first));
    assert!((0..3).all(|_| reasons.receive(None).unwrap() == first));
    assert_eq!(process::current().receive_exit(None).unwrap().reason, first);
    t.settle();
    assert_eq!(process::current().receive_exit(Duration::ZERO), None);
    assert_eq!(reasons.receive(Duration::ZERO), None);
    let crashed = usize::from(first != ExitReason::Killed);
    assert_eq!(t.crashes().len(), crashed);
}

// No lock is held while user code runs.

/// Uses everything that takes a lock somewhere.
fn use_the_runtime(other: &KeeperRef, log: &Log) {
    let me = process::current();
    let own = me.pid();
    let at = other.pid().unwrap();
    let monitor = otp::monitor(at);
    otp::link(at);
    otp::unlink(at);
    otp::demonitor(monitor);
    let _ = process::whereis("port");
    let _ = process::registered();
    let _ = process::register("other", at);
    let _ = process::unregister("other");
    otp::exit(at, ExitReason::Normal);
    let _ = otp::is_alive(own);
    let _ = Node::current().processes();
    let _ = Node::current().timers();
    other.keep(Box::new(()));
    drop(other.request().ping());
    process::spawn(|_| {});
    log.say("used");
}

#[otp::test(seeds = 50)]
fn what_is_dropped_may_use_the_runtime(t: &mut Sim) {
    let other = Keeper::start().unwrap();
    for asynchronous in [false, true] {
        for reason in [ExitReason::Kill, ExitReason::Shutdown] {
            let log = Log::default();
            let (keeper, timer) = keeper("port", asynchronous, |_| {
                let (other, log) = (other.clone(), log.clone());
                Box::new(OnDrop(move || use_the_runtime(&other, &log)))
            });
            t.settle();
            let monitor = keeper.monitor().unwrap();
            otp::exit(keeper.pid().unwrap(), reason);
            down(monitor);
            assert_eq!(log.take().len(), 4);
            drop(timer);
        }
    }
    let log = Log::default();
    let keeper = Keeper::start().unwrap();
    let thing = || -> Any {
        let (other, log) = (other.clone(), log.clone());
        Box::new(OnDrop(move || use_the_runtime(&other, &log)))
    };
    // A timer that is cancelled, a timeout that is replaced, a message that reaches nobody.
    keeper.keep_in_timer(thing()).unwrap().cancel();
    keeper.keep_in_idle(thing());
    keeper.ping().unwrap();
    t.kill(keeper.clone());
    keeper.keep(thing());
    assert_eq!(log.take().len(), 3);
    assert_eq!(other.ping(), Ok(()));
}

/// A value of an exit reason that uses the runtime whenever it is looked at.
#[derive(Clone)]
struct Nosy(KeeperRef, Log);

impl fmt::Debug for Nosy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use_the_runtime(&self.0, &self.1);
        f.write_str("Nosy")
    }
}

impl PartialEq for Nosy {
    fn eq(&self, _: &Self) -> bool {
        use_the_runtime(&self.0, &self.1);
        true
    }
}

impl Drop for Nosy {
    fn drop(&mut self) {
        use_the_runtime(&self.0, &self.1);
    }
}

#[test]
fn a_reason_may_use_the_runtime() {
    let node = Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        let (other, log) = (Keeper::start().unwrap(), Log::default());
        let keeper = Keeper::start().unwrap();
        let monitor = keeper.monitor().unwrap();
        otp::link(keeper.pid().unwrap());
        let reason = ExitReason::other(Nosy(other.clone(), log.clone()));
        keeper.fail_with(reason.clone());
        assert_eq!(down(monitor), reason);
        assert_eq!(process::current().receive_exit(PATIENCE).unwrap().reason, reason);
        drop(reason);
        assert_eq!(other.ping(), Ok(()));
        assert!(!log.take().is_empty());
    });
    node.stop();
}

#[otp::test(seeds = 20)]
fn a_payload_may_use_the_runtime_and_panic(t: &mut Sim) {
    let (other, log) = (Keeper::start().unwrap(), Log::default());
    for panics in [false, true] {
        let (user, seen) = (other.clone(), log.clone());
        let payload = move || {
            let (user, seen) = (user.clone(), seen.clone());
            OnDrop(move || {
                use_the_runtime(&user, &seen);
                assert!(!panics, "the payload is dropped");
            })
        };
        let (plain, handled) = (payload.clone(), payload.clone());
        let (_, monitor) = process::spawn_monitor(move |_| -> () { panic_any(plain()) });
        let reason = down(monitor);
        assert_eq!(reason.as_panic().unwrap().message, "a value that is no text");
        let keeper = Keeper::start().unwrap();
        let monitor = keeper.monitor().unwrap();
        keeper.keep(Box::new(OnDrop(move || panic_any(handled()))));
        keeper.fail_with(ExitReason::Normal);
        assert!(down(monitor).as_panic().is_some());
    }
    assert_eq!(other.ping(), Ok(()));
    assert_eq!((log.take().len(), t.crashes().len()), (4, 4));
}

// A call ends in exactly one way.

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
type Outcome = (u64, Option<Result<u64, CallError>>);

/// Calls at random, and ends what it calls at random; without `crashes`, in ways that are not reported.
fn storm(clerk: &ClerkRef, dice: &mut Dice, id: u64, crashes: bool) -> Option<Result<u64, CallError>> {
    let clerk = clerk.timeout(Duration::from_micros(dice.below(4000) as u64));
    let delay = Duration::from_micros(dice.below(3000) as u64);
    if dice.below(20) == 0 {
        let reason =
            [ExitReason::Kill, ExitReason::Shutdown, why("storm")][dice.below(if crashes { 3 } else { 2 })].clone();
        otp::exit(clerk.pid().unwrap(), reason);
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
    let outcomes = process::current().subject::<Vec<Outcome>>();
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
    let told: Vec<Outcome> = (0..callers).flat_map(|_| outcomes.receive(PATIENCE).expect("nothing hangs")).collect();
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

// Code that does not come back.

/// Waits for an answer that does not come.
struct Waiter {
    silent: KeeperRef,
}

#[actor]
impl Waiter {
    #[init]
    fn init(silent: KeeperRef) -> Self {
        Self { silent }
    }

    #[handle_call]
    fn wait(&mut self, held: Any) {
        let _held = held;
        let _ = self.silent.no_timeout().ping();
    }
}

/// What the stuck code tries when it comes back: nothing of it may be seen.
struct Aftermath {
    subject: Subject<&'static str>,
    keeper: KeeperRef,
    seen: Log,
    elsewhere: mpsc::Receiver<ReplyTo<()>>,
    victim: Pid,
}

impl Aftermath {
    fn attempt(&self) {
        self.subject.send("subject");
        let log = self.seen.clone();
        self.keeper.keep(Box::new(OnDrop(move || log.say("not delivered"))));
        self.seen.say(format_args!("{:?}", self.keeper.request().ping().check()));
        self.seen.say(format_args!("{:?}", sys::get_status(&self.keeper).err()));
        self.seen.say(format_args!("{:?}", otp::timer::send_after(LONG, &self.subject, "timer").left()));
        if let Ok(reply) = self.elsewhere.recv() {
            reply.send(());
        }
        otp::exit(self.victim, ExitReason::Kill);
        otp::link(self.victim);
        otp::monitor(self.victim);
        let _ = process::register("stolen", self.keeper.pid().unwrap());
        let log = self.seen.clone();
        process::spawn(move |_| log.say("spawned"));
    }
}

/// Wakes a thread.
struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Loops until it is let go, then does what dead code must not.
struct Stuck;

#[actor]
impl Stuck {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn get_stuck(
        &mut self,
        running: mpsc::Sender<()>,
        go: Arc<AtomicBool>,
        after: Aftermath,
        done: mpsc::Sender<bool>,
    ) {
        running.send(()).unwrap();
        while !go.load(SeqCst) {
            std::hint::spin_loop();
        }
        after.attempt();
        // Where it would wait it is unwound.
        let told = OnDrop(move || done.send(thread::panicking()).unwrap());
        otp::sleep(millis(1));
        drop(told);
        after.subject.send("after its end");
    }

    #[handle_call]
    fn ping(&self) {}
}

/// Hands its callers on to a thread.
struct Hands;

#[actor]
impl Hands {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn hand_on(&mut self, to: mpsc::Sender<ReplyTo<()>>, reply: ReplyTo<()>) {
        to.send(reply).unwrap();
    }
}

#[test]
fn code_that_does_not_come_back_is_declared_dead() {
    let node = Node::builder().cores(1).start().unwrap();
    let far = Node::builder().cores(1).start().unwrap();
    let (silent, victim) = far.enter(|| {
        let silent = Keeper::start().unwrap();
        silent.keep_on_stack(Box::new(()));
        (silent, process::spawn(stay))
    });
    node.enter(|| {
        let me = process::current();
        let seen = Log::default();
        // A handler that is parked on a core.
        let (unwound, was_unwound) = mpsc::channel();
        let waiter = Waiter::start(silent.clone()).unwrap();
        let waiter_down = waiter.monitor().unwrap();
        let held = OnDrop(move || unwound.send(()).unwrap());
        let waiting = waiter.request().wait(Box::new(held));
        let keeper = Keeper::start().unwrap();
        keeper.doze().unwrap();
        // An answer that the stuck code holds for the callee of another.
        let (to, elsewhere) = mpsc::channel();
        let hands = Hands::start().unwrap();
        let handed = hands.no_timeout().request().hand_on(to);

        let (running, is_running) = mpsc::channel();
        let (done, is_done) = mpsc::channel();
        let go = Arc::new(AtomicBool::new(false));
        let subject = me.subject();
        let stuck = Starter::<Stuck>::new().name("stuck").start(()).unwrap();
        let monitor = stuck.monitor().unwrap();
        otp::link(stuck.pid().unwrap());
        let after =
            Aftermath { subject: subject.clone(), keeper: keeper.clone(), seen: seen.clone(), elsewhere, victim };
        // The core is held until all have asked: the stuck process takes what they ask with what it gets stuck in.
        let (let_go, held_core) = mpsc::channel::<()>();
        process::spawn(move |_| {
            let _ = held_core.recv();
        });
        let running_call = stuck.no_timeout().request().get_stuck(running, go.clone(), after, done);
        let queued = stuck.no_timeout().request().ping();
        // Callers that nothing of this node looks after: a process of another, and whoever polls with a waker of its own.
        let (asking, asks) = mpsc::channel();
        let (client, asked) = (stuck.no_timeout(), asking.clone());
        let elsewhere = thread::spawn(move || {
            otp::self_pid();
            let call = client.request().ping();
            asked.send(()).unwrap();
            call.wait()
        });
        let (client, inside) = (stuck.no_timeout(), node.clone());
        let polls = move || {
            let mut call = pin!(client.as_async().ping());
            let waker = Waker::from(Arc::new(Unpark(thread::current())));
            let mut polled = call.as_mut().poll(&mut Polled::from_waker(&waker));
            asking.send(()).unwrap();
            loop {
                match polled {
                    Poll::Ready(outcome) => return outcome,
                    Poll::Pending => thread::park(),
                }
                polled = call.as_mut().poll(&mut Polled::from_waker(&waker));
            }
        };
        let polling = thread::spawn(move || inside.enter(polls));
        (0..2).for_each(|_| asks.recv().unwrap());
        // A request of `sys`. Who makes it tells about itself when it waits.
        let (client, inside, (waiting_for, who_waits)) = (stuck.no_timeout(), node.clone(), mpsc::channel());
        let looks = move || {
            waiting_for.send(otp::self_pid()).unwrap();
            sys::get_status(&client)
        };
        let looking = thread::spawn(move || inside.enter(looks));
        process::process_info(who_waits.recv().unwrap());
        drop(let_go);
        is_running.recv().unwrap();
        let client = stuck.no_timeout();
        let late = thread::spawn(move || client.ping());
        assert_eq!(node.lost_threads(), 0);
        let waiter_down_too = waiter.monitor().unwrap();

        otp::exit(stuck.pid().unwrap(), ExitReason::Kill);
        assert_eq!(down(monitor), ExitReason::Killed);
        assert_eq!(me.receive_exit(PATIENCE).unwrap().reason, ExitReason::Killed);
        assert_eq!(process::whereis("stuck"), None);
        assert_eq!(running_call.wait(), Err(CallError::Exited(ExitReason::Killed)));
        assert_eq!(queued.wait(), Err(CallError::Exited(ExitReason::Killed)));
        let late = late.join().unwrap();
        assert!(matches!(late, Err(CallError::Exited(ExitReason::Killed) | CallError::NoProc)), "{late:?}");
        for outside in [elsewhere, polling] {
            assert_eq!(outside.join().unwrap(), Err(CallError::Exited(ExitReason::Killed)));
        }
        assert_eq!(looking.join().unwrap(), Err(SysError::Exited(ExitReason::Killed)));
        assert_eq!(stuck.ping(), Err(CallError::NoProc));
        // Everybody else goes on, who was parked when it began among them.
        assert!(otp::is_alive(waiter.pid().unwrap()));
        otp::exit(waiter.pid().unwrap(), ExitReason::Kill);
        assert_eq!(down(waiter_down), ExitReason::Killed);
        assert_eq!(down(waiter_down_too), ExitReason::Killed);
        was_unwound.recv_timeout(PATIENCE).unwrap();
        assert_eq!(waiting.wait(), Err(CallError::Exited(ExitReason::Killed)));
        assert_eq!(keeper.ping(), Ok(()));
        assert_eq!(node.lost_threads(), 1);
        let (_, monitor) = process::spawn_monitor(|_| {});
        assert_eq!(down(monitor), ExitReason::Normal);
        let stuck = Starter::<Stuck>::new().name("stuck").start(()).unwrap();
        assert_eq!(stuck.ping(), Ok(()));

        // Let go, the code is unwound, and nothing comes of what it tries.
        go.store(true, SeqCst);
        assert!(is_done.recv_timeout(PATIENCE).unwrap(), "its stack is unwound where it waits");
        assert_eq!(subject.receive(Duration::ZERO), None);
        assert_eq!(handed.wait(), Err(CallError::NoReply));
        assert_eq!(keeper.ping(), Ok(()));
        assert_eq!(seen.take(), ["not delivered", "Some(Err(Exiting))", "Some(Exiting)", "None"]);
        assert_eq!(process::whereis("stolen"), None);
        assert!(otp::is_alive(victim));
        assert_eq!(node.len(), 4, "the test, its keeper, its hands, and the new one");
        far.enter(|| {
            let info = process::process_info(victim).unwrap();
            assert_eq!((info.links, info.monitored_by, info.name), (vec![], vec![], None));
        });
    });
    node.stop();
    far.stop();
    assert_eq!((node.len(), far.len()), (0, 0));
}

/// Does not come back from its `init`.
struct Endless;

#[actor]
impl Endless {
    #[init]
    fn init(running: mpsc::Sender<Pid>, go: Arc<AtomicBool>) -> Self {
        running.send(otp::self_pid()).unwrap();
        while !go.load(SeqCst) {
            std::hint::spin_loop();
        }
        Self
    }
}

#[test]
fn a_start_does_not_hang_on_an_init_that_does() {
    let node = Node::builder().cores(1).start().unwrap();
    let go = Arc::new(AtomicBool::new(false));
    node.enter(|| {
        // Killed by somebody else.
        let (running, is_running) = mpsc::channel();
        let killer = thread::spawn(move || otp::exit(is_running.recv().unwrap(), ExitReason::Kill));
        let started = Starter::<Endless>::new().name("endless").start((running, go.clone()));
        assert_eq!(started.err(), Some(StartError::Failed(ExitReason::Killed)));
        killer.join().unwrap();
        assert_eq!(process::whereis("endless"), None);
        // Killed when its time is over.
        let (running, _is_running) = mpsc::channel();
        let starter = Starter::<Endless>::new().name("endless").timeout(millis(1)).link();
        assert_eq!(starter.start((running, go.clone())).err(), Some(StartError::Timeout));
        assert_eq!(process::whereis("endless"), None);
        assert_eq!(process::current().receive_exit(Duration::ZERO), None);
        assert_eq!(node.len(), 1);
    });
    go.store(true, SeqCst);
    node.stop();
}

/// An error that takes its time to say what it is, which it is asked when its process has died.
#[derive(Debug)]
struct Slow {
    asked: mpsc::Sender<()>,
    go_on: Mutex<mpsc::Receiver<()>>,
}

impl fmt::Display for Slow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Whoever is gone does not need to know.
        let _ = self.asked.send(());
        let _ = self.go_on.lock().unwrap().recv_timeout(PATIENCE);
        f.write_str("slow")
    }
}

impl std::error::Error for Slow {}

/// Dies of whatever it is given, with a call that it has not answered.
struct Mortal(Option<ReplyTo<()>>);

#[actor]
impl Mortal {
    #[init]
    fn init() -> Self {
        Self(None)
    }

    #[handle_cast]
    fn die(&self, error: Slow) -> Result<(), Slow> {
        Err(error)
    }

    #[handle_call]
    fn hold(&mut self, reply: ReplyTo<()>) {
        self.0 = Some(reply);
    }
}

/// A call that looks at its callee between its death and the farewell is not told before links are.
#[test]
fn callers_are_told_last() {
    let node = Node::builder().cores(1).start().unwrap();
    node.enter(|| {
        let (asked, was_asked) = mpsc::channel();
        let (go_on, may_go_on) = mpsc::channel();
        let mortal = Mortal::start_link().unwrap();
        let mut held = mortal.request().hold();
        mortal.die(Slow { asked, go_on: Mutex::new(may_go_on) });
        was_asked.recv_timeout(PATIENCE).unwrap();
        assert_eq!(held.check(), None, "it is dead, but nobody else knows");
        drop(was_asked);
        drop(go_on);
        assert!(matches!(held.wait(), Err(CallError::Exited(ExitReason::Error(_)))));
        assert!(process::current().receive_exit(Duration::ZERO).is_some(), "the link was told before");
    });
    node.stop();
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
        otp::exit(caller, ExitReason::Kill);
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
