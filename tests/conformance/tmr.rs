//! `timer_SUITE` and `timer_simple_SUITE`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::Instant,
};

use otp::{Node, prelude::*, process::Subject, timer};

const LONG: Duration = Duration::from_secs(3600);
const HALF: Duration = Duration::from_millis(500);

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn subject<T: Send + 'static>() -> Subject<T> {
    process::current().subject()
}

/// What has come by now.
fn come<T: Send + 'static>(subject: &Subject<T>) -> Vec<T> {
    std::iter::from_fn(|| subject.receive(Duration::ZERO)).collect()
}

/// A process that waits, and its monitor.
fn waiting() -> (Pid, MonitorRef) {
    process::spawn_monitor(|_| otp::sleep(Duration::MAX))
}

/// A waiting process with a name.
fn waiting_as(name: &str) -> (Pid, MonitorRef) {
    let (pid, monitor) = waiting();
    process::register(name, pid).unwrap();
    (pid, monitor)
}

/// The reason of an end that is awaited.
fn down(monitor: MonitorRef) -> ExitReason {
    process::current().receive_down(monitor, None).unwrap().reason
}

fn why() -> ExitReason {
    ExitReason::other("the egg is done")
}

/// Numbers that are a function of a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

// The whole.

#[otp::test(seeds = 5)]
fn tmr_do_big_test(t: &mut Sim) {
    let mut dice = Dice(t.seed());
    let once = subject::<Duration>();
    let ticks = subject::<usize>();
    for round in 0..200 {
        let due = timer::now() + millis(dice.below(50));
        timer::send_after(due - timer::now(), &once, due);
        let period = millis(1 + dice.below(10));
        let (began, interval) = (timer::now(), timer::send_interval(period, &ticks, round));
        let count = 1 + dice.below(5) as u32;
        for k in 1..=count {
            assert_eq!(ticks.receive(None), Some(round));
            assert_eq!(timer::now(), began + period * k, "ticks do not drift");
        }
        assert!(interval.cancel().is_some());
        // Whatever else runs, nothing comes early, and all in its order.
        process::spawn(|_| otp::sleep(millis(1)));
        let come = come(&once);
        assert!(come.is_sorted() && come.iter().all(|due| *due <= timer::now()), "{come:?}");
    }
    t.advance(LONG);
    assert_eq!(ticks.receive(Duration::ZERO), None);
}

#[test]
fn tmr_timer_perf() {
    const TIMERS: u32 = 50_000;
    let node = Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        let (rung, began) = (subject(), timer::now());
        for n in 0..TIMERS {
            timer::send_after(millis(u64::from(n % 50)), &rung, timer::now() + millis(u64::from(n % 50)));
        }
        let cancelled: Vec<_> = (0..TIMERS).map(|_| timer::send_after(LONG, &rung, Duration::ZERO)).collect();
        assert!(cancelled.iter().all(|timer| timer.cancel().is_some()));
        for _ in 0..TIMERS {
            let due: Duration = rung.receive(None).unwrap();
            assert!(timer::now() >= due, "early");
        }
        assert!(timer::now() - began < Duration::from_secs(60));
    });
    assert_eq!(node.timers(), 0);
    node.stop();
}

// Functions.

#[otp::test(seeds = 20)]
fn tmr_apply_after1(t: &mut Sim) {
    let done = subject();
    let tell = done.clone();
    let timer = timer::apply_after(Duration::ZERO, move || tell.send(otp::self_pid()));
    let by = done.receive(None).unwrap();
    assert_eq!(timer::now(), Duration::ZERO);
    assert_ne!(by, otp::self_pid(), "in a process of its own");
    assert!(!process::is_alive(by));
    assert_eq!((timer.left(), timer.cancel()), (None, None));
    t.advance(LONG);
    assert_eq!(done.receive(Duration::ZERO), None);
}

#[otp::test(seeds = 20)]
fn tmr_apply_after2(t: &mut Sim) {
    let done = subject();
    // The one that sets it may end.
    let tell = done.clone();
    process::spawn(move |_| drop(timer::apply_after(HALF, move || tell.send(()))));
    t.advance(millis(499));
    assert_eq!(come(&done).len(), 0);
    t.advance(millis(1));
    assert_eq!(come(&done).len(), 1);
    t.advance(LONG);
    assert_eq!(come(&done).len(), 0);
}

/// Ends all other processes while one timer waits and one is at work, and sets another; what comes after that.
///
/// There is no process that keeps the timers, only those that work for one of them.
fn without_every_process(t: &Sim, reason: ExitReason) -> [Option<&'static str>; 2] {
    let done = subject();
    let (before, busy, after) = (done.clone(), done.clone(), done.clone());
    timer::apply_after(HALF, move || before.send("before"));
    timer::apply_after(millis(1), move || {
        busy.send("busy");
        otp::sleep(LONG);
    });
    assert_eq!(done.receive(None), Some("busy"));
    for pid in t.node().processes() {
        if pid != otp::self_pid() {
            process::exit(pid, reason.clone());
        }
    }
    t.settle();
    assert_eq!(t.node().len(), 1);
    timer::apply_after(LONG, move || after.send("after"));
    [done.receive(None), done.receive(None)]
}

#[otp::test(seeds = 20)]
fn tmr_apply_after3(t: &mut Sim) {
    assert_eq!(without_every_process(t, ExitReason::Shutdown), [Some("before"), Some("after")]);
}

#[otp::test(seeds = 20)]
fn tmr_apply_after4(t: &mut Sim) {
    assert_eq!(without_every_process(t, ExitReason::Kill), [Some("before"), Some("after")]);
}

#[otp::test(seeds = 20)]
fn tmr_apply_interval1(t: &mut Sim) {
    let (ticks, starts) = (subject(), Arc::new(AtomicU32::new(0)));
    let (told, count) = (ticks.clone(), starts.clone());
    let timer = timer::apply_interval(millis(100), move || {
        let tick = count.fetch_add(1, SeqCst);
        told.send((tick, timer::now(), otp::self_pid()));
        // One that takes long or crashes does not hold up the next.
        match tick {
            0 => otp::sleep(millis(250)),
            1 => panic!("not this time"),
            _ => {}
        }
    });
    let mut pids = Vec::new();
    for n in 0..5 {
        let (tick, at, pid) = ticks.receive(None).unwrap();
        assert_eq!((tick, at), (n, millis(100) * (n + 1)));
        pids.push(pid);
    }
    pids.dedup();
    assert_eq!(pids.len(), 5, "each in a process of its own");
    assert_eq!(timer.left(), Some(millis(100)));
    assert_eq!(timer.cancel(), Some(millis(100)));
    assert_eq!((timer.left(), timer.cancel()), (None, None));
    t.advance(LONG);
    assert_eq!((come(&ticks).len(), starts.load(SeqCst)), (0, 5));
    let crashes = t.crashes();
    assert_eq!((crashes.len(), crashes[0].label), (1, "timer"));
    assert_eq!(crashes[0].reason.as_panic().unwrap().message, "not this time");

    // It ends with the process that set it.
    let told = ticks.clone();
    let (pid, monitor) = process::spawn_monitor(move |_| {
        timer::apply_interval(millis(10), move || told.send((0, timer::now(), otp::self_pid())));
        otp::sleep(millis(35));
    });
    assert_eq!(down(monitor), ExitReason::Normal);
    assert_eq!(come(&ticks).len(), 3);
    t.advance(LONG);
    assert_eq!((come(&ticks).len(), process::is_alive(pid)), (0, false));
}

// Messages.

#[otp::test(seeds = 20)]
fn tmr_send_after1(t: &mut Sim) {
    let messages = subject();
    timer::send_after(Duration::ZERO, &messages, "now");
    assert_eq!(messages.receive(None), Some("now"));
    assert_eq!(t.now(), Duration::ZERO);
    // A moment that has passed is now.
    t.advance(HALF);
    timer::send_at(millis(100), &messages, "past");
    timer::send_at(HALF, &messages, "present");
    timer::send_at(HALF + millis(1), &messages, "future");
    t.advance(Duration::ZERO);
    assert_eq!(come(&messages), ["past", "present"]);
    assert_eq!((messages.receive(None), t.now()), (Some("future"), HALF + millis(1)));
}

/// The subject of a name that the caller gets.
fn named() -> Subject<&'static str> {
    process::register("kitchen", otp::self_pid()).unwrap();
    Subject::named("kitchen")
}

#[otp::test(seeds = 20)]
fn tmr_send_after2(t: &mut Sim) {
    let kitchen = named();
    timer::send_after(Duration::ZERO, &kitchen, "now");
    assert_eq!((kitchen.receive(None), t.now()), (Some("now"), Duration::ZERO));
}

#[otp::test(seeds = 20)]
fn tmr_send_after5(t: &mut Sim) {
    // Nobody has the name now, and somebody when the time has come.
    let early = timer::send_after(HALF, &Subject::named("kitchen"), "from before");
    t.advance(millis(499));
    let kitchen = named();
    assert_eq!((kitchen.receive(None), t.now(), early.cancel()), (Some("from before"), HALF, None));
    // Nobody has it when the time has come: the message is gone.
    timer::send_after(HALF, &kitchen, "lost");
    process::unregister("kitchen").unwrap();
    t.advance(HALF);
    let kitchen = named();
    t.advance(LONG);
    assert_eq!(come(&kitchen), [""; 0]);
    // The timer is for the name: it outlives who had it.
    process::unregister("kitchen").unwrap();
    let (cook, _) = waiting_as("kitchen");
    timer::send_after(HALF, &kitchen, "for the next");
    process::exit(cook, ExitReason::Kill);
    t.settle();
    let kitchen = named();
    assert_eq!(kitchen.receive(None), Some("for the next"));
}

#[otp::test(seeds = 20)]
fn tmr_send_after4(t: &mut Sim) {
    let messages = subject();
    // Another process sets it, and ends.
    let to = messages.clone();
    process::spawn(move |_| drop(timer::send_after(HALF, &to, "once")));
    t.advance(millis(499));
    assert_eq!(come(&messages), [""; 0]);
    t.advance(millis(1));
    assert_eq!(come(&messages), ["once"]);
    t.advance(LONG);
    assert_eq!(come(&messages), [""; 0]);
}

#[otp::test(seeds = 20)]
fn tmr_send_interval1(t: &mut Sim) {
    let ticks = subject();
    let timer = timer::send_interval(millis(100), &ticks, "tick".to_owned());
    for n in 1..=5 {
        assert_eq!(ticks.receive(None).as_deref(), Some("tick"));
        assert_eq!(t.now(), millis(100) * n);
    }
    assert_eq!(timer.cancel(), Some(millis(100)));
    t.advance(LONG);
    assert_eq!((come(&ticks).len(), t.node().timers()), (0, 0));
}

#[otp::test(seeds = 20)]
fn tmr_send_interval2(t: &mut Sim) {
    // To another process, which lives longer than the one that set it.
    let (done, timers) = (subject(), subject());
    let (ticked, set) = (done.clone(), timers.clone());
    let pid = process::spawn(move |me| {
        let ticks = me.subject();
        let to = ticks.clone();
        process::spawn(move |_| set.send(timer::send_interval(HALF, &to, ())));
        while ticks.receive(None).is_some() {
            ticked.send(timer::now());
        }
    });
    let timer = timers.receive(None).unwrap();
    assert_eq!((done.receive(None), done.receive(None)), (Some(HALF), Some(HALF * 2)));
    t.advance(millis(499));
    assert_eq!(timer.cancel(), Some(millis(1)));
    t.advance(LONG);
    assert_eq!(come(&done).len(), 0);

    // It ends with the receiver.
    process::exit(pid, ExitReason::Kill);
    let set = timers.clone();
    let pid = process::spawn(move |me| {
        let ticks = me.subject();
        set.send(timer::send_interval(HALF, &ticks, ()));
        ticks.receive(None);
        ticks.receive(None);
    });
    let timer = timers.receive(None).unwrap();
    t.advance(millis(999));
    assert!(process::is_alive(pid));
    t.advance(millis(1));
    assert_eq!((process::is_alive(pid), timer.left(), timer.cancel()), (false, None, None));
    assert_eq!(t.node().timers(), 0);
}

#[otp::test(seeds = 20)]
fn tmr_send_interval3(t: &mut Sim) {
    let kitchen = named();
    let timer = timer::send_interval(HALF, &kitchen, "tick");
    assert_eq!((kitchen.receive(None), kitchen.receive(None)), (Some("tick"), Some("tick")));
    assert_eq!(timer.cancel(), Some(HALF));
    t.advance(LONG);
    assert_eq!(come(&kitchen), [""; 0]);
    // It ends with the process that has the name when it is set, and at once where that is nobody.
    process::unregister("kitchen").unwrap();
    assert_eq!(timer::send_interval(HALF, &kitchen, "tick").left(), None);
    let (cook, _) = waiting_as("kitchen");
    let timer = timer::send_interval(HALF, &kitchen, "tick");
    assert_eq!(timer.left(), Some(HALF));
    process::exit(cook, ExitReason::Kill);
    t.settle();
    let kitchen = named();
    t.advance(LONG);
    assert_eq!((come(&kitchen).len(), timer.left(), timer.cancel()), (0, None, None));
}

// Cancelling.

#[otp::test(seeds = 20)]
fn tmr_cancel2(t: &mut Sim) {
    let messages = subject();
    let timer = timer::send_after(HALF, &messages, ());
    t.advance(millis(100));
    assert_eq!(timer.cancel(), Some(millis(400)));
    t.advance(LONG);
    assert_eq!((come(&messages).len(), t.node().timers()), (0, 0));
}

#[otp::test(seeds = 20)]
fn tmr_cancel3(t: &mut Sim) {
    let done = subject();
    let tell = done.clone();
    let timer = timer::apply_after(HALF, move || tell.send(()));
    t.advance(millis(100));
    assert_eq!(timer.cancel(), Some(millis(400)));
    t.advance(LONG);
    assert_eq!(come(&done).len(), 0);
    // On its way: the time has come, and whoever runs first decides.
    let (tell, left) = (done.clone(), subject());
    let timer = timer::apply_after(HALF, move || tell.send(()));
    let answer = left.clone();
    process::spawn(move |_| {
        otp::sleep(HALF);
        answer.send(timer.cancel());
    });
    let left = left.receive(None).unwrap();
    t.advance(LONG);
    assert_eq!((left.is_none(), come(&done).len()), if left.is_none() { (true, 1) } else { (false, 0) });
    assert!(left.is_none_or(|left| left == Duration::ZERO));
}

#[otp::test(seeds = 20)]
fn tmr_cancel4(t: &mut Sim) {
    let ticks = subject();
    let timer = timer::send_interval(HALF, &ticks, ());
    assert_eq!(ticks.receive(None), Some(()));
    assert!(timer.cancel().is_some());
    t.advance(LONG);
    assert_eq!(come(&ticks).len(), 0);
}

#[otp::test(seeds = 20)]
fn tmr_cancel5(t: &mut Sim) {
    let ticks = subject();
    let tick = ticks.clone();
    let timer = timer::apply_interval(HALF, move || tick.send(()));
    assert_eq!(ticks.receive(None), Some(()));
    assert!(timer.cancel().is_some());
    t.advance(LONG);
    assert_eq!((come(&ticks).len(), t.node().timers()), (0, 0));
}

#[otp::test(seeds = 20)]
fn tmr_cancel6(t: &mut Sim) {
    let messages = subject();
    // One that is over, one that never was: its receiver had ended.
    let over = timer::send_after(millis(1), &messages, "over");
    assert_eq!(messages.receive(None), Some("over"));
    let gone = {
        let subjects = subject();
        let tell = subjects.clone();
        let pid = process::spawn(move |me| tell.send(me.subject::<()>()));
        let orphan = subjects.receive(None).unwrap();
        assert!(!process::is_alive(pid));
        [timer::send_after(LONG, &orphan, ()), timer::send_interval(LONG, &orphan, ()), timer::kill_after(LONG, pid)]
    };
    assert_eq!(t.node().timers(), 0);
    for timer in gone.iter().chain([&over]) {
        assert_eq!((timer.left(), timer.cancel(), timer.cancel()), (None, None, None));
    }
    timer::send_after(millis(1), &messages, "goes on");
    assert_eq!(messages.receive(None), Some("goes on"));
}

// Exit signals.

#[otp::test(seeds = 20)]
fn tmr_exit_after1(t: &mut Sim) {
    let (_, stays) = waiting();
    let (pid, monitor) = waiting();
    timer::exit_after(HALF, pid, why());
    t.advance(millis(499));
    assert!(process::is_alive(pid));
    assert_eq!((down(monitor), t.now()), (why(), HALF));
    assert_eq!(process::current().receive_down(stays, LONG), None, "nobody else ends");
    // Cancelled, and for a process that ends before.
    let (pid, monitor) = waiting();
    let timer = timer::exit_after(HALF, pid, why());
    assert_eq!(timer.cancel(), Some(HALF));
    timer::exit_after(LONG * 2, pid, why());
    t.advance(LONG);
    process::exit(pid, ExitReason::Shutdown);
    assert_eq!((down(monitor), t.node().timers()), (ExitReason::Shutdown, 0));
    assert_eq!(t.crashes().len(), 1);
}

#[otp::test(seeds = 20)]
fn tmr_exit_after2(t: &mut Sim) {
    // Who has the name is seen when the time has come.
    let (before, first) = waiting_as("egg");
    timer::exit_after(HALF, "egg", why());
    process::unregister("egg").unwrap();
    let (_, second) = waiting_as("egg");
    assert_eq!((down(second), t.now()), (why(), HALF));
    t.advance(LONG);
    assert!(process::is_alive(before));
    process::exit(before, ExitReason::Kill);
    assert_eq!((down(first), t.crashes().len()), (ExitReason::Killed, 1));
}

#[otp::test(seeds = 20)]
fn tmr_exit_after3(t: &mut Sim) {
    let (_, monitor) = process::spawn_monitor(|me| {
        timer::exit_after(HALF, me.pid(), why());
        otp::sleep(LONG);
    });
    assert_eq!((down(monitor), t.now(), t.crashes().len()), (why(), HALF, 1));
    // It is not the process's own exit: one that traps hears of it, and `Normal` ends nobody.
    let exits = subject();
    let tell = exits.clone();
    let (_, monitor) = process::spawn_monitor(move |me| {
        timer::exit_after(millis(1), me.pid(), ExitReason::Normal);
        otp::sleep(HALF);
        me.trap_exit(true);
        timer::exit_after(millis(1), me.pid(), why());
        let exit = me.receive_exit(None).unwrap();
        tell.send((exit.from != me.pid(), exit.reason));
    });
    assert_eq!(down(monitor), ExitReason::Normal);
    assert_eq!(exits.receive(None), Some((true, why())));
}

#[otp::test(seeds = 20)]
fn tmr_exit_after4(t: &mut Sim) {
    timer::exit_after(millis(1), "nobody", why());
    timer::kill_after(millis(1), "nobody");
    t.advance(millis(1));
    let (pid, monitor) = waiting();
    timer::exit_after(millis(1), pid, why());
    assert_eq!((down(monitor), t.node().timers(), t.crashes().len()), (why(), 0, 1));
}

#[otp::test(seeds = 20)]
fn tmr_kill_after1(t: &mut Sim) {
    let (pid, monitor) = process::spawn_monitor(|me| {
        me.trap_exit(true);
        me.receive_exit(None);
    });
    timer::kill_after(HALF, pid);
    assert_eq!((down(monitor), t.now()), (ExitReason::Killed, HALF));
}

#[otp::test(seeds = 20)]
fn tmr_kill_after2(t: &mut Sim) {
    let (_, monitor) = waiting_as("egg");
    timer::kill_after(HALF, "egg");
    assert_eq!((down(monitor), t.now()), (ExitReason::Killed, HALF));
}

#[otp::test(seeds = 20)]
fn tmr_kill_after3(t: &mut Sim) {
    let (_, monitor) = process::spawn_monitor(|me| {
        me.trap_exit(true);
        timer::kill_after(HALF, otp::self_pid());
        otp::sleep(LONG);
    });
    assert_eq!((down(monitor), t.now()), (ExitReason::Killed, HALF));
}

// Waiting and measuring.

#[otp::test(seeds = 5)]
fn tmr_sleep1(t: &mut Sim) {
    timer::sleep(Duration::from_secs(1));
    assert_eq!(t.now(), Duration::from_secs(1));
    timer::sleep(Duration::ZERO);
    assert_eq!(t.now(), Duration::from_secs(1));
}

#[otp::test(seeds = 5)]
fn tmr_sleep2(t: &mut Sim) {
    // More milliseconds than 32 bits hold.
    let long = millis(1 << 33);
    timer::sleep(long);
    assert_eq!(t.now(), long);
    let sleepers: Vec<_> = [Duration::MAX, Duration::from_secs(u64::MAX / 1_000_000_000)]
        .into_iter()
        .map(|long| process::spawn_monitor(move |_| timer::sleep(long)))
        .chain([process::spawn_monitor(|_| timer::sleep_forever())])
        .collect();
    t.advance(long);
    for (pid, monitor) in sleepers {
        assert!(process::is_alive(pid));
        process::exit(pid, ExitReason::Shutdown);
        assert_eq!(down(monitor), ExitReason::Shutdown, "an exit signal ends the wait");
    }
}

#[otp::test(seeds = 5)]
fn tmr_tc_part_virtual(_t: &mut Sim) {
    assert_eq!(timer::tc(|| timer::sleep(HALF)), (HALF, ()));
    assert_eq!(timer::tc(|| 42), (Duration::ZERO, 42));
}

#[test]
fn tmr_tc_part_real() {
    let began = Instant::now();
    let (took, value) = timer::tc(|| {
        timer::sleep(millis(20));
        "value"
    });
    assert_eq!(value, "value");
    assert!(took >= millis(20) && took <= began.elapsed(), "{took:?}");
}
