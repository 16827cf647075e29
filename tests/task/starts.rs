//! How tasks start, and what they are related to.

use otp::{
    prelude::*,
    supervisor::PlainChild,
    task::{self, Task, await_many},
};

use super::{end_of, other, secs};
use crate::reports::recorded;

fn forty_two() -> u32 {
    42
}

#[otp::test(seeds = 20)]
fn xtsk_supervised(t: &mut Sim) {
    let done = process::current().subject();
    let tell = done.clone();
    let spec = task::child_spec(move |_| tell.send(()));
    let tree = Supervisor::new(Strategy::OneForOne).child("task", spec).start()?;
    assert_eq!(done.receive(None), Some(()));
    t.settle();
    assert_eq!(tree.count_children()?.specs, 0, "it is temporary");
}

#[otp::test(seeds = 20)]
fn xtsk_child_spec(t: &mut Sim) {
    let runs = process::current().subject();
    let tell = runs.clone();
    let run = move |_: &mut process::Me| {
        tell.send(());
        Err::<(), _>(other("again"))
    };
    let tree = Supervisor::new(Strategy::OneForOne)
        .intensity(2, secs(5))
        .child("task", task::child_spec(run).restart(Restart::Permanent))
        .start()?;
    let spec = tree.child_spec("task")?;
    assert_eq!((spec.restart, spec.shutdown), (Restart::Permanent, Shutdown::After(secs(5))));
    t.settle();
    assert_eq!(runs.flush(), 3);
    assert!(tree.gave_up());
    assert_eq!(t.crashes().len(), 3);
    let spec = task::child_spec(|_| otp::timer::sleep_forever());
    let tree = Supervisor::new(Strategy::OneForOne).child("task", spec).start()?;
    assert_eq!(tree.child_spec("task")?.restart, Restart::Temporary);
    assert!(tree.child::<PlainChild>("task").is_alive());
}

#[otp::test(seeds = 20)]
fn xtsk_async_3(_: &mut Sim) {
    assert_eq!(Task::spawn(forty_two).wait(), Ok(42));
    assert_eq!(Task::spawn_async(async { 42 }).wait(), Ok(42));
    assert_eq!(Task::spawn_blocking(forty_two).wait(), Ok(42));
}

/// Whether a started process is linked to its starter; it has told its callers then.
fn started(start: impl FnOnce(process::Subject<Vec<Pid>>) -> Pid) -> bool {
    let callers = process::current().subject();
    let pid = start(callers.clone());
    let is_linked = process::info(otp::self_pid()).unwrap().links.contains(&pid);
    assert_eq!(callers.receive(None).unwrap(), [otp::self_pid()]);
    assert!(!process::is_alive(pid) || process::info(pid).is_none());
    is_linked
}

#[otp::test(seeds = 20)]
fn xtsk_start_1(_: &mut Sim) {
    assert!(!started(|tell| task::start(move |_| tell.send(task::callers()))));
    assert!(!started(|tell| task::start_async(async move { tell.send(task::callers()) })));
    assert_eq!(process::current().flush(), 0, "nobody is told anything");
}

#[otp::test(seeds = 20)]
fn xtsk_start_3(_: &mut Sim) {
    fn nothing(_: &mut process::Me) {}
    let monitor = process::monitor(task::start(nothing));
    let down = process::current().receive_down(monitor, None).unwrap();
    assert!(matches!(down.reason, ExitReason::Normal | ExitReason::NoProc));
}

#[otp::test(seeds = 20)]
fn xtsk_start_link_1(_: &mut Sim) {
    assert!(started(|tell| task::start_link(move |_| tell.send(task::callers()))));
    assert!(started(|tell| task::start_link_async(async move { tell.send(task::callers()) })));
    for _ in 0..2 {
        assert_eq!(process::current().receive_exit(None).unwrap().reason, ExitReason::Normal);
    }
    assert_eq!(process::current().flush(), 0, "nobody is told anything else");
}

#[otp::test(seeds = 20)]
fn xtsk_start_link_3(t: &mut Sim) {
    fn fail(_: &mut process::Me) -> Result<(), ExitReason> {
        Err(other("no luck"))
    }
    let reason = end_of(|| {
        task::start_link(fail);
        otp::timer::sleep_forever();
    });
    assert_eq!(reason, other("no luck"));
    assert_eq!(t.crashes().len(), 2);
}

#[otp::test(seeds = 20)]
fn xtsk_start_link_callers(_: &mut Sim) {
    let me = otp::self_pid();
    let callers = process::current().subject();
    let tell = callers.clone();
    let outer = task::start_link(move |_| {
        task::start_link(move |_| tell.send(task::callers()));
        otp::timer::sleep_forever();
    });
    assert_eq!(callers.receive(None).unwrap(), [outer, me]);
}

#[otp::test]
fn xtsk_completed(t: &mut Sim) {
    let processes = t.node().len();
    let task = Task::completed(42);
    assert_eq!((task.pid(), t.node().len()), (None, processes));
    assert_eq!(task.wait(), Ok(42));
    assert_eq!(await_many([Task::completed(1), Task::completed(2)], None), Ok(vec![1, 2]));
}

#[otp::test]
fn xtsk_log_terminated(t: &mut Sim) {
    let me = otp::self_pid();
    let (pid, reports) = recorded(|| {
        let task = Task::spawn(|| -> u32 { panic!("off by one") });
        let pid = task.pid().unwrap();
        assert!(task.wait().is_err());
        pid
    });
    let crash = reports.iter().find(|report| report.text.contains("off by one")).unwrap();
    assert!(crash.text.contains(&pid.to_string()), "{crash:?}");
    assert!(crash.field("ancestors").contains(&me.to_string()), "who started it: {crash:?}");
    assert_eq!(t.crashes().len(), 1);
}

#[otp::test]
fn xtsk_log_label(t: &mut Sim) {
    let (_, reports) = recorded(|| {
        let task = Task::spawn(|| -> u32 {
            process::set_label("the printer's task");
            panic!("off by one")
        });
        assert!(task.wait().is_err());
    });
    let labelled = reports.iter().any(|report| format!("{report:?}").contains("the printer's task"));
    assert!(labelled, "{reports:?}");
    assert_eq!(t.crashes().len(), 1);
}

/// When its owner ends, so does a task, unless the owner has ended well and the task does not trap exits.
#[otp::test(seeds = 20)]
fn a_task_ends_with_its_owner(t: &mut Sim) {
    let pids = process::current().subject();
    let tell = pids.clone();
    let (owner, monitor) = process::spawn_monitor(move |_| {
        let task = super::endless();
        tell.send(task.pid().unwrap());
        drop(task.wait());
    });
    let task = pids.receive(None).unwrap();
    assert!(process::is_alive(task));
    process::exit(owner, ExitReason::Shutdown);
    process::current().receive_down(monitor, None);
    assert!(!process::is_alive(task));
    assert_eq!(t.crashes(), []);
}
