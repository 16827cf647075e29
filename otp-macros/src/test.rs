//! `#[otp::test]` from end to end: parse, check, expand.

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::Errors;
use crate::{check, expand, parse};

/// The test function; after an error, the errors and the user's function.
pub(crate) fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut cx = Errors::new();
    let options = parse::options::arguments(arguments);
    check::test::arguments(&options, &mut cx);
    let test = match parse::test::test(options, item.clone()) {
        Ok(test) => test,
        Err(error) => {
            cx.push(error);
            return quote!(#cx #item);
        }
    };
    check::test::check(&test, &mut cx);
    if cx.is_empty() { expand::test::expand(&test) } else { quote!(#cx #[allow(dead_code)] #item) }
}
