//! Whether a tree is ready to serve.

use std::fmt;

use super::{
    ChildId, SupervisorRef,
    server::{Message, Server},
};
use crate::{
    actor::{ClientExt as _, of_place},
    cell::current,
};

/// Whether what was asked is ready to serve, and what it waits for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Readiness {
    /// What is not ready, at most 100 of each supervisor.
    pub waiting: Vec<Unready>,
}

/// What is not ready.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unready {
    /// Where it stands in its tree: ids with a `/` between them; nothing for the root.
    pub path: String,
    /// Why it is not ready.
    pub why: String,
}

impl Unready {
    pub(crate) fn new(path: impl Into<String>, why: impl Into<String>) -> Self {
        Self { path: path.into(), why: why.into() }
    }
}

impl fmt::Display for Unready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.path {
            "" => f.write_str(&self.why),
            path => write!(f, "{path}: {}", self.why),
        }
    }
}

impl Readiness {
    /// Whether it waits for nothing.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Adds that of a part, below `name`.
    pub(crate) fn add(&mut self, name: &str, part: Self) {
        self.waiting.extend(part.waiting.into_iter().map(|unready| match &*unready.path {
            "" => Unready::new(name, unready.why),
            path => Unready::new(format!("{name}/{path}"), unready.why),
        }));
    }
}

impl fmt::Display for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_ready() {
            return f.write_str("ready");
        }
        f.write_str("not ready")?;
        self.waiting.iter().try_for_each(|unready| write!(f, "\n  {unready}"))
    }
}

/// What a supervisor says of its children.
pub(super) struct LevelReadiness {
    /// Those that are to be started again.
    pub(super) waiting: Vec<ChildId>,
    /// Those that run and are supervisors.
    pub(super) supervisors: Vec<ChildId>,
}

/// So many children of one supervisor are named.
pub(super) const NAMED: usize = 100;

impl SupervisorRef {
    /// Whether the tree is ready to serve: it has started, and no child in it is to be started again. One that was
    /// stopped on purpose, or is not started again, counts for ready. Waits for each supervisor in it at most 5
    /// seconds.
    ///
    /// ```
    /// # use otp::prelude::*;
    /// # pub struct Modem;
    /// # #[actor]
    /// # impl Modem {
    /// #     #[init] fn init() -> Self { Self }
    /// # }
    /// Sim::run(1, |t| {
    ///     let spec = Modem::child_spec().backoff(Duration::from_secs(1)..=Duration::from_secs(30));
    ///     let line = Supervisor::new(Strategy::OneForOne).child("modem", spec).start().unwrap();
    ///     assert!(line.readiness().is_ready());
    ///     t.kill(&line.child::<Modem>("modem"));
    ///     t.settle();
    ///     t.kill(&line.child::<Modem>("modem"));              // from now on it waits between restarts
    ///     t.settle();
    ///     assert_eq!(line.readiness().to_string(), "not ready\n  modem: being started again");
    ///     t.advance(Duration::from_secs(1));
    ///     assert!(line.readiness().is_ready());
    /// });
    /// ```
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        let interrupted = |_| Readiness { waiting: vec![Unready::new("", "the caller is ending and cannot wait")] };
        current::block_on(self.readiness_async()).unwrap_or_else(interrupted)
    }

    /// As [`readiness`](SupervisorRef::readiness), to be awaited.
    ///
    /// # Cancel safety
    /// It changes nothing.
    pub async fn readiness_async(&self) -> Readiness {
        let mut readiness = Readiness::default();
        let mut next = vec![(String::new(), self.clone())];
        while let Some((path, supervisor)) = next.pop() {
            let below = |id: &ChildId| if path.is_empty() { id.to_string() } else { format!("{path}/{id}") };
            let asked = of_place::<Server>(supervisor.place().clone()).as_async().call(Message::Readiness);
            match asked.await {
                Ok(level) => {
                    let waiting = level.waiting.iter().map(|id| Unready::new(below(id), "being started again"));
                    readiness.waiting.extend(waiting);
                    let nested = |id: &ChildId| (below(id), Self::from_place(supervisor.place().child(id)));
                    next.extend(level.supervisors.iter().rev().map(nested));
                }
                Err(error) => readiness.waiting.push(Unready::new(path, error.to_string())),
            }
        }
        readiness
    }
}
