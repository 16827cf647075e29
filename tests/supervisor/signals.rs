//! Exit signals: of strangers, of the parent, of children.

use std::sync::{Arc, Mutex, mpsc};

use Strategy::{OneForAll, OneForOne};
use otp::{
    CallError, ClientExt, ExitReason, Restart, process,
    supervisor::{Strategy, Supervisor},
};

use super::{Journal, Message, Plan, SECOND, Worker, four, reason_of, simulated, state};

#[test]
fn exit_signals_of_strangers_mean_nothing() {
    simulated(|t| {
        let journal = Journal::default();
        let supervisor = Supervisor::new(OneForAll).child("a", journal.spec("a")).start().unwrap();
        let pid = supervisor.pid().unwrap();
        process::spawn(move |_| process::exit(pid, ExitReason::Shutdown));
        // A child that lives cannot make its supervisor start a second one.
        supervisor
            .child::<Worker>("a")
            .cast(Message::Run(Box::new(move || process::exit(pid, ExitReason::other("boo")))));
        t.settle();
        assert_eq!(supervisor.pid(), Some(pid));
        assert_eq!(journal.take(), "+a");
    });
}

#[test]
fn the_exit_of_its_parent_ends_a_supervisor() {
    simulated(|t| {
        let journal = Journal::default();
        let (tell, told) = (Arc::new(Mutex::new(None)), four(OneForOne, &journal));
        let seen = Arc::clone(&tell);
        let parent = process::spawn(move |_| {
            *tell.lock().unwrap() = Some(told.start_link().unwrap());
            otp::sleep(SECOND);
            Err::<(), _>(ExitReason::shutdown_with("parent"))
        });
        t.settle();
        let supervisor = seen.lock().unwrap().take().unwrap();
        journal.take();
        let reason = reason_of(supervisor.pid().unwrap());
        assert_eq!(reason, ExitReason::shutdown_with("parent"));
        assert_eq!(journal.take(), "-d -c -b -a");
        assert!(!process::is_alive(parent));
    });
}

#[test]
fn children_do_not_survive_a_supervisor_that_is_killed() {
    simulated(|t| {
        let journal = Journal::default();
        let stubborn = Plan { traps: true, ..journal.worker("b") };
        let supervisor =
            Supervisor::new(OneForOne).child("a", journal.spec("a")).child("b", stubborn.spec()).start().unwrap();
        let (a, b) = (supervisor.child::<Worker>("a"), supervisor.child::<Worker>("b"));
        process::exit(supervisor.pid().unwrap(), ExitReason::Kill);
        t.settle();
        assert_eq!((a.pid(), b.pid(), supervisor.pid()), (None, None, None));
        let mut gone: Vec<_> = journal.take().split(' ').map(str::to_owned).skip(2).collect();
        gone.sort();
        assert_eq!(gone, ["-a", "-b"]);
    });
}

#[test]
fn a_forged_exit_and_the_end_that_follows_it_are_one_end() {
    simulated(|t| {
        let journal = Journal::default();
        let supervisor = Supervisor::new(OneForOne)
            .intensity(1, SECOND)
            .child("a", journal.spec("a").restart(Restart::Temporary))
            .child("b", journal.spec("b"))
            .start()
            .unwrap();
        let pid = supervisor.pid().unwrap();
        for id in ["a", "b"] {
            let child = supervisor.child::<Worker>(id);
            child.cast(Message::Run(Box::new(move || process::exit(pid, ExitReason::other("forged")))));
            child.cast(Message::End(ExitReason::Shutdown));
        }
        t.settle();
        assert_eq!(supervisor.pid(), Some(pid));
        assert_eq!(state(&supervisor, "a"), None);
        assert_eq!(supervisor.restarts("b"), Ok(1));
    });
}

#[test]
fn the_end_of_its_parent_ends_a_supervisor_that_is_linked_to_it_whatever_the_reason() {
    for (linked, reason) in [
        (true, ExitReason::Normal),
        (true, ExitReason::Shutdown),
        (true, ExitReason::other("boom")),
        (false, ExitReason::other("boom")),
    ] {
        simulated(|t| {
            let (tell, told) = mpsc::channel();
            let (supervisor, why) = (four(OneForOne, &Journal::default()), reason.clone());
            process::spawn(move |_| {
                tell.send(if linked { supervisor.start_link() } else { supervisor.start() }).unwrap();
                otp::sleep(SECOND);
                Err::<(), _>(why)
            });
            t.settle();
            let supervisor = told.try_recv().unwrap().unwrap();
            let monitor = process::monitor(supervisor.pid().unwrap());
            t.advance(SECOND);
            t.crashes();
            assert_eq!(supervisor.pid().is_some(), !linked, "{reason:?}");
            if linked {
                assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, reason);
            }
        });
    }
}

/// A caller, a monitor and the supervisor hear the same.
#[test]
fn everybody_hears_why_a_child_has_ended() {
    simulated(|t| {
        let supervisor = four(OneForOne, &Journal::default()).start().unwrap();
        let a = supervisor.child::<Worker>("a");
        let monitor = a.monitor().unwrap();
        a.cast(Message::Run(Box::new(|| panic!("out of paper"))));
        let Err(CallError::Exited(ExitReason::Panic(told))) = a.call(Message::Get) else { panic!("no panic") };
        assert_eq!((&*told.message, told.handler), ("out of paper", Some("message")));
        let reason = process::current().receive_down(monitor, None).unwrap().reason;
        assert_eq!(reason, ExitReason::Panic(told));
        t.settle();
        assert_eq!(a.call(Message::Get), Ok("a"), "it was nobody else's end");
        assert_eq!(t.crashes().len(), 1);
    });
}
