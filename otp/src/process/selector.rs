//! Selectors: to wait for several kinds of messages at once.
//!
//! A selector is a table from what a message is to what is made of it. A message is looked up under its most specific
//! key first; no code of the user's runs before it was taken out of the inbox.

use std::{any::TypeId, collections::BTreeMap, fmt, sync::Arc, time::Duration};

use super::{
    Subject,
    me::{receive, receiving},
};
use crate::cell::{
    Down, Exit, Info, MonitorRef,
    signal::{RAW, Signal},
};

/// Waits for messages of several subjects, ends of processes and more at once, and makes an `R` of what comes first.
///
/// It takes the oldest message that one of its parts selects; others stay where they are. When several parts select
/// one message, a monitor of its own counts before `select_monitors`, and `select_other` last. The functions run in
/// the process that receives, with the message. Gleam's `Selector`, Erlang's `receive`.
///
/// ```
/// use otp::{prelude::*, process::Selector};
///
/// enum Event {
///     Line(String),
///     Ended(ExitReason),
/// }
///
/// let lines = process::current().subject();
/// let to = lines.clone();
/// let (_, monitor) = process::spawn_monitor(move |_| to.send("hello".to_owned()));
/// let events = Selector::new()
///     .select_map(&lines, Event::Line)
///     .select_monitor(monitor, |down| Event::Ended(down.reason));
/// assert!(matches!(events.receive(None), Some(Event::Line(line)) if line == "hello"));
/// assert!(matches!(events.receive(None), Some(Event::Ended(ExitReason::Normal))));
/// ```
#[must_use = "it does nothing until `receive`"]
pub struct Selector<R>(BTreeMap<Pattern, Convert<R>>);

/// What a message can be selected as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Pattern {
    Monitor(MonitorRef),
    Tag(u64),
    Type(TypeId),
    Monitors,
    Exits,
    Other,
}

type Convert<R> = Arc<dyn Fn(Signal) -> R + Send + Sync>;

impl Pattern {
    /// What a message is, in the order in which a selector looks it up. Nothing, if it is no message.
    fn of(signal: &Signal) -> [Option<Self>; 3] {
        match signal {
            Signal::Down(down) => [Some(Self::Monitor(down.monitor)), Some(Self::Monitors), Some(Self::Other)],
            Signal::Foreign { tag: RAW, payload } => [Some(Self::Type((**payload).type_id())), Some(Self::Other), None],
            Signal::Foreign { tag, .. } => [Some(Self::Tag(*tag)), Some(Self::Other), None],
            // As long as nobody has acted on it, it is one that will be trapped.
            Signal::Trapped(_) | Signal::Exit { .. } => [Some(Self::Exits), Some(Self::Other), None],
            _ => [None; 3],
        }
    }
}

impl<R: 'static> Selector<R> {
    /// Selects nothing yet.
    pub fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// Selects messages of a subject. A null subject has none.
    ///
    /// ```
    /// use otp::process::{self, Selector};
    ///
    /// let (left, right) = (process::current().subject(), process::current().subject());
    /// right.send("first");
    /// left.send("second");
    /// let both = Selector::new().select(&left).select(&right);
    /// assert_eq!([both.receive(None), both.receive(None)], [Some("first"), Some("second")]);
    /// ```
    ///
    /// # Panics
    /// When the calling process is not the owner, or the subject is a mapped one. Who has the name of a named subject
    /// is not looked at.
    pub fn select(self, subject: &Subject<R>) -> Self
    where
        R: Send,
    {
        self.select_map(subject, |message| message)
    }

    /// Selects messages of a subject of another type; `f` makes them what this selector receives.
    ///
    /// ```
    /// use otp::process::{self, Selector};
    ///
    /// let (numbers, words) = (process::current().subject(), process::current().subject());
    /// numbers.send(40_usize);
    /// words.send("me");
    /// let lengths = Selector::new().select(&numbers).select_map(&words, |word: &str| word.len());
    /// assert_eq!([lengths.receive(None), lengths.receive(None)], [Some(40), Some(2)]);
    /// ```
    ///
    /// # Panics
    /// As [`select`](Selector::select).
    pub fn select_map<T: Send + 'static>(
        self,
        subject: &Subject<T>,
        f: impl Fn(T) -> R + Send + Sync + 'static,
    ) -> Self {
        match subject.selected_tag() {
            Some(tag) => self.with_payload(Pattern::Tag(tag), f),
            None => self,
        }
    }

    /// Selects the [`Down`] of one monitor.
    ///
    /// ```
    /// use otp::process::{self, Selector};
    ///
    /// let (pid, monitor) = process::spawn_monitor(|_| ());
    /// let its_end = Selector::new().select_monitor(monitor, |down| down.pid);
    /// assert_eq!(its_end.receive(None), Some(pid));
    /// ```
    pub fn select_monitor(self, monitor: MonitorRef, f: impl Fn(Down) -> R + Send + Sync + 'static) -> Self {
        self.with_down(Pattern::Monitor(monitor), f)
    }

    /// Selects the [`Down`]s of all monitors.
    ///
    /// ```
    /// use otp::process::{self, Selector};
    ///
    /// let (pids, _monitors): (Vec<_>, Vec<_>) = (0..3).map(|_| process::spawn_monitor(|_| ())).unzip();
    /// let ends = Selector::new().select_monitors(|down| down.pid);
    /// assert!((0..3).all(|_| pids.contains(&ends.receive(None).unwrap())));
    /// ```
    pub fn select_monitors(self, f: impl Fn(Down) -> R + Send + Sync + 'static) -> Self {
        self.with_down(Pattern::Monitors, f)
    }

    /// Selects trapped exit signals; see [`trap_exit`](crate::process::trap_exit).
    ///
    /// ```
    /// use otp::process::{self, Selector};
    ///
    /// let pid = process::spawn_link(|_| ());
    /// let exits = Selector::new().select_exits(|exit| exit.from);      // this thread traps them
    /// assert_eq!(exits.receive(None), Some(pid));
    /// ```
    pub fn select_exits(self, f: impl Fn(Exit) -> R + Send + Sync + 'static) -> Self {
        self.with(Pattern::Exits, move |signal| match signal {
            Signal::Trapped(exit) => f(exit),
            _ => unreachable!("it is under another key"),
        })
    }

    /// Selects messages of one type that were sent to the process as such, with [`send`](super::send).
    ///
    /// ```
    /// use otp::process::{self, Selector};
    ///
    /// struct Tick(u32);
    ///
    /// process::send(otp::self_pid(), "no tick");
    /// process::send(otp::self_pid(), Tick(42));
    /// let ticks = Selector::new().select_type(|tick: Tick| tick.0);
    /// assert_eq!(ticks.receive(None), Some(42));
    /// ```
    pub fn select_type<T: Send + 'static>(self, f: impl Fn(T) -> R + Send + Sync + 'static) -> Self {
        self.with_payload(Pattern::Type(TypeId::of::<T>()), f)
    }

    /// Selects whatever nothing else here does: messages of other subjects and of none, and [`Down`]s and [`Exit`]s.
    ///
    /// ```
    /// use otp::process::{self, Selector};
    ///
    /// let numbers = process::current().subject();
    /// process::send(otp::self_pid(), "what is this?");
    /// numbers.send(42);
    /// let all = Selector::new().select_map(&numbers, Some).select_other(|_| None);
    /// assert_eq!([all.receive(None), all.receive(None)], [Some(None), Some(Some(42))]);
    /// ```
    pub fn select_other(self, f: impl Fn(Info) -> R + Send + Sync + 'static) -> Self {
        self.with(Pattern::Other, move |signal| match signal {
            Signal::Foreign { payload, .. } => f(Info::Other(payload)),
            Signal::Down(down) => f(Info::Down(down)),
            Signal::Trapped(exit) => f(Info::Exit(exit)),
            _ => unreachable!("it is no message"),
        })
    }

    /// Selects messages of this subject no longer.
    ///
    /// ```
    /// use otp::process::{self, Selector};
    /// use std::time::Duration;
    ///
    /// let (left, right) = (process::current().subject(), process::current().subject::<u32>());
    /// let one = Selector::new().select(&left).select(&right).deselect(&left);
    /// left.send(1);
    /// assert_eq!(one.receive(Duration::ZERO), None);
    /// right.send(2);
    /// assert_eq!(one.receive(None), Some(2));
    /// ```
    ///
    /// # Panics
    /// As [`select`](Selector::select).
    pub fn deselect<T: Send + 'static>(mut self, subject: &Subject<T>) -> Self {
        if let Some(tag) = subject.selected_tag() {
            self.0.remove(&Pattern::Tag(tag));
        }
        self
    }

    /// Selects the [`Down`] of this monitor no longer, unless all are selected.
    ///
    /// ```
    /// use otp::process::{self, Selector};
    /// use std::time::Duration;
    ///
    /// let monitor = process::monitor_name("nobody");                  // its `Down` is there
    /// let nothing = Selector::new().select_monitor(monitor, |down| down.pid).deselect_monitor(monitor);
    /// assert_eq!(nothing.receive(Duration::ZERO), None);
    /// ```
    pub fn deselect_monitor(mut self, monitor: MonitorRef) -> Self {
        self.0.remove(&Pattern::Monitor(monitor));
        self
    }

    /// Selects what either does; what both select is made what `other` makes of it.
    ///
    /// ```
    /// use otp::process::{self, Selector};
    ///
    /// let (left, right) = (process::current().subject(), process::current().subject());
    /// right.send(42);
    /// let both = Selector::new().select(&left).merge(Selector::new().select(&right));
    /// assert_eq!(both.receive(None), Some(42));
    /// ```
    pub fn merge(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Makes something else of all that it selects, after what it makes of it now.
    ///
    /// ```
    /// use otp::process::{self, Selector};
    ///
    /// let numbers = process::current().subject();
    /// numbers.send(42);
    /// let texts = Selector::new().select(&numbers).map(|n: u32| n.to_string());
    /// assert_eq!(texts.receive(None).as_deref(), Some("42"));
    /// ```
    pub fn map<S: 'static>(self, f: impl Fn(R) -> S + Send + Sync + 'static) -> Selector<S> {
        let f = Arc::new(f);
        let mapped = self.0.into_iter().map(|(key, make)| {
            let f = Arc::clone(&f);
            let mapped: Convert<S> = Arc::new(move |signal| f(make(signal)));
            (key, mapped)
        });
        Selector(mapped.collect())
    }

    /// Takes the oldest message that it selects; waits for one, at most for `limit` (`None`: for ever). `None` when the
    /// time is over.
    ///
    /// Messages of a server's own type are not received so: they wait for their handlers.
    ///
    /// ```
    /// use otp::{prelude::*, process::Selector};
    ///
    /// Sim::run(1, |t| {
    ///     let answers = process::current().subject::<u32>();
    ///     let answer = Selector::new().select(&answers);
    ///     assert_eq!(answer.receive(Duration::from_secs(5)), None);
    ///     assert_eq!(t.now(), Duration::from_secs(5));
    ///     answers.send(42);
    ///     assert_eq!(answer.receive(None), Some(42));
    /// });
    /// ```
    ///
    /// # Panics
    /// When the system has no further stack to wait on; and when a function of the selector does: the message is lost
    /// then.
    pub fn receive(&self, limit: impl Into<Option<Duration>>) -> Option<R> {
        receive(limit.into(), |signal| self.find(signal).is_some()).and_then(|signal| self.make(signal))
    }

    /// As [`receive`](Selector::receive), to be awaited.
    ///
    /// ```
    /// use otp::process::{self, Selector};
    ///
    /// let (_, monitor) = process::spawn_monitor_async(|me| async move {
    ///     let numbers = me.subject();
    ///     numbers.send(42);
    ///     assert_eq!(Selector::new().select(&numbers).receive_async(None).await, Some(42));
    /// });
    /// assert!(process::current().receive_down(monitor, None).unwrap().reason.is_clean());
    /// ```
    ///
    /// # Panics
    /// When a function of the selector does: the message is lost then.
    ///
    /// # Cancel safety
    /// Cancel safe: a message is taken only by the poll that gives it, in which the selector's functions run.
    pub async fn receive_async(&self, limit: impl Into<Option<Duration>>) -> Option<R> {
        let signal = receiving(limit.into(), |signal| self.find(signal).is_some()).await?;
        self.make(signal)
    }

    fn with(mut self, key: Pattern, make: impl Fn(Signal) -> R + Send + Sync + 'static) -> Self {
        self.0.insert(key, Arc::new(make));
        self
    }

    fn with_payload<T: 'static>(self, key: Pattern, f: impl Fn(T) -> R + Send + Sync + 'static) -> Self {
        self.with(key, move |signal| match signal {
            Signal::Foreign { payload, .. } => {
                f(payload.take().unwrap_or_else(|_| unreachable!("a tag stands for one type")))
            }
            _ => unreachable!("it is under another key"),
        })
    }

    fn with_down(self, key: Pattern, f: impl Fn(Down) -> R + Send + Sync + 'static) -> Self {
        self.with(key, move |signal| match signal {
            Signal::Down(down) => f(down),
            _ => unreachable!("it is under another key"),
        })
    }
}

impl<R> Selector<R> {
    fn find(&self, signal: &Signal) -> Option<&Convert<R>> {
        Pattern::of(signal).into_iter().flatten().find_map(|key| self.0.get(&key))
    }

    pub(super) fn selects(&self, signal: &Signal) -> bool {
        self.find(signal).is_some()
    }

    pub(super) fn make(&self, signal: Signal) -> Option<R> {
        self.find(&signal).map(|make| make(signal))
    }
}

impl<R: 'static> Default for Selector<R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R> Clone for Selector<R> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<R> fmt::Debug for Selector<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Selector").field(&self.0.keys()).finish()
    }
}
