//! What a handler can say to its own process.

use std::{any::TypeId, fmt, marker::PhantomData, time::Duration};

use super::{
    Actor, Address, After, Build, Client, IdleTimeout, Next, OneWay, Ref, ReplyTo, StartError,
    client::of_process,
    mode::{Later, Own},
    reply::ReplyTracker,
};
use crate::{
    cell::{AnyProcess, Event, ExitReason, IntoReason, MonitorRef, Pid, Running, current, typed::Cell},
    process::{self, Ack, Subject, TimerRef, timer},
    scheduler::{Code, Program, TaskRef},
};

/// The process of an actor, as its own handlers see it.
pub struct Context<A: Actor> {
    cell: TaskRef<Cell<A::Message>>,
    stop: Option<Box<Stop>>,
    ack: Ack<(), StartError>,
}

/// Why the actor is to end.
pub(super) struct Stop {
    pub(super) reason: ExitReason,
    /// The answer of the call that stopped it: sent after `terminate`.
    pub(super) reply: Option<Box<dyn FnOnce() + Send>>,
    /// Whose call that is.
    pub(super) client: Option<Pid>,
    /// What it handled last.
    pub(super) handled: &'static Code,
}

/// What an actor is, as a program that a process runs; reports call it `label`.
pub(super) fn program<A: Actor>(label: &'static str) -> &'static Program {
    Program::of(TypeId::of::<A>(), label, "init")
}

impl<A: Actor> Context<A> {
    pub(super) fn new(cell: TaskRef<Cell<A::Message>>, ack: Ack<(), StartError>) -> Self {
        Self { cell, stop: None, ack }
    }

    #[inline]
    pub(super) fn program(&self) -> &'static Program {
        self.cell.common().program
    }

    #[inline]
    pub(super) fn is_stopping(&self) -> bool {
        self.stop.is_some()
    }

    /// A handler has failed: that is why it ends, whatever the handler said before.
    pub(super) fn fail(&mut self, reason: ExitReason) {
        let (reply, client) = self.stop.take().map_or((None, None), |stop| (stop.reply, stop.client));
        let client = current::with(|me| me.own().client()).or(client);
        self.stop = Some(Box::new(Stop { reason, reply, client, handled: self.cell.common().handler.code() }));
    }

    /// It has not started, and ends.
    pub(super) fn refuse(&mut self, error: StartError) {
        self.ack.refused(error);
    }

    pub(super) fn take_stop(&mut self) -> Option<Box<Stop>> {
        self.stop.take()
    }

    pub(super) fn cell(&self) -> &TaskRef<Cell<A::Message>> {
        &self.cell
    }

    pub(super) fn stop_reason(&self) -> Option<&ExitReason> {
        self.stop.as_ref().map(|stop| &stop.reason)
    }

    /// Calls `f` as the process itself, which in a test of its handlers is not the current one.
    pub(super) fn as_process<R>(&self, f: impl FnOnce(&Running) -> R) -> R {
        if !self.cell.common().is_tested_here() {
            return current::with(f);
        }
        let process = AnyProcess::new(&self.cell);
        let me = current::at_home(&process).expect("its home is this thread");
        let _entered = current::enter(me);
        f(me)
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
        self.cell.common().parent()
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

    /// A subject of its own, whose messages arrive as one of its own: `ctx.subject(|me, line| me.line(line))`. The closure
    /// runs in the actor, with each message in turn. Gleam's `with_selector`.
    ///
    /// The actor closes it with [`Subject::close`]; what has not been handled by then never is.
    ///
    /// # Panics
    /// When it is called in another process than the actor's own.
    pub fn subject<T: Send + 'static>(
        &self,
        message: impl Fn(A::Client<Build>, T) -> A::Message + Send + Sync + 'static,
    ) -> Subject<T> {
        let own = current::with(|me| me.pid()) == self.pid();
        assert!(own, "only the process itself can do this, in its own handler");
        super::subject::own::<A, T>(message)
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
        self.stop.get_or_insert_with(|| {
            Box::new(Stop {
                reason: reason.into_reason(),
                reply: None,
                client: None,
                handled: self.cell.common().handler.code(),
            })
        });
    }

    /// In `init`: whoever starts it goes on now, rather than when `init` is over. What goes wrong afterwards is seen by
    /// links and monitors only. Later it does nothing. `proc_lib:init_ack/1`.
    pub fn init_ack(&mut self) {
        self.ack.said(());
    }

    /// Says whether exit signals become [`Exit`](crate::Exit)s for a `#[handle_info]`; returns what was said before.
    /// The exit of the parent ends the actor in any case, after `terminate`. `process_flag(trap_exit, Flag)`.
    pub fn trap_exit(&mut self, trap: bool) -> bool {
        self.as_process(|_| process::trap_exit(trap))
    }

    /// Watches a process; its [`Down`](crate::Down) comes to a `#[handle_info]`. `erlang:monitor/2`.
    pub fn monitor(&self, target: Pid) -> MonitorRef {
        self.as_process(|_| process::monitor(target))
    }

    /// Ends a monitor; see [`demonitor`](crate::demonitor).
    pub fn demonitor(&self, monitor: MonitorRef) -> bool {
        self.as_process(|_| process::demonitor(monitor))
    }

    /// Links itself to a process; see [`link`](crate::link).
    pub fn link(&self, other: Pid) {
        self.as_process(|_| process::link(other));
    }

    /// Ends a link; see [`unlink`](crate::unlink).
    pub fn unlink(&self, other: Pid) {
        self.as_process(|_| process::unlink(other));
    }

    /// Gives back the memory that its empty queues hold. OTP's `hibernate`.
    pub fn hibernate(&self) {
        Cell::shrink(&self.cell);
    }

    /// For generated code: answers a call, after `terminate` if its handler has stopped the actor.
    #[doc(hidden)]
    pub fn reply<T: 'static>(&mut self, reply: ReplyTo<T>, answer: T) {
        match &mut self.stop {
            Some(stop) => {
                stop.client = reply.caller();
                stop.reply = Some(reply.prepare(answer));
            }
            None => {
                if self.cell.common().is_watched() {
                    self.tell_of_answer(reply.caller());
                }
                reply.send(answer);
            }
        }
    }

    #[cold]
    fn tell_of_answer(&self, to: Option<Pid>) {
        let message = self.cell.common().handler.name().unwrap_or_default();
        current::as_itself(&self.cell, |me| self.cell.tell(me, || Event::Out { message: message.into(), to }));
    }

    /// For generated code: a handler that was given a `ReplyTo` has returned.
    #[doc(hidden)]
    pub fn deferred(&mut self, tracker: ReplyTracker) {
        let call = tracker.0.clone();
        if call.is_pending() {
            call.deferred();
            let _ = self.as_process(|me| me.common().watch_call(call));
        }
    }
}

impl<A: Actor> fmt::Debug for Context<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Context({} {})", A::NAME, self.pid())
    }
}
