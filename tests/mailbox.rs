//! Mailboxes with a bound and what becomes of one message too many; messages that go first.
//!
//! What depends on order runs in simulations under many seeds; what depends on threads runs on nodes of its own.

#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    sync::{Arc, Mutex},
    thread,
};

use otp::{Dropped, MailboxFull, Node, Starter, prelude::*, process::Subject};

const LONG: Duration = Duration::from_secs(3600);

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// What happened, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u32>>>);

impl Log {
    fn say(&self, what: u32) {
        self.0.lock().unwrap().push(what);
    }

    fn take(&self) -> Vec<u32> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// A message that is found by its type.
struct Note(u32);

/// One that goes first.
struct Urgent(u32);

/// Works on what it is given while others send to it.
struct Busy {
    log: Log,
    told: Vec<Dropped>,
}

#[actor(on_full = lost)]
impl Busy {
    #[init]
    fn init(log: Log) -> Self {
        Self { log, told: Vec::new() }
    }

    /// Is in this handler until somebody says so.
    #[handle_cast]
    fn work(&mut self, until: Gate) {
        until.wait();
    }

    /// Takes a note out of its mailbox itself, and is in this handler for a while after that.
    #[handle_cast]
    fn take_note(&mut self, until: Gate) {
        until.wait();
        let note = process::Selector::new().select_type(|note: Note| note.0).receive(None);
        self.log.say(note.unwrap());
        process::sleep(LONG);
    }

    #[handle_cast]
    fn put(&mut self, what: u32) {
        self.log.say(what);
    }

    #[handle_call]
    fn ask_with(&mut self, _with: SaysGoodbye) {}

    #[handle_cast(priority)]
    fn put_first(&mut self, what: u32) {
        self.log.say(what);
    }

    #[handle_call]
    fn ask(&mut self, what: u32) -> u32 {
        self.log.say(what);
        what
    }

    #[handle_call(priority)]
    fn ask_first(&mut self, what: u32) -> u32 {
        self.log.say(what);
        what
    }

    /// Has somebody else answer.
    #[handle_call]
    fn hand_on(&mut self, to: Subject<ReplyTo<()>>, reply: ReplyTo<()>) {
        to.send(reply);
    }

    #[handle_cast]
    fn take_back(&mut self, _reply: ReplyTo<()>) {}

    #[handle_call(priority)]
    fn told(&mut self) -> Vec<Dropped> {
        std::mem::take(&mut self.told)
    }

    #[handle_info]
    fn note(&mut self, note: Note) {
        self.log.say(note.0);
    }

    #[handle_info(priority)]
    fn urgent(&mut self, note: Urgent) {
        self.log.say(note.0);
    }

    #[handle_cast]
    fn itself(&mut self, what: u32, ctx: &mut Context<Self>) {
        ctx.next().put_next(what);
        for more in 1..4 {
            ctx.me().put(what + more);
        }
        ctx.after(Duration::ZERO).put(what + 4);
    }

    #[handle_continue]
    fn put_next(&mut self, what: u32) {
        self.log.say(what);
    }

    #[handle_cast]
    fn watch(&mut self, pid: Pid, ctx: &mut Context<Self>) {
        ctx.monitor(pid);
    }

    /// Receives what comes of it itself.
    #[handle_call]
    async fn watch_name(&mut self, name: String) -> Option<Down> {
        process::monitor_name(name);
        process::Selector::new().select_monitors(|down| down).receive_async(None).await
    }

    #[handle_info]
    fn down(&mut self, _down: Down) {
        self.log.say(0);
    }

    fn lost(&mut self, dropped: Dropped) {
        self.told.push(dropped);
    }
}

/// Casts when it is dropped.
struct SaysGoodbye(BusyRef);

impl Drop for SaysGoodbye {
    fn drop(&mut self) {
        self.0.put(0);
    }
}

/// Opens once.
#[derive(Clone)]
struct Gate(Subject<Subject<()>>);

impl Gate {
    /// A gate that the current process opens.
    fn new() -> Self {
        Self(process::current().subject())
    }

    fn wait(&self) {
        let opened = process::current().subject();
        self.0.send(opened.clone());
        opened.receive(None);
    }

    /// Waits until somebody waits; opens.
    fn opener(&self) -> Subject<()> {
        self.0.receive(None).unwrap()
    }
}

/// A busy process whose mailbox is empty, the log of what it does, and what lets it go on.
fn busy(limit: usize, policy: Policy) -> (BusyRef, Log, Subject<()>) {
    let log = Log::default();
    let busy = Starter::<Busy>::new().mailbox(Mailbox::bounded(limit, policy)).start((log.clone(),)).unwrap();
    let opener = occupy(&busy);
    (busy, log, opener)
}

fn occupy(busy: &BusyRef) -> Subject<()> {
    let gate = Gate::new();
    busy.work(gate.clone());
    gate.opener()
}

fn waiting(busy: &BusyRef) -> (usize, u64) {
    let info = process::process_info(busy.pid().unwrap()).unwrap();
    (info.message_queue_len, info.dropped)
}

#[otp::test]
fn a_full_mailbox_refuses(t: &mut Sim) {
    let (busy, log, open) = busy(2, Policy::Reject);
    busy.put(1);
    busy.put(2);
    busy.put(3);
    assert_eq!(busy.ask(4), Err(CallError::Full));
    assert_eq!((busy.dropped(), t.now()), (1, Duration::ZERO), "nobody has waited");
    open.send(());
    assert_eq!(busy.ask(5), Err(CallError::Full), "it has not gone on yet");
    t.settle();
    assert_eq!(busy.ask(6), Ok(6));
    assert_eq!(log.take(), [1, 2, 6]);
    assert_eq!(busy.dropped(), 1, "who calls is told, and not counted");
}

#[otp::test]
fn the_oldest_is_dropped(t: &mut Sim) {
    let (busy, log, open) = busy(2, Policy::DropOldest);
    let first = busy.as_async().ask(1);
    busy.put(2);
    busy.put(3);
    assert_eq!(first.wait(), Err(CallError::Full));
    busy.put_first(4);
    busy.put_first(5);
    assert_eq!(busy.dropped(), 2);
    // Only such wait that go first.
    busy.put(6);
    assert_eq!(busy.ask_first(7), Err(CallError::Full));
    assert_eq!(busy.dropped(), 3);
    open.send(());
    t.settle();
    assert_eq!(log.take(), [4, 5]);
    assert_eq!(busy.told().unwrap().iter().map(|dropped| dropped.count).sum::<u64>(), 3);
}

#[otp::test]
fn only_messages_of_others_are_dropped(t: &mut Sim) {
    for policy in [Policy::DropOldest, Policy::DropNewest] {
        let (busy, log, open) = busy(1, policy);
        let gone = process::spawn(|_| process::sleep(millis(1)));
        busy.watch(gone);
        open.send(());
        t.settle();
        let open = occupy(&busy);
        t.advance(millis(2));
        busy.put(1);
        busy.put_first(2);
        open.send(());
        t.settle();
        assert_eq!(log.take(), [2, 0], "a `Down` is none");
    }
}

#[otp::test]
fn the_newest_is_dropped(t: &mut Sim) {
    let (busy, log, open) = busy(2, Policy::DropNewest);
    busy.put(1);
    let second = busy.as_async().ask(2);
    assert_eq!(busy.ask(3), Err(CallError::Full));
    busy.put(4);
    assert_eq!(busy.dropped(), 1);
    // It goes first, so it is not the newest of those that do not.
    busy.put_first(5);
    assert_eq!(second.wait(), Err(CallError::Full));
    open.send(());
    t.settle();
    assert_eq!(log.take(), [5, 1]);
    assert_eq!(busy.dropped(), 1);
}

#[otp::test]
fn who_is_flooded_ends(t: &mut Sim) {
    let (busy, log, _open) = busy(2, Policy::Stop);
    let monitor = busy.monitor().unwrap();
    let first = busy.as_async().ask(1);
    busy.put(2);
    let one_too_many = busy.as_async().ask(3);
    busy.put(4);
    let reason = process::current().receive_down(monitor, None).unwrap().reason;
    assert_eq!(reason.error_ref::<MailboxFull>().map(MailboxFull::limit), Some(2));
    assert_eq!(reason.to_string(), "its mailbox was full, with 2 messages");
    assert_eq!(first.wait(), Err(CallError::Exited(reason.clone())));
    assert_eq!(one_too_many.wait(), Err(CallError::Full));
    assert!(log.take().is_empty());
    assert_eq!(t.crashes().len(), 1);
}

/// Traps exits, which does not help it.
struct Trapping;

#[actor(mailbox = bounded(1, stop))]
impl Trapping {
    #[init]
    fn init(ctx: &mut Context<Self>) -> Self {
        ctx.trap_exit(true);
        Self
    }

    #[handle_cast]
    fn poke(&mut self) {}

    #[handle_cast]
    fn never(&mut self) {
        process::sleep(LONG);
    }
}

#[otp::test]
fn who_is_flooded_ends_though_it_traps_exits(t: &mut Sim) {
    let trapping = Trapping::start().unwrap();
    let monitor = trapping.monitor().unwrap();
    trapping.never();
    t.settle();
    trapping.poke();
    trapping.poke();
    let down = process::current().receive_down(monitor, millis(1)).unwrap();
    assert!(down.reason.error_ref::<MailboxFull>().is_some());
    drop(t.crashes());
}

#[otp::test]
fn who_sends_to_a_full_mailbox_waits(t: &mut Sim) {
    let (busy, log, open) = busy(2, Policy::Block);
    let sent = Log::default();
    let senders: Vec<MonitorRef> = (0..3)
        .map(|n| {
            let (busy, sent) = (busy.clone(), sent.clone());
            let (_, monitor) = process::spawn_monitor(move |_| {
                process::sleep(millis(n));
                for k in 0..2 {
                    busy.put(n as u32 * 10 + k);
                    sent.say(n as u32 * 10 + k);
                }
            });
            monitor
        })
        .collect();
    t.advance(millis(10));
    assert_eq!(sent.take(), [0, 1], "the others wait");
    assert_eq!(waiting(&busy), (2, 0));
    open.send(());
    for monitor in senders {
        assert!(process::current().receive_down(monitor, LONG).is_some());
    }
    assert_eq!(busy.ask(99), Ok(99));
    let handled = log.take();
    assert_eq!(handled[..4], [0, 1, 10, 20], "they come in in the order in which they came");
    assert_eq!((handled.len(), busy.dropped()), (7, 0));
}

#[otp::test]
fn who_waits_for_room_waits_no_longer_than_it_says(t: &mut Sim) {
    let (busy, log, open) = busy(1, Policy::Block);
    busy.put(1);
    busy.timeout(millis(30)).put(2);
    assert_eq!((t.now(), busy.dropped()), (millis(30), 1));
    assert_eq!(busy.timeout(millis(20)).ask(3), Err(CallError::Timeout { started: false }));
    assert_eq!((t.now(), busy.dropped()), (millis(50), 1));
    open.send(());
    t.settle();
    assert_eq!(busy.ask(4), Ok(4));
    assert_eq!(log.take(), [1, 4], "what was given up is not handled");
    let told = busy.told().unwrap();
    assert_eq!(told.iter().map(|dropped| (dropped.count, dropped.message)).collect::<Vec<_>>(), [(1, "put")]);
}

#[otp::test]
fn who_waits_for_room_can_be_killed(t: &mut Sim) {
    let (busy, log, open) = busy(1, Policy::Block);
    busy.put(1);
    let caller = busy.clone();
    let calls = process::spawn(move |_| drop(caller.no_timeout().ask(2)));
    let caster = busy.clone();
    let casts = process::spawn(move |_| caster.no_timeout().put(3));
    t.settle();
    t.kill(calls);
    t.kill(casts);
    assert_eq!(busy.dropped(), 1, "the cast");
    open.send(());
    assert_eq!(busy.ask(4), Ok(4));
    assert_eq!(log.take(), [1, 4]);
}

#[otp::test]
fn who_waits_for_room_learns_that_there_will_be_none(t: &mut Sim) {
    let (busy, log, _open) = busy(1, Policy::Block);
    busy.put(1);
    let caller = busy.clone();
    let outcome = process::current().subject();
    let says = outcome.clone();
    process::spawn(move |_| says.send(caller.no_timeout().ask(2)));
    let caster = busy.clone();
    let (_, casts) = process::spawn_monitor(move |_| caster.no_timeout().put(3));
    t.settle();
    t.kill(busy.clone());
    assert_eq!(outcome.receive(None), Some(Err(CallError::Exited(ExitReason::Killed))));
    assert_eq!(process::current().receive_down(casts, millis(1)).unwrap().reason, ExitReason::Normal);
    assert!(log.take().is_empty());
}

#[otp::test]
fn who_awaits_room_goes_on_when_there_is_some(t: &mut Sim) {
    let (busy, log, open) = busy(1, Policy::Block);
    let client = busy.as_async();
    client.put(1).await_now(true);
    client.put(2).await_now(false);
    assert_eq!(busy.dropped(), 1, "what nobody waits for is taken back");
    let (_, casts) = process::spawn_monitor_async(move |_| async move {
        let mut sent = std::pin::pin!(client.no_timeout().put(3));
        // The last one that polls is the one that is woken.
        let polled = sent.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
        assert!(polled.is_pending());
        sent.await;
    });
    t.advance(LONG);
    assert!(process::current().receive_down(casts, Duration::ZERO).is_none());
    open.send(());
    assert!(process::current().receive_down(casts, millis(1)).is_some());
    t.settle();
    assert_eq!(log.take(), [1, 3]);
}

trait AwaitNow {
    fn await_now(self, ready: bool);
}

impl AwaitNow for otp::Sent {
    fn await_now(self, ready: bool) {
        let mut sent = std::pin::pin!(self);
        let polled = sent.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
        assert_eq!(polled.is_ready(), ready);
    }
}

/// Casts to another one, with a mailbox that has room for one message.
struct Mutual;

#[actor(mailbox = bounded(1, block))]
impl Mutual {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn flood(&mut self, other: MutualRef, ready: Subject<Result<(), CallError>>, by_call: bool) {
        process::sleep(millis(1));
        other.no_timeout().poke();
        if by_call {
            ready.send(other.no_timeout().ask());
        } else {
            other.no_timeout().poke();
            ready.send(Ok(()));
        }
    }

    #[handle_cast]
    fn poke(&mut self) {}

    #[handle_call]
    fn ask(&mut self) {}

    /// Answers before it calls its caller.
    #[handle_call]
    fn answer_and_ask(&mut self, caller: MutualRef, reply: ReplyTo<()>) {
        process::sleep(millis(1));
        reply.send(());
        process::sleep(millis(1));
        let _ = caller.no_timeout().ask();
    }

    /// Waits for room with one that has answered meanwhile.
    #[handle_call]
    fn ask_and_flood(&mut self, other: MutualRef, ctx: &mut Context<Self>) {
        let asked = other.no_timeout().request().answer_and_ask(ctx.client());
        other.no_timeout().poke();
        other.no_timeout().poke();
        drop(asked);
    }
}

#[otp::test(seeds = 50)]
fn two_who_wait_for_room_with_each_other_go_on(t: &mut Sim) {
    for by_call in [false, true] {
        let (a, b) = (Mutual::start().unwrap(), Mutual::start().unwrap());
        let ready = process::current().subject();
        let started = t.now();
        let first = a.as_async().no_timeout().flood(b.clone(), ready.clone(), by_call);
        let second = b.as_async().no_timeout().flood(a.clone(), ready.clone(), false);
        assert_eq!((first.wait(), second.wait()), (Ok(()), Ok(())));
        assert_eq!(t.now() - started, millis(1), "nobody has waited in vain");
        let said = [ready.receive(None).unwrap(), ready.receive(None).unwrap()];
        let deadlocks = said.iter().filter(|said| matches!(said, Err(CallError::Deadlock(_)))).count() as u64;
        // One has seen that they wait for each other: it drops what it wanted to send, or its call ends.
        assert_eq!(a.dropped() + b.dropped() + deadlocks, 1, "{said:?}");
    }
}

#[otp::test(seeds = 50)]
fn an_answer_lets_nobody_in(t: &mut Sim) {
    let (a, b) = (Mutual::start().unwrap(), Mutual::start().unwrap());
    assert_eq!(a.ask_and_flood(b), Ok(()));
    assert_eq!(t.now(), millis(2), "that they wait for each other was seen at once");
}

#[otp::test]
fn signals_do_not_wait_behind_a_full_mailbox(t: &mut Sim) {
    let (busy, log, open) = busy(1, Policy::Reject);
    let pid = busy.pid().unwrap();
    busy.put(1);
    assert_eq!(waiting(&busy), (1, 0), "it answers a question about itself");
    let monitor = process::monitor(pid);
    process::link(pid);
    t.settle();
    assert_eq!(process::process_info(pid).unwrap().links, [process::self_pid()]);
    assert_eq!(busy.ask(2), Err(CallError::Full));
    assert!(process::current().receive_down(monitor, Duration::ZERO).is_none());
    let stops = busy.clone();
    let (_, stopped) = process::spawn_monitor(move |_| stops.stop_with(ExitReason::Shutdown, None).unwrap());
    t.settle();
    open.send(());
    assert_eq!(process::current().receive_down(stopped, millis(1)).unwrap().reason, ExitReason::Normal);
    assert_eq!(process::current().receive_down(monitor, millis(1)).unwrap().reason, ExitReason::Shutdown);
    assert_eq!(log.take(), [1], "it is asked to stop in turn with the messages");
    assert_eq!(process::current().receive_exit(millis(1)).unwrap().reason, ExitReason::Shutdown);
}

/// Whoever asks first is told of none that comes behind.
#[otp::test(seeds = 50)]
fn a_signal_that_waits_to_be_acted_on_is_no_message(_: &mut Sim) {
    for mailbox in [Mailbox::UNBOUNDED, Mailbox::bounded(2, Policy::Reject)] {
        let pid = Starter::<Busy>::new().mailbox(mailbox).start((Log::default(),))?.pid().unwrap();
        let lengths = process::current().subject();
        let tell = lengths.clone();
        process::spawn(move |_| tell.send(process::process_info(pid).unwrap().message_queue_len));
        process::spawn(move |_| _ = process::monitor(pid));
        assert_eq!(lengths.receive(None), Some(0));
    }
}

#[otp::test]
fn a_signal_is_acted_on_before_it_is_received(_: &mut Sim) {
    let (busy, _, open) = busy(1, Policy::Reject);
    open.send(());
    let down = busy.watch_name("nobody".into()).unwrap().unwrap();
    assert_eq!((down.name, down.reason), (Some("nobody".into()), ExitReason::NoProc));
}

#[otp::test]
fn a_kill_does_not_wait_behind_a_full_mailbox(t: &mut Sim) {
    let (busy, log, _open) = busy(1, Policy::Block);
    busy.put(1);
    let started = t.now();
    t.kill(busy.clone());
    assert_eq!((t.now(), log.take()), (started, vec![]));
}

#[otp::test]
fn what_a_process_sends_to_itself_is_its_own(t: &mut Sim) {
    for policy in [Policy::Block, Policy::Reject, Policy::DropOldest, Policy::DropNewest, Policy::Stop] {
        let (busy, log, open) = busy(2, policy);
        busy.itself(10);
        busy.put(1);
        open.send(());
        t.advance(millis(1));
        assert_eq!(log.take(), [10, 1, 11, 12, 13, 14]);
        assert_eq!(busy.dropped(), 0);
        busy.itself(20);
        assert_eq!(busy.ask(2), Ok(2), "they took no room");
    }
}

#[otp::test]
fn what_comes_through_a_subject_of_its_own_finds_room(t: &mut Sim) {
    for policy in [Policy::Block, Policy::Reject, Policy::DropOldest, Policy::DropNewest, Policy::Stop] {
        let (busy, log, open) = busy(1, policy);
        busy.put(1);
        // Its handler waits for this.
        open.send(());
        t.settle();
        assert_eq!((log.take(), busy.dropped()), (vec![1], 0));
    }
}

#[otp::test]
fn what_is_found_by_its_type_takes_room_and_does_not_wait(t: &mut Sim) {
    for policy in [Policy::Block, Policy::Reject] {
        let (busy, log, open) = busy(2, policy);
        busy.subject::<Note>().send(Note(1));
        process::send(busy.pid().unwrap(), Note(2));
        busy.subject::<Note>().send(Note(3));
        assert!(busy.timeout(millis(1)).ask(4).is_err());
        assert_eq!(busy.dropped(), 1);
        open.send(());
        t.settle();
        assert_eq!(log.take(), [1, 2]);
        assert_eq!(busy.told().unwrap()[0].message, "info");
    }
}

#[otp::test]
fn what_a_handler_takes_out_makes_room(t: &mut Sim) {
    let log = Log::default();
    let busy = Starter::<Busy>::new().mailbox(Mailbox::bounded(1, Policy::Block)).start((log.clone(),)).unwrap();
    let gate = Gate::new();
    busy.take_note(gate.clone());
    let open = gate.opener();
    busy.subject::<Note>().send(Note(1));
    let sender = busy.clone();
    let (_, casts) = process::spawn_monitor(move |_| sender.no_timeout().put(2));
    t.advance(millis(1));
    assert!(process::current().receive_down(casts, Duration::ZERO).is_none(), "it is full");
    open.send(());
    assert!(process::current().receive_down(casts, millis(1)).is_some(), "who waited goes on");
    assert_eq!((log.take(), busy.dropped()), (vec![1], 0));
}

#[otp::test]
fn what_is_refused_may_be_refused_elsewhere(_: &mut Sim) {
    let (busy, _, _open) = busy(1, Policy::Reject);
    let (other, _, _open) = self::busy(1, Policy::Reject);
    busy.put(1);
    other.put(1);
    assert_eq!(busy.ask_with(SaysGoodbye(other.clone())), Err(CallError::Full));
    assert_eq!((busy.dropped(), other.dropped()), (0, 1));
}

#[otp::test]
fn a_call_that_is_given_up_takes_its_message_out_of_the_line(t: &mut Sim) {
    let (other, log, open) = busy(1, Policy::Reject);
    open.send(());
    let (busy, _, _open) = busy(1, Policy::Block);
    busy.put(1);
    let asked = busy.timeout(millis(1)).ask_with(SaysGoodbye(other.clone()));
    assert_eq!(asked, Err(CallError::Timeout { started: false }));
    t.settle();
    assert_eq!(log.take(), [0], "it was dropped");
}

#[otp::test]
fn an_answer_to_another_is_not_refused_with_what_carries_it(_: &mut Sim) {
    let (busy, _, _open) = busy(1, Policy::Reject);
    busy.put(1);
    let other = Context::<Busy>::for_test();
    let (reply, mut call) = other.reply_to();
    busy.take_back(reply);
    assert_eq!(busy.dropped(), 1);
    assert_eq!(call.check(), Some(Err(CallError::NoReply)), "no mailbox has refused it");
}

#[otp::test]
fn a_call_that_was_begun_is_not_refused_with_what_carries_its_reply(_: &mut Sim) {
    let busy = Starter::<Busy>::new().mailbox(Mailbox::bounded(1, Policy::Reject)).start((Log::default(),)).unwrap();
    let replies = process::current().subject();
    let call = busy.as_async().hand_on(replies.clone());
    let reply = replies.receive(None).unwrap();
    let _open = occupy(&busy);
    busy.put(1);
    busy.take_back(reply);
    assert_eq!(busy.dropped(), 1);
    assert_eq!(call.wait(), Err(CallError::NoReply), "its mailbox had room for the call");
}

/// Flushes what waits.
struct Flushing(Log);

#[actor(mailbox = bounded(2, block))]
impl Flushing {
    #[init]
    fn init(log: Log) -> Self {
        Self(log)
    }

    #[handle_cast]
    fn flush(&mut self) {
        process::sleep(millis(1));
        self.0.say(process::current().flush() as u32);
    }

    #[handle_call]
    fn ask(&mut self, what: u32) -> u32 {
        self.0.say(what);
        what
    }

    #[handle_cast(priority)]
    fn poke(&mut self) {}
}

#[otp::test]
fn what_waits_can_be_flushed_and_makes_room(t: &mut Sim) {
    let log = Log::default();
    let flushing = Flushing::start(log.clone()).unwrap();
    flushing.flush();
    t.settle();
    let flushed = flushing.as_async().ask(1);
    flushing.poke();
    let calls = [2, 3].map(|what| flushing.as_async().ask(what));
    t.advance(millis(1));
    assert_eq!(flushed.wait(), Err(CallError::NoReply));
    assert_eq!(calls.map(Reply::wait), [Ok(2), Ok(3)]);
    assert_eq!(log.take(), [2, 2, 3]);
    flushing.flush();
    t.settle();
    let stops = flushing.clone();
    process::spawn(move |_| stops.stop().unwrap());
    t.advance(millis(1));
    assert!(!flushing.is_alive(), "a request to stop is not flushed");
}

#[otp::test]
fn a_flushed_mailbox_is_as_a_new_one(t: &mut Sim) {
    let flushing =
        Starter::<Flushing>::new().mailbox(Mailbox::bounded(4, Policy::Reject)).start((Log::default(),)).unwrap();
    let fill = || (0..4).map(|what| flushing.as_async().ask(what)).collect::<Vec<_>>();
    flushing.flush();
    t.settle();
    let flushed = fill();
    t.advance(millis(1));
    assert!(flushed.into_iter().all(|asked| asked.wait() == Err(CallError::NoReply)));
    let asked: Vec<_> = fill().into_iter().map(Reply::wait).collect();
    assert_eq!(asked, [Ok(0), Ok(1), Ok(2), Ok(3)], "it has room for as many");
    flushing.flush();
    t.settle();
    drop(fill());
    t.advance(millis(1));
    t.kill(flushing.clone());
    assert!(!flushing.is_alive(), "signals are acted on");
}

#[otp::test]
fn who_lost_messages_is_told_before_the_next(t: &mut Sim) {
    let (busy, log, open) = busy(1, Policy::Reject);
    busy.put(1);
    busy.put(2);
    busy.note(Note(3));
    assert_eq!(busy.ask(4), Err(CallError::Full));
    open.send(());
    t.settle();
    let told = busy.told().unwrap();
    assert_eq!(told.iter().map(|dropped| (dropped.count, dropped.message)).collect::<Vec<_>>(), [(2, "note")]);
    assert_eq!(log.take(), [1]);
    assert_eq!(busy.told(), Ok(vec![]), "once");
}

// An unbounded mailbox with two lanes.

#[otp::test]
fn messages_of_priority_go_first(t: &mut Sim) {
    let log = Log::default();
    let busy = Busy::start(log.clone()).unwrap();
    let open = occupy(&busy);
    busy.put(1);
    busy.note(Note(2));
    busy.put_first(3);
    let asked = busy.as_async().ask_first(4);
    busy.put(5);
    busy.put_first(6);
    open.send(());
    assert_eq!(asked.wait(), Ok(4));
    t.settle();
    assert_eq!(log.take(), [3, 4, 6, 1, 2, 5], "first-in first-out within a lane");
}

#[otp::test]
fn what_is_found_by_its_type_may_go_first(t: &mut Sim) {
    let log = Log::default();
    let busy = Busy::start(log.clone()).unwrap();
    let open = occupy(&busy);
    process::send(busy.pid().unwrap(), Note(1));
    process::send(busy.pid().unwrap(), Urgent(2));
    open.send(());
    t.settle();
    assert_eq!(log.take(), [2, 1]);
}

#[otp::test(seeds = 50)]
fn nothing_of_the_dead_comes_behind_their_down(t: &mut Sim) {
    let log = Log::default();
    let busy = Busy::start(log.clone()).unwrap();
    let open = occupy(&busy);
    let sender = busy.clone();
    let pid = process::spawn(move |_| {
        process::sleep(millis(1));
        sender.put(1);
        sender.put_first(2);
        sender.put(3);
        sender.put_first(4);
    });
    busy.watch(pid);
    open.send(());
    t.settle();
    let open = occupy(&busy);
    t.advance(millis(2));
    busy.put(5);
    busy.put_first(6);
    open.send(());
    t.settle();
    assert_eq!(log.take(), [2, 4, 6, 1, 3, 0, 5]);
}

#[otp::test]
fn what_goes_next_goes_before_what_goes_first(t: &mut Sim) {
    let log = Log::default();
    let busy = Busy::start(log.clone()).unwrap();
    let open = occupy(&busy);
    busy.itself(10);
    busy.put_first(1);
    open.send(());
    t.advance(millis(1));
    assert_eq!(log.take()[..2], [1, 10]);
    busy.itself(10);
    t.advance(millis(1));
    assert_eq!(log.take(), [10, 11, 12, 13, 14]);
}

/// Sets timers for handlers with and without priority.
struct Timers(Log);

#[actor]
impl Timers {
    #[init]
    fn init(log: Log) -> Self {
        Self(log)
    }

    #[handle_cast]
    fn set(&mut self, ctx: &mut Context<Self>) {
        ctx.after(millis(1)).late(1);
        ctx.after(millis(2)).soon(2);
        let cancelled = ctx.after(millis(3)).soon(3);
        process::sleep(millis(5));
        assert!(cancelled.cancel().is_some(), "it is on its way");
    }

    #[handle_info]
    fn late(&mut self, what: u32) {
        self.0.say(what);
    }

    #[handle_info(priority)]
    fn soon(&mut self, what: u32) {
        self.0.say(what);
    }
}

#[otp::test]
fn a_timer_has_the_priority_of_its_handler(t: &mut Sim) {
    let log = Log::default();
    let timers = Timers::start(log.clone()).unwrap();
    timers.set();
    t.advance(millis(10));
    assert_eq!(log.take(), [2, 1]);
}

#[otp::test]
fn those_of_priority_come_in_first(t: &mut Sim) {
    let (busy, log, open) = busy(1, Policy::Block);
    busy.put(1);
    let client = busy.as_async();
    let (second, third) = (client.ask(2), client.ask_first(3));
    open.send(());
    assert_eq!((second.wait(), third.wait()), (Ok(2), Ok(3)));
    t.settle();
    assert_eq!(log.take(), [1, 3, 2]);
}

// Where options are.

supervisor! {
    Bounded<one_for_one> {
        busy: Busy(Log::default()) { mailbox: bounded(1, reject) };
        mutual: Mutual() { mailbox: unbounded };
    }
}

#[otp::test]
fn a_child_spec_says_how_its_mailbox_is(t: &mut Sim) {
    let tree = Bounded::start().unwrap();
    let open = occupy(&tree.busy());
    tree.busy().put(1);
    assert_eq!(tree.busy().ask(2), Err(CallError::Full));
    open.send(());
    let busy = t.start(Busy::child_spec(Log::default()).mailbox(Mailbox::bounded(1, Policy::Reject))).unwrap();
    let _open = occupy(&busy);
    busy.put(1);
    assert_eq!(busy.ask(2), Err(CallError::Full));
    busy.put(3);
    assert_eq!((busy.dropped(), tree.mutual().dropped()), (1, 0));
}

#[test]
#[should_panic(expected = "a mailbox has room for at least one message")]
fn a_mailbox_has_room() {
    let _ = Mailbox::bounded(0, Policy::Block);
}

// Threads.

#[test]
fn threads_wait_for_room_and_lose_nothing() {
    let node = Node::builder().cores(2).start().unwrap();
    let log = Log::default();
    let busy = node
        .enter(|| Starter::<Busy>::new().mailbox(Mailbox::bounded(3, Policy::Block)).start((log.clone(),)).unwrap());
    thread::scope(|scope| {
        for n in 0..4 {
            let (busy, node) = (busy.no_timeout(), node.clone());
            scope.spawn(move || {
                node.enter(|| {
                    for k in 0..500 {
                        if k % 10 == 0 {
                            assert_eq!(busy.ask(n * 1000 + k), Ok(n * 1000 + k));
                        } else {
                            busy.put(n * 1000 + k);
                        }
                    }
                });
            });
        }
    });
    assert_eq!(node.enter(|| busy.ask(9000)), Ok(9000), "behind all others");
    assert_eq!(busy.dropped(), 0);
    let handled = log.take();
    for n in 0..4 {
        let of_one: Vec<u32> = handled.iter().copied().filter(|what| what / 1000 == n).collect();
        assert_eq!(of_one, (n * 1000..n * 1000 + 500).collect::<Vec<_>>());
    }
    node.stop();
}
