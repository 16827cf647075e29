//! A thousand actors in a ring. Every token makes its share of the hops, then tells the main thread.

use std::sync::mpsc::{self, Sender};

use bench::{per_op, report};
use otp::{Actor, Context, actor::{Handled, Init}, mode::Mode, ActorRef};

const SIZE: usize = 1000;

pub(crate) fn one_token() {
    run("ring", 1, 1_000_000);
}

pub(crate) fn hundred_tokens() {
    run("ring_100", 100, 5_000_000);
}

fn run(name: &str, tokens: u64, hops: u64) {
    let (ended, arrivals) = mpsc::channel();
    let start = |_| otp::start::<Node>(ended.clone()).expect("a node starts");
    let nodes: Vec<ActorRef<Node>> = (0..SIZE).map(start).collect();
    for (index, node) in nodes.iter().enumerate() {
        node.cast(Message::Next(nodes[(index + 1) % SIZE].clone()));
    }
    let ns = per_op(hops, |hops| {
        for token in 0..tokens {
            let start = &nodes[token as usize * SIZE / tokens as usize];
            start.cast(Message::Token { left: hops / tokens });
        }
        (0..tokens).for_each(|_| arrivals.recv().expect("the ring lives"));
    });
    report(name, ns, "ns");
}

struct Node {
    next: Option<ActorRef<Node>>,
    ended: Sender<()>,
}

enum Message {
    Next(ActorRef<Node>),
    Token { left: u64 },
}

impl Actor for Node {
    type Args = Sender<()>;
    type Message = Message;
    type Client<M: Mode> = ActorRef<Self, M>;
    const NAME: &'static str = "Node";

    fn init(ended: Sender<()>, _: &mut Context<Self>) -> Handled<'_, Init<Self>> {
        Handled::Done(Init::Ok(Node { next: None, ended }))
    }

    fn handle<'a>(&'a mut self, message: Message, _: &'a mut Context<Self>) -> Handled<'a> {
        match message {
            Message::Next(next) => self.next = Some(next),
            Message::Token { left: 0 } => self.ended.send(()).expect("the main thread waits"),
            Message::Token { left } => {
                let next = self.next.as_ref().expect("the ring is closed before a token comes");
                next.cast(Message::Token { left: left - 1 });
            }
        }
        Handled::Done(Ok(()))
    }

    fn message_name(message: &Message) -> &'static str {
        match message {
            Message::Next(_) => "next",
            Message::Token { .. } => "token",
        }
    }
}
