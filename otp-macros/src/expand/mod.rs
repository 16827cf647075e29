//! Checked syntax trees to tokens. Nothing here can fail.

pub(crate) mod actor;
mod names;
pub(crate) mod options;
pub(crate) mod supervisor;
pub(crate) mod test;
mod tokens;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

/// How much an expansion does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Everything.
    Full,
    /// After an error: the same types and signatures, so that uses elsewhere stay quiet, with bodies that do nothing.
    Stub,
}

impl Extent {
    /// A body; in a stub it only uses `names`, the parameters.
    fn body(self, names: &[impl ToTokens], full: TokenStream) -> TokenStream {
        match self {
            Self::Full => full,
            Self::Stub => quote!(let _ = (#(#names,)*); ::core::unimplemented!()),
        }
    }
}
