//! What a problem declares: its space, metrics and constraints.

use super::ProblemSubject;
use crate::check::designs::{assorted, draw, edges};
use crate::check::rule::{Ruling, fail, is_joined_by, skip};
use crate::design::{Design, DesignSpace};
use crate::problem::Metric;
use crate::seed::{Rng, Seed};

/// Designs tried.
const DESIGNS: usize = 256;

pub(super) fn space(subject: &ProblemSubject<'_>) -> Ruling {
    let space = subject.problem.space();
    for parameter in space.parameters() {
        if !is_joined_by(&parameter.name, '_') {
            return Err(fail(format!("parameter `{}`", parameter.name), "a snake_case name", "space()"));
        }
    }
    for constraint in space.constraints() {
        if !is_joined_by(&constraint.name, '-') || constraint.doc.trim().is_empty() {
            let seen = format!("constraint `{}`, doc {:?}", constraint.name, constraint.doc);
            return Err(fail(
                seen,
                "a kebab-case name and a sentence: they become reason and detail",
                "space()",
            ));
        }
    }
    let mut rng = stream();
    if !(0..DESIGNS).any(|_| space.contains(&space.sample(&mut rng))) {
        let seen = format!("none of {DESIGNS} samples satisfies the constraints");
        return Err(fail(seen, "a design to try", "space().sample()"));
    }
    let silent: Vec<&str> =
        space.parameters().iter().filter(|p| p.doc.is_empty()).map(|p| p.name.as_str()).collect();
    Ok((!silent.is_empty()).then(|| format!("without a doc: {}", silent.join(", "))))
}

pub(super) fn metrics(subject: &ProblemSubject<'_>) -> Ruling {
    let metrics = subject.problem.metrics();
    if metrics.is_empty() {
        return Err(fail("no metric", "at least one", "metrics()"));
    }
    for (i, metric) in metrics.iter().enumerate() {
        let defect = match () {
            () if !is_joined_by(&metric.name, '_') => "a snake_case name",
            () if metrics[..i].iter().any(|other| other.name == metric.name) => "each name once",
            () if !names_its_unit(metric) => "a name that ends in its unit, such as `latency_ns`",
            () if metric.doc.trim().is_empty() => "a doc that says what it measures",
            () => continue,
        };
        let seen = format!("metric `{}` in {:?}, doc {:?}", metric.name, metric.unit, metric.doc);
        return Err(fail(seen, defect, "metrics()"));
    }
    Ok(None)
}

/// Whether the name ends in the unit spelt in letters: `area_um2` in µm², `bandwidth_gb_per_s` or `bandwidth_gb_s`
/// or `bandwidth_gbps` in GB/s, `cycles` in cycles.
fn names_its_unit(metric: &Metric) -> bool {
    let spelt = |per: &str| {
        let mut letters = String::new();
        for c in metric.unit.to_lowercase().chars() {
            match c {
                'µ' | 'μ' => letters.push('u'),
                '²' => letters.push('2'),
                '³' => letters.push('3'),
                '%' => letters.push_str("percent"),
                '/' => letters.push_str(per),
                ' ' | '·' | '*' => letters.push('_'),
                c if c.is_ascii_alphanumeric() => letters.push(c),
                _ => {}
            }
        }
        letters
    };
    metric.unit.is_empty()
        || ["_per_", "_", "p", ""].into_iter().map(spelt).any(|unit| {
            metric.name.strip_suffix(unit.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('_'))
        })
}

pub(super) fn text(subject: &ProblemSubject<'_>) -> Ruling {
    let space = subject.problem.space();
    for design in assorted(space, DESIGNS) {
        let cells = space.format(&design);
        // The space is asked for again: a file may be read much later.
        let again = subject.problem.space().parse(cells.iter().map(String::as_str));
        if again.as_ref() != Ok(&design) {
            return Err(fail(
                format!("{cells:?} reads as {again:?}"),
                format!("{design:?}"),
                "format, then parse",
            ));
        }
        let json = serde_json::to_string(&design).and_then(|text| serde_json::from_str::<Design>(&text));
        if !json.as_ref().is_ok_and(|again| *again == design) {
            return Err(fail(format!("{json:?}"), format!("{design:?}"), "write as JSON and read again"));
        }
    }
    Ok(None)
}

pub(super) fn constraint_masks(subject: &ProblemSubject<'_>) -> Ruling {
    let space = subject.problem.space();
    if space.constraints().is_empty() {
        return Err(skip("no constraints"));
    }
    let mut rng = stream();
    let mut stuck = 0;
    for _ in 0..DESIGNS {
        let (design, always_open) = decide(space, &mut rng);
        stuck += usize::from(!always_open);
        if let Some(broken) = space.violated(&design).filter(|_| always_open) {
            let seen = format!("{}, which breaks `{}`", space.describe(&design), broken.name);
            return Err(fail(
                seen,
                "a legal design: every decision was open",
                "partial(), legal(), choose()",
            ));
        }
    }
    let drawn: Vec<Design> = (0..4 * DESIGNS).map(|_| draw(space, &mut rng)).collect();
    for design in edges(space, &mut rng).into_iter().chain(drawn) {
        if let Some(refused) = refused_on_the_way(space, &design) {
            let expected = format!("{} can be decided, for it is legal", space.describe(&design));
            return Err(fail(
                refused,
                expected,
                "the constraint with the first values only, the rest `None`",
            ));
        }
    }
    Ok((stuck > 0).then(|| format!("masks led to a dead end in {stuck} of {DESIGNS} designs")))
}

/// A design decided at random among what the masks allow, and whether they always allowed something.
fn decide(space: &DesignSpace, rng: &mut Rng) -> (Design, bool) {
    let mut partial = space.partial();
    let mut always_open = true;
    while partial.decision().is_some() {
        let legal = partial.legal();
        let open: Vec<u64> = (0..legal.len() as u64).filter(|level| legal[*level as usize]).collect();
        let Some(level) = rng.choice(&open) else {
            always_open = false;
            break;
        };
        if partial.choose(*level).is_err() {
            always_open = false;
            break;
        }
    }
    (partial.into_design(), always_open)
}

/// The rule that a legal design breaks while it is only partly decided.
fn refused_on_the_way(space: &DesignSpace, design: &Design) -> Option<String> {
    if space.violated(design).is_some() {
        return None;
    }
    let prefixes = (0..space.len()).map(|decided| &design.0[..decided]);
    let mut refusals = prefixes.flat_map(|chosen| {
        space.constraints().iter().filter(|c| !c.admits(chosen)).map(|c| (c.name.clone(), chosen.len()))
    });
    refusals.next().map(|(name, decided)| format!("`{name}` refuses its first {decided} values"))
}

fn stream() -> Rng {
    Seed(1).stream("check")
}
