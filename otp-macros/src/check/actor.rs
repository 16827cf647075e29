//! The rules of `#[actor]`.
//!
//! This file has those of the block, `arguments` those of `#[actor(..)]`, the others those of a method. Each rule looks
//! at signatures only. What rustc says well about the user's own block (duplicate names, unknown types, bodies) is left
//! to it.

mod arguments;
mod bounds;
mod helpers;
mod output;
mod signature;
mod types;

use syn::{Error, ItemImpl, Result};

pub(crate) use self::arguments::arguments;
use crate::ast::START_FUNCTIONS;
use crate::ast::actor::{Actor, Helper, Kind, Method};
use crate::ast::types::last_segment;
use crate::errors::Errors;
use crate::wording::code;

/// Refuses an `impl` of which nothing could be made, stubs neither.
pub(crate) fn can_have_stubs(actor: &Actor) -> Result<()> {
    let ItemImpl { trait_, self_ty, .. } = &actor.header;
    if let Some((path, _)) = trait_ {
        return Err(Error::new_spanned(path, "`#[actor]` goes on an inherent `impl` block, not on a trait impl"));
    }
    if last_segment(self_ty).is_none() {
        let given = code(self_ty);
        let message =
            format!("an actor is a struct or an enum, not `{given}`\n\nhelp: wrap it in a struct of your own");
        return Err(Error::new_spanned(self_ty, message));
    }
    Ok(())
}

pub(crate) fn check(actor: &Actor, errors: &mut Errors) {
    for error in &actor.unreadable {
        errors.push(error.clone());
    }
    header(actor, errors);
    for Helper { kind, attribute } in &actor.misplaced {
        errors.at(attribute, format!("`#[{}]` goes on a method", kind.name()));
    }
    arguments::on_full(actor, errors);
    single(actor, Kind::Init, errors);
    single(actor, Kind::Terminate, errors);
    for method in &actor.methods {
        added_name(actor, method, errors);
        let Some(kind) = method.kind() else { continue };
        helpers::check(method, kind, errors);
        signature::check(method, kind, errors);
        output::check(actor, method, kind, errors);
        // A block that borrows has its error already.
        if !types::borrows(actor) {
            for parameter in method.arguments() {
                types::argument(parameter, kind, errors);
            }
        }
    }
}

/// The `impl` line: a type that owns its data.
fn header(actor: &Actor, errors: &mut Errors) {
    let header = &actor.header;
    if let Err(error) = header.modifiers.require_empty() {
        errors.push(error);
    }
    if let Some(lifetime) = types::lifetime_of(actor) {
        errors.at(
            lifetime,
            "an actor cannot borrow: it outlives the function that starts it\n\n\
             help: store owned data, or share it with `Arc<T>`",
        );
    }
    for parameter in header.generics.type_params() {
        let Some(bounds) = bounds::loose(actor, parameter) else { continue };
        let name = &parameter.ident;
        let kept: Vec<String> = bounds.iter().map(code).filter(|bound| bound != "Send" && bound != "'static").collect();
        let wanted = [kept, vec!["Send".to_owned(), "'static".to_owned()]].concat().join(" + ");
        errors.at(
            parameter,
            format!(
                "`{name}` must be `Send + 'static`: an actor goes to another thread, and outlives the function that \
                 starts it\n\nhelp: write `{name}: {wanted}`"
            ),
        );
    }
}

/// One `#[init]`, and at most one `#[terminate]`.
fn single(actor: &Actor, kind: Kind, errors: &mut Errors) {
    let mut methods = actor.of_kind(kind);
    let first = methods.next();
    if first.is_none() && kind == Kind::Init && actor.misplaced.iter().all(|helper| helper.kind != kind) {
        let name = code(&actor.header.self_ty);
        errors.at(
            &actor.header.self_ty,
            format!(
                "actor `{name}` has no `#[init]` method\n\nhelp: add `#[init] fn init(..) -> Self`; if another \
                 `#[actor]` block of `{name}` has one, move these handlers there: an actor is one block"
            ),
        );
    }
    let Some(first) = first else { return };
    let may_coexist = |method: &Method| kind == Kind::Terminate && method.cfgs().next().is_some();
    for second in methods.filter(|second| !may_coexist(second) || !may_coexist(first)) {
        errors.at(
            &second.signature.ident,
            format!(
                "second `#[{0}]` method; `{1}` is already the `#[{0}]` of this actor",
                kind.name(),
                first.signature.ident
            ),
        );
    }
}

/// No method has the name of a start function.
fn added_name(actor: &Actor, method: &Method, errors: &mut Errors) {
    let name = &method.signature.ident;
    if START_FUNCTIONS.iter().any(|added| name == added) {
        errors.at(
            name,
            format!(
                "`{name}` is taken: `#[actor]` gives `{}` its own function of this name\n\nhelp: rename the method",
                code(&actor.header.self_ty)
            ),
        );
    }
}
