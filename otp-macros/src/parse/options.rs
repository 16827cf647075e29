//! The values of options that an actor and a child of a tree have in common, and durations such as `5s`.

use std::time::Duration;

use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Error, Ident, Lit, Result};

use crate::ast::options::{Restart, Shutdown};
use crate::wording;

const RESTARTS: [(&str, Restart); 3] =
    [("permanent", Restart::Permanent), ("transient", Restart::Transient), ("temporary", Restart::Temporary)];

const SHUTDOWNS: [(&str, Shutdown); 2] = [("infinity", Shutdown::Infinity), ("brutal_kill", Shutdown::BrutalKill)];

/// The units of a duration, in nanoseconds.
const UNITS: [(&str, u64); 6] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// `permanent`, `transient` or `temporary`.
pub(crate) fn restart(input: ParseStream<'_>) -> Result<Restart> {
    word(input, "restart", &RESTARTS, &[])
}

/// `infinity`, `brutal_kill` or a duration.
pub(crate) fn shutdown(input: ParseStream<'_>) -> Result<Shutdown> {
    if input.peek(Lit) {
        return duration(input).map(Shutdown::After);
    }
    word(input, "shutdown", &SHUTDOWNS, &["5s"])
}

/// A whole number with a unit: `500ms`, `5s`, `2m`.
pub(crate) fn duration(input: ParseStream<'_>) -> Result<Duration> {
    let literal: Lit =
        input.parse().map_err(|error| Error::new(error.span(), "expected a duration such as `500ms`, `5s` or `2m`"))?;
    let wrong =
        || Error::new_spanned(&literal, "a duration is a whole number with a unit, such as `500ms`, `5s` or `2m`");
    let Lit::Int(number) = &literal else {
        return Err(wrong());
    };
    let Some((_, nanos)) = UNITS.iter().find(|(unit, _)| *unit == number.suffix()) else {
        return Err(wrong());
    };
    let count: u64 = number.base10_parse().map_err(|_| wrong())?;
    count
        .checked_mul(*nanos)
        .map(Duration::from_nanos)
        .ok_or_else(|| Error::new_spanned(&literal, "this duration is too long"))
}

/// One word of a closed set. `others` are forms that the caller reads; the message lists them too.
fn word<T: Copy>(input: ParseStream<'_>, option: &str, words: &[(&str, T)], others: &[&str]) -> Result<T> {
    let names: Vec<&str> = words.iter().map(|(name, _)| *name).chain(others.iter().copied()).collect();
    let word = input.call(Ident::parse_any)?;
    words
        .iter()
        .find(|(name, _)| word == name)
        .map(|(_, value)| *value)
        .ok_or_else(|| Error::new_spanned(&word, wording::unknown(&format!("`{option}` value"), &word, &names)))
}
