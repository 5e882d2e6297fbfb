//! The modified inverted generational distance (Ishibuchi et al. 2015); every axis is maximised.

/// Mean distance from the points of `reference` to what `front` does not reach of them: each point's distance to the nearest
/// member, axes on which the member is better not counted. `None` if either is empty.
pub fn igd_plus(front: &[Vec<f64>], reference: &[Vec<f64>]) -> Option<f64> {
    if front.is_empty() || reference.is_empty() {
        return None;
    }
    let short =
        |z: &[f64], a: &[f64]| z.iter().zip(a).map(|(z, a)| (z - a).max(0.0)).map(|d| d * d).sum::<f64>();
    let nearest = |z: &Vec<f64>| front.iter().map(|a| short(z, a)).fold(f64::INFINITY, f64::min);
    Some(reference.iter().map(|z| libm::sqrt(nearest(z))).sum::<f64>() / reference.len() as f64)
}
