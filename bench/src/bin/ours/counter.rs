//! The server that most workloads talk to: one number.

use otp::{Actor, Context, ExitReason, actor::{Handled, Init}, mode::Mode, ActorRef, ReplyTo};

pub(crate) struct Counter(u64);

pub(crate) enum Message {
    Add(u64),
    Read(ReplyTo<u64>),
    AddAndRead(u64, ReplyTo<u64>),
    Stop,
}

impl Counter {
    pub(crate) fn start() -> ActorRef<Counter> {
        otp::start::<Counter>(()).expect("a counter starts")
    }
}

impl Actor for Counter {
    type Args = ();
    type Message = Message;
    type Client<M: Mode> = ActorRef<Self, M>;
    const NAME: &'static str = "Counter";

    fn init((): (), _: &mut Context<Self>) -> Handled<'_, Init<Self>> {
        Handled::Done(Init::Ok(Counter(0)))
    }

    fn handle<'a>(&'a mut self, message: Message, ctx: &'a mut Context<Self>) -> Handled<'a> {
        match message {
            Message::Add(by) => self.0 += by,
            Message::Read(reply) => {
                if reply.begin() {
                    ctx.reply(reply, self.0);
                }
            }
            Message::AddAndRead(by, reply) => {
                if reply.begin() {
                    self.0 += by;
                    ctx.reply(reply, self.0);
                }
            }
            Message::Stop => ctx.stop(ExitReason::Normal),
        }
        Handled::Done(Ok(()))
    }

    fn message_name(message: &Message) -> &'static str {
        match message {
            Message::Add(_) => "add",
            Message::Read(_) => "read",
            Message::AddAndRead(..) => "add_and_read",
            Message::Stop => "stop",
        }
    }
}
