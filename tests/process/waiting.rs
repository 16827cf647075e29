//! Processes that end where they wait.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use otp::{prelude::*, process::Me, sys};

use super::{LONG, Tell, down, why};

/// Answers nobody.
struct Silent {
    asked: Vec<ReplyTo<()>>,
}

#[actor]
impl Silent {
    #[init]
    fn init() -> Self {
        Self { asked: Vec::new() }
    }

    #[handle_call]
    fn ask(&mut self, reply: ReplyTo<()>) {
        self.asked.push(reply);
    }
}

type Wait = Box<dyn Fn(&Me) + Send>;

/// Ways to wait for something that does not come.
fn waits(silent: &SilentRef) -> Vec<Wait> {
    let (blocking, asynchronous) = (silent.clone().no_timeout(), silent.clone().no_timeout());
    vec![
        Box::new(|_| otp::sleep(LONG)),
        Box::new(|me| drop(me.receive_exit(None))),
        Box::new(|me| assert_eq!(me.subject::<()>().receive(None), None)),
        Box::new(|me| assert_eq!(me.subject::<()>().receive(LONG), None)),
        Box::new(move |_| drop(blocking.ask())),
        Box::new(move |_| drop(asynchronous.request().ask().wait())),
    ]
}

#[otp::test(seeds = 20)]
fn an_exit_reaches_a_process_where_it_waits(t: &mut Sim) {
    let silent = Silent::start().unwrap();
    for reason in [ExitReason::Kill, ExitReason::Shutdown] {
        for wait in waits(&silent) {
            let log = Arc::new(Mutex::new(Vec::new()));
            let (outer, inner, after) = (Tell("outer", log.clone()), Tell("inner", log.clone()), log.clone());
            let (pid, monitor) = process::spawn_monitor(move |me| {
                let _outer = outer;
                let within = || {
                    let _inner = inner;
                    wait(me);
                    after.lock().unwrap().push("after");
                };
                within();
            });
            t.settle();
            assert!(log.lock().unwrap().is_empty());
            process::exit(pid, reason.clone());
            let expected = if reason == ExitReason::Kill { ExitReason::Killed } else { reason.clone() };
            assert_eq!(down(monitor), expected);
            // The stack was unwound before the end was told.
            assert_eq!(*log.lock().unwrap(), ["inner", "outer"]);
        }
    }
}

#[otp::test(seeds = 20)]
fn an_exit_reaches_code_that_awaits(t: &mut Sim) {
    let log = Arc::new(Mutex::new(Vec::new()));
    let held = Tell("held", log.clone());
    let (pid, monitor) = process::spawn_monitor_async(|_| async move {
        let _held = held;
        process::sleep_async(LONG).await;
    });
    t.settle();
    process::exit(pid, ExitReason::Kill);
    assert_eq!(down(monitor), ExitReason::Killed);
    assert_eq!(*log.lock().unwrap(), ["held"]);
}

#[otp::test(seeds = 20)]
fn a_guard_held_where_a_process_dies_is_poisoned(t: &mut Sim) {
    let lock = Arc::new(Mutex::new(()));
    let held = lock.clone();
    let (pid, monitor) = process::spawn_monitor(move |_| {
        let _guard = held.lock().unwrap();
        otp::sleep(LONG);
    });
    t.settle();
    process::exit(pid, ExitReason::Kill);
    down(monitor);
    assert!(lock.is_poisoned());
}

#[otp::test(seeds = 20)]
fn code_that_catches_its_end_is_stopped_again(t: &mut Sim) {
    let caught = Arc::new(AtomicUsize::new(0));
    let count = caught.clone();
    let (pid, monitor) = process::spawn_monitor(move |me| {
        for _ in 0..3 {
            if catch_unwind(AssertUnwindSafe(|| otp::sleep(LONG))).is_err() {
                count.fetch_add(1, SeqCst);
            }
        }
        if catch_unwind(AssertUnwindSafe(|| me.receive_exit(None))).is_err() {
            count.fetch_add(1, SeqCst);
        }
        // Its result is not taken either.
        Err::<(), _>(why("I go on"))
    });
    t.settle();
    process::exit(pid, ExitReason::Shutdown);
    assert_eq!(down(monitor), ExitReason::Shutdown);
    assert_eq!(caught.load(SeqCst), 4);
    assert_eq!(t.now(), Duration::ZERO);
}

#[otp::test(seeds = 20)]
fn what_waits_in_a_destructor_of_the_dying_is_not_waited_for(t: &mut Sim) {
    struct Waits(SilentRef, Arc<Mutex<Vec<String>>>);
    impl Drop for Waits {
        fn drop(&mut self) {
            process::exit(otp::self_pid(), ExitReason::Kill);
            let asked = self.0.ask();
            let received = process::current().receive_exit(None);
            let shown = sys::status(&self.0).err();
            let started = Silent::start().err();
            otp::sleep(LONG);
            self.1.lock().unwrap().push(format!("{asked:?} {received:?} {shown:?} {started:?}"));
        }
    }
    let log = Arc::new(Mutex::new(Vec::new()));
    let held = Waits(Silent::start().unwrap(), log.clone());
    let (pid, monitor) = process::spawn_monitor(move |_| {
        let _held = held;
        otp::sleep(LONG);
    });
    t.settle();
    process::exit(pid, ExitReason::Kill);
    assert_eq!(down(monitor), ExitReason::Killed);
    assert_eq!(*log.lock().unwrap(), ["Err(Exiting) None Some(Exiting) Some(Exiting)"]);
    assert_eq!(t.now(), Duration::ZERO);
}
