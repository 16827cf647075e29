//! Work of servers, whose mailboxes do not wait.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::SeqCst},
};

use otp::prelude::*;

use super::{other, secs};

#[derive(Default)]
struct Desk {
    done: Vec<Result<u32, ExitReason>>,
    work: Option<Pid>,
}

#[actor]
impl Desk {
    #[init]
    fn init() -> Self {
        Self::default()
    }

    #[handle_call]
    fn begin(&mut self, seconds: u64, end: Result<u32, ExitReason>, ctx: &mut Context<Self>) -> Pid {
        let work = move || {
            otp::sleep(secs(seconds));
            end.unwrap_or_else(|reason| process::exit_self(reason))
        };
        let pid = ctx.task(work, |me, result| me.done(result));
        self.work = Some(pid);
        pid
    }

    #[handle_call]
    fn begin_others(&mut self, ctx: &mut Context<Self>) {
        ctx.task_async(async { 1 }, |me, result| me.done(result));
        ctx.task_blocking(|| 2, |me, result| me.done(result));
        ctx.task_async(async { panic!("off by one") }, |me, result| me.done(result));
        ctx.task_blocking(|| panic!("off by two"), |me, result| me.done(result));
    }

    #[handle_call]
    fn begin_badly(&mut self, ctx: &mut Context<Self>) {
        ctx.task(|| 1, |_, _| panic!("no message"));
    }

    #[handle_info]
    fn done(&mut self, result: Result<u32, ExitReason>) {
        self.done.push(result);
    }

    #[handle_call]
    fn results(&mut self) -> Vec<Result<u32, ExitReason>> {
        std::mem::take(&mut self.done)
    }
}

#[otp::test(seeds = 20)]
fn work_goes_on_beside_a_server(t: &mut Sim) {
    let desk = Desk::start()?;
    desk.begin(2, Ok(1))?;
    desk.begin(1, Ok(2))?;
    assert_eq!(desk.results()?, [], "its mailbox does not wait");
    t.advance(secs(3));
    assert_eq!(desk.results()?, [Ok(2), Ok(1)]);
    desk.begin_others()?;
    t.settle();
    let results = desk.results()?;
    assert_eq!(results.iter().filter(|result| matches!(result, Ok(1 | 2))).count(), 2);
    assert_eq!(results.iter().filter(|result| result.as_ref().is_err_and(ExitReason::is_panic)).count(), 2);
    assert_eq!(t.crashes().len(), 2);
}

/// However work ends, its server is told once, and does not end of it.
#[otp::test(seeds = 50)]
fn the_end_of_work_is_told_once(t: &mut Sim) {
    let desk = Desk::start()?;
    for reason in [other("no luck"), ExitReason::Normal, ExitReason::Shutdown] {
        desk.begin(1, Err(reason.clone()))?;
        t.advance(secs(2));
        assert_eq!(desk.results()?, [Err(reason)]);
    }
    let work = desk.begin(60, Ok(1))?;
    process::exit(work, ExitReason::Kill);
    t.settle();
    assert_eq!(desk.results()?, [Err(ExitReason::Killed)]);
    assert_eq!(t.crashes().len(), 1);
}

#[otp::test(seeds = 50)]
fn work_ends_with_its_server(t: &mut Sim) {
    let desk = Desk::start()?;
    let works = [desk.begin(60, Ok(1))?, desk.begin(60, Ok(2))?];
    desk.stop()?;
    t.settle();
    assert!(works.iter().all(|work| !process::is_alive(*work)));
    let desk = Desk::start()?;
    let work = desk.begin(60, Ok(1))?;
    t.kill(&desk);
    t.settle();
    assert!(!process::is_alive(work));
    assert_eq!(t.node().len(), 1);
}

/// A closure that fails is the server's own.
#[otp::test(seeds = 20)]
fn a_message_that_cannot_be_made_ends_its_server(t: &mut Sim) {
    let desk = Desk::start()?;
    desk.begin_badly()?;
    t.settle();
    assert!(!desk.is_alive());
    assert_eq!(t.crashes().len(), 1);
}

/// Nothing is kept of work that is over.
#[otp::test]
fn nothing_grows_with_work_that_is_over(t: &mut Sim) {
    struct Counts(Arc<AtomicU32>);
    impl Drop for Counts {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    let dropped = Arc::new(AtomicU32::new(0));
    struct Many;
    #[actor]
    impl Many {
        #[init]
        fn init() -> Self {
            Self
        }
        #[handle_call]
        fn begin(&self, dropped: Arc<AtomicU32>, ctx: &mut Context<Self>) {
            let counts = Counts(dropped);
            ctx.task(
                || (),
                move |me, _| {
                    drop(counts);
                    me.done()
                },
            );
        }
        #[handle_info]
        fn done(&self) {}
    }
    let many = Many::start()?;
    for _ in 0..10_000 {
        many.begin(Arc::clone(&dropped))?;
        t.settle();
    }
    assert_eq!((dropped.load(SeqCst), t.node().len()), (10_000, 2));
}

/// A handler that starts work is tried without its process.
#[test]
fn work_of_a_handler_that_is_tried_by_itself() {
    let (mut ctx, mut desk) = (Context::for_test(), Desk::default());
    for (end, expected) in [(Ok(42), Ok(42)), (Err(other("no luck")), Err(other("no luck")))] {
        desk.begin(0, end, &mut ctx);
        while ctx.waiting().is_empty() {
            std::thread::yield_now();
        }
        assert_eq!(ctx.deliver(&mut desk), Some("done"));
        assert_eq!(desk.results(), [expected]);
    }
}
