//! Regression trees side by side in one array, and their fast evaluation.

use serde::{Deserialize, Serialize};

use super::matrix::Matrix;

/// Rows that walk down a tree together, so that the processor has other walks to go on with while one waits.
const LANES: usize = 16;
/// Rows that stay in the processor's cache while one tree after the other is walked.
const BLOCK: usize = 2048;

/// A decision, or a leaf: one that leads to itself.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Node {
    /// Larger values go right.
    threshold: f32,
    feature: u32,
    /// Place of the left child; the right one comes next.
    left: u32,
    /// Place of a leaf's values.
    leaf: u32,
}

/// Trees whose leaves hold one value for each target.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Trees {
    targets: usize,
    roots: Vec<u32>,
    nodes: Vec<Node>,
    values: Vec<f32>,
}

impl Trees {
    /// No trees yet.
    pub(crate) fn new(targets: usize) -> Self {
        Self { targets, ..Self::default() }
    }

    /// Number of trees.
    pub(crate) fn len(&self) -> usize {
        self.roots.len()
    }

    /// Begins a tree and returns the place of its root.
    pub(crate) fn plant(&mut self) -> usize {
        let root = self.nodes.len();
        self.roots.push(root as u32);
        self.sprout();
        root
    }

    fn sprout(&mut self) {
        let left = self.nodes.len() as u32;
        self.nodes.push(Node { threshold: f32::INFINITY, feature: 0, left, leaf: 0 });
    }

    /// Turns a node into a decision and returns the place of its left child; the right one comes next.
    pub(crate) fn branch(&mut self, node: usize, feature: usize, threshold: f32) -> usize {
        let left = self.nodes.len();
        self.sprout();
        self.sprout();
        self.nodes[node] = Node { threshold, feature: feature as u32, left: left as u32, leaf: 0 };
        left
    }

    /// Gives a leaf its values.
    pub(crate) fn settle(&mut self, node: usize, values: &[f32]) {
        self.nodes[node].leaf = (self.values.len() / self.targets) as u32;
        self.values.extend(values);
    }

    /// Appends other trees.
    pub(crate) fn append(&mut self, other: &Self) {
        let (nodes, leaves) = (self.nodes.len() as u32, (self.values.len() / self.targets) as u32);
        self.roots.extend(other.roots.iter().map(|root| root + nodes));
        let moved = |node: &Node| Node { left: node.left + nodes, leaf: node.leaf + leaves, ..*node };
        self.nodes.extend(other.nodes.iter().map(moved));
        self.values.extend(&other.values);
    }

    /// Whether they can be evaluated on rows of `columns` for `targets`: every walk ends, inside the arrays.
    pub(crate) fn fits(&self, columns: usize, targets: usize) -> bool {
        let leaves = self.values.len() / targets.max(1);
        let sound = |(at, node): (usize, &Node)| {
            let leaf = node.left as usize == at;
            let inner = node.left as usize > at && (node.left as usize + 1) < self.nodes.len();
            let stays = node.threshold == f32::INFINITY && (node.leaf as usize) < leaves;
            (node.feature as usize) < columns && if leaf { stays } else { inner }
        };
        self.targets == targets
            && targets > 0
            && self.values.iter().all(|x| x.is_finite())
            && self.roots.iter().all(|root| (*root as usize) < self.nodes.len())
            && self.nodes.iter().enumerate().all(sound)
    }

    /// Hands the values of every row in every tree to `take`: row and values.
    pub(crate) fn visit(&self, features: &Matrix<f32>, mut take: impl FnMut(usize, &[f32])) {
        let rows = features.rows();
        for start in (0..rows).step_by(BLOCK) {
            let end = (start + BLOCK).min(rows);
            for root in &self.roots {
                for first in (start..end).step_by(LANES) {
                    let lanes = (end - first).min(LANES);
                    let places = self.walk(features, first, lanes, *root);
                    for (lane, place) in places[..lanes].iter().enumerate() {
                        let leaf = self.nodes[*place as usize].leaf as usize * self.targets;
                        take(first + lane, &self.values[leaf..leaf + self.targets]);
                    }
                }
            }
        }
    }

    fn walk(&self, features: &Matrix<f32>, first: usize, lanes: usize, root: u32) -> [u32; LANES] {
        let mut places = [root; LANES];
        let columns = features.columns;
        let rows = &features.data[first * columns..(first + lanes) * columns];
        loop {
            let mut moved = false;
            for (place, row) in places.iter_mut().zip(rows.chunks_exact(columns)) {
                let node = self.nodes[*place as usize];
                // NaN cannot occur, and infinity is never exceeded, so a leaf is never left.
                let next = node.left + u32::from(row[node.feature as usize] > node.threshold);
                moved |= next != *place;
                *place = next;
            }
            if !moved {
                return places;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stump() -> Trees {
        let mut trees = Trees::new(1);
        let root = trees.plant();
        let left = trees.branch(root, 0, 0.5);
        trees.settle(left, &[-1.0]);
        trees.settle(left + 1, &[1.0]);
        trees
    }

    #[test]
    fn values_above_the_threshold_go_right() {
        let features = Matrix { columns: 1, data: vec![0.0, 0.5, 0.6] };
        let mut seen = vec![0.0; 3];
        stump().visit(&features, |row, values| seen[row] = values[0]);
        assert_eq!(seen, [-1.0, -1.0, 1.0]);
    }

    #[test]
    fn appended_trees_keep_their_values() {
        let mut trees = stump();
        trees.append(&stump());
        assert!(trees.fits(1, 1) && trees.len() == 2);
        let features = Matrix { columns: 1, data: vec![0.0; 40] };
        let mut sums = vec![0.0; 40];
        trees.visit(&features, |row, values| sums[row] += values[0]);
        assert_eq!(sums, [-2.0; 40]);
    }

    #[test]
    fn trees_that_lead_astray_do_not_fit() {
        assert!(stump().fits(1, 1) && !stump().fits(0, 1) && !stump().fits(1, 2));
        let mut back = stump();
        back.nodes[0].left = 0;
        assert!(!back.fits(1, 1));
        let mut out = stump();
        out.nodes[0].left = 2;
        assert!(!out.fits(1, 1));
        let mut beyond = stump();
        beyond.nodes[2].leaf = 2;
        assert!(!beyond.fits(1, 1));
    }
}
