//! The hidden function that builds a tree: one builder step per child.
//!
//! A child's arguments become a closure that runs at each of its starts, so all they use must be kept for it:
//! parameters in the `Arc` that all children share, siblings, loop variables and supervisors as clones. The closure binds
//! each of them anew under the user's own name. Only what the tokens mention is kept.

mod environment;
mod many;

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::quote_spanned;
use syn::spanned::Spanned;

use self::environment::{Environment, Kept, mentioned, mentioned_by, mentions, used};
use super::accessor::{ChildType, id, nested_name};
use super::start::are_shared;
use crate::ast::options::Options;
use crate::ast::supervisor::{Call, Child, Each, Start, Supervisor, Tree};
use crate::expand::options;

/// What a child's expressions call the supervisor whose child it is.
const OWN: &str = "supervisor";
/// What they call the whole tree.
const ROOT: &str = "root";

/// `fn __otp_build(slot, args) -> Supervisor`
pub(super) fn function(tree: &Tree) -> TokenStream {
    let otp = &tree.otp;
    let are_shared = are_shared(tree);
    let types = tree.parameters.iter().map(|parameter| &parameter.ty);
    let environment = Environment::new(tree);
    let bound = environment.kept(&mentioned(&tree.supervisor)).inside;
    let steps = environment.steps(&tree.supervisor, &tree.name);
    quote_spanned! {Span::mixed_site()=>
        fn __otp_build(
            slot: &#otp::supervisor::Place,
            args: &::std::sync::Arc<(#(#types,)*)>,
        ) -> #otp::Supervisor
        #are_shared
        {
            let _ = (slot, args);
            #bound
            #steps
        }
    }
}

impl<'tree> Environment<'tree> {
    /// The builder with all children of a supervisor; expects `slot: &Place` and `args: &Arc<..>` in scope.
    fn steps(mut self, supervisor: &'tree Supervisor, parent: &Ident) -> TokenStream {
        let otp = &self.tree.otp;
        let site = Span::mixed_site();
        let (strategy, options) = super::flags(otp, supervisor);
        let supervisors = self.supervisors(supervisor, parent);
        let mut steps = quote_spanned! {site=>
            #supervisors
            let builder = #otp::Supervisor::new(#strategy) #options;
        };
        for (index, child) in supervisor.children().enumerate() {
            let later = supervisor.children().skip(index + 1).map(mentioned_by).collect::<TokenStream>();
            let is_used = mentions(&later, &child.name);
            steps.extend(self.step(child, parent, is_used));
            if is_used {
                self.bind(&child.name, child.cfgs().collect());
            }
        }
        quote_spanned!(site=> #steps builder)
    }

    /// Binds the clients of the supervisor that is built and of the whole tree, by the names that its children have for
    /// them. What else has such a name comes first.
    fn supervisors(&mut self, supervisor: &'tree Supervisor, parent: &Ident) -> TokenStream {
        let otp = &self.tree.otp;
        let mut clients = TokenStream::new();
        for word in [OWN, ROOT] {
            let is_here = word == OWN || *parent == self.tree.name;
            let Some(name) = used(supervisor, word).filter(|_| is_here) else { continue };
            if self.has(&name) || supervisor.children().any(|child| child.name == name) {
                continue;
            }
            if word == OWN {
                self.bind_own(&name);
            } else {
                self.bind(&name, Vec::new());
            }
            let site = Span::mixed_site().located_at(name.span());
            clients.extend(quote_spanned! {site=>
                let #name = #parent(#otp::SupervisorRef::from_place(::core::clone::Clone::clone(slot)));
                let _ = &#name;
            });
        }
        clients
    }

    /// Adds one child; with `is_used`, also binds its client for later siblings.
    fn step(&self, child: &'tree Child, parent: &Ident, is_used: bool) -> TokenStream {
        let site = Span::mixed_site();
        let (name, id) = (&child.name, id(child));
        let cfgs = child.cfgs().collect::<Vec<_>>();
        let ty = ChildType::new(self.tree, parent, child);
        let spec = match (&child.start, &ty) {
            (Start::Each(each), Some(ty)) => return self.each(child, each, ty, is_used),
            (Start::One(call), Some(ty)) => self.spec(call, ty),
            (Start::Dynamic(dynamic), Some(ty)) => self.dynamic(dynamic, &child.options, ty),
            (Start::Partition(partition), Some(ty)) => self.partition(partition, &child.options, ty),
            (Start::Nested(nested), _) => self.nested(&nested.supervisor, &nested_name(parent, child)),
            (Start::Spec(spec), _) => self.fresh(&spec.expression),
            // It is refused, and no function is built.
            (_, None) | (Start::Unreadable(_), _) => return TokenStream::new(),
        };
        let options = match &child.start {
            // They are in the spec.
            Start::Dynamic(_) | Start::Partition(_) => TokenStream::new(),
            _ => self.options(&child.options),
        };
        let client = is_used.then(|| {
            let client = match &ty {
                Some(ty) => {
                    let make = ty.path("client");
                    quote_spanned!(ty.site=> #make(slot.child(#id)))
                }
                None => quote_spanned!(site=> slot.child(#id)),
            };
            quote_spanned!(site=> #(#cfgs)* let #name = #client; #(#cfgs)* let _ = &#name;)
        });
        quote_spanned! {site=>
            #(#cfgs)*
            let builder = builder.child(#id, #spec #options);
            #client
        }
    }

    /// A child for each turn of a loop, under the id `(name, index)`.
    fn each(&self, child: &'tree Child, each: &'tree Each, ty: &ChildType, is_used: bool) -> TokenStream {
        let site = Span::mixed_site();
        let (name, id) = (&child.name, id(child));
        let cfgs = child.cfgs().collect::<Vec<_>>();
        let range = self.fresh(&each.range);
        let pattern = &each.pattern;
        let mut inner = self.clone();
        for name in each.variables() {
            inner.bind(name, Vec::new());
        }
        let spec = inner.spec(&each.call, ty);
        let options = inner.options(&child.options);
        let enumerated = quote_spanned! {site.located_at(each.range.span())=>
            ::core::iter::Iterator::enumerate(::core::iter::IntoIterator::into_iter(#range))
        };
        let add = quote_spanned!(site=> builder = builder.child((#id, index), #spec #options););
        if !is_used {
            return quote_spanned! {site=>
                #(#cfgs)*
                let builder = {
                    let mut builder = builder;
                    for (index, #pattern) in #enumerated {
                        #add
                    }
                    builder
                };
            };
        }
        let make = ty.path("client");
        quote_spanned! {site=>
            #(#cfgs)*
            let (builder, #name) = {
                let mut builder = builder;
                let mut clients = ::std::vec::Vec::new();
                for (index, #pattern) in #enumerated {
                    #add
                    clients.push(#make(slot.child((#id, index))));
                }
                (builder, clients)
            };
            #(#cfgs)*
            let _ = &#name;
        }
    }

    /// The spec of an actor, or of a tree defined elsewhere.
    fn spec(&self, call: &Call, ty: &ChildType) -> TokenStream {
        let arguments = self.arguments(call.arguments.as_ref(), None);
        let spec = ty.path("spec");
        quote_spanned!(ty.site=> #spec(#arguments))
    }

    /// The closure that makes the arguments of a child. That of a partition is given its number, that of a dynamic
    /// child what it is started with.
    fn arguments(&self, tuple: Option<&Group>, given: Option<TokenStream>) -> TokenStream {
        let Some(tuple) = tuple else { return TokenStream::new() };
        let arguments = tuple.stream();
        let Kept { outside, inside, .. } = self.kept(&arguments);
        let needs_comma = match arguments.clone().into_iter().last() {
            None => false,
            Some(last) => !matches!(&last, TokenTree::Punct(punct) if punct.as_char() == ','),
        };
        let end = Span::mixed_site().located_at(tuple.span_close());
        let comma = needs_comma.then(|| quote_spanned!(end=> ,));
        let span = tuple.span();
        let mut tuple = Group::new(tuple.delimiter(), quote_spanned!(Span::mixed_site()=> #arguments #comma));
        tuple.set_span(span);
        quote_spanned! {Span::mixed_site()=>
            {
                #outside
                move |#given| {
                    #inside
                    #tuple
                }
            }
        }
    }

    /// The spec of a nested tree.
    fn nested(&self, supervisor: &'tree Supervisor, name: &Ident) -> TokenStream {
        let otp = &self.tree.otp;
        let environment = self.without_own();
        let Kept { outside, inside, parameters } = environment.kept(&mentioned(supervisor));
        let steps = environment.steps(supervisor, name);
        let args = parameters.then(|| quote_spanned!(Span::mixed_site()=> let args = &args;));
        quote_spanned! {Span::mixed_site()=>
            {
                #outside
                #otp::__private::tree_spec::<#name>(move |slot| {
                    #args
                    #inside
                    #steps
                })
            }
        }
    }

    fn options(&self, given: &Options) -> TokenStream {
        let site = Span::mixed_site();
        let common = self.of_each_child(given);
        let significant = given.significant().map(|_| quote_spanned!(site=> .significant(true)));
        let name = given.name().map(|name| {
            let name = self.fresh(name);
            quote_spanned!(site=> .name(#name))
        });
        quote_spanned!(site=> #common #significant #name)
    }

    /// What holds for a child, or for each child of a dynamic or a partition supervisor.
    fn of_each_child(&self, given: &Options) -> TokenStream {
        let otp = &self.tree.otp;
        let site = Span::mixed_site();
        let restart = options::restart(otp, given, site);
        let shutdown = options::shutdown(otp, given, site);
        let mailbox = options::mailbox(otp, given, site);
        let backoff = options::backoff(given, site);
        let on_restart = options::mailbox_on_restart(otp, given, site);
        quote_spanned!(site=> #restart #shutdown #mailbox #backoff #on_restart)
    }
}
