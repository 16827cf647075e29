//! The order in which messages and signals arrive.

use std::sync::{Arc, Mutex};

use otp::{Node, prelude::*};

use super::{PATIENCE, down, millis, stay};

/// Writes down what it receives, as it comes.
struct Recorder {
    seen: Arc<Mutex<Vec<String>>>,
}

#[actor]
impl Recorder {
    #[init]
    fn init(seen: Arc<Mutex<Vec<String>>>, ctx: &mut Context<Self>) -> Self {
        ctx.trap_exit(true);
        Self { seen }
    }

    fn see(&self, what: impl std::fmt::Display) {
        self.seen.lock().unwrap().push(what.to_string());
    }

    #[handle_cast]
    fn watch(&mut self, pid: Pid, ctx: &mut Context<Self>) {
        ctx.monitor(pid);
        ctx.link(pid);
    }

    #[handle_cast]
    fn note(&mut self, n: u32) {
        self.see(n);
    }

    #[handle_cast]
    fn be_busy(&mut self) {
        otp::sleep(millis(5));
        self.see("busy");
    }

    #[handle_info]
    fn exit(&mut self, exit: Exit) {
        self.see(format_args!("exit {}", exit.reason));
    }

    #[handle_info]
    fn down(&mut self, down: Down) {
        self.see(format_args!("down {}", down.reason));
    }

    #[handle_info]
    fn text(&mut self, text: String) {
        self.see(text);
    }
}

#[otp::test(seeds = 200)]
fn all_signals_of_a_pair_share_one_order(t: &mut Sim) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let recorder = Recorder::start(seen.clone()).unwrap();
    let (client, at) = (recorder.clone(), recorder.pid().unwrap());
    let sender = process::spawn(move |_| {
        client.be_busy();
        client.note(1);
        process::exit(at, ExitReason::shutdown_with(2));
        client.note(3);
        otp::sleep(millis(u64::from(otp::self_pid() == at)));
        client.note(4);
        process::exit(at, ExitReason::shutdown_with(5));
        client.note(6);
    });
    recorder.watch(sender);
    t.advance(millis(20));
    let seen = seen.lock().unwrap().clone();
    let mut seen: Vec<&str> = seen.iter().map(String::as_str).collect();
    // The end of the sender is told after all that it sent; which of `Exit` and `Down` comes first is not said.
    let end = seen.split_off(7);
    assert_eq!(seen, ["busy", "1", "exit shutdown: 2", "3", "4", "exit shutdown: 5", "6"]);
    assert_eq!(end.len(), 2, "{end:?}");
    assert!(end.iter().any(|end| end.starts_with("exit ")) && end.iter().any(|end| end.starts_with("down ")));
}

#[otp::test(seeds = 100)]
fn nothing_sent_after_a_fatal_exit_is_seen(t: &mut Sim) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (pid, monitor) = {
        let seen = seen.clone();
        let subjects = process::current().subject();
        let sender = subjects.clone();
        let (pid, monitor) = process::spawn_monitor(move |me| {
            let numbers = me.subject::<u32>();
            sender.send(numbers.clone());
            otp::sleep(millis(1));
            while let Some(n) = numbers.receive(None) {
                seen.lock().unwrap().push(n);
            }
        });
        let numbers = subjects.receive(None).unwrap();
        process::spawn(move |_| {
            otp::sleep(millis(1));
            (0..5).for_each(|n| numbers.send(n));
            process::exit(pid, ExitReason::Shutdown);
            (5..10).for_each(|n| numbers.send(n));
        });
        (pid, monitor)
    };
    assert_eq!(down(monitor), ExitReason::Shutdown);
    t.settle();
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen, (0..seen.len() as u32).collect::<Vec<_>>(), "{pid}");
    assert!(seen.len() <= 5);
}

#[test]
fn order_holds_between_threads_too() {
    const COUNT: u32 = 20_000;
    let node = Node::builder().cores(4).start().unwrap();
    node.enter(|| {
        let results = process::current().subject();
        let senders = 4u32;
        let subjects = process::current().subject();
        let (subjects_of, told) = (subjects.clone(), results.clone());
        let receiver = process::spawn(move |me| {
            let numbers = me.subject::<(u32, u32)>();
            (0..senders).for_each(|_| subjects_of.send(numbers.clone()));
            let mut next = vec![0; senders as usize];
            for _ in 0..senders * COUNT {
                let (sender, n) = numbers.receive(None).unwrap();
                assert_eq!(n, next[sender as usize]);
                next[sender as usize] += 1;
            }
            told.send(next);
        });
        for sender in 0..senders {
            let numbers = subjects.receive(None).unwrap();
            process::spawn(move |_| (0..COUNT).for_each(|n| numbers.send((sender, n))));
        }
        let _ = receiver;
        assert_eq!(results.receive(PATIENCE), Some(vec![COUNT; senders as usize]));
    });
    node.stop();
}

#[otp::test(seeds = 50)]
fn is_alive_looks_behind_what_the_caller_sent(_t: &mut Sim) {
    let pid = process::spawn(stay);
    assert!(process::is_alive(pid));
    process::exit(pid, ExitReason::Normal);
    assert!(process::is_alive(pid));
    process::exit(pid, ExitReason::Shutdown);
    assert!(!process::is_alive(pid));
    let pid = process::spawn(stay);
    process::exit(pid, ExitReason::Shutdown);
    assert_eq!(process::info(pid), None);
}

/// What the gone answers is there when the next thing is done, in the same turn.
#[otp::test]
fn what_has_arrived_is_decided_before_links_monitors_and_traps_change(t: &mut Sim) {
    let gone = process::spawn(|_| {});
    t.settle();
    let told = process::monitor(gone);
    assert!(!process::demonitor(told), "its `Down` has come");
    let flushed = process::monitor(gone);
    process::demonitor_flush(flushed);
    assert!(process::current().receive_down(flushed, Duration::ZERO).is_none());
    assert!(process::current().receive_down(told, Duration::ZERO).is_some(), "that of another monitor stays");

    process::trap_exit(true);
    process::link(gone);
    process::unlink(gone);
    assert_eq!(process::current().receive_exit(Duration::ZERO).map(|exit| exit.from), Some(gone));

    let (_, monitor) = process::spawn_monitor(move |_| {
        process::link(gone);
        process::trap_exit(true);
        process::sleep(Duration::from_secs(3600));
    });
    t.settle();
    let down = process::current().receive_down(monitor, Duration::ZERO);
    assert_eq!(down.map(|down| down.reason), Some(ExitReason::NoProc), "it did not trap when that came");
    t.crashes();
}
