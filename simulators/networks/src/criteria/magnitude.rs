//! The size of a weight.

use super::Criterion;

pub(super) const CRITERION: Criterion = Criterion {
    name: "magnitude",
    summary: "Large weights matter.",
    reference: "Han et al. 2015, Learning both weights and connections for efficient neural networks, NeurIPS",
    scores: |subject| subject.weights.convs.iter().map(|l| l.iter().map(|w| w.abs()).collect()).collect(),
};
