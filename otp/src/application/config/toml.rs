//! Reading TOML files.

use std::{borrow::Cow, collections::BTreeMap, fs, path::Path, sync::Arc};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{AppConfig, ConfigError, EnvPlace};
use crate::application::RawValue;

impl AppConfig {
    /// With what a TOML file says, before what files say that were given earlier. It has a table for each application.
    ///
    /// ```no_run
    /// use otp::application::AppConfig;
    ///
    /// otp::application::configure(AppConfig::process_env().file("shop.toml")?);
    /// # Ok::<(), otp::application::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// [`ConfigError`]: the file can't be read, is no TOML, or has a value outside of a table.
    pub fn file(self, path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        let path = path.as_ref().display().to_string();
        match fs::read_to_string(&path) {
            Ok(text) => self.toml(&path, &text),
            Err(error) => Err(ConfigError::Unreadable { path, error: error.to_string() }),
        }
    }

    /// As [`file`](AppConfig::file), with the text of a file that errors call `path`.
    ///
    /// ```
    /// use otp::application::{AppConfig, EnvKey};
    ///
    /// const URL: EnvKey<String> = EnvKey::new("toml_example", "db.url");
    ///
    /// let config = AppConfig::new().toml("shop.toml", "[toml_example.db]\nurl = 5")?;
    /// otp::application::configure(config);
    /// assert_eq!(URL.get().unwrap_err().to_string(), "toml_example: `db.url` is wrong: shop.toml:2: 5 is not a text");
    /// # Ok::<(), otp::application::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// As [`file`](AppConfig::file).
    pub fn toml(mut self, path: &str, text: &str) -> Result<Self, ConfigError> {
        let path: Arc<str> = path.into();
        let place = |at: usize| {
            let before = text.get(..at).unwrap_or(text);
            EnvPlace::File { path: Arc::clone(&path), line: 1 + before.bytes().filter(|byte| *byte == b'\n').count() }
        };
        let table = DeTable::parse(text).map_err(|error| ConfigError::Syntax {
            place: place(error.span().map_or(0, |span| span.start)),
            error: error.message().to_owned(),
        })?;
        for (application, value) in table.get_ref() {
            let DeValue::Table(table) = value.get_ref() else {
                return Err(ConfigError::Syntax {
                    place: place(application.span().start),
                    error: format!("`{}` is in no table of an application, such as [shop]", application.get_ref()),
                });
            };
            self.add(application.get_ref(), "", table, &place);
        }
        Ok(self)
    }

    /// Adds the values of a table, and the table itself unless it is that of the application.
    fn add(&mut self, application: &str, above: &str, table: &DeTable<'_>, place: &impl Fn(usize) -> EnvPlace) {
        for (key, value) in table {
            let path = match above {
                "" => key.get_ref().to_string(),
                _ => format!("{above}.{}", key.get_ref()),
            };
            if let DeValue::Table(table) = value.get_ref() {
                self.add(application, &path, table, place);
            }
            let found = (raw(value), place(key.span().start));
            self.files.insert((application.to_owned(), path), found);
        }
    }
}

fn raw(value: &Spanned<DeValue<'_>>) -> RawValue {
    match value.get_ref() {
        DeValue::String(text) => RawValue::Text(Cow::clone(text).into_owned()),
        DeValue::Boolean(value) => RawValue::Bool(*value),
        // What is too large for either is a text that no number is read from.
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| RawValue::Text(number.as_str().to_owned()), RawValue::Integer),
        DeValue::Float(number) => {
            number.as_str().parse().map_or_else(|_| RawValue::Text(number.as_str().to_owned()), RawValue::Float)
        }
        DeValue::Datetime(time) => RawValue::Text(time.to_string()),
        DeValue::Array(values) => RawValue::List(values.iter().map(raw).collect()),
        DeValue::Table(table) => {
            let values = table.iter().map(|(key, value)| (key.get_ref().to_string(), raw(value)));
            RawValue::Table(values.collect::<BTreeMap<_, _>>())
        }
    }
}
