//! `subject_with`: a subject whose messages are casts.

use otp::{
    prelude::*,
    process::{SendError, Subject},
    timer,
};

use crate::secs;

struct Log {
    lines: Vec<String>,
}

#[actor(mailbox = bounded(2, reject))]
impl Log {
    #[init]
    fn init() -> Self {
        Self { lines: Vec::new() }
    }

    #[handle_cast]
    fn line(&mut self, line: String) {
        self.lines.push(line);
    }

    #[handle_cast]
    fn pause(&self) {
        otp::sleep(secs(1));
    }

    #[handle_call]
    fn lines(&self) -> Vec<String> {
        self.lines.clone()
    }
}

fn numbers(log: &LogRef) -> Subject<u32> {
    log.subject_with(|log, n: u32| log.line(n.to_string()))
}

#[otp::test(seeds = 20)]
fn messages_are_casts_in_order(t: &mut Sim) {
    let log = Log::start()?;
    let numbers = numbers(&log);
    numbers.send(1);
    log.line("2".into());
    t.settle();
    assert_eq!(numbers.try_send(3), Ok(()));
    assert_eq!(log.lines()?, ["1", "2", "3"]);
    assert_eq!((numbers.owner(), numbers == numbers.clone(), numbers == self::numbers(&log)), (log.pid(), true, false));
}

#[otp::test(seeds = 20)]
fn a_full_mailbox_treats_them_as_casts(t: &mut Sim) {
    let log = Log::start()?;
    log.pause();
    t.settle();
    (0..5).for_each(|n| numbers(&log).send(n));
    t.advance(secs(1));
    assert_eq!((log.lines()?, log.dropped()), (vec!["0".to_owned(), "1".to_owned()], 3));
}

#[otp::test(seeds = 20)]
fn timers_send_them_as_well(t: &mut Sim) {
    let log = Log::start()?;
    let timer = timer::send_after(secs(60), &numbers(&log), 7);
    assert!(timer.left().is_some());
    t.advance(secs(60));
    assert_eq!(log.lines()?, ["7"]);
    timer::send_after(secs(60), &numbers(&log), 8);
    log.stop()?;
    t.advance(secs(60));
}

supervisor! {
    App<one_for_one>() {
        log: Log();
    }
}

#[otp::test(seeds = 50)]
fn that_of_a_place_follows_restarts(t: &mut Sim) {
    let app = App::start()?;
    let (place, process) = (numbers(&app.log()), numbers(&app.log().pin().unwrap()));
    t.kill(&app.log());
    t.settle();
    assert_eq!(process.try_send(1), Err(SendError::NoProc(1)));
    assert_eq!((place.try_send(2), place.owner()), (Ok(()), app.log().pid()));
    assert_eq!(app.log().lines()?, ["2"]);
    app.supervisor().stop()?;
    assert_eq!((place.try_send(3), place.owner()), (Err(SendError::NoProc(3)), None));
    place.send(4);
}

#[otp::test(seeds = 5)]
fn only_to_be_sent_to(t: &mut Sim) {
    let log = Log::start()?;
    for misuse in [|numbers: Subject<u32>| numbers.close(), |numbers: Subject<u32>| _ = numbers.receive(None)] {
        let numbers = numbers(&log);
        let (_, monitor) = process::spawn_monitor(move |_| misuse(numbers));
        assert!(process::current().receive_down(monitor, None).unwrap().reason.is_panic());
    }
    assert_eq!((log.lines()?.len(), t.crashes().len()), (0, 2));
}
