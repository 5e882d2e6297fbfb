//! The different behaviours of a finite space, in rank order.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use anyhow::{Context as _, Result, bail};
use rayon::prelude::*;
use rl_env::design::{DesignSpace, Kind};
use rl_env::problem::Problem;

use crate::table::size;
use crate::usage::Usage;

/// Ranks that a thread takes at once.
const STRIDE: u32 = 1 << 12;

/// Which designs have to be evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behaviours {
    /// Ranks of the canonical designs, ascending.
    pub ranks: Vec<u32>,
    /// Points of the product that each stands for.
    pub designs: Vec<u32>,
    /// Points of the product in all.
    pub all: u32,
    /// Of these, how many break a constraint.
    pub violating: u64,
}

/// Number of points of a space.
///
/// # Errors
/// If there are more than `limit`, or infinitely many.
pub fn checked_size(space: &DesignSpace, limit: u32) -> Result<u32> {
    match (size(space).filter(|n| *n <= limit), space.cardinality()) {
        (Some(size), _) => Ok(size),
        (None, Some(n)) if n < u128::from(u32::MAX) => Err(Usage::error(format!(
            "the space has {} designs, and the limit is {}; pass --limit {n} if you can wait for all of them",
            grouped(n),
            grouped(limit.into())
        ))),
        (None, Some(n)) => Err(Usage::error(format!(
            "the space has {} designs; a table of more than {} is out of reach",
            grouped(n),
            grouped(u128::from(u32::MAX) - 1)
        ))),
        (None, None) => {
            let infinite = |kind: &Kind| {
                matches!(kind, Kind::Real { .. } | Kind::LogReal { .. }) && kind.cardinality().is_none()
            };
            Err(Usage::error(match space.parameters().iter().find(|p| infinite(&p.kind)) {
                Some(real) => format!(
                    "the space has infinitely many designs (`{}` is {}); only finite spaces have a complete table",
                    real.name,
                    real.kind.allowed()
                ),
                None => format!(
                    "the space has more than 2^128 designs, and the limit is {}",
                    grouped(limit.into())
                ),
            }))
        }
    }
}

fn grouped(n: u128) -> String {
    u64::try_from(n).map_or_else(|_| n.to_string(), crate::terminal::count)
}

/// Finds the canonical design of every point of the product. Takes 4 bytes a point; the order is that of the ranks,
/// whatever the threads do.
///
/// # Errors
/// As [`checked_size`]; if `stop` is set; if the problem's canonical form leaves the space.
pub fn behaviours(problem: &dyn Problem, limit: u32, stop: &AtomicBool) -> Result<Behaviours> {
    let space = problem.space();
    let all = checked_size(space, limit)?;
    let counts: Vec<AtomicU32> = (0..all).map(|_| AtomicU32::new(0)).collect();
    let violating = AtomicU64::new(0);
    (0..all.div_ceil(STRIDE)).into_par_iter().try_for_each(|part| {
        if stop.load(Ordering::Relaxed) {
            bail!("interrupted before the first evaluation");
        }
        for rank in part * STRIDE..(part * STRIDE).saturating_add(STRIDE).min(all) {
            let design = space.unrank(u128::from(rank)).context("a rank beyond the space")?;
            if space.violated(&design).is_some() {
                violating.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            let canonical =
                space.rank(&problem.canonical(&design)).and_then(|rank| usize::try_from(rank).ok());
            let count = canonical.and_then(|rank| counts.get(rank)).with_context(|| {
                format!("the canonical form of `{}` lies outside the space", space.describe(&design))
            })?;
            count.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    })?;
    let found = counts.into_iter().map(AtomicU32::into_inner).enumerate().filter(|(_, count)| *count > 0);
    let (ranks, designs) = found.map(|(rank, count)| (rank as u32, count)).unzip();
    Ok(Behaviours { ranks, designs, all, violating: violating.into_inner() })
}
