//! The spaces against gymnasium 1.4's answers (`golden/gymnasium_spaces.py`).

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use rl_env::seed::np_random;
use rl_env::space::{Guide, Mask, Space};
use serde_json::Value;

fn golden() -> Value {
    serde_json::from_str(include_str!("golden/gymnasium_spaces.json")).unwrap()
}

fn space(written: &Value) -> Space {
    serde_json::from_value(written.clone()).unwrap_or_else(|error| panic!("{error}: {written}"))
}

/// Runs `check` with name, space and answers of every case.
fn each_case(check: impl Fn(&str, &Space, &Value)) {
    let golden = golden();
    let cases = golden["cases"].as_array().unwrap();
    assert!(cases.len() >= 24);
    for case in cases {
        check(case["name"].as_str().unwrap(), &space(&case["space"]), case);
    }
}

#[test]
fn flat_lengths_are_gymnasiums() {
    each_case(|name, space, case| {
        if let Some(expected) = case["flatdim"].as_u64() {
            assert_eq!(space.flatdim().unwrap() as u64, expected, "{name}");
        } else {
            assert!(space.flatdim().is_err(), "{name}");
        }
    });
}

#[test]
fn flat_spaces_are_gymnasiums() {
    each_case(|name, written, case| match &case["flat_space"] {
        Value::Null => assert!(written.flatten_space().is_err(), "{name}"),
        expected => assert_eq!(written.flatten_space().unwrap(), space(expected), "{name}"),
    });
}

#[test]
fn batch_spaces_are_gymnasiums() {
    each_case(|name, written, case| assert_eq!(written.batch(3).unwrap(), space(&case["batch"]), "{name}"));
}

#[test]
fn elements_and_flat_vectors_are_gymnasiums() {
    each_case(|name, space, case| {
        for (i, sample) in case["samples"].as_array().unwrap().iter().enumerate() {
            let element = space.from_json(sample).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(&space.to_json(&element).unwrap(), sample, "{name}");
            if let Some(flat) = case["flat"].get(i) {
                let flat: Vec<f64> = serde_json::from_value(flat.clone()).unwrap();
                assert_eq!(space.flatten(&element).unwrap(), flat, "{name}");
                assert_eq!(space.unflatten(&flat).unwrap(), element, "{name}");
                assert!(space.flatten_space().unwrap().contains(&flat.into()), "{name}");
            }
        }
    });
}

#[test]
fn samples_of_array_spaces_are_gymnasiums() {
    let mut compared = 0;
    for case in golden()["cases"].as_array().unwrap() {
        let written = space(&case["space"]);
        if !matches!(written.kind(), "Box" | "Discrete" | "MultiDiscrete" | "MultiBinary") {
            continue;
        }
        let mut rng = np_random(golden()["seed"].as_u64().unwrap());
        for expected in case["samples"].as_array().unwrap() {
            let sample = written.sample(&mut rng);
            assert_eq!(&written.to_json(&sample).unwrap(), expected, "{}", case["name"]);
        }
        compared += 1;
    }
    assert_eq!(compared, 16);
}

#[test]
fn masked_samples_are_gymnasiums() {
    let golden = golden();
    for case in golden["masked"].as_array().unwrap() {
        let (written, mask) = (space(&case["space"]), mask(&case["space"], &case["mask"]));
        let mut rng = np_random(golden["seed"].as_u64().unwrap());
        for expected in case["samples"].as_array().unwrap() {
            let sample = written.sample_masked(&mut rng, &mask).unwrap();
            assert_eq!(&written.to_json(&sample).unwrap(), expected, "{written:?}");
            assert!(written.allows(&mask, &sample));
        }
    }
}

/// Gymnasium's form of a mask: 0 and 1, and 2 for a free bit.
fn mask(space: &Value, mask: &Value) -> Mask {
    let numbers = |value: &Value| -> Vec<u64> {
        value.as_array().unwrap().iter().map(|v| v.as_u64().unwrap()).collect()
    };
    let flags = |value: &Value| -> Vec<bool> { numbers(value).into_iter().map(|flag| flag == 1).collect() };
    match space["type"].as_str().unwrap() {
        "Discrete" => Guide::Discrete(flags(mask)),
        "MultiDiscrete" => Guide::MultiDiscrete(mask.as_array().unwrap().iter().map(flags).collect()),
        _ => Guide::MultiBinary(numbers(mask).into_iter().map(|bit| (bit < 2).then_some(bit == 1)).collect()),
    }
}
