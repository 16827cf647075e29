//! Options as they are written: arguments of `#[actor(..)]` and `#[otp::test(..)]`, options of a tree and its children.
//!
//! A value keeps its tokens. What they mean is a method or a field; it is `None` where they mean nothing.

use std::time::Duration;

use proc_macro2::{Ident, TokenStream};
use syn::{Error, Lit, LitInt, Path, RangeLimits, Result};

/// A list of options in the order of the source; an error where no option could be read.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) entries: Vec<Result<OptionEntry>>,
}

/// `restart: transient`, `restart = transient`, `thread`
pub(crate) struct OptionEntry {
    pub(crate) key: Ident,
    /// An error when what follows the key is no value of it.
    pub(crate) value: Result<Value>,
    /// Says that the option goes on where it should end.
    pub(crate) leftover: Option<Error>,
}

/// The value of an option; the key decides which of these it is.
pub(crate) enum Value {
    /// The key stands alone.
    Missing,
    /// The key is none of any macro's.
    OfUnknownKey,
    Restart(Word<Restart>),
    Shutdown(Shutdown),
    Mailbox(Mailbox),
    MailboxOnRestart(Word<MailboxOnRestart>),
    Backoff(Backoff),
    Strategy(Word<Strategy>),
    Intensity(Intensity),
    AutoShutdown(Word<AutoShutdown>),
    /// A string, or an expression that makes a name.
    Name(TokenStream),
    MaxChildren(TokenStream),
    Partitions(TokenStream),
    /// `significant` or `significant: true`; the tokens after the colon.
    Significant(Option<TokenStream>),
    /// `thread`; the tokens after it, which should be none.
    Thread(TokenStream),
    Client(Ident),
    /// The method that is told what a full mailbox has dropped.
    OnFull(Ident),
    /// The path of the crate `otp`.
    Crate(Path),
    /// `seeds = 200`
    Seeds(LitInt),
    /// `seed = 7`
    Seed(LitInt),
}

/// Defines a getter for each value: that of the first option that has one.
macro_rules! getters {
    ($($name:ident: $variant:ident($ty:ty),)*) => {
        impl Options {
            $(pub(crate) fn $name(&self) -> Option<&$ty> {
                self.readable().find_map(|entry| match &entry.value {
                    Ok(Value::$variant(value)) => Some(value),
                    _ => None,
                })
            })*
        }
    };
}

getters! {
    restart: Restart(Word<Restart>),
    shutdown: Shutdown(Shutdown),
    mailbox: Mailbox(Mailbox),
    mailbox_on_restart: MailboxOnRestart(Word<MailboxOnRestart>),
    backoff: Backoff(Backoff),
    strategy: Strategy(Word<Strategy>),
    intensity: Intensity(Intensity),
    name: Name(TokenStream),
    max_children: MaxChildren(TokenStream),
    partitions: Partitions(TokenStream),
    client: Client(Ident),
    on_full: OnFull(Ident),
    crate_path: Crate(Path),
    seeds: Seeds(LitInt),
    seed: Seed(LitInt),
}

impl Options {
    pub(crate) fn readable(&self) -> impl Iterator<Item = &OptionEntry> {
        self.entries.iter().flatten()
    }

    /// Whether the option `key` is given, with a value that can be read or not.
    pub(crate) fn gives(&self, key: &str) -> bool {
        self.readable().any(|entry| entry.key == key)
    }

    /// The key `significant`, if it is on.
    pub(crate) fn significant(&self) -> Option<&Ident> {
        self.readable().find_map(|entry| match &entry.value {
            Ok(Value::Significant(flag)) => {
                let is_on = flag.as_ref().is_none_or(|flag| flag.to_string() == "true");
                is_on.then_some(&entry.key)
            }
            _ => None,
        })
    }

    /// Whether `thread` is given.
    pub(crate) fn thread(&self) -> bool {
        self.readable().any(|entry| matches!(entry.value, Ok(Value::Thread(_))))
    }

    /// The expressions among the values.
    pub(crate) fn expressions(&self) -> impl Iterator<Item = &TokenStream> {
        [self.name(), self.max_children(), self.partitions()].into_iter().flatten()
    }
}

/// A closed set of words.
pub(crate) trait Words: Copy + 'static {
    const WORDS: &'static [(&'static str, Self)];
}

/// What stands where a word of a closed set should stand.
pub(crate) struct Word<T> {
    pub(crate) tokens: TokenStream,
    /// The member of the set that has this name.
    pub(crate) meaning: Option<T>,
}

impl<T: Words> Word<T> {
    pub(crate) fn new(tokens: TokenStream) -> Self {
        let given = tokens.to_string();
        let meaning = T::WORDS.iter().find(|(word, _)| *word == given).map(|(_, meaning)| *meaning);
        Self { tokens, meaning }
    }
}

/// When a supervisor starts a child again.
#[derive(Clone, Copy)]
pub(crate) enum Restart {
    Permanent,
    Transient,
    Temporary,
}

impl Words for Restart {
    const WORDS: &'static [(&'static str, Self)] =
        &[("permanent", Self::Permanent), ("transient", Self::Transient), ("temporary", Self::Temporary)];
}

/// How a supervisor ends a child.
pub(crate) enum Shutdown {
    After(DurationLit),
    Word(Word<ShutdownWord>),
}

#[derive(Clone, Copy)]
pub(crate) enum ShutdownWord {
    Infinity,
    BrutalKill,
}

impl Words for ShutdownWord {
    const WORDS: &'static [(&'static str, Self)] = &[("infinity", Self::Infinity), ("brutal_kill", Self::BrutalKill)];
}

/// How many messages may wait for an actor: `unbounded`, or `bounded(1000, block)`.
pub(crate) struct Mailbox {
    pub(crate) word: Ident,
    /// What is in the parentheses.
    pub(crate) bound: Option<Bound>,
}

/// `1000, block`
pub(crate) struct Bound {
    pub(crate) limit: Option<Lit>,
    pub(crate) policy: Option<Word<Policy>>,
}

impl Bound {
    pub(crate) fn limit(&self) -> Option<usize> {
        match &self.limit {
            Some(Lit::Int(limit)) => limit.base10_parse().ok(),
            _ => None,
        }
    }
}

/// What happens to a message for a mailbox that is full.
#[derive(Clone, Copy)]
pub(crate) enum Policy {
    Block,
    Reject,
    DropOldest,
    DropNewest,
    Stop,
}

impl Words for Policy {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("block", Self::Block),
        ("reject", Self::Reject),
        ("drop_oldest", Self::DropOldest),
        ("drop_newest", Self::DropNewest),
        ("stop", Self::Stop),
    ];
}

#[derive(Clone, Copy)]
pub(crate) enum MailboxOnRestart {
    Drop,
    Keep,
}

impl Words for MailboxOnRestart {
    const WORDS: &'static [(&'static str, Self)] = &[("drop", Self::Drop), ("keep", Self::Keep)];
}

/// How long a supervisor waits before it starts a failing child again: `100ms..=30s`.
pub(crate) struct Backoff {
    pub(crate) shortest: DurationLit,
    pub(crate) dots: Option<RangeLimits>,
    /// What stands behind `..=`.
    pub(crate) longest: Option<DurationLit>,
}

#[derive(Clone, Copy)]
pub(crate) enum Strategy {
    OneForOne,
    OneForAll,
    RestForOne,
}

impl Words for Strategy {
    const WORDS: &'static [(&'static str, Self)] =
        &[("one_for_one", Self::OneForOne), ("one_for_all", Self::OneForAll), ("rest_for_one", Self::RestForOne)];
}

/// How many restarts a supervisor allows in which time: `3 in 5s`.
pub(crate) struct Intensity {
    pub(crate) tokens: TokenStream,
    pub(crate) restarts: Option<Lit>,
    /// What stands behind `in`, when nothing stands behind it.
    pub(crate) period: Option<DurationLit>,
}

impl Intensity {
    pub(crate) fn restarts(&self) -> Option<u32> {
        match &self.restarts {
            Some(Lit::Int(restarts)) if restarts.suffix().is_empty() => restarts.base10_parse().ok(),
            _ => None,
        }
    }
}

#[derive(Clone, Copy)]
pub(crate) enum AutoShutdown {
    Never,
    AnySignificant,
    AllSignificant,
}

impl Words for AutoShutdown {
    const WORDS: &'static [(&'static str, Self)] =
        &[("never", Self::Never), ("any_significant", Self::AnySignificant), ("all_significant", Self::AllSignificant)];
}

/// A literal in the place of a duration: `500ms`, `5s`, `2m`.
pub(crate) struct DurationLit(pub(crate) Lit);

/// Why a literal is no duration.
pub(crate) enum NoDuration {
    /// It is no whole number with a unit.
    Form,
    TooLong,
}

impl DurationLit {
    pub(crate) fn read(&self) -> std::result::Result<Duration, NoDuration> {
        /// In nanoseconds.
        const UNITS: [(&str, u64); 6] = [
            ("ns", 1),
            ("us", 1_000),
            ("ms", 1_000_000),
            ("s", 1_000_000_000),
            ("m", 60_000_000_000),
            ("h", 3_600_000_000_000),
        ];
        let Lit::Int(number) = &self.0 else { return Err(NoDuration::Form) };
        let unit = UNITS.iter().find(|(unit, _)| *unit == number.suffix());
        let (Some((_, nanos)), Ok(count)) = (unit, number.base10_parse::<u64>()) else {
            return Err(NoDuration::Form);
        };
        count.checked_mul(*nanos).map(Duration::from_nanos).ok_or(NoDuration::TooLong)
    }
}
