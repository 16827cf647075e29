//! Calls from other executors and from many threads.

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context as Polled, Poll, Wake, Waker},
    thread,
};

use otp::{Node, prelude::*};

use super::{LONG, desk, millis, why};

/// Wakes a thread.
struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The smallest executor.
fn block_on<T>(mut future: Pin<&mut impl Future<Output = T>>) -> T {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match future.as_mut().poll(&mut Polled::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

#[test]
fn a_call_can_be_awaited_on_any_executor() {
    let node = Node::builder().cores(2).start().unwrap();
    let (desk, log) = node.enter(desk);
    let client = desk.clone();
    thread::spawn(move || {
        let desk = client;
        assert_eq!(block_on(pin!(desk.as_async().ask(1))), Ok(2));
        assert_eq!(block_on(pin!(desk.as_async().slow(2, millis(5)))), Ok(3));
        assert_eq!(block_on(pin!(desk.as_async().forget())), Err(CallError::NoReply));
        let late = desk.timeout(millis(5)).as_async().later();
        assert_eq!(block_on(pin!(late)), Err(CallError::Timeout { started: true }));
        // The callee dies while it is awaited, its `ReplyTo` being kept, queued, or in a handler.
        let kept = desk.no_timeout().as_async().later();
        let slow = desk.no_timeout().as_async().slow(3, LONG);
        let queued = desk.no_timeout().as_async().ask(3);
        let pid = desk.pid().unwrap();
        thread::spawn(move || process::exit(pid, why("gone")));
        for call in [kept, slow, queued] {
            assert_eq!(block_on(pin!(call)), Err(CallError::Exited(why("gone"))));
        }
        assert_eq!(block_on(pin!(desk.as_async().ask(4))), Err(CallError::NoProc));
    })
    .join()
    .unwrap();
    assert_eq!(log.take(), ["ask 1", "slow 2"]);
    node.stop();
}

#[test]
fn many_threads_call_one_server() {
    let node = Node::builder().cores(4).start().unwrap();
    let (desk, log) = node.enter(desk);
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (desk, node) = (desk.clone(), node.clone());
            thread::spawn(move || node.enter(|| (0..1000).for_each(|n| assert_eq!(desk.ask(n), Ok(n + 1)))))
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(log.take().len(), 4000);
    node.stop();
}
