//! A checked [`Tree`] to its type, its accessors and the function that builds it.
//!
//! Every supervisor of the tree becomes a newtype over `SupervisorRef`. One hidden function fills a public `Supervisor` builder,
//! child by child; it runs once per start of the tree. This file knows the builder's methods, not what they do.
//!
//! What the expansion names itself is hygienic (`mixed_site`), so that the user's expressions see their own names only.
//! Nothing here may be silenced by `#[allow]`: that is an error where the user forbids the lint.

mod build;
mod shape;
mod start;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Visibility};

use super::names::camel_case;
use super::{Extent, options};
use crate::ast::options::Strategy;
use crate::ast::supervisor::{Child, Level, Nested, Start, Tree};
use crate::ast::{START_FUNCTIONS, cfgs, is_doc};

/// The items of a whole tree.
pub(crate) fn expand(tree: &Tree, extent: Extent) -> TokenStream {
    let supervisors = Supervisor::all(tree, extent);
    let types = supervisors.iter().map(|supervisor| supervisor.definition(extent));
    let cfgs = cfgs(&tree.attrs);
    let start = start::functions(tree, extent);
    let children = supervisors.iter().map(|supervisor| start::child(supervisor, extent));
    let (build, uses) = match extent {
        Extent::Full => (build::function(tree), supervisors.iter().map(Supervisor::uses).collect()),
        Extent::Stub => (TokenStream::new(), TokenStream::new()),
    };
    quote! {
        #(#types)*
        #(#cfgs)*
        const _: () = {
            #start
            #build
            #(#children)*
            #uses
        };
    }
}

/// One supervisor of the tree: the tree itself or a nested one.
struct Supervisor<'tree> {
    tree: &'tree Tree,
    /// The name of its type.
    name: Ident,
    /// The `#[cfg]`s of it and of all around it.
    cfgs: Vec<&'tree Attribute>,
    /// The other attributes of its type.
    attrs: TokenStream,
    level: &'tree Level,
    accessors: Vec<Accessor<'tree>>,
    is_nested: bool,
}

/// The method by which a child is reached.
struct Accessor<'tree> {
    child: &'tree Child,
    returns: TokenStream,
    body: TokenStream,
    /// What to blame when the child can't be one.
    site: Span,
}

impl<'tree> Supervisor<'tree> {
    /// The tree first, then what is nested in it.
    fn all(tree: &'tree Tree, extent: Extent) -> Vec<Self> {
        let title = tree.name.unraw();
        let attrs = documented(&tree.attrs, &format!("The `{title}` supervision tree, running."));
        let mut found = Vec::new();
        Self::collect(tree, tree.name.clone(), cfgs(&tree.attrs).collect(), attrs, &tree.level, extent, &mut found);
        found
    }

    fn collect(
        tree: &'tree Tree,
        name: Ident,
        cfgs: Vec<&'tree Attribute>,
        attrs: TokenStream,
        level: &'tree Level,
        extent: Extent,
        found: &mut Vec<Self>,
    ) {
        let children = distinct(level, extent);
        let accessors = children.iter().filter_map(|child| Accessor::new(tree, &name, child)).collect();
        let is_nested = !found.is_empty();
        found.push(Self { tree, name: name.clone(), cfgs: cfgs.clone(), attrs, level, accessors, is_nested });
        for child in children {
            let Start::Nested(Nested { level, .. }) = &child.start else {
                continue;
            };
            let docs = child.attrs.iter().filter(|attr| is_doc(attr)).cloned().collect::<Vec<_>>();
            let attrs = documented(&docs, &format!("The `{}` tree of [`{}`].", child.name.unraw(), name.unraw()));
            let cfgs = cfgs.iter().copied().chain(child.cfgs()).collect();
            Self::collect(tree, nested_name(&name, child), cfgs, attrs, level, extent, found);
        }
    }

    /// The type, its accessors, and its plain traits.
    fn definition(&self, extent: Extent) -> TokenStream {
        let Self { tree, name, cfgs, attrs, .. } = self;
        let Tree { otp, vis, .. } = tree;
        let title = name.unraw().to_string();
        let accessors = self.accessors.iter().map(|accessor| accessor.method(vis));
        let shape = match extent {
            Extent::Full => quote!(#otp::__private::declared_shape::<Self>()),
            Extent::Stub => quote!(::core::unimplemented!()),
        };
        let tree_method = self.has_method("tree").then(|| {
            quote! {
                /// The shape of the tree, as it is declared. Nothing has to run.
                #[must_use]
                #vis fn tree() -> #otp::supervisor::Tree {
                    #shape
                }
            }
        });
        let supervisor = self.has_method("supervisor").then(|| {
            quote! {
                /// The supervisor itself, to look at its children or to stop it.
                #[must_use]
                #vis fn supervisor(&self) -> &#otp::SupervisorRef {
                    &self.0
                }
            }
        });
        quote! {
            #(#cfgs)*
            #attrs
            #vis struct #name(#otp::SupervisorRef);

            #(#cfgs)*
            impl #name {
                #(#accessors)*
                #supervisor
                #tree_method
            }

            #(#cfgs)*
            #[automatically_derived]
            impl ::core::clone::Clone for #name {
                fn clone(&self) -> Self {
                    Self(::core::clone::Clone::clone(&self.0))
                }
            }

            #(#cfgs)*
            #[automatically_derived]
            impl ::core::fmt::Debug for #name {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    ::core::fmt::Formatter::debug_tuple(f, #title).field(&self.0).finish()
                }
            }

            #(#cfgs)*
            #[automatically_derived]
            impl ::core::fmt::Display for #name {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    ::core::fmt::Display::fmt(&self.0, f)
                }
            }

            #(#cfgs)*
            #[automatically_derived]
            impl ::core::convert::AsRef<#otp::SupervisorRef> for #name {
                fn as_ref(&self) -> &#otp::SupervisorRef {
                    &self.0
                }
            }
        }
    }

    /// Mentions every method, so that one which the program never calls is not reported as dead code.
    fn uses(&self) -> TokenStream {
        let Self { name, cfgs, .. } = self;
        let mut uses = TokenStream::new();
        if !self.is_nested {
            let start = START_FUNCTIONS.map(|function| format_ident!("{function}"));
            uses.extend(quote!(#(let _ = #name::#start;)*));
        }
        for Accessor { child, site, .. } in &self.accessors {
            let mut path = [name.clone(), child.name.clone()];
            path.iter_mut().for_each(|name| name.set_span(*site));
            let [name, method] = path;
            let method_cfgs = child.cfgs();
            uses.extend(quote_spanned!(*site=> #(#cfgs)* #(#method_cfgs)* let _ = #name::#method;));
        }
        for method in ["supervisor", "tree"].into_iter().filter(|method| self.has_method(method)) {
            let method = format_ident!("{method}");
            uses.extend(quote!(#(#cfgs)* let _ = #name::#method;));
        }
        uses
    }

    /// Whether it has a method of ours: a child of that name wins.
    fn has_method(&self, name: &str) -> bool {
        self.accessors.iter().all(|accessor| accessor.child.name != name)
    }
}

impl<'tree> Accessor<'tree> {
    fn new(tree: &Tree, parent: &Ident, child: &'tree Child) -> Option<Self> {
        let otp = &tree.otp;
        let id = id(child);
        let actor = Actor::new(tree, parent, child);
        let site = actor.as_ref().map_or(Span::mixed_site(), |actor| actor.site);
        let slot = quote_spanned!(site=> self.0.slot());
        let (returns, body) = match (&child.start, actor) {
            (Start::Each(_), Some(actor)) => {
                let (client, make) = (actor.path("Client"), actor.path("client"));
                let clients = quote_spanned! {site=>
                    ::core::iter::Iterator::collect(::core::iter::Iterator::map(
                        ::core::iter::IntoIterator::into_iter(#slot.children(#id)),
                        #make,
                    ))
                };
                (quote_spanned!(site=> ::std::vec::Vec<#client>), clients)
            }
            (Start::Nested(_), Some(actor)) => {
                let make = actor.path("client");
                let name = nested_name(parent, child);
                (quote!(#name), quote_spanned!(site=> #make(#slot.child(#id))))
            }
            (_, Some(actor)) => {
                let make = actor.path("client");
                (actor.path("Client"), quote_spanned!(site=> #make(#slot.child(#id))))
            }
            (Start::Spec(_), None) => (quote!(#otp::Slot), quote_spanned!(site=> #slot.child(#id))),
            (_, None) => return None,
        };
        Some(Self { child, returns, body, site })
    }

    fn method(&self, vis: &Visibility) -> TokenStream {
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
struct Actor {
    ty: TokenStream,
    /// `otp::Child`
    of: TokenStream,
    /// At the user's type, which is to blame when it does not implement the trait.
    site: Span,
}

impl Actor {
    /// None when the type of the child is not written in the tree.
    fn new(tree: &Tree, parent: &Ident, child: &Child) -> Option<Self> {
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
            Start::Dynamic(_) => quote_spanned!(site=> #otp::__private::InTree),
            Start::Partition(_) => quote_spanned!(site=> #otp::__private::InPartitions),
            _ => quote_spanned!(site=> #otp::Child),
        };
        Some(Self { ty, of, site })
    }

    /// Its associated type or function `name`.
    fn path(&self, name: &str) -> TokenStream {
        let (Self { ty, of, site }, name) = (self, Ident::new(name, self.site));
        quote_spanned!(*site=> <#ty as #of>::#name)
    }
}

/// `workers` in `Shop` is a `ShopWorkers`.
fn nested_name(parent: &Ident, child: &Child) -> Ident {
    let name = format!("{}{}", parent.unraw(), camel_case(&child.name.unraw().to_string()));
    Ident::new(&name, Span::call_site())
}

/// What a supervisor is made of: `::otp::Strategy::OneForOne`, and `.intensity(3, ..).auto_shutdown(..)`.
fn level(otp: &TokenStream, level: &Level) -> (TokenStream, TokenStream) {
    let strategy = options::strategy(otp, level.strategy.meaning().unwrap_or(Strategy::OneForOne));
    let intensity = options::intensity(level.intensity());
    let auto_shutdown = options::auto_shutdown(otp, level.auto_shutdown());
    (strategy, quote!(#intensity #auto_shutdown))
}

/// The id of a child in its supervisor: its name.
fn id(child: &Child) -> String {
    child.name.unraw().to_string()
}

/// The children of which something is made: after an error, only the first one of a name and none with a name of ours.
fn distinct(level: &Level, extent: Extent) -> Vec<&Child> {
    let mut children = Vec::<&Child>::new();
    for child in level.children() {
        let is_taken = START_FUNCTIONS.iter().any(|reserved| child.name == reserved)
            || children.iter().any(|other| other.name == child.name && other.can_meet(child));
        if extent == Extent::Full || !is_taken {
            children.push(child);
        }
    }
    children
}

/// The attributes but for the `#[cfg]`s; with `text` for a doc comment where there is none.
fn documented(attrs: &[Attribute], text: &str) -> TokenStream {
    let others = attrs.iter().filter(|attr| !attr.path().is_ident("cfg"));
    let text = format!(" {text}");
    let doc = (!attrs.iter().any(is_doc)).then(|| quote!(#[doc = #text]));
    quote!(#doc #(#others)*)
}

#[cfg(test)]
mod tests {
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
