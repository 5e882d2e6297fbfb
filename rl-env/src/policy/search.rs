//! A policy as a search method.

use std::collections::{BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Policy, Transition};
use crate::agent::{Agent, Context, Trial, from_snapshot, to_snapshot};
use crate::design::Design;
use crate::episode::Sequential;
use crate::error::Error;
use crate::seed::Rng;
use crate::space::Space;

/// Tries to build a design that was not built before.
const TRIES: usize = 12;

/// Designs remembered; then the memory starts anew, so that it is bounded.
const REMEMBERED: usize = 1 << 16;

/// A policy as a search method.
///
/// It works in rounds: the policy builds a round of designs, one decision at a time, and when all of them are told
/// it learns from their steps, the reward with the last of each design. `ask` hands out no more than the rest of
/// a round, so proposals do not depend on how many designs are asked for at once.
///
/// A design that it built before is worth nothing new, and a policy that has settled would build little else. So
/// such a design is built again, a few times, with more and more random decisions.
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
    rng: Rng,
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
    /// Hashes of the designs built.
    known: BTreeSet<u64>,
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
    rng: Rng,
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
        let rng = context.seed.stream("policy-agent");
        Ok(Self { policy, context, sequential, action_space, round, progress, rng })
    }

    /// The policy inside.
    pub fn policy(&self) -> &P {
        &self.policy
    }

    /// A design that was not built before, as far as a few tries can find one. The first two are the policy's own,
    /// the next two have one random decision, and so on; the last one is all random.
    fn build_new(&mut self) -> Result<Built, Error> {
        let mut built = self.build(&[])?;
        for attempt in 1..TRIES {
            if self.progress.is_new(&built.design) {
                return Ok(built);
            }
            let steps = built.steps.len();
            let count = if attempt + 1 < TRIES { attempt / 2 } else { steps };
            let random = self.rng.distinct(steps, count);
            built = self.build(&random)?;
        }
        Ok(built)
    }

    /// Lets the policy build one design, apart from the decisions that are taken at random.
    fn build(&mut self, random: &[usize]) -> Result<Built, Error> {
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
            let action = if random.contains(&steps.len()) {
                self.action_space.sample_masked(&mut self.rng, &mask)?
            } else {
                self.policy.act(&observation, Some(&mask))?
            };
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
    /// Whether no equal design was built before; notes it.
    fn is_new(&mut self, design: &Design) -> bool {
        if self.known.len() == REMEMBERED {
            self.known.clear();
        }
        let mut bytes = Vec::new();
        design.write_bytes(&mut bytes);
        // FNV-1a. Two designs with one hash cost a needless try, nothing else.
        let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        self.known.insert(bytes.iter().fold(0xcbf2_9ce4_8422_2325, mix))
    }

    fn reward(&mut self, trial: &Trial) -> f64 {
        let Some(reward) = trial.reward else {
            let below = |Range { worst, best }: Range| worst - (best - worst).max(1.0);
            return self.range.map_or(-1.0, below).max(-f64::MAX);
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
                let built = self.build_new()?;
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
        let (policy, progress, rng) = (self.policy.snapshot()?, self.progress.clone(), self.rng.clone());
        to_snapshot(&State { policy, progress, rng })
    }

    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        let State { policy, progress, rng } = from_snapshot("the policy agent", state)?;
        let mut built = progress.ready.iter().chain(&progress.asked);
        built.try_for_each(|built| self.context.space.check(&built.design))?;
        self.policy.restore(&policy)?;
        (self.progress, self.rng) = (progress, rng);
        Ok(())
    }
}
