//! A thousand processes in a ring, and a token that goes round it a hundred times.

use otp::{prelude::*, process::Subject};
use std::time::Instant;

const MEMBERS: usize = 1000;
const ROUNDS: usize = 100;

/// A member of the ring knows the next one.
#[derive(Debug)]
pub struct Member {
    next: Option<MemberRef>,
}

#[actor]
impl Member {
    #[init]
    fn init() -> Self {
        Self { next: None }
    }

    #[handle_cast]
    fn join(&mut self, next: MemberRef) {
        self.next = Some(next);
    }

    /// Takes the token, and hands it on until it has gone far enough.
    #[handle_cast]
    fn take(&mut self, hops: usize, done: Subject<()>) {
        match &self.next {
            Some(next) if hops > 0 => next.take(hops - 1, done),
            _ => done.send(()),
        }
    }
}

fn main() -> Result<(), StartError> {
    let members = (0..MEMBERS).map(|_| Member::start_link()).collect::<Result<Vec<_>, _>>()?;
    for (index, member) in members.iter().enumerate() {
        member.join(members[(index + 1) % MEMBERS].clone());
    }

    let done = process::current().subject();
    let began = Instant::now();
    members[0].take(MEMBERS * ROUNDS, done.clone());
    done.receive(None);
    let hop = began.elapsed() / (MEMBERS * ROUNDS) as u32;
    println!("{MEMBERS} processes, {} hops, {} ns each", MEMBERS * ROUNDS, hop.as_nanos());
    Ok(())
}
