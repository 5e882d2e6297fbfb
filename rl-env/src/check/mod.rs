//! The conformance suite: rules that every environment keeps.
mod actions;
mod designs;
mod env;
mod problem;
mod report;
mod rule;

pub use env::{ENV_RULES, EnvRule, Factory, check_env, fingerprint_env};
pub use problem::{PROBLEM_RULES, ProblemRule, ProblemSubject, check_problem, fingerprint_problem};
pub use report::{Failure, Failures, Finding, Report, Verdict};
pub use rule::Rule;

#[cfg(test)]
mod tests;
