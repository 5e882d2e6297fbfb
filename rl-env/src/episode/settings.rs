//! How a problem becomes an environment: what an action is, and what infeasible designs cost.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::objective::Objective;

/// What an action is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// A `Dict` with one entry a parameter, each in its own units: `Discrete` for switches, choices, integers,
    /// powers of two and ordinals (the integer itself, or the index), `Box` for reals (the decimal logarithm of
    /// logarithmic ones), `MultiBinary` for subsets, and a `Box` of random keys for permutations (items in the
    /// order of their keys), because every point of a box is a legal order while most lists of items are not.
    /// Surplus members of a subset are dropped from its end, missing ones added from its start.
    #[default]
    Native,
    /// A `MultiDiscrete` with one level per decision ([`crate::design::DesignSpace::from_levels`]), for agents that
    /// know only arrays of whole numbers. Levels that would break a constraint are replaced by the next that fits.
    Levels,
    /// A `Box` [0, 1]^d ([`crate::design::DesignSpace::from_unit`]), for agents that know only arrays of reals.
    Unit,
    /// One decision a step: `Discrete`, masked. See [`Sequential`](super::Sequential).
    Sequential,
}

/// How a problem becomes an environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// What an action is.
    pub form: Form,
    /// Levels that reals are divided into, where actions are levels.
    #[schemars(range(min = 2, max = 1024))]
    pub resolution: u64,
    /// Reward of a design that cannot be built. By default [`default_infeasible_reward`].
    pub infeasible_reward: Option<f64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { form: Form::default(), resolution: 32, infeasible_reward: None }
    }
}

impl Settings {
    /// The default settings with actions of this form.
    pub fn of(form: Form) -> Self {
        Self { form, ..Self::default() }
    }
}

/// The reward of infeasible designs when none is given: −1 under objectives whose rewards are never negative,
/// else −10¹⁵. A constant, so that equal designs are rewarded equally whatever came before; set a value near
/// the worst feasible reward if an agent learns from the size of rewards.
pub fn default_infeasible_reward(objective: &Objective) -> f64 {
    match objective {
        Objective::TargetRatio { .. } | Objective::Pareto { .. } => -1.0,
        _ => -1e15,
    }
}
