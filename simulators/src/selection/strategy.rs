//! Strategies: a score for every set of candidates, and their order.

use std::collections::BTreeMap;

use super::beta::LogSum;
use super::consensus::{Consensus, ConsensusSet};
use super::error::SelectionError;
use super::matrix::PassMatrix;
use super::posterior::{Belief, Priors, Thetas};

/// Scores that are logarithms count as equal within this: the same products, added in another order.
const TIE: f64 = 1e-7;

/// The strategies that can be asked for by name.
pub const NAMES: [&str; 6] = ["b4", "b4-marginal", "codet", "max-pass", "mbr-exec", "random"];

/// How to choose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Strategy {
    /// All candidates are alike.
    Random,
    /// The candidates that pass most tests.
    MaxPass,
    /// The largest consensus set, whatever it passes.
    MbrExec,
    /// Tests passed times the square root of the number of candidates that pass exactly these (Chen et al. 2023).
    CodeT,
    /// The consensus set most probable as all of what is correct (B4, equations of section 4).
    B4(Priors),
    /// The candidates most probable to be correct under B4's priors, exactly.
    B4Marginal(Priors),
    /// As [`Strategy::B4Marginal`] with the probabilities themselves: what nobody can beat, on simulated verdicts only.
    Oracle(Thetas),
}

/// A set of candidates with its score.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranked {
    /// The candidates, ascending.
    pub candidates: Vec<usize>,
    /// Higher is better; the scale is the strategy's own.
    pub score: f64,
    /// Probability that any one of them is correct, given that some candidate is; none for heuristics.
    pub probability: Option<f64>,
}

/// All sets, best first, equal scores in order of the first candidate.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// The sets.
    pub sets: Vec<Ranked>,
    /// The candidates of all sets with the best score, ascending.
    pub top: Vec<usize>,
}

impl Ranking {
    /// Part of the best candidates that are correct: the expected success of choosing one of them (Pass@1).
    pub fn pass_at_1(&self, correct: &[bool]) -> f64 {
        let hits = self.top.iter().filter(|i| correct.get(**i).copied().unwrap_or(false)).count();
        hits as f64 / self.top.len().max(1) as f64
    }

    /// How many sets have the best score.
    pub fn tied(&self) -> usize {
        let mut left = self.top.len();
        let whole = |set: &&Ranked| {
            let fits = left >= set.candidates.len();
            left = left.saturating_sub(set.candidates.len());
            fits && !set.candidates.is_empty()
        };
        self.sets.iter().take_while(whole).count()
    }

    /// The best candidates, unless their probability of being correct is below `threshold` or unknown.
    pub fn unless_in_doubt(&self, threshold: f64) -> Option<&[usize]> {
        let probability = self.sets.first()?.probability?;
        (probability >= threshold).then_some(&self.top)
    }
}

impl Strategy {
    /// The strategy of that name, with these priors where it has any.
    ///
    /// # Errors
    /// For a name that is not among [`NAMES`].
    pub fn named(name: &str, priors: Priors) -> Result<Self, SelectionError> {
        match name {
            "b4" => Ok(Self::B4(priors)),
            "b4-marginal" => Ok(Self::B4Marginal(priors)),
            "codet" => Ok(Self::CodeT),
            "max-pass" => Ok(Self::MaxPass),
            "mbr-exec" => Ok(Self::MbrExec),
            "random" => Ok(Self::Random),
            _ => Err(SelectionError::UnknownStrategy { name: name.to_owned(), known: NAMES.join(", ") }),
        }
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::MaxPass => "max-pass",
            Self::MbrExec => "mbr-exec",
            Self::CodeT => "codet",
            Self::B4(_) => "b4",
            Self::B4Marginal(_) => "b4-marginal",
            Self::Oracle(_) => "oracle",
        }
    }

    /// Ranks the candidates of a matrix.
    pub fn rank(&self, matrix: &PassMatrix) -> Ranking {
        let heuristic = |score: &dyn Fn(&ConsensusSet) -> f64| {
            let sets = Consensus::of(matrix).sets;
            let scored = |set: ConsensusSet| Ranked {
                score: score(&set),
                candidates: set.candidates,
                probability: None,
            };
            ranking(sets.into_iter().map(scored).collect(), 0.0)
        };
        match *self {
            Self::Random => {
                let candidates = (0..matrix.rows()).collect();
                ranking(vec![Ranked { candidates, score: 1.0, probability: None }], 0.0)
            }
            Self::MaxPass => ranking(by_passes(matrix), 0.0),
            Self::MbrExec => heuristic(&|set| set.size() as f64),
            Self::CodeT => heuristic(&|set| set.tests as f64 * libm::sqrt(set.size() as f64)),
            Self::B4(priors) => believed(matrix, Belief::Priors(priors), true),
            Self::B4Marginal(priors) => believed(matrix, Belief::Priors(priors), false),
            Self::Oracle(thetas) => believed(matrix, Belief::Known(thetas), false),
        }
    }

    /// The scores alone, without probabilities: what the time of a selection goes into.
    pub fn best(&self, matrix: &PassMatrix) -> Vec<usize> {
        match *self {
            Self::B4(priors) => {
                let all = Consensus::of(matrix);
                let scores = joint(&all, Belief::Priors(priors));
                let best = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let tied = all.sets.iter().zip(&scores).filter(|(_, score)| **score >= best - TIE);
                let mut top: Vec<usize> = tied.flat_map(|(set, _)| set.candidates.iter().copied()).collect();
                top.sort_unstable();
                top
            }
            _ => self.rank(matrix).top,
        }
    }
}

/// Candidates with equal numbers of passes: unlike all others, this heuristic does not look at which.
fn by_passes(matrix: &PassMatrix) -> Vec<Ranked> {
    let mut groups: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for i in 0..matrix.rows() {
        groups.entry(matrix.row_passes(i)).or_default().push(i);
    }
    let ranked = |(passes, candidates)| Ranked { candidates, score: passes as f64, probability: None };
    groups.into_iter().map(ranked).collect()
}

fn joint(all: &Consensus, belief: Belief) -> Vec<f64> {
    all.sets.iter().map(|set| belief.ln_weight(all, set, set.size())).collect()
}

/// Ranks by the joint posterior of whole sets, or by the marginal one of candidates; probabilities are marginal.
fn believed(matrix: &PassMatrix, belief: Belief, by_joint: bool) -> Ranking {
    let all = Consensus::of(matrix);
    let marginals = belief.marginals(&all);
    let scores = if by_joint { joint(&all, belief) } else { marginals.iter().map(|(_, one)| *one).collect() };
    let mut total = LogSum::EMPTY;
    marginals.iter().for_each(|(whole, _)| total.add(*whole));
    let total = total.ln();
    // Verdicts that are impossible under known probabilities leave nothing to normalise.
    let probability = |one: f64| if total.is_finite() { libm::exp(one - total).min(1.0) } else { 0.0 };
    let sets = all.sets.into_iter().zip(scores).zip(marginals);
    let ranked = sets.map(|((set, score), (_, one))| Ranked {
        candidates: set.candidates,
        score: score.max(-f64::MAX),
        probability: Some(probability(one)),
    });
    ranking(ranked.collect(), TIE)
}

/// Sorts sets; scores within `tie` of the best are its equals.
fn ranking(mut sets: Vec<Ranked>, tie: f64) -> Ranking {
    sets.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.candidates.cmp(&b.candidates)));
    let best = sets.first().map_or(0.0, |set| set.score);
    let tied = sets.iter().take_while(|set| set.score >= best - tie);
    let mut top: Vec<usize> = tied.flat_map(|set| set.candidates.iter().copied()).collect();
    top.sort_unstable();
    Ranking { sets, top }
}
