//! Models of the task's states, the run queues, the seats and the sleep of cores.
//!
//! Loom's threads are one thread of the system, so none of them is a core here: what is queued goes to the injector.

#![allow(unsafe_code, reason = "loom watches who touches a cell")]

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use loom::{cell::UnsafeCell, sync::atomic::AtomicBool, thread};

use super::*;
use crate::time::Expire;

/// A body whose turns note which wakers they have seen.
struct Body {
    scheduler: Arc<Scheduler>,
    number: u64,
    /// What each waker writes before it wakes; the state alone must order it.
    told: [AtomicBool; 2],
    /// Loom fails when two turns touch it at once, or one without having seen the other.
    seen: UnsafeCell<[bool; 2]>,
    parker: Parker,
    /// Its next turn is its last.
    ends: std::sync::atomic::AtomicBool,
    /// Loom fails when it is still there at the end.
    _alive: loom::sync::Arc<()>,
}

// SAFETY: `seen` is touched by turns, which never overlap; that is what the models are about.
unsafe impl Sync for Body {}

impl Run for Body {
    fn run(this: &InTurn<Self>) -> Turn {
        this.look();
        if this.ends.load(Relaxed) { Turn::Done } else { Turn::Idle }
    }

    fn scheduler(&self) -> &Scheduler {
        &self.scheduler
    }

    fn token(&self) -> u64 {
        self.number
    }

    fn unpark_thread(&self) {
        self.parker.unpark();
    }

    fn runs_beside_others(&self) -> bool {
        true
    }
}

impl Body {
    fn task(scheduler: &Arc<Scheduler>, number: u64) -> InTurn<Self> {
        InTurn::new(Self {
            scheduler: Arc::clone(scheduler),
            number,
            told: [AtomicBool::new(false), AtomicBool::new(false)],
            seen: UnsafeCell::new([false; 2]),
            parker: Parker::new(),
            ends: std::sync::atomic::AtomicBool::new(false),
            _alive: loom::sync::Arc::new(()),
        })
    }

    /// Part of a turn: true when all wakers were seen.
    fn look(&self) -> bool {
        let told = [self.told[0].load(Relaxed), self.told[1].load(Relaxed)];
        // SAFETY: see above.
        self.seen.with_mut(|seen| unsafe {
            for (seen, told) in (*seen).iter_mut().zip(told) {
                *seen |= told;
            }
            *seen == [true; 2]
        })
    }

    fn seen(&self) -> [bool; 2] {
        // SAFETY: see above.
        self.seen.with(|seen| unsafe { *seen })
    }
}

fn scheduler() -> Arc<Scheduler> {
    Arc::new(Scheduler::new(2, 0))
}

/// A seat that is on duty.
fn new_seat(scheduler: &Scheduler) -> Arc<Seat> {
    let seat = scheduler.threads.new_seat();
    scheduler.threads.enlist(&seat);
    seat
}

/// One more thread that wakes, having said so.
fn waker(task: &TaskRef<Body>, number: usize) -> thread::JoinHandle<()> {
    let task = task.clone();
    thread::spawn(move || {
        task.told[number].store(true, Relaxed);
        task.task().wake();
    })
}

/// Ends a task that was started, and with it its reference to itself.
fn end(scheduler: &Scheduler, task: &TaskRef<Body>) {
    task.ends.store(true, Relaxed);
    task.task().wake();
    run_queued(scheduler);
}

fn run_queued(scheduler: &Scheduler) {
    while let Some(task) = scheduler.injector.pop() {
        task.run();
    }
}

#[test]
fn a_wake_is_not_lost_and_turns_do_not_overlap() {
    loom::model(|| {
        let scheduler = scheduler();
        let task = Body::task(&scheduler, 1).start();
        let wakers = [waker(&task, 0), waker(&task, 1)];
        run_queued(&scheduler);
        for waker in wakers {
            waker.join().unwrap();
        }
        run_queued(&scheduler);
        assert!(task.seen() == [true; 2], "a wake was lost");
        end(&scheduler, &task);
    });
}

#[test]
fn two_cores_never_have_the_same_turn() {
    loom::model(|| {
        let scheduler = scheduler();
        let task = Body::task(&scheduler, 1).start();
        let other = {
            let scheduler = Arc::clone(&scheduler);
            thread::spawn(move || run_queued(&scheduler))
        };
        let waker = waker(&task, 0);
        run_queued(&scheduler);
        other.join().unwrap();
        waker.join().unwrap();
        run_queued(&scheduler);
        assert!(task.seen()[0], "a wake was lost");
        end(&scheduler, &task);
    });
}

/// Loom finds the lost wake-up as a deadlock.
fn a_parked_turn_is_woken(on_a_stack: bool) {
    loom::model(move || {
        let scheduler = scheduler();
        let seat = new_seat(&scheduler);
        let place = ParkedAt { seat: seat.number, stack: 7 };
        // A new task is in its turn.
        let task = Body::task(&scheduler, 1);
        let wakers = [waker(&task, 0), waker(&task, 1)];
        while !task.look() {
            if !task.task().park(on_a_stack.then_some(place)) {
                continue;
            }
            if on_a_stack {
                let mut ready = seat.take_ready();
                while ready.is_empty() {
                    seat.parker().park(None);
                    ready = seat.take_ready();
                }
                assert_eq!(
                    ready,
                    [Ready { stack: 7, token: 1 }],
                    "a stack is made ready once for each time that it is parked"
                );
            } else {
                while !task.task().is_woken() {
                    task.parker.park(None);
                }
            }
            task.task().resume();
        }
        for waker in wakers {
            waker.join().unwrap();
        }
        assert!(seat.take_ready().is_empty());
    });
}

#[test]
fn a_parked_stack_is_woken() {
    a_parked_turn_is_woken(true);
}

#[test]
fn a_blocked_thread_is_woken() {
    a_parked_turn_is_woken(false);
}

#[test]
fn every_stack_that_is_made_ready_is_taken() {
    loom::model(|| {
        let seat = Arc::new(Seat::new(1));
        let others = [1, 2].map(|stack| {
            let seat = Arc::clone(&seat);
            thread::spawn(move || seat.make_ready(Ready { stack, token: 0 }))
        });
        let mut taken = Vec::new();
        while taken.len() < 2 {
            let ready = seat.take_ready();
            if ready.is_empty() {
                seat.parker().park(None);
            }
            taken.extend(ready.iter().map(|ready| ready.stack));
        }
        for other in others {
            other.join().unwrap();
        }
        taken.sort_unstable();
        assert_eq!(taken, [1, 2]);
    });
}

fn numbers(queue: &RunQueue) -> Vec<u64> {
    std::iter::from_fn(|| queue.pop()).map(|task| task.token()).collect()
}

#[test]
fn a_task_is_taken_once_by_its_core_or_a_thief() {
    loom::model(|| {
        let scheduler = scheduler();
        let queue = Arc::new(RunQueue::new());
        for number in 1..=2 {
            queue.push_next(Body::task(&scheduler, number).into_ref().into_task());
        }
        let thief = {
            let queue = Arc::clone(&queue);
            thread::spawn(move || {
                let own = RunQueue::new();
                queue.steal_into(&own, true);
                numbers(&own)
            })
        };
        queue.push_next(Body::task(&scheduler, 3).into_ref().into_task());
        let mut taken: Vec<u64> = queue.pop().into_iter().map(|task| task.token()).collect();
        taken.extend(thief.join().unwrap());
        taken.extend(numbers(&queue));
        taken.sort_unstable();
        assert_eq!(taken, [1, 2, 3]);
    });
}

#[test]
fn a_queue_keeps_no_task_alive_when_it_is_dropped() {
    loom::model(|| {
        let scheduler = scheduler();
        let queue = RunQueue::new();
        for number in 1..=2 {
            queue.push_next(Body::task(&scheduler, number).into_ref().into_task());
        }
    });
}

#[test]
fn a_seat_that_is_given_up_keeps_no_task() {
    loom::model(|| {
        let scheduler = scheduler();
        let seat = new_seat(&scheduler);
        let queued = {
            let (scheduler, seat) = (Arc::clone(&scheduler), Arc::clone(&seat));
            thread::spawn(move || {
                for number in 1..=2 {
                    scheduler.push_on(
                        &seat,
                        Body::task(&scheduler, number).into_ref().into_task(),
                        RunQueue::push_next,
                    );
                }
                // As its core does when the turn is over.
                if seat.is_off_duty() {
                    scheduler.empty(&seat);
                    return Vec::new();
                }
                numbers(&seat.queue)
            })
        };
        seat.end_duty();
        scheduler.empty(&seat);
        let served = queued.join().unwrap();
        let mut taken = [numbers(&scheduler.injector), served].concat();
        taken.sort_unstable();
        assert_eq!(taken, [1, 2], "a task stayed in a queue that nobody serves");
    });
}

#[test]
fn a_seat_that_gets_duty_keeps_its_tasks() {
    loom::model(|| {
        let scheduler = scheduler();
        let (seat, before) = (scheduler.threads.new_seat(), new_seat(&scheduler));
        let queued = {
            let (scheduler, seat) = (Arc::clone(&scheduler), Arc::clone(&seat));
            thread::spawn(move || {
                // A turn that goes on while its thread is apart.
                scheduler.push_on(&seat, Body::task(&scheduler, 1).into_ref().into_task(), RunQueue::push_next);
                if seat.is_off_duty() {
                    scheduler.empty(&seat);
                    return Vec::new();
                }
                numbers(&seat.queue)
            })
        };
        before.queue.push_next(Body::task(&scheduler, 2).into_ref().into_task());
        scheduler.ask_for_duty(&seat);
        assert!(scheduler.give_duty(&before));
        let served = queued.join().unwrap();
        let mut taken = [numbers(&scheduler.injector), numbers(&seat.queue), served].concat();
        taken.sort_unstable();
        assert_eq!(taken, [1, 2], "a task stayed in a queue that nobody serves");
        assert_eq!(numbers(&before.queue), []);
    });
}

#[test]
fn who_asks_for_duty_is_given_it_once() {
    loom::model(|| {
        let scheduler = scheduler();
        let asker = scheduler.threads.new_seat();
        let givers = [(); 2].map(|()| new_seat(&scheduler)).map(|giver| {
            let scheduler = Arc::clone(&scheduler);
            thread::spawn(move || scheduler.give_duty(&giver))
        });
        // One stack of it after the other goes on.
        scheduler.ask_for_duty(&asker);
        scheduler.ask_for_duty(&asker);
        let given = givers.map(|giver| giver.join().unwrap()).into_iter().filter(|given| *given).count();
        assert!(given <= 1, "{given} have given their duty to one");
        let on_duty: BTreeSet<_> = scheduler.threads.on_duty().iter().map(|seat| seat.number).collect();
        assert_eq!((on_duty.len(), on_duty.contains(&asker.number)), (2, given == 1));
        assert_eq!(asker.is_off_duty(), given == 0);
    });
}

#[test]
fn a_task_that_is_bound_is_queued_where_it_belongs() {
    loom::model(|| {
        let scheduler = scheduler();
        let seat = scheduler.threads.new_seat();
        let task = Body::task(&scheduler, 1).start_on(&seat);
        let wakers = [waker(&task, 0), waker(&task, 1)];
        while task.seen() != [true; 2] {
            match seat.take_bound() {
                Some(task) => drop(task.run()),
                None => seat.parker().park(None),
            }
        }
        for waker in wakers {
            waker.join().unwrap();
        }
        task.ends.store(true, Relaxed);
        task.task().wake();
        while let Some(task) = seat.take_bound() {
            task.run();
        }
    });
}

/// A core that takes one task and then never comes back.
struct Busy {
    scheduler: Arc<Scheduler>,
    seat: Arc<Seat>,
}

impl Busy {
    fn one_task(&self) -> u64 {
        loop {
            if let Some(task) = self.seat.queue.pop() {
                return task.token();
            }
            self.scheduler.sleep.await_work(2, self);
        }
    }
}

impl sleep::Sleeper for Busy {
    fn number(&self) -> u32 {
        self.seat.number
    }

    fn search(&self) -> bool {
        self.look_around()
    }

    fn look_around(&self) -> bool {
        self.scheduler.injector.steal_into(&self.seat.queue, true) > 0
    }

    fn has_work(&self) -> bool {
        self.scheduler.injector.len() > 0
    }

    fn sleep(&self, keeps_time: bool) {
        let limit = if keeps_time { self.scheduler.until_next_timer() } else { Some(None) };
        if let Some(limit) = limit {
            self.seat.parker().park(limit);
        }
    }

    fn awake(&self) {}

    fn share(&self) {
        if self.has_work() {
            self.scheduler.notify();
        }
    }
}

#[test]
fn every_queued_task_is_seen_by_somebody_who_has_time() {
    loom::model(|| {
        let scheduler = scheduler();
        let cores = [(); 2].map(|()| {
            let core = Busy { scheduler: Arc::clone(&scheduler), seat: new_seat(&scheduler) };
            thread::spawn(move || core.one_task())
        });
        for number in 1..=2 {
            scheduler.injector.push_last(Body::task(&scheduler, number).into_ref().into_task());
            scheduler.notify();
        }
        // Each takes one: loom finds a deadlock when one of them sleeps on.
        let mut taken = cores.map(|core| core.join().unwrap());
        taken.sort_unstable();
        assert_eq!(taken, [1, 2]);
    });
}

#[test]
fn who_is_roused_as_it_wakes_by_itself_is_counted_once() {
    loom::model(|| {
        let sleep = Arc::new(Sleep::new());
        sleep.begin_sleep(1);
        let watchdog = {
            let sleep = Arc::clone(&sleep);
            thread::spawn(move || _ = sleep.rouse())
        };
        if sleep.end_sleep(1) {
            sleep.end_search();
        }
        watchdog.join().unwrap();
        assert_eq!(sleep.sleeping(), 0);
    });
}

#[test]
fn who_keeps_the_time_hears_of_an_earlier_timer() {
    struct Never;
    impl Expire for Never {
        fn expire(self: Arc<Self>, _: Moment) -> Option<Moment> {
            None
        }
    }
    loom::model(|| {
        let scheduler = scheduler();
        let seat = new_seat(&scheduler);
        let setter = {
            let scheduler = Arc::clone(&scheduler);
            thread::spawn(move || {
                let at = scheduler.now().saturating_add(Duration::from_secs(3600));
                let (_, next) = scheduler.timers.insert(at, Arc::new(Never));
                if next {
                    scheduler.timer_is_next();
                }
            })
        };
        assert!(scheduler.sleep.keep_time(seat.number));
        while scheduler.until_next_timer() == Some(None) {
            seat.parker().park(None);
        }
        setter.join().unwrap();
    });
}
