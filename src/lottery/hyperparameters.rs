//! Which hyperparameters matter.

use std::collections::BTreeMap;

use rl_env::seed::Seed;

use super::assembly::Material;
use super::board::Lottery;
use super::findings::{ALL, AblationRow, Findings, ImportanceRow, Remark};
use super::ledger::Setting;
use crate::statistics::forest::Forest;
use crate::statistics::{Layout, ablation, fanova, ped_anova};

/// Fewest tickets that anything is said of.
const FEWEST: usize = 10;
/// Share of the tickets that are the best.
const BEST: f64 = 0.1;
/// Trees of a forest.
const TREES: u64 = 64;
/// Seed of the forests.
const SEED: Seed = Seed(2014);
/// Ratio of the largest to the smallest value from which numbers are laid out by their logarithms.
const WIDE: f64 = 20.0;

/// A hyperparameter that varies.
struct Column {
    name: String,
    layout: Layout,
    values: Vec<f64>,
    /// The values as they were written.
    texts: Vec<String>,
}

pub(super) fn fill(material: &Material<'_>, found: &mut Findings) {
    for agent in &material.agents {
        let lotteries = material.board.lotteries(agent);
        let most = lotteries.iter().map(|lottery| lottery.means.len()).max().unwrap_or(0);
        if most < 2 {
            continue;
        }
        if most < FEWEST {
            let text = format!("{agent} has {most} tickets; importance needs at least {FEWEST}");
            found.remarks.push(Remark { about: "importance".to_owned(), text });
            continue;
        }
        let settings = material.settings(agent);
        let last = lotteries.len() - 1;
        for (at, lottery) in lotteries.iter().enumerate().filter(|(_, l)| l.means.len() >= FEWEST) {
            let columns = columns(&settings, lottery);
            let Some(model) = Model::fit(&columns, lottery) else { continue };
            found.importance.extend(importance(agent, lottery, &columns, &model));
            if at == last || lottery.problem == ALL {
                found.ablation.extend(path(agent, lottery, &columns, &model));
            }
        }
    }
}

/// A forest on the tickets.
struct Model {
    forest: Forest,
    rows: Vec<Vec<f64>>,
    space: Vec<(f64, f64)>,
}

impl Model {
    fn fit(columns: &[Column], lottery: &Lottery) -> Option<Self> {
        let regrets: Vec<f64> = lottery.means.values().copied().collect();
        let coordinates = |i: usize| columns.iter().map(|c| c.layout.coordinate(c.values[i])).collect();
        let rows: Vec<Vec<f64>> = (0..regrets.len()).map(coordinates).collect();
        let forest = Forest::grow(&rows, &regrets, TREES, SEED)?;
        Some(Self { forest, rows, space: columns.iter().map(|column| column.layout.ends()).collect() })
    }
}

/// The hyperparameters that vary over the tickets of a lottery, sorted by name.
fn columns(settings: &BTreeMap<u64, Setting>, lottery: &Lottery) -> Vec<Column> {
    let none = Setting::new();
    let rows: Vec<&Setting> =
        lottery.means.keys().map(|ticket| settings.get(ticket).unwrap_or(&none)).collect();
    let mut names: Vec<&String> = rows.iter().flat_map(|setting| setting.keys()).collect();
    names.sort();
    names.dedup();
    let column = |name: &String| {
        let texts: Vec<String> = rows.iter().map(|row| row.get(name).cloned().unwrap_or_default()).collect();
        let (layout, values) = laid_out(&texts)?;
        Some(Column { name: name.clone(), layout, values, texts })
    };
    names.into_iter().filter_map(column).collect()
}

/// How the values of a hyperparameter are laid out, from the values alone; `None` if there is one only. Numbers are numbers; if
/// any value is not one or is missing, all are categories.
fn laid_out(texts: &[String]) -> Option<(Layout, Vec<f64>)> {
    let mut distinct: Vec<&String> = texts.iter().collect();
    distinct.sort();
    distinct.dedup();
    if distinct.len() < 2 {
        return None;
    }
    let number = |text: &String| text.parse::<f64>().ok().filter(|x| x.is_finite());
    let Some(values) = texts.iter().map(number).collect::<Option<Vec<f64>>>() else {
        let code = |text| distinct.iter().position(|known| *known == text).unwrap_or(0) as f64;
        return Some((Layout::Categories(distinct.len()), texts.iter().map(code).collect()));
    };
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let layout = match (values.iter().all(|x| x.fract() == 0.0), low > 0.0 && high / low >= WIDE) {
        _ if low == high => return None,
        (true, true) => Layout::WholeLogarithmic(low, high),
        (true, false) => Layout::Whole(low, high),
        (false, true) => Layout::Logarithmic(low, high),
        (false, false) => Layout::Linear(low, high),
    };
    Some((layout, values))
}

/// The most important first; nothing where all tickets are alike.
fn importance(agent: &str, lottery: &Lottery, columns: &[Column], model: &Model) -> Vec<ImportanceRow> {
    let scores: Vec<f64> = lottery.means.values().map(|regret| -regret).collect();
    let laid: Vec<(Layout, Vec<f64>)> = columns.iter().map(|c| (c.layout, c.values.clone())).collect();
    let Some(shares) = fanova(&model.forest, &model.space) else { return Vec::new() };
    let best = ped_anova(&laid, &scores, BEST);
    let row = |(at, column): (usize, &Column)| ImportanceRow {
        agent: agent.to_owned(),
        problem: lottery.problem.clone(),
        hyperparameter: column.name.clone(),
        scale: column.layout.name().to_owned(),
        ped_anova: best[at],
        fanova: shares[at].0,
        fanova_sd: shares[at].1,
        tickets: scores.len(),
    };
    let mut rows: Vec<ImportanceRow> = columns.iter().enumerate().map(row).collect();
    rows.sort_by(|a, b| b.fanova.total_cmp(&a.fanova));
    rows
}

/// The path from the default to the best ticket; nothing if the default is the best.
fn path(agent: &str, lottery: &Lottery, columns: &[Column], model: &Model) -> Vec<AblationRow> {
    let tickets: Vec<u64> = lottery.means.keys().copied().collect();
    let least = lottery.means.values().copied().enumerate().min_by(|a, b| a.1.total_cmp(&b.1));
    let (Some((best, _)), Some(&0)) = (least, tickets.first()) else { return Vec::new() };
    let (from, to) = (&model.rows[0], &model.rows[best]);
    let steps = ablation(from, to, |row| model.forest.predict(row));
    if steps.is_empty() {
        return Vec::new();
    }
    let row = |step: usize, name: &str, from: &str, to: &str, regret: f64| AblationRow {
        agent: agent.to_owned(),
        problem: lottery.problem.clone(),
        step,
        hyperparameter: name.to_owned(),
        from: from.to_owned(),
        to: to.to_owned(),
        predicted_regret: regret,
    };
    let start = row(0, "", "", "", model.forest.predict(from));
    let told = |(at, step): (usize, &crate::statistics::Step)| {
        let column = &columns[step.feature];
        row(at + 1, &column.name, &column.texts[0], &column.texts[best], step.loss)
    };
    std::iter::once(start).chain(steps.iter().enumerate().map(told)).collect()
}
