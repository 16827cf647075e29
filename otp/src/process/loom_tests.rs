//! Models of the inbox and of the name that the watchdog reads.

use std::{future::poll_fn, sync::Arc, task::Poll};

use loom::{
    sync::atomic::{
        AtomicBool, AtomicU32,
        Ordering::{Acquire, Relaxed, Release},
    },
    thread,
};

use super::{
    AnyProcess, ExitReason, Node,
    cell::Cell,
    common::Home,
    handler::Handler,
    signal::{Item, Signal},
};
use crate::scheduler::{Scheduler, TaskRef};

/// A process that adds up what it receives, when nothing it waits for keeps it from doing so.
struct Model {
    scheduler: Arc<Scheduler>,
    cell: TaskRef<Cell<u32>>,
    sum: Arc<AtomicU32>,
    /// What it waits for, deaf, before it looks at its messages.
    reply: Arc<AtomicBool>,
}

impl Model {
    fn new(deaf: bool) -> Self {
        let scheduler = Arc::new(Scheduler::new(1, 0));
        let node = Node::with_scheduler(Arc::clone(&scheduler)).inner().clone();
        let home = Arc::clone(&node);
        let cell = node.table.insert(|pid| Cell::<u32>::new(pid, None, home, "model", Home::Core, None));
        let (sum, reply) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(!deaf)));
        cell.set_body({
            let (cell, sum, reply) = (cell.clone(), Arc::clone(&sum), Arc::clone(&reply));
            Box::pin(poll_fn(move |_| {
                cell.common().set_deaf(true);
                if !reply.load(Acquire) {
                    return Poll::Pending;
                }
                cell.common().set_deaf(false);
                let me = AnyProcess::new(&cell);
                while let Some(Item::Message(number)) = cell.next_item(&me) {
                    sum.fetch_add(number, Relaxed);
                }
                Poll::Pending
            }))
        });
        cell.task().start();
        Self { scheduler, cell, sum, reply }
    }

    /// Another thread that sends.
    fn sends(&self, item: impl FnOnce() -> Item<u32> + Send + 'static) -> thread::JoinHandle<()> {
        let cell = self.cell.clone();
        thread::spawn(move || drop(Cell::push(&cell, item())))
    }

    /// Its turns, until it is idle.
    fn run(&self) {
        while let Some(task) = self.scheduler.take_injected() {
            task.run();
        }
    }

    fn end(self) {
        if !self.cell.common().is_dead() {
            let me = AnyProcess::new(&self.cell);
            me.process().end(&me, ExitReason::Normal);
        }
    }
}

fn kill() -> Item<u32> {
    let pid = super::Pid { node: 0, index: 0, serial: std::num::NonZeroU32::MIN };
    Item::Signal(Box::new(Signal::Exit { from: pid, reason: ExitReason::Kill, link: false }))
}

#[test]
fn a_message_is_not_left_with_an_idle_process() {
    loom::model(|| {
        let model = Model::new(false);
        let senders = [model.sends(|| Item::Message(1)), model.sends(|| Item::Message(2))];
        model.run();
        for sender in senders {
            sender.join().unwrap();
        }
        model.run();
        assert_eq!(model.sum.load(Relaxed), 3);
        model.end();
    });
}

#[test]
fn a_signal_is_not_left_with_an_idle_process() {
    loom::model(|| {
        let model = Model::new(false);
        let senders = [model.sends(|| Item::Message(1)), model.sends(kill)];
        model.run();
        for sender in senders {
            sender.join().unwrap();
        }
        model.run();
        assert!(model.cell.common().is_dead());
        model.end();
    });
}

#[test]
fn a_message_that_did_not_wake_is_found_when_the_wait_is_over() {
    loom::model(|| {
        let model = Model::new(true);
        let sender = model.sends(|| Item::Message(1));
        let replies = {
            let (cell, reply) = (model.cell.clone(), Arc::clone(&model.reply));
            thread::spawn(move || {
                reply.store(true, Release);
                cell.task().wake();
            })
        };
        model.run();
        sender.join().unwrap();
        replies.join().unwrap();
        model.run();
        assert_eq!(model.sum.load(Relaxed), 1);
        model.end();
    });
}

#[test]
fn a_signal_reaches_a_deaf_process() {
    loom::model(|| {
        let model = Model::new(true);
        let senders = [model.sends(|| Item::Message(1)), model.sends(kill)];
        model.run();
        for sender in senders {
            sender.join().unwrap();
        }
        model.run();
        assert!(model.cell.common().is_dead());
        model.end();
    });
}

#[test]
fn a_name_is_read_whole_or_not_at_all() {
    // Of one text, so that halves of two names are a text as well.
    const TEXT: &str = "abcdef";
    loom::model(|| {
        let (first, second) = (&TEXT[..2], &TEXT[3..]);
        let handler = Arc::new(Handler::new());
        let writer = {
            let handler = Arc::clone(&handler);
            thread::spawn(move || {
                handler.set(first);
                handler.set(second);
            })
        };
        let name = handler.get();
        assert!(name.is_none_or(|name| name == first || name == second), "{name:?}");
        writer.join().unwrap();
        assert_eq!(handler.get(), Some(second));
    });
}
