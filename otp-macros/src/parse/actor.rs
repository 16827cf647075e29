//! `#[actor(..)] impl .. { .. }` to an [`Actor`]: options and header are read whole, the items up to their bodies.
//!
//! Bodies are skipped as brace groups, so a half-typed one costs no error here. A signature that does not parse
//! costs one error and its method; the rest of the block goes on.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Error, FnArg, ItemImpl, LitStr, Pat, PatType, Result, Signature, Token, Type, Visibility};

use crate::ast::actor::{Actor, Helper, Kind, Method, Parameter, Role};
use crate::ast::options::Options;
use crate::ast::types::{first_type, last_segment};

/// Reads a block; an error when there is no tree to build, because the item is no `impl`.
pub(crate) fn actor(options: Options, item: TokenStream) -> Result<Actor> {
    let (header, items) = header(item)?;
    let mut actor = Actor { options, header, methods: Vec::new(), misplaced: Vec::new(), unreadable: Vec::new() };
    let parse = |input: ParseStream<'_>| {
        while !input.is_empty() {
            self::item(input, &mut actor);
        }
        Ok(())
    };
    if let Err(error) = parse.parse2(items) {
        actor.unreadable.push(error);
    }
    Ok(actor)
}

/// The `impl` without its items, and the items' tokens.
fn header(item: TokenStream) -> Result<(ItemImpl, TokenStream)> {
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
        Ok(header) => Ok((header, items)),
        Err(error) => Err(match not_an_impl(item) {
            Some(head) => Error::new_spanned(
                head,
                "`#[actor]` goes on an `impl` block\n\nhelp: move it to the `impl` block that holds the handlers",
            ),
            None => error,
        }),
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
fn item(input: ParseStream<'_>, actor: &mut Actor) {
    let attrs = match input.call(Attribute::parse_outer) {
        Ok(attrs) => attrs,
        Err(error) => return give_up(input, error, actor),
    };
    if is_method(input) {
        match method(input, attrs) {
            Ok(method) => actor.methods.push(method),
            Err(error) => give_up(input, error, actor),
        }
    } else {
        let before = actor.misplaced.len();
        actor.misplaced.extend(split(attrs).0);
        if actor.misplaced.len() > before || !input.is_empty() {
            skip_item(input);
        }
    }
}

/// Notes the error and goes on behind the item.
fn give_up(input: ParseStream<'_>, error: Error, actor: &mut Actor) {
    actor.unreadable.push(error);
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
        return Role::Argument;
    };
    if segment.ident == "Context" {
        return Role::Context;
    }
    if segment.ident == "ReplyTo" && kind == Some(Kind::Call) {
        return Role::Reply(first_type(&segment.arguments).cloned().map(Box::new));
    }
    if segment.ident == "ExitReason" && kind == Some(Kind::Terminate) {
        return Role::Reason;
    }
    Role::Argument
}
