use super::*;

fn labels(axis: &Axis, length: f64, direction: Direction) -> Vec<String> {
    axis.ticks(length, direction).into_iter().map(|tick| tick.label).collect()
}

fn rewards(low: f64, high: f64) -> Axis {
    Axis::rewards(low, low, high)
}

#[test]
fn linear_ticks_are_round() {
    assert_eq!(labels(&rewards(0.0, 1.0), 180.0, Direction::Up), ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
    assert_eq!(labels(&rewards(-3.0, 5.0), 100.0, Direction::Up), ["−2", "0", "2", "4"]);
    assert_eq!(labels(&rewards(0.1, 0.3), 100.0, Direction::Up), ["0.10", "0.15", "0.20", "0.25", "0.30"]);
    assert_eq!(labels(&rewards(0.0, 3.0), 80.0, Direction::Up), ["0", "1", "2", "3"]);
    assert_eq!(labels(&rewards(-12_000.0, 0.0), 100.0, Direction::Up), ["−10,000", "−5,000", "0"]);
}

#[test]
fn a_hundredfold_of_one_sign_is_logarithmic() {
    assert!(rewards(-100.0, -1.0).is_log() && !rewards(-99.0, -1.0).is_log());
    assert!(rewards(1.0, 100.0).is_log() && !rewards(1.0, 99.0).is_log());
    assert!(!rewards(-100.0, 0.0).is_log() && !rewards(-1.0, 100.0).is_log());
    assert_eq!(labels(&rewards(-2000.0, -0.5), 180.0, Direction::Up), ["−1,000", "−100", "−10", "−1"]);
    assert_eq!(labels(&rewards(3.0, 2000.0), 180.0, Direction::Up), ["10", "100", "1,000"]);
}

#[test]
fn higher_is_further_on_every_scale() {
    for axis in [rewards(-1e6, -1.0), rewards(1e-3, 50.0), rewards(-7.0, 5.0), rewards(-f64::MAX, f64::MAX)] {
        let places: Vec<f64> = [-1e6, -7.0, -1.0, 1e-3, 5.0, 50.0].map(|v| axis.place(v)).into();
        assert!(places.is_sorted() && places.iter().all(|p| p.is_finite()), "{axis:?} {places:?}");
    }
}

#[test]
fn the_worst_is_cut_only_if_it_takes_two_thirds_of_the_axis() {
    assert_eq!(Axis::rewards(-24.0, -9.0, -1.0).cut, None);
    assert_eq!(Axis::rewards(-26.0, -9.0, -1.0).cut, Some(-9.0));
    assert_eq!(Axis::rewards(999.999_999, 1000.0, 1000.0).cut, None);
    assert_eq!(Axis::rewards(-f64::MAX, -1e4, -1.0).cut, Some(-1e4));
}

#[test]
fn one_value_gets_an_axis_of_its_size() {
    assert_eq!(labels(&rewards(5.0, 5.0), 100.0, Direction::Up), ["4.8", "5.0", "5.2"]);
    assert_eq!(labels(&rewards(0.0, 0.0), 100.0, Direction::Up), ["−1.0", "−0.5", "0", "0.5", "1.0"]);
    for value in [f64::MAX, -f64::MAX, 5e-324, -1e-300, 1e-280, 1e15 + 1.0] {
        let axis = rewards(value, value);
        let place = axis.place(value);
        assert!((0.0..=1.0).contains(&place), "{value}: {place}");
        assert!(!axis.ticks(100.0, Direction::Up).is_empty(), "{value}");
    }
}

#[test]
fn calls_are_counted_in_decades() {
    assert_eq!(labels(&Axis::counts(10_000_000), 520.0, Direction::Across)[5..], ["100,000", "1e6", "1e7"]);
    assert_eq!(labels(&Axis::counts(1000), 200.0, Direction::Across), ["1", "10", "100", "1,000"]);
    assert_eq!(labels(&Axis::counts(20), 200.0, Direction::Across), ["1", "2", "5", "10", "20"]);
    assert_eq!(labels(&Axis::counts(0), 200.0, Direction::Across), ["1", "2"]);
}

#[test]
fn labels_never_overlap() {
    let ends = [-1e300, -123_456.0, -1000.5, -1.0, -1e-9, 0.0, 1e-12, 0.3, 7.0, 99_999.0, 3e18];
    let pairs = ends.iter().enumerate().flat_map(|(i, low)| ends[i..].iter().map(move |high| (*low, *high)));
    let axes = pairs.map(|(low, high)| rewards(low, high)).chain((0..20).map(|k| Axis::counts(3_u64.pow(k))));
    for axis in axes {
        for length in [130.0, 200.0, 520.0] {
            let across = axis.ticks(length, Direction::Across);
            assert!(!across.is_empty() && !axis.ticks(length, Direction::Up).is_empty(), "{axis:?}");
            for pair in across.windows(2) {
                assert!(extent(&pair[0], length).1 < extent(&pair[1], length).0, "{axis:?} {across:?}");
            }
        }
    }
}

#[test]
fn rows_run_from_top_to_bottom() {
    let axis = Axis::rows(vec!["first".into(), "second".into()]);
    let ticks = axis.ticks(100.0, Direction::Up);
    assert_eq!((ticks[0].at, &*ticks[0].label), (0.75, "first"));
    assert_eq!((ticks[1].at, &*ticks[1].label), (0.25, "second"));
}

#[test]
fn even_axes_name_both_ends() {
    assert_eq!(labels(&Axis::even(0.0, 1.0), 300.0, Direction::Up), ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
    assert_eq!(labels(&Axis::even(0.0, 100.0), 520.0, Direction::Across).last().unwrap(), "100");
    let lone = Axis::even(3.0, 3.0);
    assert!(lone.place(3.0) == 0.0 && !lone.ticks(100.0, Direction::Up).is_empty());
}

#[test]
fn ratios_are_even_steps_apart() {
    let axis = Axis::ratios(100.0, 10_000.0);
    assert!([100.0, 1000.0, 10_000.0].map(|v| axis.place(v)) == [0.0, 0.5, 1.0]);
    assert_eq!(labels(&axis, 300.0, Direction::Across), ["100", "1,000", "10,000"]);
}
