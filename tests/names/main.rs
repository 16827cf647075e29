//! Names of processes: the node's own and those of registries, monitors and exits by name, names in trees and macros.

#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod exits;
mod monitors;
mod registries;
mod trees;
mod values;
mod waiting;

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

use otp::{
    Name,
    name::{RegisterError, UnregisterError, Via},
    prelude::*,
    process::Me,
};

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Waits until an exit signal ends the process.
fn stay(me: &mut Me) {
    me.receive_exit(None);
}

/// Keeps names until they are taken back.
#[derive(Default)]
struct Book {
    names: Mutex<BTreeMap<&'static str, Pid>>,
    panics: AtomicBool,
}

impl Via for Book {
    type Key = &'static str;

    fn register(&self, key: &Self::Key, pid: Pid) -> Result<(), RegisterError> {
        let mut names = self.names.lock().unwrap();
        match names.get(key) {
            Some(holder) => Err(RegisterError::Taken(*holder)),
            None => {
                names.insert(key, pid);
                Ok(())
            }
        }
    }

    fn unregister(&self, key: &Self::Key) -> Result<(), UnregisterError> {
        assert!(!self.panics.load(SeqCst), "the book is closed");
        self.names.lock().unwrap().remove(key).map(drop).ok_or(UnregisterError)
    }

    fn whereis(&self, key: &Self::Key) -> Option<Pid> {
        self.names.lock().unwrap().get(key).copied()
    }
}

/// Does nothing.
struct Idle;

const IDLE: Name<Idle> = Name::new("idle");

#[actor(name = IDLE)]
impl Idle {
    #[init]
    fn init(fails: bool) -> Result<Self, &'static str> {
        if fails { Err("told to") } else { Ok(Self) }
    }

    #[handle_call]
    fn who(&self, ctx: &mut Context<Self>) -> Pid {
        ctx.pid()
    }
}
