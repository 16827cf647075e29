//! Work of a server, whose mailbox does not wait for it.

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use super::{callers::Callers, owner::tell_of_end, spawn::run};
use crate::{
    actor::{Actor, ActorRef, Build, Client, Context},
    cell::{
        AnyProcess, ExitReason, Pid, aside,
        birth::Relation,
        header::PendingCall,
        signal::{Item, Timed},
        typed::{Body, Cell},
    },
    process::{
        blocking_async,
        spawn::{closure, future},
    },
    scheduler::TaskRef,
};

impl<A: Actor> Context<A> {
    /// Starts work that may wait, in a process of its own, and goes on: what it comes to arrives as a message of the
    /// actor's own, `ctx.task(|| fetch(url), |me, fetched| me.fetched(fetched))`. The second closure runs in the actor.
    ///
    /// The message comes exactly once: with the result, or with the reason for which the work ended without one, a panic
    /// or an exit. Its crash touches nobody else. It is told to shut down when the actor ends. The pid is that of the work:
    /// [`exit`](crate::process::exit) ends it early.
    ///
    /// ```
    /// use otp::prelude::*;
    ///
    /// #[derive(Default)]
    /// pub struct Sums { last: Option<u64> }
    ///
    /// #[actor]
    /// impl Sums {
    ///     #[init]
    ///     fn init() -> Self { Self::default() }
    ///     #[handle_cast]
    ///     pub fn add_up(&mut self, to: u64, ctx: &mut Context<Self>) {
    ///         ctx.task(move || (1..=to).sum(), |me, sum| me.added_up(sum));
    ///     }
    ///     #[handle_info]
    ///     fn added_up(&mut self, sum: Result<u64, ExitReason>) { self.last = sum.ok(); }
    ///     #[handle_call]
    ///     pub fn last(&self) -> Option<u64> { self.last }
    /// }
    ///
    /// Sim::run(1, |t| {
    ///     let sums = Sums::start().unwrap();
    ///     sums.add_up(100);
    ///     t.settle();
    ///     assert_eq!(sums.last(), Ok(Some(5050)));
    /// });
    /// ```
    pub fn task<T: Send + 'static, F: FnOnce() -> T + Send + 'static>(
        &self,
        work: F,
        message: impl FnOnce(A::Client<Build>, Result<T, ExitReason>) -> A::Message + Send + 'static,
    ) -> Pid {
        self.start_task::<F, T>(message, |callers, outcome| {
            closure(move |_| {
                callers.note();
                outcome.come(work());
            })
        })
    }

    /// As [`task`](Context::task), with a future.
    ///
    /// ```
    /// use otp::prelude::*;
    /// # pub struct Clock { rang: bool }
    /// #[actor]
    /// impl Clock {
    /// #   #[init] fn init() -> Self { Self { rang: false } }
    ///     #[handle_cast]
    ///     pub fn wind(&mut self, ctx: &mut Context<Self>) {
    ///         ctx.task_async(otp::sleep_async(Duration::from_secs(60)), |me, over| me.over(over));
    ///     }
    ///     #[handle_info]
    ///     fn over(&mut self, over: Result<(), ExitReason>) { self.rang = over.is_ok(); }
    /// #   #[handle_call] pub fn rang(&self) -> bool { self.rang }
    /// }
    ///
    /// Sim::run(1, |t| {
    ///     let clock = Clock::start().unwrap();
    ///     clock.wind();
    ///     assert_eq!(clock.rang(), Ok(false));       // it is not kept from its other messages
    ///     t.advance(Duration::from_secs(60));
    ///     assert_eq!(clock.rang(), Ok(true));
    /// });
    /// ```
    pub fn task_async<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
        &self,
        work: F,
        message: impl FnOnce(A::Client<Build>, Result<T, ExitReason>) -> A::Message + Send + 'static,
    ) -> Pid {
        self.start_task::<F, T>(message, |callers, outcome| {
            future(move |_| async move {
                callers.note();
                outcome.come(work.await);
            })
        })
    }

    /// As [`task`](Context::task), with a closure that computes or blocks for long: it runs on a thread of
    /// [`blocking`](fn@crate::blocking).
    ///
    /// ```
    /// use otp::prelude::*;
    /// # pub struct Disk { size: Option<usize> }
    /// #[actor]
    /// impl Disk {
    /// #   #[init] fn init() -> Self { Self { size: None } }
    ///     #[handle_cast]
    ///     pub fn read(&mut self, ctx: &mut Context<Self>) {
    ///         ctx.task_blocking(|| std::fs::read("Cargo.toml").map_or(0, |file| file.len()), |me, size| me.was_read(size));
    ///     }
    ///     #[handle_info]
    ///     fn was_read(&mut self, size: Result<usize, ExitReason>) { self.size = size.ok(); }
    /// #   #[handle_call] pub fn size(&self) -> Option<usize> { self.size }
    /// }
    /// #
    /// # Sim::run(1, |t| {
    /// #     let disk = Disk::start().unwrap();
    /// #     disk.read();
    /// #     t.settle();
    /// #     assert!(disk.size().unwrap() > Some(0));
    /// # });
    /// ```
    pub fn task_blocking<T: Send + 'static, F: FnOnce() -> T + Send + 'static>(
        &self,
        work: F,
        message: impl FnOnce(A::Client<Build>, Result<T, ExitReason>) -> A::Message + Send + 'static,
    ) -> Pid {
        self.task_async(blocking_async(work), message)
    }

    fn start_task<C: 'static, T: Send + 'static>(
        &self,
        message: impl FnOnce(A::Client<Build>, Result<T, ExitReason>) -> A::Message + Send + 'static,
        body: impl FnOnce(Callers, Arc<Outcome<A::Message, T>>) -> Body,
    ) -> Pid {
        let callers = Callers::of_new_task();
        let make = move |result| message(A::Client::from_ref(ActorRef::new(())), result);
        let outcome = Outcome::new(self.cell().clone(), make);
        let worker = run::<C>(Relation::None, |worker| {
            // It is alive: it does not run yet.
            let _ = worker.header().watch_call(Arc::new(WithoutResult(worker.clone(), Arc::clone(&outcome))));
            body(callers, outcome)
        });
        tell_of_end(&AnyProcess::new(self.cell()), &worker);
        worker.pid()
    }
}

/// What work comes to, on its way to be a message of the server that it was done for.
struct Outcome<M: Send + 'static, T> {
    server: TaskRef<Cell<M>>,
    state: Mutex<OutcomeState<M, T>>,
}

type MakeMessage<M, T> = Box<dyn FnOnce(Result<T, ExitReason>) -> M + Send>;

enum OutcomeState<M, T> {
    Awaited(MakeMessage<M, T>),
    Come(MakeMessage<M, T>, Result<T, ExitReason>),
    Delivered,
}

impl<M: Send + 'static, T: Send + 'static> Outcome<M, T> {
    fn new(server: TaskRef<Cell<M>>, make: impl FnOnce(Result<T, ExitReason>) -> M + Send + 'static) -> Arc<Self> {
        Arc::new(Self { server, state: Mutex::new(OutcomeState::Awaited(Box::new(make))) })
    }

    fn take(&self) -> OutcomeState<M, T> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *state, OutcomeState::Delivered)
    }

    fn is_awaited(&self) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(*state, OutcomeState::Awaited(_))
    }

    fn come(self: Arc<Self>, result: T) {
        self.end(Ok(result));
    }

    /// Sends the message, if it was not sent before.
    fn end(self: Arc<Self>, result: Result<T, ExitReason>) {
        let unused = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            match std::mem::replace(&mut *state, OutcomeState::Delivered) {
                OutcomeState::Awaited(make) => {
                    *state = OutcomeState::Come(make, result);
                    None
                }
                before => {
                    *state = before;
                    Some(result)
                }
            }
        };
        if unused.is_none() {
            let server = self.server.clone();
            if let Err(undelivered) = Cell::push(&server, Item::Timed(self)) {
                // Its closure is the user's, and whoever tells of the end may be no process.
                aside::each(&server.header().node, [undelivered], drop);
            }
        }
        drop(unused);
    }
}

impl<M: Send + 'static, T: Send + 'static> Timed<M> for Outcome<M, T> {
    fn deliver(self: Arc<Self>) -> Option<M> {
        match self.take() {
            OutcomeState::Come(make, result) => Some(make(result)),
            OutcomeState::Awaited(_) | OutcomeState::Delivered => None,
        }
    }
}

/// Work that may end without a result.
struct WithoutResult<M: Send + 'static, T>(AnyProcess, Arc<Outcome<M, T>>);

impl<M: Send + 'static, T: Send + 'static> PendingCall for WithoutResult<M, T> {
    fn abandon(&self) {
        let reason = self.0.header().reason().unwrap_or(ExitReason::Killed);
        Arc::clone(&self.1).end(Err(reason));
    }

    fn is_pending(&self) -> bool {
        self.1.is_awaited()
    }

    fn deferred(&self) {}

    fn client(&self) -> Option<Pid> {
        None
    }
}
