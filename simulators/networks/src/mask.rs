//! Which weights stay.

use crate::architecture::Architecture;
use crate::weights::Layers;

/// One truth value for each weight of each convolution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask {
    /// `true` where the weight stays, in the order of the kernel's weights.
    pub layers: Vec<Vec<bool>>,
}

impl Mask {
    /// All weights.
    pub fn full(network: &Architecture) -> Self {
        Self { layers: network.convs.iter().map(|conv| vec![true; conv.weights()]).collect() }
    }

    /// The `keep[l]` weights of layer `l` with the highest scores. Among equals the first ones stay: the mask does not
    /// depend on how a sort treats ties.
    pub fn top(scores: &Layers, keep: &[usize]) -> Self {
        Self { layers: scores.iter().zip(keep).map(|(scores, keep)| top(scores, *keep)).collect() }
    }

    /// How many weights stay.
    pub fn kept(&self) -> usize {
        self.keeps().iter().sum()
    }

    /// How many weights of each layer stay.
    pub fn keeps(&self) -> Vec<usize> {
        self.layers.iter().map(|layer| layer.iter().filter(|on| **on).count()).collect()
    }

    /// Share of weights that are gone.
    pub fn sparsity(&self) -> f64 {
        let all: usize = self.layers.iter().map(Vec::len).sum();
        1.0 - self.kept() as f64 / all.max(1) as f64
    }

    /// Share of the weights kept here that `other` keeps too; 1 if none is kept here.
    pub fn overlap(&self, other: &Self) -> f64 {
        let pairs = || self.layers.iter().flatten().zip(other.layers.iter().flatten());
        let both = pairs().filter(|(a, b)| **a && **b).count();
        if self.kept() == 0 { 1.0 } else { both as f64 / self.kept() as f64 }
    }

    /// The weights with those outside the mask set to zero.
    pub fn applied(&self, weights: &Layers) -> Layers {
        let masked = |(weights, on): (&Vec<f32>, &Vec<bool>)| {
            weights.iter().zip(on).map(|(w, on)| if *on { *w } else { 0.0 }).collect()
        };
        weights.iter().zip(&self.layers).map(masked).collect()
    }
}

/// Indices by falling score, the lower index first among equals.
pub(crate) fn ranking(scores: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_unstable_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
    order
}

fn top(scores: &[f32], keep: usize) -> Vec<bool> {
    let mut on = vec![false; scores.len()];
    if keep == 0 {
        return on;
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    if keep < order.len() {
        order.select_nth_unstable_by(keep, |a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
    }
    for index in order.iter().take(keep) {
        on[*index] = true;
    }
    on
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_scores_stay_and_ties_go_to_the_first() {
        let mask = Mask::top(&vec![vec![1.0, 3.0, 3.0, 3.0, 2.0], vec![0.0; 4]], &[2, 3]);
        assert_eq!(mask.layers[0], [false, true, true, false, false]);
        assert_eq!(mask.layers[1], [true, true, true, false]);
        assert_eq!(mask.keeps(), [2, 3]);
    }

    #[test]
    fn nothing_and_everything_can_be_kept() {
        let scores = vec![vec![1.0, -1.0]];
        assert_eq!(Mask::top(&scores, &[0]).kept(), 0);
        assert_eq!(Mask::top(&scores, &[2]).kept(), 2);
        assert_eq!(Mask::top(&scores, &[0]).overlap(&Mask::top(&scores, &[2])), 1.0);
    }

    #[test]
    fn selection_agrees_with_the_ranking() {
        let scores: Vec<f32> = (0..97).map(|i| f32::from((i * 37 % 11) as u8)).collect();
        for keep in 0..=97 {
            let mut expected = vec![false; 97];
            ranking(&scores)[..keep].iter().for_each(|index| expected[*index] = true);
            assert_eq!(top(&scores, keep), expected, "{keep}");
        }
    }
}
