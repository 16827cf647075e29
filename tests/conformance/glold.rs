//! Gleam OTP 0.1: channels, actors, tasks.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use otp::{
    Reply, StartError,
    prelude::*,
    process::{Selector, Subject},
    sys,
};

const NOW: Duration = Duration::ZERO;

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

#[otp::test]
fn glold_is_alive(_t: &mut Sim) {
    let pid = process::spawn(|me| drop(me.receive_exit(None)));
    assert!(process::is_alive(pid));
}

#[otp::test(seeds = 20)]
fn glold_is_alive_dead(_t: &mut Sim) {
    let (pid, monitor) = process::spawn_monitor(|_| ());
    assert!(process::current().receive_down(monitor, None).is_some());
    assert!(!process::is_alive(pid));
}

#[otp::test(seeds = 20)]
fn glold_receive(t: &mut Sim) {
    let numbers = process::current().subject();
    numbers.send(0);
    let other = numbers.clone();
    process::spawn(move |_| {
        other.send(1);
        other.send(2);
    });
    let received: Vec<_> = (0..3).map(|_| numbers.receive(millis(10))).collect();
    assert_eq!(received, [Some(0), Some(1), Some(2)]);
    let began = t.now();
    assert_eq!(numbers.receive(millis(10)), None);
    assert_eq!(t.now() - began, millis(10));
    assert_eq!(numbers.receive(NOW), None);
}

/// What marks the messages of a subject is given once, as is what marks a monitor.
#[otp::test]
fn glold_new_reference(_t: &mut Sim) {
    let me = process::current();
    let (a, b) = (me.subject::<u32>(), me.subject::<u32>());
    assert_ne!(a, b);
    a.send(1);
    assert_eq!((b.receive(NOW), a.receive(NOW)), (None, Some(1)));
    let target = process::spawn(|me| drop(me.receive_exit(None)));
    assert_ne!(process::monitor(target), process::monitor(target));
}

#[otp::test]
fn glold_self(_t: &mut Sim) {
    let pids = process::current().subject();
    let told = pids.clone();
    let pid = process::spawn(move |me| told.send((me.pid(), otp::self_pid())));
    assert_eq!(pids.receive(None), Some((pid, pid)));
}

/// What a program of the system prints, read by a thread, arrives as messages to the process as such.
#[test]
fn glold_bare_receive_port() {
    let me = process::current();
    let reader = std::thread::spawn(move || {
        let mut program = Command::new("echo").arg("hello").stdout(Stdio::piped()).spawn().unwrap();
        for line in BufReader::new(program.stdout.take().unwrap()).lines() {
            process::send(me.pid(), line.unwrap());
        }
        program.wait().unwrap();
    });
    let bare = Selector::new().select_other(|message| message.downcast::<String>().unwrap());
    assert_eq!(bare.receive(Duration::from_secs(60)).unwrap(), "hello");
    reader.join().unwrap();
}

#[otp::test]
fn glold_receive_forever(t: &mut Sim) {
    let numbers = process::current().subject();
    numbers.send(1);
    assert_eq!(numbers.receive(None), Some(1));
    let later = numbers.clone();
    process::spawn(move |_| {
        otp::sleep(Duration::from_secs(100_000));
        later.send(2);
    });
    assert_eq!((numbers.receive(None), t.now()), (Some(2), Duration::from_secs(100_000)));
}

#[otp::test(seeds = 20)]
fn glold_trap_exits(t: &mut Sim) {
    let told = process::current().subject();
    let result = told.clone();
    process::spawn(move |me| {
        me.trap_exit(true);
        let exits = Selector::new().select_exits(|exit| (exit.from, exit.reason));
        let child = process::spawn_link(|_| Err::<(), _>("boo!"));
        result.send(exits.receive(None).map(|(from, reason)| (from == child, reason.to_string())));
    });
    assert_eq!(told.receive(None), Some(Some((true, "boo!".to_owned()))));
    t.crashes();
}

#[otp::test]
fn glold_pid(_t: &mut Sim) {
    assert_eq!(process::current().subject::<()>().owner(), Some(otp::self_pid()));
    let subjects = process::current().subject();
    let told = subjects.clone();
    let other = process::spawn(move |me| told.send(me.subject::<()>()));
    assert_eq!(subjects.receive(None).unwrap().owner(), Some(other));
}

/// The request brings the subject for its answer.
fn try_call(to: &Subject<(u32, Subject<u32>)>, number: u32, limit: Duration) -> Result<u32, &'static str> {
    let monitor = process::monitor(to.owner().ok_or("no owner")?);
    let answer = process::current().subject();
    to.send((number, answer.clone()));
    let outcome = Selector::new().select_map(&answer, Ok).select_monitor(monitor, |_| Err("callee down"));
    let outcome = outcome.receive(limit).unwrap_or(Err("timeout"));
    process::demonitor_flush(monitor);
    answer.close();
    outcome
}

#[otp::test(seeds = 20)]
fn glold_try_call(t: &mut Sim) {
    let subjects = process::current().subject();
    let told = subjects.clone();
    process::spawn(move |me| {
        let requests = me.subject::<(u32, Subject<u32>)>();
        told.send(requests.clone());
        while let Some((number, answer)) = requests.receive(None) {
            match number {
                13 => return,
                99 => otp::sleep(millis(20)),
                _ => {}
            }
            answer.send(number + 1);
        }
    });
    let requests = subjects.receive(None).unwrap();
    assert_eq!(try_call(&requests, 1, millis(10)), Ok(2));
    assert_eq!(try_call(&requests, 99, millis(10)), Err("timeout"));
    assert_eq!(try_call(&requests, 2, millis(20)), Ok(3));
    assert_eq!(try_call(&requests, 13, millis(10)), Err("callee down"));
    assert_eq!(try_call(&requests, 1, millis(10)), Err("callee down"));
    t.settle();
    // The answer that came too late has left nothing behind.
    assert_eq!(process::info(otp::self_pid()).unwrap().message_queue_len, 0);
}

#[otp::test(seeds = 20)]
fn glold_monitor(_t: &mut Sim) {
    let (pid, monitor) = process::spawn_monitor(|_| ());
    let downs = Selector::new().select_monitor(monitor, |down| (down.pid, down.reason));
    assert_eq!(downs.receive(None), Some((pid, ExitReason::Normal)));
    assert_eq!(downs.receive(NOW), None);
}

#[otp::test]
fn glold_null_channel(_t: &mut Sim) {
    let len = || process::info(otp::self_pid()).unwrap().message_queue_len;
    process::send(otp::self_pid(), ());
    let (before, null) = (len(), Subject::null());
    null.send(1);
    null.map(|text: &str| text.len()).send("text");
    assert_eq!((before, len()), (1, 1));
}

#[otp::test]
fn glold_map_receiver(_t: &mut Sim) {
    let numbers = process::current().subject::<u32>();
    let mapped = Selector::new().select(&numbers).map(|n| n + 1).map(|n| format!("<{}>", n * 10));
    numbers.send(1);
    assert_eq!(mapped.receive(NOW).unwrap(), "<20>");
}

/// A state that is set and read.
struct Cell(String);

#[actor]
impl Cell {
    #[init]
    fn init(state: Result<String, String>) -> Result<Self, String> {
        state.map(Self)
    }

    #[handle_info]
    fn put(&mut self, state: String) {
        self.0 = state;
    }

    #[handle_call]
    fn get(&self) -> String {
        self.0.clone()
    }
}

#[otp::test(seeds = 20)]
fn glold_actor_failed_init(t: &mut Sim) {
    let error = Cell::start(Err("not enough wiggles".into())).unwrap_err();
    assert!(matches!(&error, StartError::Failed(reason) if reason.to_string() == "not enough wiggles"), "{error:?}");
    let error = t.start(Cell::child_spec(Err("not enough wiggles".into()))).unwrap_err();
    assert!(matches!(&error, StartError::Failed(_)), "{error:?}");
    t.crashes();
}

#[otp::test]
fn glold_actor_channel(_t: &mut Sim) {
    let cell = Cell::start(Ok("test".into())).unwrap();
    let channel: Subject<String> = cell.subject();
    assert_eq!(cell.get().unwrap(), "test");
    channel.send("testing".into());
    assert_eq!(cell.get().unwrap(), "testing");
}

/// Works for a while, then answers.
struct Worker;

#[actor]
impl Worker {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn work(&mut self, n: u32) -> u32 {
        otp::sleep(millis(15));
        n
    }
}

#[otp::test(seeds = 20)]
fn glold_task_async_await(t: &mut Sim) {
    let workers = [Worker::start().unwrap(), Worker::start().unwrap(), Worker::start().unwrap()];
    let began = t.now();
    let tasks: Vec<Reply<u32>> = (1..).zip(&workers).map(|(n, worker)| worker.request().work(n)).collect();
    let done: Vec<_> = tasks.into_iter().map(Reply::wait).collect();
    assert_eq!(done, [Ok(1), Ok(2), Ok(3)]);
    assert_eq!(t.now() - began, millis(15));
}

/// Sends to a subject, from timers of its own.
struct Clock {
    to: Subject<u32>,
    timer: Option<TimerRef>,
}

#[actor]
impl Clock {
    #[init]
    fn init(to: Subject<u32>) -> Self {
        Self { to, timer: None }
    }

    #[handle_call]
    fn send_after(&mut self, delay: Duration, message: u32, ctx: &mut Context<Self>) {
        self.timer = Some(ctx.after(delay).send(message));
    }

    #[handle_info]
    fn send(&mut self, message: u32) {
        self.to.send(message);
    }

    #[handle_call]
    fn cancel(&mut self) -> Option<Duration> {
        self.timer.as_ref().and_then(TimerRef::cancel)
    }
}

#[otp::test(seeds = 20)]
fn glold_send_after(t: &mut Sim) {
    let numbers = process::current().subject();
    let clock = Clock::start(numbers.clone()).unwrap();
    clock.send_after(NOW, 1).unwrap();
    assert_eq!((numbers.receive(millis(1)), t.now()), (Some(1), NOW));
    clock.send_after(millis(5), 2).unwrap();
    assert_eq!(numbers.receive(millis(4)), None);
    assert_eq!(numbers.receive(millis(2)), Some(2));
    assert_eq!(t.now(), millis(5));
}

#[otp::test(seeds = 20)]
fn glold_null_channel_send_after(t: &mut Sim) {
    let clock = Clock::start(Subject::null()).unwrap();
    clock.send_after(millis(5), 1).unwrap();
    t.advance(millis(5));
    assert!(clock.is_alive());
    assert_eq!(process::info(clock.pid().unwrap()).unwrap().message_queue_len, 0);
}

#[otp::test(seeds = 20)]
fn glold_cancel_timer(t: &mut Sim) {
    let numbers = process::current().subject();
    let clock = Clock::start(numbers.clone()).unwrap();
    clock.send_after(millis(1), 1).unwrap();
    assert_eq!(numbers.receive(None), Some(1));
    assert_eq!(clock.cancel().unwrap(), None);
    clock.send_after(millis(100), 2).unwrap();
    t.advance(millis(1));
    assert_eq!(clock.cancel().unwrap(), Some(millis(99)));
    assert_eq!(numbers.receive(millis(200)), None);
}

/// Counts what it is told.
#[derive(Debug, Clone, PartialEq)]
struct Tally(u32);

#[actor]
impl Tally {
    #[init]
    fn init(start: u32) -> Self {
        Self(start)
    }

    #[handle_info]
    fn tell(&mut self) {
        self.0 += 1;
    }
}

#[otp::test(seeds = 20)]
fn glold_actor_get_state(_: &mut Sim) {
    assert_eq!(sys::state(&Tally::start(7).unwrap()), Ok(Tally(7)));
}

#[otp::test(seeds = 20)]
fn glold_actor_get_status(_: &mut Sim) {
    let tally = Tally::start(7).unwrap();
    let status = sys::status(&tally).unwrap();
    assert_eq!((status.initial_call, status.state.as_deref()), ("Tally", Some("Tally(7)")));
}

#[otp::test(seeds = 20)]
fn glold_actor_suspend_resume(t: &mut Sim) {
    let tally = Tally::start(0).unwrap();
    sys::suspend(&tally).unwrap();
    tally.tell();
    t.settle();
    assert_eq!(sys::state(&tally), Ok(Tally(0)), "the message waits");
    sys::resume(&tally).unwrap();
    t.settle();
    assert_eq!(sys::state(&tally), Ok(Tally(1)), "it was handled");
}
