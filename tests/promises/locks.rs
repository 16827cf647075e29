//! No lock is held while user code runs.

use std::{fmt, panic::panic_any};

use otp::{Node, prelude::*};

use super::{Any, Keeper, KeeperRef, Log, OnDrop, PATIENCE, down, keeper};

/// Uses everything that takes a lock somewhere.
fn use_the_runtime(other: &KeeperRef, log: &Log) {
    let me = process::current();
    let own = me.pid();
    let at = other.pid().unwrap();
    let monitor = process::monitor(at);
    process::link(at);
    process::unlink(at);
    process::demonitor(monitor);
    let _ = process::whereis("port");
    let _ = process::registered();
    let _ = process::register("other", at);
    let _ = process::unregister("other");
    process::exit(at, ExitReason::Normal);
    let _ = process::is_alive(own);
    let _ = Node::current().processes();
    let _ = Node::current().timers();
    other.keep(Box::new(()));
    drop(other.request().ping());
    process::spawn(|_| {});
    log.say("used");
}

#[otp::test(seeds = 50)]
fn what_is_dropped_may_use_the_runtime(t: &mut Sim) {
    let other = Keeper::start().unwrap();
    for asynchronous in [false, true] {
        for reason in [ExitReason::Kill, ExitReason::Shutdown] {
            let log = Log::default();
            let (keeper, timer) = keeper("port", asynchronous, |_| {
                let (other, log) = (other.clone(), log.clone());
                Box::new(OnDrop(move || use_the_runtime(&other, &log)))
            });
            t.settle();
            let monitor = keeper.monitor().unwrap();
            process::exit(keeper.pid().unwrap(), reason);
            down(monitor);
            assert_eq!(log.take().len(), 4);
            drop(timer);
        }
    }
    let log = Log::default();
    let keeper = Keeper::start().unwrap();
    let thing = || -> Any {
        let (other, log) = (other.clone(), log.clone());
        Box::new(OnDrop(move || use_the_runtime(&other, &log)))
    };
    // A timer that is cancelled, a timeout that is replaced, a message that reaches nobody.
    keeper.keep_in_timer(thing()).unwrap().cancel();
    keeper.keep_in_idle(thing());
    keeper.ping().unwrap();
    t.kill(&keeper);
    keeper.keep(thing());
    assert_eq!(log.take().len(), 3);
    assert_eq!(other.ping(), Ok(()));
}

/// A value of an exit reason that uses the runtime whenever it is looked at.
#[derive(Clone)]
struct Nosy(KeeperRef, Log);

impl fmt::Debug for Nosy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use_the_runtime(&self.0, &self.1);
        f.write_str("Nosy")
    }
}

impl PartialEq for Nosy {
    fn eq(&self, _: &Self) -> bool {
        use_the_runtime(&self.0, &self.1);
        true
    }
}

impl Drop for Nosy {
    fn drop(&mut self) {
        use_the_runtime(&self.0, &self.1);
    }
}

#[test]
fn a_reason_may_use_the_runtime() {
    let node = Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        let (other, log) = (Keeper::start().unwrap(), Log::default());
        let keeper = Keeper::start().unwrap();
        let monitor = keeper.monitor().unwrap();
        process::link(keeper.pid().unwrap());
        let reason = ExitReason::other(Nosy(other.clone(), log.clone()));
        keeper.fail_with(reason.clone());
        assert_eq!(down(monitor), reason);
        assert_eq!(process::current().receive_exit(PATIENCE).unwrap().reason, reason);
        drop(reason);
        assert_eq!(other.ping(), Ok(()));
        assert!(!log.take().is_empty());
    });
    node.stop();
}

#[otp::test(seeds = 20)]
fn a_payload_may_use_the_runtime_and_panic(t: &mut Sim) {
    let (other, log) = (Keeper::start().unwrap(), Log::default());
    for panics in [false, true] {
        let (user, seen) = (other.clone(), log.clone());
        let payload = move || {
            let (user, seen) = (user.clone(), seen.clone());
            OnDrop(move || {
                use_the_runtime(&user, &seen);
                assert!(!panics, "the payload is dropped");
            })
        };
        let (plain, handled) = (payload.clone(), payload.clone());
        let (_, monitor) = process::spawn_monitor(move |_| -> () { panic_any(plain()) });
        let reason = down(monitor);
        assert_eq!(reason.as_panic().unwrap().message, "a value that is no text");
        let keeper = Keeper::start().unwrap();
        let monitor = keeper.monitor().unwrap();
        keeper.keep(Box::new(OnDrop(move || panic_any(handled()))));
        keeper.fail_with(ExitReason::Normal);
        assert!(down(monitor).as_panic().is_some());
    }
    assert_eq!(other.ping(), Ok(()));
    assert_eq!((log.take().len(), t.crashes().len()), (4, 4));
}
