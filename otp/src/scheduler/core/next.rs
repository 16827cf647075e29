//! What a core does next: a turn, the rest of one, or sleep.

use std::time::{Duration, Instant};

use super::{Core, CoreKind};
use crate::scheduler::{sleep::Sleeper, task::AnyTask};

/// How many stacks in a row may go on before a queued task has its turn.
pub(super) const READY_STREAK: u32 = 16;
/// Every so many turns a busy core looks at the timers and at what came from outside.
const LOOK_OUTSIDE: u32 = 61;
/// How long a core that ran dry searches before it sleeps: about what a wake-up would cost.
const SEARCH: Duration = Duration::from_micros(40);
/// How many of them it keeps when it has slept for a while.
const KEPT_STACKS: usize = 4;
const KEPT_FOR: Duration = Duration::from_secs(1);

pub(super) enum NextAction {
    Run(AnyTask),
    GoOn(u32),
    Quiet,
    Stop,
}

impl Core {
    pub(super) fn next(&self) -> NextAction {
        if self.is_driven() {
            return self.next_by_seed();
        }
        let turns = self.turns.get().wrapping_add(1);
        self.turns.set(turns);
        if turns.is_multiple_of(LOOK_OUTSIDE) || self.seat.looks_outside() {
            self.look_outside();
        }
        loop {
            if self.seat.has_ready() {
                self.ready.borrow_mut().extend(self.seat.take_ready().iter().map(|ready| ready.stack));
            }
            if let Some(stack) = self.next_ready() {
                return NextAction::GoOn(stack);
            }
            if self.kind == CoreKind::Bound {
                if let Some(task) = self.seat.take_bound() {
                    return NextAction::Run(task);
                }
                if self.is_done.get() {
                    return NextAction::Stop;
                }
            } else if self.seat.is_off_duty() {
                // What this thread has put in just before that, it sees for certain.
                self.scheduler.empty(&self.seat);
            } else if let Some(task) = self.seat.queue.pop() {
                self.ready_streak.set(0);
                return NextAction::Run(task);
            }
            // The tasks that had a right to run before the next stack were taken by another core.
            self.ready_streak.set(0);
            if !self.ready.borrow().is_empty() {
                continue;
            }
            if self.scheduler.is_stopping() {
                return NextAction::Stop;
            }
            if !self.seat.is_off_duty() {
                if self.passes_duty_at_rest() {
                    continue;
                }
                self.scheduler.sleep().await_work(self.scheduler.cores(), self);
            } else if self.kind == CoreKind::Shared && self.is_clear() {
                if !self.scheduler.wait_for_duty(&self.seat) {
                    return NextAction::Stop;
                }
            } else {
                self.seat.parker().park(None);
            }
        }
    }

    /// Looks at the timers, at what came from outside, and at who wants the duty.
    pub(super) fn look_outside(&self) {
        self.scheduler.expire_timers();
        if !self.seat.is_off_duty() {
            self.scheduler.injector().steal_into(&self.seat.queue, true);
            self.give_duty();
        }
    }

    fn next_by_seed(&self) -> NextAction {
        if self.scheduler.is_stopping() {
            return NextAction::Stop;
        }
        let (tasks, stacks) = (self.seat.queue.len(), self.ready.borrow().len());
        let mut rng = self.rng.borrow_mut();
        match rng.below(tasks + stacks) {
            None => NextAction::Quiet,
            Some(choice) if choice < stacks => {
                let stack = self.ready.borrow_mut().swap_remove_back(choice);
                NextAction::GoOn(stack.expect("chosen below its length"))
            }
            Some(_) => NextAction::Run(self.seat.queue.pop_any(&mut rng).expect("it is not empty")),
        }
    }

    pub(super) fn next_ready(&self) -> Option<u32> {
        let streak = self.ready_streak.get();
        if streak >= READY_STREAK && self.seat.queue.len() > 0 {
            return None;
        }
        let stack = self.ready.borrow_mut().pop_front()?;
        self.ready_streak.set(streak + 1);
        Some(stack)
    }

    /// Whether a parked stack can go on.
    pub(super) fn has_ready(&self) -> bool {
        !self.ready.borrow().is_empty() || self.seat.has_ready()
    }

    /// One look at the timers and at the other queues; true when there is something to do now. A core that is still in
    /// the turn it was in at `turns` gives away even the task it woke last: it is too busy to begin it soon.
    fn look_around(&self, turns: Option<&[(u32, u64)]>) -> bool {
        self.scheduler.expire_timers();
        self.seat.queue.len() > 0
            || self.has_ready()
            || self.give_duty()
            || self.scheduler.injector().steal_into(&self.seat.queue, true) > 0
            || self.scheduler.steal_into(&self.seat, turns.unwrap_or_default())
    }
}

impl Sleeper for Core {
    fn number(&self) -> u32 {
        self.seat.number
    }

    fn search(&self) -> bool {
        let began = Instant::now();
        let turns = self.scheduler.turns();
        loop {
            if Sleeper::look_around(self) {
                return true;
            }
            for _ in 0..64 {
                if Sleeper::has_work(self) {
                    break;
                }
                std::hint::spin_loop();
            }
            if self.scheduler.is_stopping() {
                return false;
            }
            if began.elapsed() > SEARCH {
                return Core::look_around(self, Some(&turns));
            }
        }
    }

    fn look_around(&self) -> bool {
        Core::look_around(self, None)
    }

    fn has_work(&self) -> bool {
        self.seat.queue.len() > 0
            || self.has_ready()
            || self.scheduler.has_work()
            || self.scheduler.threads.is_asked()
            || self.scheduler.is_stopping()
    }

    fn sleep(&self, keeps_time: bool) {
        let limit = if keeps_time { self.scheduler.until_next_timer() } else { Some(None) };
        let Some(limit) = limit else { return };
        if self.spare.borrow().len() <= KEPT_STACKS {
            return self.seat.parker().park(limit);
        }
        let began = Instant::now();
        self.seat.parker().park(Some(limit.map_or(KEPT_FOR, |limit| limit.min(KEPT_FOR))));
        if began.elapsed() >= KEPT_FOR {
            self.finish_spares(KEPT_STACKS);
            self.scheduler.stacks().cool_all();
        }
    }

    fn awake(&self) {
        self.scheduler.wake_watchdog();
    }

    fn share(&self) {
        if self.scheduler.has_work() {
            self.scheduler.notify();
        }
    }
}
