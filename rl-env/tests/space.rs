//! Each rule of the spaces at its boundary, and what the messages say.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use rl_env::seed::np_random;
use rl_env::space::{
    BoxSpace, DType, Discrete, Element, Guide, MAX_COUNT, Mask, MultiBinary, MultiDiscrete, Probabilities,
    Role, Space, Text,
};
use serde_json::json;

const INF: f64 = f64::INFINITY;

fn boxed(low: f64, high: f64, dtype: DType) -> Result<Space, String> {
    BoxSpace::uniform(low, high, &[2], dtype).map(Space::Box).map_err(|error| error.to_string())
}

/// Asserts that building failed and that the message has all `parts`.
#[track_caller]
fn refused<T: std::fmt::Debug>(built: Result<T, impl ToString>, parts: &[&str]) {
    let message = built.map_err(|error| error.to_string()).unwrap_err();
    for part in parts {
        assert!(message.contains(part), "{message:?} lacks {part:?}");
    }
}

#[test]
fn box_refuses_bounds_that_are_no_bounds() {
    refused(boxed(f64::NAN, 1.0, DType::Float64), &["Box", "value 0", "low is NaN"]);
    refused(boxed(0.0, f64::NAN, DType::Float64), &["high is NaN"]);
    refused(boxed(INF, INF, DType::Float64), &["low is inf"]);
    refused(boxed(-INF, -INF, DType::Float64), &["high is -inf"]);
    refused(boxed(1.0, 0.5, DType::Float64), &["low 1.0 is above high 0.5"]);
    assert!(boxed(1.0, 1.0, DType::Float64).is_ok());
}

#[test]
fn box_refuses_bounds_outside_its_type() {
    refused(boxed(-1.0, 1.0, DType::UInt8), &["low -1.0 is outside 0..=255 of type uint8"]);
    refused(boxed(0.0, 256.0, DType::UInt8), &["high 256.0"]);
    refused(boxed(0.0, INF, DType::UInt8), &["high of type uint8 is inf"]);
    refused(boxed(0.0, 0.5, DType::Int32), &["not a whole number"]);
    refused(boxed(0.0, 1e39, DType::Float32), &["float32"]);
    refused(boxed(0.0, 2f64.powi(54), DType::Int64), &["int64"]);
    assert!(boxed(-INF, INF, DType::Int8).is_ok());
    assert!(boxed(0.0, 255.0, DType::UInt8).is_ok());
}

#[test]
fn box_refuses_bounds_that_do_not_fit_its_shape() {
    refused(
        BoxSpace::new(vec![0.0; 3], vec![1.0; 4], &[2, 2], DType::Float64),
        &["[2, 2]", "4 bounds", "low has 3"],
    );
    refused(BoxSpace::uniform(0.0, 1.0, &[usize::MAX, 2], DType::Float64), &["more than"]);
    refused(BoxSpace::uniform(0.0, 1.0, &[MAX_COUNT + 1], DType::Float64), &["more than"]);
}

#[test]
fn discrete_kinds_refuse_empty_and_overflowing_ranges() {
    refused(Discrete::new(0, 3), &["Discrete", "at least 1"]);
    refused(Discrete::new(2, i64::MAX), &["largest 64-bit number"]);
    assert!(Discrete::new(1, i64::MAX).is_ok());
    assert!(Discrete::new(u64::MAX, i64::MIN).is_ok());
    refused(MultiDiscrete::new(vec![], vec![]), &["at least one dimension"]);
    refused(MultiDiscrete::new(vec![2, 0], vec![]), &["at least 1"]);
    refused(MultiDiscrete::new(vec![2, 2], vec![0]), &["nvec has 2", "start 1"]);
    refused(MultiDiscrete::new(vec![(1 << 53) + 1], vec![]), &["2^53"]);
    refused(MultiBinary::new(&[]), &["at least 1"]);
    refused(MultiBinary::new(&[2, 0]), &["[2, 0]"]);
}

#[test]
fn text_refuses_impossible_lengths_and_an_empty_set() {
    refused(Text::new(3, 2, "a"), &["min_length 3 is above max_length 2"]);
    refused(Text::new(0, 2, ""), &["charset is empty"]);
    assert!(Text::new(0, 0, "a").is_ok());
}

#[test]
fn composites_refuse_emptiness_and_repeated_keys() {
    refused(Space::tuple([]), &["Tuple", "empty"]);
    refused(Space::dict::<String>([]), &["Dict", "empty"]);
    refused(Space::one_of([]), &["OneOf", "empty"]);
    let part = || Space::discrete(2).unwrap();
    refused(Space::dict([("a", part()), ("b", part()), ("a", part())]), &["\"a\" is there twice"]);
}

#[test]
fn a_file_cannot_hold_an_invalid_space() {
    let read = |json| serde_json::from_value::<Space>(json);
    refused(read(json!({"type": "Discrete", "n": 0})), &["at least 1"]);
    refused(read(json!({"type": "Discrete", "n": 2, "star": 1})), &["unknown field `star`"]);
    refused(read(json!({"type": "Box", "low": 1, "high": 0, "shape": [1]})), &["is above"]);
    refused(read(json!({"type": "Box", "low": "x", "high": 0, "shape": [1]})), &["Bound"]);
    refused(read(json!({"type": "Dict", "spaces": {}})), &["empty"]);
    refused(
        read(json!({"type": "Tuple", "spaces": [{"type": "MultiBinary", "shape": [0]}]})),
        &["at least 1"],
    );
    refused(read(json!({"type": "Sphere"})), &["unknown variant `Sphere`", "Discrete"]);
    let twice = r#"{"type": "Dict", "spaces": {"a": {"type": "Discrete", "n": 1}, "a": {"type": "Discrete", "n": 2}}}"#;
    refused(serde_json::from_str::<Space>(twice), &["\"a\" is there twice"]);
}

#[test]
fn files_are_short_and_keep_the_order_of_keys() {
    let space = Space::dict([
        ("z", Space::boxed(-INF, 1.0, &[2, 2]).unwrap()),
        ("a", Space::discrete(3).unwrap()),
        ("m", Space::bounded(vec![0.0, 1.0], vec![2.0, 2.0]).unwrap()),
    ]);
    let expected = json!({"type": "Dict", "spaces": {
        "z": {"type": "Box", "low": "-inf", "high": 1.0, "shape": [2, 2], "dtype": "float64"},
        "a": {"type": "Discrete", "n": 3},
        "m": {"type": "Box", "low": [0.0, 1.0], "high": 2.0, "shape": [2], "dtype": "float64"},
    }});
    assert_eq!(serde_json::to_string(&space.unwrap()).unwrap(), expected.to_string());
}

#[test]
fn check_names_path_value_and_range() {
    let space = Space::dict([(
        "cache",
        Space::tuple([Space::multi_discrete(&[4, 8]).unwrap(), Space::interval(0.5, 2.0).unwrap()]).unwrap(),
    )])
    .unwrap();
    let message = |ways: Vec<i64>, volts: Vec<f64>| {
        let parts = vec![Element::MultiDiscrete(ways), Element::Real(volts)];
        space.check(&Element::dict([("cache", Element::Tuple(parts))])).unwrap_err().to_string()
    };
    assert_eq!(message(vec![0, 8], vec![1.0]), r#"element["cache"][0][1]: 8 is outside the allowed 0..=7"#);
    assert_eq!(
        message(vec![0, 7], vec![2.5]),
        r#"element["cache"][1][0]: 2.5 is outside the allowed 0.5..=2.0"#
    );
    assert_eq!(message(vec![0], vec![1.0]), r#"element["cache"][0]: expected 2 values, found 1"#);
    assert_eq!(
        message(vec![0, 7], vec![]),
        r#"element["cache"][1]: expected 1 values of shape [1], found 0"#
    );
    refused(
        space.check(&Element::Discrete(1)),
        &["element: expected an element of a Dict space, found a Discrete value"],
    );
    refused(space.check(&Element::dict([("cash", Element::Discrete(1))])), &["key \"cache\" is missing"]);
    refused(space.check(&Element::Dict(vec![])), &["expected 1 keys [\"cache\"], found 0"]);
}

#[test]
fn integer_boxes_hold_whole_numbers_only() {
    let space = boxed(-2.0, 2.0, DType::Int8).unwrap();
    assert!(space.contains(&Element::Real(vec![-2.0, 2.0])));
    refused(space.check(&Element::Real(vec![0.0, 0.5])), &["element[1]: 0.5", "-2.0..=2.0 (whole numbers)"]);
    let open = boxed(-INF, INF, DType::Int8).unwrap();
    assert!(open.contains(&Element::Real(vec![-128.0, 127.0])));
    assert!(!open.contains(&Element::Real(vec![-129.0, 0.0])));
}

#[test]
fn float32_boxes_compare_in_float32() {
    let space = boxed(0.1, 0.7, DType::Float32).unwrap();
    assert!(space.contains(&Element::Real(vec![0.1, 0.7])));
    assert!(!space.contains(&Element::Real(vec![0.0999999, 0.7])));
    let bound = f64::from(0.1f32);
    assert_eq!(space.flatten(&Element::Real(vec![0.1, 0.5])).unwrap(), [bound, 0.5]);
}

#[test]
fn infinity_belongs_only_where_the_bound_is_infinite() {
    let half = Space::interval(0.0, INF).unwrap();
    assert!(half.contains(&Element::Real(vec![INF])));
    assert!(!half.contains(&Element::Real(vec![-INF])));
    assert!(!half.contains(&Element::Real(vec![f64::NAN])));
    assert_eq!(half.to_json(&Element::Real(vec![INF])).unwrap(), json!(["inf"]));
}

#[test]
fn text_checks_length_in_characters_and_the_set() {
    let space = Space::Text(Text::new(1, 2, "aé").unwrap());
    assert!(space.contains(&Element::Text("éa".into())));
    refused(space.check(&Element::Text(String::new())), &["1..=2 characters", "found 0"]);
    refused(space.check(&Element::Text("aaa".into())), &["found 3"]);
    refused(space.check(&Element::Text("ab".into())), &["element[1]: 'b'", "\"aé\""]);
}

#[test]
fn graphs_need_links_to_existing_nodes() {
    let space = Space::graph(Space::discrete(2).unwrap(), Some(Space::discrete(2).unwrap()));
    let graph = |links: Vec<[usize; 2]>, edges: usize| Element::Graph {
        nodes: vec![Element::Discrete(1); 2],
        edges: vec![Element::Discrete(0); edges],
        edge_links: links,
    };
    assert!(space.contains(&graph(vec![[0, 1]], 1)));
    refused(space.check(&graph(vec![[0, 2]], 1)), &["element.edge_links[0]: [0, 2]", "nodes 0..2"]);
    refused(space.check(&graph(vec![], 1)), &["1 links"]);
    let bare = Space::graph(Space::discrete(2).unwrap(), None);
    assert!(bare.contains(&graph(vec![], 0)));
    refused(bare.check(&graph(vec![[0, 1]], 1)), &["no edges without an edge space"]);
    refused(bare.from_json(&json!({"nodes": [0], "edges": [1]})), &["no edges without an edge space"]);
}

#[test]
fn one_of_names_the_choices() {
    let space = Space::one_of([Space::discrete(2).unwrap(), Space::multi_binary(1).unwrap()]).unwrap();
    let choice = |i, part| Element::OneOf(i, Box::new(part));
    assert!(space.contains(&choice(1, Element::MultiBinary(vec![true]))));
    refused(space.check(&choice(2, Element::Discrete(0))), &["choices 0..=1"]);
    refused(space.check(&choice(0, Element::Discrete(2))), &["element[0]: 2", "0..=1"]);
}

#[test]
fn json_errors_name_the_place() {
    let space =
        Space::dict([("m", Space::boxed(0.0, 1.0, &[2, 2]).unwrap()), ("d", Space::discrete(2).unwrap())])
            .unwrap();
    let read = |json| space.from_json(&json).map_err(|error| error.to_string());
    refused(read(json!({"m": [[0, 1], [1]], "d": 0})), &["element[\"m\"][1]: expected 2 values, found 1"]);
    refused(
        read(json!({"m": [[0, 1], [1, "x"]], "d": 0})),
        &["element[\"m\"][1][1]: expected a number, found \"x\""],
    );
    refused(read(json!({"m": [[0, 1], [1, 9]], "d": 0})), &["element[\"m\"][3]: 9", "0.0..=1.0"]);
    refused(read(json!({"m": [[0, 1], [1, 1]]})), &["key \"d\" is missing"]);
    refused(read(json!({"m": [[0, 1], [1, 1]], "d": 1.5})), &["element[\"d\"]: expected a whole number"]);
    refused(read(json!({"m": 0, "d": 0, "e": 0})), &["key \"e\"", "[\"m\", \"d\"]"]);
}

#[test]
fn masks_of_another_form_are_refused() {
    let mut rng = np_random(0);
    let (three, bits) = (Space::discrete(3).unwrap(), Space::multi_binary(2).unwrap());
    refused(
        three.sample_masked(&mut rng, &Mask::Discrete(vec![true; 2])),
        &["mask: expected 3 entries, found 2"],
    );
    refused(three.sample_masked(&mut rng, &Mask::Tuple(vec![])), &["a Discrete guide or a free one"]);
    refused(bits.sample_masked(&mut rng, &Mask::MultiBinary(vec![None])), &["2 bits"]);
    let reals = Space::interval(0.0, 1.0).unwrap();
    refused(reals.sample_masked(&mut rng, &Mask::Discrete(vec![true])), &["only one of a Box"]);
    assert!(reals.sample_masked(&mut rng, &Mask::Free).is_ok());
    let pair = Space::tuple([three.clone(), Space::multi_discrete(&[2, 2]).unwrap()]).unwrap();
    let mask = Mask::Tuple(vec![Guide::Free, Guide::MultiDiscrete(vec![vec![true; 2], vec![true]])]);
    refused(pair.sample_masked(&mut rng, &mask), &["mask[1][1]: expected 2 entries, found 1"]);
    let long = Mask::Sequence { lengths: vec![1, usize::MAX], parts: Box::new(Guide::Free) };
    refused(Space::sequence(three).sample_masked(&mut rng, &long), &["mask[1]", "lengths"]);
}

#[test]
fn a_mask_that_allows_nothing_gives_the_start() {
    let mut rng = np_random(0);
    let space = Space::Discrete(Discrete::new(3, 7).unwrap());
    let mask = Mask::Discrete(vec![false; 3]);
    assert_eq!(space.sample_masked(&mut rng, &mask).unwrap(), Element::Discrete(7));
    assert!(space.allows(&mask, &Element::Discrete(7)) && !space.allows(&mask, &Element::Discrete(8)));
    let empty = |least| {
        let space = Space::Text(Text::new(least, 2, "ab").unwrap());
        space.sample_masked(
            &mut np_random(1),
            &Mask::Text { length: Some(2), characters: Some(vec![false; 2]) },
        )
    };
    assert_eq!(empty(0).unwrap(), Element::Text(String::new()));
    refused(empty(1), &["at least one character"]);
}

#[test]
fn probabilities_must_sum_to_one() {
    let mut rng = np_random(0);
    let space = Space::discrete(2).unwrap();
    let mut draw =
        |weights: [f64; 2]| space.sample_weighted(&mut rng, &Probabilities::Discrete(weights.to_vec()));
    refused(draw([0.5, 0.4]), &["probabilities: a sum of 0.9"]);
    refused(draw([1.5, -0.5]), &["probabilities[0]: 1.5", "0..=1"]);
    refused(draw([f64::NAN, 1.0]), &["probabilities[0]: NaN"]);
    assert_eq!(draw([0.0, 1.0]).unwrap(), Element::Discrete(1));
}

#[test]
fn masks_flatten_as_maskable_ppo_wants_them() {
    let mask = Mask::MultiDiscrete(vec![vec![true, false], vec![false, true, true]]);
    assert_eq!(mask.flat().unwrap(), [true, false, false, true, true]);
    let bits = Mask::MultiBinary(vec![Some(false), Some(true), None]);
    assert_eq!(bits.flat().unwrap(), [true, false, false, true, true, true]);
    assert_eq!(Mask::Free.flat(), None);
}

#[test]
fn unflatten_refuses_what_is_no_element() {
    let space = Space::tuple([Space::discrete(2).unwrap(), Space::interval(0.0, 1.0).unwrap()]).unwrap();
    refused(space.unflatten(&[1.0, 0.0]), &["flat vector: expected 3 values, found 2"]);
    refused(space.unflatten(&[0.0, 0.0, 0.5]), &["flat vector[0]: a row of zeros"]);
    refused(space.unflatten(&[0.0, 1.0, 1.5]), &["element[1][0]: 1.5", "0.0..=1.0"]);
    refused(Space::sequence(space).flatdim(), &["Sequence", "vary in size"]);
    refused(Space::discrete(1 << 40).unwrap().flatdim(), &["more than"]);
}

#[test]
fn an_empty_choice_is_padded_within_the_flat_space() {
    let space = Space::one_of([Space::text(0, 0).unwrap(), Space::interval(2.0, 3.0).unwrap()]).unwrap();
    let flat = space.flatten(&Element::OneOf(0, Box::new(Element::Text(String::new())))).unwrap();
    assert_eq!(flat, [0.0, 2.0]);
    assert!(space.flatten_space().unwrap().contains(&Element::Real(flat)));
}

#[test]
fn batches_of_nothing_are_refused() {
    refused(Space::discrete(2).unwrap().batch(0), &["at least 1"]);
    refused(Space::discrete(2).unwrap().batch(usize::MAX), &["more than"]);
}

#[test]
fn limits_warn_as_the_environment_checker_does() {
    let warnings =
        |low: f64, high: f64, role| Space::boxed(low, high, &[2]).unwrap().limit_warnings(role).len();
    assert_eq!(warnings(-1.0, 1.0, Role::Action), 0);
    assert_eq!(warnings(0.0, 1.0, Role::Action), 0);
    assert_eq!(warnings(-0.5, 0.5, Role::Action), 0);
    assert_eq!(warnings(0.0, 2.0, Role::Action), 1);
    assert_eq!(warnings(-1.0, 0.5, Role::Action), 1);
    assert_eq!(warnings(0.0, 2.0, Role::Observation), 0);
    assert_eq!(warnings(-INF, INF, Role::Observation), 2);
    assert_eq!(warnings(1.0, 1.0, Role::Observation), 1);
    let nested = Space::tuple([Space::discrete(2).unwrap(), Space::interval(0.0, 9.0).unwrap()]).unwrap();
    assert!(nested.limit_warnings(Role::Action)[0].starts_with("action[1]: "));
}

#[test]
fn unbounded_sides_follow_gymnasiums_distributions() {
    let space = Space::bounded(vec![-INF, 5.0, -INF], vec![INF, INF, 5.0]).unwrap();
    let mut rng = np_random(11);
    let count = 20_000;
    let mut sums = [0.0; 3];
    for _ in 0..count {
        let sample = space.sample(&mut rng);
        sums.iter_mut()
            .zip(sample.as_real().unwrap())
            .for_each(|(sum, value)| *sum += value / f64::from(count));
    }
    // Means of the normal, of the exponential above 5, and of the exponential below 5.
    assert!(
        sums.iter().zip([0.0, 6.0, 4.0]).all(|(mean, expected)| (mean - expected).abs() < 0.03),
        "{sums:?}"
    );
}

#[test]
fn the_widest_box_samples_finite_numbers() {
    let space = boxed(f64::MIN, f64::MAX, DType::Float64).unwrap();
    let mut rng = np_random(2);
    assert!(
        (0..100).all(|_| space.sample(&mut rng).as_real().unwrap().iter().all(|value| value.is_finite()))
    );
}
