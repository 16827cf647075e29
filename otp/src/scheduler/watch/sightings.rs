//! What the watchdog sees of each thread, from one look to the next.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::scheduler::{Scheduler, seat::Seat};

/// So many turns from one look to the next are few: each is long enough to keep others waiting.
const FEW_TURNS: u64 = 3;

/// The turns that the threads were in, by the numbers of their seats.
#[derive(Default)]
pub(super) struct Sightings(HashMap<u32, SeenTurn>);

/// A turn, as it was seen before.
struct SeenTurn {
    turn: u64,
    since: Instant,
    /// It has gone on since a look before.
    goes_on: bool,
    /// Its code has got a bad name.
    was_long: bool,
}

/// A thread, as one look sees it.
pub(super) struct Sighting<'a> {
    pub(super) seat: Arc<Seat>,
    pub(super) on_duty: bool,
    /// It is in a turn, and has begun few since the look before.
    pub(super) is_slow: bool,
    /// The turn that it is in, if that has gone on since a look before.
    pub(super) turn: Option<LongTurn<'a>>,
}

pub(super) struct LongTurn<'a> {
    pub(super) token: u64,
    pub(super) running: Duration,
    /// Its code has got a bad name.
    pub(super) was_long: &'a mut bool,
}

impl SeenTurn {
    fn new(turn: u64, since: Instant) -> Self {
        Self { turn, since, goes_on: false, was_long: false }
    }
}

impl Sightings {
    /// The threads that there are now.
    pub(super) fn begin(&mut self, scheduler: &Scheduler) -> Vec<Arc<Seat>> {
        let seats = scheduler.threads.all();
        if self.0.len() > seats.len() {
            self.0.retain(|number, _| seats.iter().any(|seat| seat.number == *number));
        }
        seats
    }

    /// Looks at one of them.
    pub(super) fn see(&mut self, scheduler: &Arc<Scheduler>, seat: Arc<Seat>, now: Instant) -> Sighting<'_> {
        let on_duty = !seat.is_off_duty();
        if on_duty {
            seat.look_outside();
        } else if seat.queue.len() > 0 {
            // It was put in just as the duty ended, by a turn that goes on.
            scheduler.empty(&seat);
        }
        let (turn, token) = seat.current();
        let seen = self.0.entry(seat.number).or_insert_with(|| SeenTurn::new(turn, now));
        let turns = turn.wrapping_sub(seen.turn);
        let is_slow = token != 0 && turns <= FEW_TURNS;
        if token == 0 || turns != 0 {
            if seen.goes_on {
                seat.slices.shorten();
            }
            *seen = SeenTurn::new(turn, now);
            return Sighting { seat, on_duty, is_slow, turn: None };
        }
        if !seen.goes_on {
            seen.goes_on = true;
            seat.slices.lengthen();
        }
        let turn = LongTurn { token, running: now - seen.since, was_long: &mut seen.was_long };
        Sighting { seat, on_duty, is_slow, turn: Some(turn) }
    }
}
