//! Elixir's `Process`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use otp::{
    prelude::*,
    process::{Key, Me, ProcessStatus},
    timer,
};

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Waits until an exit signal ends the process.
fn stay(me: &mut Me) {
    me.receive_exit(None);
}

static COLOUR: Key<&'static str> = Key::new("colour");
static SHADE: Key<&'static str> = Key::new("shade");
static NUMBER: Key<u64> = Key::new("number");
/// Of the same name as another, and of another type.
static COLOUR_CODE: Key<u32> = Key::new("colour");

#[otp::test(seeds = 10)]
fn xprc_dictionary(t: &mut Sim) {
    assert_eq!((COLOUR.get(), NUMBER.get(), process::dictionary::keys()), (None, None, vec![]));
    assert_eq!(COLOUR.put("red"), None);
    assert_eq!(COLOUR.put("blue"), Some("red"));
    assert_eq!((NUMBER.put(7), COLOUR_CODE.put(0xff)), (None, None));
    assert_eq!((COLOUR.get(), NUMBER.get(), COLOUR_CODE.get(), SHADE.get()), (Some("blue"), Some(7), Some(0xff), None));
    SHADE.put("blue");
    assert_eq!(process::dictionary::keys(), ["colour", "colour", "number", "shade"]);
    assert_eq!(process::dictionary::keys_of(&"blue"), ["colour", "shade"]);
    assert_eq!((process::dictionary::keys_of(&7_u64), process::dictionary::keys_of(&7_i64)), (vec!["number"], vec![]));
    assert_eq!(process::info(otp::self_pid()).unwrap().dictionary, process::dictionary::keys());
    NUMBER.with(|number| *number.unwrap() += 1);
    assert_eq!((NUMBER.take(), NUMBER.take(), NUMBER.get()), (Some(8), None, None));
    process::dictionary::clear();
    assert_eq!(process::dictionary::keys(), Vec::<&str>::new());

    // It is the process's own: not its child's, and the same on both sides of a wait.
    COLOUR.put("green");
    let seen = process::current().subject();
    for n in 0..5 {
        let seen = seen.clone();
        process::spawn(move |_| {
            let before = NUMBER.put(n);
            otp::sleep(millis(10));
            seen.send((before, COLOUR.get(), NUMBER.get() == Some(n)));
        });
    }
    for _ in 0..5 {
        assert_eq!(seen.receive(None), Some((None, None, true)));
    }
    assert_eq!(COLOUR.get(), Some("green"));
    let _ = t;
}

/// Tells a log that it was dropped.
struct Tell(&'static str, Arc<Mutex<Vec<&'static str>>>);

impl Drop for Tell {
    fn drop(&mut self) {
        self.1.lock().unwrap().push(self.0);
        assert!(self.0 != "bad", "dropped badly");
    }
}

static KEPT: Key<Tell> = Key::new("kept");
static ALSO_KEPT: Key<Tell> = Key::new("kept as well");

struct Keeper(#[allow(dead_code, reason = "it tells when it is dropped")] Tell);

#[actor]
impl Keeper {
    #[init]
    fn init(log: Arc<Mutex<Vec<&'static str>>>, kept: &'static str) -> Self {
        KEPT.put(Tell(kept, log.clone()));
        ALSO_KEPT.put(Tell("kept as well", log.clone()));
        Self(Tell("state", log))
    }

    #[terminate]
    fn bye(&mut self) {
        KEPT.with(|kept| assert!(kept.is_some()));
    }
}

#[otp::test(seeds = 10)]
fn xprc_dictionary_part_death(t: &mut Sim) {
    for kept in ["kept", "bad"] {
        let log = Arc::new(Mutex::new(Vec::new()));
        let keeper = Keeper::start(log.clone(), kept)?;
        let monitor = process::monitor(keeper.pid().unwrap());
        t.settle();
        assert!(log.lock().unwrap().is_empty());
        // Stopping one that ends otherwise is an error.
        assert_eq!(keeper.stop().is_ok(), kept != "bad");
        // All is dropped when others are told, after the state; and a panic then is the reason.
        assert_eq!(*log.lock().unwrap(), ["state", kept, "kept as well"]);
        let reason = process::current().receive_down(monitor, None).unwrap().reason;
        match kept {
            "bad" => assert!(reason.as_panic().unwrap().message.contains("dropped badly")),
            _ => assert_eq!(reason, ExitReason::Normal),
        }
    }
    assert_eq!(t.crashes().len(), 1);

    // A value that is out for a while goes back when its process is ended there, and is dropped with the others.
    let log = Arc::new(Mutex::new(Vec::new()));
    let kept = Tell("kept", log.clone());
    let pid = process::spawn(move |me| {
        KEPT.put(kept);
        KEPT.with(|_| stay(me));
    });
    t.settle();
    t.kill(&pid);
    assert_eq!(*log.lock().unwrap(), ["kept"]);
}

#[otp::test(seeds = 20)]
fn xprc_monitor_options(t: &mut Sim) {
    // What the alias of a monitor is for is a subject's job: the reply comes there, the end by the monitor.
    let me = process::current();
    let replies = me.subject();
    let alias = replies.clone();
    let (pid, monitor) = process::spawn_monitor(move |_| {
        alias.send("reply");
        otp::sleep(millis(10));
    });
    assert_eq!(replies.receive(None), Some("reply"));
    assert!(me.receive_down(monitor, Duration::ZERO).is_none());
    let down = me.receive_down(monitor, None).unwrap();
    assert_eq!((down.monitor, down.pid, down.reason), (monitor, pid, ExitReason::Normal));
    // It outlives the monitor, until it is closed.
    let alias = replies.clone();
    process::spawn(move |_| alias.send("another"));
    assert_eq!(replies.receive(None), Some("another"));
    let _ = t;
}

#[otp::test(seeds = 20)]
fn xprc_alias_unalias(t: &mut Sim) {
    let replies = process::current().subject();
    let alias = replies.clone();
    process::spawn(move |_| {
        alias.send(1);
        otp::sleep(millis(10));
        alias.send(2);
    });
    assert_eq!(replies.receive(None), Some(1));
    replies.close();
    t.advance(millis(20));
    assert_eq!(process::info(otp::self_pid()).unwrap().message_queue_len, 0, "what comes later is dropped");
}

#[otp::test]
fn xprc_sleep_0(t: &mut Sim) {
    otp::sleep(Duration::ZERO);
    assert_eq!(t.now(), Duration::ZERO);
}

#[otp::test]
fn xprc_sleep_2_32(t: &mut Sim) {
    for long in [millis(1 << 32), Duration::MAX] {
        let (pid, monitor) = process::spawn_monitor(move |_| otp::sleep(long));
        t.advance(Duration::from_secs(3600));
        assert!(process::is_alive(pid), "it sleeps");
        process::exit(pid, ExitReason::Kill);
        assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Killed);
    }
    let before = t.now();
    otp::sleep(millis(1 << 32));
    assert_eq!(t.now() - before, millis(1 << 32));
}

#[otp::test(seeds = 10)]
fn xprc_info(t: &mut Sim) {
    let me = otp::self_pid();
    let pid = process::spawn_link(|me| {
        me.trap_exit(true);
        process::set_label("sleeper");
        COLOUR.put("red");
        let _messages = me.subject::<u32>();
        process::spawn(|_| {});
        otp::sleep(Duration::from_secs(60));
        otp::sleep(Duration::from_secs(60));
    });
    t.settle();
    let monitor = process::monitor(pid);
    process::send(pid, "a message");
    let info = process::info(pid).unwrap();
    assert_eq!((info.name, info.label.as_deref()), (None, Some("sleeper")));
    assert_eq!((info.parent, info.ancestors), (Some(me), vec![me]));
    assert_eq!((info.links, info.monitors, info.monitored_by), (vec![me], vec![], vec![me]));
    assert_eq!((info.message_queue_len, info.trap_exit, info.status), (1, true, ProcessStatus::Waiting));
    assert_eq!(info.dictionary, ["colour"]);
    assert!(info.initial_call.contains("xprc_info"), "{}", info.initial_call);
    process::demonitor(monitor);

    let own = process::info(me).unwrap();
    assert_eq!((own.parent, own.status, own.trap_exit), (None, ProcessStatus::Running, true));
    assert!(own.links == [pid] && own.ancestors.is_empty());
    t.kill(&pid);
    assert_eq!(process::info(pid), None);
}

#[otp::test]
fn xprc_info_name(t: &mut Sim) {
    let pid = process::spawn(stay);
    let name = |pid| process::info(pid).map(|info| info.name);
    assert_eq!(name(pid), Some(None));
    process::register("sleeper", pid)?;
    assert_eq!(name(pid), Some(Some("sleeper".to_owned())));
    t.kill(&pid);
    assert_eq!(name(pid), None);
}

#[otp::test(seeds = 20)]
fn xprc_exit_other_normal(t: &mut Sim) {
    let (pid, monitor) = process::spawn_monitor(stay);
    process::link(pid);
    process::exit(pid, ExitReason::Normal);
    t.advance(millis(100));
    assert!(process::is_alive(pid), "`Normal` of another is ignored");
    assert!(process::current().receive_down(monitor, Duration::ZERO).is_none());
    // One that traps exits is told.
    let exits = process::current().subject();
    let to = exits.clone();
    let pid = process::spawn(move |me| {
        me.trap_exit(true);
        to.send(me.receive_exit(None).unwrap());
    });
    t.settle();
    process::exit(pid, ExitReason::Normal);
    let exit: Exit = exits.receive(None).unwrap();
    assert_eq!((exit.from, exit.reason), (otp::self_pid(), ExitReason::Normal));
}

#[otp::test(seeds = 10)]
fn xprc_label_get(t: &mut Sim) {
    let labels = process::current().subject();
    let to = labels.clone();
    let pid = process::Spawn::new().label("from outside").spawn(move |me| {
        to.send(process::label(me.pid()));
        stay(me);
    });
    assert_eq!(labels.receive(None), Some(Some("from outside".to_owned())));
    assert_eq!(process::label(pid).as_deref(), Some("from outside"));
    t.kill(&pid);
    assert_eq!(process::label(pid), None);
}

#[otp::test]
fn xprc_label_nil(t: &mut Sim) {
    let pid = process::spawn(stay);
    assert_eq!((process::label(pid), process::label(otp::self_pid())), (None, None));
    assert_eq!(process::info(pid).unwrap().label, None);
    let _ = t;
}

struct Labelled;

#[actor]
impl Labelled {
    #[init]
    fn init() -> Self {
        process::set_label("reads the feed");
        Self
    }

    #[handle_call]
    fn rename(&mut self, label: String) {
        process::set_label(label);
    }
}

supervisor! {
    Feeds<one_for_one> {
        feed: Labelled();
    }
}

#[otp::test(seeds = 10)]
fn xprc_label_set(t: &mut Sim) {
    process::set_label("the test");
    assert_eq!(process::label(otp::self_pid()).as_deref(), Some("the test"));
    process::set_label("still the test");
    assert_eq!(process::label(otp::self_pid()).as_deref(), Some("still the test"));

    // A tree shows the labels of its children.
    let feeds = t.start(Feeds::child_spec())?;
    assert!(feeds.supervisor().to_string().contains("\"reads the feed\""), "{}", feeds.supervisor());
    feeds.feed().rename("reads no more".into())?;
    let pid = feeds.feed().pid().unwrap();
    assert_eq!(process::label(pid).as_deref(), Some("reads no more"));
    assert_eq!(process::info(pid).unwrap().label.as_deref(), Some("reads no more"));
    assert!(feeds.supervisor().to_string().contains("\"reads no more\""), "{}", feeds.supervisor());
}

struct Ticker(Vec<Duration>);

#[actor]
impl Ticker {
    #[init]
    fn init(after: Duration, ctx: &mut Context<Self>) -> Self {
        ctx.after(after).tick(after);
        Self(Vec::new())
    }

    #[handle_info]
    fn tick(&mut self, after: Duration) {
        self.0.push(after);
    }

    #[handle_call]
    fn ticks(&self) -> Vec<Duration> {
        self.0.clone()
    }
}

#[otp::test(seeds = 10)]
fn xprc_send_after(t: &mut Sim) {
    let ticker = Ticker::start(millis(10))?;
    t.advance(millis(9));
    assert_eq!(ticker.ticks()?, []);
    t.advance(millis(1));
    assert_eq!(ticker.ticks()?, [millis(10)]);
}

#[otp::test(seeds = 10)]
fn xprc_send_after_abs(t: &mut Sim) {
    let hellos = process::current().subject();
    t.advance(millis(5));
    let at = timer::now() + millis(10);
    assert_eq!(timer::send_at(at, &hellos, "hello").left(), Some(millis(10)));
    t.advance(millis(9));
    assert_eq!(hellos.receive(Duration::ZERO), None);
    t.advance(millis(1));
    assert_eq!((hellos.receive(Duration::ZERO), timer::now()), (Some("hello"), at));
    // A moment that has passed is now.
    timer::send_at(millis(1), &hellos, "late");
    assert_eq!((hellos.receive(None), timer::now()), (Some("late"), at));
}
