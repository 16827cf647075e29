//! Gleam OTP's actor.

use otp::{
    StartError,
    actor::Starter,
    prelude::*,
    process::{Selector, Subject},
    sys,
};

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Holds a text; says what arrives that nobody thought of.
struct Holder {
    text: String,
    told: Subject<String>,
}

#[actor]
impl Holder {
    #[init]
    fn init(text: &'static str, told: Subject<String>) -> Init<Self> {
        match text {
            "not enough wiggles" => Init::Error(ExitReason::other(text)),
            text => Init::Ok(Self { text: text.into(), told }),
        }
    }

    #[handle_call]
    fn text(&self) -> String {
        self.text.clone()
    }

    #[handle_info]
    fn put(&mut self, text: String) {
        self.text = text;
    }

    #[handle_info]
    fn number(&mut self, number: u32) {
        self.told.send(format!("number {number}"));
    }
}

fn told() -> Subject<String> {
    process::current().subject()
}

#[otp::test(seeds = 20)]
fn gla_failed_init(t: &mut Sim) {
    let error = Holder::start_link("not enough wiggles", told()).unwrap_err();
    assert!(matches!(&error, StartError::Failed(reason) if reason.downcast_ref() == Some(&"not enough wiggles")));
    // It ends as `Normal`: that is no crash, and nothing for those who are linked to it.
    assert_eq!(process::current().receive_exit(Duration::ZERO), None);
    assert!(t.crashes().is_empty());
    let told = process::current().subject();
    let parent = told.clone();
    process::spawn(move |_| {
        drop(Holder::start_link("not enough wiggles", Subject::null()));
        otp::sleep(millis(1));
        parent.send("lives");
    });
    assert_eq!(told.receive(millis(10)), Some("lives"));
}

#[otp::test]
fn gla_subject(_t: &mut Sim) {
    let holder = Holder::start("initial", told()).unwrap();
    let subject = holder.subject::<String>();
    assert_eq!(subject.owner(), holder.pid());
    subject.send("new".into());
    assert_eq!(holder.text().unwrap(), "new");
}

/// The rest of what can arrive, as the catch-all of a selector sees it.
struct Anything {
    subject: Subject<String>,
}

impl Actor for Anything {
    type Args = Subject<String>;
    type Message = std::convert::Infallible;
    type Client<M: Mode> = otp::ActorRef<Self, M>;
    const NAME: &'static str = "Anything";

    fn init(subject: Subject<String>, _: &mut Context<Self>) -> actor::Handled<'_, Init<Self>> {
        actor::Handled::Done(Init::Ok(Self { subject }))
    }

    fn handle<'a>(&'a mut self, message: Self::Message, _: &'a mut Context<Self>) -> actor::Handled<'a> {
        match message {}
    }

    fn info<'a>(&'a mut self, info: Info, _: &'a mut Context<Self>) -> actor::Handled<'a> {
        self.subject.send(as_text(&info));
        actor::Handled::Done(Ok(()))
    }

    fn message_name(message: &Self::Message) -> &'static str {
        match *message {}
    }
}

fn as_text(message: &Info) -> String {
    message.downcast_ref::<&str>().map_or_else(|| "something".into(), |text| format!("raw {text}"))
}

#[otp::test]
fn gla_unexpected_message_handled(_t: &mut Sim) {
    let told = told();
    let anything = otp::start::<Anything>(told.clone()).unwrap();
    process::send(anything.pid().unwrap(), "unexpected");
    process::send(anything.pid().unwrap(), 'x');
    assert_eq!(told.receive(None).unwrap(), "raw unexpected");
    assert_eq!(told.receive(None).unwrap(), "something");
    // One that has a handler for the type.
    let holder = Holder::start("", told.clone()).unwrap();
    process::send(holder.pid().unwrap(), 7_u32);
    assert_eq!(told.receive(None).unwrap(), "number 7");
    // A plain process, by its selector.
    let result = told.clone();
    let plain = process::spawn(move |_| {
        let any = Selector::new().select_other(|message| as_text(&message));
        result.send(any.receive(None).unwrap());
    });
    process::send(plain, "to a process");
    assert_eq!(told.receive(None).unwrap(), "raw to a process");
}

#[otp::test(seeds = 20)]
fn gla_abnormal_exit_trapped(t: &mut Sim) {
    let holder = Holder::start_link("", told()).unwrap();
    let pid = holder.pid().unwrap();
    process::exit(pid, ExitReason::other("boo!"));
    let exits = Selector::new().select_exits(|exit| (exit.from, exit.reason));
    assert_eq!(exits.receive(millis(1)), Some((pid, ExitReason::other("boo!"))));
    t.crashes();
}

#[otp::test(seeds = 20)]
fn gla_killed_exit_trapped(t: &mut Sim) {
    let holder = Holder::start_link("", told()).unwrap();
    let pid = holder.pid().unwrap();
    process::exit(pid, ExitReason::Kill);
    let exits = Selector::new().select_exits(|exit| (exit.from, exit.reason));
    assert_eq!(exits.receive(millis(1)), Some((pid, ExitReason::Killed)));
    t.crashes();
}

/// Serves what is sent to its name beside what is sent to itself.
struct Stack {
    items: Vec<String>,
}

enum Command {
    Push(String),
    Pop(Subject<Result<String, ()>>),
    Shutdown,
}

#[actor]
impl Stack {
    #[init]
    fn init() -> Self {
        Self { items: Vec::new() }
    }

    #[handle_info]
    fn command(&mut self, command: Command, ctx: &mut Context<Self>) {
        match command {
            Command::Push(item) => self.items.push(item),
            Command::Pop(answer) => answer.send(self.items.pop().ok_or(())),
            Command::Shutdown => ctx.stop(ExitReason::Normal),
        }
    }
}

fn pop(stack: &Subject<Command>) -> Result<String, ()> {
    let answer = process::current().subject();
    stack.send(Command::Pop(answer.clone()));
    answer.receive(millis(10)).expect("it answers")
}

#[otp::test]
fn gla_doc_example(t: &mut Sim) {
    let stack = Stack::start().unwrap();
    let subject = stack.subject::<Command>();
    subject.send(Command::Push("Joe".into()));
    subject.send(Command::Push("Mike".into()));
    subject.send(Command::Push("Robert".into()));
    let names: Vec<_> = (0..3).map(|_| pop(&subject).unwrap()).collect();
    assert_eq!(names, ["Robert", "Mike", "Joe"]);
    assert_eq!(pop(&subject), Err(()));
    let monitor = stack.monitor().unwrap();
    subject.send(Command::Shutdown);
    t.settle();
    assert_eq!(process::current().receive_down(monitor, None).unwrap().reason, ExitReason::Normal);
    assert!(subject.try_send(Command::Shutdown).is_err());
}

#[otp::test(seeds = 20)]
fn gla_named_new(t: &mut Sim) {
    let stack = Starter::<Stack>::new().name("stack").start(()).unwrap();
    assert_eq!(process::whereis("stack"), stack.pid());
    let (named, returned) = (Subject::<Command>::named("stack"), stack.subject::<Command>());
    assert_eq!(named.owner(), returned.owner());
    named.send(Command::Push("named".into()));
    returned.send(Command::Push("returned".into()));
    assert_eq!((pop(&named), pop(&returned)), (Ok("returned".into()), Ok("named".into())));
    t.kill(&stack);
    t.settle();
    assert_eq!((named.owner(), process::whereis("stack")), (None, None));
}

/// Gives out a subject that it made in its `init`.
struct Initialised(u32);

#[actor]
impl Initialised {
    #[init]
    fn init(told: Subject<Subject<u32>>, ctx: &mut Context<Self>) -> Self {
        told.send(ctx.subject(|me, by| me.add(by)));
        Self(0)
    }

    #[handle_cast]
    fn add(&mut self, by: u32) {
        self.0 += by;
    }

    #[handle_info]
    fn named(&mut self, by: u32) {
        self.0 += 10 * by;
    }

    #[handle_call]
    fn get(&self) -> u32 {
        self.0
    }
}

#[otp::test(seeds = 20)]
fn gla_named_with_initialiser(_t: &mut Sim) {
    let told = process::current().subject();
    let actor = Starter::<Initialised>::new().name("initialised").start((told.clone(),)).unwrap();
    let (own, named) = (told.receive(None).unwrap(), Subject::<u32>::named("initialised"));
    assert_eq!((own.owner(), named.owner()), (actor.pid(), actor.pid()));
    own.send(1);
    named.send(2);
    own.send(3);
    assert_eq!(actor.get().unwrap(), 24);
}

struct Counter(i64);

#[actor]
impl Counter {
    #[init]
    fn init(start: i64) -> Self {
        Self(start)
    }

    #[handle_cast]
    fn add(&mut self, by: i64) {
        self.0 += by;
    }

    #[handle_call]
    fn get(&self) -> i64 {
        self.0
    }
}

#[otp::test]
fn gla_readme_example(_t: &mut Sim) {
    let counter = Counter::start(0).unwrap();
    counter.add(5);
    counter.add(3);
    assert_eq!(counter.get(), Ok(8));
}

struct Periodic(Subject<()>);

#[actor]
impl Periodic {
    #[init]
    fn init(ticks: Subject<()>, ctx: &mut Context<Self>) -> Self {
        ctx.after(millis(10)).tick();
        Self(ticks)
    }

    #[handle_info]
    fn tick(&mut self, ctx: &mut Context<Self>) {
        self.0.send(());
        ctx.after(millis(10)).tick();
    }
}

#[otp::test]
fn gla_periodic_actor(t: &mut Sim) {
    let ticks = process::current().subject();
    let periodic = Periodic::start(ticks.clone()).unwrap();
    for n in 1..=5 {
        assert!(ticks.receive(None).is_some());
        assert_eq!(t.now(), millis(10 * n));
    }
    t.kill(&periodic);
    assert_eq!(ticks.receive(millis(100)), None);
}

/// Its state is the last message.
#[derive(Debug, Clone, PartialEq)]
struct Last(&'static str);

#[actor]
impl Last {
    #[init]
    fn init(first: &'static str) -> Self {
        Self(first)
    }

    #[handle_cast]
    fn say(&mut self, what: &'static str) {
        self.0 = what;
    }
}

#[otp::test(seeds = 20)]
fn gla_get_state(_: &mut Sim) {
    let last = Last::start("test").unwrap();
    assert_eq!(sys::state(&last), Ok(Last("test")));
}

#[otp::test(seeds = 20)]
fn gla_get_status(_: &mut Sim) {
    let last = Last::start("test").unwrap();
    let status = sys::status(&last.pid().unwrap()).unwrap();
    assert_eq!((Some(status.pid), status.is_suspended), (last.pid(), false));
}

#[otp::test(seeds = 20)]
fn gla_suspend_resume(t: &mut Sim) {
    let last = Last::start("first").unwrap();
    sys::suspend(&last).unwrap();
    last.say("second");
    t.settle();
    assert_eq!(sys::state(&last), Ok(Last("first")), "suspended");
    sys::resume(&last).unwrap();
    assert_eq!(sys::state(&last), Ok(Last("second")), "what waited was handled");
}
