use otp::prelude::*;

struct Counter;

#[actor]
impl Counter {
    #[init]
    fn init(start: u32) -> Self {
        let _ = start;
        Self
    }
    #[handle_call]
    fn get(&self) -> u32 {
        1
    }
    #[handle_call]
    fn find(&self, key: &str) -> Option<u32> {
        key.parse().ok()
    }
    #[handle_cast]
    fn reset(&mut self) {}
}

fn main() {
    let counter: CounterRef = Counter::start(1).unwrap();
    counter.reset();
    let _: u32 = counter.get().unwrap();
    let _: Option<u32> = counter.find("one").unwrap();
    let _ = Counter::child_spec(1);
}
