//! `#[handle_call]` and its siblings as attributes of their own: check, and the item as it is.
//!
//! `#[actor]` reads them and leaves each in place, marked as read; then they do nothing. They are real attributes so
//! that an import of them is used, and an editor can go to them.

use proc_macro2::TokenStream;
use quote::quote;

use crate::check;
use crate::errors::Errors;

/// The item, with an error when no `#[actor]` has read its attribute `name`.
pub(crate) fn helper(name: &str, arguments: &TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    errors.take(check::helper::check(name, arguments));
    quote!(#errors #item)
}
