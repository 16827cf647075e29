//! The rules of a supervision tree.
//!
//! `parts` has those of each part by itself, `order` those of what may use what, this file those of parts that stand
//! beside each other. What an actor takes and whether it is one is left to rustc, which sees types.

mod order;
mod parts;

use proc_macro2::Ident;
use syn::LitStr;

use crate::ast::START_FUNCTIONS;
use crate::ast::options::{AutoShutdown, Restart};
use crate::ast::supervisor::{Child, Start, Supervisor, Tree, TreeParameter};
use crate::ast::types::Unowned;
use crate::errors::Errors;
use crate::wording;

/// Pushes an error for every rule that `tree` breaks.
pub(crate) fn check(tree: &Tree, errors: &mut Errors) {
    parts::check(tree, errors);
    for parameter in &tree.parameters {
        owned(parameter, errors);
    }
    let known = tree.parameters.iter().map(|parameter| &parameter.name).collect::<Vec<_>>();
    supervisor(&tree.supervisor, &known, &[], errors);
}

/// `known` are the names in scope; `later` are those that children around this supervisor will have.
fn supervisor(supervisor: &Supervisor, known: &[&Ident], later: &[&Ident], errors: &mut Errors) {
    let children = supervisor.children().collect::<Vec<_>>();
    names(&children, errors);
    let mut known = known.to_vec();
    for (index, child) in children.iter().enumerate() {
        significance(child, supervisor, errors);
        one_name(child, errors);
        let later = children[index..].iter().map(|child| &child.name).chain(later.iter().copied()).collect::<Vec<_>>();
        order::check(child, &known, &later, errors);
        if let Start::Nested(nested) = &child.start {
            self::supervisor(&nested.supervisor, &known, &later, errors);
        }
        known.push(&child.name);
    }
}

/// A parameter is kept for restarts, so it must own what it holds.
fn owned(parameter: &TreeParameter, errors: &mut Errors) {
    let name = &parameter.name;
    let Unowned { unnamed, borrowed } = Unowned::of(&parameter.ty);
    if let Some(unnamed) = unnamed {
        errors.at(
            unnamed,
            format!("`impl Trait` is not allowed here: `{name}` is kept for restarts, so it needs one concrete type"),
        );
    } else if let Some(borrowed) = borrowed {
        let text = wording::code(&borrowed);
        errors
            .at(borrowed, format!("`{name}` is kept for restarts, so it must own its data, but `{text}` is borrowed"));
    }
}

/// No two children of one supervisor have the same name, and none has that of a function of the tree.
fn names(children: &[&Child], errors: &mut Errors) {
    let mut blamed = Vec::new();
    for (index, child) in children.iter().enumerate() {
        let name = &child.name;
        if START_FUNCTIONS.iter().any(|reserved| name == reserved) {
            errors.at(name, format!("a child can't be named `{name}`: every tree has a function of that name"));
        }
        let Some(first) = children[..index].iter().position(|other| other.name == *name && other.can_meet(child))
        else {
            continue;
        };
        errors.at(name, format!("second child named `{name}`; children are found by name"));
        if !blamed.contains(&first) {
            errors.at(&children[first].name, format!("first child named `{name}`"));
            blamed.push(first);
        }
    }
}

/// A significant child ends its supervisor by ending, so it must be able to end and someone must look.
///
/// Values that mean nothing have their errors already.
fn significance(child: &Child, supervisor: &Supervisor, errors: &mut Errors) {
    const NEVER_ENDS: &str = "it is always restarted, so it never ends\n\n\
                              help: write `restart: transient` or `restart: temporary`";
    let (options, name) = (&child.options, &child.name);
    let Some(word) = options.significant() else { return };
    // These have no such option.
    if matches!(child.start, Start::Dynamic(_) | Start::Partition(_)) {
        return;
    }
    match options.restart().and_then(|word| word.meaning) {
        None if !options.gives("restart") => {
            errors.at(word, format!("significant child `{name}` is permanent by default: {NEVER_ENDS}"));
        }
        Some(Restart::Permanent) => {
            errors.at(word, format!("child `{name}` can't be significant and permanent: {NEVER_ENDS}"));
        }
        None | Some(Restart::Transient | Restart::Temporary) => {}
    }
    let auto_shutdown = supervisor.auto_shutdown().and_then(|word| word.meaning);
    if !supervisor.gives("auto_shutdown") || matches!(auto_shutdown, Some(AutoShutdown::Never)) {
        errors.at(
            word,
            format!(
                "child `{name}` is significant, but its supervisor has no `auto_shutdown`\n\n\
                 help: add `auto_shutdown: any_significant;` beside it"
            ),
        );
    }
}

/// Repeated children can't share one name.
fn one_name(child: &Child, errors: &mut Errors) {
    if let (Start::Each(_), Some(name)) = (&child.start, child.options.name())
        && syn::parse2::<LitStr>(name.clone()).is_ok()
    {
        let child = &child.name;
        errors.at(
            name,
            format!(
                "every `{child}` would have this name\n\n\
                 help: make it depend on the loop: `name: format!(\"{child}-{{i}}\")`"
            ),
        );
    }
}
