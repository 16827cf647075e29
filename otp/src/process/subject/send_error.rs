//! Why a message was not sent.

use std::{error::Error, fmt};

/// A message that was not sent, and why.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError<T> {
    /// The owner has ended, or nobody has the name.
    NoProc(T),
    /// The owner has closed the subject.
    Closed(T),
}

impl<T> SendError<T> {
    /// The message.
    ///
    /// ```
    /// let words = otp::process::current().subject();
    /// words.close();
    /// let unsent = words.try_send("hello".to_owned()).unwrap_err();
    /// assert_eq!(unsent.into_message(), "hello");
    /// ```
    pub fn into_message(self) -> T {
        match self {
            Self::NoProc(message) | Self::Closed(message) => message,
        }
    }

    pub(super) fn map<U>(self, f: impl FnOnce(T) -> U) -> SendError<U> {
        match self {
            Self::NoProc(message) => SendError::NoProc(f(message)),
            Self::Closed(message) => SendError::Closed(f(message)),
        }
    }
}

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoProc(_) => "there is no such process",
            Self::Closed(_) => "the subject is closed",
        })
    }
}

impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoProc(_) => "NoProc(..)",
            Self::Closed(_) => "Closed(..)",
        })
    }
}

impl<T> Error for SendError<T> {}
