//! Who is restarted, in which order, and when a supervisor gives up.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use Strategy::{OneForAll, OneForOne, RestForOne};
use otp::{
    CallError, ClientExt, ExitReason, Restart, process,
    supervisor::{Child, ChildError, Strategy, Supervisor},
};

use super::{Journal, Message, Plan, SECOND, Worker, end, four, is_running, kill, simulated, state};

const NANO: Duration = Duration::from_nanos(1);

#[test]
fn strategies_restart_whom_they_say_in_order() {
    for (strategy, expected) in
        [(OneForOne, "-b +b"), (RestForOne, "-b -d -c +b +c +d"), (OneForAll, "-b -d -c -a +a +b +c +d")]
    {
        simulated(|t| {
            let journal = Journal::default();
            let supervisor = four(strategy, &journal).start().unwrap();
            assert_eq!(journal.take(), "+a +b +c +d");
            kill(t, &supervisor, "b");
            assert_eq!(journal.take(), expected, "{strategy:?}");
            let restarts = ["a", "b", "c", "d"].map(|id| supervisor.restarts(id).unwrap());
            assert_eq!(restarts, ["a", "b", "c", "d"].map(|id| u64::from(expected.contains(&format!("+{id}")))));
            supervisor.stop().unwrap();
            assert_eq!(journal.take(), "-d -c -b -a");
        });
    }
}

#[test]
fn a_group_restart_starts_those_that_had_stopped_and_forgets_the_temporary() {
    for strategy in [RestForOne, OneForAll] {
        simulated(|t| {
            let journal = Journal::default();
            let supervisor = Supervisor::new(strategy)
                .child("a", journal.spec("a"))
                .child("b", journal.spec("b").restart(Restart::Temporary))
                .child("c", journal.spec("c").restart(Restart::Transient))
                .child("d", journal.spec("d"))
                .start()
                .unwrap();
            end(t, &supervisor, "c", ExitReason::Normal);
            supervisor.terminate_child("d").unwrap();
            assert_eq!(journal.take(), "+a +b +c +d -c -d");
            kill(t, &supervisor, "a");
            assert_eq!(journal.take(), "-a -b +a +c +d", "{strategy:?}");
            assert_eq!(state(&supervisor, "b"), None);
        });
    }
}

#[test]
fn a_temporary_crash_leaves_its_siblings_alone() {
    simulated(|t| {
        let journal = Journal::default();
        let supervisor = Supervisor::new(OneForAll)
            .intensity(0, SECOND)
            .child("a", journal.spec("a"))
            .child("b", journal.spec("b").restart(Restart::Temporary))
            .start()
            .unwrap();
        journal.take();
        kill(t, &supervisor, "b");
        assert_eq!(journal.take(), "-b");
        assert!(is_running(&supervisor, "a"));
    });
}

#[test]
fn restart_types() {
    let shutdown_with = || ExitReason::shutdown_with("enough");
    for (restart, reason, again, kept) in [
        (Restart::Permanent, ExitReason::Normal, true, true),
        (Restart::Permanent, ExitReason::Killed, true, true),
        (Restart::Transient, ExitReason::Normal, false, true),
        (Restart::Transient, ExitReason::Shutdown, false, true),
        (Restart::Transient, shutdown_with(), false, true),
        (Restart::Transient, ExitReason::Killed, true, true),
        (Restart::Temporary, ExitReason::Normal, false, false),
        (Restart::Temporary, ExitReason::Killed, false, false),
    ] {
        simulated(|t| {
            let journal = Journal::default();
            let supervisor = Supervisor::new(OneForOne).child("a", journal.spec("a").restart(restart)).start().unwrap();
            end(t, &supervisor, "a", reason.clone());
            assert_eq!(is_running(&supervisor, "a"), again, "{restart:?} {reason:?}");
            assert_eq!(state(&supervisor, "a").is_some(), kept, "{restart:?} {reason:?}");
        });
    }
}

#[test]
fn intensity_counts_to_the_nanosecond() {
    for (wait, survives) in [(5 * SECOND, false), (5 * SECOND + NANO, true)] {
        simulated(|t| {
            let journal = Journal::default();
            let supervisor = four(OneForOne, &journal).intensity(2, 5 * SECOND).start().unwrap();
            let monitor = process::monitor(supervisor.pid().unwrap());
            kill(t, &supervisor, "a");
            t.advance(SECOND);
            kill(t, &supervisor, "b");
            t.advance(wait - SECOND);
            kill(t, &supervisor, "a");
            journal.take();
            if survives {
                assert!(is_running(&supervisor, "a"));
                assert_eq!(supervisor.restarts("a"), Ok(2));
            } else {
                let down = process::current().receive_down(monitor, None).unwrap();
                assert_eq!(down.reason, ExitReason::Shutdown);
                assert_eq!(supervisor.count_children(), Err(ChildError::Gone(CallError::NoProc)));
            }
        });
    }
}

#[test]
fn a_supervisor_that_gives_up_ends_the_others_in_reverse() {
    simulated(|t| {
        let journal = Journal::default();
        let supervisor = four(OneForOne, &journal).intensity(0, SECOND).start().unwrap();
        journal.take();
        kill(t, &supervisor, "b");
        assert_eq!(journal.take(), "-b -d -c -a");
        assert_eq!(supervisor.pid(), None);
    });
}

#[test]
fn a_group_restart_counts_once() {
    simulated(|t| {
        let journal = Journal::default();
        let supervisor = four(OneForAll, &journal).intensity(1, SECOND).start().unwrap();
        kill(t, &supervisor, "b");
        assert!(is_running(&supervisor, "b"));
    });
}

#[test]
fn repeated_children_keep_their_places_while_they_are_restarted() {
    simulated(|t| {
        let journal = Journal::default();
        let width = Arc::new(AtomicU32::new(3));
        let nested = {
            let (journal, width) = (journal.clone(), Arc::clone(&width));
            Supervisor::spec(move || {
                (0..width.load(Relaxed) as usize).fold(Supervisor::new(OneForOne), |supervisor, index| {
                    supervisor.child(("worker", index), Plan { slow: SECOND, ..journal.worker("w") }.spec())
                })
            })
        };
        let supervisor = Supervisor::new(OneForOne).child("nested", nested).start().unwrap();
        let slot = supervisor.place().child("nested");
        process::exit(slot.child(("worker", 0)).pid().unwrap(), ExitReason::Kill);
        t.settle();
        assert_eq!(
            slot.children("worker").iter().map(|slot| slot.pid().is_some()).collect::<Vec<_>>(),
            [false, true, true]
        );
        // A supervisor that is started again with fewer of them has fewer of them.
        width.store(2, Relaxed);
        process::exit(slot.pid().unwrap(), ExitReason::Kill);
        t.advance(10 * SECOND);
        assert_eq!(slot.children("worker").len(), 2);
    });
}

#[test]
fn a_supervisor_says_whether_it_gave_up() {
    for gives_up in [true, false] {
        simulated(|t| {
            let journal = Journal::default();
            let supervisor = four(OneForOne, &journal).intensity(0, SECOND).start().unwrap();
            assert!(!supervisor.gave_up());
            if gives_up {
                kill(t, &supervisor, "a");
            } else {
                supervisor.stop().unwrap();
            }
            assert_eq!((supervisor.pid(), supervisor.gave_up()), (None, gives_up));
        });
    }
}

/// Restarts that are over are forgotten one by one, and not only after a quiet time.
#[test]
fn a_child_that_ends_now_and_then_is_started_again_for_ever() {
    const MILLI: Duration = Duration::from_millis(1);
    simulated(|t| {
        let journal = Journal::default();
        let supervisor = four(OneForOne, &journal).intensity(2, 200 * MILLI).start().unwrap();
        for _ in 0..100 {
            kill(t, &supervisor, "b");
            t.advance(150 * MILLI);
        }
        assert_eq!(supervisor.restarts("b"), Ok(100));
        assert!(is_running(&supervisor, "b"));
    });
}

/// Those that are restarted with another one are told to end, have the time that they need, and their names are free.
#[test]
fn siblings_end_in_peace_before_they_are_started_again() {
    simulated(|t| {
        let journal = Journal::default();
        let slow = |id| Plan { traps: true, lingers: 2 * SECOND, ..journal.worker(id) };
        let supervisor = ["a", "b", "c"]
            .into_iter()
            .fold(Supervisor::new(OneForAll), |supervisor, id| supervisor.child(id, slow(id).spec().name(id)))
            .start()
            .unwrap();
        journal.take();
        kill(t, &supervisor, "a");
        for expected in ["-a", "-c", "-b +a +b +c", ""] {
            assert_eq!(journal.take(), expected);
            t.advance(2 * SECOND);
        }
        for id in ["a", "b", "c"] {
            assert_eq!(process::whereis(id), supervisor.place().child(id).pid());
            assert_eq!(supervisor.restarts(id), Ok(1));
        }
    });
}

/// On real cores: children that die at any time, while others ask for things.
#[test]
fn a_tree_under_fire_heals() {
    let node = otp::Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        let journal = Journal::default();
        let supervisor = four(OneForAll, &journal).intensity(u32::MAX, SECOND).start().unwrap();
        let before = supervisor.pid();
        let clients = ["a", "b", "c", "d"].map(|id| supervisor.child::<Worker>(id));
        for round in 0..200 {
            for client in clients.iter().skip(round % 3) {
                if let Some(pid) = client.pid() {
                    process::exit(pid, ExitReason::Kill);
                }
            }
            assert_eq!(supervisor.count_children().unwrap().specs, 4);
        }
        // All signals sent before are acted on before the supervisor answers twice.
        for client in &clients {
            while client.call(Message::Get).is_err() {
                supervisor.count_children().unwrap();
            }
        }
        assert_eq!(supervisor.pid(), before);
        supervisor.stop().unwrap();
        let (ups, downs): (Vec<_>, Vec<_>) =
            journal.0.lock().unwrap().iter().cloned().partition(|mark| mark.starts_with('+'));
        assert_eq!(ups.len(), downs.len());
    });
    node.stop();
}
