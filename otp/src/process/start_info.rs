//! What a start gives whoever asked for it, besides the process.

use std::{any::Any, fmt};

use crate::cell::{Pid, aside};

/// What a child gave when it was started, for whoever asked its supervisor to: the `Info` of OTP's `{ok, Pid, Info}`.
///
/// An actor gives it by [`Context::init_ack_with`](crate::Context::init_ack_with), a plain process by the
/// [`Ack`](super::Ack) of [`Spawn::child_spec_start`](super::Spawn::child_spec_start). When nobody takes it, it is
/// dropped by a process of its own.
pub struct StartInfo {
    maker: Pid,
    value: Option<Box<dyn Any + Send>>,
}

impl StartInfo {
    pub(crate) fn new(maker: Pid, value: impl Any + Send) -> Self {
        Self { maker, value: Some(Box::new(value)) }
    }

    /// The value, if it is a `T`.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Printer;
    /// # #[actor]
    /// # impl Printer {
    /// #[init]
    /// fn init(ctx: &mut Context<Self>) -> Self {
    ///     ctx.init_ack_with(631_u16);
    ///     Self
    /// }
    /// # }
    ///
    /// let office = Supervisor::new(Strategy::OneForOne).start()?;
    /// let (_, info) = office.start_child_with_info("printer", Printer::child_spec())?;
    /// assert_eq!(info.and_then(|info| info.downcast::<u16>().ok()), Some(631));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Itself, when it is no `T`.
    pub fn downcast<T: Any>(mut self) -> Result<T, Self> {
        match self.value.take().map(<Box<dyn Any + Send>>::downcast) {
            Some(Ok(value)) => Ok(*value),
            Some(Err(value)) => {
                self.value = Some(value);
                Err(self)
            }
            None => Err(self),
        }
    }
}

impl Drop for StartInfo {
    fn drop(&mut self) {
        if let Some(value) = self.value.take() {
            aside::drop_apart(self.maker, value);
        }
    }
}

impl fmt::Debug for StartInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StartInfo({})", self.maker)
    }
}
