//! The examples do what they say.

use std::process::Command;

/// Runs an example; what it printed to standard output.
fn run(example: &str) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--package", "otp", "--example", example])
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
fn ring() {
    assert!(run("ring").starts_with("1000 processes, 100000 hops, "));
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
    assert_eq!(rest.next(), None);
}
