//! Timers: whose they are, where the user's code runs for them, and what becomes of it.

#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use otp::{
    Name, Node,
    name::{RegName, RegisterError, UnregisterError, Via},
    prelude::*,
    process::Subject,
    timer::{self, Timeout},
};

const LONG: Duration = Duration::from_secs(3600);

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn subject<T: Send + 'static>() -> Subject<T> {
    process::current().subject()
}

/// What has come by now.
fn come<T: Send + 'static>(subject: &Subject<T>) -> Vec<T> {
    std::iter::from_fn(|| subject.receive(Duration::ZERO)).collect()
}

type Log = Arc<Mutex<Vec<(&'static str, Pid)>>>;

/// Says who drops it, takes its time for that, and may panic.
struct Held {
    text: &'static str,
    log: Log,
    panics: bool,
}

impl Held {
    fn is(&self, text: &str) -> bool {
        self.text == text
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.log.lock().unwrap().push((self.text, otp::self_pid()));
        otp::sleep(millis(1));
        assert!(!self.panics, "{} is dropped", self.text);
    }
}

fn held(text: &'static str, log: &Log) -> Held {
    Held { text, log: log.clone(), panics: false }
}

fn panics(text: &'static str, log: &Log) -> Held {
    Held { text, log: log.clone(), panics: true }
}

#[otp::test(seeds = 20)]
fn what_finds_nobody_is_dropped_by_a_process_of_its_own(t: &mut Sim) {
    let (log, bell) = (Log::default(), subject());
    let closed = subject();
    closed.close();
    timer::send_after(millis(1), &Subject::named("nobody"), panics("unnamed", &log));
    timer::send_after(millis(1), &closed, held("closed", &log));
    timer::send_after(millis(1), &bell, ());
    assert_eq!((bell.receive(None), t.now()), (Some(()), millis(1)));
    t.advance(millis(10));
    let mut dropped = std::mem::take(&mut *log.lock().unwrap());
    dropped.sort_unstable();
    let [("closed", one), ("unnamed", other)] = dropped[..] else { panic!("{dropped:?}") };
    assert!(one != other && one != otp::self_pid() && other != otp::self_pid());
    assert_eq!(t.crashes().len(), 1);
    // To null is not to send.
    timer::send_after(millis(1), &Subject::null(), held("null", &log));
    timer::send_interval(millis(1), &Subject::null(), ());
    t.advance(LONG);
    assert_eq!(log.lock().unwrap().len(), 1);
}

#[otp::test(seeds = 20)]
fn what_is_cancelled_is_dropped_by_who_cancels(t: &mut Sim) {
    let (log, messages) = (Log::default(), subject());
    let timers = [
        timer::send_after(LONG, &messages, held("message", &log)),
        timer::start_timer(LONG, &subject(), held("timeout", &log)),
        timer::apply_after(LONG, {
            let held = held("function", &log);
            move || drop(held)
        }),
        timer::apply_interval(LONG, {
            let held = held("interval", &log);
            move || assert!(held.is("called"))
        }),
    ];
    let by = process::spawn(move |_| timers.iter().for_each(|timer| assert!(timer.cancel().is_some())));
    t.advance(millis(10));
    let dropped: Vec<_> = log.lock().unwrap().drain(..).collect();
    assert_eq!(dropped, ["message", "timeout", "function", "interval"].map(|text| (text, by)));
    assert_eq!(t.node().timers(), 0);
}

#[otp::test(seeds = 20)]
fn what_a_timer_holds_is_dropped_by_the_process_that_it_is_for(t: &mut Sim) {
    let (log, ticks) = (Log::default(), subject());
    let own = log.clone();
    let (to, tell) = (ticks.clone(), subject::<Pid>());
    let told = tell.clone();
    let pid = process::spawn(move |me| {
        let ticks = me.subject();
        timer::send_after(LONG, &ticks, Arc::new(held("message", &own)));
        timer::send_interval(LONG, &ticks, Arc::new(held("ticks", &own)));
        let held = held("interval", &own);
        timer::apply_interval(LONG, move || to.send(held.is("called")));
        told.send(me.pid());
        otp::sleep(millis(1));
    });
    tell.receive(None);
    t.advance(millis(10));
    let dropped: Vec<_> = log.lock().unwrap().drain(..).collect();
    assert_eq!(dropped, ["message", "ticks", "interval"].map(|text| (text, pid)));
    assert_eq!(come(&ticks), [false; 0]);
}

/// Counts its clones; some of them panic.
struct Copied(Arc<AtomicUsize>, Log);

impl Clone for Copied {
    fn clone(&self) -> Self {
        self.1.lock().unwrap().push(("clone", otp::self_pid()));
        let number = self.0.fetch_add(1, SeqCst);
        assert!(number % 2 == 1, "clone {number}");
        Self(self.0.clone(), self.1.clone())
    }
}

#[otp::test(seeds = 20)]
fn a_clone_that_panics_is_missing_and_no_more(t: &mut Sim) {
    let (ticks, log) = (subject(), Log::default());
    let timer = timer::send_interval(millis(10), &ticks, Copied(Arc::default(), log.clone()));
    for n in [2, 4, 6] {
        assert!(ticks.receive(None).is_some());
        assert_eq!(t.now(), millis(10) * n);
    }
    timer.cancel();
    assert_eq!((t.crashes().len(), log.lock().unwrap().len()), (3, 6));
    assert!(log.lock().unwrap().iter().all(|(_, by)| *by != otp::self_pid()));
}

/// Holds up its clone until time has passed.
#[derive(Debug)]
struct Slow;

impl Clone for Slow {
    fn clone(&self) -> Self {
        otp::sleep(millis(5));
        Self
    }
}

#[otp::test(seeds = 20)]
fn a_tick_that_is_being_made_is_cancelled_too(t: &mut Sim) {
    let ticks = subject();
    let timer = timer::send_interval(millis(10), &ticks, Slow);
    t.advance(millis(14));
    assert_eq!(timer.cancel(), Some(millis(6)));
    t.advance(LONG);
    assert_eq!(come(&ticks).len(), 0);
}

#[otp::test(seeds = 20)]
fn a_mapped_subject_is_as_the_one_that_it_was_made_of(t: &mut Sim) {
    let (lengths, calls) = (subject::<usize>(), Arc::new(AtomicUsize::new(0)));
    let count = calls.clone();
    let texts = lengths.map(move |text: String| {
        count.fetch_add(1, SeqCst);
        text.len()
    });
    timer::send_after(millis(10), &texts, "four".to_owned());
    assert_eq!(calls.load(SeqCst), 1, "made when it is set");
    assert_eq!((lengths.receive(None), t.now()), (Some(4), millis(10)));
    timer::send_interval(millis(10), &texts, "seven..".to_owned());
    assert_eq!((lengths.receive(None), lengths.receive(None)), (Some(7), Some(7)));
    assert_eq!(calls.load(SeqCst), 3);
    // It ends with the owner.
    let given = subject();
    let give = given.clone();
    process::spawn(move |me| {
        give.send(me.subject::<usize>().map(|text: String| text.len()));
        otp::sleep(millis(1));
    });
    let theirs = given.receive(None).unwrap();
    let timers = [timer::send_after(LONG, &theirs, String::new()), timer::send_interval(LONG, &theirs, String::new())];
    assert!(timers.iter().all(|timer| timer.left() == Some(LONG)));
    t.advance(millis(1));
    assert!(timers.iter().all(|timer| timer.left().is_none()));
}

/// Sets timers when it is dropped.
struct Last(Pid, Subject<()>, Subject<[TimerRef; 2]>);

impl Drop for Last {
    fn drop(&mut self) {
        self.2.send([timer::send_after(millis(1), &self.1, ()), timer::kill_after(millis(1), self.0)]);
    }
}

#[otp::test(seeds = 20)]
fn a_process_that_ends_gets_no_more_timers(t: &mut Sim) {
    let set = subject();
    let tell = set.clone();
    // Its mail is dropped when its timers have been cancelled.
    process::spawn(move |me| me.subject().send(Last(me.pid(), me.subject(), tell)));
    let timers: [TimerRef; 2] = set.receive(None).unwrap();
    t.settle();
    assert!(timers.iter().all(|timer| timer.left().is_none()));
    assert_eq!(t.node().timers(), 0);
}

#[otp::test(seeds = 20)]
fn one_that_was_given_up_can_be_told_from_the_next(t: &mut Sim) {
    let timeouts = subject();
    let first = timer::start_timer(millis(10), &timeouts, "bedtime");
    t.advance(millis(10));
    // Too late to cancel: it waits in the mailbox.
    assert_eq!(first.cancel(), None);
    let second = timer::start_timer(millis(10), &timeouts, "bedtime");
    let came: Vec<_> = std::iter::from_fn(|| timeouts.receive(millis(10))).collect();
    assert_eq!(came.iter().map(|Timeout { timer, .. }| timer == &second).collect::<Vec<_>>(), [false, true]);
    assert_eq!(came[0].timer, first);
}

#[otp::test(seeds = 20)]
fn a_period_of_nothing_leaves_others_their_turn(t: &mut Sim) {
    let (ticks, bell) = (subject(), subject());
    let timer = timer::send_interval(Duration::ZERO, &ticks, ());
    timer::send_after(Duration::from_nanos(100), &bell, ());
    assert_eq!(bell.receive(None), Some(()));
    assert!(timer.cancel().is_some());
    let count = come(&ticks).len();
    assert!((99..=101).contains(&count), "{count}");
    t.advance(LONG);
    assert_eq!(come(&ticks).len(), 0);
}

#[test]
fn a_timer_is_on_the_node_of_its_process() {
    let [here, there] = [(); 2].map(|()| Node::builder().cores(1).start().unwrap());
    here.enter(|| {
        let bell = subject();
        let ring = bell.clone();
        there.enter(|| {
            timer::send_after(millis(1), &ring, "bell");
        });
        assert_eq!((there.timers(), bell.receive(None)), (0, Some("bell")));
        // As from any process, so from one of another node.
        let killed = there.enter(|| process::spawn(|me| drop(me.receive_exit(None))));
        let monitor = process::monitor(killed);
        timer::kill_after(Duration::ZERO, killed);
        assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Killed);
        // What belongs to nobody ends with its node.
        let never = Arc::new(());
        let function = never.clone();
        let timer = there.enter(|| timer::apply_after(LONG, move || drop(function)));
        assert_eq!((there.timers(), Arc::strong_count(&never)), (1, 2));
        // A thread that is no process stops it, and so drops the function.
        std::thread::spawn(move || there.stop()).join().unwrap();
        assert_eq!((timer.left(), timer.cancel(), Arc::strong_count(&never)), (None, None, 1));
    });
    here.stop();
}

// Subjects of servers.

/// What rings a bell.
#[derive(Clone)]
struct Ring(&'static str);

/// Tells what it hears.
struct Bell {
    heard: Subject<&'static str>,
}

#[actor]
impl Bell {
    #[init]
    fn init(heard: Subject<&'static str>) -> Self {
        Self { heard }
    }

    /// A subject of its own.
    #[handle_call]
    fn rope(&mut self, ctx: &mut Context<Self>) -> Subject<u32> {
        ctx.subject(|me, number| me.pulled(number))
    }

    #[handle_info]
    fn ring(&mut self, ring: Ring) {
        self.heard.send(ring.0);
    }

    #[handle_cast]
    fn pulled(&mut self, number: u32) {
        self.heard.send(if number == 7 { "pulled" } else { "another" });
    }
}

supervisor! {
    /// Starts its bell again when it dies.
    Tower<one_for_one>(heard: Subject<&'static str>) {
        bell: Bell(heard.clone());
    }
}

#[otp::test(seeds = 20)]
fn timers_of_a_server_end_with_it(t: &mut Sim) {
    let heard = subject();
    let bell = Bell::start(heard.clone())?;
    let (by_type, rope) = (bell.subject::<Ring>(), bell.rope()?);
    timer::send_after(millis(10), &by_type, Ring("rung"));
    timer::send_interval(millis(15), &rope, 7);
    assert_eq!((heard.receive(None), t.now()), (Some("rung"), millis(10)));
    assert_eq!([(); 2].map(|()| heard.receive(None)), [Some("pulled"); 2]);
    assert_eq!(t.now(), millis(30));
    let timers = [
        timer::send_after(LONG, &by_type, Ring("late")),
        timer::send_after(LONG, &rope, 7),
        timer::send_interval(LONG, &by_type, Ring("late")),
    ];
    assert!(timers.iter().all(|timer| timer.left() == Some(LONG)));
    t.kill(&bell);
    assert!(timers.iter().all(|timer| timer.left().is_none() && timer.cancel().is_none()));
    assert!(timer::send_after(LONG, &by_type, Ring("too late")).left().is_none());
    t.advance(LONG);
    assert_eq!(come(&heard), [""; 0]);
}

#[otp::test(seeds = 20)]
fn a_timer_for_a_place_in_a_tree_reaches_who_is_there_then(t: &mut Sim) {
    let heard = subject();
    let tower = t.start(Tower::child_spec(heard.clone()))?;
    let bell = tower.bell().subject::<Ring>();
    timer::send_after(millis(10), &bell, Ring("once"));
    let ticks = timer::send_interval(millis(10), &bell, Ring("tick"));
    t.kill(&tower.bell());
    t.advance(LONG);
    assert_eq!(come(&heard), ["once"]);
    assert_eq!(ticks.left(), None, "it ended with the bell that was there");
    assert_eq!(t.restarts(&tower, "bell"), 1);
}

/// Knows one process, and takes its time to say which.
struct Sexton(Mutex<Option<Pid>>, Log);

impl Via for Sexton {
    type Key = ();

    fn register(&self, (): &(), pid: Pid) -> Result<(), RegisterError> {
        *self.0.lock().unwrap() = Some(pid);
        Ok(())
    }

    fn unregister(&self, (): &()) -> Result<(), UnregisterError> {
        self.0.lock().unwrap().take().map(drop).ok_or(UnregisterError)
    }

    fn whereis(&self, (): &()) -> Option<Pid> {
        self.1.lock().unwrap().push(("asked", otp::self_pid()));
        otp::sleep(millis(1));
        *self.0.lock().unwrap()
    }
}

#[otp::test(seeds = 20)]
fn a_registry_is_asked_by_a_process(t: &mut Sim) {
    let (heard, log) = (subject(), Log::default());
    let sexton = Arc::new(Sexton(Mutex::default(), log.clone()));
    let name = Name::<Bell>::via(&sexton, ());
    let bell = name.client().subject::<Ring>();
    // Nobody has the name yet.
    timer::send_after(millis(10), &bell, Ring("once"));
    assert!(timer::send_interval(millis(10), &bell, Ring("tick")).left().is_none());
    let (pid, monitor) = {
        let bell = Bell::start(heard.clone())?;
        (bell.pid().unwrap(), bell.monitor().unwrap())
    };
    name.register(pid)?;
    log.lock().unwrap().clear();
    assert_eq!((heard.receive(None), t.now()), (Some("once"), millis(11)));
    let asked: Vec<_> = log.lock().unwrap().drain(..).collect();
    assert!(!asked.is_empty() && asked.iter().all(|(_, by)| *by != otp::self_pid()));
    timer::send_interval(millis(10), &bell, Ring("tick"));
    assert_eq!([(); 2].map(|()| heard.receive(None)), [Some("tick"); 2]);
    // By name, who has it when the time has come is who exits.
    timer::kill_after(millis(5), RegName::via(&sexton, ()));
    let down = process::current().receive_down(monitor, None).unwrap();
    assert_eq!(down.reason, ExitReason::Killed);
    t.advance(LONG);
    come(&heard);
    t.advance(LONG);
    assert_eq!(come(&heard), [""; 0]);
}
