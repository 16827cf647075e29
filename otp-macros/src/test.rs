//! `#[otp::test]` from end to end: parse, check, expand.

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::Errors;
use crate::{check, expand, parse};

/// The test function; after an error, the errors and the user's function.
pub(crate) fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let options = parse::options::arguments(arguments);
    check::test::arguments(&options, &mut errors);
    let test = match parse::test::test(options, item.clone()) {
        Ok(test) => test,
        Err(error) => {
            errors.push(error);
            return quote!(#errors #item);
        }
    };
    check::test::check(&test, &mut errors);
    if errors.is_empty() { expand::test::expand(&test) } else { quote!(#errors #[allow(dead_code)] #item) }
}
