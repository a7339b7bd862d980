//! Scenario files of this family: those with a table `[items]`.

mod disturbance;
mod model;
mod strategy;
mod strategy_kind;

pub use disturbance::{Crash, Lock, Outage, Poison, RollBack};
pub use model::{Budget, Effect, Items, Load, Model, Phases};
pub use strategy::Strategy;
pub use strategy_kind::StrategyKind;
