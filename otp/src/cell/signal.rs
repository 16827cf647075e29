//! What travels to a process, and what an exit signal does there.
//!
//! Messages and signals share one queue, so that two of them from one sender are never reordered.

use std::{
    any::{Any, TypeId, type_name},
    fmt,
    sync::Arc,
};

use super::{Down, Dropped, Exit, ExitReason, MonitorRef, Pid, small_map::SmallMap};

/// One entry of an inbox.
pub(crate) enum Item<M> {
    Message(M),
    /// A message that is made when it is delivered, unless it was cancelled before.
    Timed(Arc<dyn Timed<M>>),
    Signal(Box<Signal>),
}

impl<M> Item<M> {
    /// Whether the receiver has to act on it.
    pub(super) fn acts(&self) -> bool {
        matches!(self, Self::Signal(signal) if signal.acts())
    }

    /// Whether it is a request of `sys`.
    pub(super) fn is_system(&self) -> bool {
        matches!(self, Self::Signal(signal) if matches!(**signal, Signal::System(_)))
    }

    /// Whether it asks the process itself for something, rather than its code: to terminate, to show its state.
    pub(super) fn is_request(&self) -> bool {
        matches!(self, Self::Signal(signal) if matches!(**signal, Signal::Terminate(_) | Signal::System(_)))
    }

    /// Whether a suspended child of `parent` acts on it.
    pub(super) fn is_urgent(&self, parent: Option<Pid>) -> bool {
        matches!(self, Self::Signal(signal) if signal.is_urgent(parent))
    }
}

/// A message on its way from a timer: cancelling holds until the moment of delivery.
pub(crate) trait Timed<M>: Send + Sync {
    /// The message, unless the timer was cancelled. Runs in the process that receives it.
    fn deliver(self: Arc<Self>) -> Option<M>;

    /// Whether the message goes before others, as far as that is known before it is made.
    fn is_urgent(&self) -> bool {
        false
    }
}

/// The tag of a message that was sent to a pid; no subject has it.
pub(crate) const RAW: u64 = 0;

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
    /// The watcher may want more than to hear of the end: that it comes, for this reason.
    Monitor {
        monitor: MonitorRef,
        terminate: Option<ExitReason>,
    },
    Demonitor {
        monitor: MonitorRef,
    },
    Down(Down),
    /// An exit signal that was trapped; only the receiver itself makes it.
    Trapped(Exit),
    /// A message for a subject, or, with the tag [`RAW`], for the process as such.
    Foreign {
        tag: u64,
        payload: Box<dyn AnyMessage>,
    },
    /// What its full mailbox has dropped; only the receiver itself makes it.
    Dropped(Dropped),
    /// It has to end, whatever it traps.
    Fatal(ExitReason),
    /// A request to terminate with a reason, in turn with the messages.
    Terminate(ExitReason),
    /// A request of `sys`, in turn with the messages; a server knows what it is.
    System(Box<dyn Any + Send>),
    /// A question about the process, which it answers between two messages.
    Ask(Box<dyn Ask>),
}

// It is boxed once for each that is sent.
const _: () = assert!(size_of::<Signal>() <= 64);

/// A message of any type, as an [`Info::Other`](crate::actor::Info::Other) holds it: an [`Any`] that prints what its type is
/// called. A box of it is a `Box<dyn Any + Send>` where such a one is wanted. You need not implement it: all that is
/// `Send` and owned has it.
pub trait AnyMessage: Any + Send {
    /// What its type is called; a box of it has a name of its own.
    fn type_name(&self) -> &'static str;
}

impl<T: Any + Send> AnyMessage for T {
    fn type_name(&self) -> &'static str {
        type_name::<T>()
    }
}

impl fmt::Debug for dyn AnyMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.type_name())
    }
}

impl dyn AnyMessage {
    /// Whether it is a `T`.
    pub fn is<T: 'static>(&self) -> bool {
        self.type_id() == TypeId::of::<T>()
    }

    /// The message, if it is a `T`.
    pub fn downcast_ref<T: 'static>(&self) -> Option<&T> {
        let message: &dyn Any = self;
        message.downcast_ref()
    }

    /// The message, if it is a `T`.
    ///
    /// # Errors
    /// Gives it back, if it is not.
    pub fn downcast<T: 'static>(self: Box<Self>) -> Result<Box<T>, Box<Self>> {
        if !self.is::<T>() {
            return Err(self);
        }
        let message: Box<dyn Any + Send> = self;
        message.downcast().map_err(|_| unreachable!("it is a `T`"))
    }

    /// As [`downcast`](Self::downcast), without the box.
    pub(crate) fn take<T: 'static>(self: Box<Self>) -> Result<T, Box<Self>> {
        self.downcast().map(|message| *message)
    }
}

/// A question that a process answers about itself, behind all that the asker sent before.
pub(crate) trait Ask: Send {
    fn answer(self: Box<Self>, process: &super::Running);
}

impl Signal {
    /// Whether it is a message with this tag.
    #[inline]
    pub(crate) fn is_for(&self, tag: u64) -> bool {
        matches!(self, Self::Foreign { tag: own, .. } if *own == tag)
    }

    /// Whether the receiver has to act on it; else it waits among the messages.
    pub(crate) fn acts(&self) -> bool {
        !matches!(
            self,
            Self::Trapped(_) | Self::Foreign { .. } | Self::Dropped(_) | Self::Terminate(_) | Self::System(_)
        )
    }

    /// Whether nothing comes of it before the receiver ends, so that it can wait until that runs for another reason.
    pub(super) fn is_only_noted(&self) -> bool {
        matches!(self, Self::Monitor { terminate: None, .. } | Self::Demonitor { .. })
    }

    /// Whether a suspended child of `parent` acts on it.
    pub(super) fn is_urgent(&self, parent: Option<Pid>) -> bool {
        match self {
            Self::System(_) | Self::Terminate(_) => true,
            Self::Trapped(exit) => Some(exit.from) == parent,
            _ => false,
        }
    }
}

/// What an exit signal does to its receiver.
#[derive(Debug, PartialEq)]
pub(crate) enum ExitAction {
    Drop,
    Deliver,
    Die(ExitReason),
}

/// The decision table of exit signals.
pub(crate) fn decide(own: Pid, from: Pid, reason: &ExitReason, link: Option<bool>, trapping: bool) -> ExitAction {
    match (link, reason) {
        (Some(false), _) => ExitAction::Drop,
        (None, ExitReason::Kill) => ExitAction::Die(ExitReason::Killed),
        _ if trapping => ExitAction::Deliver,
        (_, ExitReason::Normal) if from != own => ExitAction::Drop,
        _ => ExitAction::Die(reason.clone()),
    }
}

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
