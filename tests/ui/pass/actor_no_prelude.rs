//! Nothing of the standard prelude is needed, and nothing that shadows it is in the way.
#![no_implicit_prelude]
#![deny(warnings)]

#[allow(dead_code)]
enum Option {}
#[allow(dead_code)]
enum Result {}
#[allow(dead_code)]
struct Box;

struct Counter;

#[::otp::actor(restart = temporary)]
impl Counter {
    #[::otp::init]
    fn init(start: u8) -> Self {
        let _ = start;
        Self
    }
    #[::otp::handle_call]
    fn get(&self, by: u8) -> u8 {
        by
    }
    #[::otp::handle_cast]
    async fn reset(&mut self) {}
    #[::otp::handle_info]
    fn down(&mut self, down: ::otp::Down) {
        let _ = down;
    }
    #[::otp::terminate]
    fn bye(&mut self, reason: &::otp::ExitReason) {
        let _ = reason;
    }
}

fn main() {
    let _ = Counter::start;
    let _ = |counter: CounterRef| {
        counter.reset();
        counter.get(1)
    };
}
