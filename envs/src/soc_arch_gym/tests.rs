#![allow(clippy::unwrap_used, reason = "a failed test may panic anywhere")]

use rl_env::problem::evaluate;

use super::*;

fn problem(workload: &str) -> Arc<dyn Problem> {
    ENTRY.problem(&ENTRY.select(workload, "", None).unwrap()).unwrap()
}

/// One interconnect with a processor and a memory, and everything on them.
fn plain(tasks: usize) -> Vec<i64> {
    let head = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, 0, -1, -1];
    head.into_iter().chain(std::iter::repeat_n(0, 2 * tasks)).collect()
}

fn reason(workload: &str, change: impl Fn(&mut Vec<i64>)) -> String {
    let problem = problem(workload);
    let tasks = (problem.space().len() - TASK_TO_PE) / 2;
    let mut vector = plain(tasks);
    change(&mut vector);
    let design = Design(vector.into_iter().map(Value::Integer).collect());
    problem.space().check(&design).unwrap();
    evaluate(&*problem, &design).reason().unwrap_or("feasible").to_owned()
}

#[test]
fn spaces_have_the_published_sizes() {
    for (workload, dimensions, size) in
        [("audio-decoder", 54, 5.4e26), ("edge-detection", 34, 1.6e17), ("hpvm-cava", 36, 1.4e18)]
    {
        let problem = problem(workload);
        assert_eq!(problem.space().len(), dimensions);
        let cardinality = problem.space().cardinality().unwrap() as f64;
        assert!((cardinality / size - 1.0).abs() < 0.05, "{workload}: {cardinality:e}");
    }
}

#[test]
fn every_way_to_draw_no_system_has_its_reason() {
    assert_eq!(reason("edge-detection", |_| {}), "feasible");
    assert_eq!(reason("edge-detection", |v| v[BUS_TO_BUS] = 0), "bus-to-itself");
    assert_eq!(reason("edge-detection", |v| v[BUS_TO_MEM + 1] = 0), "memory-on-two-buses");
    assert_eq!(reason("edge-detection", |v| v[BUS_TO_MEM] = -1), "no-memory");
    assert_eq!(reason("edge-detection", |v| v[PE_ALLOCATION] = 1), "task-0-on-a-foreign-accelerator");
    assert_eq!(reason("edge-detection", |v| v[TASK_TO_PE + 8] = 1), "task-0-writes-to-no-memory");
    let apart = |v: &mut Vec<i64>| (v[BUS_TO_MEM], v[BUS_TO_MEM + 1]) = (-1, 0);
    assert_eq!(reason("edge-detection", apart), "memory-out-of-reach");
}
