//! Starting processes that are not servers.

use std::{any::type_name, convert::Infallible, future::Future, sync::Arc, time::Duration};

use super::{
    me::Me,
    outcome::{Termination, go_on},
    start::{Ack, AckError, PendingStart, StartedProcess},
};
use crate::{
    cell::{
        ExitReason, MonitorRef, Pid,
        birth::{self, Carrier, Relation, program},
        current,
        typed::{Body, Cell},
    },
    scheduler::{self, TaskRef},
};

/// Builds a process that is no server: spawns or starts it, with options. `erlang:spawn_opt/2`, `proc_lib:start/5`.
///
/// ```
/// use otp::process::{self, Spawn};
///
/// let (pid, monitor) = Spawn::new().link().label("the greeter").spawn_monitor(|_| ());
/// let me = process::current();
/// assert_eq!(me.receive_exit(None).unwrap().from, pid);
/// assert_eq!(me.receive_down(monitor, None).unwrap().pid, pid);
/// ```
#[derive(Debug, Clone)]
#[must_use = "it spawns nothing until `spawn` or `start`"]
pub struct Spawn {
    relation: Relation,
    label: Option<Arc<str>>,
    timeout: Option<Duration>,
    carrier: Carrier,
}

pub(crate) type Plain = TaskRef<Cell<Infallible>>;

impl Spawn {
    /// Unlinked, without a label, without a limit of time, on the cores of the node.
    pub const fn new() -> Self {
        Self { relation: Relation::None, label: None, timeout: None, carrier: Carrier::Cores }
    }

    /// Links it to the current process from its beginning.
    ///
    /// ```
    /// use otp::process::{self, Spawn};
    ///
    /// let pid = Spawn::new().link().spawn_async(|_| async {});
    /// assert_eq!(process::current().receive_exit(None).unwrap().from, pid);
    /// ```
    pub fn link(mut self) -> Self {
        self.relation = self.relation.and_link();
        self
    }

    /// Labels it; see [`set_label`](super::set_label).
    ///
    /// ```
    /// use otp::process::{self, Spawn};
    ///
    /// let pid = Spawn::new().label("the greeter").spawn(|_| otp::timer::sleep_forever());
    /// assert_eq!(process::label(pid).as_deref(), Some("the greeter"));
    /// ```
    pub fn label(mut self, label: impl Into<Arc<str>>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Kills it when it has not said how its start went after so long. Only [`start`](Spawn::start) and its relatives
    /// wait for that.
    ///
    /// ```
    /// use otp::{prelude::*, process::{Ack, Spawn, AckError}};
    ///
    /// Sim::run(1, |_| {
    ///     let hurried = Spawn::new().timeout(Duration::from_secs(5));
    ///     let started = hurried.start(|_, _ack: Ack<()>| otp::timer::sleep_forever());
    ///     assert!(matches!(started, Err(AckError::Timeout)));
    /// });
    /// ```
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Gives it a thread of its own for its whole life: its code and the destructors of what that holds run there, and
    /// nobody else's, so thread-locals are its own, and it may block for as long as it likes. What it waits for,
    /// timers, links, exits and kills are as in any process. In a simulation it runs on the one core. For code that
    /// blocks now and then, there is [`blocking`](fn@super::blocking).
    ///
    /// ```
    /// use otp::process::{self, Spawn};
    ///
    /// let (samples, device) = std::sync::mpsc::channel::<u32>();
    /// let (_, monitor) = Spawn::new().thread().spawn_monitor(move |_| {
    ///     // Blocks outside of `otp`, sample after sample.
    ///     assert_eq!(device.iter().sum::<u32>(), 42);
    /// });
    /// samples.send(40)?;
    /// samples.send(2)?;
    /// drop(samples);
    /// assert!(process::current().receive_down(monitor, None).unwrap().reason.is_clean());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn thread(mut self) -> Self {
        self.carrier = Carrier::OwnThread;
        self
    }

    pub(crate) fn carrier(&self) -> Carrier {
        self.carrier
    }

    fn and_monitor(mut self) -> Self {
        self.relation = self.relation.and_monitor();
        self
    }

    /// Spawns a process that runs `code`; see [`spawn`].
    pub fn spawn<O: Termination, C: FnOnce(&mut Me) -> O + Send + 'static>(self, code: C) -> Pid {
        self.run::<C>(closure(code)).0
    }

    /// As [`Spawn::spawn`], monitored by the current process from its beginning.
    #[allow(clippy::missing_panics_doc, reason = "a monitor that was asked for is there")]
    pub fn spawn_monitor<O: Termination, C: FnOnce(&mut Me) -> O + Send + 'static>(self, code: C) -> (Pid, MonitorRef) {
        let (pid, monitor) = self.and_monitor().run::<C>(closure(code));
        (pid, monitor.expect("it was asked for"))
    }

    /// As [`Spawn::spawn`], for code that awaits.
    pub fn spawn_async<O: Termination, F: Future<Output = O> + Send + 'static, C: FnOnce(Me) -> F + Send + 'static>(
        self,
        code: C,
    ) -> Pid {
        self.run::<C>(future(code)).0
    }

    /// As [`Spawn::spawn_monitor`], for code that awaits.
    #[allow(clippy::missing_panics_doc, reason = "a monitor that was asked for is there")]
    pub fn spawn_monitor_async<
        O: Termination,
        F: Future<Output = O> + Send + 'static,
        C: FnOnce(Me) -> F + Send + 'static,
    >(
        self,
        code: C,
    ) -> (Pid, MonitorRef) {
        let (pid, monitor) = self.and_monitor().run::<C>(future(code));
        (pid, monitor.expect("it was asked for"))
    }

    /// Starts a process that runs `code`, and waits until that says that it has started; see
    /// [`start`](fn@super::start).
    ///
    /// ```
    /// use otp::process::{self, Spawn};
    ///
    /// let (pid, port) = Spawn::new().link().label("the printer").start(|_, ack| ack.started(631))?;
    /// assert_eq!(port, 631);
    /// assert_eq!(process::current().receive_exit(None).unwrap().from, pid);
    /// # Ok::<(), process::AckError>(())
    /// ```
    ///
    /// # Errors
    /// See [`AckError`].
    pub fn start<T: Send + 'static, O: Termination, C: FnOnce(&mut Me, Ack<T>) -> O + Send + 'static>(
        self,
        code: C,
    ) -> Result<(Pid, T), AckError> {
        let started = self.starting::<T, C>(|ack| closure(|me| code(me, ack)))?;
        Ok((started.cell.header().pid, started.value))
    }

    /// As [`Spawn::start`], monitored by the current process from its beginning. `proc_lib:start_monitor/5`.
    ///
    /// # Errors
    /// See [`AckError`]; the monitor is over then.
    #[allow(clippy::missing_panics_doc, reason = "a monitor that was asked for is there")]
    pub fn start_monitor<T: Send + 'static, O: Termination, C: FnOnce(&mut Me, Ack<T>) -> O + Send + 'static>(
        self,
        code: C,
    ) -> Result<(Pid, MonitorRef, T), AckError> {
        let started = self.and_monitor().starting::<T, C>(|ack| closure(|me| code(me, ack)))?;
        Ok((started.cell.header().pid, started.monitor.expect("it was asked for"), started.value))
    }

    /// As [`Spawn::start`], for code that awaits. The caller waits as there.
    ///
    /// ```
    /// use otp::process::{self, Spawn};
    ///
    /// let (_, port) = Spawn::new().start_async(|_, ack| async move { ack.started(631) })?;
    /// assert_eq!(port, 631);
    /// # Ok::<(), process::AckError>(())
    /// ```
    ///
    /// # Errors
    /// See [`AckError`].
    pub fn start_async<
        T: Send + 'static,
        O: Termination,
        F: Future<Output = O> + Send + 'static,
        C: FnOnce(Me, Ack<T>) -> F + Send + 'static,
    >(
        self,
        code: C,
    ) -> Result<(Pid, T), AckError> {
        let started = self.starting::<T, C>(|ack| future(|me| code(me, ack)))?;
        Ok((started.cell.header().pid, started.value))
    }

    /// Runs a process whose reports name the code `C`.
    fn run<C: 'static>(self, body: Body) -> (Pid, Option<MonitorRef>) {
        let carrier = self.carrier;
        let (cell, monitor) =
            birth::run(program::<C>(type_name::<C>()), self.relation, carrier, None, |cell: &Plain, child| {
                child.own().plain.set(true);
                self.prepare(cell);
                body
            });
        (cell.header().pid, monitor)
    }

    fn starting<T: Send + 'static, C: 'static>(
        self,
        body: impl FnOnce(Ack<T>) -> Body,
    ) -> Result<StartedProcess<Infallible, T>, AckError> {
        self.pending::<T, C>(body).wait()
    }

    /// Starts a process whose reports name the code `C`, and which says when it has started.
    pub(crate) fn pending<T: Send + 'static, C: 'static>(
        self,
        body: impl FnOnce(Ack<T>) -> Body,
    ) -> PendingStart<Infallible, T, ExitReason> {
        let (relation, timeout, carrier) = (self.relation, self.timeout, self.carrier);
        PendingStart::new(
            program::<C>(type_name::<C>()),
            relation,
            timeout,
            carrier,
            None,
            |cell: &Plain, ack: Ack<T>| {
                self.prepare(cell);
                ack.may_leave();
                body(ack)
            },
        )
    }

    pub(crate) fn prepare(self, cell: &Plain) {
        if let Some(label) = self.label {
            cell.header().set_label(label);
        }
    }
}

impl Default for Spawn {
    fn default() -> Self {
        Self::new()
    }
}

pub(crate) fn closure<O: Termination>(code: impl FnOnce(&mut Me) -> O + Send + 'static) -> Body {
    Box::pin(async move {
        let next = current::with(|me| {
            let own = &me.header().program.first;
            let _under_way = own.is_doubtful().then(|| scheduler::begin(own));
            code(&mut Me::new()).into_next()
        });
        go_on(next).await
    })
}

pub(crate) fn future<O: Termination, F: Future<Output = O> + Send + 'static>(
    code: impl FnOnce(Me) -> F + Send + 'static,
) -> Body {
    Box::pin(async move { go_on(code(Me::new()).await.into_next()).await })
}

/// Starts a process that runs `code`, a plain closure that may wait. `erlang:spawn/1`.
///
/// It ends with `Normal` when the closure returns `()` or `Ok`, with the error of an `Err`, or with a panic. Nobody is
/// told unless a link or monitor was made; a panic and an [`ExitReason::Error`](crate::ExitReason::Error) are reported.
/// See [`Spawn`] for options.
///
/// ```
/// use otp::process;
///
/// let (pid, monitor) = process::spawn_monitor(|me| {
///     assert_eq!(me.pid(), otp::self_pid());
/// });
/// let down = process::current().receive_down(monitor, None).unwrap();
/// assert_eq!((down.pid, down.reason), (pid, otp::ExitReason::Normal));
/// ```
pub fn spawn<O: Termination>(code: impl FnOnce(&mut Me) -> O + Send + 'static) -> Pid {
    Spawn::new().spawn(code)
}

/// As [`spawn`], linked to the current process from its beginning. `erlang:spawn_link/1`.
///
/// ```
/// use otp::{prelude::*, process};
///
/// let pid = process::spawn_link(|_| panic!("off by one"));
/// let exit = process::current().receive_exit(None).unwrap();       // this thread traps exits
/// assert_eq!(exit.from, pid);
/// assert_eq!(exit.reason.as_panic().unwrap().message, "off by one");
/// ```
pub fn spawn_link<O: Termination>(code: impl FnOnce(&mut Me) -> O + Send + 'static) -> Pid {
    Spawn::new().link().spawn(code)
}

/// As [`spawn`], monitored by the current process from its beginning. `erlang:spawn_monitor/1`.
///
/// ```
/// use otp::{prelude::*, process};
///
/// let (pid, monitor) = process::spawn_monitor(|_| Err(ExitReason::other("no paper")));
/// let down = process::current().receive_down(monitor, None).unwrap();
/// assert_eq!((down.pid, down.reason), (pid, ExitReason::other("no paper")));
/// ```
pub fn spawn_monitor<O: Termination>(code: impl FnOnce(&mut Me) -> O + Send + 'static) -> (Pid, MonitorRef) {
    Spawn::new().spawn_monitor(code)
}

/// As [`spawn`], for code that awaits. It is polled on the cores of the node, and may await any crate's futures.
///
/// ```
/// use otp::process;
///
/// let answers = process::current().subject();
/// let to = answers.clone();
/// process::spawn_async(move |_| async move {
///     let file = otp::blocking_async(|| std::fs::read("no/such/file")).await;
///     to.send(file.is_err());
/// });
/// assert_eq!(answers.receive(None), Some(true));
/// ```
pub fn spawn_async<O: Termination, F: Future<Output = O> + Send + 'static>(
    code: impl FnOnce(Me) -> F + Send + 'static,
) -> Pid {
    Spawn::new().spawn_async(code)
}

/// As [`spawn_link`], for code that awaits.
///
/// ```
/// use otp::{prelude::*, process};
///
/// let pid = process::spawn_link_async(|_| async { Err(ExitReason::other("no paper")) });
/// let exit = process::current().receive_exit(None).unwrap();       // this thread traps exits
/// assert_eq!((exit.from, exit.reason), (pid, ExitReason::other("no paper")));
/// ```
pub fn spawn_link_async<O: Termination, F: Future<Output = O> + Send + 'static>(
    code: impl FnOnce(Me) -> F + Send + 'static,
) -> Pid {
    Spawn::new().link().spawn_async(code)
}

/// As [`spawn_monitor`], for code that awaits.
///
/// ```
/// use otp::{prelude::*, process};
///
/// let (pid, monitor) = process::spawn_monitor_async(|_| async { otp::blocking_async(|| ()).await });
/// assert_eq!(process::current().receive_down(monitor, None).unwrap().pid, pid);
/// ```
pub fn spawn_monitor_async<O: Termination, F: Future<Output = O> + Send + 'static>(
    code: impl FnOnce(Me) -> F + Send + 'static,
) -> (Pid, MonitorRef) {
    Spawn::new().spawn_monitor_async(code)
}

/// Starts a process that runs `code`, and waits until `code` says how the start went. `proc_lib:start/3`.
///
/// `code` calls [`Ack::started`] with a value for its starter, and both go on; or [`Ack::failed`], and returns. When it
/// does neither, the starter waits until the process has ended; [`Spawn::timeout`] limits that. Until then others see
/// the process, and it can do all that a process can: register its name, for instance.
///
/// ```
/// use otp::process;
///
/// let (pid, port) = process::start(|me, ack| {
///     ack.started(8080);
///     me.receive_exit(None);
/// })?;
/// assert_eq!(port, 8080);
/// assert!(otp::process::is_alive(pid));
///
/// let error = process::start(|_, ack: process::Ack<u16>| ack.failed("the port is taken")).unwrap_err();
/// assert_eq!(error.to_string(), "its start failed: the port is taken");
/// # Ok::<(), process::AckError>(())
/// ```
///
/// # Errors
/// See [`AckError`]. The process is gone when an error is returned, and its name is free.
pub fn start<T: Send + 'static, O: Termination>(
    code: impl FnOnce(&mut Me, Ack<T>) -> O + Send + 'static,
) -> Result<(Pid, T), AckError> {
    Spawn::new().start(code)
}

/// As [`start`], linked to the current process from its beginning. `proc_lib:start_link/3`.
///
/// A failed start is returned as an error, and its exit signal does not reach a caller that traps exits; unless the
/// process ended with `Normal`, it ends one that does not.
///
/// ```
/// use otp::{prelude::*, process};
///
/// let (pid, ()) = process::start_link(|_, ack| {
///     ack.started(());
///     Err(ExitReason::other("no paper"))
/// })?;
/// let exit = process::current().receive_exit(None).unwrap();
/// assert_eq!((exit.from, exit.reason), (pid, ExitReason::other("no paper")));
/// # Ok::<(), process::AckError>(())
/// ```
///
/// # Errors
/// See [`AckError`].
pub fn start_link<T: Send + 'static, O: Termination>(
    code: impl FnOnce(&mut Me, Ack<T>) -> O + Send + 'static,
) -> Result<(Pid, T), AckError> {
    Spawn::new().link().start(code)
}

/// As [`start`], monitored by the current process from its beginning. `proc_lib:start_monitor/3`.
///
/// ```
/// use otp::process;
///
/// let (pid, monitor, port) = process::start_monitor(|_, ack| ack.started(8080))?;
/// assert_eq!(port, 8080);
/// assert_eq!(process::current().receive_down(monitor, None).unwrap().pid, pid);
/// # Ok::<(), process::AckError>(())
/// ```
///
/// # Errors
/// See [`AckError`]; the monitor is over then.
pub fn start_monitor<T: Send + 'static, O: Termination>(
    code: impl FnOnce(&mut Me, Ack<T>) -> O + Send + 'static,
) -> Result<(Pid, MonitorRef, T), AckError> {
    Spawn::new().start_monitor(code)
}
