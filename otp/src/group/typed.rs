//! Groups of subjects: whoever registers is found, and sent to, by a key. Gleam's `chip`.

use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

use super::{
    Group, GroupError,
    listed::ListedSubject,
    roster::Roster,
    table::{EntryRef, GroupTable},
    unexpected,
};
use crate::{
    actor::{
        Actor, ActorRef, Blocking, CallError, Client, ClientExt, Context, Handled, Info, Init, Mode, Name, ReplyTo,
        StartError, Starter, StatusTexts,
        mode::Addressed,
        requested::{self, Requested},
    },
    cell::{MessageKind, Pid},
    process::Subject,
    supervisor::{Child, ChildSpec},
};

type TableRef<G, M> = Arc<GroupTable<G, ListedSubject<M>>>;

/// The process that keeps groups of subjects for messages of type `M`, which are called by a `G`. Gleam's `chip`.
///
/// A subject is in a group once, however often it is registered, and in as many groups as one likes; a process may have
/// several subjects in a group. With the process its groups are gone: after a restart members have to register again.
///
/// As the first child of a tree it is handed to those that come later:
///
/// ```
/// use otp::{group::{GroupError, Groups, GroupsRef}, prelude::*};
///
/// pub struct Session { id: u32, greeted: bool }
///
/// #[actor]
/// impl Session {
///     #[init]
///     fn init(id: u32, sessions: GroupsRef<u32, String>, ctx: &mut Context<Self>) -> Result<Self, GroupError> {
///         sessions.register(id, &ctx.subject(|me, line| me.hear(line)))?;
///         Ok(Self { id, greeted: false })
///     }
///     #[handle_cast]
///     fn hear(&mut self, line: String) { self.greeted |= line == format!("hello {}", self.id) }
///     #[handle_call]
///     pub fn greeted(&self) -> bool { self.greeted }
/// }
///
/// supervisor! {
///     pub App<rest_for_one>() {
///         sessions: Groups<u32, String>();
///         session: [Session(id, sessions) for id in 1..=3];
///     }
/// }
///
/// let app = App::start()?;
/// let second = app.sessions().members(&2);
/// second[0].send("hello 2".into());
/// assert!(app.session()[1].greeted()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Groups<G: Group, M: Send + 'static> {
    roster: Roster<G, ListedSubject<M>>,
}

impl<G: Group, M: Send + 'static> Groups<G, M> {
    /// Starts it, unlinked. [`Starter`] gives it a name. `chip:start/1`.
    ///
    /// ```
    /// use otp::{Name, actor::Starter, group::Groups, process};
    ///
    /// const ROOMS: Name<Groups<u32, String>> = Name::new("rooms");
    ///
    /// Starter::new().name(ROOMS).start(())?;
    /// ROOMS.client().register(7, &process::current().subject())?;
    /// assert_eq!(ROOMS.client().len(&7), 1);
    ///
    /// let nameless = Groups::<u32, String>::start()?;
    /// assert_eq!(nameless.len(&7), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn start() -> Result<GroupsRef<G, M>, StartError> {
        Starter::<Self>::new().start(())
    }

    /// As [`start`](Groups::start), linked to the current process.
    ///
    /// ```
    /// use otp::{group::Groups, prelude::*};
    ///
    /// let rooms = Groups::<u32, String>::start_link()?;
    /// assert!(process::info(rooms.pid().unwrap()).unwrap().links.contains(&otp::self_pid()));
    /// # Ok::<(), StartError>(())
    /// ```
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn start_link() -> Result<GroupsRef<G, M>, StartError> {
        Starter::<Self>::new().link().start(())
    }

    /// How a supervisor starts it. `chip:supervised/1`.
    ///
    /// ```
    /// use otp::{group::Groups, prelude::*};
    ///
    /// let rooms = Groups::<u32, String>::child_spec().name("rooms 2");
    /// let app = Supervisor::new(Strategy::RestForOne).child("rooms", rooms).start()?;
    /// let rooms = app.child::<Groups<u32, String>>("rooms");
    /// rooms.register(7, &process::current().subject())?;
    /// assert_eq!(rooms.groups(), [7]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn child_spec() -> ChildSpec<Self> {
        <Self as Child>::spec(|| ())
    }

    /// That which has a name now; `None` when nobody has it, or something else. `chip:from/1`.
    ///
    /// ```
    /// use otp::{actor::Starter, group::Groups};
    ///
    /// type Rooms = Groups<u32, String>;
    ///
    /// assert!(Rooms::lookup("hotel").is_none());
    /// let rooms = Starter::<Rooms>::new().name("hotel").start(())?;
    /// assert_eq!(Rooms::lookup("hotel"), Some(rooms));
    /// assert!(Groups::<u32, u32>::lookup("hotel").is_none());
    /// # Ok::<(), otp::StartError>(())
    /// ```
    #[must_use]
    pub fn lookup(name: impl Into<Name<Self>>) -> Option<GroupsRef<G, M>> {
        name.into().client().pin()
    }
}

impl<G: Group, M: Send + 'static> Actor for Groups<G, M> {
    type Args = ();
    type Message = GroupsMessage<G, M>;
    type Client<Mo: Mode> = GroupsRef<G, M, Mo>;
    const NAME: &'static str = "Groups";

    fn init((): (), _: &mut Context<Self>) -> Handled<'_, Init<Self>> {
        Handled::Done(Init::Ok(Self { roster: Roster::new() }))
    }

    fn handle<'a>(&'a mut self, message: GroupsMessage<G, M>, ctx: &'a mut Context<Self>) -> Handled<'a> {
        match message.0 {
            GroupsRequest::Register(entry, owner, subject, reply) => {
                if reply.begin() {
                    if !self.roster.has(&entry, owner, &subject) {
                        self.roster.join(entry, owner, subject);
                    }
                    ctx.reply(reply, ());
                }
            }
            GroupsRequest::Unregister(entry, owner, subject, reply) => {
                if reply.begin() {
                    let was_in = self.roster.leave(&entry, owner, &subject);
                    ctx.reply(reply, was_in);
                }
            }
            GroupsRequest::Await(reply) => {
                if reply.begin() {
                    ctx.reply(reply, ());
                }
            }
        }
        Handled::Done(Ok(()))
    }

    fn info<'a>(&'a mut self, info: Info, _: &'a mut Context<Self>) -> Handled<'a> {
        match info {
            Info::Down(down) => drop(self.roster.down(down.pid)),
            info => unexpected::<Self>(info),
        }
        Handled::Done(Ok(()))
    }

    fn message_name(message: &GroupsMessage<G, M>) -> &'static str {
        match message.0 {
            GroupsRequest::Register(..) => "register",
            GroupsRequest::Unregister(..) => "unregister",
            GroupsRequest::Await(_) => "await",
        }
    }

    fn format_status(&self, texts: &mut StatusTexts) {
        texts.show(self);
    }

    fn message_kind(message: &GroupsMessage<G, M>) -> MessageKind {
        let from = match &message.0 {
            GroupsRequest::Register(.., reply) | GroupsRequest::Await(reply) => reply.caller(),
            GroupsRequest::Unregister(.., reply) => reply.caller(),
        };
        MessageKind::Call { from }
    }
}

impl<G: Group, M: Send + 'static> fmt::Debug for Groups<G, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Groups").field("groups", &self.roster.table().groups().len()).finish_non_exhaustive()
    }
}

/// What it is asked.
#[doc(hidden)]
pub struct GroupsMessage<G: Group, M: Send + 'static>(GroupsRequest<G, M>);

enum GroupsRequest<G: Group, M: Send + 'static> {
    Register(EntryRef<G, ListedSubject<M>>, Pid, ListedSubject<M>, ReplyTo<()>),
    Unregister(EntryRef<G, ListedSubject<M>>, Pid, ListedSubject<M>, ReplyTo<bool>),
    /// Answered when it serves.
    Await(ReplyTo<()>),
}

impl<G: Group, M: Send + 'static> fmt::Debug for GroupsMessage<G, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Groups::message_name(self))
    }
}

/// A client of [`Groups`].
///
/// What reads or sends does not wait: it looks at what was written last, and finds nothing when the process is gone.
/// What changes something waits until that is done, 5 seconds unless [told otherwise](ClientExt::timeout).
///
/// ```
/// use otp::{group::Groups, process};
///
/// let rooms = Groups::<&str, u32>::start()?;
/// let me = process::current();
/// let (one, two) = (me.subject(), me.subject());
/// rooms.register("lobby", &one)?;
/// rooms.register("lobby", &one)?;                            // it is in there already
/// rooms.register("lobby", &two)?;
/// rooms.register("bar", &two)?;
/// assert_eq!((rooms.len(&"lobby"), rooms.len(&"bar")), (2, 1));
/// rooms.dispatch(&"lobby", |member| member.send(42));
/// assert_eq!((one.receive(None), two.receive(None)), (Some(42), Some(42)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct GroupsRef<G: Group, M: Send + 'static, Mo: Mode = Blocking>(ActorRef<Groups<G, M>, Mo>);

impl<G: Group, M: Send + 'static> GroupsRef<G, M> {
    /// Adds a subject to a group, until it is taken out or its owner ends. Nothing changes when it is in there already.
    /// `chip:register/3`.
    ///
    /// The owner is who receives now: that of a name, or of a place in a tree, is forgotten when it ends, whoever has
    /// the name or the place then. The next one registers for itself, in its `init`.
    ///
    /// ```
    /// # use otp::{group::{GroupError, Groups}, process::{self, Subject}};
    /// let rooms = Groups::<&str, u32>::start()?;
    /// rooms.register("lobby", &process::current().subject())?;
    /// assert_eq!(rooms.register("lobby", &Subject::null()), Err(GroupError::NoOwner));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`GroupError::NoOwner`] when nobody would receive. [`GroupError::Call`] when the process is gone, or takes too
    /// long.
    pub fn register(&self, group: G, subject: &Subject<M>) -> Result<(), GroupError> {
        requested::wait(self.register_async(group, subject))
    }

    /// As [`register`](GroupsRef::register), to be awaited on any executor.
    ///
    /// ```
    /// # use otp::{group::Groups, process};
    /// let rooms = Groups::<&str, u32>::start()?;
    /// let (_, joins) = process::spawn_monitor_async(|_| async move {
    ///     let inbox = process::current().subject();
    ///     rooms.register_async("lobby", &inbox).await?;
    ///     rooms.unregister_async(&"lobby", &inbox).await
    /// });
    /// assert!(process::current().receive_down(joins, None).unwrap().reason.is_clean());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for [`register`](GroupsRef::register).
    ///
    /// # Cancel safety
    /// It is sent at the first poll. Dropped, a request that was sent is carried out.
    pub fn register_async(&self, group: G, subject: &Subject<M>) -> Requested<(), GroupError> {
        let listed = subject.owner().map(|owner| (ListedSubject::new(subject, owner), owner));
        let groups = self.clone();
        Requested::new(async move {
            let (subject, owner) = listed.ok_or(GroupError::NoOwner)?;
            let (groups, table) = groups.reached().await?;
            let entry = table.intern(group);
            let request = |reply| GroupsMessage(GroupsRequest::Register(entry, owner, subject, reply));
            Ok(groups.0.as_async().0.call(request).await?)
        })
    }

    /// Takes a subject out of a group.
    ///
    /// ```
    /// # use otp::{group::{GroupError, Groups}, process};
    /// let rooms = Groups::<&str, u32>::start()?;
    /// let inbox = process::current().subject();
    /// rooms.register("lobby", &inbox)?;
    /// assert_eq!(rooms.unregister(&"lobby", &inbox), Ok(()));
    /// assert_eq!(rooms.unregister(&"lobby", &inbox), Err(GroupError::NotJoined));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`GroupError::NotJoined`] when it is not in there. [`GroupError::Call`] when the process is gone, or takes too
    /// long.
    pub fn unregister(&self, group: &G, subject: &Subject<M>) -> Result<(), GroupError> {
        requested::wait(self.unregister_async(group, subject))
    }

    /// As [`unregister`](GroupsRef::unregister), to be awaited on any executor.
    /// [`register_async`](GroupsRef::register_async) has an example.
    ///
    /// # Errors
    /// As for [`unregister`](GroupsRef::unregister).
    ///
    /// # Cancel safety
    /// It is sent at the first poll. Dropped, a request that was sent is carried out.
    pub fn unregister_async(&self, group: &G, subject: &Subject<M>) -> Requested<(), GroupError> {
        let (groups, group, subject) = (self.clone(), group.clone(), subject.clone());
        Requested::new(async move {
            let (groups, table) = groups.reached().await?;
            let entry = table.find(&group).ok_or(GroupError::NotJoined)?;
            // Who has a name or a place may have changed since it registered.
            let registered = || {
                let seats = entry.members();
                seats.iter().find(|seat| *seat.member.subject() == subject).map(|seat| seat.owner)
            };
            let owner = subject.process().or_else(registered).ok_or(GroupError::NotJoined)?;
            let subject = ListedSubject::new(&subject, owner);
            let request = |reply| GroupsMessage(GroupsRequest::Unregister(entry, owner, subject, reply));
            let was_in = groups.0.as_async().0.call(request).await?;
            was_in.then_some(()).ok_or(GroupError::NotJoined)
        })
    }

    /// The process that it reaches, and its table.
    async fn reached(&self) -> Result<(Self, TableRef<G, M>), GroupError> {
        if let Some(found) = self.found() {
            return Ok(found);
        }
        // One that begins has its name or its place before its table; so has one that is waited for.
        self.0.as_async().0.call(|reply| GroupsMessage(GroupsRequest::Await(reply))).await?;
        Ok(self.found().ok_or(CallError::NoProc)?)
    }

    fn found(&self) -> Option<(Self, TableRef<G, M>)> {
        let groups = self.pin()?;
        let table = groups.table()?;
        Some((groups, table))
    }
}

impl<G: Group, M: Send + 'static, Mo: Addressed> GroupsRef<G, M, Mo> {
    /// The subjects in a group; none when the process is gone. `chip:members/3`.
    ///
    /// Those of one that has just ended may be among them.
    ///
    /// ```
    /// # use otp::{group::Groups, process};
    /// let ids = Groups::<u32, String>::start()?;
    /// let inbox = process::current().subject();
    /// ids.register(7, &inbox)?;
    /// assert_eq!(ids.members(&7), [inbox]);
    /// assert_eq!(ids.members(&8), []);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn members(&self, group: &G) -> Vec<Subject<M>> {
        let mut members = Vec::new();
        self.dispatch(group, |member| members.push(member.clone()));
        members
    }

    /// Calls `f` with each subject in a group, in the current process; gives how many there were. Elixir's
    /// `Registry.dispatch/3`.
    ///
    /// It is given those that were in the group when it began; others may join and leave meanwhile.
    ///
    /// ```
    /// # use otp::{group::Groups, process};
    /// let rooms = Groups::<&str, u32>::start()?;
    /// let inbox = process::current().subject();
    /// rooms.register("lobby", &inbox)?;
    /// assert_eq!(rooms.dispatch(&"lobby", |member| member.send(42)), 1);
    /// assert_eq!(inbox.receive(None), Some(42));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn dispatch(&self, group: &G, mut f: impl FnMut(&Subject<M>)) -> usize {
        self.each(group, |_, subject| f(subject))
    }

    /// As [`dispatch`](GroupsRef::dispatch), with the owner of each.
    pub(crate) fn each(&self, group: &G, mut f: impl FnMut(Pid, &Subject<M>)) -> usize {
        let Some(entry) = self.table().and_then(|table| table.find(group)) else { return 0 };
        let members = entry.members();
        members.iter().map(|membership| f(membership.owner, membership.member.subject())).count()
    }

    /// How many subjects are in a group; none when the process is gone.
    ///
    /// ```
    /// # use otp::{group::Groups, process};
    /// let rooms = Groups::<&str, u32>::start()?;
    /// assert_eq!(rooms.len(&"lobby"), 0);
    /// rooms.register("lobby", &process::current().subject())?;
    /// assert_eq!(rooms.len(&"lobby"), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "a group without members is none")]
    pub fn len(&self, group: &G) -> usize {
        self.table().and_then(|table| table.find(group)).map_or(0, |entry| entry.len())
    }

    /// The groups that have members; none when the process is gone.
    ///
    /// ```
    /// # use otp::{group::Groups, process};
    /// let rooms = Groups::<&str, u32>::start()?;
    /// rooms.register("lobby", &process::current().subject())?;
    /// assert_eq!(rooms.groups(), ["lobby"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn groups(&self) -> Vec<G> {
        let groups = self.table().map(|table| table.groups()).unwrap_or_default();
        groups.iter().map(|entry| entry.key().clone()).collect()
    }

    fn table(&self) -> Option<TableRef<G, M>> {
        GroupTable::of(ClientExt::pid(self)?)
    }
}

impl<G: Group, M: Send + 'static, Mo: Mode> Client<Groups<G, M>> for GroupsRef<G, M, Mo> {
    type Mode = Mo;

    fn from_ref(inner: ActorRef<Groups<G, M>, Mo>) -> Self {
        Self(inner)
    }

    fn inner(&self) -> &ActorRef<Groups<G, M>, Mo> {
        &self.0
    }
}

impl<G: Group, M: Send + 'static, Mo: Mode> Clone for GroupsRef<G, M, Mo> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<G: Group, M: Send + 'static, Mo: Mode> fmt::Debug for GroupsRef<G, M, Mo> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<G: Group, M: Send + 'static, Mo: Addressed> PartialEq for GroupsRef<G, M, Mo> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<G: Group, M: Send + 'static, Mo: Addressed> Eq for GroupsRef<G, M, Mo> {}

impl<G: Group, M: Send + 'static, Mo: Addressed> Hash for GroupsRef<G, M, Mo> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
