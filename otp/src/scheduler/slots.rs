//! The stacks that are parked on one thread, by number and by age.

use super::stack::Stack;

/// No slot.
const NONE: u32 = u32::MAX;
/// Memory for more slots than that is given back when none is taken.
const KEPT: usize = 1024;

/// Parked stacks by number; a number is reserved before its stack has left. The slots that are taken are a list, the
/// oldest first.
pub(super) struct Slots {
    slots: Vec<Slot>,
    free: Vec<u32>,
    taken: usize,
    oldest: u32,
    youngest: u32,
}

struct Slot {
    stack: Option<Stack>,
    /// When it was taken, by the scheduler's ticks.
    since: u32,
    older: u32,
    younger: u32,
}

impl Slots {
    pub(super) fn new() -> Self {
        Self { slots: Vec::new(), free: Vec::new(), taken: 0, oldest: NONE, youngest: NONE }
    }

    /// How many stacks are parked, or about to be.
    pub(super) fn taken(&self) -> usize {
        self.taken
    }

    /// Since when the oldest of them is parked.
    pub(super) fn oldest(&self) -> Option<u32> {
        self.slots.get(self.oldest as usize).map(|slot| slot.since)
    }

    pub(super) fn reserve(&mut self, now: u32) -> u32 {
        let number = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { stack: None, since: 0, older: NONE, younger: NONE });
            self.slots.len() as u32 - 1
        });
        self.taken += 1;
        let older = std::mem::replace(&mut self.youngest, number);
        match self.slots.get_mut(older as usize) {
            Some(slot) => slot.younger = number,
            None => self.oldest = number,
        }
        let slot = &mut self.slots[number as usize];
        (slot.since, slot.older, slot.younger) = (now, older, NONE);
        number
    }

    pub(super) fn release(&mut self, number: u32) {
        let slot = &self.slots[number as usize];
        let (older, younger) = (slot.older, slot.younger);
        match self.slots.get_mut(older as usize) {
            Some(slot) => slot.younger = younger,
            None => self.oldest = younger,
        }
        match self.slots.get_mut(younger as usize) {
            Some(slot) => slot.older = older,
            None => self.youngest = older,
        }
        self.taken -= 1;
        self.free.push(number);
        if self.taken == 0 && self.slots.len() > KEPT {
            *self = Self::new();
        }
    }

    pub(super) fn keep(&mut self, number: u32, stack: Stack) {
        self.slots[number as usize].stack = Some(stack);
    }

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
        let mut slots = Slots::new();
        assert_eq!(slots.oldest(), None);
        let numbers = [10, 20, 30, 40].map(|now| slots.reserve(now));
        assert_eq!(slots.oldest(), Some(10));
        slots.release(numbers[1]);
        assert_eq!(slots.oldest(), Some(10));
        slots.release(numbers[0]);
        assert_eq!(slots.oldest(), Some(30));
        slots.reserve(50);
        slots.release(numbers[3]);
        slots.release(numbers[2]);
        assert_eq!((slots.oldest(), slots.taken()), (Some(50), 1));
    }
}
