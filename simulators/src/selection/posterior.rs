//! What B4 computes: how probable it is that a part of a consensus set is correct.
//!
//! The model: candidate i is correct with probability θx, test j with θy. A correct candidate passes the correct tests
//! and fails the others; a wrong one passes a correct test with probability θ1 and a wrong test with θ0. So the correct
//! candidates are a part of one consensus set, whose row says which tests are correct, and only their number counts.

use super::beta::{LogSum, ln_beta, ln_choose};
use super::consensus::{Consensus, ConsensusSet};
use super::error::SelectionError;

/// What is believed of the four probabilities before any verdict: θx, θy ~ Beta(α, 1), θ1 ~ Beta(1, 1), θ0 ~ Beta(1, β0).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Priors {
    alpha: f64,
    beta0: f64,
}

impl Priors {
    /// α above 1: candidates and tests are mostly right. β0 above 1: wrong candidates seldom pass wrong tests.
    ///
    /// # Errors
    /// Unless both are within 1e-3 to 1e12.
    pub fn new(alpha: f64, beta0: f64) -> Result<Self, SelectionError> {
        for (key, value) in [("alpha", alpha), ("beta0", beta0)] {
            if !(1e-3..=1e12).contains(&value) {
                return Err(SelectionError::Range { key, value, allowed: "a number from 0.001 to 1e12" });
            }
        }
        Ok(Self { alpha, beta0 })
    }

    /// α.
    pub fn alpha(&self) -> f64 {
        self.alpha
    }

    /// β0.
    pub fn beta0(&self) -> f64 {
        self.beta0
    }
}

impl Default for Priors {
    /// α = 1000, β0 = 100000: best for programs and tests written by one model.
    fn default() -> Self {
        Self { alpha: 1e3, beta0: 1e5 }
    }
}

/// The four probabilities themselves, known where verdicts are simulated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thetas {
    /// A candidate is correct.
    pub x: f64,
    /// A test is correct.
    pub y: f64,
    /// A wrong candidate passes a correct test.
    pub one: f64,
    /// A wrong candidate passes a wrong test.
    pub zero: f64,
}

impl Thetas {
    /// Refuses what is no probability.
    ///
    /// # Errors
    /// Unless all four are within 0 and 1.
    pub fn checked(self) -> Result<Self, SelectionError> {
        let all = [("theta_x", self.x), ("theta_y", self.y), ("theta_1", self.one), ("theta_0", self.zero)];
        match all.into_iter().find(|(_, value)| !(0.0..=1.0).contains(value)) {
            Some((key, value)) => Err(SelectionError::Range { key, value, allowed: "a probability" }),
            None => Ok(self),
        }
    }
}

/// What is known of the four probabilities.
#[derive(Debug, Clone, Copy)]
pub(super) enum Belief {
    Priors(Priors),
    Known(Thetas),
}

impl Belief {
    /// ln s_c(k): weight of `k` given candidates of the set being all the correct ones. At `k` = n it is B4's score.
    pub(super) fn ln_weight(self, all: &Consensus, set: &ConsensusSet, k: u64) -> f64 {
        let (n, m, k) = (set.size() as f64, set.tests as f64, k as f64);
        let (candidates, tests) = (all.candidates as f64, all.tests as f64);
        // The rest of the set counts as wrong candidates that pass all correct tests and no other.
        let (s1, s0) = (set.passes_inside as f64 + (n - k) * m, set.passes_outside as f64);
        let (wrong, rest) = (candidates - k, tests - m);
        let (f1, f0) = (wrong * m - s1, wrong * rest - s0);
        match self {
            Self::Priors(Priors { alpha, beta0 }) => {
                ln_beta(m + alpha, rest + 1.0)
                    + ln_beta(k + alpha, wrong + 1.0)
                    + ln_beta(s1 + 1.0, f1 + 1.0)
                    + ln_beta(s0 + 1.0, f0 + beta0)
            }
            Self::Known(theta) => {
                ln_chance(theta.y, m, rest)
                    + ln_chance(theta.x, k, wrong)
                    + ln_chance(theta.one, s1, f1)
                    + ln_chance(theta.zero, s0, f0)
            }
        }
    }

    /// For each set, ln of the weight of its being correct (Σ_k C(n,k) s(k)), and of one given candidate of it being
    /// correct (Σ_k C(n,k) (k/n) s(k)).
    pub(super) fn marginals(self, all: &Consensus) -> Vec<(f64, f64)> {
        let marginal = |set: &ConsensusSet| {
            let n = set.size();
            let (mut whole, mut one) = (LogSum::EMPTY, LogSum::EMPTY);
            for k in 1..=n {
                let term = ln_choose(n as f64, k as f64) + self.ln_weight(all, set, k);
                whole.add(term);
                one.add(term + libm::log(k as f64 / n as f64));
            }
            (whole.ln(), one.ln())
        };
        all.sets.iter().map(marginal).collect()
    }
}

/// ln of θ^hits (1-θ)^misses, where 0^0 = 1.
fn ln_chance(theta: f64, hits: f64, misses: f64) -> f64 {
    let part = |times: f64, chance: f64| if times == 0.0 { 0.0 } else { times * libm::log(chance) };
    part(hits, theta) + part(misses, 1.0 - theta)
}
