//! What was left at a place for its next holder.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering::SeqCst},
    mpsc,
};

use otp::{
    Node, Reply,
    prelude::*,
    supervisor::{ChildState, MailboxOnRestart},
};

use super::{Load, Worker, World, kill, millis, secs, state, three};

#[otp::test(seeds = 20)]
fn what_becomes_of_a_request_that_was_left_is_told(t: &mut Sim) {
    let world = World::default();
    let supervisor = three(&world, Strategy::OneForOne).start()?;
    let b = supervisor.child::<Worker>("b").no_timeout();
    kill(t, &b);
    kill(t, &b);
    // Whoever takes it crashes over it, drops it, or hands it on.
    let patient = b.wait_for_restart();
    let (to, from) = mpsc::channel();
    let deferred = patient.request().keep(to);
    let (blocked, (tell, told)) = (patient.clone(), mpsc::channel());
    process::spawn(move |_| tell.send(blocked.crash_unanswered(millis(1))).unwrap());
    t.settle();
    let queued = patient.request().which();
    let mut next = patient.request().which();
    assert_eq!(next.check(), None);
    t.advance(millis(1011));
    assert_eq!(t.crashes().len(), 1);
    let told = told.recv().unwrap();
    assert!(matches!(told, Err(CallError::Exited(ExitReason::Panic(_)))), "when it is known why: {told:?}");
    for lost in [deferred.wait(), queued.wait(), next.wait()] {
        assert!(matches!(lost, Err(CallError::Exited(ExitReason::Panic(_)))), "{lost:?}");
    }
    assert!(!from.try_recv().unwrap().is_awaited());
    t.advance(secs(2));
    let (to, from) = mpsc::channel();
    kill(t, &b);
    let dropped = patient.request().keep(to);
    t.advance(secs(10));
    drop(from);
    t.settle();
    assert_eq!(dropped.wait(), Err(CallError::NoReply));
}

#[otp::test(seeds = 20)]
fn who_was_answered_by_one_who_came_later_closes_no_cycle(t: &mut Sim) {
    let world = World::default();
    let supervisor = three(&world, Strategy::OneForOne).start()?;
    let [a, b] = ["a", "b"].map(|id| supervisor.child::<Worker>(id).no_timeout());
    kill(t, &b);
    kill(t, &b);
    assert_eq!(a.ask(b)?, Ok(()));
    t.settle();
    assert_eq!(world.take().last().map(String::as_str), Some("called: true"));
}

#[otp::test(seeds = 20)]
fn a_deferred_answer_to_a_request_that_was_left_fails_with_whoever_took_it(t: &mut Sim) {
    let world = World::default();
    let supervisor = three(&world, Strategy::OneForOne).start()?;
    let b = supervisor.child::<Worker>("b").no_timeout();
    kill(t, &b);
    kill(t, &b);
    let (patient, (to, from), (tell, told)) = (b.wait_for_restart(), mpsc::channel(), mpsc::channel());
    process::spawn(move |_| tell.send(patient.keep(to)).unwrap());
    t.advance(secs(1));
    let reply = from.recv().unwrap();
    assert!(told.try_recv().is_err() && reply.is_awaited());
    kill(t, &b);
    assert_eq!(told.try_recv(), Ok(Err(CallError::Exited(ExitReason::Killed))), "wherever the `ReplyTo` is");
}

#[otp::test(seeds = 2)]
fn requests_that_were_given_up_do_not_pile_up_where_they_were_left(t: &mut Sim) {
    let world = World::default();
    let supervisor = three(&world, Strategy::OneForOne).start()?;
    let b = supervisor.child::<Worker>("b");
    kill(t, &b);
    kill(t, &b);
    let (to, _from) = mpsc::channel();
    let token = Arc::new(());
    let patient = b.wait_for_restart();
    (0..2).for_each(|_| patient.carry(Load(Arc::clone(&token), true)));
    for request in 0..1000 {
        drop(patient.request().fetch(Load(Arc::clone(&token), request < 2)));
    }
    assert!(Arc::strong_count(&token) < 100, "{} are left", Arc::strong_count(&token));
    // What is not dropped well is nobody's harm, neither the sender's nor the supervisor's.
    let kept = patient.request().keep(to);
    supervisor.terminate_child("b")?;
    assert_eq!((Arc::strong_count(&token), kept.wait()), (1, Err(CallError::NoProc)));
    assert!(supervisor.restart_child("b")?.is_some());
}

/// Is ready, and ends before it has handled a message, as often as it is told.
struct Fickle {
    notes: Arc<Mutex<Vec<u32>>>,
}

#[actor]
impl Fickle {
    #[init]
    fn init(notes: Arc<Mutex<Vec<u32>>>, ends: Arc<AtomicU32>, ctx: &mut Context<Self>) -> Self {
        if ends.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok() {
            ctx.next().end();
        }
        Self { notes }
    }

    #[handle_continue]
    fn end(&mut self) -> Result<(), ExitReason> {
        Err(ExitReason::other("fickle"))
    }

    #[handle_call]
    fn note(&mut self, what: u32) -> u32 {
        self.notes.lock().unwrap().push(what);
        what
    }
}

#[otp::test(seeds = 50)]
fn what_was_left_is_not_lost_with_one_that_ends_before_it_has_taken_it(t: &mut Sim) {
    for ends in 1..4 {
        let (notes, left) = (Arc::default(), Arc::new(AtomicU32::new(0)));
        let args = (Arc::clone(&notes), Arc::clone(&left));
        let spec = Fickle::spec(move || args.clone()).backoff(secs(1)..=secs(1));
        let supervisor = Supervisor::new(Strategy::OneForOne).intensity(9, secs(1)).child("a", spec).start()?;
        let a = supervisor.child::<Fickle>("a");
        let patient = a.no_timeout().wait_for_restart();
        t.kill(&a);
        t.settle();
        t.kill(&a);
        t.settle();
        left.store(ends, SeqCst);
        let calls: Vec<_> = (0..5).map(|what| patient.request().note(what)).collect();
        assert!(calls.into_iter().map(Reply::wait).eq((0..5).map(Ok)));
        assert_eq!(*notes.lock().unwrap(), [0, 1, 2, 3, 4], "in their order");
        assert_eq!((left.load(SeqCst), t.crashes().len()), (0, usize::try_from(ends)?));

        // When no other one comes, it was nobody who had them.
        t.kill(&a);
        t.settle();
        left.store(1, SeqCst);
        let calls: Vec<_> = (0..5).map(|what| patient.request().note(what)).collect();
        t.advance(secs(1));
        assert_eq!((state(&supervisor, "a"), t.crashes().len()), (ChildState::Restarting, 1));
        supervisor.terminate_child("a")?;
        for call in calls {
            assert_eq!(call.wait(), Err(CallError::NoProc));
        }
        supervisor.stop()?;
    }
}

/// Whoever has its answer from the next incarnation finds that in its place, though there is more that it is still
/// being given; and what anybody sends meanwhile comes behind that.
#[test]
fn who_is_answered_by_the_next_incarnation_reaches_it() {
    const KEPT: u32 = 3000;
    let node = Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        let world = World::default();
        let worker = world.clone();
        let spec = Worker::spec(move || (worker.clone(), "a")).mailbox_on_restart(MailboxOnRestart::Keep);
        let supervisor = Supervisor::new(Strategy::OneForOne).intensity(99, secs(1)).child("a", spec).start().unwrap();
        let a = supervisor.child::<Worker>("a").no_timeout();
        for round in 0..10 {
            otp::sys::suspend(&a).unwrap();
            a.crash(Duration::ZERO);
            let first = a.request().which();
            (0..KEPT).for_each(|what| a.note(what));
            otp::sys::resume(&a).unwrap();
            let next = round + 1;
            assert_eq!(first.wait(), Ok(next));
            assert_eq!((a.is_alive(), a.noted(KEPT)), (true, Ok(next)));
            let notes = world.take().into_iter().filter(|note| note != "+a");
            assert!(notes.eq((0..=KEPT).map(|what| format!("a{next}: {what}"))), "round {round}");
        }
        assert_eq!(supervisor.place().child("a").undelivered(), 0);
        supervisor.stop().unwrap();
    });
    node.stop();
}
