//! Steps in a vector of environments, for a policy to learn from.

use super::{Policy, Transition};
use crate::env::{Env, Info};
use crate::error::Error;
use crate::space::{Element, Space};
use crate::vector::{Autoreset, Seeding, VectorEnv, unstack};

/// Takes steps in several environments at once, episode after episode.
///
/// ```
/// # use rl_env::env::{Env, Info, Reset, Step};
/// # use rl_env::policy::Policy;
/// # use rl_env::space::{Element, Mask, Space};
/// # use rl_env::Error;
/// # struct Clock(Space, i64);
/// # impl Env for Clock {
/// #     fn action_space(&self) -> &Space { &self.0 }
/// #     fn observation_space(&self) -> &Space { &self.0 }
/// #     fn reset(&mut self, _: Option<u64>, _: &Info) -> Result<Reset, Error> {
/// #         self.1 = 0;
/// #         Ok(Reset { observation: Element::Discrete(0), info: Info::new() })
/// #     }
/// #     fn step(&mut self, action: &Element) -> Result<Step, Error> {
/// #         self.1 += 1;
/// #         let (observation, info) = (action.clone(), Info::new());
/// #         Ok(Step { observation, reward: 1.0, terminated: self.1 == 3, truncated: false, info })
/// #     }
/// # }
/// # struct Zero;
/// # impl Policy for Zero {
/// #     fn act(&mut self, _: &Element, _: Option<&Mask>) -> Result<Element, Error> {
/// #         Ok(Element::Discrete(0))
/// #     }
/// #     fn snapshot(&self) -> Result<serde_json::Value, Error> { Ok(serde_json::Value::Null) }
/// #     fn restore(&mut self, _: &serde_json::Value) -> Result<(), Error> { Ok(()) }
/// # }
/// use rl_env::policy::Collector;
///
/// // Two environments whose episodes last three steps.
/// let mut collector = Collector::new(vec![Clock(Space::discrete(2)?, 0), Clock(Space::discrete(2)?, 0)], 7)?;
/// let mut policy = Zero;
/// let collected = collector.collect(&mut policy, 4)?;
/// assert_eq!(collected.transitions.len(), 2 * 4);
/// assert_eq!(collected.returns, [3.0, 3.0]);
/// policy.learn(&collected.transitions)?;
/// # Ok::<(), rl_env::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Collector<E> {
    envs: VectorEnv<E>,
    observations: Vec<Element>,
    /// Rewards of the episodes that are going on.
    sums: Vec<f64>,
}

/// What a [`Collector`] brings.
#[derive(Debug, Clone, PartialEq)]
pub struct Collection {
    /// Stretches of equal length, one environment after the other. An episode that goes on after its stretch is
    /// `truncated` there.
    pub transitions: Vec<Transition>,
    /// Sums of the rewards of the episodes that ended, in the order they did.
    pub returns: Vec<f64>,
}

impl<E: Env> Collector<E> {
    /// Starts an episode in each environment, seeded with `seed`, `seed + 1`, …
    ///
    /// # Errors
    /// Those of [`VectorEnv::new`] and of the environments.
    pub fn new(envs: Vec<E>, seed: u64) -> Result<Self, Error> {
        let mut envs = VectorEnv::new(envs, Autoreset::Disabled)?;
        let reset = envs.reset(Seeding::From(seed), &Info::new())?;
        let observations = unstack(envs.single_observation_space(), &reset.observation, envs.len())?;
        let sums = vec![0.0; envs.len()];
        Ok(Self { envs, observations, sums })
    }

    /// Space of the actions of one environment.
    pub fn action_space(&self) -> &Space {
        self.envs.single_action_space()
    }

    /// Space of the observations of one environment.
    pub fn observation_space(&self) -> &Space {
        self.envs.single_observation_space()
    }

    /// Takes `steps` steps in each environment.
    ///
    /// # Errors
    /// Those of the environments and the policy.
    pub fn collect(
        &mut self,
        policy: &mut (impl Policy + ?Sized),
        steps: usize,
    ) -> Result<Collection, Error> {
        let mut stretches = vec![Vec::with_capacity(steps); self.envs.len()];
        let mut returns = Vec::new();
        for _ in 0..steps {
            self.advance(policy, &mut stretches, &mut returns)?;
        }
        for last in stretches.iter_mut().filter_map(|stretch| stretch.last_mut()) {
            last.truncated |= !last.terminated;
        }
        Ok(Collection { transitions: stretches.concat(), returns })
    }

    fn advance(
        &mut self,
        policy: &mut (impl Policy + ?Sized),
        stretches: &mut [Vec<Transition>],
        returns: &mut Vec<f64>,
    ) -> Result<(), Error> {
        let (masks, count) = (self.envs.action_masks(), self.envs.len());
        let act = |(observation, mask): (&Element, &Option<_>)| policy.act(observation, mask.as_ref());
        let actions = self.observations.iter().zip(&masks).map(act).collect::<Result<Vec<_>, _>>()?;
        let step = self.envs.step(&actions)?;
        let next = unstack(self.observation_space(), &step.observation, count)?;
        let seen = std::mem::replace(&mut self.observations, next);
        let over: Vec<bool> = step.terminated.iter().zip(&step.truncated).map(|(t, c)| *t || *c).collect();
        for (i, ((observation, mask), action)) in seen.into_iter().zip(masks).zip(actions).enumerate() {
            stretches[i].push(Transition {
                observation,
                mask,
                action,
                reward: step.rewards[i],
                next_observation: self.observations[i].clone(),
                terminated: step.terminated[i],
                truncated: step.truncated[i],
            });
            self.sums[i] += step.rewards[i];
            if over[i] {
                returns.push(std::mem::take(&mut self.sums[i]));
            }
        }
        if over.contains(&true) {
            let reset = self.envs.reset_where(&over, Seeding::Continue, &Info::new())?;
            self.observations = unstack(self.observation_space(), &reset.observation, count)?;
        }
        Ok(())
    }
}
