//! Rewards as ranks, so that neither their scale nor their sign nor an outlier matters.

use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a policy makes of rewards before it learns from them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rewards {
    /// Takes them as they are.
    Raw,
    /// Replaces the last reward of each episode by its rank among those of the latest episodes, from −1 (worst) to 1
    /// (best); for episodes that are rewarded at their end, as those of a search are.
    Ranked,
}

/// The latest rewards.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ranking {
    latest: VecDeque<f64>,
}

impl Ranking {
    /// Takes in rewards and gives their ranks among themselves and at most `memory` earlier ones, from −1 to 1.
    pub(crate) fn rank(&mut self, rewards: &[f64], memory: usize) -> Vec<f64> {
        let keep = self.latest.len().min(memory);
        self.latest.drain(..self.latest.len() - keep);
        self.latest.extend(rewards);
        let sorted = sorted(self.latest.iter().copied());
        rewards.iter().map(|reward| rank_among(&sorted, *reward)).collect()
    }
}

/// Ascending, for [`rank_among`].
pub(crate) fn sorted(rewards: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sorted: Vec<f64> = rewards.collect();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// Rank of one of the rewards, from −1 (worst) to 1 (best); equal rewards share the mean of their ranks.
pub(crate) fn rank_among(sorted: &[f64], reward: f64) -> f64 {
    let below = sorted.partition_point(|other| other.total_cmp(&reward).is_lt());
    let above = sorted.len() - sorted.partition_point(|other| other.total_cmp(&reward).is_le());
    if sorted.len() < 2 { 0.0 } else { (below as f64 - above as f64) / (sorted.len() - 1) as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_do_not_depend_on_scale() {
        let mut ranking = Ranking::default();
        assert_eq!(ranking.rank(&[3.0, -f64::MAX, f64::MAX], 9), [0.0, -1.0, 1.0]);
        assert_eq!(Ranking::default().rank(&[-1.0, -3.0, 0.0], 9), [0.0, -1.0, 1.0]);
    }

    #[test]
    fn equal_rewards_share_their_rank() {
        assert_eq!(Ranking::default().rank(&[1.0, 1.0, 0.0, 2.0, 1.0], 0), [0.0, 0.0, -1.0, 1.0, 0.0]);
        assert_eq!(Ranking::default().rank(&[5.0], 0), [0.0]);
    }

    #[test]
    fn earlier_rewards_count_as_far_as_memory_goes() {
        let mut ranking = Ranking::default();
        ranking.rank(&[9.0, 1.0], 1);
        assert_eq!(ranking.rank(&[5.0], 1), [1.0]);
        assert_eq!(ranking.latest, [1.0, 5.0]);
    }
}
