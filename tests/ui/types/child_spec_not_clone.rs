use otp::prelude::*;

struct Socket;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init(socket: Socket) -> Self {
        let Socket = socket;
        Self
    }
}

fn main() {
    let _ = Counter::start(Socket);
    let _ = Counter::child_spec(Socket);
}
