//! Links are the same from both sides.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use otp::prelude::*;

use super::{Dice, millis};

#[otp::test(seeds = 500)]
fn links_are_the_same_from_both_sides(t: &mut Sim) {
    let all: Arc<Mutex<Vec<Pid>>> = Arc::default();
    let pids: Vec<Pid> = (1..6)
        .map(|n| {
            let (mut dice, all) = (Dice::new(t.seed(), n), all.clone());
            process::spawn(move |me| {
                me.trap_exit(true);
                process::sleep(millis(1));
                let others: Vec<Pid> = all.lock().unwrap().iter().copied().filter(|pid| *pid != me.pid()).collect();
                for _ in 0..dice.below(25) {
                    let other = dice.pick(&others);
                    match dice.below(8) {
                        0..4 => process::link(other),
                        4..7 => process::unlink(other),
                        _ => process::exit(other, ExitReason::other("poked")),
                    }
                    dice.pause();
                }
                match dice.below(4) {
                    0 => {}
                    1 => process::exit_self(ExitReason::Shutdown),
                    _ => process::sleep(millis(100)),
                }
            })
        })
        .collect();
    all.lock().unwrap().clone_from(&pids);
    t.advance(millis(50));
    let alive: BTreeMap<Pid, process::ProcessInfo> =
        pids.iter().filter_map(|pid| Some((*pid, process::info(*pid)?))).collect();
    for (pid, info) in &alive {
        for other in &info.links {
            let other_side = alive.get(other).map(|info| info.links.contains(pid));
            assert_eq!(other_side, Some(true), "{pid} is linked to {other}");
        }
    }
}
