//! A checked [`Actor`] to its message enum, its client, its `Actor` implementation and its start functions.
//!
//! The user's methods are called, never copied. Everything but the client sits in an unnamed constant, where its
//! names meet nobody else's. What the expansion names itself is hygienic (`mixed_site`), so that a parameter called
//! `reply` or `ctx` is nothing special. Nothing here may be silenced by `#[allow]` where another way exists: that is
//! an error where the user forbids the lint.

mod block;
mod call;
mod client;
mod dispatch;
mod facts;
mod handles;
mod message;
mod scope;
mod start;
mod stub;

use proc_macro2::TokenStream;
use quote::quote;

pub(crate) use self::block::block;
use self::scope::Scope;
use super::Extent;
use crate::ast::actor::Actor;

/// All items but the user's own.
pub(crate) fn expand(actor: &Actor, extent: Extent) -> TokenStream {
    let scope = Scope::new(actor, extent);
    let client = client::definition(actor, &scope);
    let message = message::definition(actor, &scope);
    let implementation = dispatch::implementation(actor, &scope);
    let handles = handles::implementations(actor, &scope);
    let traits = client::traits(&scope);
    let methods = client::methods(actor, &scope);
    let start = start::functions(actor, &scope);
    let never_restarted = facts::never_restarted(actor, &scope);
    quote! {
        #client
        const _: () = {
            #message
            #implementation
            #handles
            #traits
            #methods
            #start
            #never_restarted
        };
    }
}
