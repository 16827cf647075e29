//! The `Actor` implementation: from messages back to calls of the user's methods.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::LitStr;
use syn::spanned::Spanned;

use super::call::{at_output, bindings, call, future, handled, is_async, reply, values};
use super::facts;
use super::message;
use super::scope::Scope;
use crate::ast::actor::{Actor, Kind, Method};
use crate::expand::tokens::local;
use crate::expand::{Extent, options};

pub(super) fn implementation(actor: &Actor, scope: &Scope) -> TokenStream {
    let Scope { otp, client, message, mode_parameter, title, .. } = scope;
    let self_ty = &scope.self_ty;
    let generics = scope.generics(None);
    let arguments = scope.arguments(None);
    let client_arguments = scope.arguments(Some(quote!(#mode_parameter)));
    let bounds = scope.bounds(None);
    let types: Vec<TokenStream> =
        actor.init().into_iter().flat_map(Method::arguments).map(|it| scope.ty(&it.ty)).collect();
    let parameters = actor.init().map(|init| init.signature.paren_token.span.join());
    let parameters = parameters.unwrap_or_else(Span::call_site);
    let args = quote_spanned!(parameters=> type Args = (#(#types,)*););
    let actor_trait = scope.head(quote!(#otp::Actor));
    let options = options(actor, scope);
    let init = init(actor, scope);
    let handle = handle(actor, scope);
    let info = info(actor, scope);
    // A second one without a `cfg` has its error already.
    let is_kept = |(index, method): &(usize, &Method)| *index == 0 || method.cfgs().next().is_some();
    let terminates = actor.of_kind(Kind::Terminate).enumerate().filter(is_kept);
    let terminate = terminates.map(|(_, method)| terminate(method, scope));
    let overflowed = actor.on_full().map(|method| overflowed(method, scope));
    let priority = facts::priority(actor, scope);
    let facts = facts::functions(actor, scope);
    let quiet = deprecated(actor);
    quote! {
        #quiet
        #[automatically_derived]
        impl #generics #actor_trait for #self_ty #bounds {
            #args
            type Message = #message #arguments;
            type Client<#mode_parameter: #otp::mode::Mode> = #client #client_arguments;
            const NAME: &'static str = #title;
            #options
            #priority
            #init
            #handle
            #info
            #overflowed
            #(#terminate)*
            #facts
        }
    }
}

/// A deprecated handler is still called by its message.
fn deprecated(actor: &Actor) -> TokenStream {
    let is_deprecated = |method: &Method| method.attrs.iter().any(|attribute| attribute.path().is_ident("deprecated"));
    if actor.methods.iter().any(is_deprecated) { quote!(#[allow(deprecated)]) } else { TokenStream::new() }
}

/// `const OPTIONS`, where there is an option to set.
fn options(actor: &Actor, scope: &Scope) -> TokenStream {
    let (otp, given, site) = (&scope.otp, &actor.options, Span::call_site());
    if scope.extent == Extent::Stub {
        return TokenStream::new();
    }
    let name = given.name().map(|name| match syn::parse2::<LitStr>(name.clone()) {
        Ok(text) => quote!(.name(#text)),
        // Evaluated at compile time; spanned so that a value of another type is blamed itself.
        Err(_) => quote_spanned!(name.span()=> .name(#otp::Name::<Self>::static_text(#name))),
    });
    let restart = options::restart(otp, given, site);
    let shutdown = options::shutdown(otp, given, site);
    let mailbox = options::mailbox(otp, given, site);
    let thread = given.thread().then(|| quote!(.thread()));
    let set = quote!(#name #restart #shutdown #mailbox #thread);
    if set.is_empty() {
        return TokenStream::new();
    }
    quote!(const OPTIONS: #otp::actor::Options = #otp::actor::Options::DEFAULT #set;)
}

fn init(actor: &Actor, scope: &Scope) -> TokenStream {
    let otp = &scope.otp;
    let (args, ctx) = (local("args"), local("ctx"));
    let body = actor.init().map(|method| {
        let names = bindings(method);
        let call = call(method, &values(&names));
        let into = |call| at_output(method, quote!(#otp::actor::IntoInit::<Self>::into_init(#call)));
        let handled = match is_async(method) {
            Some(span) => {
                let made = into(quote_spanned!(span=> #call.await));
                future(span, otp, quote_spanned!(span=> async move { #made }))
            }
            None => {
                let made = into(call);
                quote!(#otp::actor::Handled::Done(#made))
            }
        };
        quote!(let (#(#names,)*) = #args; #handled)
    });
    let body = scope.block(&[&args, &ctx], quote!(#body));
    let head = scope.head(quote! {
        fn init(#args: Self::Args, #ctx: &mut #otp::Context<Self>) -> #otp::actor::Handled<'_, #otp::actor::Init<Self>>
    });
    quote!(#head #body)
}

fn handle(actor: &Actor, scope: &Scope) -> TokenStream {
    let Scope { otp, message: name, .. } = scope;
    let (message, ctx) = (local("message"), local("ctx"));
    let arms = message::distinct(actor).map(|(method, variant)| {
        let cfgs = method.cfgs();
        let names = bindings(method);
        let reply = reply();
        let fields = names.iter().chain((method.kind() == Some(Kind::Call)).then_some(&reply));
        let fields = message::payload(&fields.map(|name| quote!(#name)).collect::<Vec<_>>());
        let parts: Vec<TokenStream> = names.iter().map(|name| quote!(#name.take())).collect();
        let handled = handled(method, &parts, scope);
        quote!(#(#cfgs)* #name::#variant #fields => #handled,)
    });
    let unused = message::unused_arm(scope, &quote!(match never {}));
    let body = scope.block(&[&message, &ctx], quote!(match #message { #(#arms)* #unused }));
    let head = scope.head(quote! {
        fn handle<'a>(&'a mut self, #message: Self::Message, #ctx: &'a mut #otp::Context<Self>) -> #otp::actor::Handled<'a>
    });
    quote!(#head #body)
}

/// By type, in the order of the block; what no handler takes is logged.
fn info(actor: &Actor, scope: &Scope) -> TokenStream {
    let otp = &scope.otp;
    let (info, ctx) = (local("info"), local("ctx"));
    let attempts: Vec<TokenStream> = actor
        .by_type()
        .map(|(method, parameter)| {
            let cfgs = method.cfgs();
            let names = bindings(method);
            let ty = scope.ty(&parameter.ty);
            let handled = handled(method, &values(&names), scope);
            quote! {
                #(#cfgs)*
                let #info = match #info.downcast::<#ty>() {
                    ::core::result::Result::Ok(#(#names)*) => return #handled,
                    ::core::result::Result::Err(#info) => #info,
                };
            }
        })
        .collect();
    if attempts.is_empty() {
        return TokenStream::new();
    }
    let body = scope.block(&[&info, &ctx], quote!(#(#attempts)* #otp::__private::unexpected::<Self>(#info)));
    let head = scope.head(quote! {
        fn info<'a>(&'a mut self, #info: #otp::actor::Info, #ctx: &'a mut #otp::Context<Self>) -> #otp::actor::Handled<'a>
    });
    quote!(#head #body)
}

/// The method of `on_full`, told what was dropped.
fn overflowed(method: &Method, scope: &Scope) -> TokenStream {
    let otp = &scope.otp;
    let (dropped, ctx) = (local("dropped"), local("ctx"));
    let handled = handled(method, &[quote!(#dropped)], scope);
    let body = scope.block(&[&dropped, &ctx], handled);
    let head = scope.head(quote! {
        fn overflowed<'a>(&'a mut self, #dropped: #otp::mailbox::Dropped, #ctx: &'a mut #otp::Context<Self>) -> #otp::actor::Handled<'a>
    });
    quote!(#head #body)
}

fn terminate(method: &Method, scope: &Scope) -> TokenStream {
    let otp = &scope.otp;
    let cfgs = method.cfgs();
    let (reason, ctx) = (local("reason"), local("ctx"));
    let call = call(method, &[]);
    let handled = match is_async(method) {
        Some(span) => future(span, otp, call),
        None => quote!(#otp::actor::Handled::Done(#call)),
    };
    let body = scope.block(&[&reason, &ctx], handled);
    let head = scope.head(quote! {
        fn terminate<'a>(
            &'a mut self,
            #reason: &'a #otp::ExitReason,
            #ctx: &'a mut #otp::Context<Self>,
        ) -> #otp::actor::Handled<'a, ()>
    });
    quote!(#(#cfgs)* #head #body)
}
