//! Clients and places of children across restarts.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering::Relaxed},
};

use Strategy::{OneForOne, RestForOne};
use otp::{
    CallError, ClientExt, ExitReason, process,
    supervisor::{Child, ChildError, Place, Strategy, Supervisor},
};

use super::{Journal, Message, Plan, SECOND, Worker, four, kill, simulated};

#[test]
fn clients_follow_restarts_of_children_and_of_their_supervisors() {
    simulated(|t| {
        let journal = Journal::default();
        let nested = {
            let journal = journal.clone();
            Supervisor::spec(move || Supervisor::new(OneForOne).intensity(1, SECOND).child("b", journal.spec("b")))
        };
        let supervisor =
            Supervisor::new(RestForOne).child("a", journal.spec("a")).child("nested", nested).start().unwrap();
        let inner = supervisor.child::<Supervisor>("nested");
        let b = inner.child::<Worker>("b");
        let (first, first_inner) = (b.pid(), inner.pid());
        assert!(first.is_some() && first_inner.is_some());

        kill(t, &inner, "b");
        assert_eq!(b.call(Message::Get), Ok("b"));
        let second = b.pid();
        assert_ne!(second, first);

        // One too many: the nested supervisor gives up, and its own starts it again.
        kill(t, &inner, "b");
        assert_eq!(b.call(Message::Get), Ok("b"));
        assert_ne!(inner.pid(), first_inner);
        assert_eq!(supervisor.restarts("nested"), Ok(1));
        assert_eq!(inner.restarts("b"), Ok(0));

        // And so it does when that is killed, or restarted along with others.
        process::exit(inner.pid().unwrap(), ExitReason::Kill);
        t.settle();
        assert_eq!(b.call(Message::Get), Ok("b"));
        kill(t, &supervisor, "a");
        assert_eq!(b.call(Message::Get), Ok("b"));

        supervisor.stop().unwrap();
        assert_eq!(b.call(Message::Get), Err(CallError::NoProc));
        assert_eq!((b.pid(), inner.pid(), supervisor.pid()), (None, None, None));
    });
}

#[test]
fn a_cast_into_the_gap_of_a_restart_is_dropped_and_counted() {
    simulated(|t| {
        let plan = Plan { slow: SECOND, ..Journal::default().worker("a") };
        let supervisor = Supervisor::new(OneForOne).child("a", plan.spec()).start().unwrap();
        let client = supervisor.child::<Worker>("a");
        kill(t, &supervisor, "a");
        client.cast(Message::End(ExitReason::Normal));
        assert_eq!(client.call(Message::Get), Err(CallError::NoProc));
        assert_eq!(supervisor.place().child("a").undelivered(), 1);
        t.advance(SECOND);
        assert_eq!(client.call(Message::Get), Ok("a"));
    });
}

#[test]
fn the_children_of_a_name_are_known_before_they_start() {
    simulated(|t| {
        let (journal, width) = (Journal::default(), Arc::new(AtomicU32::new(1)));
        let (nested, seen) = (Arc::new(Mutex::new(None::<Place>)), Arc::new(Mutex::new(Vec::new())));
        let looks: Arc<dyn Fn() + Send + Sync> = {
            let (nested, seen) = (Arc::clone(&nested), Arc::clone(&seen));
            Arc::new(move || {
                if let Some(nested) = &*nested.lock().unwrap() {
                    seen.lock().unwrap().push(nested.children("w").len());
                }
            })
        };
        let spec = {
            let width = Arc::clone(&width);
            Supervisor::spec(move || {
                let plan = Plan { asks: Some(Arc::clone(&looks)), ..journal.worker("w") };
                // One that has the name and no index is none of them.
                let alone = Supervisor::new(OneForOne).child("w", plan.spec());
                (0..width.load(Relaxed) as usize)
                    .fold(alone, |supervisor, index| supervisor.child(("w", index), plan.spec()))
            })
        };
        let supervisor = Supervisor::new(OneForOne).child("nested", spec).start().unwrap();
        *nested.lock().unwrap() = Some(supervisor.place().child("nested"));
        width.store(3, Relaxed);
        kill(t, &supervisor, "nested");
        assert_eq!(*seen.lock().unwrap(), [3, 3, 3, 3]);
    });
}

#[test]
fn a_deleted_child_is_not_found_again_by_who_asks_for_it() {
    simulated(|_| {
        let journal = Journal::default();
        let supervisor = (0..2)
            .fold(Supervisor::new(OneForOne), |supervisor, index| supervisor.child(("w", index), journal.spec("w")))
            .start()
            .unwrap();
        assert_eq!(supervisor.which_child(("w", 1)).unwrap().id, ("w", 1).into());
        assert_eq!(supervisor.which_child("w"), Err(ChildError::NotFound));
        supervisor.terminate_child(("w", 1)).unwrap();
        supervisor.delete_child(("w", 1)).unwrap();
        assert_eq!(supervisor.child::<Worker>(("w", 1)).call(Message::Get), Err(CallError::NoProc));
        let places: Vec<_> = supervisor.place().children("w").iter().map(Place::pid).collect();
        assert_eq!(places, [supervisor.place().child(("w", 0)).pid()]);
        assert!(places[0].is_some());
    });
}

/// Who has started a child owns it: nobody has to hold a client of it.
#[test]
fn a_tree_lives_without_anybody_who_holds_clients_of_it() {
    simulated(|t| {
        let journal = Journal::default();
        let supervisor = four(OneForOne, &journal).start().unwrap();
        let (a, pid) = (supervisor.child::<Worker>("a").pid().unwrap(), supervisor.pid().unwrap());
        drop(supervisor);
        t.advance(3600 * SECOND);
        process::exit(a, ExitReason::Kill);
        t.advance(3600 * SECOND);
        assert!(process::is_alive(pid));
        assert_eq!(journal.take(), "+a +b +c +d -a +a");
    });
}
