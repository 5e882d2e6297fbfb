//! Ablation paths (Fawcett and Hoos 2016; on predictions: Biedenkapp et al. 2017).

/// One step of a path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// The feature that takes its target value.
    pub feature: usize,
    /// Loss after the step.
    pub loss: f64,
}

/// The way from one setting to another, one feature at a time, each time the one after which the `loss` is least; the first of
/// several. Features that are the same in both take no step.
pub fn ablation(from: &[f64], to: &[f64], loss: impl Fn(&[f64]) -> f64) -> Vec<Step> {
    let mut at = from.to_vec();
    let mut open: Vec<usize> = (0..from.len()).filter(|f| from[*f] != to[*f]).collect();
    let mut path = Vec::with_capacity(open.len());
    while !open.is_empty() {
        let mut best: Option<(usize, f64)> = None;
        for (place, feature) in open.iter().enumerate() {
            let before = std::mem::replace(&mut at[*feature], to[*feature]);
            let loss = loss(&at);
            at[*feature] = before;
            if best.is_none_or(|(_, least)| loss < least) {
                best = Some((place, loss));
            }
        }
        let Some((place, loss)) = best else { break };
        let feature = open.remove(place);
        at[feature] = to[feature];
        path.push(Step { feature, loss });
    }
    path
}
