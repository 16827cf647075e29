//! Code of the user that never comes back.

use otp::{Node, prelude::*, supervisor::ChildState};

use super::{Bad, How, PATIENCE, Worker, Wrong, hear, spec};
use crate::latch::Latch;

/// An error whose `Display` or `Debug` never comes back holds up the process that fails with it, and nobody else.
#[test]
fn a_text_that_never_comes_holds_up_its_own_process_alone() {
    hear();
    let node = Node::builder().cores(2).start().unwrap();
    let latch = Latch::default();
    let blocks = || Some(How::Blocks(latch.clone()));
    node.enter(|| {
        for wrong in
            [Wrong::Error(Bad::new(blocks(), None, None, "")), Wrong::Reason(Bad::new(None, blocks(), None, ""))]
        {
            let tree = Supervisor::new(Strategy::OneForOne)
                .child("bad", spec(&wrong))
                .child("good", spec(&wrong))
                .start()
                .unwrap();
            let [bad, good] = ["bad", "good"].map(|id| tree.child::<Worker>(id).timeout(PATIENCE));
            let before = bad.pid();
            bad.go_wrong();
            assert_eq!(good.ping(), Ok(()));
            let state =
                tree.which_children().unwrap().into_iter().find(|child| child.id == "bad".into()).unwrap().state;
            assert_eq!(state, ChildState::Running(before.unwrap()));
            let monitor = bad.monitor().unwrap();
            process::exit(before.unwrap(), ExitReason::Kill);
            process::current().receive_down(monitor, PATIENCE).unwrap();
            assert_eq!(bad.wait_for_restart().ping(), Ok(()));
            assert_ne!(bad.pid(), before);
            tree.stop().unwrap();
        }
    });
    latch.open();
    node.stop();
}

/// Fails with an error that is not dropped before it is let go.
struct Heavy;

#[actor]
impl Heavy {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_cast]
    fn fail(&self, latch: Latch) -> Result<(), Bad> {
        Err(Bad::new(None, None, Some(How::Blocks(latch)), ""))
    }

    #[handle_call]
    fn ping(&self) {}
}

/// An error whose `Drop` never comes back is not dropped by who has only heard of it.
#[test]
fn a_reason_whose_drop_never_comes_back_holds_up_no_supervisor() {
    let node = Node::builder().cores(2).start().unwrap();
    let latch = Latch::default();
    node.enter(|| {
        let tree = Supervisor::new(Strategy::OneForOne)
            .intensity(10, PATIENCE)
            .child("bad", Heavy::child_spec())
            .child("good", Heavy::child_spec())
            .start()
            .unwrap();
        let [bad, good] = ["bad", "good"].map(|id| tree.child::<Heavy>(id).timeout(PATIENCE));
        for _ in 0..3 {
            let (pid, monitor) = (bad.pid(), bad.monitor().unwrap());
            bad.fail(latch.clone());
            process::current().receive_down(monitor, PATIENCE).unwrap();
            assert_eq!((bad.wait_for_restart().ping(), good.ping()), (Ok(()), Ok(())));
            assert_ne!(bad.pid(), pid);
        }
        tree.stop().unwrap();
    });
    latch.open();
    node.stop();
}
