//! `#[handle_call]` and its siblings as attributes of their own.
//!
//! `#[actor]` reads them and leaves each in place with the argument `__inside_actor`; met with that argument they
//! do nothing. They are real attributes so that an import of them is used, an editor can go to them, and one that
//! stands alone says where it belongs.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::Error;

/// The argument that tells a marker that an `#[actor]` has read it.
pub(crate) const READ: &str = "__inside_actor";

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
