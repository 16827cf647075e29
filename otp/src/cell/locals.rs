//! Thread-locals of others that a plain handler must not leave changed while it waits: those who have their turns on
//! its thread meanwhile would see its change, and it might go on with theirs.
//!
//! A thread-local is watched by its *fingerprint*, a number that a function makes of its present value. That of a
//! turn's beginning is compared with that of each wait in the turn.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    env,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex, OnceLock, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use super::{AnyProcess, report};
use crate::guard::discard;

type WatchedLocal = (&'static str, fn() -> u64);

static WATCHED: RwLock<Vec<WatchedLocal>> = RwLock::new(Vec::new());
/// Whether a node with checks was ever made.
static ANY: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// What the code whose turn it is has found: one for each that was watched then.
    static FOUND: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

/// Watches a thread-local of this program: when [checks](crate::process::NodeBuilder::check_locals) are on, a plain
/// handler that has changed it since its turn began, and waits, is reported by name.
///
/// A process that waits leaves its thread to others. A guard that keeps something in a thread-local, as that of an
/// async runtime does, must not be held meanwhile. `fingerprint` makes a number of the thread-local's present value; it
/// is called on the threads that run processes, and must neither wait nor change anything.
///
/// ```
/// use std::cell::Cell;
///
/// use otp::prelude::*;
///
/// thread_local! {
///     static DEPTH: Cell<u64> = const { Cell::new(0) };
/// }
///
/// /// Counts how deep its thread is in a library.
/// struct Inside;
///
/// impl Inside {
///     fn enter() -> Self {
///         DEPTH.set(DEPTH.get() + 1);
///         Inside
///     }
/// }
///
/// impl Drop for Inside {
///     fn drop(&mut self) {
///         DEPTH.set(DEPTH.get() - 1);
///     }
/// }
///
/// process::watch_local("DEPTH", || DEPTH.get());
/// Sim::run(1, |sim| {
///     sim.check_locals(true);
///     process::spawn(|_| {
///         let _inside = Inside::enter();
///         otp::sleep(Duration::from_millis(1));    // others have their turns here
///     });
///     sim.settle();
///     let [crash] = &sim.crashes()[..] else { panic!("it was found") };
///     assert!(crash.reason.to_string().contains("DEPTH"));
/// });
/// ```
pub fn watch_local(name: &'static str, fingerprint: fn() -> u64) {
    WATCHED.write().unwrap_or_else(PoisonError::into_inner).push((name, fingerprint));
}

fn watched() -> Vec<WatchedLocal> {
    WATCHED.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The fingerprints at this moment. A thread-local that has none, as when its thread ends, is taken not to change.
fn fingerprints() -> Vec<u64> {
    let fingerprint = |(_, fingerprint): WatchedLocal| {
        catch_unwind(AssertUnwindSafe(fingerprint)).unwrap_or_else(|payload| {
            discard(payload);
            0
        })
    };
    watched().into_iter().map(fingerprint).collect()
}

/// Whether a node checks, and what it has said.
pub(crate) struct Checks {
    on: AtomicBool,
    /// Which thread-local in which code.
    said: Mutex<BTreeSet<(&'static str, &'static str)>>,
}

impl Checks {
    pub(crate) fn new(on: bool) -> Self {
        let checks = Self { on: AtomicBool::new(false), said: Mutex::default() };
        checks.switch(on);
        checks
    }

    pub(crate) fn switch(&self, on: bool) {
        self.on.store(on, Relaxed);
        ANY.fetch_or(on, Relaxed);
    }

    fn are_on(&self) -> bool {
        self.on.load(Relaxed)
    }

    /// Whether it is to be said: a handler that waits in a loop is named once.
    fn is_new(&self, local: &'static str, code: &'static str) -> bool {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).insert((local, code))
    }
}

/// Whether the environment asks for checks: `OTP_CHECK=locals`, in a debug build.
pub(crate) fn by_environment() -> bool {
    static ASKED: OnceLock<bool> = OnceLock::new();
    cfg!(debug_assertions)
        && *ASKED.get_or_init(|| {
            env::var("OTP_CHECK").is_ok_and(|checks| checks.split(',').any(|check| check.trim() == "locals"))
        })
}

/// A turn of `me` begins on this thread.
#[inline]
pub(crate) fn begin(me: &AnyProcess) {
    if ANY.load(Relaxed) {
        note_all(me);
    }
}

#[cold]
fn note_all(me: &AnyProcess) {
    if me.header().node.checks.are_on() {
        FOUND.set(fingerprints());
    }
}

/// What was found before a wait.
pub(crate) struct Parked {
    found: Vec<u64>,
    left: Vec<u64>,
}

/// `me` is about to wait on this thread.
///
/// # Panics
/// In a simulation, when it has changed what is watched.
#[inline]
pub(crate) fn park(me: &AnyProcess) -> Option<Parked> {
    if me.header().node.checks.are_on() { Some(check(me)) } else { None }
}

#[cold]
fn check(me: &AnyProcess) -> Parked {
    let (found, left) = (FOUND.take(), fingerprints());
    let node = &me.header().node;
    let code = me.header().handler.name().unwrap_or(me.header().program.label);
    let changed = watched().into_iter().zip(found.iter().zip(&left)).filter(|(_, (found, left))| found != left);
    for ((local, _), _) in changed {
        if node.scheduler.clock().is_virtual() {
            panic!(
                "`{code}` of process {} ({}) waits and has left the thread-local `{local}` changed, which others see \
                 meanwhile: drop what holds it before the wait",
                me.pid(),
                me.header().program.label,
            );
        }
        if node.checks.is_new(local, code) {
            report::local_changed(me, local);
        }
    }
    Parked { found, left }
}

impl Parked {
    /// Its wait is over: what others have changed meanwhile is none of its doing.
    pub(crate) fn resume(self) {
        let Self { mut found, left } = self;
        let now = fingerprints();
        for (index, now) in now.into_iter().enumerate() {
            if index >= found.len() {
                found.push(now);
            } else if left.get(index) != Some(&now) {
                found[index] = now;
            }
        }
        FOUND.set(found);
    }
}
