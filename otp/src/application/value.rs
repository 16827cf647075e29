//! What an environment can hold: how a type is read from a configuration.

use std::{collections::BTreeMap, fmt, net, path::PathBuf, str::FromStr, time::Duration};

/// A value as a configuration says it, before it has a type.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum RawValue {
    /// A variable of the process environment, which may stand for anything.
    Variable(String),
    /// A text.
    Text(String),
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Float(f64),
    /// Several values.
    List(Vec<Self>),
    /// Values by their names.
    Table(BTreeMap<String, Self>),
}

impl RawValue {
    /// The text, if it is one.
    ///
    /// ```
    /// use otp::application::RawValue;
    ///
    /// assert_eq!(RawValue::Variable("8080".into()).as_str(), Some("8080"));
    /// assert_eq!(RawValue::Integer(8080).as_str(), None);
    /// ```
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Variable(text) | Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What a text says in another way; `what` names that in errors.
    ///
    /// ```
    /// use otp::application::{EnvValue, RawValue};
    ///
    /// /// A level of detail.
    /// #[derive(Debug, Clone, Copy, PartialEq)]
    /// enum Detail { Low, High }
    ///
    /// impl std::str::FromStr for Detail {
    ///     type Err = &'static str;
    ///     fn from_str(text: &str) -> Result<Self, &'static str> {
    ///         match text {
    ///             "low" => Ok(Self::Low),
    ///             "high" => Ok(Self::High),
    ///             _ => Err("`low` or `high`"),
    ///         }
    ///     }
    /// }
    ///
    /// impl EnvValue for Detail {
    ///     fn read(value: &RawValue) -> Result<Self, String> { value.parse("a level of detail") }
    /// }
    ///
    /// assert_eq!(Detail::read(&RawValue::Text("high".into())), Ok(Detail::High));
    /// let error = Detail::read(&RawValue::Text("loud".into())).unwrap_err();
    /// assert_eq!(error, "\"loud\" is not a level of detail: `low` or `high`");
    /// ```
    ///
    /// # Errors
    /// That it is no text, or what is wrong with it.
    pub fn parse<T: FromStr<Err: fmt::Display>>(&self, what: &str) -> Result<T, String> {
        let text = self.as_str().ok_or_else(|| self.is_not(what))?;
        text.parse().map_err(|error| format!("{}: {error}", self.is_not(what)))
    }

    fn is_not(&self, what: &str) -> String {
        format!("{self} is not {what}")
    }
}

impl fmt::Display for RawValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(text) | Self::Text(text) => write!(f, "{text:?}"),
            Self::Bool(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Float(value) => value.fmt(f),
            Self::List(_) => f.write_str("a list"),
            Self::Table(_) => f.write_str("a table"),
        }
    }
}

/// A type of values in the environment of an application.
///
/// Numbers, truth values, text, paths, addresses, [`Duration`] (`"1h30m"`, `"5s"`, `"100ms"`), lists, which are divided
/// by commas in a variable, and tables are such; others say how they are [read](RawValue::parse).
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be read from a configuration",
    label = "no value of an environment",
    note = "implement `otp::application::EnvValue` for it: `value.parse(\"what it is\")` reads what has a `FromStr`"
)]
pub trait EnvValue: Clone + Send + Sync + 'static {
    /// Reads it.
    ///
    /// # Errors
    /// What is wrong with the value, for people; where it stands is added.
    fn read(value: &RawValue) -> Result<Self, String>;
}

macro_rules! integers {
    ($($type:ident)*) => {$(
        impl EnvValue for $type {
            fn read(value: &RawValue) -> Result<Self, String> {
                let what = format!("a whole number from {} to {}", $type::MIN, $type::MAX);
                match value {
                    RawValue::Variable(text) => text.trim().parse().map_err(|_| value.is_not(&what)),
                    RawValue::Integer(number) => (*number).try_into().map_err(|_| value.is_not(&what)),
                    _ => Err(value.is_not(&what)),
                }
            }
        }
    )*};
}

integers!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);

macro_rules! floats {
    ($($type:ident)*) => {$(
        impl EnvValue for $type {
            fn read(value: &RawValue) -> Result<Self, String> {
                match value {
                    RawValue::Variable(text) => text.trim().parse().map_err(|_| value.is_not("a number")),
                    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "as literals do")]
                    RawValue::Integer(number) => Ok(*number as $type),
                    #[allow(clippy::cast_possible_truncation, trivial_numeric_casts, reason = "as literals do")]
                    RawValue::Float(number) => Ok(*number as $type),
                    _ => Err(value.is_not("a number")),
                }
            }
        }
    )*};
}

floats!(f32 f64);

macro_rules! texts {
    ($($type:ty: $what:literal;)*) => {$(
        impl EnvValue for $type {
            fn read(value: &RawValue) -> Result<Self, String> {
                value.parse($what)
            }
        }
    )*};
}

texts! {
    String: "a text";
    PathBuf: "a path";
    net::IpAddr: "an IP address";
    net::Ipv4Addr: "an IPv4 address";
    net::Ipv6Addr: "an IPv6 address";
    net::SocketAddr: "an address with a port";
}

impl EnvValue for bool {
    fn read(value: &RawValue) -> Result<Self, String> {
        match value {
            RawValue::Bool(value) => Ok(*value),
            RawValue::Variable(text) => text.trim().parse().map_err(|_| value.is_not("`true` or `false`")),
            _ => Err(value.is_not("`true` or `false`")),
        }
    }
}

impl EnvValue for Duration {
    fn read(value: &RawValue) -> Result<Self, String> {
        let what = "a time such as \"1h30m\", \"5s\" or \"100ms\"";
        value.as_str().and_then(|text| duration(text.trim())).ok_or_else(|| value.is_not(what))
    }
}

/// Numbers with their units, one after another.
fn duration(mut text: &str) -> Option<Duration> {
    const UNITS: [(&str, u64); 7] = [
        ("ns", 1),
        ("us", 1_000),
        ("ms", 1_000_000),
        ("s", 1_000_000_000),
        ("m", 60_000_000_000),
        ("h", 3_600_000_000_000),
        ("d", 86_400_000_000_000),
    ];
    if text.is_empty() {
        return None;
    }
    let mut sum = Duration::ZERO;
    while !text.is_empty() {
        let digits = text.find(|c: char| !c.is_ascii_digit())?;
        let (number, rest) = text.split_at(digits);
        let unit = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let (unit, rest) = rest.split_at(unit);
        let (_, nanos) = UNITS.iter().find(|(name, _)| *name == unit)?;
        sum = sum.checked_add(Duration::from_nanos(number.parse::<u64>().ok()?.checked_mul(*nanos)?))?;
        text = rest;
    }
    Some(sum)
}

impl<T: EnvValue> EnvValue for Vec<T> {
    fn read(value: &RawValue) -> Result<Self, String> {
        match value {
            RawValue::List(values) => values.iter().map(T::read).collect(),
            RawValue::Variable(text) if text.trim().is_empty() => Ok(Self::new()),
            RawValue::Variable(text) => {
                text.split(',').map(|text| T::read(&RawValue::Variable(text.trim().to_owned()))).collect()
            }
            _ => Err(value.is_not("a list")),
        }
    }
}

impl<T: EnvValue> EnvValue for BTreeMap<String, T> {
    fn read(value: &RawValue) -> Result<Self, String> {
        let RawValue::Table(values) = value else { return Err(value.is_not("a table")) };
        let read = |(name, value): (&String, &RawValue)| match T::read(value) {
            Ok(value) => Ok((name.clone(), value)),
            Err(error) => Err(format!("`{name}`: {error}")),
        };
        values.iter().map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        let read = |text: &str| Duration::read(&RawValue::Text(text.into())).ok();
        assert_eq!(read("1h30m"), Some(Duration::from_secs(5400)));
        assert_eq!(read("100ms"), Some(Duration::from_millis(100)));
        assert_eq!(read("2d"), Some(Duration::from_secs(172_800)));
        for wrong in ["", "5", "s", "5 s", "5x", "-5s", "999999999999999d", "1.5s"] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
        assert!(Duration::read(&RawValue::Integer(5)).is_err());
    }

    #[test]
    fn a_text_in_a_file_is_no_number_and_one_in_a_variable_may_be() {
        assert_eq!(u16::read(&RawValue::Variable(" 80".into())), Ok(80));
        assert_eq!(u16::read(&RawValue::Integer(80)), Ok(80));
        assert_eq!(u16::read(&RawValue::Integer(80_000)), Err("80000 is not a whole number from 0 to 65535".into()));
        assert!(u16::read(&RawValue::Text("80".into())).is_err());
        assert!(u16::read(&RawValue::Variable("x".into())).is_err());
        assert_eq!(f64::read(&RawValue::Integer(2)), Ok(2.0));
        assert!(bool::read(&RawValue::Integer(1)).is_err());
        assert!(String::read(&RawValue::Integer(1)).is_err());
    }

    #[test]
    fn lists_and_tables_hold_values_of_one_type() {
        assert_eq!(Vec::<u8>::read(&RawValue::Variable("1, 2".into())), Ok(vec![1, 2]));
        assert_eq!(Vec::<u8>::read(&RawValue::Variable(String::new())), Ok(vec![]));
        assert!(Vec::<u8>::read(&RawValue::List(vec![RawValue::Bool(true)])).is_err());
        let table = RawValue::Table([("a".to_owned(), RawValue::Text("x".into()))].into());
        assert_eq!(BTreeMap::<String, u8>::read(&table), Err("`a`: \"x\" is not a whole number from 0 to 255".into()));
    }
}
