//! Signals and a full mailbox.

use otp::{actor::Starter, prelude::*};

use super::{Busy, Log, busy, millis, waiting};

#[otp::test]
fn signals_do_not_wait_behind_a_full_mailbox(t: &mut Sim) {
    let (busy, log, open) = busy(1, Policy::Reject);
    let pid = busy.pid().unwrap();
    busy.put(1);
    assert_eq!(waiting(&busy), (1, 0), "it answers a question about itself");
    let monitor = process::monitor(pid);
    process::link(pid);
    t.settle();
    assert_eq!(process::info(pid).unwrap().links, [process::self_pid()]);
    assert_eq!(busy.ask(2), Err(CallError::Full));
    assert!(process::current().receive_down(monitor, Duration::ZERO).is_none());
    let stops = busy.clone();
    let (_, stopped) = process::spawn_monitor(move |_| stops.stop_with(ExitReason::Shutdown, None).unwrap());
    t.settle();
    open.send(());
    assert_eq!(process::current().receive_down(stopped, millis(1)).unwrap().reason, ExitReason::Normal);
    assert_eq!(process::current().receive_down(monitor, millis(1)).unwrap().reason, ExitReason::Shutdown);
    assert_eq!(log.take(), [1], "it is asked to stop in turn with the messages");
    assert_eq!(process::current().receive_exit(millis(1)).unwrap().reason, ExitReason::Shutdown);
}

/// Whoever asks first is told of none that comes behind.
#[otp::test(seeds = 50)]
fn a_signal_that_waits_to_be_acted_on_is_no_message(_: &mut Sim) {
    for mailbox in [Mailbox::UNBOUNDED, Mailbox::bounded(2, Policy::Reject)] {
        let pid = Starter::<Busy>::new().mailbox(mailbox).start((Log::default(),))?.pid().unwrap();
        let lengths = process::current().subject();
        let tell = lengths.clone();
        process::spawn(move |_| tell.send(process::info(pid).unwrap().message_queue_len));
        process::spawn(move |_| _ = process::monitor(pid));
        assert_eq!(lengths.receive(None), Some(0));
    }
}

#[otp::test]
fn a_signal_is_acted_on_before_it_is_received(_: &mut Sim) {
    let (busy, _, open) = busy(1, Policy::Reject);
    open.send(());
    let down = busy.watch_name("nobody".into()).unwrap().unwrap();
    assert_eq!((down.name, down.reason), (Some("nobody".into()), ExitReason::NoProc));
}

#[otp::test]
fn a_kill_does_not_wait_behind_a_full_mailbox(t: &mut Sim) {
    let (busy, log, _open) = busy(1, Policy::Block);
    busy.put(1);
    let started = t.now();
    t.kill(&busy);
    assert_eq!((t.now(), log.take()), (started, vec![]));
}
