//! Mailboxes with a bound, and messages that go first.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use otp::{actor::Starter, prelude::*, process::Me};

use super::{Dice, millis};

/// What became of what one sender has sent.
#[derive(Default)]
struct Books {
    casts: u64,
    handled_casts: u64,
    calls: u64,
    handled_calls: u64,
    answered: u64,
    full: u64,
    timed_out: u64,
    exited: u64,
    /// The last number in each lane, of each sender.
    last: BTreeMap<(Pid, bool), u64>,
    urgent_sent: u64,
    urgent_handled: u64,
    longest: usize,
}

type Ledger = Arc<Mutex<Books>>;

/// Handles what gets through.
struct Guarded(Ledger, Dice);

impl Guarded {
    fn handled(&mut self, from: Pid, number: u64, urgent: bool) {
        let waiting = process::info(process::self_pid()).unwrap().message_queue_len;
        {
            let mut books = self.0.lock().unwrap();
            let last = books.last.insert((from, urgent), number);
            assert!(last.is_none_or(|last| last < number), "{number} of {from} came after {last:?}");
            books.longest = books.longest.max(waiting);
            if urgent {
                books.urgent_handled += 1;
            }
        }
        self.1.pause();
    }
}

#[actor]
impl Guarded {
    #[init]
    fn init(ledger: Ledger, seed: u64) -> Self {
        Self(ledger, Dice::new(seed, 77))
    }

    #[handle_cast]
    fn cast(&mut self, from: Pid, number: u64) {
        self.0.lock().unwrap().handled_casts += 1;
        self.handled(from, number, false);
    }

    #[handle_cast(priority)]
    fn cast_first(&mut self, from: Pid, number: u64) {
        self.0.lock().unwrap().handled_casts += 1;
        self.handled(from, number, true);
    }

    #[handle_call]
    fn call(&mut self, from: Pid, number: u64) {
        self.0.lock().unwrap().handled_calls += 1;
        self.handled(from, number, false);
    }

    #[handle_call(priority)]
    fn call_first(&mut self, from: Pid, number: u64) {
        self.0.lock().unwrap().handled_calls += 1;
        self.handled(from, number, true);
    }
}

fn send_to(guarded: &GuardedRef, ledger: &Ledger, mut dice: Dice) {
    let me = process::self_pid();
    for number in 0..dice.below(25) {
        let limit = Duration::from_micros([1, 3, 1_000_000][dice.below(3) as usize]);
        let client = guarded.timeout(limit);
        let outcome = match dice.below(6) {
            0 => Some(client.call(me, number)),
            1 => Some(client.call_first(me, number)),
            2 => Some(client.as_async().call(me, number).wait()),
            3 => {
                client.cast_first(me, number);
                None
            }
            _ => {
                client.cast(me, number);
                None
            }
        };
        {
            let mut books = ledger.lock().unwrap();
            match outcome {
                None => books.casts += 1,
                Some(outcome) => {
                    books.calls += 1;
                    match outcome {
                        Ok(()) => books.answered += 1,
                        Err(CallError::Full) => books.full += 1,
                        Err(CallError::Timeout { .. }) => books.timed_out += 1,
                        Err(CallError::Exited(_) | CallError::NoProc) => books.exited += 1,
                        Err(error) => panic!("{error}"),
                    }
                }
            }
        }
        dice.pause();
    }
}

#[otp::test(seeds = 400)]
fn a_bounded_mailbox_keeps_its_bound_and_loses_no_call(t: &mut Sim) {
    let mut dice = Dice::new(t.seed(), 0);
    let limit = 1 + dice.below(4) as usize;
    let policy = dice.pick(&[Policy::Block, Policy::Reject, Policy::DropOldest, Policy::DropNewest, Policy::Stop]);
    let ledger = Ledger::default();
    let mailbox = Mailbox::bounded(limit, policy);
    let guarded = Starter::<Guarded>::new().mailbox(mailbox).start((ledger.clone(), t.seed())).unwrap();
    let senders: Vec<MonitorRef> = (1..6)
        .map(|n| {
            let (guarded, ledger, dice) = (guarded.clone(), ledger.clone(), Dice::new(t.seed(), n));
            process::spawn_monitor(move |_| send_to(&guarded, &ledger, dice)).1
        })
        .collect();
    let is_killed = dice.below(3) == 0;
    for _ in 0..20 {
        t.advance(Duration::from_micros(dice.below(5)));
        if let Some(info) = guarded.pid().and_then(process::info) {
            assert!(info.message_queue_len <= limit, "{} wait where {limit} may", info.message_queue_len);
        }
    }
    if is_killed {
        t.kill(&guarded);
    }
    for monitor in senders {
        assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Normal);
    }
    t.settle();
    let books = ledger.lock().unwrap();
    assert!(books.longest <= limit, "{} wait where {limit} may", books.longest);
    assert_eq!(books.calls, books.answered + books.full + books.timed_out + books.exited);
    assert!(books.answered <= books.handled_calls);
    if policy == Policy::Block {
        assert_eq!(books.full, 0);
    }
    if guarded.is_alive() {
        assert_eq!(books.casts, books.handled_casts + guarded.dropped());
        assert_eq!(books.exited, 0);
        assert_eq!(process::info(guarded.pid().unwrap()).unwrap().message_queue_len, 0);
    }
    drop(t.crashes());
}

#[otp::test(seeds = 200)]
fn what_goes_first_goes_first_and_in_order(t: &mut Sim) {
    let ledger = Ledger::default();
    let first = First::start(ledger.clone(), t.seed()).unwrap();
    let senders: Vec<MonitorRef> = (1..5)
        .map(|n| {
            let (first, ledger, mut dice) = (first.clone(), ledger.clone(), Dice::new(t.seed(), n));
            let send = move |me: &mut Me| {
                for number in 0..20 {
                    if dice.below(3) == 0 {
                        // No other process runs between the two.
                        first.urgent(me.pid(), number);
                        ledger.lock().unwrap().urgent_sent += 1;
                    } else {
                        first.ordinary(me.pid(), number);
                    }
                    dice.pause();
                }
            };
            process::spawn_monitor(send).1
        })
        .collect();
    for monitor in senders {
        assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Normal);
    }
    t.advance(millis(50));
    let books = ledger.lock().unwrap();
    assert_eq!(books.handled_casts, 80);
    assert_eq!(books.urgent_sent, books.urgent_handled);
    let lanes: BTreeSet<bool> = books.last.keys().map(|(_, urgent)| *urgent).collect();
    assert_eq!(lanes.len(), 2);
}

/// Sees that nothing waits that should have come before.
struct First(Guarded);

#[actor]
impl First {
    #[init]
    fn init(ledger: Ledger, seed: u64) -> Self {
        Self(Guarded(ledger, Dice::new(seed, 77)))
    }

    #[handle_cast]
    fn ordinary(&mut self, from: Pid, number: u64) {
        {
            let mut books = self.0.0.lock().unwrap();
            books.handled_casts += 1;
            assert_eq!(books.urgent_sent, books.urgent_handled, "one that goes first waits");
        }
        self.0.handled(from, number, false);
    }

    #[handle_cast(priority)]
    fn urgent(&mut self, from: Pid, number: u64) {
        self.0.0.lock().unwrap().handled_casts += 1;
        self.0.handled(from, number, true);
    }
}
