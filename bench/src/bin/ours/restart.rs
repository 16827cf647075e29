//! A supervised child crashes, is started again, announces itself from its init, and answers one call.

use std::time::Duration;

use bench::{per_op, report};
use otp::{Actor, Child, Context, ExitReason, actor::{Handled, Init}, mode::Mode, ActorRef, ReplyTo, Strategy, Supervisor, process::{self, Subject}};

use crate::inside;

/// How many crashes there are under each supervisor; as in `bench.erl`, which says why.
const EACH: u64 = 100;

pub(crate) fn by_panic() {
    run("restart", || Message::Panic);
}

pub(crate) fn by_error() {
    run("restart_error", || Message::Fail);
}

fn run(name: &str, crash: fn() -> Message) {
    let ns = per_op(10_000, |n| {
        inside::waiting(move || (0..n / EACH).for_each(|_| crashes(crash)));
    });
    report(name, ns, "ns");
}

fn crashes(crash: fn() -> Message) {
    let started = process::current().subject();
    let announce = started.clone();
    let supervisor = Supervisor::new(Strategy::OneForOne)
        .intensity(EACH as u32, Duration::from_secs(1))
        .child("child", Fragile::spec(move || announce.clone()))
        .start()
        .expect("the supervisor starts");
    for left in (0..=EACH).rev() {
        let child = started.receive(None).expect("the child is started again");
        assert_eq!(child.call(Message::Read), Ok(0));
        if left > 0 {
            child.cast(crash());
        }
    }
    supervisor.stop().expect("the supervisor ends well");
}

/// A child that announces itself to whoever waits for it.
struct Fragile(u64);

enum Message {
    Read(ReplyTo<u64>),
    Panic,
    Fail,
}

impl Actor for Fragile {
    type Args = Subject<ActorRef<Fragile>>;
    type Message = Message;
    type Client<M: Mode> = ActorRef<Self, M>;
    const NAME: &'static str = "Fragile";

    fn init(started: Subject<ActorRef<Fragile>>, ctx: &mut Context<Self>) -> Handled<'_, Init<Self>> {
        started.send(ctx.client());
        Handled::Done(Init::Ok(Fragile(0)))
    }

    fn handle<'a>(&'a mut self, message: Message, ctx: &'a mut Context<Self>) -> Handled<'a> {
        Handled::Done(match message {
            Message::Read(reply) => {
                if reply.begin() {
                    ctx.reply(reply, self.0);
                }
                Ok(())
            }
            Message::Panic => panic!("boom"),
            Message::Fail => Err(ExitReason::other("boom")),
        })
    }

    fn message_name(message: &Message) -> &'static str {
        match message {
            Message::Read(_) => "read",
            Message::Panic => "panic",
            Message::Fail => "fail",
        }
    }
}
