//! Rewards as normal scores.

/// Normal scores (van der Waerden 1952) of rewards by rank; equal ones share the mean of their ranks, infeasible
/// ones (`None`) the worst.
pub(super) fn normal_scores(rewards: impl Iterator<Item = Option<f64>>) -> Vec<f64> {
    let rewards: Vec<f64> = rewards.map(|reward| reward.unwrap_or(f64::NEG_INFINITY)).collect();
    let n = rewards.len();
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| rewards[*a].total_cmp(&rewards[*b]));
    let mut scores = vec![0.0; n];
    let mut from = 0;
    while from < n {
        let value = rewards[order[from]];
        let to = from + order[from..].iter().take_while(|i| rewards[**i] == value).count();
        // Ranks count from 1.
        let rank = 0.5 * (from + 1 + to) as f64;
        let score = normal_quantile(rank / (n + 1) as f64);
        order[from..to].iter().for_each(|i| scores[*i] = score);
        from = to;
    }
    scores
}

/// Acklam's rational approximation, to 1.2·10⁻⁹.
fn normal_quantile(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969683028665376e1,
        2.209460984245205e2,
        -2.759285104469687e2,
        1.383_577_518_672_69e2,
        -3.066479806614716e1,
        2.506628277459239,
    ];
    const B: [f64; 6] = [
        -5.447609879822406e1,
        1.615858368580409e2,
        -1.556989798598866e2,
        6.680131188771972e1,
        -1.328068155288572e1,
        1.0,
    ];
    const C: [f64; 6] = [
        -7.784894002430293e-3,
        -3.223964580411365e-1,
        -2.400758277161838,
        -2.549732539343734,
        4.374664141464968,
        2.938163982698783,
    ];
    const D: [f64; 5] =
        [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1.0];
    let horner = |c: &[f64], x: f64| c.iter().fold(0.0, |sum, c| sum * x + c);
    let tail = |p: f64| {
        let q = (-2.0 * libm::log(p)).sqrt();
        horner(&C, q) / horner(&D, q)
    };
    match p {
        _ if p < 0.02425 => tail(p),
        _ if p > 1.0 - 0.02425 => -tail(1.0 - p),
        _ => {
            let q = p - 0.5;
            q * horner(&A, q * q) / horner(&B, q * q)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_invert_the_normal_distribution() {
        for i in 1..1000 {
            let p = f64::from(i) / 1000.0;
            let x = normal_quantile(p);
            let back = 0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2);
            assert!((back - p).abs() < 1e-8, "{p}");
        }
    }

    #[test]
    fn scores_follow_ranks_alone_and_ties_share_theirs() {
        let rewards = [Some(f64::MAX), None, Some(-1.0), None, Some(-1.0), Some(-f64::MAX)];
        let scores = normal_scores(rewards.into_iter());
        assert_eq!(scores[1], scores[3]);
        assert_eq!(scores[2], scores[4]);
        assert!(scores[1] < scores[5] && scores[5] < scores[2] && scores[2] < scores[0]);
        assert!((scores[0] - normal_quantile(6.0 / 7.0)).abs() < 1e-12);
        assert!((scores[1] - normal_quantile(1.5 / 7.0)).abs() < 1e-12);
    }
}
