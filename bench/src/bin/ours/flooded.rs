//! How long others wait while all cores are busy with servers whose mailboxes never run dry, and how long a new process
//! waits for its first turn.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
        mpsc,
    },
    time::{Duration, Instant},
};

use bench::report_ms;
use otp::{Context, Node, actor, handle_call, handle_cast, init, process};

const CORES: usize = 2;
/// How many calls are made, or timers set, for one row.
const TIMES: usize = 300;
/// What a timer is set to, and for how long a starter computes.
const LIMIT: Duration = Duration::from_millis(10);

pub(crate) fn run() {
    beside("100us", Duration::from_micros(100));
    beside("350us", Duration::from_micros(350));
    beside("1ms", Duration::from_millis(1));
    beside("10ms", Duration::from_millis(10));
    first_turn();
}

/// Calls to an idle server, and timers, beside twice as many flooded servers as cores, whose handlers take so long.
fn beside(name: &str, work: Duration) {
    let node = Node::builder().cores(CORES).start().expect("the system has threads");
    node.enter(|| {
        let stop = Arc::new(AtomicBool::new(false));
        for _ in 0..CORES * 2 {
            let flooded = Worker::start().expect("a server starts");
            (0..300).for_each(|_| flooded.flood(work, Arc::clone(&stop)));
        }
        let idle = Worker::start().expect("a server starts");
        let calls = p99(|| {
            idle.nothing().expect("it answers");
        });
        let (tell, told) = mpsc::channel();
        process::spawn(move |_| {
            let late = p99(|| otp::sleep(LIMIT));
            tell.send(late.saturating_sub(LIMIT)).expect("the bench waits for it");
        });
        let timers = told.recv().expect("it tells");
        stop.store(true, Relaxed);
        report_ms(&format!("flooded.call_{name}"), calls);
        report_ms(&format!("flooded.timer_{name}"), timers);
    });
    node.stop();
}

/// How long a process waits for its first turn whose starter computes from then on, while the other core idles.
fn first_turn() {
    let node = Node::builder().cores(CORES).start().expect("the system has threads");
    let late = node.enter(|| {
        p99_of((0..TIMES).map(|_| {
            let (tell, told) = mpsc::channel();
            let (_, starter) = process::spawn_monitor(move |_| {
                let began = Instant::now();
                process::spawn(move |_| tell.send(began.elapsed()));
                compute(LIMIT);
            });
            process::current().receive_down(starter, None);
            told.recv().expect("it tells")
        }))
    });
    node.stop();
    report_ms("flooded.first_turn", late);
}

/// The 99th percentile of how long something takes.
fn p99(mut what: impl FnMut()) -> Duration {
    p99_of((0..TIMES).map(|_| {
        let began = Instant::now();
        what();
        began.elapsed()
    }))
}

fn p99_of(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<_> = times.collect();
    times.sort_unstable();
    times[times.len() * 99 / 100]
}

fn compute(duration: Duration) {
    let began = Instant::now();
    while began.elapsed() < duration {
        std::hint::spin_loop();
    }
}

struct Worker;

#[actor]
impl Worker {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn nothing(&self) {}

    /// Sends itself the same again and again.
    #[handle_cast]
    fn flood(&self, work: Duration, stop: Arc<AtomicBool>, ctx: &mut Context<Self>) {
        compute(work);
        if !stop.load(Relaxed) {
            ctx.me().flood(work, stop);
        }
    }
}
