//! A cast on its way: done at once, unless it has to wait for room in the mailbox of its receiver.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use crate::{
    cell::{AnyProcess, current, lanes::Ticket, typed::Cell, waits, wake_up::WakeUp},
    scheduler::TaskRef,
    time::Moment,
};

/// A cast on its way, as clients in the mode [`Async`](super::Async) return it.
///
/// The message was sent when it was made, and most often there is nothing to wait for. Only where a full mailbox makes
/// its senders wait ([`Policy::Block`](crate::mailbox::Policy::Block)) is it ready when there was room, the client's
/// timeout is over, or the receiver is gone. Dropped before that it takes the message back, which is counted as
/// dropped.
///
/// # Cancel safety
/// Dropped before it is ready, it takes the message back. There is nothing to poll again.
pub struct Sent(Option<Box<InLine>>);

/// A message that stands in line.
struct InLine {
    receiver: AnyProcess,
    ticket: Ticket,
    deadline: Moment,
    timer: WakeUp,
    /// Whether its own process waits for it and for nothing else.
    blocks: bool,
}

impl Sent {
    #[inline]
    pub(super) fn done() -> Self {
        Self(None)
    }

    #[cold]
    pub(super) fn in_line<M: Send + 'static>(
        receiver: &TaskRef<Cell<M>>,
        ticket: Ticket,
        limit: Option<Duration>,
    ) -> Self {
        let deadline = receiver.header().deadline(limit);
        let receiver = AnyProcess::new(receiver);
        Self(Some(Box::new(InLine { receiver, ticket, deadline, timer: WakeUp::new(), blocks: false })))
    }

    /// Waits until there is room.
    #[inline]
    pub(super) fn wait(self) {
        if self.0.is_some() {
            self.wait_in_line();
        }
    }

    #[cold]
    fn wait_in_line(mut self) {
        let Some(in_line) = &mut self.0 else { return };
        let _waits = waits::WaitsFor::process(in_line.receiver.pid());
        in_line.blocks = true;
        // One that can't wait takes its message back.
        let _ = current::block_on(&mut self);
    }
}

impl Future for Sent {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(in_line) = &mut self.0 else { return Poll::Ready(()) };
        if in_line.receiver.process().in_line(in_line.ticket, cx.waker())
            && in_line.timer.poll_on(&in_line.receiver.header().node, cx, in_line.deadline).is_pending()
            && !(in_line.blocks && current::try_with(|me| waits::deadlock(me, &in_line.receiver)).flatten().is_some())
        {
            return Poll::Pending;
        }
        drop(self.0.take());
        Poll::Ready(())
    }
}

impl Drop for InLine {
    fn drop(&mut self) {
        self.receiver.process().withdraw(self.ticket);
    }
}

impl fmt::Debug for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sent").field("waits", &self.0.is_some()).finish()
    }
}
