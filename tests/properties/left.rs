//! Nothing is left of the gone.

use std::sync::Arc;

use otp::{actor::Starter, prelude::*};

use super::{Dice, millis};

/// Says whether anything of the user's is left.
type Token = Arc<()>;

/// Has timers, calls, links and monitors with everybody.
struct Entangled {
    token: Token,
    kept: Vec<ReplyTo<Token>>,
    requests: Vec<Reply<Token>>,
}

#[actor]
impl Entangled {
    #[init]
    fn init(token: Token, ctx: &mut Context<Self>) -> Self {
        ctx.trap_exit(true);
        Self { token, kept: Vec::new(), requests: Vec::new() }
    }

    #[handle_call]
    fn ask(&mut self, how: u64, _token: Token, reply: ReplyTo<Token>) {
        match how % 3 {
            0 => reply.send(self.token.clone()),
            1 => drop(reply),
            _ => self.kept.push(reply),
        }
    }

    #[handle_cast]
    fn entangle(&mut self, seed: u64, others: Vec<EntangledRef>, ctx: &mut Context<Self>) {
        let mut dice = Dice::new(seed, 0);
        for _ in 0..dice.below(8) {
            let other = dice.pick(&others);
            let Some(pid) = other.pid() else { continue };
            match dice.below(12) {
                0 => ctx.link(pid),
                1 => ctx.unlink(pid),
                2 => drop(ctx.monitor(pid)),
                3 => drop(ctx.after(Duration::from_micros(dice.below(3000))).keep(self.token.clone())),
                4 => {
                    let token = self.token.clone();
                    ctx.every(Duration::from_micros(200), move |me| me.keep(token.clone()));
                }
                5 => drop(process::register(&format!("name {}", dice.below(3)), ctx.pid())),
                6 => drop(process::register(&format!("name {}", dice.below(3)), pid)),
                7 => self.requests.push(other.request().ask(dice.below(9), self.token.clone())),
                8 => drop(other.request().ask(dice.below(9), self.token.clone())),
                9 => drop(other.timeout(Duration::from_micros(dice.below(50))).ask(dice.below(9), self.token.clone())),
                10 => ctx.idle_timeout(Duration::from_micros(dice.below(50))).keep(self.token.clone()),
                _ => other.entangle(dice.below(1000), others.clone()),
            }
        }
        match dice.below(40) {
            0 => panic!("entangled"),
            1 => ctx.stop(ExitReason::Shutdown),
            _ => {}
        }
    }

    #[handle_info]
    fn keep(&mut self, token: Token) {
        self.token = token;
    }
}

#[otp::test(seeds = 300)]
fn nothing_is_left_of_the_gone(t: &mut Sim) {
    let token = Token::default();
    let before = (t.node().len(), t.node().timers(), otp::__private::live_replies());
    let mut dice = Dice::new(t.seed(), 0);
    let bounds = [Mailbox::UNBOUNDED, Mailbox::bounded(2, Policy::Block), Mailbox::bounded(2, Policy::DropOldest)];
    let all: Vec<EntangledRef> = (0..6)
        .map(|_| Starter::<Entangled>::new().mailbox(dice.pick(&bounds)).start((token.clone(),)).unwrap())
        .collect();
    for entangled in &all {
        entangled.entangle(dice.below(1000), all.clone());
    }
    t.advance(millis(dice.below(4)));
    for entangled in all {
        if let Some(pid) = entangled.pid() {
            process::exit(pid, ExitReason::Kill);
            dice.pause();
        }
    }
    t.settle();
    let me = process::info(process::self_pid()).unwrap();
    assert!(me.links.is_empty() && me.monitors.is_empty() && me.monitored_by.is_empty(), "{me:?}");
    assert_eq!((t.node().len(), t.node().timers(), otp::__private::live_replies()), before);
    assert!(process::registered().is_empty());
    assert_eq!(Arc::strong_count(&token), 1);
    drop(t.crashes());
}
