//! A systolic array on a layer or a network: its shape, its buffers, what stays in it, and its bandwidth.
//!
//! Time is SCALE-Sim's, waits for DRAM included, exactly; an evaluation takes from microseconds, where everything fits,
//! to seconds, for a whole network on a small array. Words are bytes. Energy and area come from the tables of
//! `sweepstake_simulators::accelerator::technology`; multipliers of 8 bits cost a quarter of those of 16.

use std::sync::Arc;

use rl_env::Error;
use rl_env::design::{Design, DesignSpace, Parameter};
use rl_env::objective::{Axis, Direction, Objective};
use rl_env::problem::{Metric, Outcome, Problem};
use rl_env::registry::{EnvEntry, Make, Named, Selection};
use sweepstake_simulators::accelerator::technology::{
    Class, Cost, LPDDR4_PJ_PER_BIT, MAC_PJ, MAC_UM2, memory,
};
use sweepstake_simulators::layer::Layer;
use sweepstake_simulators::systolic::{
    Array, Bandwidth, Dataflow, Report, Scratch, SystolicError, Work, simulate,
};

use crate::Pool;
use crate::dnn_accelerator::{WORKLOAD_FILES, layers_of, product};

/// The row of the environment table.
pub const ENTRY: EnvEntry = EnvEntry {
    id: "SystolicArray-v0",
    summary: "A systolic array with its buffers on a layer or a network: time with exact waits for DRAM, energy, area.",
    reference: "Samajdar et al. 2020 and Raj et al. 2025, SCALE-Sim",
    workloads: WORKLOADS,
    workload_files: Some(WORKLOAD_FILES),
    spaces: &[Named {
        name: "default",
        doc: "8 × 8 to 128 × 128 elements, buffers of 1 kB to 1 MB, 1 to 64 words a cycle each.",
    }],
    objectives,
    max_episode_steps: None,
    make: Make::Problem(|selection| Ok(Arc::new(SystolicArray::new(selection)?))),
};

const WORKLOADS: &[Named] = &[
    Named { name: "mobilenet-v2-expand", doc: "160 to 960 channels, 7 × 7, 1 × 1." },
    Named { name: "resnet18-conv4", doc: "256 to 256 channels, 14 × 14, 3 × 3." },
    Named { name: "mobilenet-v2-depthwise", doc: "144 channels, 56 × 56, 3 × 3, depthwise." },
    Named { name: "bert-base-scores", doc: "One head of attention: 512 × 64 times 64 × 512." },
    Named { name: "alexnet-conv", doc: "The five convolutions of AlexNet; up to a second a design." },
    Named { name: "mobilenet-v2", doc: "MobileNetV2; up to a second a design." },
];

/// The shapes of the workloads that are one layer, in the same order.
const LAYERS: [Layer; 4] = [
    Layer::conv(960, 160, 7, 1),
    Layer::conv(256, 256, 14, 3),
    Layer::depthwise(144, 56, 3),
    Layer::gemm(512, 64, 512),
];

const METRICS: &[Metric] = &[
    Metric::new("energy_uj", "µJ", "Energy of all layers: buffers, DRAM and multiplications."),
    Metric::new("cycles", "cycles", "Cycles of all layers, waits for DRAM included."),
    Metric::new("area_mm2", "mm²", "Area of the buffers and of the array."),
    Metric::new("stall_percent", "percent", "Cycles spent waiting for DRAM."),
    Metric::new("utilization_percent", "percent", "Multiplications over cycles and elements."),
    Metric::new("dram_words", "words", "Bytes to and from DRAM."),
];

fn objectives(workload: &str) -> Vec<(&'static str, Objective)> {
    let named = WORKLOADS.iter().zip(LAYERS).find(|(named, _)| named.name == workload);
    let network =
        || sweepstake_simulators::layer::network(workload).map_or(1 << 30, |network| network.macs());
    let macs = named.map_or_else(network, |(_, layer)| layer.macs()) as f64;
    let axis = |metric: &str, reference: f64| Axis {
        metric: metric.to_owned(),
        direction: Direction::Minimise,
        reference,
        ideal: 0.0,
    };
    // Corners in reach of half of the random designs or so.
    let corners = [axis("energy_uj", 2e-5 * macs), axis("cycles", 0.05 * macs), axis("area_mm2", 10.0)];
    vec![
        ("energy-delay", product(["energy_uj", "cycles"])),
        ("low-latency", Objective::minimise("cycles")),
        ("low-energy", Objective::minimise("energy_uj")),
        ("low-area", Objective::minimise("area_mm2")),
        ("latency-area", product(["cycles", "area_mm2"])),
        ("pareto", Objective::Pareto { axes: corners.to_vec() }),
    ]
}

fn parameters() -> Vec<Parameter> {
    let side = |name: &str, doc: &str| Parameter::power_of_two(name, 8, 128).doc(doc);
    let buffer = |name: &str, doc: &str| Parameter::power_of_two(name, 1, 1024).unit("kB").doc(doc);
    let speed = |name: &str, doc: &str| Parameter::power_of_two(name, 1, 64).unit("words/cycle").doc(doc);
    vec![
        side("rows", "Rows of processing elements."),
        side("columns", "Columns of processing elements."),
        Parameter::choice("dataflow", Dataflow::ALL.map(Dataflow::name))
            .doc("What stays in the array: outputs, weights or inputs."),
        buffer("ifmap_kb", "Buffer of inputs."),
        buffer("filter_kb", "Buffer of filters."),
        buffer("ofmap_kb", "Buffer of outputs."),
        speed("ifmap_bandwidth", "From DRAM to the buffer of inputs."),
        speed("filter_bandwidth", "From DRAM to the buffer of filters."),
        speed("ofmap_bandwidth", "From the buffer of outputs to DRAM."),
    ]
}

fn array_of(design: &Design) -> Array {
    let size = |place: usize| u32::try_from(design.integer(place)).unwrap_or(u32::MAX);
    Array {
        rows: size(0),
        columns: size(1),
        dataflow: Dataflow::ALL[design.choice(2)],
        ifmap_kb: size(3),
        filter_kb: size(4),
        ofmap_kb: size(5),
        bandwidth: Some(Bandwidth { ifmap: size(6), filter: size(7), ofmap: size(8) }),
    }
}

/// Words of a byte in an access to a buffer.
const BLOCK: u32 = 8;

fn buffers(array: &Array) -> [Cost; 3] {
    [array.ifmap_kb, array.filter_kb, array.ofmap_kb]
        .map(|kb| memory(Class::Sram, u64::from(kb) * 1024 / u64::from(BLOCK), 8 * BLOCK, 1))
}

/// Energy of a run in pJ. What the array reads was written once from DRAM; outputs the other way round.
fn energy_pj(report: &Report, work: &Work, buffers: &[Cost; 3]) -> f64 {
    let [ifmap, filter, ofmap] = report.transfers().map(|transfers| {
        [transfers.sram.accesses as f64 / f64::from(BLOCK), transfers.dram.accesses as f64 / f64::from(BLOCK)]
    });
    let read = |[sram, dram]: [f64; 2], cost: &Cost| sram * cost.read_pj + dram * cost.write_pj;
    let written = |[sram, dram]: [f64; 2], cost: &Cost| sram * cost.write_pj + dram * cost.read_pj;
    let buffered = read(ifmap, &buffers[0]) + read(filter, &buffers[1]) + written(ofmap, &buffers[2]);
    let dram = 8.0 * LPDDR4_PJ_PER_BIT * report.dram_words() as f64;
    buffered + dram + work.macs() as f64 * MAC_PJ / 4.0
}

fn area_mm2(array: &Array, buffers: &[Cost; 3]) -> f64 {
    // An element has an input, a weight and a partial sum of 16 bits.
    let element = MAC_UM2 / 4.0 + memory(Class::Regfile, 2, 16, 1).area_um2;
    let elements = f64::from(array.rows) * f64::from(array.columns);
    (elements * element + buffers.iter().map(|cost| cost.area_um2).sum::<f64>()) / 1e6
}

struct SystolicArray {
    space: DesignSpace,
    /// Different layers, and how often each runs.
    works: Vec<(Work, f64)>,
    pool: Pool<Scratch>,
}

impl SystolicArray {
    fn new(selection: &Selection<'_>) -> Result<Self, Error> {
        let named = WORKLOADS.iter().zip(LAYERS).find(|(named, _)| named.name == selection.workload);
        let layers = match (selection.file, named) {
            (None, Some((_, layer))) => vec![(layer, 1)],
            _ => layers_of(selection)?.into_iter().map(|named| (named.layer, named.count)).collect(),
        };
        let mut works: Vec<(Work, f64)> = Vec::new();
        for (layer, count) in layers {
            let refuse =
                |error: SystolicError| Error::Config { key: "workload".into(), problem: error.to_string() };
            let (work, times) = Work::of(&layer).map_err(refuse)?;
            let times = f64::from(count) * times as f64;
            match works.iter_mut().find(|(known, _)| *known == work) {
                Some((_, known)) => *known += times,
                None => works.push((work, times)),
            }
        }
        Ok(Self { space: DesignSpace::new(parameters())?, works, pool: Pool::default() })
    }

    fn run(&self, array: &Array, scratch: &mut Scratch) -> Result<[f64; 6], SystolicError> {
        let buffers = buffers(array);
        let (mut energy, mut cycles, mut stalls, mut macs, mut dram) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (work, times) in &self.works {
            let report = simulate(array, work, scratch)?;
            energy += times * energy_pj(&report, work, &buffers);
            cycles += times * (report.cycles + 1) as f64;
            stalls += times * report.stall_cycles as f64;
            macs += times * work.macs() as f64;
            dram += times * report.dram_words() as f64;
        }
        let elements = f64::from(array.rows) * f64::from(array.columns);
        let area = area_mm2(array, &buffers);
        Ok([energy / 1e6, cycles, area, 100.0 * stalls / cycles, 100.0 * macs / (cycles * elements), dram])
    }
}

impl Problem for SystolicArray {
    fn space(&self) -> &DesignSpace {
        &self.space
    }

    fn metrics(&self) -> &[Metric] {
        METRICS
    }

    fn evaluate(&self, design: &Design) -> Outcome {
        match self.pool.with(|scratch| self.run(&array_of(design), scratch)) {
            Ok(metrics) => Outcome::Feasible(metrics.into()),
            Err(error @ SystolicError::LiveLock { .. }) => {
                Outcome::infeasible("live-lock", error.to_string())
            }
            Err(error) => Outcome::infeasible("too-large", error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rl_env::design::Value;

    fn metrics(edit: impl Fn(&mut Design)) -> Vec<f64> {
        let problem = ENTRY.problem(&ENTRY.select("", "", None).unwrap()).unwrap();
        let sizes = [32, 32].into_iter().chain([0; 7]);
        let mut design = Design(sizes.map(Value::Integer).collect());
        design.0[2] = Value::Choice(0);
        for place in 3..9 {
            design.0[place] = Value::Integer(16);
        }
        edit(&mut design);
        problem.evaluate(&design).metrics().unwrap().to_vec()
    }

    #[test]
    fn bandwidth_shortens_waits_and_costs_no_energy_of_the_array() {
        let slow = metrics(|design| design.0[7] = Value::Integer(1));
        let fast = metrics(|design| design.0[7] = Value::Integer(64));
        assert!(slow[1] > 2.0 * fast[1] && slow[3] > fast[3], "{slow:?} {fast:?}");
        assert_eq!(slow[2], fast[2]);
    }

    #[test]
    fn larger_buffers_cost_area_and_never_wait_longer_than_for_everything() {
        let small = metrics(|_| ());
        let large = metrics(|design| (3..6).for_each(|place| design.0[place] = Value::Integer(1024)));
        assert!(large[2] > small[2] && large[3] == 0.0, "{large:?}");
        assert!(small[5] > large[5], "{small:?} {large:?}");
    }

    #[test]
    fn every_built_in_workload_can_be_made() {
        for workload in WORKLOADS {
            ENTRY.problem(&ENTRY.select(workload.name, "", None).unwrap()).unwrap();
        }
    }
}
