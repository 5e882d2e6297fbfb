//! A problem over every kind of parameter, small enough to compute by hand, and a random-walk environment.

use std::sync::atomic::{AtomicU64, Ordering};

use rl_env::Error;
use rl_env::agent::{from_snapshot, to_snapshot};
use rl_env::design::{Constraint, Design, DesignSpace, Kind, Parameter, Value};
use rl_env::env::{Env, Info, Reset, Step, check_options};
use rl_env::objective::Objective;
use rl_env::problem::{Metric, Outcome, Problem};
use rl_env::seed::{Rng, np_random};
use rl_env::space::{Element, Space};

const METRICS: &[Metric] = &[
    Metric::new("cost", "", "Weighted sum of the levels."),
    Metric::new("items", "", "Numbers of members."),
];

/// Cost is a sum over all parameters; designs whose `mode` is `broken` are infeasible.
pub(crate) struct Toy {
    space: DesignSpace,
    pub(crate) calls: AtomicU64,
}

impl Toy {
    pub(crate) fn new() -> Self {
        let space = DesignSpace::new(vec![
            Parameter::bool("fast"),
            Parameter::choice("mode", ["plain", "tuned", "broken"]),
            Parameter::integer("banks", -2, 3).unit("banks"),
            Parameter::power_of_two("line", 4, 64),
            Parameter::ordinal("tile", [1, 3, 9]).when("mode", ["tuned"]),
            Parameter::real("voltage", 0.5, 1.5),
            Parameter::log_real("rate", 0.01, 100.0),
            Parameter::permutation("order", ["c", "k", "y"]),
            Parameter::subset("units", ["mac", "alu", "sfu"], 1, 2),
        ])
        .unwrap();
        let limit = Constraint::product_at_most("line-tile", ["line", "tile"], 128.0);
        Self { space: space.constrain(limit).unwrap(), calls: AtomicU64::new(0) }
    }

    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }
}

impl Problem for Toy {
    fn space(&self) -> &DesignSpace {
        &self.space
    }

    fn metrics(&self) -> &[Metric] {
        METRICS
    }

    fn evaluate(&self, design: &Design) -> Outcome {
        self.calls.fetch_add(1, Ordering::Relaxed);
        if design.choice(1) == 2 {
            return Outcome::infeasible("broken-mode", "mode is broken");
        }
        let part = |(i, value): (usize, &Value)| match (value, &self.space.parameters()[i].kind) {
            (Value::Permutation(order), _) => f64::from(order[0]) + 10.0 * f64::from(order[1]),
            (Value::Subset(flags), _) => f64::from(u8::from(flags[0])),
            (Value::Inactive, _) => 0.0,
            (value, Kind::Integer { .. }) => 1.0 + value.number().unwrap(),
            (value, _) => value.number().unwrap(),
        };
        let cost = design.values().iter().enumerate().map(|pair| (pair.0 + 1) as f64 * part(pair)).sum();
        let items = design.subset(8).iter().filter(|member| **member).count() as f64;
        Outcome::Feasible([cost, items].into())
    }
}

pub(crate) fn objective() -> Objective {
    Objective::minimise("cost")
}

/// A random walk on a line from a random start; ends at ±1, rewards the distance from 0.
#[derive(Debug, Clone)]
pub(crate) struct Walk {
    action_space: Space,
    observation_space: Space,
    rng: Rng,
    at: f64,
}

impl Walk {
    pub(crate) fn new() -> Self {
        Self {
            action_space: Space::interval(-0.5, 0.5).unwrap(),
            observation_space: Space::boxed(-2.0, 2.0, &[2]).unwrap(),
            rng: np_random(0),
            at: 0.0,
        }
    }

    fn observation(&self) -> Element {
        Element::Real(vec![self.at, self.at.abs()])
    }
}

impl Env for Walk {
    fn action_space(&self) -> &Space {
        &self.action_space
    }
    fn observation_space(&self) -> &Space {
        &self.observation_space
    }
    fn reset(&mut self, seed: Option<u64>, options: &Info) -> Result<Reset, Error> {
        check_options(options, &["at"])?;
        if let Some(seed) = seed {
            self.rng = np_random(seed);
        }
        self.at = options.get("at").and_then(|at| at.as_f64()).unwrap_or(self.rng.uniform_in(-0.3, 0.3));
        Ok(Reset { observation: self.observation(), info: Info::new() })
    }
    fn step(&mut self, action: &Element) -> Result<Step, Error> {
        self.action_space.check(action)?;
        let push = action.as_real().map_or(0.0, |values| values[0]);
        self.at = (self.at + push + 0.1 * self.rng.normal()).clamp(-2.0, 2.0);
        let mut info = Info::new();
        info.insert("at".into(), self.at.into());
        let terminated = self.at.abs() >= 1.0;
        let (observation, reward) = (self.observation(), self.at.abs());
        Ok(Step { observation, reward, terminated, truncated: false, info })
    }
    fn render(&self) -> Option<String> {
        Some(format!("at {:.3}", self.at))
    }
    fn snapshot(&self) -> Option<serde_json::Value> {
        to_snapshot(&(&self.rng, self.at)).ok()
    }
    fn restore(&mut self, state: &serde_json::Value) -> Result<(), Error> {
        (self.rng, self.at) = from_snapshot("the walk", state)?;
        Ok(())
    }
}

/// Steps with sampled (masked) actions, resetting at every end.
pub(crate) fn play(env: &mut impl Env, seed: u64, steps: usize) -> Vec<Step> {
    let mut rng = np_random(seed);
    env.reset(Some(seed), &Info::new()).unwrap();
    go_on(env, &mut rng, steps)
}

/// Goes on where the environment is.
pub(crate) fn go_on(env: &mut impl Env, rng: &mut Rng, steps: usize) -> Vec<Step> {
    let mut all = Vec::new();
    for _ in 0..steps {
        let action = sample(env, rng);
        all.push(env.step(&action).unwrap());
        if all.last().unwrap().done() {
            env.reset(None, &Info::new()).unwrap();
        }
    }
    all
}

pub(crate) fn sample(env: &impl Env, rng: &mut Rng) -> Element {
    match env.action_mask() {
        Some(mask) => env.action_space().sample_masked(rng, &mask).unwrap(),
        None => env.action_space().sample(rng),
    }
}
