//! One message handled: the call of the user's method, as an expression of type `Handled`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

use super::scope::Scope;
use crate::ast::actor::{Kind, Method, Role};
use crate::expand::tokens::{at, local};

/// One message handled, as an expression of type `Handled`.
pub(super) fn handled(method: &Method, values: &[TokenStream], scope: &Scope) -> TokenStream {
    let otp = &scope.otp;
    let call = call(method, values);
    if method.kind() == Some(Kind::Call) {
        let answered = answered(method, &call);
        return match is_async(method) {
            Some(span) => {
                let answered = quote_spanned! {span=>
                    async move {
                        #answered
                        ::core::result::Result::Ok(())
                    }
                };
                future(span, otp, answered)
            }
            None => quote!({
                #answered
                #otp::actor::Handled::Done(::core::result::Result::Ok(()))
            }),
        };
    }
    let outcome = |call| at_output(method, quote!(#otp::actor::IntoOutcome::into_outcome(#call)));
    match is_async(method) {
        Some(span) => {
            let outcome = outcome(quote_spanned!(span=> #call.await));
            future(span, otp, quote_spanned!(span=> async move { #outcome }))
        }
        None => {
            let outcome = outcome(call);
            quote!(#otp::actor::Handled::Done(#outcome))
        }
    }
}

/// A call that runs unless it has timed out, and whose answer goes out.
fn answered(method: &Method, call: &TokenStream) -> TokenStream {
    let (ctx, reply, answer, tracker) = (local("ctx"), reply(), local("answer"), local("tracker"));
    let call = match is_async(method) {
        Some(span) => quote_spanned!(span=> #call.await),
        None => call.clone(),
    };
    let run = if method.reply().is_some() {
        quote! {
            let #tracker = #reply.tracker();
            #call;
            #ctx.deferred(#tracker);
        }
    } else {
        quote! {
            let #answer = #call;
            #ctx.reply(#reply, #answer);
        }
    };
    quote!(if #reply.begin() { #run })
}

/// `Self::add(self, by, ctx)`; a path finds the user's method even where a trait has one of the same name.
pub(super) fn call(method: &Method, values: &[TokenStream]) -> TokenStream {
    let name = &method.signature.ident;
    let mut values = values.iter();
    let receiver = method.signature.receiver().map(|_| quote!(self,));
    let arguments = method.parameters.iter().map(|parameter| match &parameter.role {
        Role::Argument => values.next().cloned().unwrap_or_default(),
        Role::Context => {
            let ctx = local("ctx");
            quote!(#ctx)
        }
        Role::Reply(_) => {
            let reply = reply();
            quote!(#reply)
        }
        Role::Reason => {
            let reason = local("reason");
            quote!(#reason)
        }
    });
    quote!(Self::#name(#receiver #(#arguments),*))
}

/// At the return type, which is blamed when it is none that can be returned.
pub(super) fn at_output(method: &Method, tokens: TokenStream) -> TokenStream {
    match method.output() {
        Some(output) => at(output, tokens),
        None => at(&method.signature.ident, tokens),
    }
}

/// A boxed future. All of it stands at the `async`, which is blamed for a future that is not `Send`.
pub(super) fn future(span: Span, otp: &TokenStream, future: TokenStream) -> TokenStream {
    let boxed = at(Ident::new("async_", span), quote!(#otp::actor::Handled::future));
    quote_spanned!(span=> #boxed(#future))
}

/// The message's parts under the user's names, which can't meet ours.
pub(super) fn bindings(method: &Method) -> Vec<Ident> {
    method.arguments().map(|parameter| parameter.name.clone()).collect()
}

pub(super) fn values(names: &[Ident]) -> Vec<TokenStream> {
    names.iter().map(ToTokens::to_token_stream).collect()
}

pub(super) fn reply() -> Ident {
    local("reply")
}

/// The `async` of an async method.
pub(super) fn is_async(method: &Method) -> Option<Span> {
    method.signature.asyncness.as_ref().map(Spanned::span)
}
