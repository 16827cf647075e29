//! The values of options that an actor and a child of a tree have in common, and durations such as `5s`.

use std::time::Duration;

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Error, Ident, Lit, Result, Token, parenthesized, token};

use crate::ast::options::{Mailbox, Policy, Restart, Shutdown};
use crate::wording;

const RESTARTS: [(&str, Restart); 3] =
    [("permanent", Restart::Permanent), ("transient", Restart::Transient), ("temporary", Restart::Temporary)];

const SHUTDOWNS: [(&str, Shutdown); 2] = [("infinity", Shutdown::Infinity), ("brutal_kill", Shutdown::BrutalKill)];

const POLICIES: [(&str, Policy); 5] = [
    ("block", Policy::Block),
    ("reject", Policy::Reject),
    ("drop_oldest", Policy::DropOldest),
    ("drop_newest", Policy::DropNewest),
    ("stop", Policy::Stop),
];

/// How a bounded mailbox is written.
const BOUNDED: &str = "bounded(1000, block)";

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

/// `unbounded`, or `bounded(1000, block)`.
pub(crate) fn mailbox(input: ParseStream<'_>) -> Result<Mailbox> {
    if !input.fork().call(Ident::parse_any).is_ok_and(|kind| kind == "bounded") {
        return word(input, "mailbox", &[("unbounded", Mailbox::Unbounded)], &[BOUNDED]);
    }
    let kind = input.call(Ident::parse_any)?;
    if !input.peek(token::Paren) {
        let message = format!("`bounded` needs a number of messages and a policy\n\nhelp: write `{BOUNDED}`");
        return Err(Error::new_spanned(kind, message));
    }
    let bound;
    parenthesized!(bound in input);
    // What follows a mistake is not looked at, and must not become one more.
    let mailbox = self::bound(&bound, &kind);
    bound.parse::<TokenStream>()?;
    mailbox
}

/// `1000, block`
fn bound(input: ParseStream<'_>, kind: &Ident) -> Result<Mailbox> {
    const LIMIT: &str = "a bound is a whole number of messages, such as `bounded(1000, block)`";
    if input.is_empty() {
        return Err(Error::new_spanned(kind, LIMIT));
    }
    let literal = match input.parse::<Lit>() {
        Ok(Lit::Int(literal)) => literal,
        Ok(other) => return Err(Error::new_spanned(other, LIMIT)),
        Err(error) => return Err(Error::new(error.span(), LIMIT)),
    };
    let limit: usize = literal.base10_parse().map_err(|_| Error::new_spanned(&literal, LIMIT))?;
    if limit == 0 {
        return Err(Error::new_spanned(&literal, "a mailbox has room for at least one message"));
    }
    if input.is_empty() {
        let names = POLICIES.map(|(name, _)| format!("`{name}`")).join(", ");
        let message = format!("a bound needs a policy, one of {names}\n\nhelp: write `{BOUNDED}`");
        return Err(Error::new_spanned(&literal, message));
    }
    input.parse::<Token![,]>()?;
    let policy = word_of(input, "mailbox policy", &POLICIES, &[])?;
    input.parse::<Option<Token![,]>>()?;
    if !input.is_empty() {
        return Err(input.error("a bound has a number and a policy, and nothing else"));
    }
    Ok(Mailbox::Bounded(limit, policy))
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

/// The value of an option, which is one word of a closed set.
pub(crate) fn word<T: Copy>(input: ParseStream<'_>, option: &str, words: &[(&str, T)], others: &[&str]) -> Result<T> {
    word_of(input, &format!("`{option}` value"), words, others)
}

/// One word of a closed set. `others` are forms that the caller reads; the message lists them too.
fn word_of<T: Copy>(input: ParseStream<'_>, what: &str, words: &[(&str, T)], others: &[&str]) -> Result<T> {
    let names: Vec<&str> = words.iter().map(|(name, _)| *name).chain(others.iter().copied()).collect();
    let word = input.call(Ident::parse_any)?;
    words
        .iter()
        .find(|(name, _)| word == name)
        .map(|(_, value)| *value)
        .ok_or_else(|| Error::new_spanned(&word, wording::unknown(what, &word, &names)))
}
