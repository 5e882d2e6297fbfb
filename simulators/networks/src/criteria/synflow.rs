//! How much of the flow from inputs to outputs passes through a weight, without any data.
//!
//! R = 1ᵀ · Π |θ| · 1, score |∂R/∂θ · θ| (equations 5 and 6). Weights go in 100 rounds, after each of which the scores
//! are computed anew (algorithm 1): otherwise a whole layer can go. Batch norms and biases are left out, so that the
//! network is the product of its kernels.

use crate::mask::Mask;
use crate::rates::Rates;
use crate::weights::{Layers, Weights, combined};

use super::{Criterion, Subject};

pub(super) const CRITERION: Criterion = Criterion {
    name: "synflow",
    summary: "Weights matter through which much flows from inputs to outputs; no data, 100 rounds.",
    reference: "Tanaka et al. 2020, Pruning neural networks without any data by iteratively conserving synaptic flow, NeurIPS",
    scores,
};

const ROUNDS: usize = 100;

/// Scores of the last round for what is left; what went earlier is below what went later.
fn scores(subject: &Subject<'_>) -> Layers {
    let mut mask = Mask::full(subject.network);
    let mut scores = flow(subject, &mask);
    for round in 1..=ROUNDS {
        let keep = libm::pow(subject.keep, round as f64 / ROUNDS as f64);
        let Ok(keeps) = Rates::Global.keep(&scores, 1.0 - keep) else { return scores };
        let next = Mask::top(&scores, &keeps);
        let gone = |(old, new): (&Vec<f32>, &Vec<bool>)| -> Vec<f32> {
            let rank = |(score, on): (&f32, &bool)| {
                if *on || *score < 0.0 { *score } else { round as f32 - (ROUNDS + 1) as f32 }
            };
            old.iter().zip(new).map(rank).collect()
        };
        scores = scores.iter().zip(&next.layers).map(gone).collect();
        mask = next;
        let fresh = flow(subject, &mask);
        let kept = |(score, fresh): (&f32, &f32)| if *score < 0.0 { *score } else { *fresh };
        scores =
            scores.iter().zip(&fresh).map(|(old, new)| old.iter().zip(new).map(kept).collect()).collect();
    }
    scores
}

fn flow(subject: &Subject<'_>, mask: &Mask) -> Layers {
    let convs = mask.applied(&subject.weights.convs);
    let weights = Weights { convs, ..subject.weights.clone() };
    let gradient = subject.engine.flow(subject.network, &weights);
    combined(&gradient, &weights.convs, |g, w| (g * w).abs())
}
