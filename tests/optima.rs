//! The committed optima are true, and regret is measured against them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rl_env::problem::{self, Problem};
use rl_env::registry::find_env;
use rl_env::seed::Seed;
use sweepstake::lottery::Scale;
use sweepstake::optima::{Optima, ROOT, Source, analytic, optimum, survey};
use sweepstake::plan::Instance;
use sweepstake::table::{self, Tabled};
use sweepstake_envs::{ENVS, landscape};
use tempfile::tempdir;

use crate::command::succeed;
use crate::tables::{complete, nk};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(ROOT)
}

/// Every file of optima below [`ROOT`].
fn committed() -> Vec<Optima> {
    let mut folders = vec![root()];
    let mut all = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.ends_with("README.md") {
                continue;
            }
            let optima: Optima = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            let subject = &optima.subject;
            assert_eq!(path, Optima::path(&root(), &subject.env, &subject.workload, &subject.space));
            all.push(optima);
        }
    }
    all
}

fn instance(optima: &Optima) -> Instance {
    let subject = &optima.subject;
    Instance::new(&subject.env, &subject.workload, &subject.space, Path::new("")).unwrap().0
}

/// Fails when a simulator changed and its environment's version did not.
#[test]
fn committed_optima_are_what_the_simulator_says() {
    let all = committed();
    assert!(all.len() >= 11);
    for optima in all {
        let instance = instance(&optima);
        assert_eq!(optima.subject, instance.subject);
        let problem = instance.problem.as_ref();
        let entry = find_env(ENVS, &instance.env).unwrap();
        let objectives = (entry.objectives)(&optima.subject.workload);
        assert_eq!(optima.objectives.len(), objectives.len());
        for (name, objective) in objectives {
            let known = optima.objective(name).unwrap();
            let Some(best) = &known.best else { continue };
            let text = |name: &str| best.design.get(name).and_then(|text| text.as_str()).unwrap_or_default();
            let cells = problem.space().parameters().iter().map(|p| text(&p.name));
            let design = problem.space().parse(cells).unwrap();
            let outcome = problem::evaluate(problem, &design);
            let scorer = objective.bind(problem.metrics()).unwrap();
            assert_eq!(
                scorer.reward(outcome.metrics().unwrap()),
                best.reward,
                "{name} of {}",
                optima.subject
            );
            assert!(known.score >= best.reward && best.reward >= known.random.median);
            assert!(known.random.percentiles[&100] <= best.reward);
        }
    }
}

#[test]
fn every_landscape_has_its_optima_by_analysis_or_from_its_complete_table() {
    let dir = tempdir().unwrap();
    for workload in landscape::ENTRY.workloads {
        let known = Optima::load(&root(), "Landscape-v0", workload.name, "").unwrap();
        let command = known.command.clone();
        let found = match known.source {
            Source::Analytic => analytic(&instance(&known), command).unwrap(),
            Source::CompleteTable { .. } => {
                survey(&nk(), &complete(&nk(), &dir.path().join("nk.parquet")), command).unwrap()
            }
        };
        assert_eq!(found, known);
    }
    let (_, least) = landscape::optimum("nk").unwrap();
    let known = optimum(&root(), "Landscape-v0", "nk", "", "").unwrap();
    assert_eq!(known.score, -least);
    assert_eq!(known.best.unwrap().ties.unwrap().designs, 1);
}

#[test]
fn the_command_writes_the_committed_file() {
    let dir = tempdir().unwrap();
    let out = dir.path().to_str().unwrap();
    succeed(&["enumerate", "--env", "Landscape-v0", "--workload", "two-objective", "--optima", out]);
    let place = |root: &Path| Optima::path(root, "Landscape-v0", "two-objective", "default");
    assert_eq!(fs::read(place(dir.path())).unwrap(), fs::read(place(&root())).unwrap());
}

#[test]
fn regret_is_0_at_the_optimum_and_1_at_the_median_of_random_designs() {
    let known = optimum(&root(), "DramController-v0", "cloud-1", "archgym-pow2", "low-power").unwrap();
    let scale = Scale { best: known.score, random: known.random.median, certain: true };
    assert_eq!(scale.regret(Some(known.score)), 0.0);
    assert_eq!(scale.regret(Some(known.random.median)), 1.0);
    let between = (known.score + known.random.median) / 2.0;
    assert!((scale.regret(Some(between)) - 0.5).abs() < 1e-12);
    let message = |objective: &str| {
        optimum(&root(), "DramController-v0", "cloud-1", "archgym-pow2", objective).unwrap_err().to_string()
    };
    assert!(message("low-powr").contains("low-power"));
    assert!(
        optimum(&root(), "DramController-v0", "gemm", "", "")
            .unwrap_err()
            .to_string()
            .contains("no optima are known")
    );
}

/// Where `sweepstake enumerate` left complete tables called like their workloads, if it did.
#[test]
#[allow(clippy::print_stdout)] // a skipped test says so
fn complete_tables_say_what_the_simulator_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tables-out");
    let mut found = 0;
    for optima in committed().into_iter().filter(|optima| optima.subject.env == "DramController-v0") {
        let path = folder.join(format!("{}.parquet", optima.subject.workload));
        if !path.exists() {
            continue;
        }
        found += 1;
        let instance = instance(&optima);
        let table = table::read(&path).unwrap();
        assert_eq!(survey(&instance, &table, optima.command.clone()).unwrap(), optima);
        let tabled = Tabled::new(Arc::clone(&instance.problem), &instance.subject, table).unwrap();
        let mut rng = Seed(11).stream("rows");
        for _ in 0..1000 {
            let design = instance.problem.space().sample(&mut rng);
            assert!(tabled.row(&design).is_some());
            assert_eq!(tabled.evaluate(&design), instance.problem.evaluate(&design), "{design:?}");
        }
    }
    if found == 0 {
        println!("skipped: no complete tables");
    }
}
