//! The time between the request to stop and the stop.

use otp::{
    application::{self, DrainHold, Draining, StopAll},
    prelude::*,
};

use crate::{Db, listen, note, noted};

/// Drains for so long, or for ever.
pub(crate) struct Listener {
    takes: Duration,
    hold: Option<DrainHold>,
}

#[actor]
impl Listener {
    #[init]
    fn init(takes: Duration, ctx: &mut Context<Self>) -> Self {
        Self { takes, hold: Some(application::on_drain(ctx.me().subject())) }
    }

    #[handle_info]
    fn drain(&mut self, _: Draining, ctx: &mut Context<Self>) {
        note("closed");
        ctx.after(self.takes).served();
    }

    #[handle_cast]
    fn served(&mut self) {
        note("served");
        self.hold = None;
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[otp::test(seeds = 50)]
fn all_drain_at_once_and_before_anything_stops(t: &mut Sim) {
    let log = listen();
    application::start::<Db>(Restart::Permanent)?;
    let listeners = [Listener::start(2 * SECOND)?, Listener::start(3 * SECOND)?];
    noted(&log);
    assert!(!application::is_draining());
    let stopper = process::spawn(|_| note(format!("drained: {}", StopAll::new().stop().drained)));
    t.advance(SECOND);
    assert!(application::is_draining());
    assert!(!application::readiness().is_ready());
    assert_eq!(noted(&log), ["closed", "closed"]);
    // Who asks while all drain is told at once.
    let late = process::current().subject();
    let hold = application::on_drain(late.clone());
    assert_eq!(late.receive(Duration::ZERO), Some(Draining));
    t.advance(3 * SECOND);
    assert_eq!(noted(&log), ["served", "served"]);
    hold.done();
    t.settle();
    assert_eq!(noted(&log), ["db prep_stop", "db worker ends", "db stop", "drained: true"]);
    assert_eq!(t.now(), 4 * SECOND);
    assert!(!application::is_draining() && !process::is_alive(stopper));
    drop(listeners);
}

#[otp::test(seeds = 20)]
fn a_drain_has_a_limit_and_who_ends_lets_go(t: &mut Sim) {
    let stuck = Listener::start(Duration::MAX)?;
    let report = StopAll::new().drain(10 * SECOND).stop();
    assert!(!report.drained);
    assert_eq!((t.now(), report.drain_took), (10 * SECOND, 10 * SECOND));
    // The deadline is for all.
    let report = StopAll::new().drain(10 * SECOND).deadline(SECOND).stop();
    assert_eq!((report.drained, report.took), (false, SECOND));
    // One that is killed is not waited for.
    let victim = Listener::start(Duration::MAX)?;
    t.kill(&stuck);
    process::spawn(move |_| {
        otp::sleep(SECOND);
        process::exit(victim.pid().unwrap(), ExitReason::Kill);
    });
    let report = StopAll::new().drain(10 * SECOND).stop();
    assert_eq!((report.drained, report.took), (true, SECOND));
    // With nobody it takes no time.
    assert_eq!(StopAll::new().stop().took, Duration::ZERO);
}
