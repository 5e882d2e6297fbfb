//! Conditions: when a parameter matters.

use serde::Serialize;

use super::Value;

/// A parameter is active while an earlier parameter has one of the listed values.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Condition {
    /// Name of the earlier parameter.
    pub parameter: String,
    /// The values, as text in the parameter's own notation, under which this one matters.
    pub one_of: Vec<String>,
    /// Resolved on construction of the space: index of the parameter and parsed values.
    #[serde(skip)]
    pub(crate) resolved: Option<(usize, Vec<Value>)>,
}

impl Condition {
    /// Active while `parameter` is one of `values`.
    pub fn new<S: Into<String>>(parameter: impl Into<String>, values: impl IntoIterator<Item = S>) -> Self {
        let one_of = values.into_iter().map(Into::into).collect();
        Self { parameter: parameter.into(), one_of, resolved: None }
    }

    /// Whether the condition holds given the values of the earlier parameters.
    pub(crate) fn holds(&self, earlier: &[Value]) -> bool {
        match &self.resolved {
            Some((index, values)) => earlier.get(*index).is_some_and(|value| values.contains(value)),
            None => true,
        }
    }
}
