//! When a search is over, and how large the next one is: IPOP (Auger and Hansen 2005) and BIPOP (Hansen 2009).

use libm::pow;
use rl_env::seed::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::gaussian::Gaussian;
use super::layout::Coordinate;

/// Condition number of the covariance beyond which a search has lost its way, as a ratio of axes (B.3).
const MOST_ELONGATED: f64 = 1e7;

/// A restarted search is small enough for this many generations within what is left of the budget.
const GENERATIONS: u64 = 20;

/// Largest population: the constants of a generation take memory for each of its members.
const MOST: usize = 1 << 20;

/// What follows a search that has converged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Restart {
    /// Nothing: the search goes on where it is.
    None,
    /// A search from elsewhere with twice the population.
    Ipop,
    /// Large searches as `ipop`, and small ones with small steps that may spend as much.
    Bipop,
}

/// The present search and what went before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Schedule {
    /// λ of the present search.
    pub(super) population: usize,
    /// σ0 of the present search.
    pub(super) sigma: f64,
    /// Whether it is one of BIPOP's small ones.
    small: bool,
    /// λ of the last large one.
    large: usize,
    /// Trials that the large and the small ones have spent.
    spent: [u64; 2],
    /// The best reward of the present search, and how many generations have passed since.
    best: Option<f64>,
    stagnant: u64,
    /// The best reward of the last generation, and how many before it had the same.
    last: Option<f64>,
    flat: u64,
}

impl Schedule {
    pub(super) fn new(population: usize, sigma: f64) -> Self {
        Self {
            population,
            sigma,
            small: false,
            large: population,
            spent: [0; 2],
            best: None,
            stagnant: 0,
            last: None,
            flat: 0,
        }
    }

    pub(super) fn is_sound(&self) -> bool {
        (4..=MOST).contains(&self.population)
            && (4..=MOST).contains(&self.large)
            && self.sigma > 0.0
            && self.sigma.is_finite()
    }

    pub(super) fn spend(&mut self, trials: u64) {
        let regime = usize::from(self.small);
        self.spent[regime] = self.spent[regime].saturating_add(trials);
    }

    /// Takes note of the best of a generation; `None` if nothing was feasible.
    pub(super) fn note(&mut self, best: Option<f64>) {
        self.flat = if best == self.last { self.flat + 1 } else { 0 };
        self.last = best;
        if best > self.best {
            self.best = best;
            self.stagnant = 0;
        } else {
            self.stagnant += 1;
        }
    }

    /// Converged or lost (B.3): TolX, no real coordinate deviates by more than `tolerance`; ConditionCov; and of
    /// TolFun and Stagnation what needs no scale of rewards: the best of all generations that TolFun looks back on
    /// are equal, or nothing has become better for as long as Stagnation waits.
    pub(super) fn is_over(&self, gaussian: &Gaussian, coordinates: &[Coordinate], tolerance: f64) -> bool {
        let (n, lambda) = (gaussian.n().max(1), self.population);
        let look_back = 10 + (30 * n).div_ceil(lambda) as u64;
        let patience = 100 + (100.0 * pow(n as f64, 1.5) / lambda as f64) as u64;
        let mut moving = coordinates.iter().enumerate().filter(|(_, c)| !matches!(c, Coordinate::Levels(_)));
        let has_reals = moving.clone().next().is_some();
        let still = has_reals && moving.all(|(i, _)| gaussian.deviation(i) < tolerance);
        let lost = gaussian.elongation() > MOST_ELONGATED;
        still || lost || self.flat >= look_back || self.stagnant >= patience
    }

    /// The next search, whose population `left` trials have to suffice for.
    pub(super) fn restart(&mut self, restart: Restart, first: (usize, f64), left: u64, rng: &mut Rng) {
        let (population, sigma) = first;
        let most = usize::try_from(left / GENERATIONS).unwrap_or(usize::MAX).clamp(population, MOST);
        let doubled = self.large.saturating_mul(2).min(most);
        self.small = restart == Restart::Bipop && self.spent[1] < self.spent[0];
        if self.small {
            // Hansen 2009, section 2: λ_s = λ (½ λ_l/λ)^(U²), σ_s = σ 10^(-2U').
            let ratio = (0.5 * doubled as f64 / population as f64).max(1.0);
            let u = rng.uniform();
            self.population = (population as f64 * pow(ratio, u * u)) as usize;
            self.sigma = sigma * pow(10.0, -2.0 * rng.uniform());
        } else {
            self.large = doubled;
            self.population = doubled;
            self.sigma = sigma;
        }
        (self.best, self.last) = (None, None);
        (self.stagnant, self.flat) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use rl_env::seed::Seed;

    use super::*;

    #[test]
    fn populations_double_as_long_as_the_budget_lasts() {
        let (mut schedule, mut rng) = (Schedule::new(10, 0.2), Seed(1).stream("test"));
        let mut populations = Vec::new();
        for left in [1_000_000, 1_000_000, 1_000_000, 1000, 100, 0] {
            schedule.restart(Restart::Ipop, (10, 0.2), left, &mut rng);
            populations.push(schedule.population);
        }
        assert_eq!(populations, [20, 40, 80, 50, 10, 10]);
    }

    #[test]
    fn no_population_is_beyond_a_million() {
        let (mut schedule, mut rng) = (Schedule::new(10, 0.2), Seed(1).stream("test"));
        (0..40).for_each(|_| schedule.restart(Restart::Ipop, (10, 0.2), u64::MAX, &mut rng));
        assert_eq!(schedule.population, 1 << 20);
        assert!(schedule.is_sound());
        assert!(!Schedule { population: (1 << 20) + 1, ..schedule }.is_sound());
    }

    #[test]
    fn small_searches_spend_as_much_as_large_ones() {
        let (mut schedule, mut rng) = (Schedule::new(10, 0.2), Seed(1).stream("test"));
        let (mut small, mut large) = (0, 0);
        for _ in 0..40 {
            schedule.spend(200);
            schedule.restart(Restart::Bipop, (10, 0.2), 100_000, &mut rng);
            if schedule.small {
                small += 1;
                assert!(schedule.population <= schedule.large.max(10) && schedule.sigma <= 0.2);
            } else {
                large += 1;
                assert_eq!(schedule.sigma, 0.2);
            }
        }
        assert!((19..=21).contains(&small) && (19..=21).contains(&large), "{small} {large}");
    }

    #[test]
    fn a_search_is_over_when_it_stands_still_is_lost_or_flat() {
        let reals = [Coordinate::Real; 2];
        let fresh = Schedule::new(10, 0.2);
        let gaussian = Gaussian::new(vec![0.5; 2], 1e-4, false);
        assert!(!fresh.is_over(&gaussian, &reals, 1e-5));
        assert!(fresh.is_over(&gaussian, &reals, 1e-3));
        // Levels keep their margin however small the step size is.
        assert!(!fresh.is_over(&gaussian, &[Coordinate::Levels(4.0); 2], 1e-3));
        // 10 + 30·2/10 generations of one reward.
        let mut flat = fresh.clone();
        for generation in 0..17 {
            assert!(!flat.is_over(&gaussian, &reals, 1e-5), "generation {generation}");
            flat.note(Some(1.0));
        }
        assert!(flat.is_over(&gaussian, &reals, 1e-5));
        flat.note(Some(2.0));
        assert!(!flat.is_over(&gaussian, &reals, 1e-5));
    }
}
