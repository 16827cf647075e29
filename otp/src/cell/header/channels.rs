//! Where messages for some subjects of a process go instead of its inbox.

use std::sync::Arc;

use super::{
    Header,
    life::CHANNELS,
    relations::{Belongings, Relations},
};
use crate::cell::{
    AnyMessage,
    signal::{Item, Signal},
};

/// Where messages for one subject go instead of the inbox.
pub(crate) enum Channel {
    /// To whoever receives from a channel; gives back what nobody does, for the inbox. The number tells it from others
    /// of the subject.
    Open { number: u64, send: Put },
    /// Nowhere: the subject is closed.
    Closed,
}

type Put = Box<dyn Fn(Box<dyn AnyMessage>) -> Result<(), Box<dyn AnyMessage>> + Send>;

impl Channel {
    /// Puts a message in; gives back what is to be dropped.
    ///
    /// # Errors
    /// Gives the message back when it is for the inbox.
    pub(in crate::cell) fn put(
        &self,
        message: Box<dyn AnyMessage>,
    ) -> Result<Option<Box<dyn AnyMessage>>, Box<dyn AnyMessage>> {
        match self {
            Self::Open { send, .. } => send(message).map(|()| None),
            Self::Closed => Ok(Some(message)),
        }
    }
}

/// What takes signals that are meant for an inbox; called under its lock.
pub(crate) trait Divert: Send + Sync {
    /// Takes a signal that arrives, or gives it back.
    fn take(&self, signal: Signal) -> Result<(), Signal>;
    /// Takes a message that was in the inbox, or gives it back.
    fn take_message(&self, message: Signal) -> Result<(), Signal>;
}

impl Header {
    /// From now on messages for a subject go to `channel`, and no longer to the one returned; under the lock of the
    /// inbox.
    pub(in crate::cell) fn add_channel(&self, tag: u64, channel: Channel) -> Option<Channel> {
        let add = |relations: &mut Relations| {
            self.life.set(CHANNELS);
            relations.belongings().channels.insert(tag, channel)
        };
        self.relate(add).flatten()
    }

    /// From now on what `tap` takes does not arrive in the inbox; under the lock of that.
    pub(in crate::cell) fn add_tap(&self, number: u64, tap: Arc<dyn Divert>) {
        self.relate(|relations| {
            self.life.set(CHANNELS);
            relations.belongings().taps.insert(number, tap);
        });
    }

    pub(crate) fn remove_tap(&self, number: u64) -> Option<Arc<dyn Divert>> {
        self.if_belongings(|belongings| {
            let tap = belongings.taps.remove(&number);
            self.has_fewer_channels(belongings);
            tap
        })
        .flatten()
    }

    /// Nobody sends to a closed subject any more.
    pub(crate) fn remove_closed(&self, tag: u64) -> Option<Channel> {
        self.remove_channel(tag, |channel| matches!(channel, Channel::Closed))
    }

    /// Nobody receives from a channel any more.
    pub(crate) fn remove_open(&self, tag: u64, own: u64) -> Option<Channel> {
        self.remove_channel(tag, |channel| matches!(channel, Channel::Open { number, .. } if *number == own))
    }

    fn remove_channel(&self, tag: u64, is_it: impl FnOnce(&Channel) -> bool) -> Option<Channel> {
        self.if_belongings(|belongings| {
            // Another one may have taken its place.
            belongings.channels.get(&tag).filter(|channel| is_it(channel))?;
            let channel = belongings.channels.remove(&tag);
            self.has_fewer_channels(belongings);
            channel
        })
        .flatten()
    }

    /// When there are none left, senders need not look for them.
    fn has_fewer_channels(&self, belongings: &Belongings) {
        if belongings.channels.is_empty() && belongings.taps.is_empty() {
            self.life.clear(CHANNELS);
        }
    }

    /// Puts an item into the channel that it is for, if there is one; under the lock of the inbox. What is for a closed
    /// subject comes back, to be dropped without the lock.
    #[inline]
    pub(in crate::cell) fn to_channel<M>(&self, item: Item<M>) -> Result<Option<Box<dyn AnyMessage>>, Item<M>> {
        if !self.life.has(CHANNELS) {
            return Err(item);
        }
        let Item::Signal(signal) = item else { return Err(item) };
        let mut left = Some(*signal);
        let undelivered = self.if_belongings(|belongings| {
            if let Some(Signal::Foreign { tag, .. }) = &left
                && let Some(channel) = belongings.channels.get(tag)
                && let Some(Signal::Foreign { tag, payload }) = left.take()
            {
                match channel.put(payload) {
                    Ok(undelivered) => return undelivered,
                    Err(payload) => left = Some(Signal::Foreign { tag, payload }),
                }
            }
            for (_, tap) in belongings.taps.iter() {
                left = tap.take(left.take()?).err();
            }
            None
        });
        match left {
            Some(signal) => Err(Item::Signal(Box::new(signal))),
            None => Ok(undelivered.flatten()),
        }
    }
}
