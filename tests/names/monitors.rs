//! Monitors and subjects of names.

use std::sync::Arc;

use otp::{
    Name,
    name::{RegName, Via},
    prelude::*,
};

use super::{Book, Idle, stay};

/// The `Down` of a monitor, if it is there.
fn down(monitor: MonitorRef) -> Option<Down> {
    process::current().receive_down(monitor, Duration::ZERO)
}

#[otp::test(seeds = 20)]
fn a_monitor_by_name_says_the_name(t: &mut Sim) {
    let book = Arc::new(Book::default());
    let names = [RegName::from("port"), RegName::via(&book, "port")];
    for name in names {
        let pid = process::spawn(stay);
        name.register(pid).unwrap();
        let by_pid = process::monitor(pid);
        let by_name = [process::monitor_name(&name), process::monitor_name(name.clone())];
        let given_up = process::monitor_name(&name);
        assert!(process::demonitor(given_up));
        assert!(!process::demonitor(given_up));
        // It is bound to who has the name now.
        name.unregister().unwrap();
        let next = process::spawn(stay);
        name.register(next).unwrap();
        t.settle();
        assert_eq!(down(by_name[0]), None);
        t.kill(&pid);
        for monitor in by_name {
            let down = down(monitor).unwrap();
            assert_eq!((down.monitor, down.pid, down.reason), (monitor, pid, ExitReason::Killed));
            assert_eq!(down.name, Some(name.clone()));
        }
        assert_eq!(down(by_pid).unwrap().name, None);
        assert_eq!(down(given_up), None);
        t.kill(&next);
        let _ = name.unregister();
    }
}

#[otp::test]
fn a_monitor_of_a_name_that_is_nobodys_says_so_at_once(t: &mut Sim) {
    let monitor = process::monitor_name("nobody");
    let said = down(monitor).unwrap();
    assert_eq!((said.reason, said.name), (ExitReason::NoProc, Some("nobody".into())));
    assert!(!process::is_alive(said.pid));
    assert_eq!(down(monitor), None);
    // A book may name one that has ended.
    let book = Arc::new(Book::default());
    let name = Name::<Idle>::via(&book, "gone");
    let gone = process::spawn(|_| {});
    name.register(gone).unwrap();
    t.settle();
    assert_eq!((name.whereis(), book.whereis(&"gone")), (None, Some(gone)));
    let said = down(name.monitor()).unwrap();
    assert_eq!((said.reason, said.name), (ExitReason::NoProc, Some(name.into())));
}

#[otp::test]
fn a_monitor_of_ones_own_name_is_silent(t: &mut Sim) {
    process::register("me", otp::self_pid()).unwrap();
    let monitor = process::monitor_name("me");
    t.settle();
    assert_eq!(down(monitor), None);
    assert!(!process::demonitor(monitor));
}

/// An actor hears the name, too.
#[otp::test(seeds = 20)]
fn an_actor_hears_which_name_went_down(t: &mut Sim) {
    struct Watches(Vec<(String, ExitReason)>);

    #[actor]
    impl Watches {
        #[init]
        fn init(names: Vec<&'static str>) -> Self {
            names.into_iter().for_each(|name| _ = process::monitor_name(name));
            Self(Vec::new())
        }

        #[handle_info]
        fn down(&mut self, down: Down) {
            self.0.push((down.name.unwrap().to_string(), down.reason));
        }

        #[handle_call]
        fn seen(&self) -> Vec<(String, ExitReason)> {
            self.0.clone()
        }
    }

    process::register("there", process::spawn(stay)).unwrap();
    let watches = Watches::start(vec!["there", "nobody"]).unwrap();
    process::exit("there", ExitReason::Shutdown);
    t.settle();
    let expected = [("nobody".to_owned(), ExitReason::NoProc), ("there".to_owned(), ExitReason::Shutdown)];
    assert_eq!(watches.seen().unwrap(), expected);
}

/// A subject of a client goes where the client goes.
#[otp::test(seeds = 20)]
fn a_subject_of_a_name_follows_the_name(t: &mut Sim) {
    struct Tick(u32);

    #[derive(Default)]
    struct Clock(u32);

    #[actor]
    impl Clock {
        #[init]
        fn init() -> Self {
            Self::default()
        }

        #[handle_info]
        fn tick(&mut self, tick: Tick) {
            self.0 += tick.0;
        }

        #[handle_call]
        fn time(&self) -> u32 {
            self.0
        }
    }

    let name = Name::<Clock>::new("clock");
    let ticks = name.client().subject::<Tick>();
    ticks.send(Tick(1));
    assert_eq!(ticks.owner(), None);
    let [a, b] = [(); 2].map(|()| Clock::start().unwrap());
    name.register(a.pid().unwrap()).unwrap();
    ticks.send(Tick(2));
    name.unregister().unwrap();
    name.register(b.pid().unwrap()).unwrap();
    ticks.send(Tick(4));
    assert_eq!((a.time(), b.time(), ticks.owner()), (Ok(2), Ok(4), b.pid()));
    t.settle();
}
