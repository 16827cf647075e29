//! Probes: scripted stand-ins for servers, for the tests of whoever talks to them.

use std::{
    fmt,
    marker::PhantomData,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{
    actor::{
        Actor, ActorRef, Address, Blocking, Client, ClientExt, Context, Handled, Init, Mode, Start, Starting,
        of_process,
    },
    cell::{IntoReason, Mailbox, MessageKind, Pid, birth::Relation, current, header::PendingCall},
    process::{self, Node, Subject},
    sim::Sim,
};

/// The messages of an actor, to be matched by whoever stands in for it: see [`Probe`].
pub type Message<A> = <A as Actor>::Message;

/// A stand-in for the server `A` in a simulation: it has a client of `A`'s, records what it receives, and answers as
/// the test says.
///
/// A message is a variant named after its handler, as in `Message::<Db>::GetUser(id, reply)` for `get_user`: first the
/// handler's own arguments, each to be looked at with `*id` or taken with `id.take()`, then, for a call, the
/// [`ReplyTo`](crate::ReplyTo), typed as the answer is. A message that is dropped leaves its caller with
/// [`NoReply`](crate::CallError::NoReply); while it is kept, the call goes on until its time is over.
///
/// By default each message waits for [`next`](Probe::next); a [script](Probe::script) answers at once.
///
/// ```
/// use otp::{testing::Message, prelude::*};
///
/// pub struct Db;
///
/// #[actor]
/// impl Db {
///     #[init]
///     fn init(_url: String) -> Self { Self }
///     #[handle_call]
///     pub fn user(&self, _id: u32) -> Option<String> { panic!("a test has no database") }
/// }
///
/// pub struct Greeter { db: DbRef }
///
/// #[actor]
/// impl Greeter {
///     #[init]
///     fn init(db: DbRef) -> Self { Self { db } }
///     #[handle_call]
///     pub fn greet(&self, id: u32) -> String {
///         match self.db.user(id) {
///             Ok(user) => format!("hello {}", user.unwrap_or_default()),
///             Err(error) => format!("sorry: {error}"),
///         }
///     }
/// }
///
/// Sim::run(1, |t| {
///     let db = t.probe::<Db>();
///     let greeter = Greeter::start(db.client()).unwrap();
///
///     // Message by message:
///     let greeting = greeter.request().greet(7);
///     let Some(Message::<Db>::User(id, reply)) = db.next(None) else { panic!("it asks") };
///     assert_eq!(*id, 7);
///     reply.send(Some("Joe".into()));
///     assert_eq!(greeting.wait().unwrap(), "hello Joe");
///
///     // By a script:
///     db.script(|message| match message {
///         Message::<Db>::User(id, reply) if *id < 10 => {
///             reply.send(Some("Mike".into()));
///             None
///         }
///         other => Some(other),
///     });
///     assert_eq!(greeter.greet(8).unwrap(), "hello Mike");
///
///     // What the script gives back waits, here until the call's time is over.
///     let sorry = greeter.no_timeout().greet(80).unwrap();
///     assert_eq!(sorry, "sorry: no answer came in time; the handler had not begun and will not");
///     assert_eq!(db.received(), ["user", "user", "user"]);
/// });
/// ```
pub struct Probe<A: Actor> {
    client: A::Client<Blocking>,
    node: Node,
    waiting: Subject<A::Message>,
    told: Arc<Told<A>>,
}

/// What a stand-in answers a message with, and gives back when it does not.
type Script<A> = Box<dyn FnMut(Message<A>) -> Option<Message<A>> + Send>;

/// What the test and the stand-in know of each other.
struct Told<A: Actor> {
    received: Mutex<Vec<&'static str>>,
    script: Mutex<Option<Script<A>>>,
}

impl Sim {
    /// Starts a stand-in for the server `A`; its `init` does not run.
    ///
    /// It ends with the simulation, when the test [crashes](Probe::crash) or kills it, or when its script panics.
    ///
    /// ```
    /// # use otp::{testing::Message, prelude::*};
    /// # pub struct Db;
    /// # #[actor]
    /// # impl Db {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn user(&self, _id: u32) -> Option<String> { Some("Robert".into()) }
    /// #     #[handle_cast] pub fn save(&mut self, _row: String) {}
    /// # }
    /// Sim::run(1, |t| {
    ///     let db = t.probe::<Db>();
    ///     db.client().save("a row".into());
    ///     t.settle();
    ///     assert_eq!(db.received(), ["save"]);
    /// });
    /// ```
    ///
    /// # Panics
    /// When the caller is a process that is ending: it cannot wait for a start.
    #[must_use]
    pub fn probe<A: Actor>(&self) -> Probe<A> {
        let told = Arc::new(Told { received: Mutex::default(), script: Mutex::default() });
        let waiting = process::current().subject();
        let args = (waiting.clone(), Arc::clone(&told));
        let start = Start { args, name: None, relation: Relation::None, timeout: None, mailbox: Mailbox::UNBOUNDED };
        let (cell, _) = Starting::<StandIn<A>>::new(A::NAME, start).wait().expect("a stand-in has nothing to fail at");
        Probe { client: of_process(Address::<A>::process(cell)), node: self.node().clone(), waiting, told }
    }
}

impl<A: Actor> Probe<A> {
    /// A client of the stand-in.
    ///
    /// It is of the same type as that of a real server, so it is given to whoever needs a `Db`.
    ///
    /// ```
    /// # use otp::{testing::Message, prelude::*};
    /// # pub struct Db;
    /// # #[actor]
    /// # impl Db {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn user(&self, _id: u32) -> Option<String> { Some("Robert".into()) }
    /// #     #[handle_cast] pub fn save(&mut self, _row: String) {}
    /// # }
    /// Sim::run(1, |t| {
    ///     let db = t.probe::<Db>();
    ///     let client: DbRef = db.client();
    ///     assert!(client.is_alive());
    ///     db.crash("the disk is full");
    ///     assert_eq!(client.user(7), Err(CallError::NoProc));
    /// });
    /// ```
    pub fn client(&self) -> A::Client<Blocking> {
        self.client.clone()
    }

    /// Takes the oldest message that was not answered by a script; waits for one, at most for `limit` of virtual time.
    /// `None` when the time is over.
    ///
    /// ```
    /// # use otp::{testing::Message, prelude::*};
    /// # pub struct Db;
    /// # #[actor]
    /// # impl Db {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn user(&self, _id: u32) -> Option<String> { Some("Robert".into()) }
    /// #     #[handle_cast] pub fn save(&mut self, _row: String) {}
    /// # }
    /// Sim::run(1, |t| {
    ///     let db = t.probe::<Db>();
    ///     let user = db.client().request().user(7);
    ///     let Some(Message::<Db>::User(id, reply)) = db.next(None) else { panic!("it was asked") };
    ///     reply.send((*id == 7).then(|| "Joe".into()));
    ///     assert_eq!(user.wait(), Ok(Some("Joe".into())));
    ///     assert!(db.next(Duration::from_secs(60)).is_none());           // nobody asks again
    /// });
    /// ```
    ///
    /// # Panics
    /// When the caller is not the test itself.
    pub fn next(&self, limit: impl Into<Option<Duration>>) -> Option<Message<A>> {
        self.waiting.receive(limit)
    }

    /// The names of all messages that it has received so far, the oldest first.
    ///
    /// ```
    /// # use otp::{testing::Message, prelude::*};
    /// # pub struct Db;
    /// # #[actor]
    /// # impl Db {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn user(&self, _id: u32) -> Option<String> { Some("Robert".into()) }
    /// #     #[handle_cast] pub fn save(&mut self, _row: String) {}
    /// # }
    /// Sim::run(1, |t| {
    ///     let db = t.probe::<Db>();
    ///     db.client().save("a row".into());
    ///     let _user = db.client().request().user(7);
    ///     t.settle();
    ///     assert_eq!(db.received(), ["save", "user"]);
    /// });
    /// ```
    pub fn received(&self) -> Vec<&'static str> {
        lock(&self.told.received).clone()
    }

    /// From now on messages are given to `script`, in the stand-in's process, which may wait. What it gives back waits
    /// for [`next`](Probe::next). If it panics, the stand-in crashes, as the server would.
    ///
    /// ```
    /// # use otp::{testing::Message, prelude::*};
    /// # pub struct Db;
    /// # #[actor]
    /// # impl Db {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn user(&self, _id: u32) -> Option<String> { Some("Robert".into()) }
    /// #     #[handle_cast] pub fn save(&mut self, _row: String) {}
    /// # }
    /// Sim::run(1, |t| {
    ///     let db = t.probe::<Db>();
    ///     db.script(|message| match message {
    ///         Message::<Db>::User(_, reply) => {
    ///             reply.send(Some("Joe".into()));
    ///             None
    ///         }
    ///         other => Some(other),                  // it waits for `next`
    ///     });
    ///     assert_eq!(db.client().user(7), Ok(Some("Joe".into())));
    /// });
    /// ```
    pub fn script(&self, script: impl FnMut(Message<A>) -> Option<Message<A>> + Send + 'static) {
        let before = lock(&self.told.script).replace(Box::new(script));
        drop(before);
    }

    /// From now on messages go on to another server, which answers the callers itself. When it ends without an answer
    /// they are told [`NoReply`](crate::CallError::NoReply).
    ///
    /// ```
    /// # use otp::{testing::Message, prelude::*};
    /// # pub struct Db;
    /// # #[actor]
    /// # impl Db {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn user(&self, _id: u32) -> Option<String> { Some("Robert".into()) }
    /// #     #[handle_cast] pub fn save(&mut self, _row: String) {}
    /// # }
    /// Sim::run(1, |t| {
    ///     let db = t.probe::<Db>();
    ///     db.forward(Db::start().unwrap());
    ///     assert_eq!(db.client().user(7), Ok(Some("Robert".into())));    // the real one answers
    ///     assert_eq!(db.received(), ["user"]);
    /// });
    /// ```
    pub fn forward(&self, to: A::Client<Blocking>)
    where
        A::Client<Blocking>: Send + 'static,
    {
        self.script(move |message| {
            to.inner().cast(message);
            None
        });
    }

    /// Ends the stand-in for a reason, after what it has received: callers that it left without an answer are told, as
    /// are links and monitors. This crash does not fail the test. Nothing happens when it has ended.
    ///
    /// ```
    /// # use otp::{testing::Message, prelude::*};
    /// # pub struct Db;
    /// # #[actor]
    /// # impl Db {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn user(&self, _id: u32) -> Option<String> { Some("Robert".into()) }
    /// #     #[handle_cast] pub fn save(&mut self, _row: String) {}
    /// # }
    /// Sim::run(1, |t| {
    ///     let db = t.probe::<Db>();
    ///     let user = db.client().request().user(7);
    ///     db.crash(ExitReason::other("the disk is full"));
    ///     assert_eq!(user.wait(), Err(CallError::Exited(ExitReason::other("the disk is full"))));
    /// });
    /// ```
    pub fn crash(&self, reason: impl IntoReason) {
        if let Some(pid) = self.client.pid() {
            // Whatever it ends with, it ends.
            let _ = self.client.stop_with(reason, None);
            self.node.inner().crashes.forgive(pid);
        }
    }
}

impl<A: Actor> fmt::Debug for Probe<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Probe").field("actor", &A::NAME).field("received", &self.received()).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The server that stands in for `A`: it has the same messages, and nothing else.
struct StandIn<A: Actor> {
    waiting: Subject<A::Message>,
    told: Arc<Told<A>>,
    actor: PhantomData<fn() -> A>,
}

impl<A: Actor> Actor for StandIn<A> {
    type Args = (Subject<A::Message>, Arc<Told<A>>);
    type Message = A::Message;
    type Client<M: Mode> = ActorRef<Self, M>;
    const NAME: &'static str = A::NAME;

    fn init((waiting, told): Self::Args, _: &mut Context<Self>) -> Handled<'_, Init<Self>> {
        let _ = current::with(|me| me.header().watch_call(Arc::new(TellCallers(Node::current()))));
        Handled::Done(Init::Ok(Self { waiting, told, actor: PhantomData }))
    }

    fn handle<'a>(&'a mut self, message: A::Message, _: &'a mut Context<Self>) -> Handled<'a> {
        lock(&self.told.received).push(A::message_name(&message));
        let script = lock(&self.told.script).take();
        let left = match script {
            None => Some(message),
            Some(mut script) => {
                let left = script(message);
                let mut next = lock(&self.told.script);
                if next.is_none() {
                    *next = Some(script);
                }
                left
            }
        };
        if let Some(message) = left {
            self.waiting.send(message);
        }
        Handled::Done(Ok(()))
    }

    fn message_name(message: &A::Message) -> &'static str {
        A::message_name(message)
    }

    fn message_kind(message: &A::Message) -> MessageKind {
        A::message_kind(message)
    }
}

/// Has every process look again at whom it waits for when the stand-in is gone: the test may hold what would tell them.
struct TellCallers(Node);

impl PendingCall for TellCallers {
    fn abandon(&self) {
        self.0.inner().table.all().iter().for_each(|process| process.task().wake());
    }

    fn is_pending(&self) -> bool {
        true
    }

    fn client(&self) -> Option<Pid> {
        None
    }

    fn deferred(&self) {}
}
