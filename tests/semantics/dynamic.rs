//! 8 Dynamic supervisors.

use otp::{
    prelude::*,
    supervisor::{ChildError, DynamicSupervisor},
};

use super::{Failing, Lingering, SECOND, Server, log, why};

#[otp::test(seeds = 20)]
fn s8_a_dynamic_supervisor_keeps_nothing_of_what_does_not_run(t: &mut Sim) {
    let dynamic = DynamicSupervisor::any().max_children(1).start()?;
    assert!(matches!(dynamic.start_child(Failing::child_spec(log())), Err(ChildError::Start(_))));
    assert_eq!(dynamic.count_children()?.specs, 0);
    let child = dynamic.start_child(Server::child_spec(log()).restart(Restart::Transient))?;
    assert_eq!(dynamic.start_child(Server::child_spec(log())).err(), Some(ChildError::MaxChildren));
    let pid = child.who()?;
    child.end(why("crash"));
    t.settle();
    let again = child.who()?;
    assert_ne!(pid, again);
    assert_eq!(dynamic.terminate_child(&pid), Err(ChildError::NotFound), "a dead one, unlike in Erlang");
    assert_eq!(dynamic.terminate_child(&otp::self_pid()), Err(ChildError::NotFound));
    dynamic.terminate_child(&again)?;
    assert_eq!((dynamic.count_children()?.specs, child.who()), (0, Err(CallError::NoProc)));
    t.crashes();
}

#[otp::test(seeds = 20)]
fn s8_its_children_end_all_at_once_each_in_its_time(t: &mut Sim) {
    let dynamic = DynamicSupervisor::template(|after: Duration| {
        Lingering::child_spec(after).shutdown(Shutdown::After(after * 2))
    })
    .start()?;
    for n in 1..=3 {
        dynamic.start_child(SECOND * n)?;
    }
    dynamic.stop()?;
    assert_eq!(t.now(), SECOND * 3);
}
