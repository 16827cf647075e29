//! Many that wait, and the end of a node.

#[cfg(target_os = "linux")]
use std::sync::{Arc, Mutex};

use otp::{Node, prelude::*};

#[cfg(target_os = "linux")]
use super::{LONG, Tell};

/// Lets callers through when enough have come.
struct Gate {
    missing: usize,
    callers: Vec<ReplyTo<()>>,
}

#[actor]
impl Gate {
    #[init]
    fn init(missing: usize) -> Self {
        Self { missing, callers: Vec::new() }
    }

    #[handle_call]
    fn pass(&mut self, reply: ReplyTo<()>) {
        self.callers.push(reply);
        if self.callers.len() == self.missing {
            self.callers.drain(..).for_each(|caller| caller.send(()));
        }
    }
}

/// Waits at a gate in its handler.
struct Visitor {
    gate: GateRef,
}

#[actor]
impl Visitor {
    #[init]
    fn init(gate: GateRef) -> Self {
        Self { gate }
    }

    #[handle_call]
    fn visit(&mut self) -> Result<(), CallError> {
        self.gate.no_timeout().pass()
    }
}

const VISITORS: usize = 1000;

fn visit() {
    let gate = Gate::start(VISITORS).unwrap();
    let visitors: Vec<_> = (0..VISITORS).map(|_| Visitor::start(gate.clone()).unwrap()).collect();
    let visits: Vec<_> = visitors.iter().map(|visitor| visitor.request().visit()).collect();
    for visit in visits {
        assert_eq!(visit.wait(), Ok(Ok(())));
    }
}

#[test]
fn a_thousand_handlers_wait_on_one_core() {
    let node = Node::builder().cores(1).start().unwrap();
    node.enter(visit);
    node.stop();
    assert_eq!(node.len(), 0);
}

/// Runs the test of this name again, alone in a process of the system; true in there.
#[cfg(target_os = "linux")]
fn alone(name: &str) -> bool {
    if std::env::var_os("OTP_ALONE").is_some() {
        return true;
    }
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--test-threads", "1"])
        .env("OTP_ALONE", "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    false
}

#[cfg(target_os = "linux")]
#[test]
fn a_stopped_node_leaves_nothing() {
    if !alone("nodes::a_stopped_node_leaves_nothing") {
        return;
    }
    let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
    let before = threads();
    let node = Node::builder().cores(4).start().unwrap();
    // Without stacks of our own each core has a thread for the one it runs on.
    assert!(threads() >= before + 5);
    let dropped = Arc::new(Mutex::new(Vec::new()));
    node.enter(|| {
        visit();
        let (held, ready) = (dropped.clone(), process::current().subject());
        for _ in 0..100 {
            let (held, stubborn) = (held.clone(), process::spawn(|_| otp::sleep(LONG)));
            let sender = ready.clone();
            process::spawn(move |me| {
                let _held = Tell("held", held);
                me.trap_exit(true);
                process::link(stubborn);
                sender.send(());
                me.receive_exit(None);
            });
        }
        (0..100).for_each(|_| ready.receive(None).unwrap());
    });
    node.stop();
    // The system may show a thread for a moment after it was joined.
    let patience = std::time::Instant::now() + Duration::from_secs(10);
    while threads() > before && std::time::Instant::now() < patience {
        std::thread::yield_now();
    }
    assert_eq!((node.len(), node.timers(), threads()), (0, 0, before));
    assert_eq!(dropped.lock().unwrap().len(), 100);
    node.stop();
}
