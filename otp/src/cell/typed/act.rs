//! What signals do to a process that takes them in.

use std::mem;

use crate::cell::{
    Exit, ExitReason, Running,
    header::exit::{self, ExitAction},
    signal::Signal,
};

impl Running {
    /// Acts on a signal that arrived; gives back what belongs among the messages, in the same box.
    pub(super) fn act_on(&self, mut signal: Box<Signal>) -> Option<Box<Signal>> {
        let header = self.header();
        if header.is_past_its_end(self) {
            header.act_late(*signal);
            return None;
        }
        let stays = match &mut *signal {
            Signal::Exit { from, reason, link } => {
                let from = *from;
                let (active, reason) = header.hear_exit(from, mem::replace(reason, ExitReason::Normal), *link);
                match exit::decide(header.pid, from, &reason, active, self.own().trap_exit.get()) {
                    ExitAction::Drop => false,
                    ExitAction::Deliver => {
                        *signal = Signal::Trapped(Exit { from, reason });
                        true
                    }
                    ExitAction::Die(reason) => {
                        self.own().set_signalled(reason);
                        false
                    }
                }
            }
            Signal::Link { .. }
            | Signal::Unlink { .. }
            | Signal::UnlinkAck { .. }
            | Signal::Monitor { .. }
            | Signal::Demonitor { .. } => {
                if !header.note(&signal) {
                    // It was declared dead meanwhile.
                    header.act_late(*signal);
                    return None;
                }
                return None;
            }
            Signal::Down(down) => {
                let watched = header.relate(|relations| relations.monitoring.remove(&down.monitor)).flatten();
                watched.map(|watched| down.name = watched.name).is_some()
            }
            Signal::Fatal(reason) => {
                self.own().set_fatal(mem::replace(reason, ExitReason::Normal));
                false
            }
            Signal::Ask(_) => {
                if let Signal::Ask(ask) = *signal {
                    ask.answer(self);
                }
                return None;
            }
            Signal::Trapped(_)
            | Signal::Foreign { .. }
            | Signal::Dropped(_)
            | Signal::Terminate(_)
            | Signal::System(_) => true,
        };
        stays.then_some(signal)
    }
}
