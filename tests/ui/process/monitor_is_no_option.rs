//! A start that is to be monitored is a `start_monitor`: there is no option whose monitor nobody is given.

use otp::process::{Ack, Spawn};

fn main() {
    let _ = Spawn::new().monitor().start(|_, ack: Ack<()>| ack.started(()));
}
