//! Scales of the coordinates (dd-CMA, Akimoto and Hansen 2020, arXiv 1905.05885).
//!
//! A covariance has n² numbers to learn, its diagonal n. Parameters of a design often matter by very different
//! amounts, and learning those scales apart from C, at the rate that n numbers allow, takes a fraction of the trials;
//! C is then left with what the scales cannot say.

use libm::{exp, sqrt};

use super::{Gaussian, Ranked, Step, Steps, signed};
use crate::cma_es::strategy::Strategy;

/// Ratio of the axes of C up to which scales learn undamped.
const ROUND: f64 = 2.0;

impl Gaussian {
    /// By how much each scale changes: the natural gradient of the diagonal in whitened coordinates, damped while C
    /// is elongated, because then scales and C would learn the same thing twice.
    pub(super) fn scale_factors(
        &mut self,
        step: &Step,
        generation: &[Ranked<'_>],
        steps: &Steps,
        strategy: &Strategy,
    ) -> Vec<f64> {
        let Strategy { c_1_scale: c_1, c_mu_scale: c_mu, .. } = *strategy;
        let n = self.n();
        if c_1 == 0.0 {
            return vec![1.0; n];
        }
        let c = sqrt(0.5 * step.mu_eff * c_1).min(1.0);
        step.extend(&mut self.path_scale, c);
        let kept = 1.0 - step.lost(c);
        let path = self.along_axes(self.to_axes(&self.path_scale));
        let mut change: Vec<f64> = path.iter().map(|p| c_1 * (p * p - kept)).collect();
        for ((z, length), ranked) in steps.whitened.chunks_exact(n).zip(&steps.lengths).zip(generation) {
            let weight = ranked.weight.gain + ranked.weight.loss;
            let signed = signed(ranked.weight, n, *length);
            let z = self.along_axes(z.to_vec());
            change.iter_mut().zip(z).for_each(|(sum, z)| *sum += c_mu * (signed * z * z - weight));
        }
        let damping = (self.elongation() - ROUND + 1.0).max(1.0);
        change.iter().map(|x| exp((x / (2.0 * damping)).clamp(-1.0, 1.0))).collect()
    }

    pub(super) fn rescale(&mut self, factors: &[f64]) {
        self.scale.iter_mut().zip(factors).for_each(|(scale, factor)| *scale *= factor);
    }

    /// Makes C a correlation matrix; its variances become scales.
    pub(super) fn normalise(&mut self) {
        let n = self.n();
        let roots: Vec<f64> = (0..n).map(|i| sqrt(self.variance(i))).collect();
        if !roots.iter().all(|root| *root > 0.0 && root.is_finite()) {
            return;
        }
        for (row, root) in self.covariance.chunks_exact_mut(n).zip(&roots) {
            row.iter_mut().zip(&roots).for_each(|(c, other)| *c /= root * other);
        }
        self.rescale(&roots);
        for path in [&mut self.path_c, &mut self.path_scale] {
            path.iter_mut().zip(&roots).for_each(|(p, root)| *p /= root);
        }
    }
}
