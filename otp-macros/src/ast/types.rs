//! What the tokens of a type tell.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{
    GenericArgument, Lifetime, ParenthesizedGenericArguments, PathArguments, PathSegment, TraitBound, Type, TypeFnPtr,
    TypeImplTrait, TypeInfer, TypeReference,
};

/// The last segment of a type that is a path: `ReplyTo<u32>` of `otp::ReplyTo<u32>`.
pub(crate) fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        Type::Group(group) => last_segment(&group.elem),
        Type::Paren(paren) => last_segment(&paren.elem),
        _ => None,
    }
}

/// The `T` of `<T>`.
pub(crate) fn first_type(arguments: &PathArguments) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// The first `_` in a type.
pub(crate) fn inferred(ty: &Type) -> Option<&TypeInfer> {
    struct Inferred<'ast>(Option<&'ast TypeInfer>);
    impl<'ast> Visit<'ast> for Inferred<'ast> {
        fn visit_type_infer(&mut self, ty: &'ast TypeInfer) {
            self.0.get_or_insert(ty);
        }
    }
    let mut inferred = Inferred(None);
    inferred.visit_type(ty);
    inferred.0
}

/// Whether a type is `()`.
pub(crate) fn is_unit(ty: &Type) -> bool {
    matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// Whether a name that `is` accepts stands anywhere in the tokens.
pub(crate) fn mentions(tokens: impl ToTokens, is: &impl Fn(&Ident) -> bool) -> bool {
    tokens.into_token_stream().into_iter().any(|token| match token {
        TokenTree::Ident(name) => is(&name),
        TokenTree::Group(group) => mentions(group.stream(), is),
        _ => false,
    })
}

/// What cannot be part of the type of a value that is sent or kept; the first of each.
#[derive(Default)]
pub(crate) struct Unowned<'ast> {
    pub(crate) unnamed: Option<&'ast TypeImplTrait>,
    pub(crate) borrowed: Option<Borrowed<'ast>>,
}

/// What is not `'static`.
pub(crate) enum Borrowed<'ast> {
    Reference(&'ast TypeReference),
    Lifetime(&'ast Lifetime),
}

impl<'ast> Unowned<'ast> {
    pub(crate) fn of(ty: &'ast Type) -> Self {
        let mut found = Self::default();
        found.visit_type(ty);
        found
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.unnamed.is_none() && self.borrowed.is_none()
    }
}

impl<'ast> Visit<'ast> for Unowned<'ast> {
    fn visit_type_impl_trait(&mut self, ty: &'ast TypeImplTrait) {
        self.unnamed.get_or_insert(ty);
    }

    fn visit_type_reference(&mut self, ty: &'ast TypeReference) {
        if ty.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident != "static") {
            self.borrowed.get_or_insert(Borrowed::Reference(ty));
        }
        visit::visit_type_reference(self, ty);
    }

    fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
        if lifetime.ident != "static" {
            self.borrowed.get_or_insert(Borrowed::Lifetime(lifetime));
        }
    }

    // The lifetimes of a function type are bound by it: `fn(&str)` owns its data, and so does `dyn for<'a> Read<'a>`.
    fn visit_type_fn_ptr(&mut self, _: &'ast TypeFnPtr) {}

    fn visit_parenthesized_generic_arguments(&mut self, _: &'ast ParenthesizedGenericArguments) {}

    fn visit_trait_bound(&mut self, bound: &'ast TraitBound) {
        if bound.lifetimes.is_none() {
            visit::visit_trait_bound(self, bound);
        }
    }
}

impl ToTokens for Borrowed<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Reference(reference) => reference.to_tokens(tokens),
            Self::Lifetime(lifetime) => lifetime.to_tokens(tokens),
        }
    }
}
