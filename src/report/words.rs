//! Conclusions in plain words, each with its numbers. What a study cannot tell is not said.

use super::grid::decimal;
use super::html::{Html, join, strong, text};
use crate::lottery::Findings;
use crate::lottery::findings::{ALL, StandingRow, TunedRow, VarianceRow};
use crate::terminal::count;

/// Share of tickets' variance from which luck with hyperparameters is worth a sentence.
const TELLING: f64 = 0.1;

/// The ticket with default hyperparameters.
const DEFAULT: u64 = 0;

/// For sections that need no words.
pub(super) fn nothing(_: &Findings) -> Vec<Html> {
    Vec::new()
}

fn percent(share: f64) -> String {
    format!("{:.0}\u{a0}%", share * 100.0)
}

fn interval(low: f64, high: f64) -> String {
    format!(" (95\u{a0}% interval {} to {})", decimal(low), decimal(high))
}

/// Agents after the last checkpoint, the best first.
fn order(findings: &Findings) -> Vec<&StandingRow> {
    let last = findings.standings.iter().map(|row| row.simulator_calls).max();
    let mut rows: Vec<&StandingRow> =
        findings.standings.iter().filter(|row| Some(row.simulator_calls) == last).collect();
    rows.sort_by(|a, b| a.iqm_regret.total_cmp(&b.iqm_regret));
    rows
}

pub(super) fn standings(findings: &Findings) -> Vec<Html> {
    let order = order(findings);
    let Some(best) = order.first() else { return Vec::new() };
    let calls = count(best.simulator_calls);
    let lead = join([
        text(format!("After {calls} simulator calls, ")),
        strong(&best.agent),
        text(if order.len() > 1 { " has the least regret: " } else { " has a regret of " }),
        strong(decimal(best.iqm_regret)),
        text(format!("{}, {}.", interval(best.low_95, best.high_95), whole(best.problems, "problem"))),
    ]);
    let mut words = vec![lead];
    if let Some(second) = order.get(1) {
        let apart = best.high_95 < second.low_95;
        let verdict = if apart {
            format!(". The intervals do not overlap: {} is ahead.", best.agent)
        } else {
            ". The intervals overlap: this comparison does not tell them apart.".to_owned()
        };
        words.push(join([
            text("Next is "),
            strong(&second.agent),
            text(" with "),
            strong(decimal(second.iqm_regret)),
            text(interval(second.low_95, second.high_95) + &verdict),
        ]));
    }
    words
}

fn whole(n: usize, what: &str) -> String {
    format!("{} {what}{}", count(n as u64), if n == 1 { "" } else { "s" })
}

pub(super) fn tests(findings: &Findings) -> Vec<Html> {
    let mut words = Vec::new();
    if let Some(test) = findings.study.friedman {
        let p = if test.p < 0.001 { "below 0.001".to_owned() } else { format!("{:.3}", test.p) };
        let verdict =
            if test.p <= 0.05 { "The agents are not all alike" } else { "The agents may all be alike" };
        words.push(text(format!(
            "{verdict}: Friedman's test over {} gives p {p}.",
            whole(test.problems, "problem")
        )));
    }
    let pairs = findings.rank_tests.len();
    let different = findings.rank_tests.iter().filter(|row| row.different).count();
    if pairs > 0 {
        let lead = match different {
            0 => "No two agents differ significantly".to_owned(),
            _ => format!("{different} of {} differ significantly", whole(pairs, "pair")),
        };
        words.push(text(format!("{lead} (Wilcoxon signed-rank tests with Holm's correction, 5\u{a0}%).")));
    }
    words
}

pub(super) fn lottery(findings: &Findings) -> Vec<Html> {
    let mut words: Vec<Html> = ticket_variance(findings).into_iter().collect();
    let default: Vec<_> = findings.chances.iter().filter(|row| row.problem == ALL).collect();
    for row in best_chances(&default) {
        let more = row.tickets_for_95.map_or(String::new(), |n| {
            format!("; for a 95\u{a0}% chance of a good one, try {}", whole(n as usize, "ticket"))
        });
        words.push(join([
            text("A random ticket of "),
            strong(&row.agent),
            text(format!(" is good (regret at most {}) with probability ", decimal(row.within_regret))),
            strong(percent(row.probability)),
            text(format!(
                " (95\u{a0}% interval {} to {}, {} of {}){more}.",
                percent(row.low_95),
                percent(row.high_95),
                row.good,
                whole(row.tickets, "ticket")
            )),
        ]));
    }
    words
}

/// Of each agent, the strictest bar that any of its tickets passes.
fn best_chances<'a>(
    rows: &[&'a crate::lottery::findings::ChanceRow],
) -> Vec<&'a crate::lottery::findings::ChanceRow> {
    let mut best: Vec<&crate::lottery::findings::ChanceRow> = Vec::new();
    for row in rows.iter().filter(|row| row.good > 0) {
        match best.iter_mut().find(|known| known.agent == row.agent) {
            Some(known) if row.within_regret < known.within_regret => *known = row,
            Some(_) => {}
            None => best.push(row),
        }
    }
    best
}

fn ticket_variance(findings: &Findings) -> Option<Html> {
    let of = |row: &&VarianceRow| row.problem == ALL && row.component == "ticket";
    let shares = findings.variance.iter().filter(of).filter_map(|row| Some((row.agent.as_str(), row.share?)));
    let (agent, share) = shares.max_by(|a, b| a.1.total_cmp(&b.1))?;
    if share < TELLING {
        return Some(text(format!(
            "Hyperparameters hardly matter here: of no agent do they make more than {} of the variance of regret.",
            percent(TELLING)
        )));
    }
    let seed = findings
        .variance
        .iter()
        .find(|row| row.problem == ALL && row.component == "seed" && row.agent == agent);
    let seed = seed
        .and_then(|row| row.share)
        .map_or(String::new(), |s| format!("; chance (the seed) makes {}", percent(s)));
    Some(join([
        text("Hyperparameters matter most for "),
        strong(agent),
        text(": they make "),
        strong(percent(share)),
        text(format!(" of the variance of its regret{seed}.")),
    ]))
}

pub(super) fn tuning(findings: &Findings) -> Vec<Html> {
    let rows = findings.tuned.iter().filter(|row| row.problem == ALL && row.tickets > 1);
    rows.map(tuned).collect()
}

fn tuned(row: &TunedRow) -> Html {
    if row.chosen == DEFAULT {
        return join([
            text("The default of "),
            strong(&row.agent),
            text(format!(
                " is the best of its {} on the tuning seeds: tuning for all problems at once changes nothing.",
                whole(row.tickets, "ticket")
            )),
        ]);
    }
    let certain = row.gain_low_95.zip(row.gain_high_95);
    let (verdict, range) = match certain {
        Some((low, high)) if low > 0.0 => ("Tuning pays for ", interval(low, high)),
        Some((low, high)) if high < 0.0 => ("Tuning harms ", interval(low, high)),
        Some((low, high)) => ("It is undecided whether tuning pays for ", interval(low, high)),
        None => ("Too few seeds to say how sure it is, but tuning changes ", String::new()),
    };
    join([
        text(verdict),
        strong(&row.agent),
        text(format!(
            ": on fresh seeds, regret goes from {} (default) to {} (ticket {} of {}), a gain of ",
            decimal(row.default_regret),
            decimal(row.test_regret),
            row.chosen,
            count(row.tickets as u64)
        )),
        strong(decimal(row.gain)),
        text(format!("{range}. On the seeds that chose it, it had promised {}.", decimal(row.tuning_regret))),
    ])
}

pub(super) fn hyperparameters(findings: &Findings) -> Vec<Html> {
    findings.study.agents.iter().filter_map(|agent| most_important(findings, agent)).collect()
}

/// The hyperparameter that both measures put first, or that they do not agree.
fn most_important(findings: &Findings, agent: &str) -> Option<Html> {
    let own = || findings.importance.iter().filter(|row| row.agent == agent && row.problem == ALL);
    let first = own().max_by(|a, b| a.ped_anova.total_cmp(&b.ped_anova))?;
    let second = own().max_by(|a, b| a.fanova.total_cmp(&b.fanova))?;
    let tickets = whole(first.tickets, "ticket");
    if first.hyperparameter == second.hyperparameter {
        return Some(join([
            text("What matters most for "),
            strong(agent),
            text(" is "),
            strong(&first.hyperparameter),
            text(format!(
                ": {} of the importance by PED-ANOVA, {} of the variance by fANOVA ({tickets}).",
                percent(first.ped_anova),
                percent(first.fanova)
            )),
        ]));
    }
    Some(join([
        text("What matters most for "),
        strong(agent),
        text(" is undecided: for being among the best tickets it is "),
        strong(&first.hyperparameter),
        text(format!(" (PED-ANOVA, {}), for the spread of all tickets ", percent(first.ped_anova))),
        strong(&second.hyperparameter),
        text(format!(" (fANOVA, {}; {tickets}).", percent(second.fanova))),
    ]))
}

pub(super) fn problems(findings: &Findings) -> Vec<Html> {
    let rows = &findings.summary;
    let unsolved = rows.iter().filter(|row| row.infeasible_runs > 0).count();
    let mut words = Vec::new();
    if rows.iter().any(|row| !row.certain) {
        words.push(text(
            "Where the best design known is not proven, it is the best that any run of this study found: regret is then too small for all.",
        ));
    }
    if unsolved > 0 {
        words.push(text(format!(
            "In {unsolved} of {} an agent has runs without a feasible design; they count as regret 1.",
            whole(rows.len(), "combination")
        )));
    }
    words
}

/// The few sentences that open the report.
pub(super) fn headline(findings: &Findings) -> Vec<Html> {
    let mut words = standings(findings);
    words.extend(ticket_variance(findings));
    let gains = findings.tuned.iter().filter(|row| row.problem == ALL && row.tickets > 1);
    words.extend(gains.max_by(|a, b| a.gain.total_cmp(&b.gain)).map(tuned));
    words.extend(tests(findings).into_iter().next());
    words
}
