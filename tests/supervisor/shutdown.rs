//! How children are ended.

use std::time::Duration;

use Strategy::{OneForAll, OneForOne};
use otp::{
    ClientExt, ExitReason, Shutdown, process,
    supervisor::{Child, Strategy, Supervisor},
};

use super::{Journal, Message, Plan, SECOND, Worker, reason_of, simulated};

#[test]
fn shutdown_is_awaited_child_by_child() {
    simulated(|t| {
        let journal = Journal::default();
        let slow = |id| Plan { traps: true, lingers: 2 * SECOND, ..journal.worker(id) };
        let supervisor = Supervisor::new(OneForOne)
            .child("a", slow("a").spec())
            .child("b", journal.spec("b"))
            .child("c", slow("c").spec().shutdown(Shutdown::Infinity))
            .start()
            .unwrap();
        journal.take();
        let began = t.now();
        supervisor.stop().unwrap();
        assert_eq!(journal.take(), "-c -b -a");
        assert_eq!(t.now() - began, 4 * SECOND);
    });
}

#[test]
fn a_child_that_does_not_end_is_killed_when_its_time_is_over() {
    simulated(|t| {
        let wedged = Plan { traps: true, lingers: 3600 * SECOND, ..Journal::default().worker("a") };
        let supervisor = Supervisor::new(OneForOne).child("a", wedged.spec()).start().unwrap();
        let monitor = process::monitor(supervisor.child::<Worker>("a").pid().unwrap());
        let began = t.now();
        supervisor.stop().unwrap();
        assert_eq!(t.now() - began, 5 * SECOND);
        assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Killed);
    });
}

#[test]
fn a_brutal_kill_asks_nobody() {
    simulated(|t| {
        let wedged = Plan { traps: true, lingers: 3600 * SECOND, ..Journal::default().worker("a") };
        let spec = wedged.spec().shutdown(Shutdown::BrutalKill);
        let supervisor = Supervisor::new(OneForOne).child("a", spec).start().unwrap();
        let monitor = process::monitor(supervisor.child::<Worker>("a").pid().unwrap());
        let began = t.now();
        supervisor.terminate_child("a").unwrap();
        assert_eq!(t.now(), began);
        assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Killed);
    });
}

#[test]
fn a_child_that_has_unlinked_itself_hangs_nobody() {
    simulated(|t| {
        let journal = Journal::default();
        let supervisor = Supervisor::new(OneForOne).child("a", journal.spec("a")).start().unwrap();
        let parent = supervisor.pid().unwrap();
        supervisor.child::<Worker>("a").cast(Message::Run(Box::new(move || process::unlink(parent))));
        t.settle();
        supervisor.stop().unwrap();
        assert_eq!(journal.take(), "+a -a");
    });
}

#[test]
fn a_child_that_dies_during_the_shutdown_of_another_is_collected() {
    simulated(|t| {
        let journal = Journal::default();
        let slow = Plan { traps: true, lingers: 2 * SECOND, ..journal.worker("b") };
        let supervisor =
            Supervisor::new(OneForAll).child("a", journal.spec("a")).child("b", slow.spec()).start().unwrap();
        let (a, b) = (supervisor.child::<Worker>("a"), supervisor.child::<Worker>("b"));
        let second = a.pid().unwrap();
        // `b` dies, `a` is stopped, both are started again; then `b` takes its time and `a` dies meanwhile.
        let stopped = {
            let supervisor = supervisor.clone();
            process::spawn(move |_| supervisor.stop().unwrap())
        };
        t.advance(SECOND);
        process::exit(second, ExitReason::Kill);
        assert_eq!(reason_of(stopped), ExitReason::Normal);
        assert_eq!(journal.take(), "+a +b -a -b");
        assert!(!b.is_alive());
    });
}

#[test]
fn a_child_has_the_time_to_shut_down_that_its_spec_says() {
    const HOUR: Duration = Duration::from_secs(3600);
    for (shutdown, expected) in [
        (Shutdown::After(2 * SECOND), 2 * SECOND),
        (Shutdown::After(7 * SECOND), 7 * SECOND),
        (Shutdown::After(2 * HOUR), HOUR),
        (Shutdown::Infinity, HOUR),
    ] {
        simulated(|t| {
            let slow = Plan { traps: true, lingers: HOUR, ..Journal::default().worker("a") };
            // A supervisor waits for another as long as that needs for its children.
            let nested =
                Supervisor::spec(move || Supervisor::new(OneForOne).child("a", slow.spec().shutdown(shutdown)));
            let supervisor = Supervisor::new(OneForOne).child("nested", nested).start().unwrap();
            let monitor = process::monitor(supervisor.place().child("nested").pid().unwrap());
            let began = t.now();
            supervisor.stop().unwrap();
            assert_eq!(t.now() - began, expected, "{shutdown:?}");
            let down = process::current().receive_down(monitor, None).unwrap();
            assert_eq!(down.reason, ExitReason::Shutdown, "{shutdown:?}");
        });
    }
}

#[test]
fn children_that_are_killed_are_awaited_one_by_one_too() {
    simulated(|_| {
        let journal = Journal::default();
        let killed = |id| journal.spec(id).shutdown(Shutdown::BrutalKill);
        let supervisor = ["a", "b", "c", "d"]
            .into_iter()
            .fold(Supervisor::new(OneForOne), |supervisor, id| supervisor.child(id, killed(id)))
            .start()
            .unwrap();
        journal.take();
        let d = supervisor.child::<Worker>("d").pid().unwrap();
        supervisor.terminate_child("d").unwrap();
        assert!(!process::is_alive(d));
        supervisor.stop().unwrap();
        assert_eq!(journal.take(), "-d -c -b -a");
    });
}
