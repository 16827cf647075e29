//! Ten thousand sync handlers wait at once: what their stacks cost, in memory and in threads.

use std::sync::mpsc::{self, Sender};

use bench::{report, resident, threads};
use otp::{Actor, Context, Handled, Init, Mode, Ref, ReplyTo};

use crate::inside::{Runner, Work};

const COUNT: usize = 10_000;

pub(crate) fn run() {
    let (full, all_here) = mpsc::channel();
    let (done, ended) = mpsc::channel();
    let gate = otp::start::<Gate>(full).expect("the gate starts");
    let callers: Vec<Ref<Runner>> = (0..COUNT).map(|_| Runner::start()).collect();

    let (memory, cores) = (resident(), threads());
    for caller in &callers {
        let (gate, done) = (gate.clone(), done.clone());
        caller.cast(Work::Sync(Box::new(move || {
            gate.call(Message::Enter).expect("the gate opens");
            done.send(()).expect("the main thread waits");
        })));
    }
    all_here.recv().expect("the gate tells us");
    report("parked_10000.memory", (resident() - memory) / 1e6, "MB");
    report("parked_10000.threads", threads() - cores, "threads");

    gate.cast(Message::Open);
    (0..COUNT).for_each(|_| ended.recv().expect("every caller ends well"));
}

/// A server that answers nobody until it is opened.
struct Gate {
    waiting: Vec<ReplyTo<()>>,
    full: Sender<()>,
}

enum Message {
    Enter(ReplyTo<()>),
    Open,
}

impl Actor for Gate {
    type Args = Sender<()>;
    type Message = Message;
    type Client<M: Mode> = Ref<Self, M>;
    const NAME: &'static str = "Gate";

    fn init(full: Sender<()>, _: &mut Context<Self>) -> Handled<'_, Init<Self>> {
        Handled::Done(Init::Ok(Gate { waiting: Vec::new(), full }))
    }

    fn handle<'a>(&'a mut self, message: Message, ctx: &'a mut Context<Self>) -> Handled<'a> {
        match message {
            Message::Enter(reply) => {
                if reply.begin() {
                    let tracker = reply.tracker();
                    self.waiting.push(reply);
                    if self.waiting.len() == COUNT {
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
