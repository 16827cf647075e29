//! Child specs: what a supervisor starts, and what it does when that ends.
//!
//! A [`ChildSpec`] knows by its type what it starts; inside a supervisor that is gone, and a [`Spec`] is left.

use std::{any::type_name, fmt, future::Future, marker::PhantomData, pin::Pin, sync::Arc};

use super::{Supervisor, SupervisorRef, server};
use crate::{
    actor::{Actor, Blocking, Restart, Shutdown, Slot, Start, StartError, Starting, caught, of_slot},
    process::{
        AnyProcess,
        current::{self, Interrupted},
        spawn::Relation,
    },
};

/// What can be a child of a supervisor: every [`Actor`], every tree made by `supervisor!`, and a [`Supervisor`] that is
/// built at run time.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an actor",
    label = "not an actor",
    note = "put `#[actor]` on an `impl {Self}` block, or implement `otp::Actor` by hand"
)]
pub trait Child: Sized + 'static {
    /// What it is started with.
    type Args: Send + 'static;
    /// A client of it that names its place in the tree.
    type Client: Clone + Send + Sync + 'static;

    /// A spec with the defaults of this kind of child.
    ///
    /// `args` is called at each start, in the supervisor. If it panics, that start has failed.
    fn spec(args: impl Fn() -> Self::Args + Send + Sync + 'static) -> ChildSpec<Self>;

    /// A client of whoever holds a place.
    #[doc(hidden)]
    fn client(slot: Slot) -> Self::Client;
}

#[diagnostic::do_not_recommend]
impl<A: Actor> Child for A
where
    A::Client<Blocking>: Send + Sync + 'static,
{
    type Args = A::Args;
    type Client = A::Client<Blocking>;

    fn spec(args: impl Fn() -> A::Args + Send + Sync + 'static) -> ChildSpec<A> {
        ChildSpec::new(Spec {
            start: Box::new(move |_, name| {
                let args = caught(&args);
                let name = name.cloned().or_else(|| A::OPTIONS.name.map(Arc::from));
                Box::pin(async move {
                    let args = args.map_err(StartError::Failed)?;
                    let start = Start { args, name, relation: Relation::Link, timeout: None };
                    let (cell, _) = Starting::<A>::new(A::NAME, start).ready().await?;
                    Ok(AnyProcess::new(&cell))
                })
            }),
            restart: A::OPTIONS.restart,
            shutdown: A::OPTIONS.shutdown,
            significant: false,
            name: None,
            kind: ChildKind::Worker,
            label: A::NAME,
        })
    }

    fn client(slot: Slot) -> A::Client<Blocking> {
        of_slot::<A>(slot)
    }
}

impl Child for Supervisor {
    type Args = Supervisor;
    type Client = SupervisorRef;

    fn spec(args: impl Fn() -> Supervisor + Send + Sync + 'static) -> ChildSpec<Self> {
        tree_spec(move |_| args())
    }

    fn client(slot: Slot) -> SupervisorRef {
        SupervisorRef::from_slot(slot)
    }
}

/// The spec of a child that is a supervisor; `build` runs once per start of it, in its process.
pub fn tree_spec<C: Child>(build: impl Fn(&Slot) -> Supervisor + Send + Sync + 'static) -> ChildSpec<C> {
    let build = Arc::new(build);
    let label = simple_name::<C>();
    ChildSpec::new(Spec {
        start: Box::new(move |slot, name| {
            let build = Arc::clone(&build);
            let tree = server::Tree { label, slot: slot.clone(), build: Box::new(move |slot| build(slot)) };
            Box::pin(server::start(tree, name.cloned()))
        }),
        restart: Restart::Permanent,
        shutdown: Shutdown::Infinity,
        significant: false,
        name: None,
        kind: ChildKind::Supervisor,
        label,
    })
}

/// The name of a type, without its module and its parameters.
pub(super) fn simple_name<T>() -> &'static str {
    let full = type_name::<T>();
    let path = full.split('<').next().unwrap_or(full);
    path.rsplit("::").next().unwrap_or(path)
}

/// What a child is to its supervisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChildKind {
    /// It has no children that anybody asks about.
    Worker,
    /// It is a supervisor itself.
    Supervisor,
}

type StartFn = Box<dyn Fn(&Slot, Option<&Arc<str>>) -> Started + Send + Sync>;
type Started = Pin<Box<dyn Future<Output = Result<AnyProcess, StartError>> + Send>>;

/// How to start, restart and end a child, whatever its type.
pub(super) struct Spec {
    start: StartFn,
    pub(super) restart: Restart,
    pub(super) shutdown: Shutdown,
    pub(super) significant: bool,
    name: Option<Arc<str>>,
    pub(super) kind: ChildKind,
    /// What reports call such a child.
    pub(super) label: &'static str,
}

impl Spec {
    /// Starts it, linked to the current process, and gives it its place in the tree.
    pub(super) fn start(&self, slot: Slot) -> impl Future<Output = Result<AnyProcess, StartError>> + Send + use<> {
        let started = (self.start)(&slot, self.name.as_ref());
        async move {
            let process = started.await?;
            slot.set_holder(Some(process.clone()));
            Ok(process)
        }
    }
}

/// How a supervisor starts, restarts and ends a child. OTP's child specification.
///
/// It is made by `child_spec` of an actor or a tree, or by [`Child::spec`]. By default a child is
/// [`Permanent`](Restart::Permanent), has 5 seconds to shut down ([`Infinity`](Shutdown::Infinity) for supervisors), and
/// is not significant.
#[must_use = "a child spec starts nothing until a supervisor has it"]
pub struct ChildSpec<C> {
    spec: Spec,
    child: PhantomData<fn() -> C>,
}

impl<C> ChildSpec<C> {
    fn new(spec: Spec) -> Self {
        Self { spec, child: PhantomData }
    }

    /// When it is started again.
    pub fn restart(mut self, restart: Restart) -> Self {
        self.spec.restart = restart;
        self
    }

    /// How it is ended.
    pub fn shutdown(mut self, shutdown: Shutdown) -> Self {
        self.spec.shutdown = shutdown;
        self
    }

    /// Whether its end can end the supervisor; see [`AutoShutdown`](super::AutoShutdown).
    pub fn significant(mut self, significant: bool) -> Self {
        self.spec.significant = significant;
        self
    }

    /// The name that it registers before its `init`.
    pub fn name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.spec.name = Some(name.into());
        self
    }

    /// Starts it as a supervisor would, linked to the current process.
    pub(crate) fn start(&self, slot: &Slot) -> Result<AnyProcess, StartError> {
        current::block_on(self.spec.start(slot.clone())).unwrap_or_else(|interrupted| match interrupted {
            Interrupted::Exiting => Err(StartError::Exiting),
            Interrupted::Resources => Err(StartError::Resources),
        })
    }

    pub(super) fn into_spec(self) -> Spec {
        self.spec
    }
}

impl<C> fmt::Debug for ChildSpec<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChildSpec")
            .field("child", &self.spec.label)
            .field("restart", &self.spec.restart)
            .field("shutdown", &self.spec.shutdown)
            .field("significant", &self.spec.significant)
            .field("name", &self.spec.name)
            .finish()
    }
}
