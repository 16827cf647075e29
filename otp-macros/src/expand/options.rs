//! Options as steps of a builder: `.restart(::otp::Restart::Transient)`, or nothing where an option is not given.
//!
//! `otp` is the path of the crate; the steps stand at `site`.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

use crate::ast::options::{
    AutoShutdown, Intensity, MailboxOnRestart, Options, Policy, Restart, Shutdown, ShutdownWord, Strategy, Word,
};

pub(crate) fn restart(otp: &TokenStream, options: &Options, site: Span) -> Option<TokenStream> {
    let restart = match options.restart()?.meaning? {
        Restart::Permanent => quote!(Permanent),
        Restart::Transient => quote!(Transient),
        Restart::Temporary => quote!(Temporary),
    };
    Some(quote_spanned!(site=> .restart(#otp::Restart::#restart)))
}

pub(crate) fn shutdown(otp: &TokenStream, options: &Options, site: Span) -> Option<TokenStream> {
    let shutdown = match options.shutdown()? {
        Shutdown::Word(word) => match word.meaning? {
            ShutdownWord::Infinity => quote!(Infinity),
            ShutdownWord::BrutalKill => quote!(BrutalKill),
        },
        Shutdown::After(time) => {
            let time = duration(time.read().ok()?);
            quote!(After(#time))
        }
    };
    Some(quote_spanned!(site=> .shutdown(#otp::Shutdown::#shutdown)))
}

pub(crate) fn mailbox(otp: &TokenStream, options: &Options, site: Span) -> Option<TokenStream> {
    let mailbox = match &options.mailbox()?.bound {
        None => quote!(UNBOUNDED),
        Some(bound) => {
            let limit = bound.limit()?;
            let policy = match bound.policy.as_ref()?.meaning? {
                Policy::Block => quote!(Block),
                Policy::Reject => quote!(Reject),
                Policy::DropOldest => quote!(DropOldest),
                Policy::DropNewest => quote!(DropNewest),
                Policy::Stop => quote!(Stop),
            };
            quote!(bounded(#limit, #otp::mailbox::Policy::#policy))
        }
    };
    Some(quote_spanned!(site=> .mailbox(#otp::mailbox::Mailbox::#mailbox)))
}

pub(crate) fn mailbox_on_restart(otp: &TokenStream, options: &Options, site: Span) -> Option<TokenStream> {
    let mailbox = match options.mailbox_on_restart()?.meaning? {
        MailboxOnRestart::Drop => quote!(Drop),
        MailboxOnRestart::Keep => quote!(Keep),
    };
    Some(quote_spanned!(site=> .mailbox_on_restart(#otp::supervisor::MailboxOnRestart::#mailbox)))
}

pub(crate) fn backoff(options: &Options, site: Span) -> Option<TokenStream> {
    let backoff = options.backoff()?;
    let shortest = duration(backoff.shortest.read().ok()?);
    let longest = duration(backoff.longest.as_ref()?.read().ok()?);
    Some(quote_spanned!(site=> .backoff(#shortest..=#longest)))
}

pub(crate) fn intensity(intensity: Option<&Intensity>) -> Option<TokenStream> {
    let intensity = intensity?;
    let restarts = intensity.restarts()?;
    let period = duration(intensity.period.as_ref()?.read().ok()?);
    Some(quote!(.intensity(#restarts, #period)))
}

pub(crate) fn auto_shutdown(otp: &TokenStream, word: Option<&Word<AutoShutdown>>) -> Option<TokenStream> {
    let auto_shutdown = match word?.meaning? {
        AutoShutdown::Never => quote!(Never),
        AutoShutdown::AnySignificant => quote!(AnySignificant),
        AutoShutdown::AllSignificant => quote!(AllSignificant),
    };
    Some(quote!(.auto_shutdown(#otp::supervisor::AutoShutdown::#auto_shutdown)))
}

/// `::otp::Strategy::OneForOne`
pub(crate) fn strategy(otp: &TokenStream, strategy: Strategy) -> TokenStream {
    let strategy = match strategy {
        Strategy::OneForOne => quote!(OneForOne),
        Strategy::OneForAll => quote!(OneForAll),
        Strategy::RestForOne => quote!(RestForOne),
    };
    quote!(#otp::Strategy::#strategy)
}

/// A constant `Duration`.
fn duration(time: Duration) -> TokenStream {
    let (seconds, nanos) = (time.as_secs(), time.subsec_nanos());
    quote!(::core::time::Duration::new(#seconds, #nanos))
}
