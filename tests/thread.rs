//! OS threads beside processes: subjects as channels.

use std::{sync::Barrier, thread};

use otp::prelude::*;

#[test]
fn a_channel_takes_over_in_order() {
    const EACH: u32 = 2000;
    for _ in 0..20 {
        let numbers = process::current().subject::<u32>();
        let (began, half) = (process::current().subject::<()>(), Barrier::new(2));
        thread::scope(|scope| {
            scope.spawn(|| {
                (0..EACH / 2).for_each(|n| numbers.send(n));
                began.send(());
                half.wait();
                (EACH / 2..EACH).for_each(|n| numbers.send(n));
            });
            began.receive(None);
            half.wait();
            // The channel is opened while messages arrive.
            let arrived = numbers.channel();
            let got: Vec<u32> = arrived.iter().take(EACH as usize).collect();
            assert!(got.iter().copied().eq(0..EACH), "none is lost or out of order");
        });
        assert_eq!(numbers.receive(Duration::ZERO), None, "nothing is left behind");
    }
}

#[test]
fn other_subjects_and_signals_stay_where_they_were() {
    let me = process::current();
    let (one, other) = (me.subject::<u32>(), me.subject::<u32>());
    let arrived = one.channel();
    let (_, monitor) = process::spawn_monitor(move |_| {
        other.send(1);
        one.send(2);
    });
    assert_eq!(me.receive_down(monitor, None).map(|down| down.reason), Some(ExitReason::Normal));
    assert_eq!(arrived.try_recv(), Ok(2));
    assert_eq!(other.receive(Duration::ZERO), Some(1));
}

#[test]
fn what_nobody_receives_is_dropped_by_its_sender() {
    struct Noisy(process::Subject<&'static str>);
    impl Drop for Noisy {
        fn drop(&mut self) {
            // No lock is held: this sends to the very inbox that refused it.
            self.0.send("dropped");
        }
    }
    let me = process::current();
    let (noisy, notes) = (me.subject::<Noisy>(), me.subject());
    drop(noisy.channel());
    noisy.send(Noisy(notes));
    assert_eq!(notes.receive(Duration::ZERO), Some("dropped"));
}

#[test]
fn a_process_on_a_core_has_no_channel() {
    let (_, monitor) = process::spawn_monitor(|me| drop(me.subject::<()>().channel()));
    let down = process::current().receive_down(monitor, None).expect("it ends");
    assert!(down.reason.to_string().contains("waits with `receive`"), "{}", down.reason);
}
