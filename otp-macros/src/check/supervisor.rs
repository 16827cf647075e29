//! The rules of a supervision tree that its grammar can't express.
//!
//! Names, order, parameters and significance. What an actor takes and whether it is one is left to rustc, which sees types.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::LitStr;

use crate::ast::options::Restart;
use crate::ast::supervisor::{AutoShutdown, Child, Level, Parameter, RESERVED, Start, Tree};
use crate::errors::Errors;
use crate::wording;

/// Pushes an error for every rule that `tree` breaks.
pub(crate) fn check(tree: &Tree, cx: &mut Errors) {
    for parameter in &tree.parameters {
        owned(parameter, cx);
    }
    let known = tree.parameters.iter().map(|parameter| &parameter.name).collect::<Vec<_>>();
    level(&tree.level, &known, &[], cx);
}

/// `known` are the names in scope; `later` are those that children around this level will have.
fn level(level: &Level, known: &[&Ident], later: &[&Ident], cx: &mut Errors) {
    names(&level.children, cx);
    let mut known = known.to_vec();
    for (index, child) in level.children.iter().enumerate() {
        significance(child, level, cx);
        one_name(child, cx);
        let later =
            level.children[index..].iter().map(|child| &child.name).chain(later.iter().copied()).collect::<Vec<_>>();
        order(child, &known, &later, cx);
        if let Start::Nested(nested) = &child.start {
            self::level(nested, &known, &later, cx);
        }
        known.push(&child.name);
    }
}

/// A parameter is kept for restarts, so it must own what it holds.
fn owned(parameter: &Parameter, cx: &mut Errors) {
    let name = &parameter.name;
    if let Some(found) = parameter.unnamed() {
        cx.at(
            found,
            format!("`impl Trait` is not allowed here: `{name}` is kept for restarts, so it needs one concrete type"),
        );
    } else if let Some(found) = parameter.borrowed() {
        let text = wording::code(&found);
        cx.at(found, format!("`{name}` is kept for restarts, so it must own its data, but `{text}` is borrowed"));
    }
}

/// No two children of one supervisor have the same name, and none has that of a function of the tree.
fn names(children: &[Child], cx: &mut Errors) {
    let mut blamed = Vec::new();
    for (index, child) in children.iter().enumerate() {
        let name = &child.name;
        if RESERVED.iter().any(|reserved| name == reserved) {
            cx.at(name, format!("a child can't be named `{name}`: every tree has a function of that name"));
        }
        let Some(first) = children[..index].iter().position(|other| other.name == *name && other.can_meet(child))
        else {
            continue;
        };
        cx.at(name, format!("second child named `{name}`; children are found by name"));
        if !blamed.contains(&first) {
            cx.at(&children[first].name, format!("first child named `{name}`"));
            blamed.push(first);
        }
    }
}

/// A significant child ends its supervisor by ending, so it must be able to end and someone must look.
fn significance(child: &Child, level: &Level, cx: &mut Errors) {
    let (Some(word), name) = (&child.options.significant, &child.name) else {
        return;
    };
    let repair = "help: write `restart: transient` or `restart: temporary`";
    match child.options.restart {
        None => cx.at(
            word,
            format!("significant child `{name}` is permanent by default: it is always restarted, so it never ends\n\n{repair}"),
        ),
        Some(Restart::Permanent) => cx.at(
            word,
            format!("child `{name}` can't be significant and permanent: it is always restarted, so it never ends\n\n{repair}"),
        ),
        Some(Restart::Transient | Restart::Temporary) => {}
    }
    if matches!(level.auto_shutdown, None | Some(AutoShutdown::Never)) {
        cx.at(
            word,
            format!(
                "child `{name}` is significant, but its supervisor has no `auto_shutdown`\n\n\
                 help: add `auto_shutdown: any_significant;` beside it"
            ),
        );
    }
}

/// Repeated children can't share one name.
fn one_name(child: &Child, cx: &mut Errors) {
    if let (Start::Each(_), Some(name)) = (&child.start, &child.options.name)
        && syn::parse2::<LitStr>(name.clone()).is_ok()
    {
        let child = &child.name;
        cx.at(
            name,
            format!("every `{child}` would have this name\n\nhelp: make it depend on the loop: `name: format!(\"{child}-{{i}}\")`"),
        );
    }
}

/// A child can't use what is started after it.
///
/// Its expressions are opaque, so this only catches a plain name in a place where nothing else can have bound it; the rest is
/// rustc's "cannot find value".
fn order(child: &Child, known: &[&Ident], later: &[&Ident], cx: &mut Errors) {
    let mut known = known.to_vec();
    let mut expressions = Vec::new();
    match &child.start {
        Start::One(call) => expressions.push(call.arguments.stream()),
        Start::Each(each) => {
            blame(&each.range, child, &known, later, cx);
            known.extend(each.variables());
            expressions.push(each.call.arguments.stream());
        }
        Start::Partition(partition) => {
            known.extend(&partition.number);
            expressions.push(partition.call.arguments.stream());
        }
        Start::Spec(spec) => expressions.push(spec.clone()),
        Start::Nested(_) | Start::Dynamic(_) | Start::Unknown(_) => {}
    }
    expressions.extend(child.options.name.clone());
    expressions.extend(child.options.max_children.clone());
    expressions.extend(child.options.partitions.clone());
    for expression in &expressions {
        blame(expression, child, &known, later, cx);
    }
}

fn blame(expression: &TokenStream, child: &Child, known: &[&Ident], later: &[&Ident], cx: &mut Errors) {
    if binds(expression) {
        return;
    }
    let name = &child.name;
    for later in later.iter().filter(|later| !known.contains(later)) {
        let Some(used) = use_of(expression, later) else {
            continue;
        };
        if *later == name {
            cx.at(used, format!("`{name}` can't use itself: it is not there before it is started"));
        } else {
            cx.at(
                used,
                format!("`{later}` is started after `{name}`, so `{name}` can't use it\n\nhelp: move `{later}` above `{name}`"),
            );
        }
    }
}

/// Whether an expression may bind names of its own.
fn binds(expression: &TokenStream) -> bool {
    expression.clone().into_iter().any(|token| match token {
        TokenTree::Group(group) => binds(&group.stream()),
        TokenTree::Ident(word) => ["let", "for", "match", "fn"].iter().any(|binder| word == binder),
        TokenTree::Punct(punct) => punct.as_char() == '|',
        TokenTree::Literal(_) => false,
    })
}

/// Where `name` stands as a variable: not as a field, a method, a function, a macro, a part of a path or a field's name.
fn use_of(expression: &TokenStream, name: &Ident) -> Option<Ident> {
    let tokens = expression.clone().into_iter().collect::<Vec<_>>();
    let is = |token: Option<&TokenTree>, chars: &str| matches!(token, Some(TokenTree::Punct(punct)) if chars.contains(punct.as_char()));
    tokens.iter().enumerate().find_map(|(index, token)| match token {
        TokenTree::Group(group) => use_of(&group.stream(), name),
        TokenTree::Ident(word) if word == name => {
            let before = index.checked_sub(1).and_then(|index| tokens.get(index));
            let is_range = is(before, ".") && is(index.checked_sub(2).and_then(|index| tokens.get(index)), ".");
            let is_part = is(before, ".:'") && !is_range;
            let after = tokens.get(index + 1);
            let is_called =
                matches!(after, Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis);
            (!is_part && !is(after, ":!") && !is_called).then(|| word.clone())
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use quote::{format_ident, quote};

    use super::*;

    fn is_used(expression: TokenStream) -> bool {
        !binds(&expression) && use_of(&expression, &format_ident!("db")).is_some()
    }

    #[test]
    fn a_plain_name_is_a_use() {
        assert!(is_used(quote!(db)));
        assert!(is_used(quote!(1, &db)));
        assert!(is_used(quote!(db.clone())));
        assert!(is_used(quote!(f(g[db]))));
        assert!(is_used(quote!(Config { db, port: 1 })));
        assert!(is_used(quote!(0..db)));
    }

    #[test]
    fn what_may_be_something_else_is_none() {
        assert!(!is_used(quote!(cfg.db)));
        assert!(!is_used(quote!(db())));
        assert!(!is_used(quote!(db!())));
        assert!(!is_used(quote!(db::URL)));
        assert!(!is_used(quote!(self::db)));
        assert!(!is_used(quote!(Config { db: 1 })));
        assert!(!is_used(quote!({
            let db = 1;
            db
        })));
        assert!(!is_used(quote!(urls.map(|db| db))));
        assert!(!is_used(quote!("db")));
    }
}
