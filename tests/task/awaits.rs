//! Awaiting one task, and ignoring it.

use otp::{
    prelude::*,
    task::{Task, TaskError},
};

use super::{end_of, endless, fails, other, secs};

#[otp::test(seeds = 20)]
fn xtsk_ignore_on_time(t: &mut Sim) {
    let task = Task::spawn(|| 42);
    t.settle();
    assert_eq!(task.ignore(), Some(Ok(42)));
    let mut taken = Task::spawn(|| 42);
    assert_eq!(taken.wait_timeout(secs(1)), Some(Ok(42)));
    assert_eq!(taken.ignore(), None, "it was taken before");
}

#[otp::test(seeds = 20)]
fn xtsk_ignore_fail_on_time(t: &mut Sim) {
    let task = fails(other("no luck"));
    t.settle();
    assert_eq!(task.ignore(), Some(Err(other("no luck"))));
    assert_eq!(t.crashes().len(), 1);
}

#[otp::test(seeds = 20)]
fn xtsk_ignore_fail_late(t: &mut Sim) {
    let task = Task::spawn(|| -> u32 {
        otp::sleep(secs(1));
        process::exit_self(other("late"))
    });
    let pid = task.pid().unwrap();
    assert_eq!(task.ignore(), None);
    t.advance(secs(2));
    let exit = process::current().receive_exit(secs(0)).unwrap();
    assert_eq!((exit.from, exit.reason), (pid, other("late")), "the task is still linked");
    assert_eq!(process::current().flush(), 0);
    assert_eq!(t.crashes().len(), 1);
}

#[otp::test]
fn xtsk_ignore_completed(_: &mut Sim) {
    assert_eq!(Task::completed(42).ignore(), Some(Ok(42)));
}

#[otp::test(seeds = 20)]
fn xtsk_await_timeout_exit(t: &mut Sim) {
    assert_eq!(endless().timeout(secs(0)).wait(), Err(TaskError::Timeout));
    let before = t.now();
    let task = endless();
    let pid = task.pid().unwrap();
    assert_eq!(task.wait(), Err(TaskError::Timeout));
    assert_eq!(t.now() - before, secs(5), "unless it is told otherwise");
    assert!(process::is_alive(pid), "it goes on");
    assert_eq!(Task::spawn(|| otp::sleep(secs(60))).no_timeout().wait(), Ok(()));
}

/// The clock of an await begins with the await.
#[otp::test]
fn a_task_may_be_awaited_late(t: &mut Sim) {
    let task = Task::spawn(|| {
        otp::sleep(secs(61));
        42
    });
    t.advance(secs(60));
    assert_eq!(task.timeout(secs(2)).wait(), Ok(42));
}

#[otp::test(seeds = 20)]
fn xtsk_await_throw(t: &mut Sim) {
    let task = Task::spawn(|| -> u32 { std::panic::panic_any(42_u8) });
    let error = task.wait().unwrap_err();
    assert!(error.exit_reason().unwrap().is_panic(), "{error}");
    assert_eq!(t.crashes().len(), 1);
}

#[otp::test(seeds = 20)]
fn xtsk_await_error(t: &mut Sim) {
    let error = Task::spawn(|| -> u32 { panic!("off by one") }).wait().unwrap_err();
    assert_eq!(error.exit_reason().unwrap().as_panic().unwrap().message, "off by one");
    assert!(error.to_string().contains("off by one"), "{error}");
    let error = Task::spawn_async(async { panic!("off by two") }).wait().map(|(): ()| ()).unwrap_err();
    assert_eq!(error.exit_reason().unwrap().as_panic().unwrap().message, "off by two");
    let error = Task::spawn_blocking(|| -> u32 { panic!("off by three") }).wait().unwrap_err();
    assert_eq!(error.exit_reason().unwrap().as_panic().unwrap().message, "off by three");
    assert_eq!(t.crashes().len(), 3);
}

#[otp::test(seeds = 20)]
fn xtsk_await_exit(t: &mut Sim) {
    for reason in [other("unknown"), ExitReason::Normal, ExitReason::Shutdown, ExitReason::Kill] {
        let told = if reason == ExitReason::Kill { ExitReason::Killed } else { reason.clone() };
        let task = if reason == ExitReason::Kill { endless() } else { fails(reason.clone()) };
        if reason == ExitReason::Kill {
            process::exit(task.pid().unwrap(), ExitReason::Kill);
        }
        assert_eq!(task.wait(), Err(TaskError::Exited(told)));
    }
    assert_eq!(t.crashes().len(), 1);
}

/// A crash ends an owner that does not trap exits, whatever it does.
#[otp::test(seeds = 50)]
fn a_crash_reaches_an_owner_that_does_not_trap_exits(t: &mut Sim) {
    assert_eq!(end_of(|| drop(fails(other("no luck")).wait())), other("no luck"));
    let waits = end_of(|| {
        let _task = fails(other("no luck"));
        otp::timer::sleep_forever();
    });
    assert_eq!(waits, other("no luck"));
    assert_eq!(end_of(|| assert!(fails(ExitReason::Normal).wait().is_err())), ExitReason::Normal);
    assert_eq!(t.crashes().len(), 4);
}

/// Whoever has a task may wait for it.
#[otp::test(seeds = 50)]
fn a_task_may_be_given_away(_: &mut Sim) {
    let task = Task::spawn(|| {
        otp::sleep(secs(1));
        42
    });
    let result = process::current().subject();
    let tell = result.clone();
    process::spawn_async(move |_| async move { tell.send(task.await) });
    assert_eq!(result.receive(None), Some(Ok(42)));
}

/// A task that calls the server which waits for it closes a circle, and somebody is told.
#[otp::test(seeds = 50)]
fn a_circle_through_a_task_is_told(t: &mut Sim) {
    struct Waits;
    #[actor]
    impl Waits {
        #[init]
        fn init() -> Self {
            Self
        }
        #[handle_call]
        fn ask(&self, ctx: &mut Context<Self>) -> Result<Result<(), CallError>, TaskError> {
            ctx.trap_exit(true);
            let me = ctx.client();
            Task::spawn(move || me.no_timeout().nothing()).no_timeout().wait()
        }
        #[handle_call]
        fn nothing(&self) {}
    }
    let answer = Waits::start()?.ask()?;
    let told = matches!(answer, Ok(Err(CallError::Deadlock(_))) | Err(TaskError::Deadlock(_)));
    assert!(told, "{answer:?}");
    drop(t.crashes());
}

#[otp::test]
#[should_panic(expected = "the result of a task is taken once")]
fn a_result_is_taken_once(_: &mut Sim) {
    let mut task = Task::completed(42);
    assert_eq!(task.check(), Some(Ok(42)));
    drop(task.wait());
}
