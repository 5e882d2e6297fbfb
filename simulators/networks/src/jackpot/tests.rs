use super::*;
use crate::rates::Rates;
use crate::shipped;

const SCHEDULE: Schedule = Schedule { epochs: 1, batch: 64, rate: 0.1, momentum: 0.9, decay: 5e-4 };

/// What a search on some real images saw at every step (loss, exchanges), its first mask and its last. The margin is
/// small, so that five steps exchange many weights.
fn search(weights: &Weights, change: impl Fn(&mut Search<'_>)) -> (Vec<(f64, usize)>, Mask, Mask) {
    let (engine, network, images) = (Engine::default(), network(), images());
    let mut search = Search {
        engine: &engine,
        network: &network,
        weights,
        images: &images,
        schedule: &SCHEDULE,
        start: Start::Magnitude,
        margin: 1e-4,
        restriction: Restriction::None,
        seed: 1,
    };
    change(&mut search);
    let keep = Rates::Global.keep(&weights.convs, 0.5).unwrap();
    let (_, first) = search.beginning(&keep);
    let mut seen = Vec::new();
    let mask = search.run(&keep, |found| seen.push((found.progress.loss, found.exchanged)));
    assert_eq!(mask.keeps(), keep, "a search never changes how many stay");
    (seen, first, mask)
}

fn network() -> Architecture {
    Architecture::conv4(28, [4, 4, 4, 4], 10)
}

fn images() -> Images {
    shipped::images().unwrap().train.first(320)
}

/// The code that came with the paper loads a trained network, and then searches a fresh one.
#[test]
fn a_search_is_about_the_weights_it_was_given() {
    let weights = Weights::random(&network(), 1);
    let (seen, first, _) = search(&weights, |_| ());
    let batch = &SCHEDULE.batches(&images(), 1, 0)[0];
    let masked = Weights { convs: first.applied(&weights.convs), ..weights.clone() };
    let own = Engine::default().gradients(&network(), &masked, &images(), batch, Wanted::Kernels).loss;
    assert_eq!(seen[0].0, own);
    let (other, _, _) = search(&Weights::random(&network(), 2), |_| ());
    assert_ne!(seen, other);
}

/// There, the rate is rounded up instead of the number, and restricts nothing.
#[test]
fn the_number_of_exchanges_is_rounded_up_and_not_the_share() {
    let scores: Vec<f32> = (0..20).map(|i| if i < 10 { 0.0 } else { 1.0 + i as f32 }).collect();
    let first: Vec<bool> = (0..20).map(|i| i < 10).collect();
    for (share, count) in [(1.0, 10), (0.5, 5), (0.11, 2), (0.01, 1), (0.0, 0)] {
        let mut mask = first.clone();
        assert_eq!(exchange(&scores, &mut mask, share), count, "{share}");
        let came: Vec<usize> = (10..20).filter(|i| mask[*i]).collect();
        assert_eq!(came, (20 - count..20).collect::<Vec<_>>(), "the highest come");
        assert_eq!(mask.iter().filter(|on| **on).count(), 10);
    }
    assert_eq!(Restriction::Power4.share(1, 4), 0.31640625);
    assert_eq!(Restriction::Power4.share(0, 4), 1.0);
    assert_eq!(Restriction::Constant(0.1).share(3, 4), 0.1);
}

#[test]
fn a_restricted_search_exchanges_fewer_weights() {
    let weights = Weights::random(&network(), 1);
    let total = |restriction| {
        let (seen, _, _) = search(&weights, |search| search.restriction = restriction);
        seen.iter().map(|(_, exchanged)| exchanged).sum::<usize>()
    };
    let (free, bound) = (total(Restriction::None), total(Restriction::Constant(0.1)));
    assert!(bound > 0 && 2 * bound < free, "{bound} of {free}");
}

/// There, all scores are equal at first, and the sort decides.
#[test]
fn equal_scores_are_told_apart_by_their_place() {
    let mut mask = vec![false, true, false, true];
    assert_eq!(exchange(&[1.0; 4], &mut mask, 1.0), 1);
    assert_eq!(mask, [true, true, false, false]);
}

/// There, the name of a configuration says one sparsity and its content another.
#[test]
fn the_mask_has_the_sparsity_that_was_asked_for() {
    let weights = Weights::random(&network(), 1);
    for sparsity in [0.5, 0.9, 0.95] {
        for rates in [Rates::Global, Rates::Uniform] {
            let keep = rates.keep(&weights.convs, sparsity).unwrap();
            let mask = Mask::top(&weights.convs, &keep);
            assert!((mask.sparsity() - sparsity).abs() < 4.0 / network().weights() as f64);
        }
    }
}

#[test]
fn weights_outside_the_mask_have_gradients_too() {
    let weights = Weights::random(&network(), 1);
    let (_, first, last) = search(&weights, |_| ());
    let came = first.layers.iter().flatten().zip(last.layers.iter().flatten()).any(|(old, new)| !old && *new);
    assert!(came, "no weight came into the mask");
}

#[test]
fn the_same_seed_gives_the_same_mask_on_any_number_of_threads() {
    let weights = Weights::random(&network(), 1);
    let run = |threads, seed| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| search(&weights, |search| search.seed = seed))
    };
    assert_eq!(run(1, 5), run(3, 5));
    assert_ne!(run(1, 5).2, run(1, 6).2);
}

#[test]
fn starts_differ_in_their_masks() {
    let weights = Weights::random(&network(), 1);
    let first = |start| search(&weights, |search| search.start = start).1;
    let magnitude = first(Start::Magnitude);
    for start in [Start::Random, Start::Scores] {
        let overlap = magnitude.overlap(&first(start));
        assert!((0.3..0.7).contains(&overlap), "{start:?}: {overlap}");
    }
}
