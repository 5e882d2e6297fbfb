//! Properties of design spaces, on random spaces of all kinds.

#![allow(clippy::unwrap_used, reason = "a failed test may panic anywhere")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use rl_env::design::{Constraint, Design, DesignSpace, Kind, Parameter, Value};
use rl_env::seed::{Rng, Seed};

const NAMES: [&str; 5] = ["alpha", "b", "c-c", "d d", "e.5"];

fn names(n: usize) -> Vec<String> {
    NAMES[..n].iter().map(|name| (*name).to_owned()).collect()
}

/// Kinds with finitely many values, among them such with a single one.
fn finite() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Bool),
        (1..=5usize).prop_map(|n| Kind::Choice { options: names(n) }),
        (-50..50i64, 0..40i64).prop_map(|(low, width)| Kind::Integer { low, high: low + width }),
        (0..20u32, 0..8u32).prop_map(|(e, width)| Kind::PowerOfTwo { low: 1 << e, high: 1 << (e + width) }),
        prop::collection::btree_set(-99..99i64, 1..9)
            .prop_map(|values| Kind::Ordinal { values: values.into_iter().collect() }),
        (1..=5usize).prop_map(|n| Kind::Permutation { items: names(n) }),
        (1..=5usize, 0..=5usize, 0..=5usize).prop_map(|(n, a, b)| {
            let (a, b) = (a.min(n), b.min(n));
            Kind::Subset { items: names(n), min: a.min(b), max: a.max(b) }
        }),
    ]
}

fn real() -> impl Strategy<Value = Kind> {
    let width = prop_oneof![Just(0.0), 1e-6..1e6f64];
    let ratio = prop_oneof![Just(1.0), 1.01..1e9f64];
    prop_oneof![
        (-1e6..1e6f64, width).prop_map(|(low, width)| Kind::Real { low, high: low + width }),
        (1e-9..1e3f64, ratio).prop_map(|(low, ratio)| Kind::LogReal { low, high: low * ratio }),
    ]
}

fn any_kind() -> impl Strategy<Value = Kind> {
    prop_oneof![3 => finite(), 1 => real()]
}

/// Parameters of these kinds; some depend on an earlier one that is a switch or a choice.
fn space_of(kinds: impl Strategy<Value = Kind>) -> impl Strategy<Value = DesignSpace> {
    let parameter = (kinds, any::<prop::sample::Index>(), any::<bool>());
    prop::collection::vec(parameter, 1..7).prop_map(|draws| {
        let mut parameters: Vec<Parameter> = Vec::new();
        for (i, (kind, parent, conditional)) in draws.into_iter().enumerate() {
            let mut parameter = Parameter::bool(format!("p{i}"));
            parameter.kind = kind;
            if conditional && i > 0 {
                parameter = depending(parameter, &parameters[parent.index(i)]);
            }
            parameters.push(parameter);
        }
        DesignSpace::new(parameters).unwrap()
    })
}

fn depending(parameter: Parameter, parent: &Parameter) -> Parameter {
    let name = parent.name.as_str();
    match &parent.kind {
        Kind::Bool => parameter.when(name, ["true"]),
        Kind::Choice { options } => parameter.when(name, options[..options.len().div_ceil(2)].to_vec()),
        _ => parameter,
    }
}

fn any_space() -> impl Strategy<Value = DesignSpace> {
    space_of(any_kind())
}

fn rng(seed: u64) -> Rng {
    Seed(seed).stream("test")
}

/// Parameters in which two designs differ, those that a difference brought into or out of play aside.
fn differences(a: &Design, b: &Design) -> usize {
    let differ = |(x, y): &(&Value, &Value)| x != y && **x != Value::Inactive && **y != Value::Inactive;
    a.values().iter().zip(b.values()).filter(differ).count()
}

fn bytes(design: &Design) -> Vec<u8> {
    let mut out = Vec::new();
    design.write_bytes(&mut out);
    out
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn samples_belong_to_the_space(space in any_space(), seed: u64) {
        let mut rng = rng(seed);
        for _ in 0..20 {
            let design = space.sample(&mut rng);
            space.check(&design).unwrap();
            prop_assert!(space.contains(&design));
        }
        space.check(&space.first()).unwrap();
    }

    /// Another process reads the description and knows the same space.
    #[test]
    fn designs_and_spaces_survive_json(space in any_space(), seed: u64) {
        let text = serde_json::to_string(&space.description()).unwrap();
        let copy = DesignSpace::from_description(&serde_json::from_str(&text).unwrap()).unwrap();
        prop_assert_eq!(copy.parameters(), space.parameters());
        let (mut rng, mut other) = (rng(seed), rng(seed));
        for _ in 0..20 {
            let design = space.sample(&mut rng);
            let text = serde_json::to_string(&space.to_json(&design)).unwrap();
            prop_assert_eq!(&copy.from_json(&serde_json::from_str(&text).unwrap()).unwrap(), &design);
            prop_assert_eq!(copy.sample(&mut other), design);
        }
    }

    #[test]
    fn parse_inverts_format(space in any_space(), seed: u64) {
        let design = space.sample(&mut rng(seed));
        let cells = space.format(&design);
        prop_assert_eq!(space.parse(cells.iter().map(String::as_str)).unwrap(), design);
    }

    #[test]
    fn json_inverts_itself(space in any_space(), seed: u64) {
        let design = space.sample(&mut rng(seed));
        let text = serde_json::to_string(&design).unwrap();
        prop_assert_eq!(serde_json::from_str::<Design>(&text).unwrap(), design);
    }

    #[test]
    fn bytes_are_equal_exactly_for_equal_designs(space in any_space(), seed: u64) {
        let mut rng = rng(seed);
        let designs: Vec<Design> = (0..10).map(|_| space.sample(&mut rng)).collect();
        for a in &designs {
            for b in &designs {
                prop_assert_eq!(bytes(a) == bytes(b), a == b);
            }
        }
    }

    #[test]
    fn from_unit_inverts_to_unit_on_finite_kinds(space in space_of(finite()), seed: u64) {
        let design = space.sample(&mut rng(seed));
        let point = space.to_unit(&design);
        prop_assert_eq!(point.len(), space.unit_dim());
        prop_assert!(point.iter().all(|u| (0.0..=1.0).contains(u)));
        prop_assert_eq!(space.from_unit(&point).unwrap(), design);
    }

    #[test]
    fn from_unit_inverts_to_unit_on_reals_up_to_rounding(space in space_of(real()), seed: u64) {
        let design = space.sample(&mut rng(seed));
        let back = space.from_unit(&space.to_unit(&design)).unwrap();
        for (i, parameter) in space.parameters().iter().enumerate() {
            let (Kind::Real { low, high } | Kind::LogReal { low, high }) = parameter.kind else { unreachable!() };
            let scale = low.abs().max(high.abs());
            prop_assert!((design.real(i) - back.real(i)).abs() <= 1e-9 * scale);
        }
    }

    #[test]
    fn every_point_of_the_cube_is_a_design(space in any_space(), seed: u64) {
        let mut rng = rng(seed);
        for corner in [0.0, 0.5, 1.0, -3.0, 7.0, f64::INFINITY, f64::NEG_INFINITY] {
            space.check(&space.from_unit(&vec![corner; space.unit_dim()]).unwrap()).unwrap();
        }
        let point: Vec<f64> = (0..space.unit_dim()).map(|_| rng.uniform()).collect();
        space.check(&space.from_unit(&point).unwrap()).unwrap();
        prop_assert!(space.from_unit(&vec![f64::NAN; space.unit_dim()]).is_err());
        prop_assert!(space.from_unit(&vec![0.5; space.unit_dim() + 1]).is_err());
    }

    #[test]
    fn one_hot_columns_are_named_and_told_apart(space in any_space(), seed: u64) {
        let design = space.sample(&mut rng(seed));
        let columns = space.to_one_hot(&design);
        let mut names = space.one_hot_names();
        prop_assert_eq!((columns.len(), names.len()), (space.one_hot_dim(), space.one_hot_dim()));
        prop_assert!(columns.iter().all(|x| (0.0..=1.0).contains(x)));
        names.sort();
        names.dedup();
        prop_assert_eq!(names.len(), columns.len());
    }

    #[test]
    fn from_levels_inverts_to_levels_on_finite_kinds(
        space in space_of(finite()),
        seed: u64,
        resolution in 0..99u64,
    ) {
        let design = space.sample(&mut rng(seed));
        let levels = space.to_levels(&design, resolution);
        for (decision, level) in space.decisions(resolution).iter().zip(&levels) {
            prop_assert!(*level < decision.levels);
        }
        prop_assert_eq!(space.from_levels(&levels, resolution).unwrap(), design);
    }

    #[test]
    fn levels_of_reals_are_a_fixed_grid(space in any_space(), seed: u64, resolution in 0..99u64) {
        let levels = |design: &Design| space.to_levels(design, resolution);
        let on_grid = space.from_levels(&levels(&space.sample(&mut rng(seed))), resolution).unwrap();
        prop_assert_eq!(space.from_levels(&levels(&on_grid), resolution).unwrap(), on_grid);
    }

    #[test]
    fn any_levels_make_a_design(space in any_space(), seed: u64) {
        let mut rng = rng(seed);
        let count = space.decisions(16).len();
        let levels: Vec<u64> = (0..count).map(|_| rng.below(40)).collect();
        space.check(&space.from_levels(&levels, 16).unwrap()).unwrap();
        space.check(&space.from_levels(&vec![u64::MAX; count], 16).unwrap()).unwrap();
        prop_assert!(space.from_levels(&levels[1..], 16).is_err());
    }

    #[test]
    fn one_open_level_is_as_legal_as_among_all(space in any_space(), seed: u64) {
        let mut rng = rng(seed);
        let mut partial = space.partial();
        while let Some(decision) = partial.decision() {
            let legal = partial.legal();
            for (level, open) in legal.iter().enumerate() {
                prop_assert_eq!(partial.is_open(level as u64), *open);
            }
            prop_assert!(!partial.is_open(decision.levels));
            let open: Vec<usize> = (0..legal.len()).filter(|level| legal[*level]).collect();
            partial.choose(*rng.choice(&open).unwrap() as u64).unwrap();
        }
        prop_assert!(!partial.is_open(0));
    }

    #[test]
    fn values_taken_outright_make_their_design(space in any_space(), seed: u64) {
        let design = space.sample(&mut rng(seed));
        let mut partial = space.partial();
        while let Some(decision) = partial.decision() {
            let value = design.values()[decision.parameter].clone();
            prop_assert!(!partial.admits(&Value::Inactive) && partial.take(Value::Inactive).is_err());
            prop_assert!(partial.admits(&value));
            partial.take(value).unwrap();
        }
        prop_assert!(partial.take(Value::Bool(true)).is_err());
        prop_assert_eq!(partial.into_design(), design);
    }

    #[test]
    fn unrank_enumerates_every_design(space in space_of(finite()), seed: u64) {
        let count = space.cardinality().unwrap();
        if count > 20_000 {
            return Ok(());
        }
        let conditional = space.parameters().iter().any(|p| p.condition.is_some());
        let mut ranks: BTreeMap<Vec<u8>, u32> = BTreeMap::new();
        for rank in 0..count {
            let design = space.unrank(rank).unwrap();
            space.check(&design).unwrap();
            let times = ranks.entry(bytes(&design)).or_default();
            *times += 1;
            let least = space.rank(&design).unwrap();
            prop_assert!(least <= rank && (least == rank) == (*times == 1), "{} for {}", least, rank);
        }
        prop_assert!(conditional || ranks.values().all(|times| *times == 1));
        prop_assert!(space.unrank(count).is_none());
        let mut rng = rng(seed);
        for _ in 0..20 {
            prop_assert!(ranks.contains_key(&bytes(&space.sample(&mut rng))));
        }
    }

    #[test]
    fn neighbours_are_distinct_and_differ_in_one_parameter(space in any_space(), seed: u64) {
        let design = space.sample(&mut rng(seed));
        let neighbours = space.neighbours(&design);
        for (i, next) in neighbours.iter().enumerate() {
            space.check(next).unwrap();
            prop_assert_eq!(differences(&design, next), 1);
            prop_assert!(!neighbours[..i].contains(next), "{:?} twice", next);
        }
    }

    /// So that local search can reach the whole of a finite kind.
    #[test]
    fn neighbours_connect_a_finite_kind(kind in finite()) {
        let count = kind.cardinality().unwrap();
        let mut reached = vec![kind.first()];
        let mut next = 0;
        while let Some(value) = reached.get(next).cloned() {
            for neighbour in kind.neighbours(&value) {
                prop_assert!(kind.contains(&neighbour));
                prop_assert!(kind.neighbours(&neighbour).contains(&value), "{:?} ⇄ {:?}", value, neighbour);
                if !reached.contains(&neighbour) {
                    reached.push(neighbour);
                }
            }
            next += 1;
        }
        prop_assert_eq!(reached.len() as u128, count);
    }

    #[test]
    fn mutation_changes_the_value_where_there_is_another(kind in any_kind(), seed: u64) {
        let mut rng = rng(seed);
        let single = kind.cardinality() == Some(1);
        let mut value = kind.sample(&mut rng);
        for _ in 0..30 {
            let next = kind.mutate(&value, &mut rng);
            prop_assert!(kind.contains(&next));
            prop_assert_eq!(next == value, single, "{:?} → {:?}", value, next);
            value = next;
        }
    }

    #[test]
    fn a_step_changes_the_value_of_an_ordered_kind(kind in any_kind(), seed: u64, share in -2.0..2.0f64) {
        let value = kind.sample(&mut rng(seed));
        let Some(next) = kind.step(&value, share) else {
            return Ok(());
        };
        prop_assert!(kind.contains(&next));
        prop_assert_eq!(next == value, kind.cardinality() == Some(1), "{:?} → {:?}", value, next);
    }

    #[test]
    fn mutation_of_a_design_touches_one_parameter(space in any_space(), seed: u64) {
        let mut rng = rng(seed);
        let design = space.sample(&mut rng);
        for index in 0..space.len() {
            let mut next = design.clone();
            space.mutate(&mut next, index, &mut rng);
            space.check(&next).unwrap();
            prop_assert!(differences(&design, &next) <= 1);
            prop_assert_eq!(&next.values()[..index], &design.values()[..index]);
        }
    }

    #[test]
    fn canonical_form_is_well_formed_and_final(space in any_space(), seed: u64) {
        let mut rng = rng(seed);
        // Active values everywhere, whatever the conditions say.
        let mut design = Design(space.parameters().iter().map(|p| p.kind.sample(&mut rng)).collect());
        space.canonicalise(&mut design);
        space.check(&design).unwrap();
        let once = design.clone();
        space.canonicalise(&mut design);
        prop_assert_eq!(&design, &once);
    }

    #[test]
    fn masks_tell_exactly_which_levels_can_be_chosen(space in any_space(), seed: u64) {
        let mut rng = rng(seed);
        let mut partial = space.partial_at(8);
        while let Some(decision) = partial.decision() {
            let legal = partial.legal();
            prop_assert_eq!(legal.len() as u64, decision.levels);
            prop_assert!(legal.contains(&true), "a dead end without constraints");
            for (level, open) in legal.iter().enumerate() {
                prop_assert_eq!(partial.clone().choose(level as u64).is_ok(), *open);
            }
            prop_assert!(partial.choose(decision.levels).is_err());
            let open: Vec<u64> = (0..decision.levels).filter(|l| legal[*l as usize]).collect();
            partial.choose(*rng.choice(&open).unwrap()).unwrap();
        }
        prop_assert!(partial.choose(0).is_err());
        space.check(&partial.into_design()).unwrap();
    }

    /// A constraint over one parameter: what the mask lets through is legal, what it stops is not.
    #[test]
    fn masks_are_exact_for_constraints_on_one_parameter(kind in finite(), modulus in 2..4u64, seed: u64) {
        if kind.levels().is_none() {
            return Ok(());
        }
        let rule = kind.clone();
        let admits = move |values: &[&Value]| rule.level_of(values[0]).unwrap().is_multiple_of(modulus);
        let mut parameter = Parameter::bool("x");
        parameter.kind = kind;
        let space = DesignSpace::new(vec![Parameter::bool("other"), parameter]).unwrap();
        let space = space.constrain(Constraint::new("rule", "", ["x"], admits)).unwrap();
        let mut partial = space.partial();
        partial.choose(1).unwrap();
        for (level, legal) in partial.legal().into_iter().enumerate() {
            let mut complete = partial.clone();
            complete.choose(level as u64).unwrap();
            prop_assert_eq!(space.violated(&complete.into_design()).is_none(), legal);
        }
        let mut rng = rng(seed);
        for _ in 0..50 {
            prop_assert!(space.contains(&space.sample(&mut rng)));
        }
    }

    #[test]
    fn an_unsatisfiable_constraint_neither_hangs_nor_panics(space in any_space(), seed: u64) {
        let names: Vec<String> = space.parameters().iter().map(|p| p.name.clone()).collect();
        let space = space.constrain(Constraint::partial("never", "", names, |_| false)).unwrap();
        let design = space.sample(&mut rng(seed));
        space.check(&design).unwrap();
        prop_assert_eq!(space.violated(&design).map(|c| c.name.as_str()), Some("never"));
        prop_assert!(space.neighbours(&design).is_empty());
        let levels = space.to_levels(&design, 8);
        space.check(&space.from_levels(&levels, 8).unwrap()).unwrap();
        space.check(&space.from_levels(&vec![0; levels.len()], 8).unwrap()).unwrap();
    }

    #[test]
    fn foreign_text_is_an_error_never_a_panic(kind in any_kind(), text in ".{0,12}") {
        let mut parameter = Parameter::bool("key");
        parameter.kind = kind;
        match parameter.parse(&text) {
            Ok(value) => prop_assert!(parameter.kind.contains(&value)),
            Err(error) => {
                let message = error.to_string();
                prop_assert!(message.contains("`key`") && message.contains(&parameter.kind.allowed()));
            }
        }
    }

    #[test]
    fn option_names_are_refused_or_read_back(options in prop::collection::btree_set("[ -~\\s]{0,3}", 1..4)) {
        let choice = Parameter::choice("x", options.clone());
        let subset = Parameter::subset("y", options, 0, 1);
        if let Ok(space) = DesignSpace::new(vec![choice, subset]) {
            for rank in 0..space.cardinality().unwrap() {
                let design = space.unrank(rank).unwrap();
                let cells = space.format(&design);
                prop_assert_eq!(space.parse(cells.iter().map(String::as_str)).unwrap(), design);
            }
        }
    }
}

#[test]
fn canonical_form_of_nothing_is_the_first_design() {
    let space = DesignSpace::new(vec![
        Parameter::bool("a"),
        Parameter::integer("b", 3, 9).when("a", ["false"]),
        Parameter::real("c", 0.5, 1.0).when("a", ["true"]),
    ])
    .unwrap();
    let mut nothing = Design(vec![Value::Inactive; 3]);
    space.canonicalise(&mut nothing);
    assert_eq!(nothing, space.first());
    assert_eq!(nothing, Design(vec![Value::Bool(false), Value::Integer(3), Value::Inactive]));
}

/// Ranges far beyond memory: everything has to work by arithmetic.
#[test]
fn huge_integer_ranges_cost_nothing() {
    for (low, high) in [(0, i64::MAX), (i64::MIN, -1), (i64::MIN, i64::MAX - 1), (-1, 1 << 40)] {
        let space = DesignSpace::new(vec![Parameter::integer("x", low, high)]).unwrap();
        let mut rng = rng(1);
        let ends = [low, high].map(|end| Design(vec![Value::Integer(end)]));
        let sampled: Vec<Design> = (0..200).map(|_| space.sample(&mut rng)).collect();
        for mut design in sampled.into_iter().chain(ends) {
            space.check(&design).unwrap();
            assert!(!space.neighbours(&design).is_empty());
            let levels = space.to_levels(&design, 32);
            assert!(levels[0] < 32);
            space.check(&space.from_levels(&levels, 32).unwrap()).unwrap();
            space.check(&space.from_unit(&space.to_unit(&design)).unwrap()).unwrap();
            let before = design.clone();
            space.mutate(&mut design, 0, &mut rng);
            space.check(&design).unwrap();
            assert_ne!(design, before);
        }
        assert_eq!(space.partial().legal().len(), 32);
        let last = space.cardinality().unwrap() - 1;
        let end = space.unrank(last).unwrap();
        assert_eq!((end.integer(0), space.rank(&end)), (high, Some(last)));
    }
}

#[test]
fn the_largest_item_lists_have_no_cardinality_but_work() {
    let items: Vec<String> = (0..200).map(|i| format!("i{i}")).collect();
    let order = Parameter::permutation("order", items.clone());
    let space = DesignSpace::new(vec![order, Parameter::subset("some", items, 3, 190)]).unwrap();
    assert_eq!(space.cardinality(), None);
    assert_eq!(space.unrank(0), None);
    let mut rng = rng(2);
    let design = space.sample(&mut rng);
    assert_eq!(space.rank(&design), None);
    space.check(&design).unwrap();
    space.check(&space.first()).unwrap();
    assert_eq!(space.from_unit(&space.to_unit(&design)).unwrap(), design);
}

#[test]
fn ranges_wider_than_numbers_are_refused() {
    for parameter in [Parameter::real("x", -1e308, 1e308), Parameter::integer("x", i64::MIN, i64::MAX)] {
        let message = refusal(vec![parameter]);
        assert!(message.contains("`x`") && message.contains("wide"), "{message}");
    }
}

/// Local search has to be able to reach and leave the ends of a range.
#[test]
fn real_neighbours_stop_at_the_ends() {
    let kind = Kind::Real { low: 0.0, high: 1.0 };
    assert_eq!(kind.neighbours(&Value::Real(0.0)), [Value::Real(0.05)]);
    assert_eq!(kind.neighbours(&Value::Real(0.02)), [Value::Real(0.0), Value::Real(0.02 + 0.05)]);
    assert_eq!(kind.neighbours(&Value::Real(1.0)), [Value::Real(0.95)]);
}

#[test]
fn steps_stop_at_the_ends_and_turn_round_from_there() {
    let real = Kind::Real { low: 0.0, high: 2.0 };
    for (from, share, to) in [(1.0, 0.25, 1.5), (1.0, -0.25, 0.5), (1.5, 0.5, 2.0), (2.0, 0.25, 1.5)] {
        assert_eq!(real.step(&Value::Real(from), share), Some(Value::Real(to)), "{from} by {share}");
    }
    let whole = Kind::Integer { low: 0, high: 10 };
    for (from, share, to) in [(5, 0.2, 7), (5, -1e-9, 4), (8, 1.0, 10), (10, 0.3, 7), (0, -0.01, 1)] {
        assert_eq!(whole.step(&Value::Integer(from), share), Some(Value::Integer(to)), "{from} by {share}");
    }
    let wide = Kind::Integer { low: i64::MIN, high: i64::MAX - 1 };
    assert_eq!(wide.step(&Value::Integer(i64::MIN), f64::MAX), Some(Value::Integer(i64::MAX - 1)));
    assert_eq!(wide.step(&Value::Integer(7), f64::NAN), Some(Value::Integer(6)));
    assert_eq!(Kind::Bool.step(&Value::Bool(true), 0.5), None);
}

/// A set of fixed size has neighbours too: one member exchanged for another.
#[test]
fn subsets_of_fixed_size_exchange_members() {
    let kind = Kind::Subset { items: names(4), min: 2, max: 2 };
    let neighbours = kind.neighbours(&Value::Subset([true, true, false, false].into()));
    assert_eq!(neighbours.len(), 4);
    assert!(neighbours.iter().all(|value| kind.contains(value)));
}

/// Every value within four standard deviations of its share of 20 000 draws.
#[test]
fn sampling_is_uniform() {
    let kinds = [
        Kind::Bool,
        Kind::Choice { options: names(5) },
        Kind::Integer { low: -3, high: 4 },
        Kind::PowerOfTwo { low: 2, high: 64 },
        Kind::Ordinal { values: vec![1, 2, 7] },
        Kind::Permutation { items: names(4) },
        Kind::Subset { items: names(5), min: 0, max: 5 },
        Kind::Subset { items: names(5), min: 1, max: 2 },
        Kind::Subset { items: names(5), min: 2, max: 2 },
    ];
    for kind in kinds {
        let (mut rng, draws) = (rng(3), 20_000);
        let mut counts: BTreeMap<String, f64> = BTreeMap::new();
        for _ in 0..draws {
            *counts.entry(format!("{:?}", kind.sample(&mut rng))).or_default() += 1.0;
        }
        let p = 1.0 / kind.cardinality().unwrap() as f64;
        let (mean, deviation) = (f64::from(draws) * p, (f64::from(draws) * p * (1.0 - p)).sqrt());
        assert_eq!(counts.len() as u128, kind.cardinality().unwrap());
        for (value, count) in counts {
            assert!((count - mean).abs() < 4.0 * deviation, "{value}: {count} of {draws}, expected {mean}");
        }
    }
}

#[test]
fn log_reals_are_uniform_in_the_logarithm() {
    let kind = Kind::LogReal { low: 1e-3, high: 1e3 };
    let mut rng = rng(4);
    let below = (0..10_000).filter(|_| kind.sample(&mut rng).number().unwrap() < 1.0).count();
    assert!((4800..5200).contains(&below), "{below} of 10000 below the geometric middle");
}

fn refusal(parameters: Vec<Parameter>) -> String {
    DesignSpace::new(parameters).unwrap_err().to_string()
}

#[test]
fn contradictory_declarations_are_refused_by_name() {
    let cases: Vec<(Parameter, &str)> = vec![
        (Parameter::integer("x", 2, 1), "`x`: range 2..=1 is reversed"),
        (Parameter::power_of_two("x", 3, 8), "`x`: ends 3 and 8 must both be powers of two"),
        (Parameter::power_of_two("x", 0, 8), "must both be powers of two"),
        (Parameter::power_of_two("x", 8, 4), "`x`: range 8..=4 is reversed"),
        (Parameter::ordinal("x", []), "needs at least one value"),
        (Parameter::ordinal("x", [1, 1]), "must be strictly increasing"),
        (Parameter::real("x", f64::NAN, 1.0), "must be finite"),
        (Parameter::real("x", 0.0, f64::INFINITY), "must be finite"),
        (Parameter::log_real("x", 0.0, 1.0), "must start above 0"),
        (Parameter::log_real("x", 2.0, 1.0), "is reversed"),
        (Parameter::choice("x", [""; 0]), "needs at least one name"),
        (Parameter::choice("x", ["a", "a"]), "name `a` is repeated"),
        (Parameter::choice("x", ["a>b"]), "must not be empty"),
        (Parameter::choice("x", [" a"]), "must not"),
        (Parameter::subset("x", ["a"], 0, 2), "cannot hold 0 to 2 of 1 items"),
        (Parameter::subset("x", ["a", "b"], 2, 1), "cannot hold 2 to 1"),
        (Parameter::bool(""), "needs a name"),
        (Parameter::bool("two words"), "`two words`"),
    ];
    for (parameter, expected) in cases {
        let message = refusal(vec![parameter]);
        assert!(message.contains(expected), "`{message}` lacks `{expected}`");
    }
    assert!(refusal(vec![]).contains("at least one parameter"));
    assert!(refusal(vec![Parameter::bool("x"), Parameter::bool("x")]).contains("`x`: is declared twice"));
}

#[test]
fn conditions_must_name_an_earlier_parameter_and_its_values() {
    let later = vec![Parameter::bool("a").when("b", ["true"]), Parameter::bool("b")];
    assert!(refusal(later).contains("`a`: its condition names `b`, which is not an earlier parameter"));
    let own = vec![Parameter::bool("a").when("a", ["true"])];
    assert!(refusal(own).contains("not an earlier parameter"));
    let value = vec![Parameter::choice("a", ["x", "y"]), Parameter::bool("b").when("a", ["z"])];
    assert!(refusal(value).contains("one of x, y"));
    let never = vec![Parameter::bool("a"), Parameter::bool("b").when("a", [""; 0])];
    assert!(refusal(never).contains("`b`: its condition lists no value"));
}

#[test]
fn a_constraint_on_an_unknown_parameter_names_the_closest() {
    let space = DesignSpace::new(vec![Parameter::integer("queue_depth", 1, 8)]).unwrap();
    let error = space.constrain(Constraint::sum_at_most("c", ["queue_deph"], 3.0)).unwrap_err();
    assert!(error.to_string().contains("did you mean `queue_depth`?"));
}

#[test]
fn check_names_the_parameter_and_what_it_accepts() {
    let space = DesignSpace::new(vec![
        Parameter::choice("policy", ["open", "closed"]),
        Parameter::integer("depth", 1, 8).when("policy", ["open"]),
    ])
    .unwrap();
    let message = |values: Vec<Value>| space.check(&Design(values)).unwrap_err().to_string();
    let depth = message(vec![Value::Choice(0), Value::Integer(9)]);
    assert_eq!(depth, "`depth`: 9 is not allowed; expected a whole number from 1 to 8");
    assert!(message(vec![Value::Choice(1), Value::Integer(3)]).contains("inactive"));
    assert!(message(vec![Value::Choice(2), Value::Inactive]).contains("one of open, closed"));
    assert!(message(vec![Value::Choice(0)]).contains("2 values, one per parameter"));
    assert!(space.check(&Design(vec![Value::Choice(0), Value::Real(f64::NAN)])).is_err());
}

#[test]
fn values_are_read_as_other_tools_write_them() {
    let text = |parameter: Parameter, text: &str| parameter.parse(text).unwrap();
    assert_eq!(text(Parameter::integer("x", 0, 9), " 4.0 "), Value::Integer(4));
    assert_eq!(text(Parameter::bool("x"), "True"), Value::Bool(true));
    assert_eq!(text(Parameter::real("x", 0.0, 9.0), "1e-3"), Value::Real(0.001));
    assert_eq!(text(Parameter::subset("x", ["a", "b"], 0, 2), "-"), Value::Subset([false, false].into()));
    assert!(Parameter::integer("x", 0, 9).parse("4.5").is_err());
    assert!(Parameter::real("x", 0.0, 9.0).parse("nan").is_err());
    assert!(Parameter::permutation("x", ["a", "b"]).parse("a>a").is_err());
    assert!(Parameter::subset("x", ["a", "b"], 0, 2).parse("a+a").is_err());
}

#[test]
fn sums_and_products_judge_partial_designs() {
    let sizes = || (0..3).map(|i| Parameter::integer(format!("x{i}"), 1, 4)).collect();
    let all = ["x0", "x1", "x2"];
    for (rule, expected) in [
        (Constraint::sum_at_most("limit", all, 6.0), 20),
        (Constraint::product_at_most("limit", all, 6.0), 19),
    ] {
        let space = DesignSpace::new(sizes()).unwrap().constrain(rule).unwrap();
        let designs = (0..64).filter_map(|rank| space.unrank(rank));
        assert_eq!(designs.filter(|design| space.contains(design)).count(), expected);
        let mut partial = space.partial();
        partial.choose(3).unwrap();
        assert!(!partial.legal()[3], "4 and 4 exceed 6 already");
    }
}

/// Every constraint has its say, and `violated` names the first that is broken.
#[test]
fn constraints_add_up() {
    let space = DesignSpace::new(vec![Parameter::integer("x", 0, 9)]).unwrap();
    let even = |values: &[&Value]| values[0].number().is_some_and(|x| x % 2.0 == 0.0);
    let space = space.constrain(Constraint::new("even", "", ["x"], even)).unwrap();
    let space = space.constrain(Constraint::sum_at_most("small", ["x"], 5.0)).unwrap();
    let legal: Vec<usize> =
        space.partial().legal().iter().enumerate().filter(|(_, legal)| **legal).map(|(x, _)| x).collect();
    assert_eq!(legal, [0, 2, 4]);
    let broken = |x| space.violated(&Design(vec![Value::Integer(x)])).map(|c| c.name.as_str());
    assert_eq!(
        [broken(4), broken(3), broken(6), broken(7)],
        [None, Some("even"), Some("small"), Some("even")]
    );
}

#[test]
fn decisions_taken_outright_are_judged_by_the_constraints() {
    let parameters = vec![Parameter::real("a", 0.0, 10.0), Parameter::integer("b", 1, 16)];
    let rule = Constraint::sum_at_most("sum", ["a", "b"], 8.0);
    let space = DesignSpace::new(parameters).unwrap().constrain(rule).unwrap();
    let mut partial = space.partial();
    assert!(!partial.admits(&Value::Real(8.5)) && partial.admits(&Value::Real(6.25)));
    partial.take(Value::Real(6.25)).unwrap();
    assert_eq!(partial.legal().iter().filter(|open| **open).count(), 1);
    assert!(partial.is_open(0) && !partial.is_open(1));
    assert!(partial.admits(&Value::Integer(1)) && !partial.admits(&Value::Integer(2)));
}

#[test]
fn json_designs_may_be_lax_about_types_but_not_about_values() {
    let space = DesignSpace::new(vec![
        Parameter::bool("on"),
        Parameter::ordinal("n", [1, 3]).when("on", ["true"]),
        Parameter::real("x", 0.0, 1.0),
        Parameter::subset("s", ["a", "b", "c"], 1, 2),
    ])
    .unwrap();
    let read = |text: &str| space.from_json(&serde_json::from_str(text).unwrap());
    let design = read(r#"{"s": ["c", "a"], "x": 1, "on": true, "n": 3.0}"#).unwrap();
    assert_eq!(space.format(&design), ["true", "3", "1", "a+c"]);
    let off = read(r#"{"on": false, "n": 3, "x": 0, "s": ["a"]}"#).unwrap();
    assert_eq!(off.values()[1], Value::Inactive, "what is said of inactive parameters does not matter");
    assert_eq!(off, read(r#"{"on": false, "n": null, "x": 0, "s": ["a"]}"#).unwrap());
    for (text, expected) in [
        (r#"{"on": true, "x": 0, "s": ["a"]}"#, "`n`: nothing is not allowed; expected one of 1, 3"),
        (r#"{"on": true, "n": 2, "x": 0, "s": ["a"]}"#, "`n`: 2 is"),
        (r#"{"on": true, "n": 1.5, "x": 0, "s": ["a"]}"#, "`n`: 1.5 is"),
        (r#"{"on": 1, "x": 0, "s": ["a"]}"#, "`on`: 1 is"),
        (r#"{"on": false, "x": 1.1, "s": ["a"]}"#, "`x`: 1.1 is"),
        (r#"{"on": false, "x": 0, "s": ["a", "a"]}"#, "`s`"),
        (r#"{"on": false, "x": 0, "s": []}"#, "`s`"),
        (r#"{"on": false, "x": 0, "s": "a"}"#, "`s`"),
        (r#"{"on": false, "x": 0, "s": ["a"], "offf": 1}"#, "unknown parameter `offf`"),
        ("[]", "expected an object"),
    ] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn simple_constraints_are_told_and_others_left_out() {
    let parameters = || ["a", "b"].map(|name| Parameter::integer(name, 1, 9)).to_vec();
    let space = DesignSpace::new(parameters()).unwrap();
    let space = space.constrain(Constraint::sum_at_most("sum", ["a", "b"], 9.0)).unwrap();
    let space = space.constrain(Constraint::product_at_most("product", ["b", "a"], 12.5)).unwrap();
    let space = space.constrain(Constraint::new("odd", "", ["a"], |v| v[0] != &Value::Integer(2))).unwrap();
    let copy = DesignSpace::from_description(&space.description()).unwrap();
    let names = |space: &DesignSpace| space.constraints().iter().map(|c| c.name.clone()).collect::<Vec<_>>();
    assert_eq!((names(&space).len(), names(&copy)), (3, vec!["sum".to_owned(), "product".to_owned()]));
    for (a, b) in (1..=9).flat_map(|a| (1..=9).map(move |b| (a, b))).filter(|(a, _)| *a != 2) {
        let design = Design(vec![Value::Integer(a), Value::Integer(b)]);
        assert_eq!(copy.violated(&design).map(|c| &c.name), space.violated(&design).map(|c| &c.name));
    }
}

#[test]
fn descriptions_that_make_no_sense_are_refused() {
    let refused = |text: &str| {
        DesignSpace::from_description(&serde_json::from_str(text).unwrap()).unwrap_err().to_string()
    };
    let x = |more: &str| format!(r#"{{"parameters": [{{"name": "x"{more}}}]}}"#);
    assert!(refused("{}").contains("missing field `parameters`"));
    assert!(refused(r#"{"parameters": []}"#).contains("at least one parameter"));
    assert!(refused(&x("")).contains("parameter `x`: missing field `kind`"));
    assert!(refused(&x(r#", "kind": "real", "low": 0"#)).contains("missing field `high`"));
    assert!(
        refused(&x(r#", "kind": "real", "low": 0, "high": 1, "step": 1"#)).contains("unknown field `step`")
    );
    assert!(refused(&x(r#", "kind": "real", "low": 2, "high": 1"#)).contains("reversed"));
    let condition = r#", "kind": "bool", "condition": {"parameter": "y", "one_of": [1]}"#;
    assert!(refused(&x(condition)).contains("`y`, which is not an earlier parameter"));
}
