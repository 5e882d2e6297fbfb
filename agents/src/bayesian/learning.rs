//! What the agent learns from its trials: one model of the rewards, one of feasibility.

use serde::{Deserialize, Serialize};

use super::acquisition::{Acquisition, Criterion};
use super::{Config, State};
use crate::parts::gaussian_process::{Features, Hyper, Surrogate};
use crate::parts::round::Told;

/// Hyperparameters are fitted anew when the trials have grown by this factor, and when this many have come.
const GROWTH: f64 = 1.1;
const MOST_NEW: usize = 48;

/// Steps of the first fit from each start, and of later ones from the last hyperparameters.
const FIRST_STEPS: u64 = 40;
const STEPS: u64 = 8;

/// Up to so many trials every fit starts from the prior as well: early hyperparameters can be far off.
const FEW: usize = 100;

/// Hyperparameters and what they were fitted to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fit {
    hyper: Hyper,
    /// Trials of the fit; later ones are added to them.
    active: Vec<usize>,
    /// Number of trials at the fit.
    trials: usize,
}

impl Fit {
    pub(super) fn is_sound(&self, groups: usize, trials: usize) -> bool {
        self.hyper.is_sound(groups) && self.trials <= trials && self.active.iter().all(|i| *i < self.trials)
    }

    /// Whether all of its trials, which have to exist, have a reward.
    pub(super) fn has_rewards(&self, trials: &[Told]) -> bool {
        self.active.iter().all(|i| trials[*i].reward.is_some())
    }

    fn is_due(&self, trials: usize) -> bool {
        let grown = (self.trials as f64 * GROWTH) as usize;
        trials > grown || trials >= self.trials + MOST_NEW
    }
}

/// The models of the present state.
#[derive(Debug, Default)]
pub(super) struct Models {
    pub(super) objective: Option<Surrogate>,
    pub(super) feasibility: Option<Surrogate>,
    /// Trials in the order in which the models know them, and the fits they belong to.
    members: [Vec<usize>; 2],
    fitted_at: [Option<usize>; 2],
    /// Targets of the members.
    targets: [Vec<f64>; 2],
}

impl Models {
    /// Brings both models up to the trials.
    pub(super) fn refresh(
        &mut self,
        config: &Config,
        features: &Features,
        points: &[Vec<f64>],
        state: &mut State,
    ) {
        let trials = &state.trials;
        let rewards: Vec<f64> = trials.iter().filter_map(|told| told.reward).collect();
        let mut warped = config.warp.apply(&rewards).into_iter();
        let of = |told: &Told| told.reward.and_then(|_| warped.next());
        let values: Vec<Option<f64>> = trials.iter().map(of).collect();
        let context = Learning { config, features, points, trials };
        self.update(0, &context, &values, &mut state.objective);
        let labels: Vec<Option<f64>> =
            trials.iter().map(|told| Some(if told.reward.is_some() { 1.0 } else { -1.0 })).collect();
        if trials.iter().any(|told| told.reward.is_none()) {
            self.update(1, &context, &labels, &mut state.feasibility);
        }
    }

    fn update(
        &mut self,
        which: usize,
        context: &Learning<'_>,
        values: &[Option<f64>],
        fit: &mut Option<Fit>,
    ) {
        let count = values.iter().flatten().count();
        if count == 0 {
            return;
        }
        if fit.as_ref().is_none_or(|fit| fit.is_due(values.len())) {
            *fit = context.fitted(values, fit.as_ref());
        }
        let Some(fit) = fit else { return };
        let model = if which == 0 { &mut self.objective } else { &mut self.feasibility };
        let members = &mut self.members[which];
        if model.is_none() || self.fitted_at[which] != Some(fit.trials) {
            let fresh = Surrogate::new(context.config.kernel, &context.features.columns, fit.hyper.clone());
            let fresh = model.insert(fresh);
            members.clone_from(&fit.active);
            members.iter().for_each(|i| fresh.push(&context.points[*i]));
            self.fitted_at[which] = Some(fit.trials);
        }
        let Some(model) = model else { return };
        let next = members.iter().max().map_or(fit.trials, |last| (last + 1).max(fit.trials));
        for i in (next..values.len()).filter(|i| values[*i].is_some()) {
            model.push(&context.points[i]);
            members.push(i);
        }
        self.targets[which] = members.iter().filter_map(|i| values[*i]).collect();
        model.state(&self.targets[which]);
    }

    /// The acquisition given what is known, with a margin in prior standard deviations.
    pub(super) fn criterion(&self, acquisition: Acquisition, beta: f64, margin: f64) -> Criterion {
        let known = self.targets[0].len();
        let fitted = self.objective.iter().flat_map(|model| model.fitted().take(known));
        let best = fitted.fold(f64::NEG_INFINITY, f64::max);
        let unit = self.objective.as_ref().map_or(1.0, Surrogate::prior_deviation);
        Criterion { acquisition, beta, best: if best.is_finite() { best + margin * unit } else { 0.0 }, unit }
    }

    /// Takes a proposal for a trial that came out as predicted (Kriging believer, Ginsbourger et al. 2010).
    pub(super) fn believe(&mut self, point: &[f64]) {
        for model in [&mut self.objective, &mut self.feasibility].into_iter().flatten() {
            let mean = model.predict(point, &mut Vec::new()).mean;
            let mut targets = model.told();
            targets.push(mean);
            model.push(point);
            model.state(&targets);
        }
    }

    /// Forgets what was only believed.
    pub(super) fn disbelieve(&mut self) {
        let models = [&mut self.objective, &mut self.feasibility];
        for (model, targets) in models.into_iter().zip(&self.targets) {
            if let Some(model) = model {
                model.truncate(targets.len());
                model.state(targets);
            }
        }
    }
}

/// What a fit needs.
struct Learning<'a> {
    config: &'a Config,
    features: &'a Features,
    points: &'a [Vec<f64>],
    trials: &'a [Told],
}

impl Learning<'_> {
    fn fitted(&self, values: &[Option<f64>], last: Option<&Fit>) -> Option<Fit> {
        let active = self.active(values);
        let points: Vec<Vec<f64>> = active.iter().map(|i| self.points[*i].clone()).collect();
        let targets: Vec<f64> = active.iter().filter_map(|i| values[*i]).collect();
        let prior = Hyper::prior(self.features.groups);
        let (from, steps) = match last {
            Some(last) if active.len() <= FEW => (vec![last.hyper.clone(), prior.clone()], STEPS),
            Some(last) => (vec![last.hyper.clone()], STEPS),
            None => (vec![prior.clone()], FIRST_STEPS),
        };
        let columns = &self.features.columns;
        let hyper = Surrogate::fit(self.config.kernel, columns, (&points, &targets), &from, steps);
        Some(Fit { hyper: hyper.unwrap_or(prior), active, trials: values.len() })
    }

    /// The trials to learn from, in order: all, or of too many the best, those nearest to the best, and the latest.
    fn active(&self, values: &[Option<f64>]) -> Vec<usize> {
        let mut all: Vec<usize> = (0..values.len()).filter(|i| values[*i].is_some()).collect();
        let most = self.config.active;
        if all.len() <= most {
            return all;
        }
        let mut chosen: Vec<usize> = all.split_off(all.len() - most / 8);
        let fitness = |i: &usize| self.trials[*i].fitness();
        all.sort_by(|a, b| fitness(b).total_cmp(&fitness(a)));
        let centre = &self.points[all[0]];
        chosen.extend(all.drain(..most / 4));
        let square = |i: &usize| -> f64 {
            let pairs = self.points[*i].iter().zip(centre).zip(&self.features.columns);
            pairs.map(|((a, b), column)| column.weight * (a - b) * (a - b)).sum()
        };
        all.sort_by(|a, b| square(a).total_cmp(&square(b)));
        chosen.extend(all.into_iter().take(most - chosen.len()));
        chosen.sort_unstable();
        chosen
    }
}
