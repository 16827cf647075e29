//! The message enum: one variant per handler, holding the handler's arguments and, for a call, the reply slot.
//!
//! It is public so that it can be an associated type, and out of reach so that nobody can build on it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;

use super::scope::Scope;
use crate::ast::actor::{Actor, Kind, Method};
use crate::expand::Extent;
use crate::expand::names::camel_case;

/// The enum; it has no variants in a stub.
pub(super) fn definition(actor: &Actor, scope: &Scope) -> TokenStream {
    let Scope { otp, message, types, .. } = scope;
    let generics = scope.generics(None);
    let bounds = scope.bounds(None);
    let variants = distinct(actor).map(|(method, variant)| {
        let cfgs = method.cfgs();
        let fields = fields(method, scope, otp);
        quote!(#(#cfgs)* #variant #fields,)
    });
    let variants = if scope.extent == Extent::Full { quote!(#(#variants)*) } else { TokenStream::new() };
    // A type parameter that no message mentions would be an error; this variant can't be made.
    let unused = if types.is_empty() {
        TokenStream::new()
    } else {
        let unused = unused();
        let phantom = quote!(::core::marker::PhantomData);
        quote!(#unused(::core::convert::Infallible, #phantom<fn() -> (#(#phantom<#types>,)*)>),)
    };
    let documentation = format!("The messages of `{}`.", scope.title);
    quote! {
        #[doc = #documentation]
        pub enum #message #generics #bounds { #variants #unused }
    }
}

/// The variant that mentions the type parameters.
fn unused() -> Ident {
    Ident::new("__Unused", Span::call_site())
}

/// The arm of the variant that can't be made.
pub(super) fn unused_arm(scope: &Scope, body: &TokenStream) -> TokenStream {
    if scope.types.is_empty() {
        return TokenStream::new();
    }
    let (message, unused) = (&scope.message, unused());
    quote!(#message::#unused(never, _) => #body,)
}

/// `(i64, ReplyTo<i64>)`, or nothing.
fn fields(method: &Method, scope: &Scope, otp: &TokenStream) -> TokenStream {
    let mut fields: Vec<TokenStream> = method
        .arguments()
        .map(|parameter| {
            let ty = scope.ty(&parameter.ty);
            quote!(#otp::__private::Payload<#ty>)
        })
        .collect();
    if method.kind() == Some(Kind::Call) {
        let answer = method.answer().map_or_else(|| quote!(()), |ty| scope.ty(ty));
        fields.push(quote!(#otp::ReplyTo<#answer>));
    }
    payload(&fields)
}

/// `(a, b)` behind a variant; nothing where there is nothing to hold.
pub(super) fn payload(parts: &[TokenStream]) -> TokenStream {
    if parts.is_empty() { TokenStream::new() } else { quote!((#(#parts),*)) }
}

/// The handlers with the names of their variants.
///
/// Of two handlers with one name only the first counts, unless a `#[cfg]` may choose between them: rustc says the rest.
pub(super) fn distinct(actor: &Actor) -> impl Iterator<Item = (&Method, Ident)> {
    let handlers: Vec<&Method> = actor.handlers().collect();
    let mut kept: Vec<(&Method, Ident)> = Vec::new();
    for method in handlers {
        let name = &method.signature.ident;
        let twin = kept.iter().find(|(other, _)| other.signature.ident == *name);
        if let Some((other, variant)) = twin {
            if method.cfgs().next().is_some() || other.cfgs().next().is_some() {
                let variant = variant.clone();
                kept.push((method, variant));
            }
            continue;
        }
        // `get_x` and `get__x` would both be `GetX`; the later one keeps its own name.
        let camel = variant_name(name);
        let is_taken = kept.iter().any(|(_, variant)| *variant == camel);
        let own = || {
            let mut own = name.clone();
            own.set_span(Span::call_site());
            own
        };
        kept.push((method, if is_taken { own() } else { camel }));
    }
    kept.into_iter()
}

/// `SetValue` for `set_value`.
fn variant_name(name: &Ident) -> Ident {
    let name = name.unraw().to_string();
    let camel = camel_case(&name);
    // `__1` is a name, `1` and nothing are not.
    match syn::parse_str::<Ident>(&camel) {
        Ok(_) => Ident::new(&camel, Span::call_site()),
        Err(_) => Ident::new(&format!("M{name}"), Span::call_site()),
    }
}
