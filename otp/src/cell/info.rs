//! What a process can receive besides messages of its own type.

use std::{any::Any, borrow::Cow};

use super::{AnyMessage, Down, Exit};

/// What a process can receive besides messages of its own type, and besides those for its subjects.
#[derive(Debug)]
#[non_exhaustive]
pub enum Info {
    /// A process that it monitors has ended.
    Down(Down),
    /// An exit signal that it traps.
    Exit(Exit),
    /// Anything else.
    Other(Box<dyn AnyMessage>),
}

impl Info {
    /// What traces and logs call it.
    pub(crate) fn name(&self) -> Cow<'static, str> {
        match self {
            // Not their reasons: how those are displayed is the user's code, which may fail.
            Self::Down(down) => format!("DOWN of {}", down.pid).into(),
            Self::Exit(exit) => format!("EXIT from {}", exit.from).into(),
            Self::Other(_) => "message".into(),
        }
    }

    /// Whether the content is a `T`.
    #[must_use]
    pub fn is<T: 'static>(&self) -> bool {
        self.downcast_ref::<T>().is_some()
    }

    /// The content, if it is a `T`.
    ///
    /// ```
    /// # use otp::{actor::Info, Pid, ExitReason, process};
    /// let info = Info::Other(Box::new(7_u32));
    /// assert_eq!(info.downcast_ref(), Some(&7_u32));
    /// assert!(!info.is::<otp::Down>());
    /// assert_eq!(info.downcast::<u32>().ok(), Some(7));
    /// ```
    #[must_use]
    pub fn downcast_ref<T: 'static>(&self) -> Option<&T> {
        match self {
            Self::Down(down) => (down as &dyn Any).downcast_ref(),
            Self::Exit(exit) => (exit as &dyn Any).downcast_ref(),
            Self::Other(other) => other.downcast_ref(),
        }
    }

    /// The content, if it is a `T`; else it comes back.
    ///
    /// # Errors
    /// Gives it back, if it is not.
    pub fn downcast<T: 'static>(self) -> Result<T, Self> {
        fn same<S: 'static, T: 'static>(value: S, back: fn(S) -> Info) -> Result<T, Info> {
            let mut value = Some(value);
            match (&mut value as &mut dyn Any).downcast_mut::<Option<T>>().and_then(Option::take) {
                Some(same) => Ok(same),
                None => Err(value.map(back).unwrap_or_else(|| unreachable!("it was not taken"))),
            }
        }
        match self {
            Self::Down(down) => same(down, Self::Down),
            Self::Exit(exit) => same(exit, Self::Exit),
            Self::Other(other) => other.take().map_err(Self::Other),
        }
    }
}
