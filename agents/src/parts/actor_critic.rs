//! Two networks, one that acts and one that guesses what is to come, and their descent.

use libm::exp;
use ndarray::Array2;
use rl_env::Error;
use rl_env::seed::Rng;
use rl_env::space::{Element, Mask, Space};
use serde::{Deserialize, Serialize};

use super::acting::{Actions, Observer};
use super::network::{Activation, Adam, Network, Shape, clip, entropy, log_softmax, sample};
use super::rollout::{Lesson, Rollout};

/// The form of both networks.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    pub(crate) layers: usize,
    pub(crate) units: usize,
    pub(crate) activation: Activation,
    /// See [`Shape::table`].
    pub(crate) table: Option<(usize, f64)>,
}

impl Form {
    /// A network of this form.
    pub(crate) fn network(&self, inputs: usize, outputs: usize, gain: f64, rng: &mut Rng) -> Network {
        let (hidden, activation) = (vec![self.units; self.layers], self.activation);
        Network::new(Shape { inputs, hidden, outputs, activation, gain, table: self.table }, rng)
    }
}

/// The table beside a network that builds designs, see [`Shape::table`]: the second half of its observation says which
/// decision is due. None without a gain.
///
/// # Errors
/// [`Error::Space`] for observations without a flat form.
pub(crate) fn table_of_decisions(gain: f64, observations: &Space) -> Result<Option<(usize, f64)>, Error> {
    Ok((gain > 0.0).then_some((observations.flatdim()? / 2, gain)))
}

/// Weights of the parts of the loss, and the size of a step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Descent {
    pub(crate) rate: f64,
    pub(crate) entropy: f64,
    pub(crate) value: f64,
    pub(crate) max_gradient: f64,
}

/// The networks and their optimisers.
#[derive(Debug, Clone)]
pub(crate) struct ActorCritic {
    pub(crate) observer: Observer,
    pub(crate) actions: Actions,
    actor: Network,
    critic: Network,
    actor_adam: Adam,
    critic_adam: Adam,
    pub(crate) rng: Rng,
}

/// What changes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct State {
    actor: Vec<f64>,
    critic: Vec<f64>,
    actor_adam: Adam,
    critic_adam: Adam,
    rng: Rng,
}

impl ActorCritic {
    /// For these spaces. The actor starts almost uniform.
    ///
    /// # Errors
    /// Those of spaces that networks cannot serve.
    pub(crate) fn new(
        form: &Form,
        actions: &Space,
        observations: &Space,
        mut rng: Rng,
    ) -> Result<Self, Error> {
        let (observer, actions) = (Observer::new(observations)?, Actions::new(actions)?);
        let actor = form.network(observer.size(), actions.outputs(), 0.01, &mut rng);
        let critic = form.network(observer.size(), 1, 1.0, &mut rng);
        let (actor_adam, critic_adam) =
            (Adam::new(actor.parameters().len()), Adam::new(critic.parameters().len()));
        Ok(Self { observer, actions, actor, critic, actor_adam, critic_adam, rng })
    }

    /// A random action, or the most probable one.
    pub(crate) fn act(
        &mut self,
        observation: &Element,
        mask: Option<&Mask>,
        greedy: bool,
    ) -> Result<Element, Error> {
        let mut outputs = self.actor.evaluate(&self.observer.features(observation)?);
        distribute(&self.actions, &mut outputs, &self.actions.open(mask)?);
        let rng = &mut self.rng;
        let choose = |logs: &[f64]| if greedy { argmax(logs) } else { sample(logs, rng) };
        let chosen: Vec<usize> =
            self.actions.heads().iter().map(|head| head.of(&outputs)).map(choose).collect();
        Ok(self.actions.element(&chosen))
    }

    /// The critic's guesses.
    pub(crate) fn values(&self, rollout: &Rollout) -> Vec<f64> {
        let rows: Vec<usize> = (0..rollout.len()).collect();
        self.critic.forward(rollout.inputs(&rows)).outputs.into_raw_vec_and_offset().0
    }

    /// The critic's guess.
    pub(crate) fn value(&self, features: &[f64]) -> f64 {
        self.critic.evaluate(features).first().copied().unwrap_or(0.0)
    }

    /// Logarithms of the probabilities of what was done.
    pub(crate) fn log_probabilities(&self, rollout: &Rollout) -> Vec<f64> {
        let rows: Vec<usize> = (0..rollout.len()).collect();
        let mut outputs = self.actor.forward(rollout.inputs(&rows)).outputs;
        let of_row = |(row, mut outputs): (usize, ndarray::ArrayViewMut1<'_, f64>)| {
            let (open, chosen) = rollout.choice(row);
            outputs.as_slice_mut().map_or(0.0, |outputs| {
                distribute(&self.actions, outputs, open);
                log_probability(&self.actions, outputs, chosen)
            })
        };
        outputs.rows_mut().into_iter().enumerate().map(of_row).collect()
    }

    /// One step down the gradient of the loss of these rows: `slope` gives the derivative of a row's loss by the
    /// logarithm of the probability of its action; entropy is rewarded, the critic's squared error punished.
    pub(crate) fn descend(
        &mut self,
        rollout: &Rollout,
        lesson: &Lesson,
        rows: &[usize],
        descent: Descent,
        slope: impl Fn(usize, f64) -> f64,
    ) {
        let (mut actor, mut critic) =
            (vec![0.0; self.actor.parameters().len()], vec![0.0; self.critic.parameters().len()]);
        let share = 1.0 / rows.len().max(1) as f64;
        let pass = self.actor.forward(rollout.inputs(rows));
        let mut slopes = pass.outputs.clone();
        for (row, mut outputs) in rows.iter().zip(slopes.rows_mut()) {
            let Some(outputs) = outputs.as_slice_mut() else { continue };
            let (open, chosen) = rollout.choice(*row);
            distribute(&self.actions, outputs, open);
            let log = log_probability(&self.actions, outputs, chosen);
            // What the policy cannot do (steps of another one) teaches it nothing.
            let slope = if log.is_finite() { slope(*row, log) } else { 0.0 };
            for (head, entry) in self.actions.heads().iter().zip(chosen) {
                loss_slopes(head.of_mut(outputs), *entry, share * slope, share * descent.entropy);
            }
        }
        self.actor.backward(&pass, slopes, &mut actor);
        let pass = self.critic.forward(rollout.inputs(rows));
        let error = |(i, row): (usize, &usize)| pass.outputs[[i, 0]] - lesson.returns[*row];
        let errors: Vec<f64> =
            rows.iter().enumerate().map(error).map(|e| 2.0 * descent.value * share * e).collect();
        let errors = Array2::from_shape_vec((rows.len(), 1), errors).unwrap_or_default();
        self.critic.backward(&pass, errors, &mut critic);
        // Targets that overflow give no finite gradient and are left out.
        if clip(&mut [&mut actor, &mut critic], descent.max_gradient) {
            self.actor_adam.step(self.actor.parameters_mut(), &actor, descent.rate);
            self.critic_adam.step(self.critic.parameters_mut(), &critic, descent.rate);
        }
    }

    pub(crate) fn state(&self) -> State {
        State {
            actor: self.actor.parameters().to_vec(),
            critic: self.critic.parameters().to_vec(),
            actor_adam: self.actor_adam.clone(),
            critic_adam: self.critic_adam.clone(),
            rng: self.rng.clone(),
        }
    }

    /// Takes up a state of the agent `what`.
    ///
    /// # Errors
    /// [`Error::Snapshot`] if it is one of other networks.
    pub(crate) fn restore(&mut self, what: &'static str, state: State) -> Result<(), Error> {
        state.actor_adam.check(what, self.actor.parameters().len())?;
        state.critic_adam.check(what, self.critic.parameters().len())?;
        self.actor.restore(what, state.actor)?;
        self.critic.restore(what, state.critic)?;
        (self.actor_adam, self.critic_adam) = (state.actor_adam, state.critic_adam);
        self.rng = state.rng;
        Ok(())
    }
}

/// Turns the outputs of each choice into logarithms of probabilities.
fn distribute(actions: &Actions, outputs: &mut [f64], open: &[bool]) {
    actions.heads().iter().for_each(|head| log_softmax(head.of_mut(outputs), head.of(open)));
}

fn log_probability(actions: &Actions, logs: &[f64], chosen: &[usize]) -> f64 {
    actions.heads().iter().zip(chosen).map(|(head, entry)| head.of(logs)[*entry]).sum()
}

/// Replaces logarithms of probabilities by the derivatives of the loss by the logits:
/// ∂ log p(a) / ∂z = 1{a} − p and ∂H / ∂z = −p (log p + H).
fn loss_slopes(logs: &mut [f64], entry: usize, slope: f64, entropy_weight: f64) {
    let entropy = entropy(logs);
    for (i, log) in logs.iter_mut().enumerate() {
        let p = exp(*log);
        let chosen = f64::from(i == entry);
        *log = if p > 0.0 {
            slope * (chosen - p) + entropy_weight * p * (*log + entropy)
        } else {
            slope * chosen
        };
    }
}

/// The first of the largest.
pub(crate) fn argmax(values: &[f64]) -> usize {
    let better = |best: usize, i: usize| if values[i] > values[best] { i } else { best };
    (1..values.len()).fold(0, better)
}

#[cfg(test)]
mod tests;
