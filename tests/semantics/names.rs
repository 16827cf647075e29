//! 3 Names.

use otp::{name::RegisterError, prelude::*};

use super::stay;

#[otp::test(seeds = 20)]
fn s3_a_name_has_one_process_and_a_process_one_name(t: &mut Sim) {
    let (own, other) = (otp::self_pid(), process::spawn(stay));
    process::register("a", own)?;
    assert_eq!(process::register("a", own), Err(RegisterError::Taken(own)));
    assert_eq!(process::register("a", other), Err(RegisterError::Taken(own)));
    assert_eq!(process::register("b", own), Err(RegisterError::Named));
    t.kill(&other);
    assert_eq!(process::register("b", other), Err(RegisterError::NoProc));
    assert!(process::unregister("b").is_err());
    assert_eq!((process::registered(), process::whereis("b")), (vec!["a".to_owned()], None));
}
