//! Empirical attainment surfaces of two maximised axes (Fonseca and Fleming 1996; López-Ibáñez, Paquete and Stützle 2010).

/// Most places along the first axis; more are thinned out evenly, the corners that remain being exact.
const MOST: usize = 512;

/// Corners of the surface that `share` of the runs (rounded up, at least one) attain: at each corner so many runs have a point
/// at least as good on both axes, and nothing better is attained by as many. Ascending on the first axis; empty if too few runs
/// have points.
pub fn attainment(fronts: &[Vec<(f64, f64)>], share: f64) -> Vec<(f64, f64)> {
    let needed = ((share * fronts.len() as f64 - 1e-9).ceil() as usize).max(1);
    let mut places: Vec<f64> = fronts.iter().flatten().map(|(x, _)| *x).collect();
    places.sort_unstable_by(f64::total_cmp);
    places.dedup();
    if places.len() > MOST {
        let step = (places.len() - 1) as f64 / (MOST - 1) as f64;
        places = (0..MOST).map(|i| places[(i as f64 * step).round() as usize]).collect();
    }
    let mut corners: Vec<(f64, f64)> = Vec::new();
    for x in places.into_iter().rev() {
        // The best of each run at least as far on the first axis; the needed-th of them is attained.
        let height =
            |front: &Vec<(f64, f64)>| front.iter().filter(|p| p.0 >= x).map(|p| p.1).reduce(f64::max);
        let mut heights: Vec<f64> = fronts.iter().filter_map(height).collect();
        heights.sort_unstable_by(|a, b| b.total_cmp(a));
        if let Some(y) = heights.get(needed - 1)
            && corners.last().is_none_or(|(_, before)| y > before)
        {
            corners.push((x, *y));
        }
    }
    corners.reverse();
    corners
}
