//! Probes.

use otp::{prelude::*, testing::Message};

use super::{Db, DbRef, SECOND, why};

/// A server that depends on it.
struct Cache {
    db: DbRef,
}

#[actor]
impl Cache {
    #[init]
    fn init(db: DbRef) -> Self {
        Self { db }
    }

    #[handle_call]
    fn get(&self, key: String) -> Result<Option<u32>, CallError> {
        self.db.timeout(SECOND).get(key)
    }

    #[handle_cast]
    fn put(&self, key: String, value: u32) {
        self.db.put(key, value);
    }
}

#[otp::test(seeds = 20)]
fn a_probe_is_answered_by_hand(t: &mut Sim) {
    let db = t.probe::<Db>();
    let cache = Cache::start(db.client())?;
    cache.put("a".into(), 1);
    let got = cache.request().get("a".into());
    let Some(Message::<Db>::Put(key, value)) = db.next(None) else { panic!("a put comes first") };
    assert_eq!((&**key, *value), ("a", 1));
    let Some(Message::<Db>::Get(key, reply)) = db.next(None) else { panic!("then a get") };
    assert_eq!(key.take(), "a");
    reply.send(Some(7));
    assert_eq!(got.wait(), Ok(Ok(Some(7))));
    assert_eq!(db.received(), ["put", "get"]);
    let began = t.now();
    assert!(db.next(SECOND).is_none());
    assert_eq!(t.now() - began, SECOND, "it waits on virtual time");
}

#[otp::test(seeds = 20)]
fn a_script_answers_and_leaves_the_rest(t: &mut Sim) {
    let db = t.probe::<Db>();
    let cache = Cache::start(db.client())?;
    let mut count = 0;
    db.script(move |message| match message {
        Message::<Db>::Get(key, reply) if *key == "known" => {
            count += 1;
            reply.send(Some(count));
            None
        }
        Message::<Db>::Get(key, _) if *key == "dropped" => None,
        other => Some(other),
    });
    assert_eq!(cache.get("known".into())?, Ok(Some(1)));
    assert_eq!(cache.get("known".into())?, Ok(Some(2)));
    assert_eq!(cache.get("dropped".into())?, Err(CallError::NoReply));
    assert!(db.next(Duration::ZERO).is_none(), "the script has taken all");
    // What it leaves keeps its caller waiting, for as long as the caller likes.
    let began = t.now();
    assert_eq!(cache.get("other".into())?, Err(CallError::Timeout { started: false }));
    assert_eq!(t.now() - began, SECOND);
    let Some(Message::<Db>::Get(key, reply)) = db.next(None) else { panic!("it was left") };
    assert_eq!(*key, "other");
    assert!(!reply.is_awaited());
    // Another script takes its place.
    db.script(|message| {
        if let Message::<Db>::Get(_, reply) = message {
            reply.send(None);
        }
        None
    });
    assert_eq!(cache.get("known".into())?, Ok(None));
    assert_eq!(db.received(), ["get"; 5]);
}

#[otp::test(seeds = 20)]
fn a_script_may_wait_and_may_crash(t: &mut Sim) {
    let db = t.probe::<Db>();
    let real = Db::start(process::current().subject())?;
    db.script(move |message| {
        let Message::<Db>::Size(reply) = message else { panic!("no disk") };
        otp::sleep(SECOND);
        reply.send(real.size().map_or(0, |size| size + 1));
        None
    });
    assert_eq!(db.client().size(), Ok(11));
    assert_eq!(t.now(), SECOND);
    let Err(CallError::Exited(reason)) = db.client().get("a".into()) else { panic!("it crashes") };
    assert_eq!(reason.as_panic().map(|panic| (&*panic.message, panic.handler)), Some(("no disk", Some("get"))));
    let crashes = t.crashes();
    assert_eq!(crashes.len(), 1);
    assert_eq!(crashes[0].label, "Db");
}

#[otp::test(seeds = 20)]
fn a_probe_forwards_to_a_real_server(t: &mut Sim) {
    let log = process::current().subject();
    let (db, real) = (t.probe::<Db>(), Db::start(log.clone())?);
    db.forward(real.clone());
    let cache = Cache::start(db.client())?;
    cache.put("a".into(), 1);
    assert_eq!(cache.get("a".into())?, Ok(Some(1)));
    assert_eq!(log.receive(None).as_deref(), Some("real put a 1"));
    assert_eq!(log.receive(None).as_deref(), Some("real get a"));
    assert_eq!(db.received(), ["put", "get"]);
    // Who is forwarded to nobody is told.
    t.kill(&real);
    assert_eq!(cache.get("a".into())?, Err(CallError::NoReply));
}

#[otp::test(seeds = 20)]
fn a_crash_of_a_probe_is_told_and_fails_no_test(t: &mut Sim) {
    let db = t.probe::<Db>();
    let client = db.client();
    let monitor = client.monitor().expect("it runs");
    // One call in the hands of the test, one that waits, one without a limit of time.
    let held = client.request().get("held".into());
    let message = db.next(None);
    let waits = client.request().get("waits".into());
    t.settle();
    let (told, forever) = (process::current().subject(), client.no_timeout());
    let tell = told.clone();
    process::spawn(move |_| tell.send(forever.get("forever".into())));
    t.settle();
    db.crash(why("bad disk"));
    assert_eq!(told.receive(None), Some(Err(CallError::Exited(why("bad disk")))));
    assert_eq!(held.wait(), Err(CallError::Exited(why("bad disk"))));
    assert_eq!(waits.wait(), Err(CallError::Exited(why("bad disk"))));
    let down = process::current().receive_down(monitor, None).expect("it ended");
    assert_eq!(down.reason, why("bad disk"));
    assert_eq!(client.get("gone".into()), Err(CallError::NoProc));
    assert!(matches!(message, Some(Message::<Db>::Get(..))));
    db.crash(why("again"));
    assert_eq!(t.crashes(), []);
    // A stand-in may end well, too.
    let db = t.probe::<Db>();
    let monitor = db.client().monitor().expect("it runs");
    db.crash(ExitReason::Normal);
    let down = process::current().receive_down(monitor, None).expect("it ended");
    assert_eq!(down.reason, ExitReason::Normal);
}

#[otp::test(seeds = 5)]
fn a_crash_that_is_not_the_tests_is_not_forgiven(t: &mut Sim) {
    let (db, other) = (t.probe::<Db>(), t.probe::<Db>());
    other.script(|_| panic!("no disk"));
    other.client().put("a".into(), 1);
    db.crash(why("bad disk"));
    t.settle();
    assert_eq!(t.crashes().len(), 1);
}
