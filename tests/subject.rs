//! Subjects: whom they reach, what becomes of messages that reach nobody, and what else can be done with an address.

#![cfg(feature = "macros")]

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use otp::{
    prelude::*,
    process::{SendError, Subject},
};

const NOW: Duration = Duration::ZERO;

/// Counts how often it is dropped.
#[derive(Clone, Default)]
struct Drops(Arc<AtomicU32>);

struct Held(Drops);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Relaxed);
    }
}

impl Drops {
    fn count(&self) -> u32 {
        self.0.load(Relaxed)
    }
}

#[otp::test]
fn a_named_subject_reaches_whoever_has_the_name(t: &mut Sim) {
    let told = process::current().subject();
    let serve = |id: u32| {
        let told = told.clone();
        move |me: &mut process::Me| {
            process::register("desk", me.pid()).unwrap();
            let desk = Subject::<&str>::named("desk");
            while let Some(message) = desk.receive(None) {
                told.send((id, message));
            }
        }
    };
    let desk = Subject::<&str>::named(String::from("desk"));
    assert_eq!((desk.owner(), desk.try_send("nobody")), (None, Err(SendError::NoProc("nobody"))));
    desk.send("nobody");

    let first = process::spawn(serve(1));
    t.settle();
    assert_eq!((desk.owner(), desk.try_send("one")), (Some(first), Ok(())));
    assert_eq!(told.receive(None), Some((1, "one")));

    process::exit(first, ExitReason::Kill);
    t.settle();
    let second = process::spawn(serve(2));
    t.settle();
    desk.send("two");
    assert_eq!((desk.owner(), told.receive(None)), (Some(second), Some((2, "two"))));
    assert_eq!(told.receive(NOW), None);
}

#[otp::test]
fn named_subjects_of_different_types_are_different(_t: &mut Sim) {
    process::register("both", otp::self_pid()).unwrap();
    let (numbers, texts) = (Subject::<u32>::named("both"), Subject::<&str>::named("both"));
    texts.send("text");
    numbers.send(1);
    assert_eq!((numbers.receive(NOW), texts.receive(NOW)), (Some(1), Some("text")));
    assert_eq!(numbers, Subject::named("both"));
    assert_ne!(numbers, Subject::named("other"));
}

#[otp::test]
fn only_who_has_the_name_receives_from_a_named_subject(t: &mut Sim) {
    let (_, monitor) = process::spawn_monitor(|_| assert_eq!(Subject::<u32>::named("nobody").receive(None), None));
    let down = process::current().receive_down(monitor, None).unwrap();
    let message = down.reason.as_panic().unwrap().message.clone();
    assert!(message.contains("received from by the process that has the name `nobody`"), "{message}");
    t.crashes();
}

#[otp::test]
fn a_message_for_a_dead_owner_comes_back(t: &mut Sim) {
    let subjects = process::current().subject();
    let told = subjects.clone();
    let owner = process::spawn(move |me| told.send(me.subject::<Box<u32>>()));
    let subject = subjects.receive(None).unwrap();
    t.settle();
    assert_eq!(subject.try_send(Box::new(7)), Err(SendError::NoProc(Box::new(7))));
    assert_eq!(subject.try_send(Box::new(7)).unwrap_err().into_message(), Box::new(7));
    let mapped = subject.map(|n: u32| Box::new(n));
    assert_eq!(mapped.try_send(8), Err(SendError::NoProc(8)));
    assert_eq!((subject.owner(), mapped.owner()), (Some(owner), Some(owner)));
    subject.send(Box::new(9));
}

#[otp::test]
fn a_mapped_subject_maps_in_the_process_that_sends(_t: &mut Sim) {
    let numbers = process::current().subject::<(u32, Pid)>();
    let doubled = numbers.map(|n: u32| (2 * n, otp::self_pid()));
    let lengths = doubled.map(|text: &str| text.len() as u32);
    let sender = process::spawn(move |_| {
        doubled.send(4);
        lengths.try_send("abc").unwrap();
    });
    assert_eq!(numbers.receive(None), Some((8, sender)));
    assert_eq!(numbers.receive(None), Some((6, sender)));
}

#[otp::test]
fn a_null_subject_drops_what_is_sent(_t: &mut Sim) {
    let (null, drops) = (Subject::null(), Drops::default());
    null.send(Held(drops.clone()));
    assert!(null.try_send(Held(drops.clone())).is_ok());
    assert_eq!((drops.count(), null.owner()), (2, None));
    assert_eq!(process::info(otp::self_pid()).unwrap().message_queue_len, 0);
}

#[otp::test]
fn a_closed_subject_drops_what_waits_and_what_comes_later(t: &mut Sim) {
    let (subject, drops) = (process::current().subject::<Held>(), Drops::default());
    let other = process::current().subject::<u32>();
    subject.send(Held(drops.clone()));
    other.send(1);
    subject.send(Held(drops.clone()));
    subject.close();
    assert_eq!(drops.count(), 2);
    let late = (subject.clone(), drops.clone());
    process::spawn(move |_| {
        late.0.send(Held(late.1.clone()));
        assert!(matches!(late.0.try_send(Held(late.1.clone())), Err(SendError::Closed(_))));
        assert!(matches!(late.0.map(|held: Held| held).try_send(Held(late.1)), Err(SendError::Closed(_))));
    });
    t.settle();
    assert_eq!((drops.count(), subject.receive(NOW).is_none()), (5, true));
    assert_eq!((other.receive(NOW), process::info(otp::self_pid()).unwrap().message_queue_len), (Some(1), 0));
}

/// One who looked whether it is open just before it was closed.
#[test]
fn nothing_is_left_of_a_closed_subject_whenever_others_send() {
    let node = process::Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        let done = process::current().subject();
        for _ in 0..300 {
            let (answers, done) = (process::current().subject(), done.clone());
            let to = answers.clone();
            process::spawn(move |_| {
                (0..20).for_each(|n| to.send(n));
                done.send(());
            });
            answers.receive(None);
            answers.close();
        }
        (0..300).for_each(|_| done.receive(None).unwrap());
        assert_eq!(process::info(otp::self_pid()).unwrap().message_queue_len, 0);
    });
    node.stop();
}

#[otp::test]
fn only_its_owner_closes_a_subject(t: &mut Sim) {
    let subject = process::current().subject::<u32>();
    let to = subject.clone();
    let (_, monitor) = process::spawn_monitor(move |_| to.close());
    assert!(process::current().receive_down(monitor, None).unwrap().reason.as_panic().is_some());
    subject.send(1);
    assert_eq!(subject.receive(NOW), Some(1));
    t.crashes();
}

#[otp::test]
fn to_receive_can_be_awaited(t: &mut Sim) {
    let told = process::current().subject();
    let sender = told.clone();
    process::spawn_async(move |me| async move {
        let numbers = me.subject::<u32>();
        assert_eq!(numbers.receive_async(Duration::from_secs(1)).await, None);
        sender.send(numbers.clone());
        if numbers.receive_async(None).await == Some(1) {
            sender.send(numbers);
        }
    });
    t.settle();
    assert_eq!(told.receive(NOW), None);
    t.advance(Duration::from_secs(1));
    let numbers = told.receive(NOW).unwrap();
    numbers.send(1);
    assert_eq!(told.receive(None), Some(numbers));
}

#[otp::test]
#[expect(clippy::mutable_key_type, reason = "that it was closed is no part of what makes a subject")]
fn subjects_are_keys(_t: &mut Sim) {
    let me = process::current();
    let (a, b) = (me.subject::<u32>(), me.subject::<u32>());
    let members: HashSet<_> = [a.clone(), b.clone(), a.clone(), Subject::null(), Subject::null()].into();
    assert_eq!(members.len(), 3);
    assert_ne!(a, b);
}

struct Sink(Subject<String>);

#[actor]
impl Sink {
    #[init]
    fn init(told: Subject<String>) -> Self {
        Self(told)
    }

    #[handle_info]
    fn number(&mut self, number: u32) {
        self.0.send(format!("number {number}"));
    }

    #[handle_info]
    fn text(&mut self, text: &'static str) {
        self.0.send(format!("text {text}"));
    }
}

#[otp::test]
fn what_is_sent_to_a_server_arrives_by_its_type(t: &mut Sim) {
    let told = process::current().subject();
    let sink = Sink::start(told.clone()).unwrap();
    let pid = sink.pid().unwrap();
    process::send(pid, "a");
    process::send(pid, 1_u32);
    process::send(pid, 'x');
    process::send(pid, 2_u32);
    assert_eq!(told.receive(None).unwrap(), "text a");
    assert_eq!(told.receive(None).unwrap(), "number 1");
    assert_eq!(told.receive(None).unwrap(), "number 2");
    t.kill(&sink);
    process::send(pid, 3_u32);
    t.settle();
    assert_eq!(told.receive(NOW), None);
}

#[otp::test]
fn a_server_gives_subjects_for_what_it_handles_by_type(t: &mut Sim) {
    let told = process::current().subject();
    let sink = Sink::start(told.clone()).unwrap();
    let (numbers, texts) = (sink.subject::<u32>(), sink.subject::<&'static str>());
    texts.send("a");
    numbers.map(|text: String| text.len() as u32).send("abc".into());
    sink.as_async().subject::<u32>().send(4);
    for expected in ["text a", "number 3", "number 4"] {
        assert_eq!(told.receive(None).unwrap(), expected);
    }
    assert_eq!((numbers.owner(), numbers.clone()), (sink.pid(), sink.subject()));
    t.kill(&sink);
    t.settle();
    assert_eq!(numbers.try_send(5), Err(SendError::NoProc(5)));
}

supervisor! {
    Tree<one_for_one>(told: Subject<String>) {
        sink: Sink(told.clone());
        other: Sink(told.clone());
    }
}

#[otp::test(seeds = 20)]
fn the_subject_of_a_place_follows_restarts(t: &mut Sim) {
    let told = process::current().subject();
    let tree = Tree::start(told.clone()).unwrap();
    let numbers = tree.sink().subject::<u32>();
    assert_eq!(numbers, tree.sink().subject());
    assert_ne!(numbers, tree.other().subject());
    let first = numbers.owner();
    t.kill(&tree.sink());
    t.settle();
    numbers.send(1);
    assert_eq!(told.receive(None).unwrap(), "number 1");
    assert_ne!(numbers.owner(), first);
    let slot = tree.supervisor().place().child("sink");
    tree.supervisor().stop().unwrap();
    t.settle();
    assert_eq!((numbers.owner(), numbers.try_send(2), slot.undelivered()), (None, Err(SendError::NoProc(2)), 0));
    numbers.send(2);
    assert_eq!(slot.undelivered(), 1);
}

/// Makes subjects of its own.
struct Desk {
    log: Vec<String>,
    lines: Subject<String>,
}

#[actor]
impl Desk {
    #[init]
    fn init(told: Subject<(Subject<String>, Subject<u32>)>, ctx: &mut Context<Self>) -> Self {
        let lines = ctx.subject(|me, line| me.line(line));
        told.send((lines.clone(), ctx.subject(|me, number: u32| me.line(format!("{}", 10 / number)))));
        Self { log: Vec::new(), lines }
    }

    #[handle_cast]
    fn line(&mut self, line: String) {
        self.log.push(line);
    }

    #[handle_cast]
    fn close(&mut self) {
        self.lines.close();
    }

    #[handle_call]
    fn log(&self) -> Vec<String> {
        self.log.clone()
    }
}

#[otp::test(seeds = 20)]
fn messages_of_a_servers_own_subject_arrive_as_its_own(t: &mut Sim) {
    let told = process::current().subject();
    let desk = Desk::start(told.clone()).unwrap();
    let (lines, numbers) = told.receive(None).unwrap();
    assert_eq!(lines.owner(), desk.pid());
    lines.send("one".into());
    desk.line("two".into());
    numbers.send(5);
    assert_eq!(desk.log().unwrap(), ["one", "two", "2"]);

    // It handles what came before it closed, and nothing later.
    lines.send("three".into());
    desk.close();
    lines.send("four".into());
    desk.line("five".into());
    assert_eq!(desk.log().unwrap(), ["one", "two", "2", "three", "five"]);
    assert_eq!(lines.try_send("six".into()), Err(SendError::Closed("six".into())));
    lines.map(|()| "seven".into()).send(());

    // A panic in the closure is the server's, not the sender's.
    numbers.send(0);
    t.settle();
    assert_eq!((desk.is_alive(), t.crashes().len()), (false, 1));
    assert_eq!(numbers.try_send(1), Err(SendError::NoProc(1)));
}

#[otp::test]
fn a_subject_of_a_server_is_neither_received_from_nor_closed_by_others(t: &mut Sim) {
    let told = process::current().subject();
    let sink = Sink::start(process::current().subject()).unwrap();
    let _desk = Desk::start(told.clone()).unwrap();
    let (lines, _) = told.receive(None).unwrap();
    let (numbers, same) = (sink.subject::<u32>(), sink.subject::<u32>());
    let own = lines.clone();
    let codes: [Box<dyn FnOnce() + Send>; 4] = [
        Box::new(move || assert_eq!(numbers.receive(None), None)),
        Box::new(move || same.close()),
        Box::new(move || assert_eq!(lines.receive(None), None)),
        Box::new(move || own.close()),
    ];
    for code in codes {
        let (_, monitor) = process::spawn_monitor(move |_| code());
        assert!(process::current().receive_down(monitor, None).unwrap().reason.as_panic().is_some());
    }
    t.crashes();
}

struct Generic<T> {
    seen: Vec<T>,
}

/// A parameter could be the type of another handler: only what is clear has a subject.
#[actor]
impl<T: Clone + Send + 'static> Generic<T> {
    #[init]
    fn init() -> Self {
        Self { seen: Vec::new() }
    }

    #[handle_info]
    fn one(&mut self, wrapped: Option<T>) {
        self.seen.extend(wrapped);
    }

    #[handle_info]
    fn several(&mut self, several: Vec<T>) {
        self.seen.extend(several);
    }

    #[handle_info]
    fn plain(&mut self, _nothing: ()) {
        self.seen.clear();
    }

    #[handle_info]
    fn any(&mut self, other: T) {
        self.seen.push(other);
    }

    #[handle_call]
    fn seen(&self) -> Vec<T> {
        self.seen.clone()
    }
}

#[otp::test]
fn generic_servers_give_subjects_too(_t: &mut Sim) {
    let generic = Generic::<u32>::start().unwrap();
    generic.subject::<()>().send(());
    process::send(generic.pid().unwrap(), Some(1_u32));
    process::send(generic.pid().unwrap(), vec![2_u32]);
    process::send(generic.pid().unwrap(), 3_u32);
    assert_eq!(generic.seen().unwrap(), [1, 2, 3]);
}

struct Wraps<T>(Vec<T>);

#[actor]
impl<T: Clone + Send + 'static> Wraps<T> {
    #[init]
    fn init() -> Self {
        Self(Vec::new())
    }

    #[handle_info]
    fn one(&mut self, one: Option<T>) {
        self.0.extend(one);
    }

    #[cfg(any())]
    #[handle_info]
    fn several(&mut self, several: Missing) {
        self.0.extend(several);
    }

    #[cfg(not(any()))]
    #[handle_info]
    fn several(&mut self, several: Vec<T>) {
        self.0.extend(several);
    }

    #[handle_info]
    fn down(&mut self, _down: Down) {}

    #[handle_info]
    fn exit(&mut self, _exit: Exit) {}

    #[handle_call]
    fn seen(&self) -> Vec<T> {
        self.0.clone()
    }
}

#[otp::test]
fn wrapped_parameters_are_clear(_t: &mut Sim) {
    let wraps = Wraps::<u32>::start().unwrap();
    wraps.subject::<Option<u32>>().send(Some(1));
    wraps.subject::<Vec<u32>>().send(vec![2]);
    assert_eq!(wraps.seen().unwrap(), [1, 2]);
}
