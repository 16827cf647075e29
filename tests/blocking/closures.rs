//! What the code of a closure is and may do.

use otp::{blocking, blocking_timeout, prelude::*};

use super::{PATIENCE, Reader, node, wait_until};

#[test]
fn a_closure_within_a_closure_needs_no_second_thread() {
    let node = node(1);
    node.enter(|| {
        assert_eq!(blocking(|| blocking(|| blocking(|| 7))), 7);
        assert_eq!(blocking(|| blocking_timeout(Duration::from_millis(1), || 7).map_err(|it| it.started)), Err(false));
    });
    node.stop();
}

#[test]
fn in_a_closure_the_code_is_a_process_of_the_same_node_for_a_while() {
    let node = node(2);
    node.enter(|| {
        let reader = Reader::start().unwrap();
        let caller = otp::self_pid();
        let before = node.processes();
        let heard = process::current().subject();
        let (there, hears) = (reader.clone(), heard.clone());
        let pid = blocking(move || {
            assert_eq!(there.read(Box::new(|| ())), Ok(()));
            let subject = process::current().subject();
            let sends = subject.clone();
            process::spawn(move |_| sends.send(7));
            assert_eq!(subject.receive(PATIENCE), Some(7));
            let sends = subject.clone();
            process::spawn_link(move |me| {
                me.trap_exit(true);
                sends.send(8);
                hears.send(me.receive_exit(PATIENCE).unwrap());
            });
            assert_eq!(subject.receive(PATIENCE), Some(8));
            otp::self_pid()
        });
        assert_ne!(pid, caller);
        let exit = heard.receive(PATIENCE).unwrap();
        assert_eq!((exit.from, exit.reason), (pid, ExitReason::Normal));
        assert!(!before.contains(&pid) && !process::is_alive(pid));
        assert_ne!(blocking(otp::self_pid), pid, "the next one on this thread is another");
        wait_until(|| node.processes() == before);
    });
    node.stop();
}

#[test]
fn a_closure_that_asks_nothing_is_no_process() {
    let node = node(1);
    node.enter(|| {
        let (before, there) = (node.len(), node.clone());
        assert_eq!(blocking(move || there.len()), before);
    });
    node.stop();
}
