//! What panels are called, and what is noted below their names.

use super::axis::Axis;
use super::label::rounded;
use crate::study::Run;

/// Names of problems, less the parts that all of them share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Headings {
    /// Parts that all problems share, joined; they are named once for the whole figure.
    pub(crate) shared: String,
    /// The rest, one for each problem.
    pub(crate) panels: Vec<String>,
}

/// Splits the names of problems, each given by one of its runs.
pub(crate) fn headings(problems: &[&Run]) -> Headings {
    let parts: Vec<[&str; 3]> = problems.iter().map(|r| [&*r.env, &*r.workload, &*r.objective]).collect();
    let same = |i: usize| parts.len() > 1 && parts.iter().all(|p| p[i] == parts[0][i]);
    let join = |p: &[&str; 3], keep: &dyn Fn(usize) -> bool| {
        let kept: Vec<&str> = (0..3).filter(|i| keep(*i)).map(|i| p[i]).collect();
        kept.join(" · ")
    };
    Headings {
        shared: parts.first().map(|p| join(p, &same)).unwrap_or_default(),
        panels: parts.iter().map(|p| join(p, &|i| !same(i))).collect(),
    }
}

/// What a reader must know of a panel: how its axis of rewards bends the truth, and which runs are missing.
pub(crate) fn notes(rewards: &Axis, infeasible: usize, runs: usize) -> Vec<String> {
    let mut notes = Vec::new();
    notes.extend(rewards.is_log().then(|| "log scale".to_owned()));
    notes.extend(rewards.cut.map(|lowest| format!("axis cut at {}", rounded(lowest))));
    notes.extend((infeasible > 0).then(|| format!("{infeasible} of {runs} runs found no feasible design")));
    notes
}

/// How to read a figure: what it shows of all problems, its own words, and `cut` if the axis of a panel is cut.
pub(crate) fn lead<'a>(
    shared: &str,
    words: &str,
    cut: &str,
    mut rewards: impl Iterator<Item = &'a Axis>,
) -> String {
    let cut = if rewards.any(|axis| axis.cut.is_some()) { cut } else { "" };
    let shared = if shared.is_empty() { String::new() } else { format!("{shared}.") };
    [&*shared, words, cut].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::samples::run;

    #[test]
    fn shared_parts_are_named_once() {
        let (mut a, mut b) = (run("genetic", 0, 0), run("genetic", 0, 0));
        b.workload = "other".into();
        let names = headings(&[&a, &b]);
        assert_eq!(names.shared, "Toy-v0 · cost");
        assert_eq!(names.panels, ["work", "other"]);
        a.env = "Toy-v1".into();
        assert_eq!(headings(&[&a, &b]).panels, ["Toy-v1 · work", "Toy-v0 · other"]);
        assert_eq!(headings(&[&a]).panels, ["Toy-v1 · work · cost"]);
        assert_eq!(headings(&[]).shared, "");
    }

    #[test]
    fn notes_say_what_is_not_as_expected() {
        assert!(notes(&Axis::rewards(-3.0, -3.0, -1.0), 0, 5).is_empty());
        assert_eq!(notes(&Axis::rewards(-1e3, -1e3, -1.0), 0, 5), ["log scale"]);
        assert_eq!(
            notes(&Axis::rewards(-1e3, -3.0, -1.0), 2, 5),
            ["axis cut at −3", "2 of 5 runs found no feasible design"]
        );
    }
}
