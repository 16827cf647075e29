//! Tokens to syntax trees and errors. Parsing goes on after a bad part where it can; bodies stay opaque.

pub(crate) mod actor;
pub(crate) mod options;
pub(crate) mod supervisor;
