//! Checked syntax trees to tokens. Nothing here can fail.

pub(crate) mod actor;
pub(crate) mod options;
pub(crate) mod supervisor;
pub(crate) mod test;

/// How much an expansion does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Everything.
    Full,
    /// After an error: the same types and signatures, so that uses elsewhere stay quiet, with bodies that do nothing.
    Stub,
}
