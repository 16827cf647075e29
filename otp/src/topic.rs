//! Topics: what is published goes to all who have subscribed. Elixir's `Phoenix.PubSub`, on one node.
//!
//! A [`PubSub`] keeps the subscribers, a [`Topic`] is one key of it. A subscriber is a [`Subject`] for the messages: of
//! a plain process, or of a server that handles them. It is forgotten when its process ends. Nobody who publishes waits
//! for anybody: what a slow subscriber does not handle waits in its own mailbox, and a server that is subscribed by
//! [`subject_with`](crate::ClientExt::subject_with) treats it as its [mailbox](crate::mailbox::Mailbox) says.
//!
//! ```
//! use otp::{prelude::*, process::Subject, topic::{PubSub, PubSubRef}};
//!
//! pub struct Screen { lines: Vec<String> }
//!
//! #[actor(mailbox = bounded(100, drop_oldest))]
//! impl Screen {
//!     #[init]
//!     fn init(news: PubSubRef<String>, ctx: &mut Context<Self>) -> Result<Self, otp::group::GroupError> {
//!         news.topic("weather").subscribe(&ctx.client().subject_with(|screen, line| screen.show(line)))?;
//!         Ok(Self { lines: Vec::new() })
//!     }
//!     #[handle_cast]
//!     fn show(&mut self, line: String) { self.lines.push(line) }
//!     #[handle_call]
//!     pub fn lines(&self) -> usize { self.lines.len() }
//! }
//!
//! supervisor! {
//!     pub App<rest_for_one>() {
//!         news: PubSub<String>();
//!         screen: Screen(news);
//!     }
//! }
//!
//! let app = App::start()?;
//! let weather = app.news().topic("weather");
//! let inbox = process::current().subject();
//! weather.subscribe(&inbox)?;
//! assert_eq!(weather.broadcast("rain".into()), 2);
//! assert_eq!(inbox.receive(None).as_deref(), Some("rain"));
//! assert_eq!(app.screen().lines()?, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;

use crate::{
    actor::requested::Requested,
    cell::Pid,
    group::{Group, GroupError, Groups, GroupsRef},
    process::{Subject, self_pid},
};

/// The process that keeps the subscribers of topics for messages of type `M`, which are called by a `K`: [`Groups`] of
/// subjects. `Phoenix.PubSub`.
///
/// `PubSub::<u32>::start()`, `PubSub::<u32>::child_spec()` and `news: PubSub<u32>();` in a tree start it. After a
/// restart nobody is subscribed: who outlives it subscribes again, or stands after it in a tree whose strategy is
/// `rest_for_one`.
pub type PubSub<M, K = String> = Groups<K, M>;

/// A client of a [`PubSub`].
pub type PubSubRef<M, K = String> = GroupsRef<K, M>;

/// One topic, of a [`PubSub`]: a key, and where its subscribers are. `Phoenix.PubSub`'s functions.
///
/// It is only a name for the topic, and keeps nothing: make one as you need it, or keep it.
///
/// ```
/// use otp::{process, topic::{PubSub, Topic}};
///
/// let news = PubSub::<u32>::start()?;
/// let weather: Topic<u32> = news.topic("weather");
/// let inbox = process::current().subject();
/// weather.subscribe(&inbox)?;
/// news.topic("weather").broadcast(42);
/// news.topic("sports").broadcast(7);                         // nobody hears that
/// assert_eq!((inbox.receive(None), inbox.flush()), (Some(42), 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Topic<M: Send + 'static, K: Group = String> {
    groups: GroupsRef<K, M>,
    key: K,
}

impl<M: Send + 'static, K: Group> GroupsRef<K, M> {
    /// The topic with this key, whether or not it has subscribers.
    ///
    /// ```
    /// use otp::topic::PubSub;
    ///
    /// let rooms = PubSub::<String, u32>::start()?;
    /// assert_eq!(rooms.topic(7_u32).key(), &7);
    /// # Ok::<(), otp::StartError>(())
    /// ```
    #[must_use]
    pub fn topic(&self, key: impl Into<K>) -> Topic<M, K> {
        Topic { groups: self.clone(), key: key.into() }
    }
}

impl<M: Send + 'static, K: Group> Topic<M, K> {
    /// What it is called by.
    ///
    /// [`GroupsRef::topic`] has an example.
    #[must_use]
    pub fn key(&self) -> &K {
        &self.key
    }

    /// Subscribes a subject, until it is unsubscribed or its owner ends; waits until that is done. Nothing changes when
    /// it is subscribed already. `Phoenix.PubSub.subscribe/2`.
    ///
    /// A plain process subscribes one that it receives from; a server [`ctx.subject`](crate::Context::subject), whose
    /// messages come to a handler, [`subject`](crate::ClientExt::subject) of itself, for a `#[handle_info]` of their
    /// type, or [`subject_with`](crate::ClientExt::subject_with), where they are casts for which its mailbox has a
    /// bound.
    ///
    /// ```
    /// # use otp::{process, topic::PubSub};
    /// let weather = PubSub::<&str>::start()?.topic("weather");
    /// let inbox = process::current().subject();
    /// weather.subscribe(&inbox)?;
    /// weather.broadcast("rain");
    /// assert_eq!(inbox.receive(None), Some("rain"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`GroupError::NoOwner`] when nobody would receive. [`GroupError::Call`] when the [`PubSub`] is gone, or takes
    /// too long.
    pub fn subscribe(&self, subject: &Subject<M>) -> Result<(), GroupError> {
        self.groups.register(self.key.clone(), subject)
    }

    /// As [`subscribe`](Topic::subscribe), to be awaited on any executor.
    ///
    /// ```
    /// # use otp::{process, topic::PubSub};
    /// let weather = PubSub::<&str>::start()?.topic("weather");
    /// let (_, listens) = process::spawn_monitor_async(|_| async move {
    ///     let inbox = process::current().subject();
    ///     weather.subscribe_async(&inbox).await?;
    ///     assert_eq!(weather.broadcast("rain"), 1);
    ///     weather.unsubscribe_async(&inbox).await
    /// });
    /// assert!(process::current().receive_down(listens, None).unwrap().reason.is_clean());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for [`subscribe`](Topic::subscribe).
    ///
    /// # Cancel safety
    /// It is sent at the first poll. Dropped, a request that was sent is carried out.
    pub fn subscribe_async(&self, subject: &Subject<M>) -> Requested<(), GroupError> {
        self.groups.register_async(self.key.clone(), subject)
    }

    /// Ends the subscription of a subject; waits until that is done. What was published before may still come.
    /// `Phoenix.PubSub.unsubscribe/2`.
    ///
    /// ```
    /// # use otp::{process, topic::PubSub};
    /// let weather = PubSub::<&str>::start()?.topic("weather");
    /// let inbox = process::current().subject();
    /// weather.subscribe(&inbox)?;
    /// weather.unsubscribe(&inbox)?;
    /// assert_eq!(weather.broadcast("rain"), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`GroupError::NotJoined`] when it is not subscribed. [`GroupError::Call`] when the [`PubSub`] is gone, or takes
    /// too long.
    pub fn unsubscribe(&self, subject: &Subject<M>) -> Result<(), GroupError> {
        self.groups.unregister(&self.key, subject)
    }

    /// As [`unsubscribe`](Topic::unsubscribe), to be awaited on any executor.
    /// [`subscribe_async`](Topic::subscribe_async) has an example.
    ///
    /// # Errors
    /// As for [`unsubscribe`](Topic::unsubscribe).
    ///
    /// # Cancel safety
    /// It is sent at the first poll. Dropped, a request that was sent is carried out.
    pub fn unsubscribe_async(&self, subject: &Subject<M>) -> Requested<(), GroupError> {
        self.groups.unregister_async(&self.key, subject)
    }

    /// Sends a message to all subscribers, a clone to each; gives how many there were. Never waits.
    /// `Phoenix.PubSub.broadcast/3`.
    ///
    /// Those are told who were subscribed when it began. What one process publishes comes to each of them in order.
    /// Nobody is told when the [`PubSub`] is gone. Where a clone costs much, publish an [`Arc`](std::sync::Arc).
    ///
    /// ```
    /// # use otp::{process, topic::PubSub};
    /// let weather = PubSub::<String>::start()?.topic("weather");
    /// let inboxes = [(); 3].map(|()| process::current().subject());
    /// for inbox in &inboxes {
    ///     weather.subscribe(inbox)?;
    /// }
    /// assert_eq!(weather.broadcast("rain".into()), 3);
    /// assert!(inboxes.iter().all(|inbox| inbox.receive(None).as_deref() == Some("rain")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    /// When the message's `clone` does; then some of the subscribers may have it.
    pub fn broadcast(&self, message: M) -> usize
    where
        M: Clone,
    {
        self.groups.dispatch(&self.key, |subscriber| subscriber.send(message.clone()))
    }

    /// As [`broadcast`](Topic::broadcast), to all but the subscribers of the current process; gives how many were told.
    /// `Phoenix.PubSub.broadcast_from/4`.
    ///
    /// ```
    /// # use otp::{process, topic::PubSub};
    /// let chat = PubSub::<&str>::start()?.topic("lobby");
    /// let inbox = process::current().subject();
    /// chat.subscribe(&inbox)?;
    /// assert_eq!(chat.broadcast_from("hello"), 0);           // nobody else is there
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    /// As [`broadcast`](Topic::broadcast).
    pub fn broadcast_from(&self, message: M) -> usize
    where
        M: Clone,
    {
        let (me, mut own) = (self_pid(), 0);
        let all = self.groups.each(&self.key, |owner, subscriber| {
            if owner == me {
                own += 1;
            } else {
                subscriber.send(message.clone());
            }
        });
        all - own
    }

    /// The processes that have subscribed, each as often as it has.
    ///
    /// ```
    /// # use otp::{process, topic::PubSub};
    /// let weather = PubSub::<&str>::start()?.topic("weather");
    /// weather.subscribe(&process::current().subject())?;
    /// assert_eq!(weather.subscribers(), [otp::self_pid()]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn subscribers(&self) -> Vec<Pid> {
        let mut subscribers = Vec::new();
        self.groups.each(&self.key, |owner, _| subscribers.push(owner));
        subscribers
    }
}

impl<M: Send + 'static, K: Group> Clone for Topic<M, K> {
    fn clone(&self) -> Self {
        Self { groups: self.groups.clone(), key: self.key.clone() }
    }
}

impl<M: Send + 'static, K: Group> PartialEq for Topic<M, K> {
    fn eq(&self, other: &Self) -> bool {
        (&self.groups, &self.key) == (&other.groups, &other.key)
    }
}

impl<M: Send + 'static, K: Group> Eq for Topic<M, K> {}

impl<M: Send + 'static, K: Group> fmt::Debug for Topic<M, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Topic({:?} of {:?})", self.key, self.groups)
    }
}
