//! The processes of a node by pid.
//!
//! A few slabs, each behind its own lock, so that cores that spawn do not wait for one another. A slot keeps the serial
//! of its next process: a pid is never reused.

use std::{
    num::NonZeroU32,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use crate::{
    cell::{AnyProcess, Pid, header::Home, typed::Cell},
    passed::pass,
    scheduler::InTurn,
};

const SHARDS: u32 = 8;

/// So many slots of a shard are looked at before others may have its lock.
const LOOKS: usize = 128;

pub(crate) struct Table {
    node: u32,
    shards: [Mutex<Shard>; SHARDS as usize],
    next: AtomicU32,
}

#[derive(Default)]
struct Shard {
    slots: Vec<TableEntry>,
    free: Vec<u32>,
    /// How many of its processes run on cores.
    on_cores: usize,
}

struct TableEntry {
    serial: NonZeroU32,
    process: Option<AnyProcess>,
}

impl Table {
    pub(crate) fn new(node: u32) -> Self {
        Self { node, shards: Default::default(), next: AtomicU32::new(0) }
    }

    fn shard(&self, shard: u32) -> std::sync::MutexGuard<'_, Shard> {
        self.shards[(shard % SHARDS) as usize].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new process, which `make` makes for its pid; under a lock, so nothing of the user's may run in it.
    pub(crate) fn insert<M: Send + 'static>(&self, make: impl FnOnce(Pid) -> InTurn<Cell<M>>) -> InTurn<Cell<M>> {
        // Two that spawn at once may take the same shard, which is no matter.
        let next = self.next.load(Relaxed);
        self.next.store(next.wrapping_add(1), Relaxed);
        let number = next % SHARDS;
        let mut shard = self.shard(number);
        let index = shard.free.pop().unwrap_or_else(|| {
            shard.slots.push(TableEntry { serial: NonZeroU32::MIN, process: None });
            shard.slots.len() as u32 - 1
        });
        let slot = &mut shard.slots[index as usize];
        let process = make(Pid { node: self.node, index: index * SHARDS + number, serial: slot.serial });
        slot.process = Some(AnyProcess::new(&process));
        shard.on_cores += usize::from(matches!(process.header().home, Home::Core));
        process
    }

    /// Takes out a process that ends, and has `end` note it: nobody who asks here sees one without the other. Under a
    /// lock, so nothing of the user's may run in it. It may have been taken out before.
    pub(crate) fn remove<R>(&self, pid: Pid, end: impl FnOnce() -> R) -> (Option<AnyProcess>, R) {
        let mut shard = self.shard(pid.index);
        let ended = end();
        let slot = shard.slots.get_mut((pid.index / SHARDS) as usize).filter(|slot| slot.serial == pid.serial);
        let Some(slot) = slot else { return (None, ended) };
        let process = slot.process.take();
        slot.serial = slot.serial.checked_add(1).unwrap_or(NonZeroU32::MIN);
        shard.free.push(pid.index / SHARDS);
        let was_on_core = process.as_ref().is_some_and(|process| matches!(process.header().home, Home::Core));
        shard.on_cores -= usize::from(was_on_core);
        (process, ended)
    }

    pub(crate) fn get(&self, pid: Pid) -> Option<AnyProcess> {
        let shard = self.shard(pid.index);
        let slot = shard.slots.get((pid.index / SHARDS) as usize).filter(|slot| slot.serial == pid.serial)?;
        slot.process.clone()
    }

    pub(crate) fn len(&self) -> usize {
        (0..SHARDS).map(|number| self.shard(number)).map(|shard| shard.slots.len() - shard.free.len()).sum()
    }

    /// How many processes run on cores.
    pub(crate) fn on_cores(&self) -> usize {
        (0..SHARDS).map(|number| self.shard(number).on_cores).sum()
    }

    /// Whether none runs on a core of those that share a lock with this one: when the last of all has been removed it
    /// is so beside that.
    pub(crate) fn is_idle_beside(&self, pid: Pid) -> bool {
        self.shard(pid.index).on_cores == 0
    }

    /// All processes, in order of pid.
    pub(crate) fn all(&self) -> Vec<AnyProcess> {
        let mut all = Vec::new();
        for first in (0..).step_by(LOOKS) {
            let (sorted, mut is_last) = (all.len(), true);
            for shard in (0..SHARDS).map(|number| self.shard(number)) {
                is_last &= shard.slots.len() <= first + LOOKS;
                let slots = shard.slots.iter().skip(first).take(LOOKS).inspect(|_| pass(1));
                all.extend(slots.filter_map(|slot| slot.process.clone()));
            }
            all[sorted..].sort_by_key(AnyProcess::pid);
            if is_last {
                break;
            }
        }
        all
    }
}
