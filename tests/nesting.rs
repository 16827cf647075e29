//! What a thread has one of, inside of itself and of others: it works, or is refused by name and harms nobody.

#![cfg(all(feature = "macros", feature = "run"))]

use std::{
    any::Any,
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
    sync::mpsc::{self, Sender},
    thread,
};

use otp::{Node, prelude::*};

const BRIEF: Duration = Duration::from_millis(1);
const WORKS: &str = "it works";

type Code = fn() -> String;

/// Runs any code in a handler.
struct Runner;

#[actor]
impl Runner {
    #[init]
    fn init() -> Self {
        Self
    }

    #[handle_call]
    fn run(&self, code: Code) -> String {
        code()
    }

    #[handle_call]
    async fn run_async(&mut self, code: Code) -> String {
        process::sleep_async(BRIEF).await;
        code()
    }

    /// Runs it in a `Drop` while a panic unwinds that is caught.
    #[handle_call]
    fn run_unwinding(&self, code: Code) -> String {
        let mut said = String::new();
        let unwinds = AssertUnwindSafe(|| {
            let _runs = Runs(code, &mut said);
            panic!("it is caught");
        });
        assert!(catch_unwind(unwinds).is_err());
        said
    }

    #[handle_cast]
    fn poke(&self) {}

    #[handle_call]
    fn echo(&self, n: u32) -> u32 {
        n
    }
}

struct Runs<'a>(Code, &'a mut String);

impl Drop for Runs<'_> {
    fn drop(&mut self) {
        *self.1 = self.0();
    }
}

fn text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied()).expect("a panic has a text").to_owned()
}

/// That the code works, or what its panic says.
fn tried(code: impl FnOnce()) -> String {
    catch_unwind(AssertUnwindSafe(code)).map_or_else(|panic| text(&*panic), |()| WORKS.to_owned())
}

/// Starts a server, waits for time to pass, calls it, synchronously and in async code.
fn works() {
    let server = Runner::start().expect("it starts");
    process::sleep(BRIEF);
    assert_eq!(server.timeout(Duration::from_secs(60)).echo(1), Ok(1));
    assert_eq!(server.as_async().echo(2).wait(), Ok(2));
    server.stop().expect("it stops");
}

fn simulates() -> String {
    tried(|| Sim::run(1, |_| works()))
}

#[otp::test]
fn a_test(_: &mut Sim) {
    works();
}

fn tests() -> String {
    tried(a_test)
}

fn node() -> Node {
    Node::builder().cores(1).start().expect("there are threads")
}

fn enters_another() -> String {
    let node = node();
    let done = tried(|| node.enter(works));
    node.stop();
    done
}

fn enters_another_and_simulates() -> String {
    node().enter(simulates)
}

fn enters_its_own() -> String {
    tried(|| Node::current().enter(works))
}

fn enters_twice() -> String {
    let (first, second) = (node(), Node::current());
    tried(|| first.enter(|| second.enter(works)))
}

fn stops() -> String {
    tried(|| Node::current().stop())
}

fn enters_its_own_and_stops() -> String {
    let node = Node::current();
    tried(|| node.enter(|| node.stop()))
}

fn runs_a_program() -> String {
    tried(|| _ = otp::run(|| Supervisor::new(Strategy::OneForOne).start_link()))
}

fn enters_another_and_runs_a_program() -> String {
    node().enter(runs_a_program)
}

fn tests_a_handler() -> String {
    tried(|| {
        let mut ctx = Context::<Runner>::for_test();
        let mut runner = Runner;
        assert_eq!(ctx.deliver(&mut runner), None);
        ctx.me().poke();
        assert_eq!(ctx.waiting().len(), 1);
        assert!(ctx.deliver(&mut runner).is_some());
        let inner = Context::<Runner>::for_test();
        inner.advance(BRIEF);
        works();
    })
}

fn calls() -> String {
    tried(works)
}

/// What each code says where it is refused; nothing, where it works.
fn outcomes() -> Vec<(Code, Option<&'static str>)> {
    let (simulation, stop, run) = ("a simulation takes a thread", "a node cannot be stopped", "`otp::run` waits");
    vec![
        (calls, None),
        (simulates, Some(simulation)),
        (tests, Some(simulation)),
        (enters_another, None),
        (enters_another_and_simulates, Some(simulation)),
        (enters_its_own, None),
        (enters_twice, None),
        (tests_a_handler, None),
        (stops, Some(stop)),
        (enters_its_own_and_stops, Some(stop)),
        (runs_a_program, Some(run)),
        (enters_another_and_runs_a_program, Some(run)),
    ]
}

fn check(said: &str, refused: Option<&str>) {
    assert!(said.starts_with(refused.unwrap_or(WORKS)), "{said}, instead of {refused:?}");
}

/// Runs everything in processes of the current node, which goes on as if nothing had happened.
fn check_in_processes() {
    let runner = Runner::start().expect("it starts").no_timeout();
    for (code, refused) in outcomes() {
        check(&runner.run(code).expect("it goes on"), refused);
        check(&runner.run_async(code).expect("it goes on"), refused);
        check(&runner.run_unwinding(code).expect("it goes on"), refused);
        let told = process::current().subject();
        let tells = told.clone();
        process::spawn(move |_| tells.send(code()));
        check(&told.receive(None).expect("it says"), refused);
        works();
    }
}

#[test]
fn in_processes_of_a_node() {
    let node = Node::builder().cores(2).start().expect("there are threads");
    node.enter(check_in_processes);
    node.stop();
}

#[otp::test(seeds = 3)]
fn in_processes_of_a_simulation(_: &mut Sim) {
    check_in_processes();
}

#[otp::test(seeds = 3)]
fn in_the_test_of_a_simulation(_: &mut Sim) {
    for (code, refused) in outcomes() {
        check(&code(), refused);
        works();
    }
}

#[test]
fn in_an_adopted_thread() {
    let codes: [Code; 10] = [
        calls,
        simulates,
        tests,
        enters_another,
        enters_another_and_simulates,
        enters_its_own,
        enters_twice,
        tests_a_handler,
        enters_its_own_and_stops,
        stops,
    ];
    for code in codes {
        let node = node();
        let said = node.enter(|| {
            works();
            code()
        });
        check(&said, None);
        node.stop();
    }
    simulates();
    works();
    check(&simulates(), None);
}

/// Runs code when its thread ends.
struct AtTheEnd(Sender<String>);

thread_local! {
    static AT_THE_END: RefCell<Option<AtTheEnd>> = const { RefCell::new(None) };
}

impl Drop for AtTheEnd {
    fn drop(&mut self) {
        for code in [calls, enters_another, tests_a_handler, simulates] {
            let _ = self.0.send(code());
        }
    }
}

#[test]
fn at_the_end_of_a_thread() {
    for adopted in [false, true] {
        let (tell, told) = mpsc::channel();
        let ends = thread::spawn(move || {
            AT_THE_END.set(Some(AtTheEnd(tell)));
            if adopted {
                works();
            }
        });
        let said: Vec<_> = told.iter().collect();
        ends.join().expect("it ends well");
        assert_eq!(said[..3], [WORKS; 3]);
        // Whether its locals are gone is the system's choice.
        assert!(said[3] == WORKS || said[3].starts_with("a simulation takes a thread"), "{}", said[3]);
    }
}

#[otp::test]
fn the_node_of_a_simulation_is_entered_by_its_thread_alone(t: &mut Sim) {
    let refused = Some("a simulated node can be entered by the thread");
    let node = t.node().clone();
    let elsewhere = thread::spawn(move || tried(|| node.enter(works)));
    check(&elsewhere.join().expect("it says"), refused);
    let over = thread::spawn(|| Sim::run(1, |t| t.node().clone())).join().expect("it is over");
    check(&tried(|| over.enter(works)), refused);
    works();
}

#[test]
fn a_program_runs_once_in_a_node() {
    let done = || otp::run(|| Ok::<_, StartError>(gone()));
    let nodes = [node(), node()];
    for node in &nodes {
        assert_eq!(format!("{:?}", node.enter(done)), format!("{:?}", ExitCode::SUCCESS));
    }
    check(&tried(|| _ = nodes[0].enter(done)), Some("this node was stopped"));
}

/// A supervisor that has done its work.
fn gone() -> SupervisorRef {
    let supervisor = Supervisor::new(Strategy::OneForOne).start().expect("it starts");
    supervisor.stop().expect("it stops");
    supervisor
}
