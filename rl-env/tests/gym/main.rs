//! Environments of this crate: episodes, wrappers, vectors, policies. One rule, one test.

mod episode;
mod toy;
