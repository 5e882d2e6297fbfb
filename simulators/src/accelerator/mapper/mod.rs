//! A search for the best mapping of a layer: the same answer for the same seed, on any number of threads.
//!
//! A search is a number of restarts that know nothing of each other; whoever has threads runs them apart with
//! [`restart`] and takes the best with [`Found::best`].

mod candidate;

use super::architecture::{Architecture, MOST_LEVELS};
use super::evaluate::{Scratch, evaluate, evaluate_within};
use super::mapping::Mapping;
use super::nest::fits;
use super::problem::{DATA, Problem};
use super::violation::Violation;

use crate::random::Random;
use candidate::Candidate;

/// What a mapping is judged by; the second quantity breaks ties.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Goal {
    /// Cycles, then energy.
    #[default]
    Delay,
    /// Energy, then cycles.
    Energy,
    /// Energy times cycles, then energy.
    EnergyDelay,
}

/// How mappings are found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Method {
    /// Random mappings that fit, one after the other.
    RandomPruned,
    /// The best of a few random mappings, then small changes of factors, orders and bypasses that are kept unless
    /// they make it much worse, and at the end at all.
    #[default]
    LocalSearch,
}

/// Whether a level may keep a kind of data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Keep {
    /// It has to.
    #[default]
    Always,
    /// It must not.
    Never,
    /// As the search likes.
    Free,
}

/// What a level may keep, for every level and kind of data.
pub type Rules = [[Keep; DATA]; MOST_LEVELS];

/// A search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Search {
    /// What is best.
    pub goal: Goal,
    /// How it is found.
    pub method: Method,
    /// Mappings evaluated in each restart, for each prime factor of the layer's extents.
    pub effort: u32,
    /// Independent restarts.
    pub restarts: u32,
    /// Seed.
    pub seed: u64,
}

impl Default for Search {
    fn default() -> Self {
        Search { goal: Goal::Delay, method: Method::LocalSearch, effort: 32, restarts: 1, seed: 0 }
    }
}

/// The best mapping of a search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// The mapping.
    pub mapping: Mapping,
    /// Its cycles.
    pub cycles: u64,
    /// Its energy in pJ.
    pub energy_pj: f64,
    /// Mappings evaluated, those that do not fit included.
    pub evaluations: u64,
    /// What it is judged by.
    key: [f64; 2],
}

impl Found {
    /// The better one; the first of equals.
    #[must_use]
    pub fn best(self, other: Found) -> Found {
        let evaluations = self.evaluations + other.evaluations;
        let best = if better(other.key, self.key) { other } else { self };
        Found { evaluations, ..best }
    }
}

fn better(a: [f64; 2], b: [f64; 2]) -> bool {
    a[0] < b[0] || (a[0] == b[0] && a[1] < b[1])
}

/// Searches with all restarts, one after the other.
///
/// # Errors
/// The rule that even the mapping with all loops at the outermost level breaks: then none fits.
pub fn search(
    architecture: &Architecture,
    problem: &Problem,
    rules: &Rules,
    search: &Search,
    scratch: &mut Scratch,
) -> Result<Found, Violation> {
    let mut best = restart(architecture, problem, rules, search, 0, scratch)?;
    for place in 1..search.restarts {
        best = best.best(restart(architecture, problem, rules, search, place, scratch)?);
    }
    Ok(best)
}

/// One restart.
///
/// # Errors
/// As [`search`].
pub fn restart(
    architecture: &Architecture,
    problem: &Problem,
    rules: &Rules,
    search: &Search,
    place: u32,
    scratch: &mut Scratch,
) -> Result<Found, Violation> {
    let draw = Random::new(search.seed ^ u64::from(place).wrapping_mul(STREAMS));
    let mut climb = Climb { architecture, problem, rules, goal: search.goal, draw, scratch, evaluations: 0 };
    let (start, key) = climb.start()?;
    let budget = u64::from(search.effort) * start.factors().max(1);
    let (best, key) = match search.method {
        Method::RandomPruned => climb.best_of_random((start, key), budget),
        Method::LocalSearch => {
            let drawn = climb.best_of_random((start, key), budget / DRAWN_SHARE);
            climb.local(drawn, budget)
        }
    };
    let evaluations = climb.evaluations;
    let mapping = best.mapping;
    let (cycles, energy_pj) =
        evaluate(architecture, problem, &mapping, scratch).map(|found| (found.cycles, found.energy_pj))?;
    Ok(Found { mapping, cycles, energy_pj, evaluations, key })
}

/// One in so many evaluations of a local search looks for a start.
const DRAWN_SHARE: u64 = 3;

/// A change that makes it worse by this share is taken at the start of a local search; by nothing at its end.
const TOLERANCE: f64 = 0.05;

/// Keeps the streams of restarts apart.
const STREAMS: u64 = 0xd1b5_4a32_d192_ed03;

type Judged = (Candidate, [f64; 2]);

struct Climb<'a> {
    architecture: &'a Architecture,
    problem: &'a Problem,
    rules: &'a Rules,
    goal: Goal,
    draw: Random,
    scratch: &'a mut Scratch,
    evaluations: u64,
}

impl Climb<'_> {
    /// All loops at the outermost level.
    fn start(&mut self) -> Result<Judged, Violation> {
        let start = Candidate::outermost(self.architecture, self.problem.layer(), self.rules);
        let key = self.judge(&start, f64::INFINITY)?;
        Ok((start, key.unwrap_or([f64::INFINITY; 2])))
    }

    /// What a candidate is judged by; nothing if it cannot run, or surely exceeds `most` in the first quantity.
    fn judge(&mut self, candidate: &Candidate, most: f64) -> Result<Option<[f64; 2]>, Violation> {
        self.evaluations += 1;
        let cycles = if self.goal == Goal::Delay { most } else { f64::INFINITY };
        let (architecture, problem, mapping) = (self.architecture, self.problem, &candidate.mapping);
        let found = evaluate_within(architecture, problem, mapping, self.scratch, cycles)?;
        Ok(found.map(|found| match self.goal {
            Goal::Delay => [found.cycles as f64, found.energy_pj],
            Goal::Energy => [found.energy_pj, found.cycles as f64],
            Goal::EnergyDelay => [found.energy_delay(), found.energy_pj],
        }))
    }

    fn best_of_random(&mut self, start: Judged, budget: u64) -> Judged {
        let (outermost, mut best) = (start.0.clone(), start);
        while self.evaluations < budget {
            let mut candidate = outermost.clone();
            candidate.scatter(self.architecture, self.rules, &mut self.draw, &mut |candidate| {
                fits(self.architecture, self.problem, &candidate.mapping)
            });
            if let Ok(Some(key)) = self.judge(&candidate, best.1[0])
                && better(key, best.1)
            {
                best = (candidate, key);
            }
        }
        best
    }

    fn local(&mut self, start: Judged, budget: u64) -> Judged {
        let (mut current, mut best) = (start.clone(), start);
        let (first, mut candidate) = (self.evaluations, current.0.clone());
        while self.evaluations < budget {
            let left = 1.0 - (self.evaluations - first) as f64 / (budget - first) as f64;
            candidate.clone_from(&current.0);
            candidate.change(self.architecture, self.rules, &mut self.draw);
            let worst = current.1[0] * (1.0 + TOLERANCE * left * left * self.draw.share());
            let Ok(Some(key)) = self.judge(&candidate, worst) else { continue };
            if better(key, current.1) || key[0] < worst || key == current.1 {
                std::mem::swap(&mut current.0, &mut candidate);
                current.1 = key;
                if better(key, best.1) {
                    best.0.clone_from(&current.0);
                    best.1 = key;
                }
            }
        }
        best
    }
}
