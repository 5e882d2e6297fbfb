//! Maximisation of a smooth function in a box: BFGS steps projected onto the bounds (Bertsekas 1982).

/// Share of the predicted gain that a step has to bring (Armijo).
const GAIN: f64 = 1e-4;

/// Longest first step along any coordinate.
const FIRST_STEP: f64 = 0.1;

/// Climbs from `x` with at most `evaluations` of `value`, which gives value and gradient; returns the best place.
pub(super) fn climb(
    mut x: Vec<f64>,
    bounds: &[(f64, f64)],
    evaluations: usize,
    mut value: impl FnMut(&[f64]) -> (f64, Vec<f64>),
) -> Vec<f64> {
    let (mut height, mut slope) = value(&x);
    let mut left = evaluations.saturating_sub(1);
    let mut curvature: Option<Vec<Vec<f64>>> = None;
    while left > 0 {
        let free = free(&x, &slope, bounds);
        let Some(direction) = direction(curvature.as_deref(), &slope, &free) else { break };
        let mut step = 1.0;
        let accepted = loop {
            let next: Vec<f64> = (x.iter().zip(&direction).zip(bounds))
                .map(|((x, d), (low, high))| (x + step * d).clamp(*low, *high))
                .collect();
            let predicted: f64 = next.iter().zip(&x).zip(&slope).map(|((n, x), s)| (n - x) * s).sum();
            let (there, slope_there) = value(&next);
            left -= 1;
            if there >= height + GAIN * predicted && there.is_finite() {
                break Some((next, there, slope_there));
            }
            step *= 0.25;
            if left == 0 {
                break None;
            }
        };
        let Some((next, there, slope_there)) = accepted else { break };
        let moved: Vec<f64> = next.iter().zip(&x).map(|(n, x)| n - x).collect();
        let turned: Vec<f64> = slope.iter().zip(&slope_there).map(|(a, b)| a - b).collect();
        curvature = updated(curvature, &moved, &turned);
        let gain = there - height;
        (x, height, slope) = (next, there, slope_there);
        if gain < 1e-7 {
            break;
        }
    }
    x
}

/// Coordinates that are not held at a bound by the slope.
fn free(x: &[f64], slope: &[f64], bounds: &[(f64, f64)]) -> Vec<bool> {
    let all = x.iter().zip(slope).zip(bounds);
    all.map(|((x, s), (low, high))| !((x <= low && *s <= 0.0) || (x >= high && *s >= 0.0))).collect()
}

/// The quasi-Newton direction among free coordinates; the steepest, of limited length, where there is none.
fn direction(curvature: Option<&[Vec<f64>]>, slope: &[f64], free: &[bool]) -> Option<Vec<f64>> {
    let steep: Vec<f64> = slope.iter().zip(free).map(|(s, free)| if *free { *s } else { 0.0 }).collect();
    let most = steep.iter().fold(0.0, |most: f64, s| most.max(s.abs()));
    if !(most > 1e-9 && most.is_finite()) {
        return None;
    }
    if let Some(curvature) = curvature {
        let row = |(row, free): (&Vec<f64>, &bool)| match free {
            true => row.iter().zip(&steep).map(|(h, s)| h * s).sum(),
            false => 0.0,
        };
        let newton: Vec<f64> = curvature.iter().zip(free).map(row).collect();
        if newton.iter().zip(&steep).map(|(n, s)| n * s).sum::<f64>() > 0.0 {
            return Some(newton);
        }
    }
    Some(steep.iter().map(|s| s * FIRST_STEP / most).collect())
}

/// The BFGS update of the inverse curvature (Nocedal and Wright 2006, equation 6.17), scaled by their 6.20 at first;
/// unchanged where the function is not concave.
fn updated(curvature: Option<Vec<Vec<f64>>>, moved: &[f64], turned: &[f64]) -> Option<Vec<Vec<f64>>> {
    let n = moved.len();
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (bend, square) = (product(moved, turned), product(turned, turned));
    if bend <= 1e-12 * square.max(1e-300) {
        return curvature;
    }
    let mut h = curvature.unwrap_or_else(|| {
        (0..n).map(|i| (0..n).map(|j| if i == j { bend / square } else { 0.0 }).collect()).collect()
    });
    let turned_h: Vec<f64> = h.iter().map(|row| product(row, turned)).collect();
    let factor = (1.0 + product(turned, &turned_h) / bend) / bend;
    for (i, row) in h.iter_mut().enumerate() {
        for (j, x) in row.iter_mut().enumerate() {
            *x += factor * moved[i] * moved[j] - (turned_h[i] * moved[j] + moved[i] * turned_h[j]) / bend;
        }
    }
    Some(h)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tilted valley; along the first axis the summit lies outside the box.
    fn hill(x: &[f64]) -> (f64, Vec<f64>) {
        let (a, b, c) = (x[0] - 1.5, x[1] - 0.3, x[2] - 0.3 - (x[1] - 0.3));
        (-a * a - b * b - 50.0 * c * c, vec![-2.0 * a, -2.0 * b + 100.0 * c, -100.0 * c])
    }

    #[test]
    fn climbs_to_the_summit_in_the_box() {
        let top = climb(vec![0.2, 0.9, 0.1], &[(0.0, 1.0); 3], 40, hill);
        for (x, expected) in top.iter().zip([1.0, 0.3, 0.3]) {
            assert!((x - expected).abs() < 1e-3, "{top:?}");
        }
    }

    #[test]
    fn leaves_a_bound_that_does_not_hold() {
        let top = climb(vec![0.0, 1.0, 1.0], &[(0.0, 1.0); 3], 60, hill);
        assert!((top[1] - 0.3).abs() < 1e-2, "{top:?}");
    }

    #[test]
    fn stays_within_its_evaluations_and_survives_nonsense() {
        let mut calls = 0;
        climb(vec![0.5], &[(0.0, 1.0)], 7, |_| {
            calls += 1;
            (f64::NAN, vec![1.0])
        });
        assert!(calls <= 7);
    }
}
