//! Mailboxes that outlive a crash.

use std::{sync::mpsc, time::Duration};

use otp::{prelude::*, supervisor::MailboxOnRestart};

use super::{STRATEGIES, Worker, World, is_running, kill, millis, secs};

/// `a`, which keeps its mailbox or not, under a supervisor that waits for two seconds when it fails twice.
fn keeper(world: &World, mailbox: MailboxOnRestart) -> Supervisor {
    let spec = world.spec("a").mailbox_on_restart(mailbox).backoff(secs(2)..=secs(2));
    Supervisor::new(Strategy::OneForOne).intensity(9, secs(1)).child("a", spec)
}

#[otp::test(seeds = 50)]
fn queued_messages_are_dropped_at_a_restart_unless_they_are_kept(t: &mut Sim) {
    for keeps in [false, true] {
        let world = World::default();
        let mailbox = if keeps { MailboxOnRestart::Keep } else { MailboxOnRestart::Drop };
        let supervisor = keeper(&world, mailbox).start()?;
        let a = supervisor.child::<Worker>("a");
        let crashes = a.request().crash_unanswered(millis(100));
        a.note(1);
        let second = a.request().noted(2);
        let short = a.timeout(millis(50)).as_async().noted(3);
        a.note(4);
        let last = a.as_async().noted(5);
        assert_eq!(short.wait(), Err(CallError::Timeout { started: false }));
        t.advance(millis(60));
        let is_crash = |reply: &Result<_, CallError>| matches!(reply, Err(CallError::Exited(ExitReason::Panic(_))));
        assert!(matches!(crashes.wait(), Err(CallError::Exited(ExitReason::Panic(_)))), "it was being handled");
        a.note(6);
        let (second, last) = (second.wait(), last.wait());
        t.settle();
        let notes = world.take();
        if keeps {
            assert_eq!((second, last), (Ok(1), Ok(1)));
            assert_eq!(notes, ["+a", "+a", "a1: 1", "a1: 2", "a1: 4", "a1: 5", "a1: 6"]);
        } else {
            assert!(is_crash(&second) && is_crash(&last));
            assert_eq!(notes, ["+a", "+a", "a1: 6"]);
        }
        assert_eq!(t.crashes().len(), 1);
        supervisor.stop()?;
    }
}

#[otp::test(seeds = 20)]
fn what_a_process_has_said_to_itself_is_not_kept(t: &mut Sim) {
    let world = World::default();
    let supervisor = keeper(&world, MailboxOnRestart::Keep).start()?;
    let a = supervisor.child::<Worker>("a");
    a.crash_first();
    a.note(1);
    a.note(2);
    t.settle();
    assert_eq!(world.take(), ["+a", "+a", "a1: 1", "a1: 2"]);
    assert_eq!(t.crashes().len(), 1);
}

#[otp::test(seeds = 20)]
fn a_deferred_call_is_not_kept(t: &mut Sim) {
    let world = World::default();
    let supervisor = keeper(&world, MailboxOnRestart::Keep).start()?;
    let a = supervisor.child::<Worker>("a");
    let (to, replies) = mpsc::channel();
    let deferred = a.request().keep(to);
    t.settle();
    t.kill(&a);
    assert_eq!(deferred.wait(), Err(CallError::Exited(ExitReason::Killed)));
    assert!(!replies.recv().unwrap().is_awaited());
}

#[otp::test(seeds = 50)]
fn kept_messages_come_before_what_was_left_and_outlive_several_crashes(t: &mut Sim) {
    let world = World::default();
    let supervisor = keeper(&world, MailboxOnRestart::Keep).start()?;
    let a = supervisor.child::<Worker>("a");
    kill(t, &a);
    a.crash(millis(10));
    a.note(1);
    a.crash(Duration::ZERO);
    a.note(2);
    let call = a.request().noted(3);
    t.advance(millis(10));
    assert_eq!(t.crashes().len(), 1);
    let patient = a.wait_for_restart();
    patient.note(4);
    let left = patient.request().noted(5);
    a.note(0);
    assert_eq!(supervisor.place().child("a").undelivered(), 1, "a plain cast into the gap is dropped as ever");
    t.advance(secs(2));
    assert_eq!(t.crashes().len(), 1, "the second crash was kept, too");
    assert!(!is_running(&supervisor, "a"));
    t.advance(secs(2));
    assert_eq!((call.wait(), left.wait()), (Ok(3), Ok(3)));
    let notes = world.take().into_iter().filter(|note| note.starts_with('a')).collect::<Vec<_>>();
    assert_eq!(notes, ["a2: 1", "a3: 2", "a3: 3", "a3: 4", "a3: 5"]);
}

#[otp::test(seeds = 50)]
fn kept_messages_of_a_child_that_does_not_come_back_are_dropped_and_their_callers_told(t: &mut Sim) {
    let world = World::default();
    for end in 0..5 {
        let spec = world.spec("a").mailbox_on_restart(MailboxOnRestart::Keep).backoff(secs(60)..=secs(60));
        let spec = if end == 0 { spec.restart(Restart::Temporary) } else { spec };
        let supervisor = Supervisor::new(Strategy::OneForOne).child("a", spec).start()?;
        let a = supervisor.child::<Worker>("a").no_timeout();
        if end > 0 {
            kill(t, &a);
        }
        a.crash(millis(1));
        let calls = [a.request().noted(1), a.request().noted(2)];
        let at = t.now();
        if end == 4 {
            // With messages that it has not come to.
            let pid = supervisor.pid().unwrap();
            t.kill(&pid);
            t.settle();
            for call in calls {
                assert_eq!(call.wait(), Err(CallError::Exited(ExitReason::Killed)));
            }
            continue;
        }
        t.advance(millis(1));
        assert_eq!(t.crashes().len(), 1);
        match end {
            0 => {}
            1 => supervisor.terminate_child("a")?,
            2 => supervisor.stop()?,
            _ => {
                let pid = supervisor.pid().unwrap();
                t.kill(&pid);
            }
        }
        for call in calls {
            assert_eq!(call.wait(), Err(CallError::Exited(ExitReason::other("crash"))), "{end}");
        }
        assert!(t.now() - at < millis(100));
        if end < 2 {
            supervisor.stop()?;
        }
    }
    assert!(!world.take().iter().any(|note| note.starts_with('a')));
}

#[otp::test(seeds = 50)]
fn kept_messages_outlive_restarts_of_supervisors_and_of_groups(t: &mut Sim) {
    for strategy in STRATEGIES {
        let world = World::default();
        let inner = world.clone();
        let nested = Supervisor::spec(move || {
            let kept = |id| inner.spec(id).mailbox_on_restart(MailboxOnRestart::Keep);
            Supervisor::new(strategy).child("a", kept("a")).child("b", kept("b"))
        });
        let supervisor = Supervisor::new(strategy).child("nested", nested).start()?;
        let nested = supervisor.child::<Supervisor>("nested");
        let [a, b] = ["a", "b"].map(|id| nested.child::<Worker>(id));
        // It is stopped with the one that crashes, while it is busy; or it goes on.
        b.trap();
        b.crash(millis(20));
        t.advance(millis(1));
        let call = b.request().noted(1);
        t.kill(&a);
        t.advance(millis(50));
        assert!(call.wait().is_ok());
        t.crashes();
        // The supervisor ends, and its children with it.
        a.crash(millis(20));
        t.advance(millis(1));
        let call = a.request().noted(2);
        let pid = nested.pid().unwrap();
        t.kill(&pid);
        assert!(call.wait().is_ok());
        supervisor.stop()?;
    }
}
