//! Runs the loop of a workload in a handler: in a sync one, which simply waits, or in an async one, which awaits.

use std::{future::Future, pin::Pin, sync::mpsc};

use otp::{Actor, Context, actor::{Handled, Init}, mode::Mode, ActorRef};

/// An actor that does what it is told.
pub(crate) struct Runner;

pub(crate) enum Work {
    Sync(Box<dyn FnOnce() + Send>),
    Async(Pin<Box<dyn Future<Output = ()> + Send>>),
}

impl Runner {
    pub(crate) fn start() -> ActorRef<Runner> {
        otp::start::<Runner>(()).expect("a runner starts")
    }
}

/// Runs `body` in a sync handler while this thread waits for it.
pub(crate) fn waiting<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, result) = mpsc::channel();
    Runner::start().cast(Work::Sync(Box::new(move || {
        done.send(body()).expect("the main thread waits");
    })));
    result.recv().expect("the handler ends well")
}

/// Runs `body` in an async handler while this thread waits for it.
pub(crate) fn awaiting<T: Send + 'static>(body: impl Future<Output = T> + Send + 'static) -> T {
    let (done, result) = mpsc::channel();
    Runner::start().cast(Work::Async(Box::pin(async move {
        done.send(body.await).expect("the main thread waits");
    })));
    result.recv().expect("the handler ends well")
}

impl Actor for Runner {
    type Args = ();
    type Message = Work;
    type Client<M: Mode> = ActorRef<Self, M>;
    const NAME: &'static str = "Runner";

    fn init((): (), _: &mut Context<Self>) -> Handled<'_, Init<Self>> {
        Handled::Done(Init::Ok(Runner))
    }

    fn handle<'a>(&'a mut self, work: Work, _: &'a mut Context<Self>) -> Handled<'a> {
        match work {
            Work::Sync(work) => {
                work();
                Handled::Done(Ok(()))
            }
            Work::Async(work) => Handled::future(async move {
                work.await;
                Ok(())
            }),
        }
    }

    fn message_name(_: &Work) -> &'static str {
        "work"
    }
}
