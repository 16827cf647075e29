//! The `Actor` implementation: from messages back to calls of the user's methods.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::LitStr;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::message;
use super::scope::Scope;
use crate::ast::actor::{Actor, Kind, Method, Role};
use crate::expand::tokens::{at, local};
use crate::expand::{Extent, options};

pub(super) fn implementation(actor: &Actor, scope: &Scope) -> TokenStream {
    let Scope { otp, client, message, mode_parameter, title, .. } = scope;
    let self_ty = &scope.actor;
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
    let priority = priority(actor, scope);
    let (message_code, message_name) = (message_code(actor, scope), message_name(actor, scope));
    let message_kind = message_kind(actor, scope);
    let format_status = format_status(scope);
    let quiet = deprecated(actor);
    quote! {
        #quiet
        #[automatically_derived]
        impl #generics #actor_trait for #self_ty #bounds {
            #args
            type Message = #message #arguments;
            type Client<#mode_parameter: #otp::Mode> = #client #client_arguments;
            const NAME: &'static str = #title;
            #options
            #priority
            #init
            #handle
            #info
            #overflowed
            #(#terminate)*
            #message_code
            #message_name
            #message_kind
            #format_status
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
    quote!(const OPTIONS: #otp::Options = #otp::Options::DEFAULT #set;)
}

fn init(actor: &Actor, scope: &Scope) -> TokenStream {
    let otp = &scope.otp;
    let (args, ctx) = (local("args"), local("ctx"));
    let body = actor.init().map(|method| {
        let names = bindings(method);
        let call = call(method, &values(&names));
        let into = |call| at_output(method, quote!(#otp::IntoInit::<Self>::into_init(#call)));
        let handled = match is_async(method) {
            Some(span) => {
                let made = into(quote_spanned!(span=> #call.await));
                future(span, otp, quote_spanned!(span=> async move { #made }))
            }
            None => {
                let made = into(call);
                quote!(#otp::Handled::Done(#made))
            }
        };
        quote!(let (#(#names,)*) = #args; #handled)
    });
    let body = scope.block(&[&args, &ctx], quote!(#body));
    let head = scope.head(quote! {
        fn init(#args: Self::Args, #ctx: &mut #otp::Context<Self>) -> #otp::Handled<'_, #otp::Init<Self>>
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
    let unused = unused_arm(scope, &quote!(match never {}));
    let body = scope.block(&[&message, &ctx], quote!(match #message { #(#arms)* #unused }));
    let head = scope.head(quote! {
        fn handle<'a>(&'a mut self, #message: Self::Message, #ctx: &'a mut #otp::Context<Self>) -> #otp::Handled<'a>
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
        fn info<'a>(&'a mut self, #info: #otp::Info, #ctx: &'a mut #otp::Context<Self>) -> #otp::Handled<'a>
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
        fn overflowed<'a>(&'a mut self, #dropped: #otp::Dropped, #ctx: &'a mut #otp::Context<Self>) -> #otp::Handled<'a>
    });
    quote!(#head #body)
}

/// `const PRIORITY`, where a handler goes before others.
fn priority(actor: &Actor, scope: &Scope) -> TokenStream {
    let Scope { otp, message: name, .. } = scope;
    if scope.extent == Extent::Stub || !actor.methods.iter().any(Method::is_priority) {
        return TokenStream::new();
    }
    let (queued, message, info) = (local("queued"), local("message"), local("info"));
    let arms = message::distinct(actor).map(|(method, variant)| {
        let cfgs = method.cfgs();
        let urgent = method.is_priority();
        quote!(#(#cfgs)* #name::#variant { .. } => #urgent,)
    });
    let unused = unused_arm(scope, &quote!(match *never {}));
    let types = actor.by_type().filter(|(method, _)| method.is_priority()).map(|(method, parameter)| {
        let cfgs = method.cfgs();
        let ty = scope.ty(&parameter.ty);
        quote! {
            #(#cfgs)*
            if #info.is::<#ty>() {
                return true;
            }
        }
    });
    quote! {
        const PRIORITY: ::core::option::Option<#otp::IsUrgent<Self::Message>> =
            ::core::option::Option::Some(|#queued| match #queued {
                #otp::Queued::Message(#message) => match #message { #(#arms)* #unused },
                #otp::Queued::Info(#info) => {
                    #(#types)*
                    let _ = #info;
                    false
                }
            });
    }
}

fn terminate(method: &Method, scope: &Scope) -> TokenStream {
    let otp = &scope.otp;
    let cfgs = method.cfgs();
    let (reason, ctx) = (local("reason"), local("ctx"));
    let call = call(method, &[]);
    let handled = match is_async(method) {
        Some(span) => future(span, otp, call),
        None => quote!(#otp::Handled::Done(#call)),
    };
    let body = scope.block(&[&reason, &ctx], handled);
    let head = scope.head(quote! {
        fn terminate<'a>(
            &'a mut self,
            #reason: &'a #otp::ExitReason,
            #ctx: &'a mut #otp::Context<Self>,
        ) -> #otp::Handled<'a, ()>
    });
    quote!(#(#cfgs)* #head #body)
}

/// The code that handles each message.
fn message_code(actor: &Actor, scope: &Scope) -> TokenStream {
    let otp = &scope.otp;
    let option = quote!(::core::option::Option);
    let code = |text| {
        quote!({
            static CODE: #otp::__private::Code = #otp::__private::Code::new(#text);
            #option::Some(&CODE)
        })
    };
    by_message(actor, scope, &quote!(fn message_code), &quote!(#option<&'static #otp::__private::Code>), code)
}

fn message_name(actor: &Actor, scope: &Scope) -> TokenStream {
    by_message(actor, scope, &quote!(fn message_name), &quote!(&'static str), |text| quote!(#text,))
}

/// A function of each message that depends on nothing but its name.
fn by_message(
    actor: &Actor,
    scope: &Scope,
    function: &TokenStream,
    result: &TokenStream,
    of: impl Fn(String) -> TokenStream,
) -> TokenStream {
    let name = &scope.message;
    let message = local("message");
    let arms = message::distinct(actor).map(|(method, variant)| {
        let cfgs = method.cfgs();
        let of = of(method.signature.ident.unraw().to_string());
        let is_empty = method.arguments().next().is_none() && method.kind() != Some(Kind::Call);
        let fields = if is_empty { TokenStream::new() } else { quote!((..)) };
        quote!(#(#cfgs)* #name::#variant #fields => #of)
    });
    let unused = unused_arm(scope, &quote!(match *never {}));
    let body = match scope.extent {
        // A reference to an enum without variants could still be one of any.
        Extent::Full if actor.handlers().next().is_none() && scope.types.is_empty() => quote!(match *#message {}),
        Extent::Full => quote!(match #message { #(#arms)* #unused }),
        Extent::Stub => TokenStream::new(),
    };
    let body = scope.block(&[&message], body);
    let head = scope.head(quote!(#function(#message: &Self::Message) -> #result));
    quote!(#head #body)
}

/// How each message was sent, and of a call by whom.
fn message_kind(actor: &Actor, scope: &Scope) -> TokenStream {
    let Scope { otp, message: name, .. } = scope;
    let (message, reply) = (local("message"), reply());
    let arms = message::distinct(actor).map(|(method, variant)| {
        let cfgs = method.cfgs();
        let (fields, kind) = match method.kind() {
            Some(Kind::Call) => (quote!((.., #reply)), quote!(Call { from: #otp::ReplyTo::caller(#reply) })),
            Some(Kind::Info) => (quote!({ .. }), quote!(Info)),
            Some(Kind::Continue) => (quote!({ .. }), quote!(Continue)),
            _ => (quote!({ .. }), quote!(Cast)),
        };
        quote!(#(#cfgs)* #name::#variant #fields => #otp::sys::MessageKind::#kind,)
    });
    let unused = unused_arm(scope, &quote!(match *never {}));
    let body = match scope.extent {
        Extent::Full if actor.handlers().next().is_none() && scope.types.is_empty() => quote!(match *#message {}),
        Extent::Full => quote!(match #message { #(#arms)* #unused }),
        Extent::Stub => TokenStream::new(),
    };
    let body = scope.block(&[&message], body);
    let head = scope.head(quote!(fn message_kind(#message: &Self::Message) -> #otp::sys::MessageKind));
    quote!(#head #body)
}

/// The state as its `Debug` shows it and its `FormatStatus` rewrites it, where there are such: of two methods with one
/// name the compiler takes the one that needs fewer references, if its bounds hold.
fn format_status(scope: &Scope) -> TokenStream {
    let otp = &scope.otp;
    let (texts, shown) = (local("texts"), local("shown"));
    let full = quote! {
        use #otp::__private::{Rewritten as _, Shown as _, Unchanged as _, Unshown as _};
        let #shown = &#otp::__private::State(self);
        #shown.show(#texts);
        #shown.rewrite(#texts);
    };
    let body = scope.block(&[&texts], full);
    let head = scope.head(quote!(fn format_status(&self, #texts: &mut #otp::sys::StatusTexts)));
    quote!(#head #body)
}

/// The arm of the variant that can't be made.
fn unused_arm(scope: &Scope, body: &TokenStream) -> TokenStream {
    if scope.types.is_empty() {
        return TokenStream::new();
    }
    let (message, unused) = (&scope.message, message::unused());
    quote!(#message::#unused(never, _) => #body,)
}

/// One message handled, as an expression of type `Handled`.
fn handled(method: &Method, values: &[TokenStream], scope: &Scope) -> TokenStream {
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
                #otp::Handled::Done(::core::result::Result::Ok(()))
            }),
        };
    }
    let outcome = |call| at_output(method, quote!(#otp::IntoOutcome::into_outcome(#call)));
    match is_async(method) {
        Some(span) => {
            let outcome = outcome(quote_spanned!(span=> #call.await));
            future(span, otp, quote_spanned!(span=> async move { #outcome }))
        }
        None => {
            let outcome = outcome(call);
            quote!(#otp::Handled::Done(#outcome))
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
fn call(method: &Method, values: &[TokenStream]) -> TokenStream {
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
fn at_output(method: &Method, tokens: TokenStream) -> TokenStream {
    match method.output() {
        Some(output) => at(output, tokens),
        None => at(&method.signature.ident, tokens),
    }
}

/// A boxed future. All of it stands at the `async`, which is blamed for a future that is not `Send`.
fn future(span: Span, otp: &TokenStream, future: TokenStream) -> TokenStream {
    let boxed = at(Ident::new("async_", span), quote!(#otp::Handled::future));
    quote_spanned!(span=> #boxed(#future))
}

/// The message's parts under the user's names, which can't meet ours.
fn bindings(method: &Method) -> Vec<Ident> {
    method.arguments().map(|parameter| parameter.name.clone()).collect()
}

fn values(names: &[Ident]) -> Vec<TokenStream> {
    names.iter().map(ToTokens::to_token_stream).collect()
}

fn reply() -> Ident {
    local("reply")
}

/// The `async` of an async method.
fn is_async(method: &Method) -> Option<Span> {
    method.signature.asyncness.as_ref().map(Spanned::span)
}
