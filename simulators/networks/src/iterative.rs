//! Iterative magnitude pruning with rewinding: train, cut the smallest weights, go back to early weights, again.
//!
//! Frankle and Carbin 2019, "The lottery ticket hypothesis" (ICLR); rewinding to an early epoch instead of to the start:
//! Frankle et al. 2020, "Linear mode connectivity and the lottery ticket hypothesis" (ICML).

use crate::error::Error;
use crate::mask::Mask;
use crate::rates::Rates;
use crate::training::{Lesson, Progress};
use crate::weights::{Layers, Weights};

/// Tickets of rising sparsity, each from the trained weights of the one before: `early` under a mask, trained as the
/// lesson says. `watch` sees every step.
///
/// # Errors
/// [`Error::Range`] for sparsities outside [0, 1) or not rising.
pub fn tickets(
    lesson: &Lesson<'_>,
    early: &Weights,
    trained: &Weights,
    sparsities: &[f64],
    mut watch: impl FnMut(Progress, &Weights),
) -> Result<Vec<(Mask, Weights)>, Error> {
    if !sparsities.is_sorted_by(|a, b| a < b) {
        return Err(Error::range(
            "the list of sparsities",
            format!("{sparsities:?}"),
            "each above the one before",
        ));
    }
    let mut found: Vec<(Mask, Weights)> = Vec::new();
    for sparsity in sparsities {
        // What is cut is zero in the weights of the round before, and so cut again.
        let last = found.last().map_or(trained, |(_, weights)| weights);
        let size: Layers = last.convs.iter().map(|layer| layer.iter().map(|w| w.abs()).collect()).collect();
        let mask = Mask::top(&size, &Rates::Global.keep(&size, *sparsity)?);
        let weights = lesson.train(early.clone(), &mask, &mut watch);
        found.push((mask, weights));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::architecture::Architecture;
    use crate::engine::Engine;
    use crate::shipped;
    use crate::training::Schedule;

    #[test]
    fn what_is_cut_stays_cut_and_what_is_left_starts_early() {
        let (engine, network) = (Engine::default(), Architecture::conv4(28, [2, 2, 2, 2], 10));
        let images = shipped::images().unwrap().train.first(128);
        let schedule = Schedule { epochs: 1, batch: 64, rate: 0.0, momentum: 0.9, decay: 0.0 };
        let lesson =
            Lesson { engine: &engine, network: &network, images: &images, schedule: &schedule, seed: 1 };
        let (early, trained) = (Weights::random(&network, 1), Weights::random(&network, 2));
        let found = tickets(&lesson, &early, &trained, &[0.5, 2.0 / 3.0], |_, _| ()).unwrap();
        let [(half, first), (third, second)] = &found[..] else { panic!("two rounds") };
        assert_eq!((half.kept(), third.kept()), (63, 42));
        assert_eq!(third.overlap(half), 1.0);
        // At rate 0 nothing is learnt: the weights are the early ones under the mask.
        assert_eq!(first.convs, half.applied(&early.convs));
        assert_eq!(second.convs, third.applied(&early.convs));
        assert!(tickets(&lesson, &early, &trained, &[0.5, 0.5], |_, _| ()).is_err());
    }
}
