//! What one process sends another keeps its order.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use otp::{
    prelude::*,
    process::{Me, Subject},
};

use super::{Dice, millis};

/// What was seen, by whom it was brought about.
type Seen<T> = Arc<Mutex<BTreeMap<Pid, Vec<T>>>>;

fn see<T>(seen: &Seen<T>, from: Pid, what: T) {
    seen.lock().unwrap().entry(from).or_default().push(what);
}

#[derive(Debug, PartialEq)]
enum What {
    Numbered(u64),
    Exit(ExitReason),
    Down(ExitReason),
}

/// Writes down what comes, in the order in which it comes.
struct Recorder(Seen<What>);

#[actor]
impl Recorder {
    #[init]
    fn init(seen: Seen<What>, ctx: &mut Context<Self>) -> Self {
        ctx.trap_exit(true);
        Self(seen)
    }

    #[handle_cast]
    fn cast(&mut self, from: Pid, number: u64) {
        see(&self.0, from, What::Numbered(number));
    }

    #[handle_call]
    fn call(&mut self, from: Pid, number: u64) {
        see(&self.0, from, What::Numbered(number));
        Dice::new(number, 0).pause();
    }

    #[handle_info]
    fn info(&mut self, from: Pid, number: u64) {
        see(&self.0, from, What::Numbered(number));
    }

    #[handle_cast]
    fn relate(&mut self, to: Pid, link: bool, ctx: &mut Context<Self>) {
        ctx.monitor(to);
        if link {
            ctx.link(to);
        }
    }

    #[handle_info]
    fn exit(&mut self, exit: Exit) {
        // An exit that is sent is numbered as messages are; one of a link is the last thing.
        let what = match exit.reason.downcast_ref::<u64>() {
            Some(number) => What::Numbered(*number),
            None => What::Exit(exit.reason),
        };
        see(&self.0, exit.from, what);
    }

    #[handle_info]
    fn down(&mut self, down: Down) {
        see(&self.0, down.pid, What::Down(down.reason));
    }
}

/// Sends numbers to all, each in another way.
fn send_numbers(me: &Me, recorders: &[RecorderRef], mut dice: Dice) {
    let mut numbers = vec![0; recorders.len()];
    for _ in 0..dice.below(30) {
        let to = dice.below(recorders.len() as u64) as usize;
        let (recorder, number) = (&recorders[to], numbers[to]);
        numbers[to] += 1;
        match dice.below(5) {
            0 => recorder.cast(me.pid(), number),
            1 => recorder.call(me.pid(), number).unwrap(),
            2 => drop(recorder.as_async().no_timeout().cast(me.pid(), number)),
            3 => recorder.info(me.pid(), number),
            _ => process::exit(recorder.pid().unwrap(), ExitReason::other(number)),
        }
        dice.pause();
    }
}

#[otp::test(seeds = 300)]
fn what_one_process_sends_another_keeps_its_order(t: &mut Sim) {
    let mut dice = Dice::new(t.seed(), 0);
    let seen: Vec<Seen<What>> = (0..3).map(|_| Seen::default()).collect();
    let recorders: Vec<RecorderRef> = seen.iter().map(|seen| Recorder::start(seen.clone()).unwrap()).collect();
    let reason = ExitReason::Shutdown;
    let senders: Vec<(Pid, bool, Subject<()>)> = (1..6)
        .map(|n| {
            let (dice_of, to, reason) = (Dice::new(t.seed(), n), recorders.clone(), reason.clone());
            let linked = dice.below(2) == 0;
            let ready = process::current().subject();
            let says = ready.clone();
            let pid = process::spawn(move |me| {
                let go = me.subject::<()>();
                says.send(go.clone());
                go.receive(None);
                send_numbers(me, &to, dice_of);
                Err::<(), _>(reason)
            });
            let go = ready.receive(None).unwrap();
            recorders.iter().for_each(|recorder| recorder.relate(pid, linked));
            (pid, linked, go)
        })
        .collect();
    t.settle();
    senders.iter().for_each(|(_, _, go)| go.send(()));
    t.advance(millis(10));
    for seen in &seen {
        let seen = seen.lock().unwrap();
        for (pid, linked, _) in &senders {
            let mut seen = seen[pid].iter().peekable();
            let mut number = 0;
            while seen.next_if(|what| **what == What::Numbered(number)).is_some() {
                number += 1;
            }
            let ends: Vec<&What> = seen.collect();
            // Links are told before monitors.
            let expected = [What::Exit(reason.clone()), What::Down(reason.clone())];
            assert_eq!(ends, expected[usize::from(!linked)..].iter().collect::<Vec<_>>());
        }
    }
}
