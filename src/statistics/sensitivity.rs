//! Sensitivity to hyperparameters and their effective number (Adkins, Bowling and White 2024).

/// How much tuning for each environment gains over one setting for all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sensitivity {
    /// Mean over environments of the score of the best setting for each.
    pub tuned_for_each: f64,
    /// Mean over environments of the score of the setting that is best over all.
    pub tuned_for_all: f64,
    /// That setting; the first of several.
    pub best: usize,
}

/// Sensitivity Φ = mean over e of max over h of Γ(e, h) − max over h of mean over e, with `scores[e][h]`; `None` without scores.
pub fn sensitivity(scores: &[Vec<f64>]) -> Option<Sensitivity> {
    let settings = scores.first()?.len();
    let count = scores.len() as f64;
    let of = |h: usize| scores.iter().map(|row| row[h]).sum::<f64>() / count;
    if settings == 0 {
        return None;
    }
    let mut best = (0, of(0));
    for h in 1..settings {
        let score = of(h);
        if score > best.1 {
            best = (h, score);
        }
    }
    let top = |row: &Vec<f64>| row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let tuned_for_each = scores.iter().map(top).sum::<f64>() / count;
    Some(Sensitivity { tuned_for_each, tuned_for_all: best.1, best: best.0 })
}

/// Fewest hyperparameters to tune for each environment, all others as in the setting that is best over all, for a mean score of
/// at least `share` of the way from that setting's to that of tuning all of them. `levels[h]` are the levels of a setting;
/// `None` unless the settings are a complete grid.
pub fn effective_dimensionality(scores: &[Vec<f64>], levels: &[Vec<usize>], share: f64) -> Option<usize> {
    let whole = sensitivity(scores)?;
    let dims = levels.first()?.len();
    if dims > 16 || !is_grid(levels) {
        return None;
    }
    let wanted = whole.tuned_for_all + share * (whole.tuned_for_each - whole.tuned_for_all);
    let reached = |free: u32| {
        let same =
            |h: &usize| (0..dims).all(|d| free >> d & 1 == 1 || levels[*h][d] == levels[whole.best][d]);
        let open: Vec<usize> = (0..levels.len()).filter(same).collect();
        let top = |row: &Vec<f64>| open.iter().map(|h| row[*h]).fold(f64::NEG_INFINITY, f64::max);
        scores.iter().map(top).sum::<f64>() / scores.len() as f64
    };
    let enough = (0..1_u32 << dims).filter(|free| reached(*free) >= wanted - 1e-12);
    enough.map(|free| free.count_ones() as usize).min()
}

/// Whether every combination of the levels that occur is there once.
fn is_grid(levels: &[Vec<usize>]) -> bool {
    let dims = levels.first().map_or(0, Vec::len);
    let distinct =
        |d: usize| levels.iter().map(|row| row[d]).collect::<std::collections::BTreeSet<_>>().len();
    let product: usize = (0..dims).map(distinct).product();
    let different: std::collections::BTreeSet<_> = levels.iter().collect();
    product == levels.len() && different.len() == levels.len()
}
