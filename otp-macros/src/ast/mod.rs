//! What the user wrote, as plain structs that keep the tokens they came from.

use syn::Attribute;

pub(crate) mod actor;
pub(crate) mod options;
pub(crate) mod supervisor;
pub(crate) mod test;
pub(crate) mod types;
pub(crate) mod uses;

/// The functions that actors and trees get.
pub(crate) const START_FUNCTIONS: [&str; 3] = ["start", "start_link", "child_spec"];

/// The `#[cfg]`s among attributes, which go to everything that is made for what they stand on.
pub(crate) fn cfgs(attrs: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attrs.iter().filter(|attribute| attribute.path().is_ident("cfg"))
}

pub(crate) fn is_doc(attribute: &Attribute) -> bool {
    attribute.path().is_ident("doc")
}
