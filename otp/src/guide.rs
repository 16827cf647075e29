//! The guide: pages to read from the beginning, whose examples are tests.

#[doc = include_str!("guide/from_elixir.md")]
pub mod from_elixir {}

#[doc = include_str!("guide/errors.md")]
pub mod errors {}

#[doc = include_str!("guide/long_code.md")]
pub mod long_code {}

#[doc = include_str!("guide/testing.md")]
pub mod testing {}
