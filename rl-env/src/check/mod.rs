//! The conformance suite: is this environment, problem or agent what its contract says?
//!
//! [`check_env`], [`check_problem`] and [`check_agent`] judge by the rules of a table ([`ENV_RULES`],
//! [`PROBLEM_RULES`], [`AGENT_RULES`]) and say for each broken one what was seen, what was expected and which seed
//! and calls show it again. They are part of the crate so that anybody can test their own code with them:
//!
//! ```
//! use rl_env::check::check_problem;
//! use rl_env::design::{Design, DesignSpace, Parameter};
//! use rl_env::objective::Objective;
//! use rl_env::problem::{Metric, Outcome, Problem};
//!
//! struct Adder(DesignSpace);
//!
//! impl Problem for Adder {
//!     fn space(&self) -> &DesignSpace {
//!         &self.0
//!     }
//!     fn metrics(&self) -> &[Metric] {
//!         const METRICS: &[Metric] = &[Metric::new("area_um2", "µm²", "Silicon area.")];
//!         METRICS
//!     }
//!     fn evaluate(&self, design: &Design) -> Outcome {
//!         Outcome::Feasible([design.integer(0) as f64 * 1.5].into())
//!     }
//! }
//!
//! let adder = Adder(DesignSpace::new(vec![Parameter::integer("width", 1, 64).unit("bit")])?);
//! match check_problem(&adder, &[("area", Objective::minimise("area_um2"))]) {
//!     Ok(report) => assert_eq!(report.findings.len(), 12),
//!     Err(failures) => panic!("{failures}"),
//! }
//! # Ok::<(), rl_env::Error>(())
//! ```
//!
//! Panics of the thing checked are caught and reported. A rule that says nothing while another is broken is then
//! skipped, so that one mistake is reported once. What a single process cannot see is left to fingerprints
//! ([`fingerprint_env`], [`fingerprint_problem`], [`fingerprint_agent`]): they are to be equal in every process.
//!
//! Of gymnasium's `check_env` (1.4), the rules on types and on data that is not reused are left out: Rust's types
//! and ownership keep them.

mod actions;
mod agent;
mod designs;
mod env;
mod problem;
mod report;
mod rule;

pub use agent::{AGENT_RULES, AgentRule, AgentSubject, Arena, arenas, check_agent, fingerprint_agent};
pub use env::{ENV_RULES, EnvRule, Factory, check_env, fingerprint_env};
pub use problem::{PROBLEM_RULES, ProblemRule, ProblemSubject, check_problem, fingerprint_problem};
pub use report::{Failure, Failures, Finding, Report, Verdict};
pub use rule::Rule;

#[cfg(test)]
mod tests;
