//! The `sweepstake` binary.

fn main() {}
