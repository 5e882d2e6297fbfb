//! `ActiveSelection-v0`: verdicts are hidden; pay to see one, or commit to a candidate.
//!
//! Small enough for a network to learn, and truly sequential: what is worth seeing depends on what was seen.

use rl_env::Error;
use rl_env::agent::{from_snapshot, to_snapshot};
use rl_env::env::{Env, Info, Reset, Step, check_options};
use rl_env::policy::Policy;
use rl_env::registry::{EnvEntry, Make, Named, Selection};
use rl_env::seed::{Rng, Seed, np_random};
use rl_env::space::{Element, Mask, MultiBinary, Space};
use serde_json::Value as Json;
use sweepstake_simulators::selection::{Drawn, Scenario, Strategy};

use crate::candidate_selection::{WORKLOADS, bits, draw, matrix, thetas};

/// The row of the table.
pub const ENTRY: EnvEntry = EnvEntry {
    id: "ActiveSelection-v0",
    summary: "Six candidates, twelve hidden verdicts on each: pay 0.01 to see one, or commit to a candidate.",
    reference: "Chen et al. 2024, arXiv 2409.08692, for the verdicts; their price is this environment's own",
    workloads: WORKLOADS,
    workload_files: None,
    spaces: &[Named { name: "default", doc: "See one of 72 verdicts, or commit to one of 6 candidates." }],
    objectives: |_| Vec::new(),
    max_episode_steps: Some(100),
    make: Make::Env(make),
};

/// Candidates.
pub const CANDIDATES: usize = 6;
/// Verdicts on each.
pub const TESTS: usize = 12;
/// Price of a verdict.
pub const COST: f64 = 0.01;

const CELLS: usize = CANDIDATES * TESTS;

/// The environment.
///
/// Action: below 72, the verdict to see (candidate × 12 + test); from 72, the candidate to commit to. What was seen is
/// masked and refused. Observation: two layers of candidates × tests, which verdicts were seen and which of these are passes.
/// Reward: -0.01 for a verdict; 1 for a correct candidate and 0 for a wrong one, which ends the episode.
#[derive(Debug, Clone)]
pub struct ActiveSelection {
    action_space: Space,
    observation_space: Space,
    scenario: Scenario,
    rng: Rng,
    drawn: Drawn,
    seen: Vec<bool>,
    over: bool,
}

impl ActiveSelection {
    /// The environment with the probabilities of a workload.
    ///
    /// # Errors
    /// None in fact; building spaces can fail in general.
    pub fn new(workload: &str) -> Result<Self, Error> {
        let scenario = Scenario { candidates: CANDIDATES, tests: TESTS, thetas: thetas(workload) };
        let mut rng = np_random(0);
        let drawn = draw(&scenario, &mut rng)?;
        Ok(Self {
            action_space: Space::discrete((CELLS + CANDIDATES) as u64)?,
            observation_space: Space::MultiBinary(MultiBinary::new(&[2, CANDIDATES, TESTS])?),
            scenario,
            rng,
            drawn,
            seen: vec![false; CELLS],
            over: false,
        })
    }

    fn observation(&self) -> Element {
        let passes = bits(&self.drawn.matrix);
        let shown = self.seen.iter().zip(passes).map(|(seen, passes)| *seen && passes);
        Element::MultiBinary(self.seen.iter().copied().chain(shown).collect())
    }
}

fn make(selection: &Selection<'_>) -> Result<Box<dyn Env>, Error> {
    Ok(Box::new(ActiveSelection::new(selection.workload)?))
}

impl Env for ActiveSelection {
    fn action_space(&self) -> &Space {
        &self.action_space
    }

    fn observation_space(&self) -> &Space {
        &self.observation_space
    }

    fn reset(&mut self, seed: Option<u64>, options: &Info) -> Result<Reset, Error> {
        check_options(options, &[])?;
        if let Some(seed) = seed {
            self.rng = np_random(seed);
        }
        self.drawn = draw(&self.scenario, &mut self.rng)?;
        self.seen = vec![false; CELLS];
        self.over = false;
        Ok(Reset { observation: self.observation(), info: Info::new() })
    }

    fn step(&mut self, action: &Element) -> Result<Step, Error> {
        self.action_space.check(action)?;
        let action = action.as_discrete().unwrap_or(0) as usize;
        if self.seen.get(action) == Some(&true) {
            let allowed = "a verdict not seen yet, or a candidate".to_owned();
            return Err(Error::Value { key: "action".into(), value: action.to_string(), allowed });
        }
        let reward = match action.checked_sub(CELLS) {
            _ if self.over => 0.0,
            None => {
                self.seen[action] = true;
                -COST
            }
            Some(candidate) => {
                self.over = true;
                f64::from(u8::from(self.drawn.correct[candidate]))
            }
        };
        let (observation, terminated) = (self.observation(), self.over);
        Ok(Step { observation, reward, terminated, truncated: false, info: Info::new() })
    }

    fn action_mask(&self) -> Option<Mask> {
        let hidden = self.seen.iter().map(|seen| !seen);
        Some(Mask::Discrete(hidden.chain([true; CANDIDATES]).collect()))
    }

    fn render(&self) -> Option<String> {
        let cell = |i: usize, j: usize| match (self.seen[i * TESTS + j], self.drawn.matrix.passes(i, j)) {
            (false, _) => '?',
            (true, true) => '1',
            (true, false) => '.',
        };
        let row = |i: usize| format!("{i:>3} {}", (0..TESTS).map(|j| cell(i, j)).collect::<String>());
        Some((0..CANDIDATES).map(row).collect::<Vec<_>>().join("\n"))
    }

    fn snapshot(&self) -> Option<Json> {
        let Drawn { matrix, correct, sound } = &self.drawn;
        to_snapshot(&(&self.rng, bits(matrix), correct, sound, &self.seen, self.over)).ok()
    }

    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        type Saved = (Rng, Vec<bool>, Vec<bool>, Vec<bool>, Vec<bool>, bool);
        let what = "the choice with hidden verdicts";
        let (rng, verdicts, correct, sound, seen, over): Saved = from_snapshot(what, state)?;
        let sizes = [verdicts.len(), seen.len(), correct.len(), sound.len()];
        if sizes != [CELLS, CELLS, CANDIDATES, TESTS] {
            return Err(Error::Snapshot { what, problem: "another number of candidates or tests".into() });
        }
        let drawn = Drawn { matrix: matrix(&verdicts, TESTS)?, correct, sound };
        (self.rng, self.drawn, self.seen, self.over) = (rng, drawn, seen, over);
        Ok(())
    }
}

/// A strategy of selection as a policy: sees all verdicts of the first so many tests, then commits to one of the best.
/// Without a test it guesses.
#[derive(Debug, Clone)]
pub struct SeeAndCommit {
    strategy: Strategy,
    tests: usize,
    rng: Rng,
}

impl SeeAndCommit {
    /// The policy; it sees from none to all [`TESTS`] tests.
    pub fn new(strategy: Strategy, tests: usize, seed: Seed) -> Self {
        Self { strategy, tests: tests.min(TESTS), rng: seed.stream("commit") }
    }
}

impl Policy for SeeAndCommit {
    fn act(&mut self, observation: &Element, _: Option<&Mask>) -> Result<Element, Error> {
        let bits = observation.as_multi_binary().unwrap_or_default();
        let (seen, passes) = bits.split_at(CELLS.min(bits.len()));
        let mut wanted = (0..CELLS).filter(|cell| cell % TESTS < self.tests);
        if let Some(cell) = wanted.find(|cell| !seen.get(*cell).copied().unwrap_or(true)) {
            return Ok(Element::Discrete(cell as i64));
        }
        let known: Vec<bool> =
            passes.chunks(TESTS).flat_map(|row| row.iter().take(self.tests).copied()).collect();
        let top = match self.tests {
            0 => (0..CANDIDATES).collect(),
            tests => self.strategy.best(&matrix(&known, tests)?),
        };
        Ok(Element::Discrete((CELLS + self.rng.choice(&top).copied().unwrap_or(0)) as i64))
    }

    fn snapshot(&self) -> Result<Json, Error> {
        to_snapshot(&self.rng)
    }

    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        self.rng = from_snapshot("the choice", state)?;
        Ok(())
    }
}
