//! Subjects: typed addresses. Anybody may send; the process that a subject belongs to receives.
//!
//! Messages are marked with the tag of their subject, so that they can be received one subject at a time. A subject of
//! a process has a tag of its own, a named one the tag that its name and its type make.

mod mapped;
mod route;
mod send_error;

use std::{
    any::TypeId,
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    marker::PhantomData,
    sync::Arc,
    time::Duration,
};

pub use self::send_error::SendError;
use self::{
    mapped::MappedSubject,
    route::{Route, To},
};
pub(crate) use self::{
    mapped::{Sink, guarded},
    route::{AnyAddress, Letter},
};
use super::{
    Receiver,
    me::{receive, receiving},
};
use crate::cell::{
    AnyMessage, Pid, current,
    header::{Channel, Home},
    signal::{RAW, Signal},
};

/// An address for messages of type `T`: of the process that made it, of whoever has a name, of a server that handles
/// them ([`ClientExt::subject`](crate::ClientExt::subject)), or of nobody.
///
/// Messages wait in the order in which they came until they are received, whatever else the process receives
/// meanwhile. Gleam's `Subject`.
///
/// ```
/// use otp::process;
/// use std::time::Duration;
///
/// let me = process::current();
/// let answers = me.subject::<u32>();
/// let lengths = answers.map(|text: String| text.len() as u32);
/// process::spawn(move |_| lengths.send("forty-two".into()));
/// assert_eq!(answers.receive(Duration::from_secs(1)), Some(9));
/// ```
pub struct Subject<T>(SubjectKind<T>);

enum SubjectKind<T> {
    /// To a process, as it is.
    Direct(Arc<Route>, PhantomData<fn(T) -> T>),
    /// To be made into something else first.
    Through(Arc<dyn Sink<T>>),
    Null,
}

/// Sends a message of any type to a process as such; dropped when it is gone. Never waits.
///
/// A server takes it in the `#[handle_info]` for its type, and logs it when there is none; a plain process with the
/// `select_type` or `select_other` of a selector. `erlang:send/2`, `Pid ! Message`.
///
/// ```
/// use otp::process::{self, Selector};
///
/// process::send(otp::self_pid(), 42_u32);
/// process::send(otp::self_pid(), "forty-two");
/// let words = Selector::new().select_type(|word: &str| word.len());
/// assert_eq!(words.receive(None), Some(9));
/// ```
pub fn send<T: Send + 'static>(to: Pid, message: T) {
    current::with(|me| me.header().node.signal(to, Signal::Foreign { tag: RAW, payload: Box::new(message) }));
}

impl<T: Send + 'static> Subject<T> {
    pub(super) fn of_process(owner: Pid, tag: u64) -> Self {
        Self::direct(To::Process(owner), tag)
    }

    /// A subject whose messages reach whoever is at a place as messages of their type.
    pub(crate) fn of_place(place: impl AnyAddress) -> Self {
        Self::direct(To::AnyAddress(Arc::new(place)), RAW)
    }

    /// A subject whose messages are made into something else first, in whoever sends them.
    pub(crate) fn through(sink: impl Sink<T> + 'static) -> Self {
        Self(SubjectKind::Through(Arc::new(sink)))
    }

    /// The subject that belongs to whoever has a name, on the node of the sender, at the moment when something is sent.
    ///
    /// There is one for each name and type: the process that has the name receives from another `named` of the same.
    /// Gleam's `named_subject`.
    ///
    /// ```
    /// use otp::process::{self, SendError, Subject};
    ///
    /// let orders = Subject::<u32>::named("kitchen");
    /// assert_eq!(orders.try_send(1), Err(SendError::NoProc(1)));
    /// process::register("kitchen", otp::self_pid())?;
    /// orders.send(2);
    /// assert_eq!(orders.receive(None), Some(2));
    /// # Ok::<(), otp::name::RegisterError>(())
    /// ```
    pub fn named(name: impl Into<Arc<str>>) -> Self {
        let name = name.into();
        let mut hasher = DefaultHasher::new();
        (&name, TypeId::of::<T>()).hash(&mut hasher);
        // Counters don't come that far.
        Self::direct(To::Name(name), hasher.finish() | 1 << 63)
    }

    /// A subject of nobody: what is sent is dropped.
    ///
    /// ```
    /// use otp::process::Subject;
    ///
    /// let nowhere = Subject::null();
    /// nowhere.send("hello");
    /// assert_eq!((nowhere.try_send("hello"), nowhere.owner()), (Ok(()), None));
    /// ```
    #[must_use]
    pub fn null() -> Self {
        Self(SubjectKind::Null)
    }

    fn direct(to: To, tag: u64) -> Self {
        Self(SubjectKind::Direct(Arc::new(Route::new(to, tag)), PhantomData))
    }

    /// A subject for messages that become messages of this one: `f` runs in each process that sends, with each message.
    /// When it panics that is reported, and there is no message; the sender goes on.
    ///
    /// It is only to be sent to; its messages are received from the subject that it was made of.
    ///
    /// ```
    /// let numbers = otp::process::current().subject::<usize>();
    /// let lengths = numbers.map(|text: &str| text.len());
    /// lengths.send("hello");
    /// assert_eq!(numbers.receive(None), Some(5));
    /// ```
    pub fn map<U: Send + 'static>(&self, f: impl Fn(U) -> T + Send + Sync + 'static) -> Subject<U> {
        Subject::through(MappedSubject { target: self.clone(), map: f })
    }

    /// Sends a message; dropped when the owner is gone, nobody has the name, or the subject is closed. Never waits.
    /// That a name is nobody's is reported once, and counted in [`Node::undelivered`](crate::Node::undelivered).
    ///
    /// ```
    /// let numbers = otp::process::current().subject();
    /// let to = numbers.clone();
    /// otp::process::spawn(move |_| (1..=3).for_each(|n| to.send(n)));
    /// assert_eq!([(); 3].map(|()| numbers.receive(None)), [Some(1), Some(2), Some(3)]);      // in order
    /// ```
    pub fn send(&self, message: T) {
        match &self.0 {
            SubjectKind::Direct(route, _) => {
                if let Err(SendError::NoProc(unsent)) = route.send(Box::new(message)) {
                    route.lost();
                    drop(unsent);
                }
            }
            SubjectKind::Through(sink) => sink.send(message),
            SubjectKind::Null => {}
        }
    }

    /// As [`send`](Subject::send), and says whether there was somebody to send to. That one may end before it receives.
    ///
    /// ```
    /// use otp::process::{SendError, Subject};
    ///
    /// let kitchen = Subject::named("kitchen");
    /// assert_eq!(kitchen.try_send(7), Err(SendError::NoProc(7)));
    /// otp::process::register("kitchen", otp::self_pid())?;
    /// assert_eq!(kitchen.try_send(8), Ok(()));
    /// # Ok::<(), otp::name::RegisterError>(())
    /// ```
    ///
    /// # Errors
    /// The message, and why it was not sent.
    pub fn try_send(&self, message: T) -> Result<(), SendError<T>> {
        match &self.0 {
            SubjectKind::Direct(route, _) => route.send(Box::new(message)).map_err(|error| {
                error.map(|payload| payload.take().unwrap_or_else(|_| unreachable!("it is what was sent")))
            }),
            // Who ends while the message is made into another was there to send to.
            SubjectKind::Through(sink) => match sink.refusal() {
                None => {
                    sink.send(message);
                    Ok(())
                }
                Some(refusal) => Err(refusal.map(|()| message)),
            },
            SubjectKind::Null => Ok(()),
        }
    }

    /// Takes the oldest message; waits for one, at most for `limit` (`None`: for ever). `None` when the time is over.
    ///
    /// ```
    /// use otp::prelude::*;
    ///
    /// Sim::run(1, |t| {
    ///     let (numbers, words) = (process::current().subject(), process::current().subject());
    ///     numbers.send(1);
    ///     words.send("one");
    ///     assert_eq!(words.receive(None), Some("one"));               // what is for others stays
    ///     assert_eq!(numbers.receive(None), Some(1));
    ///     assert_eq!(numbers.receive(Duration::from_secs(60)), None);
    ///     assert_eq!(t.now(), Duration::from_secs(60));
    /// });
    /// ```
    ///
    /// # Panics
    /// When the calling process is not the owner, or the system has no further stack to wait on; when an exit is to end
    /// an adopted thread: see [threads](crate::process#threads).
    pub fn receive(&self, limit: impl Into<Option<Duration>>) -> Option<T> {
        let tag = self.own_tag();
        receive(limit.into(), |signal| signal.is_for(tag)).and_then(received)
    }

    /// As [`receive`](Subject::receive), to be awaited.
    ///
    /// ```
    /// use otp::process;
    ///
    /// let (_, monitor) = process::spawn_monitor_async(|me| async move {
    ///     let numbers = me.subject();
    ///     let to = numbers.clone();
    ///     process::spawn(move |_| to.send(42));
    ///     assert_eq!(numbers.receive_async(None).await, Some(42));
    /// });
    /// assert!(process::current().receive_down(monitor, None).unwrap().reason.is_clean());
    /// ```
    ///
    /// # Panics
    /// When the calling process is not the owner.
    ///
    /// # Cancel safety
    /// Cancel safe: a message is taken only by the poll that gives it.
    pub async fn receive_async(&self, limit: impl Into<Option<Duration>>) -> Option<T> {
        let tag = self.own_tag();
        receiving(limit.into(), move |signal| signal.is_for(tag)).await.and_then(received)
    }

    /// Drops the messages that wait; how many there were.
    ///
    /// ```
    /// let numbers = otp::process::current().subject::<u32>();
    /// numbers.send(1);
    /// numbers.send(2);
    /// assert_eq!(numbers.flush(), 2);
    /// assert_eq!(numbers.receive(std::time::Duration::ZERO), None);
    /// ```
    ///
    /// # Panics
    /// When the calling process is not the owner.
    pub fn flush(&self) -> usize {
        let mut dropped = 0;
        while let Some(message) = self.receive(Duration::ZERO) {
            drop(message);
            dropped += 1;
        }
        dropped
    }

    /// A channel on which its messages arrive from now on, so that an OS thread can wait for them beside other things
    /// in `crossbeam_channel::select!`. Those that were not received before come first.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let answers = otp::process::current().subject::<u32>();
    /// let arrived = answers.channel();
    /// otp::process::spawn(move |_| answers.send(42));
    /// otp::process::crossbeam_channel::select! {
    ///     recv(arrived) -> answer => assert_eq!(answer, Ok(42)),
    ///     default(Duration::from_secs(10)) => panic!("no answer"),
    /// }
    /// ```
    ///
    /// When the [`Receiver`] is dropped, with all its clones, what was not received goes with it, and what comes from
    /// then on is in the inbox again.
    ///
    /// # Panics
    /// When the calling process is not the owner, or is no OS thread: a process on a core would block its core.
    #[must_use]
    pub fn channel(&self) -> Receiver<T> {
        let (sender, receiver) = crossbeam_channel::unbounded();
        let tag = self.own_tag();
        current::with(|me| {
            assert!(
                !matches!(me.header().home, Home::Core),
                "a process on a core waits with `receive`: a channel would block its core"
            );
            let number = me.header().node.unique();
            let send = move |message: Box<dyn AnyMessage>| {
                let message = message.take::<T>()?;
                sender.send(message).map_err(|error| Box::new(error.0) as Box<dyn AnyMessage>)
            };
            me.process().open_channel(me, tag, Channel::Open { number, send: Box::new(send) });
            Receiver::of_subject(receiver, me.pid(), tag, number)
        })
    }

    /// Closes it: messages that wait, and those that come later, are dropped. A subject that was made for one answer
    /// leaves nothing behind when it comes too late, as an alias in Erlang (`erlang:unalias/1`).
    ///
    /// Closing one that was made by [`map`](Subject::map) closes the one that it was made of.
    ///
    /// ```
    /// use otp::process::{self, SendError};
    /// use std::time::Duration;
    ///
    /// let answer = process::current().subject();
    /// let to = answer.clone();
    /// assert_eq!(answer.receive(Duration::ZERO), None);               // it takes too long
    /// answer.close();
    /// assert_eq!(to.try_send(42), Err(SendError::Closed(42)));        // and now it's too late
    /// ```
    ///
    /// # Panics
    /// When the calling process did not make it. A named subject is closed by giving up the name.
    pub fn close(&self) {
        match &self.0 {
            SubjectKind::Direct(route, _) => route.close(),
            SubjectKind::Through(sink) => sink.close(),
            SubjectKind::Null => {}
        }
    }

    /// The process that receives; whoever has the name now, if it is a named one.
    ///
    /// ```
    /// use otp::process::{self, Subject};
    ///
    /// assert_eq!(process::current().subject::<u32>().owner(), Some(otp::self_pid()));
    /// assert_eq!(Subject::<u32>::named("kitchen").owner(), None);
    /// ```
    #[must_use]
    pub fn owner(&self) -> Option<Pid> {
        match &self.0 {
            SubjectKind::Direct(route, _) => match &route.to {
                To::Process(pid) => Some(*pid),
                To::Name(name) => super::whereis(name),
                To::AnyAddress(place) => place.pid(),
            },
            SubjectKind::Through(sink) => sink.owner(),
            SubjectKind::Null => None,
        }
    }

    /// What its messages are marked with.
    ///
    /// # Panics
    /// When the calling process is not who receives them.
    pub(super) fn own_tag(&self) -> u64 {
        let SubjectKind::Direct(route, _) = &self.0 else {
            panic!("this subject is only to be sent to");
        };
        let own = current::with(|me| me.pid());
        match &route.to {
            To::Process(owner) => {
                assert!(own == *owner, "a subject is received from by the process that made it, which is {owner}");
            }
            To::Name(name) => {
                assert!(
                    super::whereis(name) == Some(own),
                    "a named subject is received from by the process that has the name `{name}`"
                );
            }
            To::AnyAddress(_) => panic!("this subject is only to be sent to: a server handles its messages"),
        }
        route.tag
    }

    /// Whether it holds something of the user's: what makes its messages into others, or a key of a registry.
    pub(crate) fn is_of_users(&self) -> bool {
        match &self.0 {
            SubjectKind::Direct(route, _) => matches!(&route.to, To::AnyAddress(place) if place.asks()),
            SubjectKind::Through(_) => true,
            SubjectKind::Null => false,
        }
    }

    /// The message, to be sent at another time: made into what it will be received as.
    pub(crate) fn letter(&self, message: T) -> Letter {
        match &self.0 {
            SubjectKind::Direct(route, _) => Letter::Direct(Arc::clone(route), Box::new(message)),
            SubjectKind::Through(sink) => sink.letter(message),
            SubjectKind::Null => Letter::Nobody,
        }
    }

    /// The process that it belongs to for good: that of a name or a place in a tree has none.
    pub(crate) fn process(&self) -> Option<Pid> {
        match &self.0 {
            SubjectKind::Direct(route, _) => match &route.to {
                To::Process(pid) => Some(*pid),
                To::Name(_) => None,
                To::AnyAddress(place) => place.process(),
            },
            SubjectKind::Through(sink) => sink.process(),
            SubjectKind::Null => None,
        }
    }

    /// Why a message would not be sent now.
    fn refusal(&self) -> Option<SendError<()>> {
        match &self.0 {
            SubjectKind::Direct(route, _) => route.refusal(),
            SubjectKind::Through(sink) => sink.refusal(),
            SubjectKind::Null => None,
        }
    }

    /// What its messages are marked with, for a selector; nothing marks those of a null subject.
    ///
    /// # Panics
    /// When the calling process can't be the one that receives them.
    pub(super) fn selected_tag(&self) -> Option<u64> {
        match &self.0 {
            // A name may be taken later.
            SubjectKind::Direct(route, _) if matches!(route.to, To::Name(_)) => Some(route.tag),
            SubjectKind::Null => None,
            SubjectKind::Direct(..) | SubjectKind::Through(_) => Some(self.own_tag()),
        }
    }
}

/// The message in a signal.
fn received<T: 'static>(signal: Signal) -> Option<T> {
    match signal {
        Signal::Foreign { payload, .. } => payload.take().ok(),
        _ => None,
    }
}

impl<T> Clone for Subject<T> {
    fn clone(&self) -> Self {
        Self(match &self.0 {
            SubjectKind::Direct(route, message) => SubjectKind::Direct(Arc::clone(route), *message),
            SubjectKind::Through(sink) => SubjectKind::Through(Arc::clone(sink)),
            SubjectKind::Null => SubjectKind::Null,
        })
    }
}

impl<T> PartialEq for Subject<T> {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (SubjectKind::Direct(a, _), SubjectKind::Direct(b, _)) => (a.tag, &a.to) == (b.tag, &b.to),
            (SubjectKind::Through(a), SubjectKind::Through(b)) => Arc::ptr_eq(a, b),
            (SubjectKind::Null, SubjectKind::Null) => true,
            _ => false,
        }
    }
}

impl<T> Eq for Subject<T> {}

impl<T> Hash for Subject<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            SubjectKind::Direct(route, _) => route.tag.hash(state),
            SubjectKind::Through(sink) => Arc::as_ptr(sink).addr().hash(state),
            SubjectKind::Null => {}
        }
    }
}

impl<T> fmt::Debug for Subject<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            SubjectKind::Direct(route, _) => match &route.to {
                To::Process(owner) => write!(f, "Subject({owner}, {})", route.tag),
                To::Name(name) => write!(f, "Subject({name:?})"),
                To::AnyAddress(place) => write!(f, "Subject(of {:?})", place.pid()),
            },
            SubjectKind::Through(sink) => write!(f, "Subject(of {:?})", sink.owner()),
            SubjectKind::Null => f.write_str("Subject(null)"),
        }
    }
}
