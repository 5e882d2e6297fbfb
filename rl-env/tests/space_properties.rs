//! Laws that hold for every space, mask and seed.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use proptest::prelude::*;
use rl_env::seed::{Rng, np_random};
use rl_env::space::{
    BoxSpace, DType, Discrete, Element, Guide, Mask, MultiBinary, MultiDiscrete, Probabilities, Space, Text,
};

const DTYPES: [DType; 11] = [
    DType::Bool,
    DType::UInt8,
    DType::UInt16,
    DType::UInt32,
    DType::UInt64,
    DType::Int8,
    DType::Int16,
    DType::Int32,
    DType::Int64,
    DType::Float32,
    DType::Float64,
];

fn shape(least: usize) -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(1..4usize, least..3)
}

/// Boxes of all number types, with finite and infinite bounds.
fn any_box() -> impl Strategy<Value = Space> {
    (shape(0), prop::sample::select(&DTYPES[..]), any::<u64>()).prop_map(|(shape, dtype, seed)| {
        let mut rng = np_random(seed);
        let (least, most) = dtype.range();
        let signed = !dtype.to_string().starts_with(['u', 'b']);
        let bound = |rng: &mut Rng| {
            let bound = rng.normal() * 10f64.powi(rng.integer(0, 12) as i32);
            if dtype.is_float() { bound } else { bound.floor() }.clamp(least, most)
        };
        let (mut low, mut high) = (Vec::new(), Vec::new());
        for _ in 0..shape.iter().product() {
            let (a, b) = (bound(&mut rng), bound(&mut rng));
            low.push(if signed && rng.chance(0.2) { f64::NEG_INFINITY } else { a.min(b) });
            high.push(if signed && rng.chance(0.2) { f64::INFINITY } else { a.max(b) });
        }
        Space::Box(BoxSpace::new(low, high, &shape, dtype).unwrap())
    })
}

fn leaf() -> impl Strategy<Value = Space> {
    prop_oneof![
        any_box(),
        (1..20u64, -50..50i64).prop_map(|(n, start)| Space::Discrete(Discrete::new(n, start).unwrap())),
        prop::collection::vec((1..7u64, -9..9i64), 1..5).prop_map(|dimensions| {
            let (nvec, start) = dimensions.into_iter().unzip();
            Space::MultiDiscrete(MultiDiscrete::new(nvec, start).unwrap())
        }),
        shape(1).prop_map(|shape| Space::MultiBinary(MultiBinary::new(&shape).unwrap())),
        (0..4usize, 0..4usize, "[a-zé€😀]{1,9}")
            .prop_map(|(least, more, set)| Space::Text(Text::new(least, least + more, &set).unwrap())),
    ]
}

/// Spaces with a flat form.
fn flat_space() -> impl Strategy<Value = Space> {
    leaf().prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|spaces| Space::tuple(spaces).unwrap()),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|spaces| {
                Space::dict(spaces.into_iter().enumerate().map(|(i, space)| (format!("k{}", 9 - i), space)))
                    .unwrap()
            }),
            prop::collection::vec(inner, 1..4).prop_map(|spaces| Space::one_of(spaces).unwrap()),
        ]
    })
}

/// Spaces of all kinds.
fn any_space() -> impl Strategy<Value = Space> {
    flat_space().prop_recursive(2, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(Space::sequence),
            (inner.clone(), prop::option::of(inner.clone()))
                .prop_map(|(node, edge)| Space::graph(node, edge)),
            prop::collection::vec(inner, 1..3).prop_map(|spaces| Space::tuple(spaces).unwrap()),
        ]
    })
}

/// A mask of the space's form, free in places.
fn random_mask(space: &Space, rng: &mut Rng) -> Mask {
    let flags = |n: u64, rng: &mut Rng| (0..n).map(|_| rng.chance(0.5)).collect::<Vec<bool>>();
    match space {
        _ if rng.chance(0.1) => Guide::Free,
        Space::Box(_) => Guide::Free,
        Space::Discrete(space) => Guide::Discrete(flags(space.n(), rng)),
        Space::MultiDiscrete(space) => {
            Guide::MultiDiscrete(space.nvec().iter().map(|&n| flags(n, rng)).collect())
        }
        Space::MultiBinary(space) => {
            Guide::MultiBinary((0..space.len()).map(|_| rng.chance(0.6).then(|| rng.chance(0.5))).collect())
        }
        Space::Text(space) => {
            let mut characters = flags(space.charset().len() as u64, rng);
            characters[0] = true;
            let length = rng.integer(space.min_length() as i64, space.max_length() as i64) as usize;
            Guide::Text { length: rng.chance(0.5).then_some(length), characters: Some(characters) }
        }
        Space::Tuple(space) => {
            Guide::Tuple(space.spaces().iter().map(|space| random_mask(space, rng)).collect())
        }
        Space::Dict(space) => {
            // Another order than the space's: guides are found by key.
            let pairs = space.spaces().iter().rev();
            Guide::dict(pairs.map(|(key, space)| (key.clone(), random_mask(space, rng))).collect::<Vec<_>>())
        }
        Space::OneOf(space) => {
            Guide::OneOf(space.spaces().iter().map(|space| random_mask(space, rng)).collect())
        }
        Space::Sequence(space) => {
            let lengths = if rng.chance(0.5) { vec![] } else { vec![0, 3] };
            Guide::Sequence { lengths, parts: Box::new(random_mask(space.space(), rng)) }
        }
        Space::Graph(space) => Guide::Graph {
            nodes: Box::new(random_mask(space.node_space(), rng)),
            edges: Box::new(space.edge_space().map_or(Guide::Free, |space| random_mask(space, rng))),
        },
    }
}

proptest! {
    #[test]
    fn samples_belong(space in any_space(), seed: u64) {
        let mut rng = np_random(seed);
        for _ in 0..4 {
            let element = space.sample(&mut rng);
            prop_assert_eq!(space.check(&element), Ok(()));
        }
    }

    #[test]
    fn equal_seeds_give_equal_samples(space in any_space(), seed: u64) {
        prop_assert_eq!(space.sample(&mut np_random(seed)), space.sample(&mut np_random(seed)));
    }

    #[test]
    fn unflatten_undoes_flatten(space in flat_space(), seed: u64) {
        let element = space.sample(&mut np_random(seed));
        let flat = space.flatten(&element).unwrap();
        prop_assert_eq!(flat.len(), space.flatdim().unwrap());
        prop_assert_eq!(space.flatten_space().unwrap().check(&Element::Real(flat.clone())), Ok(()));
        prop_assert_eq!(space.unflatten(&flat).unwrap(), element);
    }

    #[test]
    fn json_keeps_elements(space in any_space(), seed: u64) {
        let element = space.sample(&mut np_random(seed));
        let text = space.to_json(&element).unwrap().to_string();
        prop_assert_eq!(space.from_json(&serde_json::from_str(&text).unwrap()).unwrap(), element.clone());
        let tagged = serde_json::to_string(&element).unwrap();
        prop_assert_eq!(serde_json::from_str::<Element>(&tagged).unwrap(), element);
    }

    #[test]
    fn files_keep_spaces(space in any_space()) {
        let text = serde_json::to_string(&space).unwrap();
        let read: Space = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&read, &space);
        prop_assert_eq!(read.validate(), Ok(()));
        prop_assert_eq!(serde_json::from_value::<Space>(serde_json::to_value(&space).unwrap()).unwrap(), space);
    }

    #[test]
    fn masked_samples_respect_the_mask(space in any_space(), seed: u64) {
        let mut rng = np_random(seed);
        let mask = random_mask(&space, &mut rng);
        for _ in 0..3 {
            let element = space.sample_masked(&mut rng, &mask).unwrap();
            prop_assert_eq!(space.check(&element), Ok(()));
            prop_assert!(space.allows(&mask, &element), "{:?} {:?}", mask, element);
        }
        let text = serde_json::to_string(&mask).unwrap();
        prop_assert_eq!(serde_json::from_str::<Mask>(&text).unwrap(), mask);
    }

    #[test]
    fn batches_hold_their_stacks(space in any_space(), seed: u64, n in 1..4usize) {
        let mut rng = np_random(seed);
        let elements: Vec<Element> = (0..n).map(|_| space.sample(&mut rng)).collect();
        let batch = space.batch(n).unwrap();
        prop_assert_eq!(batch.check(&space.stack(&elements).unwrap()), Ok(()));
        let other = batch.sample(&mut rng);
        prop_assert!(batch.contains(&other));
    }

    #[test]
    fn elements_of_other_spaces_never_panic(space in any_space(), other in any_space(), seed: u64) {
        let mut rng = np_random(seed);
        let element = other.sample(&mut rng);
        let json = other.to_json(&element).unwrap();
        prop_assert_eq!(space.contains(&element), space.check(&element).is_ok());
        if space.flatdim().is_ok() {
            prop_assert_eq!(space.contains(&element), space.flatten(&element).is_ok());
        }
        if let Ok(read) = space.from_json(&json) {
            prop_assert!(space.contains(&read));
        }
        let mask = random_mask(&other, &mut rng);
        if let Ok(sample) = space.sample_masked(&mut rng, &mask) {
            prop_assert!(space.contains(&sample));
        }
        let _ = space.allows(&mask, &element);
        let _ = space.stack(&[element]);
    }

    #[test]
    fn any_vector_unflattens_to_a_member_or_an_error(space in flat_space(), seed: u64, wild: bool) {
        let mut rng = np_random(seed);
        let draw = |rng: &mut Rng| if wild { rng.normal() * 1e3 } else { rng.integer(-1, 4) as f64 };
        let flat: Vec<f64> = (0..space.flatdim().unwrap()).map(|_| draw(&mut rng)).collect();
        if let Ok(element) = space.unflatten(&flat) {
            prop_assert!(space.contains(&element));
        }
    }

    #[test]
    fn a_box_ends_at_its_bounds(low in -1e6..1e6f64, width in 0.0..1e6f64) {
        let space = Space::interval(low, low + width).unwrap();
        let holds = |value: f64| space.contains(&Element::Real(vec![value]));
        prop_assert!(holds(low) && holds(low + width));
        prop_assert!(!holds(low.next_down()) && !holds((low + width).next_up()) && !holds(f64::NAN));
    }

    #[test]
    fn a_discrete_ends_at_its_bounds(n in 1..u64::MAX, start: i64) {
        let last = start.checked_add_unsigned(n - 1);
        let space = Discrete::new(n, start);
        prop_assert_eq!(space.is_ok(), last.is_some());
        if let (Ok(space), Some(last)) = (space, last) {
            let holds = |value: i64| Space::Discrete(space).contains(&Element::Discrete(value));
            prop_assert!(holds(start) && holds(last));
            prop_assert!(start.checked_sub(1).is_none_or(|before| !holds(before)));
            prop_assert!(last.checked_add(1).is_none_or(|after| !holds(after)));
        }
    }

    #[test]
    fn probability_zero_is_never_drawn(seed: u64, hot in 0..6usize) {
        let mut rng = np_random(seed);
        let weights: Vec<f64> = (0..6).map(|i| f64::from(i == hot)).collect();
        let space = Space::tuple([Space::discrete(6).unwrap(), Space::multi_binary(6).unwrap()]).unwrap();
        let guide = Probabilities::Tuple(vec![Guide::Discrete(weights.clone()), Guide::MultiBinary(weights)]);
        let expected = Element::Tuple(vec![
            Element::Discrete(hot as i64),
            Element::MultiBinary((0..6).map(|i| i == hot).collect()),
        ]);
        prop_assert_eq!(space.sample_weighted(&mut rng, &guide).unwrap(), expected.clone());
        prop_assert!(space.allows(&guide, &expected));
    }
}
