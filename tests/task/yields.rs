//! Waiting for tasks that may take longer.

use otp::{
    prelude::*,
    task::{LateTasks, Task, TaskError, YieldMany},
};

use super::{endless, fails, secs};

fn after(seconds: u64, value: u32) -> Task<u32> {
    Task::spawn(move || {
        otp::sleep(secs(seconds));
        value
    })
}

#[otp::test(seeds = 20)]
fn xtsk_yield_timeout(t: &mut Sim) {
    let mut task = after(2, 42);
    assert_eq!((task.check(), task.wait_timeout(secs(0)), task.wait_timeout(secs(1))), (None, None, None));
    assert_eq!(task.wait_timeout(secs(5)), Some(Ok(42)));
    assert_eq!(t.now(), secs(2));
}

#[otp::test(seeds = 20)]
fn xtsk_yield_normal_exit(_: &mut Sim) {
    let mut task = fails(ExitReason::Normal);
    assert_eq!(task.wait_timeout(secs(1)), Some(Err(TaskError::Exited(ExitReason::Normal))));
}

#[otp::test(seeds = 20)]
fn xtsk_yield_many_reply(t: &mut Sim) {
    let mut tasks = [Task::spawn(|| 42)];
    assert_eq!(YieldMany::new().timeout(secs(0)).wait(&mut [after(1, 1)]), [None]);
    t.settle();
    assert_eq!(YieldMany::new().timeout(secs(0)).wait(&mut tasks), [Some(Ok(42))]);
    assert!(process::info(otp::self_pid()).unwrap().monitors.is_empty());
}

#[otp::test(seeds = 20)]
fn xtsk_yield_many_timeout(t: &mut Sim) {
    let mut tasks = [after(7, 1), after(8, 2)];
    assert_eq!(YieldMany::new().wait(&mut tasks), [None, None]);
    assert_eq!(t.now(), secs(5));
    assert_eq!(YieldMany::new().wait(&mut tasks), [Some(Ok(1)), Some(Ok(2))], "they have gone on");
}

#[otp::test(seeds = 20)]
fn xtsk_yield_many_ignore(t: &mut Sim) {
    let mut tasks = [after(1, 1)];
    assert_eq!(YieldMany::new().timeout(secs(0)).late_tasks(LateTasks::Ignore).wait(&mut tasks), [None]);
    assert!(process::is_alive(tasks[0].pid().unwrap()));
    t.advance(secs(2));
    let [task] = tasks;
    assert_eq!(task.ignore(), None, "its result was dropped");
}

#[otp::test(seeds = 20)]
fn xtsk_yield_many_exit(_: &mut Sim) {
    let results = YieldMany::new().wait(&mut [fails(ExitReason::Normal)]);
    assert_eq!(results, [Some(Err(TaskError::Exited(ExitReason::Normal)))]);
}

#[otp::test(seeds = 20)]
fn xtsk_yield_many_multiple(t: &mut Sim) {
    let mut tasks = [after(0, 1), endless(), fails(ExitReason::Normal)];
    let results = YieldMany::new().timeout(secs(1)).wait(&mut tasks);
    assert_eq!(results, [Some(Ok(1)), None, Some(Err(TaskError::Exited(ExitReason::Normal)))]);
    assert_eq!(t.now(), secs(1));
}

#[otp::test(seeds = 20)]
fn xtsk_yield_many_limit_all(t: &mut Sim) {
    assert_eq!(YieldMany::new().limit(2).wait(&mut [after(1, 1)]), [Some(Ok(1))]);
    assert_eq!(t.now(), secs(1));
}

#[otp::test(seeds = 20)]
fn xtsk_yield_many_limit_timeout(t: &mut Sim) {
    let yields = YieldMany::new().limit(1).timeout(secs(5)).late_tasks(LateTasks::Kill);
    let mut tasks = [endless(), after(1, 1)];
    assert_eq!(yields.wait(&mut tasks), [None, Some(Ok(1))]);
    assert_eq!(t.now(), secs(1));
    let pid = tasks[0].pid().unwrap();
    assert!(process::is_alive(pid), "the limit was reached");
    assert_eq!(yields.wait(&mut tasks[..1]), [None]);
    assert!(!process::is_alive(pid), "the time was over");
    assert!(process::current().receive_exit(secs(0)).is_none_or(|exit| exit.from != pid));
}

#[otp::test(seeds = 20)]
fn xtsk_yield_many_infinity(_: &mut Sim) {
    let mut tasks = [after(60, 1), fails(ExitReason::Normal)];
    let results = YieldMany::new().timeout(None).wait(&mut tasks);
    assert_eq!(results, [Some(Ok(1)), Some(Err(TaskError::Exited(ExitReason::Normal)))]);
    let waits = Task::spawn_async(async { YieldMany::new().timeout(None).wait_async(&mut [after(60, 1)]).await });
    assert_eq!(waits.no_timeout().wait()?, [Some(Ok(1))]);
}
