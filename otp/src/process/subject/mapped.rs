//! Subjects whose messages are made into those of another subject.

use super::{Letter, SendError, Subject};
use crate::{
    cell::{Pid, panic},
    process::report,
};

/// What takes messages on their way to another subject.
pub(crate) trait Sink<T>: Send + Sync {
    fn send(&self, message: T);
    /// The message, to be sent at another time.
    fn letter(&self, message: T) -> Letter;
    /// Why a message would not be sent now.
    fn refusal(&self) -> Option<SendError<()>>;
    fn owner(&self) -> Option<Pid>;
    fn process(&self) -> Option<Pid>;
    fn close(&self);
}

/// Messages that become messages of another subject.
pub(super) struct MappedSubject<T, F> {
    pub(super) target: Subject<T>,
    pub(super) map: F,
}

impl<T: Send + 'static, F> MappedSubject<T, F> {
    /// What becomes of a message. The function is not the sender's, and a panic in it neither; then there is no
    /// message.
    fn map<U>(&self, message: U) -> Option<T>
    where
        F: Fn(U) -> T,
    {
        guarded(|| (self.map)(message))
    }
}

/// What a function of the user's makes of a message, in a sender whose it is not. A panic in it is reported.
pub(crate) fn guarded<T>(map: impl FnOnce() -> T) -> Option<T> {
    panic::caught_panic(map).map_err(|panic| report::not_mapped(&panic)).ok()
}

impl<T: Send + 'static, U: Send + 'static, F: Fn(U) -> T + Send + Sync> Sink<U> for MappedSubject<T, F> {
    fn send(&self, message: U) {
        if let Some(message) = self.map(message) {
            self.target.send(message);
        }
    }

    fn letter(&self, message: U) -> Letter {
        self.map(message).map_or(Letter::Nobody, |message| self.target.letter(message))
    }

    fn refusal(&self) -> Option<SendError<()>> {
        self.target.refusal()
    }

    fn owner(&self) -> Option<Pid> {
        self.target.owner()
    }

    fn process(&self) -> Option<Pid> {
        self.target.process()
    }

    fn close(&self) {
        self.target.close();
    }
}
