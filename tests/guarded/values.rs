//! Values of the user that panic or never come back where they are dropped, shown or compared.

use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use otp::{
    Child, Pid,
    name::{RegisterError, UnregisterError, Via},
    prelude::*,
    supervisor::{ChildError, DynamicSupervisor},
};

use super::{Bad, How, UNHEARD, Worker, Wrong, hear, spec};

/// All that an error can do wrong in a way that comes back.
fn all_bad() -> Vec<Wrong> {
    let panics = Some(How::Panics);
    let bads = [
        Bad::new(panics.clone(), None, None, ""),
        Bad::new(Some(How::Fails), None, None, ""),
        Bad::new(None, panics.clone(), None, ""),
        Bad::new(None, Some(How::Fails), None, ""),
        Bad::new(None, None, None, UNHEARD),
        Bad::new(panics.clone(), panics, None, UNHEARD),
    ];
    let each = |bad: Bad| {
        [Wrong::Error(bad.clone()), Wrong::Reason(bad.clone()), Wrong::Shutdown(bad.clone()), Wrong::Panic(bad)]
    };
    bads.into_iter().flat_map(each).collect()
}

#[otp::test(seeds = 5)]
fn what_a_child_ends_with_harms_its_tree_in_no_way(t: &mut Sim) {
    hear();
    for wrong in all_bad() {
        let tree = Supervisor::new(Strategy::OneForOne)
            .intensity(10, Duration::from_secs(1))
            .child("bad", spec(&wrong))
            .child("good", spec(&wrong))
            .start()?;
        let [bad, good] = ["bad", "good"].map(|id| tree.child::<Worker>(id));
        let (pids, supervisor) = ((bad.pid(), good.pid()), tree.pid());
        let monitor = bad.monitor().unwrap();
        bad.go_wrong();
        let reason = process::current().receive_down(monitor, None).unwrap().reason;
        // Whoever has a reason can show it, and compare it.
        let (text, debug) = (reason.to_string(), format!("{reason:?}"));
        assert!(!text.is_empty() && !debug.is_empty());
        assert_eq!(CallError::Exited(reason.clone()), CallError::Exited(reason));
        t.settle();
        assert_eq!((tree.pid(), good.pid()), (supervisor, pids.1));
        assert!(bad.pid().is_some() && bad.pid() != pids.0, "it was started again");
        assert_eq!((bad.ping(), good.ping()), (Ok(()), Ok(())));
        assert!(tree.to_string().contains("good"));
        tree.stop()?;
        t.crashes();
    }
}

/// A child that does not start says why, to the one who starts it and in a report.
#[otp::test(seeds = 5)]
fn what_a_start_fails_with_harms_its_tree_in_no_way(t: &mut Sim) {
    hear();
    for wrong in all_bad().into_iter().filter(|wrong| matches!(wrong, Wrong::Error(_))) {
        let tree = Supervisor::new(Strategy::OneForOne).child("good", spec(&wrong)).start()?;
        let failing = wrong.clone();
        let error = tree.start_child("bad", Worker::spec(move || (failing.clone(), true))).unwrap_err();
        assert!(!error.to_string().is_empty() && !format!("{error:?}").is_empty());
        let panics = tree.start_child("worse", Worker::spec(|| panic!("no arguments"))).unwrap_err();
        assert!(panics.to_string().contains("no arguments"));
        assert_eq!(tree.child::<Worker>("good").ping(), Ok(()));
        tree.stop()?;
        t.crashes();
    }
}

/// A `Drop` that panics, of all that somebody else may have the last of.
#[otp::test(seeds = 5)]
fn what_others_drop_harms_them_in_no_way(t: &mut Sim) {
    #[derive(PartialEq)]
    struct Loud;
    impl Drop for Loud {
        fn drop(&mut self) {
            panic!("it is dropped");
        }
    }
    impl fmt::Debug for Loud {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("loud")
        }
    }
    impl fmt::Display for Loud {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("loud")
        }
    }
    impl std::error::Error for Loud {}

    // A reason, whose last holder is a supervisor, a monitor, a linked process.
    let watcher = process::spawn(|me| {
        me.trap_exit(true);
        loop {
            me.receive_exit(None);
        }
    });
    t.settle();
    for reason in [|| ExitReason::error(Loud), || ExitReason::other(Loud), || ExitReason::shutdown_with(Loud)] {
        process::spawn(move |_| {
            process::link(watcher);
            Err::<(), _>(reason())
        });
        t.settle();
    }
    assert!(process::is_alive(watcher));

    // What a dynamic supervisor is given and does not want, and what makes its children.
    struct Given(#[allow(dead_code, reason = "it is dropped")] Loud);
    #[actor]
    impl Given {
        #[init]
        fn init(loud: Loud) -> Self {
            Self(loud)
        }
    }
    let keeps = Arc::new(Loud);
    let children = DynamicSupervisor::<Given, Loud>::template(move |loud| {
        let _ = &keeps;
        let loud = Mutex::new(Some(loud));
        Given::spec(move || (loud.lock().unwrap().take().unwrap(),))
    })
    .max_children(0)
    .start()?;
    assert!(matches!(children.start_child(Loud), Err(ChildError::MaxChildren)));
    assert!(children.count_children().is_ok());
    let monitor = process::monitor(children.pid().unwrap());
    children.stop()?;
    assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Normal);
    t.crashes();
}

/// A name in a registry, whose key does not drop well.
#[otp::test(seeds = 5)]
fn a_key_that_is_dropped_by_a_supervisor_is_not_its_end(t: &mut Sim) {
    #[derive(Debug, PartialEq, Eq, Hash)]
    struct Key;
    impl Drop for Key {
        fn drop(&mut self) {
            panic!("a key is dropped");
        }
    }
    struct Nowhere;
    impl Via for Nowhere {
        type Key = Key;
        fn register(&self, _: &Key, _: Pid) -> Result<(), RegisterError> {
            Ok(())
        }
        fn unregister(&self, _: &Key) -> Result<(), UnregisterError> {
            Ok(())
        }
        fn whereis(&self, _: &Key) -> Option<Pid> {
            None
        }
    }
    let tree = Supervisor::new(Strategy::OneForOne).child("good", spec(&Wrong::Error(Bad::default()))).start()?;
    let named = spec(&Wrong::Error(Bad::default())).name(otp::Name::via(&Arc::new(Nowhere), Key));
    tree.start_child("named", named)?;
    tree.terminate_child("named")?;
    tree.delete_child("named")?;
    assert_eq!(tree.child::<Worker>("good").ping(), Ok(()));
    t.crashes();
}
