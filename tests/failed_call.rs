//! What the reason of an exit says of the call whose error it was made of.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{error::Error, fmt};

use otp::{
    Name,
    group::{GroupError, Scope},
    prelude::*,
    process::FailedCall,
    supervisor::{ChildError, DynamicSupervisor},
    task::{Task, TaskError, await_many},
};

/// A server that answers when it likes to.
struct Clerk;

#[actor(name = "clerk")]
impl Clerk {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn count(&mut self) -> u32 {
        7
    }

    #[handle_call]
    fn sleep(&mut self, time: Duration) {
        otp::sleep(time);
    }

    #[handle_call]
    fn crash(&mut self) {
        panic!("out of ink");
    }

    #[handle_call]
    fn keep_quiet(&mut self, reply: ReplyTo<u32>) {
        drop(reply);
    }

    #[handle_call]
    fn count_oneself(&mut self) -> Result<u32, CallError> {
        Name::<Self>::new("clerk").client().count()
    }

    #[handle_cast]
    fn count_oneself_or_crash(&mut self) -> Result<(), CallError> {
        Name::<Self>::new("clerk").client().count().map(drop)
    }
}

/// The reason of a process that ends with this error.
fn reason<E: Error + Send + Sync + 'static>(work: impl FnOnce() -> Result<(), E> + Send + 'static) -> ExitReason {
    let (_, monitor) = process::spawn_monitor(move |_| work());
    process::current().receive_down(monitor, None).unwrap().reason
}

/// The reports of crashes say what the reasons do.
fn crashed(t: &mut Sim, reasons: &[&ExitReason]) {
    let crashes = t.crashes();
    for reason in reasons {
        assert!(crashes.iter().any(|crash| crash.to_string().ends_with(&reason.to_string())), "{reason}");
    }
}

fn call(reason: &ExitReason) -> &FailedCall {
    reason.failed_call().unwrap_or_else(|| panic!("of no call: {reason}"))
}

#[otp::test]
fn a_reason_says_whom_what_and_how_long(t: &mut Sim) {
    let clerk = Clerk::start().unwrap();
    let pid = clerk.pid().unwrap();

    let late = reason({
        let clerk = clerk.timeout(Duration::from_millis(20));
        move || clerk.sleep(Duration::from_secs(1))
    });
    let call = call(&late);
    assert_eq!((call.pid, call.name.as_deref(), call.initial_call), (Some(pid), Some("clerk"), "Clerk"));
    assert_eq!((call.message, call.timeout), ("sleep", Some(Duration::from_millis(20))));
    assert_eq!(late.error_ref(), Some(&CallError::Timeout { started: true }));
    assert!(late.to_string().ends_with(&format!("(`sleep` of Clerk `clerk` {pid}, timeout 20ms)")), "{late}");
    assert!(format!("{late:?}").contains("`sleep` of Clerk"));

    let quiet = reason({
        let clerk = clerk.no_timeout();
        move || clerk.keep_quiet().map(drop)
    });
    assert!(quiet.to_string().ends_with(&format!("(`keep_quiet` of Clerk `clerk` {pid}, no timeout)")), "{quiet}");

    let broken = reason({
        let clerk = clerk.clone();
        move || clerk.crash()
    });
    let call = self::call(&broken);
    assert_eq!((call.pid, call.message), (Some(pid), "crash"));
    assert!(broken.to_string().contains("out of ink"));

    let gone = reason(move || clerk.count().map(drop));
    assert_eq!(self::call(&gone).pid, Some(pid));
    assert_eq!(gone.error_ref(), Some(&CallError::NoProc));
    crashed(t, &[&late, &quiet, &broken, &gone]);
}

#[otp::test]
fn one_who_is_not_there_is_named_as_the_caller_did(t: &mut Sim) {
    let nobody = reason(|| Name::<Clerk>::new("nobody").client().count().map(drop));
    assert_eq!(nobody.to_string(), "there is no such process (`count` of Clerk `nobody`, timeout 5s)");
    assert_eq!(call(&nobody).pid, None);

    let tree = Supervisor::new(Strategy::OneForOne).start().unwrap();
    let place = tree.child::<Clerk>("till");
    let empty = reason(move || place.request().count().receive(Duration::from_secs(1)).map(drop));
    assert_eq!(call(&empty).name.as_deref(), Some("till"));

    let clerk = Clerk::start().unwrap();
    let monitor = process::monitor(clerk.pid().unwrap());
    assert_eq!(clerk.count_oneself(), Ok(Err(CallError::CallingSelf)));
    clerk.count_oneself_or_crash();
    let itself = process::current().receive_down(monitor, None).unwrap().reason;
    assert_eq!(itself.error_ref(), Some(&CallError::CallingSelf));
    assert_eq!((call(&itself).name.as_deref(), call(&itself).message), (Some("clerk"), "count"));
    crashed(t, &[&nobody, &empty, &itself]);
}

#[otp::test]
fn a_time_limit_is_the_one_that_has_run_out(t: &mut Sim) {
    let clerk = Clerk::start().unwrap();
    let late = reason({
        let clerk = clerk.clone();
        move || clerk.request().sleep(Duration::from_secs(60)).receive(Duration::from_secs(2))
    });
    assert_eq!(call(&late).timeout, Some(Duration::from_secs(2)));
    clerk.stop_with(ExitReason::Shutdown, Duration::from_secs(100)).unwrap();

    let clerk = Clerk::start().unwrap();
    let (_, monitor) = process::spawn_monitor_async(|_| async move {
        clerk.timeout(Duration::from_secs(3)).as_async().sleep(Duration::from_secs(60)).await
    });
    let late = process::current().receive_down(monitor, None).unwrap().reason;
    assert_eq!(call(&late).timeout, Some(Duration::from_secs(3)));
    crashed(t, &[&late]);
}

/// An error of a user's, who says nothing of what is behind it.
#[derive(Debug)]
struct Closed(CallError);

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the shop is closed")
    }
}

impl Error for Closed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

#[otp::test]
fn an_error_that_comes_from_a_call_is_followed(t: &mut Sim) {
    let nobody = || Name::<Clerk>::new("nobody").client().count();
    let closed = reason(move || nobody().map(drop).map_err(Closed));
    assert_eq!(call(&closed).message, "count");

    let supervisor = DynamicSupervisor::any().start().unwrap();
    supervisor.stop().unwrap();
    let gone = reason(move || supervisor.start_child(Clerk::child_spec()).map(drop));
    assert_eq!(gone.error_ref(), Some(&ChildError::Gone(CallError::NoProc)));
    assert_eq!((call(&gone).message, call(&gone).timeout), ("start_child", None));

    let scope = Scope::<&str>::start().unwrap();
    scope.stop().unwrap();
    let gone = reason(move || scope.join("lobby", otp::self_pid()));
    assert_eq!(gone.error_ref(), Some(&GroupError::Call(CallError::NoProc)));
    assert_eq!(call(&gone).initial_call, "Scope");
    crashed(t, &[&closed, &gone]);
}

#[otp::test]
fn a_wait_for_a_task_is_a_call(t: &mut Sim) {
    let pid = |call: &FailedCall| call.pid.unwrap();
    let late = reason(|| Task::spawn(otp::timer::sleep_forever).timeout(Duration::from_secs(1)).wait());
    assert_eq!(late.error_ref(), Some(&TaskError::Timeout));
    assert_eq!((call(&late).message, call(&late).timeout), ("await", Some(Duration::from_secs(1))));
    assert!(!process::is_alive(pid(call(&late))), "it was linked");

    let late = reason(|| {
        let tasks = [Task::spawn(|| ()), Task::spawn(otp::timer::sleep_forever)];
        await_many(tasks, Duration::from_secs(1)).map(drop)
    });
    assert_eq!((call(&late).message, call(&late).timeout), ("await_many", Some(Duration::from_secs(1))));
    crashed(t, &[&late]);
}

#[otp::test]
fn a_reason_tells_of_its_own_call_among_others(t: &mut Sim) {
    let nobody = |name: &'static str| Name::<Clerk>::new(name).client().count().map(drop);
    let clerk = Clerk::start().unwrap();

    // Another one has failed since, in another way.
    let first = reason({
        let clerk = clerk.clone();
        move || {
            let error = nobody("first").unwrap_err();
            clerk.keep_quiet().unwrap_err();
            Err::<(), _>(error)
        }
    });
    assert_eq!(call(&first).name.as_deref(), Some("first"));

    // Only the last few are kept, whatever becomes of them.
    let forgotten = reason({
        let clerk = clerk.clone();
        move || {
            let error = nobody("first").unwrap_err();
            for _ in 0..100 {
                clerk.keep_quiet().unwrap_err();
            }
            Err::<(), _>(error)
        }
    });
    assert_eq!(forgotten.failed_call(), None);
    assert_eq!(forgotten, ExitReason::error(CallError::NoProc), "equal by what has happened");

    // An error that another process was told of is no call of this one's.
    let error = nobody("elsewhere").unwrap_err();
    assert_eq!(reason(move || Err(error)).failed_call(), None);
    // And one that has made no call has made none.
    assert_eq!(reason(|| Err(CallError::Full)).failed_call(), None);
    assert_eq!(ExitReason::Normal.failed_call(), None);
    crashed(t, &[&first, &forgotten]);
}

#[otp::test]
fn a_source_that_panics_harms_nobody(t: &mut Sim) {
    #[derive(Debug)]
    struct Rude;
    impl fmt::Display for Rude {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("rude")
        }
    }
    impl Error for Rude {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            panic!("not telling")
        }
    }
    let rude = reason(|| Err(Rude));
    assert_eq!(rude.failed_call(), None);
    assert!(rude.error_ref::<Rude>().is_some());
    crashed(t, &[&rude]);
}

#[otp::test]
fn an_error_that_is_unwrapped_tells_of_its_call(t: &mut Sim) {
    let clerk = Clerk::start().unwrap();
    let panics = |work: Box<dyn FnOnce() + Send>| {
        let (_, monitor) = process::spawn_monitor(move |_| work());
        process::current().receive_down(monitor, None).unwrap().reason
    };
    let nobody = || Name::<Clerk>::new("nobody").client().count();
    let unwrapped = panics(Box::new(move || _ = nobody().unwrap()));
    assert!(unwrapped.is_panic());
    assert_eq!((call(&unwrapped).name.as_deref(), call(&unwrapped).message), (Some("nobody"), "count"));
    assert!(unwrapped.to_string().ends_with("(`count` of Clerk `nobody`, timeout 5s)"), "{unwrapped}");

    let expected = panics(Box::new(move || _ = nobody().expect("somebody counts")));
    assert_eq!(call(&expected).message, "count");
    let late = clerk.timeout(Duration::from_millis(1));
    let long = panics(Box::new(move || late.sleep(Duration::from_secs(1)).unwrap()));
    assert_eq!((call(&long).message, call(&long).timeout), ("sleep", Some(Duration::from_millis(1))));
    let crashing = panics(Box::new(move || clerk.crash().unwrap()));
    assert_eq!(call(&crashing).message, "crash");

    // A panic of something else does not.
    for message in ["off by one", "NoProc", "said: NoProc, and went on"] {
        let other = panics(Box::new(move || {
            nobody().unwrap_err();
            panic!("{message}")
        }));
        assert_eq!(other.failed_call(), None, "{message}");
    }
    assert_eq!(panics(Box::new(|| panic!("as if: NoProc"))).failed_call(), None);
    crashed(t, &[&unwrapped, &expected, &long, &crashing]);
}
