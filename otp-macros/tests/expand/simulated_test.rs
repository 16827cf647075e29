#[::core::prelude::v1::test]
#[should_panic]
fn evicts() {
    fn evicts(t: &mut Sim) -> ::core::result::Result<(), ::otp::__private::TestError> {
        ::otp::__private::outcome((move || -> Result<(), Full> { body })())
    }
    ::otp::__private::simulate(
        ::core::concat!(::core::module_path!(), "::", "evicts"),
        200u64,
        evicts,
    );
}
