//! `sweepstake select`: the best of many candidates by verdicts that cannot be trusted.

use std::path::PathBuf;

use anyhow::Result;
use serde::Serialize;
use sweepstake_simulators::selection::{
    NAMES, Priors, Ranked, Ranking, Strategy, Verdicts, Warning, diagnose, shortlist,
};

use crate::selection_study;
use crate::terminal::{self, count};
use crate::usage::Usage;
use crate::verdicts;

/// Sets shown in the table.
const SHOWN: usize = 12;
/// Candidates of a set shown in the table.
const MEMBERS: usize = 8;

/// Choose among candidates by their 0/1 verdicts.
///
/// A matrix has a row for each candidate and a column for each verdict: CSV without header, or JSON lines. Candidates
/// are counted from 0. A file of designs has a header; its columns v.NAME are verdicts, the others tell designs apart:
/// equal designs and verdicts that repeat others count once there.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sweepstake select --matrix passes.csv\n  sweepstake select --matrix passes.jsonl --strategy codet --json\n  \
                  sweepstake select --verdicts designs.csv --alpha 10 --beta0 10 --hold-out measured"
)]
#[command(group(clap::ArgGroup::new("source").required(true).args(["matrix", "verdicts", "study"])))]
pub(super) struct Args {
    /// Matrix of verdicts, plain or gzipped.
    #[arg(long, value_name = "FILE")]
    matrix: Option<PathBuf>,
    /// Designs with their verdicts (CSV with header), to choose which to check again.
    #[arg(long, value_name = "FILE")]
    verdicts: Option<PathBuf>,
    /// A verdict that the choice must not see; it says how the choice did. Repeatable.
    #[arg(long, value_name = "NAME", requires = "verdicts")]
    hold_out: Vec<String>,
    /// A study on drawn matrices (YAML): how well every strategy does.
    #[arg(long, value_name = "CONFIG", requires = "out", conflicts_with = "json")]
    study: Option<PathBuf>,
    /// Folder of the study's table and figure.
    #[arg(long, value_name = "DIR", requires = "study")]
    out: Option<PathBuf>,
    /// b4, b4-marginal, codet, max-pass, mbr-exec or random.
    #[arg(long, default_value = "b4")]
    strategy: String,
    /// Prior of b4: above 1, candidates and verdicts are mostly right.
    #[arg(long, default_value_t = Priors::default().alpha())]
    alpha: f64,
    /// Prior of b4: above 1, wrong candidates seldom pass wrong verdicts.
    #[arg(long, default_value_t = Priors::default().beta0())]
    beta0: f64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What is printed as JSON.
#[derive(Debug, Serialize)]
struct Selected {
    top: Vec<usize>,
    ranking: Vec<Set>,
    warnings: Vec<String>,
    #[serde(flatten)]
    designs: Option<Designs>,
}

#[derive(Debug, Serialize)]
struct Set {
    candidates: Vec<usize>,
    score: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    probability: Option<f64>,
}

/// What was done to a file of designs.
#[derive(Debug, Serialize)]
struct Designs {
    /// Verdicts that the choice saw.
    used: Vec<String>,
    /// Verdicts left out, with the one that each repeats.
    repeated: Vec<[String; 2]>,
    /// Rows left out.
    duplicates: usize,
    /// Part of the held-out verdicts passed by the chosen, and by all.
    held_out: Option<(f64, f64)>,
    /// Part of the verdicts used that the chosen pass.
    passed: f64,
}

pub(super) fn select(args: &Args) -> Result<()> {
    if let (Some(study), Some(out)) = (&args.study, &args.out) {
        for path in selection_study::run(study, out)? {
            terminal::line(&path.display().to_string());
        }
        return Ok(());
    }
    let strategy = strategy(args)?;
    let selected = match (&args.matrix, &args.verdicts) {
        (Some(path), _) => {
            let matrix = verdicts::read_matrix(path)?;
            selected(strategy.rank(&matrix), diagnose(&matrix), None)
        }
        (None, Some(path)) => designs(args, path, &strategy)?,
        (None, None) => return Err(Usage::error("give --matrix FILE or --verdicts FILE")),
    };
    if args.json {
        return super::print_json(&selected);
    }
    terminal::print(&text(&selected, &strategy));
    Ok(())
}

fn strategy(args: &Args) -> Result<Strategy> {
    let usage = |error| Usage::error(format!("{error}"));
    let priors = Priors::new(args.alpha, args.beta0).map_err(usage)?;
    match NAMES.contains(&args.strategy.as_str()) {
        true => Strategy::named(&args.strategy, priors).map_err(usage),
        false => Err(rl_env::Error::unknown("strategy", &args.strategy, NAMES).into()),
    }
}

fn designs(args: &Args, path: &std::path::Path, strategy: &Strategy) -> Result<Selected> {
    let read = verdicts::read_designs(path)?;
    let names = || read.names.iter().map(String::as_str);
    let place = |name: &String| {
        let found = read.names.iter().position(|known| known == name);
        found.ok_or_else(|| rl_env::Error::unknown("verdict", name, names()))
    };
    let held_out = args.hold_out.iter().map(place).collect::<Result<Vec<usize>, _>>()?;
    let asked = Verdicts { matrix: &read.matrix, designs: &read.designs, held_out: &held_out };
    let chosen =
        shortlist(asked, strategy).map_err(|error| Usage::error(format!("{}: {error}", path.display())))?;
    let name = |column: usize| read.names[column].clone();
    // With the same score they pass as many, but for strategies that look at nothing.
    let passes = |row: &usize| chosen.used.iter().filter(|column| read.matrix.passes(*row, **column)).count();
    let passed = chosen.ranking.top.iter().map(passes).sum::<usize>() as f64
        / (chosen.ranking.top.len() * chosen.used.len()).max(1) as f64;
    let designs = Designs {
        used: chosen.used.iter().map(|column| name(*column)).collect(),
        repeated: chosen.repeated.iter().map(|(again, first)| [name(*again), name(*first)]).collect(),
        duplicates: chosen.duplicates,
        held_out: chosen.held_out,
        passed,
    };
    Ok(selected(chosen.ranking, chosen.warnings, Some(designs)))
}

fn selected(ranking: Ranking, warnings: Vec<Warning>, designs: Option<Designs>) -> Selected {
    let mut warnings: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    let tied = ranking.tied();
    if tied > 1 {
        warnings.push(Warning::Tied { sets: tied }.to_string());
    }
    if let Some(designs) = &designs {
        warnings.extend(doubts(designs));
    }
    let set = |Ranked { candidates, score, probability }| Set { candidates, score, probability };
    Selected { top: ranking.top, ranking: ranking.sets.into_iter().map(set).collect(), warnings, designs }
}

/// What a file of designs lacks for a sound choice.
fn doubts(designs: &Designs) -> Vec<String> {
    let mut doubts = Vec::new();
    if designs.passed == 0.0 {
        doubts.push(
            "the chosen designs pass none of the verdicts: no design seems to meet the target".to_owned(),
        );
    }
    if designs.held_out.is_none() {
        doubts.push(
            "no verdict is held out: designs that were searched for with these models may please them without \
             being good (--hold-out NAME)"
                .to_owned(),
        );
    }
    if let Some((chosen, all)) = designs.held_out
        && chosen <= all
    {
        doubts
            .push("the chosen designs pass no more of the held-out verdicts than all designs do".to_owned());
    }
    if designs.used.len() < 5 {
        let used = designs.used.len();
        doubts.push(format!("only {used} verdicts count: priors decide more than they do"));
    }
    doubts
}

fn text(selected: &Selected, strategy: &Strategy) -> String {
    let candidates: usize = selected.ranking.iter().map(|set| set.candidates.len()).sum();
    let mut text = format!(
        "{}: {} candidates in {} sets; best: {}\n\n",
        strategy.name(),
        count(candidates as u64),
        count(selected.ranking.len() as u64),
        members(&selected.top)
    );
    let mut rows = vec![["rank", "score", "probability", "size", "candidates"].map(str::to_owned).to_vec()];
    for (place, set) in selected.ranking.iter().take(SHOWN).enumerate() {
        rows.push(vec![
            (place + 1).to_string(),
            format!("{:.4}", set.score),
            set.probability.map_or("–".into(), |p| format!("{p:.4}")),
            count(set.candidates.len() as u64),
            members(&set.candidates),
        ]);
    }
    text.push_str(&terminal::table(&rows));
    if selected.ranking.len() > SHOWN {
        text.push_str(&format!("… {} more\n", count((selected.ranking.len() - SHOWN) as u64)));
    }
    if let Some(designs) = &selected.designs {
        text.push_str(&format!("\nverdicts used: {}\n", designs.used.join(", ")));
        text.push_str(&format!("verdicts passed by the chosen: {:.3}\n", designs.passed));
        for [again, first] in &designs.repeated {
            text.push_str(&format!("left out: {again} repeats {first}\n"));
        }
        if designs.duplicates > 0 {
            text.push_str(&format!("left out: {} rows that are designs again\n", designs.duplicates));
        }
        if let Some((chosen, all)) = designs.held_out {
            text.push_str(&format!("held-out verdicts passed: {chosen:.3} of the chosen, {all:.3} of all\n"));
        }
    }
    for warning in &selected.warnings {
        text.push_str(&format!("\nwarning: {warning}"));
    }
    if !selected.warnings.is_empty() {
        text.push('\n');
    }
    text
}

fn members(candidates: &[usize]) -> String {
    let shown: Vec<String> = candidates.iter().take(MEMBERS).map(ToString::to_string).collect();
    let more = candidates.len().saturating_sub(MEMBERS);
    let rest = if more > 0 { format!(" and {} more", count(more as u64)) } else { String::new() };
    format!("{}{rest}", shown.join(" "))
}
