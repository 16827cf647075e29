//! The stacks that are parked on one thread, by number and by age.

use std::collections::VecDeque;

use super::stack::Stack;

/// Memory for more slots than that is given back when none is taken.
const KEPT: usize = 1024;

/// Parked stacks by number; a number is reserved before its stack has left.
#[derive(Default)]
pub(super) struct ParkedStacks {
    slots: Vec<ParkedStack>,
    free: Vec<u32>,
    /// How many are taken by waits of which it is known that they are long.
    long: usize,
    /// The reservations in order. Some of them are over, which is found out when it matters.
    order: VecDeque<Reservation>,
    /// How many there were.
    reserved: u32,
}

#[derive(Default)]
struct ParkedStack {
    stack: Option<Stack>,
    /// The one that it is reserved by, and since when, by the scheduler's ticks.
    by: Option<u32>,
    since: u32,
    is_long: bool,
}

#[derive(Clone, Copy)]
struct Reservation {
    number: u32,
    by: u32,
}

impl ParkedStacks {
    /// How many stacks are parked, or about to be.
    #[inline]
    pub(super) fn taken(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Whether one of them waits long, as is known already.
    pub(super) fn any_long(&self) -> bool {
        self.long > 0
    }

    /// Since when the oldest of them is parked.
    #[inline]
    pub(super) fn oldest(&mut self) -> Option<u32> {
        while let Some(first) = self.order.front() {
            let slot = &self.slots[first.number as usize];
            if slot.by == Some(first.by) {
                return Some(slot.since);
            }
            self.order.pop_front();
        }
        None
    }

    #[inline]
    pub(super) fn reserve(&mut self, now: u32, is_long: bool) -> u32 {
        let number = self.free.pop().unwrap_or_else(|| self.grow());
        self.reserved = self.reserved.wrapping_add(1);
        let by = self.reserved;
        let slot = &mut self.slots[number as usize];
        (slot.by, slot.since, slot.is_long) = (Some(by), now, is_long);
        self.long += usize::from(is_long);
        if self.order.len() == self.order.capacity() {
            self.tidy();
        }
        self.order.push_back(Reservation { number, by });
        number
    }

    #[cold]
    fn grow(&mut self) -> u32 {
        self.slots.push(ParkedStack::default());
        self.slots.len() as u32 - 1
    }

    /// Forgets the reservations that are over: no more memory is theirs than that of the others.
    #[cold]
    fn tidy(&mut self) {
        self.order.retain(|one| self.slots[one.number as usize].by == Some(one.by));
        self.order.reserve(self.order.len().max(8));
    }

    #[inline]
    pub(super) fn release(&mut self, number: u32) {
        let slot = &mut self.slots[number as usize];
        slot.by = None;
        self.long -= usize::from(slot.is_long);
        self.free.push(number);
        if self.free.len() > KEPT && self.taken() == 0 {
            *self = Self::default();
        }
    }

    #[inline]
    pub(super) fn keep(&mut self, number: u32, stack: Stack) {
        self.slots[number as usize].stack = Some(stack);
    }

    #[inline]
    pub(super) fn take(&mut self, number: u32) -> Stack {
        let stack = self.slots[number as usize].stack.take();
        self.release(number);
        stack.expect("a stack is ready only while it is parked")
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_known_whoever_goes() {
        let mut slots = ParkedStacks::default();
        assert_eq!(slots.oldest(), None);
        let numbers = [10, 20, 30, 40].map(|now| slots.reserve(now, now == 20));
        assert_eq!((slots.oldest(), slots.any_long()), (Some(10), true));
        slots.release(numbers[1]);
        assert_eq!((slots.oldest(), slots.any_long()), (Some(10), false));
        slots.release(numbers[0]);
        assert_eq!(slots.oldest(), Some(30));
        slots.reserve(50, false);
        slots.release(numbers[3]);
        slots.release(numbers[2]);
        assert_eq!((slots.oldest(), slots.taken()), (Some(50), 1));
    }

    #[test]
    fn reservations_that_are_over_take_no_memory_of_their_own() {
        let mut slots = ParkedStacks::default();
        let first = slots.reserve(0, false);
        for now in 0..100_000 {
            let number = slots.reserve(now / 1000, false);
            slots.release(number);
        }
        assert!(slots.order.capacity() < 100, "{}", slots.order.capacity());
        assert_eq!((slots.oldest(), slots.taken()), (Some(0), 1));
        slots.release(first);
        assert_eq!((slots.oldest(), slots.taken()), (None, 0));
    }
}
