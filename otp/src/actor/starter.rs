//! How an actor is started: options, and a process whose `init` somebody waits for.

use std::{marker::PhantomData, time::Duration};

use super::{
    Actor, Address, Blocking, Context, EnterLoopError, Handled, Init, IntoInit, Name, StartError,
    client::of_process,
    context::program,
    server::{Serve, serve},
};
use crate::{
    cell::{AnyProcess, IntoReason, Mailbox, MonitorRef, RegName, birth::Relation, lanes::LanedMailbox, typed::Cell},
    process::{self, StartInfo, start},
    scheduler::TaskRef,
};

/// Starts an actor with options: a link, a name, a mailbox, a limit of time.
///
/// ```
/// # use otp::{Actor, actor::Starter};
/// # use std::time::Duration;
/// # fn example<A: Actor<Args = ()>>() -> Result<(), otp::StartError> {
/// let client = Starter::<A>::new().name("printer").timeout(Duration::from_secs(1)).link().start(())?;
/// # Ok(()) }
/// ```
#[must_use = "it starts nothing until `start`"]
pub struct Starter<A: Actor> {
    relation: Relation,
    name: Option<RegName>,
    timeout: Option<Duration>,
    mailbox: Mailbox,
    actor: PhantomData<fn() -> A>,
}

impl<A: Actor> Starter<A> {
    /// Unlinked, with the name and the mailbox of the actor's options, without a limit of time.
    pub fn new() -> Self {
        Self {
            relation: Relation::None,
            name: A::OPTIONS.name.map(RegName::new),
            timeout: None,
            mailbox: A::OPTIONS.mailbox,
            actor: PhantomData,
        }
    }

    /// Links it to the current process.
    pub fn link(mut self) -> Self {
        self.relation = self.relation.and_link();
        self
    }

    /// Registers this name before its `init`. A start that finds it taken fails with
    /// [`AlreadyStarted`](StartError::AlreadyStarted), and there is no `init`.
    pub fn name(mut self, name: impl Into<Name<A>>) -> Self {
        self.name = Some(name.into().into());
        self
    }

    /// Registers no name, not even that of the actor's options.
    pub fn no_name(mut self) -> Self {
        self.name = None;
        self
    }

    /// How many messages may wait for it.
    pub fn mailbox(mut self, mailbox: Mailbox) -> Self {
        self.mailbox = mailbox;
        self
    }

    /// Kills it when its `init` has not come back after so long.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Starts it and waits until it is ready.
    ///
    /// ```
    /// # use otp::{actor::Starter, prelude::*};
    /// # pub struct Door;
    /// # #[actor]
    /// # impl Door {
    /// #     #[init] fn init() -> Self { otp::sleep(Duration::from_secs(60)); Self }
    /// # }
    /// Sim::run(1, |_| {
    ///     let start = || Starter::<Door>::new().name("front door");
    ///     assert_eq!(start().timeout(Duration::from_secs(1)).start(()).err(), Some(StartError::Timeout));
    ///     let door = start().start(()).unwrap();
    ///     assert_eq!(process::whereis("front door"), door.pid());
    ///     assert_eq!(start().start(()).err(), Some(StartError::AlreadyStarted(door.pid().unwrap())));
    /// });
    /// ```
    ///
    /// # Errors
    /// See [`StartError`]. The process has ended when an error is returned, and its name is free.
    pub fn start(self, args: A::Args) -> Result<A::Client<Blocking>, StartError> {
        let relation = self.relation;
        Starting::<A>::new(A::NAME, self.with(relation, args))
            .wait()
            .map(|(cell, _)| of_process(Address::<A>::process(cell)))
    }

    /// As [`start`](Starter::start), monitored by the current process. `gen_server:start_monitor/3`.
    ///
    /// ```
    /// # use otp::{actor::Starter, prelude::*};
    /// # pub struct Door;
    /// # #[actor]
    /// # impl Door {
    /// #     #[init] fn init() -> Self { Self }
    /// # }
    /// let (door, monitor) = Starter::<Door>::new().start_monitor(())?;
    /// door.stop()?;
    /// assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Normal);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// See [`StartError`].
    #[allow(clippy::missing_panics_doc, reason = "a monitor that was asked for is there")]
    pub fn start_monitor(self, args: A::Args) -> Result<(A::Client<Blocking>, MonitorRef), StartError> {
        let relation = self.relation.and_monitor();
        let (cell, monitor) = Starting::<A>::new(A::NAME, self.with(relation, args)).wait()?;
        Ok((of_process(Address::<A>::process(cell)), monitor.expect("it was asked for")))
    }

    fn with(self, relation: Relation, args: A::Args) -> Start<A> {
        Start { args, name: self.name, relation, timeout: self.timeout, mailbox: self.mailbox }
    }

    /// Starts a process that runs `code` and then serves as the actor, with the state that `code` made; waits until it
    /// does, or until `code` says [`Context::init_ack`]. `gen_server:enter_loop/4`.
    ///
    /// `code` is what a plain process would run: it may receive from subjects, wait, register a name. Messages for the
    /// actor wait meanwhile; the actor's own `init` does not run. The [name](Starter::name) is not registered for it:
    /// it says which name the process is to have when it begins to serve.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # use otp::actor::Starter;
    /// struct Counter(u32);
    ///
    /// #[actor]
    /// impl Counter {
    ///     #[init]
    ///     fn init() -> Self {
    ///         Self(0)
    ///     }
    ///
    ///     #[handle_call]
    ///     fn next(&mut self) -> u32 {
    ///         self.0 += 1;
    ///         self.0
    ///     }
    /// }
    ///
    /// let counter = Starter::<Counter>::new().enter_loop(|_| {
    ///     let seeds = process::current().subject();
    ///     let seed = seeds.clone();
    ///     process::spawn(move |_| seed.send(41));
    ///     Counter(seeds.receive(None).unwrap_or(0))
    /// })?;
    /// assert_eq!(counter.next()?, 42);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// See [`StartError`]. When the process does not have the name that it is to have, it ends with the error
    /// [`EnterLoopError`] instead of serving.
    pub fn enter_loop<I: IntoInit<A>>(
        self,
        code: impl FnOnce(&mut Context<A>) -> I + Send + 'static,
    ) -> Result<A::Client<Blocking>, StartError> {
        let Self { relation, name, timeout, mailbox, .. } = self;
        let starting = Starting::<A>::with(A::NAME, None, relation, timeout, mailbox, |ctx: &mut Context<A>| {
            let init = code(ctx).into_init();
            Handled::Done(match (init, name.filter(|name| name.whereis() != Some(ctx.pid()))) {
                (Init::Ok(_), Some(name)) => Init::Stop(EnterLoopError(name).into_reason()),
                (init, _) => init,
            })
        });
        starting.wait().map(|(cell, _)| of_process(Address::<A>::process(cell)))
    }
}

impl<A: Actor> Default for Starter<A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<A: Actor> std::fmt::Debug for Starter<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Starter").field("actor", &A::NAME).field("name", &self.name).finish_non_exhaustive()
    }
}

pub(crate) struct Start<A: Actor> {
    pub(crate) args: A::Args,
    pub(crate) name: Option<RegName>,
    pub(crate) relation: Relation,
    pub(crate) timeout: Option<Duration>,
    pub(crate) mailbox: Mailbox,
}

type Started<A> = (TaskRef<Cell<<A as Actor>::Message>>, Option<MonitorRef>);

/// An actor whose process runs, and whose `init` may not be over.
pub(crate) struct Starting<A: Actor>(start::PendingStart<A::Message, Option<StartInfo>, StartError>);

impl<A: Actor> Starting<A> {
    /// Starts an actor; reports call it `label`.
    pub(crate) fn new(label: &'static str, start: Start<A>) -> Self {
        let Start { args, name, relation, timeout, mailbox } = start;
        Self::with(label, name, relation, timeout, mailbox, |ctx: &mut Context<A>| A::init(args, ctx))
    }

    /// As [`new`](Starting::new), with an `init` of the starter's own.
    fn with<I>(
        label: &'static str,
        name: Option<RegName>,
        relation: Relation,
        timeout: Option<Duration>,
        mailbox: Mailbox,
        init: I,
    ) -> Self
    where
        I: FnOnce(&mut Context<A>) -> Handled<'_, Init<A>> + Send + 'static,
    {
        let mailbox = LanedMailbox::new(mailbox, A::PRIORITY, A::message_name);
        let carrier = A::OPTIONS.carrier;
        let program = program::<A>(label);
        program.message_name.get_or_init(|| Box::new(A::message_name as fn(&A::Message) -> &'static str));
        Self(start::PendingStart::new(program, relation, timeout, carrier, mailbox, |cell, ack| {
            Box::pin(serve::<A, I>(Box::new(Serve { cell: cell.clone(), name, claim: None, init: Some(init), ack })))
        }))
    }

    /// Waits until its `init` is over, and on failure until the process is gone.
    pub(crate) fn wait(self) -> Result<Started<A>, StartError> {
        Self::started(self.0.wait())
    }

    /// As [`wait`](Starting::wait), for the handler of a process that is not to be bound to its core.
    pub(crate) async fn ready(self) -> Result<Started<A>, StartError> {
        Self::started(self.0.ready().await)
    }

    /// As [`ready`](Starting::ready), with what it gives to whoever asked for it.
    pub(crate) async fn ready_with_info(self) -> Result<(AnyProcess, Option<StartInfo>), StartError> {
        let started = self.0.ready().await?;
        Ok((AnyProcess::new(&started.cell), started.value))
    }

    fn started(
        started: Result<start::StartedProcess<A::Message, Option<StartInfo>>, process::AckError<StartError>>,
    ) -> Result<Started<A>, StartError> {
        started.map(|started| (started.cell, started.monitor)).map_err(StartError::from)
    }
}
