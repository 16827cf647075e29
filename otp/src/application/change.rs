//! Another configuration for applications that run.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    AppConfig, AppSpec,
    env::environments,
    master::{ChangeDone, MasterRequest},
    table::{AppStatus, table},
};
use crate::cell::{answer, current};

/// Which keys of an application are different in a new configuration.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ConfigChange {
    /// Those that say something else now.
    pub changed: Vec<String>,
    /// Those that said nothing before.
    pub new: Vec<String>,
    /// Those that say nothing now.
    pub removed: Vec<String>,
}

impl ConfigChange {
    /// Whether nothing is different.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.new.is_empty() && self.removed.is_empty()
    }
}

/// Gives the node another configuration, and tells the applications for which something is different; waits until each
/// has taken that in. What is wrong with a value is found when it is asked for.
/// `application_controller:config_change/1`.
///
/// ```
/// use otp::{application::{self, AppConfig, EnvKey}, prelude::*};
///
/// const PORT: EnvKey<u16> = EnvKey::new("shop", "port");
///
/// Sim::run(1, |_| {
///     application::configure(AppConfig::new().variable("SHOP_PORT", "631"));
///     assert_eq!(PORT.get(), Ok(631));
/// });
/// ```
pub fn configure(config: AppConfig) {
    // A caller that ends need not wait.
    _ = current::block_on(configure_async(config));
}

/// As [`configure`], to be awaited.
///
/// ```
/// use otp::{application::{self, AppConfig, EnvKey}, prelude::*};
///
/// const PORT: EnvKey<u16> = EnvKey::new("shop", "port");
///
/// Sim::run(1, |_| {
///     process::spawn_async(|_| application::configure_async(AppConfig::new().variable("SHOP_PORT", "631")));
///     otp::sleep(Duration::from_secs(1));
///     assert_eq!(PORT.get(), Ok(631));
/// });
/// ```
///
/// # Cancel safety
/// The configuration counts at the first poll, and the applications are told.
pub async fn configure_async(config: AppConfig) {
    let after = Arc::new(config);
    let before = environments().configure(Arc::clone(&after));
    let running: Vec<_> = {
        let table = table();
        let state = table.state();
        let apps = state.apps.values().filter_map(|loaded| match &loaded.status {
            AppStatus::Running(running) => Some((loaded.app.name, Arc::clone(&loaded.spec), running.requests.clone())),
            _ => None,
        });
        apps.collect()
    };
    let mut told = Vec::new();
    for (name, spec, requests) in running {
        let change = difference(name, &spec, &before, &after);
        if !change.is_empty() {
            let (done, is_done) = answer::channel();
            requests.send(MasterRequest::Change(Arc::new(change), ChangeDone(done)));
            told.push(is_done);
        }
    }
    for is_done in told {
        is_done.await;
    }
}

fn difference(application: &str, spec: &AppSpec, before: &AppConfig, after: &AppConfig) -> ConfigChange {
    let mut change = ConfigChange::default();
    let declared = spec.env.iter().map(|declared| declared.key);
    let keys: BTreeSet<&str> = before.keys(application).chain(after.keys(application)).chain(declared).collect();
    for key in keys {
        let has_default = spec.env.iter().any(|declared| declared.key == key && declared.has_default());
        let said = |config: &AppConfig| config.find(application, key).map(|(value, _)| value);
        let list = match (said(before), said(after)) {
            (before, after) if before == after => continue,
            (None, Some(_)) if !has_default => &mut change.new,
            (Some(_), None) if !has_default => &mut change.removed,
            _ => &mut change.changed,
        };
        list.push(key.to_owned());
    }
    change
}
