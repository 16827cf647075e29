//! What becomes of one message too many.

use otp::{mailbox::MailboxFull, prelude::*};

use super::{LONG, Note, busy, millis, occupy};

#[otp::test]
fn a_full_mailbox_refuses(t: &mut Sim) {
    let (busy, log, open) = busy(2, Policy::Reject);
    busy.put(1);
    busy.put(2);
    busy.put(3);
    assert_eq!(busy.ask(4), Err(CallError::Full));
    assert_eq!((busy.dropped(), t.now()), (1, Duration::ZERO), "nobody has waited");
    open.send(());
    assert_eq!(busy.ask(5), Err(CallError::Full), "it has not gone on yet");
    t.settle();
    assert_eq!(busy.ask(6), Ok(6));
    assert_eq!(log.take(), [1, 2, 6]);
    assert_eq!(busy.dropped(), 1, "who calls is told, and not counted");
}

#[otp::test]
fn the_oldest_is_dropped(t: &mut Sim) {
    let (busy, log, open) = busy(2, Policy::DropOldest);
    let first = busy.as_async().ask(1);
    busy.put(2);
    busy.put(3);
    assert_eq!(first.wait(), Err(CallError::Full));
    busy.put_first(4);
    busy.put_first(5);
    assert_eq!(busy.dropped(), 2);
    // Only such wait that go first.
    busy.put(6);
    assert_eq!(busy.ask_first(7), Err(CallError::Full));
    assert_eq!(busy.dropped(), 3);
    open.send(());
    t.settle();
    assert_eq!(log.take(), [4, 5]);
    assert_eq!(busy.told().unwrap().iter().map(|dropped| dropped.count).sum::<u64>(), 3);
}

#[otp::test]
fn only_messages_of_others_are_dropped(t: &mut Sim) {
    for policy in [Policy::DropOldest, Policy::DropNewest] {
        let (busy, log, open) = busy(1, policy);
        let gone = process::spawn(|_| process::sleep(millis(1)));
        busy.watch(gone);
        open.send(());
        t.settle();
        let open = occupy(&busy);
        t.advance(millis(2));
        busy.put(1);
        busy.put_first(2);
        open.send(());
        t.settle();
        assert_eq!(log.take(), [2, 0], "a `Down` is none");
    }
}

#[otp::test]
fn the_newest_is_dropped(t: &mut Sim) {
    let (busy, log, open) = busy(2, Policy::DropNewest);
    busy.put(1);
    let second = busy.as_async().ask(2);
    assert_eq!(busy.ask(3), Err(CallError::Full));
    busy.put(4);
    assert_eq!(busy.dropped(), 1);
    // It goes first, so it is not the newest of those that do not.
    busy.put_first(5);
    assert_eq!(second.wait(), Err(CallError::Full));
    open.send(());
    t.settle();
    assert_eq!(log.take(), [5, 1]);
    assert_eq!(busy.dropped(), 1);
}

#[otp::test]
fn who_is_flooded_ends(t: &mut Sim) {
    let (busy, log, _open) = busy(2, Policy::Stop);
    let monitor = busy.monitor().unwrap();
    let first = busy.as_async().ask(1);
    busy.put(2);
    let one_too_many = busy.as_async().ask(3);
    busy.put(4);
    let reason = process::current().receive_down(monitor, None).unwrap().reason;
    assert_eq!(reason.error_ref::<MailboxFull>().map(MailboxFull::limit), Some(2));
    assert_eq!(reason.to_string(), "its mailbox was full, with 2 messages");
    assert_eq!(first.wait(), Err(CallError::Exited(reason.clone())));
    assert_eq!(one_too_many.wait(), Err(CallError::Full));
    assert!(log.take().is_empty());
    assert_eq!(t.crashes().len(), 1);
}

/// Traps exits, which does not help it.
struct Trapping;

#[actor(mailbox = bounded(1, stop))]
impl Trapping {
    #[init]
    fn init(ctx: &mut Context<Self>) -> Self {
        ctx.trap_exit(true);
        Self
    }

    #[handle_cast]
    fn poke(&mut self) {}

    #[handle_cast]
    fn never(&mut self) {
        process::sleep(LONG);
    }
}

#[otp::test]
fn who_is_flooded_ends_though_it_traps_exits(t: &mut Sim) {
    let trapping = Trapping::start().unwrap();
    let monitor = trapping.monitor().unwrap();
    trapping.never();
    t.settle();
    trapping.poke();
    trapping.poke();
    let down = process::current().receive_down(monitor, millis(1)).unwrap();
    assert!(down.reason.error_ref::<MailboxFull>().is_some());
    drop(t.crashes());
}

#[otp::test]
fn who_lost_messages_is_told_before_the_next(t: &mut Sim) {
    let (busy, log, open) = busy(1, Policy::Reject);
    busy.put(1);
    busy.put(2);
    busy.note(Note(3));
    assert_eq!(busy.ask(4), Err(CallError::Full));
    open.send(());
    t.settle();
    let told = busy.told().unwrap();
    assert_eq!(told.iter().map(|dropped| (dropped.count, dropped.message)).collect::<Vec<_>>(), [(2, "note")]);
    assert_eq!(log.take(), [1]);
    assert_eq!(busy.told(), Ok(vec![]), "once");
}
