//! A subject in the list of a group, which anybody may have to compare or drop.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use crate::{
    cell::{Pid, aside, panic::caught_panic},
    process::Subject,
};

/// A subject that is a member.
pub(super) enum ListedSubject<M: Send + 'static> {
    /// It holds nothing of the user's.
    Plain(Subject<M>),
    /// It holds something of the user's, whose `Drop` runs near its owner.
    OfUsers(Pid, Option<Arc<Subject<M>>>),
}

impl<M: Send + 'static> ListedSubject<M> {
    pub(super) fn new(subject: &Subject<M>, owner: Pid) -> Self {
        let subject = subject.clone();
        if subject.is_of_users() { Self::OfUsers(owner, Some(Arc::new(subject))) } else { Self::Plain(subject) }
    }

    pub(super) fn subject(&self) -> &Subject<M> {
        match self {
            Self::Plain(subject) => subject,
            Self::OfUsers(_, subject) => subject.as_ref().expect("it is there until it is dropped"),
        }
    }
}

impl<M: Send + 'static> Clone for ListedSubject<M> {
    fn clone(&self) -> Self {
        match self {
            Self::Plain(subject) => Self::Plain(subject.clone()),
            Self::OfUsers(owner, subject) => Self::OfUsers(*owner, subject.clone()),
        }
    }
}

impl<M: Send + 'static> PartialEq for ListedSubject<M> {
    fn eq(&self, other: &Self) -> bool {
        // A name may have a key of the user's; one that can't be compared is equal to nothing.
        caught_panic(|| self.subject() == other.subject()).unwrap_or(false)
    }
}

impl<M: Send + 'static> Eq for ListedSubject<M> {}

impl<M: Send + 'static> Hash for ListedSubject<M> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.subject().hash(state);
    }
}

impl<M: Send + 'static> Drop for ListedSubject<M> {
    fn drop(&mut self) {
        if let Self::OfUsers(owner, subject) = self
            && let Some(subject) = subject.take().and_then(Arc::into_inner)
        {
            aside::drop_apart(*owner, subject);
        }
    }
}
