//! What a running server shows of itself, and what is said when it fails: cases of `gen_server_SUITE`.

use otp::{
    prelude::*,
    sys::{self, FormatStatus, StatusTexts, SysError},
};
use tracing::Level;

use crate::reports::{Report, recorded};

const LONG: Duration = Duration::from_secs(3600);

/// Why a server of these tests ends.
fn why() -> ExitReason {
    ExitReason::other("crashed")
}

fn down(monitor: MonitorRef) -> ExitReason {
    process::current().receive_down(monitor, None).expect("it comes").reason
}

/// The reports of one kind.
fn of<'a>(reports: &'a [Report], kind: &str) -> Vec<&'a Report> {
    reports.iter().filter(|report| report.field("report") == kind).collect()
}

/// A server with a state that can be seen, and several ways to end.
#[derive(Debug, Clone, PartialEq)]
struct Printer {
    pages: u32,
}

#[actor]
impl Printer {
    #[init]
    fn init(pages: u32, hibernates: bool, ctx: &mut Context<Self>) -> Self {
        if hibernates {
            ctx.hibernate();
        }
        Self { pages }
    }

    #[handle_call]
    fn print(&mut self, pages: u32) -> u32 {
        self.pages += pages;
        self.pages
    }

    #[handle_call]
    fn jam(&mut self) {
        panic!("paper jam");
    }

    #[handle_call]
    async fn jam_later(&mut self) {
        process::sleep_async(Duration::from_millis(1)).await;
        panic!("late paper jam");
    }

    #[handle_call]
    fn stop_for(&mut self, reason: ExitReason, ctx: &mut Context<Self>) {
        ctx.stop(reason);
    }

    #[handle_cast]
    fn fail(&mut self, reason: ExitReason) -> Result<(), ExitReason> {
        Err(reason)
    }

    #[handle_call]
    fn hibernate(&mut self, ctx: &mut Context<Self>) {
        ctx.hibernate();
    }

    #[handle_cast]
    fn hibernate_by_cast(&mut self, ctx: &mut Context<Self>) {
        ctx.hibernate();
    }

    #[handle_cast]
    fn hibernate_later(&mut self, ctx: &mut Context<Self>) {
        ctx.after(Duration::from_millis(5)).hibernate_by_info();
        ctx.next().hibernate_next();
    }

    #[handle_info]
    fn hibernate_by_info(&mut self, ctx: &mut Context<Self>) {
        self.pages += 100;
        ctx.hibernate();
    }

    #[handle_continue]
    fn hibernate_next(&mut self, ctx: &mut Context<Self>) {
        ctx.hibernate();
    }
}

#[otp::test(seeds = 20)]
fn gs_hibernate(t: &mut Sim) {
    let printer = Printer::start(1, true).unwrap();
    // Each way to hibernate leaves a server that answers, keeps its state, and can be suspended meanwhile.
    let hibernates: [&dyn Fn(); 4] =
        [&|| {}, &|| printer.hibernate().unwrap(), &|| printer.hibernate_by_cast(), &|| {
            printer.hibernate_later();
            t.advance(Duration::from_millis(5));
        }];
    for (round, hibernate) in hibernates.into_iter().enumerate() {
        hibernate();
        t.settle();
        let before = sys::state(&printer).unwrap().pages;
        sys::suspend(&printer).unwrap();
        let page = printer.request().print(1);
        t.advance(LONG);
        assert_eq!(sys::state(&printer).unwrap().pages, before, "round {round}: system messages alone are served");
        sys::resume(&printer).unwrap();
        assert_eq!(page.wait(), Ok(before + 1), "round {round}: a message wakes it");
    }
    assert_eq!(sys::state(&printer).unwrap().pages, 105);
}

#[otp::test(seeds = 20)]
fn gs_get_state(_: &mut Sim) {
    let printer = Printer::start(1, false).unwrap();
    process::register("printer", printer.pid().unwrap()).unwrap();
    assert_eq!(sys::state(&printer), Ok(Printer { pages: 1 }));
    printer.print(1).unwrap();
    assert_eq!(sys::state(&printer), Ok(Printer { pages: 2 }));
    assert_eq!(sys::status("printer").unwrap().state.as_deref(), Some("Printer { pages: 2 }"), "by name");
    assert_eq!(sys::status(&printer.pid().unwrap()).unwrap().name.as_deref(), Some("printer"), "by pid");
    sys::suspend(&printer).unwrap();
    assert_eq!(sys::state(&printer), Ok(Printer { pages: 2 }), "suspended");
}

#[otp::test(seeds = 20)]
fn gs_replace_state(_: &mut Sim) {
    let printer = Printer::start(1, false).unwrap();
    sys::replace_state(&printer, |printer| Printer { pages: printer.pages + 9 }).unwrap();
    assert_eq!(printer.print(0), Ok(10));

    let failed = sys::replace_state(&printer, |_| panic!("no such state"));
    let Err(SysError::CallbackFailed(reason)) = failed else { panic!("{failed:?}") };
    assert_eq!(reason.as_panic().unwrap().message, "no such state");
    assert_eq!(printer.print(0), Ok(10), "as it was, and it runs");

    sys::suspend(&printer).unwrap();
    sys::replace_state(&printer, |printer| Printer { pages: printer.pages * 2 }).unwrap();
    assert!(sys::replace_state(&printer, |_| panic!("no such state")).is_err());
    assert_eq!(sys::state(&printer), Ok(Printer { pages: 20 }), "suspended");
}

/// Shows a text of its own in place of its state.
#[derive(Debug)]
struct Vault {
    secret: &'static str,
}

#[actor]
impl Vault {
    #[init]
    fn init(secret: &'static str) -> Self {
        Self { secret }
    }

    #[handle_call]
    fn open(&mut self) {
        panic!("lost the key to {}", self.secret);
    }

    #[handle_call]
    fn close(&mut self) {}
}

impl FormatStatus for Vault {
    fn format_status(&self, texts: &mut StatusTexts) {
        assert!(self.secret != "unformattable", "a bug in format_status");
        assert_eq!(texts.state.as_deref(), Some(&*format!("{self:?}")), "it begins with what its `Debug` shows");
        texts.state = Some("a vault".to_owned());
        for text in texts.log.iter_mut().chain(&mut texts.message).chain(&mut texts.reason) {
            *text = text.replace(self.secret, "...").replace("open", "o***").replace("close", "c****");
        }
    }
}

#[otp::test]
fn gs_call_format_status(_: &mut Sim) {
    let vault = Vault::start("gold").unwrap();
    process::register("vault", vault.pid().unwrap()).unwrap();
    for status in [sys::status(&vault), sys::status(&vault.pid().unwrap()), sys::status("vault")] {
        let status = status.unwrap();
        assert_eq!(status.state.as_deref(), Some("a vault"));
        let text = status.to_string();
        for part in ["Vault <", "(vault)", "status: running", "parent: <", "queue: 0", "state: a vault"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
    sys::suspend(&vault).unwrap();
    assert!(sys::status(&vault).unwrap().to_string().contains("status: suspended"));
}

#[cfg(feature = "stacks")]
#[otp::test]
fn gs_error_format_status(t: &mut Sim) {
    let (_, reports) = recorded(|| {
        let vault = Vault::start("gold").unwrap();
        assert!(vault.open().is_err());
        t.settle();
    });
    let server = of(&reports, "server_terminating")[0];
    assert_eq!(server.field("state"), "a vault");
    assert!(!server.text.contains("gold"), "{}", server.text);
    assert_eq!(t.crashes().len(), 1);
}

#[cfg(feature = "stacks")]
#[otp::test]
fn gs_crash_in_format_status(t: &mut Sim) {
    let vault = Vault::start("unformattable").unwrap();
    sys::set_log(&vault, sys::DEFAULT_LOG_LEN).unwrap();
    vault.close().unwrap();
    let status = sys::status(&vault).unwrap();
    assert_eq!(status.log.len(), 2, "what is no state is as it was");
    let state = status.state.unwrap();
    assert!(state.starts_with("Vault: format_status crashed") && state.contains("a bug in format_status"), "{state}");
    assert!(vault.is_alive(), "that is no reason to end");
    let (_, reports) = recorded(|| {
        assert!(vault.open().is_err());
        t.settle();
    });
    let server = of(&reports, "server_terminating")[0];
    assert!(server.field("state").starts_with("Vault: format_status crashed"), "{server:?}");
    assert!(server.field("reason").contains("lost the key"), "the reason is its own: {server:?}");
    assert_eq!(server.field("last_message"), "open");
    assert_eq!(t.crashes().len(), 1);
}

/// Has a `Debug` that unwinds with something that is no text.
struct Thrower;

impl std::fmt::Debug for Thrower {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::panic::panic_any(7_u8);
    }
}

#[actor]
impl Thrower {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_cast]
    fn fail(&mut self) -> Result<(), ExitReason> {
        Err(why())
    }
}

#[cfg(feature = "stacks")]
#[otp::test]
fn gs_throw_in_format_status(t: &mut Sim) {
    let thrower = Thrower::start().unwrap();
    let state = sys::status(&thrower).unwrap().state.unwrap();
    assert!(state.starts_with("Thrower: format_status crashed"), "{state}");
    let (_, reports) = recorded(|| {
        thrower.fail();
        t.settle();
    });
    assert!(of(&reports, "server_terminating")[0].field("state").starts_with("Thrower: format_status crashed"));
    assert_eq!(t.crashes()[0].reason, why());
}

#[cfg(feature = "stacks")]
#[otp::test]
fn gs_format_all_status(t: &mut Sim) {
    let vault = Vault::start("gold").unwrap();
    sys::set_log(&vault, sys::DEFAULT_LOG_LEN).unwrap();
    vault.close().unwrap();
    let status = sys::status(&vault).unwrap();
    assert_eq!(status.state.as_deref(), Some("a vault"));
    assert!(status.log.len() == 2 && status.log[0].starts_with("got call c****"), "{:?}", status.log);

    let (_, reports) = recorded(|| {
        assert!(vault.open().is_err());
        t.settle();
    });
    let server = of(&reports, "server_terminating")[0];
    assert_eq!(server.field("state"), "a vault");
    assert_eq!(server.field("last_message"), "o***");
    assert!(server.field("reason").contains("lost the key to ..."), "{server:?}");
    assert!(server.text.contains("log: got call c****") && !server.text.contains("close"), "{}", server.text);
    assert_eq!(t.crashes().len(), 1);
}

/// Owes an answer.
struct Clerk(Option<ReplyTo<()>>);

#[actor]
impl Clerk {
    #[init]
    fn init() -> Self {
        Self(None)
    }

    #[handle_call]
    fn keep(&mut self, reply: ReplyTo<()>) {
        self.0 = Some(reply);
    }

    #[handle_cast]
    fn lose(&mut self) {
        let _kept = self.0.take();
        panic!("lost");
    }
}

#[cfg(feature = "stacks")]
#[otp::test(seeds = 20)]
fn gs_crash_is_no_clients_whose_handler_is_over(t: &mut Sim) {
    let clerk = Clerk::start().unwrap();
    let kept = clerk.request().keep();
    let (_, reports) = recorded(|| {
        clerk.lose();
        t.settle();
    });
    assert_eq!(of(&reports, "server_terminating")[0].field("client"), "");
    assert!(matches!(kept.wait(), Err(CallError::Exited(ExitReason::Panic(_)))));
    assert_eq!(t.crashes().len(), 1);
}

/// The message that a server crashes in, what sends it, what its reason says, and whether it is a call.
type Crash<'a> = (&'a str, &'a dyn Fn(&PrinterRef), &'a str, bool);

#[cfg(feature = "stacks")]
#[otp::test(seeds = 20)]
fn gs_crash(t: &mut Sim) {
    // Clean reasons: the caller hears of them, nobody else.
    for reason in [ExitReason::Normal, ExitReason::Shutdown, ExitReason::shutdown_with("told to")] {
        let ((), reports) = recorded(|| {
            let printer = Printer::start(1, false).unwrap();
            let monitor = printer.monitor().unwrap();
            let waiting = Printer::start(1, false).unwrap();
            printer.stop_for(reason.clone()).unwrap();
            assert_eq!(down(monitor), reason);
            sys::suspend(&waiting).unwrap();
            let call = waiting.request().print(1);
            sys::terminate(&waiting, reason.clone()).unwrap();
            assert_eq!(call.wait(), Err(CallError::Exited(reason.clone())));
        });
        assert!(reports.is_empty(), "{reports:?}");
    }
    assert!(t.crashes().is_empty());

    // Others: a report of the server and one of the process, in this order.
    let client = process::self_pid().to_string();
    let crashes: [Crash<'_>; 4] = [
        ("jam", &|printer| assert!(printer.jam().is_err()), "paper jam", true),
        ("jam_later", &|printer| assert!(printer.jam_later().is_err()), "late paper jam", true),
        ("stop_for", &|printer| printer.stop_for(why()).unwrap(), "crashed", true),
        ("fail", &|printer| printer.fail(why()), "crashed", false),
    ];
    for (message, crash, reason, called) in crashes {
        let (pid, reports) = recorded(|| {
            let printer = Printer::start(41, false).unwrap();
            let (pid, monitor) = (printer.pid().unwrap(), printer.monitor().unwrap());
            printer.print(1).unwrap();
            crash(&printer);
            down(monitor);
            pid.to_string()
        });
        let kinds: Vec<&str> = reports.iter().map(|report| report.field("report")).collect();
        assert_eq!(kinds, ["server_terminating", "crash"], "{message}");
        assert!(reports.iter().all(|report| report.level == Level::ERROR));
        let [server, process] = &reports[..] else { unreachable!() };
        for report in [server, process] {
            assert_eq!(report.field("pid"), pid);
            assert_eq!(report.field("process"), "Printer");
            assert_eq!(report.field("last_message"), message);
            assert!(report.field("reason").contains(reason), "{report:?}");
        }
        assert_eq!(server.field("state"), "Printer { pages: 42 }");
        assert_eq!(server.field("client"), if called { &*client } else { "" }, "{message}");
    }
    assert_eq!(t.crashes().len(), 4);
}

#[cfg(feature = "stacks")]
#[otp::test]
fn gs_format_log_1(t: &mut Sim) {
    let (printer, reports) = recorded(|| {
        let printer = Printer::start(1, false).unwrap();
        process::register("front desk", printer.pid().unwrap()).unwrap();
        assert!(printer.jam().is_err());
        printer
    });
    let text = &of(&reports, "server_terminating")[0].text;
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "server front desk (Printer) is terminating");
    assert_eq!(lines[1], "  last message: jam");
    assert_eq!(lines[2], "  state: Printer { pages: 1 }");
    assert!(lines[3].starts_with("  reason: panicked: paper jam, at ") && lines[3].ends_with("in `jam`"), "{text}");
    assert_eq!(lines[4], format!("  client: {}", process::self_pid()));
    assert_eq!(lines.len(), 5);

    // What nobody handles is said in fixed words too.
    let ((), reports) = recorded(|| {
        let printer = Printer::start(1, false).unwrap();
        t.settle();
        send_down(&printer, t);
    });
    let text = &of(&reports, "unhandled_info")[0].text;
    assert!(text.starts_with("undefined handle_info in Printer <"), "{text}");
    assert!(text.contains(">: unhandled message Down("), "{text}");
    assert!(!printer.is_alive());
    assert_eq!(t.crashes().len(), 1);
}

/// A state that is long when it is shown.
#[derive(Debug)]
struct Archive {
    _papers: Vec<&'static str>,
}

#[actor]
impl Archive {
    #[init]
    fn init() -> Self {
        Self { _papers: vec!["päper"; 10_000] }
    }

    #[handle_cast]
    fn fail(&mut self) -> Result<(), ExitReason> {
        Err(why())
    }
}

#[cfg(feature = "stacks")]
#[otp::test]
fn gs_format_log_2(t: &mut Sim) {
    let archive = Archive::start().unwrap();
    assert!(sys::status(&archive).unwrap().state.unwrap().len() > 80_000, "who asks sees all");
    let (_, reports) = recorded(|| {
        archive.fail();
        t.settle();
    });
    let server = of(&reports, "server_terminating")[0];
    let state = server.field("state");
    assert!(state.starts_with("Archive") && state.contains("päper") && state.ends_with("..."), "{state}");
    assert!((4000..=4100).contains(&state.len()), "a report is cut: {}", state.len());
    // As fields each is one line for itself.
    for field in ["pid", "process", "last_message", "reason", "client", "state", "registered_name"] {
        assert!(!server.field(field).contains('\n'), "{field}");
    }
    assert_eq!(t.crashes().len(), 1);
}

/// What it shows is long, and of letters of two bytes.
struct Letters(&'static str);

#[actor]
impl Letters {
    #[init]
    fn init(first: &'static str) -> Self {
        Self(first)
    }

    #[handle_cast]
    fn fail(&mut self) -> Result<(), ExitReason> {
        Err(why())
    }
}

impl std::fmt::Debug for Letters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&format!("{}{}", self.0, "ä".repeat(10_000)))
    }
}

#[cfg(feature = "stacks")]
#[otp::test]
fn a_state_is_cut_between_two_letters(t: &mut Sim) {
    for first in ["", "x"] {
        let letters = Letters::start(first).unwrap();
        let (_, reports) = recorded(|| {
            letters.fail();
            t.settle();
        });
        let state = of(&reports, "server_terminating")[0].field("state").to_owned();
        assert!(state.starts_with(&format!("{first}ää")) && state.ends_with("ä..."), "{state}");
        assert_eq!(t.crashes().len(), 1);
    }
}

/// Watches what it is told to.
struct Watcher;

#[actor]
impl Watcher {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn watch(&mut self, pid: Pid, ctx: &mut Context<Self>) {
        ctx.monitor(pid);
    }

    #[handle_call]
    fn ping(&self) -> &'static str {
        "pong"
    }
}

/// Has a printer receive a `Down`, which it has no handler for.
fn send_down(printer: &PrinterRef, t: &mut Sim) {
    let ended = process::spawn(|_| {});
    // A monitor that is made in its name, by code that runs in it.
    sys::with_state(printer, move |_| process::monitor(ended)).expect("it runs");
    t.settle();
}

#[cfg(feature = "stacks")]
#[otp::test(seeds = 20)]
fn gs_undef_handle_info(t: &mut Sim) {
    let (watcher, reports) = recorded(|| {
        let watcher = Watcher::start().unwrap();
        watcher.watch(process::spawn(|_| {})).unwrap();
        t.settle();
        watcher
    });
    let [report] = &reports[..] else { panic!("{reports:?}") };
    assert_eq!(report.level, Level::WARN);
    let pid = watcher.pid().unwrap();
    let begin = format!("undefined handle_info in Watcher {pid}: unhandled message Down(");
    assert!(report.text.starts_with(&begin), "{report:?}");
    assert_eq!(report.field("pid"), pid.to_string());
    assert_eq!(watcher.ping(), Ok("pong"), "it keeps running");

    // Of a message of a free type, what the type is called.
    struct Hello;
    let ((), reports) = recorded(|| {
        process::send(pid, Hello);
        process::register("watcher", pid).unwrap();
        process::Subject::named("watcher").send(vec![1_u32]);
        t.settle();
    });
    let texts: Vec<&str> = reports.iter().map(|report| &*report.text).collect();
    let begin = format!("undefined handle_info in Watcher {pid}: unhandled message");
    let hello = std::any::type_name::<Hello>();
    assert_eq!(texts, [format!("{begin} Other({hello})"), format!("{begin} Other(alloc::vec::Vec<u32>)")]);
}

#[otp::test(seeds = 20)]
fn gs_undef_terminate1(_: &mut Sim) {
    let ((), reports) = recorded(|| {
        let watcher = Watcher::start().unwrap();
        let monitor = watcher.monitor().unwrap();
        assert_eq!(watcher.stop(), Ok(()));
        assert_eq!(down(monitor), ExitReason::Normal);
    });
    assert!(reports.is_empty(), "{reports:?}");
}

#[otp::test(seeds = 20)]
fn gs_undef_terminate2(t: &mut Sim) {
    let reason = ExitReason::other(("error", "test"));
    let watcher = Watcher::start().unwrap();
    let monitor = watcher.monitor().unwrap();
    assert_eq!(watcher.stop_with(reason.clone(), None), Ok(()));
    assert_eq!(down(monitor), reason);
    assert_eq!(t.crashes().len(), 1);
}
