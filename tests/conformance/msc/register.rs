//! Names and processes that end.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use otp::{Node, name::RegisterError, process};

/// A process ends while others give it a name and take it away: once it is seen to have ended, nobody has the name.
#[test]
fn msc_register_otp_8099() {
    let node = Node::builder().cores(4).start().unwrap();
    node.enter(|| {
        for _ in 0..1000 {
            let (pid, ended) = process::spawn_monitor(|_| {});
            // Whether it can be given the name any more.
            let give = move || match process::register("port", pid) {
                Ok(()) => true,
                Err(RegisterError::Taken(holder)) if holder == pid => true,
                Err(RegisterError::NoProc) => false,
                Err(error) => panic!("{error}"),
            };
            let (_, meddled) = process::spawn_monitor(move |_| {
                while give() {
                    let _ = process::unregister("port");
                    if !give() {
                        break;
                    }
                }
            });
            while give() {}
            process::current().receive_down(ended, None).unwrap();
            assert_eq!(process::whereis("port"), None);
            let meddled = process::current().receive_down(meddled, None).unwrap();
            assert_eq!(meddled.reason, otp::ExitReason::Normal);
            assert_eq!(process::registered(), [""; 0]);
        }
    });
    node.stop();
}
