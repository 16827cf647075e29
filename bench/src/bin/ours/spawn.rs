//! The life of actors that do nothing: one after another, and a hundred thousand at once.

use std::sync::mpsc::{self, Sender};

use bench::{per_op, report};
use otp::{Actor, ClientExt, Context, Down, actor::{Handled, Info, Init}, mode::Mode, ActorRef};

use crate::{
    counter::{Counter, Message},
    inside,
};

/// Start, stop, wait until it has ended.
pub(crate) fn seq() {
    let ns = per_op(500_000, |n| {
        inside::waiting(move || {
            for _ in 0..n {
                Counter::start().stop().expect("it ends as it is told");
            }
        });
    });
    report("spawn_seq", ns, "ns");
}

/// All are alive, then all are told to stop, then all ends are awaited.
pub(crate) fn bulk() {
    let (ended, all_ended) = mpsc::channel();
    let owner = otp::start::<Owner>(ended).expect("the owner starts");
    let ns = per_op(100_000, |n| {
        owner.cast(n);
        all_ended.recv().expect("the owner ends well");
    });
    report("spawn_bulk", ns, "ns");
}

/// Starts so many counters as it is told, stops them, and counts their ends.
struct Owner {
    alive: u64,
    ended: Sender<()>,
}

impl Actor for Owner {
    type Args = Sender<()>;
    type Message = u64;
    type Client<M: Mode> = ActorRef<Self, M>;
    const NAME: &'static str = "Owner";

    fn init(ended: Sender<()>, _: &mut Context<Self>) -> Handled<'_, Init<Self>> {
        Handled::Done(Init::Ok(Owner { alive: 0, ended }))
    }

    fn handle<'a>(&'a mut self, count: u64, _: &'a mut Context<Self>) -> Handled<'a> {
        self.alive = count;
        let counters: Vec<ActorRef<Counter>> = (0..count).map(|_| Counter::start()).collect();
        for counter in &counters {
            counter.monitor();
        }
        for counter in &counters {
            counter.cast(Message::Stop);
        }
        Handled::Done(Ok(()))
    }

    fn info<'a>(&'a mut self, info: Info, _: &'a mut Context<Self>) -> Handled<'a> {
        if info.downcast::<Down>().is_ok_and(|down| down.reason.is_clean()) {
            self.alive -= 1;
            if self.alive == 0 {
                self.ended.send(()).expect("the main thread waits");
            }
        }
        Handled::Done(Ok(()))
    }

    fn message_name(_: &u64) -> &'static str {
        "count"
    }
}
