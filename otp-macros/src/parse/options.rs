//! Tokens to [`Options`]: lists of options and their values.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Error, Expr, Lit, LitBool, Path, RangeLimits, Result, Token, braced, parenthesized, token};

use super::{error, rest, until};
use crate::ast::options::{
    Backoff, Bound, DurationLit, Intensity, Mailbox, OptionEntry, Options, Shutdown, Value, Word, Words,
};

/// The arguments of an attribute: `name = "..", restart = transient, thread`.
pub(crate) fn arguments(tokens: TokenStream) -> Options {
    let mut options = Options::default();
    let parse = |input: ParseStream<'_>| {
        while !input.is_empty() {
            options.entries.push(argument(input));
            until(input, |input| input.peek(Token![,]));
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(())
    };
    if let Err(error) = parse.parse2(tokens) {
        options.entries.push(Err(error));
    }
    options
}

/// One `key = value`, or the flag `thread`.
fn argument(input: ParseStream<'_>) -> Result<OptionEntry> {
    let key = input.call(Ident::parse_any)?;
    let value = if key == "thread" {
        Ok(Value::Thread(until(input, |input| input.peek(Token![,]))))
    } else if input.parse::<Option<Token![=]>>()?.is_none() {
        Ok(Value::Missing)
    } else if key == "name" {
        input.parse::<Expr>().map(|name| Value::Name(name.into_token_stream()))
    } else {
        value(&key, input)
    };
    let leftover = if input.is_empty() || input.peek(Token![,]) { None } else { input.parse::<Token![,]>().err() };
    Ok(OptionEntry { key, value, leftover })
}

/// The options of a child, `{ restart: transient, significant }`, and where they end.
pub(super) fn of_child(input: ParseStream<'_>) -> Result<(Options, Span)> {
    let content;
    let braces = braced!(content in input);
    let mut options = Options::default();
    while !content.is_empty() {
        options.entries.push(child_option(&content));
        until(&content, ends);
        if content.peek(Token![;]) {
            let message = "the options of a child are separated by `,`, not by `;`";
            options.entries.push(Err(error(&content, message)));
            content.parse::<Token![;]>()?;
        } else {
            content.parse::<Option<Token![,]>>()?;
        }
    }
    Ok((options, braces.span.close()))
}

/// One `key: value`, or the flag `significant`.
fn child_option(input: ParseStream<'_>) -> Result<OptionEntry> {
    if !input.peek(Ident::peek_any) {
        let error = error(input, "expected an option, such as `restart: transient`");
        input.parse::<TokenTree>()?;
        return Err(error);
    }
    let key = input.call(Ident::parse_any)?;
    let colon = input.parse::<Option<Token![:]>>()?;
    let value = match colon {
        None if key == "significant" => Ok(Value::Significant(None)),
        Some(_) if !ends(input) => value(&key, input),
        _ => Ok(Value::Missing),
    };
    let leftover = (!ends(input)).then(|| error(input, format!("expected `,` after `{key}`")));
    Ok(OptionEntry { key, value, leftover })
}

/// Whether an option ends here.
fn ends(input: ParseStream<'_>) -> bool {
    input.is_empty() || input.peek(Token![,]) || input.peek(Token![;])
}

/// The value of the option `key`, which may be one of any macro's.
pub(super) fn value(key: &Ident, input: ParseStream<'_>) -> Result<Value> {
    Ok(match key.to_string().as_str() {
        "restart" => Value::Restart(word(input)?),
        "shutdown" => Value::Shutdown(shutdown(input)?),
        "mailbox" => Value::Mailbox(mailbox(input)?),
        "mailbox_on_restart" => Value::MailboxOnRestart(word(input)?),
        "backoff" => Value::Backoff(backoff(input)?),
        "strategy" => Value::Strategy(Word::new(until(input, ends))),
        "intensity" => Value::Intensity(intensity(until(input, ends))?),
        "name" => Value::Name(expression(input)),
        "max_children" => Value::MaxChildren(expression(input)),
        "partitions" => Value::Partitions(expression(input)),
        "significant" if input.peek(LitBool) => Value::Significant(Some(input.parse::<LitBool>()?.into_token_stream())),
        "significant" => Value::Significant(Some(until(input, ends))),
        "client" => Value::Client(input.parse()?),
        "on_full" => Value::OnFull(input.parse()?),
        "crate" => Value::Crate(input.call(Path::parse_mod_style)?),
        "seeds" => Value::Seeds(input.parse()?),
        "seed" => Value::Seed(input.parse()?),
        _ => {
            until(input, ends);
            Value::OfUnknownKey
        }
    })
}

fn word<T: Words>(input: ParseStream<'_>) -> Result<Word<T>> {
    Ok(Word::new(input.call(Ident::parse_any)?.into_token_stream()))
}

/// `infinity`, `brutal_kill` or a duration.
fn shutdown(input: ParseStream<'_>) -> Result<Shutdown> {
    if input.peek(Lit) { duration(input).map(Shutdown::After) } else { word(input).map(Shutdown::Word) }
}

/// `unbounded`, or `bounded(1000, block)`.
fn mailbox(input: ParseStream<'_>) -> Result<Mailbox> {
    let word = input.call(Ident::parse_any)?;
    if word != "bounded" || !input.peek(token::Paren) {
        return Ok(Mailbox { word, bound: None });
    }
    let content;
    parenthesized!(content in input);
    let bound = bound(&content);
    // What is left over after an error must not become one more.
    rest(&content);
    Ok(Mailbox { word, bound: Some(bound?) })
}

/// `1000, block`
fn bound(input: ParseStream<'_>) -> Result<Bound> {
    if input.is_empty() {
        return Ok(Bound { limit: None, policy: None });
    }
    let limit = input.parse::<Lit>();
    let limit = limit.map_err(|error| {
        Error::new(error.span(), "a bound is a whole number of messages, such as `bounded(1000, block)`")
    })?;
    if input.is_empty() {
        return Ok(Bound { limit: Some(limit), policy: None });
    }
    input.parse::<Token![,]>()?;
    let policy = word(input)?;
    input.parse::<Option<Token![,]>>()?;
    if !input.is_empty() {
        return Err(error(input, "a bound has a number and a policy, and nothing else"));
    }
    Ok(Bound { limit: Some(limit), policy: Some(policy) })
}

/// `100ms..=30s`
fn backoff(input: ParseStream<'_>) -> Result<Backoff> {
    let shortest = input.parse::<Lit>().map_err(|error| {
        Error::new(error.span(), "`backoff` is the shortest and the longest wait, such as `backoff: 100ms..=30s`")
    })?;
    let dots = if input.peek(Token![..=]) {
        Some(RangeLimits::Closed(input.parse()?))
    } else {
        input.parse::<Option<Token![..]>>()?.map(RangeLimits::HalfOpen)
    };
    let longest = if matches!(dots, Some(RangeLimits::Closed(_))) { input.parse::<Lit>().ok() } else { None };
    Ok(Backoff { shortest: DurationLit(shortest), dots, longest: longest.map(DurationLit) })
}

/// `3 in 5s`
pub(super) fn intensity(tokens: TokenStream) -> Result<Intensity> {
    let parse = |input: ParseStream<'_>| {
        let restarts = if input.peek(Token![-]) { None } else { input.parse::<Lit>().ok() };
        let in_token = input.parse::<Option<Token![in]>>()?;
        let period = in_token.and_then(|_| input.parse::<Lit>().ok());
        let is_whole = rest(input).is_empty();
        Ok((restarts, period.filter(|_| is_whole).map(DurationLit)))
    };
    let (restarts, period) = parse.parse2(tokens.clone())?;
    Ok(Intensity { tokens, restarts, period })
}

/// A whole number with a unit: `500ms`, `5s`, `2m`.
fn duration(input: ParseStream<'_>) -> Result<DurationLit> {
    let literal = input.parse::<Lit>();
    literal
        .map(DurationLit)
        .map_err(|error| Error::new(error.span(), "expected a duration such as `500ms`, `5s` or `2m`"))
}

/// One expression, unread; it may hold commas of its own, as in `name::<A, B>()`.
fn expression(input: ParseStream<'_>) -> TokenStream {
    if input.fork().parse::<Expr>().is_ok()
        && let Ok(expression) = input.parse::<Expr>()
    {
        return expression.into_token_stream();
    }
    until(input, ends)
}
