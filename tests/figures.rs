//! Figures of any study: well-formed, reproducible, free of broken numbers.

#![allow(clippy::unwrap_used)] // a failed check shall panic

use proptest::prelude::*;
use std::path::Path;
use sweepstake::lottery::{self, Ledger, Question};
use sweepstake::plot::{self, Draw, FIGURES, Figure};
use sweepstake::report::Report;
use sweepstake::study::{Run, Study};

/// Rewards that have broken plots before.
fn reward() -> impl Strategy<Value = f64> {
    prop_oneof![
        -10.0..10.0,
        Just(0.0),
        Just(-f64::MAX),
        Just(f64::MAX),
        Just(5e-324),
        Just(-1e-300),
        (-300.0..300.0).prop_map(|k: f64| -k.exp2()),
        (1e15..1.000_001e15),
    ]
}

/// Improvements: calls and rewards ascend.
fn curve() -> impl Strategy<Value = Vec<(u64, f64)>> {
    let points = (prop::collection::btree_set(0_u64..3000, 0..6), prop::collection::vec(reward(), 6));
    points.prop_map(|(calls, mut rewards)| {
        rewards.sort_by(f64::total_cmp);
        rewards.dedup();
        calls.into_iter().zip(rewards).collect()
    })
}

/// Names, without the letters of "inf", which the check looks for.
fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[a-h]{1,8}", "[a-h]{30,60}", "[<>&\"'\u{1}\n·é漢]{1,9}", Just(String::new())]
}

/// One run of the agent, problem, ticket and seed of its position.
fn run(names: &[String], i: usize, curve: Vec<(u64, f64)>, budget: u64) -> Run {
    let pick = |stride: usize| names[(i / stride) % names.len()].clone();
    Run {
        run_id: i.to_string(),
        env: pick(7),
        workload: pick(2),

        space: "default".into(),
        objective: pick(11),
        agent: pick(1),
        ticket: (i / 3) as u64 % 4,
        seed: i as u64,
        budget,
        simulator_calls: budget.min(17),
        score: curve.last().map(|(_, reward)| *reward),
        curve,
    }
}

pub(crate) fn study() -> impl Strategy<Value = Study> {
    let names = prop::collection::vec(name(), 1..6);
    let runs = prop::collection::vec((curve(), 0_u64..5000), 0..30);
    (names, runs, name()).prop_map(|(names, runs, name)| {
        let runs = runs.into_iter().enumerate();
        Study { name, runs: runs.map(|(i, (curve, budget))| run(&names, i, curve, budget)).collect() }
    })
}

/// Numbers of an attribute list such as `points`.
fn numbers(text: &str) -> Vec<f64> {
    text.split([' ', ',']).filter(|n| !n.is_empty()).map(|n| n.parse().unwrap()).collect()
}

/// Panics unless the text is XML whose every coordinate lies on the sheet.
fn check(svg: &str) {
    let document = roxmltree::Document::parse(svg).unwrap();
    let root = document.root_element();
    let sheet = numbers(root.attribute("viewBox").unwrap());
    for node in document.descendants().filter(|node| node.is_element()) {
        for (names, limit) in [(["x", "cx"], sheet[2]), (["y", "cy"], sheet[3])] {
            for value in names.iter().filter_map(|name| node.attribute(*name)) {
                let value: f64 = value.parse().unwrap();
                assert!((0.0..=limit).contains(&value), "{node:?}");
            }
        }
        let points = numbers(node.attribute("points").unwrap_or_default());
        assert!(
            points.chunks(2).all(|p| (0.0..=sheet[2]).contains(&p[0]) && (0.0..=sheet[3]).contains(&p[1]))
        );
        if node.has_tag_name("text") {
            let text = node.text().unwrap_or_default();
            assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
        }
    }
}

type DrawRuns = fn(&Study) -> anyhow::Result<Option<String>>;

/// Figures that are drawn from runs alone.
fn of_runs() -> impl Iterator<Item = (&'static Figure, DrawRuns)> {
    FIGURES.iter().filter_map(|figure| match figure.draw {
        Draw::Runs(draw) => Some((figure, draw)),
        Draw::Findings(_) => None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_study_gives_sound_figures(study in study()) {
        for (_, draw) in of_runs() {
            let drawn = draw(&study).unwrap();
            prop_assert_eq!(&drawn, &draw(&study.clone()).unwrap());
            let data = study.runs.iter().any(|run| !run.curve.is_empty());
            prop_assert_eq!(drawn.is_some(), data);
            drawn.iter().for_each(|svg| check(svg));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_study_with_findings_gives_sound_figures_and_a_sound_page(study in study()) {
        let question = Question { optima: Path::new("nowhere"), within: None, at: &[], reference: None, replicates: 100 };
        if let Ok(findings) = lottery::findings(&study, &Ledger::default(), &question) {
            let drawn = plot::draw(&study, Some(&findings)).unwrap();
            drawn.iter().for_each(|drawn| check(&drawn.svg));
            let report = Report { findings: &findings, figures: &drawn, manifests: &[], command: "sweepstake" };
            let page = report.page().unwrap();
            prop_assert!(!page.contains("NaN") && !page.contains(">inf") && !page.contains("−inf"));
            prop_assert_eq!(&page, &report.page().unwrap());
        }
    }
}

#[test]
fn forty_panels_and_twenty_agents() {
    let agents: Vec<String> = (0..20).map(|i| format!("agent-number-{i}")).collect();
    let all = (0..40).flat_map(|problem| agents.iter().map(move |agent| (problem, agent)));
    let runs = all.enumerate().map(|(i, (problem, agent))| Run {
        workload: format!("workload-{problem}"),

        space: "default".into(),
        agent: agent.clone(),
        ..run(&["same".into()], i, vec![(1, -900.0), (9, -3.0 - i as f64)], 100)
    });
    let study = Study { name: "Large".into(), runs: runs.collect() };
    for (figure, draw) in of_runs() {
        let svg = draw(&study).unwrap().unwrap();
        check(&svg);
        assert!((0..40).all(|i| svg.contains(&format!(">workload-{i}<"))), "{}", figure.name);
        assert!(agents.iter().all(|agent| svg.contains(&format!(">{agent}<"))), "{}", figure.name);
    }
}

#[test]
fn figures_are_sorted_and_named_as_their_files() {
    assert!(FIGURES.is_sorted_by(|a, b| a.name < b.name));
    for figure in FIGURES {
        let file = format!("{}/src/plot/{}.rs", env!("CARGO_MANIFEST_DIR"), figure.name.replace('-', "_"));
        assert!(std::path::Path::new(&file).exists(), "{file}");
    }
}
