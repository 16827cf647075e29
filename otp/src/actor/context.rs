//! What a handler can say to its own process.

use std::{fmt, marker::PhantomData, time::Duration};

use super::{
    Actor, Address, After, Build, Client, IdleTimeout, Next, OneWay, Ref, ReplyTo,
    client::of_process,
    mode::{Later, Own},
    reply::ReplyTracker,
};
use crate::{
    process::{self, ExitReason, IntoReason, MonitorRef, Pid, TimerRef, cell::Cell, current, timer},
    scheduler::TaskRef,
};

/// The process of an actor, as its own handlers see it.
pub struct Context<A: Actor> {
    cell: TaskRef<Cell<A::Message>>,
    stop: Option<Box<Stop>>,
}

/// Why the actor is to end.
pub(super) struct Stop {
    pub(super) reason: ExitReason,
    /// The answer of the call that stopped it: sent after `terminate`.
    pub(super) reply: Option<Box<dyn FnOnce() + Send>>,
}

impl<A: Actor> Context<A> {
    pub(super) fn new(cell: TaskRef<Cell<A::Message>>) -> Self {
        Self { cell, stop: None }
    }

    pub(super) fn take_stop(&mut self) -> Option<Box<Stop>> {
        self.stop.take()
    }

    pub(super) fn cell(&self) -> &TaskRef<Cell<A::Message>> {
        &self.cell
    }

    fn address(&self) -> Address<A> {
        Address::process(self.cell.clone())
    }

    /// A client of the actor itself. It can cast, and be given to others; a call through it does not compile, since
    /// it would wait for itself.
    pub fn me(&self) -> A::Client<OneWay> {
        of_process(self.address())
    }

    /// A client of the actor for others, which may call.
    pub fn client(&self) -> A::Client<super::Blocking> {
        of_process(self.address())
    }

    /// Its pid. `erlang:self/0`.
    pub fn pid(&self) -> Pid {
        self.cell.common().pid
    }

    /// Who started it.
    pub fn parent(&self) -> Option<Pid> {
        self.cell.common().parent
    }

    /// Sends to itself after a while: `ctx.after(d).reset()`. The timer ends with the process. `erlang:send_after/3`.
    pub fn after(&self, after: Duration) -> A::Client<After> {
        A::Client::from_inner(Ref::new(Later { address: self.address(), after }))
    }

    /// Sends to itself every `period`, the first time after one: `ctx.every(d, |me| me.tick())`. Ticks stand at
    /// multiples of the period, without drift. `timer:send_interval/2`.
    pub fn every(
        &self,
        period: Duration,
        message: impl Fn(A::Client<Build>) -> A::Message + Send + Sync + 'static,
    ) -> TimerRef {
        timer::send_every(&self.cell, period, move || message(A::Client::from_inner(Ref::new(()))))
    }

    /// Sends to itself if no message arrives within a while; any message cancels it: `ctx.idle_timeout(d).poke()`.
    /// OTP's timeout in the return value of a callback.
    pub fn idle_timeout(&self, after: Duration) -> A::Client<IdleTimeout> {
        A::Client::from_inner(Ref::new(Own { address: self.address(), after, here: PhantomData }))
    }

    /// Handles something before any message that waits: `ctx.next().load()`. OTP's `{continue, Term}`.
    pub fn next(&self) -> A::Client<Next> {
        A::Client::from_inner(Ref::new(Own { address: self.address(), after: Duration::ZERO, here: PhantomData }))
    }

    /// Ends the actor after this handler: `terminate` runs, then the handler's answer is sent, then the process ends.
    /// OTP's `{stop, Reason, ..}`. The first reason counts.
    pub fn stop(&mut self, reason: impl IntoReason) {
        self.stop.get_or_insert_with(|| Box::new(Stop { reason: reason.into_reason(), reply: None }));
    }

    /// Says whether exit signals become [`Exit`](crate::Exit)s for a `#[handle_info]`; returns what was said before.
    /// The exit of the parent ends the actor in any case, after `terminate`. `process_flag(trap_exit, Flag)`.
    pub fn trap_exit(&mut self, trap: bool) -> bool {
        process::trap_exit(trap)
    }

    /// Watches a process; its [`Down`](crate::Down) comes to a `#[handle_info]`. `erlang:monitor/2`.
    pub fn monitor(&self, target: Pid) -> MonitorRef {
        process::monitor(target)
    }

    /// Ends a monitor; see [`demonitor`](crate::demonitor).
    pub fn demonitor(&self, monitor: MonitorRef) -> bool {
        process::demonitor(monitor)
    }

    /// Links itself to a process; see [`link`](crate::link).
    pub fn link(&self, other: Pid) {
        process::link(other);
    }

    /// Ends a link; see [`unlink`](crate::unlink).
    pub fn unlink(&self, other: Pid) {
        process::unlink(other);
    }

    /// Gives back the memory that its empty queues hold. OTP's `hibernate`.
    pub fn hibernate(&self) {
        self.cell.shrink();
    }

    /// For generated code: answers a call, after `terminate` if its handler has stopped the actor.
    #[doc(hidden)]
    pub fn reply<T: 'static>(&mut self, reply: ReplyTo<T>, answer: T) {
        match &mut self.stop {
            Some(stop) => stop.reply = Some(reply.prepare(answer)),
            None => reply.send(answer),
        }
    }

    /// For generated code: a handler that was given a `ReplyTo` has returned.
    #[doc(hidden)]
    pub fn deferred(&mut self, tracker: ReplyTracker) {
        let call = tracker.0.clone();
        if call.is_pending() {
            call.deferred();
            current::with(|me| me.common().watch_call(call));
        }
    }
}

impl<A: Actor> fmt::Debug for Context<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Context({} {})", A::NAME, self.pid())
    }
}
