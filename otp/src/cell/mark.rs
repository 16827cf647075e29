//! Up to where a receive has looked through the mail, so that it looks only at what has come since.

use super::Pid;

/// Where a receive goes on to look; at first at the beginning.
///
/// It holds as long as only new messages are put behind the others. When one is taken out or put before others the
/// process, or its special mailbox, counts that, and all marks made before are void. The BEAM's receive marker.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Whose mail it is, and how often something was taken out of that by then.
    made: Option<(Pid, u64)>,
    seen: MailPosition,
}

/// How many entries were looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct MailPosition {
    pub(super) ordinary: usize,
    /// Of the lane for urgent messages, where there is one.
    pub(super) urgent: usize,
}

impl Mark {
    /// How many entries need not be looked at in mail of this process out of which something was taken so often.
    pub(super) fn seen(&self, of: Pid, changes: u64) -> MailPosition {
        if self.made == Some((of, changes)) { self.seen } else { MailPosition::default() }
    }

    /// So many were looked at.
    pub(super) fn set(&mut self, of: Pid, changes: u64, seen: MailPosition) {
        *self = Self { made: Some((of, changes)), seen };
    }
}
