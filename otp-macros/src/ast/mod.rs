//! What the user wrote, as plain structs that keep the tokens they came from.

pub(crate) mod actor;
pub(crate) mod options;
pub(crate) mod supervisor;
