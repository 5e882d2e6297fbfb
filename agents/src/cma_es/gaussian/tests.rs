use rl_env::seed::Seed;

use super::super::Covariance;
use super::super::strategy::rank;
use super::*;

const ALL: [Covariance; 3] = [Covariance::Accelerated, Covariance::Full, Covariance::Diagonal];

fn update(gaussian: &mut Gaussian, points: &[Vec<f64>], rewards: &[f64], strategy: &Strategy) {
    let rewards: Vec<Option<f64>> = rewards.iter().map(|reward| Some(*reward)).collect();
    let weights = rank(&rewards, strategy).unwrap();
    let ranked = |(point, weight): (&'_ Vec<f64>, Weight)| (point.clone(), weight);
    let owned: Vec<(Vec<f64>, Weight)> = points.iter().zip(weights).map(ranked).collect();
    let generation: Vec<Ranked<'_>> =
        owned.iter().map(|(point, weight)| Ranked { point, weight: *weight, foreign: false }).collect();
    gaussian.update(&generation, strategy);
}

/// Figure 6 worked out apart from this code for one generation of four.
#[test]
fn one_update_is_that_of_figure_6() {
    let strategy = Strategy::new(2, 4, true, Covariance::Full);
    let mut gaussian = Gaussian::new(vec![0.5; 2], 0.2, false);
    let points = [[0.6, 0.55], [0.45, 0.5], [0.5, 0.7], [0.3, 0.2]].map(|p| p.to_vec());
    update(&mut gaussian, &points, &[4.0, 3.0, 2.0, 1.0], &strategy);
    let near = |found: &[f64], wanted: &[f64]| {
        for (found, wanted) in found.iter().zip(wanted) {
            assert!((found - wanted).abs() < 1e-9, "{found}, should be {wanted}");
        }
    };
    near(&gaussian.mean, &[0.570_624_428_99, 0.540_208_142_997]);
    near(&[gaussian.sigma], &[0.163_973_190_271_842_65]);
    near(&gaussian.path_sigma, &[0.344_155_373_949, 0.195_935_722_054]);
    near(&gaussian.path_c, &[0.397_054_074_631, 0.226_052_192_4]);
    near(
        &gaussian.covariance,
        &[0.877_543_397_054, -0.040_110_892_527, -0.040_110_892_527, 0.753_837_489_134],
    );
}

/// An ellipsoid with ratio 100 of its axes, in rotated coordinates: after enough generations the deviations along
/// its axes have that ratio (the inverse Hessian, tutorial, section 0.4).
#[test]
fn the_covariance_becomes_the_inverse_hessian() {
    for covariance in [Covariance::Accelerated, Covariance::Full] {
        let strategy = Strategy::new(2, 8, true, covariance);
        let mut gaussian = Gaussian::new(vec![0.3, 0.6], 0.2, false);
        let mut rng = Seed(1).stream("test");
        let (c, s) = (0.8, 0.6);
        for _ in 0..150 {
            let points: Vec<Vec<f64>> = (0..8).map(|_| gaussian.sample(&mut rng)).collect();
            let rewards: Vec<f64> = points
                .iter()
                .map(|p| {
                    let (x, y) = (p[0] - 0.5, p[1] - 0.5);
                    let (u, v) = (c * x - s * y, s * x + c * y);
                    -(u * u + 1e4 * v * v)
                })
                .collect();
            update(&mut gaussian, &points, &rewards, &strategy);
        }
        let (mut along, mut across) = (0.0, 0.0);
        for _ in 0..20_000 {
            let p = gaussian.sample(&mut rng);
            let (x, y) = (p[0] - gaussian.mean[0], p[1] - gaussian.mean[1]);
            let (u, v) = (c * x - s * y, s * x + c * y);
            along += u * u;
            across += v * v;
        }
        let ratio = sqrt(along / across);
        assert!((40.0..250.0).contains(&ratio), "{covariance:?}: {ratio}");
    }
}

/// Selection by spite: whatever stretches, flattens or moves the distribution most is called best, by turns.
#[test]
fn the_covariance_stays_positive_definite_whatever_is_selected() {
    for covariance in ALL {
        let (n, lambda) = (5, 8);
        let strategy = Strategy::new(n, lambda, true, covariance);
        let mut gaussian = Gaussian::new(vec![0.5; n], 0.2, covariance == Covariance::Diagonal);
        let mut rng = Seed(2).stream("test");
        for turn in 0..10_000 {
            let mut points: Vec<Vec<f64>> = (0..lambda).map(|_| gaussian.sample(&mut rng)).collect();
            if turn % 7 == 0 {
                points[0] = (0..n).map(|_| 1e12 * rng.normal()).collect();
                points[1] = gaussian.mean.clone();
            }
            let offset = |p: &[f64], i: usize| (p[i] - gaussian.mean[i]).abs();
            let rewards: Vec<f64> = points
                .iter()
                .map(|p| match turn / 500 % 5 {
                    0 => offset(p, 0),
                    1 => -offset(p, 1),
                    2 => offset(p, 2) - 1e9 * offset(p, 3),
                    3 => p[0] * f64::MAX.sqrt(),
                    _ => 0.0,
                })
                .collect();
            update(&mut gaussian, &points, &rewards, &strategy);
            assert!(gaussian.is_sound(n, covariance == Covariance::Diagonal), "turn {turn}, {covariance:?}");
            if turn % 50 == 0 && covariance != Covariance::Diagonal {
                let (mut vectors, mut values) = (gaussian.covariance.clone(), vec![0.0; n]);
                assert!(decompose(&mut vectors, &mut values));
                assert!(values.iter().all(|value| *value > 0.0), "turn {turn}, {covariance:?}: {values:?}");
            }
        }
        assert!((0..n).all(|i| gaussian.deviation(i) <= WIDEST * (1.0 + 1e-9)));
        assert!((0..n).any(|i| gaussian.deviation(i) >= NARROWEST * (1.0 - 1e-9)));
    }
}

#[test]
fn the_covariance_stays_symmetric_to_the_bit() {
    for covariance in [Covariance::Accelerated, Covariance::Full] {
        let strategy = Strategy::new(4, 8, true, covariance);
        let mut gaussian = Gaussian::new(vec![0.5; 4], 0.2, false);
        let mut rng = Seed(3).stream("test");
        for _ in 0..100 {
            let points: Vec<Vec<f64>> = (0..8).map(|_| gaussian.sample(&mut rng)).collect();
            let rewards: Vec<f64> = points.iter().map(|p| p[0] - 3.0 * p[1] * p[2]).collect();
            update(&mut gaussian, &points, &rewards, &strategy);
        }
        for i in 0..4 {
            for j in 0..i {
                assert_eq!(
                    gaussian.covariance[4 * i + j].to_bits(),
                    gaussian.covariance[4 * j + i].to_bits()
                );
            }
        }
    }
}

#[test]
fn foreign_points_come_no_further_than_samples() {
    let strategy = Strategy::new(3, 4, true, Covariance::Full);
    let mut gaussian = Gaussian::new(vec![0.5; 3], 0.1, false);
    let weight = |gain| Weight { gain, loss: 0.0 };
    let generation: Vec<Ranked<'_>> = [(&[1e9, 0.5, 0.5], 1.0), (&[0.5, 0.5, 0.5], 0.0)]
        .map(|(point, gain)| Ranked { point, weight: weight(gain), foreign: true })
        .into();
    gaussian.update(&generation, &strategy);
    let limit = sqrt(3.0) + 6.0 / 5.0;
    assert!((gaussian.mean[0] - 0.5 - 0.1 * limit).abs() < 1e-12, "{:?}", gaussian.mean);
}
