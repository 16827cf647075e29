//! `#[actor]` from end to end: parse, check, expand.

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::Errors;
use crate::expand::Extent;
use crate::{check, expand, parse};

/// The user's block, with everything that is made from it; after an error, the errors, the block and stubs.
///
/// The block comes first among the items: editors take the first occurrence of a token as the real one.
pub(crate) fn actor(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let block = expand::actor::block(item.clone());
    let options = parse::options::arguments(arguments);
    check::actor::arguments(&options, &mut errors);
    let actor = match parse::actor::actor(options, item) {
        Ok(actor) => actor,
        Err(error) => {
            errors.push(error);
            return quote!(#errors #block);
        }
    };
    if let Err(error) = check::actor::can_have_stubs(&actor) {
        errors.push(error);
        return quote!(#errors #block);
    }
    check::actor::check(&actor, &mut errors);
    let extent = if errors.is_empty() { Extent::Full } else { Extent::Stub };
    let glue = expand::actor::expand(&actor, extent);
    quote!(#errors #block #glue)
}
