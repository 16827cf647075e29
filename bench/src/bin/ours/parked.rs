//! Many sync handlers wait at once: what their stacks cost, in memory, in threads and in time.

use std::{
    sync::mpsc::{self, Sender},
    time::{Duration, Instant},
};

use bench::{fail, report, resident, threads};
use otp::{Actor, ClientExt, Context, actor::{Handled, Init}, mode::Mode, ActorRef, ReplyTo};

use crate::inside::{Runner, Work};

const MILLION: usize = 1_000_000;

pub(crate) fn ten_thousand() {
    waits("parked_10000", 10_000);
}

pub(crate) fn hundred_thousand() {
    waits("parked_100000", 100_000);
}

/// What the waits alone cost.
fn waits(name: &str, count: usize) {
    let parked = park(count);
    report(&format!("{name}.memory"), parked.of_waits / 1e6, "MB");
    report(&format!("{name}.threads"), parked.threads, "threads");
}

/// What a process and its wait cost.
pub(crate) fn million() {
    let parked = park(MILLION);
    report("parked_million.memory", (parked.of_processes + parked.of_waits) / MILLION as f64, "bytes");
    report("parked_million.park", parked.park.as_secs_f64(), "s");
    report("parked_million.release", parked.release.as_secs_f64(), "s");
    // A million actors need not be ended one by one.
    std::process::exit(0);
}

struct Parked {
    /// Bytes of the processes before they wait.
    of_processes: f64,
    /// Bytes that came with the waits.
    of_waits: f64,
    /// Threads that came with them.
    threads: f64,
    /// From the first message that makes one wait until all do.
    park: Duration,
    /// From the message that lets them go on until all have.
    release: Duration,
}

fn park(count: usize) -> Parked {
    let (full, all_here) = mpsc::channel();
    let (done, ended) = mpsc::channel();
    let gate = otp::start::<Gate>((count, full)).expect("the gate starts").no_timeout();

    let empty = resident();
    let callers: Vec<ActorRef<Runner>> = (0..count).map(|_| Runner::start()).collect();
    let (idle, cores, began) = (resident(), threads(), Instant::now());
    for caller in &callers {
        let (gate, done) = (gate.clone(), done.clone());
        caller.cast(Work::Sync(Box::new(move || {
            gate.call(Message::Enter).unwrap_or_else(|error| fail(error));
            done.send(()).expect("the main thread waits");
        })));
    }
    all_here.recv().expect("the gate tells us");
    let park = began.elapsed();
    let (of_waits, threads) = (resident() - idle, threads() - cores);

    let began = Instant::now();
    gate.cast(Message::Open);
    (0..count).for_each(|_| ended.recv().expect("every caller ends well"));
    Parked { of_processes: idle - empty, of_waits, threads, park, release: began.elapsed() }
}

/// A server that answers nobody until it is opened.
struct Gate {
    waiting: Vec<ReplyTo<()>>,
    count: usize,
    full: Sender<()>,
}

enum Message {
    Enter(ReplyTo<()>),
    Open,
}

impl Actor for Gate {
    type Args = (usize, Sender<()>);
    type Message = Message;
    type Client<M: Mode> = ActorRef<Self, M>;
    const NAME: &'static str = "Gate";

    fn init((count, full): Self::Args, _: &mut Context<Self>) -> Handled<'_, Init<Self>> {
        Handled::Done(Init::Ok(Gate { waiting: Vec::new(), count, full }))
    }

    fn handle<'a>(&'a mut self, message: Message, ctx: &'a mut Context<Self>) -> Handled<'a> {
        match message {
            Message::Enter(reply) => {
                if reply.begin() {
                    let tracker = reply.tracker();
                    self.waiting.push(reply);
                    if self.waiting.len() == self.count {
                        self.full.send(()).expect("the main thread waits");
                    }
                    ctx.deferred(tracker);
                }
            }
            Message::Open => self.waiting.drain(..).for_each(|reply| reply.send(())),
        }
        Handled::Done(Ok(()))
    }

    fn message_name(message: &Message) -> &'static str {
        match message {
            Message::Enter(_) => "enter",
            Message::Open => "open",
        }
    }
}
