//! The names that an expression of a tree can see, and how they are kept for it.

use proc_macro2::{Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::ext::IdentExt;
use syn::{Attribute, Index};

use crate::ast::supervisor::{Child, Start, Supervisor, Tree};
use crate::ast::uses::use_of;

/// The names that an expression can see, outermost first.
#[derive(Clone)]
pub(super) struct Environment<'tree> {
    pub(super) tree: &'tree Tree,
    bindings: Vec<Binding<'tree>>,
}

#[derive(Clone)]
struct Binding<'tree> {
    name: Ident,
    cfgs: Vec<&'tree Attribute>,
    value: Value,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Value {
    /// A field of the shared arguments.
    Parameter(usize),
    /// A variable of the enclosing function, to be cloned.
    Variable,
    /// The client of the supervisor whose children are built, a variable as well.
    Own,
}

/// What makes names available in a closure.
pub(super) struct Kept {
    /// Before the closure.
    pub(super) outside: TokenStream,
    /// At its begin.
    pub(super) inside: TokenStream,
    /// Whether it owns the shared arguments.
    pub(super) parameters: bool,
}

impl<'tree> Environment<'tree> {
    /// That of a tree's children: its parameters.
    pub(super) fn new(tree: &'tree Tree) -> Self {
        let parameters = tree.parameters.iter().enumerate();
        let bindings = parameters.map(|(index, parameter)| Binding {
            name: parameter.name.clone(),
            cfgs: Vec::new(),
            value: Value::Parameter(index),
        });
        Self { tree, bindings: bindings.collect() }
    }

    /// Adds a variable.
    pub(super) fn bind(&mut self, name: &Ident, cfgs: Vec<&'tree Attribute>) {
        self.bindings.push(Binding { name: name.clone(), cfgs, value: Value::Variable });
    }

    /// Adds the client of the supervisor whose children are built.
    pub(super) fn bind_own(&mut self, name: &Ident) {
        self.bindings.push(Binding { name: name.clone(), cfgs: Vec::new(), value: Value::Own });
    }

    /// That of the children of a nested supervisor, which has a client of its own.
    pub(super) fn without_own(&self) -> Self {
        let mut nested = self.clone();
        nested.bindings.retain(|binding| binding.value != Value::Own);
        nested
    }

    /// Whether there is something of this name.
    pub(super) fn has(&self, name: &Ident) -> bool {
        self.bindings.iter().any(|binding| binding.name == *name)
    }

    /// Takes away what has the name of something that is not kept.
    pub(super) fn hide(&mut self, name: &Ident) {
        self.bindings.retain(|binding| binding.name != *name);
    }

    /// An expression that runs while the tree is built. It gets clones, so that it can't move what later ones use.
    pub(super) fn fresh(&self, expression: &TokenStream) -> TokenStream {
        let clones =
            self.visible(expression).filter(|binding| !matches!(binding.value, Value::Parameter(_))).map(|binding| {
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
    pub(super) fn kept(&self, expression: &TokenStream) -> Kept {
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
                Value::Variable | Value::Own => {
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

    /// The bindings that an expression may mean: of each name the innermost one, and those that stand in for it when a
    /// `#[cfg]` takes it away.
    fn visible<'a>(&'a self, expression: &'a TokenStream) -> impl Iterator<Item = &'a Binding<'tree>> {
        self.bindings.iter().enumerate().map(|(index, binding)| (&self.bindings[index + 1..], binding)).filter_map(
            move |(inner, binding)| {
                let is_hidden = inner.iter().any(|other| other.name == binding.name && other.cfgs.is_empty());
                (!is_hidden && mentions(expression, &binding.name)).then_some(binding)
            },
        )
    }
}

/// All expressions of a supervisor.
pub(super) fn mentioned(supervisor: &Supervisor) -> TokenStream {
    supervisor.children().map(mentioned_by).collect()
}

/// All expressions of a child.
pub(super) fn mentioned_by(child: &Child) -> TokenStream {
    let mut tokens = match &child.start {
        Start::One(call) => call.arguments.to_token_stream(),
        Start::Each(each) => {
            let mut tokens = each.call.arguments.to_token_stream();
            tokens.extend(each.range.clone());
            tokens
        }
        Start::Partition(partition) => partition.arguments.to_token_stream(),
        Start::Dynamic(dynamic) => dynamic.arguments.to_token_stream(),
        Start::Nested(nested) => mentioned(&nested.supervisor),
        Start::Spec(spec) => spec.expression.clone(),
        Start::Unreadable(_) => TokenStream::new(),
    };
    tokens.extend(child.options.expressions().cloned());
    tokens
}

/// Whether `name` stands anywhere in the tokens, be it in the braces of a format string.
pub(super) fn mentions(tokens: &TokenStream, name: &Ident) -> bool {
    let text = name.unraw().to_string();
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Group(group) => mentions(&group.stream(), name),
        TokenTree::Ident(word) => word == *name,
        TokenTree::Literal(literal) => is_formatted(&literal, &text),
        TokenTree::Punct(_) => false,
    })
}

/// Where the children of a supervisor use a variable `name` that none of them binds itself.
pub(super) fn used(supervisor: &Supervisor, name: &str) -> Option<Ident> {
    supervisor.children().find_map(|child| match &child.start {
        Start::Nested(nested) => {
            let options = child.options.expressions().cloned().collect();
            used(&nested.supervisor, name).or_else(|| variable(&options, name))
        }
        Start::Each(each) if each.variables().iter().any(|bound| *bound == name) => None,
        Start::Partition(partition) if partition.number.as_ref().is_some_and(|bound| bound == name) => None,
        Start::Dynamic(dynamic)
            if dynamic.given().is_some_and(|given| given.variables().iter().any(|bound| *bound == name)) =>
        {
            None
        }
        _ => variable(&mentioned_by(child), name),
    })
}

/// Where `name` stands as a variable, be it in the braces of a format string.
fn variable(tokens: &TokenStream, name: &str) -> Option<Ident> {
    use_of(tokens, name).or_else(|| {
        tokens.clone().into_iter().find_map(|token| match token {
            TokenTree::Group(group) => variable(&group.stream(), name),
            TokenTree::Literal(literal) if is_formatted(&literal, name) => Some(Ident::new(name, literal.span())),
            _ => None,
        })
    })
}

/// Whether `name` stands in the braces of a format string.
fn is_formatted(literal: &Literal, name: &str) -> bool {
    literal.to_string().split('{').skip(1).any(|part| part.starts_with(name))
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
