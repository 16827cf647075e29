//! Many stacks at once, and their memory.

use std::{fs, sync::mpsc};

use otp::{Node, process};

/// Bytes that this program has resident.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

/// The mappings of this program.
fn mappings() -> usize {
    fs::read_to_string("/proc/self/maps").unwrap().lines().count()
}

fn guards_cost_mappings() -> bool {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(|number| number.parse::<u32>().unwrap_or(0));
    (numbers.next(), numbers.next()) < (Some(6), Some(13))
}

#[test]
fn more_wait_than_the_system_has_mappings_and_their_memory_comes_back() {
    const WAITING: usize = 100_000;
    if guards_cost_mappings() {
        return;
    }
    let node = Node::builder().start().unwrap();
    node.enter(|| {
        let before = resident();
        let (tell, told) = mpsc::channel();
        for _ in 0..WAITING {
            let tell = tell.clone();
            process::spawn(move |me| {
                let go = me.subject::<()>();
                tell.send(go.clone()).unwrap();
                go.receive(None).unwrap();
            });
        }
        let go: Vec<_> = told.iter().take(WAITING).collect();
        let each = (resident() - before) / WAITING;
        assert!(each < 16 * 1024, "each that waits takes {each} bytes");
        // Others can map memory still.
        assert!(mappings() < 10_000, "{} mappings", mappings());
        go.iter().for_each(|go| go.send(()));
        while node.len() > 1 {
            std::thread::yield_now();
        }
    });
    node.stop();
    assert!(mappings() < 1000, "{} mappings are left", mappings());
}
