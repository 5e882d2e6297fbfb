#![allow(clippy::unwrap_used, reason = "a failed test may panic anywhere")]

use libm::{exp, log};
use ndarray::Array2;
use rl_env::seed::{Rng, Seed};

use super::*;

fn network(hidden: &[usize], activation: Activation, table: Option<(usize, f64)>) -> Network {
    let shape = Shape { inputs: 5, hidden: hidden.to_vec(), outputs: 3, activation, gain: 1.0, table };
    Network::new(shape, &mut Seed(1).stream("network"))
}

fn rows(count: usize, width: usize, rng: &mut Rng) -> Array2<f64> {
    Array2::from_shape_fn((count, width), |_| rng.normal())
}

/// A loss that is curved in every output.
fn loss(outputs: &Array2<f64>) -> f64 {
    outputs.indexed_iter().map(|((i, j), y)| (i + 2 * j + 1) as f64 * y * y * y / 3.0).sum()
}

fn loss_slopes(outputs: &Array2<f64>) -> Array2<f64> {
    let mut slopes = outputs.clone();
    slopes.indexed_iter_mut().for_each(|((i, j), y)| *y = (i + 2 * j + 1) as f64 * *y * *y);
    slopes
}

#[test]
fn gradients_are_those_of_central_differences() {
    for activation in [Activation::Tanh, Activation::Relu] {
        for hidden in [&[][..], &[6], &[7, 4]] {
            for table in [None, Some((2, 3.0))] {
                let mut network = network(hidden, activation, table);
                let mut rng = Seed(2).stream("data");
                network.parameters_mut().iter_mut().for_each(|w| *w += 0.3 * rng.normal());
                let inputs = rows(4, 5, &mut rng);
                let pass = network.forward(inputs.clone());
                let mut gradient = vec![0.0; network.parameters().len()];
                network.backward(&pass, loss_slopes(&pass.outputs), &mut gradient);
                for (i, slope) in gradient.iter().enumerate() {
                    let at = |shift: f64| {
                        let mut moved = network.clone();
                        moved.parameters_mut()[i] += shift;
                        loss(&moved.forward(inputs.clone()).outputs)
                    };
                    let numeric = (at(1e-6) - at(-1e-6)) / 2e-6;
                    let scale = 1.0 + numeric.abs();
                    assert!((numeric - slope).abs() < 1e-6 * scale, "{i}: {slope}, should be {numeric}");
                }
            }
        }
    }
}

#[test]
fn a_row_alone_gives_what_it_gives_in_a_batch() {
    let network = network(&[6, 6], Activation::Tanh, Some((0, 1.0)));
    let inputs = rows(3, 5, &mut Seed(2).stream("data"));
    let together = network.forward(inputs.clone()).outputs;
    for (input, output) in inputs.rows().into_iter().zip(together.rows()) {
        assert_eq!(network.evaluate(&input.to_vec()), output.to_vec());
    }
}

#[test]
fn a_table_starts_without_influence_and_learns_by_its_gain() {
    let (plain, wide) =
        (network(&[4], Activation::Relu, None), network(&[4], Activation::Relu, Some((3, 2.0))));
    let input = [0.1, -0.2, 0.3, 0.0, 1.0];
    assert_eq!(plain.evaluate(&input), wide.evaluate(&input));
    let mut taught = wide.clone();
    // The last row of the table belongs to the last input.
    *taught.parameters_mut().last_mut().unwrap() = 5.0;
    assert!((taught.evaluate(&input)[2] - wide.evaluate(&input)[2] - 10.0).abs() < 1e-12);
}

#[test]
fn weights_of_another_network_are_refused() {
    let mut network = network(&[4], Activation::Tanh, None);
    let count = network.parameters().len();
    network.restore("test", vec![0.5; count]).unwrap();
    assert!(network.restore("test", vec![0.5; count + 1]).is_err());
    assert!(network.restore("test", vec![f64::NAN; count]).is_err());
}

#[test]
fn the_softmax_spreads_over_open_entries_only() {
    let mut logs = [1.0, 700.0, 2.0, -800.0];
    log_softmax(&mut logs, &[true, false, true, true]);
    let expected = exp(1.0) / (exp(1.0) + exp(2.0));
    assert!((exp(logs[0]) - expected).abs() < 1e-12);
    assert_eq!(logs[1], f64::NEG_INFINITY);
    assert!(
        (entropy(&logs) + expected * log(expected) + (1.0 - expected) * log(1.0 - expected)).abs() < 1e-12
    );
    let mut rng = Seed(3).stream("sample");
    let ones = (0..10_000).filter(|_| sample(&logs, &mut rng) == 0).count();
    assert!((ones as f64 / 1e4 - expected).abs() < 0.02, "{ones}");
    // Nothing open: everything is.
    let mut closed = [0.0, 0.0];
    log_softmax(&mut closed, &[false, false]);
    assert_eq!(closed, [-log(2.0); 2]);
}

#[test]
fn adam_teaches_the_network_what_no_line_can_follow() {
    let shape = Shape {
        inputs: 2,
        hidden: vec![16],
        outputs: 1,
        activation: Activation::Tanh,
        gain: 1.0,
        table: None,
    };
    let mut network = Network::new(shape, &mut Seed(1).stream("network"));
    let inputs = ndarray::array![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
    let wanted = ndarray::array![[0.0], [1.0], [1.0], [0.0]];
    let mut adam = Adam::new(network.parameters().len());
    for _ in 0..500 {
        let pass = network.forward(inputs.clone());
        let mut gradient = vec![0.0; network.parameters().len()];
        network.backward(&pass, &pass.outputs - &wanted, &mut gradient);
        assert!(clip(&mut [&mut gradient], 10.0));
        adam.step(network.parameters_mut(), &gradient, 0.02);
    }
    let error =
        (&network.forward(inputs).outputs - &wanted).iter().fold(0.0, |most: f64, e| most.max(e.abs()));
    assert!(error < 0.05, "{error}");
}
