//! Functions that wait, as futures on an executor of another kind, which polls on threads of its own.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context as Polled, Poll, Wake, Waker},
    thread,
};

use otp::{
    group::{GroupError, Groups, Scope},
    prelude::*,
    registry::{Registry, RegistryRef},
    supervisor::{DynamicRef, DynamicSupervisor, PartitionRef, PartitionSupervisor},
    sys::{self, SysError},
    topic::PubSub,
};

/// Wakes a thread.
struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The smallest executor.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let (mut future, waker) = (pin!(future), Waker::from(Arc::new(Unpark(thread::current()))));
    loop {
        match future.as_mut().poll(&mut Polled::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Lamp {
    on: bool,
}

#[actor]
impl Lamp {
    #[init]
    fn init() -> Self {
        Self { on: false }
    }

    #[handle_call]
    fn switch(&mut self) -> bool {
        self.on = !self.on;
        self.on
    }

    #[handle_call]
    fn burn(&mut self, time: Duration) {
        otp::sleep(time);
    }
}

#[test]
fn what_is_known_of_a_process() {
    let pid = process::spawn(|_| otp::timer::sleep_forever());
    let (info, is_alive) = (process::info_async(pid), process::is_alive_async(pid));
    let seen = thread::spawn(move || (block_on(info).unwrap(), block_on(is_alive))).join().unwrap();
    assert_eq!((seen.0.initial_call, seen.1), (process::info(pid).unwrap().initial_call, true));

    // All that was sent before comes first.
    process::exit(pid, ExitReason::Kill);
    assert!(!block_on(process::is_alive_async(pid)));
    assert_eq!(block_on(process::info_async(pid)), None);

    // Of oneself nothing is waited for.
    assert!(block_on(process::is_alive_async(otp::self_pid())));
    assert!(block_on(process::info_async(otp::self_pid())).is_some());
}

#[test]
fn requests_about_a_server() {
    let lamp = Lamp::start().unwrap();
    block_on(async {
        sys::suspend_async(&lamp).await.unwrap();
        assert!(sys::status_async(&lamp).await.unwrap().is_suspended);
        let switched = lamp.as_async().switch();
        assert_eq!(sys::state_async(&lamp).await, Ok(Lamp { on: false }));
        sys::replace_state_async(&lamp, |_| Lamp { on: true }).await.unwrap();
        sys::set_log_async(&lamp, 3).await.unwrap();
        sys::set_statistics_async(&lamp, true).await.unwrap();
        sys::resume_async(&lamp).await.unwrap();
        assert_eq!(switched.await, Ok(false));
        assert_eq!(sys::with_state_async(&lamp, |lamp| lamp.on).await, Ok(false));
        assert_eq!(sys::statistics_async(&lamp).await.unwrap().messages_in, 1);
        assert!(!sys::log_async(&lamp).await.unwrap().is_empty());
        sys::no_debug_async(&lamp).await.unwrap();
        assert_eq!(sys::statistics_async(&lamp).await, Err(SysError::NoStatistics));
        let failed: Result<(), _> = sys::with_state_async(&lamp, |_| panic!("no")).await;
        assert!(matches!(failed, Err(SysError::CallbackFailed(reason)) if reason.is_panic()));

        // One that is busy has no time for it; what nobody awaits any more is carried out.
        let busy = lamp.as_async().burn(Duration::from_millis(50));
        let late = sys::suspend_async(&lamp.timeout(Duration::from_millis(1)));
        assert_eq!(late.await, Err(SysError::Timeout));
        drop(sys::replace_state_async(&lamp, |_| Lamp { on: true }));
        busy.await.unwrap();
        assert_eq!(sys::state_async(&lamp).await, Ok(Lamp { on: true }), "the first was taken back");

        sys::terminate_async(&lamp, ExitReason::Shutdown).await.unwrap();
        let gone = sys::state_async(&lamp).await;
        assert!(matches!(&gone, Err(SysError::NoProc)) || gone == Err(SysError::Exited(ExitReason::Shutdown)));
    });
}

#[test]
fn the_end_of_a_server() {
    let stop = |limit| otp::stop_async(&Lamp::start().unwrap(), ExitReason::Shutdown, limit);
    assert_eq!(block_on(stop(None)), Ok(()));
    let lamp = Lamp::start().unwrap();
    drop(otp::stop_async(&lamp, ExitReason::Shutdown, None));
    // Whoever stops it after that may find it still there.
    assert!(lamp.stop_with(ExitReason::Shutdown, None).map_or_else(|error| error.is_no_proc(), |()| true));
    assert_eq!(block_on(otp::stop_async(&lamp, ExitReason::Shutdown, None)), Err(CallError::NoProc));

    let lamp = Lamp::start().unwrap();
    let busy = lamp.as_async().burn(Duration::from_millis(50));
    let late = otp::stop_async(&lamp, ExitReason::Normal, Duration::from_millis(1));
    assert_eq!(block_on(late), Err(CallError::Timeout { started: true }));
    assert_eq!(block_on(busy), Ok(()), "it was asked before");
    let end = lamp.monitor().map(|end| process::current().receive_down(end, Duration::from_secs(10)));
    assert_ne!(end, Some(None), "it terminates all the same");
    assert_eq!(block_on(otp::stop_async(&otp::self_pid(), ExitReason::Normal, None)), Err(CallError::CallingSelf));
}

#[test]
fn supervisors_by_their_names() {
    let tree = Supervisor::new(Strategy::OneForOne).name("awaited tree").start().unwrap();
    let crowd = DynamicSupervisor::<Lamp>::new().name("awaited crowd").start().unwrap();
    let parts = PartitionSupervisor::<Lamp>::new(|_| Lamp::child_spec()).name("awaited parts").start().unwrap();
    let names = Registry::<u32, ()>::new().name("awaited names").start().unwrap();
    block_on(async {
        assert_eq!(SupervisorRef::lookup_async("awaited tree").await.unwrap().pid(), tree.pid());
        assert_eq!(DynamicRef::<Lamp>::lookup_async("awaited crowd").await.unwrap().pid(), crowd.pid());
        assert_eq!(PartitionRef::<Lamp>::lookup_async("awaited parts").await.unwrap().pid(), parts.pid());
        assert_eq!(RegistryRef::<u32, ()>::find_async("awaited names").await.unwrap().pid(), names.pid());
        assert_eq!(SupervisorRef::lookup_async("nobody").await.err(), Some(CallError::NoProc));
        assert_eq!(DynamicRef::<Lamp>::lookup_async("awaited tree").await.err(), Some(CallError::NoProc));
    });
    for tree in [tree, crowd.supervisor().clone(), parts.supervisor().clone()] {
        tree.stop().unwrap();
    }
    names.stop().unwrap();
}

#[test]
fn changes_of_groups() {
    let (scope, rooms) = (Scope::<&str>::start().unwrap(), Groups::<&str, u32>::start().unwrap());
    let weather = PubSub::<&str>::start().unwrap().topic("weather");
    let (inbox, news) = (process::current().subject(), process::current().subject());
    let me = otp::self_pid();
    block_on(async {
        scope.join_async("lobby", me).await.unwrap();
        assert_eq!(scope.members(&"lobby"), [me]);
        scope.leave_async(&"lobby", me).await.unwrap();
        assert_eq!(scope.leave_async(&"lobby", me).await, Err(GroupError::NotJoined));

        rooms.register_async("lobby", &inbox).await.unwrap();
        assert_eq!(rooms.len(&"lobby"), 1);
        rooms.unregister_async(&"lobby", &inbox).await.unwrap();
        assert_eq!(rooms.len(&"lobby"), 0);

        weather.subscribe_async(&news).await.unwrap();
        assert_eq!(weather.broadcast("rain"), 1);
        weather.unsubscribe_async(&news).await.unwrap();
        assert_eq!(weather.broadcast("sun"), 0);
        scope.stop().unwrap();
        assert_eq!(scope.join_async("lobby", me).await, Err(GroupError::Call(CallError::NoProc)));
    });
    assert_eq!(news.receive(Duration::ZERO), Some("rain"));
}

#[otp::test(seeds = 20)]
fn a_server_that_waits_for_who_asks_about_it_is_told_so(t: &mut Sim) {
    /// Looks at another in its handler.
    struct Watcher;

    #[actor]
    impl Watcher {
        #[init]
        fn init() -> Self {
            Self
        }

        #[handle_call]
        fn look_back(&mut self, at: Pid) -> Result<bool, SysError> {
            sys::status(&at).map(|status| status.is_suspended)
        }
    }

    /// Asks another that looks back.
    struct Asker(WatcherRef);

    #[actor]
    impl Asker {
        #[init]
        fn init(watcher: WatcherRef) -> Self {
            Self(watcher)
        }

        #[handle_call]
        fn ask(&mut self, ctx: &mut Context<Self>) -> Result<Result<bool, SysError>, CallError> {
            self.0.no_timeout().look_back(ctx.pid())
        }
    }

    let asker = Asker::start(Watcher::start().unwrap()).unwrap();
    let began = t.now();
    let answer = asker.no_timeout().ask().unwrap();
    let told = matches!(&answer, Ok(Err(SysError::Deadlock(path))) if path.len() == 2)
        || matches!(&answer, Err(CallError::Deadlock(path)) if path.len() == 2);
    assert!(told, "{answer:?}");
    assert_eq!(t.now(), began, "nobody has waited for a limit");
}
