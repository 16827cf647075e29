//! Registries for the cases about `{via, Module, Term}`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use otp::{
    Name,
    name::{RegisterError, UnregisterError, Via},
    prelude::*,
};

/// Keeps names until they are taken back: nothing is freed unless somebody does so.
#[derive(Default)]
pub(crate) struct Rooms(Mutex<BTreeMap<u32, Pid>>);

impl Rooms {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// The keys that are in use.
    pub(crate) fn taken(&self) -> Vec<u32> {
        self.0.lock().unwrap().keys().copied().collect()
    }
}

impl Via for Rooms {
    type Key = u32;

    fn register(&self, key: &u32, pid: Pid) -> Result<(), RegisterError> {
        let mut rooms = self.0.lock().unwrap();
        match rooms.get(key) {
            Some(holder) => Err(RegisterError::Taken(*holder)),
            None => {
                rooms.insert(*key, pid);
                Ok(())
            }
        }
    }

    fn unregister(&self, key: &u32) -> Result<(), UnregisterError> {
        self.0.lock().unwrap().remove(key).map(drop).ok_or(UnregisterError)
    }

    fn whereis(&self, key: &u32) -> Option<Pid> {
        self.0.lock().unwrap().get(key).copied()
    }
}

/// A registry that is a process itself, as those of OTP's are: it watches those that it names.
#[derive(Default)]
pub(crate) struct Book {
    names: BTreeMap<String, (Pid, Option<MonitorRef>)>,
}

#[actor]
impl Book {
    #[init]
    fn init() -> Self {
        Self::default()
    }

    #[handle_call]
    fn enter(&mut self, name: String, pid: Pid, ctx: &mut Context<Self>) -> Result<(), RegisterError> {
        match self.names.get(&name) {
            Some((holder, _)) => Err(RegisterError::Taken(*holder)),
            None => {
                self.names.insert(name, (pid, Some(ctx.monitor(pid))));
                Ok(())
            }
        }
    }

    #[handle_call]
    fn remove(&mut self, name: String, ctx: &mut Context<Self>) -> Result<(), UnregisterError> {
        let (_, monitor) = self.names.remove(&name).ok_or(UnregisterError)?;
        monitor.map(|monitor| ctx.demonitor(monitor));
        Ok(())
    }

    #[handle_call]
    fn find(&self, name: String) -> Option<Pid> {
        self.names.get(&name).map(|(holder, _)| *holder)
    }

    #[handle_info]
    fn down(&mut self, down: Down) {
        self.names.retain(|_, (_, monitor)| *monitor != Some(down.monitor));
    }
}

impl Via for BookRef {
    type Key = String;

    fn register(&self, key: &String, pid: Pid) -> Result<(), RegisterError> {
        self.enter(key.clone(), pid).unwrap()
    }

    fn unregister(&self, key: &String) -> Result<(), UnregisterError> {
        self.remove(key.clone()).unwrap_or(Err(UnregisterError))
    }

    fn whereis(&self, key: &String) -> Option<Pid> {
        self.find(key.clone()).ok().flatten()
    }
}

/// A name in a registry that is a process.
pub(crate) fn in_book<A>(book: &Arc<BookRef>, key: &str) -> Name<A> {
    Name::via(book, key.to_owned())
}
