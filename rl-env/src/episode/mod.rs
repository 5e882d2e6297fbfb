//! Episodes: any [`Problem`] with an [`Objective`] as an environment.
//!
//! Two forms, so that both bandit-like and truly sequential methods can search a design space:
//!
//! - *one-shot*: an action is a whole design ([`Form::Native`], [`Form::Levels`] or [`Form::Unit`]); the first step
//!   ends the episode. The observation is the outcome: status, then the symlog of every metric.
//! - *sequential* ([`Form::Sequential`]): a step takes one small decision under a mask, the observation is the
//!   partial design, and only the last step is rewarded.
//!
//! An episode *terminates* (nothing is to be expected after a finished design); it never truncates.

mod native;
mod outcome;
mod sequential;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::agent::{from_snapshot, to_snapshot};
use crate::design::Design;
use crate::env::{Env, Info, Reset, Step, check_options};
use crate::error::Error;
use crate::objective::{Objective, Scorer};
use crate::problem::{Outcome, Problem, evaluate};
use crate::space::{Element, Mask, Space};

pub use outcome::{SYMLOG_LIMIT, symexp, symlog};
pub use sequential::{INACTIVE, Sequential, UNDECIDED};

/// What an action is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// A `Dict` with one entry a parameter, each in its own units: `Discrete` for switches, choices, integers,
    /// powers of two and ordinals (the integer itself, or the index), `Box` for reals (the decimal logarithm of
    /// logarithmic ones), `MultiBinary` for subsets, and a `Box` of random keys for permutations (items in the
    /// order of their keys), because every point of a box is a legal order while most lists of items are not.
    /// Surplus members of a subset are dropped from its end, missing ones added from its start.
    #[default]
    Native,
    /// A `MultiDiscrete` with one level per decision ([`crate::design::DesignSpace::from_levels`]), for agents that
    /// know only arrays of whole numbers. Levels that would break a constraint are replaced by the next that fits.
    Levels,
    /// A `Box` [0, 1]^d ([`crate::design::DesignSpace::from_unit`]), for agents that know only arrays of reals.
    Unit,
    /// One decision a step: `Discrete`, masked. See [`Sequential`].
    Sequential,
}

/// How a problem becomes an environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// What an action is.
    pub form: Form,
    /// Levels that reals are divided into, where actions are levels.
    #[schemars(range(min = 2, max = 1024))]
    pub resolution: u64,
    /// Reward of a design that cannot be built. By default [`default_infeasible_reward`].
    pub infeasible_reward: Option<f64>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { form: Form::default(), resolution: 32, infeasible_reward: None }
    }
}

impl Settings {
    /// The default settings with actions of this form.
    pub fn of(form: Form) -> Self {
        Self { form, ..Self::default() }
    }
}

/// The reward of infeasible designs when none is given: −1 under objectives whose rewards are never negative,
/// else −10¹⁵. A constant, so that equal designs are rewarded equally whatever came before; set a value near
/// the worst feasible reward if an agent learns from the size of rewards.
pub fn default_infeasible_reward(objective: &Objective) -> f64 {
    match objective {
        Objective::TargetRatio { .. } | Objective::Pareto { .. } => -1.0,
        _ => -1e15,
    }
}

/// A problem and an objective as an environment.
///
/// ```
/// use rl_env::design::{Design, DesignSpace, Parameter};
/// use rl_env::env::{Env, Info};
/// use rl_env::episode::{Episode, Form, Settings};
/// use rl_env::objective::Objective;
/// use rl_env::problem::{Metric, Outcome, Problem};
/// use rl_env::seed::np_random;
///
/// struct Buffer(DesignSpace);
///
/// impl Problem for Buffer {
///     fn space(&self) -> &DesignSpace {
///         &self.0
///     }
///     fn metrics(&self) -> &[Metric] {
///         const METRICS: &[Metric] = &[Metric::new("area_um2", "µm²", "Silicon area.")];
///         METRICS
///     }
///     fn evaluate(&self, design: &Design) -> Outcome {
///         Outcome::Feasible([(design.integer(0) * design.integer(1)) as f64].into())
///     }
/// }
///
/// let space =
///     DesignSpace::new(vec![Parameter::integer("width", 1, 64), Parameter::power_of_two("depth", 1, 16)])?;
/// let objective = Objective::minimise("area_um2");
/// let mut env = Episode::new(Buffer(space), &objective, Settings::of(Form::Sequential))?;
///
/// let mut rng = np_random(7);
/// env.reset(Some(7), &Info::new())?;
/// let last = loop {
///     let mask = env.action_mask().expect("a decision is due");
///     let action = env.action_space().sample_masked(&mut rng, &mask)?;
///     let step = env.step(&action)?;
///     if step.done() {
///         break step;
///     }
/// };
/// assert!(last.terminated && last.reward < 0.0);
/// assert!(last.info["metrics"]["area_um2"].is_number());
/// # Ok::<(), rl_env::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Episode<P> {
    problem: P,
    scorer: Scorer,
    settings: Settings,
    infeasible_reward: f64,
    sequential: Sequential,
    action_space: Space,
    observation_space: Space,
    state: State,
    /// Levels open to the due decision of the sequential form; follows from the state.
    open: Vec<bool>,
}

/// Where an episode stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Phase {
    #[default]
    Fresh,
    Running,
    Over,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    phase: Phase,
    /// Levels chosen so far in the sequential form.
    levels: Vec<u64>,
    /// The finished design.
    judged: Option<(Design, Outcome)>,
}

impl<P: Problem> Episode<P> {
    /// The environment of `problem` judged by `objective`.
    ///
    /// # Errors
    /// Those of [`Objective::bind`]; [`Error::Value`] for a resolution outside 2..=1024 or a reward that is not
    /// finite; [`Error::Declaration`] if the constraints rule out every first decision of the sequential form;
    /// [`Error::Space`] if a parameter is too large for its space.
    pub fn new(problem: P, objective: &Objective, settings: Settings) -> Result<Self, Error> {
        if !(2..=1024).contains(&settings.resolution) {
            return Err(Error::value("resolution", settings.resolution, "2 to 1024 levels"));
        }
        let infeasible_reward =
            settings.infeasible_reward.unwrap_or_else(|| default_infeasible_reward(objective));
        if !infeasible_reward.is_finite() {
            return Err(Error::value("infeasible_reward", infeasible_reward, "a finite number"));
        }
        let scorer = objective.bind(problem.metrics())?;
        let space = problem.space();
        let sequential = Sequential::new(space, settings.resolution)?;
        let action_space = match settings.form {
            Form::Native => native::action_space(space)?,
            Form::Levels => {
                let levels =
                    space.decisions(settings.resolution).iter().map(|d| d.levels).collect::<Vec<_>>();
                Space::multi_discrete(&levels)?
            }
            Form::Unit => Space::boxed(0.0, 1.0, &[space.unit_dim()])?,
            Form::Sequential => sequential.action_space()?,
        };
        let observation_space = match settings.form {
            Form::Sequential => sequential.observation_space()?,
            _ => outcome::observation_space(problem.metrics().len())?,
        };
        let (state, open) = (State::default(), Vec::new());
        Ok(Self {
            problem,
            scorer,
            settings,
            infeasible_reward,
            sequential,
            action_space,
            observation_space,
            state,
            open,
        })
    }

    /// The problem inside.
    pub fn problem(&self) -> &P {
        &self.problem
    }

    /// How the problem was made an environment.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The design that ended the episode, and what came of it.
    pub fn judged(&self) -> Option<&(Design, Outcome)> {
        self.state.judged.as_ref()
    }

    /// The reward of an outcome: the objective's, or the fixed reward of infeasible designs.
    pub fn reward(&self, outcome: &Outcome) -> f64 {
        outcome.metrics().map_or(self.infeasible_reward, |metrics| self.scorer.reward(metrics))
    }

    /// The actions that lead to `design`, up to the resolution of reals: one, or one per decision of the sequential
    /// form.
    ///
    /// # Errors
    /// [`Error::Value`] for a design outside the space.
    pub fn actions_to(&self, design: &Design) -> Result<Vec<Element>, Error> {
        let space = self.problem.space();
        space.check(design)?;
        Ok(match self.settings.form {
            Form::Native => vec![native::encode(space, design)],
            Form::Levels => {
                let levels = space.to_levels(design, self.settings.resolution);
                vec![Element::MultiDiscrete(levels.into_iter().map(|level| level as i64).collect())]
            }
            Form::Unit => vec![Element::Real(space.to_unit(design))],
            Form::Sequential => {
                let levels = self.sequential.levels_of(space, design)?;
                levels.into_iter().map(|level| Element::Discrete(level as i64)).collect()
            }
        })
    }

    /// The design of a one-shot action, which is of the action space.
    fn decode(&self, action: &Element) -> Result<Design, Error> {
        let space = self.problem.space();
        match action {
            Element::Real(point) => space.from_unit(point),
            Element::MultiDiscrete(levels) => {
                let levels: Vec<u64> = levels.iter().map(|level| level.unsigned_abs()).collect();
                space.from_levels(&levels, self.settings.resolution)
            }
            _ => native::decode(space, action),
        }
    }

    /// Takes one decision; ends the episode with the last one, or when nothing legal is left to decide.
    fn decide(&mut self, level: u64) -> Result<Step, Error> {
        let space = self.problem.space();
        let mut partial = self.sequential.partial(space, &self.state.levels)?;
        if !self.open.get(level as usize).copied().unwrap_or(false) {
            let due = partial.decision().map_or(0, |decision| decision.parameter);
            let name = &space.parameters()[due].name;
            return Err(Error::value(
                name,
                format!("level {level}"),
                "a level that the action mask leaves open",
            ));
        }
        partial.choose(level)?;
        let open = partial.legal();
        self.state.levels.push(level);
        if !open.contains(&true) {
            let design = partial.into_design();
            return Ok(self.finish(design));
        }
        let observation = self.sequential.observe(space, &partial);
        self.open = open;
        Ok(Step { observation, reward: 0.0, terminated: false, truncated: false, info: Info::new() })
    }

    fn finish(&mut self, design: Design) -> Step {
        let outcome = evaluate(&self.problem, &design);
        let reward = self.reward(&outcome);
        let info = outcome::info(&self.problem, &design, &outcome);
        let observation = match self.settings.form {
            Form::Sequential => self.sequential.observe_whole(self.problem.space(), &design),
            _ => outcome::observe(self.problem.metrics().len(), Some(&outcome)),
        };
        self.state.phase = Phase::Over;
        self.state.judged = Some((design, outcome));
        self.open.clear();
        Step { observation, reward, terminated: true, truncated: false, info }
    }

    /// Whether a state read from outside can be one of this environment.
    fn defect(&self, state: &State) -> Option<String> {
        let space = self.problem.space();
        let sequential = self.settings.form == Form::Sequential;
        if !sequential && !state.levels.is_empty() {
            return Some("it has levels, which only the sequential form chooses".into());
        }
        if state.judged.is_some() != (state.phase == Phase::Over) {
            return Some("a finished design belongs to the end of an episode, and to no other moment".into());
        }
        if let Err(error) = self.sequential.partial(space, &state.levels) {
            return Some(error.to_string());
        }
        let (design, outcome) = state.judged.as_ref()?;
        let count = self.problem.metrics().len();
        if outcome.metrics().is_some_and(|metrics| metrics.len() != count) {
            return Some(format!("its outcome does not have the problem's {count} metrics"));
        }
        space.check(design).err().map(|error| error.to_string())
    }
}

impl<P: Problem> Env for Episode<P> {
    fn action_space(&self) -> &Space {
        &self.action_space
    }

    fn observation_space(&self) -> &Space {
        &self.observation_space
    }

    /// Starts a design. Nothing is random and there are no options, so every episode starts alike.
    fn reset(&mut self, _: Option<u64>, options: &Info) -> Result<Reset, Error> {
        check_options(options, &[])?;
        let space = self.problem.space();
        let partial = self.sequential.partial(space, &[])?;
        let observation = if self.settings.form == Form::Sequential {
            self.open = partial.legal();
            self.sequential.observe(space, &partial)
        } else {
            outcome::observe(self.problem.metrics().len(), None)
        };
        self.state = State { phase: Phase::Running, ..State::default() };
        Ok(Reset { observation, info: Info::new() })
    }

    /// Takes a design, or a decision. The info of the last step has `design` and `metrics` by name, `feasible`,
    /// and `reason` and `detail` (empty for feasible designs).
    ///
    /// # Errors
    /// [`Error::Space`] for an action outside the space, [`Error::Value`] for a masked one, [`Error::Protocol`] when
    /// no episode is running.
    fn step(&mut self, action: &Element) -> Result<Step, Error> {
        if self.state.phase != Phase::Running {
            let problem = "no episode is running; call reset first".to_owned();
            return Err(Error::Protocol { call: "step", problem });
        }
        self.action_space.check(action)?;
        match action {
            Element::Discrete(level) => self.decide(level.unsigned_abs()),
            _ => self.decode(action).map(|design| self.finish(design)),
        }
    }

    /// The open levels of the due decision; levels that it does not have are closed.
    fn action_mask(&self) -> Option<Mask> {
        (!self.open.is_empty()).then(|| self.sequential.mask(&self.open))
    }

    fn render(&self) -> Option<String> {
        let space = self.problem.space();
        Some(match &self.state.judged {
            Some((design, outcome)) => {
                outcome::describe(&self.problem, design, outcome, self.reward(outcome))
            }
            None if self.state.levels.is_empty() => "nothing decided".to_owned(),
            None => self.sequential.describe(space, &self.state.levels),
        })
    }

    fn snapshot(&self) -> Option<Json> {
        to_snapshot(&self.state).ok()
    }

    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        const WHAT: &str = "the episode";
        let state: State = from_snapshot(WHAT, state)?;
        if let Some(problem) = self.defect(&state) {
            return Err(Error::Snapshot { what: WHAT, problem });
        }
        let deciding = state.phase == Phase::Running && self.settings.form == Form::Sequential;
        self.open = match deciding {
            true => self.sequential.partial(self.problem.space(), &state.levels)?.legal(),
            false => Vec::new(),
        };
        self.state = state;
        Ok(())
    }
}
