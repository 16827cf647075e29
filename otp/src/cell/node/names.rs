//! The registered names of a node.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    cell::{AnyProcess, Pid},
    passed::pass,
};

/// Who has which name. A process that has ended has none, even before it has taken its name out.
#[derive(Default)]
pub(crate) struct Names(Mutex<BTreeMap<Arc<str>, AnyProcess>>);

/// Why a name was not registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegisterError {
    /// The name is this process's.
    Taken(Pid),
    /// The process has another name: it can have one.
    Named,
    /// The process has ended.
    NoProc,
    /// The process is another node's.
    OtherNode,
    /// The name is one of a [registry](crate::registry), where each process registers itself, and no other.
    OtherProcess,
    /// The [registry](crate::registry) is not running.
    NoRegistry,
}

impl std::fmt::Display for RegisterError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Taken(pid) => write!(f, "the name is taken by {pid}"),
            Self::Named => f.write_str("the process has a name already"),
            Self::NoProc => f.write_str("the process has ended"),
            Self::OtherNode => f.write_str("the process belongs to another node"),
            Self::OtherProcess => f.write_str("a process registers itself, and no other"),
            Self::NoRegistry => f.write_str("the registry is not running"),
        }
    }
}

impl std::error::Error for RegisterError {}

/// Why a name was not freed: it is nobody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnregisterError;

impl std::fmt::Display for UnregisterError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no process has this name")
    }
}

impl std::error::Error for UnregisterError {}

impl Names {
    fn table(&self) -> MutexGuard<'_, BTreeMap<Arc<str>, AnyProcess>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a process its name. `erlang:register/2`.
    pub(crate) fn register(&self, name: &str, process: &AnyProcess) -> Result<(), RegisterError> {
        let mut table = self.table();
        if let Some(holder) = table.get(name).filter(|holder| !holder.header().life.is_dead()) {
            return Err(RegisterError::Taken(holder.pid()));
        }
        let name: Arc<str> = name.into();
        process
            .header()
            .relate(|relations| match &mut relations.belongings().name {
                Some(_) => Err(RegisterError::Named),
                own => {
                    *own = Some(Arc::clone(&name));
                    Ok(())
                }
            })
            .unwrap_or(Err(RegisterError::NoProc))?;
        // What was the last reference to a process is dropped without the lock.
        let before = table.insert(name, process.clone());
        drop(table);
        drop(before);
        Ok(())
    }

    /// Takes a name from its holder. `erlang:unregister/1`.
    pub(crate) fn unregister(&self, name: &str) -> Result<(), UnregisterError> {
        let mut table = self.table();
        let holder = table.remove(name);
        let freed = holder.as_ref().and_then(|holder| holder.header().relate(|own| own.belongings().name = None));
        drop(table);
        // It may have been the last reference to a process.
        drop(holder);
        freed.ok_or(UnregisterError)
    }

    /// Takes out the name of a process that has ended.
    pub(crate) fn remove(&self, name: &str, holder: Pid) {
        let mut table = self.table();
        let removed =
            if table.get(name).is_some_and(|process| process.pid() == holder) { table.remove(name) } else { None };
        drop(table);
        drop(removed);
    }

    /// Who has a name. `erlang:whereis/1`.
    pub(crate) fn get(&self, name: &str) -> Option<AnyProcess> {
        self.table().get(name).filter(|holder| !holder.header().life.is_dead()).cloned()
    }

    /// All names. `erlang:registered/0`.
    pub(crate) fn all(&self) -> Vec<Arc<str>> {
        let table = self.table();
        let names = table.iter().inspect(|_| pass(1)).filter(|(_, holder)| !holder.header().life.is_dead());
        names.map(|(name, _)| Arc::clone(name)).collect()
    }
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use crate::{Sim, process};

    /// It may have been taken from the one that ends, and given to another, before that one frees it.
    #[test]
    fn a_name_is_freed_for_its_holder_alone() {
        Sim::run(1, |t| {
            let names = &t.node().inner().names;
            let (own, other) = (process::self_pid(), process::spawn(|_| ()));
            process::register("name", own).expect("it is free");
            names.remove("name", other);
            assert_eq!(process::whereis("name"), Some(own));
            names.remove("name", own);
            assert_eq!(process::whereis("name"), None);
        });
    }
}
