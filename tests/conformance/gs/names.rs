//! Starting, stopping and calling by every kind of name.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use otp::{Name, Node, Reply, actor::Starter, mode::Async, prelude::*};

use crate::rooms::{Book, Rooms, in_book};

const LONG: Duration = Duration::from_secs(3600);

/// What an `init` comes to.
#[derive(Clone, Debug)]
enum How {
    Ok,
    Ignore,
    Stop,
    Error,
    Panic,
    Hang,
}

/// Begins as it is told, and says what is asked of it.
struct Server {
    cast: Arc<AtomicUsize>,
    terminated: Arc<AtomicUsize>,
}

#[actor]
impl Server {
    #[init]
    fn init(how: How, name: Option<Name<Self>>, ctx: &mut Context<Self>) -> Init<Self> {
        if let Some(name) = name {
            assert_eq!(name.whereis(), Some(ctx.pid()), "it has its name before its `init`");
        }
        match how {
            How::Ok => Init::Ok(Self { cast: Arc::default(), terminated: Arc::default() }),
            How::Ignore => Init::Ignore,
            How::Stop => Init::Stop(ExitReason::other("stopped")),
            How::Error => Init::Error(ExitReason::other("error")),
            How::Panic => panic!("no"),
            How::Hang => {
                process::sleep(LONG);
                Init::Ignore
            }
        }
    }

    #[handle_call]
    fn who(&self, ctx: &mut Context<Self>) -> Pid {
        ctx.pid()
    }

    #[handle_call]
    fn casts(&self) -> usize {
        self.cast.load(SeqCst)
    }

    #[handle_call]
    fn stop_after(&self, ctx: &mut Context<Self>) -> &'static str {
        ctx.stop(ExitReason::Normal);
        "stopped"
    }

    #[handle_call]
    fn counts(&self) -> [Arc<AtomicUsize>; 2] {
        [self.cast.clone(), self.terminated.clone()]
    }

    #[handle_call]
    fn call(&self, client: ServerRef) -> Result<Pid, CallError> {
        client.who()
    }

    #[handle_call]
    async fn call_async(&self, client: ServerRef<Async>) -> Result<Pid, CallError> {
        client.who().await
    }

    #[handle_call]
    fn stop_by(&self, client: ServerRef) -> Result<(), CallError> {
        client.stop()
    }

    #[handle_cast]
    fn add(&mut self) {
        self.cast.fetch_add(1, SeqCst);
    }

    #[handle_cast]
    fn end(&mut self, ctx: &mut Context<Self>) {
        ctx.stop(ExitReason::Normal);
    }

    #[terminate]
    fn terminate(&mut self) {
        self.terminated.fetch_add(1, SeqCst);
    }
}

/// A name of each kind.
fn names() -> [Name<Server>; 4] {
    let book = Arc::new(Book::start().unwrap());
    [Name::new("static"), Name::from("made".to_owned()), Name::via(&Rooms::new(), 7), in_book(&book, "key")]
}

/// The ways to start a server: what each gives is its client, and the monitor if there is one.
fn starts(starter: fn() -> Starter<Server>) -> [StartFn; 3] {
    fn named(starter: Starter<Server>, name: Option<&Name<Server>>) -> Starter<Server> {
        match name {
            Some(name) => starter.name(name),
            None => starter,
        }
    }
    [
        Box::new(move |name, how| Ok((named(starter(), name.as_ref()).start((how, name))?, None))),
        Box::new(move |name, how| Ok((named(starter(), name.as_ref()).link().start((how, name))?, None))),
        Box::new(move |name, how| {
            let (client, monitor) = named(starter(), name.as_ref()).start_monitor((how, name))?;
            Ok((client, Some(monitor)))
        }),
    ]
}

type Started = Result<(ServerRef, Option<MonitorRef>), StartError>;
type StartFn = Box<dyn Fn(Option<Name<Server>>, How) -> Started>;

fn pid(client: &ServerRef) -> Pid {
    client.pid().unwrap()
}

/// Nothing is left in the mailbox of the test but the exits of what it linked to.
fn assert_no_stray_messages() {
    while process::current().receive_exit(Duration::ZERO).is_some_and(|exit| exit.reason == ExitReason::Normal) {}
    assert_eq!(process::info(otp::self_pid()).unwrap().message_queue_len, 0);
}

/// Starts, calls, stops; the `Down` of a monitor comes then, and a call finds nobody.
fn lives((client, monitor): (ServerRef, Option<MonitorRef>), named: Option<&Name<Server>>) {
    let own = pid(&client);
    for client in [Some(client.clone()), named.map(Name::client)].into_iter().flatten() {
        assert_eq!(client.who(), Ok(own));
        client.add();
    }
    assert_eq!(client.casts(), Ok(1 + usize::from(named.is_some())));
    assert_eq!(named.map_or(client.clone(), Name::client).stop(), Ok(()));
    if let Some(monitor) = monitor {
        let down = process::current().receive_down(monitor, Duration::ZERO).unwrap();
        assert_eq!((down.pid, down.reason, down.name), (own, ExitReason::Normal, None));
    }
    for client in [Some(client), named.map(Name::client)].into_iter().flatten() {
        assert_eq!(client.who(), Err(CallError::NoProc));
    }
    assert_no_stray_messages();
}

#[otp::test(seeds = 20)]
fn gs_start_part_anonymous(_t: &mut Sim) {
    for start in starts(Starter::new) {
        lives(start(None, How::Ok).unwrap(), None);
    }
}

#[otp::test(seeds = 20)]
fn gs_start_part_named(t: &mut Sim) {
    for start in starts(Starter::new) {
        for name in names() {
            let first = start(Some(name.clone()), How::Ok).unwrap();
            let own = pid(&first.0);
            for again in starts(Starter::new) {
                let before = t.node().len();
                assert_eq!(again(Some(name.clone()), How::Panic).unwrap_err(), StartError::AlreadyStarted(own));
                assert_eq!(t.node().len(), before, "what was not started is gone");
                assert_no_stray_messages();
            }
            lives(first, Some(&name));
            t.settle();
            assert_eq!(name.whereis(), None);
        }
    }
}

#[otp::test(seeds = 20)]
fn gs_start_part_failed(t: &mut Sim) {
    for start in starts(|| Starter::new().timeout(Duration::from_secs(1))) {
        for how in [How::Ignore, How::Stop, How::Error, How::Panic, How::Hang] {
            let rooms = Rooms::new();
            for name in [None, Some(Name::new("static")), Some(Name::via(&rooms, 7))] {
                let error = start(name.clone(), how.clone()).unwrap_err();
                match how {
                    How::Ignore => assert_eq!(error, StartError::Ignore),
                    How::Stop => assert_eq!(error, StartError::Failed(ExitReason::other("stopped"))),
                    How::Error => assert_eq!(error, StartError::Failed(ExitReason::other("error"))),
                    How::Panic => assert!(matches!(error, StartError::Failed(ExitReason::Panic(_)))),
                    How::Hang => assert_eq!(error, StartError::Timeout),
                    How::Ok => unreachable!("it is not tried"),
                }
                // The name is free by now, also of a registry that does not look after those that it names.
                assert_eq!(name.and_then(|name| name.whereis()), None);
                assert_eq!(rooms.taken(), [0; 0]);
                assert_no_stray_messages();
            }
        }
    }
    t.crashes();
}

/// A registry that refuses, or panics, fails the start.
#[otp::test]
fn gs_start_part_refused(t: &mut Sim) {
    use otp::name::{RegisterError, UnregisterError, Via};

    struct Refuses;

    impl Via for Refuses {
        type Key = bool;

        fn register(&self, panics: &bool, _: Pid) -> Result<(), RegisterError> {
            assert!(!panics, "no names today");
            Err(RegisterError::Named)
        }

        fn unregister(&self, _: &bool) -> Result<(), UnregisterError> {
            Err(UnregisterError)
        }

        fn whereis(&self, _: &bool) -> Option<Pid> {
            None
        }
    }

    let refuses = Arc::new(Refuses);
    for start in starts(Starter::new) {
        let error = start(Some(Name::via(&refuses, false)), How::Ok).unwrap_err();
        assert_eq!(error, StartError::Failed(ExitReason::error(RegisterError::Named)));
        let error = start(Some(Name::via(&refuses, true)), How::Ok).unwrap_err();
        assert!(matches!(error, StartError::Failed(ExitReason::Panic(_))));
        assert_no_stray_messages();
    }
    assert_eq!(t.crashes().len(), 3);
}

/// A client of a name reaches whoever has it: across a restart, and when it goes from one process to another.
#[otp::test(seeds = 20)]
fn gs_start_part_followed(t: &mut Sim) {
    for (name, frees) in names().into_iter().zip([true, true, false, true]) {
        let client = name.client();
        assert_eq!(client.who(), Err(CallError::NoProc));
        assert_eq!(client.pid(), None);
        client.add();
        let [a, b] = [(); 2].map(|()| Starter::<Server>::new().start((How::Ok, None)).unwrap());
        assert_eq!(name.register(pid(&a)), Ok(()));
        assert_eq!(client.who(), Ok(pid(&a)));
        client.add();
        assert_eq!(name.unregister(), Ok(()));
        assert!(name.unregister().is_err());
        assert_eq!(client.who(), Err(CallError::NoProc));
        assert_eq!(name.register(pid(&b)), Ok(()));
        assert_eq!(client.who(), Ok(pid(&b)));
        client.add();
        client.add();
        assert_eq!((a.casts(), b.casts()), (Ok(1), Ok(2)));
        t.kill(&client);
        t.settle();
        assert_eq!(client.who(), Err(CallError::NoProc));

        // A process of another kind has nothing to say to it.
        let _ = name.unregister();
        let stranger = process::spawn(|me| _ = me.receive_exit(None));
        assert_eq!(name.register(stranger), Ok(()));
        assert_eq!((name.whereis(), client.pid()), (Some(stranger), None));
        assert_eq!(client.who(), Err(CallError::NoProc));
        assert_eq!(client.stop(), Err(CallError::NoProc));
        client.add();
        t.kill(&stranger);
        t.settle();
        assert_eq!(name.whereis(), None);
        let _ = name.unregister();

        // Its supervisor starts it again; nobody has to be told. A registry that frees nothing would refuse it.
        if frees {
            let spec = Server::child_spec(How::Ok, None).name(&name);
            let tree = Supervisor::new(Strategy::OneForOne).child("server", spec).start().unwrap();
            let before = client.who().unwrap();
            t.kill(&client);
            t.settle();
            assert_ne!(client.who().unwrap(), before);
            tree.stop().unwrap();
        }
    }
    t.crashes();
}

#[otp::test]
fn gs_stop1(_t: &mut Sim) {
    let server = Server::start(How::Ok, None).unwrap();
    let own = pid(&server);
    assert_eq!(server.stop(), Ok(()));
    assert!(!process::is_alive(own));
    assert_eq!(server.stop(), Err(CallError::NoProc));
}

#[otp::test]
fn gs_stop2(t: &mut Sim) {
    let server = Server::start(How::Ok, None).unwrap();
    let monitor = server.monitor().unwrap();
    let reason = ExitReason::other("other_reason");
    assert_eq!(server.stop_with(reason.clone(), None), Ok(()));
    assert_eq!(process::current().receive_down(monitor, Duration::ZERO).unwrap().reason, reason);
    t.crashes();
}

fn assert_stops(name: &Name<Server>) {
    let server = Starter::new().name(name).start((How::Ok, Some(name.clone()))).unwrap();
    let [_, terminated] = server.counts().unwrap();
    assert_eq!(name.client().stop(), Ok(()));
    assert_eq!((terminated.load(SeqCst), server.is_alive()), (1, false));
    assert_eq!(name.client().stop(), Err(CallError::NoProc));
    assert_eq!(name.client().stop_with(ExitReason::Shutdown, LONG), Err(CallError::NoProc));
}

#[otp::test(seeds = 20)]
fn gs_stop4(_t: &mut Sim) {
    assert_stops(&Name::new("to_stop"));
}

/// `{Name, node()}`: each node has names of its own.
#[test]
fn gs_stop5() {
    const NAME: Name<Server> = Name::new("to_stop");
    let [here, there] = [(); 2].map(|()| Node::builder().cores(1).start().unwrap());
    here.enter(|| Starter::new().name(NAME).start((How::Ok, Some(NAME))).unwrap());
    assert_eq!(there.enter(|| NAME.client().stop()), Err(CallError::NoProc));
    assert_eq!(here.enter(|| NAME.client().stop()), Ok(()));
    assert_eq!(here.enter(|| NAME.client().stop()), Err(CallError::NoProc));
    here.stop();
    there.stop();
}

#[otp::test(seeds = 20)]
fn gs_stop7(_t: &mut Sim) {
    let [.., rooms, book] = names();
    assert_stops(&rooms);
    assert_stops(&book);
}

#[otp::test(seeds = 20)]
fn gs_calling_self(t: &mut Sim) {
    for name in names() {
        let server = Starter::new().name(&name).start((How::Ok, None)).unwrap();
        let began = t.now();
        for client in [server.clone(), name.client(), server.no_timeout(), name.client().no_timeout()] {
            assert_eq!(server.call(client.clone()), Ok(Err(CallError::CallingSelf)));
            assert_eq!(server.call_async(client.as_async()), Ok(Err(CallError::CallingSelf)));
            assert_eq!(server.stop_by(client), Ok(Err(CallError::CallingSelf)));
        }
        assert_eq!(t.now(), began, "at once");
        assert!(server.is_alive());
    }
    let tree = Supervisor::new(Strategy::OneForOne).child("server", Server::child_spec(How::Ok, None)).start().unwrap();
    let place = tree.child::<Server>("server");
    assert_eq!(place.call(place.clone()), Ok(Err(CallError::CallingSelf)));
}

#[otp::test(seeds = 20)]
fn gs_abcast(_t: &mut Sim) {
    let names: Vec<Name<Server>> = ["a", "b", "missing"].map(Name::from).to_vec();
    let servers = [0, 1].map(|at| Starter::new().name(&names[at]).start((How::Ok, Some(names[at].clone()))).unwrap());
    for _ in 0..3 {
        names.iter().for_each(|name| name.client().add());
    }
    assert_eq!(servers.map(|server| server.casts()), [Ok(3), Ok(3)]);
}

#[otp::test(seeds = 20)]
fn gs_multicall(_t: &mut Sim) {
    let names: Vec<Name<Server>> = ["a", "missing", "b"].map(Name::from).to_vec();
    let servers = [0, 2].map(|at| Starter::new().name(&names[at]).start((How::Ok, Some(names[at].clone()))).unwrap());
    let [a, b] = servers.each_ref().map(pid);
    let pids: Vec<Reply<Pid>> = names.iter().map(|name| name.client().request().who()).collect();
    let pids: Vec<_> = pids.into_iter().map(Reply::wait).collect();
    assert_eq!(pids, [Ok(a), Err(CallError::NoProc), Ok(b)]);
    let stopped: Vec<Reply<_>> = names.iter().map(|name| name.client().request().stop_after()).collect();
    let stopped: Vec<_> = stopped.into_iter().map(Reply::wait).collect();
    assert_eq!(stopped, [Ok("stopped"), Err(CallError::NoProc), Ok("stopped")]);
    let monitors = servers.map(|server| server.monitor());
    monitors.into_iter().flatten().for_each(|monitor| _ = process::current().receive_down(monitor, None));
    assert_eq!(names.iter().filter_map(Name::whereis).count(), 0);
}

/// The server of a parent that has a name of its own is like any other.
#[otp::test(seeds = 20)]
fn gs_spec_init_local_registered_parent(_t: &mut Sim) {
    let parent = process::current();
    assert_eq!(process::register("parent", parent.pid()), Ok(()));
    let server = Server::start_link(How::Ok, None).unwrap();
    let [_, terminated] = server.counts().unwrap();
    let own = pid(&server);
    server.end();
    let exit = parent.receive_exit(None).unwrap();
    assert_eq!((exit.from, exit.reason, terminated.load(SeqCst)), (own, ExitReason::Normal, 1));
    assert_eq!(process::whereis("parent"), Some(parent.pid()));
}
