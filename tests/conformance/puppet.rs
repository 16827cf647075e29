//! A process that does what it is told, for tests of what two processes do to one another.

use otp::{
    prelude::*,
    process::{Me, ProcessInfo, Subject},
};

/// Longer than anything takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

type Order = Box<dyn FnOnce(&mut Me) + Send>;

#[derive(Clone)]
pub(crate) struct Puppet {
    pub(crate) pid: Pid,
    orders: Subject<Order>,
}

impl Puppet {
    pub(crate) fn spawn() -> Self {
        Self::by(|obey| process::spawn(obey))
    }

    pub(crate) fn spawn_link() -> Self {
        Self::by(|obey| process::spawn_link(obey))
    }

    pub(crate) fn spawn_monitor() -> (Self, MonitorRef) {
        let mut monitor = None;
        let puppet = Self::by(|obey| {
            let (pid, made) = process::spawn_monitor(obey);
            monitor = Some(made);
            pid
        });
        (puppet, monitor.expect("it was made"))
    }

    fn by(spawn: impl FnOnce(Box<dyn FnOnce(&mut Me) + Send>) -> Pid) -> Self {
        let strings = process::current().subject();
        let to = strings.clone();
        let pid = spawn(Box::new(move |me| {
            let orders = me.subject::<Order>();
            to.send(orders.clone());
            while let Some(order) = orders.receive(None) {
                order(me);
            }
        }));
        Self { pid, orders: strings.receive(None).expect("it begins") }
    }

    /// Has it do something, at some time.
    pub(crate) fn tell(&self, order: impl FnOnce(&mut Me) + Send + 'static) {
        self.orders.send(Box::new(order));
    }

    /// Has it do something; waits for the result.
    pub(crate) fn ask<T: Send + 'static>(&self, order: impl FnOnce(&mut Me) -> T + Send + 'static) -> T {
        let answers = process::current().subject();
        let to = answers.clone();
        self.tell(move |me| to.send(order(me)));
        answers.receive(None).expect("it answers")
    }

    /// Has it end by itself, at some time.
    pub(crate) fn end(&self, reason: ExitReason) {
        self.tell(|_| process::exit_self(reason));
    }

    pub(crate) fn info(&self) -> ProcessInfo {
        process::info(self.pid).expect("it lives")
    }
}

pub(crate) fn why(text: &'static str) -> ExitReason {
    ExitReason::other(text)
}

pub(crate) fn own_info() -> ProcessInfo {
    process::info(otp::self_pid()).expect("the caller lives")
}

/// The `Down` of a monitor; waits for it.
pub(crate) fn down(monitor: MonitorRef) -> Down {
    process::current().receive_down(monitor, None).expect("it comes")
}

/// The `Down` of a monitor, if it has come.
pub(crate) fn down_now(monitor: MonitorRef) -> Option<Down> {
    process::current().receive_down(monitor, Duration::ZERO)
}

/// Who sent the next trapped exit, and why; waits for it.
pub(crate) fn exit() -> (Pid, ExitReason) {
    process::current().receive_exit(None).map(|exit| (exit.from, exit.reason)).expect("it comes")
}

/// As [`exit`], if one has come.
pub(crate) fn exit_now() -> Option<(Pid, ExitReason)> {
    process::current().receive_exit(Duration::ZERO).map(|exit| (exit.from, exit.reason))
}

/// A choice that is a function of a seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33) % n
    }
}
