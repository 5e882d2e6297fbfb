//! The distribution functions that the tests and intervals here need, on `statrs`.

use statrs::function::{beta, erf, gamma};

/// P(Z > z) of the standard normal distribution.
pub fn normal_survival(z: f64) -> f64 {
    0.5 * erf::erfc(z * std::f64::consts::FRAC_1_SQRT_2)
}

/// The z with P(Z ≤ z) = `p` of the standard normal distribution, for 0 < `p` < 1.
pub fn normal_quantile(p: f64) -> f64 {
    let z = -std::f64::consts::SQRT_2 * erf::erfc_inv(2.0 * p);
    if !z.is_finite() {
        return z;
    }
    // One step of Newton's, because the inverse is good to some ten digits only.
    let density = libm::exp(-0.5 * z * z) / libm::sqrt(2.0 * std::f64::consts::PI);
    z - (normal_survival(-z) - p) / density
}

/// P(X > x) of the χ² distribution.
pub fn chi_squared_survival(x: f64, degrees_of_freedom: f64) -> f64 {
    if x > 0.0 { gamma::gamma_ur(0.5 * degrees_of_freedom, 0.5 * x) } else { 1.0 }
}

/// P(X ≤ x) of the beta distribution, for positive `a` and `b`.
pub fn beta_cdf(a: f64, b: f64, x: f64) -> f64 {
    beta::beta_reg(a, b, x.clamp(0.0, 1.0))
}

/// The x with P(X ≤ x) = `p` of the beta distribution, for positive `a` and `b`: Newton's method, kept inside a bracket.
pub fn beta_quantile(a: f64, b: f64, p: f64) -> f64 {
    if p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return 1.0;
    }
    let log_scale = beta::ln_beta(a, b);
    let (mut low, mut high, mut x) = (0.0, 1.0, a / (a + b));
    for _ in 0..200 {
        let excess = beta_cdf(a, b, x) - p;
        if excess > 0.0 {
            high = x
        } else {
            low = x
        }
        let density = libm::exp((a - 1.0) * libm::log(x) + (b - 1.0) * libm::log1p(-x) - log_scale);
        let newton = x - excess / density;
        let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
        if (next - x).abs() <= 1e-16 + 4.0 * f64::EPSILON * x {
            return next;
        }
        x = next;
    }
    x
}
