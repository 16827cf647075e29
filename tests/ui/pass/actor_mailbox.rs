//! A bound, a method that is told what it cost, and messages that go first.

#![deny(missing_docs, unused, unsafe_code)]

use otp::{mailbox::Dropped, prelude::*};

/// A letter box.
pub struct Letters<T>(Vec<T>);

#[actor(mailbox = bounded(10, drop_oldest), on_full = lost)]
impl<T: Send + 'static> Letters<T> {
    #[init]
    fn init() -> Self {
        Self(Vec::new())
    }

    /// Comes first.
    #[handle_cast(priority)]
    pub fn express(&mut self, letter: T) {
        self.0.push(letter);
    }

    /// Never comes.
    #[cfg(any())]
    #[handle_cast(priority)]
    pub fn never(&mut self) {}

    #[handle_info(priority)]
    fn telegram(&mut self, _text: String) {}

    #[handle_info]
    fn down(&mut self, _down: Down) {}

    async fn lost(&mut self, dropped: Dropped, ctx: &mut Context<Self>) -> Result<(), std::io::Error> {
        let _ = (dropped.count, ctx.pid());
        Ok(())
    }
}

/// All of them go first.
struct Urgent;

#[actor(mailbox = bounded(1_000, reject,))]
impl Urgent {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call(priority)]
    fn ask(&mut self) {}
}

fn main() {
    Letters::start().unwrap().express(1_u8);
    Urgent::start().unwrap().ask().unwrap();
}
