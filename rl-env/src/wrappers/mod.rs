//! Wrappers: behaviour that cuts across environments and problems, one theme a file.
//!
//! Around an [`Env`], with gymnasium's semantics: [`TimeLimit`], [`OrderEnforcing`],
//! [`PassiveChecker`], [`RecordEpisodeStatistics`], [`NormalizeObservation`], [`NormalizeReward`],
//! [`FlattenObservation`], [`FlattenAction`], [`RescaleAction`], [`BudgetLimit`]. They leave alone what they do not
//! name, and their snapshots hold their own state and that of the environment inside.
//!
//! Around a [`Problem`](crate::problem::Problem): [`Cache`], [`Budget`], [`Noise`], [`FailureInjector`]. They are
//! pure functions of the design (a budget excepted, see there), so the order of evaluations does not matter.
//!
//! ```
//! use rl_env::env::{Env, Info};
//! use rl_env::wrappers::{RecordEpisodeStatistics, TimeLimit};
//! # use rl_env::{Error, env::{Reset, Step}, space::{Element, Space}};
//! # struct Clock(Space);
//! # impl Env for Clock {
//! #     fn action_space(&self) -> &Space { &self.0 }
//! #     fn observation_space(&self) -> &Space { &self.0 }
//! #     fn reset(&mut self, _: Option<u64>, _: &Info) -> Result<Reset, Error> {
//! #         Ok(Reset { observation: Element::Discrete(0), info: Info::new() })
//! #     }
//! #     fn step(&mut self, action: &Element) -> Result<Step, Error> {
//! #         let (observation, info) = (action.clone(), Info::new());
//! #         Ok(Step { observation, reward: 2.0, terminated: false, truncated: false, info })
//! #     }
//! # }
//! # let clock = Clock(Space::discrete(2)?);
//!
//! let mut env = RecordEpisodeStatistics::new(TimeLimit::new(clock, 3)?);
//! env.reset(Some(1), &Info::new())?;
//! let last = loop {
//!     let step = env.step(&Element::Discrete(1))?;
//!     if step.done() {
//!         break step;
//!     }
//! };
//! assert!(last.truncated && !last.terminated);
//! assert_eq!(last.info["episode"]["r"], 6.0);
//! # Ok::<(), rl_env::Error>(())
//! ```

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::agent::{from_snapshot, to_snapshot};
use crate::env::Env;
use crate::error::Error;

/// The methods that a wrapper leaves to the environment in its field `env`.
macro_rules! leave_to_env {
    ($($method:ident)*) => { $(leave_to_env!(@ $method);)* };
    (@ action_space) => {
        fn action_space(&self) -> &crate::space::Space {
            self.env.action_space()
        }
    };
    (@ observation_space) => {
        fn observation_space(&self) -> &crate::space::Space {
            self.env.observation_space()
        }
    };
    (@ action_mask) => {
        fn action_mask(&self) -> Option<crate::space::Mask> {
            self.env.action_mask()
        }
    };
    (@ render) => {
        fn render(&self) -> Option<String> {
            self.env.render()
        }
    };
    (@ reset) => {
        fn reset(
            &mut self,
            seed: Option<u64>,
            options: &crate::env::Info,
        ) -> Result<crate::env::Reset, crate::Error> {
            self.env.reset(seed, options)
        }
    };
    (@ snapshot) => {
        fn snapshot(&self) -> Option<serde_json::Value> {
            self.env.snapshot()
        }
    };
    (@ restore) => {
        fn restore(&mut self, state: &serde_json::Value) -> Result<(), crate::Error> {
            self.env.restore(state)
        }
    };
    (@ close) => {
        fn close(&mut self) {
            self.env.close();
        }
    };
}

mod budget;
mod by_design;
mod cache;
mod failure;
mod flatten_action;
mod flatten_observation;
mod noise;
mod normalize_observation;
mod normalize_reward;
mod order;
mod passive_checker;
mod rescale_action;
mod running_moments;
mod statistics;
mod time_limit;

pub use budget::{Budget, BudgetLimit, Meter};
pub use cache::Cache;
pub use failure::FailureInjector;
pub use flatten_action::FlattenAction;
pub use flatten_observation::FlattenObservation;
pub use noise::Noise;
pub use normalize_observation::NormalizeObservation;
pub use normalize_reward::NormalizeReward;
pub use order::OrderEnforcing;
pub use passive_checker::PassiveChecker;
pub use rescale_action::RescaleAction;
pub use running_moments::RunningMoments;
pub use statistics::RecordEpisodeStatistics;
pub use time_limit::TimeLimit;

/// A wrapper's snapshot: its own state beside that of the environment inside.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Layer<S> {
    wrapper: S,
    env: Json,
}

/// None if the environment inside keeps no snapshots.
fn save(state: &impl Serialize, env: &impl Env) -> Option<Json> {
    to_snapshot(&Layer { wrapper: state, env: env.snapshot()? }).ok()
}

/// Restores the environment inside, then gives the wrapper's own state.
fn load<S: for<'de> Deserialize<'de>>(
    what: &'static str,
    snapshot: &Json,
    env: &mut impl Env,
) -> Result<S, Error> {
    let layer: Layer<S> = from_snapshot(what, snapshot)?;
    env.restore(&layer.env)?;
    Ok(layer.wrapper)
}
