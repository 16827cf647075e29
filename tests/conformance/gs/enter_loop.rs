//! A process that begins as plain code and becomes a server.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use otp::{
    actor::{EnterLoopError, Starter},
    name::{RegisterError, UnregisterError, Via},
    prelude::*,
};

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

type Log = Arc<Mutex<Vec<String>>>;

struct Lamp {
    level: u32,
    log: Log,
}

#[actor]
impl Lamp {
    #[init]
    fn init(log: Log) -> Self {
        Self { level: 0, log }
    }

    #[handle_call]
    fn level(&self) -> u32 {
        self.level
    }

    #[handle_cast]
    fn dim(&mut self, by: u32) {
        self.level -= by;
    }

    #[handle_cast]
    fn finish(&mut self, ctx: &mut Context<Self>) {
        ctx.stop(ExitReason::Normal);
    }

    #[handle_info]
    fn timeout(&mut self) {
        self.log.lock().unwrap().push("timeout".into());
    }

    #[terminate]
    fn bye(&mut self, reason: &ExitReason) {
        self.log.lock().unwrap().push(format!("terminate: {reason}"));
    }
}

/// It keeps names of processes of any kind.
#[derive(Default)]
struct Book(Mutex<BTreeMap<u8, Pid>>);

impl Via for Book {
    type Key = u8;

    fn register(&self, key: &u8, pid: Pid) -> Result<(), RegisterError> {
        self.0.lock().unwrap().insert(*key, pid);
        Ok(())
    }

    fn unregister(&self, key: &u8) -> Result<(), UnregisterError> {
        self.0.lock().unwrap().remove(key).map(drop).ok_or(UnregisterError)
    }

    fn whereis(&self, key: &u8) -> Option<Pid> {
        self.0.lock().unwrap().get(key).copied()
    }
}

#[otp::test(seeds = 20)]
fn gs_spec_init(t: &mut Sim) {
    let log = Log::default();
    // Without a name; the code is a process like any other until it serves, and messages wait for that.
    let levels = process::current().subject();
    let (to, own) = (levels.clone(), log.clone());
    let lamp = Starter::<Lamp>::new().link().enter_loop(move |ctx| {
        let asked = process::current().subject();
        to.send((asked.clone(), ctx.client()));
        ctx.init_ack();
        let level = asked.receive(None).unwrap();
        ctx.idle_timeout(millis(100)).timeout();
        Lamp { level, log: own }
    })?;
    let (asked, client) = levels.receive(None).unwrap();
    assert_eq!(client, lamp);
    lamp.dim(2);
    t.advance(millis(500));
    assert!(process::is_alive(lamp.pid().unwrap()) && log.lock().unwrap().is_empty(), "it does not serve yet");
    asked.send(10);
    assert_eq!(lamp.level()?, 8);
    let pid = lamp.pid().unwrap();
    assert_eq!(process::info(pid).unwrap().links, [otp::self_pid()]);
    lamp.finish();
    let exit = process::current().receive_exit(None).unwrap();
    assert_eq!((exit.from, exit.reason), (pid, ExitReason::Normal));
    assert_eq!(*log.lock().unwrap(), ["terminate: normal"]);
}

#[otp::test(seeds = 20)]
fn gs_spec_init_part_timeout(t: &mut Sim) {
    let log = Log::default();
    let own = log.clone();
    let lamp = Starter::<Lamp>::new().enter_loop(move |ctx| {
        ctx.idle_timeout(millis(100)).timeout();
        Lamp { level: 1, log: own }
    })?;
    t.advance(millis(99));
    assert!(log.lock().unwrap().is_empty());
    t.advance(millis(1));
    assert_eq!(*log.lock().unwrap(), ["timeout"]);
    lamp.stop()?;
    // The time limit of a start holds for the code too, and a start that fails says why.
    let late = Starter::<Lamp>::new().timeout(millis(50)).enter_loop(|_| {
        otp::sleep(millis(60));
        Lamp { level: 1, log: Log::default() }
    });
    assert_eq!(late.unwrap_err(), StartError::Timeout);
    let failed = Starter::<Lamp>::new().link().enter_loop(|_| Err::<Lamp, _>(ExitReason::other("no bulb")));
    assert_eq!(failed.unwrap_err(), StartError::Failed(ExitReason::other("no bulb")));
    let ignored = Starter::<Lamp>::new().link().enter_loop(|_| Init::<Lamp>::Ignore);
    assert_eq!(ignored.unwrap_err(), StartError::Ignore);
    t.crashes();
    t.settle();
    assert_eq!(process::info(otp::self_pid()).unwrap().message_queue_len, 0);
}

#[otp::test(seeds = 20)]
fn gs_spec_init_part_name(t: &mut Sim) {
    let lamp = || Lamp { level: 3, log: Log::default() };
    // The name is the process's own to take.
    let named = Starter::<Lamp>::new().name("lamp").enter_loop(move |ctx| {
        process::register("lamp", ctx.pid()).unwrap();
        lamp()
    })?;
    assert_eq!(process::whereis("lamp"), named.pid());

    // Nobody's name, another's, or no longer its own: it does not serve.
    let is = |error: StartError, name: &str| match error {
        StartError::Failed(reason) => {
            assert_eq!(reason.error_ref::<EnterLoopError>().unwrap().name().as_str(), Some(name));
        }
        error => panic!("{error}"),
    };
    is(Starter::<Lamp>::new().name("torch").enter_loop(move |_| lamp()).unwrap_err(), "torch");
    is(Starter::<Lamp>::new().name("lamp").enter_loop(move |_| lamp()).unwrap_err(), "lamp");
    is(
        Starter::<Lamp>::new()
            .name("other")
            .enter_loop(move |ctx| {
                process::register("torch", ctx.pid()).unwrap();
                lamp()
            })
            .unwrap_err(),
        "other",
    );
    assert_eq!((process::whereis("torch"), process::whereis("lamp")), (None, named.pid()));
    assert_eq!(t.crashes().len(), 3);

    // When it has said that it started, its links and monitors hear of it.
    let gone = Starter::<Lamp>::new().link().name("torch").enter_loop(move |ctx| {
        ctx.init_ack();
        otp::sleep(millis(10));
        lamp()
    })?;
    let exit = process::current().receive_exit(None).unwrap();
    assert_eq!(Some(exit.from), gone.pid());
    assert!(exit.reason.error_ref::<EnterLoopError>().is_some(), "{}", exit.reason);
    assert_eq!(t.crashes().len(), 1);

    // A registry of one's own.
    let book = Arc::new(Book::default());
    let name = || otp::Name::<Lamp>::via(&book, 7);
    let not_there = Starter::<Lamp>::new().name(name()).enter_loop(move |_| lamp());
    assert!(
        matches!(not_there.unwrap_err(), StartError::Failed(reason) if reason.error_ref::<EnterLoopError>().is_some())
    );
    assert_eq!(t.crashes().len(), 1);
    let own = name();
    let there = Starter::<Lamp>::new().name(name()).enter_loop(move |ctx| {
        own.register(ctx.pid()).unwrap();
        lamp()
    })?;
    assert_eq!((there.level()?, name().whereis()), (3, there.pid()));
}

struct Slow;

#[actor]
impl Slow {
    #[init]
    async fn init(log: Log, ctx: &mut Context<Self>) -> Result<Self, ExitReason> {
        ctx.init_ack();
        process::sleep_async(millis(100)).await;
        log.lock().unwrap().push("ready".into());
        if log.lock().unwrap().len() == 2 { Err(ExitReason::Shutdown) } else { Ok(Self) }
    }

    #[handle_call]
    fn answer(&self) -> u32 {
        42
    }
}

#[otp::test(seeds = 20)]
fn init_ack_lets_the_starter_go_on(t: &mut Sim) {
    let log = Log::default();
    let slow = Slow::start(log.clone())?;
    assert_eq!((t.now(), log.lock().unwrap().len()), (Duration::ZERO, 0));
    assert_eq!((slow.answer()?, t.now()), (42, millis(100)), "calls wait until `init` is over");
    // What goes wrong then is no failed start any more.
    let (failing, monitor) = Starter::<Slow>::new().start_monitor((log.clone(),))?;
    let down = process::current().receive_down(monitor, None).unwrap();
    assert_eq!((Some(down.pid), down.reason, t.now()), (failing.pid(), ExitReason::Shutdown, millis(200)));
}
