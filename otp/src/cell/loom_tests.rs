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
    ExitReason, Mailbox, Policy, Running, current,
    header::Home,
    lanes::LanedMailbox,
    signal::{Item, Signal},
    typed::{Body, Cell},
};
use crate::{
    process::Node,
    scheduler::{Scheduler, THREAD, TaskRef},
};

/// A process that adds up what it receives, when nothing it waits for keeps it from doing so.
struct Model {
    scheduler: Arc<Scheduler>,
    cell: TaskRef<Cell<u32>>,
    sum: Arc<AtomicU32>,
    /// What it waits for, deaf, before it looks at its messages.
    reply: Arc<AtomicBool>,
}

/// When a model is deaf.
#[derive(Clone, Copy, PartialEq)]
enum Deaf {
    Never,
    /// Before it looks at its messages, until there is a reply.
    Waiting,
    /// For a moment, after it has looked at its messages, and before it does so again.
    Between,
}

impl Model {
    fn new(deaf: Deaf) -> Self {
        Self::with(deaf, None)
    }

    fn with(deaf: Deaf, mailbox: Option<Box<LanedMailbox<u32>>>) -> Self {
        let scheduler = Arc::new(Scheduler::new(1, 0));
        let node = Node::with_scheduler(Arc::clone(&scheduler)).inner().clone();
        let home = Arc::clone(&node);
        let new = node.table.insert(|pid| Cell::<u32>::new(pid, None, home, &THREAD, Home::Core, mailbox));
        let (sum, reply) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicBool::new(false)));
        let body: Body = {
            let (cell, sum, reply) = (TaskRef::clone(&new), Arc::clone(&sum), Arc::clone(&reply));
            let turn = move |me: &Running| {
                let look = || {
                    while let Some(Item::Message(number)) = cell.next_item(me) {
                        sum.fetch_add(number, Relaxed);
                    }
                };
                if deaf == Deaf::Between {
                    look();
                }
                if deaf != Deaf::Never {
                    cell.header().set_deaf(me, true);
                    if deaf == Deaf::Waiting && !reply.load(Acquire) {
                        return Poll::Pending;
                    }
                    cell.header().set_deaf(me, false);
                }
                look();
                Poll::Pending
            };
            Box::pin(poll_fn(move |_| current::with(&turn)))
        };
        Cell::set_body(&new, body);
        Self { scheduler, cell: new.start(), sum, reply }
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
        if !self.cell.header().life.is_dead() {
            drop(Cell::push(&self.cell, kill()));
            self.run();
        }
    }
}

fn kill() -> Item<u32> {
    let pid = super::Pid { node: 0, index: 0, serial: std::num::NonZeroU32::MIN };
    Item::Signal(Box::new(Signal::Exit { from: pid, reason: ExitReason::Kill, link: false }))
}

/// Two threads send to a process.
fn two_send(deaf: Deaf, second: fn() -> Item<u32>, is_done: fn(&Model) -> bool) {
    loom::model(move || {
        let model = Model::new(deaf);
        let senders = [model.sends(|| Item::Message(1)), model.sends(second)];
        model.run();
        for sender in senders {
            sender.join().unwrap();
        }
        model.run();
        assert!(is_done(&model));
        model.end();
    });
}

#[test]
fn a_message_is_not_left_with_an_idle_process() {
    two_send(Deaf::Never, || Item::Message(2), |model| model.sum.load(Relaxed) == 3);
}

#[test]
fn a_message_that_comes_between_two_looks_is_found() {
    two_send(Deaf::Between, || Item::Message(2), |model| model.sum.load(Relaxed) == 3);
}

#[test]
fn a_signal_is_not_left_with_an_idle_process() {
    two_send(Deaf::Never, kill, |model| model.cell.header().life.is_dead());
}

#[test]
fn a_signal_reaches_a_deaf_process() {
    two_send(Deaf::Waiting, kill, |model| model.cell.header().life.is_dead());
}

#[test]
fn a_signal_is_acted_on_in_a_mailbox_with_a_bound() {
    loom::model(|| {
        let mailbox = LanedMailbox::new(Mailbox::bounded(2, Policy::Reject), None, |_| "message");
        let model = Model::with(Deaf::Never, mailbox);
        let sender = model.sends(kill);
        model.run();
        sender.join().unwrap();
        model.run();
        assert!(model.cell.header().life.is_dead());
        model.end();
    });
}

/// Whoever asks whether it is alive goes by this.
#[test]
fn who_has_sent_an_exit_signal_finds_that_it_may_have_to_end() {
    loom::model(|| {
        let model = Model::new(Deaf::Never);
        let sender = {
            let cell = model.cell.clone();
            thread::spawn(move || {
                drop(Cell::push(&cell, kill()));
                assert!(cell.header().life.may_have_to_end());
            })
        };
        model.run();
        sender.join().unwrap();
        model.run();
        assert!(model.cell.header().life.is_dead());
        model.end();
    });
}

#[test]
fn a_message_that_did_not_wake_is_found_when_the_wait_is_over() {
    loom::model(|| {
        let model = Model::new(Deaf::Waiting);
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
