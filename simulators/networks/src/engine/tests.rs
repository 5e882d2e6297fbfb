use super::*;
use crate::shipped;

/// A pool, shortcuts, strides and channels added on the way: every kind of layer.
fn networks() -> [Architecture; 3] {
    let resnet = Architecture::resnet20(28, 2, 10);
    [Architecture::conv4(28, [2, 3, 4, 4], 10), Architecture::vgg_small(28, 2, 10), resnet]
}

#[test]
fn gradients_are_slopes_of_the_loss() {
    let (engine, images) = (Engine::default(), shipped::images().unwrap().train.first(32));
    let indices: Vec<usize> = (0..32).collect();
    for network in networks() {
        let weights = Weights::random(&network, 3);
        let loss =
            |weights: &Weights| engine.gradients(&network, weights, &images, &indices, Wanted::Kernels).loss;
        let found = engine.gradients(&network, &weights, &images, &indices, Wanted::Everything);
        for layer in 0..network.convs.len() {
            let gradient = &found.convs[layer];
            let place = (0..gradient.len()).max_by(|a, b| gradient[*a].abs().total_cmp(&gradient[*b].abs()));
            let place = place.unwrap();
            let moved = |by: f32| {
                let mut moved = weights.clone();
                moved.convs[layer][place] += by;
                loss(&moved)
            };
            let slope = (moved(2e-3) - moved(-2e-3)) / 4e-3;
            let own = f64::from(gradient[place]);
            assert!((slope - own).abs() < 0.1 * own.abs() + 2e-3, "layer {layer}: {slope} {own}");
        }
        assert!(found.head.iter().chain(&found.bias).any(|g| *g != 0.0));
        assert!(found.gamma.iter().chain(&found.beta).flatten().all(|g| g.is_finite()));
    }
}

#[test]
fn gradients_do_not_depend_on_the_number_of_threads() {
    let (engine, images) = (Engine::default(), shipped::images().unwrap().train.first(64));
    let indices: Vec<usize> = (0..64).collect();
    for network in networks() {
        let weights = Weights::random(&network, 3);
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let found =
                pool.install(|| engine.gradients(&network, &weights, &images, &indices, Wanted::Everything));
            (found.loss, found.convs, found.gamma, found.head)
        };
        assert_eq!(run(1), run(4));
    }
}

#[test]
fn folded_batch_norms_are_those_of_the_batch_that_they_have_seen() {
    let (engine, images) = (Engine::default(), shipped::images().unwrap().train.first(100));
    let indices: Vec<usize> = (0..100).collect();
    let network = Architecture::conv4(28, [4, 4, 4, 4], 10);
    let mut weights = Weights::random(&network, 1);
    let seen = engine.gradients(&network, &weights, &images, &indices, Wanted::Kernels);
    (weights.mean, weights.variance) = (seen.statistics.mean, seen.statistics.variance);
    let correct = engine.correct(&network, &weights, &images, &indices);
    // The variance of a batch is biased, the running one is not: an image on the edge may fall to the other side.
    assert!(correct.abs_diff(seen.correct) <= 1, "{correct} {}", seen.correct);
}

#[cfg(feature = "tch")]
mod libtorch;
