//! Rounds: designs proposed together, handed out in any portions, learnt from together.
//!
//! A method that thinks in rounds (a generation, a batch) proposes the same designs however many it is asked for
//! at once.

use std::collections::VecDeque;

use rl_env::Error;
use rl_env::agent::Trial;
use rl_env::design::{Design, DesignSpace};
use serde::{Deserialize, Serialize};

/// What an agent keeps of a trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Told {
    pub(crate) design: Design,
    /// `None` when infeasible.
    pub(crate) reward: Option<f64>,
    /// Coordinates of a Pareto objective, each to be maximised; empty otherwise and when infeasible.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) axes: Vec<f64>,
}

impl Told {
    /// The reward, infeasible designs below everything.
    pub(crate) fn fitness(&self) -> f64 {
        self.reward.unwrap_or(f64::NEG_INFINITY)
    }
}

impl From<&Trial> for Told {
    fn from(trial: &Trial) -> Self {
        Self { design: trial.design.clone(), reward: trial.reward, axes: trial.axes.clone() }
    }
}

/// The present round.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Round {
    /// Not asked for yet.
    waiting: VecDeque<Design>,
    /// Handed out and not told yet.
    asked: usize,
    told: Vec<Told>,
}

impl Round {
    /// Whether everything proposed was handed out: the next round may be proposed.
    pub(crate) fn is_served(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Starts a round of `designs`.
    pub(crate) fn start(&mut self, designs: impl IntoIterator<Item = Design>) {
        self.waiting.extend(designs);
    }

    /// The next `n` designs, or what is left of the round.
    pub(crate) fn serve(&mut self, n: usize) -> Vec<Design> {
        let count = n.min(self.waiting.len());
        self.asked += count;
        self.waiting.drain(..count).collect()
    }

    /// Takes in trials; gives those of the whole round, in order, once all of its designs are told.
    pub(crate) fn tell(&mut self, trials: &[Trial]) -> Option<Vec<Told>> {
        self.told.extend(trials.iter().map(Told::from));
        self.asked = self.asked.saturating_sub(trials.len());
        let over = self.asked == 0 && self.waiting.is_empty() && !self.told.is_empty();
        over.then(|| std::mem::take(&mut self.told))
    }

    /// Checks that the designs of a restored round are of the space.
    pub(crate) fn check(&self, agent: &'static str, space: &DesignSpace) -> Result<(), Error> {
        check_all(agent, space, self.waiting.iter().chain(self.told.iter().map(|told| &told.design)))
    }
}

/// Checks that the designs in an agent's restored state are of the space.
///
/// # Errors
/// [`Error::Snapshot`] for the first that is not.
pub(crate) fn check_all<'a>(
    agent: &'static str,
    space: &DesignSpace,
    mut designs: impl Iterator<Item = &'a Design>,
) -> Result<(), Error> {
    let foreign = |error: Error| Error::Snapshot { what: agent, problem: error.to_string() };
    designs.try_for_each(|design| space.check(design).map_err(foreign))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic anywhere")]

    use rl_env::design::Value;
    use rl_env::problem::Outcome;

    use super::*;

    fn design(i: i64) -> Design {
        Design(vec![Value::Integer(i)])
    }

    fn trial(design: &Design) -> Trial {
        let outcome = Outcome::Feasible([1.0].into());
        Trial { design: design.clone(), outcome, reward: Some(1.0), axes: Vec::new(), cached: false }
    }

    #[test]
    fn a_round_is_over_when_its_last_design_is_told() {
        let mut round = Round::default();
        round.start((0..5).map(design));
        for portion in [2, 2] {
            let asked = round.serve(portion);
            assert_eq!(asked.len(), 2);
            assert_eq!(round.tell(&asked.iter().map(trial).collect::<Vec<_>>()), None);
        }
        assert!(!round.is_served());
        let last = round.serve(7);
        assert!(round.is_served());
        let all = round.tell(&[trial(&last[0])]).unwrap();
        assert_eq!(
            all.iter().map(|told| told.design.clone()).collect::<Vec<_>>(),
            (0..5).map(design).collect::<Vec<_>>()
        );
        assert_eq!(round, Round::default());
    }

    #[test]
    fn trials_that_nobody_asked_for_are_a_round_of_their_own() {
        assert_eq!(Round::default().tell(&[trial(&design(3))]).unwrap().len(), 1);
    }
}
