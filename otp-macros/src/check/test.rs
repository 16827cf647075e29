//! The rules of `#[otp::test]`: its arguments, and a plain function with one parameter.

use proc_macro2::Ident;
use syn::{Error, Result, Safety, Signature};

use super::options::{self, Place};
use crate::ast::options::{OptionEntry, Options, Value};
use crate::ast::test::Test;
use crate::errors::Errors;
use crate::wording;

const KEYS: [&str; 3] = ["seeds", "seed", "crate"];

const ARGUMENTS: Place = Place {
    known: &KEYS,
    unknown: |key| wording::unknown("`#[otp::test]` argument", key, &KEYS),
    missing: |key| {
        let example = match key.to_string().as_str() {
            "seeds" => "seeds = 200",
            "seed" => "seed = 7",
            _ => "crate = ::otp",
        };
        format!("`{key}` needs a value\n\nhelp: write `{example}`")
    },
    rule: seeds,
};

pub(crate) fn arguments(options: &Options, errors: &mut Errors) {
    options::check(options, &ARGUMENTS, errors);
}

/// One number of seeds that is not zero, or one seed.
fn seeds(entry: &OptionEntry, before: &[&Ident]) -> Result<()> {
    let (Ok(Value::Seeds(number)) | Ok(Value::Seed(number))) = &entry.value else {
        return Ok(());
    };
    if before.iter().any(|key| *key != "crate") {
        return Err(Error::new_spanned(&entry.key, "a test has either `seeds` or one `seed`, once"));
    }
    let value = number.base10_parse::<u64>()?;
    if entry.key == "seeds" && value == 0 {
        return Err(Error::new_spanned(number, "a test without seeds would not run"));
    }
    Ok(())
}

pub(crate) fn check(test: &Test, errors: &mut Errors) {
    let Signature { ident: name, inputs, generics, asyncness, safety, .. } = &test.signature;
    if inputs.is_empty() {
        errors.at(name, format!("test `{name}` must take the simulation\n\nhelp: write `fn {name}(t: &mut Sim)`"));
    }
    for more in inputs.iter().skip(1) {
        errors.at(more, format!("test `{name}` takes the simulation and nothing else"));
    }
    if let Some(asyncness) = asyncness {
        errors.at(
            asyncness,
            format!("test `{name}` cannot be `async`: in a simulation calls just wait\n\nhelp: remove `async`"),
        );
    }
    if let Safety::Unsafe(token) = safety {
        errors.at(token, format!("test `{name}` cannot be `unsafe`"));
    }
    if !generics.params.is_empty() {
        errors.at(&generics.params, format!("test `{name}` cannot be generic"));
    }
    for attribute in &test.attrs {
        if attribute.path().segments.last().is_some_and(|last| last.ident == "test") {
            errors.at(attribute, "second test attribute; `#[otp::test]` alone makes a test\n\nhelp: remove this one");
        }
    }
}
