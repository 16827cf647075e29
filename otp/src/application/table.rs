//! The applications of a node: which are loaded, which run, and in which order they were started.
//!
//! Anybody reads it; what runs only the controller changes.

use std::{
    any::Any,
    collections::{BTreeMap, btree_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{AppError, AppSpec, env::environments, master::MasterRequest, spec::AppType};
use crate::{
    actor::Restart,
    cell::Pid,
    guard::Guarded,
    process::{Node, Subject},
    supervisor::SupervisorRef,
};

#[derive(Default)]
pub(super) struct AppTable(Mutex<TableState>);

#[derive(Default)]
pub(super) struct TableState {
    pub(super) apps: BTreeMap<&'static str, LoadedApp>,
    /// Those that run, in the order of their start.
    pub(super) order: Vec<&'static str>,
    /// All are being stopped: no other is started.
    pub(super) is_stopping: bool,
}

pub(super) struct LoadedApp {
    pub(super) app: AppType,
    pub(super) spec: Arc<AppSpec>,
    /// What it is a part of.
    pub(super) within: Option<&'static str>,
    pub(super) status: AppStatus,
}

pub(super) enum AppStatus {
    Loaded,
    Starting(Pid),
    Running(RunningApp),
}

impl AppStatus {
    /// The process that starts the application, or runs it.
    pub(super) fn master(&self) -> Option<Pid> {
        match self {
            Self::Loaded => None,
            Self::Starting(master) => Some(*master),
            Self::Running(running) => Some(running.master),
        }
    }
}

#[derive(Clone)]
pub(super) struct RunningApp {
    pub(super) master: Pid,
    pub(super) restart: Restart,
    pub(super) requests: Subject<MasterRequest>,
    pub(super) supervisor: Option<SupervisorRef>,
    /// The user's tree.
    pub(super) tree: Arc<Guarded<Box<dyn Any + Send + Sync>>>,
    /// Somebody has asked it to stop.
    pub(super) is_asked: bool,
}

/// That of the current node.
pub(super) fn table() -> Arc<AppTable> {
    Node::current().inner().attached(AppTable::default)
}

impl AppTable {
    pub(super) fn state(&self) -> MutexGuard<'_, TableState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is told of an application that is loaded.
    pub(super) fn spec(&self, name: &str) -> Option<Arc<AppSpec>> {
        self.state().apps.get(name).map(|loaded| Arc::clone(&loaded.spec))
    }

    /// What runs under this name.
    pub(super) fn running(&self, name: &str) -> Option<RunningApp> {
        match &self.state().apps.get(name)?.status {
            AppStatus::Running(running) => Some(running.clone()),
            AppStatus::Loaded | AppStatus::Starting(_) => None,
        }
    }

    /// Loads an application, unless it is loaded; says whether it was not. Its spec, which is the user's code, is made
    /// without the lock.
    pub(super) fn load(&self, app: AppType, within: Option<&'static str>) -> Result<bool, AppError> {
        if let Some(loaded) = self.state().apps.get(app.name) {
            return if loaded.app.id == app.id { Ok(false) } else { Err(AppError::NameTaken(app.name)) };
        }
        let spec = Arc::new((app.spec)());
        if let Some(key) = spec.env.iter().find(|key| key.application != app.name) {
            return Err(AppError::ForeignKey { application: app.name, owner: key.application, key: key.key });
        }
        match self.state().apps.entry(app.name) {
            Entry::Occupied(_) => return Ok(false),
            Entry::Vacant(place) => {
                place.insert(LoadedApp { app, spec: Arc::clone(&spec), within, status: AppStatus::Loaded });
            }
        }
        environments().load(app.name, &spec.env);
        spec.included.iter().try_for_each(|included| self.load(*included, Some(app.name)).map(drop))?;
        Ok(true)
    }

    /// Forgets an application that does not run, and those that are parts of it.
    pub(super) fn unload(&self, name: &'static str) -> Result<(), AppError> {
        let (removed, parts) = {
            let mut state = self.state();
            match state.apps.get(name).map(|loaded| &loaded.status) {
                None => return Err(AppError::NotLoaded(name)),
                Some(AppStatus::Loaded) => {}
                Some(AppStatus::Starting(_) | AppStatus::Running(_)) => return Err(AppError::Running(name)),
            }
            let parts: Vec<_> =
                state.apps.iter().filter(|(_, app)| app.within == Some(name)).map(|(part, _)| *part).collect();
            (state.apps.remove(name), parts)
        };
        drop(removed);
        environments().unload(name);
        parts.into_iter().try_for_each(|part| self.unload(part))
    }
}
