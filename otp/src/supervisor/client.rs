//! How others speak with a supervisor.

use std::{error::Error, fmt, marker::PhantomData, time::Duration};

use super::{
    AskMode, Child, ChildSpec,
    server::{ChildFilter, Message, Server, Snapshot, Who},
    spec::{ChildKind, SpecInfo},
    validate_at,
};
use crate::{
    actor::{Async, Blocking, CallError, ChildId, ClientExt as _, Name, Place, StartError, ToPid, of_place, requested},
    cell::{ExitReason, IntoReason, MonitorRef, Pid, RegName, failed_call},
    process::{self, StartInfo},
};

/// A supervisor, by its place in a tree: it stays valid when the supervisor is restarted. `supervisor`'s functions.
///
/// Its requests wait until the supervisor comes to them, without a limit of time: it may be about to start or to end
/// other children. When it is gone they end in [`ChildError::Gone`]. What changes a child by its id, or asks for its
/// spec, ends in [`ChildError::OtherKind`] when the supervisor is a dynamic one. Given to [`sys`](crate::sys) it waits
/// 5 seconds. Printed, it shows the tree as it runs now.
///
/// ```
/// # use otp::prelude::*;
/// # use otp::supervisor::{ChildError, ChildState};
/// # pub struct Worker;
/// # #[actor]
/// # impl Worker {
/// #     #[init] fn init() -> Self { Self }
/// #     #[handle_call] pub fn work(&self) -> u32 { 42 }
/// # }
/// # fn shop() -> Result<SupervisorRef, StartError> {
/// #     Supervisor::new(Strategy::OneForOne).child("worker", Worker::child_spec()).start()
/// # }
/// let shop = shop()?;
/// let helper = shop.start_child("helper", Worker::child_spec())?;
/// assert_eq!(helper.work()?, 42);
///
/// shop.terminate_child("helper")?;                        // its spec is kept,
/// assert_eq!(shop.count_children()?.specs, 2);
/// shop.restart_child("helper")?;
/// assert_eq!(helper.work()?, 42);                         // and so is its place
///
/// shop.terminate_child("helper")?;
/// shop.delete_child("helper")?;
/// assert_eq!(shop.which_child("helper"), Err(ChildError::NotFound));
/// shop.stop()?;                                           // the worker first, then the supervisor
/// assert_eq!(shop.pid(), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The requests of [`as_async`](SupervisorRef::as_async) are futures of the same.
pub struct SupervisorRef<M: AskMode = Blocking> {
    place: Place,
    mode: PhantomData<fn() -> M>,
}

impl SupervisorRef {
    #[doc(hidden)]
    #[must_use]
    pub fn from_place(place: Place) -> Self {
        Self::at(place)
    }

    /// The supervisor that has a name now, by its place in its tree.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// let shop = Supervisor::new(Strategy::OneForOne).name("shop").start()?;
    /// assert_eq!(SupervisorRef::lookup("shop")?.pid(), shop.pid());
    /// assert!(SupervisorRef::lookup("store").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`CallError::NoProc`] when nobody has the name, or a process that is no supervisor;
    /// [`CallError::Timeout`] when the supervisor is busy for 5 seconds.
    pub fn lookup(name: impl Into<RegName>) -> Result<Self, CallError> {
        requested::wait(Self::lookup_async(name))
    }

    /// As [`lookup`](SupervisorRef::lookup), to be awaited on any executor.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// let shop = Supervisor::new(Strategy::OneForOne).name("corner shop").start()?;
    /// let (_, looks) = process::spawn_monitor_async(move |_| async move {
    ///     assert_eq!(SupervisorRef::lookup_async("corner shop").await?.pid(), shop.pid());
    ///     Ok::<(), CallError>(())
    /// });
    /// assert!(process::current().receive_down(looks, None).unwrap().reason.is_clean());
    /// # Ok::<(), StartError>(())
    /// ```
    ///
    /// # Errors
    /// As for [`lookup`](SupervisorRef::lookup).
    ///
    /// # Cancel safety
    /// It changes nothing.
    pub async fn lookup_async(name: impl Into<RegName>) -> Result<Self, CallError> {
        Self::look_up(name.into()).await.map(|look| Self::at(look.place))
    }

    pub(super) async fn look_up(name: RegName) -> Result<Snapshot, CallError> {
        Name::<Server>::from(name).client().as_async().call(|reply| Message::Snapshot(ChildFilter::None, reply)).await
    }

    /// What can be seen of it within the time that a call has.
    pub(super) fn look(&self, shown: ChildFilter) -> Result<Snapshot, CallError> {
        of_place::<Server>(self.place.clone()).call(|reply| Message::Snapshot(shown, reply))
    }
}

impl<M: AskMode> SupervisorRef<M> {
    pub(super) fn at(place: Place) -> Self {
        Self { place, mode: PhantomData }
    }

    /// The same supervisor, whose requests are futures, for any executor. They are sent when the method is called.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Worker;
    /// # #[actor]
    /// # impl Worker {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn work(&self) -> u32 { 42 }
    /// # }
    /// Sim::run(1, |_| {
    ///     let shop = Supervisor::new(Strategy::OneForOne).start().unwrap();
    ///     let (_, monitor) = process::spawn_monitor_async(|_| async move {
    ///         let shop = shop.as_async();
    ///         let worker = shop.start_child("worker", Worker::child_spec()).await?;
    ///         assert_eq!(worker.work(), Ok(42));
    ///         assert_eq!(shop.count_children().await?.active, 1);
    ///         shop.stop().await?;
    ///         Ok::<(), otp::supervisor::ChildError>(())
    ///     });
    ///     assert!(process::current().receive_down(monitor, None).unwrap().reason.is_clean());
    /// });
    /// ```
    #[must_use]
    pub fn as_async(&self) -> SupervisorRef<Async> {
        SupervisorRef::at(self.place.clone())
    }

    /// The same supervisor, whose requests wait.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// let shop = Supervisor::new(Strategy::OneForOne).start()?;
    /// assert_eq!(shop.as_async().as_blocking().count_children()?.specs, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn as_blocking(&self) -> SupervisorRef {
        SupervisorRef::at(self.place.clone())
    }

    /// Its place in the tree.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # use otp::supervisor::{ChildError, ChildState};
    /// # pub struct Worker;
    /// # #[actor]
    /// # impl Worker {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn work(&self) -> u32 { 42 }
    /// # }
    /// # fn shop() -> Result<SupervisorRef, StartError> {
    /// #     Supervisor::new(Strategy::OneForOne).child("worker", Worker::child_spec()).start()
    /// # }
    /// let shop = shop()?;
    /// let place = shop.place().child("worker");
    /// assert_eq!(place.pid(), shop.child::<Worker>("worker").pid());
    /// # Ok::<(), StartError>(())
    /// ```
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Its pid; `None` when it is gone, or about to be restarted.
    ///
    /// Asks nobody.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # use otp::supervisor::{ChildError, ChildState};
    /// # pub struct Worker;
    /// # #[actor]
    /// # impl Worker {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn work(&self) -> u32 { 42 }
    /// # }
    /// # fn shop() -> Result<SupervisorRef, StartError> {
    /// #     Supervisor::new(Strategy::OneForOne).child("worker", Worker::child_spec()).start()
    /// # }
    /// let shop = shop()?;
    /// assert!(process::list().contains(&shop.pid().unwrap()));
    /// shop.stop()?;
    /// assert_eq!(shop.pid(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn pid(&self) -> Option<Pid> {
        self.place.pid()
    }

    /// Whether it ended because it had to restart its children too often; not once it is started again.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # use otp::supervisor::{ChildError, ChildState};
    /// # pub struct Worker;
    /// # #[actor]
    /// # impl Worker {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn work(&self) -> u32 { 42 }
    /// # }
    /// Sim::run(1, |t| {
    ///     let spec = Worker::child_spec();
    ///     let shop = Supervisor::new(Strategy::OneForOne)
    ///         .intensity(0, Duration::from_secs(5))           // no restart at all
    ///         .child("worker", spec)
    ///         .start()
    ///         .unwrap();
    ///     t.kill(&shop.child::<Worker>("worker"));
    ///     t.settle();
    ///     assert!(shop.gave_up());
    /// });
    /// ```
    #[must_use]
    pub fn gave_up(&self) -> bool {
        self.place.gave_up()
    }

    /// A client of a child. It names the child's place: with a type that is not the child's it reaches nobody.
    ///
    /// Asks nobody: there need not be such a child now.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # use otp::supervisor::{ChildError, ChildState};
    /// # pub struct Worker;
    /// # #[actor]
    /// # impl Worker {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn work(&self) -> u32 { 42 }
    /// # }
    /// # fn shop() -> Result<SupervisorRef, StartError> {
    /// #     Supervisor::new(Strategy::OneForOne).child("worker", Worker::child_spec()).start()
    /// # }
    /// let worker: WorkerRef = shop()?.child::<Worker>("worker");
    /// assert_eq!(worker.work()?, 42);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn child<C: Child>(&self, id: impl Into<ChildId>) -> C::Client {
        C::client(self.place.child(id))
    }

    /// Starts one more child, the last in order, and waits until it is ready. `supervisor:start_child/2`.
    ///
    /// When its `init` chooses not to run that is no error: the client reaches nobody, and the spec is kept unless it
    /// is temporary.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # use otp::supervisor::{ChildError, ChildState};
    /// # pub struct Worker;
    /// # #[actor]
    /// # impl Worker {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn work(&self) -> u32 { 42 }
    /// # }
    /// # fn shop() -> Result<SupervisorRef, StartError> {
    /// #     Supervisor::new(Strategy::OneForOne).child("worker", Worker::child_spec()).start()
    /// # }
    /// let shop = shop()?;
    /// let helper = shop.start_child("helper", Worker::child_spec().restart(Restart::Transient))?;
    /// assert_eq!(helper.work()?, 42);
    /// let again = shop.start_child("helper", Worker::child_spec());
    /// assert_eq!(again.unwrap_err(), ChildError::AlreadyStarted(helper.pid().unwrap()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ChildError::AlreadyStarted`] and [`ChildError::AlreadyPresent`] when there is a child with this id,
    /// [`ChildError::Start`] when the start fails; the spec is not kept.
    pub fn start_child<C: Child>(
        &self,
        id: impl Into<ChildId>,
        spec: ChildSpec<C>,
    ) -> M::Outcome<C::Client, ChildError> {
        self.starting(id.into(), spec, |client, _| client)
    }

    /// As [`start_child`](SupervisorRef::start_child), with what the child gives: see
    /// [`StartInfo`](crate::process::StartInfo).
    ///
    /// ```
    /// use otp::{prelude::*, process::{Ack, Spawn}};
    ///
    /// let office = Supervisor::new(Strategy::OneForOne).start()?;
    /// let printer = Spawn::new().child_spec_start(|_, ack: Ack<u16>| {
    ///     ack.started(631);
    ///     otp::timer::sleep_forever();
    /// });
    /// let (printer, info) = office.start_child_with_info("printer", printer)?;
    /// assert_eq!(info.unwrap().downcast::<u16>().unwrap(), 631);
    /// assert!(printer.is_alive());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`start_child`](SupervisorRef::start_child).
    pub fn start_child_with_info<C: Child>(
        &self,
        id: impl Into<ChildId>,
        spec: ChildSpec<C>,
    ) -> M::Outcome<(C::Client, Option<StartInfo>), ChildError> {
        self.starting(id.into(), spec, |client, info| (client, info))
    }

    fn starting<C: Child, R: Send + 'static>(
        &self,
        id: ChildId,
        spec: ChildSpec<C>,
        then: impl FnOnce(C::Client, Option<StartInfo>) -> R + Send + 'static,
    ) -> M::Outcome<R, ChildError> {
        let (client, spec) = (self.child::<C>(&id), spec.into_spec());
        match validate_at(&self.place, &id, &spec) {
            Ok(()) => {
                self.ask(|reply| Message::StartChild(id, spec, reply), |started| started.map(|info| then(client, info)))
            }
            Err(error) => Self::known(Err(error)),
        }
    }

    /// Ends a child and waits until it has ended. Its spec is kept, unless it is temporary; the child is started again
    /// by [`restart_child`](SupervisorRef::restart_child), or with others that are restarted.
    /// `supervisor:terminate_child/2`.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # use otp::supervisor::{ChildError, ChildState};
    /// # pub struct Worker;
    /// # #[actor]
    /// # impl Worker {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn work(&self) -> u32 { 42 }
    /// # }
    /// # fn shop() -> Result<SupervisorRef, StartError> {
    /// #     Supervisor::new(Strategy::OneForOne).child("worker", Worker::child_spec()).start()
    /// # }
    /// let shop = shop()?;
    /// shop.terminate_child("worker")?;
    /// assert_eq!(shop.which_child("worker")?.state, ChildState::Stopped);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ChildError::NotFound`] when there is no such child.
    pub fn terminate_child(&self, id: impl Into<ChildId>) -> M::Outcome<(), ChildError> {
        self.ask(|reply| Message::TerminateChild(Who::Id(id.into()), reply), |ended| ended)
    }

    /// Starts a child that has ended and is not restarted by itself; gives its pid, unless its `init` chooses not to
    /// run. `supervisor:restart_child/2`.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # use otp::supervisor::{ChildError, ChildState};
    /// # pub struct Worker;
    /// # #[actor]
    /// # impl Worker {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn work(&self) -> u32 { 42 }
    /// # }
    /// # fn shop() -> Result<SupervisorRef, StartError> {
    /// #     Supervisor::new(Strategy::OneForOne).child("worker", Worker::child_spec()).start()
    /// # }
    /// let shop = shop()?;
    /// assert_eq!(shop.restart_child("worker"), Err(ChildError::Running));
    /// shop.terminate_child("worker")?;
    /// assert_eq!(shop.restart_child("worker")?, shop.child::<Worker>("worker").pid());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ChildError::NotFound`], [`ChildError::Running`], [`ChildError::Restarting`], or [`ChildError::Start`] when the
    /// start fails.
    pub fn restart_child(&self, id: impl Into<ChildId>) -> M::Outcome<Option<Pid>, ChildError> {
        self.ask(|reply| Message::RestartChild(id.into(), reply), |started| started.map(|(pid, _)| pid))
    }

    /// As [`restart_child`](SupervisorRef::restart_child), with what the child gives; see
    /// [`start_child_with_info`](SupervisorRef::start_child_with_info).
    ///
    /// ```
    /// use otp::{prelude::*, process::{Ack, Spawn}};
    /// use std::sync::{Arc, atomic::{AtomicU16, Ordering}};
    ///
    /// let office = Supervisor::new(Strategy::OneForOne).start()?;
    /// let ports = Arc::new(AtomicU16::new(631));
    /// let printer = Spawn::new().child_spec_start(move |_, ack: Ack<u16>| {
    ///     ack.started(ports.fetch_add(1, Ordering::Relaxed));
    ///     otp::timer::sleep_forever();
    /// });
    /// office.start_child("printer", printer)?;
    /// office.terminate_child("printer")?;
    /// let (_, info) = office.restart_child_with_info("printer")?;
    /// assert_eq!(info.unwrap().downcast::<u16>().unwrap(), 632);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`restart_child`](SupervisorRef::restart_child).
    pub fn restart_child_with_info(
        &self,
        id: impl Into<ChildId>,
    ) -> M::Outcome<(Option<Pid>, Option<StartInfo>), ChildError> {
        self.ask(|reply| Message::RestartChild(id.into(), reply), |started| started)
    }

    /// Forgets the spec of a child that does not run. Its place in the tree is gone: clients that name it reach nobody,
    /// also when there is a child with this id again. `supervisor:delete_child/2`.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # use otp::supervisor::{ChildError, ChildState};
    /// # pub struct Worker;
    /// # #[actor]
    /// # impl Worker {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn work(&self) -> u32 { 42 }
    /// # }
    /// # fn shop() -> Result<SupervisorRef, StartError> {
    /// #     Supervisor::new(Strategy::OneForOne).child("worker", Worker::child_spec()).start()
    /// # }
    /// let shop = shop()?;
    /// assert_eq!(shop.delete_child("worker"), Err(ChildError::Running));
    /// shop.terminate_child("worker")?;
    /// shop.delete_child("worker")?;
    /// assert_eq!(shop.restart_child("worker"), Err(ChildError::NotFound));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ChildError::NotFound`], [`ChildError::Running`] or [`ChildError::Restarting`].
    pub fn delete_child(&self, id: impl Into<ChildId>) -> M::Outcome<(), ChildError> {
        self.ask(|reply| Message::DeleteChild(id.into(), reply), |deleted| deleted)
    }

    /// Its children, the newest first. `supervisor:which_children/1`.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # use otp::supervisor::{ChildError, ChildState};
    /// # pub struct Worker;
    /// # #[actor]
    /// # impl Worker {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn work(&self) -> u32 { 42 }
    /// # }
    /// # fn shop() -> Result<SupervisorRef, StartError> {
    /// #     Supervisor::new(Strategy::OneForOne).child("worker", Worker::child_spec()).start()
    /// # }
    /// let shop = shop()?;
    /// shop.start_child("helper", Worker::child_spec())?;
    /// let ids: Vec<String> = shop.which_children()?.iter().map(|child| child.id.to_string()).collect();
    /// assert_eq!(ids, ["helper", "worker"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ChildError::Gone`] when the supervisor is gone.
    pub fn which_children(&self) -> M::Outcome<Vec<ChildInfo>, ChildError> {
        self.ask(
            |reply| Message::Snapshot(ChildFilter::All, reply),
            |look| Ok(look.children.into_iter().rev().collect()),
        )
    }

    /// One of its children. `supervisor:which_child/2`.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # use otp::supervisor::{ChildError, ChildState};
    /// # pub struct Worker;
    /// # #[actor]
    /// # impl Worker {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn work(&self) -> u32 { 42 }
    /// # }
    /// # fn shop() -> Result<SupervisorRef, StartError> {
    /// #     Supervisor::new(Strategy::OneForOne).child("worker", Worker::child_spec()).start()
    /// # }
    /// let shop = shop()?;
    /// let worker = shop.which_child("worker")?;
    /// assert_eq!((worker.label, worker.pid()), ("Worker", shop.child::<Worker>("worker").pid()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ChildError::NotFound`] when there is no such child.
    pub fn which_child(&self, id: impl Into<ChildId>) -> M::Outcome<ChildInfo, ChildError> {
        self.ask(|reply| Message::WhichChild(id.into(), reply), |child| child)
    }

    /// What the spec of one of its children says. `supervisor:get_childspec/2`.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # use otp::supervisor::{ChildError, ChildState};
    /// # pub struct Worker;
    /// # #[actor]
    /// # impl Worker {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn work(&self) -> u32 { 42 }
    /// # }
    /// # fn shop() -> Result<SupervisorRef, StartError> {
    /// #     Supervisor::new(Strategy::OneForOne).child("worker", Worker::child_spec()).start()
    /// # }
    /// let spec = shop()?.child_spec("worker")?;
    /// assert_eq!((spec.restart, spec.shutdown), (Restart::Permanent, Shutdown::After(Duration::from_secs(5))));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ChildError::NotFound`] when there is no such child.
    pub fn child_spec(&self, id: impl Into<ChildId>) -> M::Outcome<SpecInfo, ChildError> {
        self.ask(|reply| Message::GetChildSpec(Who::Id(id.into()), reply), |spec| spec)
    }

    /// How often it has started a child again.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # use otp::supervisor::{ChildError, ChildState};
    /// # pub struct Worker;
    /// # #[actor]
    /// # impl Worker {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn work(&self) -> u32 { 42 }
    /// # }
    /// # fn shop() -> Result<SupervisorRef, StartError> {
    /// #     Supervisor::new(Strategy::OneForOne).child("worker", Worker::child_spec()).start()
    /// # }
    /// Sim::run(1, |t| {
    ///     let shop = shop().unwrap();
    ///     t.kill(&shop.child::<Worker>("worker"));
    ///     t.settle();
    ///     assert_eq!(shop.restarts("worker"), Ok(1));
    /// });
    /// ```
    ///
    /// # Errors
    /// [`ChildError::NotFound`] when there is no such child.
    pub fn restarts(&self, id: impl Into<ChildId>) -> M::Outcome<u64, ChildError> {
        self.ask(|reply| Message::WhichChild(id.into(), reply), |child| child.map(|child| child.restarts))
    }

    /// How many children it has. `supervisor:count_children/1`.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # use otp::supervisor::{ChildError, ChildState};
    /// # pub struct Worker;
    /// # #[actor]
    /// # impl Worker {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn work(&self) -> u32 { 42 }
    /// # }
    /// # fn shop() -> Result<SupervisorRef, StartError> {
    /// #     Supervisor::new(Strategy::OneForOne).child("worker", Worker::child_spec()).start()
    /// # }
    /// let shop = shop()?;
    /// shop.terminate_child("worker")?;
    /// let count = shop.count_children()?;
    /// assert_eq!((count.specs, count.active, count.workers, count.supervisors), (1, 0, 1, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ChildError::Gone`] when the supervisor is gone.
    pub fn count_children(&self) -> M::Outcome<ChildCount, ChildError> {
        self.ask(Message::CountChildren, Ok)
    }

    /// Ends it, after its children in reverse order of their start, and waits until it has ended. A supervisor that has
    /// a supervisor itself is started again by that one, if it is permanent. `gen_server:stop/1`.
    ///
    /// There is no limit of time: each child has the one of its spec.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # use otp::supervisor::{ChildError, ChildState};
    /// # pub struct Worker;
    /// # #[actor]
    /// # impl Worker {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn work(&self) -> u32 { 42 }
    /// # }
    /// # fn shop() -> Result<SupervisorRef, StartError> {
    /// #     Supervisor::new(Strategy::OneForOne).child("worker", Worker::child_spec()).start()
    /// # }
    /// let shop = shop()?;
    /// let worker = shop.child::<Worker>("worker").pin().unwrap();
    /// shop.stop()?;
    /// assert!(!worker.is_alive());
    /// assert_eq!(shop.stop(), Err(CallError::NoProc));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`CallError::NoProc`] when it is gone, [`CallError::Exited`] when it ended for another reason.
    pub fn stop(&self) -> M::Outcome<(), CallError> {
        self.stop_with(ExitReason::Normal, None)
    }

    /// As [`stop`](SupervisorRef::stop), with a reason, waiting at most for `limit`. `gen_server:stop/3`.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # use otp::supervisor::{ChildError, ChildState};
    /// # pub struct Worker;
    /// # #[actor]
    /// # impl Worker {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn work(&self) -> u32 { 42 }
    /// # }
    /// # fn shop() -> Result<SupervisorRef, StartError> {
    /// #     Supervisor::new(Strategy::OneForOne).child("worker", Worker::child_spec()).start()
    /// # }
    /// let shop = shop()?;
    /// let monitor = shop.monitor().unwrap();
    /// shop.stop_with(ExitReason::Shutdown, Duration::from_secs(30))?;
    /// assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Shutdown);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`stop`](SupervisorRef::stop); [`CallError::Timeout`] when it takes too long, and goes on.
    pub fn stop_with(&self, reason: impl IntoReason, limit: impl Into<Option<Duration>>) -> M::Outcome<(), CallError> {
        M::stop(&self.place, reason.into_reason(), limit.into())
    }

    /// Whether it is alive, after all that the caller has sent to it; see [`is_alive`](crate::process::is_alive).
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # use otp::supervisor::{ChildError, ChildState};
    /// # pub struct Worker;
    /// # #[actor]
    /// # impl Worker {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn work(&self) -> u32 { 42 }
    /// # }
    /// # fn shop() -> Result<SupervisorRef, StartError> {
    /// #     Supervisor::new(Strategy::OneForOne).child("worker", Worker::child_spec()).start()
    /// # }
    /// let shop = shop()?;
    /// assert!(shop.is_alive());
    /// otp::process::exit(shop.pid().unwrap(), ExitReason::Kill);
    /// assert!(!shop.is_alive());
    /// # Ok::<(), StartError>(())
    /// ```
    pub fn is_alive(&self) -> bool {
        self.pid().is_some_and(process::is_alive)
    }

    /// Watches its process of now; see [`monitor`](crate::process::monitor). `None` when there is none.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # use otp::supervisor::{ChildError, ChildState};
    /// # pub struct Worker;
    /// # #[actor]
    /// # impl Worker {
    /// #     #[init] fn init() -> Self { Self }
    /// #     #[handle_call] pub fn work(&self) -> u32 { 42 }
    /// # }
    /// Sim::run(1, |t| {
    ///     let shop = Supervisor::new(Strategy::OneForOne).start().unwrap();
    ///     let monitor = shop.monitor().unwrap();
    ///     t.kill(&shop);
    ///     assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Killed);
    ///     assert_eq!(shop.monitor(), None);
    /// });
    /// ```
    pub fn monitor(&self) -> Option<MonitorRef> {
        self.pid().map(process::monitor)
    }
}

impl<M: AskMode> Clone for SupervisorRef<M> {
    fn clone(&self) -> Self {
        Self::at(self.place.clone())
    }
}

impl<M: AskMode> fmt::Debug for SupervisorRef<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SupervisorRef").field(&self.place).finish()
    }
}

impl AsRef<SupervisorRef> for SupervisorRef {
    fn as_ref(&self) -> &SupervisorRef {
        self
    }
}

/// What a supervisor of another kind does as any supervisor.
macro_rules! as_supervisor {
    (
        impl<$($parameter:ident $(: $bound:ident)?),+> $of:ty, mode = $mode:ty;
        which_children = $which_children:literal,
        count_children = $count_children:literal,
        stop = $stop:literal,
    ) => {
        impl<$($parameter $(: $bound)?),+> $of {
            #[doc = $which_children]
            ///
            /// # Errors
            /// [`ChildError::Gone`] when the supervisor is gone.
            pub fn which_children(
                &self,
            ) -> <$mode as $crate::supervisor::AskMode>::Outcome<Vec<$crate::supervisor::ChildInfo>, ChildError> {
                self.supervisor.which_children()
            }

            #[doc = $count_children]
            ///
            /// # Errors
            /// [`ChildError::Gone`] when the supervisor is gone.
            pub fn count_children(
                &self,
            ) -> <$mode as $crate::supervisor::AskMode>::Outcome<$crate::supervisor::ChildCount, ChildError> {
                self.supervisor.count_children()
            }

            /// Its pid; `None` when it is gone, or about to be restarted.
            pub fn pid(&self) -> Option<$crate::process::Pid> {
                self.supervisor.pid()
            }

            /// Whether it is alive.
            pub fn is_alive(&self) -> bool {
                self.supervisor.is_alive()
            }

            /// Watches its process of now; see [`monitor`](crate::process::monitor). `None` when there is none.
            pub fn monitor(&self) -> Option<$crate::process::MonitorRef> {
                self.supervisor.monitor()
            }

            /// Whether it ended because it had to restart its children too often; not once it is started again.
            pub fn gave_up(&self) -> bool {
                self.supervisor.gave_up()
            }

            #[doc = $stop]
            ///
            /// # Errors
            /// [`CallError::NoProc`] when it is gone, [`CallError::Exited`] when it ended for another reason.
            pub fn stop(&self) -> <$mode as $crate::supervisor::AskMode>::Outcome<(), CallError> {
                self.supervisor.stop()
            }

            /// As [`stop`](Self::stop), with a reason, waiting at most for `limit`.
            ///
            /// # Errors
            /// As [`stop`](Self::stop); [`CallError::Timeout`] when it takes too long, and goes on.
            pub fn stop_with(
                &self,
                reason: impl $crate::process::IntoReason,
                limit: impl Into<Option<std::time::Duration>>,
            ) -> <$mode as $crate::supervisor::AskMode>::Outcome<(), CallError> {
                self.supervisor.stop_with(reason, limit)
            }
        }
    };
}
pub(crate) use as_supervisor;

/// A supervisor, or a tree made by `supervisor!`.
impl<S: AsRef<SupervisorRef>> ToPid<SupervisorRef> for S {
    fn to_pid(&self) -> Option<Pid> {
        self.as_ref().pid()
    }

    fn place(&self) -> Option<Place> {
        Some(self.as_ref().place().clone())
    }
}

/// What can be seen of a child.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChildInfo {
    /// Its id.
    pub id: ChildId,
    /// What reports call it: the name of its type.
    pub label: &'static str,
    /// Whether it is a supervisor.
    pub kind: ChildKind,
    /// Whether it runs.
    pub state: ChildState,
    /// How often it was started again by the supervisor.
    pub restarts: u64,
}

impl ChildInfo {
    /// Its process, if it runs.
    #[must_use]
    pub const fn pid(&self) -> Option<Pid> {
        match self.state {
            ChildState::Running(pid) => Some(pid),
            ChildState::Restarting | ChildState::Stopped => None,
        }
    }
}

/// Whether a child runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChildState {
    /// It is this process, as far as the supervisor knows.
    Running(Pid),
    /// It could not be started again, and the supervisor goes on trying.
    Restarting,
    /// It ended and is not started again by itself, or it chose not to run.
    Stopped,
}

/// How many children a supervisor has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct ChildCount {
    /// All, running or not.
    pub specs: usize,
    /// Those whose process lives.
    pub active: usize,
    /// Those that are supervisors, running or not.
    pub supervisors: usize,
    /// Those that are none, running or not.
    pub workers: usize,
}

/// Why a supervisor did not do what it was asked for.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ChildError {
    /// There is no child with this id.
    NotFound,
    /// The child runs.
    Running,
    /// The supervisor is about to start the child again.
    Restarting,
    /// There is a child with this id, as this process.
    AlreadyStarted(Pid),
    /// There is a child with this id, which does not run.
    AlreadyPresent,
    /// A dynamic supervisor has as many children as it may have.
    MaxChildren,
    /// A dynamic supervisor knows its children by their pids, any other by ids; or it has children of another type.
    /// OTP's `simple_one_for_one`.
    OtherKind,
    /// A partition supervisor has room for so many partitions, as many as there were at its start.
    TooManyPartitions(usize),
    /// The child was not started.
    Start(StartError),
    /// The supervisor could not be asked: most often it is gone.
    Gone(CallError),
}

impl ChildError {
    /// Whether there is no child with this id.
    #[must_use]
    pub const fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound)
    }

    /// Whether the supervisor has as many children as it may have.
    #[must_use]
    pub const fn is_max_children(&self) -> bool {
        matches!(self, Self::MaxChildren)
    }

    /// Why the child was not started, if that is what happened.
    #[must_use]
    pub const fn start_error(&self) -> Option<&StartError> {
        match self {
            Self::Start(error) => Some(error),
            _ => None,
        }
    }

    /// Why the supervisor could not be asked, if that is what happened.
    #[must_use]
    pub const fn call_error(&self) -> Option<&CallError> {
        match self {
            Self::Gone(error) => Some(error),
            _ => None,
        }
    }
}

impl From<CallError> for ChildError {
    fn from(error: CallError) -> Self {
        failed_call::wrap(error, Self::Gone)
    }
}

impl fmt::Display for ChildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("there is no such child"),
            Self::Running => f.write_str("the child is running"),
            Self::Restarting => f.write_str("the child is about to be started again"),
            Self::AlreadyStarted(pid) => write!(f, "there is such a child already, as {pid}"),
            Self::AlreadyPresent => f.write_str("there is such a child already, which does not run"),
            Self::MaxChildren => f.write_str("the supervisor has as many children as it may have"),
            Self::OtherKind => f.write_str("the supervisor is of another kind, or has children of another type"),
            Self::TooManyPartitions(most) => write!(f, "there can be 0 to {most} partitions"),
            Self::Start(error) => write!(f, "the child was not started: {error}"),
            Self::Gone(error) => write!(f, "the supervisor did not answer: {error}"),
        }
    }
}

/// Its text says what is behind it, since that is all that an exit reason keeps of an error: it has no `source`.
impl Error for ChildError {}
