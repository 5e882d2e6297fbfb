//! Random regression forests (Breiman 2001) for what they say about the importance of hyperparameters.

use rl_env::seed::{Rng, Seed};

/// A node of a tree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Node {
    /// Values up to the threshold go left.
    Split {
        /// Feature that decides.
        feature: usize,
        /// Largest value that goes left.
        threshold: f64,
        /// Index of the left child.
        left: usize,
        /// Index of the right child.
        right: usize,
    },
    /// Mean of what arrived here.
    Leaf(f64),
}

/// A regression tree; the root is node 0, children come after their parents.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    /// The nodes.
    pub nodes: Vec<Node>,
}

impl Tree {
    /// The prediction for a row of features.
    pub fn predict(&self, row: &[f64]) -> f64 {
        let mut at = 0;
        loop {
            match self.nodes[at] {
                Node::Leaf(value) => return value,
                Node::Split { feature, threshold, left, right } => {
                    at = if row[feature] <= threshold { left } else { right };
                }
            }
        }
    }

    /// Grows a tree on some rows until its leaves are pure or cannot be split: where the squared error falls most, half way
    /// between two values.
    fn grow(rows: &[Vec<f64>], values: &[f64], sample: Vec<usize>) -> Self {
        let mut nodes = vec![Node::Leaf(0.0)];
        let mut open = vec![(0, sample)];
        while let Some((at, members)) = open.pop() {
            let Some((feature, threshold)) = best_split(rows, values, &members) else {
                let sum: f64 = members.iter().map(|i| values[*i]).sum();
                nodes[at] = Node::Leaf(sum / members.len() as f64);
                continue;
            };
            let (below, above): (Vec<usize>, Vec<usize>) =
                members.into_iter().partition(|i| rows[*i][feature] <= threshold);
            let (left, right) = (nodes.len(), nodes.len() + 1);
            nodes.extend([Node::Leaf(0.0), Node::Leaf(0.0)]);
            nodes[at] = Node::Split { feature, threshold, left, right };
            open.extend([(left, below), (right, above)]);
        }
        Self { nodes }
    }
}

/// The feature and threshold that leave the least squared error; `None` if the values are all alike or no feature varies.
fn best_split(rows: &[Vec<f64>], values: &[f64], members: &[usize]) -> Option<(usize, f64)> {
    let first = values[*members.first()?];
    if members.iter().all(|i| values[*i] == first) {
        return None;
    }
    let centre = members.iter().map(|i| values[*i]).sum::<f64>() / members.len() as f64;
    let mut best: Option<(f64, usize, f64)> = None;
    let mut order = members.to_vec();
    (0..rows[0].len()).for_each(|feature| {
        order.sort_by(|a, b| rows[*a][feature].total_cmp(&rows[*b][feature]).then(a.cmp(b)));
        let ascending: Vec<(f64, f64)> =
            order.iter().map(|i| (rows[*i][feature], values[*i] - centre)).collect();
        if let Some((gain, threshold)) = best_threshold(&ascending)
            && best.is_none_or(|(most, ..)| gain > most)
        {
            best = Some((gain, feature, threshold));
        }
    });
    best.map(|(_, feature, threshold)| (feature, threshold))
}

/// The threshold that lowers the squared error most, and by how much, of ascending coordinates with their values.
fn best_threshold(ascending: &[(f64, f64)]) -> Option<(f64, f64)> {
    let total: f64 = ascending.iter().map(|(_, value)| value).sum();
    let (mut left, mut best) = (0.0, None);
    for (count, pair) in ascending.windows(2).enumerate() {
        let ((here, value), (next, _)) = (pair[0], pair[1]);
        left += value;
        if here == next {
            continue;
        }
        let (below, above) = ((count + 1) as f64, (ascending.len() - count - 1) as f64);
        let gain = left * left / below + (total - left) * (total - left) / above;
        if best.is_none_or(|(most, _)| gain > most) {
            let middle = 0.5 * here + 0.5 * next;
            best = Some((gain, if middle < next { middle } else { here }));
        }
    }
    best
}

/// Trees on bootstrap samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Forest {
    /// The trees.
    pub trees: Vec<Tree>,
}

impl Forest {
    /// Grows `trees` trees on rows of features and their values; `None` without rows or features. The seed decides.
    pub fn grow(rows: &[Vec<f64>], values: &[f64], trees: u64, seed: Seed) -> Option<Self> {
        let count = rows.len().min(values.len());
        if count == 0 || rows[0].is_empty() {
            return None;
        }
        let sample = |rng: &mut Rng| (0..count).map(|_| rng.index(count)).collect();
        let tree = |i| Tree::grow(rows, values, sample(&mut seed.child("tree", i).stream("forest")));
        Some(Self { trees: (0..trees).map(tree).collect() })
    }

    /// The mean prediction of all trees.
    pub fn predict(&self, row: &[f64]) -> f64 {
        self.trees.iter().map(|tree| tree.predict(row)).sum::<f64>() / self.trees.len() as f64
    }
}
