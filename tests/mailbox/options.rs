//! Where the options of a mailbox stand.

use otp::prelude::*;

use super::{Busy, Log, Mutual, occupy};

supervisor! {
    Bounded<one_for_one> {
        busy: Busy(Log::default()) { mailbox: bounded(1, reject) };
        mutual: Mutual() { mailbox: unbounded };
    }
}

#[otp::test]
fn a_child_spec_says_how_its_mailbox_is(t: &mut Sim) {
    let tree = Bounded::start().unwrap();
    let open = occupy(&tree.busy());
    tree.busy().put(1);
    assert_eq!(tree.busy().ask(2), Err(CallError::Full));
    open.send(());
    let busy = t.start(Busy::child_spec(Log::default()).mailbox(Mailbox::bounded(1, Policy::Reject))).unwrap();
    let _open = occupy(&busy);
    busy.put(1);
    assert_eq!(busy.ask(2), Err(CallError::Full));
    busy.put(3);
    assert_eq!((busy.dropped(), tree.mutual().dropped()), (1, 0));
}

#[test]
#[should_panic(expected = "a mailbox has room for at least one message")]
fn a_mailbox_has_room() {
    let _ = Mailbox::bounded(0, Policy::Block);
}
