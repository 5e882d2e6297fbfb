//! Maximises an acquisition over a mixed space: many candidates, the best of them improved by climbs along ordered
//! parameters and by neighbours among the others.

use std::collections::HashSet;

use libm::{exp, log};
use rl_env::design::{Design, DesignSpace, Kind, Value};
use rl_env::seed::Rng;

use super::acquisition::{Criterion, log_positive};
use super::ascent::climb;
use super::trust_region::Region;
use crate::parts::gaussian_process::{Features, Role, Surrogate};

/// Candidates that are judged roughly, those of them judged exactly, and those of them improved.
const CANDIDATES: usize = 192;
const FINALISTS: usize = 32;
const STARTS: usize = 3;

/// Evaluations of one climb; rounds of climbing and looking at neighbours; neighbours looked at in a round.
const CLIMB: usize = 16;
const ROUNDS: usize = 8;
const NEIGHBOURS: usize = 48;

/// From this number of levels on, an ordered parameter is climbed as if continuous.
const FEWEST_LEVELS: u64 = 5;

/// Tries to find a design that is allowed and new.
const RETRIES: usize = 32;

/// Designs of the largest space that is searched one by one for one that is new.
const ENUMERATED: u128 = 1 << 16;

/// What is known, and where and how to look.
pub(super) struct Maximiser<'a> {
    pub(super) space: &'a DesignSpace,
    pub(super) features: &'a Features,
    pub(super) criterion: Criterion,
    /// None while nothing feasible is known.
    pub(super) objective: Option<&'a Surrogate>,
    /// Of 1 for feasible and -1 for infeasible designs; none while everything is feasible.
    pub(super) feasibility: Option<&'a Surrogate>,
    pub(super) region: Option<Region>,
    /// Designs to start from, best first.
    pub(super) elite: Vec<Design>,
    /// Bytes of the designs that are not proposed again, nor any that behave alike.
    pub(super) known: &'a HashSet<Vec<u8>>,
}

/// A design with its point and its acquisition.
#[derive(Clone)]
struct Candidate {
    design: Design,
    point: Vec<f64>,
    value: f64,
}

/// The bytes by which designs are recognised.
pub(super) fn bytes(design: &Design) -> Vec<u8> {
    let mut bytes = Vec::new();
    design.write_bytes(&mut bytes);
    bytes
}

impl Maximiser<'_> {
    /// The most promising new design that was found; a random one where none was.
    pub(super) fn run(&self, rng: &mut Rng) -> Design {
        let mut scratch = Vec::new();
        let mut candidates: Vec<Candidate> = Vec::with_capacity(CANDIDATES);
        for i in 0..CANDIDATES {
            let design = self.candidate(i, rng);
            if let Some(point) = self.admit(&design) {
                let value = self.rough(&point, &mut scratch);
                candidates.push(Candidate { design, point, value });
            }
        }
        shortlist(&mut candidates, FINALISTS);
        for candidate in &mut candidates {
            candidate.value = self.exact(&candidate.point, &mut scratch);
        }
        shortlist(&mut candidates, STARTS);
        let mut best: Option<Candidate> = None;
        for start in candidates {
            let found = self.improve(start, rng);
            if best.as_ref().is_none_or(|best| found.value > best.value) {
                best = Some(found);
            }
        }
        best.map_or_else(|| self.any(rng), |best| best.design)
    }

    /// The point of a design that may be proposed.
    fn admit(&self, design: &Design) -> Option<Vec<f64>> {
        let representative = self.space.representative(design);
        if self.space.violated(design).is_some() || self.known.contains(&bytes(&representative)) {
            return None;
        }
        let point = self.features.encode(self.space, &representative);
        self.region.as_ref().is_none_or(|region| region.contains(self.features, &point)).then_some(point)
    }

    /// A new design if chance or, in a small space, a look at every design finds one.
    fn any(&self, rng: &mut Rng) -> Design {
        let is_new = |design: &Design| !self.known.contains(&bytes(&self.space.representative(design)));
        let mut design = self.space.sample(rng);
        for _ in 0..RETRIES {
            if is_new(&design) {
                return design;
            }
            design = self.space.sample(rng);
        }
        let count = self.space.cardinality().filter(|count| *count <= ENUMERATED).unwrap_or(0);
        let all = (0..count).filter_map(|rank| self.space.unrank(rank));
        all.into_iter().find(|one| is_new(one) && self.space.violated(one).is_none()).unwrap_or(design)
    }

    fn rough(&self, point: &[f64], scratch: &mut Vec<f64>) -> f64 {
        let objective = self.objective.map_or(0.0, |model| self.criterion.of(model.guess(point, scratch)).0);
        objective + self.feasibility.map_or(0.0, |model| log_positive(model.guess(point, scratch)).0)
    }

    fn exact(&self, point: &[f64], scratch: &mut Vec<f64>) -> f64 {
        let objective =
            self.objective.map_or(0.0, |model| self.criterion.of(model.predict(point, scratch)).0);
        objective + self.feasibility.map_or(0.0, |model| log_positive(model.predict(point, scratch)).0)
    }

    /// Value and gradient along some columns.
    fn slopes(&self, point: &[f64], along: &[usize]) -> (f64, Vec<f64>) {
        let mut total = 0.0;
        let mut gradient = vec![0.0; along.len()];
        let mut add = |value: f64, slopes: [f64; 2], of: Vec<[f64; 2]>| {
            total += value;
            let by = of.iter().map(|[mean, deviation]| slopes[0] * mean + slopes[1] * deviation);
            gradient.iter_mut().zip(by).for_each(|(sum, slope)| *sum += slope);
        };
        if let Some(model) = self.objective {
            let (prediction, of) = model.slopes(point, along);
            let (value, slopes) = self.criterion.of(prediction);
            add(value, slopes, of);
        }
        if let Some(model) = self.feasibility {
            let (prediction, of) = model.slopes(point, along);
            let (value, slopes) = log_positive(prediction);
            add(value, slopes, of);
        }
        (total, gradient)
    }

    /// Candidate `i`: in a region, moved about its centre; otherwise half of them random, half near the elite.
    fn candidate(&self, i: usize, rng: &mut Rng) -> Design {
        match (&self.region, self.elite.is_empty()) {
            (Some(region), false) => self.moved(&self.elite[0], Some(region), rng),
            (None, false) if i.is_multiple_of(2) => {
                let elite = rng.index(self.elite.len());
                self.moved(&self.elite[elite], None, rng)
            }
            _ => self.space.sample(rng),
        }
    }

    /// A design near another: each parameter moves with the probability that moves about twenty at most (Regis
    /// and Shoemaker 2013, as in TuRBO), evenly within a region or by a normal step without one.
    fn moved(&self, from: &Design, region: Option<&Region>, rng: &mut Rng) -> Design {
        let parameters = self.space.len();
        let probability = match region {
            Some(_) => (20.0 / parameters as f64).min(1.0) * rng.uniform(),
            None => rng.uniform() * rng.uniform(),
        };
        let step = exp(rng.uniform_in(log(0.003), log(0.3)));
        let forced = rng.index(parameters);
        let moves: Vec<bool> = (0..parameters).map(|i| i == forced || rng.chance(probability)).collect();
        let mut unit = self.space.to_unit(from);
        for (at, column) in self.features.columns.iter().enumerate() {
            let (Some(to), Role::Position, true) = (column.unit, column.role, moves[column.parameter]) else {
                continue;
            };
            let x = column.to_feature(unit[to]);
            let there = match region {
                Some(region) => {
                    let (low, high) = region.bounds[at];
                    rng.uniform_in(low, high)
                }
                None => x + step.max(column.levels.map_or(0.0, |n| 0.7 / n as f64)) * rng.normal(),
            };
            unit[to] = column.to_unit(reflected(there));
        }
        let mut design = self.at(&unit, from, &moves);
        let mut flips = region.map_or(usize::MAX, |region| region.flips);
        for (i, _) in moves.iter().enumerate().filter(|(_, moves)| **moves) {
            let switch = matches!(
                self.space.parameters()[i].kind,
                Kind::Choice { .. } | Kind::Permutation { .. } | Kind::Subset { .. }
            );
            if switch && flips > 0 && design.is_active(i) {
                self.space.mutate(&mut design, i, rng);
                flips -= 1;
            }
        }
        design
    }

    /// The design at a point of the unit cube; parameters that do not move keep their values to the bit.
    fn at(&self, unit: &[f64], from: &Design, moves: &[bool]) -> Design {
        let Ok(mut design) = self.space.from_unit(unit) else { return from.clone() };
        for ((value, old), moves) in design.0.iter_mut().zip(&from.0).zip(moves) {
            if !moves && *value != Value::Inactive && *old != Value::Inactive {
                value.clone_from(old);
            }
        }
        design
    }

    /// Climbs and moves to neighbours by turns while that helps.
    fn improve(&self, mut best: Candidate, rng: &mut Rng) -> Candidate {
        for _ in 0..ROUNDS {
            let before = best.value;
            self.climb(&mut best);
            let climbed = best.value;
            self.visit_neighbours(&mut best, rng);
            // Without a move to a neighbour another climb starts where the last one ended.
            if best.value <= climbed || best.value <= before {
                break;
            }
        }
        best
    }

    fn climb(&self, best: &mut Candidate) {
        let climbs = |at: &usize| {
            let column = &self.features.columns[*at];
            column.role == Role::Position
                && column.levels.is_none_or(|levels| levels >= FEWEST_LEVELS)
                && best.design.is_active(column.parameter)
        };
        let along: Vec<usize> = (0..best.point.len()).filter(climbs).collect();
        if along.is_empty() {
            return;
        }
        let bounds: Vec<(f64, f64)> = along
            .iter()
            .map(|at| self.region.as_ref().map_or((0.0, 1.0), |region| region.bounds[*at]))
            .collect();
        let mut point = best.point.clone();
        let start: Vec<f64> = along.iter().map(|at| point[*at]).collect();
        let top = climb(start, &bounds, CLIMB, |x| {
            along.iter().zip(x).for_each(|(at, x)| point[*at] = *x);
            self.slopes(&point, &along)
        });
        let mut unit = self.space.to_unit(&best.design);
        let mut moves = vec![false; self.space.len()];
        for (at, x) in along.iter().zip(top) {
            let column = &self.features.columns[*at];
            if let Some(to) = column.unit.filter(|_| x != best.point[*at]) {
                unit[to] = column.to_unit(x);
                moves[column.parameter] = true;
            }
        }
        self.adopt(best, self.at(&unit, &best.design, &moves), &mut Vec::new());
    }

    /// Takes a design that is allowed, new and better.
    fn adopt(&self, best: &mut Candidate, design: Design, scratch: &mut Vec<f64>) {
        let Some(point) = self.admit(&design) else { return };
        if let Some(value) = self.exceeding(best.value, &point, scratch) {
            *best = Candidate { design, point, value };
        }
    }

    /// The exact value if it is above a bound. Acquisitions grow with the deviation and no probability has a logarithm
    /// above 0, so most designs fail already by a guess of the deviation that is never too low.
    fn exceeding(&self, bound: f64, point: &[f64], scratch: &mut Vec<f64>) -> Option<f64> {
        let mut value = 0.0;
        if let Some(model) = self.objective {
            let guess = model.guess(point, scratch);
            if self.criterion.of(guess).0 <= bound {
                return None;
            }
            value = self.criterion.of(model.refine(guess, scratch)).0;
        }
        value += self.feasibility.map_or(0.0, |model| log_positive(model.predict(point, scratch)).0);
        (value > bound).then_some(value)
    }

    /// Moves to the best neighbour among discrete parameters, if that is better.
    fn visit_neighbours(&self, best: &mut Candidate, rng: &mut Rng) {
        let mut moves: Vec<(usize, Value)> = Vec::new();
        for (i, parameter) in self.space.parameters().iter().enumerate() {
            let value = &best.design.0[i];
            if !matches!(parameter.kind, Kind::Real { .. } | Kind::LogReal { .. })
                && *value != Value::Inactive
            {
                moves.extend(parameter.kind.neighbours(value).into_iter().map(|value| (i, value)));
            }
        }
        let from = best.design.clone();
        let mut scratch = Vec::new();
        for pick in rng.distinct(moves.len(), NEIGHBOURS) {
            let (i, value) = &moves[pick];
            let mut design = from.clone();
            design.0[*i] = value.clone();
            self.space.canonicalise(&mut design);
            // Parameters that come into play start anywhere.
            for (at, parameter) in self.space.parameters().iter().enumerate() {
                if from.0[at] == Value::Inactive && design.0[at] != Value::Inactive {
                    design.0[at] = parameter.kind.sample(rng);
                }
            }
            self.space.canonicalise(&mut design);
            self.adopt(best, design, &mut scratch);
        }
    }
}

/// The `count` best by value, best first; of equals, the first.
fn shortlist(candidates: &mut Vec<Candidate>, count: usize) {
    candidates.sort_by(|a, b| b.value.total_cmp(&a.value));
    candidates.truncate(count);
}

/// Mirrored at the ends of the unit interval.
fn reflected(x: f64) -> f64 {
    let x = if x < 0.0 { -x } else { x };
    (if x > 1.0 { 2.0 - x } else { x }).clamp(0.0, 1.0)
}
