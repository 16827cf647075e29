//! The rules and their messages. A check reads a tree and pushes errors; it changes nothing.

pub(crate) mod actor;
pub(crate) mod helper;
pub(crate) mod options;
pub(crate) mod supervisor;
pub(crate) mod test;
