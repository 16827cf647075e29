//! Awaiting several tasks.

use otp::{
    prelude::*,
    task::{Task, TaskError, await_many, await_many_async},
};

use super::{endless, fails, other, secs};

fn after(seconds: u64, value: u32) -> Task<u32> {
    Task::spawn(move || {
        otp::sleep(secs(seconds));
        value
    })
}

#[otp::test(seeds = 20)]
fn xtsk_await_many_replies(t: &mut Sim) {
    let before = t.now();
    assert_eq!(await_many([after(3, 1), after(1, 2), after(2, 3)], secs(5)), Ok(vec![1, 2, 3]));
    assert_eq!(t.now() - before, secs(3));
    let all = Task::spawn_async(async { await_many_async((0..100).map(|n| after(n % 3, n as u32)), None).await });
    assert_eq!(all.wait()?, Ok((0..100).collect()));
}

#[otp::test]
fn xtsk_await_many_empty(t: &mut Sim) {
    let before = t.now();
    assert_eq!(await_many::<()>([], secs(5)), Ok(vec![]));
    assert_eq!(t.now(), before);
}

#[otp::test(seeds = 20)]
fn xtsk_await_many_foreign(_: &mut Sim) {
    let subject = process::current().subject();
    subject.send(1);
    process::send(otp::self_pid(), "a note");
    assert_eq!(await_many([after(1, 1), after(1, 2)], None), Ok(vec![1, 2]));
    assert_eq!(subject.receive(secs(0)), Some(1));
    for _ in 0..2 {
        assert!(process::current().receive_exit(None).unwrap().reason.is_clean());
    }
    assert_eq!(process::current().flush(), 1);
}

/// Results come by no message: there is none that a task could send twice.
#[otp::test(seeds = 20)]
fn xtsk_await_many_extra(_: &mut Sim) {
    let me = otp::self_pid();
    let tasks = [1, 2].map(|n| {
        Task::spawn(move || {
            process::send(me, n);
            n
        })
    });
    assert_eq!(await_many(tasks, None), Ok(vec![1, 2]));
    let words = process::Selector::new().select_type(|n: i32| n);
    let mut extra = [words.receive(secs(0)).unwrap(), words.receive(secs(0)).unwrap()];
    extra.sort_unstable();
    assert_eq!(extra, [1, 2]);
}

#[otp::test(seeds = 20)]
fn xtsk_await_many_timeout(t: &mut Sim) {
    assert_eq!(await_many([endless()], secs(0)), Err(TaskError::Timeout));
    let before = t.now();
    assert_eq!(await_many([after(1, 1), endless(), after(2, 2)], secs(5)), Err(TaskError::Timeout));
    assert_eq!(t.now() - before, secs(5));
}

#[otp::test(seeds = 20)]
fn xtsk_await_many_exit(_: &mut Sim) {
    let tasks = [after(1, 1), fails(ExitReason::Normal)];
    assert_eq!(await_many(tasks, None), Err(TaskError::Exited(ExitReason::Normal)));
}

#[otp::test(seeds = 20)]
fn xtsk_await_many_crash(t: &mut Sim) {
    let before = t.now();
    let tasks = [endless(), fails(other("unknown")), endless()];
    assert_eq!(await_many(tasks, secs(60)), Err(TaskError::Exited(other("unknown"))));
    assert_eq!(t.now(), before, "at once");
    assert!(process::info(otp::self_pid()).unwrap().monitors.is_empty());
    assert_eq!(t.crashes().len(), 1);
}

#[otp::test(seeds = 20)]
fn xtsk_await_many_throw(t: &mut Sim) {
    let thrown = Task::spawn(|| -> u32 { std::panic::panic_any(42_u8) });
    let error = await_many([endless(), thrown], None).unwrap_err();
    assert!(error.exit_reason().unwrap().is_panic());
    assert_eq!(t.crashes().len(), 1);
}

#[otp::test(seeds = 20)]
fn xtsk_await_many_error(t: &mut Sim) {
    let error = await_many([endless(), Task::spawn(|| panic!("off by one"))], None).unwrap_err();
    assert_eq!(error.exit_reason().unwrap().as_panic().unwrap().message, "off by one");
    assert_eq!(t.crashes().len(), 1);
}
