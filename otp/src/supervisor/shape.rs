//! The shape of a declared tree: what can be said of it before anything runs.
//!
//! ```text
//! Shop rest_for_one, 3 restarts in 5s
//!   db: Db permanent, shutdown 10s
//!   cache: Cache permanent
//!   workers: ShopWorkers one_for_one, 3 restarts in 5s, permanent
//!     worker[0..cfg.workers]: Worker transient
//!   api: Api transient, significant
//!   extra: made at its start
//! ```

use std::{fmt, ops::RangeInclusive, time::Duration};

use super::{AutoShutdown, Child, ChildKind, MailboxOnRestart, Restart, Shutdown, Strategy, Supervisor, count};

/// The shape of a tree that `supervisor!` declares, as its function `tree` gives it: names, types, strategies, restart
/// types. Printed, it is a line per child.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tree {
    /// The name of its type.
    pub name: &'static str,
    /// Whom it restarts.
    pub strategy: Strategy,
    /// How many restarts there may be within [`period`](Tree::period).
    pub restarts: u32,
    /// In which restarts are counted.
    pub period: Duration,
    /// Whether it ends when its significant children have.
    pub auto_shutdown: AutoShutdown,
    /// Its children, in the order of their start.
    pub children: Vec<TreeChild>,
}

/// A child of a declared tree.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TreeChild {
    /// Its name.
    pub name: &'static str,
    /// The name of its type; `None` when its spec is made at the start of the tree, and nothing more is known of it.
    pub label: Option<&'static str>,
    /// What is looped over, if there is a child for each turn of a loop.
    pub repeated: Option<&'static str>,
    /// Whether it is a dynamic supervisor: all else is said of each child of it.
    pub is_dynamic: bool,
    /// Whether it is a partition supervisor: all else is said of each partition.
    pub is_partitioned: bool,
    /// Whether it is a supervisor.
    pub kind: ChildKind,
    /// When it is started again.
    pub restart: Restart,
    /// How it is ended.
    pub shutdown: Shutdown,
    /// Whether its end can end its supervisor.
    pub significant: bool,
    /// The shortest and the longest wait between two of its restarts.
    pub backoff: Option<RangeInclusive<Duration>>,
    /// What becomes of its waiting messages at a restart.
    pub mailbox_on_restart: MailboxOnRestart,
    /// Its own shape, if it is a declared tree.
    pub tree: Option<Tree>,
}

/// A supervisor in a declared tree that may be killed before its children have ended: its `shutdown` is shorter than
/// what they may need. Give it `infinity`, the default of supervisors, or its children less.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShortShutdown {
    /// Where it stands: names with a `/` between them.
    pub path: String,
    /// How long it has.
    pub shutdown: Duration,
    /// How long its children may need; `None` when one of them has no limit.
    pub needed: Option<Duration>,
}

impl fmt::Display for ShortShutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, shutdown, needed } = self;
        write!(f, "{path} has a shutdown of {shutdown:?}, and its children may need {}", Needed(*needed))
    }
}

/// A time that may have no limit, as text.
pub(crate) struct Needed(pub(crate) Option<Duration>);

impl fmt::Display for Needed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(needed) => write!(f, "{needed:?}"),
            None => f.write_str("any time"),
        }
    }
}

impl Tree {
    /// How long its children may need to end, one after another, as far as that is declared; `None` when one of them has
    /// no limit.
    ///
    /// Children that are repeated, and partitions, count once; those of a dynamic supervisor end at once. A supervisor
    /// without a limit needs what its children do; of what is made at its start nothing is known, and it counts as
    /// nothing. A tree that runs knows all: see [`Supervisor::shutdown_needed`].
    #[must_use]
    pub fn shutdown_needed(&self) -> Option<Duration> {
        sum(self.children.iter().map(TreeChild::shutdown_needed))
    }

    /// The supervisors in it whose `shutdown` is shorter than what their children may need. A test can ask for none:
    ///
    /// ```
    /// use otp::prelude::*;
    /// # pub struct Db;
    /// # #[actor]
    /// # impl Db {
    /// #     #[init] fn init() -> Self { Self }
    /// # }
    ///
    /// supervisor! {
    ///     Shop<one_for_one>() {
    ///         stores: supervisor<one_for_one> {
    ///             db:      Db() { shutdown: 20s };
    ///             replica: Db() { shutdown: 20s };
    ///         } { shutdown: 30s };
    ///     }
    /// }
    ///
    /// let [short] = &Shop::tree().short_shutdowns()[..] else { panic!("it is one") };
    /// assert_eq!(short.to_string(), "stores has a shutdown of 30s, and its children may need 40s");
    /// ```
    #[must_use]
    pub fn short_shutdowns(&self) -> Vec<ShortShutdown> {
        let mut found = Vec::new();
        self.collect_short("", &mut found);
        found
    }

    fn collect_short(&self, above: &str, found: &mut Vec<ShortShutdown>) {
        for child in &self.children {
            let Some(tree) = &child.tree else { continue };
            let path = format!("{above}{}", child.name);
            if let Some((shutdown, needed)) = child.short_shutdown() {
                found.push(ShortShutdown { path: path.clone(), shutdown, needed });
            }
            tree.collect_short(&format!("{path}/"), found);
        }
    }
}

impl TreeChild {
    /// How long it may need to end.
    fn shutdown_needed(&self) -> Option<Duration> {
        // Of one that is made at the start of the tree nothing is known.
        if self.label.is_none() {
            return Some(Duration::ZERO);
        }
        needed(self.shutdown, self.kind, self.tree.as_ref().map_or(Some(Duration::ZERO), Tree::shutdown_needed))
    }

    /// How long it has to end, and how long its children may need, if that is more.
    fn short_shutdown(&self) -> Option<(Duration, Option<Duration>)> {
        let needed = self.tree.as_ref()?.shutdown_needed();
        Some((shorter(self.shutdown, needed)?, needed))
    }
}

/// How long a child may need to end; `below` is what the children of a supervisor do. `None` without limit.
pub(super) fn needed(shutdown: Shutdown, kind: ChildKind, below: Option<Duration>) -> Option<Duration> {
    match (shutdown, kind) {
        (Shutdown::After(limit), _) => Some(limit),
        (Shutdown::BrutalKill, _) => Some(Duration::ZERO),
        (Shutdown::Infinity, ChildKind::Supervisor) => below,
        (Shutdown::Infinity, ChildKind::Worker) => None,
    }
}

/// The time that a supervisor has to end, if its children may need more.
pub(super) fn shorter(shutdown: Shutdown, needed: Option<Duration>) -> Option<Duration> {
    match shutdown {
        Shutdown::After(limit) if needed.is_none_or(|needed| needed > limit) => Some(limit),
        _ => None,
    }
}

/// `None` when one of the times has no limit.
pub(super) fn sum(times: impl IntoIterator<Item = Option<Duration>>) -> Option<Duration> {
    times.into_iter().try_fold(Duration::ZERO, |sum, time| Some(sum.saturating_add(time?)))
}

#[doc(hidden)]
impl Tree {
    #[must_use]
    pub fn new(name: &'static str, strategy: Strategy) -> Self {
        let Supervisor { restarts, period, auto_shutdown, .. } = Supervisor::new(strategy);
        Self { name, strategy, restarts, period, auto_shutdown, children: Vec::new() }
    }

    #[must_use]
    pub fn intensity(mut self, restarts: u32, period: Duration) -> Self {
        (self.restarts, self.period) = (restarts, period);
        self
    }

    #[must_use]
    pub fn auto_shutdown(mut self, auto_shutdown: AutoShutdown) -> Self {
        self.auto_shutdown = auto_shutdown;
        self
    }

    #[must_use]
    pub fn child(mut self, child: TreeChild) -> Self {
        self.children.push(child);
        self
    }
}

#[doc(hidden)]
impl TreeChild {
    /// A child with the defaults of its kind.
    #[must_use]
    pub fn new<C: Child>(name: &'static str, label: &'static str, kind: ChildKind) -> Self {
        let shutdown = match kind {
            ChildKind::Worker => Shutdown::After(Duration::from_secs(5)),
            ChildKind::Supervisor => Shutdown::Infinity,
        };
        Self { label: Some(label), kind, shutdown, tree: C::shape(), ..Self::unknown(name) }
    }

    /// A child of which only the name is known.
    pub fn unknown(name: &'static str) -> Self {
        Self {
            name,
            label: None,
            repeated: None,
            is_dynamic: false,
            is_partitioned: false,
            kind: ChildKind::Worker,
            restart: Restart::Permanent,
            shutdown: Shutdown::Infinity,
            significant: false,
            backoff: None,
            mailbox_on_restart: MailboxOnRestart::Drop,
            tree: None,
        }
    }

    #[must_use]
    pub fn repeated(mut self, range: &'static str) -> Self {
        self.repeated = Some(range);
        self
    }

    #[must_use]
    pub fn dynamic(mut self) -> Self {
        self.is_dynamic = true;
        self
    }

    #[must_use]
    pub fn partitioned(mut self) -> Self {
        self.is_partitioned = true;
        self
    }

    #[must_use]
    pub fn restart(mut self, restart: Restart) -> Self {
        self.restart = restart;
        self
    }

    #[must_use]
    pub fn shutdown(mut self, shutdown: Shutdown) -> Self {
        self.shutdown = shutdown;
        self
    }

    #[must_use]
    pub fn significant(mut self) -> Self {
        self.significant = true;
        self
    }

    #[must_use]
    pub fn backoff(mut self, range: RangeInclusive<Duration>) -> Self {
        self.backoff = Some(range);
        self
    }

    #[must_use]
    pub fn mailbox_on_restart(mut self, mailbox: MailboxOnRestart) -> Self {
        self.mailbox_on_restart = mailbox;
        self
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        self.head(f)?;
        self.children(f, 1)
    }
}

impl Tree {
    /// What is said of it in its line.
    fn head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, " {}, {} in {:?}", self.strategy, count(self.restarts.into()), self.period)?;
        match self.auto_shutdown {
            AutoShutdown::Never => Ok(()),
            AutoShutdown::AnySignificant => f.write_str(", any_significant"),
            AutoShutdown::AllSignificant => f.write_str(", all_significant"),
        }
    }

    fn children(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        for child in &self.children {
            write!(f, "\n{:indent$}{}", "", child.name, indent = 2 * depth)?;
            if let Some(range) = child.repeated {
                write!(f, "[{range}]")?;
            }
            let Some(label) = child.label else {
                f.write_str(": made at its start")?;
                continue;
            };
            if child.is_dynamic {
                write!(f, ": dynamic<{label}>")?;
            } else if child.is_partitioned {
                write!(f, ": partition<{label}>")?;
            } else {
                write!(f, ": {label}")?;
            }
            match &child.tree {
                Some(tree) => {
                    tree.head(f)?;
                    child.options(f, ", ")?;
                    tree.children(f, depth + 1)?;
                }
                None => child.options(f, " ")?,
            }
        }
        Ok(())
    }
}

impl TreeChild {
    /// When it is started again, after `separator`, and what is not as it is by default.
    fn options(&self, f: &mut fmt::Formatter<'_>, separator: &str) -> fmt::Result {
        write!(f, "{separator}{}", self.restart)?;
        match self.shutdown {
            Shutdown::After(limit) if limit == Duration::from_secs(5) && self.kind == ChildKind::Worker => {}
            Shutdown::After(limit) => write!(f, ", shutdown {limit:?}")?,
            Shutdown::Infinity if self.kind == ChildKind::Supervisor => {}
            Shutdown::Infinity => f.write_str(", shutdown infinity")?,
            Shutdown::BrutalKill => f.write_str(", brutal_kill")?,
        }
        if let Some((_, needed)) = self.short_shutdown() {
            write!(f, " (its children may need {})", Needed(needed))?;
        }
        if self.significant {
            f.write_str(", significant")?;
        }
        if let Some(backoff) = &self.backoff {
            write!(f, ", backoff {backoff:?}")?;
        }
        match self.mailbox_on_restart {
            MailboxOnRestart::Drop => Ok(()),
            MailboxOnRestart::Keep => f.write_str(", mailbox kept"),
        }
    }
}

impl fmt::Display for Restart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Permanent => "permanent",
            Self::Transient => "transient",
            Self::Temporary => "temporary",
        })
    }
}
