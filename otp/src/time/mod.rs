//! Time: what a node's clock says, and what is to happen when.
//!
//! A node has one [`Clock`], real or virtual, and one or more [`Timers`]. This floor knows nothing of processes or
//! schedulers: a timer's target is whatever implements [`Expire`], and whoever calls [`Timers::expire`] is the one on
//! whose thread it runs.

mod clock;
mod timers;
mod wheel;

#[cfg(test)]
#[cfg(not(loom))]
mod model;
#[cfg(test)]
#[cfg(not(loom))]
mod tests;

pub(crate) use clock::Clock;
pub(crate) use clock::Moment;
pub(crate) use timers::{Expire, Timers};
pub(crate) use wheel::{Owner, TimerKey};
