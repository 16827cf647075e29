//! Tokens to the trees of `ast`. A part that cannot be put into a tree is in it as the error that says so.

use std::fmt::Display;

use proc_macro2::{TokenStream, TokenTree};
use syn::Error;
use syn::parse::ParseStream;

pub(crate) mod actor;
pub(crate) mod options;
pub(crate) mod supervisor;
pub(crate) mod test;

/// An error at the next token; at the end, at the delimiter that closes it.
fn error(input: ParseStream<'_>, message: impl Display) -> Error {
    Error::new(input.span(), message)
}

/// Takes tokens until `stop` or the end.
fn until(input: ParseStream<'_>, stop: impl Fn(ParseStream<'_>) -> bool) -> TokenStream {
    let mut taken = TokenStream::new();
    while !input.is_empty() && !stop(input) {
        taken.extend(input.parse::<TokenTree>());
    }
    taken
}

/// Takes all that is left.
fn rest(input: ParseStream<'_>) -> TokenStream {
    until(input, |_| false)
}
