//! A child of a tree: what starts it, and its options.

use proc_macro2::{Group, Ident, Spacing, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Error, LitBool, Pat, Token, Type, token};

use super::values;
use super::{
    AUTO_SHUTDOWNS, CHILD_OPTIONS, DYNAMIC_OPTIONS, ELSEWHERE, PARTITION_OPTIONS, STRATEGIES, TREE_OPTIONS, error,
    last_span, level, rest, starts_entry, strategy, unknown_tree_option, until,
};
use crate::ast::options::Restart;
use crate::ast::supervisor::{Call, ChildOptions, Each, MailboxOnRestart, Partition, Start};
use crate::errors::Errors;
use crate::parse::options as shared;
use crate::wording;

const MAILBOXES: [(&str, MailboxOnRestart); 2] = [("drop", MailboxOnRestart::Drop), ("keep", MailboxOnRestart::Keep)];
const EACH: &str = "a repeated child reads `[Actor(..) for i in 0..3]`";

/// What stands between a child's `:` and its options, and where it ends.
pub(super) fn start(input: ParseStream, name: &Ident, cx: &mut Errors) -> syn::Result<(Start, Span)> {
    if input.peek(Token![=]) {
        return spec(input, name, cx);
    }
    if input.peek(token::Bracket) {
        let content;
        let brackets = syn::bracketed!(content in input);
        return Ok((each(&content, name, cx), brackets.span.close()));
    }
    let begins = |keyword: &str| input.fork().parse::<Ident>().is_ok_and(|word| word == keyword);
    let is_nested = input.peek2(Token![<]) || input.peek2(token::Brace) || input.peek2(token::Paren);
    if is_nested && begins("supervisor") {
        return nested(input, name, cx);
    }
    if (is_nested || input.peek2(Token![;])) && begins("dynamic") {
        return dynamic(input, cx);
    }
    if (is_nested || input.peek2(Token![;])) && begins("partition") {
        return partition(input, name, cx);
    }
    match call(input) {
        Ok(call) => {
            let end = call.arguments.span_close();
            Ok((Start::One(call), end))
        }
        Err(ty) if is_tree_option(input, name, &ty) => Err(unknown_tree_option(name)),
        Err(ty) => {
            let end = last_span(&ty).unwrap_or(name.span());
            Ok((Start::Unknown(not_called(input, name, ty, cx)), end))
        }
    }
}

/// `= expression`. It ends at its `;`; where that is missing, before what looks like the next child.
fn spec(input: ParseStream, name: &Ident, cx: &mut Errors) -> syn::Result<(Start, Span)> {
    let equals = input.parse::<Token![=]>()?;
    let mut spec = TokenStream::new();
    // Between the bars of a closure `x: u32` is a parameter.
    let mut in_bars = false;
    while !input.is_empty() && !input.peek(Token![;]) && (in_bars || !starts_entry(input)) {
        in_bars ^= input.peek(Token![|]) && !input.peek(Token![||]);
        spec.extend(input.parse::<TokenTree>());
    }
    match last_span(&spec) {
        Some(end) => Ok((Start::Spec(spec), end)),
        None => {
            cx.at(equals, format!("`{name}: =` needs a child spec\n\nhelp: write `{name}: = Actor::child_spec(..);`"));
            Ok((Start::Unknown(None), equals.span))
        }
    }
}

/// `Worker(i) for i in 0..3`, inside of the brackets.
fn each(input: ParseStream, name: &Ident, cx: &mut Errors) -> Start {
    let call = match call(input) {
        Ok(call) => call,
        Err(ty) => {
            not_called(input, name, ty, cx);
            rest(input);
            return Start::Unknown(None);
        }
    };
    let looped =
        if input.peek(Token![for]) && !input.peek2(Token![in]) { looped(input) } else { Err(error(input, EACH)) };
    match looped {
        Ok((pattern, range)) => Start::Each(Box::new(Each { call, pattern, range })),
        Err(error) => {
            cx.push(error);
            rest(input);
            Start::Unknown(None)
        }
    }
}

/// `for i in 0..3`
fn looped(input: ParseStream) -> syn::Result<(Pat, TokenStream)> {
    input.parse::<Token![for]>()?;
    let pattern = input.call(Pat::parse_multi_with_leading_vert)?;
    if !input.peek(Token![in]) || input.peek2(syn::parse::End) {
        return Err(error(input, EACH));
    }
    input.parse::<Token![in]>()?;
    Ok((pattern, rest(input)))
}

/// `supervisor<one_for_one> { .. }`
fn nested(input: ParseStream, name: &Ident, cx: &mut Errors) -> syn::Result<(Start, Span)> {
    let keyword = input.parse::<Ident>()?;
    let strategy = strategy(input, &keyword, cx);
    if input.peek(token::Paren) {
        let parameters = input.parse::<TokenTree>()?;
        let message = format!("nested tree `{name}` takes no parameters: those of the whole tree are in scope");
        cx.at(parameters, message);
    }
    if !input.peek(token::Brace) {
        let message =
            format!("nested tree `{name}` has no body\n\nhelp: write `supervisor<..> {{ child: Actor(..); }}`");
        cx.at(&keyword, message);
        return Ok((Start::Unknown(None), keyword.span()));
    }
    let (level, end) = level(input, strategy, cx)?;
    Ok((Start::Nested(level), end))
}

/// `dynamic<Session>`
fn dynamic(input: ParseStream, cx: &mut Errors) -> syn::Result<(Start, Span)> {
    let (keyword, ty, mut end) = of_children(input)?;
    if input.peek(token::Paren) {
        let arguments = input.parse::<TokenTree>()?;
        end = arguments.span();
        let message = "a dynamic supervisor takes no arguments: `start_child` takes those of each child";
        cx.at(arguments, message);
    }
    let Some(ty) = ty else {
        cx.at(keyword, "`dynamic` lacks the type of its children\n\nhelp: write `dynamic<Actor>`");
        skip_options(input);
        return Ok((Start::Unknown(None), end));
    };
    Ok((Start::Dynamic(ty), end))
}

/// `partition<Shard>(i, db) for i`
fn partition(input: ParseStream, name: &Ident, cx: &mut Errors) -> syn::Result<(Start, Span)> {
    let (keyword, ty, end) = of_children(input)?;
    let arguments = input.peek(token::Paren).then(|| input.parse::<Group>()).transpose()?;
    let mut end = arguments.as_ref().map_or(end, Group::span_close);
    let mut number = None;
    if input.peek(Token![for]) {
        input.parse::<Token![for]>()?;
        let form = "the number of a partition has a name, as in `partition<Actor>(i) for i`";
        let named = super::name(input, form)?;
        end = named.span();
        number = Some(named);
        if input.peek(Token![in]) {
            let range = until(input, |input| input.peek(Token![;]) || input.peek(token::Brace));
            cx.at(range, "partitions are numbered from 0\n\nhelp: say how many there are with `partitions: 8`");
        }
    }
    match (ty, arguments) {
        (Some(ty), Some(arguments)) => {
            let call = Call { ty, arguments };
            return Ok((Start::Partition(Box::new(Partition { call, number })), end));
        }
        (None, _) => {
            cx.at(keyword, "`partition` lacks the type of its children\n\nhelp: write `partition<Actor>(..)`");
        }
        (Some(ty), None) => cx.at(ty, without_arguments(name)),
    }
    skip_options(input);
    Ok((Start::Unknown(None), end))
}

/// Takes the options of what could not be read: it is not known which there are.
fn skip_options(input: ParseStream) {
    if input.peek(token::Brace) {
        let _ = input.parse::<TokenTree>();
    }
}

/// `dynamic<Session>`: the keyword, the type, and where it ends.
fn of_children(input: ParseStream) -> syn::Result<(Ident, Option<Type>, Span)> {
    let keyword = input.parse::<Ident>()?;
    if !input.peek(Token![<]) {
        let end = keyword.span();
        return Ok((keyword, None, end));
    }
    input.parse::<Token![<]>()?;
    let ty = (!input.peek(Token![>])).then(|| input.parse::<Type>()).transpose()?;
    let end = input.parse::<Token![>]>()?.span;
    Ok((keyword, ty, end))
}

/// `Db(cfg.url.clone())`; else the tokens that stand in the place of a type.
///
/// The type is taken token by token up to the first parentheses outside of its angle brackets: `syn` would read them as
/// part of the path, as in `Fn(u32)`.
fn call(input: ParseStream) -> Result<Call, TokenStream> {
    let tokens = type_tokens(input);
    if let Ok(ty) = syn::parse2(tokens.clone())
        && input.peek(token::Paren)
        && let Ok(TokenTree::Group(arguments)) = input.parse()
    {
        return Ok(Call { ty, arguments });
    }
    Err(tokens)
}

fn type_tokens(input: ParseStream) -> TokenStream {
    let mut tokens = TokenStream::new();
    let mut depth = 0_usize;
    let mut previous = None;
    while !input.is_empty() && !input.peek(Token![;]) {
        if depth == 0 && (input.peek(Token![,]) || starts_entry(input)) {
            break;
        }
        if depth == 0 && previous.is_some() {
            let arguments = input.peek(token::Paren) && !is_punct(&previous, '!');
            // Two words in a row are the end of one child and the name of the next, their `;` forgotten.
            let next_child = input.peek(Ident::peek_any) && ends_type(&previous);
            if arguments || next_child || input.peek(token::Brace) {
                break;
            }
        }
        let Ok(token) = input.parse::<TokenTree>() else {
            break;
        };
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == '<' => depth += 1,
            // Not that of `->`.
            TokenTree::Punct(punct) if punct.as_char() == '>' && !is_arrow_stem(&previous) => {
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
        previous = Some(token.clone());
        tokens.extend([token]);
    }
    tokens
}

fn is_punct(token: &Option<TokenTree>, char: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == char)
}

fn is_arrow_stem(token: &Option<TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == '-' && punct.spacing() == Spacing::Joint)
}

fn ends_type(token: &Option<TokenTree>) -> bool {
    match token {
        Some(TokenTree::Ident(word)) => word != "dyn" && word != "impl",
        other => is_punct(other, '>'),
    }
}

/// Whether `name: tokens` without parentheses is rather an option of the tree that was misspelt.
fn is_tree_option(input: ParseStream, name: &Ident, tokens: &TokenStream) -> bool {
    let (name, value) = (name.to_string(), tokens.to_string());
    if input.peek(token::Brace) || input.peek(token::Paren) {
        return false;
    }
    let is_word = value.starts_with(char::is_lowercase);
    wording::nearest(&name, &TREE_OPTIONS).is_some()
        || ELSEWHERE.iter().any(|(option, _)| *option == name)
        || AUTO_SHUTDOWNS.iter().any(|(mode, _)| *mode == value)
        || (CHILD_OPTIONS.contains(&name.as_str()) && is_word)
}

/// Says why `tokens` don't start a child. Returns the type, if it is one.
fn not_called(input: ParseStream, name: &Ident, tokens: TokenStream, cx: &mut Errors) -> Option<Type> {
    let Ok(ty) = syn::parse2::<Type>(tokens.clone()) else {
        let message = format!("expected an actor, as in `{name}: Actor(..);`");
        if tokens.is_empty() {
            cx.push(error(input, message));
        } else {
            cx.at(tokens, message);
        }
        until(input, |input| input.peek(Token![;]) || starts_entry(input));
        return None;
    };
    let word = tokens.clone().into_iter().next().map(|token| token.to_string()).unwrap_or_default();
    if input.peek(token::Brace) && wording::nearest(&word, &["supervisor"]).is_some() {
        cx.at(tokens, wording::unknown("kind of child", word, &["supervisor"]));
        let _ = input.parse::<TokenTree>();
        return None;
    }
    cx.at(tokens, without_arguments(name));
    Some(ty)
}

fn without_arguments(name: &Ident) -> String {
    format!(
        "child `{name}` lacks its arguments\n\nhelp: write them in parentheses after the type, `()` when there are none"
    )
}

/// `{ restart: transient, significant }`, and where it ends. `start` says which options there are.
pub(super) fn options(input: ParseStream, start: &Start, cx: &mut Errors) -> syn::Result<(ChildOptions, Span)> {
    let (what, known) = match start {
        Start::Dynamic(_) => ("option of a dynamic supervisor", DYNAMIC_OPTIONS.as_slice()),
        Start::Partition(_) => ("option of a partition supervisor", PARTITION_OPTIONS.as_slice()),
        _ => ("child option", CHILD_OPTIONS.as_slice()),
    };
    let content;
    let braces = syn::braced!(content in input);
    let mut options = ChildOptions::default();
    let mut seen = Vec::new();
    while !content.is_empty() {
        let begin = content.cursor();
        if let Err(error) = option(&content, what, known, &mut options, &mut seen, cx) {
            cx.push(error);
            if content.cursor() == begin {
                let _ = content.parse::<TokenTree>();
            }
            until(&content, ends_option);
        }
        if content.peek(Token![;]) {
            cx.push(error(&content, "the options of a child are separated by `,`, not by `;`"));
            content.parse::<Token![;]>()?;
        } else if !content.is_empty() {
            content.parse::<Token![,]>()?;
        }
    }
    Ok((options, braces.span.close()))
}

fn option(
    input: ParseStream,
    what: &str,
    known: &[&str],
    options: &mut ChildOptions,
    seen: &mut Vec<Ident>,
    cx: &mut Errors,
) -> syn::Result<()> {
    if !input.peek(Ident::peek_any) {
        return Err(error(input, "expected an option, such as `restart: transient`"));
    }
    let key = input.call(Ident::parse_any)?;
    let given = key.to_string();
    if !known.contains(&given.as_str()) {
        let mut message = wording::unknown(what, &given, known);
        if shared::restart.parse2(key.to_token_stream()).is_ok() {
            message.push_str(&format!("\n\nhelp: write `restart: {given}`"));
        }
        return Err(Error::new_spanned(key, message));
    }
    values::once(&key, seen, cx);
    match given.as_str() {
        "restart" => {
            value(input, &key, "restart: transient")?;
            // Until it is known: a misspelt one must not make a significant child look permanent.
            options.restart = Some(Restart::Temporary);
            options.restart = Some(shared::restart(input)?);
        }
        "shutdown" => {
            value(input, &key, "shutdown: 5s")?;
            options.shutdown = Some(shared::shutdown(input)?);
        }
        "mailbox" => {
            value(input, &key, "mailbox: bounded(1000, block)")?;
            options.mailbox = Some(shared::mailbox(input)?);
        }
        "name" => {
            value(input, &key, "name: \"db\"")?;
            options.name = values::name(values::expression(input), cx);
        }
        "max_children" => {
            value(input, &key, "max_children: 10_000")?;
            options.max_children = Some(values::expression(input));
        }
        "partitions" => {
            value(input, &key, "partitions: 8")?;
            options.partitions = values::partitions(values::expression(input), cx);
        }
        "strategy" => {
            value(input, &key, "strategy: one_for_all")?;
            let given = until(input, ends_option);
            options.strategy = values::one_of("restart strategy", &key, &given, &STRATEGIES, cx);
        }
        "intensity" => {
            value(input, &key, "intensity: 3 in 5s")?;
            options.intensity = values::intensity(&key, until(input, ends_option), cx);
        }
        "backoff" => {
            value(input, &key, "backoff: 100ms..=30s")?;
            options.backoff = Some(values::backoff(input)?);
        }
        "mailbox_on_restart" => {
            value(input, &key, "mailbox_on_restart: keep")?;
            options.mailbox_on_restart = Some(shared::word(input, "mailbox_on_restart", &MAILBOXES, &[])?);
        }
        _ => {
            let is_on = !input.peek(Token![:]) || {
                value(input, &key, "significant: true")?;
                let flag = || error(input, "`significant` is a flag: write `significant`, or `significant: false`");
                input.parse::<LitBool>().map_err(|_| flag())?.value
            };
            options.significant = is_on.then_some(key);
        }
    }
    if ends_option(input) { Ok(()) } else { Err(error(input, format!("expected `,` after `{given}`"))) }
}

/// Takes the `:` before an option's value.
fn value(input: ParseStream, key: &Ident, form: &str) -> syn::Result<()> {
    let colon = input.parse::<Option<Token![:]>>()?;
    if colon.is_none() || ends_option(input) {
        return Err(Error::new_spanned(key, format!("`{key}` needs a value, as in `{form}`")));
    }
    Ok(())
}

fn ends_option(input: ParseStream) -> bool {
    input.is_empty() || input.peek(Token![,]) || input.peek(Token![;])
}
