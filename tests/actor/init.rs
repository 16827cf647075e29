//! How an actor begins, and how its start can fail.

use otp::{actor::Starter, prelude::*};

use super::{LONG, Log, down, exited, millis, why};

/// What an `init` does.
#[derive(Clone, Debug)]
enum How {
    Ok,
    Ignore,
    Stop(ExitReason),
    Error(ExitReason),
    Panic,
    Wait,
    Killed,
}

/// Begins as it is told.
struct Begins {
    log: Log,
}

#[actor]
impl Begins {
    #[init]
    fn init(how: How, log: Log, ctx: &mut Context<Self>) -> Init<Self> {
        log.say("init");
        match how {
            How::Ok => Init::Ok(Self { log }),
            How::Ignore => Init::Ignore,
            How::Stop(reason) => Init::Stop(reason),
            How::Error(reason) => Init::Error(reason),
            How::Panic => panic!("no way to begin"),
            How::Wait => {
                otp::sleep(LONG);
                Init::Ok(Self { log })
            }
            How::Killed => {
                let own = ctx.pid();
                process::spawn(move |_| process::exit(own, ExitReason::Kill));
                otp::sleep(LONG);
                Init::Ok(Self { log })
            }
        }
    }

    #[handle_call]
    fn ping(&self) {}

    #[terminate]
    fn bye(&mut self) {
        self.log.say("terminate");
    }
}

/// Begins in a future, with a result.
struct Awaits;

#[actor]
impl Awaits {
    #[init]
    async fn init(result: Result<(), String>, delay: Duration) -> Result<Self, String> {
        process::sleep_async(delay).await;
        result.map(|()| Self)
    }

    #[handle_call]
    fn ping(&self) {}
}

/// What each failing `init` comes to.
fn failures() -> Vec<(How, StartError, ExitReason)> {
    let (stop, error) = (why("stop"), why("error"));
    vec![
        (How::Ignore, StartError::Ignore, ExitReason::Normal),
        (How::Stop(stop.clone()), StartError::Failed(stop.clone()), stop),
        (How::Stop(ExitReason::Normal), StartError::Failed(ExitReason::Normal), ExitReason::Normal),
        (How::Error(error.clone()), StartError::Failed(error), ExitReason::Normal),
        (How::Killed, StartError::Failed(ExitReason::Killed), ExitReason::Killed),
    ]
}

#[otp::test(seeds = 20)]
fn init_makes_the_state(t: &mut Sim) {
    let log = Log::default();
    let begins = Begins::start(How::Ok, log.clone()).unwrap();
    assert_eq!(begins.ping(), Ok(()));
    let awaits = Awaits::start_link(Ok(()), millis(3)).unwrap();
    assert_eq!(t.now(), millis(3));
    assert_eq!(awaits.ping(), Ok(()));
    assert_eq!(log.take(), ["init"]);
}

#[otp::test(seeds = 50)]
fn a_failed_init_leaves_nothing(t: &mut Sim) {
    for (how, error, _) in failures() {
        for link in [false, true] {
            let log = Log::default();
            let starter = Starter::<Begins>::new().name("begins");
            let starter = if link { starter.link() } else { starter };
            assert_eq!(starter.start((how.clone(), log.clone())).err(), Some(error.clone()));
            // At once, without a wait: the process is gone and its name is free.
            assert_eq!(process::whereis("begins"), None);
            assert_eq!(t.node().len(), 1);
            t.settle();
            assert_eq!(exited(), None, "{how:?}: the error is told once");
            assert_eq!(log.take(), ["init"], "no `terminate`");
        }
    }
    assert_eq!(t.crashes().len(), 2, "of `Stop` with a reason that is not clean");
}

#[otp::test(seeds = 20)]
fn an_init_that_panics_is_a_failed_start(t: &mut Sim) {
    for link in [false, true] {
        let starter = Starter::<Begins>::new();
        let starter = if link { starter.link() } else { starter };
        let Err(StartError::Failed(reason)) = starter.start((How::Panic, Log::default())) else { panic!("it failed") };
        let panic = reason.as_panic().unwrap();
        assert_eq!((panic.message.as_str(), panic.handler), ("no way to begin", Some("init")));
    }
    let error = Awaits::start(Err("no".into()), millis(1)).unwrap_err();
    assert_eq!(error.to_string(), "its init failed: no");
    assert_eq!(t.crashes().len(), 3);
}

#[otp::test(seeds = 20)]
fn a_failed_start_link_ends_a_caller_that_does_not_trap(t: &mut Sim) {
    for (how, error, reason) in failures() {
        let errors = process::current().subject();
        let sender = errors.clone();
        let (_, monitor) = process::spawn_monitor(move |_| {
            sender.send(Begins::start_link(how, Log::default()).err());
        });
        if reason == ExitReason::Normal {
            assert_eq!(errors.receive(None), Some(Some(error)));
        }
        assert_eq!(down(monitor), reason);
    }
    t.crashes();
}

#[otp::test(seeds = 50)]
fn a_name_is_taken_before_init(_t: &mut Sim) {
    let log = Log::default();
    let named = || Starter::<Begins>::new().name("one");
    let first = named().start((How::Ok, log.clone())).unwrap();
    assert_eq!(process::whereis("one"), first.pid());
    let second = named().link().start((How::Ok, log.clone()));
    assert_eq!(second.err(), Some(StartError::AlreadyStarted(first.pid().unwrap())));
    assert_eq!(log.take(), ["init"]);
    assert_eq!(exited(), None);
    first.stop().unwrap();
    named().start((How::Ok, log.clone())).unwrap();
}

#[otp::test(seeds = 50)]
fn a_slow_init_is_killed(t: &mut Sim) {
    for link in [false, true] {
        let began = t.now();
        let starter = Starter::<Begins>::new().name("slow").timeout(millis(10));
        let starter = if link { starter.link() } else { starter };
        assert_eq!(starter.start((How::Wait, Log::default())).err(), Some(StartError::Timeout));
        assert_eq!(t.now() - began, millis(10));
        assert_eq!(process::whereis("slow"), None, "its name is free when the error is returned");
        assert_eq!(t.node().len(), 1);
        t.settle();
        assert_eq!(exited(), None);
    }
}

#[otp::test(seeds = 20)]
fn start_monitor_monitors(_t: &mut Sim) {
    let (client, monitor) = Starter::<Begins>::new().start_monitor((How::Ok, Log::default())).unwrap();
    client.stop().unwrap();
    assert_eq!(down(monitor), ExitReason::Normal);
}

#[otp::test(seeds = 20)]
fn a_starter_that_dies_takes_a_linked_child_along(t: &mut Sim) {
    let log = Log::default();
    let seen = log.clone();
    let (starter, monitor) = process::spawn_monitor(move |_| {
        let _ = Begins::start_link(How::Wait, seen.clone());
        seen.say("started");
    });
    t.settle();
    assert_eq!(t.node().len(), 3);
    process::exit(starter, ExitReason::Shutdown);
    assert_eq!(down(monitor), ExitReason::Shutdown);
    t.settle();
    assert_eq!(t.node().len(), 1);
    assert_eq!(log.take(), ["init"]);
}
