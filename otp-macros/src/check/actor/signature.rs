//! The rules of a helper method's receiver, generics, modifiers and parameters.

use syn::{GenericParam, Pat, ReceiverKind, Safety, Type};

use crate::ast::actor::{Kind, Method, Parameter, Role};
use crate::errors::Errors;

pub(super) fn check(method: &Method, kind: Kind, errors: &mut Errors) {
    let name = &method.signature.ident;
    let helper = kind.name();
    receiver(method, kind, errors);
    generics(method, kind, errors);
    if let Safety::Unsafe(token) = &method.signature.safety {
        errors.at(token, format!("`#[{helper}]` method `{name}` cannot be `unsafe`: it is called by safe code"));
    }
    if kind == Kind::Init
        && let Some(cfg) = method.cfgs().next()
    {
        errors.at(
            cfg,
            "`#[init]` cannot depend on a `cfg`\n\nhelp: put the `cfg` into its body, or on the whole `impl` block",
        );
    }
    for parameter in &method.parameters {
        self::parameter(parameter, errors);
    }
    at_most_one(method, "Context", |role| matches!(role, Role::Context), errors);
    at_most_one(method, "ReplyTo", |role| matches!(role, Role::Reply(_)), errors);
    at_most_one(method, "ExitReason", |role| matches!(role, Role::Reason), errors);
}

/// Messages and start functions have concrete types.
fn generics(method: &Method, kind: Kind, errors: &mut Errors) {
    let (name, helper) = (&method.signature.ident, kind.name());
    let generics = &method.signature.generics;
    let what = match kind {
        Kind::Init => "an actor is started with concrete types",
        _ => "each message has one concrete type",
    };
    for parameter in &generics.params {
        let repair = match parameter {
            GenericParam::Lifetime(_) => continue,
            GenericParam::Type(_) => "as in `impl<T: Send + 'static> Actor<T>`",
            GenericParam::Const(_) => "as in `impl<const N: usize> Actor<N>`",
        };
        errors.at(
            parameter,
            format!(
                "`#[{helper}]` method `{name}` cannot be generic: {what}\n\n\
                 help: move the parameter to the actor, {repair}"
            ),
        );
    }
    if let Some(clause) = &generics.where_clause
        && generics.params.is_empty()
    {
        errors.at(
            clause,
            format!(
                "`#[{helper}]` method `{name}` cannot have bounds of its own: its message always exists\n\n\
                 help: move the bounds to the `impl` block"
            ),
        );
    }
}

fn receiver(method: &Method, kind: Kind, errors: &mut Errors) {
    let name = &method.signature.ident;
    let helper = kind.name();
    let receiver = method.signature.receiver();
    if kind == Kind::Init {
        if let Some(receiver) = receiver {
            errors.at(
                receiver,
                format!(
                    "`#[init]` method `{name}` makes the actor, so there is no `self` yet\n\n\
                     help: remove the receiver and return `Self`"
                ),
            );
        }
        return;
    }
    let Some(receiver) = receiver else {
        errors
            .at(name, format!("`#[{helper}]` method `{name}` must take `&mut self` or `&self` as its first parameter"));
        return;
    };
    const REPAIR: &str = "\n\nhelp: take `&mut self` or `&self`";
    match &receiver.kind {
        ReceiverKind::Reference(..) => {}
        ReceiverKind::Value => errors.at(
            receiver,
            format!(
                "`#[{helper}]` method `{name}` takes `self` by value, \
                 which would end the actor after one message{REPAIR}"
            ),
        ),
        ReceiverKind::Typed(_, ty) if matches!(&**ty, Type::Reference(_)) => {}
        _ => errors.at(receiver, format!("`#[{helper}]` method `{name}` takes an unusual `self`{REPAIR}")),
    }
}

/// A name and a type; a context that is borrowed.
fn parameter(parameter: &Parameter, errors: &mut Errors) {
    let is_name = match &parameter.pattern {
        Pat::Wild(_) => true,
        Pat::Ident(pattern) => pattern.by_ref.is_none() && pattern.subpat.is_none(),
        _ => false,
    };
    if !is_name {
        errors.at(
            &parameter.pattern,
            "a parameter here has a name, which becomes that of the client's method\n\n\
             help: name it, and take it apart in the body",
        );
    }
    if let Some(cfg) = parameter.attrs.iter().find(|attribute| attribute.path().is_ident("cfg")) {
        errors.at(cfg, "a single parameter cannot depend on a `cfg`\n\nhelp: put the `#[cfg]` on the method");
    }
    let is_reference = matches!(parameter.ty, Type::Reference(_));
    match parameter.role {
        Role::Context if !is_reference => {
            errors.at(&parameter.ty, "the context is borrowed from the process\n\nhelp: write `&mut Context<Self>`");
        }
        Role::Reason if !is_reference => {
            errors.at(&parameter.ty, "the reason is borrowed\n\nhelp: write `&ExitReason`");
        }
        Role::Reply(_) if is_reference => {
            errors.at(&parameter.ty, "a `ReplyTo` is taken by value, so that it can be used once, now or later");
        }
        Role::Reply(None) => {
            errors
                .at(&parameter.ty, "`ReplyTo` needs the type of the answer\n\nhelp: write `ReplyTo<u32>` for a `u32`");
        }
        _ => {}
    }
}

/// At most one parameter of a special type.
fn at_most_one(method: &Method, name: &str, is: impl Fn(&Role) -> bool, errors: &mut Errors) {
    for second in method.parameters.iter().filter(|parameter| is(&parameter.role)).skip(1) {
        errors.at(&second.ty, format!("second `{name}` parameter; `{}` takes one at most", method.signature.ident));
    }
}
