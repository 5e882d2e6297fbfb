//! What a study says about its agents, also when it is small, broken, constant or half there.

#![allow(clippy::unwrap_used)] // a failed check shall panic

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use sweepstake::lottery::{Entry, Findings, Ledger, Question, TABLES, findings, write_all};
use sweepstake::study::{Run, Study};
use tempfile::tempdir;

use crate::command::{run, stderr, succeed, sweep, sweepstake};

fn question() -> Question<'static> {
    Question { optima: Path::new("no-optima"), within: None, at: &[], reference: None, replicates: 100 }
}

/// A run that has `reward` after 3 calls and had −1 after the first.
fn made(agent: &str, workload: &str, ticket: u64, seed: u64, reward: f64) -> Run {
    Run {
        run_id: format!("{agent}-{workload}-{ticket}-{seed}"),
        env: "Toy-v0".into(),
        workload: workload.into(),
        space: "default".into(),
        objective: "cost".into(),
        agent: agent.into(),
        ticket,
        seed,
        budget: 100,
        simulator_calls: 100,
        score: Some(reward),
        curve: if reward > -1.0 { vec![(1, -1.0), (3, reward)] } else { vec![(1, -1.0)] },
    }
}

fn study(runs: Vec<Run>) -> Study {
    Study { name: "Toy".into(), runs }
}

/// All runs of some agents, problems, tickets and seeds; the reward says how good each is.
fn full(
    agents: &[&str],
    work: &[&str],
    tickets: u64,
    seeds: u64,
    reward: impl Fn(&str, u64, u64) -> f64,
) -> Study {
    let mut runs = Vec::new();
    for agent in agents {
        for problem in work {
            for ticket in 0..tickets {
                runs.extend(
                    (0..seeds).map(|seed| made(agent, problem, ticket, seed, reward(agent, ticket, seed))),
                );
            }
        }
    }
    study(runs)
}

/// The findings, once every table is checked for its columns and for numbers that are none.
fn said(study: &Study) -> Findings {
    let found = findings(study, &Ledger::default(), &question()).unwrap();
    check_tables(&found);
    found
}

fn check_tables(found: &Findings) {
    let dir = tempdir().unwrap();
    let written = write_all(found, dir.path()).unwrap();
    assert_eq!(written.len(), TABLES.iter().filter(|table| (table.rows)(found) > 0).count());
    for table in TABLES.iter().filter(|table| (table.rows)(found) > 0) {
        let path = dir.path().join(format!("{}.csv", table.name));
        let mut reader = csv_reader(&path);
        let declared: Vec<String> = (table.columns)().into_iter().map(|(name, _)| name).collect();
        assert_eq!(reader.remove(0), declared, "{}", table.name);
        assert_eq!(reader.len(), (table.rows)(found));
        for cell in reader.iter().flatten() {
            assert!(!["NaN", "inf", "-inf", "-0.0"].contains(&cell.as_str()), "{}: {cell}", table.name);
        }
    }
}

/// Rows of cells; the names here hold no quotes that matter.
fn csv_reader(path: &Path) -> Vec<Vec<String>> {
    let text = fs::read_to_string(path).unwrap();
    let (mut rows, mut cells, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                cells.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut cells));
            }
            c => cell.push(c),
        }
    }
    rows
}

fn remarked(found: &Findings, about: &str, text: &str) -> bool {
    found.remarks.iter().any(|remark| remark.about == about && remark.text.contains(text))
}

#[test]
fn the_documented_tables_are_those_of_the_program() {
    let mut expected = String::new();
    for table in TABLES {
        let _ = write!(
            expected,
            "### {}\n\nOne row: {}.\n\n| column | meaning |\n|---|---|\n",
            table.name, table.summary
        );
        for (column, meaning) in (table.columns)() {
            let _ = writeln!(expected, "| `{column}` | {meaning} |");
        }
        expected.push('\n');
    }
    let document =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/lottery.md")).unwrap_or_default();
    let tables = document.split_once("## Tables\n\n").map_or("", |(_, tables)| tables);
    assert_eq!(tables.trim_end(), expected.trim_end(), "docs/lottery.md has to end with:\n{expected}");
}

#[test]
fn one_seed_cannot_tell_the_luck_of_seeds() {
    let found = said(&full(&["a", "b"], &["x", "y"], 4, 1, |_, ticket, _| -0.1 * ticket as f64));
    assert!(found.variance.is_empty() && remarked(&found, "variance", "one seed"));
    assert!(found.tuned.is_empty() && remarked(&found, "tuned", "second seed"));
    assert!(!found.tuning.is_empty());
}

#[test]
fn one_ticket_is_no_lottery() {
    let found = said(&full(&["a", "b"], &["x", "y"], 1, 4, |_, _, seed| -0.1 * seed as f64));
    assert!(found.tuning.is_empty() && found.chances.is_empty() && found.tuned.is_empty());
    assert!(remarked(&found, "tuning", "0 random tickets"));
    assert!(found.sensitivity.is_empty() && found.importance.is_empty());
    assert!(found.variance.iter().all(|row| row.component != "ticket"));
}

#[test]
fn ties_are_nobodys_win() {
    let found = said(&full(&["a", "b", "c"], &["x", "y"], 2, 2, |_, _, _| -0.5));
    assert!(found.ranks.iter().all(|row| row.mean_rank == 2.0 && row.firsts == 2));
    assert!(found.rank_tests.iter().all(|row| row.p == 1.0 && row.method == "none" && !row.different));
    assert_eq!(found.study.friedman.unwrap().p, 1.0);
    assert_eq!(found.cliques.len(), 3);
}

#[test]
fn nothing_feasible_is_refused() {
    let mut study = full(&["a"], &["x"], 1, 2, |_, _, _| -0.5);
    study.runs.iter_mut().for_each(|run| (run.score, run.curve) = (None, Vec::new()));
    let error = findings(&study, &Ledger::default(), &question()).unwrap_err();
    assert!(error.to_string().contains("no run has a feasible design"), "{error}");
    let none = Study { name: String::new(), runs: Vec::new() };
    assert!(
        findings(&none, &Ledger::default(), &question()).unwrap_err().to_string().contains("no runs yet")
    );
}

#[test]
fn a_problem_without_a_feasible_design_is_left_out_and_said() {
    let mut study = full(&["a", "b"], &["x", "y", "z"], 2, 2, |_, ticket, _| -0.1 * ticket as f64);
    for run in study.runs.iter_mut().filter(|run| run.workload == "y") {
        run.curve.clear();
    }
    let found = said(&study);
    assert!(remarked(&found, "study", "y · cost: none of 8 runs has a feasible design"));
    let row = found.summary.iter().find(|row| row.workload == "y").unwrap();
    assert_eq!((row.infeasible_runs, row.best_score, row.iqm_regret), (4, None, None));
    assert_eq!(found.standings[0].problems, 2);
}

#[test]
fn missing_runs_are_said_and_do_not_count_for_ranks() {
    let mut study =
        full(&["a", "b"], &["x", "y", "z"], 3, 3, |agent, _, _| if agent == "a" { -0.1 } else { -0.2 });
    study.runs.retain(|run| !(run.agent == "b" && run.workload == "z" || run.ticket == 1 && run.seed == 2));
    let found = said(&study);
    assert!(remarked(&found, "study", "z · cost: no runs of b"));
    assert!(found.ranks.iter().all(|row| row.problems == 2));
    assert_eq!(found.ranks[0].agent, "a");
    let tuned = found.tuned.iter().find(|row| row.agent == "a").unwrap();
    assert_eq!(tuned.tickets, 2, "a ticket that lacks a seed is not compared");
}

#[test]
fn runs_are_judged_after_the_smallest_budget() {
    let mut study = full(&["a", "b"], &["x"], 1, 2, |_, _, _| -0.5);
    for run in study.runs.iter_mut().filter(|run| run.agent == "b") {
        run.budget = 1000;
        run.curve = vec![(1, -1.0), (500, 0.0)];
    }
    let found = said(&study);
    assert_eq!(found.study.calls, 100);
    let b = found.summary.iter().find(|row| row.agent == "b").unwrap();
    assert_eq!((b.best_score, b.mean_regret), (Some(-1.0), Some(1.0)));
}

#[test]
fn runs_can_be_judged_within_fewer_calls_but_not_more_than_they_had() {
    let mut study = full(&["a", "b"], &["x"], 1, 2, |_, _, _| -0.5);
    for run in study.runs.iter_mut().filter(|run| run.agent == "b") {
        run.curve = vec![(1, -1.0), (41, 0.0)];
    }
    let within = |calls| {
        let question = Question { within: Some(calls), ..question() };
        findings(&study, &Ledger::default(), &question)
    };
    let best = |calls| {
        let found = within(calls).unwrap();
        assert_eq!((found.study.calls, found.standings.last().unwrap().simulator_calls), (calls, calls));
        found.summary.iter().find(|row| row.agent == "b").unwrap().best_score
    };
    assert_eq!((best(40), best(41), best(100)), (Some(-1.0), Some(0.0), Some(0.0)));
    assert!(within(101).unwrap_err().to_string().contains("smallest budget of the study is 100"));
}

#[test]
fn one_problem_or_one_agent_has_no_ranks() {
    for (agents, work) in [(vec!["a", "b"], vec!["x"]), (vec!["a"], vec!["x", "y"])] {
        let found = said(&full(&agents, &work, 3, 4, |_, ticket, seed| -0.1 * (ticket + seed) as f64));
        assert!(found.ranks.is_empty() && found.rank_tests.is_empty() && found.study.friedman.is_none());
        assert!(remarked(&found, "ranks", "two agents"));
        assert!(!found.tuning.is_empty() && !found.variance.is_empty());
    }
}

#[test]
fn constant_rewards_have_no_spread() {
    let study = full(&["a", "b"], &["x", "y"], 12, 3, |_, _, _| -1.0);
    let found = said(&study);
    assert!(remarked(&found, "study", "a median random design is as good as the best"));
    assert!(found.variance.iter().all(|row| row.variance == 0.0 && row.share.is_none()));
    assert!(found.importance.is_empty());
    assert!(found.chances.iter().all(|row| row.probability == 1.0 && row.tickets_for_95 == Some(1)));
}

#[test]
fn few_problems_cannot_tell_agents_apart() {
    let found =
        said(&full(&["a", "b"], &["x", "y"], 1, 2, |agent, _, _| if agent == "a" { 0.0 } else { -0.5 }));
    assert!(remarked(&found, "rank-tests", "too few"));
    assert!(found.rank_tests.iter().all(|row| !row.different));
}

/// Ticket 1 is best on the tuning seeds 0 and 1, and useless on the test seeds.
#[test]
fn tickets_are_judged_on_other_seeds_than_they_are_chosen_on() {
    let reward = |_: &str, ticket: u64, seed: u64| match ticket {
        0 => -0.2,
        1 if seed < 2 => 0.0,
        1 => -1.0,
        _ => -0.5,
    };
    let found = said(&full(&["a"], &["x", "y"], 3, 4, reward));
    assert_eq!(found.tuned.len(), 3);
    for row in &found.tuned {
        assert_eq!((row.chosen, row.tuning_seeds, row.test_seeds), (1, 2, 2));
        assert_eq!((row.tuning_regret, row.test_regret, row.default_regret), (0.0, 1.0, 0.2));
        assert_eq!(row.gain, -0.8);
    }
}

#[test]
fn tuning_is_charged_for_every_run_of_it() {
    let found = said(&full(&["a", "random-walker"], &["x"], 4, 2, |_, ticket, _| -0.1 * ticket as f64));
    let costs: Vec<_> = found.tuning_cost.iter().filter(|row| row.agent == "a").collect();
    assert_eq!(costs.iter().map(|row| row.tickets).collect::<Vec<_>>(), [0, 1, 2, 3]);
    // One tuning seed: k runs to choose, one to use.
    assert_eq!(costs.iter().map(|row| row.simulator_calls).collect::<Vec<_>>(), [100, 200, 300, 400]);
    assert_eq!(costs[0].expected_regret, 0.0);
    assert!((costs[1].expected_regret - 0.2).abs() < 1e-12, "the mean of tickets 1 to 3");
    assert!((costs[3].expected_regret - 0.1).abs() < 1e-12, "the best of them");
    // The best of 4 of its 8 runs: 14 of 70 choices have 0.1, one has 0.2, all others 0.
    assert!((costs[3].random_walker_regret.unwrap() - 1.6 / 70.0).abs() < 1e-12);
}

/// Tickets 1 to 4 have regrets 0.1 to 0.4; the default, with 0, was not drawn.
#[test]
fn the_lottery_is_of_drawn_tickets_only() {
    let found = said(&full(&["a"], &["x"], 5, 2, |_, ticket, _| -0.1 * ticket as f64));
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} is not {b}");
    close(found.tuning[0].mean_regret, 0.25);
    close(found.tuning[3].mean_regret, 0.1);
    assert!(
        found.tuning.iter().all(|row| row.low_95 <= row.median_regret && row.median_regret <= row.high_95)
    );
    let chance = found.chances.iter().find(|row| row.within_regret == 0.1).unwrap();
    assert_eq!((chance.tickets, chance.good, chance.default_is_good), (4, 1, Some(true)));
    assert_eq!(chance.tickets_for_95, Some(11), "1 − 0.75¹¹ is the first above 0.95");
}

#[test]
fn importance_is_of_the_hyperparameter_that_matters() {
    let study = full(&["a"], &["x"], 40, 2, |_, ticket, _| -((ticket % 8) as f64) / 8.0);
    let mut ledger = Ledger::default();
    for run in &study.runs {
        let texts = [
            ("idle", (run.ticket / 8).to_string()),
            ("busy", (run.ticket % 8).to_string()),
            ("same", "1".into()),
        ];
        let setting = texts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        ledger.entries.insert(run.run_id.clone(), Entry { setting, ..Entry::default() });
    }
    let found = findings(&study, &ledger, &question()).unwrap();
    check_tables(&found);
    let names: Vec<&str> = found.importance.iter().map(|row| row.hyperparameter.as_str()).collect();
    assert_eq!(names, ["busy", "idle"], "the most important first, and nothing of what never changes");
    assert!(
        found.importance[0].fanova > 0.9 && found.importance[0].ped_anova > 0.6,
        "{:?}",
        found.importance
    );
    assert_eq!(found.tickets[9].hyperparameters, "busy=1; idle=1; same=1");
}

fn swept(dir: &Path, text: &str, more: &[&str]) -> PathBuf {
    let (config, out) = (dir.join("sweep.yaml"), dir.join(format!("out{}", more.concat().replace('/', "-"))));
    fs::write(&config, text).unwrap();
    let output = sweep(&config, &out, more);
    assert!(output.status.success(), "{}", stderr(&output));
    out
}

const SMALL: &str = "name: small\nenvs: [{env: Landscape-v0, workloads: [sphere, mixed]}]\nagents: [random-walker, {agent: genetic, \
                     tickets: 3}]\nseeds: 2\nbudget: 30\n";

#[test]
fn half_written_tables_are_refused_or_counted() {
    let dir = tempdir().unwrap();
    let out = swept(dir.path(), SMALL, &[]);
    let runs = fs::read_to_string(out.join("runs.csv")).unwrap();
    let keep = |lines: usize| runs.split_inclusive('\n').take(lines).collect::<String>();
    fs::write(out.join("runs.csv"), keep(4)).unwrap();
    let text = succeed(&["lottery", out.to_str().unwrap()]);
    assert!(text.contains("holds 3 of 16 runs"), "{text}");
    fs::write(out.join("runs.csv"), keep(4) + "0123,Landsc").unwrap();
    let output = run(&["lottery", out.to_str().unwrap()]);
    let error = stderr(&output);
    assert!(!output.status.success() && error.contains("cannot read the study in"), "{error}");
    fs::write(out.join("runs.csv"), keep(1)).unwrap();
    assert!(stderr(&run(&["lottery", out.to_str().unwrap()])).contains("no runs yet"));
}

#[test]
fn a_shard_says_that_it_is_one() {
    let dir = tempdir().unwrap();
    let out = swept(dir.path(), SMALL, &["--shard", "1/2"]);
    assert!(succeed(&["lottery", out.to_str().unwrap()]).contains("is shard 1/2 of a sweep"));
}

#[test]
fn versions_that_differ_are_said_and_runs_count_once() {
    let dir = tempdir().unwrap();
    let first = swept(dir.path(), SMALL, &[]);
    let second = dir.path().join("second");
    let copied = sweepstake()
        .arg("-q")
        .arg("sweep")
        .arg(dir.path().join("sweep.yaml"))
        .arg("--out")
        .arg(&second)
        .output();
    assert!(copied.unwrap().status.success());
    let manifest = fs::read_to_string(second.join("manifest.json")).unwrap();
    let version = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    fs::write(second.join("manifest.json"), manifest.replace(&version, "\"version\": \"0.0.7\"")).unwrap();
    let text = succeed(&["lottery", first.to_str().unwrap(), second.to_str().unwrap()]);
    assert!(text.contains("several versions of sweepstake: 0.0.7"), "{text}");
    assert!(text.contains("16 runs are in several directories"), "{text}");
}

#[test]
fn tickets_of_one_number_with_two_meanings_are_refused() {
    let dir = tempdir().unwrap();
    let first = swept(dir.path(), SMALL, &[]);
    let elsewhere = tempdir().unwrap();
    let other = SMALL.replace("tickets: 3", "tickets: {list: [{population: 9}]}");
    let second = swept(elsewhere.path(), &other, &[]);
    let output = run(&["lottery", first.to_str().unwrap(), second.to_str().unwrap()]);
    let error = stderr(&output);
    assert!(!output.status.success() && error.contains("label the agents differently"), "{error}");
}

#[test]
fn pareto_runs_are_judged_by_their_fronts() {
    let dir = tempdir().unwrap();
    let text = SMALL.replace("[sphere, mixed]", "[two-objective]");
    let out = swept(dir.path(), &text, &[]);
    let (study, ledger) = Ledger::load(std::slice::from_ref(&out)).unwrap();
    let optima = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/results/optima"));
    let found = findings(&study, &ledger, &Question { optima: &optima, ..question() }).unwrap();
    check_tables(&found);
    assert_eq!(found.pareto.len(), 2);
    for row in &found.pareto {
        let mut volumes: Vec<f64> =
            study.runs.iter().filter(|run| run.agent == row.agent).map(|run| run.score.unwrap()).collect();
        volumes.sort_by(f64::total_cmp);
        assert_eq!(row.median_hypervolume, sweepstake::statistics::quantile(&volumes, 0.5).unwrap());
        assert!(row.reference_hypervolume >= row.median_hypervolume);
        assert!(row.median_igd_plus.unwrap() > 0.0);
        let summary = found.summary.iter().find(|summary| summary.agent == row.agent).unwrap();
        assert_eq!(summary.best_score, volumes.last().copied());
        assert!(summary.certain);
    }
    let surface = |percent| {
        let rows =
            found.attainment.iter().filter(move |row| row.agent == "genetic" && row.percent == percent);
        rows.map(|row| (row.x, row.y)).collect::<Vec<_>>()
    };
    // Both metrics are costs: what three quarters of the runs attain, a quarter attains.
    for (x, y) in surface(75) {
        assert!(surface(25).iter().any(|(a, b)| *a <= x && *b <= y));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_study_has_sound_tables(study in crate::figures::study()) {
        match findings(&study, &Ledger::default(), &question()) {
            Ok(found) => {
                check_tables(&found);
                prop_assert_eq!(&found, &findings(&study, &Ledger::default(), &question()).unwrap());
            }
            Err(_) => prop_assert!(study.runs.iter().all(|run| run.curve.is_empty())),
        }
    }
}
