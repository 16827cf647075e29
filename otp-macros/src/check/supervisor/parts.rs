//! The rules of each part of a tree by itself, in the order of the source: strategies, parameters, options, starts.
//!
//! The errors of what could not be read are among them, at their places.

use proc_macro2::{Group, Ident, TokenTree};
use syn::Result;

use crate::ast::options::{AutoShutdown, OptionEntry, Value};
use crate::ast::supervisor::{
    CHILD_OPTIONS, Call, Child, Dynamic, Entry, FOREIGN_OPTIONS, Given, Partition, SUPERVISOR_OPTIONS, Start,
    StrategyArgument, Supervisor, Tree, TreeParameter,
};
use crate::ast::types::{Unowned, inferred};
use crate::check::options::{self, Place};
use crate::errors::Errors;
use crate::wording::{self, list};

/// Those of each child of it, then its own.
const DYNAMIC_OPTIONS: [&str; 8] =
    ["restart", "shutdown", "mailbox", "backoff", "mailbox_on_restart", "name", "max_children", "intensity"];
/// Those of each partition, then its own.
const PARTITION_OPTIONS: [&str; 9] =
    ["restart", "shutdown", "mailbox", "backoff", "mailbox_on_restart", "name", "partitions", "strategy", "intensity"];

const SUPERVISOR: Place = Place {
    known: &SUPERVISOR_OPTIONS,
    unknown: unknown_supervisor_option,
    missing: |key| {
        if key == "intensity" {
            return options::INTENSITY.to_owned();
        }
        format!("`{key}` needs a `auto_shutdown` value, one of {}", list(&options::names::<AutoShutdown>()))
    },
    rule: |_, _| Ok(()),
};

const CHILD: Place = Place {
    known: &CHILD_OPTIONS,
    unknown: |key| unknown_option("child option", key, &CHILD_OPTIONS),
    missing: missing_value,
    rule: name_may_be,
};

const DYNAMIC: Place = Place {
    known: &DYNAMIC_OPTIONS,
    unknown: |key| unknown_option("option of a dynamic supervisor", key, &DYNAMIC_OPTIONS),
    ..CHILD
};

const PARTITION: Place = Place {
    known: &PARTITION_OPTIONS,
    unknown: |key| unknown_option("option of a partition supervisor", key, &PARTITION_OPTIONS),
    ..CHILD
};

pub(super) fn check(tree: &Tree, errors: &mut Errors) {
    strategy(&tree.supervisor.strategy, errors);
    for parameter in &tree.parameters {
        self::parameter(parameter, errors);
    }
    for error in &tree.unreadable_parameters {
        errors.push(error.clone());
    }
    entries(&tree.supervisor, errors);
}

fn strategy(strategy: &StrategyArgument, errors: &mut Errors) {
    let StrategyArgument { owner, word, is_closed } = strategy;
    match word {
        _ if !is_closed => errors.at(
            owner,
            format!("the restart strategy of `{owner}` is not closed\n\nhelp: write `{owner}<one_for_one>`"),
        ),
        Some(word) if !word.tokens.is_empty() => errors.take(options::word("restart strategy", word, &[])),
        _ => errors.at(owner, format!("`{owner}` lacks its restart strategy\n\nhelp: write `{owner}<one_for_one>`")),
    }
}

/// A name and a type, and nothing more.
fn parameter(parameter: &TreeParameter, errors: &mut Errors) {
    if let Some(attr) = parameter.attrs.first() {
        errors.at(attr, "the parameters of a tree take no attributes");
    } else if let Some(mutability) = &parameter.mutability {
        errors.at(mutability, "the parameters of a tree are shared by all its children, so they can't be `mut`");
    }
}

fn entries(supervisor: &Supervisor, errors: &mut Errors) {
    let mut before = Vec::new();
    for entry in &supervisor.entries {
        match entry {
            Entry::Option { attrs, option } => {
                let is_known = !matches!(option.value, Ok(Value::OfUnknownKey));
                if let Some(attr) = attrs.first().filter(|_| is_known) {
                    errors.at(attr, format!("attributes belong on a child, not on the option `{}`", option.key));
                }
                errors.take(options::entry(option, &SUPERVISOR, &mut before));
            }
            Entry::Child(child) => self::child(child, errors),
            Entry::Unreadable(error) => errors.push(error.clone()),
        }
    }
}

/// Says that `name: value` is no option of a tree, and what it might have been.
fn unknown_supervisor_option(name: &Ident) -> String {
    let given = name.to_string();
    if CHILD_OPTIONS.contains(&given.as_str()) {
        return format!(
            "`{given}` is an option of a child, not of the tree\n\n\
             help: write it after the child: `db: Actor(..) {{ {given}: .. }};`"
        );
    }
    if let Some((_, here)) = FOREIGN_OPTIONS.iter().find(|(name, _)| *name == given) {
        return format!("a tree has no option `{given}`\n\nhelp: {here}");
    }
    let message = wording::unknown("tree option", &given, &SUPERVISOR_OPTIONS);
    let separator = if message.contains("help:") { " " } else { "\n\nhelp: " };
    format!("{message}{separator}a child reads `{given}: Actor(..);`")
}

fn child(child: &Child, errors: &mut Errors) {
    let place = match &child.start {
        Start::Dynamic(_) => DYNAMIC,
        Start::Partition(_) => PARTITION,
        _ => CHILD,
    };
    match &child.start {
        Start::One(start) => call(start, child, errors),
        Start::Each(each) => call(&each.call, child, errors),
        Start::Nested(nested) => {
            strategy(&nested.supervisor.strategy, errors);
            if let Some(parameters) = &nested.parameters {
                let name = &child.name;
                let message = format!("nested tree `{name}` takes no parameters: those of the whole tree are in scope");
                errors.at(parameters, message);
            }
            entries(&nested.supervisor, errors);
        }
        Start::Dynamic(start) => dynamic(start, child, errors),
        Start::Partition(start) => partition(start, child, errors),
        Start::Spec(spec) if spec.expression.is_empty() => {
            let name = &child.name;
            let message = format!("`{name}: =` needs a child spec\n\nhelp: write `{name}: = Actor::child_spec(..);`");
            errors.at(spec.equals, message);
        }
        Start::Spec(_) => {}
        Start::Unreadable(error) => errors.push(error.clone()),
    }
    options::check(&child.options, &place, errors);
}

fn call(call: &Call, child: &Child, errors: &mut Errors) {
    if call.arguments.is_none() {
        errors.at(&call.ty, without_arguments(child));
    }
}

fn dynamic(start: &Dynamic, child: &Child, errors: &mut Errors) {
    let Dynamic { keyword, ty, arguments, given } = start;
    let Some(ty) = ty else {
        return errors.at(keyword, "`dynamic` lacks the type of its children\n\nhelp: write `dynamic<Actor>`");
    };
    match (arguments, given) {
        (_, Some(Err(error))) => errors.push(error.clone()),
        (None, Some(Ok(_))) => errors.at(ty, without_arguments(child)),
        (Some(_), Some(Ok(given))) => self::given(given, errors),
        (Some(arguments), None) => self::arguments(arguments, errors),
        (None, None) => {}
    }
}

/// The arguments of dynamic children, of which nobody knows what `start_child` takes of them.
fn arguments(arguments: &Group, errors: &mut Errors) {
    let is_closure = match arguments.stream().into_iter().next() {
        Some(TokenTree::Punct(punct)) => punct.as_char() == '|',
        Some(TokenTree::Ident(word)) => word == "move",
        _ => false,
    };
    if is_closure {
        errors.at(
            arguments.stream(),
            "here are the arguments of a child, not a closure that makes them\n\n\
             help: write `dynamic<Actor>(user, db) for user: String`",
        );
    } else {
        errors.at(
            arguments,
            "the arguments of dynamic children are made of what `start_child` takes, which is not said here\n\n\
             help: add `for name: Type`, or `for ()` when it takes nothing; \
             without arguments here, it takes all of them",
        );
    }
}

/// What `start_child` takes has a type that the accessor's can mention.
fn given(given: &Given, errors: &mut Errors) {
    let name = wording::code(&given.pattern);
    let Some(ty) = &given.ty else {
        if !given.is_typed() {
            errors.at(
                &given.pattern,
                format!(
                    "`{name}` lacks its type, which is that of what `start_child` takes\n\n\
                         help: write `for {name}: Type`"
                ),
            );
        }
        return;
    };
    let Unowned { unnamed, borrowed } = Unowned::of(ty);
    if let Some(unnamed) = unnamed {
        errors.at(
            unnamed,
            format!("`impl Trait` is not allowed here: `start_child` takes `{name}`, so it needs one concrete type"),
        );
    } else if let Some(borrowed) = borrowed {
        let text = wording::code(&borrowed);
        errors.at(
            borrowed,
            format!("`{name}` is sent to the supervisor, so it must own its data, but `{text}` is borrowed"),
        );
    } else if let Some(inferred) = inferred(ty) {
        errors.at(
            inferred,
            format!("the type of `{name}` is that of what `start_child` takes, so it has to be written in full"),
        );
    }
}

fn partition(start: &Partition, child: &Child, errors: &mut Errors) {
    let Partition { keyword, ty, arguments, number_ty, range, .. } = start;
    if let Some(number_ty) = number_ty {
        errors.at(number_ty, "the number of a partition is always a `usize`\n\nhelp: write its name alone");
    }
    if let Some(range) = range {
        errors.at(range, "partitions are numbered from 0\n\nhelp: say how many there are with `partitions: 8`");
    }
    match (ty, arguments) {
        (None, _) => {
            errors.at(keyword, "`partition` lacks the type of its children\n\nhelp: write `partition<Actor>(..)`");
        }
        (Some(ty), None) => errors.at(ty, without_arguments(child)),
        (Some(_), Some(_)) => {}
    }
}

fn without_arguments(child: &Child) -> String {
    let name = &child.name;
    format!(
        "child `{name}` lacks its arguments\n\nhelp: write them in parentheses after the type, `()` when there are none"
    )
}

fn unknown_option(what: &str, key: &Ident, known: &[&str]) -> String {
    let mut message = wording::unknown(what, key, known);
    if options::is_restart(key) {
        message.push_str(&format!("\n\nhelp: write `restart: {key}`"));
    }
    message
}

fn missing_value(key: &Ident) -> String {
    let example = match key.to_string().as_str() {
        "restart" => "restart: transient",
        "shutdown" => "shutdown: 5s",
        "mailbox" => "mailbox: bounded(1000, block)",
        "name" => "name: \"db\"",
        "max_children" => "max_children: 10_000",
        "partitions" => "partitions: 8",
        "strategy" => "strategy: one_for_all",
        "intensity" => "intensity: 3 in 5s",
        "backoff" => "backoff: 100ms..=30s",
        "mailbox_on_restart" => "mailbox_on_restart: keep",
        _ => "significant: true",
    };
    format!("`{key}` needs a value, as in `{example}`")
}

fn name_may_be(entry: &OptionEntry, _: &[&Ident]) -> Result<()> {
    match &entry.value {
        Ok(Value::Name(name)) => options::name_may_be(name, "a name is a string, or an expression that makes a name"),
        _ => Ok(()),
    }
}
