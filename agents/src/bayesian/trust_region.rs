//! The trust region of TuRBO (Eriksson et al. 2019): a box about the best design that grows with success and
//! shrinks with failure.

use libm::exp;
use serde::{Deserialize, Serialize};

use crate::parts::gaussian_process::{Column, Features, Hyper, Role};

/// Side of the box at first, at most, and when it has collapsed (their section 2 and appendix).
const FIRST: f64 = 0.8;
const LONGEST: f64 = 1.6;
const SHORTEST: f64 = 1.0 / 128.0;

/// Successes in a row that double the side.
const SUCCESSES: usize = 3;

/// Size of the region, and what led to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TrustRegion {
    length: f64,
    successes: usize,
    failures: usize,
    /// Rounds without success that halve the side.
    patience: usize,
    /// Trials before this one are not the region's business: it collapsed then and started anew.
    pub(super) since: usize,
}

impl TrustRegion {
    /// `patience = ⌈max(4/b, d/b)⌉` for rounds of `b` designs in `d` dimensions.
    pub(super) fn new(dimensions: usize, batch: usize) -> Self {
        let patience = dimensions.max(4).div_ceil(batch.max(1));
        Self { length: FIRST, successes: 0, failures: 0, patience, since: 0 }
    }

    /// Learns whether a round of the region improved on its best; `now` is the number of trials so far.
    pub(super) fn learn(&mut self, improved: bool, now: usize) {
        let (grown, lost) = if improved { (self.successes + 1, 0) } else { (0, self.failures + 1) };
        (self.successes, self.failures) = (grown, lost);
        if self.successes == SUCCESSES {
            self.length = (2.0 * self.length).min(LONGEST);
            self.successes = 0;
        } else if self.failures >= self.patience {
            self.length *= 0.5;
            self.failures = 0;
        }
        if self.length < SHORTEST {
            *self = Self { length: FIRST, successes: 0, failures: 0, patience: self.patience, since: now };
        }
    }

    /// Whether a restored region can have come about.
    pub(super) fn is_sound(&self, trials: usize) -> bool {
        (SHORTEST..=LONGEST).contains(&self.length) && self.patience > 0 && self.since <= trials
    }

    /// The box about `centre`.
    pub(super) fn around(&self, centre: Vec<f64>, features: &Features, hyper: &Hyper) -> Region {
        let groups = hyper.lengths.len().max(1) as f64;
        let mean = hyper.lengths.iter().sum::<f64>() / groups;
        let bounds = features.columns.iter().zip(&centre).map(|(column, x)| {
            // Longer where the function varies less; the product of all sides is that of a cube.
            let side = self.length * exp((hyper.lengths[column.group] - mean).clamp(-3.0, 3.0));
            // The next level is always within reach.
            let step = column.levels.map_or(0.0, |levels| 1.0 / (levels.max(2) - 1) as f64);
            let half = (0.5 * side).max(1.001 * step);
            ((x - half).max(0.0), (x + half).min(1.0))
        });
        let bounds = bounds.collect();
        let switches = features.columns.iter().filter(|column| column.is_switch()).count();
        let flips = ((self.length * switches as f64) as usize).clamp(1, switches.max(1));
        Region { centre, bounds, flips, side: self.length }
    }
}

/// Where a proposal has to lie.
#[derive(Debug, Clone)]
pub(super) struct Region {
    centre: Vec<f64>,
    /// Of every column.
    pub(super) bounds: Vec<(f64, f64)>,
    /// Most choices, switches and members that differ from the centre's.
    pub(super) flips: usize,
    /// How far orders may be from the centre's; opposite ones are 1 apart.
    side: f64,
}

impl Region {
    pub(super) fn contains(&self, features: &Features, point: &[f64]) -> bool {
        let mut flips = 0;
        let mut orders = vec![0.0; features.groups];
        for (at, column) in features.columns.iter().enumerate() {
            let (low, high) = self.bounds[at];
            let apart = point[at] - self.centre[at];
            match column.role {
                _ if column.is_switch() => flips += usize::from(apart != 0.0),
                Role::Item => orders[column.group] += column.weight * apart * apart,
                Role::Position if !(low - 1e-9..=high + 1e-9).contains(&point[at]) => return false,
                _ => (),
            }
        }
        let swap = |column: &Column| {
            let step = 1.0 / (column.levels.unwrap_or(2).max(2) - 1) as f64;
            2.001 * column.weight * step * step
        };
        let items = features.columns.iter().filter(|column| column.role == Role::Item);
        flips <= self.flips
            && items.into_iter().all(|item| orders[item.group] <= (self.side * self.side).max(swap(item)))
    }
}

#[cfg(test)]
mod tests {
    use rl_env::design::{Design, DesignSpace, Parameter, Value};

    use super::*;

    #[test]
    fn three_successes_in_a_row_double_the_side_up_to_the_longest() {
        let mut region = TrustRegion::new(10, 1);
        for expected in [0.8, 0.8, 1.6, 1.6, 1.6, 1.6] {
            region.learn(true, 0);
            assert_eq!(region.length, expected);
        }
        region.learn(true, 0);
        region.learn(false, 0);
        (0..2).for_each(|_| region.learn(true, 0));
        assert_eq!(region.successes, 2);
    }

    #[test]
    fn as_many_failures_as_dimensions_halve_the_side_until_it_collapses() {
        let mut region = TrustRegion::new(10, 1);
        (0..9).for_each(|_| region.learn(false, 0));
        assert_eq!(region.length, 0.8);
        region.learn(false, 0);
        assert_eq!(region.length, 0.4);
        // 0.8 halves six times before it is below 1/128.
        (0..50).for_each(|_| region.learn(false, 77));
        assert_eq!((region.length, region.since), (0.8 / 64.0, 0));
        (0..10).for_each(|_| region.learn(false, 77));
        assert_eq!((region.length, region.since), (0.8, 77));
    }

    #[test]
    fn patience_is_shared_by_a_batch_and_at_least_four_designs_long() {
        let patience = |dimensions, batch| TrustRegion::new(dimensions, batch).patience;
        assert_eq!([patience(2, 1), patience(10, 1), patience(10, 4), patience(10, 64)], [4, 10, 3, 1]);
    }

    #[test]
    fn a_region_holds_near_values_few_flips_and_the_next_level() {
        let names = ["a", "b", "c", "d"];
        let space = DesignSpace::new(vec![
            Parameter::real("r", 0.0, 1.0),
            Parameter::integer("i", 0, 4),
            Parameter::choice("c", names),
            Parameter::bool("b"),
            Parameter::permutation("o", names),
        ]);
        let space = space.unwrap();
        let features = Features::new(&space);
        let design = |r, i, c, b, o: [u32; 4]| {
            let o = Value::Permutation(o.into());
            Design(vec![Value::Real(r), Value::Integer(i), Value::Choice(c), Value::Bool(b), o])
        };
        let encode = |design: Design| features.encode(&space, &design);
        let small = TrustRegion { length: 0.1, ..TrustRegion::new(5, 1) };
        let hyper = Hyper { lengths: vec![0.0; 5], joint: 0.0, additive: 0.0, noise: 0.0 };
        let order = [0, 1, 2, 3];
        let region = small.around(encode(design(0.5, 2, 0, false, order)), &features, &hyper);
        let holds = |design| region.contains(&features, &encode(design));
        assert!(holds(design(0.549, 3, 1, false, [1, 0, 2, 3])));
        assert!(!holds(design(0.551, 2, 0, false, order)));
        assert!(!holds(design(0.5, 4, 0, false, order)));
        assert!(!holds(design(0.5, 2, 1, true, order)));
        assert!(!holds(design(0.5, 2, 0, false, [2, 1, 0, 3])));
    }
}
