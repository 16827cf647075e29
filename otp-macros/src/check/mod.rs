//! Every rule and every message. A check reads a syntax tree and pushes errors; it changes nothing.

pub(crate) mod actor;
pub(crate) mod supervisor;
