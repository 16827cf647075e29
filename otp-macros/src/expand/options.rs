//! The options that an actor and a child of a tree have in common, as expressions.

use proc_macro2::TokenStream;
use quote::quote;

use crate::ast::options::{Mailbox, Policy, Restart, Shutdown};

/// `::otp::Restart::Transient`; `otp` is the path of the crate.
pub(crate) fn restart(otp: &TokenStream, restart: Restart) -> TokenStream {
    match restart {
        Restart::Permanent => quote!(#otp::Restart::Permanent),
        Restart::Transient => quote!(#otp::Restart::Transient),
        Restart::Temporary => quote!(#otp::Restart::Temporary),
    }
}

/// `::otp::Shutdown::After(..)`; `otp` is the path of the crate.
pub(crate) fn shutdown(otp: &TokenStream, shutdown: Shutdown) -> TokenStream {
    match shutdown {
        Shutdown::Infinity => quote!(#otp::Shutdown::Infinity),
        Shutdown::BrutalKill => quote!(#otp::Shutdown::BrutalKill),
        Shutdown::After(time) => {
            let time = duration(time);
            quote!(#otp::Shutdown::After(#time))
        }
    }
}

/// `::otp::Mailbox::bounded(..)`; `otp` is the path of the crate.
pub(crate) fn mailbox(otp: &TokenStream, mailbox: Mailbox) -> TokenStream {
    let Mailbox::Bounded(limit, policy) = mailbox else { return quote!(#otp::Mailbox::UNBOUNDED) };
    let policy = match policy {
        Policy::Block => quote!(Block),
        Policy::Reject => quote!(Reject),
        Policy::DropOldest => quote!(DropOldest),
        Policy::DropNewest => quote!(DropNewest),
        Policy::Stop => quote!(Stop),
    };
    quote!(#otp::Mailbox::bounded(#limit, #otp::Policy::#policy))
}

/// A constant `Duration`.
pub(crate) fn duration(time: std::time::Duration) -> TokenStream {
    let (seconds, nanos) = (time.as_secs(), time.subsec_nanos());
    quote!(::core::time::Duration::new(#seconds, #nanos))
}
