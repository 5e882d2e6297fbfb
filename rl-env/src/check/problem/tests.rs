use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Judge, check_subject};
use crate::check::tests::{assert_all_have_flaws, assert_caught_by};
use crate::check::{PROBLEM_RULES, ProblemSubject, Verdict, check_problem, fingerprint_problem};
use crate::design::{Constraint, Design, DesignSpace, Parameter, Value};
use crate::objective::{Axis, Direction, Objective, Weight};
use crate::problem::{Metric, Outcome, Problem};

#[derive(Debug, Clone, Copy, PartialEq)]
enum Flaw {
    None,
    ShoutingParameter,
    UnnamedConstraint,
    NothingLegal,
    NoUnitInName,
    MetricTwice,
    CamelMetric,
    UndocumentedMetric,
    RenamesOption,
    ProductWithZero,
    StatefulConstraint,
    PanicsAtTheEnd,
    OneMetricMore,
    NanAtTheEnd,
    ReasonInProse,
    DetailOfTwoLines,
    CountsCalls,
    ThreadNumber,
    CanonicalIsAnother,
    CanonicalWanders,
    CanonicalLeaves,
    UnknownMetric,
    WrongSign,
}

const FLAWS: &[(&str, Flaw)] = &[
    ("space", Flaw::ShoutingParameter),
    ("space", Flaw::UnnamedConstraint),
    ("space", Flaw::NothingLegal),
    ("metrics", Flaw::NoUnitInName),
    ("metrics", Flaw::MetricTwice),
    ("metrics", Flaw::CamelMetric),
    ("metrics", Flaw::UndocumentedMetric),
    ("text", Flaw::RenamesOption),
    ("constraint-masks", Flaw::ProductWithZero),
    ("constraint-masks", Flaw::StatefulConstraint),
    ("fuzz", Flaw::PanicsAtTheEnd),
    ("outcomes", Flaw::OneMetricMore),
    ("outcomes", Flaw::NanAtTheEnd),
    ("infeasible", Flaw::ReasonInProse),
    ("infeasible", Flaw::DetailOfTwoLines),
    ("purity", Flaw::CountsCalls),
    ("threads", Flaw::ThreadNumber),
    ("canonical", Flaw::CanonicalIsAnother),
    ("canonical", Flaw::CanonicalWanders),
    ("canonical", Flaw::CanonicalLeaves),
    ("objectives", Flaw::UnknownMetric),
    ("monotone", Flaw::WrongSign),
];

/// A memory of banks and rows; `spare` is dead while there is one bank.
struct Memory {
    flaw: Flaw,
    space: DesignSpace,
    renamed: DesignSpace,
    metrics: Vec<Metric>,
    calls: AtomicU64,
}

const POLICY: usize = 0;
const BANKS: usize = 1;
const ROWS: usize = 2;
const SPARE: usize = 3;
const VOLTAGE: usize = 4;
const DEPTH: usize = 5;

impl Memory {
    fn new(flaw: Flaw) -> Self {
        Self {
            flaw,
            space: space(flaw, "open").unwrap(),
            renamed: space(flaw, "opened").unwrap(),
            metrics: metrics(flaw),
            calls: AtomicU64::new(0),
        }
    }

    fn is(&self, flaw: Flaw) -> bool {
        self.flaw == flaw
    }

    fn feasible(&self, design: &Design) -> Outcome {
        let size = (design.integer(BANKS) * design.integer(ROWS)) as f64;
        let spare = if design.integer(BANKS) > 1 { design.integer(SPARE) as f64 } else { 0.0 };
        let mut metrics = vec![size + spare, 1e3 / design.real(VOLTAGE) + design.choice(POLICY) as f64];
        if self.is(Flaw::OneMetricMore) {
            metrics.push(0.0);
        }
        if self.is(Flaw::NanAtTheEnd) && design.real(VOLTAGE) == 1.2 {
            metrics[1] = f64::NAN;
        }
        if self.is(Flaw::CountsCalls) {
            metrics[0] += self.calls.fetch_add(1, Ordering::Relaxed) as f64;
        }
        if self.is(Flaw::ThreadNumber) && std::thread::current().name().is_none() {
            metrics[0] += 1.0;
        }
        Outcome::Feasible(metrics.into())
    }
}

fn space(flaw: Flaw, open: &str) -> Result<DesignSpace, crate::Error> {
    let least = i64::from(flaw != Flaw::ProductWithZero);
    let size = if flaw == Flaw::NothingLegal { 0.5 } else { 300.0 };
    let space = DesignSpace::new(vec![
        Parameter::choice("policy", [open, "closed"]),
        Parameter::integer("banks", 1, 16),
        Parameter::integer(if flaw == Flaw::ShoutingParameter { "ROWS" } else { "rows" }, 1, 64),
        Parameter::integer("spare", 0, 3),
        Parameter::real("voltage", 0.8, 1.2).unit("V"),
        Parameter::integer("depth", least, 400).when("policy", ["closed"]),
    ]);
    let rows = if flaw == Flaw::ShoutingParameter { "ROWS" } else { "rows" };
    let name = if flaw == Flaw::UnnamedConstraint { "too--large-" } else { "too-large" };
    let space = space?.constrain(Constraint::product_at_most(name, ["banks", rows], size))?;
    let depth = if flaw == Flaw::ProductWithZero { 10.0 } else { 2000.0 };
    let space = space.constrain(Constraint::product_at_most("too-deep", ["banks", "depth"], depth))?;
    if flaw != Flaw::StatefulConstraint {
        return Ok(space);
    }
    let calls = AtomicU64::new(0);
    space.constrain(Constraint::partial("fickle", "by turns", ["voltage"], move |values| {
        values[0].is_none() || !calls.fetch_add(1, Ordering::Relaxed).is_multiple_of(100)
    }))
}

fn metrics(flaw: Flaw) -> Vec<Metric> {
    let area = match flaw {
        Flaw::NoUnitInName => "area",
        Flaw::CamelMetric => "areaMm2",
        _ => "area_mm2",
    };
    let doc = if flaw == Flaw::UndocumentedMetric { "" } else { "Silicon area." };
    let unit = if flaw == Flaw::CamelMetric { "" } else { "mm²" };
    let twice = flaw == Flaw::MetricTwice;
    let second = if twice {
        Metric::new("area_mm2", "mm²", "Again.")
    } else {
        Metric::new("latency_ns", "ns", "Time.")
    };
    vec![Metric::new(area, unit, doc), second]
}

impl Problem for Memory {
    fn space(&self) -> &DesignSpace {
        if self.is(Flaw::RenamesOption) && self.calls.fetch_add(1, Ordering::Relaxed) % 2 == 1 {
            return &self.renamed;
        }
        &self.space
    }

    fn metrics(&self) -> &[Metric] {
        &self.metrics
    }

    fn evaluate(&self, design: &Design) -> Outcome {
        assert!(!self.is(Flaw::PanicsAtTheEnd) || design.real(VOLTAGE) < 1.2, "too hot");
        if design.integer(ROWS) < 4 {
            let rows = design.integer(ROWS);
            return match self.flaw {
                Flaw::ReasonInProse => Outcome::infeasible("Too few rows!", "rows"),
                Flaw::DetailOfTwoLines => Outcome::infeasible("too-few-rows", "rows\nare few"),
                _ => Outcome::infeasible("too-few-rows", format!("{rows} rows, at least 4 are needed")),
            };
        }
        self.feasible(design)
    }

    fn canonical<'a>(&self, design: &'a Design) -> Cow<'a, Design> {
        let mut canonical = design.clone();
        if self.is(Flaw::CanonicalIsAnother) {
            canonical.0[VOLTAGE] = Value::Real(1.0);
        }
        if design.integer(BANKS) == 1 {
            canonical.0[SPARE] = Value::Integer(match self.flaw {
                Flaw::CanonicalWanders => (design.integer(SPARE) + 1) % 4,
                Flaw::CanonicalLeaves => -1,
                _ => 0,
            });
        }
        debug_assert!(canonical.0.len() > DEPTH);
        Cow::Owned(canonical)
    }
}

fn objectives(flaw: Flaw) -> Vec<(&'static str, Objective)> {
    let area = metrics(flaw)[0].name.to_string();
    let axis = |metric: &str, reference| Axis {
        metric: metric.to_owned(),
        direction: Direction::Minimise,
        reference,
        ideal: 0.0,
    };
    let term = |metric: &str, weight| Weight { metric: metric.to_owned(), weight };
    let unknown = flaw == Flaw::UnknownMetric;
    let mut all = vec![
        ("area", Objective::minimise(if unknown { "aera_mm2" } else { &area })),
        ("large", Objective::maximise(&area)),
    ];
    if flaw != Flaw::MetricTwice {
        all.push(("both", Objective::Product { terms: vec![term(&area, 1.0), term("latency_ns", 2.0)] }));
        all.push(("front", Objective::Pareto { axes: vec![axis(&area, 300.0), axis("latency_ns", 2e3)] }));
    }
    all
}

fn check(flaw: Flaw) -> Result<crate::check::Report, crate::check::Failures> {
    let memory = Memory::new(flaw);
    if flaw != Flaw::WrongSign {
        return check_problem(&memory, &objectives(flaw));
    }
    // No objective of ours is wrong; this one claims that a smaller area is better and rewards a larger one.
    let judge = Judge {
        score: Ok(Box::new(|metrics: &[f64]| (metrics[0], Vec::new()))),
        improves: vec![Some(Direction::Minimise), None],
    };
    check_subject(&ProblemSubject { problem: &memory, judges: vec![("wrong".to_owned(), judge)] })
}

#[test]
fn a_sound_problem_passes_every_rule() {
    let report = check(Flaw::None).unwrap_or_else(|failures| panic!("{failures}"));
    let passed = |finding: &crate::check::Finding| matches!(finding.verdict, Verdict::Pass(_));
    assert!(report.findings.iter().all(passed), "{report}");
}

#[test]
fn each_flaw_is_caught_by_its_rule_alone() {
    for (rule, flaw) in FLAWS {
        assert_caught_by(rule, flaw, check(*flaw));
    }
}

#[test]
fn every_rule_has_a_flaw() {
    assert_all_have_flaws(PROBLEM_RULES.iter().map(|rule| rule.name), FLAWS.iter().map(|(rule, _)| *rule));
}

#[test]
fn units_are_spelt_in_letters() {
    let passes = |name: &'static str, unit: &'static str| {
        let memory =
            Memory { metrics: vec![Metric::new(name, unit, "What it is.")], ..Memory::new(Flaw::None) };
        let report = check_problem(&memory, &[]).unwrap_or_else(|failures| failures.0);
        matches!(report.verdict("metrics"), Some(Verdict::Pass(_)))
    };
    for (name, unit) in [
        ("bandwidth_gb_per_s", "GB/s"),
        ("bandwidth_gbps", "GB/s"),
        ("bandwidth_gb_s", "GB/s"),
        ("cycles", "cycles"),
        ("total_cycles", "cycles"),
        ("area_um2", "µm²"),
        ("utilisation_percent", "%"),
        ("edp", ""),
    ] {
        assert!(passes(name, unit), "{name} in {unit}");
    }
    for (name, unit) in [("latency", "ns"), ("trans", "ns"), ("latency_ms", "s"), ("ns_latency", "ns")] {
        assert!(!passes(name, unit), "{name} in {unit}");
    }
}

#[test]
fn fingerprints_tell_problems_apart() {
    let print = |flaw| fingerprint_problem(&Memory::new(flaw));
    assert_eq!(print(Flaw::None), print(Flaw::None));
    assert_ne!(print(Flaw::None), print(Flaw::NanAtTheEnd));
}
