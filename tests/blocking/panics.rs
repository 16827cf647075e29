//! Panics and exits in a closure.

use std::panic::catch_unwind;

use otp::{blocking, blocking_timeout, prelude::*};

use super::{PATIENCE, Reader, down, node};

#[test]
fn a_panic_goes_on_in_the_handler_and_names_its_own_place() {
    for handler in ["read", "read_async"] {
        let reader = Reader::start().unwrap();
        let monitor = reader.monitor().unwrap();
        let line = line!() + 1;
        let closure = Box::new(|| panic!("the disk is full"));
        let called = if handler == "read" { reader.read(closure) } else { reader.read_async(closure) };
        let reason = down(monitor);
        assert_eq!(called, Err(CallError::Exited(reason.clone())));
        let panic = reason.as_panic().unwrap();
        assert_eq!(panic.message, "the disk is full");
        assert_eq!(panic.handler, Some(handler));
        assert!(panic.location.as_ref().unwrap().contains(&format!("panics.rs:{line}:")), "{panic:?}");
    }
    // The thread goes on.
    assert_eq!(blocking(|| 7), 7);
}

#[test]
fn a_panic_goes_on_in_a_thread() {
    let caught = catch_unwind(|| blocking(|| panic!("{}", String::from("the disk is full"))));
    assert_eq!(caught.unwrap_err().downcast_ref::<String>().unwrap(), "the disk is full");
    let caught = catch_unwind(|| blocking_timeout(PATIENCE, || std::panic::panic_any(7)));
    assert_eq!(caught.unwrap_err().downcast_ref::<i32>(), Some(&7));
}

#[test]
fn a_panic_that_was_caught_in_it_is_forgotten() {
    let node = node(1);
    node.enter(|| {
        let (_, monitor) = process::spawn_monitor(|_| {
            blocking(|| drop(catch_unwind(|| panic!("the same"))));
            blocking(|| std::panic::resume_unwind(Box::new("the same")));
        });
        assert_eq!(down(monitor).as_panic().unwrap().location, None);
    });
    node.stop();
}

#[test]
fn an_exit_of_its_own_is_that_of_its_caller() {
    let (_, monitor) = process::spawn_monitor(|_| blocking(|| process::exit_self("enough")));
    assert_eq!(down(monitor).to_string(), "enough");
    let caught = catch_unwind(|| blocking(|| process::exit_self("enough")));
    assert!(caught.unwrap_err().downcast_ref::<String>().unwrap().contains("enough"));
}
