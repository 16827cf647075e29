//! A supervision tree as `supervisor!` was given it.
//!
//! Names, types, expressions and values keep the user's tokens, so that errors and expansions point at them. What a
//! child's arguments say is never looked into.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Attribute, Error, Pat, PatIdent, Result, Token, Type, Visibility};

use crate::ast::options::{AutoShutdown, Intensity, OptionEntry, Options, Strategy, Value, Word};
use crate::ast::types::{Unowned, inferred};

/// The options of a supervisor.
pub(crate) const SUPERVISOR_OPTIONS: [&str; 2] = ["intensity", "auto_shutdown"];
/// The options of a child.
pub(crate) const CHILD_OPTIONS: [&str; 7] =
    ["restart", "shutdown", "significant", "name", "mailbox", "backoff", "mailbox_on_restart"];
/// What the options of a supervisor are called in Erlang and Elixir, and what to write here.
pub(crate) const FOREIGN_OPTIONS: [(&str, &str); 4] = [
    ("strategy", "write it behind the name of the tree, as in `Shop<one_for_all>`"),
    ("max_restarts", "write `intensity: 3 in 5s`"),
    ("max_seconds", "write `intensity: 3 in 5s`"),
    ("period", "write `intensity: 3 in 5s`"),
];

/// A whole `supervisor! { .. }`.
pub(crate) struct Tree {
    /// The path of the crate `otp`, as seen by the user.
    pub(crate) otp: TokenStream,
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) name: Ident,
    pub(crate) parameters: Vec<TreeParameter>,
    /// One for each parameter that could not be read.
    pub(crate) unreadable_parameters: Vec<Error>,
    pub(crate) supervisor: Supervisor,
}

/// One parameter of the tree's start functions.
pub(crate) struct TreeParameter {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) mutability: Option<Token![mut]>,
    pub(crate) name: Ident,
    pub(crate) ty: Type,
}

/// One supervisor: that of the tree, or one nested in it.
pub(crate) struct Supervisor {
    pub(crate) strategy: StrategyArgument,
    pub(crate) entries: Vec<Entry>,
}

/// `<one_for_one>` behind the name of a tree, or behind `supervisor`.
pub(crate) struct StrategyArgument {
    /// What it stands behind.
    pub(crate) owner: Ident,
    /// What stands behind the `<`.
    pub(crate) word: Option<Word<Strategy>>,
    pub(crate) is_closed: bool,
}

/// What stands in the braces of a supervisor.
pub(crate) enum Entry {
    /// `intensity: 3 in 5s;`
    Option {
        attrs: Vec<Attribute>,
        option: OptionEntry,
    },
    Child(Box<Child>),
    /// It could not be read, or it does not end as it should.
    Unreadable(Error),
}

/// `name: start { options };`
pub(crate) struct Child {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) name: Ident,
    pub(crate) start: Start,
    pub(crate) options: Options,
}

/// What stands after a child's name.
pub(crate) enum Start {
    /// `Db(cfg.url.clone())`
    One(Call),
    /// `[Worker(i) for i in 0..3]`
    Each(Box<Each>),
    /// `supervisor<one_for_one> { .. }`
    Nested(Nested),
    /// `dynamic<Session>`, `dynamic<Session>(user, db) for user: String`
    Dynamic(Box<Dynamic>),
    /// `partition<Shard>(i, db) for i`
    Partition(Box<Partition>),
    /// `= expression`
    Spec(Spec),
    /// It could not be read.
    Unreadable(Error),
}

/// `Db(cfg.url.clone())`
pub(crate) struct Call {
    pub(crate) ty: Type,
    /// The parentheses and what is in them.
    pub(crate) arguments: Option<Group>,
}

/// `[Worker(i) for i in 0..3]`
pub(crate) struct Each {
    pub(crate) call: Call,
    pub(crate) pattern: Pat,
    pub(crate) range: TokenStream,
}

/// `supervisor<one_for_one> { .. }`
pub(crate) struct Nested {
    /// Parentheses, which only a whole tree has.
    pub(crate) parameters: Option<TokenTree>,
    pub(crate) supervisor: Supervisor,
}

/// `dynamic<Session>`, `dynamic<Session>(user, db) for user: String`
pub(crate) struct Dynamic {
    pub(crate) keyword: Ident,
    pub(crate) ty: Option<Type>,
    /// The parentheses and what is in them, where the tree makes the arguments of its children.
    pub(crate) arguments: Option<Group>,
    /// What it makes them of; an error where that could not be read.
    pub(crate) given: Option<Result<Given>>,
}

/// `for user: String`, `for ()`
pub(crate) struct Given {
    /// What it is called, or taken apart into.
    pub(crate) pattern: Pat,
    /// It may be left out behind `()`.
    pub(crate) ty: Option<Type>,
}

/// `partition<Shard>(i, db) for i`
pub(crate) struct Partition {
    pub(crate) keyword: Ident,
    pub(crate) ty: Option<Type>,
    /// The parentheses and what is in them.
    pub(crate) arguments: Option<Group>,
    /// What the number of a partition is called.
    pub(crate) number: Option<Ident>,
    /// `: usize` behind the number, which only what a dynamic child is started with has.
    pub(crate) number_ty: Option<TokenStream>,
    /// `in 0..3` behind the number, which only a repeated child has.
    pub(crate) range: Option<TokenStream>,
}

/// `= expression`
pub(crate) struct Spec {
    pub(crate) equals: Token![=],
    pub(crate) expression: TokenStream,
}

impl Supervisor {
    pub(crate) fn children(&self) -> impl Iterator<Item = &Child> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Child(child) => Some(&**child),
            _ => None,
        })
    }

    /// The first `intensity` that can be read.
    pub(crate) fn intensity(&self) -> Option<&Intensity> {
        self.options().find_map(|option| match &option.value {
            Ok(Value::Intensity(intensity)) => Some(intensity),
            _ => None,
        })
    }

    /// The first `auto_shutdown` that can be read.
    pub(crate) fn auto_shutdown(&self) -> Option<&Word<AutoShutdown>> {
        self.options().find_map(|option| match &option.value {
            Ok(Value::AutoShutdown(word)) => Some(word),
            _ => None,
        })
    }

    /// Whether the option `key` is given, with a value that can be read or not.
    pub(crate) fn gives(&self, key: &str) -> bool {
        self.options().any(|option| option.key == key)
    }

    fn options(&self) -> impl Iterator<Item = &OptionEntry> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Option { option, .. } => Some(option),
            _ => None,
        })
    }
}

impl StrategyArgument {
    pub(crate) fn meaning(&self) -> Option<Strategy> {
        self.word.as_ref().and_then(|word| word.meaning)
    }
}

impl Child {
    pub(crate) fn cfgs(&self) -> impl Iterator<Item = &Attribute> {
        super::cfgs(&self.attrs)
    }

    /// Whether both can be in one build. Two different `#[cfg]`s are taken to exclude each other; rustc says it when
    /// they don't.
    pub(crate) fn can_meet(&self, other: &Child) -> bool {
        let cfgs = |child: &Child| {
            let cfgs = child.cfgs().map(|cfg| cfg.to_token_stream().to_string());
            cfgs.collect::<Vec<_>>()
        };
        let (own, others) = (cfgs(self), cfgs(other));
        own.is_empty() || others.is_empty() || own == others
    }
}

impl Each {
    /// The variables of the loop.
    pub(crate) fn variables(&self) -> Vec<&Ident> {
        variables(&self.pattern)
    }
}

impl Dynamic {
    /// What a child is started with, where the tree makes arguments of it.
    pub(crate) fn given(&self) -> Option<&Given> {
        self.given.as_ref().and_then(|given| given.as_ref().ok())
    }
}

impl Given {
    pub(crate) fn variables(&self) -> Vec<&Ident> {
        variables(&self.pattern)
    }

    /// Whether its type is known; the pattern `()` says it by itself.
    pub(crate) fn is_typed(&self) -> bool {
        self.ty.is_some() || matches!(&self.pattern, Pat::Tuple(tuple) if tuple.elems.is_empty())
    }

    /// Its type, if that is one that the type of an accessor can mention.
    pub(crate) fn sent_ty(&self) -> Option<TokenStream> {
        match &self.ty {
            Some(ty) => (Unowned::of(ty).is_empty() && inferred(ty).is_none()).then(|| ty.to_token_stream()),
            None => self.is_typed().then(|| self.pattern.to_token_stream()),
        }
    }
}

/// The variables that a pattern binds.
fn variables(pattern: &Pat) -> Vec<&Ident> {
    struct Variables<'ast>(Vec<&'ast Ident>);
    impl<'ast> Visit<'ast> for Variables<'ast> {
        fn visit_pat_ident(&mut self, pattern: &'ast PatIdent) {
            self.0.push(&pattern.ident);
            visit::visit_pat_ident(self, pattern);
        }
    }
    let mut variables = Variables(Vec::new());
    variables.visit_pat(pattern);
    variables.0
}
