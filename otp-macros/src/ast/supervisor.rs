//! A supervision tree as `supervisor!` was given it.
//!
//! Plain structs between `parse`, `check` and `expand`. Names, types and expressions keep the user's tokens, so that errors
//! and expansions point at them; option values are already read. What a child's arguments say is never looked into.

use std::time::Duration;

use proc_macro2::{Group, Ident, TokenStream};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Lifetime, ParenthesizedGenericArguments, Pat, PatIdent, TraitBound, Type, TypeFnPtr, TypeImplTrait,
    TypeReference, Visibility,
};

use crate::ast::options::{Mailbox, Restart, Shutdown};

/// The functions that every tree has besides its children's accessors.
pub(crate) const RESERVED: [&str; 3] = ["start", "start_link", "child_spec"];

/// A whole `supervisor! { .. }`.
pub(crate) struct Tree {
    /// The path of the crate `otp`, as seen by the user.
    pub(crate) otp: TokenStream,
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) name: Ident,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) level: Level,
}

/// One parameter of the tree's start functions.
pub(crate) struct Parameter {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
}

/// One supervisor: that of the tree, or one nested in it.
pub(crate) struct Level {
    pub(crate) strategy: Strategy,
    pub(crate) intensity: Option<Intensity>,
    pub(crate) auto_shutdown: Option<AutoShutdown>,
    pub(crate) children: Vec<Child>,
}

/// `name: start { options };`
pub(crate) struct Child {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) name: Ident,
    pub(crate) start: Start,
    pub(crate) options: ChildOptions,
}

/// What stands after a child's name.
pub(crate) enum Start {
    /// `Db(cfg.url.clone())`
    One(Call),
    /// `[Worker(i) for i in 0..3]`
    Each(Box<Each>),
    /// `supervisor<one_for_one> { .. }`
    Nested(Level),
    /// `dynamic<Session>`
    Dynamic(Type),
    /// `partition<Shard>(i, db) for i`
    Partition(Box<Partition>),
    /// `= expression`
    Spec(TokenStream),
    /// It could not be read; the type, where that is known.
    Unknown(Option<Type>),
}

/// `Db(cfg.url.clone())`
pub(crate) struct Call {
    pub(crate) ty: Type,
    /// The parentheses and what is in them.
    pub(crate) arguments: Group,
}

/// `[Worker(i) for i in 0..3]`
pub(crate) struct Each {
    pub(crate) call: Call,
    pub(crate) pattern: Pat,
    pub(crate) range: TokenStream,
}

/// `partition<Shard>(i, db) for i`
pub(crate) struct Partition {
    pub(crate) call: Call,
    /// What the number of a partition is called.
    pub(crate) number: Option<Ident>,
}

#[derive(Default)]
pub(crate) struct ChildOptions {
    pub(crate) restart: Option<Restart>,
    pub(crate) shutdown: Option<Shutdown>,
    pub(crate) mailbox: Option<Mailbox>,
    /// The word `significant`, unless it is switched off.
    pub(crate) significant: Option<Ident>,
    /// The expression of `name: ..`.
    pub(crate) name: Option<TokenStream>,
    /// The expression of `max_children: ..`, of a dynamic supervisor.
    pub(crate) max_children: Option<TokenStream>,
    /// The expression of `partitions: ..`, of a partition supervisor.
    pub(crate) partitions: Option<TokenStream>,
    /// That of a partition supervisor.
    pub(crate) strategy: Option<Strategy>,
    /// That of a dynamic or a partition supervisor.
    pub(crate) intensity: Option<Intensity>,
    pub(crate) backoff: Option<Backoff>,
    pub(crate) mailbox_on_restart: Option<MailboxOnRestart>,
}

#[derive(Clone, Copy)]
pub(crate) enum Strategy {
    OneForOne,
    OneForAll,
    RestForOne,
}

/// `3 in 5s`
#[derive(Clone, Copy)]
pub(crate) struct Intensity {
    pub(crate) restarts: u32,
    pub(crate) period: Duration,
}

/// `100ms..=30s`
#[derive(Clone, Copy)]
pub(crate) struct Backoff {
    pub(crate) min: Duration,
    pub(crate) max: Duration,
}

#[derive(Clone, Copy)]
pub(crate) enum MailboxOnRestart {
    Drop,
    Keep,
}

#[derive(Clone, Copy)]
pub(crate) enum AutoShutdown {
    Never,
    AnySignificant,
    AllSignificant,
}

impl Child {
    /// The `#[cfg]`s, which go to everything that is made for this child.
    pub(crate) fn cfgs(&self) -> impl Iterator<Item = &Attribute> {
        self.attrs.iter().filter(|attr| attr.path().is_ident("cfg"))
    }

    /// Whether both can be in one build. Two different `#[cfg]`s are taken to exclude each other; rustc sees it when they don't.
    pub(crate) fn can_meet(&self, other: &Child) -> bool {
        let cfgs = |child: &Child| {
            let cfgs = child.cfgs().map(|cfg| cfg.to_token_stream().to_string());
            cfgs.collect::<Vec<_>>()
        };
        let (own, others) = (cfgs(self), cfgs(other));
        own.is_empty() || others.is_empty() || own == others
    }
}

impl Parameter {
    /// An `impl Trait` in the type.
    pub(crate) fn unnamed(&self) -> Option<TokenStream> {
        let mut search = Search::default();
        search.visit_type(&self.ty);
        search.unnamed
    }

    /// A reference or lifetime in the type that isn't `'static`.
    pub(crate) fn borrowed(&self) -> Option<TokenStream> {
        let mut search = Search::default();
        search.visit_type(&self.ty);
        search.borrowed
    }
}

/// Looks for what can't be part of the type of a value that is kept.
#[derive(Default)]
struct Search {
    unnamed: Option<TokenStream>,
    borrowed: Option<TokenStream>,
}

impl<'ast> Visit<'ast> for Search {
    fn visit_type_impl_trait(&mut self, ty: &'ast TypeImplTrait) {
        self.unnamed.get_or_insert(ty.to_token_stream());
    }

    fn visit_type_reference(&mut self, ty: &'ast TypeReference) {
        if ty.lifetime.is_none() {
            self.borrowed.get_or_insert(ty.to_token_stream());
        }
        visit::visit_type_reference(self, ty);
    }

    fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
        if lifetime.ident != "static" {
            self.borrowed.get_or_insert(lifetime.to_token_stream());
        }
    }

    // The lifetimes of a function type are bound by it: `fn(&str)` owns its data, and so does `dyn for<'a> Read<'a>`.
    fn visit_type_fn_ptr(&mut self, _: &'ast TypeFnPtr) {}

    fn visit_parenthesized_generic_arguments(&mut self, _: &'ast ParenthesizedGenericArguments) {}

    fn visit_trait_bound(&mut self, bound: &'ast TraitBound) {
        if bound.lifetimes.is_none() {
            visit::visit_trait_bound(self, bound);
        }
    }
}

impl Each {
    /// The variables of the loop.
    pub(crate) fn variables(&self) -> Vec<&Ident> {
        struct Variables<'ast>(Vec<&'ast Ident>);
        impl<'ast> Visit<'ast> for Variables<'ast> {
            fn visit_pat_ident(&mut self, pattern: &'ast PatIdent) {
                self.0.push(&pattern.ident);
                visit::visit_pat_ident(self, pattern);
            }
        }
        let mut variables = Variables(Vec::new());
        variables.visit_pat(&self.pattern);
        variables.0
    }
}
