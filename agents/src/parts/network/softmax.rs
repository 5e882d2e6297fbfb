//! Categorical distributions over the open entries of a row of logits.

use libm::{exp, log};
use rl_env::seed::Rng;

/// Turns logits into logarithms of probabilities, −∞ where an entry is closed. Where everything is closed, nothing is.
pub(crate) fn log_softmax(logits: &mut [f64], open: &[bool]) {
    let all = !open.contains(&true);
    let is_open = |i: usize| all || open.get(i).copied().unwrap_or(false);
    let shown = |(i, logit): (usize, &f64)| if is_open(i) { *logit } else { f64::NEG_INFINITY };
    let most = logits.iter().enumerate().map(shown).fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = logits.iter().enumerate().map(|pair| exp(shown(pair) - most)).sum();
    let norm = most + log(sum);
    logits.iter_mut().enumerate().for_each(|(i, logit)| {
        *logit = if is_open(i) { *logit - norm } else { f64::NEG_INFINITY };
    });
}

/// Entropy in nats of a row of logarithms of probabilities.
pub(crate) fn entropy(log_probabilities: &[f64]) -> f64 {
    let term = |log: &f64| if log.is_finite() { -exp(*log) * log } else { 0.0 };
    log_probabilities.iter().map(term).sum()
}

/// A random entry.
pub(crate) fn sample(log_probabilities: &[f64], rng: &mut Rng) -> usize {
    let (draw, mut sum, mut last) = (rng.uniform(), 0.0, 0);
    for (i, log) in log_probabilities.iter().enumerate().filter(|(_, log)| log.is_finite()) {
        (sum, last) = (sum + exp(*log), i);
        if draw < sum {
            break;
        }
    }
    // Rounding can leave the sum below one; then it is the last open entry.
    last
}
