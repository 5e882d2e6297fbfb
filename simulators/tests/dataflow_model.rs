//! Properties of data-centric mappings, and our own results kept as a file.
//!
//! After an intended change, write the file anew with
//! `UPDATE_GOLDEN=1 cargo test --release -p sweepstake-simulators --test dataflow_model`.

#![allow(clippy::unwrap_used)] // A test helper that cannot go on fails its test.

mod golden;

use std::fmt::Write;

use proptest::prelude::*;
use sweepstake_simulators::dataflow::{
    DataflowError, Dim, Directive, Hardware, Mapping, Operator, Over, Problem, Scratch, evaluate,
};
use sweepstake_simulators::layer::NETWORKS;

fn hardware() -> Hardware {
    Hardware { pes: 64, noc_bandwidth: 16, noc_latency: 2, offchip_bandwidth: 8, simd: 1 }
}

/// Output channels over clusters, input channels or columns within them.
fn weight_stationary(problem: &Problem) -> Mapping {
    let input = Over::Input;
    let channels = if problem.operator() == Operator::Depthwise { Dim::C } else { Dim::K };
    let window =
        [Dim::R, Dim::S].map(|dim| Directive::temporal(problem.size(dim), problem.size(dim), input(dim)));
    let rows = |dim: Dim, filter: Dim| Directive::temporal(problem.size(filter), 1, input(dim));
    let pixels = [rows(Dim::Y, Dim::R), rows(Dim::X, Dim::S)];
    let inner = if problem.operator() == Operator::Depthwise {
        Directive::spatial(problem.size(Dim::S), 1, input(Dim::X))
    } else {
        Directive::spatial(1, 1, input(Dim::C))
    };
    let mut inside = vec![inner];
    inside.extend(window);
    let outside: Vec<Directive> =
        std::iter::once(Directive::spatial(1, 1, input(channels))).chain(window).chain(pixels).collect();
    Mapping { levels: vec![outside, inside], clusters: vec![8] }
}

#[test]
fn results_are_those_of_the_golden_file() {
    let mut text = String::from("network,layer,cycles,energy_nj,l1_words,l2_words,macs\n");
    let mut scratch = Scratch::default();
    for network in NETWORKS {
        for row in network.rows.iter().step_by(2) {
            let Ok((problem, _)) = Problem::of(&row.layer) else { continue };
            let report = evaluate(&hardware(), &problem, &weight_stationary(&problem), &mut scratch).unwrap();
            let (network, layer, energy) = (network.name, row.name, report.energy_nj(false));
            write!(text, "{network},{layer},{},{energy:.6},", report.runtime).unwrap();
            writeln!(text, "{},{},{}", report.l1_words, report.l2_words, report.macs).unwrap();
        }
    }
    golden::compare("dataflow.csv", &text);
}

fn product() -> Problem {
    Problem::new(Operator::Gemm, &[(Dim::M, 8), (Dim::N, 6), (Dim::K, 4)], [1, 1]).unwrap()
}

fn refusal(mapping: &Mapping) -> String {
    evaluate(&hardware(), &product(), mapping, &mut Scratch::default()).unwrap_err().to_string()
}

#[test]
fn mappings_that_make_no_sense_are_refused_with_their_level() {
    let one = |directive: Directive| Mapping { levels: vec![vec![directive]], clusters: vec![] };
    let m = Over::Input(Dim::M);
    for (mapping, expected) in [
        (Mapping::default(), "cluster level 0: 0 levels and 0 clusters"),
        (
            one(Directive::temporal(1, 1, Over::Input(Dim::C))),
            "cluster level 0: the layer has no dimension C",
        ),
        (one(Directive::temporal(0, 1, m)), "size of the map of M is 0; allowed: 1 to"),
        (one(Directive::temporal(1, 0, m)), "offset of the map of M is 0; allowed: 1 to"),
        (one(Directive::temporal(i64::MAX, 1, m)), "size of the map of M is 9223372036854775807"),
        (
            Mapping { levels: vec![vec![]; 2], clusters: vec![65] },
            "clusters of 65 elements in all; there are 64",
        ),
        (Mapping { levels: vec![vec![]; 2], clusters: vec![0] }, "cluster size is 0"),
        (Mapping { levels: vec![vec![]; 9], clusters: vec![1; 8] }, "9 levels and 8 clusters"),
        (
            Mapping { levels: vec![vec![Directive::temporal(1, 1, m); 40]], clusters: vec![] },
            "directives; allowed",
        ),
    ] {
        let error = refusal(&mapping);
        assert!(error.contains(expected), "expected {expected:?} in {error}");
    }
}

#[test]
fn tiles_beyond_64_bits_are_refused() {
    let large = 1 << 24;
    let tile = |dim: Dim| Directive::temporal(large, large, Over::Input(dim));
    let mapping = Mapping { levels: vec![[Dim::M, Dim::N, Dim::K].map(tile).to_vec()], clusters: vec![] };
    assert!(refusal(&mapping).contains("do not fit 64 bits"));
    let sizes = [Dim::M, Dim::N, Dim::K].map(|dim| (dim, large));
    assert!(matches!(Problem::new(Operator::Gemm, &sizes, [1, 1]), Err(DataflowError::Overflow { .. })));
}

#[test]
fn an_output_dimension_needs_the_filter_in_its_level() {
    let sizes = [(Dim::C, 2), (Dim::R, 3), (Dim::S, 3), (Dim::Y, 8), (Dim::X, 8)];
    let problem = Problem::new(Operator::Depthwise, &sizes, [1, 1]).unwrap();
    let rows = Directive::spatial(1, 1, Over::Output(Dim::Y));
    let mapping = Mapping { levels: vec![vec![rows]], clusters: vec![] };
    let result = evaluate(&hardware(), &problem, &mapping, &mut Scratch::default());
    assert_eq!(result.unwrap_err().to_string(), "cluster level 0: Y' without R in the same level");
}

#[test]
fn the_forgotten_energy_is_that_of_the_elements_memories() {
    let problem = Problem::of(&sweepstake_simulators::layer::Layer::conv(16, 8, 12, 3)).unwrap().0;
    let report =
        evaluate(&hardware(), &problem, &weight_stationary(&problem), &mut Scratch::default()).unwrap();
    let accesses: i64 = report.l1_reads.iter().chain(&report.l1_writes).sum();
    let missing = report.energy_nj(false) - report.energy_nj(true);
    assert!((missing - 0.00023 * 1.68 * accesses as f64).abs() <= 1e-9 * missing);
}

#[test]
fn a_mapping_without_overlap_counts_every_multiplication_once() {
    let mapping = Mapping {
        levels: vec![vec![
            Directive::spatial(1, 1, Over::Input(Dim::M)),
            Directive::temporal(2, 2, Over::Input(Dim::N)),
        ]],
        clusters: vec![],
    };
    let report = evaluate(&hardware(), &product(), &mapping, &mut Scratch::default()).unwrap();
    assert_eq!(report.macs, 8 * 6 * 4);
}

fn directive(output: bool) -> impl Strategy<Value = Directive> {
    let over = (0..8usize, any::<bool>()).prop_map(move |(dim, prime)| {
        let dim = Dim::ALL[dim];
        if output && prime { Over::Output(dim) } else { Over::Input(dim) }
    });
    let size = prop_oneof![6 => 1..12i64, 1 => any::<i64>(), 1 => 1..(1i64 << 24)];
    (any::<bool>(), size.clone(), size, over).prop_map(|(spatial, size, offset, over)| Directive {
        spatial,
        size,
        offset,
        over,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_mapping_has_a_finite_cost_or_is_refused(
        levels in prop::collection::vec(prop::collection::vec(directive(true), 0..7), 1..4),
        clusters in prop::collection::vec(1..9i64, 0..3),
        kind in 0..3usize,
        sizes in prop::collection::vec(1..30i64, 8),
        stride in 1..4i64,
    ) {
        let operator = [Operator::Conv, Operator::Depthwise, Operator::Gemm][kind];
        let sizes: Vec<(Dim, i64)> = operator.dims().map(|dim| (dim, sizes[dim as usize])).collect();
        if let Ok(problem) = Problem::new(operator, &sizes, [stride, stride]) {
            // Directives of dimensions that the layer has, or few random mappings come any further.
            let known = |directive: &Directive| match directive.over {
                Over::Input(dim) | Over::Output(dim) => operator.dims().any(|other| other == dim),
            };
            let levels: Vec<Vec<Directive>> =
                levels.into_iter().map(|level| level.into_iter().filter(known).collect()).collect();
            let mut clusters = clusters;
            clusters.resize(levels.len() - 1, 2);
            let mapping = Mapping { levels, clusters };
            let mut scratch = Scratch::default();
            if let Ok(report) = evaluate(&hardware(), &problem, &mapping, &mut scratch) {
                prop_assert!(report.runtime > 0 && report.energy_nj(false).is_finite());
                prop_assert!(report.area_um2().is_finite() && report.active.is_finite());
                prop_assert_eq!(evaluate(&hardware(), &problem, &mapping, &mut scratch).unwrap(), report);
            }
        }
    }
}
