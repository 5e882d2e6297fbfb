//! How many weights of each layer stay.

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::mask::ranking;
use crate::weights::Layers;

/// How a sparsity is shared out among the layers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rates {
    /// The highest scores of all layers together stay, which says how many stay in each.
    Global,
    /// The same share of every layer.
    Uniform,
    /// These shares of the layers are cut.
    Custom(Vec<f64>),
}

impl Rates {
    /// Weights of each layer that stay when `sparsity` of all are cut. `scores` decide only between layers.
    ///
    /// # Errors
    /// [`Error::Range`] for a sparsity or a custom share outside [0, 1), or shares that are not one for each layer.
    pub fn keep(&self, scores: &Layers, sparsity: f64) -> Result<Vec<usize>, Error> {
        let share = |given: f64, what| {
            if (0.0..1.0).contains(&given) {
                Ok(given)
            } else {
                Err(Error::range(what, given, "0 to below 1"))
            }
        };
        let uniform = |cut: f64, layer: &Vec<f32>| layer.len() - (cut * layer.len() as f64) as usize;
        match self {
            Self::Global => Ok(global(scores, share(sparsity, "the sparsity")?)),
            Self::Uniform => {
                let cut = share(sparsity, "the sparsity")?;
                Ok(scores.iter().map(|layer| uniform(cut, layer)).collect())
            }
            Self::Custom(cuts) if cuts.len() == scores.len() => {
                let layers = scores.iter().zip(cuts);
                layers.map(|(layer, cut)| Ok(uniform(share(*cut, "the share of a layer")?, layer))).collect()
            }
            Self::Custom(cuts) => {
                let allowed = format!("one for each of {} layers", scores.len());
                Err(Error::range("the number of shares", cuts.len(), allowed))
            }
        }
    }
}

/// All scores in one ranking, ties to the first; as many stay as the sparsity says, whatever the ties.
fn global(scores: &Layers, sparsity: f64) -> Vec<usize> {
    let pooled = scores.concat();
    let keep = (pooled.len() as f64 * (1.0 - sparsity)).round() as usize;
    let ends: Vec<usize> = scores
        .iter()
        .scan(0, |end, layer| {
            *end += layer.len();
            Some(*end)
        })
        .collect();
    let mut keeps = vec![0; scores.len()];
    for index in ranking(&pooled).into_iter().take(keep) {
        keeps[ends.partition_point(|end| *end <= index)] += 1;
    }
    keeps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores() -> Layers {
        vec![vec![4.0, 3.0, 2.0, 1.0], vec![0.5; 6]]
    }

    #[test]
    fn global_rates_follow_the_scores() {
        assert_eq!(Rates::Global.keep(&scores(), 0.7).unwrap(), [3, 0]);
        assert_eq!(Rates::Global.keep(&scores(), 0.5).unwrap(), [4, 1]);
        assert_eq!(Rates::Global.keep(&scores(), 0.0).unwrap(), [4, 6]);
    }

    #[test]
    fn uniform_and_custom_rates_cut_a_share_of_every_layer() {
        assert_eq!(Rates::Uniform.keep(&scores(), 0.5).unwrap(), [2, 3]);
        assert_eq!(Rates::Custom(vec![0.25, 0.9]).keep(&scores(), 0.0).unwrap(), [3, 1]);
    }

    #[test]
    fn shares_outside_their_range_are_refused() {
        let refused = |rates: Rates, sparsity| rates.keep(&scores(), sparsity).unwrap_err().to_string();
        assert_eq!(refused(Rates::Global, 1.0), "the sparsity is 1: 0 to below 1");
        assert!(refused(Rates::Uniform, f64::NAN).contains("NaN"));
        assert!(refused(Rates::Custom(vec![0.5, -0.1]), 0.5).contains("-0.1"));
        assert!(refused(Rates::Custom(vec![0.5]), 0.5).contains("one for each of 2 layers"));
    }
}
