//! A checked [`Test`] to a test that runs in a simulation, once for each of its seeds.
//!
//! The body becomes an inner function that may use `?`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ReturnType;
use syn::ext::IdentExt;

use crate::ast::test::Test;
use crate::ast::types::is_unit;

/// How many seeds a test runs with, unless it says otherwise.
const SEEDS: u64 = 20;

pub(crate) fn expand(test: &Test) -> TokenStream {
    let Test { options, attrs, vis, signature, .. } = test;
    // Braces of ours: the user's would be found unnecessary around a single expression.
    let mut body = test.body.clone();
    body.set_span(Span::call_site().located_at(body.span()));
    let otp = options.crate_path().map_or_else(|| quote!(::otp), ToTokens::to_token_stream);
    let (simulate, number) = match options.seed() {
        Some(seed) => (quote!(simulate_seed), seed.base10_parse().ok()),
        None => (quote!(simulate), options.seeds().and_then(|seeds| seeds.base10_parse().ok())),
    };
    let number = number.unwrap_or(SEEDS);
    let (name, inputs) = (&signature.ident, &signature.inputs);
    let title = name.unraw().to_string();
    let result = quote!(::core::result::Result<(), #otp::__private::TestError>);
    let body = match &signature.output {
        // As in any test, its own error need only be `Debug`.
        ReturnType::Type(_, ty) if !is_unit(ty) => {
            quote!(#otp::__private::outcome((move || -> #ty #body)()))
        }
        // The body may end in a panic; then this is said to be unreachable.
        _ => quote! {
            #body
            #[allow(unreachable_code)]
            return ::core::result::Result::Ok(());
        },
    };
    quote! {
        #[::core::prelude::v1::test]
        #(#attrs)*
        #vis fn #name() {
            fn #name(#inputs) -> #result { #body }
            #otp::__private::#simulate(::core::concat!(::core::module_path!(), "::", #title), #number, #name);
        }
    }
}
