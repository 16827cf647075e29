//! The examples do what they say.

#![cfg(feature = "macros")]

use std::process::Command;

/// Runs an example; what it printed to standard output.
fn run(example: &str) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--example", example])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{example} failed:\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("the output is text")
}

#[test]
fn calculator() {
    let output = run("calculator");
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines[0], "the value is 42");
    assert!(lines[1].starts_with("the calculator panicked: attempt to divide by zero, at "), "{}", lines[1]);
    assert!(lines[1].ends_with("in `divide`"), "{}", lines[1]);
    assert_eq!(lines[2], "asked for its value: there is no such process");
}

#[test]
fn clock() {
    let output = run("clock");
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines[..5], ["tick 1", "tick 2", "tick 3", "it stands: true", "it goes on: true"]);
    // On a busy machine it has ticked once more before it was paused, or stopped.
    assert!(lines[5].starts_with("the clock ends (normal) at "), "{}", lines[5]);
    assert_eq!(lines[6..], ["asked for the time: there is no such process"]);
}

#[test]
fn egg_timer() {
    let expected = "the forgotten egg is taken out: true\n\
        again: false\n\
        ring! the soft egg is done, and None of it left\n\
        ring! the hard egg is done, and None of it left\n\
        the ostrich egg takes 90 minutes more\n\
        timers that ended with it: 1\n";
    assert_eq!(run("egg_timer"), expected);
}

#[test]
fn channels() {
    let heard = [
        "[ann] ann has joined",
        "[ann] bob has joined",
        "[bob] bob has joined",
        "[ann] ann: hello",
        "[bob] ann: hello",
        "[ann] bob is gone: killed",
        "[ann] cem has joined",
        "[cem] cem has joined",
        "[cem] ann has left",
        "[cem] cem: nobody else here",
    ];
    assert_eq!(run("channels").lines().collect::<Vec<_>>(), heard);
}

#[test]
fn ring() {
    assert!(run("ring").starts_with("1000 processes, 100000 hops, "));
}

#[test]
fn stack() {
    let expected = [
        "popped 3",
        "popped 2",
        "popped 1",
        "  (the stack ends: the stack is empty)",
        "popped nothing: the stack died of it",
        "stacks: 1",
        "popped 2",
        "  (the stack ends: normal)",
        "stacks: 0",
        "popped nothing: there is no such process",
    ];
    assert_eq!(run("stack").lines().collect::<Vec<_>>(), expected);
}

#[test]
fn super_duper() {
    let output = run("super_duper");
    // The lines of the tree carry pids, which are of no interest here.
    let lines: Vec<&str> = output.lines().filter(|line| !line.contains('<')).map(str::trim).collect();
    let prologue = ["Superman starts", "Batman starts", "Robin starts", "Batman: I am the night"];
    let death = ["Batman ends: a blow to the head", "(Batman is mourned: a blow to the head)"];
    let epilogue = ["Robin ends: shutdown", "Batman ends: shutdown", "Superman ends: shutdown"];
    let healed: [(&str, &[&str]); 3] = [
        ("OneForOne", &["Batman starts"]),
        (
            "OneForAll",
            &["Robin ends: shutdown", "Superman ends: shutdown", "Superman starts", "Batman starts", "Robin starts"],
        ),
        ("RestForOne", &["Robin ends: shutdown", "Batman starts", "Robin starts"]),
    ];
    let mut rest = lines.into_iter();
    for (tree, healing) in healed {
        assert_eq!(rest.next(), Some(&*format!("{tree}: the curtain rises")));
        for line in prologue {
            assert_eq!(rest.next(), Some(line), "{tree}");
        }
        // Who mourns learns of the death while the supervisor heals: the two may print in any order, each in its own.
        let mut seen: Vec<&str> = rest.by_ref().take(death.len() + healing.len()).collect();
        let told = seen.iter().position(|line| *line == death[1]).expect("the death is known");
        seen.remove(told);
        assert_eq!(seen[0], death[0], "{tree}");
        assert_eq!(&seen[1..], healing, "{tree}");
        for line in ["Batman: I am back", &*format!("{tree}: the curtain falls")].into_iter().chain(epilogue) {
            assert_eq!(rest.next(), Some(line), "{tree}");
        }
    }
    let improvised = [
        "Improvised: the curtain rises",
        "Batman starts",
        "Joker starts",
        "Batman: Who are you?",
        "(no role for Robin: the supervisor has as many children as it may have)",
        "Joker ends: laughter",
        "Joker starts",
        "Joker: Did you miss me?",
        "Joker ends: shutdown",
        "(Joker is written out: there is no such process)",
        "Robin starts",
        "Robin: Holy vacancy!",
        "Batman ends: shutdown",
        "Improvised: the curtain falls",
        "Robin ends: shutdown",
    ];
    assert_eq!(rest.collect::<Vec<_>>(), improvised);
}

#[test]
fn boot_order() {
    let tables = ["table of users is up", "table of orders is up"];
    let services = ["client is up", "web handler is up"];
    let output = run("boot_order");
    let mut lines = output.lines();
    for (title, parts) in [
        ("the system boots", &[tables, services].concat()[..]),
        ("the web handler crashes: it alone starts again", &services[1..]),
        ("the client crashes as well: once too often for the services, which start again", &services),
        ("the table of users crashes: the other one goes with it", &tables),
        ("and again: the tables start again, and then all that was started after them", &[tables, services].concat()),
        ("the client crashes: it alone starts again, as its supervisor is a new one", &services[..1]),
        ("the system ends", &[]),
    ] {
        assert_eq!(lines.next(), Some(title));
        for part in parts {
            assert_eq!(lines.next().map(str::trim), Some(*part), "{title}");
        }
    }
    assert_eq!(lines.next(), None);
}

#[test]
fn connections() {
    let expected = [
        "connected to erlang.org",
        "to erlang.org: hello",
        "lines sent: 1",
        "to erlang.org: again",
        "lines sent: 2",
        "connected to rust-lang.org",
        r#"connections: ["erlang.org", "rust-lang.org"]"#,
        "asked again: Some(NoProc)",
        "the connection to erlang.org is gone: \"the other side has hung up\"",
        "connected to erlang.org",
        "to erlang.org: hello",
        "lines sent: 1",
        r#"connections: ["erlang.org", "rust-lang.org"]"#,
    ];
    let output = run("connections");
    // Whether the directory or the caller hears of the end first is open.
    let sorted = |lines: &[&str]| {
        let mut lines = lines.to_vec();
        lines.sort_unstable();
        lines.join("\n")
    };
    let lines: Vec<_> = output.lines().collect();
    assert_eq!(lines[..7], expected[..7]);
    assert_eq!(sorted(&lines[7..9]), sorted(&expected[7..9]));
    assert_eq!(lines[9..], expected[9..]);
}

#[test]
fn rock_paper_scissors() {
    let expected = [
        "ann has won, bob has lost",
        "ann has lost, bob has won",
        "and now somebody turns the table over",
        "cem has lost, dan has won",
        r#"wins: [("ann", 1), ("bob", 1), ("dan", 1)]"#,
    ];
    assert_eq!(run("rock_paper_scissors").lines().collect::<Vec<_>>(), expected);
}

#[test]
fn sessions() {
    let list = ["    1: Joe", "    2: Mike", "    3: Robert"];
    let mut expected = vec!["the sessions, by id"];
    expected.extend(list);
    expected.extend(["Joe has said 2 things", "his session crashes: the next one has his id", "    another process"]);
    expected.push("Joe has said 1 thing");
    expected.extend(["Robert leaves: his id is nobody's", "    there is no such process"]);
    assert_eq!(run("sessions").lines().collect::<Vec<_>>(), expected);
}

#[test]
fn ticker() {
    let expected = [
        "BEAM 1986.05",
        "RUST 2015.05",
        "larger steps",
        "BEAM 1987.05",
        "a producer crashes: the next one is found by the same symbol",
        "BEAM 1987.00",
        "the news",
        "    BEAM is up",
        "    RUST is up",
        "    nothing of SLOW: the task gave no result in time",
    ];
    assert_eq!(run("ticker").lines().collect::<Vec<_>>(), expected);
}
