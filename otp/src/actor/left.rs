//! Messages that wait at a place of a tree for the next process that holds it.
//!
//! Two kinds of them come here: what a client that [waits for a restart](super::ClientExt::wait_for_restart) sends
//! while the place is empty, and what a child whose mailbox is kept has not handled when it ends. The next incarnation
//! gets them all, in their order, before what anybody else sends: while it is given them, all that comes for the place
//! waits behind them. When there is none, they are dropped, which tells their callers.

use std::{
    any::Any,
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Place, place::PlaceState};
use crate::{
    cell::{AnyProcess, Pid, header::PendingCall, signal::Item, typed::Cell},
    guard,
};

/// How long a sender leaves a message at a place that cannot be reached at once.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// While the process that holds the place is still being given what was left before: it is there, and the message
    /// comes in its turn.
    WhileItFills,
    /// Until a process holds the place.
    UntilSomebodyComes,
}

/// Messages of one type, oldest first. How they are dropped with it is the user's code, and nobody's harm.
struct Backlog<M> {
    messages: VecDeque<LeftMessage<M>>,
    /// How many of the first a process has left that was given them and has ended.
    kept: usize,
}

impl<M> Drop for Backlog<M> {
    fn drop(&mut self) {
        self.messages.drain(..).for_each(|left| guard::contain(|| drop(left)));
    }
}

/// A message, and the call that it is the request of, where that is known.
struct LeftMessage<M> {
    message: M,
    call: Option<LeftCall>,
}

/// A call whose request was left.
pub(super) struct LeftCall {
    call: Arc<dyn PendingCall>,
    taker: Taker,
}

/// The process that has got a request which was left, or is about to.
#[derive(Clone, Default)]
pub(super) struct Taker(Arc<Mutex<Option<AnyProcess>>>);

impl Taker {
    pub(super) fn get(&self) -> Option<AnyProcess> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, process: Option<AnyProcess>) {
        let before = std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), process);
        drop(before);
    }
}

impl LeftCall {
    pub(super) fn new(call: Arc<dyn PendingCall>) -> (Self, Taker) {
        let taker = Taker::default();
        (Self { call, taker: taker.clone() }, taker)
    }
}

impl<M: Send + 'static> LeftMessage<M> {
    /// Sends the message after all. It comes back when the process has ended.
    fn send(self, to: &AnyProcess) -> Result<(), Self> {
        let Self { message, call } = self;
        let Some(cell) = to.typed::<M>() else { return Err(Self { message, call }) };
        if let Some(call) = &call {
            call.taker.set(Some(to.clone()));
        }
        match Cell::push(cell, Item::Message(message)) {
            Ok(()) => {
                if let Some(LeftCall { call, .. }) = call {
                    // Nobody else may look after it: its caller has waited for nobody in particular.
                    let _ = to.header().watch_call(call);
                }
                Ok(())
            }
            Err(Item::Message(message)) => {
                if let Some(call) = &call {
                    call.taker.set(None);
                }
                Err(Self { message, call })
            }
            Err(Item::Timed(_) | Item::Signal(_)) => unreachable!("what comes back is what was pushed"),
        }
    }
}

/// The messages that wait here, if they are of this type.
fn backlog<M: Send + 'static>(state: &mut PlaceState) -> Option<&mut Backlog<M>> {
    let none = || Box::new(Backlog::<M> { messages: VecDeque::new(), kept: 0 }) as Box<dyn Any + Send>;
    state.left.get_or_insert_with(none).downcast_mut::<Backlog<M>>()
}

impl Place {
    /// Leaves a message for the process that will hold the place, or sends it to the one that holds it by now. Gives a
    /// process that has held the place.
    ///
    /// # Errors
    /// Gives the message back when nobody is to come by itself, or the sender does not wait for that.
    pub(super) fn leave<M: Send + 'static>(
        &self,
        message: M,
        call: Option<LeftCall>,
        patience: Patience,
    ) -> Result<AnyProcess, M> {
        let mut left = LeftMessage { message, call };
        let mut failed = None;
        loop {
            let mut state = self.state();
            let waits = patience == Patience::UntilSomebodyComes;
            let reachable = if waits { state.present() } else { state.reachable() };
            if let Some(holder) = reachable.filter(|holder| Some(holder.pid()) != failed).cloned() {
                drop(state);
                match left.send(&holder) {
                    Ok(()) => return Ok(holder),
                    Err(again) => left = again,
                }
                failed = Some(holder.pid());
                continue;
            }
            if !waits && !state.fills {
                return Err(left.message);
            }
            let before = self.awaited(&state).filter(|before| before.typed::<M>().is_some()).cloned();
            let Some((before, backlog)) = before.and_then(|before| Some((before, backlog::<M>(&mut state)?))) else {
                drop(state);
                return Err(left.message);
            };
            let is_full = backlog.messages.len() == backlog.messages.capacity();
            let given_up = is_full.then(|| take_given_up(backlog));
            backlog.messages.push_back(left);
            drop(state);
            drop(given_up);
            return Ok(before);
        }
    }

    /// From now on what the process has not handled when it ends is left here.
    pub(crate) fn inherit<M: Send + 'static>(&self, process: &AnyProcess) {
        let (place, pid) = (self.clone(), process.pid());
        process.header().set_heir::<M>(Box::new(move |messages| place.keep(messages, pid)));
    }

    /// Keeps what a process has not handled; gives back what nobody is to handle.
    fn keep<M: Send + 'static>(&self, messages: Vec<M>, from: Pid) -> Vec<M> {
        let mut state = self.state();
        // A supervisor that was killed does not wait for its children: the next one may be there.
        if state.holder.as_ref().is_some_and(|holder| holder.pid() != from) {
            drop(state);
            return messages
                .into_iter()
                .filter_map(|message| self.leave(message, None, Patience::UntilSomebodyComes).err())
                .collect();
        }
        if !self.is_awaited(&state) {
            return messages;
        }
        let Some(backlog) = backlog::<M>(&mut state) else { return messages };
        // They are older than anything that was left since.
        backlog.kept += messages.len();
        for message in messages.into_iter().rev() {
            backlog.messages.push_front(LeftMessage { message, call: None });
        }
        Vec::new()
    }

    /// A process takes the place, and is given what was left for it: what was left before it came, and what is left
    /// meanwhile. Who has its answer finds the process in its place.
    pub(crate) fn take<M: Send + 'static>(&self, process: &AnyProcess) {
        let before = self.state().hold(process.clone());
        drop(before);
        while let Some(left) = self.next_left() {
            // Of another type, if the spec is another one.
            let Ok(mut left) = left.downcast::<Backlog<M>>() else { continue };
            while let Some(first) = left.messages.pop_front() {
                if let Err(first) = first.send(process) {
                    // It has ended; the rest is for the next one.
                    left.messages.push_front(first);
                    return self.put_back(*left);
                }
            }
        }
    }

    /// What is left now; when there is nothing, the place is full.
    fn next_left(&self) -> Option<Box<dyn Any + Send>> {
        let mut state = self.state();
        let left = state.left.take();
        state.fills = left.is_some();
        left
    }

    /// What a process was not given before it ended comes behind what it was given and leaves, and before what was left
    /// meanwhile.
    fn put_back<M: Send + 'static>(&self, mut ungiven: Backlog<M>) {
        let mut state = self.state();
        state.fills = false;
        if let Some(backlog) = backlog::<M>(&mut state) {
            let mut later = backlog.messages.split_off(backlog.kept);
            backlog.messages.append(&mut ungiven.messages);
            backlog.messages.append(&mut later);
        }
        drop(state);
    }
}

/// The messages whose callers wait no longer.
fn take_given_up<M>(backlog: &mut Backlog<M>) -> Backlog<M> {
    let is_wanted = |left: &LeftMessage<M>| left.call.as_ref().is_none_or(|left| left.call.is_pending());
    let (wanted, given_up) = std::mem::take(&mut backlog.messages).into_iter().partition(is_wanted);
    backlog.messages = wanted;
    Backlog { messages: given_up, kept: 0 }
}
