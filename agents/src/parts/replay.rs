//! A memory of steps to learn from again and again.

use std::collections::VecDeque;

use rl_env::Error;
use serde::{Deserialize, Serialize};

use super::acting::{Actions, Observer};
use super::ranking::{Rewards, rank_among, sorted};
use super::rollout::{End, Rollout};

/// Steps in the order they were taken, the oldest forgotten first.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Replay {
    rows: VecDeque<Row>,
}

/// One step. Its successor is the next row, unless its end says otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    pub(crate) features: Vec<f64>,
    pub(crate) open: Vec<bool>,
    pub(crate) chosen: Vec<usize>,
    reward: f64,
    end: End,
}

/// What followed a step: rewards, and the state whose value is to be added.
#[derive(Debug, PartialEq)]
pub(crate) struct Future<'a> {
    /// Discounted sum of the rewards.
    pub(crate) reward: f64,
    /// Inputs of the state then, with its open outputs where they are known, and the discount of its value. None
    /// after the end of an episode.
    pub(crate) then: Option<Then<'a>>,
}

/// A state with the outputs open in it and the discount of its value.
pub(crate) type Then<'a> = (&'a [f64], Option<&'a [bool]>, f64);

impl Replay {
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn row(&self, index: usize) -> &Row {
        &self.rows[index]
    }

    /// Adds steps and forgets the oldest beyond `capacity`.
    pub(crate) fn extend(&mut self, rollout: Rollout, capacity: usize) {
        let Rollout { features, open, chosen, rewards, ends } = rollout;
        let rows = features.into_iter().zip(open).zip(chosen).zip(rewards).zip(ends);
        self.rows.extend(rows.map(|((((features, open), chosen), reward), end)| Row {
            features,
            open,
            chosen,
            reward,
            end,
        }));
        let excess = self.rows.len().saturating_sub(capacity);
        self.rows.drain(..excess);
    }

    /// The rewards of all rows as they are to be learnt.
    pub(crate) fn rewards(&self, rewards: Rewards) -> Vec<f64> {
        let last = |row: &&Row| row.end != End::Next;
        let sorted = match rewards {
            Rewards::Raw => return self.rows.iter().map(|row| row.reward).collect(),
            Rewards::Ranked => sorted(self.rows.iter().filter(last).map(|row| row.reward)),
        };
        let ranked = |row: &Row| if last(&row) { rank_among(&sorted, row.reward) } else { row.reward };
        self.rows.iter().map(ranked).collect()
    }

    /// What followed a row within at most `steps` (at least 1) steps.
    pub(crate) fn future(&self, row: usize, rewards: &[f64], steps: usize, discount: f64) -> Future<'_> {
        let (mut reward, mut factor) = (0.0, 1.0);
        for (i, row) in self.rows.iter().enumerate().skip(row).take(steps) {
            reward += factor * rewards[i];
            factor *= discount;
            match &row.end {
                End::Next => {}
                End::Terminated => return Future { reward, then: None },
                End::Cut(features) => return Future { reward, then: Some((features, None, factor)) },
            }
        }
        // The last row is the end of something, so there is a next one.
        let next = self.rows.get(row + steps);
        let then = next.map(|row| (&row.features[..], Some(&row.open[..]), factor));
        Future { reward, then }
    }

    /// Checks that restored rows fit the spaces.
    ///
    /// # Errors
    /// [`Error::Snapshot`] if they do not.
    pub(crate) fn check(
        &self,
        what: &'static str,
        observer: &Observer,
        actions: &Actions,
    ) -> Result<(), Error> {
        let inputs =
            |features: &[f64]| features.len() == observer.size() && features.iter().all(|x| x.is_finite());
        let fits = |row: &Row| {
            let heads = actions.heads();
            inputs(&row.features)
                && row.open.len() == actions.outputs()
                && row.chosen.len() == heads.len()
                && heads.iter().zip(&row.chosen).all(|(head, entry)| *entry < head.size)
                && if let End::Cut(features) = &row.end { inputs(features) } else { true }
        };
        let ends = self.rows.back().is_none_or(|row| row.end != End::Next);
        if ends && self.rows.iter().all(fits) {
            return Ok(());
        }
        Err(Error::Snapshot { what, problem: "its memory holds steps of other spaces".into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rewards 1, 2, 4, … and these ends.
    fn replay(ends: &[End]) -> Replay {
        let mut replay = Replay::default();
        let count = ends.len();
        let rollout = Rollout {
            features: (0..count).map(|i| vec![i as f64]).collect(),
            open: vec![vec![true]; count],
            chosen: vec![vec![0]; count],
            rewards: (0..count).map(|i| f64::from(1 << i)).collect(),
            ends: ends.to_vec(),
        };
        replay.extend(rollout, 4);
        replay
    }

    #[test]
    fn the_future_ends_with_the_steps_the_episode_or_the_stretch() {
        let replay = replay(&[End::Next, End::Next, End::Terminated, End::Cut(vec![9.0])]);
        let rewards = replay.rewards(Rewards::Raw);
        let future = |row, steps| replay.future(row, &rewards, steps, 0.5);
        assert_eq!(future(0, 1), Future { reward: 1.0, then: Some((&[1.0], Some(&[true]), 0.5)) });
        assert_eq!(future(0, 2), Future { reward: 2.0, then: Some((&[2.0], Some(&[true]), 0.25)) });
        assert_eq!(future(0, 99), Future { reward: 3.0, then: None });
        assert_eq!(future(3, 99), Future { reward: 8.0, then: Some((&[9.0], None, 0.5)) });
    }

    #[test]
    fn the_oldest_steps_are_forgotten() {
        let replay = replay(&[End::Next, End::Next, End::Terminated, End::Terminated, End::Terminated]);
        assert_eq!((replay.len(), replay.row(0).features[0]), (4, 1.0));
        // Ranks of 4, 8 and 16, the ends; the other reward stays.
        assert_eq!(replay.rewards(Rewards::Ranked), [2.0, -1.0, 0.0, 1.0]);
    }
}
