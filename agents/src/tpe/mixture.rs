//! Parzen estimators: mixtures of products of one kernel per parameter (Watanabe 2023, equation 2).
//!
//! Densities are relative to the prior, which is uniform: the prior itself is 1 everywhere. A kernel that has no
//! value of a parameter which is active in the design it judges takes the prior of that parameter; a parameter that
//! is inactive in that design does not count. So each kernel is a distribution over designs of any activity.

use rl_env::design::{Design, DesignSpace, Value};
use rl_env::seed::Rng;

use super::archive::Archive;
use super::kernel::{Kernel, Widths};
use crate::parts::approx::{NormalCdf, exp_negative};

/// A mixture over some designs of an archive, and the prior.
#[derive(Debug)]
pub(super) struct Mixture {
    members: Vec<usize>,
    /// Of members, then of the prior; they sum to 1.
    weights: Vec<f64>,
    /// One per parameter.
    kernels: Vec<Kernel>,
    /// The members' weights over the truncated mass of their unconditional kernels.
    effective: Vec<f64>,
    /// Logarithm of the factor that all members have in common.
    log_scale: f64,
}

impl Mixture {
    /// The mixture of `members` by `weights`; the prior has weight `prior`.
    pub(super) fn fit(
        archive: &Archive,
        members: Vec<usize>,
        mut weights: Vec<f64>,
        prior: f64,
        widths: Widths,
        cdf: &NormalCdf,
    ) -> Self {
        let total = weights.iter().sum::<f64>() + prior;
        weights.push(prior);
        weights.iter_mut().for_each(|weight| *weight /= total);
        let mut effective = weights[..members.len()].to_vec();
        let mut log_scale = 0.0;
        let kernels = archive.columns.iter().map(|column| {
            let (kernel, scale) = Kernel::fit(column, &members, &mut effective, widths, cdf);
            log_scale += scale;
            kernel
        });
        let kernels = kernels.collect();
        // Hundreds of truncations of a half each would overflow.
        effective.iter_mut().for_each(|weight| *weight = weight.min(1e200));
        Self { members, weights, kernels, effective, log_scale }
    }

    /// A design of the mixture; `design_of` gives the members. Constraints are not considered.
    pub(super) fn sample<'a>(
        &self,
        space: &DesignSpace,
        archive: &Archive,
        design_of: impl Fn(usize) -> &'a Design,
        rng: &mut Rng,
    ) -> Design {
        let component = rng.weighted(&self.weights).unwrap_or(self.members.len());
        let member = self.members.get(component).copied();
        let mut values = Vec::with_capacity(space.len());
        for (i, parameter) in space.parameters().iter().enumerate() {
            if !space.is_active(i, &values) {
                values.push(Value::Inactive);
                continue;
            }
            let centre = member.map(|m| &design_of(m).0[i]);
            values.push(self.kernels[i].sample(&parameter.kind, &archive.columns[i].shape, centre, rng));
        }
        Design(values)
    }

    /// Logarithm of the density of each candidate.
    pub(super) fn log_density(&self, candidates: &Archive, out: &mut Vec<f64>) {
        out.clear();
        let mut costs = vec![0.0; self.members.len()];
        let mut row = Vec::new();
        for at in 0..candidates.len() {
            costs.fill(0.0);
            for (kernel, column) in self.kernels.iter().zip(&candidates.columns) {
                kernel.add_costs(column, at, &mut row, &mut costs);
            }
            out.push(self.log_sum(&mut costs));
        }
    }

    /// `costs` are -2 times the logarithms of the members' densities, and are used up.
    fn log_sum(&self, costs: &mut [f64]) -> f64 {
        let prior = libm::log(self.weights[self.members.len()]);
        let least = in_lanes(costs, f64::INFINITY, f64::min);
        if least == f64::INFINITY {
            return prior;
        }
        for (cost, weight) in costs.iter_mut().zip(&self.effective) {
            *cost = weight * exp_negative(0.5 * (least - *cost));
        }
        let sum = in_lanes(costs, 0.0, |a, b| a + b);
        let members = self.log_scale - 0.5 * least + libm::log(sum);
        let (low, high) = if members < prior { (members, prior) } else { (prior, members) };
        high + libm::log1p(libm::exp(low - high))
    }
}

/// All values combined, in four lanes so that the loop becomes vector code of one fixed order.
fn in_lanes(values: &[f64], start: f64, combine: impl Fn(f64, f64) -> f64) -> f64 {
    let mut lanes = [start; 4];
    let chunks = values.chunks_exact(4);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane = combine(*lane, *x);
        }
    }
    lanes.iter().chain(rest).fold(start, |all, x| combine(all, *x))
}
