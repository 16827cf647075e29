//! A running tree as text.
//!
//! ```text
//! Shop <0.3.1> rest_for_one, 3 restarts in 5s
//!   db: Db <0.4.1>
//!   cache: Cache <0.5.1>, 2 restarts
//!   workers: ShopWorkers <0.6.1> one_for_one, 3 restarts in 5s
//!     worker[0]: Worker <0.7.1> "reads the feed"
//!     worker[1]: Worker restarting
//!   sessions: Dynamic <0.9.1> one_for_one, 3 restarts in 5s, 12 children
//!     Session[0]: Session <0.10.1>
//!     Session[3]: Session <0.14.1>
//!     Session[4]: Session <0.15.1>
//!     and 9 more
//!   api: Api stopped
//! ```

use std::fmt;

use super::{
    ChildKind, ChildState, Strategy, SupervisorRef,
    kind::SeenKind,
    server::{ChildFilter, Snapshot},
};
use crate::process::label;

/// So many children of a dynamic supervisor are shown.
const SHOWN: ChildFilter = ChildFilter::First(3);

impl fmt::Display for SupervisorRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.look(SHOWN) {
            Ok(look) => {
                write!(f, "{} {}", look.label, look.pid)?;
                supervisor(f, self, &look, 1)
            }
            Err(error) => write!(f, "supervisor: {error}"),
        }
    }
}

/// The rest of a supervisor's line, and its children.
fn supervisor(f: &mut fmt::Formatter<'_>, at: &SupervisorRef, look: &Snapshot, depth: usize) -> fmt::Result {
    write!(f, " {}, {} in {:?}", look.strategy, count(look.restarts.into()), look.period)?;
    let (children, shown) = (look.count, look.children.len());
    if matches!(look.kind, SeenKind::Dynamic(_)) {
        write!(f, ", {children} {}", if children == 1 { "child" } else { "children" })?;
    }
    for child in &look.children {
        write!(f, "\n{:indent$}{}: {}", "", child.id, child.label, indent = 2 * depth)?;
        match child.state {
            ChildState::Running(pid) => {
                write!(f, " {pid}")?;
                label(pid).map_or(Ok(()), |label| write!(f, " {label:?}"))?;
            }
            ChildState::Restarting => f.write_str(" restarting")?,
            ChildState::Stopped => f.write_str(" stopped")?,
        }
        if child.restarts > 0 {
            write!(f, ", {}", count(child.restarts))?;
        }
        if child.kind == ChildKind::Supervisor && matches!(child.state, ChildState::Running(_)) {
            let nested = SupervisorRef::from_place(at.place().child(&child.id));
            match nested.look(SHOWN) {
                Ok(look) => supervisor(f, &nested, &look, depth + 1)?,
                Err(error) => write!(f, ": {error}")?,
            }
        }
    }
    if children > shown {
        write!(f, "\n{:indent$}and {} more", "", children - shown, indent = 2 * depth)?;
    }
    Ok(())
}

pub(super) fn count(restarts: u64) -> String {
    format!("{restarts} restart{}", if restarts == 1 { "" } else { "s" })
}

impl fmt::Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OneForOne => "one_for_one",
            Self::OneForAll => "one_for_all",
            Self::RestForOne => "rest_for_one",
        })
    }
}
