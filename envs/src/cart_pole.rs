//! `CartPole-v1`: a pole on a cart, to be kept upright by pushing the cart.
//!
//! Not a design problem: it is here because everybody knows its numbers, so that environments, wrappers, vectors and
//! policies can be compared with gymnasium's. Dynamics after Barto, Sutton and Anderson 1983, in
//! gymnasium 1.4's order of operations; initial states and NumPy's generator agree to the bit.

use std::f64::consts::PI;

use libm::{cos, sin};
use rl_env::Error;
use rl_env::agent::{from_snapshot, to_snapshot};
use rl_env::env::{Env, Info, Reset, Step, check_options};
use rl_env::registry::{EnvEntry, Make, Named, Selection};
use rl_env::seed::{Rng, np_random};
use rl_env::space::{BoxSpace, DType, Element, Space};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// The row of the table.
pub const ENTRY: EnvEntry = EnvEntry {
    id: "CartPole-v1",
    summary: "A pole on a cart, kept upright by pushing left or right: the reference of sequential environments.",
    reference: "Barto, Sutton and Anderson 1983, Neuronlike adaptive elements that can solve difficult learning \
                control problems; gymnasium 1.4",
    workloads: &[Named { name: "default", doc: "Pole of 1 m and 0.1 kg on a cart of 1 kg." }],
    workload_files: None,
    spaces: &[Named { name: "default", doc: "Push left (0) or right (1) with 10 N." }],
    objectives: |_| Vec::new(),
    max_episode_steps: Some(500),
    make: Make::Env(make),
};

const GRAVITY: f64 = 9.8;
const CART_MASS: f64 = 1.0;
const POLE_MASS: f64 = 0.1;
const TOTAL_MASS: f64 = POLE_MASS + CART_MASS;
const HALF_LENGTH: f64 = 0.5;
const POLE_MOMENT: f64 = POLE_MASS * HALF_LENGTH;
const FORCE: f64 = 10.0;
/// Seconds a step, integrated by Euler's method.
const TAU: f64 = 0.02;

const X_LIMIT: f64 = 2.4;
const ANGLE_LIMIT: f64 = 12.0 * 2.0 * PI / 360.0;
/// Bound of every initial value unless the options `low` and `high` say otherwise.
const START: f64 = 0.05;

/// The environment.
///
/// Action: 0 pushes left, 1 right. Observation: position (m), speed (m/s), angle (rad) and angular speed (rad/s) as
/// `float32`. Reward: 1 for every step, also the last. The episode ends when the cart leaves ±2.4 m or the pole
/// leaves ±12°; further steps go on with reward 0, as in gymnasium. Reset options: `low` and `high`, the range of
/// the initial values.
///
/// ```
/// use rl_env::env::{Env, Info};
/// use rl_env::space::Element;
/// use sweepstake_envs::cart_pole::CartPole;
///
/// let mut env = CartPole::new()?;
/// env.reset(Some(1), &Info::new())?;
/// let step = env.step(&Element::Discrete(1))?;
/// assert_eq!((step.reward, step.terminated), (1.0, false));
/// # Ok::<(), rl_env::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct CartPole {
    action_space: Space,
    observation_space: Space,
    rng: Rng,
    state: State,
    fallen: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    x: f64,
    x_dot: f64,
    theta: f64,
    theta_dot: f64,
}

impl State {
    /// One step of Euler's method, every operation in gymnasium's order so that the bits agree.
    fn pushed(self, force: f64) -> Self {
        let Self { x, x_dot, theta, theta_dot } = self;
        let (cosine, sine) = (cos(theta), sin(theta));
        let temp = (force + POLE_MOMENT * (theta_dot * theta_dot) * sine) / TOTAL_MASS;
        let inertia = HALF_LENGTH * (4.0 / 3.0 - POLE_MASS * (cosine * cosine) / TOTAL_MASS);
        let theta_acceleration = (GRAVITY * sine - cosine * temp) / inertia;
        let x_acceleration = temp - POLE_MOMENT * theta_acceleration * cosine / TOTAL_MASS;
        Self {
            x: x + TAU * x_dot,
            x_dot: x_dot + TAU * x_acceleration,
            theta: theta + TAU * theta_dot,
            theta_dot: theta_dot + TAU * theta_acceleration,
        }
    }

    fn is_lost(self) -> bool {
        self.x.abs() > X_LIMIT || self.theta.abs() > ANGLE_LIMIT
    }

    fn observation(self) -> Element {
        let values = [self.x, self.x_dot, self.theta, self.theta_dot];
        Element::Real(values.map(|value| DType::Float32.round(value)).to_vec())
    }
}

impl CartPole {
    /// The environment before its first reset, upright in the middle.
    ///
    /// # Errors
    /// None in fact; building spaces can fail in general.
    pub fn new() -> Result<Self, Error> {
        // Twice the limits, so that the last observation of an episode is within bounds.
        let high = vec![2.0 * X_LIMIT, f64::INFINITY, 2.0 * ANGLE_LIMIT, f64::INFINITY];
        let low = high.iter().map(|bound| -bound).collect();
        let observation_space = Space::Box(BoxSpace::new(low, high, &[4], DType::Float32)?);
        let (rng, state) = (np_random(0), State::default());
        Ok(Self { action_space: Space::discrete(2)?, observation_space, rng, state, fallen: false })
    }
}

fn make(_: &Selection<'_>) -> Result<Box<dyn Env>, Error> {
    Ok(Box::new(CartPole::new()?))
}

/// The range of initial values.
fn start_range(options: &Info) -> Result<(f64, f64), Error> {
    check_options(options, &["low", "high"])?;
    let bound = |key: &str, default: f64| {
        let given = options.get(key);
        let refuse = |value: &Json| Error::Value {
            key: key.to_owned(),
            value: value.to_string(),
            allowed: "a number, low at most high".to_owned(),
        };
        given.map_or(Ok(default), |value| value.as_f64().ok_or_else(|| refuse(value)))
    };
    let (low, high) = (bound("low", -START)?, bound("high", START)?);
    if low <= high {
        return Ok((low, high));
    }
    let (key, allowed) = ("low".to_owned(), format!("at most high, which is {high}"));
    Err(Error::Value { key, value: low.to_string(), allowed })
}

impl Env for CartPole {
    fn action_space(&self) -> &Space {
        &self.action_space
    }

    fn observation_space(&self) -> &Space {
        &self.observation_space
    }

    fn reset(&mut self, seed: Option<u64>, options: &Info) -> Result<Reset, Error> {
        let (low, high) = start_range(options)?;
        if let Some(seed) = seed {
            self.rng = np_random(seed);
        }
        let [x, x_dot, theta, theta_dot] = std::array::from_fn(|_| self.rng.uniform_in(low, high));
        self.state = State { x, x_dot, theta, theta_dot };
        self.fallen = false;
        Ok(Reset { observation: self.state.observation(), info: Info::new() })
    }

    fn step(&mut self, action: &Element) -> Result<Step, Error> {
        self.action_space.check(action)?;
        let right = action.as_discrete() == Some(1);
        self.state = self.state.pushed(if right { FORCE } else { -FORCE });
        let terminated = self.state.is_lost();
        let reward = if terminated && self.fallen { 0.0 } else { 1.0 };
        self.fallen |= terminated;
        let observation = self.state.observation();
        Ok(Step { observation, reward, terminated, truncated: false, info: Info::new() })
    }

    fn render(&self) -> Option<String> {
        let State { x, theta, .. } = self.state;
        Some(format!("cart at {x:+.3} m, pole at {:+.2}°", theta * 180.0 / PI))
    }

    fn snapshot(&self) -> Option<Json> {
        to_snapshot(&(&self.rng, self.state, self.fallen)).ok()
    }

    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        (self.rng, self.state, self.fallen) = from_snapshot("the cart and pole", state)?;
        Ok(())
    }
}
