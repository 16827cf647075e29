//! Adopted threads.

use std::{
    panic::catch_unwind,
    sync::{Arc, Mutex, mpsc},
    thread,
};

use otp::{Node, prelude::*};

use super::{LONG, PATIENCE, millis, why};

#[test]
fn a_thread_becomes_a_process_that_traps_exits() {
    thread::spawn(|| {
        let me = process::current();
        assert_eq!(me.pid(), otp::self_pid());
        let numbers = me.subject();
        let sender = numbers.clone();
        let child = process::spawn_link(move |_| {
            sender.send(7);
            Err(ExitReason::shutdown_with("done"))
        });
        assert_eq!(numbers.receive(PATIENCE), Some(7));
        let exit = me.receive_exit(PATIENCE).unwrap();
        assert_eq!((exit.from, exit.reason), (child, ExitReason::shutdown_with("done")));
        assert_eq!(numbers.receive(millis(1)), None);
    })
    .join()
    .unwrap();
}

/// It is told where it waits, and may go on.
#[otp::test(seeds = 20)]
fn a_thread_that_has_to_end_is_not_alive(t: &mut Sim) {
    process::current().trap_exit(false);
    let (own, alive) = (otp::self_pid(), Arc::new(Mutex::new(Vec::new())));
    let seen = alive.clone();
    process::spawn(move |_| {
        process::exit(own, why("ended"));
        seen.lock().unwrap().push(process::is_alive(own));
    });
    assert!(catch_unwind(|| otp::sleep(LONG)).is_err());
    otp::sleep(millis(1));
    assert_eq!((t.now(), &*alive.lock().unwrap()), (millis(1), &vec![false]));
}

#[otp::test(seeds = 20)]
fn who_is_being_dropped_is_not_alive(t: &mut Sim) {
    struct Asks(Arc<Mutex<Vec<bool>>>);
    impl Drop for Asks {
        fn drop(&mut self) {
            self.0.lock().unwrap().push(process::is_alive(otp::self_pid()));
        }
    }
    let alive = Arc::new(Mutex::new(Vec::new()));
    let asks = Asks(alive.clone());
    let pid = process::spawn_async(async move |_| {
        let _asks = asks;
        process::sleep_async(LONG).await;
    });
    t.settle();
    process::exit(pid, ExitReason::Shutdown);
    t.settle();
    assert_eq!(*alive.lock().unwrap(), [false]);
}

/// Nobody can say when a thread comes back.
#[test]
fn a_killed_thread_is_not_waited_for() {
    let node = Node::builder().cores(1).start().unwrap();
    let (pid, pids) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let inside = node.clone();
    let thread = thread::spawn(move || {
        inside.enter(|| {
            pid.send(otp::self_pid()).unwrap();
            let _ = may_go_on.recv();
        });
    });
    let pid = pids.recv().unwrap();
    node.enter(|| {
        assert!(process::is_alive(pid));
        process::exit(pid, ExitReason::Kill);
        assert!(!process::is_alive(pid));
    });
    drop(go_on);
    thread.join().unwrap();
    node.stop();
}

#[test]
fn a_thread_that_does_not_trap_panics_where_it_waits() {
    let thread = thread::spawn(|| {
        process::current().trap_exit(false);
        process::spawn_link(|_| Err(ExitReason::shutdown_with("child is gone")));
        otp::sleep(PATIENCE);
    });
    let payload = thread.join().unwrap_err();
    assert!(payload.downcast_ref::<String>().unwrap().contains("child is gone"));
}

#[test]
fn the_links_of_a_thread_learn_its_end() {
    let ends = process::current().subject();
    let told = ends.clone();
    let guarded = move || {
        let ready = process::current().subject();
        let (ready_now, told) = (ready.clone(), told.clone());
        process::spawn_link(move |me| {
            me.trap_exit(true);
            ready_now.send(());
            told.send(me.receive_exit(None).unwrap());
        });
        ready.receive(None).unwrap();
        otp::self_pid()
    };
    let pid = thread::spawn(guarded.clone()).join().unwrap();
    let exit = ends.receive(PATIENCE).unwrap();
    assert_eq!((exit.from, exit.reason), (pid, ExitReason::Normal));

    let panicking = move || {
        guarded();
        panic!("as told");
    };
    thread::spawn(move || Node::current().enter(panicking)).join().unwrap_err();
    assert_eq!(ends.receive(PATIENCE).unwrap().reason, ExitReason::Killed);
}

#[test]
fn a_thread_is_a_process_of_the_node_that_it_enters() {
    let node = Node::builder().cores(1).start().unwrap();
    let inside = node.enter(|| {
        let own = otp::self_pid();
        assert_eq!(node.processes(), [own]);
        process::register("here", own).unwrap();
        own
    });
    assert_ne!(otp::self_pid(), inside);
    assert_eq!(process::whereis("here"), None);
    assert!(node.is_empty());
    node.stop();
}
