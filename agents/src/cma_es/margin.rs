//! Levels on a Gaussian: the margin that keeps each of them reachable (CMA-ES with Margin, Hamano et al. 2022),
//! in the stabilised form of CatCMA with Margin (Hamano et al. 2025).

use libm::pow;
use serde::{Deserialize, Serialize};

use super::gaussian::Gaussian;
use super::layout::{Coordinate, level};
use super::strategy::Weight;
use crate::parts::normal::{cdf, quantile};

/// Keeps probabilities off 0 and ½, where quantiles are infinite or the mean would sit on a threshold.
const SPARE: f64 = 1e-8;

/// A beyond which a coordinate is sampled over its whole range anyway.
const WIDEST: f64 = 1e15;

/// α such that a sample differs somewhere from the most likely one with probability 0.27, however many discrete
/// parameters there are: 1 - 0.73^(1/N).
pub(super) fn alpha(discrete: usize) -> f64 {
    if discrete == 0 { 0.0 } else { 1.0 - pow(0.73, 1.0 / discrete as f64) }
}

/// Probability that each coordinate leaves its present level, as the last correction left it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Margin {
    mutation: Vec<f64>,
}

impl Margin {
    pub(super) fn new(n: usize) -> Self {
        Self { mutation: vec![0.5 - SPARE; n] }
    }

    pub(super) fn is_sound(&self, n: usize) -> bool {
        self.mutation.len() == n && self.mutation.iter().all(|p| (0.0..=1.0).contains(p))
    }

    /// Moves mean and A such that the mean's level is left with probability at least α. Where no good design left
    /// it (`succeeded`), the probability of leaving it may not grow.
    pub(super) fn correct(
        &mut self,
        gaussian: &mut Gaussian,
        coordinates: &[Coordinate],
        succeeded: &[bool],
        alpha: f64,
    ) {
        for (i, coordinate) in coordinates.iter().enumerate() {
            let Coordinate::Levels(levels) = *coordinate else { continue };
            let last = levels - 1.0;
            let cell = Cell {
                mean: gaussian.mean[i],
                deviation: gaussian.deviation(i),
                spread: gaussian.spread[i],
                most: if succeeded[i] { 1.0 } else { self.mutation[i] },
                alpha,
            };
            let at = level(cell.mean, levels);
            let corrected = if at == 0.0 || at == last {
                let inner = if at == 0.0 { 1.0 } else { last };
                cell.at_the_end(inner / levels, 0.5 / levels, at != 0.0)
            } else {
                cell.between(at / levels, (at + 1.0) / levels)
            };
            gaussian.mean[i] = corrected.mean;
            gaussian.spread[i] = corrected.spread.clamp(1e-300, WIDEST);
            self.mutation[i] = corrected.mutation;
        }
    }
}

/// One coordinate before its correction.
struct Cell {
    mean: f64,
    /// σ √C_ii; times `spread` it is the standard deviation of samples.
    deviation: f64,
    spread: f64,
    /// The probability of leaving the level may not exceed this.
    most: f64,
    alpha: f64,
}

struct Corrected {
    mean: f64,
    spread: f64,
    mutation: f64,
}

impl Cell {
    /// In the first or the last level, where there is one way out.
    fn at_the_end(&self, threshold: f64, half: f64, above: bool) -> Corrected {
        let away = (self.mean - threshold).abs();
        let leaving = cdf(-away / (self.deviation * self.spread));
        let mutation = leaving.max(self.alpha).min(self.most).clamp(SPARE, 0.5 - SPARE);
        // Wide enough that the margin holds with the mean in the middle of the level.
        let spread = self.spread.max(half / (self.deviation * upper(self.alpha.clamp(SPARE, 0.5 - SPARE))));
        let away = self.deviation * spread * upper(mutation);
        let mean = if above { threshold + away } else { threshold - away };
        Corrected { mean, spread, mutation }
    }

    /// Between two thresholds.
    fn between(&self, low: f64, high: f64) -> Corrected {
        let Self { alpha, .. } = *self;
        let scale = self.deviation * self.spread;
        let (below, above) = (cdf((low - self.mean) / scale), cdf((self.mean - high) / scale));
        let stay = (1.0 - below - above).max(1.0 - self.most);
        let (below, above) = (below.max(alpha / 2.0), above.max(alpha / 2.0));
        // What the three add up to beyond 1 comes off in proportion to what each has above its minimum.
        let excess = 1.0 - below - above - stay;
        let least = if self.most < 1.0 { 1.0 - self.most } else { alpha / 2.0 };
        let free = below + above + stay - alpha - least;
        let share = if free > 1e-12 { excess / free } else { 0.0 };
        let corrected = |p: f64| (p + share * (p - alpha / 2.0)).clamp(SPARE, 0.5 - SPARE);
        let (below, above) = (corrected(below), corrected(above));
        let (left, right) = (upper(below), upper(above));
        Corrected {
            mean: (low * right + high * left) / (left + right),
            spread: (high - low) / ((left + right) * self.deviation),
            mutation: below + above,
        }
    }
}

/// The value that the standard normal exceeds with probability `p`, at most ½.
fn upper(p: f64) -> f64 {
    -quantile(p)
}

/// Moves samples of the selected designs that left the mean's level to the middle of theirs, so that the step that
/// is learnt is the one that was judged; those that stayed are moved such that no bias remains (integer centring).
/// Returns which coordinates were left by a selected design.
pub(super) fn centre(
    points: &mut [Vec<f64>],
    weights: &[Weight],
    mean: &[f64],
    coordinates: &[Coordinate],
) -> Vec<bool> {
    let mut succeeded = vec![false; mean.len()];
    for (i, coordinate) in coordinates.iter().enumerate() {
        let Coordinate::Levels(levels) = *coordinate else { continue };
        let home = level(mean[i], levels);
        let middle = |x: f64| (level(x, levels) + 0.5) / levels;
        let selected = || weights.iter().enumerate().filter(|(_, w)| w.gain > 0.0).map(|(k, _)| k);
        let (mut bias, mut up, mut down) = (0.0, 0.0, 0.0);
        for k in selected() {
            let x = points[k][i];
            let move_by = middle(x) - x;
            if level(x, levels) != home {
                succeeded[i] = true;
                bias += move_by;
                points[k][i] = middle(x);
            } else if move_by > 0.0 {
                up += move_by;
            } else {
                down += move_by;
            }
        }
        let against = if bias > 0.0 { down } else { up };
        if bias * against < 0.0 {
            let share = (-bias / against).min(1.0);
            for k in selected() {
                let x = points[k][i];
                let move_by = middle(x) - x;
                // Those that left sit in the middle already.
                if bias * move_by < 0.0 {
                    points[k][i] += share * move_by;
                }
            }
        }
    }
    succeeded
}

#[cfg(test)]
mod tests {
    use rl_env::seed::Seed;

    use super::*;

    /// Probabilities that a sample lies below and above the level of the mean.
    fn leaving(gaussian: &Gaussian, levels: f64) -> (f64, f64) {
        let (mean, scale) = (gaussian.mean[0], gaussian.deviation(0) * gaussian.spread[0]);
        let at = level(mean, levels);
        let below = if at == 0.0 { 0.0 } else { cdf((at / levels - mean) / scale) };
        let above = if at == levels - 1.0 { 0.0 } else { cdf((mean - (at + 1.0) / levels) / scale) };
        (below, above)
    }

    /// Hamano et al. 2022, section 4: α/2 to either side, α at the ends, whatever mean and step size were.
    #[test]
    fn every_level_stays_reachable() {
        let mut rng = Seed(1).stream("test");
        for alpha in [0.27, 0.03, 1e-3] {
            for levels in [2.0, 3.0, 10.0, 1000.0] {
                let mut margin = Margin::new(1);
                let mut gaussian = Gaussian::new(vec![0.5], 0.2, false);
                for turn in 0..300 {
                    gaussian.mean[0] = rng.uniform_in(-0.5, 1.5);
                    gaussian.sigma = libm::pow(10.0, -12.0 * rng.uniform());
                    let level_before = level(gaussian.mean[0], levels);
                    let succeeded = [rng.chance(0.5)];
                    margin.correct(&mut gaussian, &[Coordinate::Levels(levels)], &succeeded, alpha);
                    assert!(margin.is_sound(1));
                    assert_eq!(level(gaussian.mean[0], levels), level_before, "turn {turn}");
                    let (below, above) = leaving(&gaussian, levels);
                    let (edge, least) = (below == 0.0 || above == 0.0, 0.999_999);
                    let enough = if edge { below + above >= alpha * least } else { true };
                    let both = edge || (below >= alpha / 2.0 * least && above >= alpha / 2.0 * least);
                    assert!(enough && both, "turn {turn}: α {alpha}, {levels} levels, {below} {above}");
                }
            }
        }
    }

    /// From level to level, all of a narrow range is visited although the step size has collapsed.
    #[test]
    fn samples_reach_the_neighbouring_levels() {
        let mut margin = Margin::new(1);
        let mut gaussian = Gaussian::new(vec![0.5], 1e-9, false);
        margin.correct(&mut gaussian, &[Coordinate::Levels(5.0)], &[true], 0.1);
        let mut rng = Seed(2).stream("test");
        let mut visits = [0; 5];
        for _ in 0..10_000 {
            visits[level(gaussian.sample(&mut rng)[0], 5.0) as usize] += 1;
        }
        assert!(visits[1] > 400 && visits[3] > 400 && visits[2] > 8500, "{visits:?}");
    }

    #[test]
    fn the_margin_of_all_parameters_together_is_that_of_one() {
        for n in [1, 7, 100] {
            let unchanged = pow(1.0 - alpha(n), n as f64);
            assert!((unchanged - 0.73).abs() < 1e-12, "{n}: {unchanged}");
        }
    }

    /// Levels of width ¼ and a mean at 0.3: 0.55 left for the level whose middle is 0.625, and its move of +0.075 is
    /// balanced by the one that stayed above its middle, 0.375 - 0.49 < -0.075.
    #[test]
    fn samples_that_left_are_centred_without_bias() {
        let mut points = vec![vec![0.55], vec![0.49], vec![0.3], vec![0.9]];
        let weights = [0.5, 0.3, 0.2, 0.0].map(|gain| Weight { gain, loss: 0.0 });
        let succeeded = centre(&mut points, &weights, &[0.3], &[Coordinate::Levels(4.0)]);
        assert_eq!(succeeded, [true]);
        assert_eq!((points[0][0], points[2][0], points[3][0]), (0.625, 0.3, 0.9));
        assert!((points[1][0] - 0.415).abs() < 1e-12, "{points:?}");
    }

    #[test]
    fn without_a_success_the_chance_of_leaving_does_not_grow() {
        let mut margin = Margin::new(1);
        margin.mutation[0] = 0.15;
        let mut gaussian = Gaussian::new(vec![0.5], 0.9, false);
        margin.correct(&mut gaussian, &[Coordinate::Levels(5.0)], &[false], 0.1);
        let (below, above) = leaving(&gaussian, 5.0);
        assert!(below + above <= 0.15 + 1e-9, "{below} {above}");
        let mut gaussian = Gaussian::new(vec![0.5], 0.9, false);
        margin.correct(&mut gaussian, &[Coordinate::Levels(5.0)], &[true], 0.1);
        let (below, above) = leaving(&gaussian, 5.0);
        assert!(below + above > 0.5, "{below} {above}");
    }
}
