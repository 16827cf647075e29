//! Registries: processes by key, found without asking a process. Elixir's `Registry`.
//!
//! A process registers itself under a key, with a value; whoever has a [`RegistryRef`] finds it there. When the process
//! ends, its entries are taken out. With [`Unique`] keys each key is one process's: it can be a name, wherever a name
//! can stand ([`RegistryRef::name`]), and gives clients that reach whoever holds it ([`RegistryRef::client`]). With
//! [`Duplicate`] keys any number of processes share a key, as the subscribers of a topic.
//!
//! ```
//! use otp::{registry::{Duplicate, Registry}, prelude::*};
//!
//! pub struct Session { id: u32 }
//!
//! #[actor]
//! impl Session {
//!     #[init]
//!     fn init(id: u32) -> Self { Self { id } }
//!     #[handle_call]
//!     pub fn id(&self) -> u32 { self.id }
//! }
//!
//! let sessions = Registry::<u32, ()>::new().start()?;
//! let session = otp::actor::Starter::<Session>::new().name(sessions.name(7)).start((7,))?;
//! assert_eq!(sessions.client::<Session>(7).id()?, 7);
//! assert_eq!(sessions.whereis(&7), session.pid());
//!
//! let topics = Registry::<String, &'static str, Duplicate>::duplicate().start()?;
//! topics.register("news".into(), "in the evening")?;
//! assert_eq!(topics.lookup("news"), [(otp::self_pid(), "in the evening")]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! In `supervisor!` a registry is a child, which stands before those that use it:
//!
//! ```
//! # use otp::{registry::Registry, prelude::*};
//! # pub struct Session { id: u32 }
//! # #[actor]
//! # impl Session {
//! #     #[init] fn init(id: u32) -> Self { Self { id } }
//! #     #[handle_call] pub fn id(&self) -> u32 { self.id }
//! # }
//! otp::supervisor! {
//!     Chat<rest_for_one> {
//!         sessions: Registry<u32, ()>(Registry::new());
//!         lobby:    Session(0) { name: sessions.name(0) };
//!     }
//! }
//!
//! let chat = Chat::start()?;
//! assert_eq!(chat.sessions().client::<Session>(0).id()?, 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Processes
//!
//! A registry is a supervisor of its [partitions](Registry::partitions): processes that are linked to those who have
//! registered, and take out their entries when they end. That happens soon after the end, not with it: until then
//! [`lookup`](RegistryRef::lookup) may find the entry of a process that is gone. A name is never that of one, and its
//! key can be registered at once. Should a partition crash, those who have registered with it end by the link, unless
//! they trap exits; their entries are gone in any case. Who ends the link to a partition by itself is not cleaned up
//! after.
//!
//! # Reading and writing
//!
//! What reads a registry does so where it is called, under a lock that readers share and that is held while references
//! to what is found are copied; what writes holds that of one of 64 parts of the keys, for as long as one entry takes.
//! `Hash`, `Eq`, `Clone` and `Drop` of keys and values run outside of these locks. `Hash`, `Eq` and `Clone` run in the
//! process that calls; `Drop` in the one that has registered, or in one that is made for it.
//!
//! When a registry is not running, nothing is found and nothing can be registered
//! ([`NoRegistry`](crate::name::RegisterError::NoRegistry)). Its clients stay valid when it is started again, empty.

mod builder;
mod client;
mod locks;
mod lookup;
mod meta;
mod owners;
mod partition;
mod registration;
mod table;
mod unique;

use std::{fmt::Debug, hash::Hash};

pub use self::{builder::Registry, client::RegistryRef};
use crate::cell::Pid;

/// What a registry knows processes by. Nobody implements it: every type that can has it.
///
/// Equal keys have equal hashes, as in a `HashMap`; a key's `Debug` is what a name that is made of it prints.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the key of a registry",
    label = "a key is `Clone + Debug + Eq + Hash + Send + Sync`, and owns what it has"
)]
pub trait RegistryKey: Clone + Debug + Eq + Hash + Send + Sync + 'static {}

impl<K: Clone + Debug + Eq + Hash + Send + Sync + 'static> RegistryKey for K {}

/// What a process registers with a key. Nobody implements it: every type that can has it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a value in a registry",
    label = "a value is `Clone + Send + Sync`, and owns what it has"
)]
pub trait RegistryValue: Clone + Send + Sync + 'static {}

impl<V: Clone + Send + Sync + 'static> RegistryValue for V {}

/// Each key is that of one process at most. Elixir's `keys: :unique`.
#[derive(Debug)]
pub enum Unique {}

/// A key may be that of several processes, and several times that of one. Elixir's `keys: :duplicate`.
#[derive(Debug)]
pub enum Duplicate {}

/// How many processes a key may have: [`Unique`] or [`Duplicate`].
pub trait KeyKind: sealed::Sealed + 'static {
    #[doc(hidden)]
    const UNIQUE: bool;
}

impl KeyKind for Unique {
    const UNIQUE: bool = true;
}

impl KeyKind for Duplicate {
    const UNIQUE: bool = false;
}

mod sealed {
    #[allow(unnameable_types, reason = "so that there are no other kinds")]
    pub trait Sealed {}

    impl Sealed for super::Unique {}
    impl Sealed for super::Duplicate {}
}

/// What a [listener](Registry::listener) of a registry is told.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegistryEvent<K, V> {
    /// A process has registered itself.
    Registered {
        /// The key.
        key: K,
        /// The process.
        pid: Pid,
        /// The value.
        value: V,
    },
    /// A process has taken back its key. Nobody says so when a process has ended: a listener monitors it.
    Unregistered {
        /// The key.
        key: K,
        /// The process.
        pid: Pid,
    },
}
