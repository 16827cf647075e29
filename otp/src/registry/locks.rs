//! Locks by key: one process at a time holds that of a key, all others wait for it in the order in which they came.
//!
//! A lock is there only while somebody holds it. Each time that it is given to somebody is a turn; whoever gives it back
//! says which one, so that it is given on once when its holder ends: by the holder's stack, which is unwound, and by the
//! holder's farewell, since a stack that does not come back is not waited for.

use std::{
    collections::BTreeMap,
    num::NonZeroU64,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use super::{
    RegistryKey,
    table::{Candidates, HashSlot, OwnersThing, hash_of},
};
use crate::cell::{
    AnyProcess, Pid,
    answer::{self, AnswerReceiver, AnswerSender},
    current,
    header::PendingCall,
};

/// The locks that are held.
pub(super) struct KeyLocks<K: RegistryKey> {
    locks: Mutex<BTreeMap<HashSlot, Arc<KeyLock<K>>>>,
    /// Of the latest lock.
    number: AtomicU64,
}

struct KeyLock<K: RegistryKey> {
    all: Weak<KeyLocks<K>>,
    slot: HashSlot,
    key: OwnersThing<K>,
    state: Mutex<LockState<K>>,
}

struct LockState<K: RegistryKey> {
    turn: u64,
    /// Nobody when the lock is about to be taken away.
    holder: Option<LockHolder>,
    /// Of the latest who waits.
    ticket: u64,
    waiting: BTreeMap<u64, LockWaiter<K>>,
}

struct LockHolder {
    process: AnyProcess,
    /// The number of what is told of its end, while somebody waits.
    watch: Option<NonZeroU64>,
}

struct LockWaiter<K: RegistryKey> {
    process: AnyProcess,
    grant: AnswerSender<LockTurn<K>>,
}

/// That somebody holds a lock, until it is dropped.
pub(super) struct LockTurn<K: RegistryKey> {
    lock: Arc<KeyLock<K>>,
    turn: u64,
}

impl<K: RegistryKey> Drop for LockTurn<K> {
    fn drop(&mut self) {
        self.lock.release(self.turn);
    }
}

/// What becomes of a process that comes for a lock.
enum LockEntry<K: RegistryKey> {
    Waits(LockWait<K>),
    /// The lock is about to be taken away.
    Closed,
    /// It has the lock.
    Holds,
}

impl<K: RegistryKey> KeyLocks<K> {
    /// None is held.
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { locks: Mutex::new(BTreeMap::new()), number: AtomicU64::new(0) })
    }

    fn locks(&self) -> MutexGuard<'_, BTreeMap<HashSlot, Arc<KeyLock<K>>>> {
        self.locks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the lock of a key for the current process, or begins to wait for it. Nothing if that has it.
    pub(super) fn take(self: &Arc<Self>, key: &K) -> Option<Result<LockTurn<K>, LockWait<K>>> {
        let process = current::with(|me| AnyProcess::clone(me));
        let hash = hash_of(key);
        loop {
            let same_hash = Candidates::new(self.locks().range(HashSlot::first(hash)..=HashSlot::last(hash)));
            match same_hash.iter().find(|lock| lock.key.get() == key) {
                Some(lock) => match lock.enter(&process) {
                    LockEntry::Waits(wait) => return Some(Err(wait)),
                    LockEntry::Closed => self.remove(lock),
                    LockEntry::Holds => return None,
                },
                None => {
                    let lock = self.new_lock(hash, key.clone(), &process);
                    if self.add(&lock, &same_hash) {
                        return Some(Ok(LockTurn { lock, turn: 0 }));
                    }
                }
            }
        }
    }

    fn new_lock(self: &Arc<Self>, hash: u64, key: K, process: &AnyProcess) -> Arc<KeyLock<K>> {
        let holder = LockHolder { process: process.clone(), watch: None };
        let state = LockState { turn: 0, holder: Some(holder), ticket: 0, waiting: BTreeMap::new() };
        Arc::new(KeyLock {
            all: Arc::downgrade(self),
            slot: HashSlot { hash, number: self.number.fetch_add(1, Relaxed) },
            key: OwnersThing::new(process.pid(), key),
            state: Mutex::new(state),
        })
    }

    /// Adds a lock, if those that its key was compared with are still the only ones with its hash.
    fn add(&self, lock: &Arc<KeyLock<K>>, compared: &Candidates<KeyLock<K>>) -> bool {
        let mut locks = self.locks();
        let now = locks.range(HashSlot::first(lock.slot.hash)..=HashSlot::last(lock.slot.hash));
        let is_same = now.map(|(slot, _)| slot).eq(compared.iter().map(|lock| &lock.slot));
        if is_same {
            locks.insert(lock.slot, Arc::clone(lock));
        }
        is_same
    }

    fn remove(&self, lock: &KeyLock<K>) {
        let removed = self.locks().remove(&lock.slot);
        drop(removed);
    }
}

impl<K: RegistryKey> KeyLock<K> {
    fn state(&self) -> MutexGuard<'_, LockState<K>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(self: &Arc<Self>, process: &AnyProcess) -> LockEntry<K> {
        let (grant, granted) = answer::channel();
        let ticket = {
            let mut state = self.state();
            match &state.holder {
                None => return LockEntry::Closed,
                Some(holder) if holder.process.pid() == process.pid() => return LockEntry::Holds,
                Some(_) => {}
            }
            state.ticket += 1;
            let ticket = state.ticket;
            state.waiting.insert(ticket, LockWaiter { process: process.clone(), grant });
            ticket
        };
        let wait = LockWait { lock: Arc::clone(self), ticket, granted: Some(granted) };
        self.watch();
        LockEntry::Waits(wait)
    }

    /// Sees to it that the lock is given on when its holder ends, while somebody waits.
    fn watch(self: &Arc<Self>) {
        let (turn, process) = {
            let state = self.state();
            match &state.holder {
                Some(LockHolder { process, watch: None }) if !state.waiting.is_empty() => (state.turn, process.clone()),
                _ => return,
            }
        };
        // Its relations have a lock of their own.
        let watch = process.header().watch_call(Arc::new(HolderWatch { lock: Arc::clone(self), turn }));
        if let Ok(Some(number)) = watch {
            let is_noted = {
                let mut state = self.state();
                let holder = if state.turn == turn { state.holder.as_mut() } else { None };
                holder.filter(|holder| holder.watch.is_none()).map(|holder| holder.watch = Some(number)).is_some()
            };
            if !is_noted {
                process.header().forget_call(number);
            }
        }
        if process.header().life.is_dead() {
            self.release(turn);
        }
    }

    /// Gives the lock to the next, if that turn is not over.
    fn release(self: &Arc<Self>, turn: u64) {
        let (before, next, turn) = {
            let mut state = self.state();
            if state.turn != turn {
                return;
            }
            state.turn += 1;
            let next = state.waiting.pop_first().map(|(_, waiter)| waiter);
            let holder = next.as_ref().map(|waiter| LockHolder { process: waiter.process.clone(), watch: None });
            (std::mem::replace(&mut state.holder, holder), next, state.turn)
        };
        if let Some(LockHolder { process, watch: Some(number) }) = &before {
            process.header().forget_call(*number);
        }
        match next {
            Some(waiter) => {
                self.watch();
                // Dropped by who does not wait any more, it gives the lock on.
                waiter.grant.answer(LockTurn { lock: Arc::clone(self), turn });
            }
            None => {
                if let Some(all) = self.all.upgrade() {
                    all.remove(self);
                }
            }
        }
    }
}

/// What the holder of a lock tells of its end.
struct HolderWatch<K: RegistryKey> {
    lock: Arc<KeyLock<K>>,
    turn: u64,
}

impl<K: RegistryKey> PendingCall for HolderWatch<K> {
    fn abandon(&self) {
        self.lock.release(self.turn);
    }

    fn is_pending(&self) -> bool {
        self.lock.state().turn == self.turn
    }

    fn deferred(&self) {}

    fn client(&self) -> Option<Pid> {
        None
    }
}

/// A process that waits for a lock; dropped, it waits no more.
pub(super) struct LockWait<K: RegistryKey> {
    lock: Arc<KeyLock<K>>,
    ticket: u64,
    granted: Option<AnswerReceiver<LockTurn<K>>>,
}

impl<K: RegistryKey> LockWait<K> {
    /// Waits for its turn.
    pub(super) async fn turn(mut self) -> LockTurn<K> {
        let granted = self.granted.take().expect("it is waited for once");
        granted.await.expect("who holds a lock gives it on")
    }
}

impl<K: RegistryKey> Drop for LockWait<K> {
    fn drop(&mut self) {
        let waiter = self.lock.state().waiting.remove(&self.ticket);
        drop(waiter);
    }
}
