//! What the `Actor` implementation tells of a message without handling it, and of the state.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;

use super::call::reply;
use super::message;
use super::scope::Scope;
use crate::ast::actor::{Actor, Kind, Method};
use crate::ast::options::Restart;
use crate::expand::Extent;
use crate::expand::tokens::local;

/// The functions of `Actor` that tell something of a message or of the state.
pub(super) fn functions(actor: &Actor, scope: &Scope) -> TokenStream {
    let (code, name, kind) = (message_code(actor, scope), message_name(actor, scope), message_kind(actor, scope));
    let status = format_status(scope);
    quote!(#code #name #kind #status)
}

/// The code that handles each message.
fn message_code(actor: &Actor, scope: &Scope) -> TokenStream {
    let otp = &scope.otp;
    let option = quote!(::core::option::Option);
    let head = (quote!(fn message_code), quote!(#option<&'static #otp::__private::Code>));
    by_message(actor, scope, head, |method| {
        let (fields, name) = (any_fields(method), title(method));
        quote!(#fields => {
            static CODE: #otp::__private::Code = #otp::__private::Code::new(#name);
            #option::Some(&CODE)
        })
    })
}

fn message_name(actor: &Actor, scope: &Scope) -> TokenStream {
    by_message(actor, scope, (quote!(fn message_name), quote!(&'static str)), |method| {
        let (fields, name) = (any_fields(method), title(method));
        quote!(#fields => #name,)
    })
}

/// How each message was sent, and of a call by whom.
fn message_kind(actor: &Actor, scope: &Scope) -> TokenStream {
    let otp = &scope.otp;
    let reply = reply();
    by_message(actor, scope, (quote!(fn message_kind), quote!(#otp::sys::MessageKind)), |method| {
        let (fields, kind) = match method.kind() {
            Some(Kind::Call) => (quote!((.., #reply)), quote!(Call { from: #otp::ReplyTo::caller(#reply) })),
            Some(Kind::Info) => (quote!({ .. }), quote!(Info)),
            Some(Kind::Continue) => (quote!({ .. }), quote!(Continue)),
            _ => (quote!({ .. }), quote!(Cast)),
        };
        quote!(#fields => #otp::sys::MessageKind::#kind,)
    })
}

/// A function that looks at a message only. `arm` makes what stands behind a variant's name.
fn by_message(
    actor: &Actor,
    scope: &Scope,
    (function, result): (TokenStream, TokenStream),
    arm: impl Fn(&Method) -> TokenStream,
) -> TokenStream {
    let name = &scope.message;
    let message = local("message");
    let arms = message::distinct(actor).map(|(method, variant)| {
        let (cfgs, arm) = (method.cfgs(), arm(method));
        quote!(#(#cfgs)* #name::#variant #arm)
    });
    let unused = message::unused_arm(scope, &quote!(match *never {}));
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

/// The fields of a handler's variant, whatever they are.
fn any_fields(method: &Method) -> TokenStream {
    let is_empty = method.arguments().next().is_none() && method.kind() != Some(Kind::Call);
    if is_empty { TokenStream::new() } else { quote!((..)) }
}

/// What a handler is called in reports.
fn title(method: &Method) -> String {
    method.signature.ident.unraw().to_string()
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

/// `const PRIORITY`, where a handler goes before others.
pub(super) fn priority(actor: &Actor, scope: &Scope) -> TokenStream {
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
    let unused = message::unused_arm(scope, &quote!(match *never {}));
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
        const PRIORITY: ::core::option::Option<#otp::mailbox::IsUrgent<Self::Message>> =
            ::core::option::Option::Some(|#queued| match #queued {
                #otp::mailbox::Queued::Message(#message) => match #message { #(#arms)* #unused },
                #otp::mailbox::Queued::Info(#info) => {
                    #(#types)*
                    let _ = #info;
                    false
                }
            });
    }
}

/// `NeverRestarted`, of an actor that is temporary: what starts it need not keep its arguments.
pub(super) fn never_restarted(actor: &Actor, scope: &Scope) -> TokenStream {
    let Scope { otp, self_ty, .. } = scope;
    if !matches!(actor.options.restart().and_then(|word| word.meaning), Some(Restart::Temporary)) {
        return TokenStream::new();
    }
    let generics = scope.generics(None);
    let bounds = scope.bounds(None);
    let head = scope.head(quote!(impl #generics #otp::__private::NeverRestarted for #self_ty #bounds));
    quote! {
        #[automatically_derived]
        #head {}
    }
}
