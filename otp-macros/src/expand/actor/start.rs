//! `start`, `start_link` and `child_spec`, with the parameters of `#[init]`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::scope::Scope;
use crate::ast::actor::{Actor, Method};
use crate::expand::tokens::local;

const ERRORS: &str =
    "# Errors\n\nWhat became of `init`: it failed, asked to be ignored or stopped, panicked, or found its name taken.";

/// What `#[actor]` gives to the actor itself.
pub(super) fn functions(actor: &Actor, scope: &Scope) -> TokenStream {
    let Scope { otp, title, .. } = scope;
    let self_ty = &scope.self_ty;
    let generics = scope.generics(None);
    let bounds = scope.bounds(None);
    let arguments: Vec<_> = actor.init().into_iter().flat_map(Method::arguments).collect();
    let names: Vec<&Ident> = arguments.iter().map(|parameter| &parameter.name).collect();
    let types: Vec<TokenStream> = arguments.iter().map(|parameter| scope.ty(&parameter.ty)).collect();
    let client = scope.blocking_client();
    let child_spec = child_spec(&names, scope);
    // The `for<'a>` keeps rustc from checking the bound before `child_spec` is used.
    let clones = types.iter().map(|ty| {
        let place = Span::call_site().located_at(ty.span());
        quote_spanned!(place=> for<'a> #ty: ::core::clone::Clone)
    });
    let clones = if types.is_empty() { TokenStream::new() } else { quote!(where #(#clones),*) };
    let spec_doc = format!("How a supervisor starts a `{title}`: each time anew, with clones of these arguments.");
    // A method of the user's that has taken one of our names has its error already.
    let is_free = |name: &str| actor.methods.iter().all(|method| method.signature.ident != name);
    let start = |name: &str, doc: &str| {
        is_free(name).then(|| {
            let doc = format!("Starts a `{title}` {doc}\n\n{ERRORS}");
            let name = Ident::new(name, Span::call_site());
            let body = scope.body(&names, quote!(#otp::__private::#name::<Self>((#(#names,)*))));
            quote! {
                #[doc = #doc]
                pub fn #name(#(#names: #types),*) -> ::core::result::Result<#client, #otp::StartError> { #body }
            }
        })
    };
    let unlinked = start("start", "and waits for its `init`; nobody is linked to it.");
    let linked = start("start_link", "linked to the caller and waits for its `init`.");
    let child_spec = is_free("child_spec").then(|| {
        quote! {
            #[doc = #spec_doc]
            pub fn child_spec(#(#names: #types),*) -> #otp::ChildSpec<Self> #clones { #child_spec }
        }
    });
    quote! {
        impl #generics #self_ty #bounds {
            #unlinked
            #linked
            #child_spec
        }
    }
}

/// The arguments are kept once and cloned one by one: a tuple of more than twelve could not be.
fn child_spec(names: &[&Ident], scope: &Scope) -> TokenStream {
    let otp = &scope.otp;
    let args = local("args");
    let clone = if names.is_empty() {
        quote!(::core::clone::Clone::clone)
    } else {
        quote!(|#args| {
            let (#(#names,)*) = #args;
            (#(::core::clone::Clone::clone(#names),)*)
        })
    };
    scope.body(names, quote!(#otp::__private::child_spec::<Self>((#(#names,)*), #clone)))
}
