//! Where values of environments come from besides the code: TOML files and the process environment.

#[cfg(feature = "toml")]
mod toml;

use std::{collections::BTreeMap, env, error::Error, fmt, sync::Arc};

use super::RawValue;

/// Where a value of an environment stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EnvPlace {
    /// In the code: the default that the application's spec gives.
    Code,
    /// It was set while the program ran.
    Set,
    /// In a file, in this line.
    File {
        /// The file's path.
        path: Arc<str>,
        /// The line, from 1 on.
        line: usize,
    },
    /// In this variable of the process environment.
    Variable(String),
}

impl fmt::Display for EnvPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code => f.write_str("the application's spec"),
            Self::Set => f.write_str("a value that was set"),
            Self::File { path, line } => write!(f, "{path}:{line}"),
            Self::Variable(name) => write!(f, "the environment variable {name}"),
        }
    }
}

/// Why a configuration can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file can't be read.
    Unreadable {
        /// Its path.
        path: String,
        /// What the system says.
        error: String,
    },
    /// It is no TOML, or not of the form that is expected.
    Syntax {
        /// Where it goes wrong.
        place: EnvPlace,
        /// What is wrong.
        error: String,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, error } => write!(f, "{path} can't be read: {error}"),
            Self::Syntax { place, error } => write!(f, "{place}: {error}"),
        }
    }
}

impl Error for ConfigError {}

/// Values for the environments of applications, by application and key: from files, and from the variables of the
/// process environment, which go before files.
///
/// Key `port` of the application `shop` is `port` in the table `[shop]` of a file, and the variable `SHOP_PORT`; key
/// `db.url` is `url` in `[shop.db]`, and `SHOP_DB_URL`. [`configure`](super::configure) gives it to the node.
///
/// ```
/// use otp::application::{AppConfig, EnvKey};
///
/// const PORT: EnvKey<u16> = EnvKey::new("config_example", "port");
///
/// otp::application::configure(AppConfig::new().variable("CONFIG_EXAMPLE_PORT", "8080"));
/// assert_eq!(PORT.get(), Ok(8080));
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[must_use = "it does nothing until a node is configured with it"]
pub struct AppConfig {
    /// By application and key.
    files: BTreeMap<(String, String), (RawValue, EnvPlace)>,
    variables: BTreeMap<String, String>,
}

impl AppConfig {
    /// Without values.
    pub fn new() -> Self {
        Self::default()
    }

    /// With the variables that this process has now; what is no Unicode is left out. It is what a node has that was
    /// given no other.
    ///
    /// ```
    /// use otp::application::AppConfig;
    ///
    /// otp::application::configure(AppConfig::process_env());
    /// ```
    pub fn process_env() -> Self {
        let variables =
            env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self { files: BTreeMap::new(), variables: variables.collect() }
    }

    /// With a variable, as if the process environment had it: for tests.
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// What is said for a key.
    pub(super) fn find(&self, application: &str, key: &str) -> Option<(RawValue, EnvPlace)> {
        let name = variable_name(application, key);
        if let Some(value) = self.variables.get(&name) {
            return Some((RawValue::Variable(value.clone()), EnvPlace::Variable(name)));
        }
        self.files.get(&(application.to_owned(), key.to_owned())).cloned()
    }

    /// The keys of an application that files name.
    pub(super) fn keys<'a>(&'a self, application: &'a str) -> impl Iterator<Item = &'a str> {
        let first = (application.to_owned(), String::new());
        self.files.range(first..).take_while(move |((of, _), _)| of == application).map(|((_, key), _)| &**key)
    }
}

/// The variable that stands for a key.
pub(super) fn variable_name(application: &str, key: &str) -> String {
    let upper = |c: char| if c.is_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    application.chars().chain(['_']).chain(key.chars()).map(upper).collect()
}
