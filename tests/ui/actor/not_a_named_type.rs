use otp::prelude::*;

trait Shape {}

#[actor]
impl dyn Shape {
    #[init]
    fn init() -> Box<Self> {
        todo!()
    }
}

fn main() {}
