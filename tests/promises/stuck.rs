//! Code that does not come back.

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
        mpsc,
    },
    task::{Context as Polled, Poll, Wake, Waker},
    thread,
};

use otp::{
    Node,
    actor::Starter,
    prelude::*,
    process::{Me, Subject},
    sys::{self, SysError},
};

use super::{Any, Keeper, KeeperRef, LONG, Log, OnDrop, PATIENCE, down, millis};

/// Waits until an exit signal ends the process.
fn stay(me: &mut Me) {
    me.receive_exit(None);
}

/// Waits for an answer that does not come.
struct Waiter {
    silent: KeeperRef,
}

#[actor]
impl Waiter {
    #[init]
    fn init(silent: KeeperRef) -> Self {
        Self { silent }
    }

    #[handle_call]
    fn wait(&mut self, held: Any) {
        let _held = held;
        let _ = self.silent.no_timeout().ping();
    }
}

/// What the stuck code tries when it comes back: nothing of it may be seen.
struct Aftermath {
    subject: Subject<&'static str>,
    keeper: KeeperRef,
    seen: Log,
    elsewhere: mpsc::Receiver<ReplyTo<()>>,
    victim: Pid,
}

impl Aftermath {
    fn attempt(&self) {
        self.subject.send("subject");
        let log = self.seen.clone();
        self.keeper.keep(Box::new(OnDrop(move || log.say("not delivered"))));
        self.seen.say(format_args!("{:?}", self.keeper.request().ping().check()));
        self.seen.say(format_args!("{:?}", sys::status(&self.keeper).err()));
        self.seen.say(format_args!("{:?}", otp::timer::send_after(LONG, &self.subject, "timer").left()));
        if let Ok(reply) = self.elsewhere.recv() {
            reply.send(());
        }
        process::exit(self.victim, ExitReason::Kill);
        process::link(self.victim);
        process::monitor(self.victim);
        let _ = process::register("stolen", self.keeper.pid().unwrap());
        let log = self.seen.clone();
        process::spawn(move |_| log.say("spawned"));
    }
}

/// Wakes a thread.
struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Loops until it is let go, then does what dead code must not.
struct Stuck;

#[actor]
impl Stuck {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn get_stuck(
        &mut self,
        running: mpsc::Sender<()>,
        go: Arc<AtomicBool>,
        after: Aftermath,
        done: mpsc::Sender<bool>,
    ) {
        running.send(()).unwrap();
        while !go.load(SeqCst) {
            std::hint::spin_loop();
        }
        after.attempt();
        // Where it would wait it is unwound.
        let told = OnDrop(move || done.send(thread::panicking()).unwrap());
        otp::sleep(millis(1));
        drop(told);
        after.subject.send("after its end");
    }

    #[handle_call]
    fn ping(&self) {}
}

/// Hands its callers on to a thread.
struct Hands;

#[actor]
impl Hands {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn hand_on(&mut self, to: mpsc::Sender<ReplyTo<()>>, reply: ReplyTo<()>) {
        to.send(reply).unwrap();
    }
}

#[test]
fn code_that_does_not_come_back_is_declared_dead() {
    let node = Node::builder().cores(1).start().unwrap();
    let far = Node::builder().cores(1).start().unwrap();
    let (silent, victim) = far.enter(|| {
        let silent = Keeper::start().unwrap();
        silent.keep_on_stack(Box::new(()));
        (silent, process::spawn(stay))
    });
    node.enter(|| {
        let me = process::current();
        let seen = Log::default();
        // A handler that is parked on a core.
        let (unwound, was_unwound) = mpsc::channel();
        let waiter = Waiter::start(silent.clone()).unwrap();
        let waiter_down = waiter.monitor().unwrap();
        let held = OnDrop(move || unwound.send(()).unwrap());
        let waiting = waiter.request().wait(Box::new(held));
        let keeper = Keeper::start().unwrap();
        keeper.doze().unwrap();
        // An answer that the stuck code holds for the callee of another.
        let (to, elsewhere) = mpsc::channel();
        let hands = Hands::start().unwrap();
        let handed = hands.no_timeout().request().hand_on(to);

        let (running, is_running) = mpsc::channel();
        let (done, is_done) = mpsc::channel();
        let go = Arc::new(AtomicBool::new(false));
        let subject = me.subject();
        let stuck = Starter::<Stuck>::new().name("stuck").start(()).unwrap();
        let monitor = stuck.monitor().unwrap();
        process::link(stuck.pid().unwrap());
        let after =
            Aftermath { subject: subject.clone(), keeper: keeper.clone(), seen: seen.clone(), elsewhere, victim };
        // The core is held until all have asked: the stuck process takes what they ask with what it gets stuck in.
        let (let_go, held_core) = mpsc::channel::<()>();
        process::spawn(move |_| {
            let _ = held_core.recv();
        });
        let running_call = stuck.no_timeout().request().get_stuck(running, go.clone(), after, done);
        let queued = stuck.no_timeout().request().ping();
        // Callers that nothing of this node looks after: a process of another, and whoever polls with a waker of its
        // own.
        let (asking, asks) = mpsc::channel();
        let (client, asked) = (stuck.no_timeout(), asking.clone());
        let elsewhere = thread::spawn(move || {
            otp::self_pid();
            let call = client.request().ping();
            asked.send(()).unwrap();
            call.wait()
        });
        let (client, inside) = (stuck.no_timeout(), node.clone());
        let polls = move || {
            let mut call = pin!(client.as_async().ping());
            let waker = Waker::from(Arc::new(Unpark(thread::current())));
            let mut polled = call.as_mut().poll(&mut Polled::from_waker(&waker));
            asking.send(()).unwrap();
            loop {
                match polled {
                    Poll::Ready(outcome) => return outcome,
                    Poll::Pending => thread::park(),
                }
                polled = call.as_mut().poll(&mut Polled::from_waker(&waker));
            }
        };
        let polling = thread::spawn(move || inside.enter(polls));
        (0..2).for_each(|_| asks.recv().unwrap());
        // A request of `sys`. Who makes it tells about itself when it waits.
        let (client, inside, (waiting_for, who_waits)) = (stuck.no_timeout(), node.clone(), mpsc::channel());
        let looks = move || {
            waiting_for.send(otp::self_pid()).unwrap();
            sys::status(&client)
        };
        let looking = thread::spawn(move || inside.enter(looks));
        let _ = process::info(who_waits.recv().unwrap());
        drop(let_go);
        is_running.recv().unwrap();
        let client = stuck.no_timeout();
        let late = thread::spawn(move || client.ping());
        assert_eq!(node.lost_threads(), 0);
        let waiter_down_too = waiter.monitor().unwrap();

        process::exit(stuck.pid().unwrap(), ExitReason::Kill);
        assert_eq!(down(monitor), ExitReason::Killed);
        assert_eq!(me.receive_exit(PATIENCE).unwrap().reason, ExitReason::Killed);
        assert_eq!(process::whereis("stuck"), None);
        assert_eq!(running_call.wait(), Err(CallError::Exited(ExitReason::Killed)));
        assert_eq!(queued.wait(), Err(CallError::Exited(ExitReason::Killed)));
        let late = late.join().unwrap();
        assert!(matches!(late, Err(CallError::Exited(ExitReason::Killed) | CallError::NoProc)), "{late:?}");
        for outside in [elsewhere, polling] {
            assert_eq!(outside.join().unwrap(), Err(CallError::Exited(ExitReason::Killed)));
        }
        assert_eq!(looking.join().unwrap(), Err(SysError::Exited(ExitReason::Killed)));
        assert_eq!(stuck.ping(), Err(CallError::NoProc));
        // Everybody else goes on, who was parked when it began among them.
        assert!(process::is_alive(waiter.pid().unwrap()));
        process::exit(waiter.pid().unwrap(), ExitReason::Kill);
        assert_eq!(down(waiter_down), ExitReason::Killed);
        assert_eq!(down(waiter_down_too), ExitReason::Killed);
        was_unwound.recv_timeout(PATIENCE).unwrap();
        assert_eq!(waiting.wait(), Err(CallError::Exited(ExitReason::Killed)));
        assert_eq!(keeper.ping(), Ok(()));
        assert_eq!(node.lost_threads(), 1);
        let (_, monitor) = process::spawn_monitor(|_| {});
        assert_eq!(down(monitor), ExitReason::Normal);
        let stuck = Starter::<Stuck>::new().name("stuck").start(()).unwrap();
        assert_eq!(stuck.ping(), Ok(()));

        // Let go, the code is unwound, and nothing comes of what it tries.
        go.store(true, SeqCst);
        assert!(is_done.recv_timeout(PATIENCE).unwrap(), "its stack is unwound where it waits");
        assert_eq!(subject.receive(Duration::ZERO), None);
        assert_eq!(handed.wait(), Err(CallError::NoReply));
        assert_eq!(keeper.ping(), Ok(()));
        assert_eq!(seen.take(), ["not delivered", "Some(Err(Exiting))", "Some(Exiting)", "None"]);
        assert_eq!(process::whereis("stolen"), None);
        assert!(process::is_alive(victim));
        assert_eq!(node.len(), 4, "the test, its keeper, its hands, and the new one");
        far.enter(|| {
            let info = process::info(victim).unwrap();
            assert_eq!((info.links, info.monitored_by, info.name), (vec![], vec![], None));
        });
    });
    node.stop();
    far.stop();
    assert_eq!((node.len(), far.len()), (0, 0));
}

/// Does not come back from its `init`.
struct Endless;

#[actor]
impl Endless {
    #[init]
    fn init(running: mpsc::Sender<Pid>, go: Arc<AtomicBool>) -> Self {
        running.send(otp::self_pid()).unwrap();
        while !go.load(SeqCst) {
            std::hint::spin_loop();
        }
        Self
    }
}

#[test]
fn a_start_does_not_hang_on_an_init_that_does() {
    let node = Node::builder().cores(1).start().unwrap();
    let go = Arc::new(AtomicBool::new(false));
    node.enter(|| {
        // Killed by somebody else.
        let (running, is_running) = mpsc::channel();
        let killer = thread::spawn(move || process::exit(is_running.recv().unwrap(), ExitReason::Kill));
        let started = Starter::<Endless>::new().name("endless").start((running, go.clone()));
        assert_eq!(started.err(), Some(StartError::Failed(ExitReason::Killed)));
        killer.join().unwrap();
        assert_eq!(process::whereis("endless"), None);
        // Killed when its time is over.
        let (running, _is_running) = mpsc::channel();
        let starter = Starter::<Endless>::new().name("endless").timeout(millis(1)).link();
        assert_eq!(starter.start((running, go.clone())).err(), Some(StartError::Timeout));
        assert_eq!(process::whereis("endless"), None);
        assert_eq!(process::current().receive_exit(Duration::ZERO), None);
        assert_eq!(node.len(), 1);
    });
    go.store(true, SeqCst);
    node.stop();
}
