//! A checked [`Actor`] to its message enum, its client, its `Actor` implementation and its start functions.
//!
//! The user's methods are called, never copied. Everything but the client sits in an unnamed constant, where its
//! names meet nobody else's. What the expansion names itself is hygienic (`mixed_site`), so that a parameter called
//! `reply` or `ctx` is nothing special. Nothing here may be silenced by `#[allow]` where another way exists: that is
//! an error where the user forbids the lint.

mod client;
mod dispatch;
mod handles;
mod message;
mod scope;
mod start;

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};

use self::scope::Scope;
use super::Mode;
use crate::ast::actor::Actor;

/// All items but the user's own.
pub(crate) fn expand(actor: &Actor, mode: Mode) -> TokenStream {
    let scope = Scope::new(actor, mode);
    let client = client::definition(actor, &scope);
    let message = message::definition(actor, &scope);
    let implementation = dispatch::implementation(actor, &scope);
    let handles = handles::implementations(actor, &scope);
    let traits = client::traits(&scope);
    let methods = client::methods(actor, &scope);
    let start = start::functions(actor, &scope);
    quote! {
        #client
        const _: () = {
            #message
            #implementation
            #handles
            #traits
            #methods
            #start
        };
    }
}

/// Our tokens as if they stood where `like` stands, so that rustc blames the user's tokens for what is wrong there.
///
/// The first one has the place of the first, the last one that of the last: together they span all of `like`.
fn at(like: impl ToTokens, tokens: TokenStream) -> TokenStream {
    let mut places = like.into_token_stream().into_iter().map(|token| token.span());
    let first = places.next().unwrap_or_else(Span::call_site);
    let last = places.last().unwrap_or(first);
    relocate(tokens, first, last)
}

fn relocate(tokens: TokenStream, first: Span, last: Span) -> TokenStream {
    let count = tokens.clone().into_iter().count();
    let relocated = tokens.into_iter().enumerate().map(|(index, token)| {
        let place = if index + 1 == count { last } else { first };
        let mut token = match token {
            TokenTree::Group(group) => {
                TokenTree::Group(Group::new(group.delimiter(), relocate(group.stream(), first, last)))
            }
            other => other,
        };
        token.set_span(token.span().located_at(place));
        token
    });
    relocated.collect()
}

/// A name of ours in a function body, which no name of the user's can meet.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}
