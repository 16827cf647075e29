//! Pieces of code that processes run, and how each has behaved: a handler, an `init`, the closure of a process.
//!
//! A stack that is set aside goes on only on its own thread, so what runs there next can hold it up. Code that is known
//! to be short runs beside such stacks; other code does not. Code is *doubtful* until it has been seen to be short, and
//! again once it was seen to be long.
//!
//! Code whose waits are long is known as well: it leaves its thread to nobody who might hold it up.
//!
//! | bits of the record | meaning | who writes them |
//! |---|---|---|
//! | 0..16 | how many short runs it still has to show | the end of a run that was measured; the watchdog |
//! | 16..20 | how many more of its waits were long than short, of late | the end of a wait |
//! | 24..32 | how often it was long | the end of a run that was measured; the watchdog |
//!
//! When many processes begin to run new code at once, the others are held back for a moment, in which the first may
//! show how it behaves: else each of them would be given a thread of its own.
//!
//! Code that is not doubtful is not measured, but by the watchdog. A record is advice: an update that is lost to
//! another one changes no behaviour but where code runs.

use std::{
    any::{Any, TypeId},
    cell::Cell,
    collections::BTreeMap,
    sync::{OnceLock, PoisonError, RwLock},
    time::Duration,
};

// Not loom's: a record orders nothing, and it is made in statics.
use std::sync::atomic::{
    AtomicU32,
    Ordering::{AcqRel, Relaxed},
};

/// Code that runs for so long at most is short.
const SHORT: Duration = Duration::from_millis(1);
/// Code that runs for so long is long: it keeps others waiting.
pub(super) const LONG: Duration = Duration::from_millis(4);
/// So many short runs make new code trustworthy.
const PROBATION: u32 = 8;
/// So many make code that was long once; each further time twice as many.
const PROBATION_AFTER_LONG: u32 = 64;
/// So many waits that were long and not made up for by short ones are a habit.
const LONG_WAITS: u32 = 4;
/// For so many ticks others are held back while the first run of new code.
const HELD_BACK: u32 = 8;
/// So many stacks of one piece of code may wait on threads of their own.
const MAX_APART: u32 = 32;

const RUNS: u32 = 0xFFFF;
const WAIT: u32 = 1 << 16;
const WAITS: u32 = 0xF * WAIT;
/// In them [`LONG_WAITS`] and more.
const MANY_WAITS: u32 = WAITS & !(LONG_WAITS * WAIT - 1);
const TIMES_LONG: u32 = 24;

/// A piece of code that processes run. It has a cache line of its own: each message reads it, and nobody writes it
/// often.
#[derive(Debug)]
#[repr(align(64))]
pub struct Code {
    name: &'static str,
    record: AtomicU32,
    /// How many of its stacks wait on threads of their own.
    apart: AtomicU32,
    /// How many runs of it are under way that have begun while it was doubtful.
    under_way: AtomicU32,
    /// The tick in which the first of all began, and 1; 0 for none.
    began: AtomicU32,
}

impl Code {
    /// New code, which reports call `name`.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self::with_record(name, PROBATION)
    }

    /// What a process runs between two messages: nothing of the user's.
    pub(crate) const fn none() -> Self {
        Self::with_record("", 0)
    }

    const fn with_record(name: &'static str, record: u32) -> Self {
        Self {
            name,
            record: AtomicU32::new(record),
            apart: AtomicU32::new(0),
            under_way: AtomicU32::new(0),
            began: AtomicU32::new(0),
        }
    }

    /// What reports call it.
    #[inline]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Whether it must not run where others wait.
    #[inline]
    pub(crate) fn is_doubtful(&self) -> bool {
        self.record.load(Relaxed) & RUNS != 0
    }

    /// Whether most of its waits are long.
    #[inline]
    pub(super) fn waits_long(&self) -> bool {
        self.record.load(Relaxed) & MANY_WAITS != 0
    }

    /// Whether it must not begin where others wait: it is doubtful, and not too many stacks of it wait apart for a kind
    /// that was never seen to be long.
    #[inline]
    pub(crate) fn begins_apart(&self) -> bool {
        self.is_doubtful() && self.is_rare_or_long()
    }

    #[cold]
    fn is_rare_or_long(&self) -> bool {
        self.record.load(Relaxed) >> TIMES_LONG > 0 || self.apart.load(Relaxed) < MAX_APART
    }

    /// It has run for so long, without a wait or after one; `counts` says whether that shows how it behaves as a whole.
    pub(crate) fn ran(&self, running: Duration, counts: bool) {
        if running >= LONG {
            self.was_long();
        } else if counts && running <= SHORT {
            self.update(|record| if record & RUNS > 0 { record - 1 } else { record });
        }
    }

    /// It has held its core for long.
    #[cold]
    pub(crate) fn was_long(&self) {
        self.update(|record| {
            let times = (record >> TIMES_LONG).min(9);
            let runs = PROBATION_AFTER_LONG << times;
            (times + 1) << TIMES_LONG | record & WAITS | runs
        });
    }

    /// It has waited.
    #[inline]
    pub(super) fn waited(&self, long: bool) {
        if long {
            self.update(|record| if record & WAITS < WAITS { record + WAIT } else { record });
        } else if self.record.load(Relaxed) & WAITS > 0 {
            self.update(|record| if record & WAITS > 0 { record - WAIT } else { record });
        }
    }

    /// Whether another run of it is to begin later: it is new, and a run of it is under way that may show how it
    /// behaves.
    pub(super) fn is_held_back(&self, now: u32) -> bool {
        let began = self.began.load(Relaxed);
        self.under_way.load(Relaxed) > 0 && began > 0 && now.wrapping_sub(began - 1) < HELD_BACK
    }

    /// A run of it begins, which is over when the guard is dropped.
    pub(super) fn begin(&'static self, now: u32) -> UnderWay {
        self.under_way.fetch_add(1, AcqRel);
        if self.began.load(Relaxed) == 0 {
            self.began.store((now & u32::MAX >> 1) + 1, Relaxed);
        }
        UnderWay(self)
    }

    /// One of its stacks is to wait on a thread of its own; false when enough do.
    pub(super) fn set_apart(&self) -> bool {
        let apart = self.apart.fetch_add(1, AcqRel) < MAX_APART;
        if !apart {
            self.join();
        }
        apart
    }

    /// A stack of it waits on a thread of its own no longer.
    pub(super) fn join(&self) {
        self.apart.fetch_sub(1, AcqRel);
    }

    fn update(&self, change: impl Fn(u32) -> u32) {
        let record = self.record.load(Relaxed);
        self.record.store(change(record), Relaxed);
    }
}

/// A run of doubtful code.
#[must_use = "the run is over when it is dropped"]
pub(crate) struct UnderWay(&'static Code);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, AcqRel);
    }
}

/// What runs in a process: what reports call it, and its code that is not in its messages.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) label: &'static str,
    /// What it begins with: its `init`, or all there is of it.
    pub(crate) first: Code,
    pub(crate) info: Code,
    pub(crate) timer: Code,
    pub(crate) subject: Code,
    pub(crate) overflowed: Code,
    pub(crate) system: Code,
    pub(crate) terminate: Code,
    /// The destructors of what it held.
    pub(crate) end: Code,
    /// The handlers of an actor that names only its messages.
    handlers: RwLock<BTreeMap<&'static str, &'static Code>>,
    /// What names its messages: a function of their type, which nobody here knows.
    pub(crate) message_name: OnceLock<Box<dyn Any + Send + Sync>>,
    /// Some of them, each where its name's address says: one name may stand in several places of the program.
    known: [OnceLock<(&'static str, &'static Code)>; KNOWN],
}

/// How many handlers are found without a lock.
const KNOWN: usize = 16;

/// That of a process that is not of our making.
pub(crate) static THREAD: Program = Program::new("thread", "");

/// Those of all types whose processes were started, by what they are called: there are as many as the program's text
/// has.
static PROGRAMS: RwLock<BTreeMap<(TypeId, &'static str), &'static Program>> = RwLock::new(BTreeMap::new());

thread_local! {
    /// The one that was asked for last.
    static LAST: Cell<Option<(TypeId, &'static Program)>> = const { Cell::new(None) };
}

impl Program {
    /// That of a type: an actor, whose process begins with `init`, or the closure of a process, whose code has no name.
    #[inline]
    pub(crate) fn of(owner: TypeId, label: &'static str, first: &'static str) -> &'static Self {
        match LAST.get() {
            Some((last, program)) if last == owner && program.label == label => program,
            _ => {
                let program = Self::find(owner, label, first);
                LAST.set(Some((owner, program)));
                program
            }
        }
    }

    #[cold]
    fn find(owner: TypeId, label: &'static str, first: &'static str) -> &'static Self {
        let known = PROGRAMS.read().unwrap_or_else(PoisonError::into_inner).get(&(owner, label)).copied();
        known.unwrap_or_else(|| {
            let mut programs = PROGRAMS.write().unwrap_or_else(PoisonError::into_inner);
            programs.entry((owner, label)).or_insert_with(|| Box::leak(Box::new(Self::new(label, first))))
        })
    }

    /// The handler that has this name.
    #[inline]
    pub(crate) fn handler(&self, name: &'static str) -> &'static Code {
        let place = &self.known[(name.as_ptr().addr() ^ name.len()) % KNOWN];
        match place.get() {
            Some((known, code)) if std::ptr::eq(*known, name) => code,
            _ => {
                let code = self.find_handler(name);
                place.get_or_init(|| (name, code));
                code
            }
        }
    }

    #[cold]
    fn find_handler(&self, name: &'static str) -> &'static Code {
        let known = self.handlers.read().unwrap_or_else(PoisonError::into_inner).get(name).copied();
        known.unwrap_or_else(|| {
            let mut handlers = self.handlers.write().unwrap_or_else(PoisonError::into_inner);
            handlers.entry(name).or_insert_with(|| Box::leak(Box::new(Code::new(name))))
        })
    }

    const fn new(label: &'static str, first: &'static str) -> Self {
        Self {
            label,
            first: Code::new(first),
            info: Code::new("info"),
            timer: Code::new("timer"),
            subject: Code::new("subject"),
            overflowed: Code::new("overflowed"),
            system: Code::new(""),
            terminate: Code::new("terminate"),
            end: Code::new(""),
            handlers: RwLock::new(BTreeMap::new()),
            message_name: OnceLock::new(),
            known: [const { OnceLock::new() }; KNOWN],
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    const BRIEF: Duration = Duration::from_micros(10);

    fn short_runs(code: &Code) -> u32 {
        let mut runs = 0;
        while code.is_doubtful() {
            code.ran(BRIEF, true);
            runs += 1;
        }
        runs
    }

    #[test]
    fn new_code_is_doubtful_until_it_was_short_often_enough() {
        let code = Code::new("code");
        code.ran(BRIEF, false);
        code.ran(SHORT * 2, true);
        assert_eq!(short_runs(&code), PROBATION);
    }

    #[test]
    fn code_that_was_long_has_to_be_short_for_longer_each_time() {
        let code = Code::new("code");
        let runs = [(); 12].map(|()| {
            code.ran(LONG, true);
            short_runs(&code)
        });
        assert_eq!(runs[..4], [64, 128, 256, 512]);
        assert_eq!(runs[10], runs[11]);
    }

    #[test]
    fn code_waits_long_until_its_waits_are_short() {
        let code = Code::new("code");
        short_runs(&code);
        let wait = |long: &[bool]| long.iter().for_each(|long| code.waited(*long));
        wait(&[true, true, true, false, true]);
        assert!(!code.waits_long());
        wait(&[true; 20]);
        assert!(code.waits_long());
        wait(&[false; 12]);
        assert!(!code.waits_long() && !code.is_doubtful());
    }

    #[test]
    fn the_second_run_of_new_code_waits_a_moment_for_the_first() {
        static CODE: Code = Code::new("code");
        assert!(!CODE.is_held_back(7));
        let first = CODE.begin(7);
        assert!(CODE.is_held_back(7 + HELD_BACK - 1));
        assert!(!CODE.is_held_back(7 + HELD_BACK));
        drop(first);
        assert!(!CODE.is_held_back(7));
    }

    #[test]
    fn a_program_is_found_by_its_owner_and_label() {
        let of = |owner, label| Program::of(owner, label, "");
        let first = of(TypeId::of::<u8>(), "a");
        assert!(!std::ptr::eq(first, of(TypeId::of::<u16>(), "a")));
        assert!(!std::ptr::eq(first, of(TypeId::of::<u8>(), "b")));
        assert!(std::ptr::eq(first, of(TypeId::of::<u8>(), "a")));
    }

    #[test]
    fn so_many_stacks_of_one_code_are_set_apart() {
        let code = Code::new("code");
        assert!((0..MAX_APART).all(|_| code.set_apart()));
        assert!(!code.set_apart());
        code.join();
        assert!(code.set_apart());
    }
}
