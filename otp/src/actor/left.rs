//! Messages that wait at a place of a tree for the next process that holds it.
//!
//! Two kinds of them come here: what a client that [waits for a restart](super::ClientExt::wait_for_restart) sends while
//! the place is empty, and what a child whose mailbox is kept has not handled when it ends. The next incarnation gets
//! them all, in their order, before it can be reached by anybody else. When there is none, they are dropped, which tells
//! their callers.

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

/// Messages of one type, oldest first. How they are dropped with it is the user's code, and nobody's harm.
struct Backlog<M>(VecDeque<LeftMessage<M>>);

impl<M> Drop for Backlog<M> {
    fn drop(&mut self) {
        self.0.drain(..).for_each(|left| guard::contain(|| drop(left)));
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
fn queue<M: Send + 'static>(state: &mut PlaceState) -> Option<&mut VecDeque<LeftMessage<M>>> {
    let none = || Box::new(Backlog::<M>(VecDeque::new())) as Box<dyn Any + Send>;
    state.left.get_or_insert_with(none).downcast_mut::<Backlog<M>>().map(|queue| &mut queue.0)
}

impl Place {
    /// Leaves a message for the process that will hold the place, or sends it to the one that holds it by now. Gives a
    /// process that has held the place.
    ///
    /// # Errors
    /// Gives the message back when nobody is to come by itself.
    pub(super) fn leave<M: Send + 'static>(&self, message: M, call: Option<LeftCall>) -> Result<AnyProcess, M> {
        let mut left = LeftMessage { message, call };
        let mut failed = None;
        loop {
            let mut state = self.state();
            if let Some(holder) = state.present().filter(|holder| Some(holder.pid()) != failed).cloned() {
                drop(state);
                match left.send(&holder) {
                    Ok(()) => return Ok(holder),
                    Err(again) => left = again,
                }
                failed = Some(holder.pid());
                continue;
            }
            let before = self.awaited(&state).filter(|before| before.typed::<M>().is_some()).cloned();
            let Some((before, queue)) = before.and_then(|before| Some((before, queue::<M>(&mut state)?))) else {
                drop(state);
                return Err(left.message);
            };
            let given_up = (queue.len() == queue.capacity()).then(|| take_given_up(queue));
            queue.push_back(left);
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
            return messages.into_iter().filter_map(|message| self.leave(message, None).err()).collect();
        }
        if !self.is_awaited(&state) {
            return messages;
        }
        let Some(queue) = queue::<M>(&mut state) else { return messages };
        // They are older than anything that was left since.
        for message in messages.into_iter().rev() {
            queue.push_front(LeftMessage { message, call: None });
        }
        Vec::new()
    }

    /// A process takes the place, and with it what was left for it.
    pub(crate) fn take<M: Send + 'static>(&self, process: &AnyProcess) {
        loop {
            let left = {
                let mut state = self.state();
                let Some(left) = state.left.take() else {
                    let before = state.hold(process.clone());
                    drop(state);
                    return drop(before);
                };
                left
            };
            let mut left = match left.downcast::<Backlog<M>>() {
                Ok(left) => left,
                // The spec is another one, and so is the type.
                Err(left) => {
                    drop(left);
                    continue;
                }
            };
            while let Some(first) = left.0.pop_front() {
                if let Err(first) = first.send(process) {
                    // It has ended; the rest is for the next one.
                    left.0.push_front(first);
                    let before = {
                        let mut state = self.state();
                        if let Some(queue) = queue::<M>(&mut state) {
                            queue.append(&mut left.0);
                        }
                        state.hold(process.clone())
                    };
                    return drop(before);
                }
            }
        }
    }
}

/// The messages whose callers wait no longer.
fn take_given_up<M>(queue: &mut VecDeque<LeftMessage<M>>) -> Backlog<M> {
    let is_wanted = |left: &LeftMessage<M>| left.call.as_ref().is_none_or(|left| left.call.is_pending());
    let (wanted, given_up) = std::mem::take(queue).into_iter().partition(is_wanted);
    *queue = wanted;
    Backlog(given_up)
}
