//! `CandidateSelection-v0`: choose the correct one of ten candidates by thirty verdicts that cannot be trusted.
//!
//! One step: the matrix is seen, a candidate chosen. The four probabilities behind the matrix are the workload; they
//! and the truth are never shown.

use rl_env::Error;
use rl_env::agent::{from_snapshot, to_snapshot};
use rl_env::env::{Env, Info, Reset, Step, check_options};
use rl_env::policy::Policy;
use rl_env::registry::{EnvEntry, Make, Named, Selection};
use rl_env::seed::{Rng, Seed, np_random};
use rl_env::space::{Element, Mask, MultiBinary, Space};
use serde_json::Value as Json;
use sweepstake_simulators::selection::{Drawn, PassMatrix, Scenario, Strategy, Thetas};

/// The row of the table.
pub const ENTRY: EnvEntry = EnvEntry {
    id: "CandidateSelection-v0",
    summary: "Ten candidates, thirty unreliable verdicts on each: choose a correct candidate.",
    reference: "Chen et al. 2024, B4: towards optimal assessment of plausible code solutions with plausible tests, \
                arXiv 2409.08692",
    workloads: WORKLOADS,
    workload_files: None,
    spaces: &[Named { name: "default", doc: "The candidate's number." }],
    objectives: |_| Vec::new(),
    max_episode_steps: None,
    make: Make::Env(make),
};

/// Settings of the four probabilities.
pub(crate) const WORKLOADS: &[Named] = &[
    Named {
        name: "default", doc: "θx = 0.2, θy = 0.3, θ1 = 0.4, θ0 = 0.1: the simulation of the B4 paper."
    },
    Named { name: "poor-tests", doc: "One test in ten is correct (θy = 0.1)." },
    Named { name: "lenient", doc: "Wrong candidates pass four in five correct tests (θ1 = 0.8)." },
    Named { name: "noisy", doc: "Wrong candidates pass three in ten wrong tests (θ0 = 0.3)." },
];

/// Draws in search of a matrix with something to choose.
const DRAWS: usize = 1000;

/// The probabilities of a workload.
pub(crate) fn thetas(workload: &str) -> Thetas {
    let default = Scenario::default().thetas;
    match workload {
        "poor-tests" => Thetas { y: 0.1, ..default },
        "lenient" => Thetas { one: 0.8, ..default },
        "noisy" => Thetas { zero: 0.3, ..default },
        _ => default,
    }
}

/// A matrix with a correct and a wrong candidate.
pub(crate) fn draw(scenario: &Scenario, rng: &mut Rng) -> Result<Drawn, Error> {
    let mut last = None;
    for _ in 0..DRAWS {
        let drawn = scenario.draw(|| rng.uniform());
        let drawn =
            drawn.map_err(|error| Error::Config { key: "workload".into(), problem: error.to_string() })?;
        if drawn.is_open() {
            return Ok(drawn);
        }
        last = Some(drawn);
    }
    let problem = "nothing to choose in a thousand draws".to_owned();
    last.ok_or(Error::Config { key: "workload".into(), problem })
}

/// The environment.
///
/// Action: the number of a candidate. Observation: the verdicts, candidates × tests, as bits. Reward: 1 for a correct
/// candidate, else 0. The episode ends with the step.
#[derive(Debug, Clone)]
pub struct CandidateSelection {
    action_space: Space,
    observation_space: Space,
    scenario: Scenario,
    rng: Rng,
    drawn: Drawn,
    over: bool,
}

impl CandidateSelection {
    /// The environment of a scenario.
    ///
    /// # Errors
    /// If the scenario cannot be drawn from.
    pub fn new(scenario: Scenario) -> Result<Self, Error> {
        let Scenario { candidates, tests, .. } = scenario;
        let mut rng = np_random(0);
        let drawn = draw(&scenario, &mut rng)?;
        Ok(Self {
            action_space: Space::discrete(candidates as u64)?,
            observation_space: Space::MultiBinary(MultiBinary::new(&[candidates, tests])?),
            scenario,
            rng,
            drawn,
            over: false,
        })
    }

    fn observation(&self) -> Element {
        Element::MultiBinary(bits(&self.drawn.matrix))
    }
}

fn make(selection: &Selection<'_>) -> Result<Box<dyn Env>, Error> {
    let scenario = Scenario { thetas: thetas(selection.workload), ..Scenario::default() };
    Ok(Box::new(CandidateSelection::new(scenario)?))
}

/// All verdicts, row by row.
pub(crate) fn bits(matrix: &PassMatrix) -> Vec<bool> {
    let row = |i| (0..matrix.columns()).map(move |j| matrix.passes(i, j));
    (0..matrix.rows()).flat_map(row).collect()
}

/// The matrix of these verdicts, row by row.
pub(crate) fn matrix(bits: &[bool], columns: usize) -> Result<PassMatrix, Error> {
    let rows: Vec<&[bool]> = bits.chunks(columns.max(1)).collect();
    PassMatrix::from_rows(&rows)
        .map_err(|error| Error::Config { key: "observation".into(), problem: error.to_string() })
}

impl Env for CandidateSelection {
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
        self.over = false;
        Ok(Reset { observation: self.observation(), info: Info::new() })
    }

    fn step(&mut self, action: &Element) -> Result<Step, Error> {
        self.action_space.check(action)?;
        let chosen = action.as_discrete().unwrap_or(0) as usize;
        let correct = self.drawn.correct.get(chosen).copied().unwrap_or(false);
        let reward = f64::from(u8::from(correct && !self.over));
        self.over = true;
        let (observation, info) = (self.observation(), Info::new());
        Ok(Step { observation, reward, terminated: true, truncated: false, info })
    }

    fn render(&self) -> Option<String> {
        let row = |i: usize| {
            let cells =
                (0..self.scenario.tests).map(|j| if self.drawn.matrix.passes(i, j) { '1' } else { '.' });
            format!("{i:>3} {}", cells.collect::<String>())
        };
        Some((0..self.scenario.candidates).map(row).collect::<Vec<_>>().join("\n"))
    }

    fn snapshot(&self) -> Option<Json> {
        let Drawn { matrix, correct, sound } = &self.drawn;
        to_snapshot(&(&self.rng, bits(matrix), correct, sound, self.over)).ok()
    }

    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        let what = "the choice of a candidate";
        let (rng, verdicts, correct, sound, over): (Rng, Vec<bool>, Vec<bool>, Vec<bool>, bool) =
            from_snapshot(what, state)?;
        let Scenario { candidates, tests, .. } = self.scenario;
        if verdicts.len() != candidates * tests || correct.len() != candidates || sound.len() != tests {
            return Err(Error::Snapshot { what, problem: "another number of candidates or tests".into() });
        }
        (self.rng, self.over) = (rng, over);
        self.drawn = Drawn { matrix: matrix(&verdicts, tests)?, correct, sound };
        Ok(())
    }
}

/// A strategy of selection as a policy of this environment; it chooses at random among the best.
#[derive(Debug, Clone)]
pub struct Choose {
    strategy: Strategy,
    tests: usize,
    rng: Rng,
}

impl Choose {
    /// The policy for matrices of so many tests.
    pub fn new(strategy: Strategy, tests: usize, seed: Seed) -> Self {
        Self { strategy, tests, rng: seed.stream("choose") }
    }
}

impl Policy for Choose {
    fn act(&mut self, observation: &Element, _: Option<&Mask>) -> Result<Element, Error> {
        let matrix = matrix(observation.as_multi_binary().unwrap_or_default(), self.tests)?;
        let top = self.strategy.best(&matrix);
        Ok(Element::Discrete(self.rng.choice(&top).map_or(0, |chosen| *chosen as i64)))
    }

    fn snapshot(&self) -> Result<Json, Error> {
        to_snapshot(&self.rng)
    }

    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        self.rng = from_snapshot("the choice", state)?;
        Ok(())
    }
}
