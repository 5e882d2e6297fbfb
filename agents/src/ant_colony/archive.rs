//! The archive of good designs from which numbers are drawn: ACO_R (Socha and Dorigo 2008).
//!
//! Numbers are handled as coordinates of the unit cube, so that logarithmic ranges keep their scale; wide ranges of
//! whole numbers are relaxed to the same interval, as in ACO_MV (Liao et al. 2014).

use libm::exp;
use rl_env::design::{DesignSpace, Value};
use rl_env::seed::Rng;

use crate::parts::round::Told;

/// Least standard deviation of a whole number, in levels: a neighbouring level stays in reach when all designs of
/// the archive agree.
const LEAST_STEP: f64 = 0.3;

/// One parameter's coordinates in the archive.
#[derive(Debug)]
struct Column {
    parameter: usize,
    least: f64,
    /// Coordinates of the designs in which the parameter matters, best first.
    values: Vec<f64>,
    /// Rank of the best of these designs.
    best: Option<usize>,
}

/// The best designs of the present colony.
#[derive(Debug)]
pub(super) struct Archive {
    size: usize,
    /// Best first, all feasible.
    members: Vec<Told>,
    columns: Vec<Column>,
    /// By rank, summed up.
    weights: Vec<f64>,
}

impl Archive {
    /// An archive of `size` designs for the given parameters; the smaller `locality` (their q), the more the best
    /// of them count.
    pub(super) fn new(
        space: &DesignSpace,
        numbers: impl Iterator<Item = usize>,
        size: usize,
        locality: f64,
    ) -> Self {
        let column = |parameter: usize| {
            let levels = space.parameters()[parameter].kind.levels();
            let least = levels.map_or(0.0, |levels| LEAST_STEP / levels as f64);
            Column { parameter, least, values: Vec::new(), best: None }
        };
        // Their equation 7 without the constant factor, which cancels in equation 8.
        let weight = |rank: usize| {
            let z = rank as f64 / (locality * size as f64);
            exp(-0.5 * z * z)
        };
        let weights = (0..size)
            .scan(0.0, |sum, rank| {
                *sum += weight(rank);
                Some(*sum)
            })
            .collect();
        Self { size, members: Vec::new(), columns: numbers.map(column).collect(), weights }
    }

    /// Best first.
    pub(super) fn members(&self) -> &[Told] {
        &self.members
    }

    pub(super) fn clear(&mut self, space: &DesignSpace) {
        self.set_members(space, Vec::new());
    }

    /// Takes up saved members.
    pub(super) fn set_members(&mut self, space: &DesignSpace, members: Vec<Told>) {
        self.members = members;
        self.sort(space);
    }

    /// Takes in designs that work; the worst beyond the size are forgotten.
    pub(super) fn add<'a>(&mut self, space: &DesignSpace, designs: impl Iterator<Item = &'a Told>) {
        self.members.extend(designs.filter(|told| told.reward.is_some()).cloned());
        self.sort(space);
    }

    fn sort(&mut self, space: &DesignSpace) {
        // Stable: of equals, the older stays ahead.
        self.members.sort_by(|a, b| b.fitness().total_cmp(&a.fitness()));
        self.members.truncate(self.size);
        let mut unit = Vec::new();
        for column in &mut self.columns {
            column.values.clear();
            column.best = self.members.iter().position(|member| member.design.is_active(column.parameter));
            for member in self.members.iter().filter(|member| member.design.is_active(column.parameter)) {
                unit.clear();
                let kind = &space.parameters()[column.parameter].kind;
                kind.write_unit(&member.design.0[column.parameter], &mut unit);
                column.values.extend(unit.first());
            }
        }
    }

    /// A number for the parameter; decisions on numbers follow the same rule as those on levels. With probability
    /// `greed` it is that of the best design, else one near a guide's: a member by its weight, and a normal
    /// distribution around it that is `spread` (their ξ) times as wide as the mean distance to the other numbers
    /// in the archive (their equation 9). Copies of the guide's number do not count among these, or greed would
    /// narrow the search. Where fewer than two designs have a number, all are equally likely.
    pub(super) fn draw(
        &self,
        space: &DesignSpace,
        parameter: usize,
        (greed, spread): (f64, f64),
        rng: &mut Rng,
    ) -> Value {
        let kind = &space.parameters()[parameter].kind;
        let column = self.columns.iter().find(|column| column.parameter == parameter);
        let Some(column) = column.filter(|column| column.values.len() > 1) else { return kind.sample(rng) };
        let greedy = greed > 0.0 && rng.chance(greed);
        if let (true, Some(best)) = (greedy, column.best) {
            return self.members[best].design.0[parameter].clone();
        }
        let mark = rng.uniform() * self.weights[column.values.len() - 1];
        let guide = self.weights.partition_point(|sum| *sum <= mark).min(column.values.len() - 1);
        let centre = column.values[guide];
        let drawn =
            centre + (spread * mean_distance(&column.values, centre)).max(column.least) * rng.normal();
        kind.read_unit(&[drawn.clamp(0.0, 1.0)])
    }
}

/// Mean distance from `centre` of the values that differ from it; 0 where none does.
fn mean_distance(values: &[f64], centre: f64) -> f64 {
    // Four sums side by side, because one chain of additions has to wait for each.
    let (mut sums, mut counts) = ([0.0; 4], [0.0; 4]);
    let (blocks, rest) = values.as_chunks::<4>();
    for block in blocks {
        for i in 0..4 {
            sums[i] += (block[i] - centre).abs();
            counts[i] += if block[i] == centre { 0.0 } else { 1.0 };
        }
    }
    for value in rest {
        sums[0] += (value - centre).abs();
        counts[0] += if *value == centre { 0.0 } else { 1.0 };
    }
    let count: f64 = counts.iter().sum();
    sums.iter().sum::<f64>() / count.max(1.0)
}
