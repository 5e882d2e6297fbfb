//! How much the loss would change, to first order, if a weight went.

use crate::weights::combined;

use super::Criterion;

pub(super) const CRITERION: Criterion = Criterion {
    name: "snip",
    summary: "Weights matter whose loss would change most: |gradient · weight|.",
    reference: "Lee, Ajanthan and Torr 2019, SNIP, ICLR, equation 5",
    scores: |subject| {
        let gradient = subject.gradient(subject.weights.convs.clone());
        combined(&gradient, &subject.weights.convs, |g, w| (g * w).abs())
    },
};
