//! `proc_lib_SUITE`: the start protocol.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use otp::{
    name::RegisterError,
    prelude::*,
    process::{Ack, AckError, Hibernate, Me, Spawn, Subject},
};

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Waits until an exit signal ends the process.
fn stay(me: &mut Me) {
    me.receive_exit(None);
}

/// Neither an exit nor a `Down` nor anything else is in the mailbox of the test.
fn nothing_is_left(t: &Sim) {
    t.settle();
    let own = process::info(otp::self_pid()).unwrap();
    assert_eq!((own.message_queue_len, own.links, own.monitors), (0, vec![], vec![]));
}

fn why(text: &'static str) -> ExitReason {
    ExitReason::other(text)
}

#[otp::test(seeds = 20)]
fn pl_sync_start_nolink(t: &mut Sim) {
    let (pid, value) = process::start(|me, ack| {
        process::register("early", me.pid()).unwrap();
        otp::sleep(millis(700));
        ack.started("ready");
        stay(me);
    })?;
    assert_eq!((value, t.now()), ("ready", millis(700)), "the starter waits for `started`, and for nothing else");
    assert_eq!(process::whereis("early"), Some(pid));
    let info = process::info(pid).unwrap();
    assert_eq!((info.links, info.monitored_by, info.parent), (vec![], vec![], Some(otp::self_pid())));

    // What awaits is started in the same way; whoever holds the `Ack` says how it went.
    let (other, value) = Spawn::new().start_async(|me, ack| async move {
        process::sleep_async(millis(200)).await;
        process::spawn(move |_| ack.started(me.pid()));
        std::future::pending::<()>().await;
    })?;
    assert_eq!((value, t.now()), (other, millis(900)));
    nothing_is_left(t);
}

#[otp::test(seeds = 20)]
fn pl_sync_start_nolink_part_failure(t: &mut Sim) {
    // It ends without a word: that is why the start failed.
    let start = |code: fn() -> Result<(), ExitReason>| process::start(move |_, _: Ack<()>| code());
    assert_eq!(start(|| Ok(())), Err(AckError::Exited(ExitReason::Normal)));
    assert_eq!(start(|| Err(why("gone"))), Err(AckError::Exited(why("gone"))));
    assert!(matches!(start(|| panic!("bang")), Err(AckError::Exited(ExitReason::Panic(_)))));
    assert_eq!(t.crashes().len(), 2);

    // It says why not, and the starter hears of it when the process is gone and its name is free.
    let before = t.now();
    let failed = process::start(|me, ack: Ack<()>| {
        process::register("printer", me.pid()).unwrap();
        ack.failed(why("no paper"));
        otp::sleep(millis(300));
    });
    assert_eq!(failed, Err(AckError::Failed(why("no paper"))));
    assert_eq!((t.now() - before, process::whereis("printer")), (millis(300), None));

    // An `Ack` that is dropped by another process, or too late, is as good as none.
    let failed = process::start(|_, ack: Ack<()>| {
        process::spawn(move |_| drop(ack));
        otp::sleep(millis(100));
        Err(why("later"))
    });
    assert_eq!(failed, Err(AckError::Exited(why("later"))));
    let failed = process::start(|_, ack: Ack<()>| {
        process::spawn(move |_| {
            otp::sleep(millis(100));
            ack.started(());
        });
    });
    assert_eq!(failed, Err(AckError::Exited(ExitReason::Normal)));
    let failed = process::start(|_, ack: Ack<()>| {
        process::spawn(move |_| ack.failed(why("said for it")));
        otp::sleep(millis(100));
    });
    assert_eq!(failed, Err(AckError::Failed(why("said for it"))));
    t.crashes();
    nothing_is_left(t);
}

#[otp::test(seeds = 20)]
fn pl_sync_start_link(t: &mut Sim) {
    let (pid, value) = process::start_link(|me, ack| {
        otp::sleep(millis(700));
        ack.started(7);
        stay(me);
    })?;
    assert_eq!((value, t.now()), (7, millis(700)));
    let info = process::info(pid).unwrap();
    assert_eq!((info.links, info.monitored_by), (vec![otp::self_pid()], vec![]));
    process::exit(pid, ExitReason::Shutdown);
    assert_eq!(process::current().receive_exit(None).map(|exit| exit.from), Some(pid));
    nothing_is_left(t);
}

#[otp::test(seeds = 50)]
fn pl_sync_start_link_part_failure(t: &mut Sim) {
    // The exit of a failed start is consumed: who traps exits has the error alone.
    let failed = process::start_link(|_, ack: Ack<()>| {
        ack.failed(why("no paper"));
        Err(why("ended"))
    });
    assert_eq!(failed, Err(AckError::Failed(why("no paper"))));
    let failed = process::start_link(|_, _: Ack<()>| Err(why("gone")));
    assert_eq!(failed, Err(AckError::Exited(why("gone"))));
    nothing_is_left(t);

    // Who does not ends with the reason, unless that is `Normal`.
    let (_, monitor) = process::spawn_monitor(|_| {
        let _ = process::start_link(|_, _: Ack<()>| Err(why("gone")));
    });
    assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, why("gone"));
    let errors = process::current().subject();
    let to = errors.clone();
    let (_, monitor) = process::spawn_monitor(move |_| {
        to.send(process::start_link(|_, ack: Ack<()>| ack.failed(why("no paper"))));
    });
    assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Normal);
    assert_eq!(errors.receive(Duration::ZERO), Some(Err(AckError::Failed(why("no paper")))));
    t.crashes();
    nothing_is_left(t);
}

#[otp::test(seeds = 20)]
fn pl_sync_start_monitor(t: &mut Sim) {
    let me = process::current();
    let (pid, monitor, value) = process::start_monitor(|_, ack| {
        otp::sleep(millis(700));
        ack.started("ready");
        otp::sleep(millis(300));
    })?;
    assert_eq!((value, t.now()), ("ready", millis(700)));
    let down = me.receive_down(monitor, None).unwrap();
    assert_eq!((down.pid, down.reason, t.now()), (pid, ExitReason::Normal, millis(1000)));
    assert_eq!(me.receive_exit(Duration::ZERO), None, "it was not linked");

    let failed = process::start_monitor(|_, ack: Ack<()>| ack.failed(why("no paper")));
    assert_eq!(failed.unwrap_err(), AckError::Failed(why("no paper")));
    nothing_is_left(t);
}

#[otp::test(seeds = 20)]
fn pl_sync_start_monitor_link(t: &mut Sim) {
    let me = process::current();
    let (pid, monitor, ()) = Spawn::new().link().start_monitor(|_, ack| {
        ack.started(());
        otp::sleep(millis(300));
    })?;
    assert_eq!(process::info(pid).unwrap().links, [otp::self_pid()]);
    let exit = me.receive_exit(None).unwrap();
    assert_eq!((exit.from, exit.reason), (pid, ExitReason::Normal));
    let down = me.receive_down(monitor, None).unwrap();
    assert_eq!((down.pid, down.reason), (pid, ExitReason::Normal));
    nothing_is_left(t);
}

#[otp::test(seeds = 20)]
fn pl_sync_start_timeout(t: &mut Sim) {
    for (link, monitor) in [(false, false), (true, false), (false, true), (true, true)] {
        let before = t.now();
        let spawn = if link { Spawn::new().link() } else { Spawn::new() }.timeout(millis(500));
        let pids = process::current().subject();
        let to = pids.clone();
        let code = move |me: &mut Me, ack: Ack<()>| {
            process::register("slow", me.pid()).unwrap();
            to.send(me.pid());
            stay(me);
            drop(ack);
        };
        let error = if monitor { spawn.start_monitor(code).unwrap_err() } else { spawn.start(code).unwrap_err() };
        assert_eq!((error, t.now() - before), (AckError::Timeout, millis(500)));
        let pid = pids.receive(None).unwrap();
        assert_eq!((process::info(pid), process::whereis("slow")), (None, None), "it was killed");
        nothing_is_left(t);
    }
    // Who does not trap exits goes on as well.
    let (starter, monitor) = process::spawn_monitor(|_| {
        let started = Spawn::new().link().timeout(millis(500)).start(|me, _ack: Ack<()>| stay(me));
        assert_eq!(started.unwrap_err(), AckError::Timeout);
    });
    let down = process::current().receive_down(monitor, None).unwrap();
    assert_eq!((down.pid, down.reason), (starter, ExitReason::Normal));
    // A start that is over is not limited any more.
    let (pid, ()) = Spawn::new().timeout(millis(500)).start(|me, ack| {
        ack.started(());
        stay(me);
    })?;
    t.advance(millis(2000));
    assert!(process::is_alive(pid));
}

fn work(me: &mut Me) {
    stay(me);
}

async fn work_that_awaits(_: Me) {
    std::future::pending::<()>().await;
}

#[otp::test]
fn pl_spawn_opt(t: &mut Sim) {
    let info = |pid| process::info(pid).unwrap();
    let (pid, monitor) = Spawn::new().link().label("the worker").spawn_monitor(work);
    let seen = info(pid);
    assert!(seen.initial_call.ends_with("pl::work"), "{}", seen.initial_call);
    assert_eq!((seen.label.as_deref(), seen.links), (Some("the worker"), vec![otp::self_pid()]));
    assert_eq!(seen.monitored_by, [otp::self_pid()]);
    process::demonitor(monitor);
    process::unlink(pid);
    for pid in [process::spawn(work), process::spawn_link(work), process::spawn_monitor(work).0] {
        assert!(info(pid).initial_call.ends_with("pl::work"));
    }
    let pid = Spawn::new().spawn_async(work_that_awaits);
    assert!(info(pid).initial_call.ends_with("pl::work_that_awaits"));
    let (pid, _, ()) = process::start_monitor(start_work)?;
    assert!(info(pid).initial_call.ends_with("pl::start_work"));
    assert_eq!(info(Worker::start(0)?.pid().unwrap()).initial_call, "Worker");
    let _ = t;
}

fn start_work(me: &mut Me, ack: Ack<()>) {
    ack.started(());
    stay(me);
}

struct Worker;

#[actor]
impl Worker {
    #[init]
    fn init(_: u32) -> Self {
        Self
    }
}

/// Sends the number of values that are alive when it is dropped.
struct OnStack(Arc<AtomicUsize>);

impl Drop for OnStack {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// Answers one number and sleeps; ends when it is 0, crashes when it is 13.
fn answer(numbers: Subject<u32>, answers: Subject<u32>) -> Option<Hibernate> {
    match numbers.receive(Duration::ZERO).expect("it wakes when there is one") {
        0 => None,
        13 => panic!("out of luck"),
        n => {
            answers.send(2 * n);
            Some(process::hibernate(move |_| answer(numbers, answers)))
        }
    }
}

#[otp::test(seeds = 20)]
fn pl_hibernate(t: &mut Sim) {
    for last in [0, 13] {
        let dropped = Arc::new(AtomicUsize::new(0));
        let answers = process::current().subject();
        let (to, on_stack) = (answers.clone(), OnStack(dropped.clone()));
        let (pid, monitor, numbers) = process::start_monitor(move |me, ack| {
            let _on_stack = on_stack;
            let numbers = me.subject();
            ack.started(numbers.clone());
            process::hibernate(move |_| answer(numbers, to))
        })?;
        t.settle();
        assert_eq!(dropped.load(SeqCst), 1, "it has no stack while it sleeps");
        assert_eq!(process::info(pid).unwrap().status, process::ProcessStatus::Waiting);
        t.advance(Duration::from_secs(60));
        for n in [1, 2, 3] {
            numbers.send(n);
            assert_eq!(answers.receive(None), Some(2 * n));
        }
        numbers.send(last);
        let reason = process::current().receive_down(monitor, None).unwrap().reason;
        assert_eq!(reason.is_clean(), last == 0);
        let crashes = t.crashes();
        if last == 13 {
            assert_eq!((crashes.len(), crashes[0].pid), (1, pid));
            assert!(crashes[0].label.contains("pl_hibernate"), "the code that it began with: {}", crashes[0].label);
            assert_eq!(reason.as_panic().unwrap().message, "out of luck");
        } else {
            assert_eq!(crashes, []);
        }
    }
}

#[inline(never)]
fn innermost() {
    panic!("deep down");
}

#[otp::test]
fn pl_stacktrace(t: &mut Sim) {
    let line = line!() - 5;
    let original = |reason: &ExitReason| {
        let panic = reason.as_panic().unwrap();
        assert_eq!(panic.message, "deep down");
        assert!(panic.location.as_deref().unwrap().contains(&format!("pl.rs:{line}:")), "{panic}");
    };
    // Raised again by code that caught it, it still says where it was raised first.
    let failed = process::start(|_, _: Ack<()>| {
        let caught = std::panic::catch_unwind(innermost);
        otp::sleep(millis(10));
        if let Err(payload) = caught {
            std::panic::resume_unwind(payload);
        }
    });
    match failed.unwrap_err() {
        AckError::Exited(reason) => original(&reason),
        error => panic!("{error}"),
    }
    let crashes = t.crashes();
    assert_eq!(crashes.len(), 1);
    original(&crashes[0].reason);
}

#[otp::test]
fn pl_t_format(t: &mut Sim) {
    // Text of any kind goes through reports and reasons as it is, and nothing is cut.
    let long = "Grüße, κόσμε, 😀\u{0}\n\u{202e}".repeat(10_000);
    let text = long.clone();
    let (pid, monitor) = Spawn::new().label(long.clone()).spawn_monitor(move |_| -> () { std::panic::panic_any(text) });
    let reason = process::current().receive_down(monitor, None).unwrap().reason;
    assert_eq!(reason.as_panic().unwrap().message, long);
    assert!(reason.to_string().contains(&long));
    let crashes = t.crashes();
    assert_eq!(crashes.len(), 1);
    assert!(crashes[0].to_string().contains(&long) && crashes[0].pid == pid);
}

/// A value that cannot be shown.
#[derive(PartialEq)]
struct Unprintable;

impl fmt::Debug for Unprintable {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("not for your eyes");
    }
}

#[otp::test(seeds = 10)]
fn pl_t_format_arbitrary(t: &mut Sim) {
    // To report it fails, and that harms nobody: the process ends with its reason, and all are told.
    let (pid, monitor, ()) = Spawn::new().link().start_monitor(|me, ack| {
        process::register("odd", me.pid()).unwrap();
        ack.started(());
        process::exit_self(ExitReason::other(Unprintable));
    })?;
    let me = process::current();
    let is_it = |reason: &ExitReason| reason.downcast_ref::<Unprintable>().is_some();
    assert!(me.receive_down(monitor, None).is_some_and(|down| is_it(&down.reason)));
    assert!(me.receive_exit(None).is_some_and(|exit| exit.from == pid && is_it(&exit.reason)));
    assert!(t.crashes().iter().all(|crash| is_it(&crash.reason)));
    assert_eq!(process::register("odd", otp::self_pid()), Ok::<(), RegisterError>(()));
    nothing_is_left(t);
}

#[cfg(feature = "stacks")]
mod reports {
    //! What people are told when a process crashes.

    use otp::{
        prelude::*,
        process::{Ack, Spawn},
    };

    use crate::reports::{Report, recorded};

    fn reports_of(test: impl FnOnce(&mut Sim)) -> Vec<Report> {
        let ((), mut reports) = recorded(|| Sim::run(1, test));
        reports.retain(|report| report.field("report") == "crash");
        reports
    }

    #[test]
    fn a_crash_report_says_who_it_was() {
        let mut expected = Vec::new();
        let reports = reports_of(|t| {
            let pids = process::current().subject();
            let to = pids.clone();
            let parent = process::spawn(move |me| {
                me.trap_exit(true);
                let child = Spawn::new().link().label("third from the left").spawn(|_| -> () { panic!("bang") });
                to.send(child);
                me.receive_exit(None);
            });
            let child = pids.receive(None).unwrap();
            t.settle();
            let ancestors = format!("[{parent}, {}]", otp::self_pid());
            expected = vec![child.to_string(), "third from the left".into(), ancestors, format!("[{parent}]")];
            assert_eq!(t.crashes().len(), 1);
        });
        assert_eq!(reports.len(), 1);
        let fields = ["pid", "label", "ancestors", "links"].map(|field| reports[0].field(field));
        assert_eq!(fields.to_vec(), expected);
        assert!(reports[0].text.contains("third from the left") && reports[0].field("reason").contains("bang"));
        assert!(reports[0].field("process").contains("a_crash_report_says_who_it_was"));
    }

    /// It carries what the process had: messages that wait, dictionary, links, and what can be seen of its neighbours.
    #[test]
    fn a_crash_report_says_what_it_left() {
        struct Busy;

        #[actor]
        impl Busy {
            #[init]
            fn init(ctx: &mut Context<Self>) -> Self {
                ctx.trap_exit(true);
                SHELF.put(7);
                process::spawn_link(|_| {
                    process::set_label("the neighbour");
                    otp::timer::sleep_forever();
                });
                Self
            }
            #[handle_cast]
            fn bug(&mut self) {
                panic!("bang");
            }
            #[handle_cast]
            fn wait(&mut self, _n: u32) {}
        }

        const SHELF: process::Key<u32> = process::Key::new("shelf");

        let reports = reports_of(|t| {
            let busy = Busy::start().unwrap();
            t.settle();
            busy.bug();
            (0..20).for_each(|n| busy.wait(n));
            process::send(busy.pid().unwrap(), "a letter");
            t.settle();
            let crashes = t.crashes();
            let remains = &crashes[0].remains;
            assert_eq!((remains.message_queue_len, remains.messages.len()), (21, 10));
            assert!(remains.messages.iter().all(|name| *name == "wait"), "{remains:?}");
            assert_eq!((&remains.dictionary[..], remains.trap_exit), (&["shelf"][..], true));
            let [neighbour] = &remains.neighbours[..] else { panic!("it had one: {remains:?}") };
            assert_eq!(neighbour.label.as_deref(), Some("the neighbour"));
            assert_eq!(remains.links, [neighbour.pid]);
        });
        let report = &reports[0];
        assert_eq!((report.field("message_queue_len"), report.field("trap_exit")), ("21", "true"));
        assert!(report.field("messages").starts_with("[\"wait\", "), "{report:?}");
        assert_eq!(report.field("dictionary"), "[\"shelf\"]");
        assert!(report.field("neighbours").contains("(the neighbour)"), "{report:?}");
    }

    /// A plain process may exit as it likes, one that was started by the protocol says so; a panic is always told, and
    /// what an exit signal ends has said nothing itself.
    #[test]
    fn an_exit_is_reported_where_otp_reports_it() {
        let exit = || -> () { process::exit_self(ExitReason::other("enough")) };
        let panic = || -> () { panic!("bang") };
        let reports = reports_of(|t| {
            process::spawn(move |_| exit());
            t.settle();
            t.crashes();
        });
        assert_eq!(reports.len(), 0, "{reports:?}");
        let reports = reports_of(|t| {
            process::spawn(move |_| panic());
            let _ = process::start(move |_, _: Ack<()>| exit());
            t.settle();
            t.crashes();
        });
        assert_eq!(reports.len(), 2, "{reports:?}");
        let reports = reports_of(|t| {
            process::spawn(move |me| {
                process::spawn_link(move |_| panic());
                me.receive_exit(None);
            });
            t.settle();
            assert_eq!(t.crashes().len(), 2);
        });
        assert_eq!(reports.len(), 1, "{reports:?}");
    }
}
