//! A function under `#[otp::test]`.

use proc_macro2::Group;
use syn::{Attribute, Signature, Visibility};

use crate::ast::options::Options;

pub(crate) struct Test {
    pub(crate) options: Options,
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) signature: Signature,
    /// The body, unread.
    pub(crate) body: Group,
}
