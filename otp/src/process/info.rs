//! What can be seen of a process from outside: its info and its label.

use std::future::Future;

use crate::cell::{
    Pid, Running, answer, current,
    signal::{Ask, Signal},
};

/// What can be seen of a process. `erlang:process_info/1`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ProcessInfo {
    /// Its registered name.
    pub name: Option<String>,
    /// What [`set_label`] called it.
    pub label: Option<String>,
    /// What runs in it: the name of an actor, or the path of a plain process's code. OTP's `initial_call`.
    pub initial_call: &'static str,
    /// What it does.
    pub status: ProcessStatus,
    /// The message that it handles now, or handled last; `init` and `terminate` count. OTP's `current_function`.
    pub handler: Option<&'static str>,
    /// Who started it. A thread has no parent.
    pub parent: Option<Pid>,
    /// Who started it, who started that one, and so on, dead ones among them; the nearest 16. OTP's `$ancestors`.
    pub ancestors: Vec<Pid>,
    /// The processes linked to it.
    pub links: Vec<Pid>,
    /// The processes that it monitors, each as often as it does.
    pub monitors: Vec<Pid>,
    /// The processes that monitor it, each as often as it does.
    pub monitored_by: Vec<Pid>,
    /// The messages that it has not handled.
    pub message_queue_len: usize,
    /// The messages that its full mailbox has dropped; see [`Mailbox`](crate::cell::Mailbox).
    pub dropped: u64,
    /// Whether it traps exits.
    pub trap_exit: bool,
    /// The names of the keys in its [dictionary](super::Key).
    pub dictionary: Vec<&'static str>,
}

/// What a process does. The `status` of `erlang:process_info/2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProcessStatus {
    /// It handles a message, or has some to handle.
    Running,
    /// It waits: for a message, or in its code for something else.
    Waiting,
}

/// What can be seen of a process after all that the caller has sent to it; `None` when it is gone.
///
/// Waits until the process comes to answer: when its code waits, or after the message that it handles now.
/// `erlang:process_info/1`.
///
/// ```
/// use otp::process;
///
/// let pid = process::spawn(|me| {
///     me.receive_exit(None);
/// });
/// let info = process::info(pid).unwrap();
/// assert_eq!((info.parent, info.message_queue_len), (Some(otp::self_pid()), 0));
/// otp::process::exit(pid, otp::ExitReason::Kill);
/// assert_eq!(process::info(pid), None);
/// ```
#[must_use]
pub fn info(pid: Pid) -> Option<ProcessInfo> {
    current::block_on(info_async(pid)).ok().flatten()
}

/// As [`info`], to be awaited on any executor; the process is asked at once.
///
/// ```
/// use otp::process;
///
/// let pid = process::spawn(|_| otp::timer::sleep_forever());
/// let (_, looks) = process::spawn_monitor_async(move |_| async move {
///     assert_eq!(process::info_async(pid).await.unwrap().message_queue_len, 0);
/// });
/// assert!(process::current().receive_down(looks, None).unwrap().reason.is_normal());
/// ```
///
/// # Cancel safety
/// It changes nothing.
pub fn info_async(pid: Pid) -> impl Future<Output = Option<ProcessInfo>> + Send + 'static {
    let (asked, answer) = answer::channel();
    current::with(|me| {
        if pid == me.pid() {
            me.process().take_arrivals(me);
            asked.answer(info_of(me, ProcessStatus::Running));
        } else if let Some(process) = me.header().node.find(pid) {
            me.header().node.signal_to(&process, Signal::Ask(Box::new(InfoRequest(asked))));
        }
    });
    answer
}

struct InfoRequest(answer::AnswerSender<ProcessInfo>);

impl Ask for InfoRequest {
    fn answer(self: Box<Self>, me: &Running) {
        let header = me.header();
        if me.own().fatal().is_none() {
            let waits = header.is_deaf() || me.process().queue_len(me) == 0;
            self.0.answer(info_of(me, if waits { ProcessStatus::Waiting } else { ProcessStatus::Running }));
        }
    }
}

fn info_of(me: &Running, status: ProcessStatus) -> ProcessInfo {
    let header = me.header();
    let mut info = ProcessInfo {
        name: header.name().as_deref().map(str::to_owned),
        label: header.label().as_deref().map(str::to_owned),
        initial_call: header.program.label,
        status,
        handler: header.handler.name(),
        parent: header.parent(),
        ancestors: header.ancestors.as_deref().cloned().unwrap_or_default(),
        links: Vec::new(),
        monitors: Vec::new(),
        monitored_by: Vec::new(),
        message_queue_len: me.process().queue_len(me),
        dropped: me.process().dropped(),
        trap_exit: me.own().trap_exit.get(),
        dictionary: me.own().if_dictionary(|dictionary| dictionary.names()),
    };
    header.relate(|relations| {
        info.links = relations.links.iter().collect();
        info.monitors = relations.monitoring.iter().map(|(_, watched)| watched.pid).collect();
        info.monitored_by = relations.watchers.iter().map(|(monitor, ())| monitor.watcher).collect();
    });
    info
}

/// The pids of all processes of the current node that are alive. `erlang:processes/0`.
///
/// A process that is alive during the whole call is among them, one that has ended before is not.
///
/// ```
/// use otp::process;
///
/// let pid = process::spawn(|_| otp::timer::sleep_forever());
/// assert!(process::list().contains(&pid));
/// otp::process::exit(pid, otp::ExitReason::Kill);
/// assert!(!otp::process::is_alive(pid));
/// assert!(!process::list().contains(&pid));
/// ```
#[must_use]
pub fn list() -> Vec<Pid> {
    super::Node::current().processes()
}

/// Labels the current process, for people: reports of its crash, [`info`](fn@info) and the printed tree of its
/// supervisor show it. It names nothing, and any number of processes may have the same. `proc_lib:set_label/1`.
///
/// ```
/// use otp::process;
///
/// let (pid, ()) = process::start(|_, ack| {
///     process::set_label("session of joe");
///     ack.started(());
///     otp::timer::sleep_forever();
/// })?;
/// assert_eq!(process::info(pid).unwrap().label.as_deref(), Some("session of joe"));
/// # Ok::<(), process::AckError>(())
/// ```
pub fn set_label(label: impl Into<String>) {
    let label = label.into();
    current::with(|me| me.header().set_label(label.into()));
}

/// The label of a process; `None` when it has none or is gone. Never waits. `proc_lib:get_label/1`.
///
/// ```
/// use otp::process::{self, Spawn};
///
/// let pid = Spawn::new().label("session of joe").spawn(|_| otp::timer::sleep_forever());
/// assert_eq!(process::label(pid).as_deref(), Some("session of joe"));
/// ```
#[must_use]
pub fn label(pid: Pid) -> Option<String> {
    let label = current::with(|me| me.header().node.find(pid)?.header().label());
    label.map(|label| label.as_ref().to_owned())
}
