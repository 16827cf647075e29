//! What a start gives whoever asked for it, what is refused before anybody is asked, and requests that are awaited.

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    task::{Context as Polled, Poll, Waker},
};

use otp::{
    prelude::*,
    process::{Ack, Spawn, StartInfo},
    supervisor::{ChildError, DynamicSupervisor, PartitionSupervisor, PlainChild, SpecError},
};

/// Gives a number, another one at each start.
pub(crate) struct Numbered;

#[actor]
impl Numbered {
    #[init]
    fn init(starts: Arc<AtomicU32>, ctx: &mut Context<Self>) -> Self {
        ctx.init_ack_with(starts.fetch_add(1, SeqCst));
        Self
    }

    #[handle_call]
    fn hello(&self) {}
}

fn number(info: Option<StartInfo>) -> u32 {
    info.expect("it gives one").downcast().expect("a number")
}

#[otp::test(seeds = 20)]
fn extra_return(t: &mut Sim) {
    let starts = Arc::new(AtomicU32::new(0));
    let shop = Supervisor::new(Strategy::OneForOne).start()?;
    let (client, info) = shop.start_child_with_info("numbered", Numbered::child_spec(starts.clone()))?;
    assert_eq!((number(info), client.hello()), (0, Ok(())));
    // A restart by the supervisor gives it to nobody.
    t.kill(&client);
    t.settle();
    assert_eq!((starts.load(SeqCst), client.hello()), (2, Ok(())));
    shop.terminate_child("numbered")?;
    let (pid, info) = shop.restart_child_with_info("numbered")?;
    assert_eq!((pid, number(info)), (client.pid(), 2));
    // Who asks in the plain way does not get it, and it is gone.
    shop.terminate_child("numbered")?;
    assert_eq!(shop.restart_child("numbered")?, client.pid());
}

/// Children of one supervisor give different things, or nothing.
#[otp::test(seeds = 20)]
fn different_returns(_: &mut Sim) {
    let shop = Supervisor::new(Strategy::OneForOne).start()?;
    let (_, info) = shop.start_child_with_info("text", Spawn::new().child_spec_start(text))?;
    let wrong = info.unwrap().downcast::<u32>().unwrap_err();
    assert_eq!(wrong.downcast::<String>().unwrap(), "a text");
    let (_, info) = shop.start_child_with_info("none", Spawn::new().child_spec(|_| otp::timer::sleep_forever()))?;
    assert!(info.is_none());
    let (_, info) = shop.start_child_with_info("numbered", Numbered::child_spec(Arc::default()))?;
    assert_eq!(number(info), 0);
    let failing = Spawn::new().child_spec_start(|_, ack: Ack<u32>| ack.failed("no paper"));
    let error = shop.start_child_with_info("failing", failing).unwrap_err();
    assert_eq!(error, ChildError::Start(StartError::Failed(ExitReason::error("no paper"))));
    let any = DynamicSupervisor::any().start()?;
    let (_, info) = any.start_child_with_info(Spawn::new().child_spec_start(text))?;
    assert_eq!(info.unwrap().downcast::<String>().unwrap(), "a text");
    any.stop()?;
}

fn text(_: &mut process::Me, ack: Ack<String>) {
    ack.started("a text".to_owned());
    otp::timer::sleep_forever();
}

/// Panics when it is dropped.
struct Grenade;

impl Drop for Grenade {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("in drop");
        }
    }
}

/// Hangs when it is dropped.
struct Anchor;

impl Drop for Anchor {
    fn drop(&mut self) {
        otp::timer::sleep_forever();
    }
}

fn gives<T: Send + 'static>(make: fn() -> T) -> ChildSpec<PlainChild> {
    Spawn::new().child_spec_start(move |_, ack: Ack<T>| {
        ack.started(make());
        otp::timer::sleep_forever();
    })
}

/// What nobody takes harms nobody.
#[otp::test(seeds = 20)]
fn what_nobody_takes_harms_nobody(t: &mut Sim) {
    let shop = Supervisor::new(Strategy::OneForOne).intensity(100, Duration::from_secs(1)).start()?;
    let grenade = shop.start_child("grenade", gives(|| Grenade))?;
    let anchor = shop.start_child("anchor", gives(|| Anchor))?;
    for _ in 0..10 {
        process::exit(grenade.pid().unwrap(), ExitReason::Kill);
        process::exit(anchor.pid().unwrap(), ExitReason::Kill);
        t.settle();
    }
    assert!(grenade.is_alive() && anchor.is_alive());
    assert_eq!(shop.count_children()?.active, 2);
    t.crashes();
}

/// A spec that can't be is refused whether or not the supervisor runs.
#[otp::test(seeds = 5)]
fn a_spec_that_cannot_be_is_refused_at_once(_: &mut Sim) {
    let specs: [fn() -> ChildSpec<Numbered>; 2] = [
        || Numbered::child_spec(Arc::default()).significant(true),
        || Numbered::child_spec(Arc::default()).backoff(Duration::from_secs(2)..=Duration::from_secs(1)),
    ];
    let shop = Supervisor::new(Strategy::OneForOne).start()?;
    let any = DynamicSupervisor::any().start()?;
    for ends in [false, true] {
        for spec in specs {
            let error = shop.start_child("bad", spec()).unwrap_err();
            assert!(matches!(error, ChildError::Start(StartError::Spec(_))), "{error}");
            let error = any.start_child(spec()).unwrap_err();
            assert!(matches!(error, ChildError::Start(StartError::Spec(_))), "{error}");
        }
        if !ends {
            shop.stop()?;
            any.stop()?;
        }
    }
    // What the supervisor said when it ran, it would say now.
    let nothing = SpecError::SignificantForNothing("bad".into());
    assert_eq!(shop.start_child("bad", specs[0]()).unwrap_err(), ChildError::Start(StartError::Spec(nothing)));
}

/// What is asked by a future is what is asked by a wait, on an executor that knows nothing of processes.
#[test]
fn requests_are_awaited_on_any_executor() {
    let shop = Supervisor::new(Strategy::OneForOne).start().unwrap();
    let dynamic = DynamicSupervisor::<Numbered, _>::template(|starts: Arc<AtomicU32>| Numbered::child_spec(starts))
        .start()
        .unwrap();
    let shards = PartitionSupervisor::new(|_| Numbered::child_spec(Arc::default())).partitions(4).start().unwrap();
    let outcome = block_on(async move {
        let (blocking, shop) = (shop.clone(), shop.as_async());
        let numbered = shop.start_child("numbered", Numbered::child_spec(Arc::default())).await?;
        assert_eq!(shop.count_children().await?.active, 1);
        assert_eq!(shop.which_children().await?.len(), 1);
        assert_eq!(shop.which_child("numbered").await?.pid(), numbered.pid());
        assert_eq!(shop.child_spec("numbered").await?.restart, Restart::Permanent);
        assert_eq!(shop.restarts("numbered").await?, 0);
        shop.terminate_child("numbered").await?;
        let (pid, info) = shop.restart_child_with_info("numbered").await?;
        assert_eq!((pid, number(info)), (numbered.pid(), 1));
        shop.terminate_child("numbered").await?;
        shop.delete_child("numbered").await?;
        assert_eq!(shop.delete_child("numbered").await, Err(ChildError::NotFound));
        shop.stop().await?;
        assert_eq!(shop.stop().await, Err(CallError::NoProc));
        assert!(!blocking.is_alive());
        let dynamic = dynamic.as_async();
        let child = dynamic.start_child(Arc::default()).await?;
        assert_eq!(dynamic.child_spec(&child).await?.restart, Restart::Permanent);
        dynamic.terminate_child(&child).await?;
        assert_eq!(dynamic.count_children().await?.specs, 0);
        dynamic.stop_with(ExitReason::Shutdown, Duration::from_secs(10)).await?;
        assert_eq!(shards.as_async().resize(2).await?, 4);
        shards.as_async().stop().await?;
        Ok::<(), ChildError>(())
    });
    outcome.unwrap();
}

/// An executor of one task, on a thread that is no process yet.
fn block_on<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
    struct Unparks(std::thread::Thread);
    impl std::task::Wake for Unparks {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let run = move || {
        let waker = Waker::from(Arc::new(Unparks(std::thread::current())));
        let mut future = pin!(future);
        loop {
            match future.as_mut().poll(&mut Polled::from_waker(&waker)) {
                Poll::Ready(value) => return value,
                Poll::Pending => std::thread::park(),
            }
        }
    };
    std::thread::spawn(run).join().expect("it does not panic")
}

/// A request whose answer nobody awaits is taken back if it was not begun, and leaves nothing.
#[otp::test(seeds = 20)]
fn a_request_that_is_dropped_leaves_nothing(t: &mut Sim) {
    let shop = Supervisor::new(Strategy::OneForOne).start()?;
    for _ in 0..100 {
        drop(shop.as_async().start_child("numbered", Numbered::child_spec(Arc::default())));
        drop(shop.as_async().stop_with(ExitReason::Shutdown, None));
        t.settle();
        if !shop.is_alive() {
            break;
        }
    }
    assert!(!shop.is_alive(), "a stop is not taken back");
    t.settle();
    assert_eq!(t.node().len(), 1);
    let slow = Spawn::new().child_spec_start(|_, ack: Ack<()>| {
        otp::sleep(Duration::from_secs(60));
        ack.started(());
    });
    let shop = Supervisor::new(Strategy::OneForOne).start()?;
    let asked = shop.as_async().start_child("slow", slow);
    t.advance(Duration::from_secs(1));
    // It was begun, and is carried out.
    drop(asked);
    t.advance(Duration::from_secs(60));
    assert_eq!(shop.which_child("slow")?.label, "process");
}
