//! A tree of processes, ten below each: every leaf has a number, and its sum comes up to the root.

use std::sync::mpsc::{self, Sender};

use bench::{fail, report, skynet};
use otp::{Actor, Context, ExitReason, actor::{Handled, Init}, mode::Mode, ActorRef, process::{self, Subject}};

/// Actors whose handlers wait for ten starts, one after another.
pub(crate) fn waiting() {
    let ns = skynet(|leaves| {
        let (root, sum) = mpsc::channel();
        Node::grow(Share { up: Up::Root(root), first: 0, leaves });
        sum.recv().expect("the root has a sum")
    });
    report("skynet", ns, "ns");
}

/// Async processes that await the word of each process that they start. There is no start of an actor to be awaited.
pub(crate) fn awaiting() {
    let ns = skynet(|leaves| {
        let (root, sum) = mpsc::channel();
        process::spawn_async(move |_| async move {
            let me = process::current();
            let (started, sums) = (me.subject(), me.subject());
            spawn(started.clone(), sums.clone(), 0, leaves);
            started.receive_async(None).await.expect("it starts");
            root.send(sums.receive_async(None).await.expect("it has a sum")).expect("the main thread waits");
        });
        sum.recv().expect("the root has a sum")
    });
    report("skynet_async", ns, "ns");
}

/// Where a sum goes.
enum Up {
    Root(Sender<u64>),
    Node(ActorRef<Node>),
}

/// The part of the tree that a node is the root of.
struct Share {
    up: Up,
    /// The number of its first leaf.
    first: u64,
    leaves: u64,
}

struct Node {
    share: Share,
    /// How many sums are yet to come from below.
    missing: u64,
    sum: u64,
}

enum Message {
    Grow,
    Sum(u64),
}

impl Node {
    fn grow(share: Share) {
        otp::start::<Node>(share).unwrap_or_else(|error| fail(error)).cast(Message::Grow);
    }

    fn end(&self, ctx: &mut Context<Self>) {
        match &self.share.up {
            Up::Root(root) => root.send(self.sum).expect("the main thread waits"),
            Up::Node(up) => up.cast(Message::Sum(self.sum)),
        }
        ctx.stop(ExitReason::Normal);
    }
}

impl Actor for Node {
    type Args = Share;
    type Message = Message;
    type Client<M: Mode> = ActorRef<Self, M>;
    const NAME: &'static str = "Node";

    fn init(share: Share, _: &mut Context<Self>) -> Handled<'_, Init<Self>> {
        Handled::Done(Init::Ok(Node { share, missing: 0, sum: 0 }))
    }

    fn handle<'a>(&'a mut self, message: Message, ctx: &'a mut Context<Self>) -> Handled<'a> {
        match message {
            Message::Grow if self.share.leaves == 1 => {
                self.sum = self.share.first;
                self.end(ctx);
            }
            Message::Grow => {
                self.missing = 10;
                let leaves = self.share.leaves / 10;
                for below in 0..10 {
                    let up = Up::Node(ctx.client());
                    Node::grow(Share { up, first: self.share.first + below * leaves, leaves });
                }
            }
            Message::Sum(sum) => {
                self.sum += sum;
                self.missing -= 1;
                if self.missing == 0 {
                    self.end(ctx);
                }
            }
        }
        Handled::Done(Ok(()))
    }

    fn message_name(message: &Message) -> &'static str {
        match message {
            Message::Grow => "grow",
            Message::Sum(_) => "sum",
        }
    }
}

fn spawn(started: Subject<()>, up: Subject<u64>, first: u64, leaves: u64) {
    process::spawn_async(move |me| async move {
        started.send(());
        if leaves == 1 {
            return up.send(first);
        }
        let (started, sums) = (me.subject(), me.subject());
        for below in 0..10 {
            spawn(started.clone(), sums.clone(), first + below * (leaves / 10), leaves / 10);
            started.receive_async(None).await.expect("it starts");
        }
        let mut sum = 0;
        for _ in 0..10 {
            sum += sums.receive_async(None).await.expect("it has a sum");
        }
        up.send(sum);
    });
}
