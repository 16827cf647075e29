//! How a process dies.

use std::{
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
        mpsc,
    },
};

use otp::{Node, prelude::*};

use super::{Keeper, Log, OnDrop, PATIENCE, down, keeper, why};

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
                let monitor = process::monitor(pid);
                if linked {
                    process::link(pid);
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
        process::exit(keeper.pid().unwrap(), ExitReason::Kill);
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
    t.kill(&keeper);
    assert_eq!(log.take(), ["idle"]);
}

#[otp::test(seeds = 200)]
fn a_process_dies_once_with_one_reason(t: &mut Sim) {
    let keeper = Keeper::start().unwrap();
    let pid = keeper.pid().unwrap();
    let reasons = process::current().subject();
    let monitors: Vec<_> = (0..3).map(|_| process::monitor(pid)).collect();
    process::link(pid);
    for _ in 0..3 {
        let sender = reasons.clone();
        process::spawn(move |me| {
            me.trap_exit(true);
            process::link(pid);
            sender.send(me.receive_exit(None).unwrap().reason);
        });
    }
    t.settle();
    for text in ["a", "b", "c"] {
        let keeper = keeper.clone();
        process::spawn(move |_| process::exit(pid, why(text)));
        process::spawn(move |_| keeper.fail_with(why(text)));
        process::spawn(move |_| process::exit(pid, ExitReason::Kill));
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
