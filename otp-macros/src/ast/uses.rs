//! Names in expressions, which are opaque otherwise.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

/// Where `name` stands as a variable: not as a field, a method, a function, a macro, or a part of a path.
pub(crate) fn use_of(expression: &TokenStream, name: &str) -> Option<Ident> {
    let tokens = expression.clone().into_iter().collect::<Vec<_>>();
    let is = |token: Option<&TokenTree>, chars: &str| match token {
        Some(TokenTree::Punct(punct)) => chars.contains(punct.as_char()),
        _ => false,
    };
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
