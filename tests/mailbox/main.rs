//! Mailboxes with a bound and what becomes of one message too many; messages that go first.
//!
//! What depends on order runs in simulations under many seeds; what depends on threads runs on nodes of its own.

#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod lanes;
mod options;
mod policies;
mod room;
mod signals;
mod taken;

use std::sync::{Arc, Mutex};

use otp::{actor::Starter, mailbox::Dropped, prelude::*, process::Subject};

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
    let info = process::info(busy.pid().unwrap()).unwrap();
    (info.message_queue_len, info.dropped)
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
