//! The rules of options, wherever they stand: known keys, each once, each with a value that means something.
//!
//! An option has one error at most, the first.

use std::time::Duration;

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{Error, Lit, LitInt, RangeLimits, Result};

use crate::ast::options::{
    Backoff, Bound, DurationLit, Intensity, Mailbox, NoDuration, OptionEntry, Options, Policy, Restart, Shutdown,
    Value, Word, Words,
};
use crate::errors::Errors;
use crate::wording::{self, list};

/// The rules that differ from one list of options to the other.
pub(super) struct Place {
    pub(super) known: &'static [&'static str],
    /// The message for a key that is not known.
    pub(super) unknown: fn(&Ident) -> String,
    /// The message for a key that lacks its value.
    pub(super) missing: fn(&Ident) -> String,
    /// A rule of this place alone; it is given the keys that stand before.
    pub(super) rule: fn(&OptionEntry, &[&Ident]) -> Result<()>,
}

pub(super) fn check(options: &Options, place: &Place, errors: &mut Errors) {
    let mut before = Vec::new();
    for entry in &options.entries {
        match entry {
            Ok(entry) => errors.take(self::entry(entry, place, &mut before)),
            Err(error) => errors.push(error.clone()),
        }
    }
}

/// `before` are the known keys that stand before; that of `entry` is added to them.
pub(super) fn entry<'ast>(entry: &'ast OptionEntry, place: &Place, before: &mut Vec<&'ast Ident>) -> Result<()> {
    let OptionEntry { key, value, leftover } = entry;
    if !place.known.iter().any(|known| key == known) {
        return Err(Error::new_spanned(key, (place.unknown)(key)));
    }
    (place.rule)(entry, before)?;
    once(key, before)?;
    match value {
        Ok(Value::Missing) => return Err(Error::new_spanned(key, (place.missing)(key))),
        Ok(value) => self::value(key, value)?,
        Err(error) => return Err(error.clone()),
    }
    leftover.clone().map_or(Ok(()), Err)
}

/// Refuses a key that stands before already.
fn once<'ast>(key: &'ast Ident, before: &mut Vec<&'ast Ident>) -> Result<()> {
    if before.contains(&key) {
        return Err(Error::new_spanned(key, format!("`{key}` is given twice")));
    }
    before.push(key);
    Ok(())
}

fn value(key: &Ident, value: &Value) -> Result<()> {
    match value {
        Value::Restart(given) => word("`restart` value", given, &[]),
        Value::Shutdown(Shutdown::After(time)) => duration(time).map(drop),
        Value::Shutdown(Shutdown::Word(given)) => word("`shutdown` value", given, &["5s"]),
        Value::Mailbox(given) => mailbox(given),
        Value::MailboxOnRestart(given) => word("`mailbox_on_restart` value", given, &[]),
        Value::Backoff(given) => backoff(given),
        Value::Strategy(given) => word("restart strategy", given, &[]),
        Value::Intensity(given) => intensity(given),
        Value::AutoShutdown(given) => word("`auto_shutdown` value", given, &[]),
        Value::Name(given) => name(given),
        Value::Partitions(given) => partitions(given),
        Value::Significant(Some(given)) => significant(given),
        Value::Thread(given) => thread(key, given),
        _ => Ok(()),
    }
}

/// One word of a closed set. `others` are the forms that are not words; the message lists them too.
pub(super) fn word<T: Words>(what: &str, word: &Word<T>, others: &[&str]) -> Result<()> {
    if word.meaning.is_some() {
        return Ok(());
    }
    let known: Vec<&str> = names::<T>().into_iter().chain(others.iter().copied()).collect();
    Err(Error::new_spanned(&word.tokens, wording::unknown(what, &word.tokens, &known)))
}

/// The words of a closed set.
pub(super) fn names<T: Words>() -> Vec<&'static str> {
    T::WORDS.iter().map(|(word, _)| *word).collect()
}

/// Whether a key is the value of `restart`, written without it.
pub(super) fn is_restart(key: &Ident) -> bool {
    Word::<Restart>::new(key.to_token_stream()).meaning.is_some()
}

fn duration(time: &DurationLit) -> Result<Duration> {
    time.read().map_err(|error| {
        let message = match error {
            NoDuration::Form => "a duration is a whole number with a unit, such as `500ms`, `5s` or `2m`",
            NoDuration::TooLong => "this duration is too long",
        };
        Error::new_spanned(&time.0, message)
    })
}

fn mailbox(mailbox: &Mailbox) -> Result<()> {
    const FORM: &str = "bounded(1000, block)";
    const LIMIT: &str = "a bound is a whole number of messages, such as `bounded(1000, block)`";
    let word = &mailbox.word;
    let Some(bound) = &mailbox.bound else {
        return match word.to_string().as_str() {
            "unbounded" => Ok(()),
            "bounded" => {
                let message = format!("`bounded` needs a number of messages and a policy\n\nhelp: write `{FORM}`");
                Err(Error::new_spanned(word, message))
            }
            _ => Err(Error::new_spanned(word, wording::unknown("`mailbox` value", word, &["unbounded", FORM]))),
        };
    };
    let Bound { limit, policy } = bound;
    let Some(literal) = limit else {
        return Err(Error::new_spanned(word, LIMIT));
    };
    match bound.limit() {
        None => return Err(Error::new_spanned(literal, LIMIT)),
        Some(0) => return Err(Error::new_spanned(literal, "a mailbox has room for at least one message")),
        Some(_) => {}
    }
    let Some(policy) = policy else {
        let policies = list(&names::<Policy>());
        let message = format!("a bound needs a policy, one of {policies}\n\nhelp: write `{FORM}`");
        return Err(Error::new_spanned(literal, message));
    };
    self::word("mailbox policy", policy, &[])
}

fn backoff(backoff: &Backoff) -> Result<()> {
    const FORM: &str = "`backoff` is the shortest and the longest wait, such as `backoff: 100ms..=30s`";
    let Backoff { shortest: DurationLit(from), dots, longest } = backoff;
    let min = duration(&backoff.shortest)?;
    let longest = match (dots, longest) {
        (Some(_), Some(longest)) => longest,
        // A range without an end, or one that excludes it, is blamed at its dots.
        (Some(RangeLimits::HalfOpen(dots)), None) => return Err(Error::new_spanned(dots, FORM)),
        (Some(RangeLimits::Closed(dots)), None) => return Err(Error::new_spanned(dots, FORM)),
        (None, _) => return Err(Error::new_spanned(from, FORM)),
    };
    let max = duration(longest)?;
    if min.is_zero() {
        let message = "the shortest wait can't be zero: it would never grow\n\n\
                       help: the first restart is at once in any case; without `backoff`, all are";
        return Err(Error::new_spanned(from, message));
    }
    if max < min {
        let message = format!("the longest wait is shorter than the shortest, `{}`", from.to_token_stream());
        return Err(Error::new_spanned(&longest.0, message));
    }
    Ok(())
}

pub(super) const INTENSITY: &str = "`intensity` is a number of restarts in a period, such as `intensity: 3 in 5s`";

fn intensity(intensity: &Intensity) -> Result<()> {
    let Intensity { tokens, restarts, period } = intensity;
    let count = match restarts {
        None => return Err(Error::new_spanned(tokens, INTENSITY)),
        Some(Lit::Int(count)) if count.suffix().is_empty() => count,
        Some(other) => return Err(Error::new_spanned(other, INTENSITY)),
    };
    if intensity.restarts().is_none() {
        return Err(Error::new_spanned(count, format!("`intensity` allows at most {} restarts", u32::MAX)));
    }
    let Some(period) = period else {
        return Err(Error::new_spanned(tokens, INTENSITY));
    };
    if duration(period)?.is_zero() {
        let message =
            "the period of `intensity` can't be zero\n\nhelp: to allow no restart at all, write `intensity: 0 in 5s`";
        return Err(Error::new_spanned(&period.0, message));
    }
    Ok(())
}

/// Refuses a literal that is no string; any other expression may be a name.
pub(super) fn name_may_be(name: &TokenStream, message: &str) -> Result<()> {
    match syn::parse2::<Lit>(name.clone()) {
        Ok(Lit::Str(_)) | Err(_) => Ok(()),
        Ok(other) => Err(Error::new_spanned(other, message)),
    }
}

fn name(name: &TokenStream) -> Result<()> {
    match syn::parse2::<Lit>(name.clone()) {
        Ok(Lit::Str(text)) if text.value().is_empty() => Err(Error::new_spanned(text, "a name can't be empty")),
        _ => Ok(()),
    }
}

/// An expression may be a number of partitions, but for a zero.
fn partitions(count: &TokenStream) -> Result<()> {
    match syn::parse2::<LitInt>(count.clone()) {
        Ok(count) if count.base10_digits() == "0" => {
            Err(Error::new_spanned(count, "a partition supervisor needs at least one partition"))
        }
        _ => Ok(()),
    }
}

fn significant(flag: &TokenStream) -> Result<()> {
    if ["true", "false"].contains(&flag.to_string().as_str()) {
        return Ok(());
    }
    let message = "`significant` is a flag: write `significant`, or `significant: false`";
    Err(Error::new_spanned(flag, message))
}

fn thread(key: &Ident, value: &TokenStream) -> Result<()> {
    if value.is_empty() {
        return Ok(());
    }
    Err(Error::new_spanned(value, format!("`{key}` is a flag and takes no value\n\nhelp: write `{key}` alone")))
}
