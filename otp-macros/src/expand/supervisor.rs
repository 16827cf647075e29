//! A checked [`Tree`] to its type, its accessors and the function that builds it.
//!
//! Every supervisor of the tree becomes a newtype over `SupervisorRef`. One hidden function fills a public `Supervisor`
//! builder, child by child; it runs once per start of the tree.
//!
//! What the expansion names itself is hygienic (`mixed_site`), so that the user's expressions see their own names only.
//! Nothing here may be silenced by `#[allow]`: that is an error where the user forbids the lint.

mod accessor;
mod build;
mod shape;
mod start;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Attribute;
use syn::ext::IdentExt;

use self::accessor::{Accessor, documented, nested_name};
use super::{Extent, options};
use crate::ast::options::Strategy;
use crate::ast::supervisor::{Child, Nested, Start, Supervisor, Tree};
use crate::ast::{START_FUNCTIONS, cfgs, is_doc};

/// The items of a whole tree.
pub(crate) fn expand(tree: &Tree, extent: Extent) -> TokenStream {
    let supervisors = SupervisorType::all(tree, extent);
    let types = supervisors.iter().map(|supervisor| supervisor.definition(extent));
    let cfgs = cfgs(&tree.attrs);
    let start = start::functions(tree, extent);
    let children = supervisors.iter().map(|supervisor| start::child(supervisor, extent));
    let (build, uses) = match extent {
        Extent::Full => (build::function(tree), supervisors.iter().map(SupervisorType::uses).collect()),
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
struct SupervisorType<'tree> {
    tree: &'tree Tree,
    /// The name of its type.
    name: Ident,
    /// The `#[cfg]`s of it and of all around it.
    cfgs: Vec<&'tree Attribute>,
    /// The other attributes of its type.
    attrs: TokenStream,
    declaration: &'tree Supervisor,
    accessors: Vec<Accessor<'tree>>,
    is_nested: bool,
}

impl<'tree> SupervisorType<'tree> {
    /// The tree first, then what is nested in it.
    fn all(tree: &'tree Tree, extent: Extent) -> Vec<Self> {
        let title = tree.name.unraw();
        let attrs = documented(&tree.attrs, &format!("The `{title}` supervision tree, running."));
        let mut found = Vec::new();
        Self::collect(
            tree,
            tree.name.clone(),
            cfgs(&tree.attrs).collect(),
            attrs,
            &tree.supervisor,
            extent,
            &mut found,
        );
        found
    }

    fn collect(
        tree: &'tree Tree,
        name: Ident,
        cfgs: Vec<&'tree Attribute>,
        attrs: TokenStream,
        declaration: &'tree Supervisor,
        extent: Extent,
        found: &mut Vec<Self>,
    ) {
        let children = distinct(declaration, extent);
        let accessors = children.iter().filter_map(|child| Accessor::new(tree, &name, child)).collect();
        let is_nested = !found.is_empty();
        found.push(Self { tree, name: name.clone(), cfgs: cfgs.clone(), attrs, declaration, accessors, is_nested });
        for child in children {
            let Start::Nested(Nested { supervisor: declaration, .. }) = &child.start else {
                continue;
            };
            let docs = child.attrs.iter().filter(|attr| is_doc(attr)).cloned().collect::<Vec<_>>();
            let attrs = documented(&docs, &format!("The `{}` tree of [`{}`].", child.name.unraw(), name.unraw()));
            let cfgs = cfgs.iter().copied().chain(child.cfgs()).collect();
            Self::collect(tree, nested_name(&name, child), cfgs, attrs, declaration, extent, found);
        }
    }

    /// The type, its methods and its plain traits.
    fn definition(&self, extent: Extent) -> TokenStream {
        let Self { tree, name, cfgs, attrs, .. } = self;
        let Tree { otp, vis, .. } = tree;
        let methods = self.methods(extent);
        let traits = self.traits();
        quote! {
            #(#cfgs)*
            #attrs
            #vis struct #name(#otp::SupervisorRef);

            #(#cfgs)*
            impl #name {
                #methods
            }

            #traits
        }
    }

    /// The accessors, and the methods that every supervisor has.
    fn methods(&self, extent: Extent) -> TokenStream {
        let Tree { otp, vis, .. } = self.tree;
        let accessors = self.accessors.iter().map(|accessor| accessor.method(vis));
        let supervisor = self.has_method("supervisor").then(|| {
            quote! {
                /// The supervisor itself, to look at its children or to stop it.
                #[must_use]
                #vis fn supervisor(&self) -> &#otp::SupervisorRef {
                    &self.0
                }
            }
        });
        let shape = match extent {
            Extent::Full => quote!(#otp::__private::declared_shape::<Self>()),
            Extent::Stub => quote!(::core::unimplemented!()),
        };
        let tree = self.has_method("tree").then(|| {
            quote! {
                /// The shape of the tree, as it is declared. Nothing has to run.
                #[must_use]
                #vis fn tree() -> #otp::supervisor::Tree {
                    #shape
                }
            }
        });
        quote!(#(#accessors)* #supervisor #tree)
    }

    fn traits(&self) -> TokenStream {
        let Self { tree: Tree { otp, .. }, name, cfgs, .. } = self;
        let title = name.unraw().to_string();
        let implement = |of: TokenStream, items: TokenStream| {
            quote! {
                #(#cfgs)*
                #[automatically_derived]
                impl #of for #name { #items }
            }
        };
        let clone = quote! {
            fn clone(&self) -> Self {
                Self(::core::clone::Clone::clone(&self.0))
            }
        };
        let debug = quote! {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Formatter::debug_tuple(f, #title).field(&self.0).finish()
            }
        };
        let display = quote! {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Display::fmt(&self.0, f)
            }
        };
        let as_ref = quote! {
            fn as_ref(&self) -> &#otp::SupervisorRef {
                &self.0
            }
        };
        [
            implement(quote!(::core::clone::Clone), clone),
            implement(quote!(::core::fmt::Debug), debug),
            implement(quote!(::core::fmt::Display), display),
            implement(quote!(::core::convert::AsRef<#otp::SupervisorRef>), as_ref),
        ]
        .into_iter()
        .collect()
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

/// What a supervisor is made of: `::otp::Strategy::OneForOne`, and `.intensity(3, ..).auto_shutdown(..)`.
fn flags(otp: &TokenStream, supervisor: &Supervisor) -> (TokenStream, TokenStream) {
    let strategy = options::strategy(otp, supervisor.strategy.meaning().unwrap_or(Strategy::OneForOne));
    let intensity = options::intensity(supervisor.intensity());
    let auto_shutdown = options::auto_shutdown(otp, supervisor.auto_shutdown());
    (strategy, quote!(#intensity #auto_shutdown))
}

/// The children of which something is made: after an error, only the first one of a name and none with a name of ours.
fn distinct(supervisor: &Supervisor, extent: Extent) -> Vec<&Child> {
    let mut children = Vec::<&Child>::new();
    for child in supervisor.children() {
        let is_taken = START_FUNCTIONS.iter().any(|reserved| child.name == reserved)
            || children.iter().any(|other| other.name == child.name && other.can_meet(child));
        if extent == Extent::Full || !is_taken {
            children.push(child);
        }
    }
    children
}
