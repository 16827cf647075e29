//! Signals that come while something is waited for.

use otp::{prelude::*, process::Subject};

use crate::puppet::{Dice, Puppet, own_info, why};

/// Starts at once, or after a while.
struct Late;

#[actor]
impl Late {
    #[init]
    fn init(after: Duration) -> Self {
        otp::sleep(after);
        Self
    }

    #[handle_call]
    fn echo(&mut self, n: u32) -> u32 {
        n
    }
}

/// Signals of all kinds that come while a process waits for one answer don't keep it from finding that.
#[otp::test(seeds = 50)]
fn msc_erl_1199(t: &mut Sim) {
    let own = otp::self_pid();
    let noise: Subject<u64> = process::current().subject();
    for n in 0..8 {
        let (noise, mut dice) = (noise.clone(), Dice::new(t.seed() * 8 + n));
        Puppet::spawn().tell(move |_| {
            for step in 0..60 {
                match dice.below(6) {
                    0 => process::link(own),
                    1 => process::unlink(own),
                    2 => drop(process::demonitor(process::monitor(own))),
                    3 => process::exit(own, why("noise")),
                    4 => noise.send(step),
                    _ => otp::sleep(Duration::from_millis(1)),
                }
            }
            process::unlink(own);
        });
    }
    for n in 0..5 {
        let late = Late::start(Duration::from_millis(2)).expect("its start is answered");
        assert_eq!(late.echo(n), Ok(n));
        let (_, monitor) = process::spawn_monitor(|_| otp::sleep(Duration::from_millis(2)));
        assert!(process::current().receive_down(monitor, None).is_some());
    }
    t.settle();
    let info = own_info();
    assert_eq!((info.links, info.monitored_by), (vec![], vec![]));
    assert!(info.message_queue_len > 0);
}
