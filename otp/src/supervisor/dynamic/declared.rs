//! What `supervisor!` needs of `dynamic<C>`.

use std::{marker::PhantomData, sync::Arc};

use super::{DynamicRef, DynamicSupervisor, cloned, spec_once, spec_with, taken};
use crate::{
    actor::{Name, Place, Restart},
    cell::RegName,
    supervisor::{Child, ChildSpec, Mentions, Supervisor, SupervisorRef},
};

/// A dynamic supervisor of children `C`, as items of `C`, and without a type made of it where that can be: a type
/// that is no actor then is one error.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an actor",
    label = "not an actor",
    note = "put `#[actor]` on an `impl {Self}` block, or implement `otp::Actor` by hand"
)]
pub trait InTree: Child {
    type Client;

    fn client(place: Place) -> <Self as InTree>::Client;
    /// With the settings of another one.
    fn spec(
        settings: impl Fn() -> DynamicSupervisor + Send + Sync + 'static,
        template: impl Fn(Self::Args) -> ChildSpec<Self> + Clone + Send + Sync + 'static,
    ) -> ChildSpec<Supervisor>;
    fn named(spec: ChildSpec<Supervisor>, name: impl Into<Name<DynamicSupervisor<Self>>>) -> ChildSpec<Supervisor>;
}

#[diagnostic::do_not_recommend]
impl<C: Child> InTree for C {
    type Client = DynamicRef<C>;

    fn client(place: Place) -> DynamicRef<C> {
        <DynamicSupervisor<C> as Child>::client(place)
    }

    fn spec(
        settings: impl Fn() -> DynamicSupervisor + Send + Sync + 'static,
        template: impl Fn(C::Args) -> ChildSpec<C> + Clone + Send + Sync + 'static,
    ) -> ChildSpec<Supervisor> {
        supervised(settings, template)
    }

    fn named(spec: ChildSpec<Supervisor>, name: impl Into<Name<DynamicSupervisor<C>>>) -> ChildSpec<Supervisor> {
        spec.name(RegName::from(name.into()))
    }
}

/// What a tree makes of that with which a dynamic child is started.
#[doc(hidden)]
pub type ArgsFrom<A, Args> = Arc<dyn Fn(A) -> Args + Send + Sync>;

/// The same, where the tree makes the arguments of each child of the `A` with which it is started.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an actor",
    label = "not an actor",
    note = "put `#[actor]` on an `impl {Self}` block, or implement `otp::Actor` by hand"
)]
pub trait InTreeFrom<A>: Child {
    type Client;

    fn client(place: Place) -> <Self as InTreeFrom<A>>::Client;
    /// With the settings of another one; `each` makes a spec of what a child is started with.
    fn spec(
        settings: impl Fn() -> DynamicSupervisor + Send + Sync + 'static,
        args: impl Fn(A) -> Self::Args + Send + Sync + 'static,
        each: impl Fn(A, ArgsFrom<A, Self::Args>) -> ChildSpec<Self> + Clone + Send + Sync + 'static,
    ) -> ChildSpec<Supervisor>
    where
        A: Send;
    fn named(
        spec: ChildSpec<Supervisor>,
        name: impl Into<Name<<DynamicSupervisor<Self, A> as Mentions<Self::Args>>::Itself>>,
    ) -> ChildSpec<Supervisor>;
}

#[diagnostic::do_not_recommend]
impl<C: Child, A: 'static> InTreeFrom<A> for C {
    type Client = <DynamicRef<C, A> as Mentions<C::Args>>::Itself;

    fn client(place: Place) -> DynamicRef<C, A> {
        DynamicRef::new(SupervisorRef::from_place(place))
    }

    fn spec(
        settings: impl Fn() -> DynamicSupervisor + Send + Sync + 'static,
        args: impl Fn(A) -> C::Args + Send + Sync + 'static,
        each: impl Fn(A, ArgsFrom<A, C::Args>) -> ChildSpec<C> + Clone + Send + Sync + 'static,
    ) -> ChildSpec<Supervisor>
    where
        A: Send,
    {
        let args: ArgsFrom<A, C::Args> = Arc::new(args);
        supervised(settings, move |given| each(given, Arc::clone(&args)))
    }

    fn named(spec: ChildSpec<Supervisor>, name: impl Into<Name<DynamicSupervisor<C, A>>>) -> ChildSpec<Supervisor> {
        spec.name(RegName::from(name.into()))
    }
}

/// The spec of a dynamic supervisor with the settings of another one.
fn supervised<C: Child, A: Send + 'static>(
    settings: impl Fn() -> DynamicSupervisor + Send + Sync + 'static,
    template: impl Fn(A) -> ChildSpec<C> + Clone + Send + Sync + 'static,
) -> ChildSpec<Supervisor> {
    let spec = <DynamicSupervisor<C, A> as Child>::spec(move || {
        let DynamicSupervisor { supervisor, max_children, .. } = settings();
        DynamicSupervisor { supervisor, max_children, ..DynamicSupervisor::template(template.clone()) }
    });
    ChildSpec::new(spec.into_spec())
}

/// A child that may be started again: its arguments are kept, and a clone of them taken at each start.
#[doc(hidden)]
#[derive(Debug)]
pub struct RestartedWithClones;

impl RestartedWithClones {
    pub fn spec<C: Child>(&self, args: C::Args) -> ChildSpec<C>
    where
        C::Args: Clone,
    {
        spec_with(args)
    }

    pub fn spec_from<C: Child, A: Clone + Send + 'static>(&self, given: A, args: ArgsFrom<A, C::Args>) -> ChildSpec<C> {
        let given = cloned(given);
        C::spec(move || args(given()))
    }
}

/// A temporary child, which is given its arguments.
#[doc(hidden)]
#[derive(Debug)]
pub struct StartedOnce;

impl StartedOnce {
    pub fn spec<C: Child>(&self, args: C::Args) -> ChildSpec<C> {
        spec_once(args)
    }

    pub fn spec_from<C: Child, A: Send + 'static>(&self, given: A, args: ArgsFrom<A, C::Args>) -> ChildSpec<C> {
        let given = taken(given);
        C::spec(move || args(given())).restart(Restart::Temporary)
    }
}

/// An actor whose own options say that it is temporary: `#[actor(restart = temporary)]`.
#[doc(hidden)]
pub trait NeverRestarted {}

/// What the type of a child says of its restarts, for a tree that says nothing of them. Of its two methods of one name
/// the first is chosen where its bound holds, the second, which needs one reference more, elsewhere.
#[doc(hidden)]
#[derive(Debug)]
pub struct OwnRestart<C>(PhantomData<fn() -> C>);

impl<C: 'static> OwnRestart<C> {
    pub const OF: &'static Self = &Self(PhantomData);
}

#[doc(hidden)]
pub trait SaysTemporary {
    fn starts(&self) -> StartedOnce {
        StartedOnce
    }
}

impl<C: NeverRestarted> SaysTemporary for OwnRestart<C> {}

#[doc(hidden)]
pub trait SaysNothing {
    fn starts(&self) -> RestartedWithClones {
        RestartedWithClones
    }
}

impl<C> SaysNothing for &OwnRestart<C> {}
