//! Monitors of groups: what their watchers are told.

use std::{fmt, time::Duration};

use super::{Group, ScopeRef, table::EntryRef};
use crate::{cell::Pid, process::Subject};

/// What has happened to a group's members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GroupChange {
    /// Some have joined it.
    Joined,
    /// Some have left it, or have ended.
    Left,
}

/// Members have joined or left a group: what whoever monitors it is told. `{Ref, join | leave, Group, Pids}`.
///
/// A server that monitors takes it in a `#[handle_info]`, others from their [`GroupMonitor`].
#[derive(Clone)]
#[non_exhaustive]
pub struct GroupEvent<G: Group> {
    pub(super) monitor: u64,
    /// What they did.
    pub change: GroupChange,
    pub(super) group: Watched<G>,
    /// Who they are; one that joined or left several times at once is in it as often.
    pub pids: Vec<Pid>,
}

/// A group that somebody is told of.
#[derive(Clone)]
pub(super) struct Watched<G: Group>(pub(super) EntryRef<G, Pid>);

impl<G: Group> GroupEvent<G> {
    /// The group.
    ///
    /// [`ScopeRef::monitor_scope`] has an example.
    #[must_use]
    pub fn group(&self) -> &G {
        self.group.0.key()
    }

    /// Whether it is of this monitor, and not of another one of the process.
    ///
    /// ```
    /// # use otp::{group::Scope, prelude::*};
    /// Sim::run(1, |_| {
    ///     let scope = Scope::<&str>::start().unwrap();
    ///     let (lobby, bar) = (scope.monitor("lobby").unwrap().0, scope.monitor("bar").unwrap().0);
    ///     scope.join("bar", otp::self_pid()).unwrap();
    ///     let event = bar.receive(None).unwrap();
    ///     assert!(event.is_of(&bar) && !event.is_of(&lobby));
    /// });
    /// ```
    #[must_use]
    pub fn is_of(&self, monitor: &GroupMonitor<G>) -> bool {
        self.monitor == monitor.number
    }
}

impl<G: Group> fmt::Debug for GroupEvent<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?} {:?}", self.pids, self.change, self.group())
    }
}

/// A monitor of a group, or of a whole scope. `pg:monitor/2`.
///
/// It is of the process that made it, and ends with that, with the scope, or by [`demonitor`](GroupMonitor::demonitor);
/// dropping it does not end it. That the scope has ended tells nobody but who [monitors](crate::ClientExt::monitor)
/// that.
///
/// ```
/// use otp::{group::{GroupEvent, Scope}, prelude::*};
///
/// pub struct Doorman { seen: usize }
///
/// #[actor]
/// impl Doorman {
///     #[init]
///     fn init() -> Result<Self, otp::group::GroupError> {
///         let (_monitor, members) = Scope::<&str>::pg().monitor("lobby")?;
///         Ok(Self { seen: members.len() })
///     }
///     #[handle_info]
///     fn changed(&mut self, event: GroupEvent<&'static str>) { self.seen += event.pids.len() }
///     #[handle_call]
///     pub fn seen(&self) -> usize { self.seen }
/// }
///
/// Sim::run(1, |_| {
///     let scope = Scope::<&str>::start().unwrap();
///     let doorman = Doorman::start().unwrap();
///     scope.join("lobby", otp::self_pid()).unwrap();
///     assert_eq!(doorman.seen(), Ok(1));
/// });
/// ```
pub struct GroupMonitor<G: Group> {
    scope: ScopeRef<G>,
    number: u64,
    events: Subject<GroupEvent<G>>,
}

impl<G: Group> GroupMonitor<G> {
    pub(super) fn new(scope: ScopeRef<G>, number: u64, events: Subject<GroupEvent<G>>) -> Self {
        Self { scope, number, events }
    }

    /// Takes the oldest event; waits for one, at most for `limit` (`None`: for ever). `None` when the time is over.
    ///
    /// ```
    /// # use otp::{group::{GroupChange, Scope}, prelude::*};
    /// Sim::run(1, |t| {
    ///     let scope = Scope::<&str>::start().unwrap();
    ///     let (lobby, _) = scope.monitor("lobby").unwrap();
    ///     let joe = process::spawn(|_| otp::sleep(Duration::from_secs(60)));
    ///     scope.join("lobby", joe).unwrap();
    ///     assert_eq!(lobby.receive(None).unwrap().change, GroupChange::Joined);
    ///     assert_eq!(lobby.receive(None).unwrap().change, GroupChange::Left);
    ///     assert_eq!(t.now(), Duration::from_secs(60));
    /// });
    /// ```
    ///
    /// # Panics
    /// As [`Subject::receive`].
    pub fn receive(&self, limit: impl Into<Option<Duration>>) -> Option<GroupEvent<G>> {
        self.events.receive(limit)
    }

    /// The subject whose messages the events are, for a [`Selector`](crate::process::Selector), say.
    ///
    /// ```
    /// # use otp::{group::Scope, prelude::*, process::Selector};
    /// Sim::run(1, |_| {
    ///     let scope = Scope::<&str>::start().unwrap();
    ///     let (lobby, _) = scope.monitor("lobby").unwrap();
    ///     let changes = Selector::new().select_map(lobby.events(), |event| event.pids.len());
    ///     scope.join("lobby", [otp::self_pid(), otp::self_pid()]).unwrap();
    ///     assert_eq!(changes.receive(None), Some(2));
    /// });
    /// ```
    #[must_use]
    pub fn events(&self) -> &Subject<GroupEvent<G>> {
        &self.events
    }

    /// Ends it; events that have come and were not taken are dropped. False when it had ended before, with its scope.
    /// `pg:demonitor/2`.
    ///
    /// ```
    /// # use otp::{group::Scope, prelude::*};
    /// Sim::run(1, |_| {
    ///     let scope = Scope::<&str>::start().unwrap();
    ///     let (monitor, _) = scope.monitor("lobby").unwrap();
    ///     scope.join("lobby", otp::self_pid()).unwrap();
    ///     assert!(monitor.demonitor());
    ///     assert_eq!(process::current().flush(), 0);         // of the event nothing is left
    /// });
    /// ```
    ///
    /// # Panics
    /// When the calling process is not the one that made it.
    pub fn demonitor(self) -> bool {
        let was_there = self.scope.unwatch(self.number);
        self.events.close();
        was_there
    }
}

impl<G: Group> fmt::Debug for GroupMonitor<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GroupMonitor({}, {:?})", self.number, self.scope)
    }
}
