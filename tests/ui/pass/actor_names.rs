//! Names of the user's that are ours, too.
#![deny(warnings)]
#![allow(non_snake_case)]

use otp::prelude::*;

struct CounterMessage(u8);
struct Message;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init(args: u8, message: u8, inner: u8) -> Self {
        let _ = args + message + inner;
        Self
    }

    #[handle_call]
    fn r#type(&self, r#match: u8) -> u8 {
        r#match
    }
    #[handle_call]
    fn clash(&self, ctx: u8, reply: u8, answer: u8, message: u8, tracker: u8, args: u8, otp: u8, this: u8) -> u8 {
        ctx + reply + answer + message + tracker + args + otp + this
    }
    #[handle_call]
    fn own(&self, one: CounterMessage, two: Message) -> u8 {
        let Message = two;
        one.0
    }

    #[handle_call]
    fn stop(&self) -> u8 {
        1
    }
    #[handle_call]
    fn pid(&self) -> u8 {
        2
    }
    #[handle_call]
    fn timeout(&self, limit: u8) -> u8 {
        limit
    }
    #[handle_call]
    fn target(&self) -> u8 {
        3
    }
    #[handle_cast]
    fn inner(&self) {}
    #[handle_cast]
    fn clone(&self) {}
    #[handle_cast]
    fn eq(&self) {}
    #[handle_cast]
    fn fmt(&self) {}
    #[handle_cast]
    fn call(&self) {}
    #[handle_cast]
    fn cast(&self) {}
    #[handle_cast]
    fn handle(&self) {}
    #[handle_cast]
    fn message_name(&self) {}
    #[handle_cast]
    fn get_x(&self) {}
    #[handle_cast]
    fn get__x(&self) {}
    #[handle_cast]
    fn _1(&self) {}
    #[handle_info]
    fn info(&self, info: u8) {
        let _ = info;
    }
    #[terminate]
    fn terminate(&self) {}
}

#[allow(non_camel_case_types)]
struct r#struct;

#[actor]
impl r#struct {
    #[init]
    fn init() -> Self {
        Self
    }
}

fn main() {
    fn uses(counter: CounterRef) -> Result<u8, CallError> {
        counter.inner();
        counter.clone();
        counter.eq();
        counter.fmt();
        counter.call();
        counter.cast();
        counter.handle();
        counter.message_name();
        counter.get_x();
        counter.get__x();
        counter._1();
        let sum = counter.r#type(1)? + counter.stop()? + counter.pid()? + counter.timeout(1)? + counter.target()?;
        Ok(sum + counter.clash(1, 2, 3, 4, 5, 6, 7, 8)? + counter.own(CounterMessage(1), Message)?)
    }
    let _ = uses;
    let _ = Counter::start(1, 2, 3);
    let _: Option<structRef> = None;
}
