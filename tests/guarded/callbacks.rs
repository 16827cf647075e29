//! Code of the user that is called: wakers, maps of subjects, functions of timers.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context as TaskContext, Wake, Waker},
    time::Duration,
};

use otp::prelude::*;

/// A waker that is no process's: it counts, and panics.
#[derive(Default)]
struct LoudWaker(AtomicUsize);

impl Wake for LoudWaker {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
        panic!("it is woken");
    }
}

#[otp::test(seeds = 5)]
fn a_waker_that_panics_is_not_the_end_of_who_wakes(t: &mut Sim) {
    struct Slow;
    #[actor]
    impl Slow {
        #[init]
        fn init() -> Self {
            Self
        }
        #[handle_call]
        fn answer(&self) {}
        #[handle_call]
        fn wait(&self) {
            otp::sleep(Duration::from_secs(100));
        }
    }
    let slow = Slow::start()?;
    let wakes = Arc::new(LoudWaker::default());
    let waker = Waker::from(wakes.clone());

    // The answer.
    let mut answer = pin!(slow.as_async().answer());
    assert!(answer.as_mut().poll(&mut TaskContext::from_waker(&waker)).is_pending());
    t.settle();
    assert_eq!(wakes.0.load(SeqCst), 1);
    assert_eq!(slow.answer(), Ok(()));

    // A timer, which nobody's process is there for.
    let mut late = pin!(slow.timeout(Duration::from_secs(1)).as_async().wait());
    assert!(late.as_mut().poll(&mut TaskContext::from_waker(&waker)).is_pending());
    let before = wakes.0.load(SeqCst);
    t.advance(Duration::from_secs(2));
    assert_eq!(wakes.0.load(SeqCst), before + 1);

    // The end of the callee.
    let mut lost = pin!(slow.no_timeout().as_async().wait());
    assert!(lost.as_mut().poll(&mut TaskContext::from_waker(&waker)).is_pending());
    let monitor = slow.monitor().unwrap();
    process::exit(slow.pid().unwrap(), ExitReason::Kill);
    assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Killed);
    assert!(wakes.0.load(SeqCst) > before + 1);
    t.crashes();
}

#[otp::test(seeds = 5)]
fn who_sends_to_a_mapped_subject_is_not_ended_by_what_maps(t: &mut Sim) {
    let numbers = process::current().subject::<u32>();
    let halves = numbers.map(|number: u32| {
        assert!(number.is_multiple_of(2), "it is odd");
        number / 2
    });
    let sender = halves.clone();
    let (_, monitor) = process::spawn_monitor(move |_| {
        sender.send(1);
        assert_eq!(sender.try_send(3), Ok(()));
        sender.send(4);
    });
    assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Normal);
    otp::timer::send_after(Duration::from_secs(1), &halves, 6);
    assert_eq!((numbers.receive(None), numbers.receive(None)), (Some(2), Some(3)));
    t.settle();
    assert_eq!(numbers.receive(Duration::ZERO), None);
}

/// What a timer calls runs in a process of its own, and harms nobody.
#[otp::test(seeds = 5)]
fn what_a_timer_calls_is_nobodys_end(t: &mut Sim) {
    let timer = otp::timer::apply_interval(Duration::from_secs(1), || -> () { panic!("no tick") });
    t.advance(Duration::from_millis(3500));
    assert_eq!(t.crashes().len(), 3);
    assert!(timer.cancel().is_some());
}
