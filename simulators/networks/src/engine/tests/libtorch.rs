//! LibTorch against the default device. Run by `scripts/test-libtorch`.

use super::*;
use crate::images::Images;
use crate::mask::Mask;
use crate::training::{Lesson, Schedule};
use crate::{checkpoint, evaluation};

/// Largest difference as a share of the largest value.
fn difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let largest = a.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    a.iter().zip(b).fold(0.0_f32, |most, (a, b)| most.max((a - b).abs())) / largest.max(f32::MIN_POSITIVE)
}

fn engines() -> [Engine; 2] {
    ["cpu", "libtorch"].map(|name| Engine::on(name).unwrap())
}

#[test]
fn gradients_are_those_of_the_default_device() {
    let images = shipped::images().unwrap().train.first(64);
    let indices: Vec<usize> = (0..64).collect();
    for network in networks() {
        let weights = Weights::random(&network, 3);
        let found = engines()
            .map(|engine| engine.gradients(&network, &weights, &images, &indices, Wanted::Everything));
        let layers = |place: usize| {
            let Gradients { convs, gamma, beta, head, bias, statistics, .. } = &found[place];
            let ends = vec![head.clone(), bias.clone()];
            [convs, gamma, beta, &ends, &statistics.mean, &statistics.variance].map(Clone::clone).concat()
        };
        for (place, (a, b)) in layers(0).iter().zip(layers(1)).enumerate() {
            let difference = difference(a, &b);
            assert!(
                difference < 1e-4,
                "{difference} in vector {place} of {} convolutions",
                network.convs.len()
            );
        }
        assert!((found[0].loss - found[1].loss).abs() < 1e-5 * found[0].loss);
    }
}

#[test]
fn logits_are_those_of_the_default_device() {
    let (network, weights) = checkpoint::read("shipped", shipped::CONV4).unwrap();
    let pixels = shipped::images().unwrap().test.batch(&(0..200).collect::<Vec<_>>()).0;
    let [a, b] = engines().map(|engine| engine.logits(&network, &weights, pixels.clone()));
    assert!(difference(&a, &b) < 1e-4, "{}", difference(&a, &b));
}

#[test]
fn the_shipped_network_is_as_accurate_but_for_two_images() {
    let (network, weights) = checkpoint::read("shipped", shipped::CONV4).unwrap();
    let images: Images = shipped::images().unwrap().test;
    let right = engines()
        .map(|engine| evaluation::accuracy(&engine, &network, &weights, &images) * images.len() as f64);
    assert_eq!(images.len(), 800);
    assert!((right[0] - right[1]).abs() < 2.5, "{right:?}");
}

#[test]
fn a_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let (network, images) = (Architecture::resnet20(28, 2, 10), shipped::images().unwrap().train.first(192));
    let schedule = Schedule { epochs: 1, batch: 64, rate: 0.1, momentum: 0.9, decay: 0.0005 };
    let train = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let engine = Engine::on("libtorch").unwrap();
            let lesson =
                Lesson { engine: &engine, network: &network, images: &images, schedule: &schedule, seed: 1 };
            let weights = lesson.train(Weights::random(&network, 1), &Mask::full(&network), |_, _| ());
            checkpoint::write(&network, &weights, None).unwrap()
        })
    };
    let first = train(1);
    assert!(train(1) == first && train(4) == first);
}

#[test]
fn a_missing_gpu_is_named() {
    match Engine::on("libtorch-cuda") {
        Ok(engine) => assert_eq!(engine.device(), "libtorch-cuda"),
        Err(error) => assert!(error.to_string().contains("LibTorch finds no GPU"), "{error}"),
    }
}
