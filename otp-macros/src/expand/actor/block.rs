//! The user's block in the output: as it came, but for its helper attributes, which are marked as read.
//!
//! It is made token by token, so it is there even when the block does not parse.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::quote;
use syn::Path;
use syn::parse::{ParseStream, Parser};

use crate::ast::actor::{Kind, READ};

/// Marks the helper attributes in a block as read.
pub(crate) fn block(item: TokenStream) -> TokenStream {
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
