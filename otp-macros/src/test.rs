//! `#[otp::test]`: a test that runs in a simulation, once for each of its seeds.
//!
//! Small enough for one file. The body stays opaque and becomes an inner function that may use `?`.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Error, Ident, LitInt, Path, Result, ReturnType, Safety, Signature, Token, Type, Visibility};

use crate::errors::Errors;
use crate::wording;

/// How many seeds a test runs with, unless it says otherwise.
const SEEDS: u64 = 20;

const KEYS: [&str; 3] = ["seeds", "seed", "crate"];

struct Options {
    runs: Runs,
    otp: TokenStream,
}

/// Which runs a test makes.
enum Runs {
    /// One for each of so many seeds.
    Many(u64),
    /// The one of this seed.
    One(u64),
}

struct Test {
    attrs: Vec<Attribute>,
    vis: Visibility,
    signature: Signature,
    body: Group,
}

/// The test function; after an error, the errors and the user's function.
pub(crate) fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut cx = Errors::new();
    let options = match options.parse2(arguments) {
        Ok(options) => options,
        Err(error) => {
            cx.push(error);
            Options { runs: Runs::Many(SEEDS), otp: quote!(::otp) }
        }
    };
    let test = match parse.parse2(item.clone()) {
        Ok(test) => test,
        Err(error) => {
            cx.push(error);
            return quote!(#cx #item);
        }
    };
    check(&test, &mut cx);
    if cx.is_empty() { expand(&test, &options) } else { quote!(#cx #[allow(dead_code)] #item) }
}

/// `seeds = 200` or `seed = 7`, and `crate = ::path`
fn options(input: ParseStream<'_>) -> Result<Options> {
    let mut runs = None;
    let mut otp = None;
    while !input.is_empty() {
        let key = input.call(Ident::parse_any)?;
        if !KEYS.iter().any(|known| key == known) {
            input.parse::<TokenStream>()?;
            return Err(Error::new_spanned(&key, wording::unknown("`#[otp::test]` argument", &key, &KEYS)));
        }
        input.parse::<Token![=]>()?;
        if key == "crate" {
            otp = Some(input.call(Path::parse_mod_style)?.to_token_stream());
        } else {
            let number: LitInt = input.parse()?;
            if runs.is_some() {
                input.parse::<TokenStream>()?;
                return Err(Error::new_spanned(&key, "a test has either `seeds` or one `seed`, once"));
            }
            let value: u64 = number.base10_parse()?;
            if key == "seeds" && value == 0 {
                input.parse::<TokenStream>()?;
                return Err(Error::new_spanned(&number, "a test without seeds would not run"));
            }
            runs = Some(if key == "seed" { Runs::One(value) } else { Runs::Many(value) });
        }
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(Options { runs: runs.unwrap_or(Runs::Many(SEEDS)), otp: otp.unwrap_or_else(|| quote!(::otp)) })
}

fn parse(input: ParseStream<'_>) -> Result<Test> {
    let attrs = input.call(Attribute::parse_outer)?;
    let vis = input.parse()?;
    if !(input.peek(Token![fn]) || input.peek(Token![async]) || input.peek(Token![const]) || input.peek(Token![unsafe]))
    {
        let keyword: TokenTree = input.parse()?;
        input.parse::<TokenStream>()?;
        return Err(Error::new_spanned(keyword, "`#[otp::test]` goes on a function"));
    }
    let signature = input.parse()?;
    let body = match input.parse()? {
        TokenTree::Group(body) if body.delimiter() == Delimiter::Brace => body,
        other => return Err(Error::new_spanned(other, "expected the body of the test")),
    };
    Ok(Test { attrs, vis, signature, body })
}

/// A plain function with one parameter.
fn check(test: &Test, cx: &mut Errors) {
    let Signature { ident: name, inputs, generics, asyncness, safety, .. } = &test.signature;
    if inputs.is_empty() {
        cx.at(name, format!("test `{name}` must take the simulation\n\nhelp: write `fn {name}(t: &mut Sim)`"));
    }
    for more in inputs.iter().skip(1) {
        cx.at(more, format!("test `{name}` takes the simulation and nothing else"));
    }
    if let Some(asyncness) = asyncness {
        cx.at(
            asyncness,
            format!("test `{name}` cannot be `async`: in a simulation calls just wait\n\nhelp: remove `async`"),
        );
    }
    if let Safety::Unsafe(token) = safety {
        cx.at(token, format!("test `{name}` cannot be `unsafe`"));
    }
    if !generics.params.is_empty() {
        cx.at(&generics.params, format!("test `{name}` cannot be generic"));
    }
    for attribute in &test.attrs {
        if attribute.path().segments.last().is_some_and(|last| last.ident == "test") {
            cx.at(attribute, "second test attribute; `#[otp::test]` alone makes a test\n\nhelp: remove this one");
        }
    }
}

fn expand(test: &Test, options: &Options) -> TokenStream {
    let Test { attrs, vis, signature, .. } = test;
    // Braces of ours: the user's would be found unnecessary around a single expression.
    let mut body = test.body.clone();
    body.set_span(Span::call_site().located_at(body.span()));
    let otp = &options.otp;
    let (simulate, number) = match options.runs {
        Runs::Many(seeds) => (quote!(simulate), seeds),
        Runs::One(seed) => (quote!(simulate_seed), seed),
    };
    let (name, inputs) = (&signature.ident, &signature.inputs);
    let title = name.unraw().to_string();
    let result = quote!(::core::result::Result<(), #otp::__private::TestError>);
    let body = match &signature.output {
        // As in any test, its own error need only be `Debug`.
        ReturnType::Type(_, ty) if !is_unit(ty) => {
            quote!(#otp::__private::outcome((move || -> #ty #body)()))
        }
        // The body may end in a panic; then this is said to be unreachable.
        _ => quote! {
            #body
            #[allow(unreachable_code)]
            return ::core::result::Result::Ok(());
        },
    };
    quote! {
        #[::core::prelude::v1::test]
        #(#attrs)*
        #vis fn #name() {
            fn #name(#inputs) -> #result { #body }
            #otp::__private::#simulate(::core::concat!(::core::module_path!(), "::", #title), #number, #name);
        }
    }
}

fn is_unit(ty: &Type) -> bool {
    matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty())
}
