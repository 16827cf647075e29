//! The links of a process, and how both sides come to agree on one.

use crate::cell::{Pid, small_map::SmallMap};

/// One side's view of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    Active,
    /// Unlinked by this side; the other has not yet said that it knows.
    Unlinking(u64),
    /// Unlinked and linked again by this side, before the other has said that it knows.
    Relinked(u64),
}

impl Link {
    fn is_active(self) -> bool {
        !matches!(self, Self::Unlinking(_))
    }
}

/// When the other side of a link ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LinkEnd {
    /// While it was linked.
    Linked,
    /// Before it could know of the link: the link found nobody.
    Before,
}

/// The links of one process.
///
/// Both sides may link and unlink at once. Each unlink has a number that the other side acknowledges; until then an
/// exit or link signal that it sent before it knew is recognised as stale, so that both sides come to agree.
#[derive(Debug, Default)]
pub(crate) struct Links {
    links: SmallMap<Pid, Link>,
    unlinks: u64,
}

impl Links {
    /// Links from this side: true when the other side must be told.
    pub(crate) fn link(&mut self, other: Pid) -> bool {
        let link = match self.links.get(&other) {
            None => Link::Active,
            Some(Link::Unlinking(number)) => Link::Relinked(*number),
            Some(Link::Active | Link::Relinked(_)) => return false,
        };
        self.links.insert(other, link);
        true
    }

    /// Unlinks from this side: the number to tell the other side, if there was a link.
    pub(crate) fn unlink(&mut self, other: Pid) -> Option<u64> {
        let link = self.links.get_mut(&other).filter(|link| link.is_active())?;
        self.unlinks += 1;
        *link = Link::Unlinking(self.unlinks);
        Some(self.unlinks)
    }

    /// The other side linked.
    pub(crate) fn linked(&mut self, other: Pid) {
        if self.links.get(&other).is_none() {
            self.links.insert(other, Link::Active);
        }
    }

    /// The other side unlinked.
    pub(crate) fn unlinked(&mut self, other: Pid) {
        if self.links.get(&other).is_some_and(|link| link.is_active()) {
            self.links.remove(&other);
        }
    }

    /// The other side knows of the unlink with this number.
    pub(crate) fn acknowledged(&mut self, other: Pid, number: u64) {
        match self.links.get_mut(&other) {
            Some(Link::Unlinking(own)) if *own == number => drop(self.links.remove(&other)),
            Some(link) if *link == Link::Relinked(number) => *link = Link::Active,
            _ => {}
        }
    }

    /// The other side ended; nothing when there was no active link.
    pub(crate) fn ended(&mut self, other: Pid) -> Option<LinkEnd> {
        match self.links.remove(&other)? {
            Link::Active => Some(LinkEnd::Linked),
            Link::Relinked(_) => Some(LinkEnd::Before),
            Link::Unlinking(_) => None,
        }
    }

    /// The active links.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Pid> {
        self.links.iter().filter(|(_, link)| link.is_active()).map(|(pid, _)| *pid)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::{LinkEnd, Links, Pid};

    enum Sent {
        Link,
        Unlink(u64),
        Ack(u64),
    }

    /// Both sides link and unlink whenever they like, and hear of the other at any later time.
    #[test]
    fn both_sides_come_to_agree() {
        let pid = |index| Pid { node: 0, index, serial: std::num::NonZeroU32::MIN };
        for seed in 1..20_000_u64 {
            let mut state = seed;
            let mut below = |bound: u64| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                (state.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33) % bound
            };
            let mut sides = [Links::default(), Links::default()];
            let mut inboxes = [VecDeque::new(), VecDeque::new()];
            let mut changes = 8;
            while changes > 0 || inboxes.iter().any(|inbox| !inbox.is_empty()) {
                let at = below(2) as usize;
                let other = pid(1 - at as u32);
                let answer = match below(if changes > 0 { 3 } else { 2 }) {
                    2 => {
                        changes -= 1;
                        match below(2) {
                            0 => sides[at].link(other).then_some(Sent::Link),
                            _ => sides[at].unlink(other).map(Sent::Unlink),
                        }
                    }
                    _ => match inboxes[at].pop_front() {
                        Some(Sent::Link) => {
                            sides[at].linked(other);
                            None
                        }
                        Some(Sent::Unlink(number)) => {
                            sides[at].unlinked(other);
                            Some(Sent::Ack(number))
                        }
                        Some(Sent::Ack(number)) => {
                            sides[at].acknowledged(other, number);
                            None
                        }
                        None => None,
                    },
                };
                inboxes[1 - at].extend(answer);
            }
            let [a, b] = sides.map(|side| side.iter().count());
            assert_eq!(a, b, "seed {seed}");
        }
    }
    /// One side ends while the other links and unlinks. It refuses what it had not heard of: its answers, the exit
    /// signal, and what the other's own sending brings back come in any order that can be.
    #[test]
    fn the_end_is_told_to_the_link_that_was_known() {
        let [own, other] = [0, 1].map(|index| Pid { node: 0, index, serial: std::num::NonZeroU32::MIN });
        for heard in 0..6 {
            for changes in 0..6 {
                for at_once in [false, true] {
                    let (mut here, mut there) = (Links::default(), Links::default());
                    here.link(other);
                    there.linked(own);
                    let mut acks = vec![];
                    let mut refused = 0;
                    for change in 0..changes {
                        let number = if change % 2 == 0 { here.unlink(other) } else { None };
                        let linked = change % 2 == 1 && here.link(other);
                        match number {
                            Some(number) if change < heard => {
                                there.unlinked(own);
                                acks.push((true, number));
                            }
                            Some(number) => acks.push((false, number)),
                            None if change < heard => there.linked(own),
                            None => refused += u32::from(linked),
                        }
                    }
                    let was_linked = here.iter().count() == 1;
                    let mut told = vec![];
                    let mut tell = |here: &mut Links, real: bool| {
                        if let Some(ended) = here.ended(other) {
                            told.push(real && ended == LinkEnd::Linked);
                        }
                    };
                    let known = there.iter().count() == 1;
                    acks.iter().filter(|(heard, _)| *heard).for_each(|(_, number)| here.acknowledged(other, *number));
                    if at_once && refused > 0 {
                        tell(&mut here, false);
                    }
                    if known {
                        tell(&mut here, true);
                    }
                    acks.iter().filter(|(heard, _)| !heard).for_each(|(_, number)| here.acknowledged(other, *number));
                    if refused > 0 {
                        tell(&mut here, false);
                    }
                    let all_heard = heard >= changes;
                    assert_eq!(told, if was_linked { vec![all_heard] } else { vec![] }, "{heard} of {changes}");
                    assert_eq!((here.iter().count(), here.links.iter().count()), (0, 0));
                }
            }
        }
    }
}
