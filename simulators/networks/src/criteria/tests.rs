use super::*;
use crate::mask::Mask;
use crate::shipped;

fn subject<R>(keep: f64, look: impl Fn(&Subject<'_>) -> R) -> R {
    let network = Architecture::conv4(28, [4, 4, 4, 4], 10);
    let weights = Weights::random(&network, 1);
    let images = shipped::images().unwrap().train.first(128);
    let engine = Engine::default();
    look(&Subject { engine: &engine, network: &network, weights: &weights, images: &images, keep, seed: 1 })
}

#[test]
fn the_table_is_sorted_and_every_criterion_scores_every_weight() {
    assert!(CRITERIA.is_sorted_by(|a, b| a.name < b.name));
    for criterion in CRITERIA {
        subject(0.1, |subject| {
            let scores = (criterion.scores)(subject);
            let shape = |layers: &Layers| layers.iter().map(Vec::len).collect::<Vec<_>>();
            assert_eq!(shape(&scores), shape(&subject.weights.convs), "{}", criterion.name);
            assert!(scores.iter().flatten().all(|score| score.is_finite()), "{}", criterion.name);
            assert_eq!(scores, (criterion.scores)(subject), "{}", criterion.name);
        });
    }
}

/// Lee et al.: the derivative by a factor of the weight, here by differences.
#[test]
fn snip_is_the_slope_of_the_loss_along_a_weight() {
    subject(0.5, |subject| {
        let scores = (snip::CRITERION.scores)(subject);
        let indices: Vec<usize> = (0..128).collect();
        let loss = |factor: f32| {
            let mut weights = subject.weights.clone();
            weights.convs[0][4] *= factor;
            let seen = subject.engine.gradients(
                subject.network,
                &weights,
                subject.images,
                &indices,
                Wanted::Kernels,
            );
            seen.loss
        };
        let slope = (loss(1.05) - loss(0.95)) / 0.1;
        assert!(
            (slope.abs() - f64::from(scores[0][4])).abs() < 0.05 * slope.abs() + 1e-4,
            "{slope} {}",
            scores[0][4]
        );
    });
}

/// Wang et al.: the slope of half the squared norm of the gradient along a weight.
#[test]
fn grasp_is_the_slope_of_the_gradient_norm_along_a_weight() {
    subject(0.5, |subject| {
        let scores = (grasp::CRITERION.scores)(subject);
        let layer = &scores[1];
        let place = (0..layer.len()).max_by(|a, b| layer[*a].abs().total_cmp(&layer[*b].abs())).unwrap();
        let norm = |factor: f32| {
            let mut convs = subject.weights.convs.clone();
            convs[1][place] *= factor;
            0.5 * subject.gradient(convs).iter().flatten().map(|g| f64::from(g * g)).sum::<f64>()
        };
        let slope = (norm(1.02) - norm(0.98)) / 0.04;
        let score = f64::from(layer[place]);
        assert!((slope - score).abs() < 0.1 * score.abs(), "{slope} {score}");
    });
}

/// Tanaka et al., theorem 1: the flow through every layer is the same.
#[test]
fn synaptic_flow_is_conserved() {
    subject(1.0, |subject| {
        let flows: Vec<f32> = synflow_first(subject).iter().map(|layer| layer.iter().sum()).collect();
        assert!(flows.iter().all(|flow| (flow / flows[0] - 1.0).abs() < 1e-3), "{flows:?}");
    });
}

fn synflow_first(subject: &Subject<'_>) -> Layers {
    (synflow::CRITERION.scores)(subject)
}

/// Tanaka et al., section 6: no layer is lost as a whole.
#[test]
fn synaptic_flow_keeps_a_path() {
    subject(0.02, |subject| {
        let scores = (synflow::CRITERION.scores)(subject);
        let keeps = crate::rates::Rates::Global.keep(&scores, 0.98).unwrap();
        assert!(keeps.iter().all(|keep| *keep > 0), "{keeps:?}");
        let mask = Mask::top(&scores, &keeps);
        let convs = mask.applied(&subject.weights.convs);
        let flow = subject.engine.flow(subject.network, &Weights { convs, ..subject.weights.clone() });
        assert!(flow.iter().flatten().any(|g| *g > 0.0));
    });
}
