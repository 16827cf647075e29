//! The client: a newtype over `Ref`, generic over the extent, with one method per handler.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Attribute, ReturnType, Signature};

use super::message;
use super::scope::Scope;
use crate::ast::actor::{Actor, Kind, Method, Parameter};
use crate::ast::is_doc;
use crate::expand::Extent;
use crate::expand::tokens::{at, local, written_at};

/// `pub struct CounterRef<M = Blocking>(ActorRef<Counter, M>);`
pub(super) fn definition(actor: &Actor, scope: &Scope) -> TokenStream {
    let Scope { otp, client, mode_parameter, .. } = scope;
    let self_ty = &scope.self_ty;
    let docs: Vec<&Attribute> = actor.header.attrs.iter().filter(|attribute| is_doc(attribute)).collect();
    let docs = if docs.is_empty() {
        let text = format!("A client of `{}`: one method per handler, sent in the way of its mode.", scope.title);
        quote!(#[doc = #text])
    } else {
        quote!(#(#docs)*)
    };
    let generics = scope.generics(Some(quote!(#mode_parameter: #otp::mode::Mode = #otp::mode::Blocking)));
    let bounds = scope.bounds(None);
    quote! {
        #docs
        pub struct #client #generics (#otp::ActorRef<#self_ty, #mode_parameter>) #bounds;
    }
}

/// What every client implements. Derives would ask the mode and the actor's parameters for the same traits.
pub(super) fn traits(scope: &Scope) -> TokenStream {
    let Scope { otp, mode_parameter, self_ty, .. } = scope;
    let any = quote!(#otp::mode::Mode);
    let (inner, formatter) = (local("inner"), local("formatter"));
    let client = quote! {
        type Mode = #mode_parameter;
        fn from_ref(#inner: #otp::ActorRef<#self_ty, #mode_parameter>) -> Self {
            Self(#inner)
        }
        fn inner(&self) -> &#otp::ActorRef<#self_ty, #mode_parameter> {
            &self.0
        }
    };
    let clone = quote! {
        fn clone(&self) -> Self {
            Self(::core::clone::Clone::clone(&self.0))
        }
    };
    let debug = quote! {
        fn fmt(&self, #formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Debug::fmt(&self.0, #formatter)
        }
    };
    let client = implement(scope.head(quote!(#otp::client::Client<#self_ty>)), &any, client, scope);
    let clone = implement(quote!(::core::clone::Clone), &any, clone, scope);
    let debug = implement(quote!(::core::fmt::Debug), &any, debug, scope);
    let comparisons = comparisons(scope);
    quote!(#client #clone #debug #comparisons)
}

/// The traits of clients that say whom they reach.
fn comparisons(scope: &Scope) -> TokenStream {
    let otp = &scope.otp;
    let addressed = quote!(#otp::mode::Addressed);
    let (other, hasher) = (local("other"), local("hasher"));
    let equal = quote! {
        fn eq(&self, #other: &Self) -> bool {
            self.0 == #other.0
        }
    };
    let hash = quote! {
        fn hash<H: ::core::hash::Hasher>(&self, #hasher: &mut H) {
            ::core::hash::Hash::hash(&self.0, #hasher);
        }
    };
    let equal = implement(quote!(::core::cmp::PartialEq), &addressed, equal, scope);
    let total = implement(quote!(::core::cmp::Eq), &addressed, TokenStream::new(), scope);
    let hash = implement(quote!(::core::hash::Hash), &addressed, hash, scope);
    quote!(#equal #total #hash)
}

/// An implementation of a trait for the clients whose mode is a `mode`.
fn implement(of: TokenStream, mode: &TokenStream, items: TokenStream, scope: &Scope) -> TokenStream {
    let Scope { client, mode_parameter, .. } = scope;
    let generics = scope.generics(Some(quote!(#mode_parameter: #mode)));
    let arguments = scope.arguments(Some(mode_parameter.to_token_stream()));
    let bounds = scope.bounds(None);
    quote! {
        #[automatically_derived]
        impl #generics #of for #client #arguments #bounds { #items }
    }
}

/// One method per handler.
pub(super) fn methods(actor: &Actor, scope: &Scope) -> TokenStream {
    let Scope { otp, client, mode_parameter, .. } = scope;
    let generics = scope.generics(Some(quote!(#mode_parameter: #otp::mode::Mode)));
    let arguments = scope.arguments(Some(mode_parameter.to_token_stream()));
    let bounds = scope.bounds(None);
    let methods = message::distinct(actor).map(|(handler, variant)| method(handler, &variant, scope));
    quote! {
        impl #generics #client #arguments #bounds {
            #(#methods)*
        }
    }
}

fn method(handler: &Method, variant: &proc_macro2::Ident, scope: &Scope) -> TokenStream {
    let Scope { otp, message, mode_parameter, self_ty, .. } = scope;
    let variant = quote!(#message::#variant);
    let attrs = attributes(handler);
    let (vis, name) = (&handler.vis, &handler.signature.ident);
    let names: Vec<_> = handler.arguments().map(|parameter| &parameter.name).collect();
    let parameters = handler.arguments().map(|parameter| self::parameter(parameter, scope));
    let generics = handler_generics(&handler.signature, scope);
    // The named functions are what rustc shows, at the type, when an argument or an answer can't be sent.
    let mut fields: Vec<TokenStream> = handler
        .arguments()
        .map(|Parameter { name, ty, .. }| {
            let outside = scope.ty(ty);
            let check = at(ty, quote!(#otp::__private::handler_argument_must_be_send));
            quote!(#check::<#outside>()(#name))
        })
        .collect();
    let (output, bounds, body) = if handler.kind() == Some(Kind::Call) {
        let answer = handler.answer().map_or_else(|| quote!(()), |ty| scope.ty(ty));
        let like = handler.answer().map_or_else(|| name.to_token_stream(), ToTokens::to_token_stream);
        let check = at(like, quote!(#otp::__private::reply_must_be_send));
        let reply = local("reply");
        fields.push(quote!(#reply));
        let fields = message::payload(&fields);
        (
            quote!(<#mode_parameter as #otp::mode::AwaitsReply>::Answer<#answer>),
            quote!(where #mode_parameter: #otp::mode::AwaitsReply),
            quote!(#check::<#answer, _, _, _>()(&self.0, |#reply| #variant #fields)),
        )
    } else {
        let fields = message::payload(&fields);
        (
            quote!(<#mode_parameter as #otp::mode::Mode>::Cast<#self_ty>),
            TokenStream::new(),
            quote!(self.0.cast(#variant #fields)),
        )
    };
    let mut block = Group::new(Delimiter::Brace, scope.body(&names, body));
    let Signature { fn_token, .. } = &handler.signature;
    // The method stands where the handler does, but for lints it is ours.
    let ours = Span::call_site();
    let (vis, fn_token) = (written_at(ours, vis), written_at(ours, fn_token));
    // A message that is never sent is worth a warning, unless it may arrive by its type.
    let own_name = if handler.kind() == Some(Kind::Info) { written_at(ours, name) } else { name.to_token_stream() };
    let end = end(&handler.signature);
    block.set_span(end);
    let output = ending_at(end, quote!(#output #bounds));
    quote! {
        #attrs
        #vis #fn_token #own_name #generics(&self, #(#parameters),*) -> #output #block
    }
}

/// The same tokens; the last one stands at `end`.
fn ending_at(end: Span, tokens: TokenStream) -> TokenStream {
    let mut tokens: Vec<TokenTree> = tokens.into_iter().collect();
    if let Some(last) = tokens.last_mut() {
        last.set_span(end);
    }
    tokens.into_iter().collect()
}

/// Where a signature ends.
fn end(signature: &Signature) -> Span {
    let last = match &signature.output {
        ReturnType::Default => signature.paren_token.span.close(),
        ReturnType::Type(_, ty) => {
            ty.to_token_stream().into_iter().last().map_or_else(Span::call_site, |last| last.span())
        }
    };
    Span::call_site().located_at(last)
}

/// `by: i64`
fn parameter(parameter: &Parameter, scope: &Scope) -> TokenStream {
    let name = &parameter.name;
    let ty = match scope.extent {
        // An argument may stay what a checked handler could not take, `impl Trait` among it.
        Extent::Stub => scope.outside(&parameter.ty),
        Extent::Full => scope.ty(&parameter.ty),
    };
    quote!(#name: #ty)
}

/// A checked handler has none; a refused one keeps its own, so that its signature can be read.
fn handler_generics(signature: &Signature, scope: &Scope) -> TokenStream {
    match scope.extent {
        Extent::Full => TokenStream::new(),
        Extent::Stub => {
            let (generics, _, _) = signature.generics.split_for_impl();
            generics.to_token_stream()
        }
    }
}

/// What carries over from a handler to the method that sends it.
fn attributes(handler: &Method) -> TokenStream {
    const CARRIED: [&str; 6] = ["cfg", "doc", "deprecated", "must_use", "allow", "warn"];
    let carried = handler.attrs.iter().filter(|attribute| CARRIED.iter().any(|name| attribute.path().is_ident(name)));
    let is_documented = handler.attrs.iter().any(is_doc);
    let docs = if is_documented {
        TokenStream::new()
    } else {
        let text = match handler.kind() {
            Some(Kind::Call) => format!("Calls `{}`.", handler.signature.ident),
            _ => format!("Sends `{}`.", handler.signature.ident),
        };
        quote!(#[doc = #text])
    };
    quote!(#docs #(#carried)*)
}
