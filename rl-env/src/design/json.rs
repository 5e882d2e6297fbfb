//! Designs and spaces as JSON, for programs in other languages.

use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::constraint::Rule;
use super::{Constraint, Design, DesignSpace, Kind, Parameter, Value};
use crate::error::Error;

impl Parameter {
    /// A value as JSON: booleans, numbers, option names, lists of item names; `null` when inactive.
    pub fn to_json(&self, value: &Value) -> Json {
        let name = |items: &[String], i: usize| items.get(i).cloned();
        match (&self.kind, value) {
            (_, Value::Bool(b)) => (*b).into(),
            (_, Value::Integer(i)) => (*i).into(),
            (_, Value::Real(x)) => (*x).into(),
            (Kind::Choice { options }, Value::Choice(i)) => name(options, *i as usize).into(),
            (Kind::Permutation { items }, Value::Permutation(order)) => {
                order.iter().filter_map(|i| name(items, *i as usize)).collect()
            }
            (Kind::Subset { items, .. }, Value::Subset(flags)) => {
                (0..flags.len()).filter(|i| flags[*i]).filter_map(|i| name(items, i)).collect()
            }
            _ => Json::Null,
        }
    }

    /// Reads what [`to_json`](Parameter::to_json) writes. Whole numbers may be written as `4.0`; subsets may list
    /// their members in any order.
    ///
    /// # Errors
    /// [`Error::Value`] naming the parameter and what it accepts.
    pub fn from_json(&self, json: &Json) -> Result<Value, Error> {
        self.kind
            .read(json)
            .filter(|value| self.kind.contains(value))
            .ok_or_else(|| Error::value(&self.name, json, self.kind.allowed()))
    }
}

impl Kind {
    fn read(&self, json: &Json) -> Option<Value> {
        let at = |names: &[String], name: &Json| {
            let name = name.as_str()?;
            names.iter().position(|known| known == name)
        };
        Some(match self {
            Self::Bool => Value::Bool(json.as_bool()?),
            Self::Choice { options } => Value::Choice(at(options, json)? as u32),
            Self::Integer { .. } | Self::PowerOfTwo { .. } | Self::Ordinal { .. } => {
                Value::Integer(whole(json)?)
            }
            Self::Real { .. } | Self::LogReal { .. } => Value::Real(json.as_f64()?),
            Self::Permutation { items } => {
                let order = json.as_array()?.iter().map(|name| Some(at(items, name)? as u32));
                Value::Permutation(order.collect::<Option<_>>()?)
            }
            Self::Subset { items, .. } => {
                let mut flags = vec![false; items.len()];
                for name in json.as_array()? {
                    if std::mem::replace(&mut flags[at(items, name)?], true) {
                        return None;
                    }
                }
                Value::Subset(flags.into())
            }
        })
    }
}

/// Whole numbers, also as languages without integers write them.
fn whole(json: &Json) -> Option<i64> {
    json.as_i64().or_else(|| json.as_f64().filter(|x| x.fract() == 0.0 && x.abs() < 9.0e15).map(|x| x as i64))
}

impl DesignSpace {
    /// A design as an object from names to values, inactive parameters left out.
    pub fn to_json(&self, design: &Design) -> Json {
        let pairs = self.parameters().iter().zip(&design.0);
        let active = pairs.filter(|(_, value)| **value != Value::Inactive);
        active.map(|(parameter, value)| (parameter.name.clone(), parameter.to_json(value))).collect()
    }

    /// Reads what [`to_json`](DesignSpace::to_json) writes. What is said of inactive parameters is ignored, and
    /// constraints are not looked at.
    ///
    /// # Errors
    /// [`Error::Unknown`] for a name that is no parameter, [`Error::Value`] for a value that is missing or does
    /// not fit.
    pub fn from_json(&self, json: &Json) -> Result<Design, Error> {
        let object = json.as_object().ok_or_else(|| Error::value("design", json, "an object"))?;
        if let Some(name) = object.keys().find(|name| self.position(name).is_err()) {
            self.position(name)?;
        }
        let mut values = Vec::with_capacity(self.len());
        for (index, parameter) in self.parameters().iter().enumerate() {
            values.push(match object.get(&parameter.name) {
                _ if !self.is_active(index, &values) => Value::Inactive,
                None | Some(Json::Null) => {
                    return Err(Error::value(&parameter.name, "nothing", parameter.kind.allowed()));
                }
                Some(value) => parameter.from_json(value)?,
            });
        }
        Ok(Design(values))
    }

    /// The whole space as JSON: `parameters` with kind, range and condition, and `constraints`.
    pub fn description(&self) -> Json {
        let parameters: Vec<Json> = self.parameters().iter().map(|p| self.described(p)).collect();
        json!({ "parameters": parameters, "constraints": self.constraints() })
    }

    /// Values of conditions are texts in the declaration, and here what designs hold.
    fn described(&self, parameter: &Parameter) -> Json {
        let mut described = serde_json::to_value(parameter).unwrap_or_default();
        if let Some((parent, values)) = parameter.condition.as_ref().and_then(|c| c.resolved.as_ref()) {
            let parent = &self.parameters()[*parent];
            described["condition"]["one_of"] = values.iter().map(|value| parent.to_json(value)).collect();
        }
        described
    }

    /// Reads a [`description`](DesignSpace::description). Constraints whose rule it does not state are left out.
    ///
    /// # Errors
    /// [`Error::Config`] if it is no description, otherwise those of [`DesignSpace::new`].
    pub fn from_description(description: &Json) -> Result<Self, Error> {
        let refuse = |problem: String| Error::Config { key: "space".into(), problem };
        let read = Described::deserialize(description).map_err(|error| refuse(error.to_string()))?;
        let mut parameters: Vec<Parameter> = Vec::with_capacity(read.parameters.len());
        for described in read.parameters {
            let next = described.declare(&parameters)?;
            parameters.push(next);
        }
        let rules = read.constraints.into_iter().filter_map(DescribedConstraint::declare);
        rules.into_iter().try_fold(Self::new(parameters)?, Self::constrain)
    }
}

#[derive(Deserialize)]
struct Described {
    parameters: Vec<DescribedParameter>,
    #[serde(default)]
    constraints: Vec<DescribedConstraint>,
}

#[derive(Deserialize)]
struct DescribedParameter {
    name: String,
    #[serde(default)]
    unit: Option<String>,
    #[serde(default)]
    doc: String,
    #[serde(default)]
    condition: Option<DescribedCondition>,
    #[serde(flatten)]
    kind: Map<String, Json>,
}

#[derive(Deserialize)]
struct DescribedCondition {
    parameter: String,
    one_of: Vec<Json>,
}

#[derive(Deserialize)]
struct DescribedConstraint {
    name: String,
    parameters: Vec<String>,
    #[serde(flatten)]
    rule: Option<Rule>,
}

impl DescribedParameter {
    fn declare(self, earlier: &[Parameter]) -> Result<Parameter, Error> {
        let kind = Kind::deserialize(Json::Object(self.kind))
            .map_err(|error| Error::declaration("parameter", &self.name, error.to_string()))?;
        let mut parameter =
            Parameter { name: self.name, kind, unit: self.unit, doc: self.doc, condition: None };
        if let Some(condition) = self.condition {
            // A parent that does not exist is for the space to refuse.
            let parent = earlier.iter().find(|p| p.name == condition.parameter);
            let text = |json: &Json| match parent {
                Some(parent) => Ok(parent.format(&parent.from_json(json)?)),
                None => Ok(String::new()),
            };
            let texts = condition.one_of.iter().map(text).collect::<Result<Vec<_>, Error>>()?;
            parameter = parameter.when(condition.parameter, texts);
        }
        Ok(parameter)
    }
}

impl DescribedConstraint {
    fn declare(self) -> Option<Constraint> {
        Some(match self.rule? {
            Rule::SumAtMost(limit) => Constraint::sum_at_most(&self.name, self.parameters, limit),
            Rule::ProductAtMost(limit) => Constraint::product_at_most(&self.name, self.parameters, limit),
        })
    }
}
