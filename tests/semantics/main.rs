//! OTP's rules, sentence by sentence, where no other test would fail without them. A test's name begins with the
//! section of its rule: 1 processes, 2 timers, 3 names, 4 subjects and selectors, 5 the start protocol, 6 servers,
//! 7 supervisors, 8 dynamic supervisors, 9 partition supervisors.

#![cfg(feature = "macros")]

mod dynamic;
mod names;
mod partitions;
mod processes;
mod selectors;
mod servers;
mod starts;
mod supervisors;
mod timers;

use otp::{
    prelude::*,
    process::{Me, Subject},
};

const SECOND: Duration = Duration::from_secs(1);

fn why(text: &'static str) -> ExitReason {
    ExitReason::other(text)
}

fn stay(me: &mut Me) {
    me.receive_exit(None);
}

fn down(monitor: MonitorRef) -> ExitReason {
    process::current().receive_down(monitor, None).expect("it ends").reason
}

/// The trapped exit that has come, if one has.
fn exit() -> Option<(Pid, ExitReason)> {
    process::current().receive_exit(Duration::ZERO).map(|exit| (exit.from, exit.reason))
}

fn come<T: Send + 'static>(t: &Sim, subject: &Subject<T>) -> Vec<T> {
    t.settle();
    std::iter::from_fn(|| subject.receive(Duration::ZERO)).collect()
}

/// Says what it does.
#[derive(Clone)]
struct Server {
    log: Subject<&'static str>,
}

#[actor]
impl Server {
    #[init]
    fn init(log: Subject<&'static str>) -> Self {
        Self { log }
    }

    #[handle_call]
    fn who(&self, ctx: &mut Context<Self>) -> Pid {
        ctx.pid()
    }

    #[handle_call]
    fn trap(&self, trap: bool, ctx: &mut Context<Self>) -> bool {
        ctx.trap_exit(trap)
    }

    #[handle_call]
    fn call(&self, other: ServerRef) -> Result<Pid, CallError> {
        other.who()
    }

    #[handle_call]
    fn stop_other(&self, other: ServerRef) -> Result<(), CallError> {
        other.stop()
    }

    #[handle_call]
    fn idle_in(&self, after: Duration, ctx: &mut Context<Self>) {
        ctx.idle_timeout(after).idle();
    }

    #[handle_cast]
    fn poke(&self) {
        self.log.send("poked");
    }

    #[handle_cast]
    fn idle(&self) {
        self.log.send("idle");
    }

    #[handle_cast]
    fn end(&self, reason: ExitReason, ctx: &mut Context<Self>) {
        ctx.stop(reason);
    }

    #[handle_info]
    fn exited(&self, _exit: Exit) {
        self.log.send("exit");
    }

    #[terminate]
    fn terminate(&mut self, _reason: &ExitReason) {
        self.log.send("terminate");
    }
}

fn server() -> (ServerRef, Subject<&'static str>) {
    let log = process::current().subject();
    (Server::start(log.clone()).expect("it starts"), log)
}

fn log() -> Subject<&'static str> {
    process::current().subject()
}

/// Does not start.
struct Failing {
    log: Subject<&'static str>,
}

#[actor]
impl Failing {
    #[init]
    fn init(log: Subject<&'static str>, ctx: &mut Context<Self>) -> Init<Self> {
        log.send("init");
        ctx.next().go_on();
        drop(Self { log });
        Init::Stop(why("init"))
    }

    #[handle_continue]
    fn go_on(&self) {
        self.log.send("continue");
    }

    #[terminate]
    fn terminate(&mut self, _reason: &ExitReason) {
        self.log.send("terminate");
    }
}

/// Takes its time to end.
struct Lingering(Duration);

#[actor]
impl Lingering {
    #[init]
    fn init(after: Duration, ctx: &mut Context<Self>) -> Self {
        ctx.trap_exit(true);
        Self(after)
    }

    #[terminate]
    fn terminate(&mut self, _reason: &ExitReason) {
        process::sleep(self.0);
    }
}
