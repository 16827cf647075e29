//! A process dies once.

use otp::prelude::*;

use super::{Dice, millis};

/// Answers when it likes.
struct Mortal(Vec<ReplyTo<()>>);

#[actor]
impl Mortal {
    #[init]
    fn init() -> Self {
        Self(Vec::new())
    }

    #[handle_call]
    fn ask(&mut self, seed: u64, reply: ReplyTo<()>) {
        match Dice::new(seed, 0).below(4) {
            0 => reply.send(()),
            1 => process::sleep(Duration::from_micros(seed % 5)),
            _ => self.0.push(reply),
        }
    }

    #[handle_cast]
    fn end(&mut self, how: u64, ctx: &mut Context<Self>) {
        match how {
            0 => panic!("told so"),
            1 => ctx.stop(ExitReason::other("stopped")),
            _ => process::exit_self(ExitReason::Shutdown),
        }
    }
}

#[otp::test(seeds = 300)]
fn a_process_dies_once_for_one_reason(t: &mut Sim) {
    let mortal = Mortal::start().unwrap();
    let pid = mortal.pid().unwrap();
    let reasons = process::current().subject::<(&str, ExitReason)>();
    let observers: Vec<Pid> = (1..8)
        .map(|n| {
            let (mut dice, mortal, reasons) = (Dice::new(t.seed(), n), mortal.no_timeout(), reasons.clone());
            process::spawn(move |me| {
                me.trap_exit(true);
                let monitor = process::monitor(pid);
                let links = dice.below(2) == 0;
                if links {
                    process::link(pid);
                }
                for _ in 0..dice.below(4) {
                    dice.pause();
                    match dice.below(6) {
                        0 => process::exit(pid, ExitReason::Kill),
                        1 => process::exit(pid, ExitReason::other("told to")),
                        2 => mortal.end(dice.below(3)),
                        _ => match mortal.ask(dice.below(100)) {
                            Err(CallError::Exited(reason)) => reasons.send(("call", reason)),
                            Ok(()) | Err(CallError::NoReply | CallError::NoProc) => {}
                            Err(error) => panic!("{error}"),
                        },
                    }
                }
                reasons.send(("down", me.receive_down(monitor, None).unwrap().reason));
                if links {
                    reasons.send(("exit", me.receive_exit(None).unwrap().reason));
                }
                assert_eq!(me.receive_down(monitor, millis(5)), None, "once");
                assert_eq!(me.receive_exit(millis(5)), None, "once");
            })
        })
        .collect();
    t.advance(millis(1));
    process::exit(pid, ExitReason::Kill);
    t.advance(millis(20));
    assert!(observers.into_iter().all(|pid| !process::is_alive(pid)), "nobody waits for ever");
    let mut seen = Vec::new();
    while let Some((how, reason)) = reasons.receive(Duration::ZERO) {
        // Who comes too late does not learn the reason.
        if how == "call" || reason != ExitReason::NoProc {
            seen.push(reason);
        }
    }
    assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:?}");
    drop(t.crashes());
}
