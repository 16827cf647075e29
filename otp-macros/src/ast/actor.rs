//! An `#[actor] impl` block: its header, its options, and the signatures of its methods.
//!
//! Method bodies are not in here: the user's block goes to the output as it came, and everything else is made from
//! signatures. Facts that follow from the tokens are methods; whether they are allowed is for `check` to say.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::{Attribute, Error, ItemImpl, Meta, Path, ReturnType, Signature, Type, Visibility};

use super::options::Options;
use super::types::last_segment;

/// The argument that tells a helper attribute that an `#[actor]` has read it.
pub(crate) const READ: &str = "__inside_actor";

/// The whole block.
pub(crate) struct Actor {
    pub(crate) options: Options,
    /// The `impl` without its items.
    pub(crate) header: ItemImpl,
    pub(crate) methods: Vec<Method>,
    /// Helper attributes on what is no method.
    pub(crate) misplaced: Vec<Helper>,
    /// One for each item that could not be read.
    pub(crate) unreadable: Vec<Error>,
}

/// One method, helper or not.
pub(crate) struct Method {
    pub(crate) helpers: Vec<Helper>,
    /// All other attributes.
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) signature: Signature,
    pub(crate) parameters: Vec<Parameter>,
}

/// `#[handle_call]` and its siblings.
pub(crate) struct Helper {
    pub(crate) kind: Kind,
    pub(crate) attribute: Attribute,
}

impl Helper {
    /// Whether its argument is `priority`.
    pub(crate) fn is_priority(&self) -> bool {
        matches!(&self.attribute.meta, Meta::List(list) if list.tokens.to_string() == "priority")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Init,
    Call,
    Cast,
    Info,
    Continue,
    Terminate,
}

/// A parameter other than the receiver.
pub(crate) struct Parameter {
    pub(crate) attrs: Vec<Attribute>,
    /// The pattern as written; anything but a name is refused.
    pub(crate) pattern: syn::Pat,
    /// The name in the pattern, or a made-up one.
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    pub(crate) role: Role,
}

/// What a parameter is for.
pub(crate) enum Role {
    /// A part of the message, or an argument of `init`.
    Argument,
    /// `ctx: &mut Context<Self>`
    Context,
    /// `reply: ReplyTo<T>` of a call; the `T`, where it is written.
    Reply(Option<Box<Type>>),
    /// `reason: &ExitReason` of `#[terminate]`.
    Reason,
}

impl Kind {
    pub(crate) const ALL: [Self; 6] = [Self::Init, Self::Call, Self::Cast, Self::Info, Self::Continue, Self::Terminate];

    /// The name of its attribute.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Call => "handle_call",
            Self::Cast => "handle_cast",
            Self::Info => "handle_info",
            Self::Continue => "handle_continue",
            Self::Terminate => "terminate",
        }
    }

    /// The kind whose attribute has this path; its last segment decides.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let last = &path.segments.last()?.ident;
        Self::ALL.into_iter().find(|kind| last == kind.name())
    }
}

impl Actor {
    /// The method with `#[init]`; the first, should there be several.
    pub(crate) fn init(&self) -> Option<&Method> {
        self.of_kind(Kind::Init).next()
    }

    /// The methods that messages are made for, in the order of the block.
    pub(crate) fn handlers(&self) -> impl Iterator<Item = &Method> {
        self.methods.iter().filter(|method| method.has_client())
    }

    /// The `#[handle_info]` methods that are found by the type of what arrives.
    ///
    /// `Down` and `Exit` always are; any other one is when it has exactly one argument, of a type that no
    /// differently named info handler of the block takes.
    pub(crate) fn by_type(&self) -> impl Iterator<Item = (&Method, &Parameter)> {
        let alone = |method: &Method| match method.arguments().collect::<Vec<_>>()[..] {
            [parameter] => Some(parameter.ty.to_token_stream().to_string()),
            _ => None,
        };
        self.of_kind(Kind::Info).filter_map(move |method| {
            let ty = alone(method)?;
            let unique = self
                .of_kind(Kind::Info)
                .filter(|other| other.signature.ident != method.signature.ident)
                .all(|other| alone(other).as_deref() != Some(&*ty));
            if unique || method.is_signal() { Some((method, method.arguments().next()?)) } else { None }
        })
    }

    /// The method that is told what a full mailbox has dropped.
    pub(crate) fn on_full(&self) -> Option<&Method> {
        let name = self.options.on_full()?;
        self.methods.iter().find(|method| method.signature.ident == *name)
    }

    /// All methods with the attribute of `kind`, where it is their first.
    pub(crate) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Method> {
        self.methods.iter().filter(move |method| method.kind() == Some(kind))
    }
}

impl Method {
    /// What its first helper attribute makes it; `None` for a plain method.
    pub(crate) fn kind(&self) -> Option<Kind> {
        self.helpers.first().map(|helper| helper.kind)
    }

    /// Whether its messages go before others: `#[handle_call(priority)]`.
    pub(crate) fn is_priority(&self) -> bool {
        self.helpers.first().is_some_and(Helper::is_priority)
    }

    /// The parameters that travel in the message, or that `init` is given.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(|parameter| matches!(parameter.role, Role::Argument))
    }

    /// The parameter through which a call is answered later.
    pub(crate) fn reply(&self) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| matches!(parameter.role, Role::Reply(_)))
    }

    /// The type of the answer to a call; `None` for `()`.
    pub(crate) fn answer(&self) -> Option<&Type> {
        match self.reply().map(|parameter| &parameter.role) {
            Some(Role::Reply(ty)) => ty.as_deref(),
            _ => self.output(),
        }
    }

    /// The return type, unless it is left out.
    pub(crate) fn output(&self) -> Option<&Type> {
        match &self.signature.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some(ty),
        }
    }

    /// Whether a client can send it: every handler except those of `Down` and `Exit`.
    pub(crate) fn has_client(&self) -> bool {
        match self.kind() {
            Some(Kind::Call | Kind::Cast | Kind::Continue) => true,
            Some(Kind::Info) => !self.is_signal(),
            Some(Kind::Init | Kind::Terminate) | None => false,
        }
    }

    pub(crate) fn cfgs(&self) -> impl Iterator<Item = &Attribute> {
        super::cfgs(&self.attrs)
    }

    /// Whether it takes a `Down` or an `Exit`, which only the runtime sends.
    pub(crate) fn is_signal(&self) -> bool {
        let mut arguments = self.arguments();
        let (Some(parameter), None) = (arguments.next(), arguments.next()) else {
            return false;
        };
        matches!(last_segment(&parameter.ty), Some(segment) if segment.ident == "Down" || segment.ident == "Exit")
    }
}

/// Whether a path means the same in every module.
pub(crate) fn is_absolute(path: &Path) -> bool {
    path.leading_colon.is_some() || path.segments.first().is_some_and(|first| first.ident == "crate")
}
