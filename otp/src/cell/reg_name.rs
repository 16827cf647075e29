//! The name of a process: text that the node keeps, or a key that a registry keeps.

use std::{
    any::Any,
    borrow::Cow,
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

use super::{Pid, RegisterError, UnregisterError};
use crate::guard::Guarded;

/// A name that a process can have, whatever the process is: text that the node keeps, or a key of a
/// [`Via`](crate::name::Via).
///
/// It is looked up anew each time that it is used, on the node of whoever uses it. A [`Name`](crate::Name) says in
/// addition what kind of server has it.
#[derive(Clone)]
pub struct RegName(Arc<Keeper>);

pub(crate) enum Keeper {
    Node(Cow<'static, str>),
    Via(Guarded<Box<dyn KeptName>>),
}

impl RegName {
    pub(crate) fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self(Arc::new(Keeper::Node(name.into())))
    }

    pub(crate) fn of_registry(key: Box<dyn KeptName>) -> Self {
        Self(Arc::new(Keeper::Via(Guarded::new(key))))
    }

    pub(crate) fn place(&self) -> &Keeper {
        &self.0
    }

    /// The text, if the node keeps it.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &*self.0 {
            Keeper::Node(name) => Some(name),
            Keeper::Via(_) => None,
        }
    }
}

impl From<&'_ str> for RegName {
    fn from(name: &str) -> Self {
        Self::new(name.to_owned())
    }
}

impl From<String> for RegName {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}

impl From<&Self> for RegName {
    fn from(name: &Self) -> Self {
        name.clone()
    }
}

impl PartialEq for RegName {
    fn eq(&self, other: &Self) -> bool {
        match (&*self.0, &*other.0) {
            (Keeper::Node(a), Keeper::Node(b)) => a == b,
            (Keeper::Via(a), Keeper::Via(b)) => a.is_same(&***b),
            _ => false,
        }
    }
}

impl Eq for RegName {}

impl PartialEq<str> for RegName {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == Some(other)
    }
}

impl PartialEq<&str> for RegName {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

impl Hash for RegName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &*self.0 {
            Keeper::Node(name) => name.hash(state),
            Keeper::Via(via) => via.key_hash().hash(state),
        }
    }
}

/// As text, or as its key.
impl fmt::Display for RegName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Keeper::Node(name) => f.write_str(name),
            Keeper::Via(via) => via.key().fmt(f),
        }
    }
}

impl fmt::Debug for RegName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Keeper::Node(name) => name.fmt(f),
            Keeper::Via(via) => f.debug_tuple("Via").field(via.key()).finish(),
        }
    }
}

/// A key in a registry, of any type.
pub(crate) trait KeptName: Any + Send + Sync {
    fn register(&self, pid: Pid) -> Result<(), RegisterError>;
    fn unregister(&self) -> Result<(), UnregisterError>;
    fn whereis(&self) -> Option<Pid>;
    fn key(&self) -> &dyn fmt::Debug;
    fn key_hash(&self) -> u64;
    fn is_same(&self, other: &dyn KeptName) -> bool;
}
