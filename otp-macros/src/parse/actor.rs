//! `#[actor(..)] impl .. { .. }`: options and header are read whole, the items only up to their bodies.
//!
//! Bodies are skipped as brace groups, so a half-typed one costs no error here. A signature that does not parse
//! costs one error and its method; the rest of the block goes on. What the signatures say is for `check` to judge.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{
    Attribute, Error, Expr, ExprLit, FnArg, GenericArgument, ItemImpl, Lit, LitStr, Pat, PatType, Path, PathArguments,
    Result, Signature, Token, Type, Visibility,
};

use super::options;
use crate::ast::actor::{Actor, Helper, Kind, Method, Options, Parameter, Role, last_segment};
use crate::errors::Errors;
use crate::marker;
use crate::wording;

/// The keys of `#[actor(..)]`.
const KEYS: [&str; 8] = ["name", "client", "mailbox", "on_full", "restart", "shutdown", "thread", "crate"];

/// Reads a block; `None` when there is no tree to build, because the item is no inherent `impl`.
pub(crate) fn actor(arguments: TokenStream, item: TokenStream, cx: &mut Errors) -> Option<Actor> {
    let options = options(arguments, cx);
    let (header, items) = header(item, cx)?;
    let mut actor = Actor { options, header, methods: Vec::new(), misplaced: Vec::new() };
    let parsed = (|input: ParseStream<'_>| {
        while !input.is_empty() {
            self::item(input, &mut actor, cx);
        }
        Ok(())
    })
    .parse2(items);
    if let Err(error) = parsed {
        cx.push(error);
    }
    Some(actor)
}

/// The item with its helper attributes marked as read, token by token, so that it works on what does not parse.
pub(crate) fn marked(item: TokenStream) -> TokenStream {
    let mut tokens: Vec<TokenTree> = item.into_iter().collect();
    if let Some(TokenTree::Group(body)) = tokens.last_mut()
        && body.delimiter() == Delimiter::Brace
    {
        let mut after_pound = false;
        let items = body.stream().into_iter().map(|token| {
            let attribute =
                std::mem::replace(&mut after_pound, matches!(&token, TokenTree::Punct(it) if it.as_char() == '#'));
            match token {
                TokenTree::Group(group) if attribute => TokenTree::Group(mark(group)),
                other => other,
            }
        });
        let mut marked = Group::new(Delimiter::Brace, items.collect());
        marked.set_span(body.span());
        *body = marked;
    }
    tokens.into_iter().collect()
}

/// `[handle_call]` to `[handle_call(__inside_actor)]`; other attributes stay as they are.
fn mark(brackets: Group) -> Group {
    let path = |input: ParseStream<'_>| {
        let path = input.call(Path::parse_mod_style)?;
        input.parse::<TokenStream>()?;
        Ok(path)
    };
    match path.parse2(brackets.stream()) {
        Ok(path) if Kind::of(&path).is_some() => {
            let read = Ident::new(marker::READ, Span::call_site());
            let mut marked = Group::new(Delimiter::Bracket, quote::quote!(#path(#read)));
            marked.set_span(brackets.span());
            marked
        }
        _ => brackets,
    }
}

/// `name = "..", restart = transient, thread, ..`
fn options(arguments: TokenStream, cx: &mut Errors) -> Options {
    let mut options = Options::default();
    let mut seen: Vec<Ident> = Vec::new();
    let parse = |input: ParseStream<'_>| {
        while !input.is_empty() {
            if let Err(error) = option(input, &mut options, &mut seen) {
                cx.push(error);
                skip_to_comma(input);
            }
            if !input.is_empty()
                && let Err(error) = input.parse::<Token![,]>()
            {
                cx.push(error);
                skip_to_comma(input);
            }
        }
        Ok(())
    };
    if let Err(error) = parse.parse2(arguments) {
        cx.push(error);
    }
    options
}

/// One `key = value`, or the flag `thread`.
fn option(input: ParseStream<'_>, options: &mut Options, seen: &mut Vec<Ident>) -> Result<()> {
    let key = input.call(Ident::parse_any)?;
    if !KEYS.iter().any(|known| key == known) {
        return Err(Error::new_spanned(&key, wording::unknown("`#[actor]` argument", &key, &KEYS)));
    }
    if seen.contains(&key) {
        return Err(Error::new_spanned(&key, format!("`{key}` is given twice")));
    }
    seen.push(key.clone());
    if key == "thread" {
        options.thread = true;
        return no_value(&key, input);
    }
    if !input.peek(Token![=]) {
        return Err(Error::new_spanned(&key, format!("`{key}` needs a value\n\nhelp: write `{}`", example(&key))));
    }
    input.parse::<Token![=]>()?;
    match key.to_string().as_str() {
        "name" => options.name = Some(name(input)?),
        "client" => options.client = Some(input.parse()?),
        "restart" => options.restart = Some(options::restart(input)?),
        "shutdown" => options.shutdown = Some(options::shutdown(input)?),
        "mailbox" => options.mailbox = Some(options::mailbox(input)?),
        "on_full" => options.on_full = Some(input.parse()?),
        _ => options.otp = Some(crate_path(input)?),
    }
    Ok(())
}

/// A flag stands alone.
fn no_value(flag: &Ident, input: ParseStream<'_>) -> Result<()> {
    let mut value = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        value.extend([input.parse::<TokenTree>()?]);
    }
    if value.is_empty() {
        return Ok(());
    }
    Err(Error::new_spanned(value, format!("`{flag}` is a flag and takes no value\n\nhelp: write `{flag}` alone")))
}

/// `"counter"`, or an expression that is a `Name`.
fn name(input: ParseStream<'_>) -> Result<Expr> {
    let value = input.parse()?;
    match &value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) if text.value().is_empty() => {
            Err(Error::new_spanned(text, "a name can't be empty"))
        }
        Expr::Lit(ExprLit { lit: Lit::Str(_), .. }) => Ok(value),
        Expr::Lit(other) => {
            Err(Error::new_spanned(other, "a name is a string, or an expression that is an `otp::Name`"))
        }
        _ => Ok(value),
    }
}

/// How an option is written.
fn example(key: &Ident) -> &'static str {
    match key.to_string().as_str() {
        "name" => "name = \"counter\"",
        "client" => "client = CounterClient",
        "restart" => "restart = transient",
        "shutdown" => "shutdown = 5s",
        "mailbox" => "mailbox = bounded(1000, block)",
        "on_full" => "on_full = overflowed",
        _ => "crate = ::otp",
    }
}

/// The path of the crate `otp`; it must hold in every module, so it must start at the root.
fn crate_path(input: ParseStream<'_>) -> Result<Path> {
    let path = input.call(Path::parse_mod_style)?;
    let at_root = path.leading_colon.is_some() || path.segments.first().is_some_and(|first| first.ident == "crate");
    if at_root {
        return Ok(path);
    }
    Err(Error::new_spanned(
        &path,
        format!(
            "the path of the crate must be absolute\n\nhelp: write `crate = ::{0}`, or `crate = crate::{0}`",
            wording::code(&path)
        ),
    ))
}

fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        if input.parse::<TokenTree>().is_err() {
            return;
        }
    }
}

/// Everything of an inherent `impl` but its items, and the items' tokens.
fn header(item: TokenStream, cx: &mut Errors) -> Option<(ItemImpl, TokenStream)> {
    let mut tokens: Vec<TokenTree> = item.clone().into_iter().collect();
    let items = match tokens.last_mut() {
        Some(TokenTree::Group(body)) if body.delimiter() == Delimiter::Brace => {
            let items = body.stream();
            let mut empty = Group::new(Delimiter::Brace, TokenStream::new());
            empty.set_span(body.span());
            *body = empty;
            items
        }
        _ => TokenStream::new(),
    };
    match syn::parse2::<ItemImpl>(tokens.into_iter().collect()) {
        Ok(header) => {
            if let Some((path, _)) = &header.trait_ {
                cx.at(path, "`#[actor]` goes on an inherent `impl` block, not on a trait impl");
                return None;
            }
            if last_segment(&header.self_ty).is_none() {
                cx.at(
                    &header.self_ty,
                    format!(
                        "an actor is a struct or an enum, not `{}`\n\nhelp: wrap it in a struct of your own",
                        wording::code(&header.self_ty)
                    ),
                );
                return None;
            }
            Some((header, items))
        }
        Err(error) => {
            match not_an_impl(item) {
                Some(head) => cx.at(
                    head,
                    "`#[actor]` goes on an `impl` block\n\nhelp: move it to the `impl` block that holds the handlers",
                ),
                None => cx.push(error),
            }
            None
        }
    }
}

/// Keyword and name of an item that is no `impl`.
fn not_an_impl(item: TokenStream) -> Option<TokenStream> {
    let head = |input: ParseStream<'_>| {
        input.call(Attribute::parse_outer)?;
        input.parse::<Visibility>()?;
        let mut head = TokenStream::new();
        while !input.peek(Token![impl]) && input.peek(Ident::peek_any) {
            input.call(Ident::parse_any)?.to_tokens(&mut head);
        }
        let is_impl = input.peek(Token![impl]);
        input.parse::<TokenStream>()?;
        Ok(if is_impl { None } else { Some(head) })
    };
    head.parse2(item).ok().flatten().filter(|head| !head.is_empty())
}

/// One item of the block; what is no method is only looked over.
fn item(input: ParseStream<'_>, actor: &mut Actor, cx: &mut Errors) {
    let attrs = match input.call(Attribute::parse_outer) {
        Ok(attrs) => attrs,
        Err(error) => return give_up(input, error, cx),
    };
    if is_method(input) {
        match method(input, attrs) {
            Ok(method) => actor.methods.push(method),
            Err(error) => give_up(input, error, cx),
        }
    } else {
        let before = actor.misplaced.len();
        actor.misplaced.extend(split(attrs).0);
        if actor.misplaced.len() > before || !input.is_empty() {
            skip_item(input);
        }
    }
}

/// Pushes the error and goes on behind the item.
fn give_up(input: ParseStream<'_>, error: Error, cx: &mut Errors) {
    cx.push(error);
    skip_item(input);
}

fn is_method(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    if ahead.parse::<Visibility>().is_err() {
        return false;
    }
    // `const`, `async`, `unsafe` and `extern "C"` may stand before `fn`; a constant has a name after `const`.
    while ahead.peek(Token![const])
        || ahead.peek(Token![async])
        || ahead.peek(Token![unsafe])
        || ahead.peek(Token![extern])
    {
        let _ = ahead.parse::<TokenTree>();
        let _ = ahead.parse::<Option<LitStr>>();
    }
    ahead.peek(Token![fn])
}

/// Skips to behind the next `;`, or behind the next braces of what is not a constant or a type.
fn skip_item(input: ParseStream<'_>) {
    let assigned = input.peek(Token![const]) || input.peek(Token![type]);
    while !input.is_empty() {
        let end = input.peek(Token![;]) || (!assigned && input.peek(syn::token::Brace));
        if input.parse::<TokenTree>().is_err() || end {
            return;
        }
    }
}

/// `pub fn get(&self) -> u32 { .. }`
fn method(input: ParseStream<'_>, attrs: Vec<Attribute>) -> Result<Method> {
    let (helpers, attrs) = split(attrs);
    let vis = input.parse()?;
    let signature: Signature = input.parse()?;
    if input.peek(syn::token::Brace) {
        input.parse::<Group>()?;
    } else {
        // A method without a body is an error that rustc reports.
        input.parse::<Option<Token![;]>>()?;
    }
    let kind = helpers.first().map(|helper| helper.kind);
    let parameters = signature
        .inputs
        .iter()
        .filter_map(|input| match input {
            FnArg::Receiver(_) => None,
            FnArg::Typed(typed) => Some(typed),
        })
        .enumerate()
        .map(|(index, typed)| parameter(index, typed, kind))
        .collect();
    Ok(Method { helpers, attrs, vis, signature, parameters })
}

/// The helper attributes, and all others.
fn split(attrs: Vec<Attribute>) -> (Vec<Helper>, Vec<Attribute>) {
    let mut helpers = Vec::new();
    let mut others = Vec::new();
    for attribute in attrs {
        match Kind::of(attribute.path()) {
            Some(kind) => helpers.push(Helper { kind, attribute }),
            None => others.push(attribute),
        }
    }
    (helpers, others)
}

fn parameter(index: usize, typed: &PatType, kind: Option<Kind>) -> Parameter {
    let name = match &*typed.pat {
        Pat::Ident(pattern) if pattern.by_ref.is_none() && pattern.subpat.is_none() => pattern.ident.clone(),
        _ => quote::format_ident!("argument_{}", index),
    };
    Parameter {
        attrs: typed.attrs.clone(),
        pattern: (*typed.pat).clone(),
        name,
        ty: (*typed.ty).clone(),
        role: role(&typed.ty, kind),
    }
}

/// What a parameter of this type is for; its last segment decides, as for the helper attributes.
fn role(ty: &Type, kind: Option<Kind>) -> Role {
    let inner = match ty {
        Type::Reference(reference) => &reference.elem,
        other => other,
    };
    let Some(segment) = last_segment(inner) else {
        return Role::Message;
    };
    if segment.ident == "Context" {
        return Role::Context;
    }
    if segment.ident == "ReplyTo" && kind == Some(Kind::Call) {
        return Role::Reply(first_type(&segment.arguments).map(Box::new));
    }
    if segment.ident == "ExitReason" && kind == Some(Kind::Terminate) {
        return Role::Reason;
    }
    Role::Message
}

/// The `T` of `<T>`.
fn first_type(arguments: &PathArguments) -> Option<Type> {
    let PathArguments::AngleBracketed(arguments) = arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty.clone()),
        _ => None,
    })
}
