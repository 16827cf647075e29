//! The names and generics that all generated items share.
//!
//! Types leave the user's `impl` here, so `Self` is replaced by the self type, and the generics and bounds of the
//! block are repeated on every item. Names that could meet one of the user's give way.

use proc_macro2::{Delimiter, Group, Ident, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{GenericParam, Type};

use super::{Extent, stub};
use crate::ast::actor::{Actor, Method, is_absolute};
use crate::ast::types::last_segment;
use crate::expand::tokens::{at, ends, moved};

/// The names of values in the heads of our functions.
const VALUES: [&str; 8] = ["self", "args", "ctx", "dropped", "info", "message", "reason", "texts"];

pub(super) struct Scope {
    pub(super) extent: Extent,
    /// `::otp`
    pub(super) otp: TokenStream,
    /// The self type: `Stack<T>`.
    pub(super) self_ty: TokenStream,
    /// What it is called: `Stack`.
    pub(super) title: String,
    /// `StackRef`
    pub(super) client: Ident,
    /// `StackMessage`
    pub(super) message: Ident,
    /// The client's mode parameter: `M`.
    pub(super) mode_parameter: Ident,
    /// `T: Send`
    parameters: Vec<TokenStream>,
    /// `T`
    arguments: Vec<TokenStream>,
    /// Type parameters only: `T`
    pub(super) types: Vec<Ident>,
    /// `T: Clone`, of the where clause.
    predicates: Vec<TokenStream>,
}

impl Scope {
    pub(super) fn new(actor: &Actor, extent: Extent) -> Self {
        let mut header = actor.header.clone();
        if extent == Extent::Stub {
            stub::make_header(&mut header);
        }
        let base =
            last_segment(&header.self_ty).map_or_else(|| format_ident!("Actor"), |segment| segment.ident.unraw());
        let taken = TakenNames::of(actor);
        let crate_path = actor.options.crate_path().filter(|path| is_absolute(path));
        let mut scope = Self {
            extent,
            otp: crate_path.map_or_else(|| quote!(::otp), ToTokens::to_token_stream),
            self_ty: header.self_ty.to_token_stream(),
            title: base.to_string(),
            client: actor
                .options
                .client()
                .cloned()
                .unwrap_or_else(|| Ident::new(&format!("{base}Ref"), Span::call_site())),
            message: taken.free([&format!("{base}Message"), &format!("{base}ActorMessage")]),
            mode_parameter: taken.free(["M", "Mode"]),
            parameters: Vec::new(),
            arguments: Vec::new(),
            types: Vec::new(),
            predicates: Vec::new(),
        };
        for parameter in &header.generics.params {
            scope.parameters.push(scope.outside(parameter));
            scope.arguments.push(match parameter {
                GenericParam::Lifetime(it) => it.lifetime.to_token_stream(),
                GenericParam::Type(it) => it.ident.to_token_stream(),
                GenericParam::Const(it) => it.ident.to_token_stream(),
            });
            if let GenericParam::Type(it) = parameter {
                scope.types.push(it.ident.clone());
            }
        }
        if let Some(clause) = &header.generics.where_clause {
            scope.predicates = clause.predicates.iter().map(|predicate| scope.outside(predicate)).collect();
        }
        scope
    }

    /// Tokens of the user's as they read outside of the `impl` block.
    pub(super) fn outside(&self, tokens: impl ToTokens) -> TokenStream {
        replace_self(tokens.into_token_stream(), &self.self_ty)
    }

    /// A type of the user's outside of the `impl` block; in a stub, one that can stand anywhere.
    pub(super) fn ty(&self, ty: &Type) -> TokenStream {
        match self.extent {
            Extent::Full => self.outside(ty),
            Extent::Stub => {
                let mut ty = ty.clone();
                stub::make_type(&mut ty);
                self.outside(ty)
            }
        }
    }

    /// A body; in a stub it only uses `names`, the parameters.
    pub(super) fn body(&self, names: &[&Ident], full: TokenStream) -> TokenStream {
        self.extent.body(names, full)
    }

    /// What rustc blames for an actor that can't be one. All such heads stand where the self type does, and what is
    /// said of each alike is said once. The names of values keep their hygiene.
    pub(super) fn head(&self, tokens: TokenStream) -> TokenStream {
        moved(tokens, ends(&self.self_ty), &|token, place| match token {
            TokenTree::Ident(name) if VALUES.iter().any(|value| name == value) => name.span(),
            _ => place,
        })
    }

    /// The [`body`](Self::body) that belongs to a head, in its braces.
    pub(super) fn block(&self, names: &[&Ident], full: TokenStream) -> Group {
        let mut block = Group::new(Delimiter::Brace, self.body(names, full));
        block.set_span(ends(&self.self_ty).1);
        block
    }

    /// `<T: Send, M: ::otp::mode::Mode>`, or nothing.
    pub(super) fn generics(&self, more: Option<TokenStream>) -> TokenStream {
        angles(self.parameters.iter().cloned().chain(more))
    }

    /// `<T, M>`, or nothing.
    pub(super) fn arguments(&self, more: Option<TokenStream>) -> TokenStream {
        angles(self.arguments.iter().cloned().chain(more))
    }

    /// `where T: Clone`, or nothing.
    pub(super) fn bounds(&self, more: impl IntoIterator<Item = TokenStream>) -> TokenStream {
        let mut predicates = self.predicates.iter().cloned().chain(more).peekable();
        if predicates.peek().is_none() { TokenStream::new() } else { quote!(where #(#predicates),*) }
    }

    /// The client in its default mode: `StackRef<T>`.
    pub(super) fn blocking_client(&self) -> TokenStream {
        let (client, arguments) = (&self.client, self.arguments(None));
        quote!(#client #arguments)
    }
}

fn angles(list: impl Iterator<Item = TokenStream>) -> TokenStream {
    let mut list = list.peekable();
    if list.peek().is_none() { TokenStream::new() } else { quote!(<#(#list),*>) }
}

/// `Self` becomes the type it stands for, and `Self::` becomes `<Type>::`.
fn replace_self(tokens: TokenStream, ty: &TokenStream) -> TokenStream {
    let mut replaced = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(ident) if ident == "Self" => {
                // The place of the `Self`, the meaning of the type's own tokens.
                let ty = at(&ident, ty.clone());
                let is_path = matches!(
                    tokens.peek(),
                    Some(TokenTree::Punct(next)) if next.as_char() == ':' && next.spacing() == Spacing::Joint
                );
                replaced.extend(if is_path { quote_spanned!(ident.span()=> <#ty>) } else { ty });
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), replace_self(group.stream(), ty));
                inner.set_span(group.span());
                replaced.extend([TokenTree::Group(inner)]);
            }
            other => replaced.extend([other]),
        }
    }
    replaced
}

/// All names in the header and the signatures of a block.
struct TakenNames(Vec<String>);

impl TakenNames {
    fn of(actor: &Actor) -> Self {
        let mut names = Self(Vec::new());
        names.collect(actor.header.to_token_stream());
        for Method { signature, .. } in actor.handlers().chain(actor.init()) {
            names.collect(signature.to_token_stream());
        }
        names
    }

    fn collect(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => self.0.push(ident.to_string()),
                TokenTree::Group(group) => self.collect(group.stream()),
                _ => {}
            }
        }
    }

    /// The first candidate that the user doesn't use; if there is none, the last one with a number.
    fn free<const N: usize>(&self, candidates: [&str; N]) -> Ident {
        let is_free = |name: &String| !self.0.contains(name);
        let mut names = candidates.iter().map(ToString::to_string);
        let name = names.find(is_free).unwrap_or_else(|| {
            let last = candidates.last().copied().unwrap_or_default();
            (2..).map(|count| format!("{last}{count}")).find(is_free).unwrap_or_default()
        });
        Ident::new(&name, Span::call_site())
    }
}
