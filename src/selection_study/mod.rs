//! How strategies of selection succeed on drawn matrices, one value of the scenario varied at a time.

mod figure;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use rayon::prelude::*;
use rl_env::seed::Seed;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sweepstake_simulators::selection::{Priors, Scenario, SelectionError, Strategy, Thetas};

use crate::document::Document;
use crate::usage::Usage;

/// Half-width of a 95 % interval in standard errors.
const NORMAL: f64 = 1.959_963_985;
/// Draws for a matrix with something to choose before a scenario is given up.
const DRAWS: u64 = 1000;

/// A study, as written in a YAML file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StudyConfig {
    /// A title for the figure.
    pub name: String,
    /// Matrices drawn for each setting; those in which all or no candidates are correct do not count.
    #[schemars(range(min = 2, max = 1_000_000))]
    pub matrices: u64,
    /// Seed of the matrices.
    pub seed: u64,
    /// Candidates, where they are not varied.
    #[schemars(range(min = 2, max = 10_000))]
    pub candidates: usize,
    /// Tests, where they are not varied.
    #[schemars(range(min = 1, max = 10_000))]
    pub tests: usize,
    /// Probability that a candidate is correct.
    pub theta_x: f64,
    /// Probability that a test is correct.
    pub theta_y: f64,
    /// Probability that a wrong candidate passes a correct test.
    pub theta_1: f64,
    /// Probability that a wrong candidate passes a wrong test.
    pub theta_0: f64,
    /// Values of `candidates`, `tests`, `theta_x`, `theta_y`, `theta_1` or `theta_0`, varied one at a time.
    #[schemars(length(min = 1))]
    pub vary: BTreeMap<String, Vec<f64>>,
}

/// What can be varied, in the order of panels.
const VARIED: [&str; 6] = ["candidates", "tests", "theta_x", "theta_y", "theta_1", "theta_0"];

/// Success of a strategy at one setting.
#[derive(Debug, Clone, PartialEq)]
pub struct Success {
    /// What is varied.
    pub varied: &'static str,
    /// Its value.
    pub value: f64,
    /// The strategy.
    pub strategy: &'static str,
    /// Matrices.
    pub matrices: u64,
    /// Mean Pass@1, and its 95 % interval by the normal approximation.
    pub pass_at_1: f64,
    /// Low end.
    pub low: f64,
    /// High end.
    pub high: f64,
}

impl StudyConfig {
    /// The scenario with one value changed.
    fn scenario(&self, varied: &str, value: f64) -> Result<Scenario> {
        let thetas = Thetas { x: self.theta_x, y: self.theta_y, one: self.theta_1, zero: self.theta_0 };
        let mut scenario = Scenario { candidates: self.candidates, tests: self.tests, thetas };
        let whole = || match (1.0..=10_000.0).contains(&value) && value.fract() == 0.0 {
            true => Ok(value as usize),
            false => {
                Err(Usage::error(format!("vary.{varied}: {value} is not a whole number from 1 to 10000")))
            }
        };
        match varied {
            "candidates" => scenario.candidates = whole()?,
            "tests" => scenario.tests = whole()?,
            "theta_x" => scenario.thetas.x = value,
            "theta_y" => scenario.thetas.y = value,
            "theta_1" => scenario.thetas.one = value,
            "theta_0" => scenario.thetas.zero = value,
            _ => return Err(rl_env::Error::unknown("value to vary", varied, VARIED).into()),
        }
        scenario.thetas.checked().map_err(|error| Usage::error(format!("vary.{varied}: {error}")))?;
        Ok(scenario)
    }
}

/// The strategies compared, by the names that figures show.
fn strategies(thetas: Thetas) -> Result<Vec<(&'static str, Strategy)>, SelectionError> {
    let ten = Priors::new(10.0, 10.0)?;
    Ok(vec![
        ("random", Strategy::Random),
        ("max-pass", Strategy::MaxPass),
        ("mbr-exec", Strategy::MbrExec),
        ("codet", Strategy::CodeT),
        ("b4 (α 10, β0 10)", Strategy::B4(ten)),
        ("b4 (α 1000, β0 1e5)", Strategy::B4(Priors::default())),
        ("b4-marginal (10, 10)", Strategy::B4Marginal(ten)),
        ("oracle", Strategy::Oracle(thetas)),
    ])
}

/// Runs a study; all strategies see the same matrices, and threads do not matter.
///
/// # Errors
/// For a value out of range, or a scenario in which there is never anything to choose.
pub fn study(config: &StudyConfig) -> Result<Vec<Success>> {
    if let Some(unknown) = config.vary.keys().find(|key| !VARIED.contains(&key.as_str())) {
        return Err(rl_env::Error::unknown("value to vary", unknown, VARIED).into());
    }
    let settings = VARIED.into_iter().flat_map(|varied| {
        let values = config.vary.get(varied).into_iter().flatten();
        values.enumerate().map(move |(place, value)| (varied, place, *value))
    });
    let settings: Vec<(&'static str, usize, f64)> = settings.collect();
    let rows: Result<Vec<Vec<Success>>> =
        settings.into_par_iter().map(|setting| successes(config, setting)).collect();
    Ok(rows?.concat())
}

fn successes(
    config: &StudyConfig,
    (varied, place, value): (&'static str, usize, f64),
) -> Result<Vec<Success>> {
    let scenario = config.scenario(varied, value)?;
    let strategies = strategies(scenario.thetas)?;
    let mut rng = Seed(config.seed).child(varied, place as u64).stream("matrices");
    let mut sums = vec![(0.0, 0.0); strategies.len()];
    let (mut counted, mut drawn_in_vain) = (0, 0);
    while counted < config.matrices {
        let drawn = scenario.draw(|| rng.uniform())?;
        if !drawn.is_open() {
            drawn_in_vain += 1;
            if drawn_in_vain > DRAWS * (counted + 1) {
                let problem = format!("vary.{varied}: {value}: all or no candidates are correct, always");
                return Err(Usage::error(problem));
            }
            continue;
        }
        counted += 1;
        for ((_, strategy), (sum, squares)) in strategies.iter().zip(&mut sums) {
            let pass = strategy.rank(&drawn.matrix).pass_at_1(&drawn.correct);
            *sum += pass;
            *squares += pass * pass;
        }
    }
    let n = counted as f64;
    let success = |((strategy, _), (sum, squares)): (&(&'static str, Strategy), &(f64, f64))| {
        let mean = sum / n;
        let half = NORMAL * libm::sqrt(((squares / n - mean * mean) / (n - 1.0)).max(0.0));
        Success {
            varied,
            value,
            strategy,
            matrices: counted,
            pass_at_1: mean,
            low: (mean - half).max(0.0),
            high: (mean + half).min(1.0),
        }
    };
    Ok(strategies.iter().zip(&sums).map(success).collect())
}

/// Runs the study of a file and writes `simulated.csv` and `simulated.svg` into a folder.
///
/// # Errors
/// For the configuration, with its line; for files that cannot be written.
pub fn run(file: &Path, out: &Path) -> Result<Vec<PathBuf>> {
    let config: StudyConfig = Document::read(file)?.load()?;
    let rows = study(&config)?;
    let mut text = "varied,value,strategy,matrices,pass_at_1,low,high\n".to_owned();
    for row in &rows {
        let Success { varied, value, strategy, matrices, pass_at_1, low, high } = row;
        let _ =
            writeln!(text, "{varied},{value},\"{strategy}\",{matrices},{pass_at_1:.4},{low:.4},{high:.4}");
    }
    std::fs::create_dir_all(out).with_context(|| format!("cannot write {}", out.display()))?;
    let (table, drawing) = (out.join("simulated.csv"), out.join("simulated.svg"));
    for (path, content) in [(&table, text), (&drawing, figure::draw(&config.name, &rows)?)] {
        std::fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(vec![table, drawing])
}
