//! Rules: named checks in a table, run one by one, whatever the thing checked does.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::report::{Failure, Finding, Report, Verdict};

/// What a rule returns: `Ok` with a note or none if it holds, the verdict otherwise.
pub(super) type Ruling = Result<Option<String>, Verdict>;

/// One rule of a table; `F` is the function that judges.
#[derive(Debug, Clone, Copy)]
pub struct Rule<F> {
    /// kebab-case name.
    pub name: &'static str,
    /// What the rule asks for, in one sentence.
    pub doc: &'static str,
    /// Earlier rules without which this one says nothing; it is skipped where one of them is broken.
    pub needs: &'static [&'static str],
    pub(super) check: F,
}

/// Longest text of a value in a message.
const LONGEST: usize = 400;

/// Judges by every rule of a table.
pub(super) fn judge<F: Copy>(subject: &str, rules: &[Rule<F>], judge: impl Fn(F) -> Ruling) -> Report {
    let mut report = Report { subject: subject.to_owned(), findings: Vec::with_capacity(rules.len()) };
    for rule in rules {
        let broken = |needed: &&&str| matches!(report.verdict(needed), Some(Verdict::Fail(_)));
        let verdict = match rule.needs.iter().find(broken) {
            Some(needed) => skip(format!("says nothing while `{needed}` is broken")),
            None => verdict(rule.name, || judge(rule.check)),
        };
        report.findings.push(Finding { rule: rule.name, doc: rule.doc, verdict });
    }
    report
}

fn verdict(rule: &str, judge: impl FnOnce() -> Ruling) -> Verdict {
    match guarded(judge) {
        Ok(Ok(note)) => Verdict::Pass(note),
        Ok(Err(verdict)) => verdict,
        Err(panic) => fail(panic, "no panic", format!("run the rule `{rule}` alone")),
    }
}

/// The rule is broken.
pub(super) fn fail(
    seen: impl Into<String>,
    expected: impl Into<String>,
    reproduce: impl Into<String>,
) -> Verdict {
    Verdict::Fail(Failure {
        seen: shortened(seen.into()),
        expected: shortened(expected.into()),
        reproduce: shortened(reproduce.into()),
    })
}

/// The rule does not apply.
pub(super) fn skip(reason: impl Into<String>) -> Verdict {
    Verdict::Skip(reason.into())
}

/// Calls foreign code; a panic becomes a message.
pub(super) fn guarded<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|payload| panic_text(&*payload))
}

/// Runs foreign code on a thread of its own; a panic becomes a message.
pub(super) fn elsewhere<T: Send>(call: impl FnOnce() -> T + Send) -> Result<T, String> {
    std::thread::scope(|scope| scope.spawn(call).join()).map_err(|payload| panic_text(&*payload))
}

fn panic_text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    format!("panic: {}", text.unwrap_or("without a message"))
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
        None => text,
    }
}

/// Fails at the first place where two records of what should be the same differ.
pub(super) fn same(what: &str, expected: &[String], seen: &[String], reproduce: &str) -> Result<(), Verdict> {
    let none = "nothing".to_owned();
    let length = expected.len().max(seen.len());
    let at = |record: &[String], i: usize| record.get(i).unwrap_or(&none).clone();
    match (0..length).find(|i| expected.get(*i) != seen.get(*i)) {
        None => Ok(()),
        Some(i) => Err(fail(
            format!("{what} {i}: {}", differing(&at(seen, i), &at(expected, i))),
            differing(&at(expected, i), &at(seen, i)),
            reproduce,
        )),
    }
}

/// A long text from shortly before the place where it differs from another.
fn differing(text: &str, other: &str) -> String {
    let same = text.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    if same < LONGEST / 2 {
        return text.to_owned();
    }
    format!("…{}", text.chars().skip(same - 60).collect::<String>())
}

/// Lower-case words of letters and digits joined by single `joint`s, the first starting with a letter.
pub(super) fn is_joined_by(name: &str, joint: char) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.split(joint).all(|word| {
            !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        })
}
