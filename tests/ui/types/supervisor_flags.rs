use otp::prelude::*;

fn main() {
    let _ = Supervisor::new("one_for_one");
    let _ = Supervisor::new(Strategy::OneForOne).intensity(-1, Duration::from_secs(5));
    let _ = Supervisor::new(Strategy::OneForOne).intensity(1, f64::INFINITY);
    let _ = Supervisor::new(Strategy::OneForOne).auto_shutdown(true);
}
