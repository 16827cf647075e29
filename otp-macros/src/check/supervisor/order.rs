//! A child cannot use what is started after it.
//!
//! Its expressions are opaque. So this finds a plain name where nothing else can have bound it; for the rest rustc says
//! "cannot find value".

use proc_macro2::{Group, Ident, TokenStream, TokenTree};

use crate::ast::supervisor::{Child, Given, Start};
use crate::ast::uses::use_of;
use crate::errors::Errors;

/// `known` are the names in scope, `later` those of children that are started later.
pub(super) fn check(child: &Child, known: &[&Ident], later: &[&Ident], errors: &mut Errors) {
    let mut known = known.to_vec();
    let mut expressions = Vec::new();
    match &child.start {
        Start::One(call) => expressions.extend(call.arguments.as_ref().map(Group::stream)),
        Start::Each(each) => {
            blame(&each.range, child, &known, later, errors);
            known.extend(each.variables());
            expressions.extend(each.call.arguments.as_ref().map(Group::stream));
        }
        Start::Partition(partition) => {
            known.extend(&partition.number);
            expressions.extend(partition.arguments.as_ref().map(Group::stream));
        }
        Start::Spec(spec) => expressions.push(spec.expression.clone()),
        Start::Dynamic(dynamic) => {
            known.extend(dynamic.given().into_iter().flat_map(Given::variables));
            expressions.extend(dynamic.arguments.as_ref().map(Group::stream));
        }
        Start::Nested(_) | Start::Unreadable(_) => {}
    }
    expressions.extend(child.options.expressions().cloned());
    for expression in &expressions {
        blame(expression, child, &known, later, errors);
    }
}

fn blame(expression: &TokenStream, child: &Child, known: &[&Ident], later: &[&Ident], errors: &mut Errors) {
    if binds(expression) {
        return;
    }
    let name = &child.name;
    for later in later.iter().filter(|later| !known.contains(later)) {
        let Some(used) = use_of(expression, &later.to_string()) else {
            continue;
        };
        if *later == name {
            errors.at(used, format!("`{name}` can't use itself: it is not there before it is started"));
        } else {
            errors.at(
                used,
                format!(
                    "`{later}` is started after `{name}`, so `{name}` can't use it\n\n\
                     help: move `{later}` above `{name}`"
                ),
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

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn is_used(expression: TokenStream) -> bool {
        !binds(&expression) && use_of(&expression, "db").is_some()
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
