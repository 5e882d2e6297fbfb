//! Bayesian optimisation with a random forest as surrogate, in the manner of SMAC.
//!
//! A forest (`crate::parts::forest`) predicts what a design is worth and how sure that is; the design with the
//! largest expected improvement is proposed, found by local search from the best trials and from random
//! challengers (Hutter et al. 2011; Lindauer et al. 2022). Trees take designs of every kind as they are, and one
//! parameter that matters among many is found soon, which makes the method strong on mixed and conditional spaces.
//!
//! The forest sees normal scores of the rewards' ranks, so that no scale and no outlier matters; infeasible trials
//! share the worst rank. Not all trees are grown anew for each trial: beyond a few hundred trials the oldest ones
//! only, so that the cost of a trial stays bounded.

use std::sync::Arc;

use rl_env::Error;
use rl_env::agent::{Agent, Context, Trial, from_snapshot, to_snapshot};
use rl_env::design::{Design, DesignSpace, Parameter};
use rl_env::registry::AgentConfig;
use rl_env::seed::{Rng, Seed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::parts::forest::{Growth, Samples, Tree};
use crate::parts::round::{Round, Told, check_all};
use crate::parts::seen::Seen;

mod challengers;
mod scores;

use challengers::{Effort, Search};
use scores::normal_scores;

/// Rows that may be grown into trees for one proposal: all trees up to some hundred trials, then a part of them.
const ROWS: usize = 4000;

/// Hyperparameters of the search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Space-filling designs before the first model, if the budget is at least four times as large.
    #[schemars(range(min = 1, max = 10_000))]
    pub startup: usize,
    /// Trees of the forest.
    #[schemars(range(min = 2, max = 500))]
    pub trees: usize,
    /// Fewest samples of a leaf.
    #[schemars(range(min = 1, max = 100))]
    pub leaf: usize,
    /// Share of the features that a split considers.
    #[schemars(range(min = 0.05, max = 1.0))]
    pub features: f64,
    /// What counts as an improvement, in standard deviations of the normal scores beyond the best.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub xi: f64,
    /// Probability that a proposal is drawn at random.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub random: f64,
    /// Random challengers of the acquisition function.
    #[schemars(range(min = 1, max = 100_000))]
    pub challengers: usize,
    /// Local searches, half of them from the best trials and half from the best challengers.
    #[schemars(range(min = 1, max = 100))]
    pub searches: usize,
    /// Predictions that the local searches may spend together.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub steps: usize,
    /// Designs proposed together before learning; each but the first costs a forest of its own.
    #[schemars(range(min = 1, max = 64))]
    pub batch: usize,
}

/// Chosen on the landscapes at 100 and 300 trials, by the medians of 3 to 5 seeds.
impl Default for Config {
    fn default() -> Self {
        Self {
            startup: 10,
            trees: 20,
            leaf: 1,
            features: 0.35,
            xi: 0.0,
            random: 0.05,
            challengers: 300,
            searches: 10,
            steps: 1500,
            batch: 1,
        }
    }
}

impl AgentConfig for Config {
    const SUMMARY: &'static str =
        "Bayesian optimisation with a random forest: expected improvement by local search, as SMAC does it.";
    const REFERENCE: &'static str = "Hutter, Hoos and Leyton-Brown 2011, Sequential Model-Based Optimization for General Algorithm Configuration";

    fn sweep() -> Vec<Parameter> {
        vec![
            Parameter::integer("startup", 5, 100),
            Parameter::integer("trees", 10, 100),
            Parameter::integer("leaf", 1, 10),
            Parameter::real("features", 0.2, 1.0),
            Parameter::real("xi", 0.0, 0.1),
            Parameter::real("random", 0.0, 0.5),
            Parameter::integer("searches", 2, 20),
        ]
    }

    fn build(self, context: Context) -> Result<Box<dyn Agent>, Error> {
        Ok(Box::new(ForestBayesian::new(self, context)))
    }
}

/// Everything that changes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    rng: Rng,
    /// Of trees and of the filling sequence.
    seed: Seed,
    history: Vec<Told>,
    round: Round,
    /// For each tree, the number of trials that it was grown from; what the tree is follows from it.
    grown: Vec<usize>,
}

struct ForestBayesian {
    config: Config,
    space: Arc<DesignSpace>,
    startup: usize,
    state: State,
    samples: Samples,
    /// Parallel to the state's `grown`.
    trees: Vec<Tree>,
    seen: Seen,
}

impl Agent for ForestBayesian {
    fn ask(&mut self, n: usize) -> Result<Vec<Design>, Error> {
        if self.state.round.is_served() {
            self.propose();
        }
        Ok(self.state.round.serve(n))
    }

    fn tell(&mut self, trials: &[Trial]) -> Result<(), Error> {
        for told in self.state.round.tell(trials).into_iter().flatten() {
            self.learn(told);
        }
        Ok(())
    }

    fn batch(&self) -> usize {
        self.config.batch
    }

    fn snapshot(&self) -> Result<Json, Error> {
        to_snapshot(&self.state)
    }

    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        let mut state: State = from_snapshot("forest-bayesian", state)?;
        state.round.check("forest-bayesian", &self.space)?;
        check_all("forest-bayesian", &self.space, state.history.iter().map(|told| &told.design))?;
        let fits = |grown: &usize| (1..=state.history.len()).contains(grown);
        if !(state.grown.is_empty() || state.grown.len() == self.config.trees && state.grown.iter().all(fits))
        {
            let problem = "its trees are not those of its trials".to_owned();
            return Err(Error::Snapshot { what: "forest-bayesian", problem });
        }
        let history = std::mem::take(&mut state.history);
        self.state = state;
        self.samples.truncate(0);
        self.seen = Seen::default();
        history.into_iter().for_each(|told| self.learn(told));
        self.trees = (0..self.state.grown.len()).map(|i| self.tree(i, self.state.grown[i])).collect();
        Ok(())
    }
}

impl ForestBayesian {
    fn new(config: Config, context: Context) -> Self {
        let Context { space, seed, budget, .. } = context;
        let rng = seed.stream("forest-bayesian");
        let state = State { rng, seed, history: Vec::new(), round: Round::default(), grown: Vec::new() };
        let most = usize::try_from(budget / 4).unwrap_or(usize::MAX).max(2);
        Self {
            startup: config.startup.min(most),
            samples: Samples::new(&space),
            trees: Vec::new(),
            seen: Seen::default(),
            config,
            space,
            state,
        }
    }

    fn learn(&mut self, told: Told) {
        self.samples.push(&self.space, &told.design);
        self.seen.is_new(&told.design);
        self.state.history.push(told);
    }

    fn growth(&self) -> Growth {
        Growth { leaf: self.config.leaf, features: self.config.features }
    }

    /// Tree `index` of the first `rows` trials: a function of nothing else, so that snapshots need no trees.
    fn tree(&self, index: usize, rows: usize) -> Tree {
        let targets = normal_scores(self.state.history[..rows].iter().map(|told| told.reward));
        self.tree_on(index, &targets)
    }

    fn tree_on(&self, index: usize, targets: &[f64]) -> Tree {
        let seed = self.state.seed.child("tree", index as u64);
        let mut rng = seed.child("rows", targets.len() as u64).stream("forest-bayesian");
        Tree::grow(&self.samples, targets, self.growth(), &mut rng)
    }

    /// Starts the next round.
    fn propose(&mut self) {
        let mut designs: Vec<Design> = Vec::with_capacity(self.config.batch);
        let told = self.samples.len();
        if told >= self.startup {
            self.refresh();
        }
        for _ in 0..self.config.batch {
            let design = if told < self.startup {
                self.filling(told + designs.len(), &designs)
            } else if self.state.rng.chance(self.config.random) {
                self.seen.sample(&self.space, &designs, &mut self.state.rng)
            } else {
                self.promising(&designs)
            };
            designs.push(design);
        }
        self.state.round.start(designs);
    }

    /// Grows the oldest trees anew.
    fn refresh(&mut self) {
        let rows = self.samples.len();
        if self.trees.is_empty() {
            self.state.grown = vec![rows; self.config.trees];
            self.trees = (0..self.config.trees).map(|index| self.tree(index, rows)).collect();
            return;
        }
        let targets = normal_scores(self.state.history.iter().map(|told| told.reward));
        let count = ROWS.div_ceil(rows).min(self.config.trees);
        let mut oldest: Vec<usize> = (0..self.config.trees).filter(|i| self.state.grown[*i] < rows).collect();
        oldest.sort_by_key(|index| self.state.grown[*index]);
        for index in oldest.into_iter().take(count) {
            self.trees[index] = self.tree_on(index, &targets);
            self.state.grown[index] = rows;
        }
    }

    /// The design at place `index` of a scrambled Sobol sequence, where it has one that is fit.
    fn filling(&mut self, index: usize, round: &[Design]) -> Design {
        let dimensions = self.space.unit_dim() as u32;
        if dimensions <= sobol_burley::NUM_DIMENSIONS && index < 1 << 16 {
            let scramble = self.state.seed.child("sobol", 0).0 as u32;
            let at = |d| f64::from(sobol_burley::sample(index as u32, d, scramble));
            let point: Vec<f64> = (0..dimensions).map(at).collect();
            if let Ok(design) = self.space.from_unit(&point)
                && self.seen.admits(&self.space, &design, round)
            {
                return design;
            }
        }
        self.seen.sample(&self.space, round, &mut self.state.rng)
    }

    /// The design of the largest expected improvement that is new and breaks no constraint.
    fn promising(&mut self, round: &[Design]) -> Design {
        let scores = normal_scores(self.state.history.iter().map(|told| told.reward));
        let mut best: Vec<usize> = (0..scores.len()).collect();
        best.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
        let effort = Effort {
            challengers: self.config.challengers,
            searches: self.config.searches,
            steps: self.config.steps,
        };
        let incumbent = scores[best[0]] + self.config.xi;
        let starts: Vec<&Design> =
            best.iter().take(self.config.searches).map(|i| &self.state.history[*i].design).collect();
        let fantasies = if round.is_empty() { None } else { Some(self.with_fantasies(scores, round)) };
        let trees = fantasies.as_deref().unwrap_or(&self.trees);
        let search = Search { space: &self.space, trees, incumbent };
        let (space, seen) = (&self.space, &mut self.seen);
        let fit = |design: &Design| seen.admits(space, design, round);
        let found = search.run(&starts, effort, fit, &mut self.state.rng);
        found.unwrap_or_else(|| self.seen.sample(&self.space, round, &mut self.state.rng))
    }

    /// A forest that takes the pending designs for worth what is predicted (the kriging believer, Ginsbourger,
    /// Le Riche and Carraro 2010).
    fn with_fantasies(&self, mut scores: Vec<f64>, round: &[Design]) -> Vec<Tree> {
        let mut samples = self.samples.clone();
        let mut row = Vec::new();
        for design in round {
            row.clear();
            Samples::encode(&self.space, design, &mut row);
            scores.push(crate::parts::forest::predict(&self.trees, &row).0);
            samples.push(&self.space, design);
        }
        let seed = self.state.seed.child("fantasies", scores.len() as u64);
        let grow = |index| {
            let mut rng = seed.child("tree", index as u64).stream("forest-bayesian");
            Tree::grow(&samples, &scores, self.growth(), &mut rng)
        };
        (0..self.config.trees).map(grow).collect()
    }
}

#[cfg(test)]
mod tests;
