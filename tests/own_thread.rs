//! Processes with a thread of their own: `#[actor(thread)]`, `Spawn::thread`.

#![cfg(feature = "macros")]
#![allow(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "actors of tests"
)]

use std::{
    cell::Cell,
    sync::{Arc, mpsc},
    thread::{self, ThreadId},
    time::{Duration, Instant},
};

use otp::{
    CallError, Node,
    prelude::*,
    process::{self, Spawn, exit},
};

thread_local! {
    static COUNT: Cell<u32> = const { Cell::new(0) };
}

/// Notes where it is dropped.
struct Noted(mpsc::Sender<ThreadId>);

impl Drop for Noted {
    fn drop(&mut self) {
        let _ = self.0.send(thread::current().id());
    }
}

pub struct Own {
    started: ThreadId,
    noted: Noted,
}

#[actor(thread)]
impl Own {
    #[init]
    fn init(dropped: mpsc::Sender<ThreadId>) -> Self {
        Self { started: thread::current().id(), noted: Noted(dropped) }
    }

    /// Counts in a local of its thread.
    #[handle_call]
    pub fn count(&self) -> (ThreadId, u32) {
        COUNT.set(COUNT.get() + 1);
        (thread::current().id(), COUNT.get())
    }

    #[handle_call]
    pub fn ask(&self, other: OtherRef) -> bool {
        let before = thread::current().id();
        other.nothing().unwrap();
        otp::sleep(Duration::from_millis(1));
        before == thread::current().id() && before == self.started
    }

    #[handle_call]
    pub async fn awaits(&self, other: OtherRef) -> bool {
        other.as_async().nothing().await.unwrap();
        self.started == thread::current().id()
    }

    #[handle_call]
    pub fn block(&self, told: mpsc::Receiver<()>) {
        let _ = told.recv();
    }

    #[handle_cast]
    pub fn crash(&self) {
        panic!("it crashes");
    }

    #[handle_cast]
    pub fn later(&self, told: mpsc::Sender<ThreadId>, ctx: &mut Context<Self>) {
        ctx.after(Duration::from_millis(1)).tell(told);
    }

    #[handle_cast]
    pub fn tell(&self, told: mpsc::Sender<ThreadId>) {
        told.send(thread::current().id()).unwrap();
    }

    #[terminate]
    fn end(&mut self, _: &ExitReason) {
        self.noted.0.send(thread::current().id()).unwrap();
    }
}

pub struct Other;

#[actor]
impl Other {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    pub fn nothing(&self) {}
}

/// Runs `test` in a node of its own.
fn in_a_node(cores: usize, test: impl FnOnce()) {
    let node = Node::builder().cores(cores).start().unwrap();
    node.enter(test);
    node.stop();
}

#[test]
fn all_that_it_runs_is_on_its_thread() {
    in_a_node(2, || {
        let (dropped, drops) = mpsc::channel();
        let own = Own::start(dropped.clone()).unwrap();
        let other = Other::start().unwrap();
        let (first, count) = own.count().unwrap();
        assert_eq!(count, 1);
        assert_eq!(own.count(), Ok((first, 2)));
        assert_eq!(own.ask(other.clone()), Ok(true));
        assert_eq!(own.awaits(other), Ok(true));
        let (tell, told) = mpsc::channel();
        own.later(tell);
        assert_eq!(told.recv(), Ok(first));
        let second = Own::start(dropped).unwrap();
        let (elsewhere, count) = second.count().unwrap();
        assert!(elsewhere != first && count == 1, "each has a thread of its own");
        own.stop().unwrap();
        assert_eq!([drops.recv(), drops.recv()], [Ok(first); 2], "terminate, then the destructor");
        second.stop().unwrap();
        assert_eq!(drops.recv(), Ok(elsewhere));
    });
}

#[test]
fn links_monitors_limits_and_kills_are_as_usual() {
    in_a_node(1, || {
        let (dropped, drops) = mpsc::channel();
        let me = process::current();
        let own = Own::start_link(dropped.clone()).unwrap();
        let monitor = own.monitor().unwrap();
        own.crash();
        let down = me.receive_down(monitor, None).unwrap();
        assert_eq!(down.reason.as_panic().unwrap().message, "it crashes");
        assert_eq!(me.receive_exit(None).unwrap().from, down.pid);
        assert_eq!((drops.recv().is_ok(), drops.recv().is_ok()), (true, true));

        let own = Own::start(dropped).unwrap();
        let monitor = own.monitor().unwrap();
        let (_held, holds) = mpsc::channel();
        let limit = Duration::from_millis(20);
        assert_eq!(own.timeout(limit).block(holds), Err(CallError::Timeout { started: true }));
        exit(own.pid().unwrap(), ExitReason::Kill);
        assert_eq!(me.receive_down(monitor, None).unwrap().reason, ExitReason::Killed);
    });
}

#[test]
fn while_it_blocks_the_one_core_goes_on() {
    in_a_node(1, || {
        let (dropped, _drops) = mpsc::channel();
        let owns: Vec<_> = (0..8).map(|_| Own::start(dropped.clone()).unwrap()).collect();
        let (tell, told): (Vec<_>, Vec<_>) = (0..8).map(|_| mpsc::channel()).unzip();
        let blocked: Vec<_> = owns.iter().zip(told).map(|(own, told)| own.no_timeout().request().block(told)).collect();
        let other = Other::start().unwrap();
        let began = Instant::now();
        for _ in 0..1000 {
            other.nothing().unwrap();
        }
        assert!(began.elapsed() < Duration::from_secs(5));
        drop(tell);
        blocked.into_iter().for_each(|call| call.wait().unwrap());
    });
}

#[test]
fn a_plain_process_has_one_too() {
    in_a_node(1, || {
        let (tell, told) = mpsc::channel();
        let (held, holds) = mpsc::channel::<()>();
        let other = Other::start().unwrap();
        let (_, monitor) = Spawn::new().thread().spawn_monitor(move |me| {
            let thread = thread::current().id();
            otp::sleep(Duration::from_millis(1));
            other.nothing().unwrap();
            let subject = me.subject::<()>();
            tell.send((subject.clone(), thread == thread::current().id())).unwrap();
            subject.receive(None).unwrap();
            let _ = holds.recv();
        });
        let (subject, stayed) = told.recv().unwrap();
        assert!(stayed);
        subject.send(());
        Other::start().unwrap().nothing().unwrap();
        drop(held);
        assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Normal);
    });
}

#[test]
fn its_thread_ends_with_it() {
    let node = Node::builder().cores(1).start().unwrap();
    let alive = Arc::new(());
    node.enter(|| {
        for _ in 0..50 {
            let alive = Arc::clone(&alive);
            let (_, monitor) = Spawn::new().thread().spawn_monitor(move |_| drop(alive));
            process::current().receive_down(monitor, None);
        }
    });
    node.stop();
    assert_eq!(Arc::strong_count(&alive), 1);
}
