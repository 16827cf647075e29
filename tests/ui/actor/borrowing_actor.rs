use otp::prelude::*;

struct Counter<'a>(&'a str);

#[actor]
impl<'a> Counter<'a> {

    #[init]
    fn init(name: &'a str) -> Self {
        Self(name)
    }
    #[handle_call]
    fn get(&self) -> String {
        self.0.to_owned()
    }
}

fn main() {}
