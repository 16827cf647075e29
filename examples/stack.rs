//! A stack: the exercise that every book on OTP begins with. It dies of a pop too many, and its supervisor heals it.

use otp::prelude::*;

/// Keeps numbers, the last one on top.
#[derive(Debug)]
pub struct Stack {
    numbers: Vec<i64>,
}

#[actor]
impl Stack {
    #[init]
    fn init(numbers: Vec<i64>) -> Self {
        Self { numbers }
    }

    /// Puts a number on top.
    #[handle_cast]
    pub fn push(&mut self, number: i64) {
        self.numbers.push(number);
    }

    /// Takes the number on top.
    ///
    /// # Panics
    /// When there is none: who pops an empty stack has lost count, and so has the stack.
    #[handle_call]
    pub fn pop(&mut self) -> i64 {
        self.numbers.pop().expect("the stack is empty")
    }

    #[terminate]
    fn terminate(&self, reason: &ExitReason) {
        let panicked = reason.as_panic().map(|panic| panic.message.to_string());
        println!("  (the stack ends: {})", panicked.unwrap_or_else(|| reason.to_string()));
    }
}

supervisor! {
    /// A stack that is started again when it crashes, and not when it was stopped.
    pub Desk<one_for_one>(numbers: Vec<i64>) {
        intensity: 3 in 5s;

        stack: Stack(numbers.clone()) { restart: transient };
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let desk = Desk::start_link(vec![1, 2])?;
    let stack = desk.stack();

    stack.push(3);
    for _ in 0..4 {
        match stack.pop() {
            Ok(number) => println!("popped {number}"),
            Err(CallError::Exited(_)) => println!("popped nothing: the stack died of it"),
            Err(error) => return Err(error.into()),
        }
    }

    // A supervisor answers when its tree is healed. The client is the same, the stack another one.
    println!("stacks: {}", desk.supervisor().count_children()?.active);
    println!("popped {}", stack.pop()?);

    stack.stop()?;
    println!("stacks: {}", desk.supervisor().count_children()?.active);
    if let Err(error) = stack.pop() {
        println!("popped nothing: {error}");
    }
    Ok(())
}
