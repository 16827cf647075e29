//! A block that a `macro_rules!` writes, its names from both sides.
#![deny(warnings)]

use otp::prelude::*;

macro_rules! holder {
    ($actor:ident, $client:ident, $get:ident, $value:ty, $start:expr) => {
        struct $actor($value);

        #[actor(client = $client)]
        impl $actor {
            #[init]
            fn init(start: $value) -> Self {
                Self(start)
            }
            #[handle_call]
            fn $get(&self) -> $value {
                self.0.clone()
            }
            #[handle_cast]
            fn set(&mut self, value: $value, ctx: u8) {
                let _ = ctx;
                self.0 = value;
            }
        }

        const _: fn() = || {
            let _ = $actor::start($start).map(|holder| {
                holder.set($start, 1);
                holder.$get()
            });
        };
    };
}

holder!(Number, NumberRef, number, u8, 1);
holder!(Text, TextRef, text, Option<String>, None);

fn main() {}
