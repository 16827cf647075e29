//! How late those that wait are beside hogs: processes that compute, block in a system call, or never return.
//!
//! A third of the waiters sleeps, a third calls a server that never answers, a third receives what never comes. Each
//! does so again and again with the same limit, and notes by how much it was late. A row is the worst lateness of all:
//! what the system's own scheduler adds is in it, and in `hostage.quiet` alone. Each row has a node of its own and hogs
//! of its own code: the scheduler learns how code behaves, and knows it by its type.

use std::{
    sync::{
        Arc,
        atomic::{
            AtomicBool, AtomicU64,
            Ordering::{Relaxed, SeqCst},
        },
    },
    thread,
    time::{Duration, Instant},
};

use bench::{fail, report, report_ms};
use otp::{CallError, ClientExt, ExitReason, process::{self, MonitorRef}, Node, Pid, ReplyTo, actor, handle_call, init};

const CORES: usize = 2;
const WAITERS: usize = 200;
const LIMIT: Duration = Duration::from_millis(20);
/// For how long a hog holds its thread; one that never returns is killed after so long.
const HOLD: Duration = Duration::from_secs(1);
/// What a hog takes that is to look harmless.
const SHORT: Duration = Duration::from_micros(100);
/// How often it does so first.
const SHORT_RUNS: usize = 100;
/// Who does not end, or does not go on, for so long hangs.
const PATIENCE: Duration = Duration::from_secs(15);

pub(crate) fn run() {
    let mut killed = beside(Row::new("quiet", 0), compute::<0>);

    killed += beside(Row::new("compute_1", 1), compute::<1>);
    killed += beside(Row::new("compute_2", 2), compute::<2>);
    killed += beside(Row::new("compute_4", 4), compute::<3>);
    killed += beside(Row::new("block_1", 1), block::<1>);
    killed += beside(Row::new("block_2", 2), block::<2>);
    killed += beside(Row::new("block_4", 4), block::<3>);
    killed += beside(Row::new("endless_1", 1).endless(), compute::<4>);
    killed += beside(Row::new("endless_2", 2).endless(), compute::<5>);
    killed += beside(Row::new("endless_4", 4).endless(), compute::<6>);

    killed += beside(Row::new("later_compute_1", 1).later(), compute::<7>);
    killed += beside(Row::new("later_compute_2", 2).later(), compute::<8>);
    killed += beside(Row::new("later_compute_4", 4).later(), compute::<9>);
    killed += beside(Row::new("later_block_1", 1).later(), block::<4>);
    killed += beside(Row::new("later_block_2", 2).later(), block::<5>);
    killed += beside(Row::new("later_block_4", 4).later(), block::<6>);
    killed += beside(Row::new("later_endless_1", 1).later().endless(), compute::<10>);
    killed += beside(Row::new("later_endless_2", 2).later().endless(), compute::<11>);
    killed += beside(Row::new("later_endless_4", 4).later().endless(), compute::<12>);

    killed += beside(Row::new("async_quiet", 0).awaited(), compute::<13>);
    killed += beside(Row::new("async_compute_4", 4).awaited(), compute::<14>);
    killed += beside(Row::new("async_block_4", 4).awaited(), block::<7>);
    killed += beside(Row::new("async_endless_4", 4).awaited().endless(), compute::<15>);
    killed += beside(Row::new("async_later_compute_4", 4).awaited().later(), compute::<16>);
    killed += beside(Row::new("async_later_block_4", 4).awaited().later(), block::<8>);

    report("hostage.killed", killed, "waiters");
}

/// What is measured beside which hogs.
struct Row {
    name: &'static str,
    hogs: usize,
    /// The hogs never return by themselves.
    endless: bool,
    /// The code of the hogs has run before, and was short.
    later: bool,
    /// The waiters are async.
    awaited: bool,
}

impl Row {
    fn new(name: &'static str, hogs: usize) -> Self {
        Self { name, hogs, endless: false, later: false, awaited: false }
    }

    fn endless(self) -> Self {
        Self { endless: true, ..self }
    }

    fn later(self) -> Self {
        Self { later: true, ..self }
    }

    fn awaited(self) -> Self {
        Self { awaited: true, ..self }
    }
}

/// Measures one row; returns how many waiters ended otherwise than they should.
fn beside(row: Row, hog: impl Fn(&Hold) + Copy + Send + 'static) -> u32 {
    let node = Node::builder().cores(CORES).start().expect("the system has threads");
    let (late, killed) = node.enter(|| {
        let waiters = Waiters::start(row.awaited);
        if row.later {
            let short = Hold::of(SHORT);
            (0..SHORT_RUNS).for_each(|_| await_end(start(hog, &short).1));
        }
        waiters.settle();
        waiters.shared.worst.store(0, SeqCst);

        let hold = Hold::of(if row.endless { Duration::MAX } else { HOLD });
        let hogs: Vec<_> = (0..row.hogs).map(|_| start(hog, &hold)).collect();
        if row.endless || hogs.is_empty() {
            thread::sleep(HOLD);
        }
        if row.endless {
            hogs.iter().for_each(|(hog, _)| otp::process::exit(*hog, ExitReason::Kill));
        }
        hogs.into_iter().for_each(|(_, monitor)| await_end(monitor));
        // Those that were declared dead hold their threads still.
        waiters.settle();
        hold.release();
        waiters.finish()
    });
    node.stop();
    report_ms(&format!("hostage.{}", row.name), late);
    if killed > 0 {
        eprintln!("hostage.{}: {killed} waiters ended otherwise than they should", row.name);
    }
    killed
}

/// Until when a hog holds its thread.
#[derive(Clone)]
struct Hold {
    duration: Duration,
    released: Arc<AtomicBool>,
}

impl Hold {
    fn of(duration: Duration) -> Self {
        Self { duration, released: Arc::default() }
    }

    fn release(&self) {
        self.released.store(true, Relaxed);
    }
}

/// A hog that computes. Each number is code of its own.
fn compute<const CODE: usize>(hold: &Hold) {
    let began = Instant::now();
    while began.elapsed() < hold.duration && !hold.released.load(Relaxed) {
        std::hint::spin_loop();
    }
}

/// A hog that blocks in a system call. Each number is code of its own.
fn block<const CODE: usize>(hold: &Hold) {
    thread::sleep(hold.duration);
}

fn start(hog: impl Fn(&Hold) + Send + 'static, hold: &Hold) -> (Pid, MonitorRef) {
    let hold = hold.clone();
    process::spawn_monitor(move |_| hog(&hold))
}

fn await_end(hog: MonitorRef) {
    if process::current().receive_down(hog, PATIENCE).is_none() {
        fail("a hog has not ended");
    }
}

/// Those that wait, and what they share.
struct Waiters {
    shared: Arc<Shared>,
    monitors: Vec<MonitorRef>,
}

#[derive(Default)]
struct Shared {
    /// The worst lateness so far, in microseconds.
    worst: AtomicU64,
    rounds: AtomicU64,
    stop: AtomicBool,
}

impl Waiters {
    fn start(awaited: bool) -> Self {
        let silent = Silent::start().expect("a server starts").timeout(LIMIT);
        let shared = Arc::<Shared>::default();
        let waiter = if awaited { awaiting } else { waiting };
        let monitors = (0..WAITERS).map(|index| waiter(index, silent.clone(), Arc::clone(&shared))).collect();
        Self { shared, monitors }
    }

    /// Waits until each has had some rounds more.
    fn settle(&self) {
        let began = Instant::now();
        let until = self.shared.rounds.load(SeqCst) + 5 * WAITERS as u64;
        while self.shared.rounds.load(SeqCst) < until {
            if began.elapsed() > PATIENCE {
                fail("the waiters don't go on");
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// The worst lateness, and how many ended otherwise than they should.
    fn finish(self) -> (Duration, u32) {
        self.shared.stop.store(true, SeqCst);
        let mut killed = 0;
        for monitor in self.monitors {
            match process::current().receive_down(monitor, PATIENCE) {
                Some(down) if down.reason == ExitReason::Normal => {}
                Some(down) => {
                    eprintln!("a waiter ended: {}", down.reason);
                    killed += 1;
                }
                None => fail("a waiter hangs"),
            }
        }
        (Duration::from_micros(self.shared.worst.load(SeqCst)), killed)
    }
}

impl Shared {
    /// Another wait begins, unless it is time to end.
    fn round(&self) -> Option<Round<'_>> {
        (!self.stop.load(SeqCst)).then(|| Round { shared: self, began: Instant::now() })
    }
}

/// One wait.
struct Round<'a> {
    shared: &'a Shared,
    began: Instant,
}

impl Round<'_> {
    /// The wait is over; `in_vain` says that nothing came, as it has to be.
    fn end(self, in_vain: bool) -> Result<(), ExitReason> {
        let waited = self.began.elapsed();
        if !in_vain {
            return Err(ExitReason::other("what never comes has come"));
        }
        let late = waited.checked_sub(LIMIT).ok_or_else(|| ExitReason::other("a wait ended early"))?;
        self.shared.worst.fetch_max(late.as_micros() as u64, SeqCst);
        self.shared.rounds.fetch_add(1, SeqCst);
        Ok(())
    }
}

fn waiting(index: usize, silent: SilentRef, shared: Arc<Shared>) -> MonitorRef {
    let (_, monitor) = match index % 3 {
        0 => process::spawn_monitor(move |_| {
            while let Some(round) = shared.round() {
                otp::sleep(LIMIT);
                round.end(true)?;
            }
            Ok::<_, ExitReason>(())
        }),
        1 => process::spawn_monitor(move |_| {
            while let Some(round) = shared.round() {
                let answer = silent.ask();
                round.end(is_timeout(answer))?;
            }
            Ok::<_, ExitReason>(())
        }),
        _ => process::spawn_monitor(move |me| {
            let subject = me.subject::<()>();
            while let Some(round) = shared.round() {
                let message = subject.receive(LIMIT);
                round.end(message.is_none())?;
            }
            Ok::<_, ExitReason>(())
        }),
    };
    monitor
}

fn awaiting(index: usize, silent: SilentRef, shared: Arc<Shared>) -> MonitorRef {
    let (_, monitor) = match index % 3 {
        0 => process::spawn_monitor_async(|_| async move {
            while let Some(round) = shared.round() {
                otp::sleep_async(LIMIT).await;
                round.end(true)?;
            }
            Ok::<_, ExitReason>(())
        }),
        1 => process::spawn_monitor_async(|_| async move {
            let silent = silent.as_async();
            while let Some(round) = shared.round() {
                let answer = silent.ask().await;
                round.end(is_timeout(answer))?;
            }
            Ok::<_, ExitReason>(())
        }),
        _ => process::spawn_monitor_async(|me| async move {
            let subject = me.subject::<()>();
            while let Some(round) = shared.round() {
                let message = subject.receive_async(LIMIT).await;
                round.end(message.is_none())?;
            }
            Ok::<_, ExitReason>(())
        }),
    };
    monitor
}

fn is_timeout(answer: Result<(), CallError>) -> bool {
    match answer {
        Err(CallError::Timeout { .. }) => true,
        other => {
            eprintln!("a call that never is answered ended so: {other:?}");
            false
        }
    }
}

/// A server that keeps all calls.
struct Silent(Vec<ReplyTo<()>>);

#[actor]
impl Silent {
    #[init]
    fn init() -> Self {
        Self(Vec::new())
    }

    #[handle_call]
    fn ask(&mut self, caller: ReplyTo<()>) {
        self.0.push(caller);
    }
}
