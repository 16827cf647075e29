//! Processes that wait for one another.

use otp::prelude::*;

use super::millis;

/// Calls the next of its kind.
struct Peer {
    next: Option<PeerRef>,
    kept: Vec<ReplyTo<()>>,
}

#[actor]
impl Peer {
    #[init]
    fn init() -> Self {
        Self { next: None, kept: Vec::new() }
    }

    #[handle_cast]
    fn meet(&mut self, next: PeerRef) {
        self.next = Some(next);
    }

    #[handle_call]
    fn touch(&self) {}

    /// Touches the next, when all are at it.
    #[handle_call]
    fn turn(&mut self) -> Result<(), CallError> {
        otp::sleep(millis(1));
        self.next.as_ref().unwrap().no_timeout().touch()
    }

    #[handle_call]
    async fn turn_async(&mut self) -> Result<(), CallError> {
        process::sleep_async(millis(1)).await;
        self.next.as_ref().unwrap().no_timeout().as_async().touch().await
    }

    /// Hands on along a chain.
    #[handle_call]
    fn chain(&mut self) -> Result<usize, CallError> {
        otp::sleep(millis(1));
        self.next.as_ref().map_or(Ok(0), |next| next.no_timeout().chain()?.map(|n| n + 1))
    }

    #[handle_call]
    fn wait_for_next(&mut self) -> Result<(), CallError> {
        self.next.as_ref().unwrap().no_timeout().later()
    }

    #[handle_call]
    fn later(&mut self, reply: ReplyTo<()>) {
        process::spawn(move |_| {
            otp::sleep(millis(5));
            reply.send(());
        });
    }

    #[handle_call]
    fn keep(&mut self, reply: ReplyTo<()>) {
        self.kept.push(reply);
    }
}

fn peers(n: usize, closed: bool) -> Vec<PeerRef> {
    let peers: Vec<PeerRef> = (0..n).map(|_| Peer::start().unwrap()).collect();
    for (index, peer) in peers.iter().enumerate() {
        if closed || index + 1 < n {
            peer.meet(peers[(index + 1) % n].clone());
        }
    }
    peers
}

#[otp::test(seeds = 300)]
fn a_cycle_of_calls_is_reported_by_a_member(t: &mut Sim) {
    for n in [2, 3] {
        for asynchronous in [false, true] {
            let began = t.now();
            let peers = peers(n, true);
            let turns: Vec<_> = peers
                .iter()
                .map(|peer| if asynchronous { peer.request().turn_async() } else { peer.request().turn() })
                .collect();
            let outcomes: Vec<_> = turns.into_iter().map(|turn| turn.wait().unwrap()).collect();
            let mut members: Vec<_> = peers.iter().map(|peer| peer.pid().unwrap()).collect();
            members.sort();
            let mut reported = 0;
            for outcome in outcomes {
                match outcome {
                    Ok(()) => {}
                    Err(CallError::Deadlock(mut path)) => {
                        path.sort();
                        assert_eq!(path, members);
                        reported += 1;
                    }
                    Err(error) => panic!("{error:?}"),
                }
            }
            assert!(reported > 0);
            assert_eq!(t.now() - began, millis(1), "nobody waits for a timeout");
            // They have lost nothing by it.
            peers.iter().for_each(|peer| assert_eq!(peer.touch(), Ok(())));
        }
    }
}

#[otp::test(seeds = 100)]
fn a_chain_of_calls_is_no_cycle(_t: &mut Sim) {
    let peers = peers(5, false);
    let chains: Vec<_> = peers.iter().map(|peer| peer.request().chain()).collect();
    let hops: Vec<_> = chains.into_iter().map(|chain| chain.wait().unwrap()).collect();
    assert_eq!(hops, [Ok(4), Ok(3), Ok(2), Ok(1), Ok(0)]);
}

#[otp::test(seeds = 200)]
fn who_has_deferred_its_answer_closes_no_cycle(t: &mut Sim) {
    let peers = peers(2, true);
    // The first waits for the second, which has handed its answer on; then the second calls the first.
    let first = peers[0].request().wait_for_next();
    t.settle();
    let second = peers[1].request().turn();
    assert_eq!(first.wait(), Ok(Ok(())));
    assert_eq!(second.wait(), Ok(Ok(())));
    assert_eq!(t.now(), millis(5));
}
