//! The rules of `#[actor(..)]` and of what its arguments name.

use proc_macro2::Ident;
use syn::{Error, Path, Result};

use crate::ast::actor::{Actor, is_absolute};
use crate::ast::options::{OptionEntry, Options, Value};
use crate::check::options::{self, Place};
use crate::errors::Errors;
use crate::wording;

const KEYS: [&str; 8] = ["name", "client", "mailbox", "on_full", "restart", "shutdown", "thread", "crate"];

const ARGUMENTS: Place = Place {
    known: &KEYS,
    unknown: |key| wording::unknown("`#[actor]` argument", key, &KEYS),
    missing: |key| format!("`{key}` needs a value\n\nhelp: write `{}`", example(key)),
    rule: |entry: &OptionEntry, _| match &entry.value {
        Ok(Value::Name(name)) => {
            options::name_may_be(name, "a name is a string, or an expression that is an `otp::Name`")
        }
        Ok(Value::Crate(path)) => crate_path(path),
        _ => Ok(()),
    },
};

pub(crate) fn arguments(options: &Options, errors: &mut Errors) {
    options::check(options, &ARGUMENTS, errors);
}

/// How an option is written.
fn example(key: &Ident) -> &'static str {
    match key.to_string().as_str() {
        "name" => "name = \"counter\"",
        "client" => "client = CounterClient",
        "restart" => "restart = transient",
        "shutdown" => "shutdown = 5s",
        "mailbox" => "mailbox = bounded(1000, block)",
        "on_full" => "on_full = overflowed",
        _ => "crate = ::otp",
    }
}

/// The path of the crate `otp` must hold in every module, so it must start at the root.
fn crate_path(path: &Path) -> Result<()> {
    if is_absolute(path) {
        return Ok(());
    }
    let given = wording::code(path);
    Err(Error::new_spanned(
        path,
        format!(
            "the path of the crate must be absolute\n\nhelp: write `crate = ::{given}`, or `crate = crate::{given}`"
        ),
    ))
}

/// `on_full = overflowed`: a method of the block that takes what was dropped.
pub(super) fn on_full(actor: &Actor, errors: &mut Errors) {
    let Some(name) = actor.options.on_full() else { return };
    const FORM: &str = "fn {}(&mut self, dropped: Dropped)";
    let form = FORM.replace("{}", &name.to_string());
    match actor.on_full() {
        None => errors.at(name, format!("this block has no method `{name}`\n\nhelp: add `{form}`")),
        Some(method) if method.kind().is_some() => {
            errors.at(name, format!("`{name}` handles a message already\n\nhelp: name a method without an attribute"));
        }
        Some(method) if method.signature.receiver().is_none() || method.arguments().count() != 1 => {
            errors.at(
                &method.signature.ident,
                format!("`{name}` is told what was dropped, so it takes one `Dropped`\n\nhelp: write `{form}`"),
            );
        }
        Some(_) => {}
    }
}
