//! What one process does to others that have nothing to do with it: on real cores, each on a node of its own.

#![cfg(feature = "macros")]
#![allow(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "actors of tests"
)]

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Barrier, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use otp::{
    CallError, ExitReason, Node, StartError,
    prelude::*,
    process::{self, MonitorRef, exit},
};

/// What nobody has to wait for. The promise is 10 ms; the rest is for a machine that is busy with other tests.
const LATE: Duration = Duration::from_millis(150);
/// For how long a process computes that disturbs others.
const LONG: Duration = Duration::from_millis(1500);

/// Runs a test while no other of these disturbs the machine, three times at most: what other programs do makes somebody
/// late now and then, a broken promise does so each time.
fn alone(test: impl Fn()) {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let passes = || catch_unwind(AssertUnwindSafe(&test)).is_ok();
    if !passes() && !passes() {
        test();
    }
}

fn node(cores: usize) -> Node {
    Node::builder().cores(cores).start().expect("the system has threads")
}

fn compute(duration: Duration) {
    let began = Instant::now();
    while began.elapsed() < duration {
        std::hint::spin_loop();
    }
}

fn block(duration: Duration) {
    thread::sleep(duration);
}

/// Processes that sleep again and again, and note the worst lateness.
struct Sleepers {
    worst: Arc<AtomicUsize>,
    rounds: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    monitors: Vec<MonitorRef>,
}

impl Sleepers {
    const SLEEP: Duration = Duration::from_millis(20);

    fn start(count: usize) -> Self {
        let (worst, rounds, stop) = (Arc::default(), Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let start = |_| {
            let (worst, rounds, stop) = (Arc::clone(&worst), Arc::clone(&rounds), Arc::clone(&stop));
            let (_, monitor) = process::spawn_monitor(move |_| {
                while !stop.load(SeqCst) {
                    let began = Instant::now();
                    otp::sleep(Self::SLEEP);
                    note(&worst, began.elapsed().saturating_sub(Self::SLEEP));
                    rounds.fetch_add(1, SeqCst);
                }
            });
            monitor
        };
        let monitors = (0..count).map(start).collect();
        Self { worst, rounds, stop, monitors }
    }

    /// Waits until each has slept some times.
    fn settle(&self) {
        let until = self.rounds.load(SeqCst) + 5 * self.monitors.len();
        while self.rounds.load(SeqCst) < until {
            thread::yield_now();
        }
        self.worst.store(0, SeqCst);
    }

    /// By how much the latest was late.
    fn finish(self) -> Duration {
        self.stop.store(true, SeqCst);
        for monitor in self.monitors {
            let down = process::current().receive_down(monitor, Duration::from_secs(20)).expect("it ends");
            assert_eq!(down.reason, ExitReason::Normal);
        }
        Duration::from_micros(self.worst.load(SeqCst) as u64)
    }

    fn finish_in_time(self) {
        let worst = self.finish();
        assert!(worst < LATE, "somebody slept {worst:?} too long");
    }
}

fn note(worst: &AtomicUsize, late: Duration) {
    worst.fetch_max(late.as_micros() as usize, SeqCst);
}

/// Runs `hogs` processes that hold a thread, beside others that sleep.
fn sleepers_beside(cores: usize, hogs: usize, hold: fn(Duration)) {
    let node = node(cores);
    node.enter(|| {
        let sleepers = Sleepers::start(20);
        sleepers.settle();
        for _ in 0..2 {
            let ends: Vec<_> = (0..hogs).map(|_| process::spawn_monitor(move |_| hold(LONG)).1).collect();
            for monitor in ends {
                process::current().receive_down(monitor, None);
            }
        }
        sleepers.finish_in_time();
    });
    node.stop();
}

#[test]
fn who_sleeps_is_not_held_up_by_one_who_computes() {
    alone(|| {
        sleepers_beside(1, 1, compute);
        sleepers_beside(2, 1, compute);
    });
}

#[test]
fn who_sleeps_is_not_held_up_by_some_who_compute() {
    alone(|| {
        sleepers_beside(2, 4, compute);
    });
}

#[test]
fn who_sleeps_is_not_held_up_by_some_who_block() {
    alone(|| {
        sleepers_beside(1, 1, block);
        sleepers_beside(2, 4, block);
    });
}

#[test]
fn who_sleeps_is_not_held_up_by_code_that_was_short_so_far() {
    /// Each number is code of its own.
    fn run<const CODE: usize>(hold: Duration) {
        let (_, monitor) = process::spawn_monitor(move |_| compute(hold));
        process::current().receive_down(monitor, None);
    }
    // What was long once is trusted no more: each attempt has code of its own.
    let codes: [[fn(Duration); 4]; 3] = [
        [run::<0>, run::<1>, run::<2>, run::<3>],
        [run::<4>, run::<5>, run::<6>, run::<7>],
        [run::<8>, run::<9>, run::<10>, run::<11>],
    ];
    let attempts = Mutex::new(codes.into_iter());
    alone(|| {
        let codes = attempts.lock().unwrap().next().unwrap();
        for run in codes {
            let node = node(2);
            node.enter(|| {
                let sleepers = Sleepers::start(200);
                (0..100).for_each(|_| run(Duration::from_micros(10)));
                // They wake together: some have just begun to wait anew.
                sleepers.settle();
                run(LATE * 2);
                sleepers.finish_in_time();
            });
            node.stop();
        }
    });
}

#[test]
fn who_sleeps_does_not_die_of_anothers_kill() {
    alone(|| {
        let node = node(2);
        node.enter(|| {
            let sleepers = Sleepers::start(20);
            sleepers.settle();
            let (hog, monitor) = process::spawn_monitor(|_| compute(LONG));
            exit(hog, ExitReason::Kill);
            let down = process::current().receive_down(monitor, Some(LONG)).expect("it is declared dead");
            assert_eq!(down.reason, ExitReason::Killed);
            sleepers.settle();
            sleepers.finish_in_time();
        });
        node.stop();
    });
}

pub struct Worker;

#[actor]
impl Worker {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    pub fn block(&self, duration: Duration) {
        block(duration);
    }

    #[handle_call]
    pub async fn compute(&self, duration: Duration) {
        compute(duration);
    }

    #[handle_call]
    pub fn nothing(&self) {}

    /// Calls itself again and again.
    #[handle_cast]
    pub fn flood(&self, work: Duration, stop: Arc<AtomicBool>, ctx: &mut Context<Self>) {
        compute(work);
        if !stop.load(SeqCst) {
            ctx.me().flood(work, stop);
        }
    }
}

/// How long `wait`, which is over after 50 ms, takes in a plain process.
fn in_a_process(cores: usize, wait: impl FnOnce() + Send + 'static) -> Duration {
    let node = node(cores);
    let took = node.enter(|| {
        let (tell, told) = mpsc::channel();
        process::spawn(move |_| {
            let began = Instant::now();
            wait();
            let _ = tell.send(began.elapsed());
        });
        told.recv().expect("it ends")
    });
    node.stop();
    took
}

const LIMIT: Duration = Duration::from_millis(50);

#[test]
fn the_limit_of_a_call_holds_however_long_its_callee_takes() {
    alone(|| {
        for cores in [1, 2, 4] {
            let took = in_a_process(cores, || {
                let worker = Worker::start().unwrap();
                assert_eq!(worker.timeout(LIMIT).block(LONG), Err(CallError::Timeout { started: true }));
            });
            assert!(took < LIMIT + LATE, "on {cores} cores: {took:?}");
            let took = in_a_process(cores, || {
                let worker = Worker::start().unwrap();
                assert_eq!(worker.timeout(LIMIT).compute(LONG), Err(CallError::Timeout { started: true }));
            });
            assert!(took < LIMIT + LATE, "on {cores} cores: {took:?}");
        }
    });
}

#[test]
fn a_sleep_is_over_in_time_whatever_was_started_before() {
    alone(|| {
        for cores in [1, 2] {
            let took = in_a_process(cores, || {
                process::spawn(|_| compute(LONG));
                otp::sleep(LIMIT);
            });
            assert!(took < LIMIT + LATE, "on {cores} cores: {took:?}");
        }
    });
}

#[test]
fn the_limit_of_a_start_holds_however_long_it_takes() {
    alone(|| {
        pub struct Slow;
        #[actor]
        impl Slow {
            #[init]
            fn init() -> Self {
                block(LONG);
                Self
            }
        }
        let took = in_a_process(2, || {
            let error = actor::Starter::<Slow>::new().timeout(LIMIT).start(()).unwrap_err();
            assert!(matches!(error, StartError::Timeout));
        });
        // It is killed, and declared dead when it does not come back.
        assert!(took < LIMIT + 4 * LATE, "{took:?}");
    });
}

#[test]
fn who_waits_is_not_held_up_by_destructors() {
    alone(|| {
        struct Slow;
        impl Drop for Slow {
            fn drop(&mut self) {
                compute(LONG);
            }
        }
        pub struct Holder {
            _slow: Slow,
        }
        #[actor]
        impl Holder {
            #[init]
            fn init() -> Self {
                Self { _slow: Slow }
            }
        }
        let node = node(2);
        node.enter(|| {
            let holders: Vec<_> = (0..2).map(|_| Holder::start().unwrap()).collect();
            let sleepers = Sleepers::start(20);
            sleepers.settle();
            let monitors: Vec<_> = holders.iter().map(|holder| holder.monitor().unwrap()).collect();
            exit(holders[0].pid().unwrap(), ExitReason::other("crash"));
            holders[1].stop().unwrap_or_default();
            for monitor in monitors {
                process::current().receive_down(monitor, None);
            }
            sleepers.finish_in_time();
        });
        node.stop();
    });
}

#[test]
fn a_new_process_has_its_first_turn_soon_on_a_core_that_idles() {
    alone(|| {
        let node = node(2);
        let worst = node.enter(|| {
            let (tell, told) = mpsc::channel();
            for _ in 0..20 {
                let tell = tell.clone();
                let (_, monitor) = process::spawn_monitor(move |_| {
                    let began = Instant::now();
                    process::spawn(move |_| tell.send(began.elapsed()).unwrap());
                    compute(Duration::from_millis(30));
                });
                process::current().receive_down(monitor, None);
            }
            drop(tell);
            told.iter().max().unwrap()
        });
        node.stop();
        assert!(worst < Duration::from_millis(25), "{worst:?}");
    });
}

#[test]
fn an_idle_server_answers_soon_though_all_cores_are_flooded() {
    alone(|| {
        for work in [Duration::from_micros(100), Duration::from_millis(1), Duration::from_millis(10)] {
            let node = node(2);
            let worst = node.enter(|| {
                let stop = Arc::new(AtomicBool::new(false));
                for _ in 0..4 {
                    let flooded = Worker::start().unwrap();
                    (0..300).for_each(|_| flooded.flood(work, Arc::clone(&stop)));
                }
                let idle = Worker::start().unwrap();
                let worst = (0..20).map(|_| {
                    let began = Instant::now();
                    idle.nothing().unwrap();
                    began.elapsed()
                });
                let worst = worst.max().unwrap();
                stop.store(true, SeqCst);
                worst
            });
            node.stop();
            assert!(worst < LATE, "{work:?}: {worst:?}");
        }
    });
}

#[test]
fn who_receives_without_end_lets_others_have_its_core() {
    alone(|| {
        let node = node(1);
        node.enter(|| {
            let (tell, told) = mpsc::channel();
            let stop = Arc::new(AtomicBool::new(false));
            let ended = Arc::clone(&stop);
            process::spawn(move |me| {
                let subject = me.subject::<()>();
                while !ended.load(SeqCst) {
                    subject.send(());
                    subject.receive(None);
                }
            });
            process::spawn(move |_| tell.send(()).unwrap());
            assert_eq!(told.recv_timeout(LONG), Ok(()));
            stop.store(true, SeqCst);
        });
        node.stop();
    });
}

#[test]
fn threads_that_are_needed_no_more_end() {
    alone(|| {
        let node = node(2);
        node.enter(|| {
            let all = Arc::new(Barrier::new(33));
            for _ in 0..32 {
                let all = Arc::clone(&all);
                process::spawn(move |_| {
                    all.wait();
                });
            }
            // Each holds a thread: without one for each of them none would go on.
            all.wait();
        });
        node.stop();
    });
}
