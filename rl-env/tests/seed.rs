//! The generator against NumPy's streams (`golden/numpy_random.py`), and our own streams against frozen values.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
use proptest::prelude::*;
use rl_env::seed::{Rng, Seed, SeedSequence, np_random};
use serde_json::Value;

fn golden() -> Value {
    serde_json::from_str(include_str!("golden/numpy_random.json")).unwrap()
}

fn numbers<T: std::str::FromStr>(value: &Value) -> Vec<T>
where
    T::Err: std::fmt::Debug,
{
    let text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    value.as_array().unwrap().iter().map(|v| text(v).parse().unwrap()).collect()
}

fn reals(value: &Value) -> Vec<u64> {
    let bits = |v: &Value| u64::from_str_radix(v.as_str().unwrap(), 16).unwrap();
    value.as_array().unwrap().iter().map(bits).collect()
}

/// Runs `check` for every seed and spawn key of the golden file.
fn each_case(check: impl Fn(&Value, SeedSequence)) {
    let golden = golden();
    let cases = golden["cases"].as_array().unwrap();
    assert!(cases.len() > 10);
    for case in cases {
        let entropy = case["entropy"].as_str().unwrap().parse().unwrap();
        check(case, SeedSequence::new(entropy, &numbers::<u32>(&case["spawn_key"])));
    }
}

/// Draws as many as the golden file's `name` has, each from its own fresh generator.
fn draws<T>(case: &Value, name: &str, sequence: &SeedSequence, draw: impl Fn(&mut Rng) -> T) -> Vec<T> {
    let mut rng = sequence.rng();
    (0..case[name].as_array().unwrap().len()).map(|_| draw(&mut rng)).collect()
}

#[test]
fn seed_sequence_state_is_numpys() {
    each_case(|case, sequence| assert_eq!(sequence.state(10), numbers::<u32>(&case["state"])));
}

#[test]
fn words_are_numpys() {
    each_case(|case, s| {
        assert_eq!(draws(case, "u64", &s, Rng::next_u64), numbers::<u64>(&case["u64"]));
        assert_eq!(draws(case, "u32", &s, Rng::next_u32), numbers::<u32>(&case["u32"]));
    });
}

#[test]
fn reals_are_numpys() {
    each_case(|case, s| {
        let bits = |name, draw: fn(&mut Rng) -> f64| draws(case, name, &s, |rng| draw(rng).to_bits());
        assert_eq!(bits("uniform", Rng::uniform), reals(&case["uniform"]));
        assert_eq!(bits("normal", Rng::normal), reals(&case["normal"]));
        assert_eq!(bits("exponential", Rng::exponential), reals(&case["exponential"]));
    });
}

#[test]
fn geometric_is_numpys() {
    each_case(|case, s| {
        assert_eq!(
            draws(case, "geometric", &s, |rng| rng.geometric(0.25)),
            numbers::<u64>(&case["geometric"])
        );
    });
}

#[test]
fn integers_are_numpys_through_all_word_sizes() {
    let ranges: Vec<Vec<i64>> = golden()["ranges"].as_array().unwrap().iter().map(numbers).collect();
    each_case(|case, sequence| {
        let mut rng = sequence.rng();
        for (range, expected) in ranges.iter().zip(case["integers"].as_array().unwrap()) {
            for value in numbers::<i64>(expected) {
                assert_eq!(rng.integer(range[0], range[1]), value, "range {range:?}");
            }
        }
    });
}

#[test]
fn orders_and_choices_are_numpys() {
    let weights: Vec<f64> = numbers(&golden()["weights"]);
    each_case(|case, s| {
        assert_eq!(s.rng().permutation(20), numbers::<usize>(&case["permutation"]));
        let items = [0, 1, 2, 3, 4, 5, 6];
        assert_eq!(
            draws(case, "choice", &s, |r| *r.choice(&items).unwrap()),
            numbers::<usize>(&case["choice"])
        );
        let weighted = draws(case, "weighted", &s, |r| r.weighted(&weights).unwrap());
        assert_eq!(weighted, numbers::<usize>(&case["weighted"]));
    });
}

#[test]
fn a_million_normals_and_exponentials_are_numpys() {
    let golden = golden();
    let fold = |draw: fn(&mut Rng) -> f64| {
        let mut rng = np_random(5);
        (0..golden["folds"]["count"].as_u64().unwrap()).fold(0u64, |sum, _| {
            sum.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(draw(&mut rng).to_bits())
        })
    };
    assert_eq!(fold(Rng::normal).to_string(), golden["folds"]["normal"]);
    assert_eq!(fold(Rng::exponential).to_string(), golden["folds"]["exponential"]);
}

#[test]
fn spawned_sequences_continue_where_the_last_spawn_ended() {
    let mut root = SeedSequence::new(9, &[4]);
    let first = root.spawn(2);
    let second = root.spawn(1);
    assert_eq!(first[0], SeedSequence::new(9, &[4, 0]));
    assert_eq!(second[0], SeedSequence::new(9, &[4, 2]));
}

/// Frozen: a change of these numbers changes every result ever published with a seed.
#[test]
fn named_streams_are_frozen() {
    let words = |seed: u64, name: &str| {
        let mut rng = Seed(seed).stream(name);
        [rng.next_u64(), rng.next_u64()]
    };
    let children = [0, 1].map(|index| Seed(7).child("run", index).0);
    assert_eq!(
        (words(0, "agent"), words(123, "env"), children),
        (
            [7268968902121889619, 14567162945173069661],
            [11616311396505004709, 16364697497701374912],
            [15064708220795232179, 7126735829684347469]
        )
    );
}

#[test]
fn streams_and_children_differ_by_every_part_of_their_name() {
    let first = |seed: u64, name: &str| Seed(seed).stream(name).next_u64();
    let streams = [first(1, "a"), first(1, "b"), first(2, "a"), first(1, ""), first(1, "aa")];
    let children = [("a", 0), ("a", 1), ("b", 0), ("", 0)].map(|(name, i)| Seed(1).child(name, i).0);
    let mut all = [streams.as_slice(), &children].concat();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 9);
}

#[test]
fn a_saved_generator_continues_its_stream() {
    let mut rng = np_random(3);
    rng.next_u32(); // leaves a buffered half
    let text = serde_json::to_string(&rng).unwrap();
    let value = serde_json::to_value(&rng).unwrap();
    let mut restored: Rng = serde_json::from_str(&text).unwrap();
    assert_eq!(restored, rng);
    assert_eq!(serde_json::from_value::<Rng>(value).unwrap(), rng);
    assert_eq!([restored.next_u32(), restored.next_u32()], [rng.next_u32(), rng.next_u32()]);
}

#[test]
fn a_damaged_generator_is_refused() {
    let refused = |text: &str| serde_json::from_str::<Rng>(text).unwrap_err().to_string();
    assert!(refused(r#"{"state":"0","increment":"2"}"#).contains("must be odd"));
    assert!(refused(r#"{"state":"xyz","increment":"1"}"#).contains("state \"xyz\""));
    assert!(refused(r#"{"state":"0","increment":"1","more":1}"#).contains("unknown field"));
}

#[test]
fn impossible_requests_answer_without_a_draw() {
    let mut rng = np_random(1);
    let before = rng.clone();
    assert_eq!(rng.below(0), 0);
    assert_eq!(rng.integer(5, 4), 5);
    assert_eq!(rng.choice::<u8>(&[]), None);
    for weights in [&[][..], &[0.0, 0.0], &[-1.0, 2.0], &[f64::NAN, 1.0], &[f64::INFINITY]] {
        assert_eq!(rng.weighted(weights), None);
    }
    assert_eq!(rng, before);
}

#[test]
fn other_crates_samplers_read_the_same_words() {
    let mut bytes = [0; 12];
    rand_core::Rng::fill_bytes(&mut np_random(8), &mut bytes);
    assert_eq!(bytes[..8], np_random(8).next_u64().to_le_bytes());
}

proptest! {
    #[test]
    fn integer_stays_in_its_range(seed: u64, a: i64, b: i64) {
        let (low, high) = (a.min(b), a.max(b));
        let value = np_random(seed).integer(low, high);
        prop_assert!((low..=high).contains(&value));
    }

    #[test]
    fn permutation_holds_every_index_once(seed: u64, n in 0usize..60) {
        let mut order = np_random(seed).permutation(n);
        order.sort_unstable();
        prop_assert_eq!(order, (0..n).collect::<Vec<_>>());
    }

    #[test]
    fn distinct_repeats_nothing(seed: u64, n in 0usize..40, count in 0usize..50) {
        let mut picked = np_random(seed).distinct(n, count);
        prop_assert_eq!(picked.len(), count.min(n));
        picked.sort_unstable();
        picked.dedup();
        prop_assert_eq!(picked.len(), count.min(n));
        prop_assert!(picked.iter().all(|&i| i < n));
    }

    #[test]
    fn weighted_never_picks_weight_zero(seed: u64, weights in prop::collection::vec(0u8..3, 1..9)) {
        let weights: Vec<f64> = weights.into_iter().map(f64::from).collect();
        if let Some(i) = np_random(seed).weighted(&weights) {
            prop_assert!(weights[i] > 0.0);
        }
    }
}
