//! What the tests of the rules share: for every rule something broken that this rule catches, and no other.

use std::collections::BTreeSet;

use super::{Failures, Report};

/// Asserts that exactly one rule is broken.
pub(super) fn assert_caught_by(rule: &str, flaw: &dyn std::fmt::Debug, result: Result<Report, Failures>) {
    match result {
        Ok(report) => panic!("{flaw:?} passed, `{rule}` should have caught it:\n{report}"),
        Err(failures) => assert_eq!(failures.rules(), [rule], "{flaw:?}:\n{failures}"),
    }
}

/// Asserts that the names of rules are kebab-case and unique, and that each has something broken.
pub(super) fn assert_all_have_flaws<'a>(
    rules: impl IntoIterator<Item = &'a str>,
    flawed: impl IntoIterator<Item = &'a str>,
) {
    let rules: Vec<&str> = rules.into_iter().collect();
    let unique: BTreeSet<&str> = rules.iter().copied().collect();
    assert_eq!(unique.len(), rules.len(), "a name is there twice: {rules:?}");
    assert!(rules.iter().all(|name| super::rule::is_joined_by(name, '-')), "{rules:?}");
    assert_eq!(unique, flawed.into_iter().collect(), "every rule needs something broken, and only rules do");
}
