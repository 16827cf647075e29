//! What takes room, what makes room, and what is given back.

use otp::{actor::Starter, prelude::*};

use super::{Busy, Gate, Log, Note, SaysGoodbye, busy, millis, occupy};

#[otp::test]
fn what_a_process_sends_to_itself_is_its_own(t: &mut Sim) {
    for policy in [Policy::Block, Policy::Reject, Policy::DropOldest, Policy::DropNewest, Policy::Stop] {
        let (busy, log, open) = busy(2, policy);
        busy.itself(10);
        busy.put(1);
        open.send(());
        t.advance(millis(1));
        assert_eq!(log.take(), [10, 1, 11, 12, 13, 14]);
        assert_eq!(busy.dropped(), 0);
        busy.itself(20);
        assert_eq!(busy.ask(2), Ok(2), "they took no room");
    }
}

#[otp::test]
fn what_comes_through_a_subject_of_its_own_finds_room(t: &mut Sim) {
    for policy in [Policy::Block, Policy::Reject, Policy::DropOldest, Policy::DropNewest, Policy::Stop] {
        let (busy, log, open) = busy(1, policy);
        busy.put(1);
        // Its handler waits for this.
        open.send(());
        t.settle();
        assert_eq!((log.take(), busy.dropped()), (vec![1], 0));
    }
}

#[otp::test]
fn what_is_found_by_its_type_takes_room_and_does_not_wait(t: &mut Sim) {
    for policy in [Policy::Block, Policy::Reject] {
        let (busy, log, open) = busy(2, policy);
        busy.subject::<Note>().send(Note(1));
        process::send(busy.pid().unwrap(), Note(2));
        busy.subject::<Note>().send(Note(3));
        assert!(busy.timeout(millis(1)).ask(4).is_err());
        assert_eq!(busy.dropped(), 1);
        open.send(());
        t.settle();
        assert_eq!(log.take(), [1, 2]);
        assert_eq!(busy.told().unwrap()[0].message, "info");
    }
}

#[otp::test]
fn what_a_handler_takes_out_makes_room(t: &mut Sim) {
    let log = Log::default();
    let busy = Starter::<Busy>::new().mailbox(Mailbox::bounded(1, Policy::Block)).start((log.clone(),)).unwrap();
    let gate = Gate::new();
    busy.take_note(gate.clone());
    let open = gate.opener();
    busy.subject::<Note>().send(Note(1));
    let sender = busy.clone();
    let (_, casts) = process::spawn_monitor(move |_| sender.no_timeout().put(2));
    t.advance(millis(1));
    assert!(process::current().receive_down(casts, Duration::ZERO).is_none(), "it is full");
    open.send(());
    assert!(process::current().receive_down(casts, millis(1)).is_some(), "who waited goes on");
    assert_eq!((log.take(), busy.dropped()), (vec![1], 0));
}

#[otp::test]
fn what_is_refused_may_be_refused_elsewhere(_: &mut Sim) {
    let (busy, _, _open) = busy(1, Policy::Reject);
    let (other, _, _open) = self::busy(1, Policy::Reject);
    busy.put(1);
    other.put(1);
    assert_eq!(busy.ask_with(SaysGoodbye(other.clone())), Err(CallError::Full));
    assert_eq!((busy.dropped(), other.dropped()), (0, 1));
}

#[otp::test]
fn a_call_that_is_given_up_takes_its_message_out_of_the_line(t: &mut Sim) {
    let (other, log, open) = busy(1, Policy::Reject);
    open.send(());
    let (busy, _, _open) = busy(1, Policy::Block);
    busy.put(1);
    let asked = busy.timeout(millis(1)).ask_with(SaysGoodbye(other.clone()));
    assert_eq!(asked, Err(CallError::Timeout { started: false }));
    t.settle();
    assert_eq!(log.take(), [0], "it was dropped");
}

#[otp::test]
fn an_answer_to_another_is_not_refused_with_what_carries_it(_: &mut Sim) {
    let (busy, _, _open) = busy(1, Policy::Reject);
    busy.put(1);
    let other = Context::<Busy>::for_test();
    let (reply, mut call) = other.reply_to();
    busy.take_back(reply);
    assert_eq!(busy.dropped(), 1);
    assert_eq!(call.check(), Some(Err(CallError::NoReply)), "no mailbox has refused it");
}

#[otp::test]
fn a_call_that_was_begun_is_not_refused_with_what_carries_its_reply(_: &mut Sim) {
    let busy = Starter::<Busy>::new().mailbox(Mailbox::bounded(1, Policy::Reject)).start((Log::default(),)).unwrap();
    let replies = process::current().subject();
    let call = busy.as_async().hand_on(replies.clone());
    let reply = replies.receive(None).unwrap();
    let _open = occupy(&busy);
    busy.put(1);
    busy.take_back(reply);
    assert_eq!(busy.dropped(), 1);
    assert_eq!(call.wait(), Err(CallError::NoReply), "its mailbox had room for the call");
}

/// Flushes what waits.
struct Flushing(Log);

#[actor(mailbox = bounded(2, block))]
impl Flushing {
    #[init]
    fn init(log: Log) -> Self {
        Self(log)
    }

    #[handle_cast]
    fn flush(&mut self) {
        process::sleep(millis(1));
        self.0.say(process::current().flush() as u32);
    }

    #[handle_call]
    fn ask(&mut self, what: u32) -> u32 {
        self.0.say(what);
        what
    }

    #[handle_cast(priority)]
    fn poke(&mut self) {}
}

#[otp::test]
fn what_waits_can_be_flushed_and_makes_room(t: &mut Sim) {
    let log = Log::default();
    let flushing = Flushing::start(log.clone()).unwrap();
    flushing.flush();
    t.settle();
    let flushed = flushing.as_async().ask(1);
    flushing.poke();
    let calls = [2, 3].map(|what| flushing.as_async().ask(what));
    t.advance(millis(1));
    assert_eq!(flushed.wait(), Err(CallError::NoReply));
    assert_eq!(calls.map(Reply::wait), [Ok(2), Ok(3)]);
    assert_eq!(log.take(), [2, 2, 3]);
    flushing.flush();
    t.settle();
    let stops = flushing.clone();
    process::spawn(move |_| stops.stop().unwrap());
    t.advance(millis(1));
    assert!(!flushing.is_alive(), "a request to stop is not flushed");
}

#[otp::test]
fn a_flushed_mailbox_is_as_a_new_one(t: &mut Sim) {
    let flushing =
        Starter::<Flushing>::new().mailbox(Mailbox::bounded(4, Policy::Reject)).start((Log::default(),)).unwrap();
    let fill = || (0..4).map(|what| flushing.as_async().ask(what)).collect::<Vec<_>>();
    flushing.flush();
    t.settle();
    let flushed = fill();
    t.advance(millis(1));
    assert!(flushed.into_iter().all(|asked| asked.wait() == Err(CallError::NoReply)));
    let asked: Vec<_> = fill().into_iter().map(Reply::wait).collect();
    assert_eq!(asked, [Ok(0), Ok(1), Ok(2), Ok(3)], "it has room for as many");
    flushing.flush();
    t.settle();
    drop(fill());
    t.advance(millis(1));
    t.kill(&flushing);
    assert!(!flushing.is_alive(), "signals are acted on");
}
