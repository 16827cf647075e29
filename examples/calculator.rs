//! A calculator: casts change it, a call reads it, and when it crashes nobody heals it.

use otp::prelude::*;

/// Keeps a number.
#[derive(Debug)]
pub struct Calculator {
    value: f64,
}

#[actor]
impl Calculator {
    #[init]
    fn init(value: f64) -> Self {
        Self { value }
    }

    /// Adds a number.
    #[handle_cast]
    pub fn add(&mut self, number: f64) {
        self.value += number;
    }

    /// Subtracts a number.
    #[handle_cast]
    pub fn subtract(&mut self, number: f64) {
        self.value -= number;
    }

    /// Multiplies by a number.
    #[handle_cast]
    pub fn multiply(&mut self, number: f64) {
        self.value *= number;
    }

    /// Divides by a whole number.
    ///
    /// # Panics
    /// When that is zero: there is no answer, and so no calculator after it.
    #[handle_cast]
    pub fn divide(&mut self, number: i64) {
        assert!(number != 0, "attempt to divide by zero");
        self.value /= number as f64;
    }

    /// The number.
    #[handle_call]
    pub fn value(&self) -> f64 {
        self.value
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let calculator = Calculator::start(0.0)?;
    calculator.add(30.0);
    calculator.multiply(3.0);
    calculator.subtract(6.0);
    calculator.divide(2);
    println!("the value is {}", calculator.value()?);

    let monitor = calculator.monitor();
    calculator.divide(0);
    if let Some(down) = monitor.and_then(|monitor| process::current().receive_down(monitor, None)) {
        println!("the calculator {}", down.reason);
    }
    if let Err(error) = calculator.value() {
        println!("asked for its value: {error}");
    }
    Ok(())
}
