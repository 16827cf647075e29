//! `Handles<Tick>` for each type of message that an info handler takes by its type.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{GenericParam, Type};

use super::message;
use super::scope::Scope;
use crate::ast::actor::{Actor, Method, Parameter};
use crate::ast::types::{last_segment, mentions};
use crate::expand::tokens::at;

pub(super) fn implementations(actor: &Actor, scope: &Scope) -> TokenStream {
    let Scope { otp, self_ty, .. } = scope;
    let kept: Vec<&Method> = message::distinct(actor).map(|(method, _)| method).collect();
    let handlers: Vec<(&Method, &Parameter)> =
        actor.by_type().filter(|(method, _)| kept.iter().any(|kept| std::ptr::eq(*kept, *method))).collect();
    let generics = scope.generics(None);
    let bounds = scope.bounds(None);
    let parameters = parameters(actor);
    let is_clear = |method: &Method, ty: &Type| {
        !mentions(ty, &|name| parameters.contains(name))
            || handlers
                .iter()
                .filter(|(other, _)| other.signature.ident != method.signature.ident)
                .all(|(_, other)| !may_meet(ty, &other.ty, &parameters))
    };
    let implementations = handlers.iter().filter(|(method, parameter)| is_clear(method, &parameter.ty)).map(
        |(method, Parameter { ty, .. })| {
            let cfgs = method.cfgs();
            let message = scope.ty(ty);
            let implementation = quote!(impl #generics #otp::actor::Handles<#message> for #self_ty #bounds {});
            let implementation = at(ty, implementation);
            quote!(#(#cfgs)* #[automatically_derived] #implementation)
        },
    );
    implementations.collect()
}

/// The parameters of the block, and `Self`, which may hold them.
fn parameters(actor: &Actor) -> Vec<Ident> {
    let named = actor.header.generics.params.iter().filter_map(|parameter| match parameter {
        GenericParam::Type(it) => Some(it.ident.clone()),
        GenericParam::Const(it) => Some(it.ident.clone()),
        GenericParam::Lifetime(_) => None,
    });
    let mut names: Vec<Ident> = named.collect();
    if let Some(first) = names.first() {
        names.push(Ident::new("Self", first.span()));
    }
    names
}

/// Whether two types, one of which mentions a parameter, can be one type for some argument. A trait can't be
/// implemented for both then, whichever argument is used.
fn may_meet(one: &Type, other: &Type, parameters: &[Ident]) -> bool {
    match (last_segment(one), last_segment(other)) {
        (Some(one), Some(other)) => {
            one.ident == other.ident || [one, other].iter().any(|name| parameters.contains(&name.ident))
        }
        (Some(name), None) | (None, Some(name)) => parameters.contains(&name.ident),
        (None, None) => true,
    }
}
