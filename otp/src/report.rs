//! How the runtime tells people something. What it tells them stands in the `report` module of each floor.
//!
//! Everything goes through `tracing`; without a subscriber, what is wrong goes to standard error.

use std::{cell::Cell, fmt};

#[cfg(feature = "tracing")]
use crate::guard::contain;

thread_local! {
    /// Whether standard error is no place for what the calling thread reports.
    static SILENT: Cell<bool> = const { Cell::new(false) };
}

/// Emits a `tracing` event with the fields given; when nobody listens, an error or warning goes to standard error. Who
/// listens is the user's, and a panic there is not the end of who reports.
macro_rules! event {
    (info, $text:expr $(, $field:ident = $value:expr)* $(,)?) => {{
        #[cfg(feature = "tracing")]
        $crate::guard::contain(|| tracing::info!(target: "otp", $($field = %$value,)* "{}", $text));
        #[cfg(not(feature = "tracing"))]
        if false {
            let _ = ($(&$value,)* $text);
        }
    }};
    ($level:ident, $text:expr $(, $field:ident = $value:expr)* $(,)?) => {
        $crate::guard::contain(|| if $crate::report::is_heard() {
            #[cfg(feature = "tracing")]
            tracing::$level!(target: "otp", $($field = %$value,)* "{}", $text);
        } else {
            if false {
                let _ = ($(&$value,)*);
            }
            $crate::report::to_stderr(format_args!("{}: {}\n", stringify!($level), $text));
        })
    };
}
pub(crate) use event;

/// Something that is said only when somebody wants to hear it.
pub(crate) struct Said<F>(pub(crate) F);

impl<F: Fn(&mut fmt::Formatter<'_>) -> fmt::Result> fmt::Display for Said<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.0)(f)
    }
}

/// The value, if there is one.
pub(crate) fn or_nothing(value: Option<&dyn fmt::Display>) -> impl fmt::Display {
    Said(move |f: &mut fmt::Formatter<'_>| value.map_or(Ok(()), |value| value.fmt(f)))
}

/// Writes a report in one piece, since standard error is not buffered; a simulation shows none.
pub(crate) fn to_stderr(text: fmt::Arguments<'_>) {
    if !is_silent() {
        // It panics when standard error is closed: then nobody is left to be told.
        let text = text.to_string();
        eprint!("{text}");
    }
}

/// Whether anybody is to be told of errors.
pub(crate) fn wants_errors() -> bool {
    #[cfg(feature = "tracing")]
    if is_heard() {
        return tracing::enabled!(target: "otp", tracing::Level::ERROR);
    }
    !is_silent()
}

/// Says whether standard error is no place for what the calling thread reports from now on: in a simulation.
pub(crate) fn set_silent(silent: bool) {
    SILENT.set(silent);
}

fn is_silent() -> bool {
    SILENT.try_with(Cell::get).unwrap_or(false)
}

/// Whether anybody listens to `tracing` events.
pub(crate) fn is_heard() -> bool {
    #[cfg(feature = "tracing")]
    return tracing::dispatcher::has_been_set();
    #[cfg(not(feature = "tracing"))]
    false
}

/// So often may one span be entered within itself.
#[cfg(feature = "tracing")]
const MAX_REENTERED: usize = 32;

/// The `tracing` spans that the calling thread has entered, taken off it while its code waits: other processes have
/// their turns on the thread meanwhile.
#[derive(Clone, Default)]
pub(crate) struct Spans {
    #[cfg(feature = "tracing")]
    entered: Vec<tracing::Span>,
}

impl Spans {
    /// Leaves all of them, the innermost first.
    pub(crate) fn leave() -> Self {
        #[cfg(feature = "tracing")]
        if is_heard() {
            let mut entered: Vec<tracing::Span> = Vec::new();
            let mut same = 0;
            loop {
                let span = tracing::Span::current();
                // One that was entered twice is named twice. A subscriber that does not notice an exit would name it
                // for ever.
                same = if entered.last().map(tracing::Span::id) == Some(span.id()) { same + 1 } else { 0 };
                let mut left = None;
                if same <= MAX_REENTERED {
                    contain(|| left = span.with_subscriber(|(id, subscriber)| subscriber.exit(id)));
                }
                if left.is_none() {
                    return Self { entered };
                }
                entered.push(span);
            }
        }
        Self::default()
    }

    /// All of them, which stay entered.
    pub(crate) fn entered() -> Self {
        let spans = Self::leave();
        spans.clone().enter();
        spans
    }

    /// Enters them again, the outermost first.
    pub(crate) fn enter(self) {
        #[cfg(feature = "tracing")]
        for span in self.entered.iter().rev() {
            contain(|| _ = span.with_subscriber(|(id, subscriber)| subscriber.enter(id)));
        }
    }
}
