//! One process's misfortune is nobody else's: code of the user's that panics or never comes back where it is run for
//! somebody else.

#![cfg(all(feature = "macros", feature = "tracing"))]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod callbacks;
mod endless;
mod values;
mod watchdog;

#[path = "../common/latch.rs"]
mod latch;
#[path = "../common/listener.rs"]
mod listener;

use std::{fmt, panic::panic_any, sync::Mutex, time::Duration};

use latch::Latch;
use listener::{Report, listen};
use otp::{Child, prelude::*};

const PATIENCE: Duration = Duration::from_secs(30);

/// How something of the user's behaves.
#[derive(Clone)]
enum How {
    Panics,
    Fails,
    Blocks(Latch),
}

impl How {
    fn run(&self) -> fmt::Result {
        match self {
            Self::Panics => panic_any(Payload),
            Self::Fails => Err(fmt::Error),
            Self::Blocks(latch) => {
                latch.wait();
                Ok(())
            }
        }
    }
}

/// What is thrown, and throws again.
struct Payload;

impl Drop for Payload {
    fn drop(&mut self) {
        panic!("not well");
    }
}

/// An error of which something goes wrong.
#[derive(Clone, Default)]
struct Bad {
    display: Option<How>,
    debug: Option<How>,
    drop: Option<How>,
    /// A report that says this is not heard.
    marker: &'static str,
}

impl Bad {
    fn new(display: Option<How>, debug: Option<How>, drop: Option<How>, marker: &'static str) -> Self {
        Self { display, debug, drop, marker }
    }
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.display.as_ref().map_or(Ok(()), How::run)?;
        write!(f, "bad {}", self.marker)
    }
}

impl fmt::Debug for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.debug.as_ref().map_or(Ok(()), How::run)?;
        write!(f, "Bad {}", self.marker)
    }
}

impl PartialEq for Bad {
    fn eq(&self, other: &Self) -> bool {
        self.marker == other.marker
    }
}

impl std::error::Error for Bad {}

impl Drop for Bad {
    fn drop(&mut self) {
        if let Some(how) = self.drop.take() {
            let _ = how.run();
        }
    }
}

/// Makes the subscriber panic at each report that says so.
const UNHEARD: &str = "unheard";
/// Makes the subscriber block, until it is let go.
const UNANSWERED: &str = "blocks_its_listener";

static REPORTS: Mutex<Vec<Report>> = Mutex::new(Vec::new());
static LET_GO: Mutex<Option<Latch>> = Mutex::new(None);

/// One subscriber for all tests.
fn hear() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        listen(|event| {
            let report = Report::of(event);
            let says = |marker: &str| report.fields.values().any(|value| value.contains(marker));
            if says(UNHEARD) {
                panic_any(Payload);
            }
            if says(UNANSWERED)
                && let Some(latch) = LET_GO.lock().unwrap().clone()
            {
                latch.wait();
            }
            REPORTS.lock().unwrap().push(report);
        });
    });
}

/// What a child does wrong.
#[derive(Clone)]
enum Wrong {
    Error(Bad),
    Reason(Bad),
    Shutdown(Bad),
    Panic(Bad),
}

struct Worker {
    wrong: Wrong,
}

#[actor]
impl Worker {
    #[init]
    fn init(wrong: Wrong, fails: bool) -> Result<Self, Bad> {
        match wrong {
            Wrong::Error(bad) if fails => Err(bad),
            wrong => Ok(Self { wrong }),
        }
    }

    #[handle_call]
    fn ping(&self) {}

    #[handle_cast]
    fn go_wrong(&mut self, ctx: &mut Context<Self>) -> Result<(), ExitReason> {
        match self.wrong.clone() {
            Wrong::Error(bad) => Err(ExitReason::error(bad)),
            Wrong::Reason(bad) => Err(ExitReason::other(bad)),
            Wrong::Shutdown(bad) => {
                ctx.stop(ExitReason::shutdown_with(bad));
                Ok(())
            }
            Wrong::Panic(bad) => panic_any(bad),
        }
    }
}

fn spec(wrong: &Wrong) -> ChildSpec<Worker> {
    let wrong = wrong.clone();
    Worker::spec(move || (wrong.clone(), false))
}
