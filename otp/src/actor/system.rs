//! A server between two messages, as requests of `sys` see it, and how it shows its state: `gen_server`'s
//! `system_*` callbacks and `format_status/1`.

use std::{
    any::Any,
    fmt::{self, Write},
};

use super::{Actor, Context};
use crate::cell::{
    ExitReason, Pid, Running, current,
    debug::{Debug, Event},
    header::Header,
    panic::caught,
};

/// Of a state that is shown in a report of a crash so many bytes at most.
const SHOWN: usize = 4096;

/// A request of `sys`: what a [`Signal::System`](crate::cell::signal::Signal) carries.
pub(crate) type SystemRequest = Box<dyn FnOnce(&mut Inspected<'_>) + Send>;

/// A server between two messages.
pub(crate) struct Inspected<'a> {
    me: &'a Running,
    /// Its state, of the actor's type.
    pub(crate) state: &'a mut dyn Any,
    format: fn(&dyn Any, StatusTexts) -> StatusTexts,
    /// What is switched on to look into it.
    pub(crate) debug: &'a mut Debug,
    /// Why it is to terminate, if it is.
    pub(crate) stop: Option<ExitReason>,
}

impl Inspected<'_> {
    pub(crate) fn header(&self) -> &Header {
        self.me.header()
    }

    pub(crate) fn queue_len(&self) -> usize {
        self.me.process().queue_len(self.me)
    }

    /// What may be shown of it.
    pub(crate) fn texts(&self) -> StatusTexts {
        let texts = StatusTexts { log: log(self.debug), ..StatusTexts::default() };
        (self.format)(&*self.state, texts)
    }
}

/// Serves one request; an `Err` is why the actor has to end.
#[cold]
#[inline(never)]
pub(super) fn serve<A: Actor>(
    me: &Running,
    actor: &mut A,
    ctx: &Context<A>,
    request: Box<dyn Any + Send>,
) -> Result<(), ExitReason> {
    let Ok(request) = request.downcast::<SystemRequest>() else { return Ok(()) };
    let cell = ctx.cell();
    let served = cell.with_debug(me, |debug| {
        let format = |state: &dyn Any, texts| match state.downcast_ref::<A>() {
            Some(actor) => formatted(actor, texts),
            None => texts,
        };
        let mut served = Inspected { me, state: actor, format, debug, stop: None };
        caught(|| request(&mut served)).and_then(|()| served.stop.take().map_or(Ok(()), Err))
    });
    // While it is suspended its messages have no reason to wake it.
    cell.header().set_deaf(me, cell.header().is_watched() && cell.is_suspended(me));
    cell.restart_idle(me);
    served
}

/// A message is about to be handled.
#[cold]
pub(super) fn saw<A: Actor>(me: &Running, ctx: &Context<A>, message: &A::Message) {
    ctx.cell().tell(me, || Event::In { kind: A::message_kind(message), message: A::message_name(message).into() });
}

/// What may be shown of an actor that ends, and of why.
pub(super) fn last_texts<A: Actor>(
    actor: &A,
    ctx: &Context<A>,
    message: &'static str,
    reason: &ExitReason,
) -> StatusTexts {
    let logged = |me: &Running| ctx.cell().with_debug(me, |debug| log(debug));
    let log = if ctx.cell().header().is_watched() { current::with(logged) } else { Vec::new() };
    let texts = StatusTexts {
        message: (!message.is_empty()).then(|| message.to_owned()),
        reason: Some(reason.to_string()),
        log,
        limit: Some(SHOWN),
        ..StatusTexts::default()
    };
    formatted(actor, texts)
}

fn log(debug: &Debug) -> Vec<String> {
    debug.log.iter().flat_map(|log| log.events()).map(ToString::to_string).collect()
}

/// What the actor makes of what may be shown of it. When that panics, the state is a text that says so.
fn formatted<A: Actor>(actor: &A, texts: StatusTexts) -> StatusTexts {
    let mut made = texts.clone();
    match caught(|| actor.format_status(&mut made)) {
        Ok(()) => made,
        Err(reason) => StatusTexts { state: Some(format!("{}: format_status crashed: {reason}", A::NAME)), ..texts },
    }
}

/// What [`get_status`](crate::sys::status) and the report of a crash show of a server, as texts.
/// [`Actor::format_status`] may rewrite them. OTP's `gen_server:format_status()`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StatusTexts {
    /// The state; `None` is shown as "not shown", with the reason when its type has no `Debug`.
    pub state: Option<String>,
    /// In the report of a crash the message that it handled last.
    pub message: Option<String>,
    /// In the report of a crash the reason.
    pub reason: Option<String>,
    /// The events in its log.
    pub log: Vec<String>,
    /// Why there is no state, if its type does not show it.
    pub(crate) unshown: Option<String>,
    /// How long the text of the state may be.
    limit: Option<usize>,
}

impl StatusTexts {
    /// Makes the text of the state: whole for a status, and cut where it becomes long in the report of a crash.
    pub fn show(&mut self, state: &dyn fmt::Debug) {
        let mut text = Limited { text: String::new(), left: self.limit.unwrap_or(usize::MAX) };
        // What is cut stops there: it is not made to be thrown away.
        if write!(text, "{state:?}").is_err() {
            text.text.push_str("...");
        }
        self.state = Some(text.text);
    }
}

/// The text of a state, or why there is none.
pub(crate) fn shown(state: Option<&str>, unshown: Option<&str>) -> String {
    match (state, unshown) {
        (Some(state), _) => state.to_owned(),
        (None, Some(why)) => format!("not shown ({why})"),
        (None, None) => "not shown".to_owned(),
    }
}

/// A text that refuses to become longer.
struct Limited {
    text: String,
    left: usize,
}

impl Write for Limited {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let mut end = self.left.min(part.len());
        while !part.is_char_boundary(end) {
            end -= 1;
        }
        self.text.push_str(&part[..end]);
        self.left -= end;
        if end < part.len() { Err(fmt::Error) } else { Ok(()) }
    }
}

/// How an actor made with `#[actor]` rewrites what is shown of it: secrets out, what is long short. `#[actor]` finds
/// out by itself whether this is implemented. `gen_server`'s callback `format_status/1`.
///
/// ```
/// use otp::{prelude::*, sys::{self, FormatStatus, StatusTexts}};
///
/// #[derive(Debug)]
/// pub struct Session { user: &'static str, password: &'static str }
///
/// #[actor]
/// impl Session {
///     #[init]
///     fn init() -> Self { Self { user: "joe", password: "secret" } }
/// }
///
/// impl FormatStatus for Session {
///     fn format_status(&self, texts: &mut StatusTexts) {
///         texts.state = Some(format!("{} with a password of {} letters", self.user, self.password.len()));
///     }
/// }
///
/// let session = Session::start()?;
/// assert_eq!(sys::status(&session)?.state.as_deref(), Some("joe with a password of 6 letters"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait FormatStatus {
    /// Rewrites what is shown; the state is there as its `Debug` shows it, if it has one. Should it panic, the status
    /// and the report say so in place of the state.
    fn format_status(&self, texts: &mut StatusTexts);
}

/// What a report says of the end of a server.
pub(crate) struct ServerTermination<'a> {
    pub(crate) texts: StatusTexts,
    /// Whose call it was that it ended in.
    pub(crate) client: Option<Pid>,
    pub(crate) reason: &'a ExitReason,
}
