//! The rules for types that travel from one process to another: they own their data, they are concrete, and nothing
//! of the standard library in them is known to stay on its thread. What only rustc can know, rustc says.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{GenericArgument, PathArguments, Type, TypeParamBound, TypeTraitObject};

use crate::ast::actor::{Actor, Kind, Parameter};
use crate::ast::types::{Borrowed, Unowned, last_segment};
use crate::errors::Errors;
use crate::wording::code;

/// A part of a message, or an argument of `init`.
pub(super) fn argument(parameter: &Parameter, kind: Kind, errors: &mut Errors) {
    let (owner, concrete) = match kind {
        Kind::Init => (
            "`init` runs in the new process, so its argument must own its data",
            "an actor is started with concrete types",
        ),
        _ => ("a message must own its data", "each message has one concrete type"),
    };
    travels(&parameter.ty, owner, concrete, errors);
}

/// The answer to a call.
pub(super) fn answer(ty: &Type, errors: &mut Errors) {
    travels(ty, "an answer must own its data", "each answer has one concrete type", errors);
}

/// At most one error a type.
fn travels(ty: &Type, owner: &str, concrete: &str, errors: &mut Errors) {
    let Unowned { unnamed, borrowed } = Unowned::of(ty);
    if let Some(unnamed) = unnamed {
        errors.at(
            unnamed,
            format!(
                "`impl Trait` is not allowed here: {concrete}\n\n\
                 help: write the type itself, or a `Box<dyn Trait + Send>`"
            ),
        );
    } else if let Some(borrowed) = borrowed {
        let text = code(&borrowed);
        let repair = match &borrowed {
            Borrowed::Reference(reference) => format!("use `{}`", owned(&reference.elem)),
            Borrowed::Lifetime(_) => "use a type that owns its data".to_owned(),
        };
        errors.at(borrowed, format!("{owner}, but `{text}` is borrowed\n\nhelp: {repair}"));
    } else if let Some((stays, repair)) = stays(ty) {
        let text = code(&stays);
        errors.at(stays, format!("`{text}` cannot be sent between threads safely\n\nhelp: use `{repair}`"));
    }
}

/// The type that owns what a reference to `ty` borrows.
fn owned(ty: &Type) -> String {
    const OWNED: [(&str, &str); 4] =
        [("str", "String"), ("Path", "PathBuf"), ("OsStr", "OsString"), ("CStr", "CString")];
    match ty {
        Type::Slice(slice) => format!("Vec<{}>", code(&slice.elem)),
        Type::TraitObject(object) => format!("Box<{} + Send>", code(object)),
        other => {
            let known = last_segment(other).and_then(|segment| OWNED.iter().find(|(name, _)| segment.ident == name));
            known.map_or_else(|| code(other), |(_, owned)| (*owned).to_owned())
        }
    }
}

/// A part that is not `Send` whatever it holds, and what to use in its place.
fn stays(ty: &Type) -> Option<(TokenStream, String)> {
    find_part(ty, false, &|part, shared| match part {
        Type::TraitObject(object) => object_stays(object, shared),
        Type::Path(_) => {
            let segment = last_segment(part)?;
            let is_rc = segment.ident == "Rc" && matches!(segment.arguments, PathArguments::AngleBracketed(_));
            is_rc.then(|| (part.to_token_stream(), format!("Arc{}", code(&segment.arguments))))
        }
        _ => None,
    })
}

/// Whether a type parameter stands in the type where it must be `Send` for the type to be.
pub(super) fn carries(ty: &Type, parameter: &Ident) -> bool {
    let is_parameter = |part: &Type| matches!(part, Type::Path(path) if path.path.is_ident(parameter));
    find_part(ty, false, &|part, _| is_parameter(part).then_some(())).is_some()
}

/// Looks at a type and at what it holds; `shared` says that it stands in an `Arc`, and must be `Sync`, too.
///
/// Looks into the standard containers only: somebody else's may make what they hold `Send`.
fn find_part<R>(ty: &Type, shared: bool, look: &impl Fn(&Type, bool) -> Option<R>) -> Option<R> {
    const CONTAINERS: [&str; 10] =
        ["Option", "Result", "Vec", "VecDeque", "Box", "Arc", "HashMap", "HashSet", "BTreeMap", "BTreeSet"];
    let inside = |ty: &Type| find_part(ty, shared, look);
    look(ty, shared).or_else(|| match ty {
        Type::Tuple(tuple) => tuple.elems.iter().find_map(inside),
        Type::Array(array) => inside(&array.elem),
        Type::Slice(slice) => inside(&slice.elem),
        Type::Paren(paren) => inside(&paren.elem),
        Type::Group(group) => inside(&group.elem),
        Type::Path(_) => {
            let segment = last_segment(ty)?;
            let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
                return None;
            };
            if CONTAINERS.iter().all(|container| segment.ident != container) {
                return None;
            }
            let shared = shared || segment.ident == "Arc";
            arguments.args.iter().find_map(|argument| match argument {
                GenericArgument::Type(ty) => find_part(ty, shared, look),
                _ => None,
            })
        }
        _ => None,
    })
}

/// A trait object of a trait that does not ask for `Send`.
fn object_stays(object: &TypeTraitObject, shared: bool) -> Option<(TokenStream, String)> {
    const SILENT: [&str; 11] =
        ["Any", "Error", "Fn", "FnMut", "FnOnce", "Future", "Iterator", "Display", "Debug", "Read", "Write"];
    let names: Vec<&Ident> = object
        .bounds
        .iter()
        .filter_map(|bound| match bound {
            TypeParamBound::Trait(bound) => bound.path.segments.last().map(|segment| &segment.ident),
            _ => None,
        })
        .collect();
    let is_silent = names.iter().all(|name| SILENT.iter().any(|silent| *name == silent) || *name == "Sync");
    if !is_silent || names.is_empty() {
        return None;
    }
    // Errors are both by custom, and so are those that others convert to.
    let wants_sync = (shared || names.iter().any(|name| *name == "Error")) && names.iter().all(|name| *name != "Sync");
    let sync = if wants_sync { " + Sync" } else { "" };
    Some((object.to_token_stream(), format!("{} + Send{sync}", code(object))))
}

/// A lifetime of the `impl` line, or a reference in its self type.
pub(super) fn lifetime_of(actor: &Actor) -> Option<TokenStream> {
    let parameter = actor.header.generics.lifetimes().next();
    let parameter = parameter.map(|parameter| parameter.lifetime.to_token_stream());
    parameter.or_else(|| Unowned::of(&actor.header.self_ty).borrowed.map(ToTokens::into_token_stream))
}

pub(super) fn borrows(actor: &Actor) -> bool {
    lifetime_of(actor).is_some()
}
