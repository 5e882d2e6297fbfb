//! The joint distribution of a search: a Gaussian with margins and categorical distributions.

use rl_env::seed::Rng;
use serde::{Deserialize, Serialize};

use super::categorical::Categorical;
use super::gaussian::{Gaussian, Ranked};
use super::layout::{Coordinate, Layout};
use super::margin::{Margin, alpha, centre};
use super::strategy::{Strategy, Weight};

/// Draws of a point until all reals lie between their ends.
const REDRAWS: usize = 10;

/// A sampled design before decoding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sample {
    pub(super) point: Vec<f64>,
    pub(super) chosen: Vec<u32>,
    /// Stands for the design in [`Known`](super::Known).
    pub(super) key: u64,
    /// Not drawn from the distribution.
    pub(super) foreign: bool,
}

impl Sample {
    pub(super) fn is_sound(&self, layout: &Layout) -> bool {
        self.point.len() == layout.coordinates.len()
            && self.point.iter().all(|x| x.is_finite())
            && self.chosen.len() == layout.options.len()
            && self.chosen.iter().zip(&layout.options).all(|(option, k)| (*option as usize) < *k)
    }
}

/// The state of one search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Distribution {
    pub(super) gaussian: Gaussian,
    pub(super) categorical: Categorical,
    margin: Margin,
}

impl Distribution {
    pub(super) fn new(layout: &Layout, mean: Vec<f64>, sigma: f64, diagonal: bool) -> Self {
        Self {
            margin: Margin::new(mean.len()),
            gaussian: Gaussian::new(mean, sigma, diagonal),
            categorical: Categorical::new(&layout.options),
        }
    }

    pub(super) fn is_sound(&self, layout: &Layout, diagonal: bool) -> bool {
        let n = layout.coordinates.len();
        self.gaussian.is_sound(n, diagonal)
            && self.margin.is_sound(n)
            && self.categorical.is_sound(&layout.options)
    }

    /// A point and the options chosen. Points beyond the ends of a real are drawn again, which cuts the
    /// distribution off there: it sees no mirror images of good designs, and its covariance shrinks where it meets
    /// an end. Where few points are inside, as around a corner, it meets the mirror image after all, which moves
    /// neither mean nor covariance.
    pub(super) fn sample(&self, layout: &Layout, rng: &mut Rng) -> (Vec<f64>, Vec<u32>) {
        let mut point = self.gaussian.sample(rng);
        for _ in 0..REDRAWS {
            if layout.is_inside(&point) {
                break;
            }
            point = self.gaussian.sample(rng);
        }
        (point, self.categorical.sample(rng))
    }

    /// Learns from a ranked generation; without `margins`, levels may become unreachable.
    pub(super) fn update(
        &mut self,
        layout: &Layout,
        strategy: &Strategy,
        samples: &[Sample],
        weights: &[Weight],
        margins: bool,
    ) {
        let mut points: Vec<Vec<f64>> = samples.iter().map(|sample| sample.point.clone()).collect();
        let coordinates = &layout.coordinates;
        let least = if margins { alpha(layout.discrete()) } else { 0.0 };
        let succeeded =
            if margins { centre(&mut points, weights, &self.gaussian.mean, coordinates) } else { Vec::new() };
        let ranked: Vec<Ranked<'_>> = points
            .iter()
            .zip(samples.iter().zip(weights))
            .map(|(point, (sample, weight))| Ranked { point, weight: *weight, foreign: sample.foreign })
            .collect();
        self.gaussian.update(&ranked, strategy);
        if margins {
            self.margin.correct(&mut self.gaussian, coordinates, &succeeded, least);
        } else {
            self.stay_near(coordinates);
        }
        let chosen: Vec<&[u32]> = samples.iter().map(|sample| &*sample.chosen).collect();
        // Even without a margin no option may vanish: its probability divides.
        self.categorical.update(&chosen, weights, least.max(1e-6));
    }

    /// Without margins a mean beyond the outermost level would never come back.
    fn stay_near(&mut self, coordinates: &[Coordinate]) {
        for (mean, coordinate) in self.gaussian.mean.iter_mut().zip(coordinates) {
            if matches!(coordinate, Coordinate::Levels(_)) {
                *mean = mean.clamp(0.0, 1.0);
            }
        }
    }
}
