//! The bounds of an actor's type parameters, as far as their names tell.
//!
//! An actor goes to another thread and outlives whoever starts it, so a parameter is `Send + 'static`, one way or
//! another. A trait that isn't in the list may ask for both itself; then rustc has the last word.

use syn::{Type, TypeParam, TypeParamBound, WherePredicate};

use super::types;
use crate::ast::actor::{Actor, Kind, Method};
use crate::ast::types::mentions;

/// Traits that ask for neither `'static` nor, but for itself, `Send`.
const SILENT: [&str; 24] = [
    "Send",
    "Sync",
    "Sized",
    "Unpin",
    "Clone",
    "Copy",
    "Debug",
    "Display",
    "Default",
    "PartialEq",
    "Eq",
    "PartialOrd",
    "Ord",
    "Hash",
    "From",
    "Into",
    "AsRef",
    "ToString",
    "FromStr",
    "Iterator",
    "IntoIterator",
    "Fn",
    "FnMut",
    "FnOnce",
];

/// The bounds of a type parameter of the block, where they are known to leave too much room: it could borrow, or it
/// travels in a message and could be what can't be sent. `None` where a trait may ask for more than its name says.
pub(super) fn loose<'ast>(actor: &'ast Actor, parameter: &'ast TypeParam) -> Option<Vec<&'ast TypeParamBound>> {
    let mut bounds: Vec<_> = parameter.bounds.iter().collect();
    for predicate in actor.header.generics.where_clause.iter().flat_map(|clause| &clause.predicates) {
        let WherePredicate::Type(predicate) = predicate else { continue };
        if matches!(&predicate.bounded_ty, Type::Path(path) if path.path.is_ident(&parameter.ident)) {
            bounds.extend(&predicate.bounds);
        } else if mentions(&predicate.bounded_ty, &|name| *name == parameter.ident || name == "Self") {
            return None;
        }
    }
    let trait_name = |bound: &&TypeParamBound| match bound {
        TypeParamBound::Trait(bound) => bound.path.segments.last().map(|last| last.ident.to_string()),
        _ => None,
    };
    if !bounds.iter().filter_map(trait_name).all(|name| SILENT.contains(&&*name)) {
        return None;
    }
    let is_static = bounds.iter().any(|bound| matches!(bound, TypeParamBound::Lifetime(_)));
    let is_send = bounds.iter().filter_map(trait_name).any(|name| name == "Send");
    let travels = || types_that_travel(actor).any(|ty| types::carries(ty, &parameter.ident));
    if is_static && (is_send || !travels()) { None } else { Some(bounds) }
}

fn types_that_travel(actor: &Actor) -> impl Iterator<Item = &Type> {
    let arguments = actor.handlers().chain(actor.init()).flat_map(Method::arguments).map(|parameter| &parameter.ty);
    arguments.chain(actor.of_kind(Kind::Call).filter_map(Method::answer))
}
