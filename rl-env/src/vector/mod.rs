//! Vectors of environments: many copies stepped at once, on one thread or all of them.
//!
//! Semantics are those of gymnasium 1.4's `SyncVectorEnv`, all three autoreset modes included. Threads change only
//! the time it takes: results are ordered by environment and equal to the last bit.

mod infos;
mod unstack;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::agent::from_snapshot;
use crate::env::{Env, Info, Reset, Step};
use crate::error::Error;
use crate::space::{Element, Mask, Space};

pub use infos::stack_infos;
pub use unstack::unstack;

/// What happens to an environment whose episode is over (`gymnasium.vector.AutoresetMode`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Autoreset {
    /// The next step ignores its action and resets instead: it gives the first observation of the new episode,
    /// reward 0 and no flag. Such a step is no transition: keep it out of a replay buffer.
    #[default]
    NextStep,
    /// The same step resets as well: it gives the first observation of the new episode with reward and flags of the
    /// old one, whose last observation and info are `final_obs` and `final_info` in the info.
    SameStep,
    /// Nothing: the caller resets it with [`VectorEnv::reset_where`] before the next step.
    Disabled,
}

/// Seeds of a vector's reset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seeding {
    /// No reseeding: every environment's randomness goes on where it is.
    Continue,
    /// This seed for the first environment, and one more for every next (as in gymnasium).
    From(u64),
    /// One for each; `None` lets that one go on.
    Each(Vec<Option<u64>>),
}

impl Seeding {
    fn seeds(self, count: usize) -> Result<Vec<Option<u64>>, Error> {
        match self {
            Self::Continue => Ok(vec![None; count]),
            Self::From(seed) => Ok((0..count as u64).map(|i| Some(seed.wrapping_add(i))).collect()),
            Self::Each(seeds) => of_length("seeds", &seeds, count).map(|()| seeds),
        }
    }
}

fn of_length<T>(what: &str, items: &[T], count: usize) -> Result<(), Error> {
    if items.len() == count {
        return Ok(());
    }
    Err(Error::value(what, items.len(), format!("{count}, one per environment")))
}

/// What a vector's reset gives.
#[derive(Debug, Clone, PartialEq)]
pub struct VectorReset {
    /// Of the batched observation space.
    pub observation: Element,
    /// One per environment, empty for those that were not reset; [`stack_infos`] gives gymnasium's form.
    pub infos: Vec<Info>,
}

/// What a vector's step gives.
#[derive(Debug, Clone, PartialEq)]
pub struct VectorStep {
    /// Of the batched observation space.
    pub observation: Element,
    /// One per environment.
    pub rewards: Vec<f64>,
    /// One per environment.
    pub terminated: Vec<bool>,
    /// One per environment.
    pub truncated: Vec<bool>,
    /// One per environment; [`stack_infos`] gives gymnasium's form.
    pub infos: Vec<Info>,
}

/// Environments with equal spaces, stepped together.
///
/// ```
/// use rl_env::env::{Env, Info, Reset, Step};
/// use rl_env::space::{Element, Space};
/// use rl_env::vector::{Autoreset, Seeding, VectorEnv};
///
/// /// Counts down from its seed.
/// struct Countdown(Space, Space, i64);
///
/// impl Env for Countdown {
///     fn action_space(&self) -> &Space {
///         &self.0
///     }
///     fn observation_space(&self) -> &Space {
///         &self.1
///     }
///     fn reset(&mut self, seed: Option<u64>, _: &Info) -> Result<Reset, rl_env::Error> {
///         self.2 = seed.map_or(9, |seed| seed as i64);
///         Ok(Reset { observation: Element::Discrete(self.2), info: Info::new() })
///     }
///     fn step(&mut self, _: &Element) -> Result<Step, rl_env::Error> {
///         self.2 -= 1;
///         let (observation, terminated) = (Element::Discrete(self.2), self.2 == 0);
///         Ok(Step { observation, reward: 1.0, terminated, truncated: false, info: Info::new() })
///     }
/// }
///
/// let env = || Ok(Countdown(Space::discrete(1)?, Space::discrete(10)?, 0));
/// let envs: Vec<_> = (0..3).map(|_| env()).collect::<Result<_, rl_env::Error>>()?;
/// let mut vector = VectorEnv::new(envs, Autoreset::NextStep)?.parallel();
/// vector.reset(Seeding::From(1), &Info::new())?;
/// let actions = vec![Element::Discrete(0); 3];
/// assert_eq!(vector.step(&actions)?.terminated, [true, false, false]);
/// // The first one starts anew, without reward, while the others go on.
/// let step = vector.step(&actions)?;
/// assert_eq!(step.observation, Element::MultiDiscrete(vec![9, 0, 1]));
/// assert_eq!(step.rewards, [0.0, 1.0, 1.0]);
/// # Ok::<(), rl_env::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct VectorEnv<E> {
    slots: Vec<Slot<E>>,
    autoreset: Autoreset,
    parallel: bool,
    action_space: Space,
    observation_space: Space,
    /// The last observation of each; none before the first reset.
    observations: Vec<Element>,
}

#[derive(Debug, Clone)]
struct Slot<E> {
    env: E,
    /// The last step ended the episode.
    over: bool,
}

impl<E: Env> VectorEnv<E> {
    /// The vector of these environments, stepped one after the other.
    ///
    /// # Errors
    /// [`Error::Config`] if there is none, or their spaces differ; [`Error::Space`] if the batch is too large.
    pub fn new(envs: Vec<E>, autoreset: Autoreset) -> Result<Self, Error> {
        let unfit = |problem: String| Error::Config { key: "envs".into(), problem };
        let first = envs.first().ok_or_else(|| unfit("a vector needs at least one environment".into()))?;
        let differs = |env: &E| {
            env.action_space() != first.action_space() || env.observation_space() != first.observation_space()
        };
        if let Some(index) = envs.iter().position(differs) {
            return Err(unfit(format!("environment {index} has other spaces than environment 0")));
        }
        let action_space = first.action_space().batch(envs.len())?;
        let observation_space = first.observation_space().batch(envs.len())?;
        let slots = envs.into_iter().map(|env| Slot { env, over: false }).collect();
        let observations = Vec::new();
        Ok(Self { slots, autoreset, parallel: false, action_space, observation_space, observations })
    }

    /// Steps and resets on all threads of the current rayon pool; worth it from about a microsecond a step on.
    #[must_use]
    pub fn parallel(mut self) -> Self {
        self.parallel = true;
        self
    }

    /// Number of environments.
    #[allow(clippy::len_without_is_empty, reason = "never empty")]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// What happens after an episode.
    pub fn autoreset(&self) -> Autoreset {
        self.autoreset
    }

    /// The environments in order.
    pub fn envs(&self) -> impl Iterator<Item = &E> {
        self.slots.iter().map(|slot| &slot.env)
    }

    /// Space of one environment's actions.
    pub fn single_action_space(&self) -> &Space {
        self.slots[0].env.action_space()
    }

    /// Space of one environment's observations.
    pub fn single_observation_space(&self) -> &Space {
        self.slots[0].env.observation_space()
    }

    /// Space of all actions together.
    pub fn action_space(&self) -> &Space {
        &self.action_space
    }

    /// Space of all observations together.
    pub fn observation_space(&self) -> &Space {
        &self.observation_space
    }

    /// The mask of each environment.
    pub fn action_masks(&self) -> Vec<Option<Mask>> {
        self.slots.iter().map(|slot| slot.env.action_mask()).collect()
    }

    /// Starts an episode in every environment.
    ///
    /// # Errors
    /// [`Error::Value`] unless there is one seed per environment; otherwise the first that an environment gives.
    pub fn reset(&mut self, seeding: Seeding, options: &Info) -> Result<VectorReset, Error> {
        let seeds = seeding.seeds(self.len())?;
        let start = |slot: &mut Slot<E>, seed: &Option<u64>| slot.reset(*seed, options);
        let resets = self.each(&seeds, start).into_iter().collect::<Result<Vec<_>, _>>()?;
        let (observations, infos) = resets.into_iter().map(|reset| (reset.observation, reset.info)).unzip();
        self.observations = observations;
        Ok(VectorReset { observation: self.stacked()?, infos })
    }

    /// Starts an episode where `mask` is true and leaves the others where they are (gymnasium's `reset_mask`).
    ///
    /// # Errors
    /// As [`reset`](VectorEnv::reset); [`Error::Value`] for a mask of another length or without a true entry;
    /// [`Error::Protocol`] before the first full reset.
    pub fn reset_where(
        &mut self,
        mask: &[bool],
        seeding: Seeding,
        options: &Info,
    ) -> Result<VectorReset, Error> {
        of_length("reset_mask", mask, self.len())?;
        if !mask.contains(&true) {
            return Err(Error::value("reset_mask", "all false", "at least one true entry"));
        }
        self.expect_started("reset_where")?;
        let seeds = seeding.seeds(self.len())?;
        let orders: Vec<Option<Option<u64>>> =
            mask.iter().zip(seeds).map(|(chosen, seed)| chosen.then_some(seed)).collect();
        let start = |slot: &mut Slot<E>, order: &Option<Option<u64>>| {
            order.map(|seed| slot.reset(seed, options)).transpose()
        };
        let resets = self.each(&orders, start).into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut infos = vec![Info::new(); self.len()];
        for (index, reset) in resets.into_iter().enumerate() {
            if let Some(reset) = reset {
                (self.observations[index], infos[index]) = (reset.observation, reset.info);
            }
        }
        Ok(VectorReset { observation: self.stacked()?, infos })
    }

    /// Takes one action in each environment.
    ///
    /// # Errors
    /// [`Error::Value`] unless there is one action per environment; [`Error::Protocol`] before the first reset, or
    /// when an environment whose episode is over was not reset and autoreset is off; otherwise the first that an
    /// environment gives, after all of them were stepped.
    pub fn step(&mut self, actions: &[Element]) -> Result<VectorStep, Error> {
        of_length("actions", actions, self.len())?;
        self.expect_started("step")?;
        let over = self.slots.iter().position(|slot| slot.over);
        if let (Autoreset::Disabled, Some(index)) = (self.autoreset, over) {
            let problem = format!("the episode of environment {index} is over; reset it first");
            return Err(Error::Protocol { call: "step", problem });
        }
        let mode = self.autoreset;
        let steps = self.each(actions, |slot, action| slot.step(action, mode));
        let steps = steps.into_iter().collect::<Result<Vec<_>, _>>()?;
        let flags = |flag: fn(&Step) -> bool| steps.iter().map(flag).collect();
        let (terminated, truncated) = (flags(|step| step.terminated), flags(|step| step.truncated));
        let rewards = steps.iter().map(|step| step.reward).collect();
        let (observations, infos) = steps.into_iter().map(|step| (step.observation, step.info)).unzip();
        self.observations = observations;
        Ok(VectorStep { observation: self.stacked()?, rewards, terminated, truncated, infos })
    }

    /// As [`step`](VectorEnv::step), with the actions as one element of the batched action space.
    ///
    /// # Errors
    /// [`Error::Space`] if it is not one; otherwise those of [`step`](VectorEnv::step).
    pub fn step_batch(&mut self, actions: &Element) -> Result<VectorStep, Error> {
        let actions = unstack(self.single_action_space(), actions, self.len())?;
        self.step(&actions)
    }

    /// The whole state, if the environments can be continued elsewhere.
    pub fn snapshot(&self) -> Option<Json> {
        let envs = self.slots.iter().map(|slot| slot.env.snapshot()).collect::<Option<_>>()?;
        let over = self.slots.iter().map(|slot| slot.over).collect();
        serde_json::to_value(State { envs, over, observations: self.observations.clone() }).ok()
    }

    /// Takes up a state that [`snapshot`](VectorEnv::snapshot) gave for as many environments.
    ///
    /// # Errors
    /// [`Error::Snapshot`] if it is not such a state.
    pub fn restore(&mut self, state: &Json) -> Result<(), Error> {
        const WHAT: &str = "the vector";
        let State { envs, over, observations } = from_snapshot(WHAT, state)?;
        let (count, space) = (self.len(), self.single_observation_space());
        let started = observations.len() == count || observations.is_empty();
        if envs.len() != count || over.len() != count || !started {
            let problem = format!("it is not of {count} environments");
            return Err(Error::Snapshot { what: WHAT, problem });
        }
        observations.iter().try_for_each(|observation| space.check(observation))?;
        for ((slot, state), over) in self.slots.iter_mut().zip(&envs).zip(over) {
            slot.env.restore(state)?;
            slot.over = over;
        }
        self.observations = observations;
        Ok(())
    }

    /// Releases resources of all environments; may be called twice.
    pub fn close(&mut self) {
        self.slots.iter_mut().for_each(|slot| slot.env.close());
    }

    fn expect_started(&self, call: &'static str) -> Result<(), Error> {
        if !self.observations.is_empty() {
            return Ok(());
        }
        Err(Error::Protocol { call, problem: "no episode was started; call reset first".into() })
    }

    /// All observations as one. Arrays, the usual case, are joined in one pass.
    fn stacked(&self) -> Result<Element, Error> {
        if let Space::Box(space) = &self.observation_space {
            let mut values = Vec::with_capacity(space.len());
            let width = space.len() / self.len();
            let parts = self.observations.iter().map_while(Element::as_real);
            parts.take_while(|part| part.len() == width).for_each(|part| values.extend_from_slice(part));
            let joined = Element::Real(values);
            if self.observation_space.contains(&joined) {
                return Ok(joined);
            }
        }
        Ok(self.single_observation_space().stack(&self.observations)?)
    }

    /// Does `work` in every environment and gives the results in order.
    fn each<T: Sync, R: Send>(
        &mut self,
        inputs: &[T],
        work: impl Fn(&mut Slot<E>, &T) -> R + Sync,
    ) -> Vec<R> {
        if !self.parallel {
            return self.slots.iter_mut().zip(inputs).map(|(slot, input)| work(slot, input)).collect();
        }
        // A few chunks a thread: enough to balance uneven environments, few enough to be cheap.
        let grain = inputs.len().div_ceil(4 * rayon::current_num_threads());
        let slots = self.slots.par_iter_mut().zip(inputs).with_min_len(grain);
        slots.map(|(slot, input)| work(slot, input)).collect()
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    envs: Vec<Json>,
    over: Vec<bool>,
    observations: Vec<Element>,
}

impl<E: Env> Slot<E> {
    fn reset(&mut self, seed: Option<u64>, options: &Info) -> Result<Reset, Error> {
        let reset = self.env.reset(seed, options)?;
        self.over = false;
        Ok(reset)
    }

    fn step(&mut self, action: &Element, mode: Autoreset) -> Result<Step, Error> {
        if self.over && mode == Autoreset::NextStep {
            let Reset { observation, info } = self.reset(None, &Info::new())?;
            return Ok(Step { observation, reward: 0.0, terminated: false, truncated: false, info });
        }
        let step = self.env.step(action)?;
        self.over = step.done();
        if self.over && mode == Autoreset::SameStep { self.start_anew(step) } else { Ok(step) }
    }

    /// The first observation of the next episode under the reward and flags of the last step.
    fn start_anew(&mut self, step: Step) -> Result<Step, Error> {
        let last = self.env.observation_space().to_json(&step.observation)?;
        let Reset { observation, mut info } = self.reset(None, &Info::new())?;
        info.insert("final_obs".into(), last);
        info.insert("final_info".into(), Json::Object(step.info));
        Ok(Step { observation, info, ..step })
    }
}
