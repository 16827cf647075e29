//! Contexts for tests.

use std::task::Poll;

use otp::prelude::*;

use super::{SECOND, why};

/// A server of many ways.
struct Timer {
    ticks: u32,
    seen: Vec<String>,
}

#[actor]
impl Timer {
    #[init]
    fn init(ctx: &mut Context<Self>) -> Self {
        ctx.next().load();
        ctx.every(SECOND, |me| me.tick());
        ctx.me().note("from init".into());
        Self { ticks: 0, seen: Vec::new() }
    }

    #[handle_continue]
    fn load(&mut self) {
        self.seen.push("load".into());
    }

    #[handle_info]
    fn tick(&mut self, ctx: &mut Context<Self>) -> Result<(), String> {
        self.ticks += 1;
        if self.ticks == 3 {
            return Err("too many ticks".into());
        }
        ctx.idle_timeout(SECOND / 2).idle();
        Ok(())
    }

    #[handle_info]
    fn idle(&mut self) {
        self.seen.push(format!("idle after {}", self.ticks));
    }

    #[handle_cast]
    fn note(&mut self, text: String) {
        self.seen.push(text);
    }

    #[handle_cast]
    async fn note_later(&mut self, text: String) {
        let mut polled = false;
        std::future::poll_fn(|cx| {
            cx.waker().wake_by_ref();
            if std::mem::replace(&mut polled, true) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        self.seen.push(text);
    }

    #[handle_call]
    fn watch(&mut self, target: Pid, ctx: &mut Context<Self>) -> (MonitorRef, bool) {
        ctx.link(target);
        (ctx.monitor(target), ctx.trap_exit(true))
    }

    #[handle_call]
    fn forget(&mut self, monitor: MonitorRef, target: Pid, ctx: &mut Context<Self>) -> bool {
        ctx.hibernate();
        ctx.unlink(target);
        ctx.demonitor(monitor)
    }

    #[handle_info]
    fn down(&mut self, down: Down) {
        self.seen.push(format!("down: {}", down.reason));
    }

    #[handle_info]
    fn exit(&mut self, exit: Exit) {
        self.seen.push(format!("exit: {}", exit.reason));
    }

    #[handle_call]
    fn ask(&mut self, n: u32, reply: ReplyTo<u32>) {
        reply.send(n + 1);
    }

    #[handle_call]
    fn quit(&mut self, ctx: &mut Context<Self>) -> u32 {
        ctx.stop(why("first"));
        ctx.stop(why("second"));
        self.ticks
    }
}

#[test]
fn a_handler_is_a_plain_method() {
    let mut ctx = Context::for_test();
    let mut timer = Timer::init(&mut ctx);
    assert_eq!(ctx.waiting(), ["load", "note"], "what is next comes first");
    assert_eq!((ctx.timers(), ctx.next_timer()), (1, Some(SECOND)));
    assert_eq!(ctx.deliver(&mut timer), Some("load"));
    assert_eq!(ctx.deliver(&mut timer), Some("note"));
    assert_eq!(ctx.deliver(&mut timer), None);
    assert_eq!(timer.seen, ["load", "from init"]);

    ctx.advance(SECOND);
    assert_eq!((ctx.now(), ctx.waiting()), (SECOND, vec!["timer"]));
    assert_eq!(ctx.deliver(&mut timer), Some("tick"));
    assert_eq!((ctx.timers(), ctx.next_timer()), (2, Some(SECOND / 2)));
    ctx.advance(SECOND / 2 - Duration::from_nanos(1));
    assert_eq!(ctx.deliver(&mut timer), None);
    ctx.advance(Duration::from_nanos(1));
    assert_eq!(ctx.deliver(&mut timer), Some("idle"));
    assert_eq!(ctx.timers(), 1);
    assert_eq!(timer.seen.pop().as_deref(), Some("idle after 1"));
    assert_eq!(ctx.stopped(), None);

    // Ticks go on, and an error stops.
    ctx.advance(SECOND * 2);
    assert_eq!(ctx.waiting(), ["timer", "timer"]);
    assert_eq!(ctx.deliver(&mut timer), Some("tick"));
    assert_eq!(ctx.deliver(&mut timer), Some("tick"));
    assert_eq!(ctx.stopped().map(|reason| reason.to_string()), Some("too many ticks".into()));
}

#[test]
fn what_stops_a_handler_is_known() {
    let mut ctx = Context::for_test();
    let mut timer = Timer { ticks: 4, seen: Vec::new() };
    assert_eq!(timer.quit(&mut ctx), 4);
    assert_eq!(ctx.stopped(), Some(why("first")));
    assert_eq!(ctx.waiting(), [""; 0]);
    // An exit signal does so as well.
    let ctx = Context::<Timer>::for_test();
    process::exit(ctx.pid(), why("outside"));
    assert_eq!(ctx.stopped(), Some(why("outside")));
    let mut ctx = Context::<Timer>::for_test();
    process::exit(ctx.pid(), why("outside"));
    drop(ctx.client().request().ask(1));
    assert_eq!(ctx.deliver(&mut timer), None, "nothing is handled behind it");
    let mut ctx = Context::<Timer>::for_test();
    ctx.trap_exit(true);
    process::exit(ctx.pid(), why("outside"));
    assert_eq!((ctx.stopped(), ctx.waiting()), (None, vec!["info"]));
    assert_eq!(ctx.deliver(&mut timer), Some("info"));
    assert_eq!(timer.seen, [r#"exit: "outside""#]);
}

#[test]
fn a_call_to_a_context_for_tests_is_answered_when_it_is_delivered() {
    let mut ctx = Context::<Timer>::for_test();
    let mut timer = Timer { ticks: 4, seen: Vec::new() };
    let mut asked = ctx.client().request().ask(1);
    let mut quit = ctx.client().request().quit();
    assert_eq!((asked.check(), quit.check()), (None, None));
    assert_eq!(ctx.deliver(&mut timer), Some("ask"));
    assert_eq!(asked.check(), Some(Ok(2)));
    assert_eq!(ctx.deliver(&mut timer), Some("quit"));
    assert_eq!(quit.check(), None, "it is answered when it has terminated");
    drop(ctx);
    assert!(matches!(quit.check(), Some(Err(_))));

    ctx = Context::for_test();
    let (reply_to, reply) = ctx.reply_to();
    timer.ask(2, reply_to);
    assert_eq!(reply.wait(), Ok(3));
    let (reply_to, mut reply) = ctx.reply_to::<u32>();
    assert_eq!(reply.check(), None);
    drop(reply_to);
    assert_eq!(reply.check(), Some(Err(CallError::NoReply)));
    ctx.client().note_later("later".into());
    assert_eq!(ctx.deliver(&mut timer), Some("note_later"));
    assert_eq!(timer.seen, ["later"]);
}

#[test]
fn a_context_for_tests_has_relations_of_its_own() {
    let mut ctx = Context::for_test();
    let mut timer = Timer { ticks: 0, seen: Vec::new() };
    let waits = || process::spawn(|me| drop(me.receive_exit(None)));
    let ended = |pid| {
        let monitor = process::monitor(pid);
        process::current().receive_down(monitor, None).map(|down| down.reason)
    };
    let other = waits();
    let (_, trapped) = timer.watch(other, &mut ctx);
    assert!(!trapped);
    process::exit(other, why("bad luck"));
    ended(other);
    while ctx.waiting().len() < 2 {
        std::thread::yield_now();
    }
    while ctx.deliver(&mut timer).is_some() {}
    assert_eq!(timer.seen, [r#"exit: "bad luck""#, r#"down: "bad luck""#]);

    let other = waits();
    let (monitor, trapped) = timer.watch(other, &mut ctx);
    assert!(trapped);
    assert!(timer.forget(monitor, other, &mut ctx));
    assert!(!timer.forget(monitor, other, &mut ctx));
    process::exit(other, why("bad luck"));
    ended(other);
    assert_eq!(ctx.waiting(), [""; 0]);

    // It ends with the test, and whoever is linked to it learns of that.
    let (told, linked) = (process::current().subject(), waits());
    timer.watch(linked, &mut ctx);
    let own = ctx.pid();
    let tell = told.clone();
    let watcher = process::spawn(move |me| {
        let monitor = process::monitor(own);
        tell.send(None);
        tell.send(me.receive_down(monitor, None).map(|down| down.reason));
    });
    assert_eq!(told.receive(None), Some(None));
    // It notices that it is watched.
    assert_eq!(ctx.waiting(), [""; 0]);
    drop(ctx);
    assert_eq!(told.receive(None), Some(Some(ExitReason::Normal)));
    ended(watcher);
    process::exit(linked, ExitReason::Kill);
}

#[test]
#[should_panic = "only the process itself can do this"]
fn a_context_for_tests_stays_on_its_thread() {
    let mut ctx = Context::<Timer>::for_test();
    let context: &mut Context<Timer> = &mut ctx;
    std::thread::scope(|scope| {
        let elsewhere = scope.spawn(move || context.next().load());
        if let Err(panic) = elsewhere.join() {
            std::panic::resume_unwind(panic);
        }
    });
}
