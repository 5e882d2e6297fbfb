//! When the heuristics work, under the model that B4 assumes.
//!
//! With M_y correct and M_n wrong tests, a heuristic compares what a correct candidate gets with what a wrong one may
//! get; the difference in the mean decides, and Hoeffding's inequality bounds the rest.

/// How many candidates and tests are of which kind.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Counts {
    /// Correct candidates.
    pub correct: f64,
    /// Wrong candidates.
    pub wrong: f64,
    /// Correct tests, M_y.
    pub sound_tests: f64,
    /// Wrong tests, M_n.
    pub unsound_tests: f64,
}

/// Δ = M_y (1-θ1) - M_n θ0: passes that a correct candidate has more than a wrong one, in the mean. Counting passes
/// fails for many candidates or tests unless it is positive.
pub fn max_pass_margin(counts: &Counts, theta_1: f64, theta_0: f64) -> f64 {
    counts.sound_tests * (1.0 - theta_1) - counts.unsound_tests * theta_0
}

/// D = (√n_x - θ1) M_y - M_n θ0: CodeT's score of the correct set less that of a lone wrong candidate, in the mean.
pub fn codet_margin(counts: &Counts, theta_1: f64, theta_0: f64) -> f64 {
    (libm::sqrt(counts.correct) - theta_1) * counts.sound_tests - counts.unsound_tests * theta_0
}

/// Bound of the probability that some wrong candidate reaches the score of the correct ones: N_w exp(-2 Δ² / M) for a
/// positive margin, else 1 (which says nothing).
pub fn failure_bound(counts: &Counts, margin: f64) -> f64 {
    let tests = counts.sound_tests + counts.unsound_tests;
    if margin <= 0.0 || tests <= 0.0 {
        return 1.0;
    }
    (counts.wrong * libm::exp(-2.0 * margin * margin / tests)).min(1.0)
}

/// Probability that two wrong candidates have the same row: (θ1²+(1-θ1)²)^M_y (θ0²+(1-θ0)²)^M_n. The largest set is the
/// correct one only where this is small and at least two candidates are correct.
pub fn coincidence(counts: &Counts, theta_1: f64, theta_0: f64) -> f64 {
    let same = |theta: f64| theta * theta + (1.0 - theta) * (1.0 - theta);
    libm::pow(same(theta_1), counts.sound_tests) * libm::pow(same(theta_0), counts.unsound_tests)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Means at 10 candidates and 30 tests, θx = 0.2.
    fn counts(theta_y: f64) -> Counts {
        let (correct, wrong) = (2.0, 8.0);
        Counts { correct, wrong, sound_tests: 30.0 * theta_y, unsound_tests: 30.0 * (1.0 - theta_y) }
    }

    #[test]
    fn margins_are_those_of_the_simulated_settings() {
        let known =
            [(0.3, 0.4, 0.1, 3.3), (0.1, 0.4, 0.1, -0.9), (0.3, 0.8, 0.1, -0.3), (0.3, 0.4, 0.3, -0.9)];
        for (y, one, zero, margin) in known {
            assert!((max_pass_margin(&counts(y), one, zero) - margin).abs() < 1e-9, "{y} {one} {zero}");
        }
        let codet = codet_margin(&counts(0.3), 0.4, 0.1);
        assert!((codet - (9.0 * (f64::sqrt(2.0) - 0.4) - 2.1)).abs() < 1e-12);
    }

    #[test]
    fn a_bound_says_nothing_without_a_margin() {
        assert_eq!(failure_bound(&counts(0.3), 0.0), 1.0);
        assert!((failure_bound(&counts(0.3), 12.0) - 8.0 * f64::exp(-9.6)).abs() < 1e-12);
    }

    #[test]
    fn certain_verdicts_coincide() {
        assert_eq!(coincidence(&counts(0.5), 1.0, 0.0), 1.0);
        assert!((coincidence(&counts(0.5), 0.5, 0.0) - libm::pow(0.5, 15.0)).abs() < 1e-15);
    }
}
