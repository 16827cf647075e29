//! The values of the options that only trees have: words out of a closed set, restart intensity, names.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::{Error, Expr, Lit, LitInt, Token};

use crate::ast::supervisor::{Backoff, Intensity};
use crate::errors::Errors;
use crate::parse::options;
use crate::wording;

const BACKOFF: &str = "`backoff` is the shortest and the longest wait, such as `backoff: 100ms..=30s`";
const INTENSITY: &str = "`intensity` is a number of restarts in a period, such as `intensity: 3 in 5s`";

/// Refuses a key that is in `seen` already.
pub(super) fn once(key: &Ident, seen: &mut Vec<Ident>, cx: &mut Errors) {
    if seen.contains(key) {
        cx.at(key, format!("`{key}` is given twice"));
    } else {
        seen.push(key.clone());
    }
}

/// The member of `set` that `value` names. `owner` is blamed when there is no value.
pub(super) fn one_of<T: Copy>(
    what: &str,
    owner: &Ident,
    value: &TokenStream,
    set: &[(&str, T)],
    cx: &mut Errors,
) -> Option<T> {
    let words = set.iter().map(|(word, _)| *word).collect::<Vec<_>>();
    let given = value.to_string();
    if given.is_empty() {
        let list = words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        cx.at(owner, format!("`{owner}` needs a {what}, one of {list}"));
        return None;
    }
    let found = set.iter().find(|(word, _)| *word == given).map(|(_, member)| *member);
    if found.is_none() {
        cx.at(value, wording::unknown(what, given, &words));
    }
    found
}

/// `3 in 5s`
pub(super) fn intensity(key: &Ident, value: TokenStream, cx: &mut Errors) -> Option<Intensity> {
    if value.is_empty() {
        cx.at(key, INTENSITY);
        return None;
    }
    let whole = value.clone();
    let parse = |input: ParseStream<'_>| {
        let parsed = restarts_in_period(input, &whole);
        let left_over = super::rest(input);
        if parsed.is_ok() && !left_over.is_empty() {
            return Err(Error::new_spanned(&whole, INTENSITY));
        }
        parsed
    };
    parse.parse2(value).map_err(|error| cx.push(error)).ok()
}

fn restarts_in_period(input: ParseStream<'_>, whole: &TokenStream) -> syn::Result<Intensity> {
    let wrong = || Error::new_spanned(whole, INTENSITY);
    if input.peek(Token![-]) {
        return Err(wrong());
    }
    let restarts = match input.parse::<Lit>().map_err(|_| wrong())? {
        Lit::Int(restarts) => restarts,
        other => return Err(Error::new_spanned(other, INTENSITY)),
    };
    if !restarts.suffix().is_empty() {
        return Err(Error::new_spanned(restarts, INTENSITY));
    }
    let count = restarts.base10_parse();
    let count =
        count.map_err(|_| Error::new_spanned(restarts, format!("`intensity` allows at most {} restarts", u32::MAX)))?;
    input.parse::<Token![in]>().map_err(|_| wrong())?;
    let literal = input.fork().parse::<Lit>().map_err(|_| wrong())?;
    let period = options::duration(input)?;
    if period.is_zero() {
        let message =
            "the period of `intensity` can't be zero\n\nhelp: to allow no restart at all, write `intensity: 0 in 5s`";
        return Err(Error::new_spanned(literal, message));
    }
    Ok(Intensity { restarts: count, period })
}

/// `100ms..=30s`
pub(super) fn backoff(input: ParseStream<'_>) -> syn::Result<Backoff> {
    let wrong = |at: &dyn ToTokens| Error::new_spanned(at, BACKOFF);
    let from = input.fork().parse::<Lit>().map_err(|error| Error::new(error.span(), BACKOFF))?;
    let min = options::duration(input)?;
    if !input.peek(Token![..=]) {
        // A range without an end, or one that excludes it, is blamed at its dots.
        return Err(match input.parse::<Option<Token![..]>>()? {
            Some(dots) => wrong(&dots),
            None => wrong(&from),
        });
    }
    let dots = input.parse::<Token![..=]>()?;
    let to = input.fork().parse::<Lit>().map_err(|_| wrong(&dots))?;
    let max = options::duration(input)?;
    if min.is_zero() {
        let message = "the shortest wait can't be zero: it would never grow\n\n\
                       help: the first restart is at once in any case; without `backoff`, all are";
        return Err(Error::new_spanned(from, message));
    }
    if max < min {
        return Err(Error::new_spanned(
            to,
            format!("the longest wait is shorter than the shortest, `{from}`", from = from.to_token_stream()),
        ));
    }
    Ok(Backoff { min, max })
}

/// The expression of `name: ..`, which must be able to be a name.
pub(super) fn name(value: TokenStream, cx: &mut Errors) -> Option<TokenStream> {
    match syn::parse2::<Lit>(value.clone()) {
        Ok(Lit::Str(text)) if text.value().is_empty() => cx.at(text, "a name can't be empty"),
        Ok(Lit::Str(_)) | Err(_) => return Some(value),
        Ok(other) => cx.at(other, "a name is a string, or an expression that makes a name"),
    }
    None
}

/// The expression of `partitions: ..`, which is not seen to be zero.
pub(super) fn partitions(value: TokenStream, cx: &mut Errors) -> Option<TokenStream> {
    match syn::parse2::<LitInt>(value.clone()) {
        Ok(count) if count.base10_digits() == "0" => {
            cx.at(count, "a partition supervisor needs at least one partition");
            None
        }
        _ => Some(value),
    }
}

/// One expression, unread; it may hold commas of its own, as in `name::<A, B>()`.
pub(super) fn expression(input: ParseStream) -> TokenStream {
    if input.fork().parse::<Expr>().is_ok()
        && let Ok(expression) = input.parse::<Expr>()
    {
        return expression.into_token_stream();
    }
    super::until(input, |input| input.peek(Token![,]) || input.peek(Token![;]))
}
