//! The rules of problems and their objectives.

mod declaration;
mod outcome;
mod reward;

use reward::Judge;

use super::designs::assorted;
use super::report::{Failures, Report};
use super::rule::{Rule, Ruling, guarded, judge};
use crate::design::Design;
use crate::objective::Objective;
use crate::problem::{Outcome, Problem};

/// A problem under test with what is made of its metrics.
pub struct ProblemSubject<'a> {
    problem: &'a dyn Problem,
    judges: Vec<(String, Judge)>,
}

/// A rule of problems.
pub type ProblemRule = Rule<fn(&ProblemSubject<'_>) -> Ruling>;

/// Every rule of problems.
pub static PROBLEM_RULES: &[ProblemRule] = &[
    ProblemRule {
        name: "space",
        doc: "parameters are snake_case, constraints kebab-case and documented, and leave designs to try",
        needs: &[],
        check: declaration::space,
    },
    ProblemRule {
        name: "metrics",
        doc: "metrics are unique snake_case names that end in their unit, each documented",
        needs: &[],
        check: declaration::metrics,
    },
    ProblemRule {
        name: "text",
        doc: "every design survives being written as text and read again later",
        needs: &[],
        check: declaration::text,
    },
    ProblemRule {
        name: "constraint-masks",
        doc: "decisions that the masks allow lead to legal designs, and every legal design can be decided",
        needs: &[],
        check: declaration::constraint_masks,
    },
    ProblemRule {
        name: "fuzz",
        doc: "1024 legal designs, with each parameter at both ends, give outcomes",
        needs: &[],
        check: outcome::fuzz,
    },
    ProblemRule {
        name: "outcomes",
        doc: "a feasible outcome has one finite value a metric",
        needs: &[],
        check: outcome::outcomes,
    },
    ProblemRule {
        name: "infeasible",
        doc: "an infeasible outcome has a kebab-case reason and one line of detail",
        needs: &[],
        check: outcome::infeasible,
    },
    ProblemRule {
        name: "purity",
        doc: "the same design gives the same outcome, again and in any order",
        needs: &[],
        check: outcome::purity,
    },
    ProblemRule {
        name: "threads",
        doc: "the same design gives the same outcome on many threads at once",
        needs: &["purity"],
        check: outcome::threads,
    },
    ProblemRule {
        name: "canonical",
        doc: "the canonical design is legal, its own canonical form, and gives the same outcome",
        needs: &["constraint-masks", "purity"],
        check: outcome::canonical,
    },
    ProblemRule {
        name: "objectives",
        doc: "every objective binds to the metrics and gives finite rewards",
        needs: &[],
        check: reward::objectives,
    },
    ProblemRule {
        name: "monotone",
        doc: "improving a metric never lowers a reward",
        needs: &[],
        check: reward::monotone,
    },
];

/// Checks a problem and its named objectives by all [`PROBLEM_RULES`].
///
/// # Errors
/// The report if a rule is broken.
pub fn check_problem(problem: &dyn Problem, objectives: &[(&str, Objective)]) -> Result<Report, Failures> {
    let named =
        |(name, objective): &(&str, Objective)| ((*name).to_owned(), Judge::of(objective, problem.metrics()));
    let subject = ProblemSubject { problem, judges: objectives.iter().map(named).collect() };
    check_subject(&subject)
}

fn check_subject(subject: &ProblemSubject<'_>) -> Result<Report, Failures> {
    judge("problem", PROBLEM_RULES, |check| check(subject)).into_result()
}

/// A digest of outcomes: equal in every process, on every machine, for a problem that is deterministic.
pub fn fingerprint_problem(problem: &dyn Problem) -> String {
    let mut hasher = blake3::Hasher::new();
    for design in assorted(problem.space(), 256) {
        let outcome = guarded(|| problem.evaluate(&design));
        hasher.update(format!("{design:?} {outcome:?}\n").as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

impl ProblemSubject<'_> {
    /// Designs with their outcomes. Panics are left to the rule `fuzz`.
    fn trials(&self, count: usize) -> Vec<(Design, Outcome)> {
        let evaluated = |design: Design| {
            let outcome = guarded(|| self.problem.evaluate(&design)).ok()?;
            Some((design, outcome))
        };
        assorted(self.problem.space(), count).into_iter().filter_map(evaluated).collect()
    }

    fn describe(&self, design: &Design) -> String {
        format!("evaluate {}", self.problem.space().describe(design))
    }
}

#[cfg(test)]
mod tests;
