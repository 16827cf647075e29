//! The list of a group's members, which readers take whole without holding up who changes it.
//!
//! It is kept in pieces that are shared with those who read it, and copied when they change while somebody does: to
//! take it whole costs a count for each piece, and to change it at most the copy of two, however long it is.

use std::sync::Arc;

use crate::passed::pass;

/// How many members are in a piece.
const PIECE: usize = 64;

pub(super) struct Roll<T>(Vec<Arc<Vec<T>>>);

/// The members at one moment.
pub(super) struct RollSnapshot<T>(Vec<Arc<Vec<T>>>);

impl<T: Clone> Roll<T> {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn len(&self) -> usize {
        self.0.last().map_or(0, |last| (self.0.len() - 1) * PIECE + last.len())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn get(&self, position: usize) -> Option<&T> {
        self.0.get(position / PIECE)?.get(position % PIECE)
    }

    /// Adds a member; gives its position.
    pub(super) fn push(&mut self, member: T) -> usize {
        let position = self.len();
        if position.is_multiple_of(PIECE) {
            self.0.push(Arc::new(Vec::new()));
        }
        let last = self.0.last_mut().expect("it was made if there was no room");
        if Arc::get_mut(last).is_none() {
            pass(last.len());
        }
        Arc::make_mut(last).push(member);
        position
    }

    /// Takes a member out; the last one has its position then.
    pub(super) fn swap_remove(&mut self, position: usize) -> Option<T> {
        let piece = position / PIECE;
        self.get(position)?;
        let last = Arc::make_mut(self.0.last_mut()?);
        let moved = last.pop()?;
        if last.is_empty() {
            self.0.pop();
        }
        if position == self.len() {
            return Some(moved);
        }
        Some(std::mem::replace(&mut Arc::make_mut(&mut self.0[piece])[position % PIECE], moved))
    }

    pub(super) fn snapshot(&self) -> RollSnapshot<T> {
        RollSnapshot(self.0.clone())
    }
}

impl<T> RollSnapshot<T> {
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().flat_map(|piece| piece.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(roll: &Roll<u32>) -> Vec<u32> {
        roll.snapshot().iter().copied().collect()
    }

    #[test]
    fn positions_are_where_members_are() {
        let mut roll = Roll::new();
        for n in 0..200 {
            assert_eq!(roll.push(n), n as usize);
        }
        assert_eq!((roll.len(), roll.get(130), roll.get(200)), (200, Some(&130), None));
        assert_eq!(members(&roll), (0..200).collect::<Vec<_>>());
    }

    #[test]
    fn the_last_takes_the_place_of_one_that_goes() {
        let mut roll = Roll::new();
        (0..130).for_each(|n| _ = roll.push(n));
        assert_eq!(roll.swap_remove(3), Some(3));
        assert_eq!((roll.get(3), roll.len()), (Some(&129), 129));
        assert_eq!(roll.swap_remove(128), Some(128));
        assert_eq!((roll.len(), roll.swap_remove(128)), (128, None));
        for left in (0..128).rev() {
            assert!(roll.swap_remove(0).is_some());
            assert_eq!((roll.len(), members(&roll).len()), (left, left));
        }
        assert!(roll.is_empty());
    }

    #[test]
    fn what_was_taken_stays_as_it_was() {
        let mut roll = Roll::new();
        (0..100).for_each(|n| _ = roll.push(n));
        let before = roll.snapshot();
        roll.swap_remove(0);
        roll.swap_remove(70);
        roll.push(100);
        assert_eq!(before.iter().copied().collect::<Vec<_>>(), (0..100).collect::<Vec<_>>());
        assert_eq!((members(&roll).len(), roll.get(0)), (99, Some(&99)));
    }
}
