//! Properties of the systolic arrays, and our own results kept as a file.
//!
//! After an intended change, write the file anew with
//! `UPDATE_GOLDEN=1 cargo test --release -p sweepstake-simulators --test systolic_model`.

#![allow(clippy::unwrap_used)] // A test helper that cannot go on fails its test.

mod golden;

use std::fmt::Write;

use proptest::prelude::*;
use sweepstake_simulators::layer::NETWORKS;
use sweepstake_simulators::systolic::{
    Array, Bandwidth, Compute, Dataflow, Scratch, Shape, SystolicError, Work, simulate,
};

fn array(dataflow: Dataflow, side: u32, kb: u32, bandwidth: Option<u32>) -> Array {
    let bandwidth = bandwidth.map(|words| Bandwidth { ifmap: words, filter: words, ofmap: words });
    Array { rows: side, columns: side, dataflow, ifmap_kb: kb, filter_kb: kb, ofmap_kb: kb, bandwidth }
}

#[test]
fn results_are_those_of_the_golden_file() {
    let mut text = String::from("network,layer,dataflow,user,cycles,stalls,overall,dram_words\n");
    let mut scratch = Scratch::default();
    for network in NETWORKS {
        for (place, row) in network.rows.iter().enumerate() {
            let (work, _) = Work::of(&row.layer).unwrap();
            if work.macs() > 20_000_000 {
                continue;
            }
            let user = place % 3 < 2;
            let array = array(Dataflow::ALL[place % 3], 32, 16, user.then_some(8));
            let report = simulate(&array, &work, &mut scratch).unwrap();
            let (cycles, stalls, overall) = (report.cycles, report.stall_cycles, report.overall_cycles);
            let (network, layer, dataflow) = (network.name, row.name, array.dataflow.name());
            write!(text, "{network},{layer},{dataflow},{user},").unwrap();
            writeln!(text, "{cycles},{stalls},{overall},{}", report.dram_words()).unwrap();
        }
    }
    golden::compare("systolic.csv", &text);
}

#[test]
fn sizes_of_zero_and_beyond_the_largest_are_refused_by_name() {
    type Edit = fn(&mut Array);
    let good = array(Dataflow::Os, 8, 1, Some(1));
    let edits: [(&str, Edit); 6] = [
        ("`rows` is 0; allowed: 1 to 4096", |array| array.rows = 0),
        ("`columns` is 4097; allowed: 1 to 4096", |array| array.columns = 4097),
        ("`ifmap_kb` is 0", |array| array.ifmap_kb = 0),
        ("`filter_kb` is 4294967295", |array| array.filter_kb = u32::MAX),
        ("`ofmap_kb` is 0", |array| array.ofmap_kb = 0),
        ("`bandwidth.filter` is 0", |array| {
            array.bandwidth = Some(Bandwidth { ifmap: 1, filter: 0, ofmap: 1 });
        }),
    ];
    for (expected, edit) in edits {
        let mut array = good;
        edit(&mut array);
        let work = Work::gemm(4, 4, 4).unwrap();
        let error = simulate(&array, &work, &mut Scratch::default()).unwrap_err().to_string();
        assert!(error.starts_with(expected), "expected {expected:?} in {error}");
    }
}

#[test]
fn a_layer_too_large_to_follow_is_refused() {
    let work = Work::gemm(1 << 15, 8, 1 << 15).unwrap();
    let result = simulate(&array(Dataflow::Os, 8, 1, Some(1)), &work, &mut Scratch::default());
    assert!(matches!(result, Err(SystolicError::TooLarge { .. })));
}

fn dataflow() -> impl Strategy<Value = Dataflow> {
    prop::sample::select(Dataflow::ALL.to_vec())
}

fn work() -> impl Strategy<Value = Work> {
    let sides = (1..14u32, 1..14u32, 1..5u32, 1..5u32, 1..9u32, 1..20u32, 1..4u32, 1..3u32);
    sides.prop_filter_map("filter beyond input", |(h, w, r, s, channels, filters, stride, dilation)| {
        let shape = Shape {
            ifmap: [h, w],
            filter: [r, s],
            channels,
            filters,
            stride: [stride, stride],
            dilation: [dilation, dilation],
        };
        Work::new(shape).ok()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn cycles_are_those_of_computing_and_of_waiting(
        work in work(), dataflow in dataflow(), side in 1..12u32, kb in 1..4u32, words in 1..40u32
    ) {
        let mut scratch = Scratch::default();
        let array = array(dataflow, side, kb, Some(words));
        let report = simulate(&array, &work, &mut scratch).unwrap();
        prop_assert_eq!(report.compute, Compute::new(&array, &work));
        prop_assert_eq!(report.cycles, report.compute.cycles + report.stall_cycles);
        prop_assert!(report.overall_cycles > 0);
        // What was left in memory by another run changes nothing.
        prop_assert_eq!(simulate(&array, &work, &mut scratch).unwrap(), report);
        prop_assert_eq!(simulate(&array, &work, &mut Scratch::default()).unwrap(), report);
    }

    #[test]
    fn nothing_waits_for_what_fits(work in work(), dataflow in dataflow(), side in 1..12u32) {
        let array = array(dataflow, side, 1 << 10, Some(1));
        let report = simulate(&array, &work, &mut Scratch::default()).unwrap();
        prop_assert_eq!(report.stall_cycles, 0);
        let [m, n, _] = work.product();
        prop_assert!(report.ofmap.dram.accesses >= m * n);
    }

    #[test]
    fn without_a_bandwidth_every_word_fetched_is_fetched_once_if_all_fit(
        work in work(), dataflow in dataflow(), side in 1..12u32
    ) {
        let array = array(dataflow, side, 1 << 10, None);
        let report = simulate(&array, &work, &mut Scratch::default()).unwrap();
        let [_, n, k] = work.product();
        prop_assert_eq!(report.filter.dram.accesses, n * k);
        prop_assert_eq!(report.stall_cycles, 0);
    }

    #[test]
    fn layers_of_any_size_run_or_are_refused(m in any::<u32>(), n in any::<u32>(), k in any::<u32>()) {
        if let Ok(work) = Work::gemm(m, n, k) {
            let compute = Compute::new(&array(Dataflow::Ws, 4096, 1, None), &work);
            prop_assert!(compute.busy_percent <= 100.0 + 1e-9);
        }
    }
}
