//! Success-history adaptation of the scale factor and the crossover rate (Tanabe and Fukunaga 2013, SHADE).

use libm::tan;
use rl_env::seed::Rng;
use serde::{Deserialize, Serialize};

/// Width of the distributions around the remembered means (their equations 6 and 7).
const WIDTH: f64 = 0.1;

/// Draws of a scale factor that comes out negative before the mean itself is taken.
const RETRIES: usize = 16;

/// How far a donor is moved, and how much of it a child takes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Control {
    /// F.
    pub(super) scale: f64,
    /// CR.
    pub(super) rate: f64,
}

/// A child that beat its parent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Success {
    pub(super) control: Control,
    /// By how much; `None` where the parent was infeasible.
    pub(super) gain: Option<f64>,
}

/// A remembered mean.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mean {
    scale: f64,
    /// `None` for the terminal value ⊥ of L-SHADE: crossover changes one coordinate from now on.
    rate: Option<f64>,
}

/// Means of what succeeded, one for each of the last generations with successes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct History {
    means: Vec<Mean>,
    next: usize,
}

impl History {
    pub(super) fn new(size: usize, Control { scale, rate }: Control) -> Self {
        Self { means: vec![Mean { scale, rate: Some(rate) }; size], next: 0 }
    }

    /// Whether a state could have this history of `size` means.
    pub(super) fn fits(&self, size: usize) -> bool {
        let share = |x: f64| (0.0..=1.0).contains(&x);
        let sound = |mean: &Mean| share(mean.scale) && mean.rate.is_none_or(share);
        self.means.len() == size && self.next < size && self.means.iter().all(sound)
    }

    /// A control near one of the means.
    pub(super) fn draw(&self, rng: &mut Rng) -> Control {
        let mean = self.means[rng.index(self.means.len())];
        let rate = mean.rate.map_or(0.0, |rate| (rate + WIDTH * rng.normal()).clamp(0.0, 1.0));
        let mut cauchy = || mean.scale + WIDTH * tan(std::f64::consts::PI * (rng.uniform() - 0.5));
        let positive = (0..RETRIES).map(|_| cauchy()).find(|scale| *scale > 0.0);
        Control { scale: positive.unwrap_or(mean.scale).min(1.0), rate }
    }

    /// Replaces the oldest mean by that of a generation's successes, each weighted by its gain (equations 7 to 9 of
    /// Tanabe and Fukunaga 2014).
    pub(super) fn learn(&mut self, successes: &[Success]) {
        if successes.is_empty() {
            return;
        }
        let peak = successes.iter().filter_map(|success| success.gain).fold(0.0, f64::max);
        let peak = if peak > 0.0 { peak } else { 1.0 };
        // Relative gains, since a sum of gains may overflow; becoming feasible counts as much as the largest.
        let weight = |success: &Success| success.gain.map_or(1.0, |gain| gain / peak);
        let lehmer = |value: fn(&Control) -> f64| {
            let (mut squares, mut sum) = (0.0, 0.0);
            for success in successes {
                let x = value(&success.control);
                squares += weight(success) * x * x;
                sum += weight(success) * x;
            }
            (sum > 0.0).then(|| (squares / sum).min(1.0))
        };
        let mean = &mut self.means[self.next];
        mean.scale = lehmer(|control| control.scale).unwrap_or(mean.scale);
        mean.rate = mean.rate.and(lehmer(|control| control.rate));
        self.next = (self.next + 1) % self.means.len();
    }
}

#[cfg(test)]
mod tests {
    use rl_env::seed::Seed;

    use super::*;

    fn success(scale: f64, rate: f64, gain: Option<f64>) -> Success {
        Success { control: Control { scale, rate }, gain }
    }

    fn history() -> History {
        History::new(2, Control { scale: 0.5, rate: 0.5 })
    }

    /// By hand: weights ¼ and ¾, F = (0.25·0.04 + 0.75·0.64)/(0.25·0.2 + 0.75·0.8) = 0.49/0.65.
    #[test]
    fn means_are_weighted_by_gain() {
        let mut history = history();
        history.learn(&[success(0.2, 0.4, Some(1.0)), success(0.8, 0.4, Some(3.0))]);
        assert!((history.means[0].scale - 0.49 / 0.65).abs() < 1e-12);
        assert!(history.means[0].rate.is_some_and(|rate| (rate - 0.4).abs() < 1e-12));
        assert_eq!((history.means[1], history.next), (Mean { scale: 0.5, rate: Some(0.5) }, 1));
    }

    #[test]
    fn a_generation_without_success_changes_nothing() {
        let mut history = history();
        history.learn(&[]);
        assert_eq!(history, self::history());
    }

    #[test]
    fn a_rate_of_nothing_but_zeros_is_terminal() {
        let mut history = history();
        for _ in 0..2 {
            history.learn(&[success(0.5, 0.0, Some(1.0))]);
        }
        history.learn(&[success(0.5, 0.9, Some(1.0))]);
        assert_eq!(history.means[0].rate, None);
        let mut rng = Seed(1).stream("test");
        assert!((0..20).all(|_| history.draw(&mut rng).rate == 0.0));
    }

    #[test]
    fn gains_of_any_size_give_a_sound_history() {
        let mut history = history();
        for gain in [Some(f64::MAX), Some(f64::MIN_POSITIVE), None, Some(0.0)] {
            history.learn(&[
                success(1e-9, 1.0, gain),
                success(1.0, 0.0, Some(f64::MAX)),
                success(1.0, 1.0, None),
            ]);
            assert!(history.fits(2), "{history:?}");
        }
    }

    #[test]
    fn controls_are_drawn_within_bounds() {
        let history = History::new(3, Control { scale: 0.0, rate: 1.0 });
        let mut rng = Seed(1).stream("test");
        for _ in 0..1000 {
            let Control { scale, rate } = history.draw(&mut rng);
            assert!((0.0..=1.0).contains(&scale) && (0.0..=1.0).contains(&rate));
        }
    }
}
