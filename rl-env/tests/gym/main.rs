//! Environments of this crate: episodes, wrappers, vectors, policies. One rule, one test.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod env_wrappers;
mod episode;
mod policy;
mod problem_wrappers;
mod toy;
mod vector;
