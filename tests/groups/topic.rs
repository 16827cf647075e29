//! Topics: who is told, in which order, and what slow subscribers and many of them cost.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
};

use otp::{
    Node,
    actor::Starter,
    group::GroupError,
    prelude::*,
    process::Subject,
    topic::{PubSub, PubSubRef, Topic},
};

use crate::{idle, kill, latch::Latch, secs};

#[otp::test(seeds = 100)]
fn all_who_have_subscribed_are_told_once(t: &mut Sim) {
    let pubsub = PubSub::<u32>::start()?;
    let topic = pubsub.topic("numbers");
    let (one, two) = (process::current().subject(), process::current().subject());
    topic.subscribe(&one)?;
    topic.subscribe(&one)?;
    topic.subscribe(&two)?;
    assert_eq!(topic.broadcast(1), 2);
    topic.unsubscribe(&two)?;
    assert_eq!(topic.unsubscribe(&two), Err(GroupError::NotJoined));
    assert_eq!((topic.broadcast(2), pubsub.topic("others").broadcast(3)), (1, 0));
    t.settle();
    assert_eq!((one.receive(None), one.receive(None), one.flush()), (Some(1), Some(2), 0));
    assert_eq!((two.receive(None), two.flush()), (Some(1), 0));
    assert_eq!((topic.subscribers(), pubsub.groups()), (vec![otp::self_pid()], vec!["numbers".to_owned()]));
}

#[otp::test(seeds = 50)]
fn who_publishes_from_itself_is_not_told(_: &mut Sim) {
    let chat = PubSub::<&str, u32>::start()?.topic(7_u32);
    let (mine, also_mine, heard) =
        (process::current().subject(), process::current().subject(), process::current().subject());
    chat.subscribe(&mine)?;
    chat.subscribe(&also_mine)?;
    let (theirs, ready) = (chat.clone(), process::current().subject());
    let is_ready = ready.clone();
    process::spawn(move |me| {
        let inbox = me.subject();
        theirs.subscribe(&inbox).unwrap();
        is_ready.send(());
        heard.send(inbox.receive(None).unwrap());
        theirs.broadcast_from("good day");
        otp::timer::sleep_forever();
    });
    ready.receive(None).unwrap();
    assert_eq!((chat.broadcast_from("hello"), mine.receive(Duration::ZERO)), (1, None));
    assert_eq!((mine.receive(None), also_mine.receive(None)), (Some("good day"), Some("good day")));
}

#[otp::test(seeds = 100)]
fn the_dead_are_forgotten(t: &mut Sim) {
    let topic = PubSub::<u32>::start()?.topic("numbers");
    let subjects = process::current().subject();
    let pids: Vec<_> = (0..10)
        .map(|_| {
            let (topic, subjects) = (topic.clone(), subjects.clone());
            process::spawn(move |me| {
                let inbox = me.subject();
                topic.subscribe(&inbox).unwrap();
                subjects.send(());
                inbox.receive(None);
            })
        })
        .collect();
    (0..10).for_each(|_| subjects.receive(None).unwrap());
    assert_eq!(topic.subscribers().len(), 10);
    kill(t, pids[3]);
    assert_eq!(topic.broadcast(1), 9);
    t.settle();
    assert_eq!((topic.subscribers(), topic.broadcast(2)), (vec![], 0), "each has ended by what it heard");
}

/// What one process publishes comes to each in order, and what was published after a subscription comes.
#[otp::test(seeds = 200)]
fn messages_of_one_process_keep_their_order(_: &mut Sim) {
    let topic = PubSub::<(u32, u32)>::start()?.topic("numbers");
    let inbox = process::current().subject();
    topic.subscribe(&inbox)?;
    for publisher in 0..3 {
        let topic = topic.clone();
        process::spawn(move |_| (0..5).for_each(|n| assert_eq!(topic.broadcast((publisher, n)), 1)));
    }
    let mut last = [0; 3];
    for _ in 0..15 {
        let (publisher, n) = inbox.receive(None).unwrap();
        assert_eq!(last[publisher as usize], n);
        last[publisher as usize] += 1;
    }
    assert_eq!(last, [5; 3]);
}

/// Takes its time.
struct Slow {
    seen: Vec<u32>,
}

#[actor]
impl Slow {
    #[init]
    fn init(topic: Topic<u32>, ctx: &mut Context<Self>) -> Result<Self, GroupError> {
        topic.subscribe(&ctx.client().subject_with(|slow, n| slow.hear(n)))?;
        Ok(Self { seen: Vec::new() })
    }

    #[handle_cast]
    fn hear(&mut self, n: u32) {
        self.seen.push(n);
        otp::sleep(secs(1));
    }

    #[handle_call]
    fn seen(&self) -> Vec<u32> {
        self.seen.clone()
    }
}

/// The mailbox of each subscriber says what becomes of what it is too slow for; whoever publishes waits for none.
#[otp::test(seeds = 20)]
fn a_slow_subscriber_is_treated_as_its_mailbox_says(t: &mut Sim) {
    let policies = [Policy::DropOldest, Policy::DropNewest, Policy::Reject, Policy::Block];
    let seen = [vec![0, 4, 5], vec![0, 1, 2], vec![0, 1, 2], vec![0, 1, 2]];
    for (policy, seen) in policies.into_iter().zip(seen) {
        let topic = PubSub::<u32>::start()?.topic("numbers");
        let starter = Starter::<Slow>::new().mailbox(Mailbox::bounded(2, policy));
        let slow = starter.start((topic.clone(),))?;
        let inbox = process::current().subject();
        topic.subscribe(&inbox)?;
        let began = t.now();
        topic.broadcast(0);
        t.settle();
        (1..=5).for_each(|n| assert_eq!(topic.broadcast(n), 2));
        assert_eq!((t.now(), inbox.flush()), (began, 6), "nobody waits for it");
        t.advance(secs(10));
        assert_eq!((slow.seen()?, slow.dropped()), (seen, 3), "{policy:?}");
        slow.stop()?;
    }
}

/// All ways in which a server is told.
#[derive(Default)]
struct Told {
    by_subject: u32,
    by_type: u32,
    by_cast: u32,
}

#[actor]
impl Told {
    #[init]
    fn init(news: PubSubRef<u32>, ctx: &mut Context<Self>) -> Result<Self, GroupError> {
        let topic = news.topic("numbers");
        topic.subscribe(&ctx.subject(|told, n| told.hear(n)))?;
        topic.subscribe(&ctx.client().subject())?;
        topic.subscribe(&ctx.client().subject_with(|told, n| told.hear_cast(n)))?;
        topic.subscribe(&process::current().subject())?;
        Ok(Self::default())
    }

    #[handle_info]
    fn hear(&mut self, n: u32) {
        // Its subject's messages come by their handler, those of its client and of a bare subject by their type.
        self.by_subject += n;
    }

    #[handle_info]
    fn hear_type(&mut self, n: Typed) {
        self.by_type += n.0;
    }

    #[handle_cast]
    fn hear_cast(&mut self, n: u32) {
        self.by_cast += n;
    }

    #[handle_call]
    fn sums(&self) -> (u32, u32, u32) {
        (self.by_subject, self.by_type, self.by_cast)
    }
}

struct Typed(u32);

supervisor! {
    App<rest_for_one>() {
        news: PubSub<u32>();
        told: Told(news);
    }
}

#[otp::test(seeds = 50)]
fn servers_are_told_in_their_handlers(t: &mut Sim) {
    let app = App::start()?;
    let topic = app.news().topic("numbers");
    assert_eq!(topic.broadcast(1), 4);
    assert_eq!(app.told().sums(), Ok((3, 0, 1)));
    let typed = app.told().subject::<Typed>();
    typed.send(Typed(7));
    assert_eq!(app.told().sums(), Ok((3, 7, 1)));
    // Its next incarnation subscribes anew, and what keeps them takes it along.
    for killed in [app.told().pid(), app.news().pid()] {
        kill(t, killed.unwrap());
        assert_eq!(topic.broadcast(1), 4);
        assert_eq!(app.told().sums(), Ok((3, 0, 1)));
    }
}

#[otp::test(seeds = 5)]
fn nobody_hears_what_is_published_while_nobody_keeps_topics(t: &mut Sim) {
    let pubsub = PubSub::<u32>::start()?;
    let topic = pubsub.topic("numbers");
    let inbox = process::current().subject();
    topic.subscribe(&inbox)?;
    t.kill(&pubsub);
    t.settle();
    assert_eq!((topic.broadcast(1), topic.subscribers(), inbox.flush()), (0, vec![], 0));
    assert_eq!(topic.subscribe(&inbox), Err(GroupError::Call(CallError::NoProc)));
}

/// Counts its clones.
struct Costly(Arc<AtomicUsize>);

impl Clone for Costly {
    fn clone(&self) -> Self {
        self.0.fetch_add(1, SeqCst);
        Self(self.0.clone())
    }
}

#[otp::test(seeds = 1)]
fn each_subscriber_costs_a_clone(_: &mut Sim) {
    let (clones, inbox) = (Arc::new(AtomicUsize::new(0)), process::current().subject());
    let topic = PubSub::<Costly>::start()?.topic("costly");
    topic.broadcast(Costly(clones.clone()));
    assert_eq!(clones.load(SeqCst), 0);
    topic.subscribe(&inbox)?;
    topic.broadcast(Costly(clones.clone()));
    topic.broadcast_from(Costly(clones.clone()));
    assert_eq!((clones.load(SeqCst), inbox.flush()), (1, 1));
}

/// One publisher is held up in the middle; meanwhile others subscribe, leave and publish.
#[test]
fn no_lock_is_held_while_somebody_publishes() {
    let node = Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        let topic = PubSub::<u32>::start().unwrap().topic("numbers");
        let (reached, go_on) = (Latch::default(), Latch::default());
        let (is_there, waits) = (reached.clone(), go_on.clone());
        let inbox: Subject<u32> = process::current().subject();
        let held = inbox.map(move |n| {
            is_there.open();
            waits.wait();
            n
        });
        topic.subscribe(&held).unwrap();
        let publisher = topic.clone();
        let (_, ended) = process::Spawn::new().thread().spawn_monitor(move |_| assert_eq!(publisher.broadcast(1), 1));
        reached.wait();
        let other = process::current().subject();
        topic.subscribe(&other).unwrap();
        topic.unsubscribe(&held).unwrap();
        assert_eq!(topic.broadcast(2), 1);
        assert_eq!((other.receive(secs(60)), inbox.flush()), (Some(2), 0));
        go_on.open();
        process::current().receive_down(ended, secs(60)).unwrap();
        assert_eq!((inbox.receive(secs(60)), other.flush()), (Some(1), 0));
    });
    node.stop();
}

/// Those who are subscribed all the time hear all, whoever comes and goes beside them.
#[test]
fn those_who_stay_hear_all_on_real_cores() {
    const ROUNDS: u32 = 300;
    let node = Node::builder().cores(2).start().unwrap();
    node.enter(|| {
        let topic = PubSub::<u32>::start().unwrap().topic("numbers");
        let stay = [(); 100].map(|()| process::current().subject());
        for subject in &stay {
            topic.subscribe(subject).unwrap();
        }
        let is_over = Arc::new(AtomicBool::new(false));
        let churning: Vec<_> = (0..3)
            .map(|_| {
                let (topic, is_over) = (topic.clone(), is_over.clone());
                process::spawn_monitor(move |me| {
                    while !is_over.load(SeqCst) {
                        let come = [(); 20].map(|()| me.subject());
                        come.iter().for_each(|subject| topic.subscribe(subject).unwrap());
                        come.iter().for_each(|subject| topic.unsubscribe(subject).unwrap());
                        me.flush();
                    }
                })
            })
            .collect();
        (0..ROUNDS).for_each(|n| assert!(topic.broadcast(n) >= 100));
        is_over.store(true, SeqCst);
        for (_, monitor) in churning {
            assert!(process::current().receive_down(monitor, secs(60)).unwrap().reason.is_clean());
        }
        for subject in &stay {
            let heard: Vec<_> = std::iter::from_fn(|| subject.receive(Duration::ZERO)).collect();
            assert!(heard.iter().copied().eq(0..ROUNDS), "each once, in order");
        }
        assert_eq!(topic.subscribers().len(), 100);
    });
    node.stop();
}

/// What a subscription costs does not depend on how many others there are, also while somebody publishes.
#[cfg(debug_assertions)]
#[otp::test(seeds = 1)]
fn one_more_subscriber(_: &mut Sim) {
    /// At most the pieces of a list that have to be copied.
    const FEW: usize = 200;
    for size in [1_000, 100_000] {
        let pubsub = PubSub::<u32, usize>::start()?;
        let topic = pubsub.topic(0_usize);
        let me = process::current();
        let others: Vec<_> = (0..size).map(|_| me.subject()).collect();
        others.iter().for_each(|other| topic.subscribe(other).unwrap());
        (1..size).for_each(|n| pubsub.topic(n).subscribe(&others[n]).unwrap());
        let mut most = 0;
        let mut costs = |it: &mut dyn FnMut()| {
            let before = otp::__private::passed();
            it();
            most = most.max(otp::__private::passed() - before);
        };
        let mut rounds = 0;
        // Whoever publishes holds what it reads.
        pubsub.dispatch(&0, |_| {
            rounds += 1;
            if rounds > 20 {
                return;
            }
            let subject = me.subject();
            costs(&mut || topic.subscribe(&subject).unwrap());
            costs(&mut || topic.unsubscribe(&subject).unwrap());
            costs(&mut || pubsub.topic(size + rounds).subscribe(&subject).unwrap());
            costs(&mut || _ = pubsub.topic(size + rounds).broadcast(1));
        });
        assert!(most <= FEW, "{most} of {size} are passed");
        pubsub.stop()?;
        me.flush();
    }
}

#[otp::test(seeds = 1)]
fn ten_thousand_are_told(t: &mut Sim) {
    // Without stacks each waits on a thread.
    const MANY: usize = if cfg!(feature = "stacks") { 10_000 } else { 200 };
    let topic = PubSub::<u32>::start()?.topic("numbers");
    let sum = process::current().subject();
    for _ in 0..MANY {
        let (topic, sum) = (topic.clone(), sum.clone());
        process::spawn_async(move |me| async move {
            let inbox = me.subject();
            topic.subscribe(&inbox).unwrap();
            sum.send(inbox.receive_async(None).await.unwrap());
        });
    }
    t.settle();
    let bystander = idle();
    assert_eq!(topic.broadcast(7), MANY);
    t.settle();
    assert_eq!((sum.flush(), topic.subscribers().len()), (MANY, 0));
    kill(t, bystander);
}
