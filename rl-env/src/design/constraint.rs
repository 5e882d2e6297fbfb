//! Constraints: which combinations of values may not be built.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Value;

type Admits = Arc<dyn Fn(&[Option<&Value>]) -> bool + Send + Sync>;

/// A rule that can be told to programs in other languages.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Rule {
    /// See [`Constraint::sum_at_most`].
    SumAtMost(f64),
    /// See [`Constraint::product_at_most`].
    ProductAtMost(f64),
}

/// A named rule over some parameters.
///
/// The rule sees its parameters' values in the order named, `None` for one that is not chosen yet or is inactive,
/// and answers whether the design may still be legal. With all values chosen the answer is exact. Because the
/// rule is asked with partial designs too, sequential environments mask choices that cannot lead anywhere.
#[derive(Clone, Serialize)]
pub struct Constraint {
    /// Short kebab-case name: the reason code of designs that break it.
    pub name: String,
    /// What the rule says, for people.
    pub doc: String,
    /// Names of the parameters it reads.
    pub parameters: Vec<String>,
    /// The rule as data, if it is one of the usual.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    rule: Option<Rule>,
    #[serde(skip)]
    pub(crate) indices: Vec<usize>,
    #[serde(skip)]
    admits: Admits,
}

impl fmt::Debug for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Constraint").field("name", &self.name).field("parameters", &self.parameters).finish()
    }
}

impl Constraint {
    /// A rule of its own that also judges partial designs.
    pub fn partial<S: Into<String>>(
        name: &str,
        doc: &str,
        parameters: impl IntoIterator<Item = S>,
        admits: impl Fn(&[Option<&Value>]) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.to_owned(),
            doc: doc.to_owned(),
            parameters: parameters.into_iter().map(Into::into).collect(),
            rule: None,
            indices: Vec::new(),
            admits: Arc::new(admits),
        }
    }

    /// A rule judged once all its parameters are chosen; it does not apply while one of them is inactive.
    pub fn new<S: Into<String>>(
        name: &str,
        doc: &str,
        parameters: impl IntoIterator<Item = S>,
        holds: impl Fn(&[&Value]) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::partial(name, doc, parameters, move |values| {
            values.iter().copied().collect::<Option<Vec<_>>>().is_none_or(|all| holds(&all))
        })
    }

    /// The sum of the (non-negative) numeric parameters must not exceed `limit`.
    pub fn sum_at_most<S: Into<String>>(
        name: &str,
        parameters: impl IntoIterator<Item = S>,
        limit: f64,
    ) -> Self {
        let rule = move |values: &[Option<&Value>]| numbers(values).sum::<f64>() <= limit;
        let built = Self::partial(name, &format!("sum at most {limit}"), parameters, rule);
        Self { rule: Some(Rule::SumAtMost(limit)), ..built }
    }

    /// The product of the numeric parameters (each at least 1) must not exceed `limit`.
    pub fn product_at_most<S: Into<String>>(
        name: &str,
        parameters: impl IntoIterator<Item = S>,
        limit: f64,
    ) -> Self {
        let rule = move |values: &[Option<&Value>]| numbers(values).product::<f64>() <= limit;
        let built = Self::partial(name, &format!("product at most {limit}"), parameters, rule);
        Self { rule: Some(Rule::ProductAtMost(limit)), ..built }
    }

    /// Whether a design whose values so far are `chosen` may still be legal.
    pub(crate) fn admits(&self, chosen: &[Value]) -> bool {
        let view = |index: &usize| chosen.get(*index).filter(|value| **value != Value::Inactive);
        let values: Vec<_> = self.indices.iter().map(view).collect();
        (self.admits)(&values)
    }
}

fn numbers<'a>(values: &'a [Option<&'a Value>]) -> impl Iterator<Item = f64> + 'a {
    values.iter().filter_map(|value| value.and_then(Value::number))
}
