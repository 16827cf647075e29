//! 4 Subjects and selectors.

use otp::{prelude::*, process::Selector};

#[otp::test(seeds = 20)]
fn s4_a_selector_takes_the_oldest_that_it_matches_the_most_special_way_first(t: &mut Sim) {
    let (wanted, other) = (process::current().subject::<u32>(), process::current().subject::<u32>());
    let (gone, also_gone) = (process::spawn(|_| ()), process::spawn(|_| ()));
    t.settle();
    other.send(1);
    wanted.send(2);
    let only = Selector::new().select_map(&wanted, |n| n);
    assert_eq!(only.receive(Duration::ZERO), Some(2), "what does not match stays");
    let monitor = process::monitor(gone);
    process::monitor(also_gone);
    t.settle();
    let all = Selector::new()
        .select_other(|_| "other")
        .select_monitors(|_| "any down")
        .select_monitor(monitor, |_| "this down");
    let first: Vec<_> = std::iter::from_fn(|| all.receive(Duration::ZERO)).collect();
    assert_eq!(first, ["other", "this down", "any down"]);
}

#[otp::test(seeds = 20)]
fn s4_of_two_merged_selectors_the_second_wins_and_maps_go_on_maps(_: &mut Sim) {
    let subject = process::current().subject::<u32>();
    let first = Selector::new().select_map(&subject, |n| n + 1);
    let second = Selector::new().select_map(&subject, |n| n + 10);
    subject.send(0);
    let merged = first.merge(second).map(|n| n * 2).map(|n| n + 1);
    assert_eq!(merged.receive(None), Some(21));
    subject.send(0);
    assert_eq!(merged.deselect(&subject).receive(Duration::ZERO), None);
}
