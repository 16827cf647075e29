//! What the user wrote, as plain structs that keep the tokens they came from.

pub(crate) mod actor;
pub(crate) mod options;
pub(crate) mod supervisor;
pub(crate) mod test;

/// Whether a type is `()`.
pub(crate) fn is_unit(ty: &syn::Type) -> bool {
    matches!(ty, syn::Type::Tuple(tuple) if tuple.elems.is_empty())
}
