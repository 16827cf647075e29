//! The method by which a child is reached, and the type of a child.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Visibility};

use crate::ast::is_doc;
use crate::ast::supervisor::{Child, Given, Start, Tree};
use crate::expand::names::camel_case;

/// The method by which a child is reached.
pub(super) struct Accessor<'tree> {
    pub(super) child: &'tree Child,
    returns: TokenStream,
    body: TokenStream,
    /// What to blame when the child can't be one.
    pub(super) site: Span,
}

impl<'tree> Accessor<'tree> {
    pub(super) fn new(tree: &Tree, parent: &Ident, child: &'tree Child) -> Option<Self> {
        let otp = &tree.otp;
        let id = id(child);
        let ty = ChildType::new(tree, parent, child);
        let site = ty.as_ref().map_or(Span::mixed_site(), |ty| ty.site);
        let slot = quote_spanned!(site=> self.0.place());
        let (returns, body) = match (&child.start, ty) {
            (Start::Each(_), Some(ty)) => {
                let (client, make) = (ty.path("Client"), ty.path("client"));
                let clients = quote_spanned! {site=>
                    ::core::iter::Iterator::collect(::core::iter::Iterator::map(
                        ::core::iter::IntoIterator::into_iter(#slot.children(#id)),
                        #make,
                    ))
                };
                (quote_spanned!(site=> ::std::vec::Vec<#client>), clients)
            }
            (Start::Nested(_), Some(ty)) => {
                let make = ty.path("client");
                let name = nested_name(parent, child);
                (quote!(#name), quote_spanned!(site=> #make(#slot.child(#id))))
            }
            (_, Some(ty)) => {
                let make = ty.path("client");
                (ty.path("Client"), quote_spanned!(site=> #make(#slot.child(#id))))
            }
            (Start::Spec(_), None) => (quote!(#otp::supervisor::Place), quote_spanned!(site=> #slot.child(#id))),
            (_, None) => return None,
        };
        Some(Self { child, returns, body, site })
    }

    pub(super) fn method(&self, vis: &Visibility) -> TokenStream {
        let Self { child, returns, body, .. } = self;
        let name = &child.name;
        let cfgs = child.cfgs();
        let what = if matches!(child.start, Start::Each(_)) { "children" } else { "child" };
        let attrs = documented(&child.attrs, &format!("The `{}` {what}.", name.unraw()));
        quote_spanned! {Span::mixed_site()=>
            #(#cfgs)*
            #attrs
            #[must_use]
            #vis fn #name(&self) -> #returns {
                #body
            }
        }
    }
}

/// The type of a child, as the trait sees it.
pub(super) struct ChildType {
    pub(super) ty: TokenStream,
    /// `otp::Child`
    of: TokenStream,
    /// At the user's type, which is to blame when it does not implement the trait.
    pub(super) site: Span,
}

impl ChildType {
    /// None when the type of the child is not written in the tree.
    pub(super) fn new(tree: &Tree, parent: &Ident, child: &Child) -> Option<Self> {
        let otp = &tree.otp;
        let ty = match &child.start {
            Start::One(call) => call.ty.to_token_stream(),
            Start::Each(each) => each.call.ty.to_token_stream(),
            Start::Dynamic(dynamic) => dynamic.ty.as_ref()?.to_token_stream(),
            Start::Partition(partition) => partition.ty.as_ref()?.to_token_stream(),
            Start::Nested(_) => nested_name(parent, child).into_token_stream(),
            Start::Spec(_) | Start::Unreadable(_) => return None,
        };
        let site = Span::mixed_site().located_at(ty.span());
        let of = match &child.start {
            Start::Dynamic(dynamic) => match dynamic.given().and_then(Given::sent_ty) {
                Some(given) => quote_spanned!(site=> #otp::__private::InTreeFrom<#given>),
                None => quote_spanned!(site=> #otp::__private::InTree),
            },
            Start::Partition(_) => quote_spanned!(site=> #otp::__private::InPartitions),
            _ => quote_spanned!(site=> #otp::Child),
        };
        Some(Self { ty, of, site })
    }

    /// Its associated type or function `name`.
    pub(super) fn path(&self, name: &str) -> TokenStream {
        let (Self { ty, of, site }, name) = (self, Ident::new(name, self.site));
        quote_spanned!(*site=> <#ty as #of>::#name)
    }
}

/// `workers` in `Shop` is a `ShopWorkers`.
pub(super) fn nested_name(parent: &Ident, child: &Child) -> Ident {
    let name = format!("{}{}", parent.unraw(), camel_case(&child.name.unraw().to_string()));
    Ident::new(&name, Span::call_site())
}

/// The id of a child in its supervisor: its name.
pub(super) fn id(child: &Child) -> String {
    child.name.unraw().to_string()
}

/// The attributes but for the `#[cfg]`s; with `text` for a doc comment where there is none.
pub(super) fn documented(attrs: &[Attribute], text: &str) -> TokenStream {
    let others = attrs.iter().filter(|attr| !attr.path().is_ident("cfg"));
    let text = format!(" {text}");
    let doc = (!attrs.iter().any(is_doc)).then(|| quote!(#[doc = #text]));
    quote!(#doc #(#others)*)
}

#[cfg(test)]
mod tests {
    use quote::format_ident;

    use super::*;

    #[test]
    fn a_nested_tree_is_named_after_its_path() {
        let child = |name: &str| Child {
            attrs: Vec::new(),
            name: syn::parse_str(name).expect("an identifier"),
            start: Start::Unreadable(syn::Error::new(Span::call_site(), "")),
            options: Default::default(),
        };
        let name = |name: &str| nested_name(&format_ident!("Shop"), &child(name)).to_string();
        assert_eq!(name("workers"), "ShopWorkers");
        assert_eq!(name("db_pool"), "ShopDbPool");
        assert_eq!(name("_shard_1"), "ShopShard1");
        assert_eq!(name("r#type"), "ShopType");
    }
}
