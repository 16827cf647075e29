//! The watchdog: a thread that notices what the cores, being busy, cannot.
//!
//! It looks every few milliseconds while any core is awake. A timer that is overdue while a core sleeps, or a queue
//! behind a long turn, wakes a sleeper. When all cores are held by long turns while others wait, one of them gets a new
//! thread; the old one finishes its turn. A turn that goes on and on is shown to the floor above, which may say that its
//! task is lost: then its core gets a new thread at once.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{
            Ordering::{Relaxed, SeqCst},
            fence,
        },
    },
    time::{Duration, Instant},
};

use super::Scheduler;

const PERIOD: Duration = Duration::from_millis(10);
/// After so many quiet looks the watchdog sleeps until a core is woken.
const QUIET_LOOKS: u32 = 100;
/// A turn that has taken so long may keep others waiting.
const LONG_TURN: Duration = Duration::from_millis(100);
/// So many threads may be busy beside those of the cores.
const MAX_BUSY: usize = 64;

/// What the floor above says of a task that holds its core.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Let it run.
    Busy,
    /// It will not come back: declare it dead and give its core a new thread.
    Lost,
}

/// Asked by the watchdog.
pub(crate) trait Watch: Send + Sync {
    /// A turn of the task with this token has held a core for so long.
    fn overdue(&self, token: u64, running: Duration) -> Verdict;
    /// Declares the task dead; false when its turn has come to an end meanwhile.
    fn declare_dead(&self, token: u64, running: Duration) -> bool;
    /// The thread of a seat is lost, with all the stacks that are parked on it.
    fn lost(&self, seat: u32);
}

pub(super) fn watch(scheduler: &Arc<Scheduler>, watch: &dyn Watch) {
    let mut seen: HashMap<u32, (u64, Instant)> = HashMap::new();
    let mut quiet = 0;
    while !scheduler.is_stopping() {
        if quiet < QUIET_LOOKS {
            scheduler.watchdog.park(Some(PERIOD));
        } else {
            scheduler.watchdog_sleeps.store(true, Relaxed);
            // One more look after saying so: a core may have been woken in between.
            fence(SeqCst);
            if scheduler.sleep.sleeping() == scheduler.seats().len() && !scheduler.is_stopping() {
                scheduler.watchdog.park(None);
            }
            quiet = 0;
        }
        let seats = scheduler.seats().clone();
        let busy = scheduler.given_up();
        // A task that was put in just as its seat was given up, by a turn that goes on, is seen here.
        busy.iter().filter(|seat| seat.queue.len() > 0).for_each(|seat| scheduler.empty(seat));
        let sleeping = scheduler.sleep.sleeping();
        // A thread that was given up and is not lost is watched until its turn is over.
        let is_watched = busy.iter().any(|seat| seat.current().1 != 0 && !seat.is_lost());
        quiet = if sleeping == seats.len() && !is_watched { quiet + 1 } else { 0 };
        let now = Instant::now();
        seen.retain(|number, _| seats.iter().chain(&busy).any(|seat| seat.number == *number));
        let mut stuck = false;
        // The longest turn, when all cores are in a long one.
        let mut longest = None;
        let mut all_long = true;
        for (seat, is_served) in seats.iter().map(|seat| (seat, true)).chain(busy.iter().map(|seat| (seat, false))) {
            let (turn, token) = seat.current();
            let (before, since) = *seen.entry(seat.number).or_insert((turn, now));
            let running = now - since;
            if token == 0 || turn != before {
                seen.insert(seat.number, (turn, now));
                all_long &= !is_served;
                continue;
            }
            stuck |= seat.queue.len() > 0;
            if !seat.is_lost() && watch.overdue(token, running) == Verdict::Lost {
                all_long = false;
                // Counted before anybody can learn of it.
                scheduler.lose(seat);
                if watch.declare_dead(token, running) {
                    scheduler.replace(seat);
                    watch.lost(seat.number);
                } else {
                    scheduler.find(seat);
                }
            } else if is_served {
                all_long &= running >= LONG_TURN;
                longest = longest.max(Some((running, seat.number)));
            }
        }
        let late = scheduler.timers.next() <= scheduler.now();
        if all_long
            && (stuck || late || scheduler.injector.len() > 0)
            && busy.len() < MAX_BUSY
            && let Some((_, number)) = longest
            && let Some(seat) = seats.iter().find(|seat| seat.number == number)
        {
            scheduler.replace(seat);
        }
        if sleeping > 0
            && (stuck || late)
            && let Some(seat) = scheduler.sleep.rouse()
        {
            scheduler.unpark(seat);
        }
    }
}
