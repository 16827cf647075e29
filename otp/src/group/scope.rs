//! Scopes: named groups of processes, each a process of its own that keeps them. Erlang's `pg`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

use super::{
    Group, GroupChange, GroupError, GroupEvent, GroupMonitor,
    monitor::Watched,
    roster::Roster,
    table::{EntryRef, GroupTable},
    unexpected,
};
use crate::{
    actor::{
        Actor, ActorRef, Blocking, CallError, Client, ClientExt, Context, Handled, Info, Init, Mode, Name, Options,
        ReplyTo, StartError, Starter, StatusTexts,
        mode::Addressed,
        requested::{self, Requested},
    },
    cell::{MessageKind, Pid},
    process::{Subject, self_pid},
    supervisor::{Child, ChildSpec},
};

type TableRef<G> = Arc<GroupTable<G, Pid>>;

/// The name of the default scope.
const PG: &str = "pg";

/// The process that keeps the groups of a scope, which are called by a `G`. Erlang's `pg`.
///
/// It registers the name `pg`, as the default scope of its node, unless it is given another one: by
/// [`ChildSpec::name`], a `name: "rooms"` in a tree, or a [`Starter`]. Members are processes of its own node; one may
/// be in a group several times. With the scope its groups are gone: after a restart members have to join again. Groups
/// that are called by keys of another type are in a scope of another name.
///
/// ```
/// use otp::{Name, actor::Starter, group::Scope, prelude::*};
///
/// const ROOMS: Name<Scope<String>> = Name::new("rooms");
///
/// Sim::run(1, |t| {
///     Starter::new().name(ROOMS).start(()).unwrap();
///     let rooms = ROOMS.client();
///     let joe = process::spawn(|_| otp::timer::sleep_forever());
///     rooms.join("lobby".into(), joe).unwrap();
///     assert_eq!(rooms.members(&"lobby".into()), [joe]);
///     process::exit(joe, ExitReason::Kill);
///     t.settle();
///     assert_eq!(rooms.members(&"lobby".into()), []);
/// });
/// ```
pub struct Scope<G: Group> {
    roster: Roster<G, Pid>,
    watches: BTreeMap<u64, ScopeWatch<G>>,
    /// Those of one group, by the address of its entry, and those of all.
    by_group: BTreeMap<Option<usize>, BTreeSet<u64>>,
}

/// Somebody who is told of changes.
struct ScopeWatch<G: Group> {
    watcher: Pid,
    /// Nothing for all groups.
    entry: Option<EntryRef<G, Pid>>,
    events: Subject<GroupEvent<G>>,
}

impl<G: Group> Scope<G> {
    /// Starts the default scope, `pg`, unlinked. `pg:start/1`.
    ///
    /// ```
    /// use otp::{group::Scope, prelude::*};
    ///
    /// Sim::run(1, |_| {
    ///     let scope = Scope::<u32>::start().unwrap();
    ///     assert_eq!(process::whereis("pg"), scope.pid());
    ///     let again = Scope::<u32>::start();
    ///     assert_eq!(again.err(), Some(StartError::AlreadyStarted(scope.pid().unwrap())));
    /// });
    /// ```
    ///
    /// # Errors
    /// [`StartError::AlreadyStarted`] when the name is taken; see [`StartError`].
    pub fn start() -> Result<ScopeRef<G>, StartError> {
        Starter::<Self>::new().start(())
    }

    /// As [`start`](Scope::start), linked to the current process. `pg:start_link/0`.
    ///
    /// ```
    /// use otp::{group::Scope, prelude::*};
    ///
    /// Sim::run(1, |_| {
    ///     let scope = Scope::<u32>::start_link().unwrap();
    ///     assert!(process::info(scope.pid().unwrap()).unwrap().links.contains(&otp::self_pid()));
    /// });
    /// ```
    ///
    /// # Errors
    /// As [`start`](Scope::start).
    pub fn start_link() -> Result<ScopeRef<G>, StartError> {
        Starter::<Self>::new().link().start(())
    }

    /// How a supervisor starts the default scope, or with another [name](ChildSpec::name) another one.
    ///
    /// ```
    /// use otp::{group::Scope, prelude::*};
    ///
    /// Sim::run(1, |_| {
    ///     let rooms = Scope::<String>::child_spec().name("rooms");
    ///     let app = Supervisor::new(Strategy::OneForOne).child("rooms", rooms).start().unwrap();
    ///     let rooms = app.child::<Scope<String>>("rooms");
    ///     rooms.join("lobby".into(), otp::self_pid()).unwrap();
    ///     assert_eq!(rooms.which_groups(), ["lobby"]);
    /// });
    /// ```
    pub fn child_spec() -> ChildSpec<Self> {
        <Self as Child>::spec(|| ())
    }

    /// A client of the default scope of the current node, whoever that is when it is used.
    ///
    /// ```
    /// use otp::{group::{GroupError, Scope}, prelude::*};
    ///
    /// Sim::run(1, |_| {
    ///     let pg = Scope::<&str>::pg();
    ///     assert_eq!(pg.join("lobby", otp::self_pid()), Err(GroupError::Call(CallError::NoProc)));
    ///     Scope::<&str>::start().unwrap();
    ///     pg.join("lobby", otp::self_pid()).unwrap();
    ///     assert_eq!(pg.members(&"lobby"), [otp::self_pid()]);
    /// });
    /// ```
    #[must_use]
    pub fn pg() -> ScopeRef<G> {
        Name::<Self>::new(PG).client()
    }

    fn join(&mut self, entry: &EntryRef<G, Pid>, pids: Vec<Pid>) {
        pids.iter().for_each(|pid| self.roster.join(Arc::clone(entry), *pid, *pid));
        self.tell(GroupChange::Joined, entry, pids);
    }

    /// Takes those out that are in; false when none is.
    fn leave(&mut self, entry: &EntryRef<G, Pid>, mut pids: Vec<Pid>) -> bool {
        pids.retain(|pid| self.roster.leave(entry, *pid, pid));
        let has_left = !pids.is_empty();
        self.tell(GroupChange::Left, entry, pids);
        has_left
    }

    fn watch(&mut self, watched: Option<EntryRef<G, Pid>>, watcher: Pid, events: Subject<GroupEvent<G>>) -> u64 {
        let number = self.roster.number();
        self.roster.tie(watcher, number);
        self.by_group.entry(watched.as_ref().map(address)).or_default().insert(number);
        self.watches.insert(number, ScopeWatch { watcher, entry: watched, events });
        number
    }

    /// Whether there was such a watch.
    fn unwatch(&mut self, number: u64) -> bool {
        let Some(watch) = self.watches.remove(&number) else { return false };
        let group = watch.entry.as_ref().map(address);
        if let Some(of_group) = self.by_group.get_mut(&group) {
            of_group.remove(&number);
            if of_group.is_empty() {
                self.by_group.remove(&group);
            }
        }
        self.roster.untie(watch.watcher, number);
        true
    }

    /// Tells those who watch the group, and those who watch all.
    fn tell(&mut self, change: GroupChange, entry: &EntryRef<G, Pid>, pids: Vec<Pid>) {
        if pids.is_empty() || self.watches.is_empty() {
            return;
        }
        let watching = [Some(address(entry)), None].map(|group| self.by_group.get(&group));
        let watching: Vec<u64> = watching.into_iter().flatten().flatten().copied().collect();
        for number in watching {
            let Some(watch) = self.watches.get(&number) else { continue };
            let event = GroupEvent { monitor: number, change, group: Watched(Arc::clone(entry)), pids: pids.clone() };
            if watch.events.try_send(event).is_err() {
                // Whoever asked gave up before it had its answer.
                self.unwatch(number);
            }
        }
    }

    fn down(&mut self, pid: Pid) {
        let (left, watches) = self.roster.down(pid);
        watches.into_iter().for_each(|number| _ = self.unwatch(number));
        for (entry, pids) in left {
            self.tell(GroupChange::Left, &entry, pids);
        }
    }

    fn members_of(entry: &EntryRef<G, Pid>) -> Vec<Pid> {
        entry.members().iter().map(|membership| membership.member).collect()
    }
}

fn address<G: Group>(entry: &EntryRef<G, Pid>) -> usize {
    Arc::as_ptr(entry).addr()
}

impl<G: Group> Actor for Scope<G> {
    type Args = ();
    type Message = ScopeMessage<G>;
    type Client<M: Mode> = ScopeRef<G, M>;
    const NAME: &'static str = "Scope";
    const OPTIONS: Options = Options::DEFAULT.name(PG);

    fn init((): (), _: &mut Context<Self>) -> Handled<'_, Init<Self>> {
        let scope = Self { roster: Roster::new(), watches: BTreeMap::new(), by_group: BTreeMap::new() };
        Handled::Done(Init::Ok(scope))
    }

    fn handle<'a>(&'a mut self, message: ScopeMessage<G>, ctx: &'a mut Context<Self>) -> Handled<'a> {
        match message.0 {
            ScopeRequest::Join(entry, pids, reply) => {
                if reply.begin() {
                    self.join(&entry, pids);
                    ctx.reply(reply, ());
                }
            }
            ScopeRequest::Leave(entry, pids, reply) => {
                if reply.begin() {
                    let has_left = self.leave(&entry, pids);
                    ctx.reply(reply, has_left);
                }
            }
            ScopeRequest::Watch(watched, watcher, events, reply) => {
                if reply.begin() {
                    let number = self.watch(watched.clone(), watcher, events);
                    let seen = watched.map_or_else(|| self.roster.table().groups(), |entry| vec![entry]);
                    let snapshot = seen.into_iter().map(|entry| (Self::members_of(&entry), Watched(entry)));
                    let snapshot = snapshot.map(|(pids, group)| (group, pids)).collect();
                    ctx.reply(reply, (number, snapshot));
                }
            }
            ScopeRequest::Unwatch(number, reply) => {
                if reply.begin() {
                    let was_there = self.unwatch(number);
                    ctx.reply(reply, was_there);
                }
            }
            ScopeRequest::Await(reply) => {
                if reply.begin() {
                    ctx.reply(reply, ());
                }
            }
        }
        Handled::Done(Ok(()))
    }

    fn info<'a>(&'a mut self, info: Info, _: &'a mut Context<Self>) -> Handled<'a> {
        match info {
            Info::Down(down) => self.down(down.pid),
            info => unexpected::<Self>(info),
        }
        Handled::Done(Ok(()))
    }

    fn message_name(message: &ScopeMessage<G>) -> &'static str {
        match message.0 {
            ScopeRequest::Join(..) => "join",
            ScopeRequest::Leave(..) => "leave",
            ScopeRequest::Watch(..) => "monitor",
            ScopeRequest::Unwatch(..) => "demonitor",
            ScopeRequest::Await(_) => "await",
        }
    }

    fn format_status(&self, texts: &mut StatusTexts) {
        texts.show(self);
    }

    fn message_kind(message: &ScopeMessage<G>) -> MessageKind {
        let from = match &message.0 {
            ScopeRequest::Join(.., reply) | ScopeRequest::Await(reply) => reply.caller(),
            ScopeRequest::Leave(.., reply) | ScopeRequest::Unwatch(.., reply) => reply.caller(),
            ScopeRequest::Watch(.., reply) => reply.caller(),
        };
        MessageKind::Call { from }
    }
}

impl<G: Group> fmt::Debug for Scope<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").field("groups", &self.roster.table().groups().len()).finish_non_exhaustive()
    }
}

/// What a scope is asked.
#[doc(hidden)]
pub struct ScopeMessage<G: Group>(ScopeRequest<G>);

/// Groups and their members.
type Seen<G> = Vec<(Watched<G>, Vec<Pid>)>;

/// The number of a watch, and what there was when it began.
type BegunWatch<G> = (u64, Seen<G>);

enum ScopeRequest<G: Group> {
    Join(EntryRef<G, Pid>, Vec<Pid>, ReplyTo<()>),
    Leave(EntryRef<G, Pid>, Vec<Pid>, ReplyTo<bool>),
    Watch(Option<EntryRef<G, Pid>>, Pid, Subject<GroupEvent<G>>, ReplyTo<BegunWatch<G>>),
    Unwatch(u64, ReplyTo<bool>),
    /// Answered when it serves.
    Await(ReplyTo<()>),
}

impl<G: Group> fmt::Debug for ScopeMessage<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Scope::message_name(self))
    }
}

/// One process, or several. A pid that is given several times counts several times.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pids(Vec<Pid>);

impl From<Pid> for Pids {
    fn from(pid: Pid) -> Self {
        Self(vec![pid])
    }
}

impl From<Vec<Pid>> for Pids {
    fn from(pids: Vec<Pid>) -> Self {
        Self(pids)
    }
}

impl From<&[Pid]> for Pids {
    fn from(pids: &[Pid]) -> Self {
        Self(pids.to_vec())
    }
}

impl<const N: usize> From<[Pid; N]> for Pids {
    fn from(pids: [Pid; N]) -> Self {
        Self(pids.to_vec())
    }
}

/// A client of a [`Scope`]. `pg`'s functions.
///
/// What reads does not wait: it looks at what the scope has written last, and finds nothing when the scope is gone.
/// What changes something waits until the scope has done it, 5 seconds unless [told otherwise](ClientExt::timeout), and
/// from then on everybody sees it.
///
/// ```
/// use otp::{group::{GroupError, Scope}, prelude::*};
///
/// Sim::run(1, |_| {
///     let scope = Scope::<&str>::start().unwrap();
///     let me = otp::self_pid();
///     scope.join("lobby", [me, me]).unwrap();                // twice
///     assert_eq!(scope.members(&"lobby"), [me, me]);
///     scope.leave(&"lobby", me).unwrap();
///     scope.leave(&"lobby", me).unwrap();
///     assert_eq!(scope.leave(&"lobby", me), Err(GroupError::NotJoined));
///     assert_eq!(scope.which_groups(), [""; 0]);             // it had no members any more
/// });
/// ```
pub struct ScopeRef<G: Group, M: Mode = Blocking>(ActorRef<Scope<G>, M>);

impl<G: Group> ScopeRef<G> {
    /// Adds processes of the scope's node to a group, until they leave it or end. `pg:join/3`.
    ///
    /// One that has ended already is taken out soon.
    ///
    /// ```
    /// # use otp::{group::Scope, prelude::*};
    /// Sim::run(1, |_| {
    ///     let scope = Scope::<(&str, u32)>::start().unwrap();
    ///     scope.join(("room", 7), otp::self_pid()).unwrap();
    ///     assert_eq!(scope.which_groups(), [("room", 7)]);
    /// });
    /// ```
    ///
    /// # Errors
    /// [`GroupError::NotLocal`] for a process of another node; then none is added. [`GroupError::Call`] when the scope
    /// is gone, or takes too long.
    pub fn join(&self, group: G, pids: impl Into<Pids>) -> Result<(), GroupError> {
        requested::wait(self.join_async(group, pids))
    }

    /// As [`join`](ScopeRef::join), to be awaited on any executor.
    ///
    /// ```
    /// # use otp::{group::Scope, prelude::*};
    /// Sim::run(1, |_| {
    ///     let scope = Scope::<&str>::start().unwrap();
    ///     let lobby = scope.clone();
    ///     let (_, joins) = process::spawn_monitor_async(|_| async move {
    ///         lobby.join_async("lobby", otp::self_pid()).await?;
    ///         lobby.leave_async(&"lobby", otp::self_pid()).await
    ///     });
    ///     assert!(process::current().receive_down(joins, None).unwrap().reason.is_clean());
    ///     assert_eq!(scope.members(&"lobby"), []);
    /// });
    /// ```
    ///
    /// # Errors
    /// As for [`join`](ScopeRef::join).
    ///
    /// # Cancel safety
    /// It is sent at the first poll. Dropped, a request that was sent is carried out.
    pub fn join_async(&self, group: G, pids: impl Into<Pids>) -> Requested<(), GroupError> {
        let (scope, Pids(pids)) = (self.clone(), pids.into());
        Requested::new(async move {
            let (scope, keeper, table) = scope.reached().await?;
            if let Some(pid) = pids.iter().find(|pid| pid.node != keeper.node) {
                return Err(GroupError::NotLocal(*pid));
            }
            let entry = table.intern(group);
            Ok(scope.0.as_async().0.call(|reply| ScopeMessage(ScopeRequest::Join(entry, pids, reply))).await?)
        })
    }

    /// Takes processes out of a group, each once for each time that it is given; those that are not in it are passed
    /// over. `pg:leave/3`.
    ///
    /// ```
    /// # use otp::{group::{GroupError, Scope}, prelude::*};
    /// Sim::run(1, |_| {
    ///     let scope = Scope::<&str>::start().unwrap();
    ///     scope.join("lobby", otp::self_pid()).unwrap();
    ///     assert_eq!(scope.leave(&"lobby", otp::self_pid()), Ok(()));
    ///     assert_eq!(scope.leave(&"lobby", otp::self_pid()), Err(GroupError::NotJoined));
    /// });
    /// ```
    ///
    /// # Errors
    /// [`GroupError::NotJoined`] when none is in it. [`GroupError::Call`] when the scope is gone, or takes too long.
    pub fn leave(&self, group: &G, pids: impl Into<Pids>) -> Result<(), GroupError> {
        requested::wait(self.leave_async(group, pids))
    }

    /// As [`leave`](ScopeRef::leave), to be awaited on any executor. [`join_async`](ScopeRef::join_async) has an
    /// example.
    ///
    /// # Errors
    /// As for [`leave`](ScopeRef::leave).
    ///
    /// # Cancel safety
    /// It is sent at the first poll. Dropped, a request that was sent is carried out.
    pub fn leave_async(&self, group: &G, pids: impl Into<Pids>) -> Requested<(), GroupError> {
        let (scope, group, Pids(pids)) = (self.clone(), group.clone(), pids.into());
        Requested::new(async move {
            let (scope, _, table) = scope.reached().await?;
            let entry = table.find(&group).ok_or(GroupError::NotJoined)?;
            let request = |reply| ScopeMessage(ScopeRequest::Leave(entry, pids, reply));
            let has_left = scope.0.as_async().0.call(request).await?;
            has_left.then_some(()).ok_or(GroupError::NotJoined)
        })
    }

    /// Has the current process told of each change of a group, and gives its members as they are before the first.
    /// `pg:monitor/2`.
    ///
    /// The group need not have members.
    ///
    /// ```
    /// # use otp::{group::{GroupChange, Scope}, prelude::*};
    /// Sim::run(1, |_| {
    ///     let scope = Scope::<&str>::start().unwrap();
    ///     let (monitor, members) = scope.monitor("lobby").unwrap();
    ///     assert_eq!(members, []);
    ///     scope.join("lobby", otp::self_pid()).unwrap();
    ///     let event = monitor.receive(None).unwrap();
    ///     assert_eq!((event.change, event.pids.clone()), (GroupChange::Joined, vec![otp::self_pid()]));
    ///     assert!(monitor.demonitor());
    /// });
    /// ```
    ///
    /// # Errors
    /// [`GroupError::Call`] when the scope is gone, or takes too long.
    pub fn monitor(&self, group: G) -> Result<(GroupMonitor<G>, Vec<Pid>), GroupError> {
        let (scope, _, table) = requested::wait(self.reached())?;
        let (monitor, snapshot) = scope.watch(Some(table.intern(group)))?;
        Ok((monitor, snapshot.into_iter().flat_map(|(_, pids)| pids).collect()))
    }

    /// Has the current process told of each change of all groups, and gives the groups as they are before the first.
    /// `pg:monitor_scope/1`.
    ///
    /// ```
    /// # use otp::{group::Scope, prelude::*};
    /// Sim::run(1, |_| {
    ///     let scope = Scope::<&str>::start().unwrap();
    ///     scope.join("lobby", otp::self_pid()).unwrap();
    ///     let (monitor, groups) = scope.monitor_scope().unwrap();
    ///     assert_eq!(groups, [("lobby", vec![otp::self_pid()])]);
    ///     scope.join("bar", otp::self_pid()).unwrap();
    ///     assert_eq!(monitor.receive(None).unwrap().group(), &"bar");
    /// });
    /// ```
    ///
    /// # Errors
    /// As [`monitor`](ScopeRef::monitor).
    #[allow(clippy::type_complexity, reason = "a list of groups and their members needs no name")]
    pub fn monitor_scope(&self) -> Result<(GroupMonitor<G>, Vec<(G, Vec<Pid>)>), GroupError> {
        let (scope, ..) = requested::wait(self.reached())?;
        let (monitor, snapshot) = scope.watch(None)?;
        Ok((monitor, snapshot.into_iter().map(|(group, pids)| (group.0.key().clone(), pids)).collect()))
    }

    fn watch(self, watched: Option<EntryRef<G, Pid>>) -> Result<(GroupMonitor<G>, Seen<G>), GroupError> {
        let events = crate::process::current().subject();
        let (watcher, to) = (self_pid(), events.clone());
        match self.0.call(|reply| ScopeMessage(ScopeRequest::Watch(watched, watcher, to, reply))) {
            Ok((number, snapshot)) => Ok((GroupMonitor::new(self, number, events), snapshot)),
            Err(error) => {
                events.close();
                Err(error.into())
            }
        }
    }

    pub(super) fn unwatch(&self, number: u64) -> bool {
        self.0.call(|reply| ScopeMessage(ScopeRequest::Unwatch(number, reply))) == Ok(true)
    }

    /// The process that it reaches, and its table.
    async fn reached(&self) -> Result<(Self, Pid, TableRef<G>), GroupError> {
        if let Some(found) = self.found() {
            return Ok(found);
        }
        // One that begins has its name or its place before its table; so has one that is waited for.
        self.0.as_async().0.call(|reply| ScopeMessage(ScopeRequest::Await(reply))).await?;
        Ok(self.found().ok_or(CallError::NoProc)?)
    }

    fn found(&self) -> Option<(Self, Pid, TableRef<G>)> {
        let scope = self.pin()?;
        let (keeper, table) = (ClientExt::pid(&scope)?, scope.table()?);
        Some((scope, keeper, table))
    }
}

impl<G: Group, M: Addressed> ScopeRef<G, M> {
    /// The members of a group, each as often as it has joined; none when the scope is gone. `pg:get_members/2`.
    ///
    /// One that has just ended may be among them.
    ///
    /// ```
    /// # use otp::{group::Scope, prelude::*};
    /// Sim::run(1, |_| {
    ///     let scope = Scope::<&str>::start().unwrap();
    ///     scope.join("lobby", otp::self_pid()).unwrap();
    ///     assert_eq!(scope.members(&"lobby"), [otp::self_pid()]);
    ///     scope.stop().unwrap();
    ///     assert_eq!(scope.members(&"lobby"), []);
    /// });
    /// ```
    #[must_use]
    pub fn members(&self, group: &G) -> Vec<Pid> {
        let entry = self.table().and_then(|table| table.find(group));
        entry.as_ref().map(Scope::members_of).unwrap_or_default()
    }

    /// Its members on the scope's own node: all, as long as scopes of several nodes don't know each other.
    /// `pg:get_local_members/2`.
    ///
    /// ```
    /// # use otp::{group::Scope, prelude::*};
    /// Sim::run(1, |_| {
    ///     let scope = Scope::<&str>::start().unwrap();
    ///     scope.join("lobby", otp::self_pid()).unwrap();
    ///     assert_eq!(scope.local_members(&"lobby"), scope.members(&"lobby"));
    /// });
    /// ```
    #[must_use]
    pub fn local_members(&self, group: &G) -> Vec<Pid> {
        self.members(group)
    }

    /// The groups that have members; none when the scope is gone. `pg:which_groups/1`.
    ///
    /// ```
    /// # use otp::{group::Scope, prelude::*};
    /// Sim::run(1, |_| {
    ///     let scope = Scope::<&str>::start().unwrap();
    ///     assert_eq!(scope.members(&"lobby"), []);
    ///     assert_eq!(scope.which_groups(), [""; 0]);         // who only asks makes no group
    ///     scope.join("lobby", otp::self_pid()).unwrap();
    ///     assert_eq!(scope.which_groups(), ["lobby"]);
    /// });
    /// ```
    #[must_use]
    pub fn which_groups(&self) -> Vec<G> {
        let groups = self.table().map(|table| table.groups()).unwrap_or_default();
        groups.iter().map(|entry| entry.key().clone()).collect()
    }

    /// The groups that have members on the scope's own node: see [`local_members`](ScopeRef::local_members).
    /// `pg:which_local_groups/1`.
    ///
    /// ```
    /// # use otp::{group::Scope, prelude::*};
    /// Sim::run(1, |_| {
    ///     let scope = Scope::<&str>::start().unwrap();
    ///     scope.join("lobby", otp::self_pid()).unwrap();
    ///     assert_eq!(scope.which_local_groups(), ["lobby"]);
    /// });
    /// ```
    #[must_use]
    pub fn which_local_groups(&self) -> Vec<G> {
        self.which_groups()
    }

    fn table(&self) -> Option<TableRef<G>> {
        GroupTable::of(ClientExt::pid(self)?)
    }
}

impl<G: Group, M: Mode> Client<Scope<G>> for ScopeRef<G, M> {
    type Mode = M;

    fn from_ref(inner: ActorRef<Scope<G>, M>) -> Self {
        Self(inner)
    }

    fn inner(&self) -> &ActorRef<Scope<G>, M> {
        &self.0
    }
}

impl<G: Group, M: Mode> Clone for ScopeRef<G, M> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<G: Group, M: Mode> fmt::Debug for ScopeRef<G, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<G: Group, M: Addressed> PartialEq for ScopeRef<G, M> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<G: Group, M: Addressed> Eq for ScopeRef<G, M> {}

impl<G: Group, M: Addressed> Hash for ScopeRef<G, M> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
