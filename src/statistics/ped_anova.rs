//! PED-ANOVA (Watanabe, Bansal and Hutter 2023): how much the distribution of a hyperparameter among the best settings differs
//! from that among all. Grids, bandwidths and prior are those of Optuna 5.

use super::distributions::normal_survival;

/// Points of the grid of a continuous hyperparameter.
const STEPS: usize = 50;
/// Weight of the prior kernel, against 1 of each setting.
const PRIOR: f64 = 1.0;

/// How the values of a hyperparameter are laid out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Layout {
    /// Real numbers between two ends.
    Linear(f64, f64),
    /// Positive real numbers between two ends, by their logarithms.
    Logarithmic(f64, f64),
    /// Whole numbers between two ends.
    Whole(f64, f64),
    /// Positive whole numbers between two ends, by their logarithms.
    WholeLogarithmic(f64, f64),
    /// So many categories, 0, 1, …
    Categories(usize),
}

impl Layout {
    /// Name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Linear(..) | Self::Whole(..) => "linear",
            Self::Logarithmic(..) | Self::WholeLogarithmic(..) => "logarithmic",
            Self::Categories(_) => "categories",
        }
    }

    /// Coordinate of a value: its logarithm where the layout is by logarithms.
    pub fn coordinate(self, value: f64) -> f64 {
        match self {
            Self::Logarithmic(..) | Self::WholeLogarithmic(..) => libm::log(value),
            _ => value,
        }
    }

    /// The ends of the coordinates; categories have width 1 each.
    pub fn ends(self) -> (f64, f64) {
        match self {
            Self::Categories(count) => (-0.5, count as f64 - 0.5),
            Self::Linear(low, high)
            | Self::Logarithmic(low, high)
            | Self::Whole(low, high)
            | Self::WholeLogarithmic(low, high) => (self.coordinate(low), self.coordinate(high)),
        }
    }

    /// Number of cells of the grid.
    fn cells(self) -> usize {
        match self {
            Self::Linear(..) | Self::Logarithmic(..) => STEPS,
            Self::Whole(low, high) => ((high - low).round() as usize + 1).min(STEPS),
            Self::WholeLogarithmic(low, high) => {
                (libm::log2(high - low + 1.0).ceil() as usize + 1).min(STEPS)
            }
            Self::Categories(count) => count,
        }
    }

    /// The cell of a value; one half way between two belongs to the lower.
    fn cell(self, value: f64) -> usize {
        if let Self::Categories(count) = self {
            return (value as usize).min(count.saturating_sub(1));
        }
        let ((low, high), cells) = (self.ends(), self.cells());
        let step = (high - low) / (cells - 1) as f64;
        (((self.coordinate(value) - low) / step - 0.5).ceil().max(0.0) as usize).min(cells - 1)
    }
}

/// Importance of each hyperparameter for being among the best `share` of the settings (0 < `share` < 1), in proportions that add
/// up to 1 (equal ones if none matters). `columns` holds a hyperparameter's values by setting. Higher `scores` are better; ties with the last of the
/// best count among them. A hyperparameter with one value has none.
pub fn ped_anova(columns: &[(Layout, Vec<f64>)], scores: &[f64], share: f64) -> Vec<f64> {
    let n = scores.len();
    if n < 2 || columns.is_empty() {
        return vec![0.0; columns.len()];
    }
    let mut sorted = scores.to_vec();
    sorted.sort_unstable_by(|a, b| b.total_cmp(a));
    let cutoff = sorted[((share * n as f64).ceil() as usize).clamp(1, n) - 1];
    let best: Vec<usize> = (0..n).filter(|i| scores[*i] >= cutoff).collect();
    let divergence = |(layout, values): &(Layout, Vec<f64>)| {
        if layout.cells() < 2 || values.iter().all(|v| *v == values[0]) {
            return 0.0;
        }
        let chosen: Vec<f64> = best.iter().map(|i| values[*i]).collect();
        let (top, all) = (density(*layout, &chosen), density(*layout, values));
        top.iter().zip(&all).map(|(top, all)| all * (top / all - 1.0) * (top / all - 1.0)).sum::<f64>()
    };
    let divergences: Vec<f64> = columns.iter().map(divergence).collect();
    let total: f64 = divergences.iter().sum();
    let equal = 1.0 / columns.len() as f64;
    divergences.iter().map(|d| if total > 0.0 { d / total } else { equal }).collect()
}

/// Probability of each cell, by kernels on the occupied cells and a prior, plus 10⁻¹².
fn density(layout: Layout, values: &[f64]) -> Vec<f64> {
    let cells = layout.cells();
    let mut counts = vec![0_usize; cells];
    values.iter().for_each(|value| counts[layout.cell(*value)] += 1);
    let occupied: Vec<usize> = (0..cells).filter(|cell| counts[*cell] > 0).collect();
    let total = values.len() as f64 + PRIOR;
    let mut density = vec![1e-12; cells];
    let mut add = |weight: f64, kernel: &dyn Fn(usize) -> f64| {
        density.iter_mut().enumerate().for_each(|(cell, d)| *d += weight / total * kernel(cell));
    };
    if let Layout::Categories(_) = layout {
        let base = PRIOR / (occupied.len() + 1) as f64;
        let sum = base * cells as f64 + 1.0;
        for at in &occupied {
            add(counts[*at] as f64, &|cell| (base + f64::from(u8::from(cell == *at))) / sum);
        }
        add(PRIOR, &|_| 1.0 / cells as f64);
        return density;
    }
    let width = bandwidth(&occupied, &counts);
    let ends = (-0.5, cells as f64 - 0.5);
    for at in &occupied {
        add(counts[*at] as f64, &|cell| normal_cell(cell, *at as f64, width, ends));
    }
    let (middle, wide) = (0.5 * (cells - 1) as f64, cells as f64);
    add(PRIOR, &|cell| normal_cell(cell, middle, wide, ends));
    density
}

/// Scott's rule on grid cells, at least so wide that a kernel fills its cell.
fn bandwidth(occupied: &[usize], counts: &[usize]) -> f64 {
    let n: usize = occupied.iter().map(|cell| counts[*cell]).sum();
    let weighted = |f: &dyn Fn(f64) -> f64| {
        occupied.iter().map(|cell| f(*cell as f64) * counts[*cell] as f64).sum::<f64>()
    };
    let mean = weighted(&|x| x) / n as f64;
    let deviation = libm::sqrt(weighted(&|x| (x - mean) * (x - mean)) / (n.max(2) - 1) as f64);
    let cumulative: Vec<usize> = occupied
        .iter()
        .scan(0, |sum, cell| {
            *sum += counts[*cell];
            Some(*sum)
        })
        .collect();
    let first = cumulative.partition_point(|sum| *sum < n / 4);
    let third = cumulative.partition_point(|sum| *sum <= n * 3 / 4).min(occupied.len() - 1);
    let range = occupied[third] as f64 - occupied[first] as f64;
    (1.059 * (range / 1.34).min(deviation) * libm::pow(n as f64, -0.2)).max(0.5 / 1.64)
}

/// Mass of the normal distribution truncated to `ends` that falls into a cell.
fn normal_cell(cell: usize, mean: f64, width: f64, ends: (f64, f64)) -> f64 {
    let mass = |low: f64, high: f64| {
        let (a, b) = ((low - mean) / width, (high - mean) / width);
        // On the side of the tail, where the difference of small numbers is exact.
        if a > 0.0 {
            normal_survival(a) - normal_survival(b)
        } else {
            normal_survival(-b) - normal_survival(-a)
        }
    };
    mass(cell as f64 - 0.5, cell as f64 + 0.5) / mass(ends.0, ends.1)
}
