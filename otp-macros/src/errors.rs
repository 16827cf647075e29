//! The list of errors: `check` adds to it, the entry point writes it into the output.
//!
//! One mistake gives one error, and all mistakes are shown at once. Errors point at tokens, never at a span:
//! the span of several tokens is only its first one on a stable compiler.

use std::fmt;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Error, Result};

/// The errors found so far, in the order in which they were found.
#[derive(Default)]
pub(crate) struct Errors {
    found: Vec<Error>,
}

impl Errors {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds an error that underlines all of `tokens`.
    ///
    /// The message says the rule, then, after a blank line, `help: ` and the repair.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl fmt::Display) {
        self.found.push(Error::new_spanned(tokens, message));
    }

    pub(crate) fn push(&mut self, error: Error) {
        self.found.push(error);
    }

    /// Adds the error of a rule, if it is broken.
    pub(crate) fn take(&mut self, checked: Result<()>) {
        self.found.extend(checked.err());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }
}

/// One `compile_error!` for each error.
impl ToTokens for Errors {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.found.iter().map(Error::to_compile_error));
    }
}
