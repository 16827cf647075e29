//! The tokens of `supervisor! { .. }` to a [`Tree`].
//!
//! Nobody else reports what is dropped here. So reading never gives up: a part that cannot be read is in the tree as an
//! error, and the next child is looked for after the `;`. Arguments, ranges and specs are passed on unread.

mod child;
#[cfg(test)]
mod tests;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Error, Lit, Result, Token, Visibility, token};

use super::{error, options, rest, until};
use crate::ast::options::{OptionEntry, Options, Value, Word};
use crate::ast::supervisor::{
    Child, Entry, SUPERVISOR_OPTIONS, Start, StrategyArgument, Supervisor, Tree, TreeParameter,
};

/// Reads `path::to::otp; pub Name<strategy>(parameters) { .. }`. An error when there is no name to build on.
pub(crate) fn parse(tokens: TokenStream) -> Result<Tree> {
    let mut read = None;
    let parse = |input: ParseStream<'_>| {
        read = Some(tree(input));
        // What is left over after an error must not become one more.
        rest(input);
        Ok(())
    };
    // `syn` says only here that an attribute has more tokens than it should.
    let unexpected = parse.parse2(tokens).err();
    let mut tree = read.expect("`parse2` has called its parser")?;
    tree.supervisor.entries.extend(unexpected.map(Entry::Unreadable));
    Ok(tree)
}

fn tree(input: ParseStream<'_>) -> Result<Tree> {
    let otp = until(input, |input| input.peek(Token![;]));
    input.parse::<Token![;]>()?;
    if input.is_empty() {
        return Err(error(
            input,
            "expected a supervision tree\n\nhelp: write `Name<one_for_one> { child: Actor(..); }`",
        ));
    }
    let attrs = input.call(Attribute::parse_outer)?;
    let vis = input.parse::<Visibility>()?;
    let name = name(input, "a tree reads `Name<one_for_one> { .. }`")?;
    let strategy = strategy(input, &name);
    let (parameters, unreadable_parameters) =
        if input.peek(token::Paren) { parameters(input)? } else { (Vec::new(), Vec::new()) };
    let mut supervisor = if input.peek(token::Brace) {
        supervisor(input, strategy)?.0
    } else {
        let message = format!("tree `{name}` has no body\n\nhelp: write `{name}<..> {{ child: Actor(..); }}`");
        rest(input);
        without_body(strategy, Error::new_spanned(&name, message))
    };
    if !input.is_empty() {
        let error = error(input, "unexpected token after the tree\n\nhelp: give each tree a `supervisor!` of its own");
        supervisor.entries.push(Entry::Unreadable(error));
    }
    Ok(Tree { otp, attrs, vis, name, parameters, unreadable_parameters, supervisor })
}

/// `<one_for_one>` after `owner`.
fn strategy(input: ParseStream<'_>, owner: &Ident) -> StrategyArgument {
    let owner = owner.clone();
    if !matches!(input.parse::<Option<Token![<]>>(), Ok(Some(_))) {
        return StrategyArgument { owner, word: None, is_closed: true };
    }
    let word = until(input, |input| input.peek(Token![>]) || input.peek(token::Brace) || input.peek(token::Paren));
    let is_closed = input.parse::<Token![>]>().is_ok();
    StrategyArgument { owner, word: Some(Word::new(word)), is_closed }
}

/// `(cfg: Config, shards: usize)`, and what in it could not be read.
fn parameters(input: ParseStream<'_>) -> Result<(Vec<TreeParameter>, Vec<Error>)> {
    let content;
    syn::parenthesized!(content in input);
    let (mut parameters, mut errors) = (Vec::new(), Vec::new());
    while !content.is_empty() {
        match parameter(&content) {
            Ok(parameter) => {
                parameters.push(parameter);
                if !content.is_empty() && !content.peek(Token![,]) {
                    errors.extend(content.parse::<Token![,]>().err());
                }
            }
            Err(error) => errors.push(error),
        }
        until(&content, |input| input.peek(Token![,]));
        content.parse::<Option<Token![,]>>()?;
    }
    Ok((parameters, errors))
}

fn parameter(input: ParseStream<'_>) -> Result<TreeParameter> {
    let attrs = input.call(Attribute::parse_outer)?;
    let mutability = input.parse()?;
    let name = name(input, "a parameter reads `name: Type`")?;
    if !input.peek(Token![:]) {
        return Err(Error::new_spanned(&name, format!("parameter `{name}` has no type")));
    }
    input.parse::<Token![:]>()?;
    Ok(TreeParameter { attrs, mutability, name, ty: input.parse()? })
}

/// `{ options and children }`, and where it ends.
fn supervisor(input: ParseStream<'_>, strategy: StrategyArgument) -> Result<(Supervisor, Span)> {
    let content;
    let braces = syn::braced!(content in input);
    let mut supervisor = Supervisor { strategy, entries: Vec::new() };
    while !content.is_empty() {
        let begin = content.cursor();
        if let Err(error) = entry(&content, &mut supervisor.entries) {
            supervisor.entries.push(Entry::Unreadable(error));
            if content.cursor() == begin {
                content.parse::<TokenTree>()?;
            }
            skip_entry(&content);
        }
    }
    Ok((supervisor, braces.span.close()))
}

fn without_body(strategy: StrategyArgument, error: Error) -> Supervisor {
    Supervisor { strategy, entries: vec![Entry::Unreadable(error)] }
}

/// One option or child with its `;`. On `Err` the caller goes on after the next `;`.
fn entry(input: ParseStream<'_>, entries: &mut Vec<Entry>) -> Result<()> {
    let attrs = input.call(Attribute::parse_outer)?;
    if attrs.is_empty() && input.peek(Token![;]) {
        input.parse::<Token![;]>()?;
        return Ok(());
    }
    let name = name(input, "a child reads `name: Actor(..);`")?;
    if !input.peek(Token![:]) || input.peek(Token![::]) {
        let message = format!("expected `:` after `{name}`\n\nhelp: a child reads `{name}: Actor(..);`");
        return Err(Error::new_spanned(&name, message));
    }
    input.parse::<Token![:]>()?;
    if SUPERVISOR_OPTIONS.iter().any(|option| name == option) {
        let tokens = until(input, |input| input.peek(Token![;]) || starts_entry(input));
        let last = last_span(&tokens).unwrap_or(name.span());
        let value = if tokens.is_empty() {
            Ok(Value::Missing)
        } else if name == "intensity" {
            options::intensity(tokens).map(Value::Intensity)
        } else {
            Ok(Value::AutoShutdown(Word::new(tokens)))
        };
        entries.push(option(attrs, name.clone(), value));
        return end(input, &name, Some(last), entries);
    }
    let is_number = input.peek(Lit) || input.peek(Token![-]);
    let start = if is_number { None } else { child::start(input, &name)? };
    let Some((start, last)) = start else {
        entries.push(option(attrs, name, Ok(Value::OfUnknownKey)));
        skip_entry(input);
        return Ok(());
    };
    if let Some(message) = child::without_for(&start, &name).filter(|_| input.peek(Token![for])) {
        entries.push(Entry::Unreadable(error(input, message)));
        until(input, |input| input.peek(Token![;]) || input.peek(token::Brace));
    }
    let (options, last) = if input.peek(token::Brace) && !matches!(start, Start::Spec(_)) {
        let (options, end) = options::of_child(input)?;
        (options, last.and(Some(end)))
    } else {
        (Options::default(), last)
    };
    entries.push(Entry::Child(Box::new(Child { attrs, name: name.clone(), start, options })));
    end(input, &name, last, entries)
}

fn option(attrs: Vec<Attribute>, key: Ident, value: Result<Value>) -> Entry {
    Entry::Option { attrs, option: OptionEntry { key, value, leftover: None } }
}

/// Takes the `;` after an option or a child. It belongs behind `last`, or may be missing.
fn end(input: ParseStream<'_>, name: &Ident, last: Option<Span>, entries: &mut Vec<Entry>) -> Result<()> {
    if input.peek(Token![;]) {
        input.parse::<Token![;]>()?;
    } else if input.peek(Token![,]) {
        entries.push(Entry::Unreadable(error(input, format!("`{name}` ends with `;`, not with `,`"))));
        input.parse::<Token![,]>()?;
    } else if input.is_empty() || starts_entry(input) {
        entries.extend(last.map(|last| Entry::Unreadable(Error::new(last, format!("missing `;` after `{name}`")))));
    } else {
        return Err(error(input, format!("expected `;` after `{name}`")));
    }
    Ok(())
}

/// Takes all up to the next child or option.
fn skip_entry(input: ParseStream<'_>) {
    until(input, |input| input.peek(Token![;]) || starts_entry(input));
    let _ = input.parse::<Option<Token![;]>>();
}

/// Whether a child or an option begins here: `name:` or an attribute.
fn starts_entry(input: ParseStream<'_>) -> bool {
    (input.peek(Token![#]) && input.peek2(token::Bracket))
        || (input.peek(Ident::peek_any) && input.peek2(Token![:]) && !input.peek2(Token![::]))
}

/// An identifier that a function or a variable can have.
fn name(input: ParseStream<'_>, form: &str) -> Result<Ident> {
    if !input.peek(Ident::peek_any) {
        return Err(error(input, format!("expected a name: {form}")));
    }
    let name = input.call(Ident::parse_any)?;
    if syn::parse2::<Ident>(name.to_token_stream()).is_ok() {
        return Ok(name);
    }
    let given = name.to_string();
    let message = match given.as_str() {
        "_" => format!("expected a name: {form}"),
        "self" | "Self" | "super" | "crate" => {
            format!("`{given}` is a keyword, so it can't be a name")
        }
        _ => format!("`{given}` is a keyword, so it can't be a name\n\nhelp: write `r#{given}`"),
    };
    Err(Error::new_spanned(name, message))
}

/// The last token's, for what is missing behind it.
fn last_span(tokens: &TokenStream) -> Option<Span> {
    tokens.clone().into_iter().last().map(|token| match token {
        TokenTree::Group(group) => group.span_close(),
        token => token.span(),
    })
}
