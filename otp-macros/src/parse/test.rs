//! A function under `#[otp::test]` to a [`Test`]. Its body stays opaque.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Error, Result, Token};

use super::rest;
use crate::ast::options::Options;
use crate::ast::test::Test;

/// Reads a function; an error when the item is none.
pub(crate) fn test(options: Options, item: TokenStream) -> Result<Test> {
    let parse = |input: ParseStream<'_>| {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let begins_function = input.peek(Token![fn])
            || input.peek(Token![async])
            || input.peek(Token![const])
            || input.peek(Token![unsafe]);
        if !begins_function {
            let keyword: TokenTree = input.parse()?;
            rest(input);
            return Err(Error::new_spanned(keyword, "`#[otp::test]` goes on a function"));
        }
        let signature = input.parse()?;
        let body = match input.parse()? {
            TokenTree::Group(body) if body.delimiter() == Delimiter::Brace => body,
            other => return Err(Error::new_spanned(other, "expected the body of the test")),
        };
        Ok(Test { options, attrs, vis, signature, body })
    };
    parse.parse2(item)
}
