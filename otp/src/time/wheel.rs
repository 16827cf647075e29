//! A hierarchical timing wheel: which entry is due, and in which order.
//!
//! It is plain data: no lock, no clock, no idea of what an entry stands for. Inserting and cancelling are O(1); an
//! entry on its way to its deadline is moved at most ten times, and not at all if it is cancelled early.
//!
//! The wheel reads a deadline as a number of eleven digits in base 64, which covers the whole range of nanoseconds.
//! An entry lies on the level of the highest digit in which its deadline differs from `elapsed`, in the slot which
//! that digit names. So a slot of level 0 holds a single deadline, and all of a level is due before all of the next.
//!
//! | place of an entry | meaning |
//! |---|---|
//! | `Slot` | its deadline is at or after `elapsed`; which slot follows from the two, until the slot is `falling` |
//! | `Past` | its deadline was before `elapsed` when it came |
//! | `Nowhere` | it is running, or its deadline is `Moment::FAR`, or the entry is vacant |
//!
//! Entries may have an owner, with which they are cancelled: they and it are linked into a ring. An owner is an entry
//! without a deadline that is in no list.
//!
//! Equal deadlines are therefore always in one list. Lists are first in, first out and are moved from the front to
//! the back, so that entries with equal deadlines stay in the order they came in.

use std::{collections::BTreeMap, iter, mem, num::NonZeroU32};

use super::Moment;
use crate::passed::pass;

const BITS: u32 = 6;
const SLOTS: usize = 1 << BITS;
const LEVELS: usize = u64::BITS.div_ceil(BITS) as usize;

/// The end of a list.
const NIL: u32 = u32::MAX;

/// How many entries one step moves down before it lets others have the lock.
const MOVES: u32 = 128;

/// How many entries are looked at for the exact deadline of a slot, where a lower bound will do.
const LOOKS: usize = 16;

/// Names an entry of one wheel, and no later entry in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TimerKey {
    index: u32,
    generation: NonZeroU32,
}

/// Names an owner of entries of one wheel, and no later owner in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner(TimerKey);

/// What [`Wheel::step`] has come to.
pub(super) enum Advance<T> {
    /// This entry is due. It keeps its key until it is finished or re-armed.
    Due(TimerKey, T),
    /// There is more to do.
    More,
    /// Nothing is due.
    Idle,
}

pub(super) struct Wheel<T> {
    /// Nothing in a slot is due before this moment.
    elapsed: Moment,
    /// Bit `n` of a level: its slot `n` isn't empty.
    occupied: [u64; LEVELS],
    /// Levels are allocated when first used.
    levels: [Option<Box<[List; SLOTS]>>; LEVELS],
    past: BTreeMap<Moment, List>,
    /// The slot whose entries are being moved to lower levels. `elapsed` is within it, so none are added to it.
    falling: Option<Slot>,
    slab: Vec<Entry<T>>,
    /// The first of the vacant entries, which are linked by `next`.
    vacant: u32,
    live: usize,
    /// Of the latest insert. Counted for the wheel, not for an entry, so that the slab can be given up.
    generation: NonZeroU32,
}

struct Entry<T> {
    at: Moment,
    /// Absent while the entry runs or is vacant.
    what: Option<T>,
    /// Absent while the entry is vacant.
    generation: Option<NonZeroU32>,
    previous: u32,
    next: u32,
    place: Bucket,
    ring: Ring,
}

// A node may have a million timers, each with a target of two words.
const _: () = assert!(size_of::<Entry<&dyn Send>>() <= 48);

/// The neighbours of an entry among those of its owner; `NIL` for one that has none.
#[derive(Clone, Copy)]
struct Ring {
    before: u32,
    after: u32,
}

impl Ring {
    const NONE: Self = Self { before: NIL, after: NIL };
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bucket {
    Nowhere,
    Past,
    Slot(Slot),
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Slot {
    level: u8,
    digit: u8,
}

#[derive(Clone, Copy)]
struct List {
    head: u32,
    tail: u32,
}

impl List {
    const EMPTY: Self = Self { head: NIL, tail: NIL };
}

impl<T> Wheel<T> {
    pub(super) fn new() -> Self {
        Self {
            elapsed: Moment::START,
            occupied: [0; LEVELS],
            levels: [const { None }; LEVELS],
            past: BTreeMap::new(),
            falling: None,
            slab: Vec::new(),
            vacant: NIL,
            live: 0,
            generation: NonZeroU32::MIN,
        }
    }

    /// Entries which are waiting for their deadline.
    #[cfg(all(test, not(loom)))]
    pub(super) fn len(&self) -> usize {
        self.live
    }

    /// What waits for its deadline.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.slab.iter().filter_map(|entry| entry.what.as_ref())
    }

    pub(super) fn insert(&mut self, at: Moment, what: T) -> TimerKey {
        let key = self.occupy();
        // Written field by field: a whole entry would be copied through the stack, which takes noticeably longer.
        let entry = &mut self.slab[key.index as usize];
        entry.at = at;
        entry.what = Some(what);
        self.live += 1;
        self.link(key.index);
        key
    }

    /// As [`insert`](Self::insert), for an owner. Gives `what` back when there is no such owner any more.
    pub(super) fn insert_for(&mut self, owner: Owner, at: Moment, what: T) -> Result<TimerKey, T> {
        if self.entry(owner.0).is_none() {
            return Err(what);
        }
        let key = self.insert(at, what);
        // The newest goes last.
        let (own, after) = (key.index, owner.0.index);
        let before = mem::replace(&mut self.slab[after as usize].ring.before, own);
        self.slab[before as usize].ring.after = own;
        self.slab[own as usize].ring = Ring { before, after };
        Ok(key)
    }

    /// An owner, which has no entries yet.
    pub(super) fn new_owner(&mut self) -> Owner {
        let key = self.occupy();
        let entry = &mut self.slab[key.index as usize];
        entry.at = Moment::FAR;
        entry.ring = Ring { before: key.index, after: key.index };
        Owner(key)
    }

    /// Takes out some entries of an owner, and that one when it has no more; false when there may be more.
    pub(super) fn cancel_some(&mut self, owner: Owner, taken: &mut Vec<T>) -> bool {
        for _ in 0..MOVES {
            let Some(entry) = self.entry(owner.0) else { return true };
            let index = entry.ring.after;
            pass(1);
            if index == owner.0.index {
                self.vacate(index);
                return true;
            }
            let generation = self.slab[index as usize].generation.expect("an entry in a ring isn't vacant");
            taken.extend(self.cancel(TimerKey { index, generation }).map(|(_, what)| what));
        }
        false
    }

    /// Takes an entry out. One that runs is only kept from being re-armed.
    pub(super) fn cancel(&mut self, key: TimerKey) -> Option<(Moment, T)> {
        let entry = self.entry(key)?;
        let at = entry.at;
        let what = entry.what.take();
        if what.is_some() {
            self.unlink(key.index);
            self.live -= 1;
        }
        self.vacate(key.index);
        Some((at, what?))
    }

    pub(super) fn deadline(&self, key: TimerKey) -> Option<Moment> {
        let entry = self.slab.get(key.index as usize)?;
        (entry.generation == Some(key.generation) && entry.what.is_some()).then_some(entry.at)
    }

    /// Forgets every entry. Returns the old wheel, so that what they held can be dropped outside of a lock.
    pub(super) fn clear(&mut self) -> Self {
        let emptied = Self { elapsed: self.elapsed, generation: self.generation, ..Self::new() };
        mem::replace(self, emptied)
    }

    /// Goes on towards `now` and takes out the next entry that is due, by deadline and then by age.
    pub(super) fn step(&mut self, now: Moment) -> Advance<T> {
        let mut moves = MOVES;
        loop {
            while let Some(slot) = self.falling {
                let index = self.list(slot).head;
                if index == NIL {
                    self.falling = None;
                } else if moves == 0 {
                    return Advance::More;
                } else {
                    moves -= 1;
                    self.unlink(index);
                    self.link(index);
                }
            }

            if let Some((&at, list)) = self.past.first_key_value() {
                let index = list.head;
                return if at <= now { self.begin(index) } else { Advance::Idle };
            }

            let Some(slot) = self.first_slot().filter(|&slot| self.start_of(slot) <= now) else {
                self.elapsed = self.elapsed.max(now);
                return Advance::Idle;
            };
            // Both are in the slot, at or before all of its deadlines. The further on, the less is left to be moved.
            self.elapsed = self.bound_of(slot).min(now);
            if slot.level == 0 {
                return self.begin(self.list(slot).head);
            }
            self.falling = Some(slot);
        }
    }

    /// An entry that was due is done with.
    pub(super) fn finish(&mut self, key: TimerKey) {
        if self.entry(key).is_some() {
            self.vacate(key.index);
        }
    }

    /// Sets an entry that was due to a later deadline, at least a nanosecond later than its last, so that time goes on.
    ///
    /// Returns `what` if the entry has been cancelled since.
    pub(super) fn rearm(&mut self, key: TimerKey, later: Moment, what: T) -> Option<T> {
        let Some(entry) = self.entry(key) else {
            return Some(what);
        };
        entry.at = later.max(Moment::from_nanos(entry.at.as_nanos().saturating_add(1)));
        entry.what = Some(what);
        self.live += 1;
        self.link(key.index);
        None
    }

    /// A lower bound of all deadlines, exact unless the next ones are many and far.
    pub(super) fn bound(&self) -> Moment {
        if let Some((&at, _)) = self.past.first_key_value() {
            at
        } else if self.falling.is_some() {
            self.elapsed
        } else {
            self.first_slot().map_or(Moment::FAR, |slot| self.bound_of(slot))
        }
    }

    /// The first deadline, whatever it costs to find it.
    pub(super) fn earliest(&self) -> Option<Moment> {
        if let Some((&at, _)) = self.past.first_key_value() {
            return Some(at);
        }
        let slots = [self.falling, self.first_slot()];
        slots.into_iter().flatten().flat_map(|slot| self.deadlines(slot)).min()
    }

    /// Takes an entry out to run it.
    fn begin(&mut self, index: u32) -> Advance<T> {
        self.unlink(index);
        self.live -= 1;
        let entry = &mut self.slab[index as usize];
        let generation = entry.generation.expect("an entry in a list isn't vacant");
        let what = entry.what.take().expect("an entry in a list isn't running");
        Advance::Due(TimerKey { index, generation }, what)
    }

    fn entry(&mut self, key: TimerKey) -> Option<&mut Entry<T>> {
        let entry = self.slab.get_mut(key.index as usize)?;
        (entry.generation == Some(key.generation)).then_some(entry)
    }

    /// Finds or makes a vacant entry, which is vacant no longer.
    fn occupy(&mut self) -> TimerKey {
        let generation = self.generation.checked_add(1).unwrap_or(NonZeroU32::MIN);
        self.generation = generation;
        let index = match self.slab.get(self.vacant as usize) {
            Some(entry) => mem::replace(&mut self.vacant, entry.next),
            None => {
                self.slab.push(Entry {
                    at: Moment::FAR,
                    what: None,
                    generation: None,
                    previous: NIL,
                    next: NIL,
                    place: Bucket::Nowhere,
                    ring: Ring::NONE,
                });
                u32::try_from(self.slab.len() - 1).expect("four billion timers don't fit in memory")
            }
        };
        self.slab[index as usize].generation = Some(generation);
        TimerKey { index, generation }
    }

    fn vacate(&mut self, index: u32) {
        let Ring { before, after } = mem::replace(&mut self.slab[index as usize].ring, Ring::NONE);
        if before != NIL {
            self.slab[before as usize].ring.after = after;
            self.slab[after as usize].ring.before = before;
        }
        let entry = &mut self.slab[index as usize];
        entry.generation = None;
        entry.next = self.vacant;
        self.vacant = index;
    }

    /// The slot of a deadline at or after `elapsed`.
    fn slot_of(&self, at: Moment) -> Slot {
        let differing = at.as_nanos() ^ self.elapsed.as_nanos();
        let level = differing.checked_ilog2().unwrap_or(0) / BITS;
        let digit = at.as_nanos() >> (level * BITS) & (SLOTS as u64 - 1);
        Slot { level: level as u8, digit: digit as u8 }
    }

    /// The first slot of the lowest level in use.
    fn first_slot(&self) -> Option<Slot> {
        let level = self.occupied.iter().position(|&slots| slots != 0)?;
        let digit = self.occupied[level].trailing_zeros();
        Some(Slot { level: level as u8, digit: digit as u8 })
    }

    /// The first moment of a slot.
    fn start_of(&self, slot: Slot) -> Moment {
        let shift = u32::from(slot.level) * BITS;
        let below = u64::MAX.checked_shl(shift + BITS).unwrap_or(0);
        Moment::from_nanos(self.elapsed.as_nanos() & below | u64::from(slot.digit) << shift)
    }

    /// A lower bound of the slot's deadlines: the exact one if they are few, else the slot's start.
    fn bound_of(&self, slot: Slot) -> Moment {
        let mut deadlines = self.deadlines(slot);
        let earliest = deadlines.by_ref().take(LOOKS).min();
        match (earliest, deadlines.next()) {
            (Some(earliest), None) => earliest,
            _ => self.start_of(slot),
        }
    }

    fn deadlines(&self, slot: Slot) -> impl Iterator<Item = Moment> {
        let get = |index| self.slab.get(index as usize);
        iter::successors(get(self.list(slot).head), move |entry| get(entry.next)).map(|entry| {
            pass(1);
            entry.at
        })
    }

    fn list(&self, slot: Slot) -> List {
        match &self.levels[usize::from(slot.level)] {
            Some(lists) => lists[usize::from(slot.digit)],
            None => List::EMPTY,
        }
    }

    /// Puts an entry at the end of the list where it belongs.
    fn link(&mut self, index: u32) {
        let at = self.slab[index as usize].at;
        let (place, list) = if at == Moment::FAR {
            return;
        } else if at < self.elapsed {
            (Bucket::Past, self.past.entry(at).or_insert(List::EMPTY))
        } else {
            let slot = self.slot_of(at);
            let (level, digit) = (usize::from(slot.level), usize::from(slot.digit));
            self.occupied[level] |= 1 << digit;
            let lists = self.levels[level].get_or_insert_with(|| Box::new([List::EMPTY; SLOTS]));
            (Bucket::Slot(slot), &mut lists[digit])
        };
        let previous = mem::replace(&mut list.tail, index);
        if previous == NIL {
            list.head = index;
        } else {
            self.slab[previous as usize].next = index;
        }
        let entry = &mut self.slab[index as usize];
        (entry.place, entry.previous, entry.next) = (place, previous, NIL);
    }

    /// Takes an entry out of the list it is in, if it is in one.
    fn unlink(&mut self, index: u32) {
        let entry = &mut self.slab[index as usize];
        let (at, previous, next) = (entry.at, entry.previous, entry.next);
        let place = mem::replace(&mut entry.place, Bucket::Nowhere);
        let list = match place {
            Bucket::Nowhere => return,
            Bucket::Past => self.past.get_mut(&at),
            Bucket::Slot(Slot { level, digit }) => {
                self.levels[usize::from(level)].as_mut().map(|lists| &mut lists[usize::from(digit)])
            }
        };
        let list = list.expect("the list of an entry exists");
        match previous {
            NIL => list.head = next,
            _ => self.slab[previous as usize].next = next,
        }
        match next {
            NIL => list.tail = previous,
            _ => self.slab[next as usize].previous = previous,
        }
        if list.head == NIL {
            match place {
                Bucket::Nowhere => {}
                Bucket::Past => drop(self.past.remove(&at)),
                Bucket::Slot(slot) => self.occupied[usize::from(slot.level)] &= !(1 << slot.digit),
            }
        }
    }
}
