//! Student's interval of a mean.

use super::distributions::beta_quantile;

/// Mean of a sample with the half width of its interval of this confidence: t · s / √n with n − 1 degrees of freedom
/// (Student 1908). There is no width below two values.
///
/// t² / (ν + t²) is distributed as Beta(1/2, ν/2), which gives the quantile.
pub fn student(sample: &[f64], confidence: f64) -> Option<(f64, Option<f64>)> {
    let n = sample.len() as f64;
    if sample.is_empty() {
        return None;
    }
    let mean = sample.iter().sum::<f64>() / n;
    if sample.len() < 2 {
        return Some((mean, None));
    }
    let squares: f64 = sample.iter().map(|x| (x - mean) * (x - mean)).sum();
    let share = beta_quantile(0.5, (n - 1.0) / 2.0, confidence);
    let t = ((n - 1.0) * share / (1.0 - share)).sqrt();
    Some((mean, Some(t * (squares / (n - 1.0) / n).sqrt())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tabulated quantiles of t with 1, 2 and 9 degrees of freedom; the sample −1, 1 has s/√n = 1.
    #[test]
    fn the_width_has_the_tabulated_quantiles() {
        let width = |sample: &[f64]| student(sample, 0.95).unwrap().1.unwrap();
        assert!((width(&[-1.0, 1.0]) - 12.7062).abs() < 1e-3);
        assert!((width(&[0.0, 3.0, 6.0]) - 4.30265 * 3.0_f64.sqrt()).abs() < 1e-3);
        let ten: Vec<f64> = (0..10).map(f64::from).collect();
        assert!((width(&ten) - 2.26216 * (55.0_f64 / 6.0 / 10.0).sqrt()).abs() < 1e-3);
    }

    #[test]
    fn one_value_has_a_mean_and_no_width() {
        assert_eq!(student(&[3.0], 0.95), Some((3.0, None)));
        assert_eq!(student(&[], 0.95), None);
    }
}
