//! Everything that a study says, put together.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use anyhow::{Result, bail};

use super::board::Board;
use super::findings::{Findings, Remark, StudyFacts};
use super::fronts::{RunFront, read_fronts};
use super::ledger::{Ledger, Setting};
use super::regret::{Regrets, Scale};
use super::{comparison, hyperparameters, luck, pareto, race, ranking, spread, summary, tuned};
use crate::study::Study;
use crate::usage::Usage;

/// What a report is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Folder of recorded optima.
    pub optima: &'a Path,
    /// Judge runs by their first so many simulator calls; by the smallest budget if absent, and never by more.
    pub within: Option<u64>,
    /// Simulator calls at which agents are compared; a tenth, a third and all of what runs are judged by if empty.
    pub at: &'a [u64],
    /// Compare every other agent with this one.
    pub reference: Option<&'a str>,
    /// Bootstrap draws of each interval.
    pub replicates: u64,
}

/// What every table is made from.
pub(super) struct Material<'a> {
    /// The runs; curves of Pareto runs are of hypervolume.
    pub(super) study: &'a Study,
    pub(super) ledger: &'a Ledger,
    pub(super) agents: Vec<&'a str>,
    pub(super) regrets: Regrets<'a>,
    /// Regrets after as many calls as every run has.
    pub(super) board: Board<'a>,
    pub(super) fronts: &'a HashMap<String, RunFront>,
    pub(super) replicates: u64,
    pub(super) at: Vec<u64>,
}

impl Material<'_> {
    /// The settings of an agent's tickets.
    pub(super) fn settings(&self, agent: &str) -> BTreeMap<u64, Setting> {
        self.ledger.settings(self.study, agent)
    }

    /// Bootstrap draws where there are many intervals.
    pub(super) fn few_replicates(&self) -> u64 {
        self.replicates.min(1000)
    }
}

/// Says all that a study says. `study` and `ledger` are those of [`Ledger::load`].
///
/// # Errors
/// If the samples cannot be read, or no run has a feasible design, or a run had fewer simulator calls than
/// [`Question::within`].
pub fn findings(study: &Study, ledger: &Ledger, question: &Question<'_>) -> Result<Findings> {
    let Some(budget) = study.runs.iter().map(|run| run.budget).min() else {
        bail!("the study has no runs yet: there is nothing to compare");
    };
    let calls = question.within.unwrap_or(budget).max(1);
    if calls > budget.max(1) {
        return Err(Usage::error(format!(
            "runs cannot be judged by {calls} simulator calls: the smallest budget of the study is {budget}"
        )));
    }
    let fronts = read_fronts(study, ledger, calls)?;
    let judged = judged(study, ledger, &fronts);
    let regrets = Regrets::on(&judged, |run| Scale::of_scores(question.optima, run));
    let board = Board::new(&regrets, calls);
    if board.rows.is_empty() {
        bail!("no run has a feasible design: there is nothing to compare");
    }
    let material = Material {
        study: &judged,
        ledger,
        agents: judged.agents(),
        regrets,
        board,
        fronts: &fronts,
        replicates: question.replicates,
        at: checkpoints(question.at, calls),
    };
    let mut found =
        Findings { study: facts(&material), remarks: ledger.remarks.clone(), ..Findings::default() };
    remark_problems(&material, &mut found.remarks);
    remark_standings(&material, &mut found.remarks);
    summary::fill(&material, &mut found);
    comparison::fill(&material, question.reference, &mut found);
    race::fill(&material, &mut found);
    ranking::fill(&material, &mut found);
    luck::fill(&material, &mut found);
    tuned::fill(&material, &mut found);
    spread::fill(&material, &mut found);
    hyperparameters::fill(&material, &mut found);
    pareto::fill(&material, &mut found);
    Ok(found)
}

/// The study with the curves that its runs are judged by.
fn judged(study: &Study, ledger: &Ledger, fronts: &HashMap<String, RunFront>) -> Study {
    let mut judged = study.clone();
    for run in judged.runs.iter_mut().filter(|run| ledger.is_pareto(run)) {
        run.curve = fronts.get(&run.run_id).map(|front| front.curve.clone()).unwrap_or_default();
    }
    judged
}

/// The calls asked for, or a tenth, a third and all of the calls that runs are judged by.
fn checkpoints(at: &[u64], budget: u64) -> Vec<u64> {
    let mut calls = if at.is_empty() { vec![budget / 10, budget * 3 / 10, budget] } else { at.to_vec() };
    calls.iter_mut().for_each(|calls| *calls = (*calls).max(1));
    calls.sort_unstable();
    calls.dedup();
    calls
}

fn facts(material: &Material<'_>) -> StudyFacts {
    let Material { study, ledger, board, .. } = material;
    let versions: BTreeSet<String> = ledger.manifests.iter().map(|m| m.version.clone()).collect();
    StudyFacts {
        name: study.name.clone(),
        runs: study.runs.len(),
        planned: ledger.manifests.iter().map(|m| m.runs).sum(),
        samples: ledger.entries.values().map(|entry| entry.samples).sum(),
        agents: material.agents.iter().map(|agent| (*agent).to_owned()).collect(),
        problems: study.problems().into_iter().map(|(title, _)| title).collect(),
        calls: board.calls,
        versions: versions.into_iter().collect(),
        friedman: None,
    }
}

/// What the standings do not show.
fn remark_standings(material: &Material<'_>, remarks: &mut Vec<Remark>) {
    let mut say = |text: String| remarks.push(Remark { about: "standings".to_owned(), text });
    let tickets = |agent: &str| {
        let runs = material.study.runs.iter().filter(|run| run.agent == agent);
        runs.map(|run| run.ticket).collect::<BTreeSet<_>>().len()
    };
    let counts: Vec<(&str, usize)> = material.agents.iter().map(|agent| (*agent, tickets(agent))).collect();
    if counts.iter().any(|(_, count)| *count > 1) {
        let list =
            counts.iter().map(|(agent, count)| format!("{agent} {count}")).collect::<Vec<_>>().join(", ");
        say(format!(
            "standings are over all tickets, bad ones too ({list}): what a random ticket is worth; \
             versus compares defaults, tuned the default and the best ticket"
        ));
    }
    if let Some(late) = material.at.iter().find(|calls| **calls > material.board.calls) {
        let least = material.board.calls;
        say(format!(
            "after {late} calls some runs had ended, the first after {least}; they are judged by less"
        ));
    }
}

/// Problems that tell nothing, or less than they seem to.
fn remark_problems(material: &Material<'_>, remarks: &mut Vec<Remark>) {
    let mut say = |about: &str, text: String| remarks.push(Remark { about: about.to_owned(), text });
    for (title, runs) in material.study.problems() {
        match material.board.rows.iter().find(|row| row.title == title) {
            None => say(
                "study",
                format!("{title}: none of {} runs has a feasible design; it is left out", runs.len()),
            ),
            Some(row) if row.scale.best <= row.scale.random => {
                say(
                    "study",
                    format!("{title}: a median random design is as good as the best; every regret is 0 or 1"),
                );
            }
            Some(row) => {
                let absent: Vec<&str> =
                    material.agents.iter().copied().filter(|agent| !row.agents.contains_key(agent)).collect();
                if !absent.is_empty() {
                    say("study", format!("{title}: no runs of {}", absent.join(", ")));
                }
            }
        }
    }
    let guessed = material.board.rows.iter().filter(|row| !row.scale.certain).count();
    if guessed > 0 {
        let text = format!(
            "the optimum of {guessed} of {} problems is not known: regret there is measured from the best that any of these runs \
             found, and from the median first design of the runs",
            material.board.rows.len()
        );
        say("study", text);
    }
}
