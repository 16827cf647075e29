//! What starts a child of a tree.

use proc_macro2::{Group, Ident, Spacing, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Error, Pat, Result, Token, Type, token};

use super::{error, last_span, rest, starts_entry, strategy, supervisor, until, without_body};
use crate::ast::options::{AutoShutdown, Words};
use crate::ast::supervisor::{
    CHILD_OPTIONS, Call, Dynamic, Each, FOREIGN_OPTIONS, Given, Nested, Partition, SUPERVISOR_OPTIONS, Spec, Start,
};
use crate::wording;

const GIVEN: &str = "write `for name: Type`";
const EACH: &str = "a repeated child reads `[Actor(..) for i in 0..3]`";

/// A start, and where it ends; `None` for the end of one that is incomplete.
type Ended = (Start, Option<Span>);

/// Reads what stands between a child's `:` and its options. `None` when it is rather a misspelt option of the tree.
pub(super) fn start(input: ParseStream<'_>, name: &Ident) -> Result<Option<Ended>> {
    if input.peek(Token![=]) {
        return spec(input).map(Some);
    }
    if input.peek(token::Bracket) {
        let content;
        let brackets = syn::bracketed!(content in input);
        let start = each(&content, name);
        let is_complete = matches!(&start, Start::Each(each) if each.call.arguments.is_some());
        let end = is_complete.then(|| brackets.span.close());
        return Ok(Some((start, end)));
    }
    let begins = |keyword: &str| input.fork().parse::<Ident>().is_ok_and(|word| word == keyword);
    let is_nested = input.peek2(Token![<]) || input.peek2(token::Brace) || input.peek2(token::Paren);
    if is_nested && begins("supervisor") {
        return nested(input, name).map(Some);
    }
    if (is_nested || input.peek2(Token![;])) && begins("dynamic") {
        return dynamic(input).map(Some);
    }
    if (is_nested || input.peek2(Token![;])) && begins("partition") {
        return partition(input).map(Some);
    }
    Ok(match call(input) {
        Ok((ty, arguments)) => {
            let end = arguments.span_close();
            Some((Start::One(Call { ty, arguments: Some(arguments) }), Some(end)))
        }
        Err(tokens) if is_supervisor_option(input, name, &tokens) => None,
        Err(tokens) => Some((not_called(input, name, tokens).map_or_else(Start::Unreadable, Start::One), None)),
    })
}

/// Why nothing can vary in what starts a child.
pub(super) fn without_for(start: &Start, name: &Ident) -> Option<String> {
    match start {
        Start::One(_) => Some(format!(
            "`{name}` is one child, started with its tree: it has no `for`\n\n\
             help: write `dynamic<Actor>(..) for name: Type` for children that `start_child` starts, \
             `[Actor(..) for i in 0..3]` for as many as a loop has turns"
        )),
        Start::Nested(_) => Some(format!(
            "`{name}` is one tree, started with the whole: it has no `for`\n\n\
             help: declare it by a `supervisor!` of its own, and write `dynamic<Tree>(..) for name: Type`"
        )),
        _ => None,
    }
}

/// `= expression`. It ends at its `;`; where that is missing, before what looks like the next child.
fn spec(input: ParseStream<'_>) -> Result<Ended> {
    let equals = input.parse::<Token![=]>()?;
    let mut expression = TokenStream::new();
    // Between the bars of a closure `x: u32` is a parameter.
    let mut in_bars = false;
    while !input.is_empty() && !input.peek(Token![;]) && (in_bars || !starts_entry(input)) {
        in_bars ^= input.peek(Token![|]) && !input.peek(Token![||]);
        expression.extend(input.parse::<TokenTree>());
    }
    let end = last_span(&expression);
    Ok((Start::Spec(Spec { equals, expression }), end))
}

/// `Worker(i) for i in 0..3`, inside of the brackets.
fn each(input: ParseStream<'_>, name: &Ident) -> Start {
    let each = || {
        let call = match call(input) {
            Ok((ty, arguments)) => Call { ty, arguments: Some(arguments) },
            Err(tokens) => not_called(input, name, tokens)?,
        };
        if !input.peek(Token![for]) || input.peek2(Token![in]) {
            return Err(error(input, EACH));
        }
        input.parse::<Token![for]>()?;
        let pattern = input.call(Pat::parse_multi_with_leading_vert)?;
        if !input.peek(Token![in]) || input.peek2(syn::parse::End) {
            return Err(error(input, EACH));
        }
        input.parse::<Token![in]>()?;
        Ok(Each { call, pattern, range: rest(input) })
    };
    let each = each();
    rest(input);
    each.map_or_else(Start::Unreadable, |each| Start::Each(Box::new(each)))
}

/// `supervisor<one_for_one> { .. }`
fn nested(input: ParseStream<'_>, name: &Ident) -> Result<Ended> {
    let keyword = input.parse::<Ident>()?;
    let strategy = strategy(input, &keyword);
    let parameters = if input.peek(token::Paren) { Some(input.parse()?) } else { None };
    let (supervisor, end) = if input.peek(token::Brace) {
        let (supervisor, end) = supervisor(input, strategy)?;
        (supervisor, Some(end))
    } else {
        let message =
            format!("nested tree `{name}` has no body\n\nhelp: write `supervisor<..> {{ child: Actor(..); }}`");
        (without_body(strategy, Error::new_spanned(keyword, message)), None)
    };
    Ok((Start::Nested(Nested { parameters, supervisor }), end))
}

/// `dynamic<Session>`, `dynamic<Session>(user, db) for user: String`
fn dynamic(input: ParseStream<'_>) -> Result<Ended> {
    let (keyword, ty, mut end) = of_children(input)?;
    let arguments = if input.peek(token::Paren) { Some(input.parse::<Group>()?) } else { None };
    end = arguments.as_ref().map_or(end, Group::span_close);
    let given = input.peek(Token![for]).then(|| given(input));
    let is_complete = match &given {
        Some(Ok((given, given_end))) => {
            end = *given_end;
            ty.is_some() && given.is_typed()
        }
        Some(Err(_)) => false,
        None => ty.is_some(),
    };
    let given = given.map(|given| given.map(|(given, _)| given));
    Ok((Start::Dynamic(Box::new(Dynamic { keyword, ty, arguments, given })), is_complete.then_some(end)))
}

/// `for user: String`, and where it ends. After an error, all up to the options is taken.
fn given(input: ParseStream<'_>) -> Result<(Given, Span)> {
    let read = || {
        let keyword = input.parse::<Token![for]>()?;
        let expected = |what: &str, error: Error| Error::new(error.span(), format!("expected {what}: {GIVEN}"));
        // Its options behind it make no struct of a name.
        let is_name = input.peek2(token::Brace) && !input.peek3(Token![:]);
        let pattern = if is_name {
            input.parse().and_then(|name: TokenTree| Pat::parse_single.parse2(name.into()))
        } else {
            Pat::parse_single(input)
        };
        let pattern = pattern.map_err(|error| expected("a name", error))?;
        if input.peek(Token![in]) {
            let message = "a dynamic supervisor starts its children when it is asked to, not in a loop";
            return Err(error(input, format!("{message}\n\nhelp: {GIVEN}, which `start_child` takes")));
        }
        let mut end = last_span(&pattern.to_token_stream()).unwrap_or(keyword.span);
        let mut ty = None;
        if input.peek(Token![:]) {
            input.parse::<Token![:]>()?;
            let read = input.parse::<Type>().map_err(|error| expected("a type", error))?;
            end = last_span(&read.to_token_stream()).unwrap_or(end);
            ty = Some(read);
        }
        if input.peek(Token![for]) || goes_on(input) {
            let message = "`start_child` takes one value\n\n\
                           help: take a tuple apart, as in `for (user, age): (String, u32)`";
            input.parse::<Option<Token![,]>>()?;
            let error = error(input, message);
            until(input, |input| input.peek(Token![;]) || input.peek(token::Brace));
            return Err(error);
        }
        Ok((Given { pattern, ty }, end))
    };
    let given = read();
    if given.is_err() {
        until(input, |input| input.peek(Token![;]) || input.peek(token::Brace) || starts_entry(input));
    }
    given
}

/// Whether `, name: Type` comes, and no next child.
fn goes_on(input: ParseStream<'_>) -> bool {
    let input = input.fork();
    let begins = input.parse::<Token![,]>().is_ok() && starts_entry(&input) && input.parse::<Ident>().is_ok();
    if !begins || input.parse::<Token![:]>().is_err() {
        return false;
    }
    let is_start = ["supervisor", "dynamic", "partition"]
        .iter()
        .any(|keyword| input.fork().parse::<Ident>().is_ok_and(|word| word == keyword));
    !is_start && syn::parse2::<Type>(type_tokens(&input)).is_ok() && !input.peek(token::Paren)
}

/// `partition<Shard>(i, db) for i`
fn partition(input: ParseStream<'_>) -> Result<Ended> {
    let (keyword, ty, mut end) = of_children(input)?;
    let arguments = if input.peek(token::Paren) { Some(input.parse::<Group>()?) } else { None };
    end = arguments.as_ref().map_or(end, Group::span_close);
    let (mut number, mut number_ty, mut range) = (None, None, None);
    if input.peek(Token![for]) {
        input.parse::<Token![for]>()?;
        let name = super::name(input, "the number of a partition has a name, as in `partition<Actor>(i) for i`")?;
        end = name.span();
        number = Some(name);
        let rest = || until(input, |input| input.peek(Token![;]) || input.peek(token::Brace));
        if input.peek(Token![:]) {
            number_ty = Some(rest());
        } else if input.peek(Token![in]) {
            range = Some(rest());
        }
    }
    let end = (ty.is_some() && arguments.is_some()).then_some(end);
    Ok((Start::Partition(Box::new(Partition { keyword, ty, arguments, number, number_ty, range })), end))
}

/// `dynamic<Session>`: the keyword, the type, and where it ends.
fn of_children(input: ParseStream<'_>) -> Result<(Ident, Option<Type>, Span)> {
    let keyword = input.parse::<Ident>()?;
    if !input.peek(Token![<]) {
        let end = keyword.span();
        return Ok((keyword, None, end));
    }
    input.parse::<Token![<]>()?;
    let ty = if input.peek(Token![>]) { None } else { Some(input.parse()?) };
    let end = input.parse::<Token![>]>()?.span;
    Ok((keyword, ty, end))
}

/// `Db(cfg.url.clone())`; else the tokens that stand in the place of a type.
///
/// The type is taken token by token up to the first parentheses outside of its angle brackets: `syn` would read them as
/// part of the path, as in `Fn(u32)`.
fn call(input: ParseStream<'_>) -> std::result::Result<(Type, Group), TokenStream> {
    let tokens = type_tokens(input);
    if let Ok(ty) = syn::parse2(tokens.clone())
        && input.peek(token::Paren)
        && let Ok(TokenTree::Group(arguments)) = input.parse()
    {
        return Ok((ty, arguments));
    }
    Err(tokens)
}

fn type_tokens(input: ParseStream<'_>) -> TokenStream {
    let mut tokens = TokenStream::new();
    let mut depth = 0_usize;
    let mut previous = None;
    while !input.is_empty() && !input.peek(Token![;]) {
        if depth == 0 && (input.peek(Token![,]) || starts_entry(input)) {
            break;
        }
        if depth == 0 && previous.is_some() {
            let arguments = input.peek(token::Paren) && !is_punct(&previous, '!');
            // Two words in a row are the end of one child and the name of the next, their `;` forgotten.
            let next_child = input.peek(Ident::peek_any) && ends_type(&previous);
            if arguments || next_child || input.peek(token::Brace) {
                break;
            }
        }
        let Ok(token) = input.parse::<TokenTree>() else {
            break;
        };
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == '<' => depth += 1,
            // Not that of `->`.
            TokenTree::Punct(punct) if punct.as_char() == '>' && !is_arrow_stem(&previous) => {
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
        previous = Some(token.clone());
        tokens.extend([token]);
    }
    tokens
}

fn is_punct(token: &Option<TokenTree>, char: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == char)
}

fn is_arrow_stem(token: &Option<TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == '-' && punct.spacing() == Spacing::Joint)
}

fn ends_type(token: &Option<TokenTree>) -> bool {
    match token {
        Some(TokenTree::Ident(word)) => word != "dyn" && word != "impl",
        other => is_punct(other, '>'),
    }
}

/// Whether `name: tokens` without parentheses is rather a misspelt option of the tree.
fn is_supervisor_option(input: ParseStream<'_>, name: &Ident, tokens: &TokenStream) -> bool {
    let (name, value) = (name.to_string(), tokens.to_string());
    if input.peek(token::Brace) || input.peek(token::Paren) {
        return false;
    }
    let is_word = value.starts_with(char::is_lowercase);
    wording::nearest(&name, &SUPERVISOR_OPTIONS).is_some()
        || FOREIGN_OPTIONS.iter().any(|(option, _)| *option == name)
        || AutoShutdown::WORDS.iter().any(|(word, _)| *word == value)
        || (CHILD_OPTIONS.contains(&name.as_str()) && is_word)
}

/// A type that stands where a call should stand; an error when `tokens` are none.
fn not_called(input: ParseStream<'_>, name: &Ident, tokens: TokenStream) -> Result<Call> {
    let Ok(ty) = syn::parse2::<Type>(tokens.clone()) else {
        let message = format!("expected an actor, as in `{name}: Actor(..);`");
        let error = if tokens.is_empty() { error(input, message) } else { Error::new_spanned(tokens, message) };
        until(input, |input| input.peek(Token![;]) || starts_entry(input));
        return Err(error);
    };
    let word = tokens.clone().into_iter().next().map(|token| token.to_string()).unwrap_or_default();
    if input.peek(token::Brace) && wording::nearest(&word, &["supervisor"]).is_some() {
        input.parse::<TokenTree>()?;
        return Err(Error::new_spanned(tokens, wording::unknown("kind of child", word, &["supervisor"])));
    }
    Ok(Call { ty, arguments: None })
}
