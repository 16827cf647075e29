//! What travels to a process, and what an exit signal does there.
//!
//! Messages and signals share one queue, so that two of them from one sender are never reordered.

use std::{any::Any, sync::Arc};

use super::{Down, Exit, ExitReason, MonitorRef, Pid, few::Few};

/// One entry of an inbox.
pub(crate) enum Item<M> {
    Message(M),
    /// A message that is made when it is delivered, unless it was cancelled before.
    Timed(Arc<dyn Timed<M>>),
    Signal(Box<Signal>),
}

/// A message on its way from a timer: cancelling holds until the moment of delivery.
pub(crate) trait Timed<M>: Send + Sync {
    /// The message, unless the timer was cancelled. Runs in the process that receives it.
    fn deliver(self: Arc<Self>) -> Option<M>;
}

/// What is not a message of the receiver's own type.
pub(crate) enum Signal {
    Exit {
        from: Pid,
        reason: ExitReason,
        link: bool,
    },
    Link {
        from: Pid,
    },
    Unlink {
        from: Pid,
        number: u64,
    },
    UnlinkAck {
        from: Pid,
        number: u64,
    },
    Monitor {
        monitor: MonitorRef,
    },
    Demonitor {
        monitor: MonitorRef,
    },
    Down(Down),
    /// An exit signal that was trapped; only the receiver itself makes it.
    Trapped(Exit),
    /// A message for a subject.
    Foreign {
        tag: u64,
        payload: Box<dyn Any + Send>,
    },
    /// A request to terminate with a reason, in turn with the messages.
    Terminate(ExitReason),
    /// A question about the process, which it answers between two messages.
    Ask(Box<dyn Ask>),
}

/// A question that a process answers about itself, behind all that the asker sent before.
pub(crate) trait Ask: Send {
    fn answer(self: Box<Self>, process: &super::AnyProcess);
}

impl Signal {
    /// Whether the receiver has to act on it; else it waits among the messages.
    pub(crate) fn acts(&self) -> bool {
        !matches!(self, Self::Trapped(_) | Self::Foreign { .. } | Self::Terminate(_))
    }
}

/// What an exit signal does to its receiver.
#[derive(Debug, PartialEq)]
pub(crate) enum Verdict {
    Drop,
    Deliver,
    Die(ExitReason),
}

/// The decision table of exit signals.
pub(crate) fn decide(own: Pid, from: Pid, reason: &ExitReason, link: Option<bool>, trapping: bool) -> Verdict {
    match (link, reason) {
        (Some(false), _) => Verdict::Drop,
        (None, ExitReason::Kill) => Verdict::Die(ExitReason::Killed),
        _ if trapping => Verdict::Deliver,
        (_, ExitReason::Normal) if from != own => Verdict::Drop,
        _ => Verdict::Die(reason.clone()),
    }
}

/// One side's view of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    Active,
    /// Unlinked by this side; the other has not yet said that it knows.
    Unlinking(u64),
}

/// The links of one process.
///
/// Both sides may link and unlink at once. Each unlink has a number that the other side acknowledges; until then an
/// exit or link signal that it sent before it knew is recognised as stale, so that both sides come to agree.
#[derive(Debug, Default)]
pub(crate) struct Links {
    links: Few<Pid, Link>,
    unlinks: u64,
}

impl Links {
    /// Links from this side: true when the other side must be told.
    pub(crate) fn link(&mut self, other: Pid) -> bool {
        self.links.insert(other, Link::Active) != Some(Link::Active)
    }

    /// Unlinks from this side: the number to tell the other side, if there was a link.
    pub(crate) fn unlink(&mut self, other: Pid) -> Option<u64> {
        let link = self.links.get_mut(&other).filter(|link| **link == Link::Active)?;
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
        if self.links.get(&other) == Some(&Link::Active) {
            self.links.remove(&other);
        }
    }

    /// The other side knows of the unlink with this number.
    pub(crate) fn acknowledged(&mut self, other: Pid, number: u64) {
        if self.links.get(&other) == Some(&Link::Unlinking(number)) {
            self.links.remove(&other);
        }
    }

    /// The other side ended: true when the link was active.
    pub(crate) fn ended(&mut self, other: Pid) -> bool {
        self.links.remove(&other) == Some(Link::Active)
    }

    /// The active links.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Pid> {
        self.links.iter().filter(|(_, link)| **link == Link::Active).map(|(pid, _)| *pid)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::{Links, Pid};

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
}
