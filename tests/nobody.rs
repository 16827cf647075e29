//! What is sent to a name that nobody has: where OTP raises an error it is reported, once a name; all of it is counted.

#![cfg(all(feature = "macros", feature = "tracing"))]

use std::{cell::RefCell, fmt, mem, sync::Arc};

use listener::{Report, listen};
use otp::{
    Name,
    name::{RegName, RegisterError, UnregisterError, Via},
    prelude::*,
    process::{SendError, Subject},
    timer,
};
use tracing::Level;

#[path = "common/listener.rs"]
mod listener;

const SECOND: Duration = Duration::from_secs(1);

thread_local! {
    /// What was reported by the simulation of this thread.
    static REPORTS: RefCell<Vec<Report>> = const { RefCell::new(Vec::new()) };
}

/// The names of the reports since the last look.
fn reported() -> Vec<String> {
    let reports = REPORTS.with_borrow_mut(mem::take);
    let about_nobody = reports.into_iter().filter(|report| report.field("report") == "sent_to_nobody");
    about_nobody
        .map(|report| {
            assert_eq!((report.level, report.field("from")), (Level::WARN, &*otp::self_pid().to_string()));
            assert!(report.text.contains(report.field("registered_name")), "{}", report.text);
            report.field("registered_name").to_owned()
        })
        .collect()
}

fn simulated(test: impl FnOnce(&mut Sim)) {
    static LISTENS: std::sync::Once = std::sync::Once::new();
    LISTENS.call_once(|| {
        listen(|event| REPORTS.with_borrow_mut(|reports| reports.push(Report::of(event))));
    });
    Sim::run(1, test);
}

/// A name, and what sends something to it.
type Way<'a> = (&'a str, Box<dyn Fn() + 'a>);

struct Server;

#[actor]
impl Server {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_cast]
    fn poke(&self) {}

    #[handle_call]
    fn echo(&self, n: u32) -> u32 {
        n
    }

    #[handle_info]
    fn number(&self, _n: u32) {}
}

/// A registry that knows nobody.
struct Empty;

impl Via for Empty {
    type Key = Key;

    fn register(&self, _: &Key, _: Pid) -> Result<(), RegisterError> {
        Err(RegisterError::NoProc)
    }

    fn unregister(&self, _: &Key) -> Result<(), UnregisterError> {
        Err(UnregisterError)
    }

    fn whereis(&self, _: &Key) -> Option<Pid> {
        None
    }
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Key(&'static str);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        assert!(self.0 != "unspeakable", "it is not to be named");
        f.write_str(self.0)
    }
}

#[test]
fn a_message_to_nobody_is_reported_once_a_name_and_counted() {
    simulated(|t| {
        let empty = Arc::new(Empty);
        let ways: [Way<'_>; 6] = [
            ("a", Box::new(|| Subject::<u32>::named("a").send(1))),
            ("b", Box::new(|| Subject::<u32>::named("b").map(u32::from).send(1_u8))),
            ("c", Box::new(|| Name::<Server>::from("c").client().subject::<u32>().send(1))),
            ("d", Box::new(|| Name::<Server>::via(&empty, Key("d")).client().subject::<u32>().send(1))),
            ("e", Box::new(|| process::exit("e", ExitReason::Kill))),
            ("f", Box::new(|| process::exit(RegName::via(&empty, Key("f")), ExitReason::Shutdown))),
        ];
        for (n, (name, send)) in (1..).zip(&ways) {
            let before = t.node().undelivered();
            send();
            assert_eq!(reported(), [*name]);
            (0..n).for_each(|_| send());
            assert_eq!((reported(), t.node().undelivered() - before), (vec![], 1 + n));
        }
        ways.iter().for_each(|(_, send)| send());
        assert_eq!(reported(), [""; 0], "each of them was said");

        process::register("a", otp::self_pid()).expect("it is free");
        let before = t.node().undelivered();
        Subject::<u32>::named("a").send(2);
        assert_eq!((Subject::<u32>::named("a").receive(None), t.node().undelivered()), (Some(2), before));
    });
}

#[test]
fn what_otp_drops_in_silence_is_counted_and_what_its_sender_is_told_is_not() {
    simulated(|t| {
        let server = Name::<Server>::from("server");
        server.client().poke();
        drop(server.client().as_async().poke());
        server.client().wait_for_restart().poke();
        assert_eq!(t.node().undelivered(), 3);
        timer::send_after(SECOND, &Subject::named("subject"), 1);
        timer::send_after(SECOND, &server.client().subject::<u32>(), 1);
        let ticks = timer::send_interval(SECOND, &server.client().subject::<u32>(), 1);
        t.advance(SECOND);
        assert_eq!((t.node().undelivered(), ticks.left()), (5, None));
        assert_eq!(reported(), [""; 0]);

        assert_eq!(server.client().echo(1), Err(CallError::NoProc));
        assert_eq!(Subject::named("subject").try_send(1), Err(SendError::NoProc(1)));
        assert_eq!(server.client().stop(), Err(CallError::NoProc));
        let gone = process::spawn(|_| ());
        t.settle();
        process::send(gone, 1);
        process::exit(gone, ExitReason::Kill);
        assert_eq!((t.node().undelivered(), reported()), (5, vec![]));
    });
}

/// What is remembered of the names does not grow with them.
#[test]
fn names_are_said_anew_when_many_others_were_used() {
    simulated(|_| {
        let send = |n: usize| Subject::named(format!("name {n}")).send(());
        (0..1000).for_each(send);
        assert_eq!(reported().len(), 1000);
        (950..1000).for_each(send);
        assert_eq!(reported().len(), 0);
        send(0);
        assert_eq!(reported(), ["name 0"]);
    });
}

#[test]
fn a_name_that_cannot_be_shown_is_nobodys_harm() {
    simulated(|t| {
        process::exit(RegName::via(&Arc::new(Empty), Key("unspeakable")), ExitReason::Kill);
        assert_eq!(t.node().undelivered(), 1);
    });
}
