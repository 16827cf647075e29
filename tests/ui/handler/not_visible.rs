mod inner {
    use otp::prelude::*;

    pub struct Counter;

    #[actor]
    impl Counter {
        #[init]
        fn init() -> Self {
            Self
        }
        #[handle_call]
        fn get(&self) -> u32 {
            1
        }
    }
}

fn main() {
    let _ = inner::Counter::start().map(|counter| counter.get());
}
