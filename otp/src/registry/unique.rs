//! What only unique keys allow: names, and values that their owner changes.

use std::{any::Any, borrow::Borrow, fmt, hash::Hash, sync::Arc};

use super::{
    RegistryKey, RegistryRef, RegistryValue, Unique,
    table::{hash_of, is_alive},
};
use crate::{
    actor::{Actor, Blocking, Name},
    cell::{Pid, RegName, RegisterError, UnregisterError, reg_name::KeptName},
    process::{self, Via},
};

impl<K: RegistryKey, V: RegistryValue> RegistryRef<K, V, Unique> {
    /// The process that has a key, if it is alive. `Registry.whereis_name/1`.
    ///
    /// ```
    /// let rooms = otp::registry::Registry::<u32, ()>::new().start()?;
    /// assert_eq!(rooms.whereis(&7), None);
    /// rooms.register(7, ())?;
    /// assert_eq!(rooms.whereis(&7), Some(otp::self_pid()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn whereis<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<Pid>
    where
        K: Borrow<Q>,
    {
        let holder = self.table.entries(key).next()?.owner();
        is_alive(holder).then_some(holder)
    }

    /// A key as a name, wherever one can stand: of an actor that is started, in a child spec, of a client, a subject,
    /// an exit, a monitor. `{via, Registry, {Name, Key}}`.
    ///
    /// Who takes it registers itself with the default value. It follows the key, from one process to another, and to
    /// the registry's next start. Two such names are equal when their keys are and the registry is the same.
    ///
    /// ```
    /// use otp::{actor::Starter, registry::Registry, prelude::*};
    /// # pub struct Session { id: u32 }
    /// # #[actor]
    /// # impl Session {
    /// #     #[init] fn init(id: u32) -> Self { Self { id } }
    /// #     #[handle_call] pub fn id(&self) -> u32 { self.id }
    /// # }
    ///
    /// let sessions = Registry::<u32, ()>::new().start()?;
    /// let name = sessions.name::<Session>(7);
    /// Starter::new().name(&name).start((7,))?;
    /// assert_eq!(name.client().id()?, 7);
    /// assert!(matches!(Starter::new().name(&name).start((8,)), Err(StartError::AlreadyStarted(_))));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn name<A>(&self, key: K) -> Name<A>
    where
        V: Default,
    {
        self.name_with(key, V::default())
    }

    /// As [`name`](RegistryRef::name); who takes it registers itself with this value.
    /// `{via, Registry, {Name, Key, Value}}`.
    ///
    /// ```
    /// use otp::{actor::Starter, registry::Registry, prelude::*};
    /// # pub struct Session { id: u32 }
    /// # #[actor]
    /// # impl Session {
    /// #     #[init] fn init(id: u32) -> Self { Self { id } }
    /// # }
    ///
    /// let sessions = Registry::<u32, &str>::new().start()?;
    /// let session = Starter::<Session>::new().name(sessions.name_with(7, "joe")).start((7,))?;
    /// assert_eq!(sessions.lookup(&7), Some((session.pid().unwrap(), "joe")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn name_with<A>(&self, key: K, value: V) -> Name<A> {
        KeyName::name(self, key, Some(value)).into()
    }

    /// A client of whoever has the key, each time that it is used; while nobody has it, it reaches nobody.
    ///
    /// ```
    /// use otp::{actor::Starter, registry::Registry, prelude::*};
    /// # pub struct Session { id: u32 }
    /// # #[actor]
    /// # impl Session {
    /// #     #[init] fn init(id: u32) -> Self { Self { id } }
    /// #     #[handle_call] pub fn id(&self) -> u32 { self.id }
    /// # }
    ///
    /// let sessions = Registry::<u32, ()>::new().start()?;
    /// let session: SessionRef = sessions.client::<Session>(7);
    /// assert_eq!(session.id(), Err(CallError::NoProc));
    /// Starter::<Session>::new().name(sessions.name(7)).start((7,))?;
    /// assert_eq!(session.id(), Ok(7));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn client<A: Actor>(&self, key: K) -> A::Client<Blocking> {
        Name::<A>::from(KeyName::name(self, key, None)).client()
    }

    /// Puts what `f` makes of the value that the current process has registered under a key in its place; gives the new
    /// value and the old one. `None` when the key is not that of the current process. `Registry.update_value/3`.
    ///
    /// `f` is called once, at most. What it takes back itself stays taken back.
    ///
    /// ```
    /// let rooms = otp::registry::Registry::<u32, u32>::new().start()?;
    /// rooms.register(7, 1)?;
    /// assert_eq!(rooms.update_value(&7, |guests| guests + 1), Some((2, 1)));
    /// assert_eq!(rooms.update_value(&8, |guests| guests + 1), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn update_value<Q: Hash + Eq + ?Sized>(&self, key: &Q, f: impl FnOnce(&V) -> V) -> Option<(V, V)>
    where
        K: Borrow<Q>,
    {
        let opened = self.table.opened();
        let own = opened.with_hash(process::self_pid(), hash_of(key));
        let old = own.into_iter().find(|entry| entry.key().borrow() == key)?;
        let new = Arc::new(old.with_value(f(old.value())));
        let values = (new.value().clone(), old.value().clone());
        self.table.replace(&opened, &old, &new).then_some(values)
    }
}

/// A key of a registry, as a name: another value makes no other name.
struct KeyName<K: RegistryKey, V: RegistryValue> {
    /// It keeps the registry's place: a name may be all that is made of it before it is started.
    registry: RegistryRef<K, V>,
    key: K,
    /// Nothing in a name that is only looked up.
    value: Option<V>,
}

impl<K: RegistryKey, V: RegistryValue> KeyName<K, V> {
    fn name(registry: &RegistryRef<K, V>, key: K, value: Option<V>) -> RegName {
        RegName::of_registry(Box::new(Self { registry: registry.clone(), key, value }))
    }
}

impl<K: RegistryKey, V: RegistryValue> KeptName for KeyName<K, V> {
    fn register(&self, pid: Pid) -> Result<(), RegisterError> {
        let value = self.value.clone().expect("a name that anybody can take has a value");
        self.registry.register_as(self.key.clone(), value, pid)
    }

    fn unregister(&self) -> Result<(), UnregisterError> {
        self.registry.take_back(&self.key)
    }

    fn whereis(&self) -> Option<Pid> {
        self.registry.whereis(&self.key)
    }

    fn key(&self) -> &dyn fmt::Debug {
        &self.key
    }

    fn key_hash(&self) -> u64 {
        hash_of(&self.key)
    }

    fn is_same(&self, other: &dyn KeptName) -> bool {
        let other: &dyn Any = other;
        other
            .downcast_ref::<Self>()
            .is_some_and(|other| Arc::ptr_eq(&self.registry.table, &other.registry.table) && self.key == other.key)
    }
}

/// As [`RegistryRef::name`], where a [`Via`] is asked for.
#[diagnostic::do_not_recommend]
impl<K: RegistryKey, V: RegistryValue + Default> Via for RegistryRef<K, V> {
    type Key = K;

    fn register(&self, key: &K, pid: Pid) -> Result<(), RegisterError> {
        self.register_as(key.clone(), V::default(), pid)
    }

    fn unregister(&self, key: &K) -> Result<(), UnregisterError> {
        self.take_back(key)
    }

    fn whereis(&self, key: &K) -> Option<Pid> {
        self.whereis(key)
    }
}

impl<K: RegistryKey, V: RegistryValue> RegistryRef<K, V> {
    fn register_as(&self, key: K, value: V, pid: Pid) -> Result<(), RegisterError> {
        if pid != process::self_pid() {
            return Err(RegisterError::OtherProcess);
        }
        self.register(key, value)
    }

    fn take_back(&self, key: &K) -> Result<(), UnregisterError> {
        match self.table.unregister(key, |_| true) {
            0 => Err(UnregisterError),
            _ => Ok(()),
        }
    }
}
