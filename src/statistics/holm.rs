//! Holm's step-down correction for several tests (Holm 1979).

/// Corrected probabilities, in the order given.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let (mut corrected, mut most) = (vec![0.0; p.len()], 0.0_f64);
    for (done, index) in order.into_iter().enumerate() {
        most = most.max((p.len() - done) as f64 * p[index]).min(1.0);
        corrected[index] = most;
    }
    corrected
}
