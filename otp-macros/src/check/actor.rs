//! The rules of `#[actor]` and their messages.
//!
//! Each rule looks at signatures only. What rustc says well about the user's own block (duplicate names, unknown
//! types, bodies) is left to it. `types` has the rules for what travels in a message,
//! `bounds` those for type parameters.

mod arguments;
mod bounds;
mod types;

pub(crate) use self::arguments::arguments;

use proc_macro2::Ident;
use quote::ToTokens;
use syn::{Error, ItemImpl, Meta, Pat, ReceiverKind, Result, Safety, Type};

use crate::ast::START_FUNCTIONS;
use crate::ast::actor::{Actor, Helper, Kind, Method, Parameter, Role};
use crate::ast::types::{first_type, is_unit, last_segment, mentions};
use crate::errors::Errors;
use crate::wording::{self, code};

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

pub(crate) fn check(actor: &Actor, cx: &mut Errors) {
    for error in &actor.unreadable {
        cx.push(error.clone());
    }
    header(actor, cx);
    for Helper { kind, attribute } in &actor.misplaced {
        cx.at(attribute, format!("`#[{}]` goes on a method", kind.name()));
    }
    arguments::on_full(actor, cx);
    single(actor, Kind::Init, cx);
    single(actor, Kind::Terminate, cx);
    for method in &actor.methods {
        added_name(actor, method, cx);
        let Some(kind) = method.kind() else { continue };
        helpers(method, kind, cx);
        shape(method, kind, cx);
        match kind {
            Kind::Init => init(actor, method, cx),
            Kind::Terminate => terminate(method, cx),
            Kind::Call => call(method, cx),
            Kind::Cast | Kind::Info | Kind::Continue => unanswered(method, kind, cx),
        }
        // A block that borrows has its error already.
        if !types::borrows(actor) {
            for parameter in method.arguments() {
                types::argument(parameter, kind, cx);
            }
        }
    }
}

/// The `impl` line and the options: a type that owns its data.
fn header(actor: &Actor, cx: &mut Errors) {
    let header = &actor.header;
    if let Err(error) = header.modifiers.require_empty() {
        cx.push(error);
    }
    if let Some(lifetime) = types::lifetime_of(actor) {
        cx.at(
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
        cx.at(
            parameter,
            format!(
                "`{name}` must be `Send + 'static`: an actor goes to another thread, and outlives the function that \
                 starts it\n\nhelp: write `{name}: {wanted}`"
            ),
        );
    }
}

/// One `#[init]`, and at most one `#[terminate]`.
fn single(actor: &Actor, kind: Kind, cx: &mut Errors) {
    let mut methods = actor.of_kind(kind);
    let first = methods.next();
    if first.is_none() && kind == Kind::Init && actor.misplaced.iter().all(|helper| helper.kind != kind) {
        let name = code(&actor.header.self_ty);
        cx.at(
            &actor.header.self_ty,
            format!(
                "actor `{name}` has no `#[init]` method\n\nhelp: add `#[init] fn init(..) -> Self`; if another `#[actor]` block of `{name}` has one, move these handlers there: an actor is one block"
            ),
        );
    }
    let Some(first) = first else { return };
    let may_coexist = |method: &Method| kind == Kind::Terminate && method.cfgs().next().is_some();
    for second in methods.filter(|second| !may_coexist(second) || !may_coexist(first)) {
        cx.at(
            &second.signature.ident,
            format!(
                "second `#[{0}]` method; `{1}` is already the `#[{0}]` of this actor",
                kind.name(),
                first.signature.ident
            ),
        );
    }
}

fn added_name(actor: &Actor, method: &Method, cx: &mut Errors) {
    let name = &method.signature.ident;
    if START_FUNCTIONS.iter().any(|added| name == added) {
        cx.at(
            name,
            format!(
                "`{name}` is taken: `#[actor]` gives `{}` its own function of this name\n\nhelp: rename the method",
                code(&actor.header.self_ty)
            ),
        );
    }
}

/// One helper attribute a method, without arguments.
fn helpers(method: &Method, kind: Kind, cx: &mut Errors) {
    for Helper { kind: other, attribute } in method.helpers.iter().skip(1) {
        let message = if *other == kind {
            format!("`#[{}]` is given twice", kind.name())
        } else {
            format!("`#[{}]` cannot be combined with `#[{}]` on the same method", other.name(), kind.name())
        };
        cx.at(attribute, message);
    }
    for helper in method.helpers.iter().filter(|helper| helper.is_priority()) {
        priority(method, helper, cx);
    }
    for Helper { kind, attribute } in method.helpers.iter().filter(|helper| !helper.is_priority()) {
        let arguments = match &attribute.meta {
            Meta::Path(_) => continue,
            Meta::List(list) if list.tokens.is_empty() => continue,
            Meta::List(list) => list.tokens.clone(),
            Meta::NameValue(pair) => pair.value.to_token_stream(),
        };
        let text = code(&arguments);
        cx.at(
            arguments,
            match kind {
                Kind::Call | Kind::Cast | Kind::Info => {
                    wording::unknown(&format!("`#[{}]` argument", kind.name()), text, &["priority"])
                }
                Kind::Init | Kind::Continue | Kind::Terminate => {
                    format!("unknown `#[{0}]` argument `{text}`\n\nhelp: write `#[{0}]`, which takes none", kind.name())
                }
            },
        );
    }
}

/// Messages of others can go first; what has a place of its own, or an order with other things, cannot.
fn priority(method: &Method, helper: &Helper, cx: &mut Errors) {
    let name = helper.kind.name();
    let why = match helper.kind {
        Kind::Info if method.is_signal() => {
            "comes after all that its process has sent, so it keeps its place among the messages"
        }
        Kind::Call | Kind::Cast | Kind::Info => return,
        Kind::Continue => "runs before any message in any case",
        Kind::Init | Kind::Terminate => "handles no message that could wait",
    };
    cx.at(&helper.attribute.meta, format!("`{}` {why}\n\nhelp: write `#[{name}]`", method.signature.ident));
}

/// What holds for every annotated method: receiver, generics, modifiers, parameters.
fn shape(method: &Method, kind: Kind, cx: &mut Errors) {
    let name = &method.signature.ident;
    let helper = kind.name();
    receiver(method, kind, cx);
    for parameter in method.signature.generics.params.iter().filter(|it| !matches!(it, syn::GenericParam::Lifetime(_)))
    {
        let parameter = match parameter {
            syn::GenericParam::Type(it) => it.to_token_stream(),
            other => other.to_token_stream(),
        };
        let named = parameter.clone().into_iter().next().map(|token| token.to_string()).unwrap_or_default();
        let what = if kind == Kind::Init {
            "an actor is started with concrete types"
        } else {
            "each message has one concrete type"
        };
        let repair = if named == "const" {
            "as in `impl<const N: usize> Actor<N>`"
        } else {
            "as in `impl<T: Send + 'static> Actor<T>`"
        };
        cx.at(
            parameter,
            format!("`#[{helper}]` method `{name}` cannot be generic: {what}\n\nhelp: move the parameter to the actor, {repair}"),
        );
    }
    if let Some(clause) = &method.signature.generics.where_clause
        && method.signature.generics.params.is_empty()
    {
        cx.at(
            clause,
            format!(
                "`#[{helper}]` method `{name}` cannot have bounds of its own: its message always exists\n\n\
                 help: move the bounds to the `impl` block"
            ),
        );
    }
    if let Safety::Unsafe(token) = &method.signature.safety {
        cx.at(token, format!("`#[{helper}]` method `{name}` cannot be `unsafe`: it is called by safe code"));
    }
    if kind == Kind::Init
        && let Some(cfg) = method.cfgs().next()
    {
        cx.at(
            cfg,
            "`#[init]` cannot depend on a `cfg`\n\nhelp: put the `cfg` into its body, or on the whole `impl` block",
        );
    }
    for parameter in &method.parameters {
        self::parameter(parameter, cx);
    }
    once(method, "Context", |role| matches!(role, Role::Context), cx);
    once(method, "ReplyTo", |role| matches!(role, Role::Reply(_)), cx);
    once(method, "ExitReason", |role| matches!(role, Role::Reason), cx);
}

fn receiver(method: &Method, kind: Kind, cx: &mut Errors) {
    let name = &method.signature.ident;
    let helper = kind.name();
    let receiver = method.signature.receiver();
    if kind == Kind::Init {
        if let Some(receiver) = receiver {
            cx.at(
                receiver,
                format!("`#[init]` method `{name}` makes the actor, so there is no `self` yet\n\nhelp: remove the receiver and return `Self`"),
            );
        }
        return;
    }
    let Some(receiver) = receiver else {
        cx.at(name, format!("`#[{helper}]` method `{name}` must take `&mut self` or `&self` as its first parameter"));
        return;
    };
    const REPAIR: &str = "\n\nhelp: take `&mut self` or `&self`";
    match &receiver.kind {
        ReceiverKind::Reference(..) => {}
        ReceiverKind::Value => cx.at(
            receiver,
            format!("`#[{helper}]` method `{name}` takes `self` by value, which would end the actor after one message{REPAIR}"),
        ),
        ReceiverKind::Typed(_, ty) if matches!(&**ty, Type::Reference(_)) => {}
        _ => cx.at(receiver, format!("`#[{helper}]` method `{name}` takes an unusual `self`{REPAIR}")),
    }
}

/// A name and a type; a context that is borrowed.
fn parameter(parameter: &Parameter, cx: &mut Errors) {
    let is_name = match &parameter.pattern {
        Pat::Wild(_) => true,
        Pat::Ident(pattern) => pattern.by_ref.is_none() && pattern.subpat.is_none(),
        _ => false,
    };
    if !is_name {
        cx.at(
            &parameter.pattern,
            "a parameter here has a name, which becomes that of the client's method\n\n\
             help: name it, and take it apart in the body",
        );
    }
    if let Some(cfg) = parameter.attrs.iter().find(|attribute| attribute.path().is_ident("cfg")) {
        cx.at(cfg, "a single parameter cannot depend on a `cfg`\n\nhelp: put the `#[cfg]` on the method");
    }
    let is_reference = matches!(parameter.ty, Type::Reference(_));
    match parameter.role {
        Role::Context if !is_reference => {
            cx.at(&parameter.ty, "the context is borrowed from the process\n\nhelp: write `&mut Context<Self>`");
        }
        Role::Reason if !is_reference => cx.at(&parameter.ty, "the reason is borrowed\n\nhelp: write `&ExitReason`"),
        Role::Reply(_) if is_reference => {
            cx.at(&parameter.ty, "a `ReplyTo` is taken by value, so that it can be used once, now or later");
        }
        Role::Reply(None) => {
            cx.at(&parameter.ty, "`ReplyTo` needs the type of the answer\n\nhelp: write `ReplyTo<u32>` for a `u32`");
        }
        _ => {}
    }
}

/// At most one parameter of a special type.
fn once(method: &Method, name: &str, is: impl Fn(&Role) -> bool, cx: &mut Errors) {
    for second in method.parameters.iter().filter(|parameter| is(&parameter.role)).skip(1) {
        cx.at(&second.ty, format!("second `{name}` parameter; `{}` takes one at most", method.signature.ident));
    }
}

/// `init` returns the actor.
fn init(actor: &Actor, method: &Method, cx: &mut Errors) {
    const RULE: &str = "`#[init]` must return `Self` or `Result<Self, E>`";
    let Some(output) = method.output() else {
        cx.at(&method.signature.ident, format!("{RULE}\n\nhelp: add `-> Self`"));
        return;
    };
    // An alias may hide the actor, but then it has arguments of its own, or is called a result.
    let actor_name = last_segment(&actor.header.self_ty).map(|segment| segment.ident.to_string());
    let is_actor = |name: &Ident| *name == "Self" || actor_name.as_ref().is_some_and(|actor| name == actor);
    if !mentions(output, &is_actor) && !is_result(output) {
        cx.at(output, format!("{RULE}, not `{}`", code(output)));
    }
}

fn terminate(method: &Method, cx: &mut Errors) {
    for parameter in method.arguments() {
        cx.at(
            &parameter.ty,
            "`#[terminate]` takes `&ExitReason` and `&mut Context<Self>`, or less\n\nhelp: keep what it needs in the actor",
        );
    }
    if let Some(output) = value(method) {
        cx.at(output, "`#[terminate]` returns nothing: the actor ends in any case\n\nhelp: remove the return type");
    }
}

fn call(method: &Method, cx: &mut Errors) {
    let name = &method.signature.ident;
    let Some(reply) = method.reply() else {
        if let Some(output) = method.output() {
            types::answer(output, cx);
        }
        return;
    };
    if let Some(output) = value(method) {
        cx.at(
            output,
            format!(
                "`{name}` answers through `{}`, so it can't return a value too\n\n\
                 help: remove the return type, or the `ReplyTo` parameter",
                reply.name
            ),
        );
    }
    if let Role::Reply(Some(ty)) = &reply.role {
        types::answer(ty, cx);
    }
}

/// A handler without a caller returns nothing, or a `Result<(), E>` whose error ends the actor.
fn unanswered(method: &Method, kind: Kind, cx: &mut Errors) {
    let Some(output) = value(method) else { return };
    if is_result(output) && last_segment(output).and_then(|last| first_type(&last.arguments)).is_none_or(is_unit) {
        return;
    }
    let (what, repair) = match kind {
        Kind::Cast => ("a cast", "remove the return type, or use `#[handle_call]`"),
        Kind::Info => ("what arrives here", "remove the return type, or use `#[handle_call]`"),
        _ => ("a continuation", "remove the return type"),
    };
    cx.at(
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
