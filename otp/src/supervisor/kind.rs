//! The kinds of supervisors: what the process asks where they differ.

use std::{
    any::{Any, TypeId},
    marker::PhantomData,
    sync::Arc,
};

use super::{ChildError, DynamicChild, spec::Spec};
use crate::{
    actor::{ChildId, Restart, StartError},
    cell::panic::caught,
    guard::Guarded,
};

/// How a supervisor comes by its children.
pub(super) enum SupervisorKind {
    /// They are named by their ids, and kept when they do not run.
    Static,
    /// They are made when somebody asks, named by their pids, and forgotten when they do not run.
    Dynamic(Template),
    /// As static ones; there is one for each partition of the keys.
    Partitioned(Partitions),
}

/// The kind of a supervisor, as it is seen from outside.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum SeenKind {
    Static,
    /// With the type of what it makes a child of, a [`ChildArgs`].
    Dynamic(TypeId),
    /// With the type of its children.
    Partitioned(TypeId),
}

impl SupervisorKind {
    pub(super) fn is_dynamic(&self) -> bool {
        matches!(self, Self::Dynamic(_))
    }

    /// Whether a child that does not run is kept.
    pub(super) fn keeps(&self, restart: Restart) -> bool {
        !self.is_dynamic() && restart != Restart::Temporary
    }

    /// What makes its children.
    ///
    /// # Errors
    /// When nobody can start children of this kind with arguments alone.
    pub(super) fn template(&mut self) -> Result<&mut Template, ChildError> {
        match self {
            Self::Dynamic(template) => Ok(template),
            Self::Static | Self::Partitioned(_) => Err(ChildError::OtherKind),
        }
    }

    /// How many partitions it has at most.
    ///
    /// # Errors
    /// When it has none.
    pub(super) fn most_partitions(&self) -> Result<usize, ChildError> {
        match self {
            Self::Partitioned(partitions) => Ok(partitions.most),
            Self::Static | Self::Dynamic(_) => Err(ChildError::OtherKind),
        }
    }

    pub(super) fn seen(&self) -> SeenKind {
        match self {
            Self::Static => SeenKind::Static,
            Self::Dynamic(template) => SeenKind::Dynamic(template.takes),
            Self::Partitioned(partitions) => SeenKind::Partitioned(partitions.of),
        }
    }
}

/// What is known of a supervisor whose children are partitions.
pub(super) struct Partitions {
    /// The type of its children.
    pub(super) of: TypeId,
    /// How many there are at its start.
    pub(super) most: usize,
}

/// What a child is made of, and of which type it will be.
pub(super) struct ChildArgs<C, A> {
    pub(super) with: A,
    pub(super) child: PhantomData<fn() -> C>,
}

/// What makes a spec of a [`ChildArgs`], whatever its type.
type MakeSpec = Box<dyn Fn(Box<dyn Any + Send>) -> Result<Spec, ChildError> + Send + Sync>;

/// What makes the children of a dynamic supervisor, whatever their type.
pub(super) struct Template {
    make: Guarded<MakeSpec>,
    takes: TypeId,
    max_children: usize,
    /// The next id.
    next: (Arc<str>, usize),
}

impl Template {
    pub(super) fn new<C: DynamicChild, A: Send + 'static>(
        make: Box<dyn Fn(A) -> Spec + Send + Sync>,
        max_children: usize,
    ) -> Self {
        Self {
            make: Guarded::new(Box::new(move |given| {
                let given = given.downcast::<ChildArgs<C, A>>().map_err(|given| {
                    drop(Guarded::new(given));
                    ChildError::OtherKind
                })?;
                caught(|| make(given.with)).map_err(|reason| ChildError::Start(StartError::Failed(reason)))
            })),
            takes: TypeId::of::<ChildArgs<C, A>>(),
            max_children,
            next: (C::label().into(), 0),
        }
    }

    /// One more child for a supervisor that has so many.
    pub(super) fn child(
        &mut self,
        given: Guarded<Box<dyn Any + Send>>,
        children: usize,
    ) -> Result<(ChildId, Spec), ChildError> {
        if children >= self.max_children {
            return Err(ChildError::MaxChildren);
        }
        let spec = (self.make)(given.into_inner())?;
        let (label, next) = &mut self.next;
        let id = ChildId::numbered(label, *next);
        *next += 1;
        Ok((id, spec))
    }
}
