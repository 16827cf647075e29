mod inner {
    use otp::prelude::*;

    struct Config;
    pub struct Counter;

    #[actor]
    impl Counter {
        #[init]
        fn init(config: Config) -> Self {
            let Config = config;
            Self
        }
    }
}

const _: Option<inner::Counter> = None;

fn main() {}
