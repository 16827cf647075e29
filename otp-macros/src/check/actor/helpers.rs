//! The rules of helper attributes: one a method, and arguments where they mean something.

use quote::ToTokens;
use syn::Meta;

use crate::ast::actor::{Helper, Kind, Method};
use crate::errors::Errors;
use crate::wording::{self, code};

/// `kind` is that of the first helper attribute, which counts.
pub(super) fn check(method: &Method, kind: Kind, errors: &mut Errors) {
    for Helper { kind: other, attribute } in method.helpers.iter().skip(1) {
        let message = if *other == kind {
            format!("`#[{}]` is given twice", kind.name())
        } else {
            format!("`#[{}]` cannot be combined with `#[{}]` on the same method", other.name(), kind.name())
        };
        errors.at(attribute, message);
    }
    for helper in method.helpers.iter().filter(|helper| helper.is_priority()) {
        priority(method, helper, errors);
    }
    for Helper { kind, attribute } in method.helpers.iter().filter(|helper| !helper.is_priority()) {
        let arguments = match &attribute.meta {
            Meta::Path(_) => continue,
            Meta::List(list) if list.tokens.is_empty() => continue,
            Meta::List(list) => list.tokens.clone(),
            Meta::NameValue(pair) => pair.value.to_token_stream(),
        };
        let text = code(&arguments);
        errors.at(
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
fn priority(method: &Method, helper: &Helper, errors: &mut Errors) {
    let name = helper.kind.name();
    let why = match helper.kind {
        Kind::Info if method.is_signal() => {
            "comes after all that its process has sent, so it keeps its place among the messages"
        }
        Kind::Call | Kind::Cast | Kind::Info => return,
        Kind::Continue => "runs before any message in any case",
        Kind::Init | Kind::Terminate => "handles no message that could wait",
    };
    errors.at(&helper.attribute.meta, format!("`{}` {why}\n\nhelp: write `#[{name}]`", method.signature.ident));
}
