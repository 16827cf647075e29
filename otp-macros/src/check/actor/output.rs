//! The rules of what a method returns, and of what else answers for it.

use proc_macro2::Ident;
use syn::Type;

use super::types;
use crate::ast::actor::{Actor, Kind, Method, Role};
use crate::ast::types::{first_type, is_unit, last_segment, mentions};
use crate::errors::Errors;
use crate::wording::code;

pub(super) fn check(actor: &Actor, method: &Method, kind: Kind, errors: &mut Errors) {
    match kind {
        Kind::Init => init(actor, method, errors),
        Kind::Terminate => terminate(method, errors),
        Kind::Call => call(method, errors),
        Kind::Cast | Kind::Info | Kind::Continue => unanswered(method, kind, errors),
    }
}

/// `init` returns the actor.
fn init(actor: &Actor, method: &Method, errors: &mut Errors) {
    const RULE: &str = "`#[init]` must return `Self` or `Result<Self, E>`";
    let Some(output) = method.output() else {
        errors.at(&method.signature.ident, format!("{RULE}\n\nhelp: add `-> Self`"));
        return;
    };
    // An alias may hide the actor, but then it has arguments of its own, or is called a result.
    let actor_name = last_segment(&actor.header.self_ty).map(|segment| segment.ident.to_string());
    let is_actor = |name: &Ident| *name == "Self" || actor_name.as_ref().is_some_and(|actor| name == actor);
    if !mentions(output, &is_actor) && !is_result(output) {
        errors.at(output, format!("{RULE}, not `{}`", code(output)));
    }
}

fn terminate(method: &Method, errors: &mut Errors) {
    for parameter in method.arguments() {
        errors.at(
            &parameter.ty,
            "`#[terminate]` takes `&ExitReason` and `&mut Context<Self>`, or less\n\n\
             help: keep what it needs in the actor",
        );
    }
    if let Some(output) = value(method) {
        errors.at(output, "`#[terminate]` returns nothing: the actor ends in any case\n\nhelp: remove the return type");
    }
}

fn call(method: &Method, errors: &mut Errors) {
    let name = &method.signature.ident;
    let Some(reply) = method.reply() else {
        if let Some(output) = method.output() {
            types::answer(output, errors);
        }
        return;
    };
    if let Some(output) = value(method) {
        errors.at(
            output,
            format!(
                "`{name}` answers through `{}`, so it can't return a value too\n\n\
                 help: remove the return type, or the `ReplyTo` parameter",
                reply.name
            ),
        );
    }
    if let Role::Reply(Some(ty)) = &reply.role {
        types::answer(ty, errors);
    }
}

/// A handler without a caller returns nothing, or a `Result<(), E>` whose error ends the actor.
fn unanswered(method: &Method, kind: Kind, errors: &mut Errors) {
    let Some(output) = value(method) else { return };
    if is_result(output) && last_segment(output).and_then(|last| first_type(&last.arguments)).is_none_or(is_unit) {
        return;
    }
    let (what, repair) = match kind {
        Kind::Cast => ("a cast", "remove the return type, or use `#[handle_call]`"),
        Kind::Info => ("what arrives here", "remove the return type, or use `#[handle_call]`"),
        _ => ("a continuation", "remove the return type"),
    };
    errors.at(
        output,
        format!(
            "`#[{}]` method `{}` returns a value, but {what} has no caller to reply to\n\nhelp: {repair}",
            kind.name(),
            method.signature.ident
        ),
    );
}

/// The return type, unless it is `()`.
fn value(method: &Method) -> Option<&Type> {
    method.output().filter(|output| !is_unit(output))
}

/// Whether a type is called a result: `Result<..>`, `io::Result<..>`, `MyResult`.
fn is_result(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident.to_string().ends_with("Result"))
}
