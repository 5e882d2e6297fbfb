//! Rows about the fronts of Pareto objectives.

use schemars::JsonSchema;
use serde::Serialize;

/// The fronts of one agent on one Pareto objective.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ParetoRow {
    /// Agent.
    pub agent: String,
    /// Problem.
    pub problem: String,
    /// Runs.
    pub runs: usize,
    /// Median hypervolume.
    pub median_hypervolume: f64,
    /// First quartile of the hypervolume.
    pub q25_hypervolume: f64,
    /// Third quartile of the hypervolume.
    pub q75_hypervolume: f64,
    /// Median IGD⁺ to the reference front (Ishibuchi et al. 2015), in units of the scaled axes; absent if half of the runs have
    /// no feasible design.
    pub median_igd_plus: Option<f64>,
    /// Points of the reference front: all that no other point of any run dominates.
    pub reference_points: usize,
    /// Hypervolume of the reference front.
    pub reference_hypervolume: f64,
}

/// One corner of an attainment surface (Fonseca and Fleming 1996): this share of the runs found a design at least as good on
/// both axes.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct AttainmentRow {
    /// Agent.
    pub agent: String,
    /// Problem.
    pub problem: String,
    /// Percentage of the runs.
    pub percent: u32,
    /// Metric of the first axis.
    pub x_metric: String,
    /// Its value.
    pub x: f64,
    /// Metric of the second axis.
    pub y_metric: String,
    /// Its value.
    pub y: f64,
}
