//! `#[handle_call]` and its siblings as attributes of their own.
//!
//! `#[actor]` reads them and leaves each in place with the argument `__inside_actor`; met with that argument they
//! do nothing. They are real attributes so that an import of them is used, an editor can go to them, and one that
//! stands alone says where it belongs.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::quote;
use syn::parse::{ParseStream, Parser};
use syn::{Error, Path};

use crate::ast::actor::Kind;

/// The argument that tells a marker that an `#[actor]` has read it.
const READ: &str = "__inside_actor";

/// What a marker expands to: its item, with an error unless an `#[actor]` has read it.
pub(crate) fn marker(name: &str, arguments: &TokenStream, item: TokenStream) -> TokenStream {
    if arguments.to_string() == READ {
        return item;
    }
    let error = Error::new(
        Span::call_site(),
        format!(
            "`#[{name}]` only works on a method inside an `#[actor] impl` block\n\n\
             help: put `#[actor]` on the enclosing `impl` block, above any other attribute macro, and write \
             `#[{name}]` under its own name, not through `cfg_attr` or `use .. as`"
        ),
    )
    .into_compile_error();
    quote!(#error #item)
}

/// An `impl` block with its markers marked as read, token by token, so that it works on what does not parse.
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
            let read = Ident::new(READ, Span::call_site());
            let mut marked = Group::new(Delimiter::Bracket, quote!(#path(#read)));
            marked.set_span(brackets.span());
            marked
        }
        _ => brackets,
    }
}
