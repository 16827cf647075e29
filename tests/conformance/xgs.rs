//! Elixir's `GenServer`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use otp::{Name, Reply, actor::Starter, prelude::*};

use super::rooms::{Book, Rooms, in_book};

/// Of what was pushed, the last comes first.
struct Stack(Vec<String>);

#[actor]
impl Stack {
    #[init]
    fn init(items: Vec<String>) -> Self {
        Self(items)
    }

    #[handle_call]
    fn pop(&mut self) -> Option<String> {
        self.0.pop()
    }

    #[handle_cast]
    fn push(&mut self, item: String) {
        self.0.push(item);
    }
}

fn hello() -> Vec<String> {
    vec!["hello".to_owned()]
}

fn links() -> Vec<Pid> {
    process::info(otp::self_pid()).unwrap().links
}

#[otp::test]
fn xgs_child_spec(t: &mut Sim) {
    /// Says how it is to be treated.
    struct Special;

    #[actor(restart = temporary, shutdown = infinity, name = "special")]
    impl Special {
        #[init]
        fn init() -> Self {
            Self
        }
    }

    let said = |spec: &dyn std::fmt::Debug| format!("{spec:?}");
    assert_eq!(
        said(&Stack::child_spec(hello())),
        "ChildSpec { child: \"Stack\", restart: Permanent, shutdown: After(5s), significant: false, backoff: None, \
         mailbox_on_restart: Drop, name: None }"
    );
    let special = Special::child_spec();
    assert!(said(&special).contains("restart: Temporary, shutdown: Infinity"));
    let special = special.restart(Restart::Transient).shutdown(Shutdown::BrutalKill);
    assert!(said(&special).contains("restart: Transient, shutdown: BrutalKill"));

    // What it says is what is done, with its arguments at each start.
    let tree = Supervisor::new(Strategy::OneForOne)
        .child("stack", Stack::child_spec(hello()))
        .child("special", Special::child_spec())
        .start()
        .unwrap();
    let stack = tree.child::<Stack>("stack");
    assert_eq!(tree.which_child("stack").unwrap().label, "Stack");
    assert_eq!(stack.pop(), Ok(Some("hello".to_owned())));
    t.kill(&stack);
    t.kill(&tree.child::<Special>("special"));
    t.settle();
    assert_eq!(stack.pop(), Ok(Some("hello".to_owned())));
    assert_eq!(process::whereis("special"), None);
    assert_eq!(tree.which_children().unwrap().len(), 1);
}

#[otp::test]
fn xgs_start_link_via(_t: &mut Sim) {
    let book = Arc::new(Book::start().unwrap());
    let name = in_book::<Stack>(&book, "stack");
    let started = Starter::new().name(&name).link().start((hello(),)).unwrap();
    assert_eq!(name.whereis(), started.pid());
    assert_eq!(links(), [started.pid().unwrap()]);
    assert_eq!(name.client().pop(), Ok(Some("hello".to_owned())));
    assert_eq!(process::registered(), [""; 0], "the node knows nothing of it");
}

#[otp::test]
fn xgs_start_link_local(_t: &mut Sim) {
    const STACK: Name<Stack> = Name::new("my_stack");
    let started = Starter::new().name(STACK).link().start((hello(),)).unwrap();
    assert_eq!(STACK.whereis(), started.pid());
    assert_eq!(links(), [started.pid().unwrap()]);
    assert_eq!(STACK.client().pop(), Ok(Some("hello".to_owned())));
    assert_eq!(process::registered(), ["my_stack"]);
}

#[otp::test(seeds = 20)]
fn xgs_call_cast_flow(_t: &mut Sim) {
    let stack = Stack::start_link(hello()).unwrap();
    assert_eq!(links(), [stack.pid().unwrap()]);
    assert_eq!(stack.pop(), Ok(Some("hello".to_owned())));
    stack.push("world".to_owned());
    assert_eq!(stack.pop(), Ok(Some("world".to_owned())));
    assert_eq!(stack.stop(), Ok(()));
    assert_eq!(links(), []);

    // A cast goes out, whether or not there is anybody.
    let book = Arc::new(Book::start().unwrap());
    let nobody = [Name::<Stack>::new("nobody"), in_book(&book, "nobody"), Name::via(&Rooms::new(), 1)];
    for name in nobody {
        name.client().push("lost".to_owned());
        assert_eq!(name.client().pop(), Err(CallError::NoProc));
        assert_eq!(name.client().stop(), Err(CallError::NoProc));
    }
    stack.push("lost".to_owned());
    assert_eq!(stack.pop(), Err(CallError::NoProc));
}

#[otp::test]
fn xgs_call_exit_messages(t: &mut Sim) {
    /// Fails when a call of its does.
    struct Caller;

    #[actor(name = "self")]
    impl Caller {
        #[init]
        fn init() -> Self {
            Self
        }

        #[handle_call]
        fn hello(&mut self) -> u32 {
            1
        }

        #[handle_cast]
        fn call(&mut self, whom: Name<Self>) -> Result<(), CallError> {
            whom.client().hello()?;
            Ok(())
        }
    }

    let book = Arc::new(Book::start().unwrap());
    let exit = |whom: Name<Caller>, why: CallError| {
        let caller = Caller::start().unwrap();
        let via = in_book::<Caller>(&book, "me");
        via.register(caller.pid().unwrap()).unwrap();
        let monitor = process::monitor(caller.pid().unwrap());
        caller.call(whom);
        let reason = process::current().receive_down(monitor, None).unwrap().reason;
        via.unregister().ok();
        assert_eq!(reason.error_ref(), Some(&why));
        assert_eq!(t.crashes().len(), 1);
        let call = reason.failed_call().unwrap().clone();
        assert_eq!((call.message, call.timeout), ("hello", Some(Duration::from_secs(5))));
        (call.name, call.pid.is_some())
    };
    assert_eq!(exit(Name::new("self"), CallError::CallingSelf), (Some("self".to_owned()), true));
    assert_eq!(exit(Name::new("unknown"), CallError::NoProc), (Some("unknown".to_owned()), false));
    let (via, unknown) = (in_book(&book, "me"), in_book(&book, "unknown"));
    assert_eq!(exit(via, CallError::CallingSelf), (Some("\"me\"".to_owned()), true));
    assert_eq!(exit(unknown, CallError::NoProc), (Some("\"unknown\"".to_owned()), false));
    assert_eq!(exit(Name::via(&Rooms::new(), 1), CallError::NoProc), (Some("1".to_owned()), false));
}

#[otp::test]
fn xgs_nil_name(_t: &mut Sim) {
    /// Has a name, unless it is told not to.
    struct Named;

    #[actor(name = "named")]
    impl Named {
        #[init]
        fn init() -> Self {
            Self
        }
    }

    let name = |pid: Option<Pid>| process::info(pid.unwrap()).unwrap().name;
    let named = Named::start_link().unwrap();
    assert_eq!(name(named.pid()).as_deref(), Some("named"));
    let nameless = Starter::<Named>::new().no_name().link().start(()).unwrap();
    assert_eq!(name(nameless.pid()), None);
    let nameless = Stack::start_link(hello()).unwrap();
    assert_eq!(name(nameless.pid()), None);
}

#[otp::test]
fn xgs_start_unlinked(_t: &mut Sim) {
    let stack = Stack::start(hello()).unwrap();
    assert_eq!(links(), []);
    assert_eq!(process::info(stack.pid().unwrap()).unwrap().links, []);
}

#[otp::test(seeds = 20)]
fn xgs_abcast(_t: &mut Sim) {
    const STACK: Name<Stack> = Name::new("stack");
    let stack = Starter::new().name(STACK).start((Vec::new(),)).unwrap();
    let everywhere = [STACK, Name::new("unknown")];
    for item in ["hello", "world"] {
        everywhere.iter().for_each(|name| name.client().push(item.to_owned()));
    }
    assert_eq!(stack.pop(), Ok(Some("world".to_owned())));
    assert_eq!(stack.pop(), Ok(Some("hello".to_owned())));
    assert_eq!(stack.pop(), Ok(None));
}

#[otp::test(seeds = 20)]
fn xgs_multi_call(_t: &mut Sim) {
    const STACK: Name<Stack> = Name::new("stack");
    Starter::new().name(STACK).start((vec!["world".to_owned(), "hello".to_owned()],)).unwrap();
    assert_eq!(STACK.client().pop(), Ok(Some("hello".to_owned())));
    // All are asked before the first answer is awaited.
    let asked: Vec<Reply<_>> = [STACK, Name::new("unknown")].iter().map(|name| name.client().request().pop()).collect();
    let answers: Vec<_> = asked.into_iter().map(Reply::wait).collect();
    assert_eq!(answers, [Ok(Some("world".to_owned())), Err(CallError::NoProc)]);
}
