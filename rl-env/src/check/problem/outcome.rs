//! What a problem answers: well-formed, and always the same.

use super::ProblemSubject;
use crate::check::designs::assorted;
use crate::check::report::Verdict;
use crate::check::rule::{Ruling, fail, guarded, is_joined_by, skip};
use crate::design::Design;
use crate::problem::Outcome;

/// Designs of the rules that look at single outcomes.
const MANY: usize = 1024;

/// Designs of the rules that compare outcomes.
const SOME: usize = 128;

const THREADS: usize = 4;

pub(super) fn fuzz(subject: &ProblemSubject<'_>) -> Ruling {
    for design in assorted(subject.problem.space(), MANY) {
        let evaluated = guarded(|| subject.problem.evaluate(&design));
        evaluated.map_err(|panic| fail(panic, "an outcome", subject.describe(&design)))?;
    }
    Ok(None)
}

pub(super) fn outcomes(subject: &ProblemSubject<'_>) -> Ruling {
    let names = subject.problem.metrics();
    for (design, outcome) in subject.trials(MANY) {
        let Outcome::Feasible(metrics) = &outcome else { continue };
        if metrics.len() != names.len() {
            let expected = format!("{}, one value a metric", names.len());
            return Err(fail(format!("{} values", metrics.len()), expected, subject.describe(&design)));
        }
        if let Some(i) = metrics.iter().position(|value| !value.is_finite()) {
            let seen = format!("{} is {}", names[i].name, metrics[i]);
            return Err(fail(seen, "a finite value, or an infeasible outcome", subject.describe(&design)));
        }
    }
    Ok(None)
}

pub(super) fn infeasible(subject: &ProblemSubject<'_>) -> Ruling {
    let (mut count, trials) = (0, subject.trials(MANY));
    for (design, outcome) in &trials {
        let Outcome::Infeasible { reason, detail } = outcome else { continue };
        count += 1;
        if !is_joined_by(reason, '-') || detail.trim().is_empty() || detail.contains(['\n', '\r']) {
            let seen = format!("reason {reason:?}, detail {detail:?}");
            let expected = "a kebab-case reason and one line of detail";
            return Err(fail(seen, expected, subject.describe(design)));
        }
    }
    match count {
        0 => Err(skip("every design tried is feasible")),
        _ => Ok(Some(format!("{count} of {} designs are infeasible", trials.len()))),
    }
}

/// Twice in a row, then all of them backwards.
pub(super) fn purity(subject: &ProblemSubject<'_>) -> Ruling {
    let designs = assorted(subject.problem.space(), SOME);
    let first: Vec<[String; 2]> =
        designs.iter().map(|design| [written(subject, design), written(subject, design)]).collect();
    for (design, [once, twice]) in designs.iter().zip(&first).rev() {
        compare(subject, design, once, twice, "twice in a row")?;
        compare(subject, design, once, &written(subject, design), "again after others")?;
    }
    Ok(None)
}

pub(super) fn threads(subject: &ProblemSubject<'_>) -> Ruling {
    let designs = assorted(subject.problem.space(), SOME);
    let here: Vec<_> = designs.iter().map(|design| written(subject, design)).collect();
    let problem = subject.problem;
    let one = || designs.iter().map(|design| outcome(problem, design)).collect::<Vec<_>>();
    let there: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..THREADS).map(|_| scope.spawn(one)).collect();
        running.into_iter().map(|thread| thread.join().unwrap_or_default()).collect()
    });
    for outcomes in there {
        for (i, design) in designs.iter().enumerate() {
            let seen = outcomes.get(i).map_or("nothing", String::as_str);
            compare(subject, design, &here[i], seen, &format!("on {THREADS} threads at once"))?;
        }
    }
    Ok(None)
}

pub(super) fn canonical(subject: &ProblemSubject<'_>) -> Ruling {
    let space = subject.problem.space();
    let form = |design: &Design| guarded(|| subject.problem.canonical(design).into_owned());
    for design in assorted(space, SOME) {
        let calls = format!("canonical, {}", subject.describe(&design));
        let canonical = form(&design).map_err(|panic| fail(panic, "a design", &*calls))?;
        if !space.contains(&canonical) {
            return Err(fail(format!("{canonical:?}"), "a legal design of the space", calls));
        }
        let again = form(&canonical).map_err(|panic| fail(panic, "a design", &*calls))?;
        if again != canonical {
            return Err(fail(
                format!("{again:?}"),
                format!("{canonical:?} is its own canonical form"),
                calls,
            ));
        }
        if canonical != design {
            let (expected, seen) = (written(subject, &design), written(subject, &canonical));
            compare(subject, &canonical, &expected, &seen, "instead of the design it stands for")?;
        }
    }
    Ok(None)
}

fn written(subject: &ProblemSubject<'_>, design: &Design) -> String {
    outcome(subject.problem, design)
}

/// Every bit counts; panics are part of the record.
fn outcome(problem: &dyn crate::problem::Problem, design: &Design) -> String {
    guarded(|| problem.evaluate(design)).map_or_else(|panic| panic, |outcome| format!("{outcome:?}"))
}

fn compare(
    subject: &ProblemSubject<'_>,
    design: &Design,
    expected: &str,
    seen: &str,
    when: &str,
) -> Result<(), Verdict> {
    if seen == expected {
        return Ok(());
    }
    Err(fail(seen, expected, format!("{} {when}", subject.describe(design))))
}
