//! Tasks of a supervisor.

use otp::{
    prelude::*,
    supervisor,
    supervisor::ChildError,
    task::{self, OnTimeout, Task, TaskError, TaskSupervisor, TaskSupervisorRef},
};

use super::{end_of, other, secs};

fn tasks() -> TaskSupervisorRef {
    TaskSupervisor::new().start_link().unwrap()
}

fn endless() -> u32 {
    otp::timer::sleep_forever();
    0
}

fn fail<T>(_: u64) -> T {
    process::exit_self(other("no luck"))
}

#[otp::test(seeds = 20)]
fn xtsup_supervised(_: &mut Sim) {
    let spec = TaskSupervisor::child_spec(TaskSupervisor::new).name("tasks");
    let tree = Supervisor::new(Strategy::OneForOne).child("tasks", spec).start()?;
    let tasks = tree.child::<TaskSupervisor>("tasks");
    assert_eq!(process::whereis("tasks"), tasks.pid());
    assert_eq!(tasks.linked().spawn(|| 42)?.wait()?, 42);
    assert_eq!(TaskSupervisorRef::lookup("tasks")?.unlinked().spawn(|| 42)?.wait()?, 42);
}

mod declared {
    use super::TaskSupervisor;

    otp::supervisor! {
        pub Office<one_for_one> {
            tasks: TaskSupervisor();
        }
    }
}

#[otp::test(seeds = 20)]
fn a_declared_tree_has_tasks(t: &mut Sim) {
    let office = declared::Office::start()?;
    assert_eq!(office.tasks().unlinked().spawn(|| 42)?.wait()?, 42);
    process::exit(office.tasks().pid().unwrap(), ExitReason::Kill);
    t.settle();
    assert_eq!(office.tasks().unlinked().spawn(|| 42)?.wait()?, 42);
}

#[otp::test(seeds = 20)]
fn xtsup_multiple_named(_: &mut Sim) {
    let named = |name: &'static str| TaskSupervisor::child_spec(TaskSupervisor::new).name(name);
    let tree = Supervisor::new(Strategy::OneForOne).child("a", named("one")).child("b", named("two")).start()?;
    assert_eq!(tree.count_children()?.active, 2);
    let twice = Supervisor::new(Strategy::OneForOne).child("a", named("three")).child("a", named("four"));
    assert_eq!(twice.check(), Err(supervisor::SpecError::DuplicateChild("a".into())));
}

#[otp::test(seeds = 20)]
fn xtsup_children(_: &mut Sim) {
    let tasks = tasks();
    assert_eq!((tasks.which_children()?.len(), tasks.count_children()?), (0, supervisor::ChildCount::default()));
}

#[otp::test(seeds = 20)]
fn xtsup_async_1(t: &mut Sim) {
    let tasks = tasks();
    let task = tasks.linked().spawn(|| {
        otp::sleep(secs(1));
        42
    })?;
    let pid = task.pid().unwrap();
    assert_eq!(tasks.which_children()?[0].pid(), Some(pid));
    assert!(process::info(otp::self_pid()).unwrap().links.contains(&pid));
    let monitor = process::monitor(pid);
    assert_eq!(task.wait()?, 42);
    assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Normal);
    t.settle();
    assert_eq!(tasks.count_children()?.specs, 0);
    let blocking = tasks.linked().spawn_blocking(|| 42)?;
    assert_eq!((blocking.wait(), tasks.linked().spawn_async(async { 43 })?.wait()), (Ok(42), Ok(43)));
}

#[otp::test(seeds = 20)]
fn xtsup_async_shutdown_opt(_: &mut Sim) {
    let tasks = TaskSupervisor::new().start()?;
    let task = tasks.linked().shutdown(Shutdown::BrutalKill).spawn(endless)?;
    let monitor = process::monitor(task.pid().unwrap());
    tasks.stop_with(ExitReason::Shutdown, None)?;
    assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Killed);
    assert_eq!(task.wait(), Err(TaskError::Exited(ExitReason::Killed)));
}

/// For whom, and who started it.
fn lineage() -> (Vec<Pid>, Vec<Pid>) {
    (task::callers(), process::info(otp::self_pid()).unwrap().ancestors)
}

#[otp::test(seeds = 20)]
fn xtsup_async_callers(_: &mut Sim) {
    let (me, tasks) = (otp::self_pid(), tasks());
    let sup = tasks.pid().unwrap();
    let nested = tasks.clone();
    let outer =
        tasks.linked().spawn(move || (otp::self_pid(), nested.linked().spawn(lineage).unwrap().wait().unwrap()))?;
    let (outer, (callers, ancestors)) = outer.wait()?;
    assert_eq!((callers, ancestors), (vec![outer, me], vec![sup, me]));
}

#[otp::test(seeds = 20)]
fn xtsup_async_3(_: &mut Sim) {
    fn forty_two() -> u32 {
        42
    }
    assert_eq!(tasks().linked().spawn(forty_two)?.wait()?, 42);
}

#[otp::test(seeds = 20)]
fn xtsup_nolink_shutdown_opt(_: &mut Sim) {
    let tasks = TaskSupervisor::new().start()?;
    let task = tasks.unlinked().shutdown(Shutdown::BrutalKill).spawn(endless)?;
    tasks.stop_with(ExitReason::Shutdown, None)?;
    assert_eq!(task.wait(), Err(TaskError::Exited(ExitReason::Killed)));
}

#[otp::test(seeds = 20)]
fn xtsup_nolink_max_children(_: &mut Sim) {
    let tasks = TaskSupervisor::new().max_children(1).start()?;
    let _first = tasks.unlinked().spawn(endless)?;
    assert_eq!(tasks.unlinked().spawn(endless).err(), Some(ChildError::MaxChildren));
    assert_eq!(tasks.linked().spawn(endless).err(), Some(ChildError::MaxChildren));
    assert_eq!(tasks.start_task(|_| ()).err(), Some(ChildError::MaxChildren));
    let streamed = tasks.unlinked().stream([1], |n: u64| n).next();
    assert_eq!(streamed, Some(Err(TaskError::NotStarted(ChildError::MaxChildren))));
    tasks.stop()?;
    assert!(matches!(tasks.unlinked().spawn(endless).err(), Some(ChildError::Gone(_))));
}

#[otp::test(seeds = 20)]
fn xtsup_async_nolink_3(t: &mut Sim) {
    fn forty_two() -> u32 {
        42
    }
    let tasks = tasks();
    assert_eq!(tasks.unlinked().spawn(forty_two)?.wait()?, 42);
    let crash = tasks.unlinked().spawn(|| -> u32 { fail(0) })?;
    assert!(!process::info(otp::self_pid()).unwrap().links.contains(&crash.pid().unwrap()));
    assert_eq!(crash.wait(), Err(TaskError::Exited(other("no luck"))));
    assert_eq!(t.crashes().len(), 1);
}

#[otp::test(seeds = 20)]
fn xtsup_start_child_1(_: &mut Sim) {
    let tasks = tasks();
    let child = tasks.start_task(|_| otp::timer::sleep_forever())?;
    assert_eq!(tasks.which_children()?[0].pid(), child.pid());
    assert!(!process::info(otp::self_pid()).unwrap().links.contains(&child.pid().unwrap()));
    tasks.terminate_child(&child.pid().unwrap())?;
    assert_eq!((child.is_alive(), process::current().flush()), (false, 0));
}

#[otp::test(seeds = 20)]
fn xtsup_start_child_3(_: &mut Sim) {
    fn forever(_: &mut process::Me) {
        otp::timer::sleep_forever();
    }
    assert!(tasks().start_task(forever)?.is_alive());
}

/// A task that is to be started again has a spec.
#[otp::test(seeds = 20)]
fn a_task_of_a_spec_is_started_again(t: &mut Sim) {
    let tasks = tasks();
    let spec = process::Spawn::new().child_spec(|_| otp::timer::sleep_forever()).restart(Restart::Transient);
    let child = tasks.start_child(spec)?;
    let before = child.pid().unwrap();
    process::exit(before, ExitReason::Kill);
    t.settle();
    assert!(child.is_alive());
    assert_ne!(child.pid(), Some(before));
}

#[otp::test(seeds = 20)]
fn xtsup_start_child_shutdown(_: &mut Sim) {
    let tasks = TaskSupervisor::new().start()?;
    let spec = task::child_spec(|_| otp::timer::sleep_forever()).shutdown(Shutdown::BrutalKill);
    let monitor = tasks.start_child(spec)?.monitor().unwrap();
    tasks.stop()?;
    assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Killed);
}

#[otp::test(seeds = 20)]
fn xtsup_start_child_callers(_: &mut Sim) {
    let (me, tasks) = (otp::self_pid(), tasks());
    let sup = tasks.pid().unwrap();
    let told = process::current().subject();
    let (tell, nested) = (told.clone(), tasks.clone());
    let outer = tasks.start_task(move |_| {
        nested.start_task(move |_| tell.send(lineage())).unwrap();
        otp::timer::sleep_forever();
    })?;
    assert_eq!(told.receive(None), Some((vec![outer.pid().unwrap(), me], vec![sup, me])));
}

#[otp::test(seeds = 20)]
fn xtsup_await_timeout(t: &mut Sim) {
    let tasks = tasks();
    let task = tasks.unlinked().spawn(|| otp::sleep(secs(60)))?;
    assert_eq!(task.timeout(secs(0)).wait(), Err(TaskError::Timeout));
    t.advance(secs(61));
    assert_eq!(process::current().flush(), 0);
}

#[otp::test(seeds = 20)]
fn xtsup_await_throw(t: &mut Sim) {
    let error = tasks().linked().spawn(|| -> u32 { std::panic::panic_any(42_u8) })?.wait().unwrap_err();
    assert!(error.exit_reason().unwrap().is_panic());
    assert_eq!(t.crashes().len(), 1);
}

#[otp::test(seeds = 20)]
fn xtsup_await_error(t: &mut Sim) {
    let error = tasks().linked().spawn(|| -> u32 { panic!("off by one") })?.wait().unwrap_err();
    assert_eq!(error.exit_reason().unwrap().as_panic().unwrap().message, "off by one");
    assert_eq!(t.crashes().len(), 1);
}

#[otp::test(seeds = 20)]
fn xtsup_await_exit(t: &mut Sim) {
    assert_eq!(tasks().linked().spawn(|| -> u32 { fail(0) })?.wait(), Err(TaskError::Exited(other("no luck"))));
    let reason = end_of(|| {
        let tasks = TaskSupervisor::new().start().unwrap();
        drop(tasks.linked().spawn(|| -> u32 { fail(0) }).unwrap().wait());
    });
    assert_eq!(reason, other("no luck"));
    assert_eq!(t.crashes().len(), 3);
}

/// The checks that a linked stream and one that is not have in common.
fn check_streams(t: &mut Sim, starter: &task::TaskStarter) {
    let oks = |values: &[u64]| values.iter().copied().map(Ok).collect::<Vec<_>>();
    assert_eq!(starter.stream(1..=4, |n: u64| n).collect::<Vec<_>>(), oks(&[1, 2, 3, 4]));
    let awaited = starter.stream_async(1..=4, |n: u64| async move { n });
    assert_eq!(awaited.collect::<Vec<_>>(), oks(&[1, 2, 3, 4]));
    let slowest_first = |n: u64| {
        otp::sleep(secs(4 - n));
        n
    };
    assert_eq!(starter.stream(1..=4, slowest_first).max_concurrency(4).collect::<Vec<_>>(), oks(&[1, 2, 3, 4]));
    t.settle();
    assert_eq!(process::current().flush(), 0);
}

#[otp::test(seeds = 20)]
fn xtsup_stream_fun(t: &mut Sim) {
    check_streams(t, &tasks().linked());
}

#[otp::test(seeds = 20)]
fn xtsup_stream_mfa(_: &mut Sim) {
    let lengths: Vec<_> = tasks().linked().stream(["a", "ab"], str::len).collect();
    assert_eq!(lengths, [Ok(1), Ok(2)]);
}

#[otp::test(seeds = 20)]
fn xtsup_stream_no_leak(t: &mut Sim) {
    let tasks = tasks();
    assert_eq!(tasks.linked().stream(1..=4, fail::<u64>).count(), 4);
    t.settle();
    assert_eq!((process::current().flush(), tasks.count_children()?.specs), (0, 0));
    assert_eq!(t.crashes().len(), 4);
}

#[otp::test(seeds = 20)]
fn xtsup_stream_slowest_first(t: &mut Sim) {
    check_streams(t, &tasks().linked());
}

#[otp::test(seeds = 20)]
fn xtsup_stream_exits(t: &mut Sim) {
    let results: Vec<_> = tasks().linked().stream(1..=2, fail::<u64>).collect();
    assert_eq!(results, [Err(TaskError::Exited(other("no luck"))), Err(TaskError::Exited(other("no luck")))]);
    let reason = end_of(|| {
        let tasks = TaskSupervisor::new().start().unwrap();
        assert_eq!(tasks.linked().stream(1..=2, fail::<u64>).count(), 2);
    });
    assert_eq!(reason, other("no luck"));
    drop(t.crashes());
}

/// After the first result the others are shut down.
fn check_unused(t: &mut Sim, tasks: &TaskSupervisorRef, starter: &task::TaskStarter) {
    let work = |n: u64| if n == 1 { n } else { endless().into() };
    let first: Vec<_> = starter.stream(1..=4, work).max_concurrency(4).take(1).collect();
    assert_eq!(first, [Ok(1)]);
    t.settle();
    assert_eq!((tasks.count_children().unwrap().specs, process::current().flush()), (0, 0));
    assert_eq!(process::info(otp::self_pid()).unwrap().links, [tasks.pid().unwrap()]);
}

#[otp::test(seeds = 20)]
fn xtsup_stream_unused(t: &mut Sim) {
    let tasks = tasks();
    check_unused(t, &tasks, &tasks.linked());
}

#[otp::test(seeds = 20)]
fn xtsup_stream_unused_no_leak(t: &mut Sim) {
    let tasks = tasks();
    drop(tasks.linked().stream(1..=4, |n: u64| n));
    check_unused(t, &tasks, &tasks.linked());
}

#[otp::test(seeds = 20)]
fn xtsup_stream_callers(_: &mut Sim) {
    let (me, tasks) = (otp::self_pid(), tasks());
    let sup = tasks.pid().unwrap();
    let nested = tasks.clone();
    let mut outer = tasks.linked().stream([()], move |()| {
        (otp::self_pid(), nested.linked().stream([()], |()| lineage()).next().unwrap().unwrap())
    });
    let (outer, (callers, ancestors)) = outer.next().unwrap()?;
    assert_eq!((callers, ancestors), (vec![outer, me], vec![sup, me]));
}

#[otp::test(seeds = 20)]
fn xtsup_stream_other_process(_: &mut Sim) {
    let stream = tasks().linked().stream(1..=4, |_| task::callers()[0]);
    let other = Task::spawn(move || (otp::self_pid(), stream.collect::<Result<Vec<_>, _>>()));
    let (pid, callers) = other.wait()?;
    assert_eq!(callers?, [pid; 4]);
}

#[otp::test(seeds = 20)]
fn xtsup_stream_zip_input(_: &mut Sim) {
    let stream = tasks().linked().stream([1, 60], |n| {
        otp::sleep(secs(n));
        n
    });
    let late = stream.timeout(secs(2)).on_timeout(OnTimeout::KillTask).zip_input_on_exit();
    assert_eq!(late.collect::<Vec<_>>(), [Ok(1), Err((60, TaskError::Timeout))]);
}

#[otp::test(seeds = 20)]
fn xtsup_stream_zip_input_fail(t: &mut Sim) {
    let failing = tasks().linked().stream(1..=8, fail::<u64>).zip_input_on_exit();
    let results: Vec<_> = failing.take(4).collect();
    let expected: Vec<_> = (1..=4).map(|n| Err((n, TaskError::Exited(other("no luck"))))).collect();
    assert_eq!(results, expected);
    t.settle();
    drop(t.crashes());
}

#[otp::test(seeds = 20)]
fn xtsup_nolink_stream_fun(t: &mut Sim) {
    check_streams(t, &tasks().unlinked());
    let alive = end_of(|| {
        let tasks = TaskSupervisor::new().start().unwrap();
        let results: Vec<_> = tasks.unlinked().stream(1..=2, fail::<u64>).collect();
        assert!(results.iter().all(Result::is_err));
    });
    assert_eq!(alive, ExitReason::Normal, "its crashes touch nobody");
    assert_eq!(t.crashes().len(), 2);
}

#[otp::test(seeds = 20)]
fn xtsup_nolink_stream_mfa(_: &mut Sim) {
    let lengths: Vec<_> = tasks().unlinked().stream(["a", "ab"], str::len).collect();
    assert_eq!(lengths, [Ok(1), Ok(2)]);
}

#[otp::test(seeds = 20)]
fn xtsup_nolink_stream_no_leak(t: &mut Sim) {
    let tasks = tasks();
    assert_eq!(tasks.unlinked().stream(1..=4, fail::<u64>).count(), 4);
    t.settle();
    assert_eq!((process::current().flush(), tasks.count_children()?.specs), (0, 0));
    assert_eq!(t.crashes().len(), 4);
}

#[otp::test(seeds = 20)]
fn xtsup_nolink_stream_slowest_first(t: &mut Sim) {
    check_streams(t, &tasks().unlinked());
}

#[otp::test(seeds = 20)]
fn xtsup_nolink_stream_unused(t: &mut Sim) {
    let tasks = tasks();
    check_unused(t, &tasks, &tasks.unlinked());
}

#[otp::test(seeds = 20)]
fn xtsup_nolink_stream_unused_no_leak(t: &mut Sim) {
    let tasks = tasks();
    drop(tasks.unlinked().stream(1..=4, |n: u64| n));
    check_unused(t, &tasks, &tasks.unlinked());
}

#[otp::test(seeds = 20)]
fn xtsup_nolink_stream_max_children(_: &mut Sim) {
    let tasks = TaskSupervisor::new().max_children(1).start()?;
    let late = |n: u64| {
        otp::sleep(secs(1));
        n
    };
    let results: Vec<_> = tasks.unlinked().stream(1..=2, late).max_concurrency(2).collect();
    assert_eq!(results, [Ok(1), Err(TaskError::NotStarted(ChildError::MaxChildren))]);
}

/// Who is killed while it waits to be told for whom it works ends, and says why.
#[otp::test(seeds = 200)]
fn a_supervisor_that_ends_ends_its_tasks(t: &mut Sim) {
    let tasks = TaskSupervisor::new().start()?;
    let supervisor = tasks.pid().unwrap();
    let killer = process::spawn(move |_| process::exit(supervisor, ExitReason::Kill));
    let results: Vec<_> = (0..5).map(|_| tasks.unlinked().spawn(|| 42)).collect();
    for task in results.into_iter().flatten() {
        let result = task.no_timeout().wait();
        assert!(matches!(result, Ok(42) | Err(TaskError::Exited(_))), "{result:?}");
    }
    t.settle();
    assert!(!process::is_alive(killer));
    assert_eq!(t.node().len(), 1);
    drop(t.crashes());
}
