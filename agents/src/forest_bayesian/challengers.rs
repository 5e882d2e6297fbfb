//! The acquisition function, expected improvement, and the search for its maximum.

use libm::{erfc, exp, log};
use rl_env::design::{Design, DesignSpace, Kind, Value};
use rl_env::seed::Rng;

use crate::parts::forest::{Samples, Tree, predict};

const LN_SQRT_TAU: f64 = 0.918_938_533_204_672_7;

/// Neighbours of a design tried before a local search gives up.
const PATIENCE: usize = 30;

/// Steps of a real parameter are this share of its range, halved up to [`HALVINGS`] times.
const STEP: f64 = 0.2;
const HALVINGS: usize = 7;

/// How much is tried.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effort {
    pub(super) challengers: usize,
    pub(super) searches: usize,
    /// Predictions of the local searches together.
    pub(super) steps: usize,
}

/// The maximisation of expected improvement over `incumbent`.
pub(super) struct Search<'a> {
    pub(super) space: &'a DesignSpace,
    pub(super) trees: &'a [Tree],
    pub(super) incumbent: f64,
}

/// A design with its acquisition value.
type Rated = (f64, Design);

impl Search<'_> {
    /// The best design found that is `fit`: among random challengers, and by local search from `starts` (best
    /// first) and from the best challengers.
    pub(super) fn run(
        &self,
        starts: &[&Design],
        effort: Effort,
        mut fit: impl FnMut(&Design) -> bool,
        rng: &mut Rng,
    ) -> Option<Design> {
        let mut row = Vec::new();
        let mut challengers: Vec<Rated> = Vec::with_capacity(effort.challengers);
        for _ in 0..effort.challengers {
            let design = self.space.sample(rng);
            challengers.push((self.rate(&design, &mut row), design));
        }
        challengers.sort_by(|a, b| b.0.total_cmp(&a.0));
        let own = effort.searches.div_ceil(2).min(starts.len());
        let rest = effort.searches - own;
        let starts: Vec<Rated> = starts[..own]
            .iter()
            .map(|design| (self.rate(design, &mut row), (*design).clone()))
            .chain(challengers.iter().take(rest).cloned())
            .collect();
        let mut best: Option<Rated> = challengers.into_iter().find(|(_, design)| fit(design));
        let share = effort.steps.div_ceil(starts.len().max(1));
        for start in starts {
            self.climb(start, share, &mut best, &mut fit, &mut row, rng);
        }
        best.map(|(_, design)| design)
    }

    /// First-improvement local search. Designs that are not fit (known ones, for a start) may be passed through.
    fn climb(
        &self,
        (mut value, mut design): Rated,
        steps: usize,
        best: &mut Option<Rated>,
        fit: &mut impl FnMut(&Design) -> bool,
        row: &mut Vec<f64>,
        rng: &mut Rng,
    ) {
        let mut failures = 0;
        for _ in 0..steps {
            let mut next = design.clone();
            nudge(self.space, &mut next, rng);
            let rated = self.rate(&next, row);
            if best.as_ref().is_none_or(|(most, _)| rated > *most) && fit(&next) {
                *best = Some((rated, next.clone()));
            }
            if rated > value && self.space.violated(&next).is_none() {
                (value, design, failures) = (rated, next, 0);
            } else {
                failures += 1;
                if failures > PATIENCE {
                    return;
                }
            }
        }
    }

    fn rate(&self, design: &Design, row: &mut Vec<f64>) -> f64 {
        row.clear();
        Samples::encode(self.space, design, row);
        let (mean, variance) = predict(self.trees, row);
        log_expected_improvement(mean, variance, self.incumbent)
    }
}

/// One random parameter changed; reals by steps of several sizes, others as they mutate.
fn nudge(space: &DesignSpace, design: &mut Design, rng: &mut Rng) {
    let active: Vec<usize> = (0..space.len()).filter(|i| design.is_active(*i)).collect();
    let index = active[rng.index(active.len())];
    match (&space.parameters()[index].kind, &design.0[index]) {
        (kind @ (Kind::Real { .. } | Kind::LogReal { .. }), value @ Value::Real(_)) => {
            let mut unit = Vec::with_capacity(1);
            kind.write_unit(value, &mut unit);
            let step = STEP / f64::from(1u32 << rng.index(HALVINGS + 1)) * rng.normal();
            design.0[index] = kind.read_unit(&[unit[0] + step]);
            space.canonicalise(design);
        }
        _ => space.mutate(design, index, rng),
    }
}

/// log E[max(0, y - best)] for normal y (Jones, Schonlau and Welch 1998, equation 15), exact far below the best.
fn log_expected_improvement(mean: f64, variance: f64, best: f64) -> f64 {
    let deviation = variance.sqrt().max(1e-9);
    let z = (mean - best) / deviation;
    let density = -0.5 * z * z - LN_SQRT_TAU;
    let log_h = if z > -20.0 {
        log(exp(density) + z * 0.5 * erfc(-z * std::f64::consts::FRAC_1_SQRT_2))
    } else {
        // Both terms cancel: φ(z)/z² is what is left.
        density - 2.0 * log(-z)
    };
    log(deviation) + log_h
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expected_improvement_is_the_published_formula() {
        // At the best itself: σφ(0).
        let at_best = log_expected_improvement(1.0, 4.0, 1.0);
        assert!((at_best - log(2.0 * 0.398_942_280_401_432_7)).abs() < 1e-12);
        // One deviation below: σ(φ(1) - Φ(-1)) = σ·0.08331547.
        let below = log_expected_improvement(0.5, 0.25, 1.0);
        assert!((below - log(0.5 * 0.083_315_470_587_678_84)).abs() < 1e-9);
        // Certain improvement is the difference.
        assert!((log_expected_improvement(3.0, 0.0, 1.0) - log(2.0)).abs() < 1e-9);
    }

    #[test]
    fn expected_improvement_never_rises_away_from_the_best() {
        let values: Vec<f64> =
            (0..400).map(|i| log_expected_improvement(-0.1 * f64::from(i), 1.0, 0.0)).collect();
        assert!(values.is_sorted_by(|a, b| a > b), "{values:?}");
        assert!(log_expected_improvement(-1e6, 0.0, 0.0).is_finite());
    }
}
