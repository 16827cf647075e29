//! What an operation costs does not grow with what it was not asked about: with how many others there are.
//!
//! Entries that are passed are counted, not time: in a table, list or queue of 1,000 and in one of 100,000.

#![cfg(all(feature = "macros", debug_assertions))]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{future::poll_fn, task::Poll};

use otp::{
    ExitReason, Node, Pid, Strategy, Supervisor, SupervisorRef,
    prelude::*,
    supervisor::{DynamicRef, DynamicSupervisor, PartitionSupervisor},
    timer,
};

const SIZES: [usize; 2] = [1_000, 100_000];

/// So many entries may be passed, however many there are.
const FEW: usize = 8;

/// How many entries `it` passes.
fn passes<R>(it: impl FnOnce() -> R) -> usize {
    let before = otp::__private::passed();
    drop(it());
    otp::__private::passed() - before
}

/// What `it` costs at most, done so often in a row that no list stays as full as it was.
#[track_caller]
fn is_cheap<R>(what: &str, size: usize, mut it: impl FnMut(usize) -> R) {
    let costs = (0..50).map(|n| passes(|| it(n)));
    let most = costs.max().unwrap();
    assert!(most <= FEW, "{what}: {most} of {size} are passed");
}

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

struct Desk {
    kept: Vec<ReplyTo<u32>>,
}

#[actor]
impl Desk {
    #[init]
    fn init() -> Self {
        Self { kept: vec![] }
    }

    #[handle_call]
    fn answer(&self) -> u32 {
        42
    }

    /// Answers never.
    #[handle_call]
    fn keep(&mut self, reply: ReplyTo<u32>) {
        self.kept.push(reply);
    }

    #[handle_cast]
    fn hear(&self) {}
}

#[otp::test(seeds = 1)]
fn one_more_timer(_: &mut Sim) {
    for size in SIZES {
        let subject = process::current().subject::<u32>();
        let _live: Vec<_> = (0..size).map(|_| timer::send_after(secs(1), &subject, 1)).collect();
        is_cheap("a timer", size, |_| drop(timer::send_after(secs(1), &subject, 1)));
        is_cheap("a timer that is cancelled", size, |_| {
            assert!(timer::send_after(secs(1), &subject, 1).cancel().is_some());
        });
        is_cheap("what is left", size, |_| assert!(timer::send_after(secs(1), &subject, 1).left().is_some()));
    }
}

#[otp::test(seeds = 1)]
fn one_more_call(t: &mut Sim) {
    for size in SIZES {
        let desk = Desk::start()?;
        let mut live: Vec<_> = (0..size).map(|_| desk.request().keep()).collect();
        // Asked about by a thread of no process, as it were.
        live.iter_mut().for_each(|reply| drop(reply.check()));
        t.settle();
        is_cheap("a call", size, |_| assert_eq!(desk.answer(), Ok(42)));
        is_cheap("a call that is deferred", size, |_| {
            drop(desk.request().keep().check());
            t.settle();
        });
        is_cheap("a call that is given up", size, |_| drop(desk.timeout(Duration::ZERO).keep()));
    }
}

/// Messages that nobody asks for now wait before all others.
fn fill(size: usize) {
    let others = process::current().subject::<usize>();
    (0..size).for_each(|n| others.send(n));
}

#[otp::test(seeds = 1)]
fn one_more_message_for_a_receive_that_waits(t: &mut Sim) {
    for size in SIZES {
        let (ready, passed) = (process::current().subject(), process::current().subject());
        let (tell, is_over) = (ready.clone(), passed.clone());
        let waiting = process::spawn(move |me| {
            fill(size);
            let (wanted, others) = (me.subject::<()>(), me.subject::<u32>());
            tell.send((wanted.clone(), others));
            wanted.receive(None);
            is_over.send(());
        });
        let (wanted, others) = ready.receive(None).unwrap();
        t.settle();
        is_cheap("another's message", size, |n| {
            others.send(n as u32);
            t.settle();
        });
        is_cheap("a signal", size, |_| {
            process::exit(waiting, ExitReason::Normal);
            t.settle();
        });
        is_cheap("what it waits for", size, |_| {
            wanted.send(());
            t.settle();
        });
        assert!(passed.receive(Duration::ZERO).is_some());
    }
}

struct Busy;

#[actor(mailbox = bounded(200_000, drop_newest))]
impl Busy {
    #[init]
    fn init() -> Self {
        Self
    }

    /// Waits for what others send, with `size` messages before it.
    #[handle_cast]
    fn wait(&self, size: usize, to: process::Subject<(process::Subject<()>, process::Subject<u32>)>) {
        fill(size);
        let me = process::current();
        let (wanted, others) = (me.subject::<()>(), me.subject::<u32>());
        to.send((wanted.clone(), others));
        wanted.receive(None);
    }
}

#[otp::test(seeds = 1)]
fn one_more_message_for_a_receive_behind_a_bound(t: &mut Sim) {
    for size in SIZES {
        let (busy, ready) = (Busy::start()?, process::current().subject());
        busy.wait(size, ready.clone());
        let (wanted, others) = ready.receive(None).unwrap();
        t.settle();
        is_cheap("another's message", size, |n| {
            others.send(n as u32);
            t.settle();
        });
        is_cheap("what it waits for", size, |_| {
            wanted.send(());
            t.settle();
        });
        process::exit(busy.pid().unwrap(), ExitReason::Kill);
        t.settle();
        drop(t.crashes());
    }
}

/// Whoever waits for an end or a start does not look at what had come before.
#[otp::test(seeds = 1)]
fn starts_and_ends_beside_much_mail(t: &mut Sim) {
    for size in SIZES {
        fill(size);
        process::trap_exit(true);
        let pid = Desk::start()?.pid().unwrap();
        is_cheap("a stop", size, |_| Desk::start().unwrap().stop().unwrap());
        is_cheap("a kill", size, |_| t.kill(&Desk::start().unwrap()));
        is_cheap("a start that fails", size, |_| assert!(Fails::start_link().is_err()));
        is_cheap("a monitor that is ended", size, |_| process::demonitor_flush(process::monitor(pid)));
        process::current().flush();
    }
}

struct Fails;

#[actor]
impl Fails {
    #[init]
    fn init() -> Init<Self> {
        Init::Stop(ExitReason::Shutdown)
    }
}

/// What a receive has looked at is looked at again when what stood before it is gone.
#[otp::test]
fn a_receive_misses_nothing(t: &mut Sim) {
    let (ready, done) = (process::current().subject(), process::current().subject());
    let (tell, end) = (ready.clone(), done.clone());
    process::spawn_async(move |me| async move {
        let (a, b, other) = (me.subject::<u32>(), me.subject::<u32>(), me.subject::<u32>());
        tell.send([a.clone(), b.clone(), other.clone()]);
        // Each takes out what stands before what the other has looked at.
        let sum = |of: process::Subject<u32>| async move {
            let mut sum = 0;
            for _ in 0..50 {
                sum += of.receive_async(None).await.unwrap();
            }
            sum
        };
        let mut sums = [a, b].map(|of| (Box::pin(sum(of)), None));
        poll_fn(|cx| {
            for (sum, done) in &mut sums {
                if done.is_none()
                    && let Poll::Ready(sum) = sum.as_mut().poll(cx)
                {
                    *done = Some(sum);
                }
            }
            if sums.iter().all(|(_, sum)| sum.is_some()) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        let mut left = 0;
        while other.receive_async(Duration::ZERO).await.is_some() {
            left += 1;
        }
        end.send((sums.map(|(_, sum)| sum), left));
    });
    let [a, b, other] = ready.receive(None).unwrap();
    for n in 0..50 {
        // In one order or the other, few or many at a time.
        let number = t.seed() + n;
        other.send(0);
        if number.is_multiple_of(2) {
            a.send(1);
            other.send(0);
            b.send(2);
        } else {
            b.send(2);
            other.send(0);
            a.send(1);
        }
        if number.is_multiple_of(3) {
            t.settle();
        }
    }
    assert_eq!(done.receive(None), Some(([Some(50), Some(100)], 100)));
}

/// Those that were dropped are undone at once.
#[otp::test(seeds = 1)]
fn a_message_after_many_channels_that_were_dropped(t: &mut Sim) {
    let subject = process::current().subject::<u32>();
    for size in [100, 1_000] {
        let before = t.node().len();
        (0..size).for_each(|_| drop(process::Selector::new().select(&subject).channel()));
        (0..size).for_each(|_| drop(process::current().subject::<u32>().channel()));
        subject.send(1);
        assert_eq!(subject.receive(Duration::ZERO), Some(1));
        is_cheap("a message", size, |_| {
            subject.send(1);
            subject.receive(Duration::ZERO);
        });
        t.settle();
        assert_eq!(t.node().len(), before);
    }
}

struct Forgetful;

#[actor(mailbox = bounded(1, drop_oldest))]
impl Forgetful {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_cast]
    fn hear(&self) {}

    #[handle_cast]
    fn wait(&self, size: usize, to: process::Subject<process::Subject<()>>) {
        fill(size);
        let go_on = process::current().subject();
        to.send(go_on.clone());
        go_on.receive(None);
    }
}

/// Messages that do not count stand before it.
#[otp::test(seeds = 1)]
fn one_that_is_dropped(t: &mut Sim) {
    for size in SIZES {
        let (forgetful, ready) = (Forgetful::start()?, process::current().subject());
        forgetful.wait(size, ready.clone());
        let go_on = ready.receive(None).unwrap();
        (0..10).for_each(|_| forgetful.hear());
        is_cheap("the oldest is dropped", size, |_| forgetful.hear());
        go_on.send(());
        t.settle();
    }
}

fn kill(t: &mut Sim, pid: Pid) {
    process::exit(pid, ExitReason::Kill);
    t.settle();
}

fn desk() -> Pid {
    Desk::start().unwrap().pid().unwrap()
}

#[otp::test(seeds = 1)]
fn one_more_link(t: &mut Sim) {
    for size in SIZES {
        let linked: Vec<_> = (0..size).map(|_| Desk::start_link().unwrap().pid().unwrap()).collect();
        is_cheap("a link", size, |_| {
            process::link(desk());
            t.settle();
        });
        is_cheap("a link that there is", size, |n| {
            process::link(linked[size / 2 + n]);
            t.settle();
        });
        is_cheap("a link that is ended", size, |n| {
            process::unlink(linked[size / 2 + n]);
            t.settle();
        });
        is_cheap("the end of a process that is linked", size, |n| {
            kill(t, linked[size - 1 - n]);
            assert!(process::current().receive_exit(Duration::ZERO).is_some());
        });
        is_cheap("a link to one that is gone", size, |n| {
            process::link(linked[size - 1 - n]);
            assert!(process::current().receive_exit(Duration::ZERO).is_some());
        });
    }
}

#[otp::test(seeds = 1)]
fn one_more_monitor(t: &mut Sim) {
    for size in SIZES {
        let watched = desk();
        let monitors: Vec<_> = (0..size).map(|_| process::monitor(watched)).collect();
        is_cheap("a monitor", size, |_| {
            process::monitor(watched);
            t.settle();
        });
        is_cheap("a monitor that is ended", size, |n| {
            assert!(process::demonitor(monitors[size / 2 + n]));
            t.settle();
        });
        is_cheap("the end of a process that is monitored", size, |_| {
            let other = desk();
            let monitor = process::monitor(other);
            kill(t, other);
            assert!(process::current().receive_down(monitor, Duration::ZERO).is_some());
        });
        is_cheap("a monitor of one that is gone", size, |_| {
            let monitor = process::monitor_name("nobody");
            assert!(process::current().receive_down(monitor, Duration::ZERO).is_some());
        });
        is_cheap("the end of a process that monitors", size, |_| {
            let watcher = process::spawn(move |_| _ = process::monitor(watched));
            t.settle();
            assert!(!process::is_alive(watcher));
        });
    }
}

#[otp::test(seeds = 1)]
fn one_more_name(t: &mut Sim) {
    for size in SIZES {
        let named: Vec<_> = (0..size).map(|_| desk()).collect();
        let name = |n: usize| format!("{n} of {size}");
        named.iter().enumerate().for_each(|(n, pid)| process::register(&name(n), *pid).unwrap());
        is_cheap("a name", size, |n| {
            let pid = desk();
            process::register(&format!("another {n} of {size}"), pid).unwrap();
        });
        is_cheap("a name that is taken", size, |n| assert!(process::register(&name(n), named[n]).is_err()));
        is_cheap("who has a name", size, |n| assert_eq!(process::whereis(&name(n)), Some(named[n])));
        is_cheap("a name that nobody has", size, |_| assert_eq!(process::whereis("nobody"), None));
        is_cheap("a name that is freed", size, |n| process::unregister(&name(n)).unwrap());
        is_cheap("the end of a process that has a name", size, |n| {
            kill(t, named[size - 1 - n]);
            assert_eq!(process::whereis(&name(size - 1 - n)), None);
        });
    }
}

#[otp::test(seeds = 1)]
fn one_more_process(t: &mut Sim) {
    for size in SIZES {
        let before = t.node().len();
        let live: Vec<_> = (0..size).map(|_| desk()).collect();
        is_cheap("a start", size, |_| desk());
        is_cheap("a process that is spawned", size, |_| {
            process::spawn(|_| ());
            t.settle();
        });
        is_cheap("whether one is alive", size, |n| assert!(process::is_alive(live[size / 2 + n])));
        is_cheap("what is known of one", size, |n| assert!(process::info(live[size / 2 + n]).is_some()));
        is_cheap("an end", size, |n| {
            kill(t, live[n]);
            assert!(!process::is_alive(live[n]));
        });
        is_cheap("how many there are", size, |_| assert_eq!(t.node().len(), before + size));
        // Who asks for all passes each once, dead ones too.
        let all = passes(|| assert_eq!(process::list().len(), before + size));
        assert!(all >= size && all < before + size + 100, "all: {all} of {size}");
    }
}

/// Nodes of simulations that are over, which have no threads.
fn other_nodes(count: usize) -> Vec<Node> {
    let node = || std::thread::spawn(|| Sim::run(1, |t| t.node().clone())).join().unwrap();
    (0..count).map(|_| node()).collect()
}

#[otp::test(seeds = 1)]
fn one_more_node(t: &mut Sim) {
    let real = Node::builder().cores(1).start()?;
    let there = real.enter(desk);
    for size in [100, 1_000] {
        let _others = other_nodes(size);
        let last = Node::builder().cores(1).start()?;
        let at_last = last.enter(desk);
        for pid in [there, at_last] {
            is_cheap("a process of another node", size, |_| assert!(process::is_alive(pid)));
            is_cheap("a monitor at another node", size, |_| assert!(process::demonitor(process::monitor(pid))));
            is_cheap("a link to another node", size, |_| {
                process::link(pid);
                process::unlink(pid);
            });
        }
        is_cheap("a process of the same node", size, |_| kill(t, desk()));
        last.stop();
    }
    real.stop();
}

#[otp::test(seeds = 1)]
fn one_more_dynamic_child(t: &mut Sim) {
    for size in SIZES {
        let name = format!("{size} desks");
        let desks = DynamicSupervisor::<Desk>::new().name(name.clone()).intensity(1_000, secs(1)).start()?;
        let children: Vec<_> = (0..size).map(|_| desks.start_child(()).unwrap()).collect();
        is_cheap("a child", size, |_| desks.start_child(()).unwrap());
        is_cheap("what is known of a child", size, |n| desks.child_spec(&children[n]).unwrap());
        is_cheap("a child's restarts", size, |n| desks.supervisor().restarts(("Desk", n)).unwrap());
        is_cheap("a child that is ended", size, |n| desks.terminate_child(&children[n]).unwrap());
        is_cheap("a child that is ended by its pid", size, |n| {
            desks.terminate_child(&children[size - 1 - n].pid().unwrap()).unwrap();
        });
        is_cheap("a restart", size, |n| {
            let child = &children[100 + n];
            t.kill(child);
            t.settle();
            assert_eq!(child.answer(), Ok(42));
        });
        is_cheap("the supervisor by its name", size, |_| DynamicRef::<Desk>::lookup(name.clone()).unwrap());
        is_cheap("what is printed", size, |_| assert!(desks.to_string().contains("more")));
        // Each child is asked once whether it lives.
        let count = passes(|| assert_eq!(desks.count_children().unwrap().active, size - 50));
        assert!(count <= size, "children are counted: {count} of {size} are passed");
    }
}

/// What waits in a supervisor's mailbox is not looked at for each child that it ends.
#[otp::test(seeds = 1)]
fn children_that_are_ended_before_much_mail(t: &mut Sim) {
    for size in SIZES {
        let desks = DynamicSupervisor::<Desk>::temporary().start()?;
        let children: Vec<_> = (0..50).map(|_| desks.start_child(()).unwrap()).collect();
        // It is to find all of it when it goes on.
        otp::sys::suspend(&desks)?;
        for child in children {
            let supervisor = desks.clone();
            process::spawn(move |_| supervisor.terminate_child(&child).unwrap());
        }
        t.settle();
        let pid = desks.pid().unwrap();
        process::spawn(move |_| (0..size).for_each(|_| process::exit(pid, ExitReason::Normal)));
        t.settle();
        otp::sys::resume(&desks)?;
        let all = passes(|| t.settle());
        assert!(all <= 50 * FEW, "{all} of {size} are passed");
        assert_eq!(desks.count_children()?.specs, 0);
    }
}

#[otp::test(seeds = 1)]
fn one_more_static_child(t: &mut Sim) {
    for size in SIZES {
        let name = format!("{size} desks");
        // The last child is restarted alone.
        let supervisor = Supervisor::new(Strategy::RestForOne).name(name.clone()).intensity(1_000, secs(1));
        let desks = (0..size).fold(supervisor, |all, n| all.child(("desk", n), Desk::child_spec())).start()?;
        is_cheap("a child", size, |n| desks.start_child(("another", n), Desk::child_spec()).unwrap());
        is_cheap("what is known of a child", size, |n| desks.which_child(("desk", n)).unwrap());
        is_cheap("the supervisor by its name", size, |_| SupervisorRef::lookup(name.clone()).unwrap());
        is_cheap("a child that is ended", size, |n| desks.terminate_child(("desk", n)).unwrap());
        is_cheap("a child that is started again", size, |n| desks.restart_child(("desk", n)).unwrap());
        is_cheap("a restart of the last", size, |_| {
            t.kill(&desks.child::<Desk>(("another", 49)));
            t.settle();
            assert_eq!(desks.child::<Desk>(("another", 49)).answer(), Ok(42));
        });
        is_cheap("a child that is forgotten", size, |n| {
            desks.terminate_child(("desk", n)).unwrap();
            desks.delete_child(("desk", n)).unwrap();
        });
    }
}

#[otp::test(seeds = 1)]
fn one_more_partition(_: &mut Sim) {
    for size in SIZES {
        let name = format!("{size} partitions");
        let partitions = PartitionSupervisor::new(|_| Desk::child_spec())
            .strategy(Strategy::RestForOne)
            .partitions(size)
            .name(name.clone())
            .start()?;
        is_cheap("the partition of a number", size, |n| assert_eq!(partitions.route(&(7 * n)).answer(), Ok(42)));
        is_cheap("the partition of a key", size, |n| {
            assert_eq!(partitions.route(&format!("key {n}")).answer(), Ok(42));
        });
        is_cheap("a partition by its number", size, |n| assert_eq!(partitions.partition(n).answer(), Ok(42)));
        is_cheap("a partition that there is not", size, |n| drop(partitions.partition(size + n)));
        is_cheap("how many there are", size, |_| assert_eq!(partitions.partitions(), Ok(size)));
        is_cheap("the supervisor by its name", size, |_| {
            supervisor::PartitionRef::<Desk>::lookup(name.clone()).unwrap()
        });
        is_cheap("one less", size, |n| assert_eq!(partitions.resize(size - 1 - n), Ok(size - n)));
        is_cheap("one more", size, |n| assert_eq!(partitions.resize(size - 49 + n), Ok(size - 50 + n)));
    }
}
