//! What a test that fails says.

use otp::prelude::*;

/// Crashes a process and then fails, when the test below runs it, alone in a process of the system.
#[test]
fn fails_after_a_crash() {
    if std::env::var_os("OTP_TEST_FAILS").is_some() {
        Sim::run(0, |t| {
            process::spawn(|_| panic!("the cause"));
            t.settle();
            panic!("the consequence");
        });
    }
}

#[test]
fn a_test_that_fails_tells_of_the_crashes_before() {
    let output = std::process::Command::new(std::env::current_exe().expect("a test has a path"))
        .args(["--exact", "failing::fails_after_a_crash", "--nocapture"])
        .env("OTP_TEST_FAILS", "1")
        .output()
        .expect("the test can be started");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && errors.contains("the consequence"), "{errors}");
    assert!(errors.contains("crashed: process ") && errors.contains("panicked: the cause, at "), "{errors}");
}

/// Started once more by [`a_seed_that_is_no_number_is_refused`].
#[otp::test(seeds = 2)]
fn runs_under_a_seed(_: &mut Sim) {}

#[test]
fn a_seed_that_is_no_number_is_refused() {
    for seed in ["abc", "-1", ""] {
        let output = std::process::Command::new(std::env::current_exe().expect("a test has a path"))
            .args(["--exact", "failing::runs_under_a_seed", "--nocapture"])
            .env("OTP_SEED", seed)
            .output()
            .expect("the test can be started");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{seed}");
        assert!(errors.contains(&format!("`OTP_SEED` is the number of one seed, such as 7, not `{seed}`")), "{errors}");
    }
}
