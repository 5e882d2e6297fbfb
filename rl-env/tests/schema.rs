//! Configurations: every mistake answers with its key and what is allowed.

use rl_env::{Error, schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

/// A configuration of every shape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Config {
    /// Required.
    #[schemars(range(min = 1, max = 10))]
    batch: usize,
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    rate: f64,
    #[serde(default)]
    label: Option<String>,
    #[serde(default)]
    mode: Mode,
    #[serde(default)]
    layers: Vec<Layer>,
    #[serde(default)]
    schedule: Option<Schedule>,
}

#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Mode {
    /// Quick.
    #[default]
    Fast,
    /// Slow.
    Careful,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Layer {
    #[schemars(range(min = 1))]
    width: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
enum Schedule {
    Constant,
    Decay {
        #[schemars(range(min = 1))]
        half_life: u64,
    },
}

fn load(config: Json) -> Result<Config, Error> {
    schema::load(&config)
}

fn refusal(config: Json) -> String {
    load(config).expect_err("accepted a mistake").to_string()
}

#[test]
fn a_good_configuration_loads() {
    let config = load(json!({
        "batch": 10, "rate": 1, "label": "x", "mode": "careful",
        "layers": [{"width": 1}], "schedule": {"kind": "decay", "half_life": 3},
    }));
    let config = config.expect("refused");
    assert_eq!((config.batch, config.rate, config.mode), (10, 1.0, Mode::Careful));
    assert_eq!(config.schedule, Some(Schedule::Decay { half_life: 3 }));
    assert!(load(json!({"batch": 1, "label": null, "schedule": null})).is_ok());
    assert!(load(json!({"batch": 1, "schedule": {"kind": "constant"}})).is_ok());
}

#[test]
fn an_unknown_key_names_the_closest() {
    let error = load(json!({"batch": 1, "lable": "x"})).expect_err("accepted a typo");
    assert!(matches!(&error, Error::Unknown { what: "key", nearest: Some(near), .. } if near == "label"));
    assert!(error.to_string().contains("unknown key `lable` (did you mean `label`?); known: batch, "));
}

#[test]
fn an_unknown_nested_key_is_shown_with_its_path_and_the_closest() {
    let message = refusal(json!({"batch": 1, "layers": [{"width": 1}, {"widht": 2}]}));
    assert!(message.contains("`layers[1].widht` (did you mean `width`?)"), "{message}");
    let message = refusal(json!({"batch": 1, "schedule": {"kind": "decay", "half_live": 2}}));
    assert!(message.contains("`schedule.half_live` (did you mean `half_life`?)"), "{message}");
}

#[test]
fn values_out_of_range_name_the_key_and_the_range() {
    assert_eq!(refusal(json!({"batch": 11})), "`batch`: 11 is not allowed; expected integer ≥ 1 and ≤ 10");
    assert!(refusal(json!({"batch": 0})).contains("≥ 1"));
    assert!(refusal(json!({"batch": 1, "rate": -0.1})).starts_with("`rate`: -0.1 is not allowed"));
    assert!(refusal(json!({"batch": 1, "rate": 1.0001})).contains("≤ 1"));
    assert!(refusal(json!({"batch": 1, "layers": [{"width": 0}]})).starts_with("`layers[0].width`: 0"));
}

#[test]
fn wrong_types_name_the_key_and_the_type() {
    assert!(
        refusal(json!({"batch": "ten"})).starts_with("`batch`: \"ten\" is not allowed; expected integer")
    );
    assert!(refusal(json!({"batch": 1.5})).contains("expected integer"));
    assert!(refusal(json!({"batch": 1, "rate": true})).contains("expected number"));
    assert!(refusal(json!({"batch": 1, "label": 3})).starts_with("`label`: 3"));
    assert!(refusal(json!({"batch": 1, "layers": {}})).contains("expected array"));
    assert!(refusal(json!({"batch": 1, "layers": [5]})).starts_with("`layers[0]`: 5"));
}

#[test]
fn a_configuration_that_is_no_object_is_refused() {
    for config in [json!(null), json!([]), json!(3), json!("batch")] {
        assert!(refusal(config).starts_with("`config`: "));
    }
}

#[test]
fn an_unknown_option_lists_the_options() {
    let message = refusal(json!({"batch": 1, "mode": "carefull"}));
    assert!(message.starts_with("`mode`: \"carefull\" is not allowed"), "{message}");
    assert!(message.contains("\"fast\" or \"careful\""), "{message}");
}

#[test]
fn an_unknown_kind_names_the_closest() {
    let message = refusal(json!({"batch": 1, "schedule": {"kind": "dekay", "half_life": 3}}));
    assert!(message.contains("did you mean `decay`?"), "{message}");
}

#[test]
fn mistakes_inside_an_option_are_reported_not_the_lot() {
    let message = refusal(json!({"batch": 1, "schedule": {"kind": "decay", "half_life": 0}}));
    assert!(message.starts_with("`schedule.half_life`: 0"), "{message}");
    let message = refusal(json!({"batch": 1, "schedule": {"kind": "decay"}}));
    assert!(message.starts_with("`schedule.half_life`: is missing"), "{message}");
}

#[test]
fn a_missing_key_says_what_is_expected() {
    assert_eq!(refusal(json!({})), "`batch`: is missing; expected integer ≥ 1 and ≤ 10");
    assert!(refusal(json!({"batch": 1, "layers": [{}]})).starts_with("`layers[0].width`: is missing"));
}

#[test]
fn a_configuration_without_keys_refuses_all() {
    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}
    assert!(schema::load::<Nothing>(&json!({})).is_ok());
    let message = schema::load::<Nothing>(&json!({"a": 1})).expect_err("accepted").to_string();
    assert!(message.contains("nothing to set") && message.contains("`a`"), "{message}");
}

#[test]
fn numbers_beyond_the_type_are_refused_not_wrapped() {
    assert!(load(json!({"batch": 1, "layers": [{"width": 5_000_000_000u64}]})).is_err());
    assert!(load(json!({"batch": -1})).is_err());
    assert!(load(json!({"batch": 1e30})).is_err());
}
