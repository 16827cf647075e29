//! The watchdog: a thread that notices what the cores, being busy, cannot.
//!
//! It looks every so often while any core is awake, in three steps: it *sees* each thread (`sightings`), *judges* what
//! it has seen and says so to those that run, and *acts* for those that wait. A turn that goes on from one look to the
//! next is asked to give way, and its code gets a bad name when it does not. A timer that is overdue, or a queue behind
//! a slow turn, wakes a core that sleeps; where none does, the turns that hold the cores lose them to other threads. A
//! turn that goes on and on is shown to the floor above, which may say that its task is lost.

mod sightings;

use std::{
    sync::{
        Arc,
        atomic::{
            Ordering::{Relaxed, SeqCst},
            fence,
        },
    },
    time::{Duration, Instant},
};

use self::sightings::{LongTurn, Sighting, Sightings};
use super::{Scheduler, Why, code, core::LONG_WAIT, seat::Seat, slice::Slices};

/// While a core sleeps and another does not: the time of a look is nobody's loss.
const PERIOD_BESIDE_SLEEPERS: Duration = Duration::from_micros(500);
/// While all cores are busy.
const PERIOD: Duration = Duration::from_millis(1);
/// After so many quiet looks the watchdog sleeps until a core is woken. No sooner, since its looks are the ticks by
/// which waits are measured.
const QUIET_LOOKS: u32 = LONG_WAIT + 1;
/// A turn that has taken so long loses its core when others wait for one.
const HELD: Duration = Duration::from_millis(2);
/// A turn that has taken so long is shown to the floor above.
const OVERDUE: Duration = Duration::from_millis(10);

/// What the floor above says of a task that holds its core.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Diagnosis {
    /// Let it run.
    Busy,
    /// It will not come back: declare it dead and give its core a new thread.
    Lost,
}

/// Asked by the watchdog.
pub(crate) trait Watch: Send + Sync {
    /// The task with this token is to end its turn after the message that it handles.
    fn give_way(&self, token: u64);
    /// The code that the task runs has held its core for long.
    fn was_long(&self, token: u64);
    /// A turn of the task with this token has held a core for so long.
    fn overdue(&self, token: u64, running: Duration) -> Diagnosis;
    /// Declares the task dead; false when its turn has come to an end meanwhile.
    fn declare_dead(&self, token: u64, running: Duration) -> bool;
    /// The stack of the task could go on, but the turn that holds its thread does not come to an end; `is_lost` when
    /// that was declared dead.
    fn stranded(&self, token: u64, is_lost: bool);
}

/// What one look has found to do.
#[derive(Default)]
struct Findings {
    /// Those on duty that are held by long turns.
    held: Vec<Arc<Seat>>,
    /// A task is queued behind a slow turn.
    stuck: bool,
    /// A thread that is apart is in a turn.
    apart: bool,
}

pub(super) fn watch(scheduler: &Arc<Scheduler>, watch: &dyn Watch) {
    Slices::default().begin();
    let mut sightings = Sightings::default();
    let mut quiet = 0;
    while !scheduler.is_stopping() {
        let sleeping = scheduler.sleep.sleeping();
        let cores = scheduler.cores();
        if quiet < QUIET_LOOKS {
            scheduler.watchdog.park(Some(if sleeping > 0 { PERIOD_BESIDE_SLEEPERS } else { PERIOD }));
        } else {
            scheduler.watchdog_sleeps.store(true, Relaxed);
            // One more look after saying so: a core may have been woken in between.
            fence(SeqCst);
            if scheduler.sleep.sleeping() >= cores && !scheduler.is_stopping() {
                scheduler.watchdog.park(None);
            }
            quiet = 0;
        }
        scheduler.ticks.fetch_add(1, Relaxed);
        let mut findings = Findings::default();
        let (seats, now) = (sightings.begin(scheduler), Instant::now());
        for seat in seats {
            judge(scheduler, watch, sightings.see(scheduler, seat, now), &mut findings);
        }
        quiet = if scheduler.sleep.sleeping() >= cores && !findings.apart { quiet + 1 } else { 0 };
        act(scheduler, &findings);
    }
}

/// Says to a turn that goes on what it has to know, and notes what it means for others.
fn judge(scheduler: &Arc<Scheduler>, watch: &dyn Watch, sighting: Sighting<'_>, findings: &mut Findings) {
    let Sighting { seat, on_duty, is_slow, turn } = sighting;
    findings.stuck |= on_duty && is_slow && seat.queue.len() > 0;
    let Some(LongTurn { token, running, was_long }) = turn else { return };
    findings.apart |= !on_duty && !seat.is_lost();
    watch.give_way(token);
    if running >= code::LONG && !*was_long {
        *was_long = true;
        watch.was_long(token);
    }
    if running >= OVERDUE {
        if seat.has_ready() {
            seat.waiting().iter().for_each(|ready| watch.stranded(ready.token, seat.is_lost()));
        }
        if !seat.is_lost() && watch.overdue(token, running) == Diagnosis::Lost {
            // Counted before anybody can learn of it.
            scheduler.lose(&seat);
            if watch.declare_dead(token, running) {
                scheduler.pass_duty(&seat, Why::Lost);
            } else {
                scheduler.find(&seat);
            }
            return;
        }
    }
    if on_duty && running >= HELD {
        findings.held.push(seat);
    }
}

/// Sees to it that those that wait go on.
fn act(scheduler: &Arc<Scheduler>, findings: &Findings) {
    let is_late = scheduler.timers.next() <= scheduler.now();
    if !(is_late || findings.stuck || scheduler.injector.len() > 0) {
        return;
    }
    match scheduler.sleep.rouse() {
        Some(seat) => scheduler.unpark(seat),
        None => findings.held.iter().for_each(|seat| drop(scheduler.pass_duty(seat, Why::Held))),
    }
}
