//! The shape of one supervisor: what can be said of its children before anything runs.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

use super::accessor::{ChildType, id};
use super::{Extent, SupervisorType};
use crate::ast::supervisor::{Child, Start};
use crate::expand::options;
use crate::expand::tokens::written_at;
use crate::wording;

/// `fn shape() -> Option<Tree>` of its `Child`.
pub(super) fn function(supervisor: &SupervisorType, extent: Extent) -> TokenStream {
    let SupervisorType { tree, name, declaration, .. } = supervisor;
    let otp = &tree.otp;
    if extent == Extent::Stub {
        return TokenStream::new();
    }
    let title = name.unraw().to_string();
    let (strategy, options) = super::flags(otp, declaration);
    let children = declaration.children().map(|child| {
        let cfgs = child.cfgs();
        let child = self::child(supervisor, child);
        quote!(#(#cfgs)* let tree = tree.child(#child);)
    });
    quote! {
        fn shape() -> ::core::option::Option<#otp::supervisor::Tree> {
            let tree = #otp::supervisor::Tree::new(#title, #strategy) #options;
            #(#children)*
            ::core::option::Option::Some(tree)
        }
    }
}

/// `<Db as Child>::declared("db").restart(..)`
fn child(supervisor: &SupervisorType, child: &Child) -> TokenStream {
    let tree = supervisor.tree;
    let (otp, id) = (&tree.otp, id(child));
    let new = match ChildType::new(tree, &supervisor.name, child) {
        Some(ty) => {
            // One that is no child is then blamed as by the other uses, and rustc says it once.
            let (ty, site) = (written_at(ty.site, ty.ty), ty.site);
            let of_many = match &child.start {
                Start::Dynamic(_) => quote!(.dynamic()),
                Start::Partition(_) => quote!(.partitioned()),
                _ => TokenStream::new(),
            };
            quote_spanned!(site=> <#ty as #otp::Child>::declared(#id) #of_many)
        }
        None => quote!(#otp::supervisor::TreeChild::unknown(#id)),
    };
    let repeated = match &child.start {
        Start::Each(each) => {
            let range = wording::code(&each.range);
            quote!(.repeated(#range))
        }
        _ => TokenStream::new(),
    };
    let (given, site) = (&child.options, Span::call_site());
    let restart = options::restart(otp, given, site);
    let shutdown = options::shutdown(otp, given, site);
    let significant = given.significant().map(|_| quote!(.significant()));
    let backoff = options::backoff(given, site);
    let mailbox = options::mailbox_on_restart(otp, given, site);
    quote!(#new #repeated #restart #shutdown #significant #backoff #mailbox)
}
