//! Pheromone on the levels of discrete decisions.
//!
//! In the hyper-cube framework (Blum and Dorigo 2004): deposits of one update sum to 1, so that pheromone stays
//! between 0 and 1 whatever the scale and the sign of the reward. The upper limit of MMAS is therefore 1.

use libm::pow;
use rl_env::design::{Decision, Design, DesignSpace, Kind, Value};
use rl_env::seed::Rng;

/// Probability with which an ant repeats the best design once the trails have converged: p_best of Stützle and
/// Hoos (2000, §3.2), who take 0.05 for runs of many more trials.
const REPEAT: f64 = 0.2;

/// Marks a level that is not open.
const CLOSED: f64 = -1.0;

/// Where the trails of one parameter lie: `parts` decisions of `levels` levels each.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    start: usize,
    parts: usize,
    levels: usize,
    /// Their equation 11: no trail falls below.
    least: f64,
}

/// The trails of a space.
#[derive(Debug)]
pub(super) struct Trails {
    alpha: f64,
    /// By parameter; `None` where numbers are drawn from the archive instead.
    stretches: Vec<Option<Stretch>>,
    /// One for each level of each decision.
    cells: Vec<f64>,
    /// Trails to the power of alpha: what ants smell.
    scents: Vec<f64>,
    /// Those of the due decision.
    open: Vec<f64>,
}

/// Number of decisions of a parameter, and levels of each.
fn shape(kind: &Kind) -> (usize, usize) {
    match kind {
        Kind::Permutation { items } => (items.len(), items.len()),
        Kind::Subset { items, .. } => (items.len(), 2),
        _ => (1, kind.levels().unwrap_or(1) as usize),
    }
}

impl Trails {
    /// Trails for the parameters that `discrete` picks, all at the upper limit. Without `limits` nothing keeps a
    /// trail from vanishing.
    pub(super) fn new(
        space: &DesignSpace,
        discrete: impl Fn(&Kind) -> bool,
        alpha: f64,
        limits: Option<f64>,
    ) -> Self {
        let decisions: usize = space.parameters().iter().map(|p| shape(&p.kind).0).sum();
        let mut start = 0;
        let mut stretch = |kind: &Kind| {
            let (parts, levels) = shape(kind);
            let least = limits.map_or(0.0, |greed| least(decisions, levels, greed, alpha));
            let stretch = Stretch { start, parts, levels, least };
            start += parts * levels;
            stretch
        };
        let stretches =
            space.parameters().iter().map(|p| discrete(&p.kind).then(|| stretch(&p.kind))).collect();
        let cells = vec![1.0; start];
        Self { alpha, stretches, scents: cells.clone(), cells, open: Vec::new() }
    }

    pub(super) fn cells(&self) -> &[f64] {
        &self.cells
    }

    /// Takes up saved trails; refuses what trails can never be.
    pub(super) fn set_cells(&mut self, cells: Vec<f64>) -> Result<(), String> {
        if cells.len() != self.cells.len() || cells.iter().any(|trail| !(0.0..=1.0).contains(trail)) {
            return Err(format!("{} trails from 0 to 1 are wanted", self.cells.len()));
        }
        self.cells = cells;
        self.smell();
        Ok(())
    }

    /// Every trail back to the upper limit (Stützle and Hoos 2000, §3.3 and §3.4).
    pub(super) fn reset(&mut self) {
        self.cells.fill(1.0);
        self.smell();
    }

    fn smell(&mut self) {
        let Self { cells, scents, alpha, .. } = self;
        let power = |trail: f64| if *alpha == 1.0 { trail } else { pow(trail, *alpha) };
        scents.iter_mut().zip(cells).for_each(|(scent, trail)| *scent = power(*trail));
    }

    /// Whether the parameter's values are drawn here.
    pub(super) fn has(&self, parameter: usize) -> bool {
        self.stretches[parameter].is_some()
    }

    /// A level of the decision by the pseudo-random proportional rule (Dorigo and Gambardella 1997, equation 3):
    /// with probability `greed` the strongest trail, else in proportion to the scents; levels that are not open
    /// aside. `None` if no level is.
    pub(super) fn choose(
        &mut self,
        decision: Decision,
        greed: f64,
        rng: &mut Rng,
        is_open: impl Fn(u64) -> bool,
    ) -> Option<u64> {
        let Stretch { start, levels, .. } = self.stretches[decision.parameter]?;
        let at = start + decision.part * levels;
        self.open.clear();
        self.open.extend_from_slice(&self.scents[at..at + levels]);
        let greedy = greed > 0.0 && rng.chance(greed);
        // Asking only about levels that are drawn has the same distribution as masking all of them first.
        for _ in 0..levels {
            let level = if greedy { strongest(&self.open, rng) } else { roulette(&self.open, rng) };
            if is_open(level as u64) {
                return Some(level as u64);
            }
            self.open[level] = CLOSED;
        }
        None
    }

    /// Evaporates and deposits: τ ← (1 - ρ)τ + ρ Σ w, over the designs that hold a level, each of weight `w`; the
    /// weights sum to at most 1. Decisions that a design does not take stay as they are, as far as it is
    /// concerned.
    pub(super) fn update(&mut self, space: &DesignSpace, evaporation: f64, deposits: &[(f64, &Design)]) {
        for (parameter, stretch) in self.stretches.iter().enumerate() {
            let Some(Stretch { start, parts, levels, least }) = *stretch else { continue };
            let active = deposits.iter().filter(|(_, design)| design.is_active(parameter));
            let share: f64 = active.clone().map(|(weight, _)| weight).sum();
            let cells = &mut self.cells[start..start + parts * levels];
            cells.iter_mut().for_each(|trail| *trail *= 1.0 - evaporation * share);
            for (weight, design) in active {
                let mut add =
                    |part: usize, level: usize| cells[part * levels + level] += evaporation * weight;
                let kind = &space.parameters()[parameter].kind;
                match &design.0[parameter] {
                    Value::Permutation(order) => {
                        order.iter().enumerate().for_each(|(part, item)| add(part, *item as usize));
                    }
                    Value::Subset(flags) => {
                        flags.iter().enumerate().for_each(|(part, flag)| add(part, usize::from(*flag)));
                    }
                    value => kind.level_of(value).into_iter().for_each(|level| add(0, level as usize)),
                }
            }
            cells.iter_mut().for_each(|trail| *trail = trail.clamp(least, 1.0));
        }
        self.smell();
    }
}

/// The lower limit of a decision of `levels` levels, one of `decisions` that make a design: the trail on every
/// other level while the best has 1, such that an ant takes the best at all decisions with probability
/// [`REPEAT`]. Equation 11 of Stützle and Hoos (2000), with the greed of the choosing rule taken into account.
fn least(decisions: usize, levels: usize, greed: f64, alpha: f64) -> f64 {
    let best = pow(REPEAT, 1.0 / decisions as f64);
    let others = levels.saturating_sub(1).max(1) as f64;
    // What the roulette has to contribute; where greed alone repeats too often, it may as well be fair.
    let roulette = ((best - greed) / (1.0 - greed)).max(1.0 / (others + 1.0));
    let scent = if greed < 1.0 { (1.0 - roulette) / (roulette * others) } else { 1.0 };
    pow(scent.min(1.0), 1.0 / alpha)
}

/// The level with the strongest scent; of equals any, so that equal trails make no order.
fn strongest(scents: &[f64], rng: &mut Rng) -> usize {
    let peak = scents.iter().copied().fold(CLOSED, f64::max);
    let equals = scents.iter().filter(|scent| **scent == peak).count();
    let pick = if equals > 1 { rng.index(equals) } else { 0 };
    scents.iter().enumerate().filter(|(_, scent)| **scent == peak).nth(pick).map_or(0, |(level, _)| level)
}

/// A level with probability in proportion to its scent, all alike where no scent is left.
fn roulette(scents: &[f64], rng: &mut Rng) -> usize {
    let total: f64 = scents.iter().filter(|scent| **scent > 0.0).sum();
    if total <= 0.0 {
        return strongest(scents, rng);
    }
    let mut left = rng.uniform() * total;
    let mut last = 0;
    for (level, scent) in scents.iter().enumerate().filter(|(_, scent)| **scent > 0.0) {
        last = level;
        left -= scent;
        if left < 0.0 {
            break;
        }
    }
    last
}
