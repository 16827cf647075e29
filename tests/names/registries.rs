//! Registries, and processes of other nodes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
        mpsc,
    },
    time::Instant,
};

use otp::{
    Name, Node,
    actor::Starter,
    name::{RegName, RegisterError, Via},
    prelude::*,
};

use super::{Book, Idle, millis, stay};

#[test]
fn a_process_of_another_node_gets_no_name() {
    let [here, there] = [(); 2].map(|()| Node::builder().cores(1).start().unwrap());
    let stranger = there.enter(|| process::spawn(stay));
    here.enter(|| {
        assert_eq!(process::register("stranger", stranger), Err(RegisterError::OtherNode));
        assert_eq!((process::whereis("stranger"), process::registered()), (None, Vec::new()));
    });
    here.stop();
    there.stop();
}

#[test]
fn a_registry_may_know_processes_of_other_nodes() {
    let [here, there] = [(); 2].map(|()| Node::builder().cores(1).start().unwrap());
    let book = Arc::new(Book::default());
    // Pids of two nodes may differ in the node alone.
    let [near, far] = [&here, &there].map(|node| node.enter(|| process::spawn(stay)));
    book.register(&"far", far).unwrap();
    here.enter(|| {
        let name = RegName::via(&book, "far");
        assert_eq!(name.whereis(), Some(far));
        process::exit(&name, ExitReason::Shutdown);
        let monitor = process::monitor(far);
        assert!(process::current().receive_down(monitor, None).is_some());
        assert!(process::is_alive(near));
    });
    here.stop();
    there.stop();
}

/// What a registry does wrong while a start fails changes nothing about how it fails.
#[otp::test]
fn a_registry_that_panics_does_not_hide_why_a_start_failed(t: &mut Sim) {
    let book = Arc::new(Book::default());
    let name = Name::via(&book, "idle");
    book.panics.store(true, SeqCst);
    let error = Starter::<Idle>::new().name(&name).start((true,)).unwrap_err();
    assert!(matches!(&error, StartError::Failed(reason) if reason.to_string() == "told to"), "{error}");
    assert_eq!(name.whereis(), None);
    assert_eq!(t.crashes().len(), 1);
}

/// Who is told that there is no such process finds its name free, even if it asked while the process was ending.
#[test]
fn a_late_monitor_is_told_when_the_name_is_free() {
    /// Says that it is dropped, and waits until it may go on.
    struct Gate(mpsc::Sender<()>, mpsc::Receiver<()>);

    impl Drop for Gate {
        fn drop(&mut self) {
            self.0.send(()).unwrap();
            let _ = self.1.recv();
        }
    }

    /// Holds its owner up until `told`, but not for ever.
    struct Hold(Arc<AtomicBool>);

    impl Drop for Hold {
        fn drop(&mut self) {
            let until = Instant::now() + millis(100);
            while !self.0.load(SeqCst) && Instant::now() < until {
                std::thread::yield_now();
            }
        }
    }

    let node = Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        let (dropped, is_dropped) = mpsc::channel();
        let (go, may_go) = mpsc::channel();
        let gate = Gate(dropped, may_go);
        let pid = process::spawn(move |me| {
            let _gate = gate;
            me.receive_exit(None);
        });
        process::register("port", pid).unwrap();
        process::exit(pid, ExitReason::Shutdown);
        is_dropped.recv().unwrap();
        let monitor = process::monitor(pid);
        let told = Arc::new(AtomicBool::new(false));
        process::send(pid, Hold(Arc::clone(&told)));
        go.send(()).unwrap();
        let reason = process::current().receive_down(monitor, None).unwrap().reason;
        let free = process::register("port", otp::self_pid());
        told.store(true, SeqCst);
        assert_eq!((reason, free), (ExitReason::NoProc, Ok(())));
    });
    node.stop();
}
