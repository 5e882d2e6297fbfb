//! What a check found: one verdict a rule, readable by people.

use std::fmt;

use serde::Serialize;

/// How a rule was broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// What happened.
    pub seen: String,
    /// What should have happened.
    pub expected: String,
    /// The seed and the calls that show it again.
    pub reproduce: String,
}

/// What a rule says of the thing checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The rule holds; sometimes there is something to know besides.
    Pass(Option<String>),
    /// The rule does not apply, and why.
    Skip(String),
    /// The rule is broken.
    Fail(Failure),
}

/// The verdict of one rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Name of the rule.
    pub rule: &'static str,
    /// What the rule asks for.
    pub doc: &'static str,
    /// The verdict.
    pub verdict: Verdict,
}

/// The verdicts of all rules, in the order of their table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// What was checked.
    pub subject: String,
    /// One verdict a rule.
    pub findings: Vec<Finding>,
}

/// A [`Report`] in which at least one rule is broken; shows the broken ones only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failures(pub Report);

impl Report {
    /// The broken rules.
    pub fn failures(&self) -> impl Iterator<Item = (&'static str, &Failure)> {
        self.findings.iter().filter_map(|finding| match &finding.verdict {
            Verdict::Fail(failure) => Some((finding.rule, failure)),
            _ => None,
        })
    }

    /// Whether no rule is broken.
    pub fn passed(&self) -> bool {
        self.failures().next().is_none()
    }

    /// The verdict of the rule called `rule`.
    pub fn verdict(&self, rule: &str) -> Option<&Verdict> {
        self.findings.iter().find(|finding| finding.rule == rule).map(|finding| &finding.verdict)
    }

    /// Puts a name to what was checked.
    #[must_use]
    pub fn of(mut self, subject: impl Into<String>) -> Self {
        self.subject = subject.into();
        self
    }

    /// The report itself if no rule is broken.
    ///
    /// # Errors
    /// The same report otherwise.
    pub fn into_result(self) -> Result<Self, Failures> {
        if self.passed() { Ok(self) } else { Err(Failures(self)) }
    }

    fn count(&self, is: fn(&Verdict) -> bool) -> usize {
        self.findings.iter().filter(|finding| is(&finding.verdict)).count()
    }
}

impl Failures {
    /// Names of the broken rules.
    pub fn rules(&self) -> Vec<&'static str> {
        self.0.failures().map(|(rule, _)| rule).collect()
    }

    /// Puts a name to what was checked.
    #[must_use]
    pub fn of(self, subject: impl Into<String>) -> Self {
        Self(self.0.of(subject))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |f: &mut fmt::Formatter<'_>, mark: &str, text: &str| {
            writeln!(f, "  {mark} {:<18} {text}", self.rule)
        };
        match &self.verdict {
            Verdict::Pass(None) => line(f, "pass", self.doc),
            Verdict::Pass(Some(note)) => line(f, "pass", &format!("{} ({note})", self.doc)),
            Verdict::Skip(reason) => line(f, "skip", reason),
            Verdict::Fail(failure) => {
                line(f, "FAIL", self.doc)?;
                writeln!(f, "       seen      {}", failure.seen)?;
                writeln!(f, "       expected  {}", failure.expected)?;
                writeln!(f, "       reproduce {}", failure.reproduce)
            }
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [passed, skipped, failed] = [
            self.count(|verdict| matches!(verdict, Verdict::Pass(_))),
            self.count(|verdict| matches!(verdict, Verdict::Skip(_))),
            self.count(|verdict| matches!(verdict, Verdict::Fail(_))),
        ];
        writeln!(f, "{}: {passed} passed, {skipped} skipped, {failed} failed", self.subject)?;
        self.findings.iter().try_for_each(|finding| finding.fmt(f))
    }
}

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let broken = |finding: &&Finding| matches!(finding.verdict, Verdict::Fail(_));
        let failed = self.0.findings.iter().filter(broken);
        writeln!(
            f,
            "{}: {} of {} rules broken",
            self.0.subject,
            failed.clone().count(),
            self.0.findings.len()
        )?;
        failed.into_iter().try_for_each(|finding| finding.fmt(f))
    }
}

impl std::error::Error for Failures {}
