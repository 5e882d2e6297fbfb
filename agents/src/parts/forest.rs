//! A regression forest over designs: the surrogate of SMAC (Hutter et al. 2011, section 4.1; 2014, section 11).
//!
//! Trees are grown on bootstrap samples. A node splits where the squared error falls most, at a random point between
//! the two values beside the best split, so that the mean of many trees is smooth. Options without order are split
//! into two sets (optimal for squared error: Fisher 1958). An inactive parameter has a value of its own, below all
//! others, which splits tell apart like any other value.

use rl_env::design::{Design, DesignSpace, Kind};
use rl_env::seed::Rng;

/// The value of an inactive parameter; others are within 0..=1, levels of choices whole numbers.
const INACTIVE: f64 = -1.0;

/// Designs as rows of features, with the order of the rows in each feature.
#[derive(Debug, Clone)]
pub(crate) struct Samples {
    /// Per feature, the number of options if they have no order.
    options: Vec<Option<usize>>,
    rows: Vec<f64>,
    order: Vec<Vec<u32>>,
    len: usize,
}

impl Samples {
    pub(crate) fn new(space: &DesignSpace) -> Self {
        let mut options = Vec::new();
        for parameter in space.parameters() {
            match &parameter.kind {
                Kind::Choice { options: names } => options.push(Some(names.len())),
                kind => options.resize(options.len() + kind.unit_dim(), None),
            }
        }
        let order = vec![Vec::new(); options.len()];
        Self { options, rows: Vec::new(), order, len: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Appends the features of a design: its unit-cube coordinates, but levels of choices.
    pub(crate) fn encode(space: &DesignSpace, design: &Design, out: &mut Vec<f64>) {
        for (i, (parameter, value)) in space.parameters().iter().zip(&design.0).enumerate() {
            match &parameter.kind {
                kind if !design.is_active(i) => {
                    let width = if let Kind::Choice { .. } = kind { 1 } else { kind.unit_dim() };
                    out.resize(out.len() + width, INACTIVE);
                }
                kind @ Kind::Choice { .. } => out.push(kind.level_of(value).unwrap_or(0) as f64),
                kind => kind.write_unit(value, out),
            }
        }
    }

    pub(crate) fn push(&mut self, space: &DesignSpace, design: &Design) {
        Self::encode(space, design, &mut self.rows);
        let width = self.options.len();
        let (rows, row) = (&self.rows, self.len);
        for (feature, order) in self.order.iter_mut().enumerate() {
            let x = rows[row * width + feature];
            let at = order.partition_point(|other| rows[*other as usize * width + feature] <= x);
            order.insert(at, row as u32);
        }
        self.len += 1;
    }

    /// Forgets all rows but the first `len`.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.rows.truncate(len * self.options.len());
        self.order.iter_mut().for_each(|order| order.retain(|row| (*row as usize) < len));
        self.len = self.len.min(len);
    }

    #[inline]
    fn at(&self, row: u32, feature: usize) -> f64 {
        self.rows[row as usize * self.options.len() + feature]
    }
}

/// How trees are grown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Growth {
    /// Fewest samples, repeats counted, on either side of a split.
    pub(crate) leaf: usize,
    /// Share of the features that a node considers.
    pub(crate) features: f64,
}

/// A node: a split, or a leaf where `left` is 0.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Node {
    feature: u32,
    /// The children are at `left` and `left + 1`.
    left: u32,
    /// Largest value that goes left; the mean of a leaf.
    threshold: f64,
    rule: Rule,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Rule {
    /// Values up to the threshold go left.
    Below,
    /// Options of this set go left; see [`bit`].
    Among(u64),
    /// A leaf with the variance of its samples.
    Leaf(f64),
}

/// The place of an option in a set. Options from the 64th on share places.
#[inline]
fn bit(level: f64) -> u64 {
    1 << ((level + 1.0) as u64 % 64)
}

/// A regression tree.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    /// A tree on a bootstrap sample of the first rows, as many as there are `targets`.
    pub(crate) fn grow(samples: &Samples, targets: &[f64], growth: Growth, rng: &mut Rng) -> Self {
        let mut weights = vec![0.0; targets.len()];
        (0..targets.len()).for_each(|_| weights[rng.index(targets.len())] += 1.0);
        let drawn = |row: &&u32| weights.get(**row as usize).is_some_and(|weight| *weight > 0.0);
        let lists: Vec<Vec<u32>> =
            samples.order.iter().map(|order| order.iter().filter(drawn).copied().collect()).collect();
        let end = lists.first().map_or(0, Vec::len);
        let mut grower = Grower {
            samples,
            targets,
            weights: &weights,
            growth,
            lists,
            is_left: vec![false; targets.len()],
            scratch: Vec::with_capacity(end),
            features: (0..samples.options.len()).collect(),
        };
        let mut nodes = vec![LEAF];
        let mut open = vec![(0, 0, end)];
        while let Some((node, from, to)) = open.pop() {
            match grower.split(from, to, rng) {
                Ok((split, middle)) => {
                    let left = nodes.len();
                    nodes[node] = Node { left: left as u32, ..split };
                    nodes.extend([LEAF, LEAF]);
                    open.extend([(left, from, middle), (left + 1, middle, to)]);
                }
                Err(leaf) => nodes[node] = leaf,
            }
        }
        Self { nodes }
    }

    /// Mean and variance of the leaf of a row of features.
    #[inline]
    pub(crate) fn predict(&self, row: &[f64]) -> (f64, f64) {
        let mut node = self.nodes[0];
        loop {
            let x = row[node.feature as usize];
            let goes_left = match node.rule {
                Rule::Below => x <= node.threshold,
                Rule::Among(set) => set & bit(x) != 0,
                Rule::Leaf(variance) => return (node.threshold, variance),
            };
            node = self.nodes[node.left as usize + usize::from(!goes_left)];
        }
    }
}

const LEAF: Node = Node { feature: 0, left: 0, threshold: 0.0, rule: Rule::Leaf(0.0) };

/// What is known of one side of a split.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    weight: f64,
    sum: f64,
}

impl Sums {
    fn add(&mut self, weight: f64, sum: f64) {
        self.weight += weight;
        self.sum += sum;
    }

    /// The part of the squared error that a split explains, up to what all splits share.
    fn gain(self, all: Self) -> f64 {
        let rest = all.sum - self.sum;
        self.sum * self.sum / self.weight + rest * rest / (all.weight - self.weight)
    }
}

/// A tree while it grows. A node is a range of every feature's list of rows, which splits partition.
struct Grower<'a> {
    samples: &'a Samples,
    targets: &'a [f64],
    weights: &'a [f64],
    growth: Growth,
    lists: Vec<Vec<u32>>,
    is_left: Vec<bool>,
    scratch: Vec<u32>,
    features: Vec<usize>,
}

impl Grower<'_> {
    /// The best split of a range with the middle of its two parts, or a leaf.
    fn split(&mut self, from: usize, to: usize, rng: &mut Rng) -> Result<(Node, usize), Node> {
        let (mut all, mut squares) = (Sums::default(), 0.0);
        for row in &self.lists[0][from..to] {
            let (weight, y) = (self.weights[*row as usize], self.targets[*row as usize]);
            all.add(weight, weight * y);
            squares += weight * y * y;
        }
        let mean = all.sum / all.weight.max(1.0);
        let variance = (squares / all.weight.max(1.0) - mean * mean).max(0.0);
        let leaf = Node { threshold: mean, rule: Rule::Leaf(variance), ..LEAF };
        if all.weight < 2.0 * self.growth.leaf as f64 || variance < 1e-12 {
            return Err(leaf);
        }
        let wanted = (self.growth.features * self.features.len() as f64).ceil() as usize;
        let mut best: Option<(f64, Node)> = None;
        for tried in 0..self.features.len() {
            // More features are tried only while none of the wanted number can be split.
            if tried >= wanted && best.is_some() {
                break;
            }
            let pick = tried + rng.index(self.features.len() - tried);
            self.features.swap(tried, pick);
            let feature = self.features[tried];
            let found = match self.samples.options[feature] {
                None => self.best_threshold(feature, from, to, all, rng),
                Some(options) => self.best_set(feature, options, from, to, all),
            };
            if let Some(found) = found
                && best.is_none_or(|(gain, _)| found.0 > gain)
            {
                best = Some(found);
            }
        }
        let Some((_, node)) = best else { return Err(leaf) };
        Ok((node, self.partition(&node, from, to)))
    }

    fn best_threshold(
        &self,
        feature: usize,
        from: usize,
        to: usize,
        all: Sums,
        rng: &mut Rng,
    ) -> Option<(f64, Node)> {
        let least = self.growth.leaf as f64;
        let list = &self.lists[feature][from..to];
        let (mut left, mut best): (_, Option<(f64, f64, f64)>) = (Sums::default(), None);
        let mut x = self.samples.at(*list.first()?, feature);
        for (row, next) in list.iter().zip(&list[1..]) {
            let weight = self.weights[*row as usize];
            left.add(weight, weight * self.targets[*row as usize]);
            let beyond = self.samples.at(*next, feature);
            if beyond > x && left.weight >= least && all.weight - left.weight >= least {
                let gain = left.gain(all);
                if best.is_none_or(|(most, ..)| gain > most) {
                    best = Some((gain, x, beyond));
                }
            }
            x = beyond;
        }
        let (gain, below, above) = best?;
        // Rounding must not reach the value above, or the right side would be empty.
        let between = below + rng.uniform() * (above - below);
        let threshold = if between < above { between } else { below };
        Some((gain, Node { feature: feature as u32, threshold, rule: Rule::Below, ..LEAF }))
    }

    /// The best of the splits of the options in the order of their means.
    fn best_set(
        &self,
        feature: usize,
        options: usize,
        from: usize,
        to: usize,
        all: Sums,
    ) -> Option<(f64, Node)> {
        let least = self.growth.leaf as f64;
        let mut places = vec![Sums::default(); (options + 1).min(64)];
        for row in &self.lists[feature][from..to] {
            let weight = self.weights[*row as usize];
            let place = bit(self.samples.at(*row, feature)).trailing_zeros() as usize;
            places[place].add(weight, weight * self.targets[*row as usize]);
        }
        let mut order: Vec<usize> = (0..places.len()).filter(|place| places[*place].weight > 0.0).collect();
        let mean = |place: &usize| places[*place].sum / places[*place].weight;
        order.sort_by(|a, b| mean(a).total_cmp(&mean(b)));
        let (mut left, mut set) = (Sums::default(), 0u64);
        let mut best: Option<(f64, u64)> = None;
        for place in &order[..order.len() - 1] {
            left.add(places[*place].weight, places[*place].sum);
            set |= 1 << place;
            if left.weight >= least && all.weight - left.weight >= least {
                let gain = left.gain(all);
                if best.is_none_or(|(most, _)| gain > most) {
                    best = Some((gain, set));
                }
            }
        }
        let (gain, set) = best?;
        Some((gain, Node { feature: feature as u32, rule: Rule::Among(set), ..LEAF }))
    }

    /// Brings the rows that go left to the front of every list's range, otherwise in order.
    fn partition(&mut self, node: &Node, from: usize, to: usize) -> usize {
        let feature = node.feature as usize;
        let mut count = 0;
        for row in &self.lists[feature][from..to] {
            let x = self.samples.at(*row, feature);
            let left = match node.rule {
                Rule::Among(set) => set & bit(x) != 0,
                _ => x <= node.threshold,
            };
            self.is_left[*row as usize] = left;
            count += usize::from(left);
        }
        for list in &mut self.lists {
            self.scratch.clear();
            let mut at = from;
            for i in from..to {
                let row = list[i];
                if self.is_left[row as usize] {
                    list[at] = row;
                    at += 1;
                } else {
                    self.scratch.push(row);
                }
            }
            list[at..to].copy_from_slice(&self.scratch);
        }
        from + count
    }
}

/// Mean and variance of a row over trees, by the law of total variance (Hutter et al. 2014, section 4.3.2).
pub(crate) fn predict(trees: &[Tree], row: &[f64]) -> (f64, f64) {
    let (mut mean, mut second) = (0.0, 0.0);
    for tree in trees {
        let (leaf, variance) = tree.predict(row);
        mean += leaf;
        second += variance + leaf * leaf;
    }
    let count = trees.len().max(1) as f64;
    let mean = mean / count;
    (mean, (second / count - mean * mean).max(0.0))
}

#[cfg(test)]
mod tests;
