//! What was refused, made such that a stub of it compiles.

use proc_macro2::Span;
use quote::format_ident;
use syn::visit_mut::{self, VisitMut};
use syn::{
    GenericParam, ItemImpl, Lifetime, ParenthesizedGenericArguments, Type, TypeFnPtr, TypeReference, parse_quote,
};

/// The lifetimes of the `impl` line become `'static`, its types can be sent.
pub(super) fn make_header(header: &mut ItemImpl) {
    Owned.visit_type_mut(&mut header.self_ty);
    let generics = &mut header.generics;
    generics.params = std::mem::take(&mut generics.params)
        .into_iter()
        .filter(|parameter| !matches!(parameter, GenericParam::Lifetime(_)))
        .collect();
    for parameter in generics.type_params_mut() {
        parameter.bounds.push(parse_quote!(::core::marker::Send));
        parameter.bounds.push(parse_quote!('static));
    }
    Owned.visit_generics_mut(generics);
}

/// References become `'static`, an `impl Trait` becomes `()`.
pub(super) fn make_type(ty: &mut Type) {
    Owned.visit_type_mut(ty);
}

struct Owned;

impl VisitMut for Owned {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if let Type::ImplTrait(_) = ty {
            *ty = parse_quote!(());
        }
        visit_mut::visit_type_mut(self, ty);
    }

    fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
        reference.lifetime.get_or_insert_with(|| Lifetime::new("'static", Span::call_site()));
        visit_mut::visit_type_reference_mut(self, reference);
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        lifetime.ident = format_ident!("static");
    }

    // Their references are bound by the function type itself.
    fn visit_type_fn_ptr_mut(&mut self, _: &mut TypeFnPtr) {}

    fn visit_parenthesized_generic_arguments_mut(&mut self, _: &mut ParenthesizedGenericArguments) {}
}
