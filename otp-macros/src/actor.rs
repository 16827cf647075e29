//! `#[actor]` from end to end: parse, check, expand.

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::Errors;
use crate::expand::Mode;
use crate::{check, expand, parse};

/// The user's block, with everything that is made from it; after an error, the errors, the block and stubs.
///
/// The block comes first among the items: editors take the first occurrence of a token as the real one.
pub(crate) fn actor(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut cx = Errors::new();
    let block = parse::actor::marked(item.clone());
    let Some(actor) = parse::actor::actor(arguments, item, &mut cx) else {
        return quote!(#cx #block);
    };
    check::actor::check(&actor, &mut cx);
    let mode = if cx.is_empty() { Mode::Full } else { Mode::Stub };
    let glue = expand::actor::expand(&actor, mode);
    quote!(#cx #block #glue)
}
