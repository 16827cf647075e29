//! How a tree starts: its functions `start`, `start_link` and `child_spec`, and its and its nested trees' `Child`.
//!
//! The parameters are kept once, in an `Arc` that all children share, so they must be `Send + Sync`. All that needs
//! this assumes it in a where clause, and one function asks for it, at the user's type: one mistake gives one error.
//! (`for<'a>` keeps rustc from rejecting a where clause without type parameters by itself.)

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use super::{Extent, SupervisorType};
use crate::ast::supervisor::Tree;
use crate::ast::types::Unowned;

/// `start`, `start_link` and `child_spec`, and what they call.
pub(super) fn functions(tree: &Tree, extent: Extent) -> TokenStream {
    let Tree { otp, vis, name, .. } = tree;
    let title = name.unraw().to_string();
    let names = tree.parameters.iter().map(|parameter| &parameter.name).collect::<Vec<_>>();
    let types = tree.parameters.iter().map(|parameter| &parameter.ty).collect::<Vec<_>>();
    let at = blame(tree);
    let build = quote_spanned!(at=> parameters_are_shared_between_threads((#(#names,)*)));
    let start = |link: bool| {
        let start = quote_spanned! {at=>
            ::core::result::Result::map(#otp::__private::start_tree(#title, #build, #link), #name)
        };
        extent.body(&names, start)
    };
    let (unlinked, linked) = (start(false), start(true));
    let spec = extent.body(&names, quote_spanned!(at=> #otp::__private::tree_spec::<#name>(#build)));
    let shared = (extent == Extent::Full).then(|| shared(tree));
    quote! {
        #shared

        impl #name {
            /// Starts the tree and returns when all its children are up.
            ///
            /// # Errors
            ///
            /// The reason of the first child that does not start; those before it are stopped again.
            #vis fn start(#(#names: #types),*) -> ::core::result::Result<#name, #otp::StartError> {
                #unlinked
            }

            /// [`start`](Self::start), linked to the caller: if one of the two ends, so does the other.
            ///
            /// # Errors
            ///
            /// As for [`start`](Self::start).
            #vis fn start_link(#(#names: #types),*) -> ::core::result::Result<#name, #otp::StartError> {
                #linked
            }

            /// How a supervisor starts this tree as one of its children.
            #vis fn child_spec(#(#names: #types),*) -> #otp::ChildSpec<#name> {
                #spec
            }
        }
    }
}

/// The function that asks for parameters that can be shared.
fn shared(tree: &Tree) -> TokenStream {
    let otp = &tree.otp;
    let types = tree.parameters.iter().map(|parameter| &parameter.ty);
    let are_shared = are_shared(tree);
    // Boxed: the bounds of an `impl Fn` would be asked for, and blamed, once more in each caller.
    quote_spanned! {Span::mixed_site()=>
        fn parameters_are_shared_between_threads(
            args: (#(#types,)*),
        ) -> ::std::boxed::Box<
            dyn ::core::ops::Fn(&#otp::supervisor::Place) -> #otp::Supervisor
                + ::core::marker::Send
                + ::core::marker::Sync,
        >
        #are_shared
        {
            let args = ::std::sync::Arc::new(args);
            ::std::boxed::Box::new(move |slot| __otp_build(slot, &args))
        }
    }
}

/// What makes a supervisor a child that other trees can have.
pub(super) fn child(supervisor: &SupervisorType<'_>, extent: Extent) -> TokenStream {
    let SupervisorType { tree, name, cfgs, is_nested, .. } = supervisor;
    let otp = &tree.otp;
    let site = Span::mixed_site();
    let at = blame(tree);
    let (args, build) = if *is_nested {
        // It needs what is around it, so there is no value to start it with from elsewhere.
        (quote_spanned!(at=> ::core::convert::Infallible), quote_spanned!(site=> move |_| match args() {}))
    } else {
        let types = tree.parameters.iter().map(|parameter| &parameter.ty);
        let are_kept = tree.parameters.iter().all(|parameter| Unowned::of(&parameter.ty).is_empty());
        let args = if are_kept { quote_spanned!(at=> (#(#types,)*)) } else { quote!(()) };
        let build = quote_spanned!(at=> parameters_are_shared_between_threads(args()));
        (args, quote_spanned!(site=> move |slot| #build(slot)))
    };
    let spec = match extent {
        Extent::Full => quote_spanned!(site=> #otp::__private::tree_spec::<Self>(#build)),
        Extent::Stub => quote_spanned!(site=> let _ = args; ::core::unimplemented!()),
    };
    let args = quote_spanned!(at=> type Args = #args;);
    let shape = super::shape::function(supervisor, extent);
    quote_spanned! {site=>
        #(#cfgs)*
        #[automatically_derived]
        impl #otp::Child for #name {
            #args
            type Client = Self;

            fn spec(
                args: impl ::core::ops::Fn() -> Self::Args + ::core::marker::Send + ::core::marker::Sync + 'static,
            ) -> #otp::ChildSpec<Self> {
                #spec
            }

            fn client(slot: #otp::supervisor::Place) -> Self {
                Self(#otp::SupervisorRef::from_place(slot))
            }

            #shape
        }
    }
}

/// The where clause that assumes the parameters to be shareable.
pub(super) fn are_shared(tree: &Tree) -> Option<TokenStream> {
    let types = tree.parameters.iter().map(|parameter| &parameter.ty);
    (!tree.parameters.is_empty()).then(|| {
        quote_spanned! {Span::mixed_site()=>
            where #(for<'otp> #types: ::core::marker::Send + ::core::marker::Sync + 'static,)*
        }
    })
}

/// Where an error about the parameters belongs: at the first one's type.
fn blame(tree: &Tree) -> Span {
    let site = Span::mixed_site();
    tree.parameters.first().map_or(site, |parameter| site.located_at(parameter.ty.span()))
}
