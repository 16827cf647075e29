//! The rule of a helper attribute by itself: an `#[actor]` has read it.

use proc_macro2::{Span, TokenStream};
use syn::{Error, Result};

use crate::ast::actor::READ;

pub(crate) fn check(name: &str, arguments: &TokenStream) -> Result<()> {
    if arguments.to_string() == READ {
        return Ok(());
    }
    Err(Error::new(
        Span::call_site(),
        format!(
            "`#[{name}]` only works on a method inside an `#[actor] impl` block\n\n\
             help: put `#[actor]` on the enclosing `impl` block, above any other attribute macro, and write \
             `#[{name}]` under its own name, not through `cfg_attr` or `use .. as`"
        ),
    ))
}
