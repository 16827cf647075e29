//! Selectors: what they take, in which order, and what they leave.

#![cfg(feature = "macros")]

use otp::{
    prelude::*,
    process::{Selector, Subject},
};

const NOW: Duration = Duration::ZERO;

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// What came, as text.
fn text(other: Info) -> String {
    match other.downcast::<u32>() {
        Ok(number) => format!("other {number}"),
        Err(other) if other.is::<Down>() => "other down".into(),
        Err(other) if other.is::<Exit>() => "other exit".into(),
        Err(_) => "other".into(),
    }
}

/// A process that ends with `reason`, and has ended.
fn ended(t: &mut Sim, reason: ExitReason) -> MonitorRef {
    let (_, monitor) = process::spawn_monitor(move |_| -> () { process::exit_self(reason) });
    t.settle();
    t.crashes();
    monitor
}

#[otp::test]
fn takes_the_oldest_message_that_it_selects_and_leaves_the_others(_t: &mut Sim) {
    let me = process::current();
    let (a, b, c) = (me.subject::<u32>(), me.subject::<&str>(), me.subject::<char>());
    c.send('x');
    b.send("three");
    a.send(1);
    c.send('y');
    a.send(2);
    let selector = Selector::new().select(&a).select_map(&b, |text| text.len() as u32);
    let taken: Vec<_> = std::iter::from_fn(|| selector.receive(NOW)).collect();
    assert_eq!(taken, [5, 1, 2]);
    assert_eq!((c.receive(NOW), c.receive(NOW), c.receive(NOW)), (Some('x'), Some('y'), None));
}

#[otp::test(seeds = 20)]
fn waits_for_whatever_comes_first(t: &mut Sim) {
    let me = process::current();
    let (a, b) = (me.subject::<u32>(), me.subject::<u32>());
    let selector = Selector::new().select(&a).select(&b);
    let began = t.now();
    assert_eq!(selector.receive(millis(10)), None);
    assert_eq!(t.now() - began, millis(10));
    let (to_a, to_b) = (a.clone(), b.clone());
    process::spawn(move |_| {
        otp::sleep(millis(5));
        to_b.send(1);
        otp::sleep(millis(5));
        to_a.send(2);
    });
    assert_eq!((selector.receive(None), t.now() - began), (Some(1), millis(15)));
    assert_eq!((selector.receive(None), t.now() - began), (Some(2), millis(20)));
}

#[otp::test]
fn a_monitor_of_its_own_comes_before_all_monitors_and_those_before_the_rest(t: &mut Sim) {
    let (one, two) = (ended(t, ExitReason::Normal), ended(t, ExitReason::Shutdown));
    let three = ended(t, ExitReason::Normal);
    // The parts are said in another order than they count.
    let monitors = Selector::new()
        .select_other(text)
        .select_monitors(|down| format!("any {}", down.reason))
        .select_monitor(one, |down| format!("one {}", down.reason));
    assert_eq!(monitors.receive(NOW).unwrap(), "one normal");
    assert_eq!(monitors.receive(NOW).unwrap(), "any shutdown");
    let other = Selector::new().select_other(text).select_monitor(two, |_| unreachable!());
    assert_eq!(other.receive(NOW).unwrap(), "other down");
    assert_eq!(process::current().receive_down(three, NOW), None);
}

#[otp::test]
fn without_a_catch_all_what_it_does_not_select_stays(t: &mut Sim) {
    let me = process::current();
    let (monitor, subject) = (ended(t, ExitReason::Normal), me.subject::<u32>());
    subject.send(1);
    process::send(me.pid(), 2_u32);
    let nothing = Selector::<()>::new();
    assert_eq!(nothing.receive(NOW), None);
    assert_eq!(Selector::new().select_exits(|exit| exit.from).receive(NOW), None);
    assert_eq!(process::info(me.pid()).unwrap().message_queue_len, 3);
    assert_eq!(subject.receive(NOW), Some(1));
    assert!(me.receive_down(monitor, NOW).is_some());
    assert_eq!(Selector::new().select_type(|n: u32| n).receive(NOW), Some(2));
}

#[otp::test]
fn a_catch_all_takes_everything(t: &mut Sim) {
    let me = process::current();
    let subject = me.subject::<u32>();
    process::spawn_link(|_| ());
    t.settle();
    ended(t, ExitReason::Normal);
    subject.send(1);
    process::send(me.pid(), 2_u32);
    process::send(me.pid(), "text");
    let all = Selector::new().select_other(text);
    let taken: Vec<_> = std::iter::from_fn(|| all.receive(NOW)).collect();
    assert_eq!(taken, ["other exit", "other down", "other 1", "other 2", "other"]);
}

#[otp::test]
fn raw_messages_are_selected_by_their_type(_t: &mut Sim) {
    let me = process::current();
    let subject = me.subject::<u32>();
    subject.send(1);
    process::send(me.pid(), "two");
    process::send(me.pid(), 3_u32);
    let raw = Selector::new().select_type(|n: u32| format!("number {n}")).select_type(|s: &str| format!("text {s}"));
    assert_eq!((raw.receive(NOW), raw.receive(NOW)), (Some("text two".into()), Some("number 3".into())));
    // A message of a subject is none of a type.
    assert_eq!((raw.receive(NOW), subject.receive(NOW)), (None, Some(1)));
}

#[otp::test]
fn trapped_exits_are_selected(t: &mut Sim) {
    let child = process::spawn_link(|_| -> () { process::exit_self(ExitReason::Shutdown) });
    t.settle();
    let exits = Selector::new().select_exits(|exit| (exit.from, exit.reason));
    assert_eq!(exits.receive(NOW), Some((child, ExitReason::Shutdown)));
}

#[otp::test]
fn what_is_deselected_stays(t: &mut Sim) {
    let me = process::current();
    let (a, b) = (me.subject::<u32>(), me.subject::<u32>());
    let (one, two) = (ended(t, ExitReason::Normal), ended(t, ExitReason::Shutdown));
    a.send(1);
    b.send(2);
    let both = Selector::new().select(&a).select(&b).select_monitor(one, |_| 3).select_monitor(two, |_| 4);
    let rest = both.clone().deselect(&a).deselect_monitor(one);
    assert_eq!((rest.receive(NOW), rest.receive(NOW), rest.receive(NOW)), (Some(4), Some(2), None));
    assert_eq!((both.receive(NOW), both.receive(NOW), both.receive(NOW)), (Some(3), Some(1), None));
}

#[otp::test]
fn of_two_that_are_merged_the_second_wins(_t: &mut Sim) {
    let me = process::current();
    let (a, b, c) = (me.subject::<u32>(), me.subject::<u32>(), me.subject::<u32>());
    let first = Selector::new().select_map(&a, |n| ("first", n)).select_map(&b, |n| ("first", n));
    let second = Selector::new().select_map(&b, |n| ("second", n)).select_map(&c, |n| ("second", n));
    let merged = first.merge(second);
    for (n, subject) in [&a, &b, &c].into_iter().enumerate() {
        subject.send(n as u32);
    }
    assert_eq!(merged.receive(NOW), Some(("first", 0)));
    assert_eq!(merged.receive(NOW), Some(("second", 1)));
    assert_eq!(merged.receive(NOW), Some(("second", 2)));
    // The later of two parts for one thing as well.
    a.send(3);
    assert_eq!(merged.select_map(&a, |n| ("last", n)).receive(NOW), Some(("last", 3)));
}

#[otp::test]
fn mappings_apply_in_the_order_in_which_they_were_added(_t: &mut Sim) {
    let numbers = process::current().subject::<u32>();
    let selector = Selector::new().select_map(&numbers, |n| n + 1).map(|n| n * 10).map(|n| format!("<{n}>"));
    numbers.send(1);
    assert_eq!(selector.receive(NOW).unwrap(), "<20>");
}

#[otp::test]
fn its_functions_may_receive_send_and_select_themselves(_t: &mut Sim) {
    let me = process::current();
    let (a, b) = (me.subject::<u32>(), me.subject::<u32>());
    let (inner, back) = (b.clone(), a.clone());
    let selector = Selector::new().select_map(&a, move |n| {
        back.send(n + 1);
        otp::sleep(millis(1));
        n + Selector::new().select(&inner).receive(None).unwrap()
    });
    a.send(1);
    b.send(10);
    assert_eq!(selector.receive(None), Some(11));
    assert_eq!(a.receive(NOW), Some(2));
}

#[otp::test]
fn a_panic_in_a_function_takes_the_message_and_nothing_else(_t: &mut Sim) {
    let numbers = process::current().subject::<u32>();
    let selector = Selector::new().select_map(&numbers, |n| if n == 1 { panic!("one") } else { n });
    numbers.send(1);
    numbers.send(2);
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| selector.receive(NOW))).unwrap_err();
    assert_eq!(selector.receive(NOW), Some(2));
}

#[otp::test]
fn null_subjects_have_no_messages_and_foreign_ones_are_refused(t: &mut Sim) {
    let null = Subject::<u32>::null();
    null.send(1);
    assert_eq!(Selector::new().select(&null).receive(NOW), None);
    let mine = process::current().subject::<u32>();
    let mapped = mine.map(|n: u32| n);
    let (_, foreign) = process::spawn_monitor(move |_| drop(Selector::new().select(&mine)));
    let (_, mapped) = process::spawn_monitor(move |_| drop(Selector::new().select(&mapped)));
    for monitor in [foreign, mapped] {
        assert!(process::current().receive_down(monitor, None).unwrap().reason.as_panic().is_some());
    }
    t.crashes();
}

#[otp::test]
fn a_named_subject_may_be_selected_before_the_name_is_taken(_t: &mut Sim) {
    let orders = Subject::<u32>::named("kitchen");
    let selector = Selector::new().select(&orders);
    process::register("kitchen", otp::self_pid()).unwrap();
    orders.send(1);
    assert_eq!(selector.receive(NOW), Some(1));
}

#[otp::test]
fn async_processes_select_too(t: &mut Sim) {
    let told = process::current().subject();
    let (subjects, answers) = (told.clone(), process::current().subject());
    let results = answers.clone();
    process::spawn_async(move |me| async move {
        let (numbers, texts) = (me.subject::<u32>(), me.subject::<String>());
        subjects.send((numbers.clone(), texts.clone()));
        let selector = Selector::new().select(&numbers).select_map(&texts, |text| text.len() as u32);
        results.send(selector.receive_async(millis(1)).await);
        results.send(selector.receive_async(None).await);
        results.send(selector.receive_async(None).await);
    });
    let (numbers, texts) = told.receive(None).unwrap();
    assert_eq!(answers.receive(None), Some(None));
    texts.send("abc".into());
    numbers.send(1);
    assert_eq!((answers.receive(None), answers.receive(None)), (Some(Some(3)), Some(Some(1))));
    t.settle();
}

#[otp::test]
fn flush_drops_and_counts_what_waits(t: &mut Sim) {
    let me = process::current();
    let subject = me.subject::<u32>();
    assert_eq!(me.flush(), 0);
    subject.send(1);
    process::send(me.pid(), "raw");
    process::spawn_link(|_| ());
    t.settle();
    ended(t, ExitReason::Normal);
    assert_eq!(me.flush(), 4);
    subject.send(2);
    assert_eq!((subject.receive(None), me.flush()), (Some(2), 0));
}

/// What a server flushes is its own messages; what it will do next is none.
struct Busy {
    told: Subject<&'static str>,
    gates: Subject<Subject<()>>,
}

#[actor]
impl Busy {
    #[init]
    fn init(told: Subject<&'static str>, gates: Subject<Subject<()>>) -> Self {
        Self { told, gates }
    }

    #[handle_cast]
    fn flush(&mut self, ctx: &mut Context<Self>) {
        let gate = process::current().subject();
        self.gates.send(gate.clone());
        ctx.next().after();
        gate.receive(None);
        assert_eq!(process::current().flush(), 2);
    }

    #[handle_call]
    fn call(&mut self) {
        unreachable!("it was flushed");
    }

    #[handle_continue]
    fn after(&mut self) {
        self.told.send("after");
    }

    #[terminate]
    fn bye(&mut self) {
        self.told.send("bye");
    }
}

#[otp::test]
fn a_server_that_flushes_drops_calls_and_goes_on(t: &mut Sim) {
    let (told, gates) = (process::current().subject(), process::current().subject());
    let busy = Busy::start(told.clone(), gates.clone()).unwrap();
    busy.flush();
    let (first, second) = (busy.request().call(), busy.request().call());
    t.settle();
    let stopping = busy.clone();
    process::spawn(move |_| stopping.stop().unwrap());
    t.settle();
    gates.receive(None).unwrap().send(());
    assert!(first.wait().is_err() && second.wait().is_err());
    assert_eq!((told.receive(None), told.receive(None)), (Some("after"), Some("bye")));
    assert!(!busy.is_alive());
}

#[otp::test]
fn what_is_flushed_may_panic_when_it_is_dropped(_t: &mut Sim) {
    struct Panics(Subject<u32>);
    impl Drop for Panics {
        fn drop(&mut self) {
            self.0.send(1);
            panic!("dropped");
        }
    }
    let me = process::current();
    let told = me.subject();
    for _ in 0..2 {
        process::send(me.pid(), Panics(told.clone()));
    }
    std::panic::catch_unwind(|| me.flush()).unwrap_err();
    assert_eq!(me.flush(), 2);
    assert_eq!(told.receive(NOW), None);
}
