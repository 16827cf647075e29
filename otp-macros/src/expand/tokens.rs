//! Where generated tokens stand, and which names they see.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;

/// A name of ours in a function body, which no name of the user's can meet.
pub(super) fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// The places of the first and the last token.
pub(super) fn ends(tokens: impl ToTokens) -> (Span, Span) {
    let mut places = tokens.into_token_stream().into_iter().map(|token| token.span());
    let first = places.next().unwrap_or_else(Span::call_site);
    (first, places.last().unwrap_or(first))
}

/// Our tokens as if they stood where `like` stands, so that rustc blames the user's tokens for what is wrong there.
///
/// The first one has the place of the first, the last one that of the last: together they span all of `like`.
pub(super) fn at(like: impl ToTokens, tokens: TokenStream) -> TokenStream {
    moved(tokens, ends(like), &|token, place| token.span().located_at(place))
}

/// Tokens with new spans: `span` makes them of a token and of its place between the two `ends`.
pub(super) fn moved(tokens: TokenStream, ends: (Span, Span), span: &impl Fn(&TokenTree, Span) -> Span) -> TokenStream {
    let count = tokens.clone().into_iter().count();
    let moved = tokens.into_iter().enumerate().map(|(index, token)| {
        let place = if index + 1 == count { ends.1 } else { ends.0 };
        let mut token = match token {
            TokenTree::Group(group) => {
                TokenTree::Group(Group::new(group.delimiter(), moved(group.stream(), ends, span)))
            }
            other => other,
        };
        token.set_span(span(&token, place));
        token
    });
    moved.collect()
}

/// Tokens of the user's at their places, with the hygiene of `site`.
pub(super) fn written_at(site: Span, tokens: impl ToTokens) -> TokenStream {
    let written = |mut token: TokenTree| {
        // `$crate` means a crate by its span.
        if !matches!(&token, TokenTree::Ident(word) if word == "$crate") {
            token.set_span(site.located_at(token.span()));
        }
        token
    };
    tokens.into_token_stream().into_iter().map(written).collect()
}
