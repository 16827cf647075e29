//! The hidden function that builds a tree: one builder step per child.
//!
//! A child's arguments become a closure that runs at each of its starts, so all they use must be kept for it: parameters in the
//! `Arc` that all children share, siblings and loop variables as clones. The closure binds each of them anew under the user's
//! own name. Only what the tokens mention is kept.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Index};

use super::start::are_shared;
use super::{Actor, id, nested_name};
use crate::ast::options::{Options, Restart};
use crate::ast::supervisor::{Call, Child, Each, Level, Partition, Start, Tree};
use crate::expand::options;

/// `fn __otp_build(slot, args) -> Supervisor`
pub(super) fn function(tree: &Tree) -> TokenStream {
    let otp = &tree.otp;
    let are_shared = are_shared(tree);
    let types = tree.parameters.iter().map(|parameter| &parameter.ty);
    let parameters = tree.parameters.iter().enumerate();
    let scope = Scope {
        tree,
        bindings: parameters
            .map(|(index, parameter)| Binding {
                name: &parameter.name,
                cfgs: Vec::new(),
                value: Value::Parameter(index),
            })
            .collect(),
    };
    let bound = scope.kept(&mentioned(&tree.level)).inside;
    let steps = scope.steps(&tree.level, &tree.name);
    quote_spanned! {Span::mixed_site()=>
        fn __otp_build(
            slot: &#otp::Slot,
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

/// The names that an expression can see, outermost first.
#[derive(Clone)]
struct Scope<'tree> {
    tree: &'tree Tree,
    bindings: Vec<Binding<'tree>>,
}

#[derive(Clone)]
struct Binding<'tree> {
    name: &'tree Ident,
    cfgs: Vec<&'tree Attribute>,
    value: Value,
}

#[derive(Clone, Copy)]
enum Value {
    /// A field of the shared arguments.
    Parameter(usize),
    /// A variable of the enclosing function, to be cloned.
    Variable,
}

/// What makes names available in a closure.
struct Kept {
    /// Before the closure.
    outside: TokenStream,
    /// At its begin.
    inside: TokenStream,
    /// Whether it owns the shared arguments.
    parameters: bool,
}

impl<'tree> Scope<'tree> {
    /// The builder with all children of a level; expects `slot: &Slot` and `args: &Arc<..>` in scope.
    fn steps(mut self, level: &'tree Level, parent: &Ident) -> TokenStream {
        let otp = &self.tree.otp;
        let site = Span::mixed_site();
        let (strategy, options) = super::level(otp, level);
        let mut steps = quote_spanned! {site=>
            let builder = #otp::Supervisor::new(#strategy) #options;
        };
        for (index, child) in level.children().enumerate() {
            let later = level.children().skip(index + 1).map(tokens).collect::<TokenStream>();
            let is_used = mentions(&later, &child.name);
            steps.extend(self.step(child, parent, is_used));
            if is_used {
                let cfgs = child.cfgs().collect();
                self.bindings.push(Binding { name: &child.name, cfgs, value: Value::Variable });
            }
        }
        quote_spanned!(site=> #steps builder)
    }

    /// Adds one child; with `is_used`, also binds its client for later siblings.
    fn step(&self, child: &'tree Child, parent: &Ident, is_used: bool) -> TokenStream {
        let site = Span::mixed_site();
        let (name, id) = (&child.name, id(child));
        let cfgs = child.cfgs().collect::<Vec<_>>();
        let actor = Actor::new(self.tree, parent, child);
        let spec = match &child.start {
            Start::Each(each) => return self.each(child, each, actor, is_used),
            Start::One(call) => self.spec(call, actor.as_ref()),
            Start::Nested(nested) => self.nested(&nested.level, &nested_name(parent, child)),
            Start::Dynamic(_) => actor.as_ref().map(|actor| self.dynamic(&child.options, actor)).unwrap_or_default(),
            Start::Partition(partition) => {
                actor.as_ref().map(|actor| self.partition(partition, &child.options, actor)).unwrap_or_default()
            }
            Start::Spec(spec) => self.fresh(&spec.expression),
            // An error has been reported, and no function is built.
            Start::Unreadable(_) => return TokenStream::new(),
        };
        let options = match &child.start {
            // They are in the spec.
            Start::Dynamic(_) | Start::Partition(_) => TokenStream::new(),
            _ => self.options(&child.options),
        };
        let client = is_used.then(|| {
            let client = match actor {
                Some(actor) => {
                    let make = actor.path("client");
                    quote_spanned!(actor.site=> #make(slot.child(#id)))
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
    fn each(&self, child: &'tree Child, each: &'tree Each, actor: Option<Actor>, is_used: bool) -> TokenStream {
        let site = Span::mixed_site();
        let (name, id) = (&child.name, id(child));
        let cfgs = child.cfgs().collect::<Vec<_>>();
        let range = self.fresh(&each.range);
        let pattern = &each.pattern;
        let mut inner = self.clone();
        inner.bindings.extend(each.variables().into_iter().map(|name| Binding {
            name,
            cfgs: Vec::new(),
            value: Value::Variable,
        }));
        let spec = inner.spec(&each.call, actor.as_ref());
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
        let make = actor.map(|actor| actor.path("client"));
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
    fn spec(&self, call: &Call, actor: Option<&Actor>) -> TokenStream {
        let arguments = self.arguments(call.arguments.as_ref(), None);
        let spec = actor.map(|actor| actor.path("spec"));
        quote_spanned!(actor.map_or(Span::mixed_site(), |actor| actor.site)=> #spec(#arguments))
    }

    /// The closure that makes the arguments of a child; that of a partition is given its number.
    fn arguments(&self, tuple: Option<&Group>, number: Option<TokenStream>) -> TokenStream {
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
                move |#number| {
                    #inside
                    #tuple
                }
            }
        }
    }

    /// The spec of a nested tree.
    fn nested(&self, level: &'tree Level, name: &Ident) -> TokenStream {
        let otp = &self.tree.otp;
        let Kept { outside, inside, parameters } = self.kept(&mentioned(level));
        let steps = self.clone().steps(level, name);
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

    /// The spec of a dynamic supervisor.
    fn dynamic(&self, given: &Options, actor: &Actor) -> TokenStream {
        let otp = &self.tree.otp;
        let site = actor.site;
        let Kept { outside, inside, .. } = self.kept(&given.max_children().cloned().unwrap_or_default());
        // The arguments of a temporary child are not kept, so they need not be `Clone`.
        let is_temporary = matches!(given.restart().and_then(|word| word.meaning), Some(Restart::Temporary));
        let child = actor.path(if is_temporary { "once" } else { "with" });
        let changes = self.of_each_child(given);
        let limit = given.max_children().map(|limit| {
            let site = Span::mixed_site().located_at(limit.span());
            quote_spanned!(site=> .max_children(#limit))
        });
        let intensity = options::intensity(given.intensity());
        let spec = actor.path("spec");
        let spec = quote_spanned! {site=>
            {
                #outside
                #spec(
                    move || {
                        #inside
                        #otp::DynamicSupervisor::any() #limit #intensity
                    },
                    |args| #child(args) #changes,
                )
            }
        };
        self.under_name(spec, given, actor)
    }

    /// The spec of a partition supervisor.
    fn partition(&self, partition: &Partition, given: &Options, actor: &Actor) -> TokenStream {
        let otp = &self.tree.otp;
        let site = actor.site;
        let Partition { arguments, number, .. } = partition;
        let mut inner = self.clone();
        // The number hides what else has its name.
        inner.bindings.retain(|binding| Some(binding.name) != number.as_ref());
        let number = number.as_ref().map_or_else(|| quote_spanned!(site=> _), ToTokens::to_token_stream);
        let arguments = inner.arguments(arguments.as_ref(), Some(number));
        let each = self.of_each_child(given);
        let count = given.partitions().map(|count| {
            let site = Span::mixed_site().located_at(count.span());
            quote_spanned!(site=> .partitions(#count))
        });
        let strategy = given.strategy().and_then(|word| word.meaning).map(|strategy| {
            let strategy = options::strategy(otp, strategy);
            quote_spanned!(site=> .strategy(#strategy))
        });
        let intensity = options::intensity(given.intensity());
        let Kept { outside, inside, .. } = self.kept(&given.partitions().cloned().unwrap_or_default());
        let spec = actor.path("spec");
        let spec = quote_spanned! {site=>
            #spec(#arguments, |spec| spec #each, {
                #outside
                move |builder| {
                    #inside
                    builder #count #strategy #intensity
                }
            })
        };
        self.under_name(spec, given, actor)
    }

    /// The spec of a supervisor that is made for its children's type, with its name.
    fn under_name(&self, spec: TokenStream, given: &Options, actor: &Actor) -> TokenStream {
        let Some(name) = given.name() else {
            return spec;
        };
        let (named, name) = (actor.path("named"), self.fresh(name));
        quote_spanned!(actor.site=> #named(#spec, #name))
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

    /// An expression that runs while the tree is built. It gets clones, so that it can't take a name away from later ones.
    fn fresh(&self, expression: &TokenStream) -> TokenStream {
        let clones =
            self.visible(expression).filter(|binding| matches!(binding.value, Value::Variable)).map(|binding| {
                let Binding { name, cfgs, .. } = binding;
                let site = Span::mixed_site().located_at(name.span());
                quote_spanned! {site=>
                    #(#cfgs)* let #name = ::core::clone::Clone::clone(&#name);
                    #(#cfgs)* let _ = &#name;
                }
            });
        let clones = clones.collect::<TokenStream>();
        if clones.is_empty() {
            return expression.clone();
        }
        quote_spanned!(Span::mixed_site()=> { #clones #expression })
    }

    /// Keeps what an expression mentions for a closure that runs it more than once.
    fn kept(&self, expression: &TokenStream) -> Kept {
        let site = Span::mixed_site();
        let mut kept = Kept { outside: TokenStream::new(), inside: TokenStream::new(), parameters: false };
        for Binding { name, cfgs, value } in self.visible(expression) {
            let site = site.located_at(name.span());
            // A name in use twice, under different cfgs, must not find the other one's value: hence a name of our own.
            let copy = format_ident!("kept_{}", name.unraw(), span = site);
            let source = match value {
                Value::Parameter(index) => {
                    kept.parameters = true;
                    let index = Index { index: *index as u32, span: site };
                    quote_spanned!(site=> &args.#index)
                }
                Value::Variable => {
                    kept.outside
                        .extend(quote_spanned!(site=> #(#cfgs)* let #copy = ::core::clone::Clone::clone(&#name);));
                    quote_spanned!(site=> ::core::clone::Clone::clone(&#copy))
                }
            };
            kept.inside.extend(quote_spanned!(site=> #(#cfgs)* let #name = #source; #(#cfgs)* let _ = &#name;));
        }
        if kept.parameters {
            kept.outside.extend(quote_spanned!(site=> let args = ::core::clone::Clone::clone(args);));
        }
        kept
    }

    /// The bindings that an expression may mean: of each name the innermost one, and those that stand in when a `#[cfg]`
    /// takes it away.
    fn visible<'a>(&'a self, expression: &'a TokenStream) -> impl Iterator<Item = &'a Binding<'tree>> {
        self.bindings.iter().enumerate().map(|(index, binding)| (&self.bindings[index + 1..], binding)).filter_map(
            move |(inner, binding)| {
                let is_hidden = inner.iter().any(|other| other.name == binding.name && other.cfgs.is_empty());
                (!is_hidden && mentions(expression, binding.name)).then_some(binding)
            },
        )
    }
}

/// All expressions of a level.
fn mentioned(level: &Level) -> TokenStream {
    level.children().map(tokens).collect()
}

/// All expressions of a child.
fn tokens(child: &Child) -> TokenStream {
    let mut tokens = match &child.start {
        Start::One(call) => call.arguments.to_token_stream(),
        Start::Each(each) => {
            let mut tokens = each.call.arguments.to_token_stream();
            tokens.extend(each.range.clone());
            tokens
        }
        Start::Partition(partition) => partition.arguments.to_token_stream(),
        Start::Nested(nested) => mentioned(&nested.level),
        Start::Spec(spec) => spec.expression.clone(),
        Start::Dynamic(_) | Start::Unreadable(_) => TokenStream::new(),
    };
    tokens.extend(child.options.expressions().cloned());
    tokens
}

/// Whether `name` stands anywhere in the tokens, be it in the braces of a format string.
fn mentions(tokens: &TokenStream, name: &Ident) -> bool {
    let text = name.unraw().to_string();
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Group(group) => mentions(&group.stream(), name),
        TokenTree::Ident(word) => word == *name,
        TokenTree::Literal(literal) => literal.to_string().split('{').skip(1).any(|part| part.starts_with(&text)),
        TokenTree::Punct(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn a_name_is_mentioned_by_itself_or_in_a_format_string() {
        let mentions = |tokens: TokenStream| mentions(&tokens, &format_ident!("db"));
        assert!(mentions(quote!(f(&[db]))));
        assert!(mentions(quote!(format!("at {db}"))));
        assert!(mentions(quote!(format!("at {:?}, {db:?}", 1))));
        assert!(!mentions(quote!(format!("db {}", dbs))));
    }
}
