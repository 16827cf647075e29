//! In simulations.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
};

#[cfg(feature = "stacks")]
use otp::process::Spawn;
use otp::{blocking, blocking_async, blocking_timeout, blocking_timeout_async, prelude::*};

#[cfg(feature = "stacks")]
use super::PATIENCE;
use super::down;

#[otp::test(seeds = 20)]
fn in_a_simulation_it_runs_where_it_is_called(t: &mut Sim) {
    let order = Arc::new(Mutex::new(Vec::new()));
    let started: Vec<_> = (0..3)
        .map(|number| {
            let order = order.clone();
            process::spawn_monitor_async(move |_| async move {
                let own = thread::current().id();
                assert_eq!(blocking(|| thread::current().id()), own);
                assert_eq!(blocking_async(|| thread::current().id()).await, own);
                assert_eq!(blocking_timeout(Duration::ZERO, || thread::current().id()), Ok(own));
                assert_eq!(blocking_timeout_async(Duration::ZERO, || thread::current().id()).await, Ok(own));
                blocking(move || order.lock().unwrap().push(number));
            })
            .1
        })
        .collect();
    started.into_iter().for_each(|monitor| assert_eq!(down(monitor), ExitReason::Normal));
    assert_eq!(order.lock().unwrap().iter().collect::<BTreeSet<_>>().len(), 3);
    assert_eq!((t.now(), t.node().blocking_threads()), (Duration::ZERO, 0));
    assert_eq!(blocking(|| thread::current().id()), thread::current().id());
}

/// Has a thread of its own, but in a simulation.
#[cfg(feature = "stacks")]
struct Camera;

#[cfg(feature = "stacks")]
#[actor(thread)]
impl Camera {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn place(&self) -> thread::ThreadId {
        thread::current().id()
    }
}

#[cfg(feature = "stacks")]
#[otp::test(seeds = 20)]
fn in_a_simulation_what_has_a_thread_of_its_own_runs_on_the_one_core(t: &mut Sim) {
    let own = thread::current().id();
    let camera = t.start(Camera::child_spec())?;
    assert_eq!(camera.place(), Ok(own));
    let place = process::current().subject();
    let tell = place.clone();
    Spawn::new().thread().spawn(move |_| tell.send(thread::current().id()));
    assert_eq!(place.receive(PATIENCE), Some(own));
    let (_, place) = Spawn::new().thread().start(|_, ack| ack.started(thread::current().id()))?;
    assert_eq!(place, own);
}

#[otp::test(seeds = 20)]
fn in_a_simulation_a_panic_and_an_exit_end_its_caller_as_elsewhere(t: &mut Sim) {
    let (_, panics) = process::spawn_monitor(|_| blocking(|| panic!("the disk is full")));
    let panic = down(panics);
    let panic = panic.as_panic().unwrap();
    assert_eq!(panic.message, "the disk is full");
    assert!(panic.location.as_ref().unwrap().contains("simulated.rs"));
    let went_on = Arc::new(AtomicBool::new(false));
    for by_async in [false, true] {
        let goes_on = went_on.clone();
        let (_, killed) = process::spawn_monitor_async(move |me| async move {
            let own = me.pid();
            let kill = move || process::exit(own, ExitReason::Kill);
            match by_async {
                false => blocking(kill),
                true => blocking_async(kill).await,
            }
            goes_on.store(true, SeqCst);
        });
        assert_eq!(down(killed), ExitReason::Killed);
        assert!(!went_on.load(SeqCst));
    }
    assert_eq!(t.crashes().len(), 1);
}
