//! An environment under test: its panics are caught and its calls remembered.

use crate::check::actions::edges;
use crate::check::report::Verdict;
use crate::check::rule::{fail, guarded};
use crate::env::{Env, Info, Reset, Step};
use crate::seed::{Rng, Seed};
use crate::space::{Element, Mask, Space};

/// Makes environments, all alike.
pub type Factory<'a> = dyn Fn() -> Box<dyn Env> + 'a;

/// Steps of the episodes that are compared with each other.
pub(super) const STEPS: usize = 48;

/// An environment that remembers how it got where it is.
pub(super) struct Tested {
    env: Box<dyn Env>,
    resets: Vec<Option<u64>>,
    actions: Vec<Element>,
}

impl Tested {
    pub(super) fn new(make: &Factory<'_>) -> Result<Self, Verdict> {
        match guarded(make) {
            Ok(env) => Ok(Self { env, resets: Vec::new(), actions: Vec::new() }),
            Err(panic) => Err(fail(panic, "an environment", "make()")),
        }
    }

    pub(super) fn env(&mut self) -> &mut dyn Env {
        &mut *self.env
    }

    pub(super) fn action_space(&self) -> Space {
        self.env.action_space().clone()
    }

    pub(super) fn observes(&self, observation: &Element) -> Result<(), String> {
        self.env.observation_space().check(observation).map_err(|error| error.to_string())
    }

    pub(super) fn mask(&self) -> Option<Mask> {
        guarded(|| self.env.action_mask()).ok().flatten()
    }

    pub(super) fn reset(&mut self, seed: Option<u64>) -> Result<Reset, String> {
        self.reset_with(seed, &Info::new())
    }

    pub(super) fn reset_with(&mut self, seed: Option<u64>, options: &Info) -> Result<Reset, String> {
        // A seed restarts everything; without one, what came before matters.
        if seed.is_some() {
            self.resets.clear();
        }
        self.resets.push(seed);
        self.actions.clear();
        flat(guarded(|| self.env.reset(seed, options)))
    }

    /// A reset that has to work: the rule `reset` reports it if not.
    pub(super) fn start(&mut self, seed: u64) -> Result<Reset, Verdict> {
        self.reset(Some(seed)).map_err(|error| fail(error, "an episode", format!("reset({seed})")))
    }

    pub(super) fn step(&mut self, action: &Element) -> Result<Step, String> {
        self.actions.push(action.clone());
        flat(guarded(|| self.env.step(action)))
    }

    /// Draws a legal action; where the mask does not fit the space, any action (the rule `masks` reports that).
    pub(super) fn draw(&self, rng: &mut Rng) -> Element {
        let space = self.env.action_space();
        let masked = self.mask().and_then(|mask| space.sample_masked(rng, &mask).ok());
        masked.unwrap_or_else(|| space.sample(rng))
    }

    /// Draws a legal action with one dimension at an end of its range.
    pub(super) fn draw_edge(&self, rng: &mut Rng) -> Element {
        let near = self.draw(rng);
        let space = self.env.action_space();
        let mut found = edges(space, &near, rng);
        let mask = self.mask().unwrap_or(Mask::Free);
        found.retain(|edge| space.allows(&mask, edge));
        rng.choice(&found).cloned().unwrap_or(near)
    }

    /// The calls since the last reset with a seed, for messages.
    pub(super) fn story(&self) -> String {
        let seeded = |seed: &Option<u64>| seed.map_or("reset()".to_owned(), |seed| format!("reset({seed})"));
        let mut calls: Vec<String> = self.resets.iter().map(seeded).collect();
        let earlier = self.actions.len().saturating_sub(6);
        if earlier > 0 {
            calls.push(format!("{earlier} steps"));
        }
        calls.extend(self.actions[earlier..].iter().map(|action| format!("step({action:?})")));
        if calls.is_empty() { "make()".to_owned() } else { calls.join(", ") }
    }

    /// The record of one episode: the reset, then every mask, action and step, to the end or the limit. The
    /// actions depend on `actions` and the masks alone.
    pub(super) fn episode(&mut self, seed: Option<u64>, actions: u64) -> Vec<String> {
        let mut record = vec![written(&self.reset(seed))];
        self.go_on(actions, STEPS, &mut record);
        record
    }

    /// Adds up to `steps` steps to a record; tells whether the episode goes on.
    pub(super) fn go_on(&mut self, actions: u64, steps: usize, record: &mut Vec<String>) -> bool {
        let mut rng = stream(actions);
        for _ in 0..steps {
            let mask = self.mask();
            let action = self.draw(&mut rng);
            let step = self.step(&action);
            record.push(format!("{} of mask {mask:?} by {action:?}", written(&step)));
            if !step.is_ok_and(|step| !step.done()) {
                return false;
            }
        }
        true
    }
}

/// The stream of actions number `actions`.
pub(super) fn stream(actions: u64) -> Rng {
    Seed(actions).stream("check")
}

fn flat<T>(result: Result<Result<T, crate::Error>, String>) -> Result<T, String> {
    result.and_then(|inner| inner.map_err(|error| format!("error: {error}")))
}

/// Every bit counts: numbers are written so that different ones differ.
pub(super) fn written<T: std::fmt::Debug>(result: &Result<T, String>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(error) => error.clone(),
    }
}
