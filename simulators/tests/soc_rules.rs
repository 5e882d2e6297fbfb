//! Rules of the SoC model, each at its boundary: where the corrected model differs from FARSI, and what is refused.

#![allow(clippy::unwrap_used)] // A test helper that cannot go on fails its test.

mod random_soc;

use proptest::prelude::*;
use sweepstake_simulators::soc::{
    Accelerator, Block, Budget, Distance, Edge, Fidelity, MemoryKind, Report, Scratch, Soc, SocError, Task,
    TaskGraph, TaskKind, Trace, Workload, arrange, simulate, simulate_with_trace, starting_point,
};

fn task(name: &str, kind: TaskKind, work: f64) -> Task {
    Task { name: name.into(), kind, work, burst_bytes: 1024.0, loop_iterations: 1, accelerator: None }
}

/// A graph of compute tasks with the given work between a source and a sink; edges as pairs with bytes.
fn graph(work: &[(&str, f64)], edges: &[(&str, &str, f64)], last: &str) -> TaskGraph {
    let mut tasks = vec![task("source", TaskKind::Source, 0.0)];
    tasks.extend(work.iter().map(|(name, work)| task(name, TaskKind::Compute, *work)));
    tasks.push(task("sink", TaskKind::Sink, 0.0));
    let edges =
        edges.iter().map(|(from, to, bytes)| Edge { from: (*from).into(), to: (*to).into(), bytes: *bytes });
    let budget = Budget { latency_s: 0.01, power_w: 0.01, area_m2: 1e-5 };
    TaskGraph { name: "test".into(), last_task: last.into(), budget, tasks, edges: edges.collect() }
}

/// Processors as asked for, one fast interconnect, one fast DRAM.
fn chip(workload: &Workload, task_pe: &[usize]) -> Soc {
    let processors = task_pe.iter().max().unwrap() + 1;
    let mut blocks = vec![Block::Processor; processors];
    blocks.push(Block::Interconnect { width_bytes: 128, clock: 8 });
    blocks.push(Block::Memory { kind: MemoryKind::Dram, width_bytes: 128, clock: 8 });
    Soc {
        blocks,
        links: (0..processors).map(|pe| [pe, processors]).chain([[processors, processors + 1]]).collect(),
        task_pe: task_pe.to_vec(),
        edge_memory: vec![processors + 1; workload.edges().len()],
        launch_order: (0..workload.tasks().len()).collect(),
    }
}

fn both(graph: &TaskGraph, task_pe: &[usize]) -> [(Report, Trace); 2] {
    let workload = Workload::new(std::slice::from_ref(graph)).unwrap();
    let design = chip(&workload, task_pe);
    [Fidelity::Farsi, Fidelity::Corrected]
        .map(|fidelity| simulate_with_trace(&design, &workload, fidelity, &mut Scratch::default()).unwrap())
}

#[test]
fn a_task_is_done_at_99_percent_and_corrected_at_its_end() {
    // `b` has 0.5 % more work than `a`, on a processor of its own.
    let edges = [("source", "a", 8.0), ("source", "b", 8.0), ("a", "sink", 8.0), ("b", "sink", 8.0)];
    let graph = graph(&[("a", 1_000_000.0), ("b", 1_005_000.0)], &edges, "b");
    let [(farsi, _), (corrected, _)] = both(&graph, &[0, 0, 1, 0]);
    assert!((farsi.latency_s(0) - 0.0005).abs() < 1e-12);
    assert!((corrected.latency_s(0) - 0.0005025).abs() < 1e-12);
}

#[test]
fn new_arrivals_overtake_waiting_tasks_and_corrected_they_do_not() {
    // `a` and `late` start together; `c` waits behind `a` from the start, `b` arrives when `a` is done.
    let edges =
        [("source", "a", 8.0), ("source", "c", 8.0), ("a", "b", 8.0), ("b", "sink", 8.0), ("c", "sink", 8.0)];
    let graph = graph(&[("a", 2e6), ("c", 2e6), ("b", 2e6)], &edges, "c");
    let [(farsi, _), (corrected, _)] = both(&graph, &[0; 5]);
    assert!((farsi.latency_s(0) - 0.003).abs() < 1e-12);
    assert!((corrected.latency_s(0) - 0.002).abs() < 1e-12);
}

#[test]
fn a_child_of_two_parents_frees_the_first_only_and_corrected_both() {
    // `c` reads from `a` and `b`; `d` writes once both could be free.
    let edges = [
        ("source", "a", 8.0),
        ("source", "b", 8.0),
        ("a", "c", 1e6),
        ("b", "c", 1e6),
        ("c", "d", 8.0),
        ("d", "e", 2e6),
        ("e", "sink", 8.0),
    ];
    let graph = graph(&[("a", 2e6), ("b", 2e6), ("c", 2e6), ("d", 2e6), ("e", 2e6)], &edges, "e");
    let [(_, farsi), (_, corrected)] = both(&graph, &[0; 7]);
    let most = |trace: &Trace| trace.block_bytes.iter().copied().fold(0.0, f64::max);
    assert_eq!(most(&farsi), 16.0 + 1e6 + 8.0 + 2e6);
    assert_eq!(most(&corrected), 16.0 + 8.0 + 2e6);
}

#[test]
fn windows_of_power_are_shifted_by_phases_without_time_and_corrected_they_are_not() {
    // Two phases longer than a window, the second of more power; in front the phases of start and source.
    let edges = [("source", "calm", 8.0), ("calm", "busy", 8.0), ("busy", "sink", 60e6)];
    let graph = graph(&[("calm", 30e6), ("busy", 30e6)], &edges, "busy");
    let workload = Workload::new(&[graph]).unwrap();
    let mut design = chip(&workload, &[0; 4]);
    design.blocks[1] = Block::Interconnect { width_bytes: 128, clock: 8 };
    let power = |fidelity| {
        simulate_with_trace(&design, &workload, fidelity, &mut Scratch::default()).map(|(report, trace)| {
            let phases: Vec<f64> =
                trace.phases.iter().filter(|(s, _)| *s > 0.0).map(|(s, joules)| joules / s).collect();
            (report.power_w, phases)
        })
    };
    // The DRAM ends at 51 MB.
    assert!(matches!(power(Fidelity::Farsi), Err(SocError::TooLarge { most: 50_944_000, .. })));
    let edges = [("source", "calm", 8.0), ("calm", "busy", 8.0), ("busy", "sink", 30e6)];
    let graph = self::graph(&[("calm", 30e6), ("busy", 30e6)], &edges, "busy");
    let workload = Workload::new(&[graph]).unwrap();
    let power = |fidelity| {
        let (report, trace) =
            simulate_with_trace(&design, &workload, fidelity, &mut Scratch::default()).unwrap();
        let timed = trace.phases.iter().filter(|(seconds, _)| *seconds > 0.0);
        (report.power_w, timed.map(|(seconds, joules)| joules / seconds).fold(0.0, f64::max))
    };
    let (corrected, busiest) = power(Fidelity::Corrected);
    assert!((corrected / busiest - 1.0).abs() < 1e-9);
    let (farsi, busiest) = power(Fidelity::Farsi);
    assert!(farsi < 0.99 * busiest, "{farsi} against {busiest}");
}

/// The error of a graph after a change.
fn refused(change: impl FnOnce(&mut TaskGraph)) -> String {
    let edges = [("source", "a", 8.0), ("a", "b", 8.0), ("b", "sink", 8.0)];
    let mut graph = graph(&[("a", 1e6), ("b", 1e6)], &edges, "b");
    graph.validate().unwrap();
    change(&mut graph);
    Workload::new(&[graph]).unwrap_err().to_string()
}

fn edge(from: &str, to: &str, bytes: f64) -> Edge {
    Edge { from: from.into(), to: to.into(), bytes }
}

#[test]
fn graphs_that_cannot_run_are_refused_with_a_reason() {
    let cases = [
        (refused(|g| g.edges.push(edge("b", "a", 8.0))), "cycle among or before a, b"),
        (refused(|g| g.edges.push(edge("a", "a", 8.0))), "a task cannot wait for itself"),
        (refused(|g| g.edges.push(edge("a", "nobody", 8.0))), "no task `nobody`"),
        (refused(|g| g.edges.push(edge("a", "b", 8.0))), "edge a → b is listed twice"),
        (refused(|g| g.edges[0].bytes = 0.0), "`bytes` is 0"),
        (refused(|g| g.edges[0].bytes = f64::NAN), "`bytes` is NaN"),
        (refused(|g| g.tasks[1].work = 0.0), "task `a`: `work` is 0"),
        (refused(|g| g.tasks[0].work = 1.0), "only compute tasks have work"),
        (refused(|g| g.tasks[1].kind = TaskKind::Source), "only compute tasks have work"),
        (refused(|g| g.tasks.push(task("a", TaskKind::Compute, 1.0))), "task `a` is listed twice"),
        (refused(|g| g.tasks.push(task("c", TaskKind::Compute, 1.0))), "task `c` has no parents"),
        (refused(|g| g.tasks.push(task("s", TaskKind::Source, 0.0))), "2 tasks of kind `source`"),
        (refused(|g| g.last_task = "sink".into()), "`sink` has to be a compute or join task"),
        (refused(|g| g.last_task = "z".into()), "no task `z`"),
        (refused(|g| g.budget.power_w = 0.0), "budget: `power_w` is 0"),
        (refused(|g| g.tasks[1].loop_iterations = 0), "`loop_iterations` is 0"),
        (refused(|g| g.tasks.clear()), "0 tasks; allowed: 1 to 64"),
        (
            refused(|g| {
                g.tasks[1].accelerator = Some(Accelerator { cycles: -1.0, energy_fj: 1.0, area_um2: 1.0 });
            }),
            "accelerator: `cycles` is -1",
        ),
    ];
    for (error, part) in cases {
        assert!(error.contains(part), "`{error}` does not say `{part}`");
    }
}

#[test]
fn yaml_that_is_no_graph_is_refused_with_its_line() {
    let error = TaskGraph::from_yaml("name: x\nlast_task: a\nwrong: 1\n").unwrap_err().to_string();
    assert!(error.contains("line 3") && error.contains("wrong"), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
}

/// The error of the starting point after a change.
fn broken(change: impl FnOnce(&mut Soc)) -> String {
    let workload = Workload::built_in("edge-detection").unwrap();
    let mut design = starting_point(&workload);
    change(&mut design);
    simulate(&design, &workload, Fidelity::Farsi, &mut Scratch::default()).unwrap_err().to_string()
}

#[test]
fn designs_that_are_no_system_are_refused_with_a_reason() {
    let bus = Block::Interconnect { width_bytes: 4, clock: 1 };
    let cases = [
        (broken(|d| d.task_pe[2] = 7), "task `laplacianEstimate`: there is no block 7"),
        (broken(|d| d.task_pe[2] = 2), "task `laplacianEstimate` cannot run on DRAM"),
        (broken(|d| d.edge_memory[0] = 0), "block 0 is no memory"),
        (broken(|d| d.edge_memory[0] = 9), "there is no block 9"),
        (broken(|d| d.links = vec![[1, 2]]), "block 0 is linked to no interconnect"),
        (broken(|d| d.links = vec![[0, 1]]), "memory 2 is linked to no interconnect"),
        (broken(|d| d.links.push([0, 2])), "a link has an interconnect at one end"),
        (broken(|d| d.links.push([1, 1])), "a link has an interconnect at one end"),
        (broken(|d| d.links.push([1, 5])), "there are only 3 blocks"),
        (broken(|d| d.launch_order[1] = 0), "`launch_order` has to list every task once"),
        (broken(|d| d.task_pe.truncate(3)), "`task_pe` has 3 entries; needed: 8"),
        (
            broken(|d| d.blocks[2] = Block::Memory { kind: MemoryKind::Dram, width_bytes: 0, clock: 1 }),
            "width and clock",
        ),
        (
            broken(|d| d.blocks[0] = Block::Accelerator { task: 0, unroll: 1, clock: 1 }),
            "an accelerator needs a task",
        ),
        (
            broken(|d| {
                d.blocks.push(bus);
                d.links = vec![[0, 1], [3, 2]];
            }),
            "no route from its block 0 to memory 2",
        ),
        (
            broken(|d| {
                d.blocks.extend([bus; 16]);
            }),
            "more than 16 interconnects",
        ),
        (
            broken(|d| {
                d.blocks.push(bus);
                d.links.push([0, 3]);
            }),
            "block 0 is linked to two interconnects",
        ),
    ];
    for (error, part) in cases {
        assert!(error.contains(part), "`{error}` does not say `{part}`");
    }
}

#[test]
fn a_term_counts_as_met_just_below_a_thousandth_above_its_budget() {
    let mut graph = graph(&[("a", 2e6)], &[("source", "a", 8.0), ("a", "sink", 8.0)], "a");
    // One millisecond on the processor.
    graph.budget = Budget { latency_s: 0.001 / 1.0009, power_w: 1.0, area_m2: 1.0 };
    let workload = |latency_s: f64| {
        let budget = Budget { latency_s, ..graph.budget };
        Workload::new(&[TaskGraph { budget, ..graph.clone() }]).unwrap()
    };
    for (share, met) in [(1.0009, true), (1.0011, false)] {
        let workload = workload(0.001 / share);
        let design = chip(&workload, &[0; 3]);
        let report = simulate(&design, &workload, Fidelity::Farsi, &mut Scratch::default()).unwrap();
        assert_eq!(report.meets_budgets(&workload), met, "{share}");
        assert_eq!(report.distance(&workload, Distance::Eliminate) < 1e-8, met);
    }
}

/// Both models on a random design of a random graph: finite, in order, within bounds, the same again.
fn check(seed: u64) -> Result<(), TestCaseError> {
    let workload = Workload::new(&[random_soc::graph(seed)]).unwrap();
    let design = random_soc::design(&workload, seed ^ 0x5eed);
    let mut scratch = Scratch::default();
    for fidelity in [Fidelity::Farsi, Fidelity::Corrected] {
        let (report, trace) = match simulate_with_trace(&design, &workload, fidelity, &mut scratch) {
            Ok(simulated) => simulated,
            Err(SocError::TooLarge { .. }) => return Ok(()),
            Err(error) => return Err(TestCaseError::fail(format!("seed {seed}: {error}"))),
        };
        for edge in workload.edges() {
            prop_assert!(trace.end_s[edge.from] <= trace.start_s[edge.to]);
        }
        for (task, row) in workload.tasks().iter().enumerate() {
            prop_assert!(trace.start_s[task] <= trace.end_s[task]);
            // Nothing is faster than its block; up to a hundredth of the work may be dropped.
            let rate = design.blocks[design.task_pe[task]].rate(&workload);
            let least = 0.99 * row.work / rate * (1.0 - 1e-9);
            prop_assert!(trace.end_s[task] - trace.start_s[task] >= least, "task {task}");
        }
        for pe in 0..design.blocks.len() {
            let own: Vec<_> = trace.spans.iter().filter(|span| design.task_pe[span.task] == pe).collect();
            let apart = own.windows(2).all(|pair| pair[0].to_s <= pair[1].from_s + 1e-15);
            prop_assert!(apart, "two tasks at once on block {pe}");
        }
        let joules: f64 = trace.phases.iter().map(|(_, joules)| joules).sum();
        prop_assert!((joules - report.energy_j).abs() <= 1e-9 * joules);
        let by_task: f64 = trace.task_energy_j.iter().sum();
        let by_block: f64 = trace.block_energy_j.iter().sum();
        prop_assert!((by_task - joules).abs() <= 1e-9 * joules && (by_block - joules).abs() <= 1e-9 * joules);
        let area: f64 = trace.block_area_m2.iter().sum();
        prop_assert!((area - report.area.total_m2()).abs() <= 1e-9 * area);
        prop_assert!(report.power_w.is_finite() && report.power_w >= 0.0);
        prop_assert!(report.development_cost.is_finite() && report.development_cost > 0.0);
        let again = simulate(&design, &workload, fidelity, &mut Scratch::default()).unwrap();
        prop_assert_eq!(report, again);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_graphs_on_random_designs_are_sound(seed in any::<u64>()) {
        check(seed)?;
    }

    #[test]
    fn arranging_twice_is_arranging_once(seed in any::<u64>()) {
        let workload = Workload::new(&[random_soc::graph(seed)]).unwrap();
        let design = random_soc::design(&workload, seed);
        let (again, order) = arrange(&design, design.task_pe[workload.source()], &workload).unwrap();
        prop_assert_eq!(order.len(), again.blocks.len());
        prop_assert!(again.blocks.len() <= design.blocks.len());
    }

    /// Broken designs of any kind give errors, never panics.
    #[test]
    fn no_design_makes_the_simulator_panic(
        seed in any::<u64>(), at in any::<prop::sample::Index>(), value in 0usize..100, part in 0usize..5,
    ) {
        let workload = Workload::new(&[random_soc::graph(seed)]).unwrap();
        let mut design = random_soc::design(&workload, seed);
        match part {
            0 => { let at = at.index(design.task_pe.len()); design.task_pe[at] = value; }
            1 => { let at = at.index(design.edge_memory.len()); design.edge_memory[at] = value; }
            2 => { let at = at.index(design.links.len()); design.links[at] = [value, value / 2]; }
            3 => { let at = at.index(design.launch_order.len()); design.launch_order[at] = value; }
            _ => { let at = at.index(design.blocks.len()); design.blocks.remove(at); }
        }
        let _ = simulate(&design, &workload, Fidelity::Farsi, &mut Scratch::default());
        let _ = arrange(&design, 0, &workload);
    }
}
