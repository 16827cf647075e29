//! A message of any type.

use std::{
    any::{Any, TypeId, type_name},
    fmt,
};

/// A message of any type, as an [`Info::Other`](crate::actor::Info::Other) holds it: an [`Any`] that prints what its
/// type is called. A box of it is a `Box<dyn Any + Send>` where such a one is wanted. You need not implement it: all
/// that is `Send` and owned has it.
pub trait AnyMessage: Any + Send {
    /// What its type is called; a box of it has a name of its own.
    fn type_name(&self) -> &'static str;
}

impl<T: Any + Send> AnyMessage for T {
    fn type_name(&self) -> &'static str {
        type_name::<T>()
    }
}

impl fmt::Debug for dyn AnyMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.type_name())
    }
}

impl dyn AnyMessage {
    /// Whether it is a `T`.
    pub fn is<T: 'static>(&self) -> bool {
        self.type_id() == TypeId::of::<T>()
    }

    /// The message, if it is a `T`.
    pub fn downcast_ref<T: 'static>(&self) -> Option<&T> {
        let message: &dyn Any = self;
        message.downcast_ref()
    }

    /// The message, if it is a `T`.
    ///
    /// # Errors
    /// Gives it back, if it is not.
    pub fn downcast<T: 'static>(self: Box<Self>) -> Result<Box<T>, Box<Self>> {
        if !self.is::<T>() {
            return Err(self);
        }
        let message: Box<dyn Any + Send> = self;
        message.downcast().map_err(|_| unreachable!("it is a `T`"))
    }

    /// As [`downcast`](Self::downcast), without the box.
    pub(crate) fn take<T: 'static>(self: Box<Self>) -> Result<T, Box<Self>> {
        self.downcast().map(|message| *message)
    }
}
