//! A clock that ticks by an interval, tells the time, and can be paused and stopped.

use otp::{prelude::*, process::Subject};

/// Counts its ticks, and tells them to whoever watches.
#[derive(Debug)]
pub struct Clock {
    period: Duration,
    ticks: u32,
    /// Absent while it is paused.
    interval: Option<TimerRef>,
    watcher: Subject<u32>,
}

#[actor]
impl Clock {
    #[init]
    fn init(period: Duration, watcher: Subject<u32>, ctx: &mut Context<Self>) -> Self {
        let interval = ctx.every(period, |me| me.tick());
        Self { period, ticks: 0, interval: Some(interval), watcher }
    }

    /// How often it has ticked.
    #[handle_call]
    pub fn time(&self) -> u32 {
        self.ticks
    }

    /// Stops it from ticking; a tick that is on its way never comes.
    #[handle_call]
    pub fn pause(&mut self) {
        self.interval.take().map(|interval| interval.cancel());
    }

    /// Has it tick again, after a whole period.
    #[handle_cast]
    pub fn resume(&mut self, ctx: &mut Context<Self>) {
        self.interval.get_or_insert_with(|| ctx.every(self.period, |me| me.tick()));
    }

    #[handle_info]
    fn tick(&mut self) {
        self.ticks += 1;
        self.watcher.send(self.ticks);
    }

    #[terminate]
    fn stopped(&mut self, reason: &ExitReason) {
        println!("the clock ends ({reason}) at {}", self.ticks);
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let period = Duration::from_millis(20);
    let watcher = process::current().subject();
    let clock = Clock::start(period, watcher.clone())?;
    for _ in 0..3 {
        println!("tick {}", watcher.receive(None).ok_or("it ticks")?);
    }
    clock.pause()?;
    let paused = clock.time()?;
    // Ticks that the watcher has not looked at yet.
    while watcher.receive(Duration::ZERO).is_some() {}
    otp::sleep(period * 5);
    println!("it stands: {}", clock.time()? == paused && watcher.receive(Duration::ZERO).is_none());
    clock.resume();
    println!("it goes on: {}", watcher.receive(None) == Some(paused + 1));
    clock.stop()?;
    println!("asked for the time: {}", clock.time().err().ok_or("it has stopped")?);
    Ok(())
}
