//! stub
use anyhow::Result;
use super::{Sources, Validation};
/// stub
pub fn validate(_: &Sources) -> Result<Validation> { Err(crate::usage::Usage::error("not yet")) }
