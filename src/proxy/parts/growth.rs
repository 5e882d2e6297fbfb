//! How a tree grows: histograms of bins, the best cut or a random one, depth first. Nodes of few rows do without a
//! histogram where it would be wide.

use rl_env::seed::Rng;

use super::bins::Bins;
use super::trees::Trees;

/// Squared deviation below which the rows of a node are the same; targets have unit variance.
const SAME: f64 = 1e-12;
/// A histogram of more bins than this, of all features together, is wide.
const WIDE: usize = 1024;
/// A wide histogram is kept while the bins of a node's rows are at least so many times its own.
const DENSE: usize = 4;

/// Rules of growth.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Growth {
    /// Most decisions on a path.
    pub(crate) depth: usize,
    /// Fewest rows of a leaf.
    pub(crate) least: usize,
    /// One random cut of each feature instead of all (Geurts et al. 2006).
    pub(crate) random_cuts: bool,
    /// What leaf values are multiplied with.
    pub(crate) rate: f64,
}

/// Counts and sums of the targets, by feature and bin.
#[derive(Clone)]
struct Histogram(Vec<f64>);

/// A node that waits for its split.
struct Waiting {
    node: usize,
    depth: usize,
    start: usize,
    end: usize,
    /// None for few rows of wide features, which are counted anew.
    histogram: Option<Histogram>,
}

/// A decision found.
struct Cut {
    feature: usize,
    bin: usize,
    gain: f64,
}

/// Grows trees on the same rows.
pub(crate) struct Grower<'a> {
    bins: &'a Bins,
    /// Where each feature starts in a histogram.
    offsets: Vec<usize>,
    /// Numbers of a bin: the count, then a sum for each target.
    stride: usize,
    growth: Growth,
}

impl<'a> Grower<'a> {
    /// A grower of trees for `targets` targets.
    pub(crate) fn new(bins: &'a Bins, targets: usize, growth: Growth) -> Self {
        let stride = targets + 1;
        let mut end = 0;
        let offsets = bins.cuts.iter().map(|cuts| {
            let start = end;
            end += (cuts.len() + 1) * stride;
            start
        });
        let mut offsets: Vec<usize> = offsets.collect();
        offsets.push(end);
        Self { bins, offsets, stride, growth }
    }

    /// Grows a tree on `rows`, which may repeat; `settled` hears of each leaf's rows and values.
    pub(crate) fn grow(
        &self,
        mut rows: Vec<u32>,
        targets: &[f32],
        rng: &mut Rng,
        trees: &mut Trees,
        mut settled: impl FnMut(&[u32], &[f32]),
    ) {
        let root = trees.plant();
        let histogram = (!self.is_sparse(rows.len())).then(|| self.count(&rows, targets));
        let mut waiting = vec![Waiting { node: root, depth: 0, start: 0, end: rows.len(), histogram }];
        while let Some(next) = waiting.pop() {
            let own = &mut rows[next.start..next.end];
            let (mean, deviation) = self.summary(own, targets);
            let small = own.len() < 2 * self.growth.least || next.depth >= self.growth.depth;
            let same = deviation <= SAME * own.len() as f64;
            let cut = match &next.histogram {
                _ if small || same => None,
                Some(histogram) => self.cut(histogram, rng),
                None => self.cut_rows(own, targets, rng),
            };
            let Some(cut) = cut else {
                let values: Vec<f32> = mean.iter().map(|x| (x * self.growth.rate) as f32).collect();
                trees.settle(next.node, &values);
                settled(own, &values);
                continue;
            };
            let middle = next.start + self.part(own, &cut);
            let left = trees.branch(next.node, cut.feature, self.bins.cuts[cut.feature][cut.bin]);
            let (small, large) = if middle - next.start <= next.end - middle {
                ((next.start, middle), (middle, next.end))
            } else {
                ((middle, next.end), (next.start, middle))
            };
            let (fewer, rest) = self.divide(next.histogram, &rows[small.0..small.1], large, targets);
            for ((start, end), histogram) in [(small, fewer), (large, rest)] {
                let node = left + usize::from(start == middle);
                waiting.push(Waiting { node, depth: next.depth + 1, start, end, histogram });
            }
        }
    }

    /// Whether a histogram of so many rows is wide and mostly empty.
    fn is_sparse(&self, rows: usize) -> bool {
        let bins = self.offsets[self.bins.features] / self.stride;
        bins > WIDE && rows * self.bins.features < DENSE * bins
    }

    /// The histograms of the smaller part of a node and of the larger, where they are worth having.
    fn divide(
        &self,
        whole: Option<Histogram>,
        small: &[u32],
        large: (usize, usize),
        targets: &[f32],
    ) -> (Option<Histogram>, Option<Histogram>) {
        let Some(mut rest) = whole.filter(|_| !self.is_sparse(large.1 - large.0)) else {
            return (None, None);
        };
        let fewer = self.count(small, targets);
        rest.0.iter_mut().zip(&fewer.0).for_each(|(all, part)| *all -= part);
        (Some(fewer).filter(|_| !self.is_sparse(small.len())), Some(rest))
    }

    fn count(&self, rows: &[u32], targets: &[f32]) -> Histogram {
        let mut cells = vec![0.0; self.offsets[self.bins.features]];
        let width = self.stride - 1;
        for row in rows {
            let y = &targets[*row as usize * width..(*row as usize + 1) * width];
            for (bin, offset) in self.bins.row(*row).iter().zip(&self.offsets) {
                let at = offset + usize::from(*bin) * self.stride;
                let cell = &mut cells[at..at + self.stride];
                cell[0] += 1.0;
                cell[1..].iter_mut().zip(y).for_each(|(sum, y)| *sum += f64::from(*y));
            }
        }
        Histogram(cells)
    }

    /// Mean of each target, and the sum of all squared deviations.
    fn summary(&self, rows: &[u32], targets: &[f32]) -> (Vec<f64>, f64) {
        let width = self.stride - 1;
        let of = |row: &u32| &targets[*row as usize * width..(*row as usize + 1) * width];
        let mut mean = vec![0.0; width];
        for row in rows {
            mean.iter_mut().zip(of(row)).for_each(|(sum, y)| *sum += f64::from(*y));
        }
        mean.iter_mut().for_each(|sum| *sum /= rows.len().max(1) as f64);
        let apart = |row: &u32| -> f64 {
            of(row).iter().zip(&mean).map(|(y, mean)| (f64::from(*y) - mean) * (f64::from(*y) - mean)).sum()
        };
        let deviation = rows.iter().map(apart).sum();
        (mean, deviation)
    }

    fn cut(&self, histogram: &Histogram, rng: &mut Rng) -> Option<Cut> {
        let mut best: Option<Cut> = None;
        for feature in 0..self.bins.features {
            let cells = &histogram.0[self.offsets[feature]..self.offsets[feature + 1]];
            let only = if self.growth.random_cuts {
                match random_bin(cells, self.stride, rng) {
                    Some(bin) => Some(bin),
                    None => continue,
                }
            } else {
                None
            };
            if let Some(cut) = self.best_bin(feature, cells, only)
                && best.as_ref().is_none_or(|best| cut.gain > best.gain)
            {
                best = Some(cut);
            }
        }
        best
    }

    /// The cut behind bin `only`, or the best of all, of one feature.
    fn best_bin(&self, feature: usize, cells: &[f64], only: Option<usize>) -> Option<Cut> {
        let mut total = vec![0.0; self.stride];
        for cell in cells.chunks_exact(self.stride) {
            total.iter_mut().zip(cell).for_each(|(sum, x)| *sum += x);
        }
        let least = self.growth.least as f64 - 0.5;
        let mut left = vec![0.0; self.stride];
        let mut best: Option<Cut> = None;
        for (bin, cell) in cells.chunks_exact(self.stride).enumerate() {
            left.iter_mut().zip(cell).for_each(|(sum, x)| *sum += x);
            let right = total[0] - left[0];
            if right < least {
                break;
            }
            if cell[0] < 0.5 && only.is_none() || left[0] < least || only.is_some_and(|only| bin != only) {
                continue;
            }
            let gain = gain(&left, &total);
            if best.as_ref().is_none_or(|best| gain > best.gain) {
                best = Some(Cut { feature, bin, gain });
            }
        }
        best
    }

    /// As [`Self::cut`], from the rows themselves.
    fn cut_rows(&self, rows: &[u32], targets: &[f32], rng: &mut Rng) -> Option<Cut> {
        let width = self.stride - 1;
        let add = |sums: &mut [f64], row: u32| {
            sums[0] += 1.0;
            let y = &targets[row as usize * width..(row as usize + 1) * width];
            sums[1..].iter_mut().zip(y).for_each(|(sum, y)| *sum += f64::from(*y));
        };
        let mut total = vec![0.0; self.stride];
        rows.iter().for_each(|row| add(&mut total, *row));
        let mut best: Option<Cut> = None;
        let mut left = vec![0.0; self.stride];
        let mut keep = |feature: usize, bin: usize, left: &[f64]| {
            let least = self.growth.least as f64 - 0.5;
            if left[0] < least || total[0] - left[0] < least {
                return;
            }
            let gain = gain(left, &total);
            if best.as_ref().is_none_or(|best| gain > best.gain) {
                best = Some(Cut { feature, bin, gain });
            }
        };
        let mut order: Vec<(u8, u32)> = Vec::with_capacity(rows.len());
        for feature in 0..self.bins.features {
            order.clear();
            order.extend(rows.iter().map(|row| (self.bins.row(*row)[feature], *row)));
            let (low, high) =
                order.iter().fold((u8::MAX, 0), |(low, high), (bin, _)| (low.min(*bin), high.max(*bin)));
            if low >= high {
                continue;
            }
            left.fill(0.0);
            if self.growth.random_cuts {
                let bin = usize::from(low) + rng.index(usize::from(high - low));
                let below = order.iter().filter(|(own, _)| usize::from(*own) <= bin);
                below.for_each(|(_, row)| add(&mut left, *row));
                keep(feature, bin, &left);
                continue;
            }
            order.sort_unstable();
            for pair in order.windows(2) {
                add(&mut left, pair[0].1);
                if pair[0].0 < pair[1].0 {
                    keep(feature, usize::from(pair[0].0), &left);
                }
            }
        }
        best
    }

    /// Brings the rows of the left side to the front and returns their number.
    fn part(&self, rows: &mut [u32], cut: &Cut) -> usize {
        let left = |row: &u32| usize::from(self.bins.row(*row)[cut.feature]) <= cut.bin;
        let mut middle = 0;
        for at in 0..rows.len() {
            if left(&rows[at]) {
                rows.swap(at, middle);
                middle += 1;
            }
        }
        middle
    }
}

/// How much less the squared deviations are on both sides of a cut than together, up to a constant.
fn gain(left: &[f64], total: &[f64]) -> f64 {
    let right = total[0] - left[0];
    (1..left.len())
        .map(|i| left[i] * left[i] / left[0] + (total[i] - left[i]) * (total[i] - left[i]) / right)
        .sum()
}

/// A bin that parts the rows, drawn evenly between the first and the last that has any.
fn random_bin(cells: &[f64], stride: usize, rng: &mut Rng) -> Option<usize> {
    let filled = |cell: &[f64]| cell[0] > 0.5;
    let first = cells.chunks_exact(stride).position(filled)?;
    let last = cells.chunks_exact(stride).rposition(filled)?;
    (first < last).then(|| first + rng.index(last - first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proxy::parts::matrix::Matrix;
    use rl_env::seed::Seed;

    #[test]
    fn a_full_tree_learns_its_rows_by_heart_even_where_no_single_cut_helps() {
        // Exclusive or: every first cut leaves both sides as mixed as before.
        let features = Matrix { columns: 2, data: vec![0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0] };
        let targets = [-1.0, 1.0, 1.0, -1.0];
        let bins = Bins::new(&features);
        for random_cuts in [false, true] {
            let growth = Growth { depth: 9, least: 1, random_cuts, rate: 1.0 };
            let mut trees = Trees::new(1);
            let mut rng = Seed(0).stream("test");
            Grower::new(&bins, 1, growth).grow((0..4).collect(), &targets, &mut rng, &mut trees, |_, _| ());
            let mut seen = [0.0; 4];
            trees.visit(&features, |row, values| seen[row] = values[0]);
            assert_eq!(seen, targets);
        }
    }

    /// Whole targets, whose sums are exact in any order.
    #[test]
    fn rows_and_their_histogram_give_the_same_cut() {
        let mut draw = Seed(3).stream("test");
        let features = Matrix {
            columns: 5,
            data: (0..1500).map(|i| ((i * i + i) % 257 / (i % 5 + 1)) as f32).collect(),
        };
        let targets: Vec<f32> = (0..600).map(|_| draw.index(9) as f32).collect();
        let bins = Bins::new(&features);
        for (random_cuts, least) in [(false, 1), (false, 40), (true, 1), (true, 40)] {
            let grower = Grower::new(&bins, 2, Growth { depth: 9, least, random_cuts, rate: 1.0 });
            for rows in [2, 7, 100, 300] {
                let rows: Vec<u32> = draw.distinct(300, rows).into_iter().map(|row| row as u32).collect();
                let (mut one, mut other) = (draw.clone(), draw.clone());
                let cells = grower.cut(&grower.count(&rows, &targets), &mut one);
                let counted = grower.cut_rows(&rows, &targets, &mut other);
                let shown = |cut: Option<Cut>| cut.map(|cut| (cut.feature, cut.bin, cut.gain));
                assert_eq!(shown(cells), shown(counted), "{random_cuts} {least} {}", rows.len());
                assert_eq!(one.index(1 << 30), other.index(1 << 30), "as many numbers drawn");
            }
        }
    }

    #[test]
    fn leaves_are_not_smaller_than_allowed() {
        let features = Matrix { columns: 1, data: (0..20).map(|i| i as f32).collect() };
        let targets: Vec<f32> = (0..20).map(|i| (i * i) as f32).collect();
        let bins = Bins::new(&features);
        let growth = Growth { depth: 9, least: 4, random_cuts: false, rate: 1.0 };
        let mut sizes = Vec::new();
        let mut rng = Seed(0).stream("test");
        let mut trees = Trees::new(1);
        Grower::new(&bins, 1, growth).grow((0..20).collect(), &targets, &mut rng, &mut trees, |rows, _| {
            sizes.push(rows.len());
        });
        assert!(sizes.len() > 2 && sizes.iter().all(|n| *n >= 4), "{sizes:?}");
    }
}
