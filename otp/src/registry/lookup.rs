//! What can be read of a registry: in the process that asks, past all that writes other keys.

use std::{borrow::Borrow, hash::Hash};

use super::{Duplicate, KeyKind, RegistryKey, RegistryRef, RegistryValue, Unique, table::hash_of};
use crate::cell::Pid;

impl<K: RegistryKey, V: RegistryValue, D: KeyKind> RegistryRef<K, V, D> {
    /// Calls `f` in the current process with the entries of a key, in the order in which they were registered; not at
    /// all when there is none. `Registry.dispatch/4`.
    ///
    /// ```
    /// use otp::{process::{self, Subject}, registry::{Duplicate, Registry}};
    ///
    /// let topics = Registry::<&str, Subject<u32>, Duplicate>::duplicate().start()?;
    /// let news = process::current().subject();
    /// topics.register("news", news.clone())?;
    /// topics.dispatch("news", |readers| readers.iter().for_each(|(_, reader)| reader.send(42)));
    /// assert_eq!(news.receive(None), Some(42));
    /// topics.dispatch("sports", |_| unreachable!("nobody reads it"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn dispatch<Q: Hash + Eq + ?Sized>(&self, key: &Q, f: impl FnOnce(&[(Pid, V)]))
    where
        K: Borrow<Q>,
    {
        let entries = self.matching(key, |_| true);
        if !entries.is_empty() {
            f(&entries);
        }
    }

    /// The entries of a key whose value is such, in the order in which they were registered. `Registry.match/4`.
    ///
    /// ```
    /// let rooms = otp::registry::Registry::<u32, &str>::new().start()?;
    /// rooms.register(7, "free")?;
    /// assert_eq!(rooms.matching(&7, |state| *state == "free"), [(otp::self_pid(), "free")]);
    /// assert_eq!(rooms.matching(&7, |state| *state == "taken"), []);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn matching<Q: Hash + Eq + ?Sized>(&self, key: &Q, mut matches: impl FnMut(&V) -> bool) -> Vec<(Pid, V)>
    where
        K: Borrow<Q>,
    {
        let matching = self.table.entries(key).filter(|entry| matches(entry.value()));
        matching.map(|entry| (entry.owner(), entry.value().clone())).collect()
    }

    /// How many entries of a key have such a value. `Registry.count_match/4`.
    ///
    /// ```
    /// let rooms = otp::registry::Registry::<u32, &str>::new().start()?;
    /// rooms.register(7, "free")?;
    /// assert_eq!(rooms.count_matching(&7, |state| *state == "free"), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn count_matching<Q: Hash + Eq + ?Sized>(&self, key: &Q, mut matches: impl FnMut(&V) -> bool) -> usize
    where
        K: Borrow<Q>,
    {
        self.table.entries(key).filter(|entry| matches(entry.value())).count()
    }

    /// The values that a process has registered under a key, in the order in which it did. `Registry.values/3`.
    ///
    /// ```
    /// let rooms = otp::registry::Registry::<u32, &str>::new().start()?;
    /// rooms.register(7, "free")?;
    /// assert_eq!(rooms.values(&7, otp::self_pid()), ["free"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn values<Q: Hash + Eq + ?Sized>(&self, key: &Q, pid: Pid) -> Vec<V>
    where
        K: Borrow<Q>,
    {
        let entries = self.table.opened().with_hash(pid, hash_of(key));
        entries.iter().filter(|entry| entry.key().borrow() == key).map(|entry| entry.value().clone()).collect()
    }

    /// The keys of a process, in the order in which it has registered them, each as often as it did. `Registry.keys/2`.
    ///
    /// ```
    /// let rooms = otp::registry::Registry::<u32, ()>::new().start()?;
    /// rooms.register(7, ())?;
    /// rooms.register(3, ())?;
    /// assert_eq!(rooms.keys(otp::self_pid()), [7, 3]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn keys(&self, pid: Pid) -> Vec<K> {
        let mut entries = self.table.opened().all(pid);
        entries.sort_by_key(|entry| entry.slot.number);
        entries.iter().map(|entry| entry.key().clone()).collect()
    }

    /// How many entries there are, those of processes that have just ended among them. `Registry.count/1`.
    ///
    /// ```
    /// let rooms = otp::registry::Registry::<u32, ()>::new().start()?;
    /// rooms.register(7, ())?;
    /// assert_eq!(rooms.count(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn count(&self) -> usize {
        self.table.len()
    }

    /// What `f` makes of the entries, in no order; it leaves out those of which it makes nothing. `Registry.select/2`.
    ///
    /// What is registered or taken back meanwhile may be among them.
    ///
    /// ```
    /// let rooms = otp::registry::Registry::<u32, &str>::new().start()?;
    /// rooms.register(7, "free")?;
    /// rooms.register(8, "taken")?;
    /// assert_eq!(rooms.select(|number, _pid, state| (*state == "free").then_some(*number)), [7]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn select<T>(&self, mut f: impl FnMut(&K, Pid, &V) -> Option<T>) -> Vec<T> {
        let mut selected = Vec::new();
        self.table.each(|entry| selected.extend(f(entry.key(), entry.owner(), entry.value())));
        selected
    }

    /// How many entries are such. `Registry.count_select/2`.
    ///
    /// ```
    /// let rooms = otp::registry::Registry::<u32, &str>::new().start()?;
    /// rooms.register(7, "free")?;
    /// assert_eq!(rooms.count_select(|number, _pid, _state| *number > 7), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn count_select(&self, mut matches: impl FnMut(&K, Pid, &V) -> bool) -> usize {
        let mut count = 0;
        self.table.each(|entry| count += usize::from(matches(entry.key(), entry.owner(), entry.value())));
        count
    }
}

impl<K: RegistryKey, V: RegistryValue> RegistryRef<K, V, Unique> {
    /// The process that has a key, and its value; the process may just have ended. `Registry.lookup/2`.
    ///
    /// ```
    /// let rooms = otp::registry::Registry::<String, u32>::new().start()?;
    /// rooms.register("lobby".into(), 12)?;
    /// assert_eq!(rooms.lookup("lobby"), Some((otp::self_pid(), 12)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn lookup<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<(Pid, V)>
    where
        K: Borrow<Q>,
    {
        self.table.entries(key).next().map(|entry| (entry.owner(), entry.value().clone()))
    }
}

impl<K: RegistryKey, V: RegistryValue> RegistryRef<K, V, Duplicate> {
    /// The processes that have a key, each as often as it has registered it, and their values, in the order in which
    /// they were registered; some may just have ended. `Registry.lookup/2`.
    ///
    /// ```
    /// use otp::registry::{Duplicate, Registry};
    ///
    /// let topics = Registry::<&str, u32, Duplicate>::duplicate().start()?;
    /// topics.register("news", 1)?;
    /// topics.register("news", 2)?;
    /// assert_eq!(topics.lookup("news"), [(otp::self_pid(), 1), (otp::self_pid(), 2)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn lookup<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Vec<(Pid, V)>
    where
        K: Borrow<Q>,
    {
        self.matching(key, |_| true)
    }
}
