//! Children and supervisors that do not come back.

use std::{
    sync::{
        Arc,
        atomic::{
            AtomicBool,
            Ordering::{Relaxed, SeqCst},
        },
        mpsc,
    },
    time::Duration,
};

use Strategy::OneForOne;
use otp::{
    ClientExt, ExitReason, Shutdown, process,
    supervisor::{Child, Strategy, Supervisor},
};

use super::{Journal, Message, Worker};

/// On real cores: a handler that never comes back can't be interrupted, but its supervisor goes on without it.
#[test]
fn a_handler_that_never_comes_back_does_not_hang_its_supervisor() {
    let node = otp::Node::builder().cores(2).start().unwrap();
    let release = Arc::new(AtomicBool::new(false));
    node.enter(|| {
        let journal = Journal::default();
        let spec = journal.spec("a").shutdown(Shutdown::After(Duration::from_millis(20)));
        let supervisor = Supervisor::new(OneForOne).child("a", spec).start().unwrap();
        let stuck = Arc::clone(&release);
        supervisor.child::<Worker>("a").cast(Message::Run(Box::new(move || {
            while !stuck.load(Relaxed) {
                std::hint::spin_loop();
            }
        })));
        supervisor.terminate_child("a").unwrap();
        supervisor.restart_child("a").unwrap();
        assert_eq!(supervisor.child::<Worker>("a").call(Message::Get), Ok("a"));
        supervisor.stop().unwrap();
    });
    release.store(true, Relaxed);
    node.stop();
}

/// On real cores: nor does a supervisor that is stuck itself; when it comes back, it finds its place taken.
#[test]
fn a_supervisor_that_comes_back_too_late_takes_nothing_from_its_successor() {
    /// Says that whoever holds it is gone.
    struct Gone(mpsc::Sender<()>);
    impl Drop for Gone {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }

    let node = otp::Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        let (sticks, release) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let ((stuck, is_stuck), (gone, is_gone)) = (mpsc::channel(), mpsc::channel());
        let (first, journal) = (AtomicBool::new(true), Journal::default());
        let nested = {
            let (sticks, release) = (Arc::clone(&sticks), Arc::clone(&release));
            Supervisor::spec(move || {
                let (sticks, release, stuck) = (Arc::clone(&sticks), Arc::clone(&release), stuck.clone());
                let (plan, gone) = (journal.worker("a"), Gone(gone.clone()));
                let stuck = Worker::spec(move || {
                    let _ = &gone;
                    if sticks.swap(false, SeqCst) {
                        stuck.send(()).unwrap();
                        while !release.load(SeqCst) {
                            std::hint::spin_loop();
                        }
                    }
                    plan.clone()
                });
                let supervisor = Supervisor::new(OneForOne).child("a", stuck).child("b", journal.spec("b"));
                if first.swap(false, SeqCst) { supervisor.child("c", journal.spec("c")) } else { supervisor }
            })
        };
        let nested = nested.shutdown(Shutdown::After(Duration::from_millis(20)));
        let supervisor = Supervisor::new(OneForOne).child("nested", nested).start().unwrap();
        let inner = supervisor.child::<Supervisor>("nested");
        let [a, b, c] = ["a", "b", "c"].map(|id| inner.child::<Worker>(id));
        sticks.store(true, SeqCst);
        process::exit(a.pid().unwrap(), ExitReason::Kill);
        is_stuck.recv().unwrap();
        supervisor.terminate_child("nested").unwrap();
        supervisor.restart_child("nested").unwrap();
        assert_eq!(c.pid(), None, "there is no `c` any more");

        let holders = || (inner.pid().unwrap(), a.pid().unwrap(), b.pid().unwrap());
        let before = holders();
        assert_eq!((a.call(Message::Get), b.call(Message::Get)), (Ok("a"), Ok("b")));
        release.store(true, SeqCst);
        is_gone.recv().unwrap();
        assert_eq!(holders(), before);
        assert_eq!(inner.count_children().unwrap().active, 2);
        supervisor.stop().unwrap();
    });
    node.stop();
}
