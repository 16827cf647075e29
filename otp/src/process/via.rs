//! Registries: what keeps names in place of the node.

use std::{
    any::Any,
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use super::Node;
use crate::{
    cell::{
        AnyProcess, Pid, RegName, RegisterError, UnregisterError,
        node::NodeInner,
        reg_name::{Keeper, KeptName},
    },
    guard,
};

/// Something that keeps names in place of the node: the module of OTP's `{via, Module, Term}`.
///
/// It is asked by whoever uses a name, in the process that does so; it may wait, and may itself be asked by way of a
/// client. It has to notice by itself, with a [monitor](crate::process::monitor), that a holder has ended. A process
/// that it still names after that is nobody.
///
/// ```
/// use std::{collections::HashMap, sync::{Arc, Mutex}};
/// use otp::{Name, Pid, name::{RegisterError, Via, UnregisterError}};
///
/// #[derive(Default)]
/// struct Rooms(Mutex<HashMap<(String, u32), Pid>>);
///
/// impl Via for Rooms {
///     type Key = (String, u32);
///
///     fn register(&self, key: &Self::Key, pid: Pid) -> Result<(), RegisterError> {
///         let mut rooms = self.0.lock().unwrap();
///         match rooms.get(key).filter(|holder| otp::process::is_alive(**holder)) {
///             Some(holder) => Err(RegisterError::Taken(*holder)),
///             None => {
///                 rooms.insert(key.clone(), pid);
///                 Ok(())
///             }
///         }
///     }
///
///     fn unregister(&self, key: &Self::Key) -> Result<(), UnregisterError> {
///         self.0.lock().unwrap().remove(key).map(drop).ok_or(UnregisterError)
///     }
///
///     fn whereis(&self, key: &Self::Key) -> Option<Pid> {
///         self.0.lock().unwrap().get(key).copied()
///     }
/// }
///
/// # struct Room;
/// let rooms = Arc::new(Rooms::default());
/// let name = Name::<Room>::via(&rooms, ("lobby".to_owned(), 1));
/// assert_eq!(name.whereis(), None);
/// assert_eq!(name.register(otp::self_pid()), Ok(()));
/// assert_eq!(name.whereis(), Some(otp::self_pid()));
/// ```
pub trait Via: Send + Sync + 'static {
    /// What it knows processes by.
    type Key: fmt::Debug + Eq + Hash + Send + Sync + 'static;

    /// Gives `pid` a name. `Module:register_name/2`.
    ///
    /// # Errors
    /// [`RegisterError::Taken`] when it is another's: whoever starts a server under it is told
    /// [`AlreadyStarted`](crate::StartError::AlreadyStarted).
    fn register(&self, key: &Self::Key, pid: Pid) -> Result<(), RegisterError>;

    /// Frees a name. `Module:unregister_name/1`.
    ///
    /// # Errors
    /// When it is nobody's.
    fn unregister(&self, key: &Self::Key) -> Result<(), UnregisterError>;

    /// Who has a name. `Module:whereis_name/1`.
    fn whereis(&self, key: &Self::Key) -> Option<Pid>;
}

impl RegName {
    /// A name that a registry keeps. `{via, Module, Term}`.
    ///
    /// [`Via`] has an example.
    pub fn via<R: Via>(registry: &Arc<R>, key: R::Key) -> Self {
        Self::of_registry(Box::new(InRegistry { registry: Arc::clone(registry), key }))
    }

    /// Who has the name now. `erlang:whereis/1`.
    #[must_use]
    pub fn whereis(&self) -> Option<Pid> {
        self.process().map(|process| process.pid())
    }

    /// Gives the name to a process. `erlang:register/2`.
    ///
    /// ```
    /// use otp::name::RegName;
    ///
    /// let name = RegName::from("main");
    /// name.register(otp::self_pid())?;
    /// assert_eq!(name.whereis(), Some(otp::self_pid()));
    /// assert_eq!(name.unregister(), Ok(()));
    /// assert_eq!(name.whereis(), None);
    /// # Ok::<(), otp::name::RegisterError>(())
    /// ```
    ///
    /// # Errors
    /// See [`RegisterError`].
    pub fn register(&self, pid: Pid) -> Result<(), RegisterError> {
        match self.place() {
            Keeper::Node(name) => super::register(name, pid),
            Keeper::Via(via) => via.register(pid),
        }
    }

    /// Frees the name. `erlang:unregister/1`.
    ///
    /// # Errors
    /// When it is nobody's.
    pub fn unregister(&self) -> Result<(), UnregisterError> {
        match self.place() {
            Keeper::Node(name) => super::unregister(name),
            Keeper::Via(via) => via.unregister(),
        }
    }

    /// The process that has the name now, as the current process sees it.
    pub(crate) fn process(&self) -> Option<AnyProcess> {
        self.process_at(Node::current().inner())
    }

    /// The process that has the name now on `node`. Runs code of the user's if a registry keeps it.
    pub(crate) fn process_at(&self, node: &NodeInner) -> Option<AnyProcess> {
        match self.place() {
            Keeper::Node(name) => node.names.get(name),
            Keeper::Via(via) => node.find(via.whereis()?),
        }
    }
}

struct InRegistry<R: Via> {
    registry: Arc<R>,
    key: R::Key,
}

impl<R: Via> KeptName for InRegistry<R> {
    fn register(&self, pid: Pid) -> Result<(), RegisterError> {
        self.registry.register(&self.key, pid)
    }

    fn unregister(&self) -> Result<(), UnregisterError> {
        self.registry.unregister(&self.key)
    }

    fn whereis(&self) -> Option<Pid> {
        self.registry.whereis(&self.key)
    }

    fn key(&self) -> &dyn fmt::Debug {
        &self.key
    }

    fn key_hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.key.hash(&mut hasher);
        hasher.finish()
    }

    fn is_same(&self, other: &dyn KeptName) -> bool {
        let other: &dyn Any = other;
        other
            .downcast_ref::<Self>()
            .is_some_and(|other| Arc::ptr_eq(&self.registry, &other.registry) && self.key == other.key)
    }
}

/// A name that a server takes before its `init`, and gives back if it is not started after all.
///
/// The end of the process frees what the node keeps; a registry is told at once, as OTP tells it.
pub(crate) struct Claim(Option<RegName>);

impl Claim {
    /// Gives the name to the current process.
    pub(crate) fn new(name: RegName) -> Result<Self, RegisterError> {
        name.register(super::self_pid())?;
        Ok(Self(matches!(name.place(), Keeper::Via(_)).then_some(name)))
    }

    /// The server is started: the name is its own.
    pub(crate) fn keep(&mut self) {
        self.0 = None;
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Some(name) = self.0.take() {
            // This runs code of the user's, perhaps while a panic unwinds.
            guard::contain(|| _ = name.unregister());
        }
    }
}
