//! The tokens of `supervisor! { .. }` to a [`Tree`].
//!
//! Only this file knows the grammar. There is no rustc behind it that would report what it drops, so it never gives up: a
//! part that can't be read gives one error, the next child is looked for after the `;`, and what was understood is kept.
//! Arguments, ranges and specs are expressions of the user's, passed on unread.

mod child;
#[cfg(test)]
mod tests;
mod values;

use std::fmt::Display;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Lit, Token, Visibility, token};

use crate::ast::supervisor::{AutoShutdown, Child, ChildOptions, Level, Parameter, Start, Strategy, Tree};
use crate::errors::Errors;
use crate::wording;

const STRATEGIES: [(&str, Strategy); 3] = [
    ("one_for_one", Strategy::OneForOne),
    ("one_for_all", Strategy::OneForAll),
    ("rest_for_one", Strategy::RestForOne),
];
const AUTO_SHUTDOWNS: [(&str, AutoShutdown); 3] = [
    ("never", AutoShutdown::Never),
    ("any_significant", AutoShutdown::AnySignificant),
    ("all_significant", AutoShutdown::AllSignificant),
];
const TREE_OPTIONS: [&str; 2] = ["intensity", "auto_shutdown"];
const CHILD_OPTIONS: [&str; 7] =
    ["restart", "shutdown", "significant", "name", "mailbox", "backoff", "mailbox_on_restart"];
/// Those of each child of it, then its own.
const DYNAMIC_OPTIONS: [&str; 8] =
    ["restart", "shutdown", "mailbox", "backoff", "mailbox_on_restart", "name", "max_children", "intensity"];
/// Those of each partition, then its own.
const PARTITION_OPTIONS: [&str; 9] =
    ["restart", "shutdown", "mailbox", "backoff", "mailbox_on_restart", "name", "partitions", "strategy", "intensity"];
/// What the options of a tree are called in Erlang and Elixir, and what to write here.
const ELSEWHERE: [(&str, &str); 4] = [
    ("strategy", "write it behind the name of the tree, as in `Shop<one_for_all>`"),
    ("max_restarts", "write `intensity: 3 in 5s`"),
    ("max_seconds", "write `intensity: 3 in 5s`"),
    ("period", "write `intensity: 3 in 5s`"),
];

/// Reads `path::to::otp; pub Name<strategy>(parameters) { .. }`. None when there is no name to build on.
pub(crate) fn parse(tokens: TokenStream, cx: &mut Errors) -> Option<Tree> {
    let parsed = Parser::parse2(
        |input: ParseStream| {
            let tree = tree(input, cx);
            // Every error is in `cx`; what is left over must not become one more.
            if tree.is_err() {
                rest(input);
            }
            Ok(tree)
        },
        tokens,
    );
    match parsed.and_then(|tree| tree) {
        Ok(tree) => Some(tree),
        Err(error) => {
            cx.push(error);
            None
        }
    }
}

fn tree(input: ParseStream, cx: &mut Errors) -> syn::Result<Tree> {
    let otp = until(input, |input| input.peek(Token![;]));
    input.parse::<Token![;]>()?;
    if input.is_empty() {
        return Err(error(
            input,
            "expected a supervision tree\n\nhelp: write `Name<one_for_one> { child: Actor(..); }`",
        ));
    }
    let attrs = input.call(Attribute::parse_outer)?;
    let vis = input.parse::<Visibility>()?;
    let name = name(input, "a tree reads `Name<one_for_one> { .. }`")?;
    let strategy = strategy(input, &name, cx);
    let parameters = if input.peek(token::Paren) { parameters(input, cx)? } else { Vec::new() };
    let level = if input.peek(token::Brace) {
        level(input, strategy, cx)?.0
    } else {
        cx.at(&name, format!("tree `{name}` has no body\n\nhelp: write `{name}<..> {{ child: Actor(..); }}`"));
        rest(input);
        Level { strategy, intensity: None, auto_shutdown: None, children: Vec::new() }
    };
    if !input.is_empty() {
        cx.push(error(input, "unexpected token after the tree\n\nhelp: give each tree a `supervisor!` of its own"));
        rest(input);
    }
    Ok(Tree { otp, attrs, vis, name, parameters, level })
}

/// `<one_for_one>` after `owner`. An unknown one counts as `one_for_one`, so that reading goes on.
fn strategy(input: ParseStream, owner: &Ident, cx: &mut Errors) -> Strategy {
    let missing = format!("`{owner}` lacks its restart strategy\n\nhelp: write `{owner}<one_for_one>`");
    if !input.peek(Token![<]) {
        cx.at(owner, missing);
        return Strategy::OneForOne;
    }
    let _ = input.parse::<Token![<]>();
    let given = until(input, |input| input.peek(Token![>]) || input.peek(token::Brace) || input.peek(token::Paren));
    if input.parse::<Token![>]>().is_err() {
        cx.at(owner, format!("the restart strategy of `{owner}` is not closed\n\nhelp: write `{owner}<one_for_one>`"));
    } else if given.is_empty() {
        cx.at(owner, missing);
    } else if let Some(strategy) = values::one_of("restart strategy", owner, &given, &STRATEGIES, cx) {
        return strategy;
    }
    Strategy::OneForOne
}

/// `(cfg: Config, shards: usize)`
fn parameters(input: ParseStream, cx: &mut Errors) -> syn::Result<Vec<Parameter>> {
    let content;
    syn::parenthesized!(content in input);
    let mut parameters = Vec::new();
    while !content.is_empty() {
        match parameter(&content) {
            Ok(parameter) => parameters.push(parameter),
            Err(error) => {
                cx.push(error);
                until(&content, |input| input.peek(Token![,]));
            }
        }
        if !content.is_empty()
            && let Err(error) = content.parse::<Token![,]>()
        {
            cx.push(error);
            until(&content, |input| input.peek(Token![,]));
        }
    }
    Ok(parameters)
}

fn parameter(input: ParseStream) -> syn::Result<Parameter> {
    if let Some(attr) = input.call(Attribute::parse_outer)?.first() {
        return Err(syn::Error::new_spanned(attr, "the parameters of a tree take no attributes"));
    }
    if input.peek(Token![mut]) {
        return Err(error(input, "the parameters of a tree are shared by all its children, so they can't be `mut`"));
    }
    let name = name(input, "a parameter reads `name: Type`")?;
    if !input.peek(Token![:]) {
        return Err(syn::Error::new_spanned(&name, format!("parameter `{name}` has no type")));
    }
    input.parse::<Token![:]>()?;
    Ok(Parameter { name, ty: input.parse()? })
}

/// `{ options and children }`, and where it ends.
fn level(input: ParseStream, strategy: Strategy, cx: &mut Errors) -> syn::Result<(Level, Span)> {
    let content;
    let braces = syn::braced!(content in input);
    let mut level = Level { strategy, intensity: None, auto_shutdown: None, children: Vec::new() };
    let mut options = Vec::new();
    while !content.is_empty() {
        let begin = content.cursor();
        if let Err(error) = entry(&content, &mut level, &mut options, cx) {
            cx.push(error);
            if content.cursor() == begin {
                let _ = content.parse::<TokenTree>();
            }
            until(&content, |input| input.peek(Token![;]) || starts_entry(input));
            let _ = content.parse::<Option<Token![;]>>();
        }
    }
    Ok((level, braces.span.close()))
}

/// One option or child with its `;`. On `Err` the caller goes on after the next `;`.
fn entry(input: ParseStream, level: &mut Level, seen: &mut Vec<Ident>, cx: &mut Errors) -> syn::Result<()> {
    let attrs = input.call(Attribute::parse_outer)?;
    if attrs.is_empty() && input.peek(Token![;]) {
        input.parse::<Token![;]>()?;
        return Ok(());
    }
    let name = name(input, "a child reads `name: Actor(..);`")?;
    if !input.peek(Token![:]) || input.peek(Token![::]) {
        let message = format!("expected `:` after `{name}`\n\nhelp: a child reads `{name}: Actor(..);`");
        return Err(syn::Error::new_spanned(&name, message));
    }
    input.parse::<Token![:]>()?;

    if TREE_OPTIONS.iter().any(|option| name == option) {
        if let Some(attr) = attrs.first() {
            cx.at(attr, format!("attributes belong on a child, not on the option `{name}`"));
        }
        values::once(&name, seen, cx);
        let value = until(input, |input| input.peek(Token![;]) || starts_entry(input));
        let last = last_span(&value).unwrap_or(name.span());
        if name == "intensity" {
            level.intensity = values::intensity(&name, value, cx).or(level.intensity);
        } else {
            let mode = values::one_of("`auto_shutdown` value", &name, &value, &AUTO_SHUTDOWNS, cx);
            // A misspelt mode must not make significant children look wrong.
            level.auto_shutdown = mode.or(Some(AutoShutdown::AnySignificant));
        }
        return end(input, &name, last, cx);
    }
    if input.peek(Lit) || input.peek(Token![-]) {
        return Err(unknown_tree_option(&name));
    }
    let (start, mut last) = child::start(input, &name, cx)?;
    let mut options = ChildOptions::default();
    if input.peek(token::Brace) && !matches!(start, Start::Spec(_)) {
        (options, last) = child::options(input, &start, cx)?;
    }
    let ended = match start {
        // It has had its error.
        Start::Unknown(_) if input.is_empty() || starts_entry(input) => Ok(()),
        _ => end(input, &name, last, cx),
    };
    level.children.push(Child { attrs, name, start, options });
    ended
}

/// An error at the next token; at the end, at the delimiter that closes it.
fn error(input: ParseStream, message: impl Display) -> syn::Error {
    syn::Error::new(input.span(), message)
}

/// Says that `name: value` is no option of a tree, and what it might have been.
fn unknown_tree_option(name: &Ident) -> syn::Error {
    let given = name.to_string();
    let message = if CHILD_OPTIONS.contains(&given.as_str()) {
        format!(
            "`{given}` is an option of a child, not of the tree\n\nhelp: write it after the child: `db: Actor(..) {{ {given}: .. }};`"
        )
    } else if let Some((_, here)) = ELSEWHERE.iter().find(|(name, _)| *name == given) {
        format!("a tree has no option `{given}`\n\nhelp: {here}")
    } else {
        let message = wording::unknown("tree option", &given, &TREE_OPTIONS);
        let separator = if message.contains("help:") { " " } else { "\n\nhelp: " };
        format!("{message}{separator}a child reads `{given}: Actor(..);`")
    };
    syn::Error::new_spanned(name, message)
}

/// Takes the `;` after an option or a child. `last` is the token that it belongs behind.
fn end(input: ParseStream, name: &Ident, last: Span, cx: &mut Errors) -> syn::Result<()> {
    if input.peek(Token![;]) {
        input.parse::<Token![;]>()?;
    } else if input.peek(Token![,]) {
        cx.push(error(input, format!("`{name}` ends with `;`, not with `,`")));
        input.parse::<Token![,]>()?;
    } else if input.is_empty() || starts_entry(input) {
        cx.push(syn::Error::new(last, format!("missing `;` after `{name}`")));
    } else {
        return Err(error(input, format!("expected `;` after `{name}`")));
    }
    Ok(())
}

/// Whether a child or an option begins here: `name:` or an attribute.
fn starts_entry(input: ParseStream) -> bool {
    (input.peek(Token![#]) && input.peek2(token::Bracket))
        || (input.peek(Ident::peek_any) && input.peek2(Token![:]) && !input.peek2(Token![::]))
}

/// An identifier that a function or a variable can have.
fn name(input: ParseStream, form: &str) -> syn::Result<Ident> {
    if !input.peek(Ident::peek_any) {
        return Err(error(input, format!("expected a name: {form}")));
    }
    let name = input.call(Ident::parse_any)?;
    if syn::parse2::<Ident>(name.to_token_stream()).is_ok() {
        return Ok(name);
    }
    let given = name.to_string();
    let message = match given.as_str() {
        "_" => format!("expected a name: {form}"),
        "self" | "Self" | "super" | "crate" => {
            format!("`{given}` is a keyword, so it can't be a name")
        }
        _ => format!("`{given}` is a keyword, so it can't be a name\n\nhelp: write `r#{given}`"),
    };
    Err(syn::Error::new_spanned(name, message))
}

/// The last token's, for what is missing behind it.
fn last_span(tokens: &TokenStream) -> Option<Span> {
    tokens.clone().into_iter().last().map(|token| match token {
        TokenTree::Group(group) => group.span_close(),
        token => token.span(),
    })
}

/// Takes tokens until `stop` or the end.
fn until(input: ParseStream, stop: impl Fn(ParseStream) -> bool) -> TokenStream {
    let mut taken = TokenStream::new();
    while !input.is_empty() && !stop(input) {
        taken.extend(input.parse::<TokenTree>());
    }
    taken
}

/// Takes all that is left.
fn rest(input: ParseStream) -> TokenStream {
    until(input, |_| false)
}
