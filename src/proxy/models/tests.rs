use rl_env::seed::Seed;

use super::*;

/// Rows of four features in `[0, 1]`, and two smooth targets.
fn lesson(rows: usize, seed: u64) -> (Matrix<f32>, Matrix<f64>) {
    let mut rng = Seed(seed).stream("test");
    let (mut features, mut targets) = (Matrix::new(4), Matrix::new(2));
    for _ in 0..rows {
        let x: Vec<f64> = (0..4).map(|_| rng.uniform()).collect();
        features.data.extend(x.iter().map(|x| *x as f32));
        targets.data.extend([2.0 * x[0] - x[1] + x[2] * x[3], 1.5 * x[1] - 2.0 * x[2] * x[0]]);
    }
    (features, targets)
}

/// Share of the variance that is explained on rows never seen.
fn explained(model: &dyn Model) -> f64 {
    let (features, truth) = lesson(300, 2);
    let mut predicted = vec![0.0; truth.data.len()];
    model.predict(&features, &mut predicted);
    let squares: f64 = predicted.iter().zip(&truth.data).map(|(p, y)| (p - y) * (p - y)).sum();
    let mean = truth.data.iter().sum::<f64>() / truth.data.len() as f64;
    1.0 - squares / truth.data.iter().map(|y| (y - mean) * (y - mean)).sum::<f64>()
}

#[test]
fn every_model_learns_a_smooth_function_and_is_the_same_when_read_back() {
    let (features, targets) = lesson(400, 1);
    for entry in PROXIES {
        let (model, bytes) =
            entry.fit(&Training { features: &features, targets: &targets, seed: Seed(3) }).unwrap();
        let share = explained(model.as_ref());
        assert!(share > 0.9, "{} explains {share}", entry.name);
        let read = entry.load(&bytes, 4, 2).unwrap();
        assert_eq!(explained(read.as_ref()).to_bits(), share.to_bits(), "{}", entry.name);
        assert!(entry.load(&bytes, 3, 2).is_none() && entry.load(&bytes, 4, 1).is_none(), "{}", entry.name);
        assert!(entry.load(&bytes[..bytes.len() / 2], 4, 2).is_none(), "{}", entry.name);
    }
}

#[test]
fn models_do_not_depend_on_threads_or_batches() {
    let (features, targets) = lesson(200, 1);
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    for entry in PROXIES {
        let fit = || entry.fit(&Training { features: &features, targets: &targets, seed: Seed(3) }).unwrap();
        let (model, bytes) = fit();
        assert_eq!(one.install(fit).1, bytes, "{}", entry.name);
        let mut together = vec![0.0; targets.data.len()];
        model.predict(&features, &mut together);
        for row in [0, 17, 199] {
            let mut alone = vec![0.0; 2];
            model.predict(&features.select(&[row]), &mut alone);
            let near = |a: &f64, b: &f64| (a - b).abs() < 1e-9;
            assert!(alone.iter().zip(&together[2 * row..]).all(|(a, b)| near(a, b)), "{} {row}", entry.name);
        }
    }
}

#[test]
fn an_unknown_model_is_told_the_nearest() {
    let error = find_proxy("random-forrest").unwrap_err().to_string();
    assert!(error.contains("did you mean `random-forest`?"), "{error}");
}
