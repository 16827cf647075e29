//! The process dictionary: what a process keeps beside its state, under typed keys.

use std::{any::TypeId, fmt, marker::PhantomData, mem};

use crate::cell::current;

/// A key of the process dictionary, for values of one type.
///
/// Each process has a value of its own under it, or none. Unlike a thread-local it stays with the process, whichever
/// thread runs it and however often it waits. A value is dropped when its process ends, after the process's state; a
/// panic in its `Drop` is then the reason of the exit. Values are not handed down to processes that it starts.
///
/// Two keys of the same name and type are the same key. Erlang's `put/2` and its relatives.
///
/// ```
/// use otp::process::{self, Key};
///
/// static REQUEST: Key<u64> = Key::new("request");
///
/// assert_eq!(REQUEST.put(7), None);
/// assert_eq!(REQUEST.put(8), Some(7));
/// process::spawn(|_| assert_eq!(REQUEST.get(), None));
/// assert_eq!(REQUEST.with(|request| request.copied()), Some(8));
/// assert_eq!(process::dictionary::keys(), ["request"]);
/// assert_eq!(REQUEST.take(), Some(8));
/// ```
pub struct Key<T> {
    name: &'static str,
    value: PhantomData<fn(T) -> T>,
}

impl<T> Key<T> {
    /// A key with this name.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, value: PhantomData }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

impl<T: Send + 'static> Key<T> {
    /// Puts a value in; returns the one before. A process that is ending keeps nothing: the value is dropped. `put/2`.
    pub fn put(&self, value: T) -> Option<T> {
        self.put_box(Box::new(value)).map(|before| *before)
    }

    /// Takes the value out. `erase/1`.
    pub fn take(&self) -> Option<T> {
        self.take_box().map(|value| *value)
    }

    /// A clone of the value. `get/1`.
    #[must_use]
    pub fn get(&self) -> Option<T>
    where
        T: Clone,
    {
        self.with(|value| value.cloned())
    }

    /// Calls `f` with the value, which it may change. While it runs the value is out of the dictionary, and it is put
    /// back when it is over, by a panic too.
    ///
    /// A call of `with`, `get` or `erase` for the same key in `f` finds no value.
    ///
    /// ```
    /// use otp::process::Key;
    ///
    /// static VISITS: Key<u32> = Key::new("visits");
    ///
    /// VISITS.put(41);
    /// VISITS.with(|visits| *visits.unwrap() += 1);
    /// assert_eq!(VISITS.get(), Some(42));
    /// ```
    pub fn with<R>(&self, f: impl FnOnce(Option<&mut T>) -> R) -> R {
        let mut out = Out { key: self, value: self.take_box() };
        f(out.value.as_deref_mut())
    }

    fn id(&self) -> (&'static str, TypeId) {
        (self.name, TypeId::of::<T>())
    }

    fn put_box(&self, value: Box<T>) -> Option<Box<T>> {
        current::with(|me| {
            if me.header().life.is_ending() {
                return None;
            }
            me.own().dictionary(|dictionary| dictionary.put(self.id(), value))
        })
        .and_then(|before| before.downcast().ok())
    }

    fn take_box(&self) -> Option<Box<T>> {
        let value = current::with(|me| me.own().if_dictionary(|dictionary| dictionary.take(self.id())));
        value.and_then(|value| value.downcast().ok())
    }
}

impl<T> fmt::Debug for Key<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key").field(&self.name).finish()
    }
}

/// A value that is out of the dictionary for a while.
struct Out<'a, T: Send + 'static> {
    key: &'a Key<T>,
    value: Option<Box<T>>,
}

impl<T: Send + 'static> Drop for Out<'_, T> {
    fn drop(&mut self) {
        if let Some(value) = self.value.take() {
            self.key.put_box(value);
        }
    }
}

/// The names of the keys under which the current process keeps a value. `get_keys/0`.
///
/// ```
/// use otp::process::{self, Key};
///
/// static USER: Key<&str> = Key::new("user");
/// assert!(process::dictionary::keys().is_empty());
/// USER.put("joe");
/// assert_eq!(process::dictionary::keys(), ["user"]);
/// ```
#[must_use]
pub fn keys() -> Vec<&'static str> {
    current::with(|me| me.own().if_dictionary(|dictionary| dictionary.names()))
}

/// The names of the keys under which the current process keeps this value. `get_keys/1`.
///
/// ```
/// use otp::process::{self, Key};
///
/// static USER: Key<&str> = Key::new("user");
/// static OWNER: Key<&str> = Key::new("owner");
/// USER.put("joe");
/// OWNER.put("mike");
/// assert_eq!(process::dictionary::keys_of(&"mike"), ["owner"]);
/// ```
pub fn keys_of<T: PartialEq + Send + 'static>(value: &T) -> Vec<&'static str> {
    let mut keys = keys();
    keys.dedup();
    keys.retain(|name| Key::<T>::new(name).with(|kept| kept.as_deref() == Some(value)));
    keys
}

/// Empties the dictionary of the current process. `erase/0`.
///
/// ```
/// use otp::process::{self, Key};
///
/// static USER: Key<&str> = Key::new("user");
/// USER.put("joe");
/// process::dictionary::clear();
/// assert_eq!(USER.get(), None);
/// ```
pub fn clear() {
    drop(current::with(|me| me.own().if_dictionary(mem::take)));
}
