//! Gleam's `static_supervisor`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use otp::prelude::*;

use super::sup::{Journal, Worker};

/// Three children; kills the first, later the second, and gives what happened each time, and who is still the same.
fn healed(t: &Sim, strategy: Strategy) -> [(String, [bool; 3]); 2] {
    let (journal, ids) = (Journal::default(), ["1", "2", "3"]);
    let tree = ids
        .into_iter()
        .fold(Supervisor::new(strategy), |tree, id| tree.child(id, journal.spec(id)))
        .start_link()
        .unwrap();
    assert_eq!(journal.take(), "+1 +2 +3");
    let children = ids.map(|id| tree.child::<Worker>(id));
    [0, 1].map(|killed| {
        let before = children.clone().map(|child| child.pid());
        t.kill(&children[killed]);
        t.settle();
        let after = children.clone().map(|child| child.pid());
        for (child, id) in children.iter().zip(ids) {
            assert_eq!(child.id(), Ok(id));
        }
        (journal.take(), [0, 1, 2].map(|index| after[index] == before[index]))
    })
}

#[otp::test(seeds = 20)]
fn gls_one_for_one(t: &mut Sim) {
    let [first, second] = healed(t, Strategy::OneForOne);
    assert_eq!(first, ("-1 +1".to_owned(), [false, true, true]));
    assert_eq!(second, ("-2 +2".to_owned(), [true, false, true]));
}

#[otp::test(seeds = 20)]
fn gls_rest_for_one(t: &mut Sim) {
    let [first, second] = healed(t, Strategy::RestForOne);
    assert_eq!(first, ("-1 -3 -2 +1 +2 +3".to_owned(), [false; 3]));
    assert_eq!(second, ("-2 -3 +2 +3".to_owned(), [true, false, false]));
}

#[otp::test(seeds = 20)]
fn gls_one_for_all(t: &mut Sim) {
    let [first, second] = healed(t, Strategy::OneForAll);
    assert_eq!(first, ("-1 -3 -2 +1 +2 +3".to_owned(), [false; 3]));
    assert_eq!(second, ("-2 -3 -1 +1 +2 +3".to_owned(), [false; 3]));
}
