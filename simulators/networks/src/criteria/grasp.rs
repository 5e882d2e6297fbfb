//! How much less gradient would flow if a weight went.
//!
//! Removing weight θ changes the squared norm of the gradient by about −θ · (Hg) (equation 8), where H is the Hessian
//! and g the gradient; weights whose removal raises it most go first, so the score is θ · (Hg). Here
//! Hg ≈ (∇L(θ + εg) − ∇L(θ − εg)) / 2ε: the product is a directional derivative of the gradient.

use crate::weights::{Layers, combined};

use super::{Criterion, Subject};

pub(super) const CRITERION: Criterion = Criterion {
    name: "grasp",
    summary: "Weights matter without which less gradient flows: weight · (Hessian · gradient).",
    reference: "Wang, Zhang and Grosse 2020, Picking winning tickets before training (GraSP), ICLR, equation 8",
    scores,
};

/// Length of the step along the gradient, in units of the length of all weights.
const STEP: f64 = 1e-3;

fn scores(subject: &Subject<'_>) -> Layers {
    let weights = &subject.weights.convs;
    let gradient = subject.gradient(weights.clone());
    let length = norm(&gradient);
    if length == 0.0 {
        return gradient; // nothing flows whatever goes
    }
    let epsilon = (STEP * norm(weights) / length) as f32;
    let moved = |sign: f32| subject.gradient(combined(weights, &gradient, |w, g| w + sign * epsilon * g));
    let product = combined(&moved(1.0), &moved(-1.0), |ahead, behind| (ahead - behind) / (2.0 * epsilon));
    combined(weights, &product, |w, hg| w * hg)
}

fn norm(layers: &Layers) -> f64 {
    libm::sqrt(layers.iter().flatten().map(|x| f64::from(*x) * f64::from(*x)).sum())
}
