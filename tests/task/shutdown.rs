//! Ending tasks.

use otp::{prelude::*, task::Task};

use super::{endless, fails, other, secs};

const IN_TIME: Shutdown = Shutdown::After(Duration::from_secs(5));

/// A task that is over.
fn over(t: &mut Sim, task: Task<u32>) -> Task<u32> {
    t.settle();
    task
}

#[otp::test(seeds = 20)]
fn xtsk_shutdown_reply_normal(t: &mut Sim) {
    assert_eq!(over(t, Task::spawn(|| 42)).shutdown(IN_TIME), Some(Ok(42)));
}

/// It has said its result, and is told to shut down before it has ended.
#[otp::test(seeds = 50)]
fn xtsk_shutdown_reply_shutdown(_: &mut Sim) {
    let (result, monitor) = {
        let task = Task::spawn(|| 42);
        let monitor = process::monitor(task.pid().unwrap());
        process::exit(task.pid().unwrap(), ExitReason::Shutdown);
        (task.shutdown(IN_TIME), monitor)
    };
    process::current().receive_down(monitor, None);
    assert!(matches!(result, None | Some(Ok(42))), "{result:?}");
}

#[otp::test(seeds = 20)]
fn xtsk_shutdown_running(t: &mut Sim) {
    let task = endless();
    let pid = task.pid().unwrap();
    assert_eq!(task.shutdown(IN_TIME), None);
    assert!(!process::is_alive(pid));
    assert_eq!((t.now(), process::current().flush()), (secs(0), 0), "nobody else is told");
    let ends = Task::spawn_async(async { endless().shutdown_async(IN_TIME).await });
    assert_eq!(ends.wait(), Ok(None));
}

/// One that does not end when it is asked is killed.
#[otp::test(seeds = 20)]
fn a_task_that_traps_exits_is_killed(t: &mut Sim) {
    let stubborn = || {
        let task = Task::spawn(|| {
            process::trap_exit(true);
            otp::timer::sleep_forever();
            42
        });
        (task.pid().unwrap(), task)
    };
    let (pid, task) = stubborn();
    t.settle();
    assert_eq!(task.shutdown(IN_TIME), Some(Err(ExitReason::Killed)));
    assert_eq!((t.now(), process::is_alive(pid)), (secs(5), false));
    let late = Task::spawn(|| {
        process::trap_exit(true);
        process::current().receive_exit(None);
        otp::sleep(secs(60));
        42
    });
    t.settle();
    assert_eq!(late.shutdown(Shutdown::Infinity), Some(Ok(42)));
    assert_eq!(t.now(), secs(65));
}

#[otp::test(seeds = 20)]
fn xtsk_shutdown_abnormal(t: &mut Sim) {
    assert_eq!(over(t, fails(other("abnormal"))).shutdown(IN_TIME), Some(Err(other("abnormal"))));
    assert_eq!(t.crashes().len(), 1);
}

#[otp::test(seeds = 20)]
fn xtsk_shutdown_normal(t: &mut Sim) {
    assert_eq!(over(t, fails(ExitReason::Normal)).shutdown(IN_TIME), Some(Err(ExitReason::Normal)));
}

#[otp::test(seeds = 20)]
fn xtsk_shutdown_shutdown(t: &mut Sim) {
    assert_eq!(over(t, fails(ExitReason::Shutdown)).shutdown(IN_TIME), None);
}

#[otp::test]
fn xtsk_shutdown_nil_pid(_: &mut Sim) {
    assert_eq!(Task::completed(42).shutdown(IN_TIME), Some(Ok(42)));
    assert_eq!(Task::completed(42).shutdown(Shutdown::BrutalKill), Some(Ok(42)));
}

#[otp::test(seeds = 20)]
fn xtsk_shutdown_handled(t: &mut Sim) {
    let mut task = over(t, Task::spawn(|| 42));
    assert_eq!(task.check(), Some(Ok(42)));
    assert_eq!(task.shutdown(IN_TIME), Some(Err(ExitReason::NoProc)));
}

#[otp::test(seeds = 20)]
fn xtsk_brutal_reply_abnormal(t: &mut Sim) {
    /// Fails in the end of the task, which has given its result.
    struct Fails;
    impl Drop for Fails {
        fn drop(&mut self) {
            panic!("abnormal");
        }
    }
    static KEPT: process::Key<Fails> = process::Key::new("kept");
    let task = Task::spawn(|| {
        KEPT.put(Fails);
        42
    });
    assert_eq!(over(t, task).shutdown(Shutdown::BrutalKill), Some(Ok(42)));
    drop(t.crashes());
}

#[otp::test(seeds = 20)]
fn xtsk_brutal_reply_normal(t: &mut Sim) {
    assert_eq!(over(t, Task::spawn(|| 42)).shutdown(Shutdown::BrutalKill), Some(Ok(42)));
}

#[otp::test(seeds = 50)]
fn xtsk_brutal_reply_shutdown(_: &mut Sim) {
    let task = Task::spawn(|| 42);
    process::exit(task.pid().unwrap(), ExitReason::Shutdown);
    let result = task.shutdown(Shutdown::BrutalKill);
    assert!(matches!(result, None | Some(Ok(42) | Err(ExitReason::Shutdown))), "{result:?}");
}

#[otp::test(seeds = 20)]
fn xtsk_brutal_killed(t: &mut Sim) {
    let task = endless();
    process::exit(task.pid().unwrap(), ExitReason::Kill);
    assert_eq!(over(t, task).shutdown(Shutdown::BrutalKill), None);
    assert_eq!(endless().shutdown(Shutdown::BrutalKill), None);
    assert_eq!(over(t, fails(ExitReason::Shutdown)).shutdown(Shutdown::BrutalKill), Some(Err(ExitReason::Shutdown)));
}

#[otp::test(seeds = 20)]
fn xtsk_brutal_abnormal(t: &mut Sim) {
    assert_eq!(over(t, fails(other("abnormal"))).shutdown(Shutdown::BrutalKill), Some(Err(other("abnormal"))));
    assert_eq!(t.crashes().len(), 1);
}

#[otp::test(seeds = 20)]
fn xtsk_brutal_normal(t: &mut Sim) {
    assert_eq!(over(t, fails(ExitReason::Normal)).shutdown(Shutdown::BrutalKill), Some(Err(ExitReason::Normal)));
}

#[otp::test(seeds = 20)]
fn xtsk_brutal_handled(t: &mut Sim) {
    let mut task = over(t, fails(ExitReason::Normal));
    assert!(task.check().is_some());
    assert_eq!(task.shutdown(Shutdown::BrutalKill), Some(Err(ExitReason::NoProc)));
}
