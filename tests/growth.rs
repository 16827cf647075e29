//! What was asked for, refused, dropped or given up leaves nothing behind: no memory, no process, no name, no timer.
//!
//! Each thing is done many times, then as many times again: the second time the program holds as much as after the
//! first.

// Memory is counted by thread, and a stack has one of its own otherwise.
#![cfg(all(feature = "macros", feature = "stacks"))]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::Arc;

use otp::{
    Name,
    client::Requests,
    name::{RegName, RegisterError, UnregisterError, Via},
    prelude::*,
    process::{Selector, Spawn, Subject},
    supervisor::{ChildError, ChildId, DynamicSupervisor, PartitionSupervisor, Place},
    sys, timer,
};

#[path = "common/counting.rs"]
mod counting;

/// So often each thing is done: a byte that each leaves is seen.
const ROUNDS: usize = if cfg!(debug_assertions) { 2_000 } else { 100_000 };

/// What the queues and tables of the runtime may differ by, however often something was done.
const SLACK: isize = 1_000;

/// What there is in a node.
fn tables(t: &Sim) -> (usize, usize, usize) {
    (t.node().len(), t.node().timers(), process::registered().len())
}

/// Does it so often that what it leaves would be seen.
fn leaves_nothing(t: &Sim, what: &str, mut it: impl FnMut(usize)) {
    let mut rounds = |of: usize| {
        let numbers = of * ROUNDS..(of + 1) * ROUNDS;
        numbers.for_each(&mut it);
        t.settle();
        drop(t.crashes());
        (counting::own(), tables(t))
    };
    let (before, after) = (rounds(0), rounds(1));
    let left = after.0 - before.0;
    assert!(left < SLACK, "{what}: {left} bytes are left of {ROUNDS}");
    assert_eq!(after.1, before.1, "{what}: processes, timers, names");
}

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

const NOW: Duration = Duration::ZERO;

struct Echo {
    kept: Option<ReplyTo<u32>>,
}

#[actor]
impl Echo {
    #[init]
    fn init(well: bool) -> Init<Self> {
        if well { Init::Ok(Self { kept: None }) } else { Init::Stop(ExitReason::Shutdown) }
    }

    #[handle_call]
    fn say(&self, n: u32) -> u32 {
        n
    }

    /// Answers the call before.
    #[handle_call]
    fn later(&mut self, reply: ReplyTo<u32>) {
        if let Some(before) = self.kept.replace(reply) {
            before.send(0);
        }
    }

    #[handle_cast]
    fn hear(&self, n: u32) {
        let _ = n;
    }

    #[handle_cast]
    fn tick_after(&self, ctx: &mut Context<Self>, after: u64) {
        ctx.after(millis(after)).hear(1).cancel();
        ctx.after(NOW).hear(1);
        ctx.idle_timeout(millis(after)).hear(1);
        ctx.next().hear(2);
    }

    #[handle_cast]
    fn end(&self, ctx: &mut Context<Self>) {
        ctx.stop(ExitReason::Normal);
    }

    #[handle_info]
    fn any(&self, n: u32) {
        let _ = n;
    }
}

/// A pid that is nobody's any more.
fn nobody(t: &Sim) -> Pid {
    let pid = process::spawn(|_| ());
    t.settle();
    pid
}

#[otp::test(seeds = 1)]
fn places_and_their_clients(t: &mut Sim) {
    let sup = Supervisor::new(Strategy::OneForOne).child("echo", Echo::child_spec(true)).start()?;
    leaves_nothing(t, "clients of children", |n| {
        let gone = sup.child::<Echo>(format!("child {n}"));
        gone.hear(1);
        assert!(gone.say(1).is_err());
        let _ = gone.wait_for_restart().timeout(NOW).say(1);
        drop(gone.request().say(1));
        let _ = gone.monitor();
    });
    leaves_nothing(t, "places of places", |n| {
        let place = sup.place().child(n).child(("deep", n));
        let same = sup.place().child(n).child(("deep", n));
        same.child("below").pid();
        assert_eq!((place.pid(), sup.place().children("deep").len()), (None, 0));
    });
    leaves_nothing(t, "children that are refused", |n| {
        let refused = sup.start_child("echo", Echo::child_spec(true));
        assert!(matches!(refused, Err(ChildError::AlreadyStarted(_))));
        let failed = sup.start_child(n, Echo::child_spec(false));
        assert!(matches!(failed, Err(ChildError::Start(_))));
        assert_eq!(sup.terminate_child(n), Err(ChildError::NotFound));
        assert_eq!(sup.delete_child(ChildId::from(n)), Err(ChildError::NotFound));
    });
    leaves_nothing(t, "children that come and go", |n| {
        let child = sup.start_child(n, Echo::child_spec(true)).unwrap();
        assert_eq!(child.say(1), Ok(1));
        sup.terminate_child(n).unwrap();
        let _ = child.say(1);
        sup.delete_child(n).unwrap();
    });
    leaves_nothing(t, "roots", |n| drop(Place::child(&sup.place().clone(), n)));
    sup.stop()?;
}

/// A place that was asked for first is the place of the child that comes.
#[otp::test(seeds = 1)]
fn a_place_is_the_same_as_long_as_somebody_names_it(_: &mut Sim) {
    let sup = Supervisor::new(Strategy::OneForOne).start()?;
    let early = sup.child::<Echo>("late");
    let below = sup.place().child("nested").child("below");
    assert!(early.say(1).is_err());
    sup.start_child("late", Echo::child_spec(true))?;
    assert_eq!(early.say(1)?, 1);
    drop(early);
    let deep = sup.place().child("nested").child("below");
    assert_eq!(format!("{:?}", below), format!("{:?}", deep));
}

#[otp::test(seeds = 1)]
fn dynamic_children_and_partitions(t: &mut Sim) {
    let some = DynamicSupervisor::<Echo>::temporary().max_children(1).start()?;
    leaves_nothing(t, "dynamic children", |_| {
        let child = some.start_child((true,)).unwrap();
        assert!(matches!(some.start_child((true,)), Err(ChildError::MaxChildren)));
        some.terminate_child(&child).unwrap();
        assert!(some.terminate_child(&child).is_err());
        assert!(some.start_child((false,)).is_err());
        some.start_child((true,)).unwrap().end();
        t.settle();
    });
    some.supervisor().stop()?;
    let parts = PartitionSupervisor::<Echo>::new(|_| Echo::child_spec(true)).partitions(4).start()?;
    leaves_nothing(t, "partitions", |n| {
        parts.route(&n).hear(1);
        if n % 64 == 0 {
            parts.resize(1).unwrap();
            parts.resize(4).unwrap();
        }
    });
}

#[otp::test(seeds = 1)]
fn relations(t: &mut Sim) {
    let other = Echo::start(true)?.pid().unwrap();
    let gone = nobody(t);
    process::trap_exit(true);
    leaves_nothing(t, "monitors", |_| {
        process::demonitor(process::monitor(other));
        process::demonitor_flush(process::monitor(gone));
        process::demonitor(process::monitor(process::self_pid()));
        process::demonitor_flush(process::monitor_name("nobody"));
        let (_, monitor) = process::spawn_monitor(|_| ());
        assert!(process::current().receive_down(monitor, None).is_some());
    });
    leaves_nothing(t, "links", |_| {
        process::link(other);
        process::unlink(other);
        process::link(gone);
        assert!(process::current().receive_exit(None).is_some());
        process::unlink(gone);
        process::spawn_link(|_| ());
        assert!(process::current().receive_exit(None).is_some());
        t.settle();
    });
    let info = process::info(process::self_pid()).unwrap();
    assert!(info.links.is_empty() && info.monitors.is_empty());
    leaves_nothing(t, "signals to the dead", |_| {
        process::exit(gone, ExitReason::Kill);
        process::exit("nobody", ExitReason::Kill);
        process::send(gone, 1);
        let _ = process::is_alive(gone);
        let _ = (process::info(gone), process::label(gone));
        let _ = process::list();
    });
}

#[derive(Default)]
struct Nobody;

impl Via for Nobody {
    type Key = String;

    fn register(&self, _: &String, pid: Pid) -> Result<(), RegisterError> {
        Err(RegisterError::Taken(pid))
    }

    fn unregister(&self, _: &String) -> Result<(), UnregisterError> {
        Err(UnregisterError)
    }

    fn whereis(&self, _: &String) -> Option<Pid> {
        None
    }
}

#[otp::test(seeds = 1)]
fn names(t: &mut Sim) {
    let (other, gone, via) = (Echo::start(true)?.pid().unwrap(), nobody(t), Arc::new(Nobody));
    process::register("taken", other)?;
    leaves_nothing(t, "names", |n| {
        let name = format!("name {n}");
        process::register(&name, process::self_pid()).unwrap();
        assert_eq!(process::whereis(&name), Some(process::self_pid()));
        assert!(process::register("other", process::self_pid()).is_err());
        process::unregister(&name).unwrap();
        assert!(process::register("taken", process::self_pid()).is_err());
        assert!(process::register(&name, gone).is_err());
        assert!(process::unregister(&name).is_err());
        let _ = RegName::via(&via, name).whereis();
    });
    leaves_nothing(t, "typed names", |n| {
        let name = Name::<Echo>::from(format!("name {n}"));
        let client = name.client();
        client.hear(1);
        assert!(client.say(1).is_err());
        let _ = client.wait_for_restart().timeout(NOW).say(1);
        process::demonitor_flush(name.monitor());
        let server = actor::Starter::<Echo>::new().name(&name).start((true,)).unwrap();
        assert!(actor::Starter::<Echo>::new().name(&name).start((true,)).is_err());
        assert_eq!(client.say(1), Ok(1));
        server.stop().unwrap();
    });
}

#[otp::test(seeds = 1)]
fn timers(t: &mut Sim) {
    let subject = process::current().subject::<u32>();
    let server = Echo::start(true)?;
    let gone = nobody(t);
    leaves_nothing(t, "timers", |_| {
        timer::send_after(millis(5), &subject, 1).cancel();
        timer::start_timer(millis(5), &process::current().subject(), 1).cancel();
        timer::send_interval(millis(5), &subject, 1).cancel();
        timer::apply_after(millis(5), || ()).cancel();
        timer::apply_interval(millis(5), || ()).cancel();
        timer::exit_after(millis(5), gone, ExitReason::Kill);
        timer::kill_after(millis(5), server.pid().unwrap()).cancel();
        timer::send_after(NOW, &Subject::named("nobody"), 1);
        drop(timer::send_after(NOW, &subject, 1));
        server.tick_after(1);
        process::sleep(millis(1));
        assert_eq!(subject.receive(NOW), Some(1));
    });
    // A timer that waits keeps nothing of those that have expired beside it.
    let _ticks = timer::send_interval(Duration::from_secs(3600), &subject, 1);
    leaves_nothing(t, "timers beside one that stays", |_| {
        timer::send_after(millis(1), &subject, 1);
        t.advance(millis(1));
        subject.receive(NOW);
    });
}

/// What was set at once and is cancelled is gone at once: it is not kept until something else is set.
#[otp::test(seeds = 1)]
fn many_at_once(t: &mut Sim) {
    let subject = process::current().subject::<u32>();
    let server = Echo::start(true)?;
    t.settle();
    let before = counting::own();
    let timers: Vec<_> = (0..ROUNDS).map(|_| timer::send_after(millis(5), &subject, 1)).collect();
    assert!(timers.iter().all(|timer| timer.cancel().is_some()));
    drop(timers);
    let requests: Vec<_> = (0..ROUNDS).map(|_| server.request().say(1)).collect();
    t.settle();
    drop(requests);
    let left = counting::own() - before;
    // The slab of the timers, and the queues, keep their room.
    let room = ROUNDS.next_power_of_two() as isize * 160;
    assert!(left < room, "{left} bytes of {room}");
}

#[otp::test(seeds = 1)]
fn subjects_and_selectors(t: &mut Sim) {
    let me = process::current();
    leaves_nothing(t, "subjects", |_| {
        let subject = me.subject::<u32>();
        subject.map(|n: u32| n + 1).send(1);
        assert_eq!(subject.receive(NOW), Some(2));
        subject.close();
        subject.send(1);
        drop(subject.map(|n: u32| n));
        drop(me.subject::<u32>());
        Subject::<u32>::named("nobody").send(1);
        Subject::<u32>::null().send(1);
    });
    let subject = me.subject::<u32>();
    leaves_nothing(t, "selectors", |_| {
        let selector = Selector::new().select(&subject).select_monitors(|_| 0).select_other(|_| 0);
        assert_eq!(selector.receive(NOW), None);
        drop(selector.map(|n| n + 1).merge(Selector::new().select(&subject)).deselect(&subject));
    });
    leaves_nothing(t, "channels", |_| {
        let own = me.subject::<u32>();
        drop(own.channel());
        own.send(1);
        assert_eq!(own.receive(NOW), Some(1));
        drop(Selector::new().select(&own).channel());
        own.send(2);
        assert_eq!(own.receive(NOW), Some(2));
        t.settle();
    });
    leaves_nothing(t, "messages", |n| {
        process::send(process::self_pid(), n);
        me.flush();
    });
}

#[otp::test(seeds = 1)]
fn calls(t: &mut Sim) {
    let server = Echo::start(true)?;
    let dead = Echo::start(true)?;
    dead.stop()?;
    leaves_nothing(t, "requests", |n| {
        let n = n as u32;
        drop(server.request().say(n));
        drop(server.request().later());
        assert!(server.timeout(NOW).later().is_err());
        assert_eq!(server.request().say(n).wait(), Ok(n));
        let mut requests = Requests::new();
        requests.add(1, server.request().say(n));
        requests.add(2, server.request().later());
        assert!(requests.wait(millis(1)).is_ok());
        drop(requests);
        drop(server.as_async().say(n));
        t.settle();
    });
    leaves_nothing(t, "calls to the dead", |n| {
        let n = n as u32;
        assert!(dead.say(n).is_err());
        dead.hear(n);
        drop(dead.request().say(n));
        let _ = dead.monitor();
        assert!(dead.stop().is_err());
        assert!(dead.wait_for_restart().timeout(NOW).say(n).is_err());
        process::current().flush();
    });
    leaves_nothing(t, "messages that nobody waits for", |n| {
        server.hear(n as u32);
        process::send(server.pid().unwrap(), n as u32);
        t.settle();
    });
}

#[otp::test(seeds = 1)]
fn starts(t: &mut Sim) {
    leaves_nothing(t, "starts", |_| {
        assert!(Echo::start(false).is_err());
        let server = Echo::start(true).unwrap();
        server.stop().unwrap();
        process::spawn(|_| process::set_label("a label"));
        process::spawn_async(|_| async {});
        Spawn::new().label("one").link().spawn(|_| ());
        let (_, monitor) = process::spawn_monitor(|_| process::exit_self(ExitReason::Shutdown));
        process::current().receive_down(monitor, None);
        process::current().flush();
    });
    leaves_nothing(t, "trees", |_| {
        let sup = Supervisor::new(Strategy::OneForAll).child("echo", Echo::child_spec(true)).start().unwrap();
        let echo = sup.child::<Echo>("echo");
        sup.stop().unwrap();
        assert!(echo.say(1).is_err());
        let failing = Supervisor::new(Strategy::OneForAll).child("echo", Echo::child_spec(false));
        assert!(failing.start().is_err());
        process::current().flush();
    });
    leaves_nothing(t, "probes", |_| {
        let probe = t.probe::<Echo>();
        probe.client().hear(1);
        drop(probe.client().request().say(1));
        probe.crash(ExitReason::Shutdown);
        process::current().flush();
    });
}

static ENTRY: process::Key<String> = process::Key::new("entry");

#[otp::test(seeds = 1)]
fn what_is_seen_of_a_process(t: &mut Sim) {
    let server = Echo::start(true)?;
    leaves_nothing(t, "sys", |_| {
        sys::suspend(&server).unwrap();
        sys::resume(&server).unwrap();
        sys::status(&server).unwrap();
        sys::set_statistics(&server, true).unwrap();
        sys::statistics(&server).unwrap();
        sys::set_log(&server, 10).unwrap();
        server.hear(1);
        sys::log(&server).unwrap();
        sys::no_debug(&server).unwrap();
    });
    leaves_nothing(t, "labels and dictionaries", |n| {
        process::set_label(format!("label {n}"));
        ENTRY.put(n.to_string());
        let _ = ENTRY.get();
        let _ = process::dictionary::keys();
        if n % 2 == 0 {
            ENTRY.take();
        } else {
            process::dictionary::clear();
        }
        let _ = process::info(process::self_pid());
        let _ = process::info(server.pid().unwrap());
    });
}
