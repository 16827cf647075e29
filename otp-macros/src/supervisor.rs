//! `supervisor!` from end to end: parse, check, expand.

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::Errors;
use crate::expand::Extent;
use crate::{check, expand, parse};

/// The items of a tree; after an error, the errors and the same items with empty bodies.
pub(crate) fn supervisor(tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let tree = match parse::supervisor::parse(tokens) {
        Ok(tree) => tree,
        Err(error) => return error.into_compile_error(),
    };
    check::supervisor::check(&tree, &mut errors);
    let extent = if errors.is_empty() { Extent::Full } else { Extent::Stub };
    let items = expand::supervisor::expand(&tree, extent);
    quote!(#errors #items)
}
