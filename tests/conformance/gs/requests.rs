//! Requests and their collections, casts, plain messages, replies that travel.

use otp::{
    actor::Starter,
    client::{Requests, RequestsError},
    prelude::*,
    process::Subject,
};

const SECOND: Duration = Duration::from_secs(1);

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// `ok`, `Error(..)`, and so on: an exit reason of the tests.
fn why(text: &'static str) -> ExitReason {
    ExitReason::other(text)
}

/// What is sent as a plain message, through no client.
#[derive(Debug, PartialEq, Eq)]
enum Plain {
    Handle,
    Delay,
    Stop,
}

/// The suite's own server: it does what a request says and tells a subject about all that is not answered.
struct Server {
    told: Subject<String>,
    plain: Subject<Plain>,
}

#[actor]
impl Server {
    #[init]
    fn init(told: Subject<String>) -> Self {
        Self { told, plain: process::current().subject() }
    }

    #[handle_call]
    fn echo(&self, value: u32) -> u32 {
        value
    }

    #[handle_call]
    fn echo_after(&self, after: Duration, value: u32) -> u32 {
        self.told.send(format!("begins {value}"));
        otp::sleep(after);
        value
    }

    /// Answers the call from another process, which has its `ReplyTo` and a payload.
    #[handle_call]
    fn echo_from_elsewhere(&self, after: Duration, payload: &'static str, reply: ReplyTo<String>) {
        process::spawn(move |_| {
            otp::sleep(after);
            reply.send(payload.to_owned());
        });
    }

    #[handle_call]
    fn plain(&self) -> Subject<Plain> {
        self.plain.clone()
    }

    #[handle_call]
    fn stop_with_reply(&mut self, ctx: &mut Context<Self>) -> &'static str {
        ctx.stop(why("stopped"));
        "the last answer"
    }

    #[handle_cast]
    fn cast(&self, number: u32) {
        self.told.send(format!("cast {number}"));
    }

    #[handle_cast]
    fn delay(&self, ctx: &mut Context<Self>) {
        self.told.send("delay".into());
        ctx.idle_timeout(SECOND).nothing_came();
    }

    #[handle_info]
    fn nothing_came(&self) {
        self.told.send("timeout".into());
    }

    #[handle_cast]
    fn stop_now(&self, reason: ExitReason) -> Result<(), ExitReason> {
        Err(reason)
    }

    #[handle_info]
    fn plain_message(&self, plain: Plain, ctx: &mut Context<Self>) {
        match plain {
            Plain::Handle => self.told.send("info".into()),
            Plain::Delay => self.delay(ctx),
            Plain::Stop => ctx.stop(why("told to")),
        }
    }

    #[terminate]
    fn terminate(&self, reason: &ExitReason) {
        self.told.send(format!("terminate: {reason}"));
    }
}

/// All that was told, once nothing is runnable.
fn told(t: &Sim, subject: &Subject<String>) -> Vec<String> {
    t.settle();
    std::iter::from_fn(|| subject.receive(Duration::ZERO)).collect()
}

#[otp::test(seeds = 20)]
fn gs_send_request(t: &mut Sim) {
    let log = process::current().subject();
    let server = Starter::<Server>::new().name("server").start((log.clone(),))?;

    // The reply, waited for, checked for, and received.
    assert_eq!(server.request().echo(1).wait(), Ok(1));
    assert_eq!(server.request().echo(2).receive(SECOND), Ok(2));
    let mut request = server.request().echo(3);
    assert_eq!(request.check(), None, "it has not run yet");
    t.settle();
    assert_eq!(request.check(), Some(Ok(3)));

    // Messages that belong to no request stay where they are.
    let mut request = server.request().echo_after(SECOND, 4);
    let others = process::current().subject();
    others.send("another message");
    t.settle();
    assert_eq!(request.check(), None);
    assert_eq!(others.receive(Duration::ZERO), Some("another message"));

    // When the time is over it may be waited for again.
    assert_eq!(request.wait_timeout(millis(400)), None);
    assert_eq!(t.now(), millis(400));
    assert_eq!(request.check(), None);
    assert_eq!(request.wait_timeout(millis(400)), None);
    assert_eq!(request.wait(), Ok(4));
    assert_eq!(t.now(), SECOND);

    // Or given up: the late reply goes nowhere, and what had not begun never does.
    assert_eq!(told(t, &log), ["begins 4"]);
    let begun = server.request().echo_after(SECOND, 5);
    let queued = server.request().echo_after(SECOND, 6);
    t.settle();
    assert_eq!(queued.receive(millis(10)), Err(CallError::Timeout { started: false }));
    assert_eq!(begun.receive(millis(10)), Err(CallError::Timeout { started: true }));
    t.advance(SECOND * 3);
    assert_eq!(told(t, &log), ["begins 5"]);

    // The server dies, or stops with a reply, or is gone.
    let waits = server.request().echo_after(SECOND, 7);
    let queued = server.request().echo(8);
    t.settle();
    process::exit(server.pid().expect("it runs"), why("bad luck"));
    assert_eq!(waits.wait(), Err(CallError::Exited(why("bad luck"))));
    assert_eq!(queued.wait(), Err(CallError::Exited(why("bad luck"))));
    assert_eq!(server.request().echo(9).check(), Some(Err(CallError::NoProc)));
    assert_eq!(process::whereis("server"), None);

    let server = Server::start(log.clone())?;
    let last = server.request().stop_with_reply();
    let too_late = server.request().echo(10);
    assert_eq!(last.wait(), Ok("the last answer"));
    assert_eq!(too_late.wait(), Err(CallError::Exited(why("stopped"))));
    assert_eq!(t.crashes().len(), 2);
}

/// Requests under their labels, whose replies come in another order than they were made.
fn three(server: &[ServerRef]) -> Requests<&'static str, u32> {
    let mut requests = Requests::new();
    requests.add("slow", server[0].request().echo_after(millis(300), 1));
    requests.add("fast", server[1].request().echo_after(millis(100), 2));
    requests.add("middle", server[2].request().echo_after(millis(200), 3));
    requests
}

fn servers(log: &Subject<String>) -> Result<[ServerRef; 3], StartError> {
    Ok([Server::start(log.clone())?, Server::start(log.clone())?, Server::start(log.clone())?])
}

#[otp::test(seeds = 20)]
fn gs_send_request_wait_reqid_collection(t: &mut Sim) {
    let servers = servers(&process::current().subject())?;
    let mut requests: Requests<&str, u32> = Requests::new();
    assert_eq!(requests.wait(None), Err(RequestsError::NoRequest));

    // In the order in which they come, whether they are waited for or have come before.
    for early in [false, true] {
        let mut requests = three(&servers);
        assert_eq!(requests.len(), 3);
        assert_eq!(requests.labels().copied().collect::<Vec<_>>(), ["slow", "fast", "middle"]);
        if early {
            t.advance(SECOND);
        }
        let began = t.now();
        for (label, value, after) in [("fast", 2, 100), ("middle", 3, 200), ("slow", 1, 300)] {
            assert_eq!(requests.wait(SECOND), Ok((label, Ok(value))));
            assert_eq!(t.now() - began, if early { Duration::ZERO } else { millis(after) });
        }
        assert_eq!(requests.wait(SECOND), Err(RequestsError::NoRequest));
        assert!(requests.is_empty());
    }

    // A timeout changes nothing.
    requests = three(&servers);
    assert_eq!(requests.wait(millis(99)), Err(RequestsError::Timeout));
    assert_eq!(requests.len(), 3);
    assert_eq!(requests.wait(millis(2)), Ok(("fast", Ok(2))));
    assert_eq!(requests.wait(Duration::ZERO), Err(RequestsError::Timeout));

    // The end of a server is the response to its request, and only to that one.
    t.kill(&servers[0]);
    requests.add("gone", servers[0].request().echo(4));
    assert_eq!(requests.wait(None), Ok(("slow", Err(CallError::Exited(ExitReason::Killed)))));
    assert_eq!(requests.wait(None), Ok(("gone", Err(CallError::NoProc))));
    assert_eq!(requests.wait(None), Ok(("middle", Ok(3))));
}

/// `receive_response/3` of the suite's next case: as `wait`, but a timeout gives all requests up.
#[otp::test(seeds = 20)]
fn gs_send_request_receive_reqid_collection(t: &mut Sim) {
    let log = process::current().subject();
    let servers = servers(&log)?;
    let mut requests = three(&servers);
    requests.add("queued", servers[1].request().echo_after(SECOND, 4));
    assert_eq!(requests.receive(SECOND), Ok(("fast", Ok(2))));
    assert_eq!(told(t, &log).len(), 4);
    requests.add("never", servers[1].request().echo_after(SECOND, 5));
    assert_eq!(requests.receive(millis(10)), Err(RequestsError::Timeout));
    assert_eq!(requests.receive(millis(10)), Err(RequestsError::NoRequest));
    assert_eq!(requests.len(), 0);
    t.advance(SECOND * 5);
    assert_eq!(requests.check(), Err(RequestsError::NoRequest), "a late reply is dropped");
    assert_eq!(told(t, &log), [""; 0], "what had not begun never runs");
    // It can be used again.
    requests.add("again", servers[0].request().echo(6));
    assert_eq!(requests.receive(None), Ok(("again", Ok(6))));
}

#[otp::test(seeds = 20)]
fn gs_send_request_check_reqid_collection(t: &mut Sim) {
    let servers = servers(&process::current().subject())?;
    let mut requests: Requests<&str, u32> = Requests::new();
    assert_eq!(requests.check(), Err(RequestsError::NoRequest));

    requests = three(&servers);
    let mut apart = servers[1].request().echo(4);
    let others = process::current().subject();
    others.send("another message");
    t.settle();
    assert_eq!(requests.check(), Err(RequestsError::Timeout), "what came belongs to no request");
    assert_eq!(others.receive(Duration::ZERO), Some("another message"));
    t.advance(millis(150));
    assert_eq!(requests.check(), Ok(("fast", Ok(2))));
    assert_eq!(
        requests.check(),
        Err(RequestsError::Timeout),
        "the other reply is of a request outside of the collection"
    );
    assert_eq!(apart.check(), Some(Ok(4)));
    t.advance(millis(150));
    assert_eq!(requests.check(), Ok(("middle", Ok(3))));
    assert_eq!(requests.check(), Ok(("slow", Ok(1))));
    assert_eq!(requests.check(), Err(RequestsError::NoRequest));
}

#[otp::test(seeds = 20)]
fn gs_cast(t: &mut Sim) {
    let log = process::current().subject();
    let server = Server::start(log.clone())?;
    for number in 0..3 {
        server.cast(number);
    }
    assert_eq!(told(t, &log), ["cast 0", "cast 1", "cast 2"]);

    // Delayed: nothing else comes, and its timeout does.
    server.delay();
    assert_eq!(told(t, &log), ["delay"]);
    t.advance(millis(999));
    assert_eq!(told(t, &log), [""; 0]);
    t.advance(millis(1));
    assert_eq!(told(t, &log), ["timeout"]);

    // Stopped: what was sent before is handled, what is sent after is not, and nobody minds.
    let monitor = server.monitor().expect("it runs");
    server.cast(3);
    server.stop_now(why("told to"));
    server.cast(4);
    assert_eq!(told(t, &log), ["cast 3", "terminate: \"told to\""]);
    let down = process::current().receive_down(monitor, None).expect("it ended");
    assert_eq!(down.reason, why("told to"));
    server.cast(5);
    assert_eq!(told(t, &log), [""; 0]);
    assert_eq!(t.crashes().len(), 1);
}

#[otp::test(seeds = 20)]
fn gs_info(t: &mut Sim) {
    let log = process::current().subject();
    let server = Server::start(log.clone())?;
    let plain = server.plain()?;
    plain.send(Plain::Handle);
    assert_eq!(told(t, &log), ["info"]);

    // Delayed, twice: a message in between cancels the first timeout.
    plain.send(Plain::Delay);
    t.advance(millis(999));
    plain.send(Plain::Handle);
    t.advance(SECOND * 2);
    assert_eq!(told(t, &log), ["delay", "info"]);
    plain.send(Plain::Delay);
    t.advance(SECOND);
    assert_eq!(told(t, &log), ["delay", "timeout"]);

    let monitor = server.monitor().expect("it runs");
    plain.send(Plain::Stop);
    plain.send(Plain::Handle);
    assert_eq!(told(t, &log), ["terminate: \"told to\""]);
    let down = process::current().receive_down(monitor, None).expect("it ended");
    assert_eq!(down.reason, why("told to"));
    assert_eq!(t.crashes().len(), 1);
}

#[otp::test(seeds = 20)]
fn gs_reply_by_alias_with_payload(t: &mut Sim) {
    let server = Server::start(process::current().subject())?;
    // The right to answer travels, with whatever goes along, and finds its own call among several.
    let slow = server.request().echo_from_elsewhere(SECOND, "one");
    let fast = server.request().echo_from_elsewhere(Duration::ZERO, "two");
    assert_eq!(fast.wait().as_deref(), Ok("two"));
    assert_eq!(slow.wait().as_deref(), Ok("one"));
    // Who has given up gets nothing, now or at the next call.
    let given_up = server.timeout(millis(10)).echo_from_elsewhere(SECOND, "late");
    assert_eq!(given_up, Err(CallError::Timeout { started: true }));
    t.advance(SECOND * 2);
    assert_eq!(server.echo_from_elsewhere(Duration::ZERO, "in time").as_deref(), Ok("in time"));
}
