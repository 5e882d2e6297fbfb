//! Environments, design spaces and agents for design-space search.

pub mod seed;
pub mod space;
