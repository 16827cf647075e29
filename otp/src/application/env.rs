//! The environments of applications: typed values by key.
//!
//! What is set while the program runs goes first, then variables of the process environment, then files, then the
//! defaults in the code.

use std::{
    any::{Any, type_name},
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fmt,
    marker::PhantomData,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{AppConfig, EnvPlace, EnvValue, RawValue, config::variable_name};
use crate::process::Node;

/// Why a value of an environment can't be had.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EnvError {
    /// Nothing says it.
    Missing {
        /// The application.
        application: &'static str,
        /// The key.
        key: &'static str,
    },
    /// What is said is wrong.
    Wrong {
        /// The application.
        application: &'static str,
        /// The key.
        key: &'static str,
        /// Where it is said.
        place: EnvPlace,
        /// What is wrong with it.
        error: String,
    },
    /// One update sets this key of this application twice. OTP's `badarg`.
    SetTwice {
        /// The application.
        application: &'static str,
        /// The key.
        key: &'static str,
    },
}

impl EnvError {
    /// Whether nothing says the value.
    #[must_use]
    pub const fn is_missing(&self) -> bool {
        matches!(self, Self::Missing { .. })
    }
}

impl fmt::Display for EnvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { application, key } => write!(
                f,
                "{application}: `{key}` is missing: no file says it, nor does the environment variable {}",
                variable_name(application, key)
            ),
            Self::Wrong { application, key, place, error } => {
                write!(f, "{application}: `{key}` is wrong: {place}: {error}")
            }
            Self::SetTwice { application, key } => write!(f, "{application}: `{key}` is set twice in one update"),
        }
    }
}

impl Error for EnvError {}

/// A key of an application's environment, with the type of its value. `application:get_env/2`.
///
/// The first that says something counts: a value that was [set](EnvKey::set), the [`AppConfig`] of the node, the default
/// of the application's [spec](super::AppSpec::env).
///
/// ```
/// use otp::application::EnvKey;
///
/// const PORT: EnvKey<u16> = EnvKey::new("env_example", "port");
///
/// assert!(PORT.get().unwrap_err().is_missing());
/// assert_eq!(PORT.get_or(8080), Ok(8080));
/// PORT.set(631);
/// assert_eq!(PORT.get(), Ok(631));
/// PORT.unset();
/// assert!(PORT.get().is_err());
/// ```
pub struct EnvKey<T> {
    application: &'static str,
    key: &'static str,
    value: PhantomData<fn() -> T>,
}

impl<T: EnvValue> EnvKey<T> {
    /// The key of an application that has this [name](super::Application::NAME).
    #[must_use]
    pub const fn new(application: &'static str, key: &'static str) -> Self {
        Self { application, key, value: PhantomData }
    }

    /// Whose key it is.
    #[must_use]
    pub const fn application(&self) -> &'static str {
        self.application
    }

    /// Its name within the application.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.key
    }

    /// Its value on the current node.
    ///
    /// # Errors
    /// [`EnvError::Missing`]; [`EnvError::Wrong`], which names the place.
    pub fn get(&self) -> Result<T, EnvError> {
        let missing = EnvError::Missing { application: self.application, key: self.key };
        self.find()?.ok_or(missing)
    }

    /// As [`get`](EnvKey::get), or what is given when nothing says it. `application:get_env/3`.
    ///
    /// # Errors
    /// [`EnvError::Wrong`].
    pub fn get_or(&self, default: T) -> Result<T, EnvError> {
        Ok(self.find()?.unwrap_or(default))
    }

    fn find(&self) -> Result<Option<T>, EnvError> {
        let wrong = |place, error| EnvError::Wrong { application: self.application, key: self.key, place, error };
        // The user's code runs with a copy, when the lock is free again.
        match environments().look((self.application, self.key)) {
            None => Ok(None),
            Some(EnvSource::Value(value, place)) => match value.downcast_ref::<T>() {
                Some(value) => Ok(Some(value.clone())),
                None => Err(wrong(place, format!("another key has a value there that is no {}", type_name::<T>()))),
            },
            Some(EnvSource::Raw(value, place)) => T::read(&value).map(Some).map_err(|error| wrong(place, error)),
        }
    }

    /// Says a value for the time until the application is loaded or unloaded. `application:set_env/3`.
    pub fn set(&self, value: T) {
        EnvUpdate::new().with(self, value).apply_all();
    }

    /// Says a value that stays when the application is loaded again. `application:set_env/4` with `persistent`.
    ///
    /// ```
    /// # use otp::application::EnvKey;
    /// const PORT: EnvKey<u16> = EnvKey::new("env_example", "persistent_port");
    /// PORT.set_persistent(631);
    /// assert_eq!(PORT.get(), Ok(631));
    /// ```
    pub fn set_persistent(&self, value: T) {
        EnvUpdate::new().with(self, value).persistent().apply_all();
    }

    /// Takes back what was set. `application:unset_env/2`.
    pub fn unset(&self) {
        let removed = environments().state().set.remove(&(self.application, self.key));
        drop(removed);
    }
}

impl<T> Clone for EnvKey<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for EnvKey<T> {}

impl<T> fmt::Debug for EnvKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EnvKey<{}>({}, {})", type_name::<T>(), self.application, self.key)
    }
}

type Key = (&'static str, &'static str);
type Value = Arc<dyn Any + Send + Sync>;

/// Several values that are set at once, also of several applications. `application:set_env/1,2`.
///
/// ```
/// use otp::application::{EnvKey, EnvUpdate};
///
/// const HOST: EnvKey<String> = EnvKey::new("update_example", "host");
/// const PORT: EnvKey<u16> = EnvKey::new("update_example", "port");
///
/// EnvUpdate::new().with(&HOST, "localhost".into()).with(&PORT, 631).apply()?;
/// assert_eq!((HOST.get()?, PORT.get()?), ("localhost".into(), 631));
/// assert!(EnvUpdate::new().with(&PORT, 1).with(&PORT, 2).apply().is_err());
/// # Ok::<(), otp::application::EnvError>(())
/// ```
#[derive(Default)]
#[must_use = "it sets nothing until `apply`"]
pub struct EnvUpdate {
    values: Vec<(Key, Value)>,
    persistent: bool,
}

impl EnvUpdate {
    /// Without values.
    pub fn new() -> Self {
        Self::default()
    }

    /// With a value.
    pub fn with<T: EnvValue>(mut self, key: &EnvKey<T>, value: T) -> Self {
        self.values.push(((key.application, key.key), Arc::new(value)));
        self
    }

    /// All values stay when their applications are loaded again.
    pub fn persistent(mut self) -> Self {
        self.persistent = true;
        self
    }

    /// Sets all of them, or none.
    ///
    /// # Errors
    /// [`EnvError::SetTwice`] when a key comes twice.
    pub fn apply(self) -> Result<(), EnvError> {
        let mut keys = BTreeSet::new();
        match self.values.iter().find(|(key, _)| !keys.insert(*key)) {
            Some(((application, key), _)) => Err(EnvError::SetTwice { application, key }),
            None => {
                self.apply_all();
                Ok(())
            }
        }
    }

    fn apply_all(self) {
        let persistent = self.persistent;
        let before: Vec<_> = {
            let environments = environments();
            let mut state = environments.state();
            self.values.into_iter().map(|(key, value)| state.set.insert(key, Set { value, persistent })).collect()
        };
        drop(before);
    }
}

impl fmt::Debug for EnvUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.values.iter().map(|(key, _)| key)).finish()
    }
}

/// What an application's spec says of a key.
#[derive(Clone)]
pub(super) struct Declared {
    pub(super) application: &'static str,
    pub(super) key: &'static str,
    default: Option<Value>,
    check: Arc<dyn Fn() -> Result<(), EnvError> + Send + Sync>,
}

impl Declared {
    pub(super) fn new<T: EnvValue>(key: &EnvKey<T>, default: Option<T>) -> Self {
        let checked = *key;
        let (application, key) = (key.application, key.key);
        Self {
            application,
            key,
            default: default.map(|value| Arc::new(value) as Value),
            check: Arc::new(move || checked.get().map(drop)),
        }
    }

    /// Whether there is a value when nothing else is said.
    pub(super) fn has_default(&self) -> bool {
        self.default.is_some()
    }

    /// Whether the value can be had.
    pub(super) fn check(&self) -> Result<(), EnvError> {
        (self.check)()
    }
}

/// What is said for a key.
enum EnvSource {
    Value(Value, EnvPlace),
    Raw(RawValue, EnvPlace),
}

/// A value that was set.
struct Set {
    value: Value,
    /// It stays when its application is loaded again.
    persistent: bool,
}

/// The environments of a node. No code of the user's runs under its lock.
#[derive(Default)]
pub(super) struct Environments(Mutex<EnvState>);

#[derive(Default)]
struct EnvState {
    /// Read from the process environment when it is asked for first, unless the node was given another one.
    config: Option<Arc<AppConfig>>,
    set: BTreeMap<Key, Set>,
    /// What the specs of loaded applications say.
    defaults: BTreeMap<Key, Value>,
}

/// That of the current node.
pub(super) fn environments() -> Arc<Environments> {
    Node::current().inner().attached(Environments::default)
}

impl Environments {
    fn state(&self) -> MutexGuard<'_, EnvState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn config(&self) -> Arc<AppConfig> {
        Arc::clone(self.state().config.get_or_insert_with(|| Arc::new(AppConfig::process_env())))
    }

    /// Gives the configuration that was there before.
    pub(super) fn configure(&self, config: Arc<AppConfig>) -> Arc<AppConfig> {
        let before = self.config();
        self.state().config = Some(config);
        before
    }

    fn look(&self, key: Key) -> Option<EnvSource> {
        if let Some(set) = self.state().set.get(&key) {
            return Some(EnvSource::Value(Arc::clone(&set.value), EnvPlace::Set));
        }
        if let Some((value, place)) = self.config().find(key.0, key.1) {
            return Some(EnvSource::Raw(value, place));
        }
        self.state().defaults.get(&key).map(|value| EnvSource::Value(Arc::clone(value), EnvPlace::Code))
    }

    /// An application is loaded: what was set for the keys that its spec or a file names is over, unless it is
    /// persistent.
    pub(super) fn load(&self, application: &str, declared: &[Declared]) {
        let config = self.config();
        let named: BTreeSet<&str> =
            config.keys(application).chain(declared.iter().map(|declared| declared.key)).collect();
        let mut state = self.state();
        let over =
            take_out(&mut state.set, |(of, key), set| *of == application && !set.persistent && named.contains(key));
        let mut replaced = Vec::new();
        for declared in declared {
            if let Some(value) = &declared.default {
                replaced.extend(state.defaults.insert((declared.application, declared.key), Arc::clone(value)));
            }
        }
        drop(state);
        drop((over, replaced));
    }

    /// An application is unloaded: its environment is gone, but for what is persistent.
    pub(super) fn unload(&self, application: &str) {
        let mut state = self.state();
        let set = take_out(&mut state.set, |(of, _), set| *of == application && !set.persistent);
        let defaults = take_out(&mut state.defaults, |(of, _), _| *of == application);
        drop(state);
        drop((set, defaults));
    }
}

/// Takes out what is to go: it is the user's, and dropped when the lock is free.
fn take_out<V>(map: &mut BTreeMap<Key, V>, goes: impl Fn(&Key, &V) -> bool) -> Vec<V> {
    let keys: Vec<Key> = map.iter().filter(|(key, value)| goes(key, value)).map(|(key, _)| *key).collect();
    keys.iter().filter_map(|key| map.remove(key)).collect()
}
