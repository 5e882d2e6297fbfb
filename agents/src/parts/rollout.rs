//! Steps that a policy took, as rows for its networks, and what they were worth.

use ndarray::Array2;
use rl_env::Error;
use rl_env::policy::Transition;
use serde::{Deserialize, Serialize};

use super::acting::{Actions, Observer};
use super::ranking::Ranking;

/// Steps in order, whole episodes or stretches of them.
#[derive(Debug)]
pub(crate) struct Rollout {
    pub(crate) features: Vec<Vec<f64>>,
    pub(crate) open: Vec<Vec<bool>>,
    pub(crate) chosen: Vec<Vec<usize>>,
    pub(crate) rewards: Vec<f64>,
    pub(crate) ends: Vec<End>,
}

/// What follows a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum End {
    /// The next row.
    Next,
    Terminated,
    /// Something unseen, whose value is to be guessed from these inputs.
    Cut(Vec<f64>),
}

/// What a rollout teaches, row by row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lesson {
    /// How much better an action was than expected.
    pub(crate) advantages: Vec<f64>,
    /// What the value should have been.
    pub(crate) returns: Vec<f64>,
}

impl Rollout {
    /// Reads transitions; the last of them ends a stretch even where the episode goes on.
    ///
    /// # Errors
    /// Those of spaces and masks that do not fit.
    pub(crate) fn read(
        observer: &Observer,
        actions: &Actions,
        transitions: &[Transition],
    ) -> Result<Self, Error> {
        let count = transitions.len();
        let mut rollout = Self {
            features: Vec::with_capacity(count),
            open: Vec::with_capacity(count),
            chosen: Vec::with_capacity(count),
            rewards: transitions.iter().map(|transition| transition.reward).collect(),
            ends: Vec::with_capacity(count),
        };
        for (i, transition) in transitions.iter().enumerate() {
            rollout.features.push(observer.features(&transition.observation)?);
            rollout.open.push(actions.open(transition.mask.as_ref())?);
            rollout.chosen.push(actions.chosen(&transition.action)?);
            rollout.ends.push(match transition {
                Transition { terminated: true, .. } => End::Terminated,
                Transition { truncated: false, .. } if i + 1 < count => End::Next,
                _ => End::Cut(observer.features(&transition.next_observation)?),
            });
        }
        Ok(rollout)
    }

    /// Replaces the last reward of every episode by its rank.
    pub(crate) fn rank(&mut self, ranking: &mut Ranking, memory: usize) {
        let last: Vec<usize> = (0..self.len()).filter(|row| self.ends[*row] != End::Next).collect();
        let rewards: Vec<f64> = last.iter().map(|row| self.rewards[*row]).collect();
        let ranks = ranking.rank(&rewards, memory);
        last.into_iter().zip(ranks).for_each(|(row, rank)| self.rewards[row] = rank);
    }

    pub(crate) fn len(&self) -> usize {
        self.rewards.len()
    }

    /// The inputs of these rows.
    pub(crate) fn inputs(&self, rows: &[usize]) -> Array2<f64> {
        stack(rows.iter().map(|row| &self.features[*row][..]), rows.len())
    }

    /// The open outputs and the entries chosen in a row.
    pub(crate) fn choice(&self, row: usize) -> (&[bool], &[usize]) {
        (&self.open[row], &self.chosen[row])
    }

    /// Generalised advantage estimation (Schulman et al. 2016, equation 16), with the values of all rows and a
    /// guess at the value of what was cut off.
    pub(crate) fn lesson(
        &self,
        values: &[f64],
        guess: impl Fn(&[f64]) -> f64,
        discount: f64,
        lambda: f64,
    ) -> Lesson {
        let mut advantages = vec![0.0; self.len()];
        let mut next = (0.0, 0.0);
        for row in (0..self.len()).rev() {
            let (value, advantage) = match &self.ends[row] {
                End::Next => next,
                End::Terminated => (0.0, 0.0),
                End::Cut(features) => (guess(features), 0.0),
            };
            let error = self.rewards[row] + discount * value - values[row];
            advantages[row] = error + discount * lambda * advantage;
            next = (values[row], advantages[row]);
        }
        let returns = advantages.iter().zip(values).map(|(advantage, value)| advantage + value).collect();
        Lesson { advantages, returns }
    }
}

impl Lesson {
    /// Advantages of mean 0 and variance 1; all 0 where there is nothing to tell apart.
    pub(crate) fn standardise(&mut self) {
        let count = self.advantages.len().max(1) as f64;
        let mean = self.advantages.iter().sum::<f64>() / count;
        let variance = self.advantages.iter().map(|a| (a - mean) * (a - mean)).sum::<f64>() / count;
        let scale = 1.0 / (variance.sqrt() + 1e-8);
        self.advantages.iter_mut().for_each(|advantage| {
            let standard = (*advantage - mean) * scale;
            *advantage = if standard.is_finite() { standard } else { 0.0 };
        });
    }
}

/// Rows as one array.
pub(crate) fn stack<'a>(rows: impl Iterator<Item = &'a [f64]>, count: usize) -> Array2<f64> {
    let mut values = Vec::new();
    rows.for_each(|row| values.extend_from_slice(row));
    let width = values.len().checked_div(count).unwrap_or(0);
    // Rows of one observer are equally long.
    Array2::from_shape_vec((count, width), values).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic anywhere")]

    use rl_env::space::{Element, Space};

    use super::*;

    /// Steps from 0 upwards, with these rewards and ends.
    fn rollout(steps: &[(f64, bool, bool)]) -> Rollout {
        let observer = Observer::new(&Space::interval(0.0, 9.0).unwrap()).unwrap();
        let actions = Actions::new(&Space::discrete(2).unwrap()).unwrap();
        let step = |(i, (reward, terminated, truncated)): (usize, &(f64, bool, bool))| Transition {
            observation: Element::Real(vec![i as f64]),
            mask: None,
            action: Element::Discrete(1),
            reward: *reward,
            next_observation: Element::Real(vec![i as f64 + 0.5]),
            terminated: *terminated,
            truncated: *truncated,
        };
        let transitions: Vec<Transition> = steps.iter().enumerate().map(step).collect();
        Rollout::read(&observer, &actions, &transitions).unwrap()
    }

    #[test]
    fn advantages_are_those_of_the_equation() {
        let rollout = rollout(&[(1.0, false, false), (2.0, true, false), (4.0, false, false)]);
        let lesson = rollout.lesson(&[10.0, 20.0, 30.0], |features| 100.0 + features[0], 0.5, 0.8);
        // δ₁ = 2 − 20, δ₀ = 1 + 0.5·20 − 10, δ₂ = 4 + 0.5·102.5 − 30: the stretch goes on unseen.
        assert_eq!(lesson.advantages, [1.0 + 0.4 * -18.0, -18.0, 25.25]);
        assert_eq!(lesson.returns, [11.0 + 0.4 * -18.0, 2.0, 55.25]);
    }

    #[test]
    fn a_truncated_episode_goes_on_unseen_and_a_terminated_one_ends() {
        let guess = |_: &[f64]| 7.0;
        let cut = rollout(&[(1.0, false, true), (0.0, true, false)]);
        assert_eq!(cut.lesson(&[0.0, 0.0], guess, 1.0, 1.0).returns, [8.0, 0.0]);
        let ended = rollout(&[(1.0, true, false), (0.0, true, false)]);
        assert_eq!(ended.lesson(&[0.0, 0.0], guess, 1.0, 1.0).returns, [1.0, 0.0]);
    }

    #[test]
    fn equal_advantages_teach_nothing() {
        let mut lesson = Lesson { advantages: vec![3.0; 4], returns: Vec::new() };
        lesson.standardise();
        assert_eq!(lesson.advantages, [0.0; 4]);
        lesson.advantages = vec![1.0, 3.0];
        lesson.standardise();
        assert!((lesson.advantages[0] + 1.0).abs() < 1e-7 && (lesson.advantages[1] - 1.0).abs() < 1e-7);
    }
}
