#![allow(clippy::unwrap_used, reason = "a failed test may panic anywhere")]

use rl_env::seed::Seed;
use sweepstake_simulators::soc::starting_point;

use super::*;

fn problem(workload: &str) -> Arc<dyn Problem> {
    ENTRY.problem(&ENTRY.select(workload, "", None).unwrap()).unwrap()
}

const WORKLOADS: [&str; 4] = ["audio-decoder", "edge-detection", "hpvm-cava", "ar-glasses"];

#[test]
fn the_first_design_is_farsis_starting_point() {
    for name in WORKLOADS {
        let selection = ENTRY.select(name, "", None).unwrap();
        let (chip, workload) = chip_of(&selection, &problem(name).space().first()).unwrap();
        assert_eq!(chip, starting_point(&workload), "{name}");
    }
}

#[test]
fn every_design_is_a_system() {
    for name in WORKLOADS {
        let problem = problem(name);
        let mut rng = Seed(1).stream(name);
        for _ in 0..300 {
            let outcome = problem.evaluate(&problem.space().sample(&mut rng));
            // Only a memory beyond the table is not built.
            assert!(matches!(outcome.reason(), None | Some("memory-too-large")), "{name}: {outcome:?}");
        }
    }
}

#[test]
fn a_reference_beyond_the_last_slot_is_counted_round() {
    let problem = problem("edge-detection");
    let space = problem.space();
    let mut design = space.first();
    let at = space.position("source_to_gaussian_smoothing_memory").unwrap();
    let before = problem.evaluate(&design);
    design.0[at] = rl_env::design::Value::Integer(3);
    assert_eq!(problem.evaluate(&design), before);
    assert_eq!(*problem.canonical(&design), space.first());
}

#[test]
fn moves_lead_to_other_designs_of_the_space() {
    for name in WORKLOADS {
        let problem = problem(name);
        let mut rng = Seed(2).stream(name);
        let mut design = problem.space().first();
        for step in 0..25 {
            let moves = problem.space().moves(&design).unwrap();
            assert!(!moves.is_empty(), "{name}, step {step}: {}", problem.space().describe(&design));
            for step in &moves {
                problem.space().check(&step.design).unwrap();
                assert_ne!(
                    *problem.canonical(&step.design),
                    *problem.canonical(&design),
                    "{name}: {}",
                    step.kind
                );
            }
            assert!(moves.iter().any(|step| step.advised), "{name}");
            design = moves[rng.index(moves.len())].design.clone();
        }
    }
}

#[test]
fn the_first_move_on_the_starting_point_saves_power() {
    let problem = problem("audio-decoder");
    let moves = problem.space().moves(&problem.space().first()).unwrap();
    assert!(moves.iter().all(|step| step.metric == "power_w"));
}
