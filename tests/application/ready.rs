//! Whether a tree, and all applications, are ready to serve.

use otp::{
    application::{self, AppContext, Application, StartFailure},
    prelude::*,
};

use crate::Db;

pub(crate) struct Modem;

#[actor]
impl Modem {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn dial(&self) {
        otp::timer::sleep_forever();
    }
}

supervisor! {
    pub(crate) Line<one_for_one>() {
        intensity: 100 in 1s;
        modems: supervisor<rest_for_one> {
            first: Modem() { backoff: 10s..=30s };
            second: Modem();
        };
        extra: Modem() { restart: temporary };
        sessions: dynamic<Modem>;
    }
}

struct Phone;

impl Application for Phone {
    const NAME: &'static str = "phone";
    type Tree = Line;

    fn start(_: &AppContext) -> Result<(Self, Line), StartFailure> {
        Ok((Self, Line::start_link()?))
    }
}

#[otp::test(seeds = 50)]
fn a_child_that_is_to_come_back_makes_its_tree_unready(t: &mut Sim) {
    application::ensure_all_started::<(Db, Phone)>(Restart::Permanent)?;
    assert!(application::readiness().is_ready());
    let line = application::tree::<Phone>().unwrap();
    // One that does not come back is no reason to wait.
    t.kill(&line.extra());
    t.settle();
    assert!(line.supervisor().readiness().is_ready());
    for _ in 0..2 {
        t.kill(&line.modems().first());
        t.settle();
    }
    let readiness = application::readiness();
    assert!(!readiness.is_ready());
    let text = readiness.to_string();
    let both = "not ready\n  phone/modems/first: being started again\n  phone/modems/second: being started again";
    assert_eq!(text, both);
    t.advance(Duration::from_secs(10));
    assert_eq!(application::readiness().to_string(), "ready");
    // Stopped on purpose.
    line.modems().supervisor().terminate_child("second")?;
    assert!(application::readiness().is_ready());
    // Gone.
    let supervisor = line.supervisor().clone();
    application::stop::<Phone>()?;
    assert_eq!(supervisor.readiness().to_string(), "not ready\n  there is no such process");
    assert!(application::readiness().is_ready());
}
