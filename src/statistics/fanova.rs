//! Functional analysis of variance of a forest (Hutter, Hoos and Leyton-Brown 2014): the share of the variance over the whole
//! space that one feature explains alone, all others averaged out.

use super::forest::{Forest, Node, Tree};

/// A leaf: its box, and what it predicts there.
struct Leaf {
    ends: Vec<(f64, f64)>,
    value: f64,
}

/// Share of the variance that a feature explains alone: mean and standard deviation over the trees that vary at all; `None` if
/// none does. `space` holds the ends of every feature, each of positive width.
pub fn fanova(forest: &Forest, space: &[(f64, f64)]) -> Option<Vec<(f64, f64)>> {
    let trees: Vec<Vec<Leaf>> = forest.trees.iter().map(|tree| leaves(tree, space)).collect();
    let known: Vec<(&Vec<Leaf>, f64)> =
        trees.iter().map(|leaves| (leaves, variance(leaves, space))).filter(|(_, v)| *v > 0.0).collect();
    if known.is_empty() {
        return None;
    }
    let share = |feature: usize| {
        let of = |(leaves, whole): &(&Vec<Leaf>, f64)| marginal_variance(leaves, space, feature) / whole;
        let shares: Vec<f64> = known.iter().map(of).collect();
        let mean = shares.iter().sum::<f64>() / shares.len() as f64;
        let square = shares.iter().map(|s| (s - mean) * (s - mean)).sum::<f64>() / shares.len() as f64;
        (mean, libm::sqrt(square))
    };
    Some((0..space.len()).map(share).collect())
}

/// The leaves of a tree within the space.
fn leaves(tree: &Tree, space: &[(f64, f64)]) -> Vec<Leaf> {
    let (mut found, mut open) = (Vec::new(), vec![(0, space.to_vec())]);
    while let Some((at, ends)) = open.pop() {
        match tree.nodes[at] {
            Node::Leaf(value) => found.push(Leaf { ends, value }),
            Node::Split { feature, threshold, left, right } => {
                let (mut below, mut above) = (ends.clone(), ends);
                below[feature].1 = threshold;
                above[feature].0 = threshold;
                open.extend([(left, below), (right, above)]);
            }
        }
    }
    found
}

/// Volume of a leaf over that of the space, without one axis if given.
fn volume(leaf: &Leaf, space: &[(f64, f64)], without: Option<usize>) -> f64 {
    let axes = leaf.ends.iter().zip(space).enumerate().filter(|(axis, _)| Some(*axis) != without);
    axes.map(|(_, (leaf, space))| (leaf.1 - leaf.0) / (space.1 - space.0)).product()
}

/// Variance of the predictions over the space.
fn variance(leaves: &[Leaf], space: &[(f64, f64)]) -> f64 {
    spread(leaves.iter().map(|leaf| (leaf.value, volume(leaf, space, None))))
}

/// Variance along one axis of the predictions averaged over all others.
fn marginal_variance(leaves: &[Leaf], space: &[(f64, f64)], axis: usize) -> f64 {
    let mut stops: Vec<f64> = leaves.iter().flat_map(|leaf| [leaf.ends[axis].0, leaf.ends[axis].1]).collect();
    stops.sort_unstable_by(f64::total_cmp);
    stops.dedup();
    let parts: Vec<(f64, f64)> = leaves.iter().map(|l| (l.value, volume(l, space, Some(axis)))).collect();
    let mut means = vec![(0.0, 0.0); stops.len().saturating_sub(1)];
    for (leaf, (value, volume)) in leaves.iter().zip(parts) {
        let from = stops.partition_point(|s| *s < leaf.ends[axis].0);
        let to = stops.partition_point(|s| *s < leaf.ends[axis].1);
        for (sum, weight) in &mut means[from..to] {
            *sum += value * volume;
            *weight += volume;
        }
    }
    spread(
        means
            .iter()
            .zip(stops.windows(2))
            .map(|((sum, weight), ends)| (sum / weight, weight * (ends[1] - ends[0]))),
    )
}

/// Weighted variance.
fn spread(values: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let values = values.filter(|(_, weight)| *weight > 0.0);
    let total: f64 = values.clone().map(|(_, weight)| weight).sum();
    let mean = values.clone().map(|(value, weight)| value * weight).sum::<f64>() / total;
    values.map(|(value, weight)| (value - mean) * (value - mean) * weight).sum::<f64>() / total
}
