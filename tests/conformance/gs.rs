//! `gen_server_SUITE`.

mod enter_loop;
mod names;
mod queue;
mod requests;
