//! Actors: how they begin, what they do with messages, how a call can end, when `terminate` runs, timers.
//!
//! What depends on order runs in simulations under many seeds; what depends on threads runs on nodes of its own.

#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod calls;
mod deadlocks;
mod ending;
mod executors;
mod generics;
mod init;
mod messages;
mod panics;
mod timers;

use std::{
    fmt::Display,
    sync::{Arc, Mutex},
    task::Wake,
    thread,
};

use otp::{prelude::*, process::Subject};

const LONG: Duration = Duration::from_secs(3600);

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn why(text: &'static str) -> ExitReason {
    ExitReason::other(text)
}

/// The reason in the `Down` of a monitor; waits for it.
fn down(monitor: MonitorRef) -> ExitReason {
    process::current().receive_down(monitor, None).unwrap().reason
}

/// The trapped exit signal that waits.
fn exited() -> Option<ExitReason> {
    process::current().receive_exit(Duration::ZERO).map(|exit| exit.reason)
}

/// What happened, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn say(&self, what: impl Display) {
        self.0.lock().unwrap().push(what.to_string());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Wake for Log {
    fn wake(self: Arc<Self>) {
        self.say("reply");
    }
}

/// Says when it is dropped, and panics if it is to.
struct Held {
    log: Log,
    name: &'static str,
    panics: bool,
}

impl Held {
    fn new(log: &Log, name: &'static str) -> Self {
        Self { log: log.clone(), name, panics: false }
    }

    fn panics(log: &Log, name: &'static str) -> Self {
        Self { log: log.clone(), name, panics: true }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.log.say(self.name);
        assert!(!self.panics || thread::panicking(), "{} is dropped", self.name);
    }
}

/// Does everything that a server can do.
struct Desk {
    log: Log,
    kept: Vec<ReplyTo<i64>>,
    held: Vec<Held>,
    terminate_panics: bool,
}

#[actor]
impl Desk {
    #[init]
    fn init(log: Log, trap: bool, ctx: &mut Context<Self>) -> Self {
        ctx.trap_exit(trap);
        Self { log, kept: Vec::new(), held: Vec::new(), terminate_panics: false }
    }

    #[handle_call]
    fn ask(&mut self, n: i64) -> i64 {
        self.log.say(format_args!("ask {n}"));
        n + 1
    }

    #[handle_call]
    fn slow(&mut self, n: i64, delay: Duration) -> i64 {
        otp::sleep(delay);
        self.log.say(format_args!("slow {n}"));
        n + 1
    }

    #[handle_call]
    async fn doze(&mut self, n: i64, delay: Duration) -> i64 {
        self.log.say(format_args!("doze {n}"));
        process::sleep_async(delay).await;
        self.log.say(format_args!("woke {n}"));
        n + 1
    }

    #[handle_call]
    fn later(&mut self, reply: ReplyTo<i64>) {
        self.kept.push(reply);
    }

    #[handle_call]
    fn forget(&mut self, reply: ReplyTo<i64>) {
        drop(reply);
    }

    #[handle_call]
    fn give_away(&mut self, to: Subject<ReplyTo<i64>>, reply: ReplyTo<i64>) {
        to.send(reply);
    }

    #[handle_call]
    fn give_away_and_panic(&mut self, to: Subject<ReplyTo<i64>>, reply: ReplyTo<i64>) {
        to.send(reply);
        otp::sleep(millis(1));
        panic!("boom");
    }

    #[handle_call]
    async fn give_away_and_doze(&mut self, to: Subject<ReplyTo<i64>>, reply: ReplyTo<i64>) {
        to.send(reply);
        process::sleep_async(LONG).await;
    }

    #[handle_call]
    fn boom(&mut self) -> i64 {
        panic!("boom");
    }

    #[handle_call]
    async fn boom_later(&mut self) -> i64 {
        process::sleep_async(millis(1)).await;
        panic!("boom later");
    }

    #[handle_call]
    fn halt(&mut self, n: i64, reason: ExitReason, ctx: &mut Context<Self>) -> i64 {
        ctx.stop(reason);
        ctx.stop(why("only the first counts"));
        n + 1
    }

    #[handle_call]
    fn call_oneself(&mut self, ctx: &mut Context<Self>) -> Result<i64, CallError> {
        ctx.client().ask(0)
    }

    #[handle_call]
    fn mailbox(&self) -> Subject<String> {
        process::current().subject()
    }

    #[handle_cast]
    fn note(&mut self, n: i64) {
        self.log.say(n);
    }

    #[handle_cast]
    fn pause(&mut self, delay: Duration) {
        otp::sleep(delay);
    }

    #[handle_cast]
    fn answer(&mut self, n: i64) {
        self.kept.drain(..).for_each(|reply| reply.send(n));
    }

    #[handle_cast]
    fn fail(&mut self, reason: ExitReason) -> Result<(), ExitReason> {
        Err(reason)
    }

    #[handle_cast]
    fn hold(&mut self, held: Held) {
        self.held.push(held);
    }

    #[handle_cast]
    fn let_terminate_panic(&mut self) {
        self.terminate_panics = true;
    }

    #[handle_cast]
    fn first(&mut self, n: i64, ctx: &mut Context<Self>) {
        ctx.next().go_on(n);
        ctx.next().go_on(n + 1);
        self.log.say(format_args!("first {n}"));
    }

    #[handle_continue]
    fn go_on(&mut self, n: i64) {
        self.log.say(format_args!("continue {n}"));
    }

    #[handle_info]
    fn text(&mut self, text: String) {
        self.log.say(text);
    }

    #[handle_info]
    fn exit(&mut self, exit: Exit) {
        self.log.say(format_args!("exit {}", exit.reason));
    }

    #[terminate]
    fn bye(&mut self, reason: &ExitReason) {
        assert!(!self.terminate_panics, "terminate panics");
        self.log.say(format_args!("terminate {reason}"));
    }
}

fn desk() -> (DeskRef, Log) {
    let log = Log::default();
    (Desk::start(log.clone(), false).unwrap(), log)
}
