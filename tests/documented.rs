//! Every public function of the everyday owners, and every macro, has an example in its docs, which `cargo test --doc`
//! runs. What needs none stands below, with a reason.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{fs, path::Path};

/// The files whose public functions have examples.
const FILES: [&str; 31] = [
    "actor/client.rs",
    "actor/context.rs",
    "agent.rs",
    "application/change.rs",
    "application/config.rs",
    "application/config/toml.rs",
    "application/env.rs",
    "application/seen.rs",
    "application/spec.rs",
    "application/start.rs",
    "application/stop_all.rs",
    "group/monitor.rs",
    "group/scope.rs",
    "group/typed.rs",
    "supervisor/client.rs",
    "supervisor/dynamic.rs",
    "supervisor/partition.rs",
    "registry/builder.rs",
    "registry/client.rs",
    "registry/lookup.rs",
    "registry/unique.rs",
    "sim.rs",
    "probe.rs",
    "timer.rs",
    "topic.rs",
    "sys.rs",
    "task/context.rs",
    "task/handle.rs",
    "task/many.rs",
    "task/spawn.rs",
    "task/supervisor.rs",
];

/// Why some have none.
const EXCEPTIONS: [(&str, &[&str]); 6] = [
    (
        "the example of the type shows it",
        &[
            "ConfigChange::is_empty",
            "EnvError::is_missing",
            "EnvKey::application",
            "EnvKey::get",
            "EnvKey::get_or",
            "EnvKey::name",
            "EnvKey::new",
            "EnvKey::set",
            "EnvKey::unset",
            "EnvUpdate::apply",
            "EnvUpdate::new",
            "EnvUpdate::with",
            "ShutdownReport::is_clean",
            "StartedApps::asked",
            "StartedApps::names",
            "StopAll::new",
            "StopAll::stop",
            "start",
            "tree",
            "ChildInfo::pid",
            "Key::take",
            "Key::get",
            "Key::name",
            "Key::new",
            "Key::put",
            "Me::pid",
            "Task::pid",
            "Selector::new",
            "Spawn::new",
            "Spawn::spawn_monitor",
        ],
    ),
    (
        "the examples of `DynamicSupervisor`, `PartitionSupervisor`, `TaskSupervisor`, `Registry`, `YieldMany`, \
         `AppSpec`, `AppConfig`, `EnvUpdate`, `StopAll` and `NodeBuilder` show how they are built; each setter is a word \
         there, or that of `Supervisor`",
        &[
            "AppSpec::description",
            "AppSpec::env",
            "AppSpec::new",
            "AppSpec::phase",
            "AppSpec::version",
            "AppConfig::new",
            "AppConfig::variable",
            "EnvUpdate::persistent",
            "StopAll::drain",
            "DynamicSupervisor::auto_shutdown",
            "DynamicSupervisor::intensity",
            "DynamicSupervisor::max_children",
            "DynamicSupervisor::name",
            "DynamicSupervisor::new",
            "DynamicSupervisor::start",
            "DynamicSupervisor::start_link",
            "DynamicSupervisor::temporary",
            "Node::builder",
            "NodeBuilder::check_locals",
            "NodeBuilder::cores",
            "NodeBuilder::max_blocking_threads",
            "NodeBuilder::new",
            "NodeBuilder::stack_size",
            "NodeBuilder::start",
            "PartitionSupervisor::intensity",
            "PartitionSupervisor::name",
            "PartitionSupervisor::new",
            "PartitionSupervisor::partitions",
            "PartitionSupervisor::start",
            "TaskSupervisor::intensity",
            "TaskSupervisor::max_children",
            "TaskSupervisor::name",
            "TaskSupervisor::new",
            "TaskSupervisor::start",
            "TaskSupervisor::start_link",
            "YieldMany::late_tasks",
            "YieldMany::limit",
            "YieldMany::new",
            "YieldMany::timeout",
            "YieldMany::wait",
            "PartitionSupervisor::start_link",
            "PartitionSupervisor::strategy",
            "Registry::duplicate",
            "Registry::meta",
            "Registry::name",
            "Registry::new",
            "Registry::partitions",
            "Registry::start",
            "Registry::start_link",
        ],
    ),
    (
        "`as_supervisor!` writes it for two types, whose examples show it",
        &[
            "as_supervisor::count_children",
            "as_supervisor::gave_up",
            "as_supervisor::is_alive",
            "as_supervisor::monitor",
            "as_supervisor::pid",
            "as_supervisor::stop",
            "as_supervisor::stop_with",
            "as_supervisor::which_children",
        ],
    ),
    (
        "it says one word of an error",
        &[
            "ChildError::call_error",
            "ChildError::is_max_children",
            "ChildError::is_not_found",
            "ChildError::start_error",
            "SysError::exit_reason",
            "SysError::is_no_proc",
            "SysError::is_timeout",
        ],
    ),
    (
        "it counts what a test would have to wait for: `tests/blocking.rs` and `tests/nodes.rs` do",
        &["Node::blocking_queue_len", "Node::cores", "Node::is_empty", "Node::lost_threads"],
    ),
    (
        "it is the function of the same name with a builder before it, or another item's example shows it",
        &[
            "ActorRef::call",
            "DynamicRef::lookup_async",
            "StartedApps::watch_async",
            "ensure_started_async",
            "GroupEvent::group",
            "GroupsRef::unregister_async",
            "PartitionRef::lookup_async",
            "RegName::unregister",
            "RegName::via",
            "RegName::whereis",
            "ScopeRef::leave_async",
            "Sim::check_locals",
            "Spawn::spawn",
            "Spawn::spawn_async",
            "Spawn::spawn_monitor_async",
            "Spawn::start_monitor",
            "Topic::key",
            "Topic::unsubscribe_async",
        ],
    ),
];

/// The public functions and macros in a source, by owner and name, and whether their docs have an example.
fn items(source: &str) -> Vec<(String, bool)> {
    let (mut items, mut owner, mut docs, mut is_hidden) = (Vec::new(), String::new(), String::new(), false);
    let is_trait = |owner: &str| owner == "ClientExt";
    for line in source.split("mod tests {").next().unwrap().lines() {
        let code = line.trim_start();
        if let Some(doc) = code.strip_prefix("///") {
            docs += doc;
            docs += "\n";
            continue;
        }
        if code.starts_with("#[") || code.starts_with(')') {
            is_hidden |= code == "#[doc(hidden)]";
            continue;
        }
        if let Some(header) = line.strip_prefix("impl") {
            owner = owner_of(header);
        } else if let Some(header) = line.strip_prefix("pub trait ").or_else(|| line.strip_prefix("macro_rules! ")) {
            owner = word(header);
        } else if line.starts_with('}') {
            owner.clear();
        }
        let name = function(code, is_trait(&owner)).or_else(|| macro_name(line));
        if let Some(name) = name.filter(|_| !is_hidden) {
            let path = if owner.is_empty() { name } else { format!("{owner}::{name}") };
            items.push((path, docs.contains("```")));
        }
        docs.clear();
        is_hidden = false;
    }
    items
}

/// The type of an `impl`: `<A: Actor> Context<A> {`.
fn owner_of(header: &str) -> String {
    let mut depth = 0;
    let after_parameters = header.find(|c| {
        depth += i32::from(c == '<') - i32::from(c == '>');
        depth == 0 && c == ' '
    });
    let rest = &header[after_parameters.unwrap_or(0)..];
    word(rest.split(" for ").last().unwrap().trim_start())
}

/// The name of a public function that begins on this line.
fn function(code: &str, in_trait: bool) -> Option<String> {
    let code = match code.strip_prefix("pub ") {
        Some(code) => code,
        None if in_trait => code,
        None => return None,
    };
    let code = code.strip_prefix("const ").unwrap_or(code);
    let code = code.strip_prefix("async ").unwrap_or(code);
    code.strip_prefix("fn ").map(word)
}

/// The name of a macro that the crate exports on this line.
fn macro_name(line: &str) -> Option<String> {
    let exported = line.strip_prefix("pub use otp_macros::")?;
    (!exported.starts_with('{')).then(|| word(exported))
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// All items that are to have examples.
fn all() -> Vec<(String, bool)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("otp/src");
    let process = fs::read_dir(root.join("process")).unwrap().map(|entry| entry.unwrap().path());
    let paths = FILES.iter().map(|file| root.join(file)).chain(process.filter(|path| path.is_file()));
    let mut items: Vec<_> = paths.flat_map(|path| items(&fs::read_to_string(path).unwrap())).collect();
    let lib = fs::read_to_string(root.join("lib.rs")).unwrap();
    items.extend(self::items(&lib));
    let (before, _) = lib.split_once("macro_rules! supervisor").unwrap();
    let docs = before.rsplit_once("\n\n").unwrap().1;
    items.push(("supervisor!".to_owned(), docs.contains("/// ```\n")));
    items
}

fn is_excepted(path: &str) -> bool {
    EXCEPTIONS.iter().any(|(_, paths)| paths.contains(&path))
}

#[test]
fn every_public_function_has_an_example() {
    let items = all();
    assert!(items.len() > 200, "only {} items were found: is the layout another one?", items.len());
    let missing: Vec<_> = items.iter().filter(|(path, has)| !has && !is_excepted(path)).map(|(path, _)| path).collect();
    assert!(missing.is_empty(), "without an example: {missing:#?}");
}

#[test]
fn every_exception_is_one() {
    let items = all();
    for path in EXCEPTIONS.iter().flat_map(|(_, paths)| *paths) {
        let without = items.iter().any(|(item, has)| item == path && !has);
        assert!(without, "{path} has an example, or is gone: it is no exception");
    }
}

#[test]
fn what_has_none_is_found() {
    let source = "
        /// Says it.
        /// ```
        /// assert!(true);
        /// ```
        #[must_use]
        pub fn with() {}
        /// Says nothing.
        pub const fn without() {}
        pub(crate) fn inner() {}
        #[doc(hidden)]
        pub fn hidden() {}
impl<T: Into<Vec<u8>>> Thing<T> {
    pub async fn waits() {}
}
pub use otp_macros::actor;
";
    let expected = [("with", true), ("without", false), ("Thing::waits", false), ("actor", false)];
    assert_eq!(items(source), expected.map(|(path, has)| (path.to_owned(), has)));
}
