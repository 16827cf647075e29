//! Limits of time.

use std::sync::mpsc;

use otp::{
    blocking, blocking_timeout, blocking_timeout_async,
    prelude::*,
    process::{BlockingTimeout, Spawn},
};

use super::{OnDrop, PATIENCE, Reader, down, held, node};

const LONG: Duration = Duration::from_secs(3600);

#[test]
fn a_start_that_takes_too_long_in_it_fails_in_time() {
    let (closure, _begun, _open) = held();
    let started = Spawn::new().timeout(Duration::from_millis(20)).start(move |_, ack: process::Ack<()>| {
        blocking(closure);
        ack.started(());
    });
    assert_eq!(started, Err(process::AckError::Timeout));
}

#[test]
fn a_call_times_out_while_its_handler_is_in_it() {
    let (closure, begun, open) = held();
    let reader = Reader::start().unwrap();
    let called = reader.timeout(Duration::from_millis(20)).read(Box::new(closure));
    assert_eq!(called, Err(CallError::Timeout { started: true }));
    begun.recv_timeout(PATIENCE).unwrap();
    open.send(()).unwrap();
    assert_eq!(reader.read(Box::new(|| ())), Ok(()));
}

#[test]
fn a_limit_ends_the_wait_and_says_whether_it_had_begun() {
    let node = node(1);
    node.enter(|| {
        let (closure, begun, open) = held();
        let (result, dropped) = mpsc::channel();
        let (_, monitor) = process::spawn_monitor(move |_| {
            let waited = blocking_timeout(Duration::from_millis(20), move || {
                closure();
                OnDrop(move || result.send(()).unwrap())
            });
            assert_eq!(waited.map(|_| ()).map_err(|timeout| timeout.started), Err(true));
            // The only thread is held.
            let (own, own_dropped) = mpsc::channel::<()>();
            let waited = blocking_timeout(Duration::from_millis(20), move || drop(own));
            assert_eq!(waited.map_err(|timeout| timeout.started), Err(false));
            assert_eq!(own_dropped.try_recv(), Err(mpsc::TryRecvError::Disconnected), "it is gone");
        });
        begun.recv_timeout(PATIENCE).unwrap();
        assert_eq!(down(monitor), ExitReason::Normal);
        open.send(()).unwrap();
        dropped.recv_timeout(PATIENCE).unwrap();
        assert_eq!(blocking_timeout(LONG, || 7), Ok(7));
    });
    node.stop();
}

#[test]
fn a_limit_is_an_error_that_ends_its_caller() {
    let (_, monitor) = process::spawn_monitor_async(|_| async {
        let (closure, _begun, _open) = held();
        blocking_timeout_async(Duration::from_millis(1), closure).await?;
        Ok::<(), BlockingTimeout>(())
    });
    assert!(matches!(down(monitor), ExitReason::Error(_)));
}
