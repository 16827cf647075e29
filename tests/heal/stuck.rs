//! Children that do not come back.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
        mpsc,
    },
};

use otp::{
    prelude::*,
    supervisor::{MailboxOnRestart, Shutdown},
};
use tracing::Level;

use super::{millis, secs};
use crate::listener::{Report, listen};

/// Does not come back until it is let go.
struct Stuck(Arc<AtomicBool>);

#[actor]
impl Stuck {
    #[init]
    fn init(let_go: Arc<AtomicBool>) -> Self {
        Self(let_go)
    }

    #[handle_cast]
    fn get_stuck(&mut self, running: mpsc::Sender<()>) {
        running.send(()).unwrap();
        while !self.0.load(SeqCst) {
            std::hint::spin_loop();
        }
    }

    #[handle_call]
    fn ping(&self) {}
}

/// On real cores: the one who has taken a request that was left never comes to it.
#[test]
fn a_request_that_was_left_is_not_lost_with_a_stuck_child() {
    let node = otp::Node::builder().cores(1).start().unwrap();
    let let_go = Arc::new(AtomicBool::new(false));
    node.enter(|| {
        let args = Arc::clone(&let_go);
        let spec = Stuck::spec(move || (Arc::clone(&args),)).backoff(millis(100)..=millis(100));
        let tree = Supervisor::new(Strategy::OneForOne).child("a", spec).start().unwrap();
        let a = tree.child::<Stuck>("a").timeout(secs(60)).wait_for_restart();
        for _ in 0..2 {
            a.ping().unwrap();
            let end = a.monitor().unwrap();
            process::exit(a.pid().unwrap(), ExitReason::Kill);
            process::current().receive_down(end, None).unwrap();
        }
        let (running, is_running) = mpsc::channel();
        a.get_stuck(running);
        let queued = a.request().ping();
        is_running.recv().unwrap();
        process::exit(a.pid().unwrap(), ExitReason::Kill);
        assert_eq!(queued.wait(), Err(CallError::Exited(ExitReason::Killed)));
        tree.stop().unwrap();
    });
    let_go.store(true, SeqCst);
    node.stop();
}

/// On real cores: a handler that never returns.
#[test]
fn a_stuck_child_is_declared_dead_and_its_tree_goes_on() {
    let reports = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&reports);
    listen(move |event| {
        if *event.metadata().level() == Level::ERROR {
            heard.lock().unwrap().push(Report::of(event).fields);
        }
    });
    let node = otp::Node::builder().cores(1).start().unwrap();
    let let_go = Arc::new(AtomicBool::new(false));
    node.enter(|| {
        let spec = || {
            let let_go = Arc::clone(&let_go);
            Stuck::spec(move || (Arc::clone(&let_go),)).shutdown(Shutdown::After(millis(50)))
        };
        let tree = Supervisor::new(Strategy::OneForOne)
            .child("first", spec().mailbox_on_restart(MailboxOnRestart::Keep))
            .child("second", spec())
            .child("other", spec())
            .start()
            .unwrap();
        let [first, second, other] = ["first", "second", "other"].map(|id| tree.child::<Stuck>(id).timeout(secs(60)));
        let mut lost = BTreeMap::new();

        // At kill: it is started again, its queue is not kept, and who waits for its restart reaches the next one.
        let (running, is_running) = mpsc::channel();
        first.get_stuck(running.clone());
        is_running.recv().unwrap();
        let (queued, before) = (first.request().ping(), first.pid().unwrap());
        process::exit(before, ExitReason::Kill);
        assert_eq!(queued.wait(), Err(CallError::Exited(ExitReason::Killed)));
        assert_eq!(first.wait_for_restart().ping(), Ok(()));
        assert_ne!(first.pid(), Some(before));
        assert_eq!(node.lost_threads(), 1);
        lost.insert(before.to_string(), ());

        // At its shutdown timeout.
        second.get_stuck(running);
        is_running.recv().unwrap();
        lost.insert(second.pid().unwrap().to_string(), ());
        tree.terminate_child("second").unwrap();
        assert_eq!(node.lost_threads(), 2);
        assert_eq!(second.wait_for_restart().ping(), Err(CallError::NoProc));
        tree.restart_child("second").unwrap();
        for child in [&first, &second, &other] {
            assert_eq!(child.ping(), Ok(()), "the thread was replaced");
        }

        // People may hear of it later than those who watch it.
        let mut dead = Vec::new();
        while dead.len() < 2 {
            let reports = std::mem::take(&mut *reports.lock().unwrap());
            let is_ours = |report: &BTreeMap<_, String>| {
                report["message"].contains("get_stuck") && lost.contains_key(&report["pid"])
            };
            dead.extend(reports.into_iter().filter(is_ours));
            std::thread::yield_now();
        }
        for report in dead {
            assert!(report["process"].contains("Stuck") && !report["running"].is_empty(), "{report:?}");
        }
        tree.stop().unwrap();
    });
    let_go.store(true, SeqCst);
    node.stop();
}

/// Notes what it is told.
struct Notes(mpsc::Sender<u32>);

#[actor]
impl Notes {
    #[init]
    fn init(notes: mpsc::Sender<u32>) -> Self {
        Self(notes)
    }

    #[handle_cast]
    fn end(&mut self, ctx: &mut Context<Self>) {
        ctx.stop(ExitReason::other("over"));
    }

    #[handle_cast]
    fn note(&self, what: u32) {
        let _ = self.0.send(what);
    }

    #[handle_call]
    fn ping(&self) {}
}

/// A message that is not dropped until it is let go.
struct Heavy {
    dropping: mpsc::Sender<()>,
    let_go: Arc<AtomicBool>,
}

impl Drop for Heavy {
    fn drop(&mut self) {
        let _ = self.dropping.send(());
        while !self.let_go.load(SeqCst) {
            std::hint::spin_loop();
        }
    }
}

/// What it had taken in is not handed on when it comes back: its successor is at work.
#[test]
fn one_that_was_declared_dead_at_its_end_keeps_nothing() {
    let node = otp::Node::builder().cores(1).start().unwrap();
    let let_go = Arc::new(AtomicBool::new(false));
    let (notes, noted) = mpsc::channel();
    node.enter(|| {
        let spec = Notes::spec(move || (notes.clone(),)).mailbox_on_restart(MailboxOnRestart::Keep);
        let tree = Supervisor::new(Strategy::OneForOne).child("a", spec).start().unwrap();
        let a = tree.child::<Notes>("a").timeout(secs(60));
        // The core is held, so that it takes all at once.
        let (free, held) = mpsc::channel::<()>();
        process::spawn(move |_| {
            let _ = held.recv();
        });
        a.end();
        a.note(1);
        let mut queued = a.request().ping();
        assert_eq!(queued.check(), None);
        let (dropping, is_dropping) = mpsc::channel();
        process::send(a.pid().unwrap(), Heavy { dropping, let_go: Arc::clone(&let_go) });
        drop(free);
        is_dropping.recv().unwrap();
        process::exit(a.pid().unwrap(), ExitReason::Kill);
        assert_eq!(queued.wait(), Err(CallError::Exited(ExitReason::Killed)));
        assert_eq!(a.wait_for_restart().ping(), Ok(()));
        let_go.store(true, SeqCst);
        while node.lost_threads() > 0 {
            std::thread::yield_now();
        }
        a.note(2);
        assert_eq!(noted.recv(), Ok(2), "no news of the dead");
        tree.stop().unwrap();
    });
    node.stop();
}
