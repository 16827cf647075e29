//! Exits to names.

use std::sync::Arc;

use otp::{
    name::{Destination, RegName},
    prelude::*,
    process::Me,
};

use super::{Book, stay};

#[otp::test(seeds = 20)]
fn an_exit_goes_to_whoever_has_the_name(_t: &mut Sim) {
    let book = Arc::new(Book::default());
    for name in [RegName::from("port"), RegName::via(&book, "port")] {
        let (pid, monitor) = process::spawn_monitor(stay);
        name.register(pid).unwrap();
        assert_eq!(Destination::from(&name).whereis(), Some(pid));
        process::exit(&name, ExitReason::Shutdown);
        assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Shutdown);
        // There is nobody: nothing happens.
        process::exit(&name, ExitReason::Kill);
        assert_eq!(Destination::from(&name).whereis(), None);
    }
    // To oneself it takes effect before it returns.
    let (_, monitor) = process::spawn_monitor(|me: &mut Me| -> () {
        process::register("self", me.pid()).unwrap();
        process::exit("self", ExitReason::other("own"));
        panic!("it goes on");
    });
    assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::other("own"));
    _t.crashes();
}
