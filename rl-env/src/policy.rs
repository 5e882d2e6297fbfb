//! Policies: they act in an environment step by step and learn from transitions.
//!
//! [`PolicyAgent`] turns a policy into a search method: it builds designs in the sequential form
//! ([`Sequential`]) and learns from their rewards.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::agent::{Agent, Context, Trial, from_snapshot, to_snapshot};
use crate::design::Design;
use crate::env::{Env, Info};
use crate::episode::Sequential;
use crate::error::Error;
use crate::space::{Element, Mask, Space};

/// One step as a policy saw it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transition {
    /// What was seen before the action.
    pub observation: Element,
    /// What was legal then; `None` means everything.
    pub mask: Option<Mask>,
    /// What was done.
    pub action: Element,
    /// What it brought.
    pub reward: f64,
    /// What was seen after it.
    pub next_observation: Element,
    /// The episode reached an end of its own: no value follows.
    pub terminated: bool,
    /// The episode was cut off: a value is still to be expected after `next_observation`.
    pub truncated: bool,
}

/// A way to act, learnt or not.
///
/// Implementers own their randomness and must be reproducible from it; they need *not* handle resets, episodes
/// or the loop. Transitions come in whole episodes, in order.
///
/// ```
/// use rl_env::policy::Policy;
/// use rl_env::seed::Rng;
/// use rl_env::space::{Element, Mask, Space};
///
/// /// Acts at random.
/// struct Uniform(Space, Rng);
///
/// impl Policy for Uniform {
///     fn act(&mut self, _: &Element, mask: Option<&Mask>) -> Result<Element, rl_env::Error> {
///         Ok(match mask {
///             Some(mask) => self.0.sample_masked(&mut self.1, mask)?,
///             None => self.0.sample(&mut self.1),
///         })
///     }
///     fn snapshot(&self) -> Result<serde_json::Value, rl_env::Error> {
///         rl_env::agent::to_snapshot(&self.1)
///     }
///     fn restore(&mut self, state: &serde_json::Value) -> Result<(), rl_env::Error> {
///         self.1 = rl_env::agent::from_snapshot("the uniform policy", state)?;
///         Ok(())
///     }
/// }
/// ```
pub trait Policy: Send {
    /// Chooses an action that the mask allows.
    ///
    /// # Errors
    /// [`Error::Agent`] when the method cannot go on.
    fn act(&mut self, observation: &Element, mask: Option<&Mask>) -> Result<Element, Error>;

    /// Chooses the action that seems best, without exploring; for evaluation.
    ///
    /// # Errors
    /// [`Error::Agent`] when the method cannot go on.
    fn act_greedily(&mut self, observation: &Element, mask: Option<&Mask>) -> Result<Element, Error> {
        self.act(observation, mask)
    }

    /// Learns from steps taken.
    ///
    /// # Errors
    /// [`Error::Agent`] when the method cannot go on.
    fn learn(&mut self, transitions: &[Transition]) -> Result<(), Error> {
        let _ = transitions;
        Ok(())
    }

    /// The whole state between two episodes.
    ///
    /// # Errors
    /// [`Error::Snapshot`] if the state cannot be written.
    fn snapshot(&self) -> Result<Json, Error>;

    /// Takes up a state that [`snapshot`](Policy::snapshot) gave for the same configuration.
    ///
    /// # Errors
    /// [`Error::Snapshot`] if it is not such a state.
    fn restore(&mut self, state: &Json) -> Result<(), Error>;
}

/// Plays one episode, without learning. The environment has to end its episodes (see
/// [`TimeLimit`](crate::wrappers::TimeLimit)).
///
/// # Errors
/// Those of the environment and the policy.
pub fn play(
    env: &mut (impl Env + ?Sized),
    policy: &mut (impl Policy + ?Sized),
    seed: Option<u64>,
) -> Result<Vec<Transition>, Error> {
    let mut observation = env.reset(seed, &Info::new())?.observation;
    let mut transitions = Vec::new();
    loop {
        let mask = env.action_mask();
        let action = policy.act(&observation, mask.as_ref())?;
        let step = env.step(&action)?;
        let done = step.done();
        transitions.push(Transition {
            observation: std::mem::replace(&mut observation, step.observation.clone()),
            mask,
            action,
            reward: step.reward,
            next_observation: step.observation,
            terminated: step.terminated,
            truncated: step.truncated,
        });
        if done {
            return Ok(transitions);
        }
    }
}

/// A policy as a search method.
///
/// It works in rounds: the policy builds a round of designs, one decision at a time, and when all of them are told
/// it learns from their steps, the reward with the last of each design. `ask` hands out no more than the rest of
/// a round, so proposals do not depend on how many designs are asked for at once.
///
/// An infeasible design is rewarded with the worst feasible reward so far, less the distance
/// between the best and the worst (at least 1): clearly worse than anything seen, and of the same scale.
/// Before the first feasible design that is −1.
///
/// ```
/// # use rl_env::policy::Policy;
/// # use rl_env::seed::Rng;
/// # use rl_env::space::{Element, Mask, Space};
/// # struct Uniform(Space, Rng);
/// # impl Policy for Uniform {
/// #     fn act(&mut self, _: &Element, mask: Option<&Mask>) -> Result<Element, rl_env::Error> {
/// #         Ok(self.0.sample_masked(&mut self.1, mask.unwrap_or(&Mask::Free))?)
/// #     }
/// #     fn snapshot(&self) -> Result<serde_json::Value, rl_env::Error> {
/// #         rl_env::agent::to_snapshot(&self.1)
/// #     }
/// #     fn restore(&mut self, state: &serde_json::Value) -> Result<(), rl_env::Error> {
/// #         self.1 = rl_env::agent::from_snapshot("the uniform policy", state)?;
/// #         Ok(())
/// #     }
/// # }
/// use std::sync::Arc;
///
/// use rl_env::agent::{Agent, Context};
/// use rl_env::design::{DesignSpace, Parameter};
/// use rl_env::policy::PolicyAgent;
/// use rl_env::seed::Seed;
///
/// let space = Arc::new(DesignSpace::new(vec![
///     Parameter::choice("page_policy", ["open", "closed"]),
///     Parameter::integer("queue_depth", 1, 8),
/// ])?);
/// let context = Context { space: space.clone(), seed: Seed(1), budget: 100, axes: 0 };
/// let mut agent = PolicyAgent::new(&context, 32, 10, |actions, _observations| {
///     Ok(Uniform(actions.clone(), context.seed.stream("policy")))
/// })?;
/// assert!(agent.ask(10)?.iter().all(|design| space.contains(design)));
/// # Ok::<(), rl_env::Error>(())
/// ```
#[derive(Debug)]
pub struct PolicyAgent<P> {
    policy: P,
    context: Context,
    sequential: Sequential,
    action_space: Space,
    /// Designs of a round.
    round: usize,
    progress: Progress,
}

/// A design with the steps that led to it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Built {
    design: Design,
    steps: Vec<Transition>,
}

/// How far a round has got.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Progress {
    /// Not asked for yet.
    ready: VecDeque<Built>,
    /// Asked for but not told yet.
    asked: VecDeque<Built>,
    /// Steps of the designs told.
    told: Vec<Transition>,
    range: Option<Range>,
}

/// The feasible rewards so far.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    worst: f64,
    best: f64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    policy: Json,
    progress: Progress,
}

impl<P: Policy> PolicyAgent<P> {
    /// Searches the context's space, reals divided into `resolution` levels, with the policy that `build` makes for
    /// the spaces of actions and observations. The policy learns after every `round` designs.
    ///
    /// # Errors
    /// [`Error::Value`] for fewer than 2 levels or an empty round, [`Error::Declaration`] if the space has no legal design, and those
    /// of `build`.
    pub fn new(
        context: &Context,
        resolution: u64,
        round: usize,
        build: impl FnOnce(&Space, &Space) -> Result<P, Error>,
    ) -> Result<Self, Error> {
        if resolution < 2 {
            return Err(Error::value("resolution", resolution, "at least 2 levels"));
        }
        if round == 0 {
            return Err(Error::value("round", round, "at least 1 design"));
        }
        let sequential = Sequential::new(&context.space, resolution)?;
        let action_space = sequential.action_space()?;
        let policy = build(&action_space, &sequential.observation_space()?)?;
        let (context, progress) = (context.clone(), Progress::default());
        Ok(Self { policy, context, sequential, action_space, round, progress })
    }

    /// The policy inside.
    pub fn policy(&self) -> &P {
        &self.policy
    }

    /// Lets the policy build one design.
    fn build(&mut self) -> Result<Built, Error> {
        let space = &*self.context.space;
        let mut partial = self.sequential.start(space);
        let mut observation = self.sequential.observe(space, &partial);
        let mut steps: Vec<Transition> = Vec::new();
        loop {
            let open = partial.legal();
            if !open.contains(&true) {
                break;
            }
            let mask = self.sequential.mask(&open);
            let action = self.policy.act(&observation, Some(&mask))?;
            self.action_space.check(&action)?;
            let level = action.as_discrete().map_or(0, i64::unsigned_abs);
            if !open.get(level as usize).copied().unwrap_or(false) {
                return Err(Error::value("action", level, "a level that the action mask leaves open"));
            }
            partial.choose(level)?;
            let next_observation = self.sequential.observe(space, &partial);
            steps.push(Transition {
                observation: std::mem::replace(&mut observation, next_observation.clone()),
                mask: Some(mask),
                action,
                reward: 0.0,
                next_observation,
                terminated: false,
                truncated: false,
            });
        }
        if let Some(last) = steps.last_mut() {
            last.terminated = true;
        }
        Ok(Built { design: partial.into_design(), steps })
    }

    /// Learns from what was told of the round.
    fn learn(&mut self) -> Result<(), Error> {
        let steps = std::mem::take(&mut self.progress.told);
        if steps.is_empty() { Ok(()) } else { self.policy.learn(&steps) }
    }
}

impl Progress {
    fn reward(&mut self, trial: &Trial) -> f64 {
        let Some(reward) = trial.reward else {
            return self.range.map_or(-1.0, |Range { worst, best }| worst - (best - worst).max(1.0));
        };
        let Range { worst, best } = self.range.unwrap_or(Range { worst: reward, best: reward });
        self.range = Some(Range { worst: worst.min(reward), best: best.max(reward) });
        reward
    }

    fn tell(&mut self, trial: &Trial) {
        let reward = self.reward(trial);
        if self.asked.front().is_none_or(|built| built.design != trial.design) {
            return;
        }
        let Some(built) = self.asked.pop_front() else { return };
        self.told.extend(built.steps);
        if let Some(last) = self.told.last_mut() {
            last.reward = reward;
        }
    }
}

impl<P: Policy> Agent for PolicyAgent<P> {
    /// Designs asked for before and never told are forgotten.
    fn ask(&mut self, n: usize) -> Result<Vec<Design>, Error> {
        self.progress.asked.clear();
        if self.progress.ready.is_empty() {
            self.learn()?;
            for _ in 0..self.round {
                let built = self.build()?;
                self.progress.ready.push_back(built);
            }
        }
        let Progress { ready, asked, .. } = &mut self.progress;
        asked.extend(ready.drain(..n.min(ready.len())));
        Ok(asked.iter().map(|built| built.design.clone()).collect())
    }

    /// Trials of designs that were not asked, such as those of a warm start, teach only the range of rewards.
    fn tell(&mut self, trials: &[Trial]) -> Result<(), Error> {
        trials.iter().for_each(|trial| self.progress.tell(trial));
        let over = self.progress.ready.is_empty() && self.progress.asked.is_empty();
        if over { self.learn() } else { Ok(()) }
    }

    fn batch(&self) -> usize {
        self.round
    }

    fn snapshot(&self) -> Result<Json, Error> {
        to_snapshot(&State { policy: self.policy.snapshot()?, progress: self.progress.clone() })
    }

    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        let State { policy, progress } = from_snapshot("the policy agent", state)?;
        let mut built = progress.ready.iter().chain(&progress.asked);
        built.try_for_each(|built| self.context.space.check(&built.design))?;
        self.policy.restore(&policy)?;
        self.progress = progress;
        Ok(())
    }
}
