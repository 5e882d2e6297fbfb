//! A fitted proxy without its surroundings: scales, model, gate and calibration.

use anyhow::Result;
use rl_env::seed::Seed;
use serde::{Deserialize, Serialize};

use super::lesson::Lesson;
use super::models::{Kept, Model, ProxyEntry, Training, find_proxy};
use super::parts::matrix::Matrix;
use super::select;
use super::target::Target;

/// Shares of all cases that an interval is to hold.
pub const LEVELS: [f64; 4] = [0.5, 0.8, 0.9, 0.95];
/// Model that predicts whether a design works.
pub(super) const GATE: &str = "random-forest";
/// Most designs that are kept aside for calibration.
const MOST_ASIDE: usize = 4000;

/// Which model to fit.
#[derive(Debug, Clone, Copy)]
pub enum Choice {
    /// This one.
    One(&'static ProxyEntry),
    /// The best of all, by cross-validation inside the data.
    Auto,
}

impl Choice {
    /// A model's name, or `auto`.
    ///
    /// # Errors
    /// For an unknown name.
    pub fn of(name: &str) -> Result<Self> {
        if name == "auto" { Ok(Self::Auto) } else { find_proxy(name).map(Self::One) }
    }
}

/// How unsure a model's measure of uncertainty is worth: intervals from designs that were kept aside
/// (split conformal prediction, Lei et al. 2018, with residuals scaled by the model's own measure).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// Added to the measure of each target, so that it is never 0.
    pub floor: Vec<f64>,
    /// By target: half widths at [`LEVELS`], in units of measure and floor.
    pub widths: Vec<[f64; LEVELS.len()]>,
}

/// Predictions of several designs, row by row, in the scale of models.
#[derive(Debug, Clone)]
pub struct Predictions {
    /// Predicted targets.
    pub scaled: Matrix<f64>,
    /// Measure of uncertainty with its floor.
    pub measure: Matrix<f64>,
}

/// A fitted proxy.
pub struct Fitted {
    /// Row of the table of models.
    pub entry: &'static ProxyEntry,
    /// What is predicted.
    pub targets: Vec<Target>,
    /// The model.
    pub model: Box<dyn Model>,
    /// The model as bytes.
    pub bytes: Vec<u8>,
    /// Predicts 1 for designs that work and −1 for others; none if all were seen to work.
    pub gate: Option<Kept>,
    /// Its intervals.
    pub calibration: Calibration,
}

impl Fitted {
    /// Fits a proxy.
    ///
    /// # Errors
    /// If the data cannot be learnt from.
    pub fn fit(lesson: &Lesson, choice: Choice, seed: Seed) -> Result<Self> {
        let working = lesson.checked()?;
        let targets = scales(&working)?;
        let entry = match choice {
            Choice::One(entry) => entry,
            Choice::Auto => select::choose(&working, seed)?.best,
        };
        let calibration = calibrate(&working, &targets, entry, seed)?;
        let scaled = scale(&working, &targets);
        let (model, bytes) = entry.fit(&Training { features: &working.features, targets: &scaled, seed })?;
        Ok(Self { entry, targets, model, bytes, gate: gate(lesson, seed)?, calibration })
    }

    /// Predicts.
    pub fn predict(&self, features: &Matrix<f32>) -> Predictions {
        let (rows, width) = (features.rows(), self.targets.len());
        let mut scaled = Matrix { columns: width, data: vec![0.0; rows * width] };
        let mut measure = scaled.clone();
        self.model.predict_unsure(features, &mut scaled.data, &mut measure.data);
        for row in measure.data.chunks_exact_mut(width) {
            row.iter_mut().zip(&self.calibration.floor).for_each(|(x, floor)| *x += floor);
        }
        Predictions { scaled, measure }
    }

    /// Predicts the metrics alone, in their units.
    pub fn values(&self, features: &Matrix<f32>) -> Matrix<f64> {
        let width = self.targets.len();
        let mut values = Matrix { columns: width, data: vec![0.0; features.rows() * width] };
        self.model.predict(features, &mut values.data);
        for row in values.data.chunks_exact_mut(width) {
            row.iter_mut().zip(&self.targets).for_each(|(x, target)| *x = target.back(*x));
        }
        values
    }

    /// Of each design, how likely it works, between 0 and 1; `None` if all were seen to work.
    pub fn chance(&self, features: &Matrix<f32>) -> Option<Vec<f64>> {
        let (gate, _) = self.gate.as_ref()?;
        let mut signs = vec![0.0; features.rows()];
        gate.predict(features, &mut signs);
        Some(signs.into_iter().map(|sign| f64::midpoint(sign, 1.0).clamp(0.0, 1.0)).collect())
    }

    /// The interval of a predicted target that is to hold with [`LEVELS`]`[level]`, in the unit of the metric.
    pub fn interval(&self, predictions: &Predictions, row: usize, target: usize, level: usize) -> (f64, f64) {
        let centre = predictions.scaled.row(row)[target];
        let half = predictions.measure.row(row)[target] * self.calibration.widths[target][level];
        let scale = &self.targets[target];
        (scale.back(centre - half), scale.back(centre + half))
    }
}

/// The scales of all targets.
///
/// # Errors
/// If one does not vary.
pub(super) fn scales(working: &Lesson) -> Result<Vec<Target>> {
    let wanted = working.wanted.names.iter().zip(&working.wanted.units).enumerate();
    wanted
        .map(|(i, (name, unit))| {
            let column: Vec<f64> = working.values.column(i).collect();
            Target::new(name, unit, column.iter().copied())
        })
        .collect()
}

/// Values in the scale of models.
pub(super) fn scale(working: &Lesson, targets: &[Target]) -> Matrix<f64> {
    let one = |row: &[f64]| row.iter().zip(targets).map(|(x, t)| t.forth(*x)).collect::<Vec<_>>();
    Matrix { columns: targets.len(), data: working.values.iter().flat_map(one).collect() }
}

fn gate(lesson: &Lesson, seed: Seed) -> Result<Option<Kept>> {
    if lesson.feasible.iter().all(|feasible| *feasible) {
        return Ok(None);
    }
    let signs = lesson.feasible.iter().map(|feasible| if *feasible { 1.0 } else { -1.0 }).collect();
    let targets = Matrix { columns: 1, data: signs };
    let training = Training { features: &lesson.features, targets: &targets, seed: seed.child("gate", 0) };
    find_proxy(GATE)?.fit(&training).map(Some)
}

fn calibrate(working: &Lesson, targets: &[Target], entry: &ProxyEntry, seed: Seed) -> Result<Calibration> {
    let order = seed.stream("calibration").permutation(working.len());
    let (aside, kept) = order.split_at((working.len() / 10).clamp(4, MOST_ASIDE));
    let scaled = scale(working, targets);
    let (features, some) = (working.features.select(kept), scaled.select(kept));
    let (model, _) = entry.fit(&Training { features: &features, targets: &some, seed })?;
    let (tests, truth) = (working.features.select(aside), scaled.select(aside));
    let mut predicted = vec![0.0; truth.data.len()];
    let mut measure = predicted.clone();
    model.predict_unsure(&tests, &mut predicted, &mut measure);
    let width = targets.len();
    let at = |data: &[f64], target: usize| -> Vec<f64> {
        data.iter().skip(target).step_by(width).copied().collect()
    };
    let mut calibration = Calibration { floor: Vec::new(), widths: Vec::new() };
    for target in 0..width {
        let measure = at(&measure, target);
        let floor = 0.1 * measure.iter().sum::<f64>() / measure.len() as f64 + 1e-6;
        let errors = at(&predicted, target).into_iter().zip(at(&truth.data, target));
        let mut ratios: Vec<f64> =
            errors.zip(&measure).map(|((p, y), measure)| (p - y).abs() / (measure + floor)).collect();
        ratios.sort_by(f64::total_cmp);
        // Lei et al. 2018, equation 5: the ⌈(n + 1)·level⌉-th smallest.
        let quantile = |level: f64| {
            let rank = ((ratios.len() + 1) as f64 * level).ceil() as usize;
            ratios[rank.clamp(1, ratios.len()) - 1]
        };
        calibration.floor.push(floor);
        calibration.widths.push(LEVELS.map(quantile));
    }
    Ok(calibration)
}

impl Calibration {
    /// Whether the numbers make sense for so many targets.
    pub fn fits(&self, targets: usize) -> bool {
        let sound = |x: &f64| x.is_finite() && *x >= 0.0;
        self.floor.len() == targets
            && self.widths.len() == targets
            && self.floor.iter().all(sound)
            && self.widths.iter().flatten().all(sound)
    }
}
