use super::*;

#[test]
fn the_ratio_stops_counting_where_it_would_gain_no_more() {
    let (inside, above, below) = (libm::log(1.19), libm::log(1.21), libm::log(0.79));
    // A good action may become more probable up to 1 + ε, a bad one less probable down to 1 − ε.
    assert!((clipped_slope(inside, 2.0, 0.2) + 2.0 * 1.19).abs() < 1e-12);
    assert_eq!(clipped_slope(above, 2.0, 0.2), 0.0);
    assert!((clipped_slope(above, -2.0, 0.2) - 2.0 * 1.21).abs() < 1e-12);
    assert_eq!(clipped_slope(below, -2.0, 0.2), 0.0);
    assert!((clipped_slope(below, 2.0, 0.2) + 2.0 * 0.79).abs() < 1e-12);
    assert_eq!(clipped_slope(f64::NAN, 1.0, 0.2), 0.0);
}

#[test]
fn step_size_and_clip_range_fall_to_zero_if_they_decay() {
    let left = |decay, steps| {
        let (actions, observations) = (Space::discrete(2)?, Space::interval(0.0, 1.0)?);
        let config = Config { decay, ..Config::default() };
        let rng = rl_env::seed::Seed(1).stream("ppo");
        let mut ppo = Ppo::new(config, &actions, &observations, rng, 100)?;
        ppo.steps = steps;
        Ok::<f64, Error>(ppo.remaining())
    };
    assert_eq!(left(true, 0), Ok(1.0));
    assert_eq!(left(true, 75), Ok(0.25));
    assert_eq!(left(true, 101), Ok(0.0));
    assert_eq!(left(false, 101), Ok(1.0));
}
