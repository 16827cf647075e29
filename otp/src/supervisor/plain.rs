//! Plain processes as children: closures and futures that are no servers.

use std::{any::type_name, fmt, future::Future};

use super::{
    Child, ChildKind, ChildSpec, Tree,
    spec::{Spec, StartFuture},
};
use crate::{
    actor::{Place, StartError},
    cell::{
        AnyProcess, MonitorRef, Pid,
        birth::{self, Relation, program},
        panic::caught,
        typed::Body,
    },
    process::{
        self, Ack, Me, StartInfo, Termination,
        spawn::{Plain, Spawn, closure, future},
    },
    scheduler::Program,
};

/// The child type of a process that is no server: see [`Spawn::child_spec`].
#[derive(Debug)]
pub enum PlainChild {}

/// What a plain process runs from one start to its end; see [`Spawn::code`].
pub struct PlainCode {
    spawn: Spawn,
    program: &'static Program,
    make: Box<dyn FnOnce() -> Body + Send>,
}

impl PlainCode {
    pub(crate) fn new<C: 'static>(spawn: Spawn, make: impl FnOnce() -> Body + Send + 'static) -> Self {
        Self { spawn, program: program::<C>(type_name::<C>()), make: Box::new(make) }
    }

    /// Starts it, linked to the current process.
    fn start(self) -> AnyProcess {
        let Self { spawn, program, make } = self;
        let (cell, _) = birth::run(program, Relation::Link, spawn.carrier(), None, |cell: &Plain, child| {
            child.own().plain.set(true);
            spawn.prepare(cell);
            make()
        });
        AnyProcess::new(&cell)
    }
}

impl fmt::Debug for PlainCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PlainCode").field(&self.program.label).finish()
    }
}

impl Spawn {
    /// The spec of a plain process as a child: it runs `code`, anew at each start, and is ready at once.
    ///
    /// ```
    /// use otp::{prelude::*, process::Spawn};
    ///
    /// Sim::run(1, |t| {
    ///     let beats = process::current().subject();
    ///     let beat = beats.clone();
    ///     let spec = Spawn::new().label("heart").child_spec(move |_| loop {
    ///         otp::sleep(Duration::from_secs(1));
    ///         beat.send(());
    ///     });
    ///     let tree = Supervisor::new(Strategy::OneForOne).child("heart", spec).start().unwrap();
    ///     let heart = tree.child::<otp::supervisor::PlainChild>("heart");
    ///     process::exit(heart.pid().unwrap(), ExitReason::Kill);
    ///     t.settle();
    ///     assert!(heart.is_alive());                 // it was started again
    ///     assert_eq!(beats.receive(None), Some(()));
    /// });
    /// ```
    pub fn child_spec<O: Termination, C: Fn(&mut Me) -> O + Clone + Send + Sync + 'static>(
        self,
        code: C,
    ) -> ChildSpec<PlainChild> {
        PlainChild::spec(move || self.clone().code(code.clone()))
    }

    /// As [`child_spec`](Spawn::child_spec), with a future for each start.
    ///
    /// ```
    /// use otp::{prelude::*, process::Spawn, supervisor::PlainChild};
    ///
    /// let spec = Spawn::new().child_spec_async(|_| async { otp::sleep_async(Duration::MAX).await });
    /// let tree = Supervisor::new(Strategy::OneForOne).child("sleeper", spec).start()?;
    /// assert!(tree.child::<PlainChild>("sleeper").is_alive());
    /// # Ok::<(), StartError>(())
    /// ```
    pub fn child_spec_async<
        O: Termination,
        F: Future<Output = O> + Send + 'static,
        C: Fn(Me) -> F + Clone + Send + Sync + 'static,
    >(
        self,
        code: C,
    ) -> ChildSpec<PlainChild> {
        PlainChild::spec(move || {
            let code = code.clone();
            PlainCode::new::<C>(self.clone(), move || future(code))
        })
    }

    /// As [`child_spec`](Spawn::child_spec), of a process that says itself when it has started, and what it gives to
    /// whoever asked for it: see [`start`](fn@crate::process::start) and [`StartInfo`](crate::process::StartInfo).
    ///
    /// ```
    /// use otp::{prelude::*, process::{Ack, Spawn}};
    ///
    /// let office = Supervisor::new(Strategy::OneForOne).start()?;
    /// let spec = Spawn::new().child_spec_start(|_, ack: Ack<u16>| {
    ///     ack.started(631);
    ///     otp::timer::sleep_forever();
    /// });
    /// let (_, info) = office.start_child_with_info("printer", spec)?;
    /// assert_eq!(info.unwrap().downcast::<u16>().unwrap(), 631);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn child_spec_start<
        T: Send + 'static,
        O: Termination,
        C: Fn(&mut Me, Ack<T>) -> O + Clone + Send + Sync + 'static,
    >(
        self,
        code: C,
    ) -> ChildSpec<PlainChild> {
        ChildSpec::new(Spec::of_worker::<std::convert::Infallible>("process", move || {
            let code = caught(|| code.clone());
            let spawn = self.clone().link();
            Box::pin(async move {
                let code = code.map_err(StartError::Failed)?;
                let starting = spawn.pending::<T, C>(|ack| closure(move |me| code(me, ack)));
                let started = starting.ready().await?;
                let process = AnyProcess::new(&started.cell);
                let info = StartInfo::new(process.pid(), started.value);
                Ok((process, Some(info)))
            }) as StartFuture
        }))
    }

    /// What a plain process runs, as the arguments of a [`PlainChild`].
    ///
    /// ```
    /// use otp::{prelude::*, process::Spawn, supervisor::PlainChild};
    ///
    /// let once = PlainChild::spec(|| Spawn::new().code(|_| ())).restart(Restart::Temporary);
    /// let tree = Supervisor::new(Strategy::OneForOne).child("once", once).start()?;
    /// # Ok::<(), StartError>(())
    /// ```
    pub fn code<O: Termination, C: FnOnce(&mut Me) -> O + Send + 'static>(self, code: C) -> PlainCode {
        PlainCode::new::<C>(self, move || closure(code))
    }
}

impl Child for PlainChild {
    type Args = PlainCode;
    type Client = PlainRef;

    fn spec(args: impl Fn() -> PlainCode + Send + Sync + 'static) -> ChildSpec<Self> {
        ChildSpec::new(Spec::of_worker::<std::convert::Infallible>("process", move || {
            let code = caught(&args);
            let started = code.map(|code| (code.start(), None)).map_err(StartError::Failed);
            Box::pin(async move { started }) as StartFuture
        }))
    }

    fn client(place: Place) -> PlainRef {
        PlainRef(place)
    }

    fn shape() -> Option<Tree> {
        None
    }

    fn declared(name: &'static str) -> super::TreeChild {
        super::TreeChild::new::<Self>(name, "process", ChildKind::Worker)
    }
}

/// A plain process in a tree, by its place: it stays valid when the process is restarted.
///
/// ```
/// use otp::{prelude::*, process::Spawn, supervisor::PlainChild};
///
/// let spec = Spawn::new().child_spec(|_| otp::timer::sleep_forever());
/// let tree = Supervisor::new(Strategy::OneForOne).child("sleeper", spec).start()?;
/// let sleeper = tree.child::<PlainChild>("sleeper");
/// let monitor = sleeper.monitor().expect("it runs");
/// tree.stop()?;
/// assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Shutdown);
/// assert_eq!((sleeper.pid(), sleeper.is_alive()), (None, false));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct PlainRef(Place);

impl PlainRef {
    /// Its pid; `None` when it is gone, or about to be restarted.
    #[must_use]
    pub fn pid(&self) -> Option<Pid> {
        self.0.pid()
    }

    /// Whether it is alive, after all that the caller has sent to it; see [`is_alive`](crate::process::is_alive).
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.pid().is_some_and(process::is_alive)
    }

    /// Watches its process of now; see [`monitor`](crate::process::monitor). `None` when there is none.
    #[must_use]
    pub fn monitor(&self) -> Option<MonitorRef> {
        self.pid().map(process::monitor)
    }
}
