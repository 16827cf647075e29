//! An actor and its messages may be as private as they like.
#![deny(warnings)]

mod inner {
    use otp::prelude::*;

    /// Private, with a client that is not.
    struct Hidden;
    struct Job(u8);

    #[actor]
    impl Hidden {
        #[init]
        fn init(job: Job) -> Self {
            let _ = job.0;
            Self
        }
        #[handle_call]
        pub fn run(&mut self, job: Job) -> Option<Job> {
            Some(job)
        }
    }

    /// Public, with private messages.
    pub struct Shown;

    #[actor]
    impl Shown {
        #[init]
        fn init() -> Self {
            Self
        }
        #[handle_call]
        pub(in crate::inner) fn run(&mut self, job: Job) -> Job {
            job
        }
        #[handle_call]
        pub fn get(&self) -> u8 {
            1
        }
        #[handle_info]
        fn arrived(&mut self, job: Job) {
            let _ = job;
        }
    }

    pub fn uses() -> Result<u8, Box<dyn std::error::Error>> {
        let job = Hidden::start(Job(1))?.run(Job(1))?;
        Ok(Shown::start()?.run(job.unwrap_or(Job(2)))?.0)
    }
}

fn main() {
    use otp::prelude::*;

    struct Local(u8);

    #[actor]
    impl Local {
        #[init]
        fn init(n: u8) -> Self {
            Self(n)
        }
        #[handle_call]
        fn get(&self) -> u8 {
            self.0
        }
    }

    let _ = inner::uses;
    let _ = |shown: inner::ShownRef| shown.get();
    let _ = || Local::start(1).map(|local| local.get());
}
