//! A mapping of one layer onto a fixed accelerator: loop orders, tile sizes, loops over space, and bypasses.
//!
//! Tile sizes are chosen from the innermost level outwards; the outermost level runs what is left of each dimension.
//! Constraints see half-finished mappings, so the sequential form offers only sizes that divide and fit.

mod directives;
mod spelling;

use std::borrow::Cow;
use std::sync::Arc;

use rl_env::Error;
use rl_env::design::{Design, DesignSpace};
use rl_env::objective::{Axis, Direction, Objective};
use rl_env::problem::{Metric, Outcome, Problem};
use rl_env::registry::{EnvEntry, Make, Named, Selection};
use sweepstake_simulators::accelerator::eyeriss::{self, Eyeriss};
use sweepstake_simulators::accelerator::mapper::{Keep, Rules};
use sweepstake_simulators::accelerator::technology::{Class, LPDDR4_PJ_PER_BIT, MAC_PJ, MAC_UM2, memory};
use sweepstake_simulators::accelerator::{self, AcceleratorError, Analysis, Architecture, DATA, Level, Mac};
use sweepstake_simulators::layer::Layer;

use crate::Pool;
use crate::dnn_accelerator::{WORKLOAD_FILES, problem_of, product};

use directives::DirectiveMapping;
pub(crate) use spelling::{Children, Floor, Limit, Spelling};

/// The row of the environment table.
pub const ENTRY: EnvEntry = EnvEntry {
    id: "DnnMapping-v0",
    summary: "A mapping of one layer onto a fixed DNN accelerator: orders, tiles, loops over space, bypasses.",
    reference: "Parashar et al. 2019, Timeloop; Kao and Krishna 2020, GAMMA",
    workloads: WORKLOADS,
    workload_files: Some(WORKLOAD_FILES),
    spaces: &[
        Named {
            name: "three-level",
            doc: "DRAM, a buffer of 128 KiB, 168 elements with 256 words; free bypasses.",
        },
        Named {
            name: "eyeriss",
            doc: "ArchGym's template of Eyeriss: six levels, the spads keep their own data.",
        },
        Named {
            name: "directives",
            doc: "MAESTRO's directives over two levels of clusters, 256 elements with 1 kB, 256 kB shared. Energy is MAESTRO's: of \
                  both memories, neither of DRAM nor of multiplications; words are bytes.",
        },
    ],
    objectives,
    max_episode_steps: None,
    make: Make::Problem(|selection| match selection.space {
        "directives" => Ok(Arc::new(DirectiveMapping::new(&layer_of(selection)?)?)),
        _ => Ok(Arc::new(DnnMapping::new(selection)?)),
    }),
};

/// Built-in layers, one of each kind that networks have.
pub(crate) const WORKLOADS: &[Named] = &[
    Named { name: "resnet50-conv3-3x3", doc: "128 to 128 channels, 28 × 28, 3 × 3." },
    Named { name: "resnet50-conv1", doc: "3 to 64 channels, 112 × 112, 7 × 7, stride 2." },
    Named { name: "resnet50-conv4-1x1", doc: "256 to 1024 channels, 14 × 14, 1 × 1." },
    Named { name: "alexnet-conv2", doc: "48 to 256 channels, 27 × 27, 5 × 5." },
    Named { name: "vgg16-conv2", doc: "64 to 128 channels, 112 × 112, 3 × 3." },
    Named { name: "mobilenet-v2-depthwise", doc: "144 channels, 56 × 56, 3 × 3, depthwise." },
    Named { name: "bert-base-expand", doc: "512 × 768 times 768 × 3072." },
    Named { name: "gpt2-scores", doc: "One head of attention: 1024 × 64 times 64 × 1024." },
];

/// The shapes of the built-in layers, in the same order.
const LAYERS: [Layer; 8] = [
    Layer::conv(128, 128, 28, 3),
    Layer::conv(64, 3, 112, 7).stride(2),
    Layer::conv(1024, 256, 14, 1),
    Layer::conv(256, 48, 27, 5),
    Layer::conv(128, 64, 112, 3),
    Layer::depthwise(144, 56, 3),
    Layer::gemm(512, 768, 3072),
    Layer::gemm(1024, 64, 1024),
];

pub(crate) const METRICS: &[Metric] = &[
    Metric::new("energy_uj", "µJ", "Energy of the layer: memories, DRAM and multiplications."),
    Metric::new("cycles", "cycles", "Cycles of the layer."),
    Metric::new("utilization_percent", "percent", "Multiplications over cycles and multipliers."),
    Metric::new("dram_words", "words", "Words of 16 bits to and from DRAM."),
];

/// The metrics of an analysis, in the order of [`METRICS`].
pub(crate) fn metrics(analysis: &Analysis) -> [f64; 4] {
    let dram: u64 = analysis.levels()[0].traffic.iter().map(|traffic| traffic.reads + traffic.updates).sum();
    [analysis.energy_pj / 1e6, analysis.cycles as f64, 100.0 * analysis.utilization, dram as f64]
}

/// Work of a built-in layer; of a middling one for a file.
pub(crate) fn macs(workload: &str) -> f64 {
    WORKLOADS
        .iter()
        .zip(LAYERS)
        .find(|(named, _)| named.name == workload)
        .map_or(1e8, |(_, l)| l.macs() as f64)
}

pub(crate) fn axis(metric: &str, reference: f64) -> Axis {
    Axis { metric: metric.to_owned(), direction: Direction::Minimise, reference, ideal: 0.0 }
}

fn objectives(workload: &str) -> Vec<(&'static str, Objective)> {
    let macs = macs(workload);
    vec![
        ("energy-delay", product(["energy_uj", "cycles"])),
        ("low-energy", Objective::minimise("energy_uj")),
        ("low-latency", Objective::minimise("cycles")),
        // Corners in reach: 100 pJ and a tenth of a cycle per multiplication.
        (
            "pareto",
            Objective::Pareto { axes: vec![axis("energy_uj", 1e-4 * macs), axis("cycles", 0.1 * macs)] },
        ),
    ]
}

/// The layer of a selection: built in, or the first of the file.
pub(crate) fn layer_of(selection: &Selection<'_>) -> Result<Layer, Error> {
    if selection.file.is_some() {
        return Ok(crate::dnn_accelerator::layers_of(selection)?[0].layer);
    }
    let place = WORKLOADS.iter().position(|named| named.name == selection.workload);
    place.map(|place| LAYERS[place]).ok_or_else(|| {
        Error::unknown("workload", selection.workload, WORKLOADS.iter().map(|named| named.name))
    })
}

/// Sizes of the three-level accelerator.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ThreeLevel {
    pub(crate) mesh: [u32; 2],
    pub(crate) buffer_words: u64,
    pub(crate) file_words: u64,
}

/// DRAM, a shared buffer and a file of registers in each processing element, words of 16 bits.
pub(crate) fn three_level(sizes: ThreeLevel) -> Result<Architecture, AcceleratorError> {
    let dram = 64.0 * LPDDR4_PJ_PER_BIT;
    let buffer = memory(Class::SmartbufferSram, sizes.buffer_words / 4, 64, 8);
    let file = memory(Class::SmartbufferRf, sizes.file_words, 16, 1);
    let level = |name: &str, words, block, cost: accelerator::technology::Cost| Level {
        name: name.to_owned(),
        words,
        block,
        read_energy_pj: cost.read_pj,
        write_energy_pj: cost.write_pj,
        area_um2: cost.area_um2,
        ..Level::default()
    };
    let outer = accelerator::technology::Cost { read_pj: dram, write_pj: dram, area_um2: 0.0 };
    let [columns, rows] = sizes.mesh;
    let instances = columns.saturating_mul(rows);
    let levels = vec![
        Level { read_bandwidth: Some(8.0), write_bandwidth: Some(8.0), ..level("dram", None, 4, outer) },
        Level {
            read_bandwidth: Some(32.0),
            write_bandwidth: Some(32.0),
            ..level("buffer", Some(sizes.buffer_words), 4, buffer)
        },
        Level { instances, mesh_x: columns, ..level("file", Some(sizes.file_words), 1, file) },
    ];
    let mac = Mac { instances, mesh_x: columns, energy_pj: MAC_PJ, area_um2: MAC_UM2 };
    Ok(Architecture::new(levels, mac)?.with_links(false))
}

/// Rules of the three-level accelerator: every bypass is free.
pub(crate) fn three_level_rules() -> Rules {
    let mut rules = Rules::default();
    rules[1..3].fill([Keep::Free; DATA]);
    rules
}

/// A limit that does not depend on the design.
fn fixed(limit: u64) -> Limit {
    Arc::new(move |_| limit)
}

/// The levels of a fixed accelerator.
fn floors(architecture: &Architecture, rules: &Rules, names: &[&'static str]) -> Vec<Floor> {
    let of = |(level, name): (usize, &&'static str)| {
        let [row, column] = architecture.fanout(level);
        Floor {
            name,
            words: architecture.levels()[level].words.map(fixed),
            children: match (row, column) {
                (1, 1) => None,
                (row, 1) => Some(Children::Row(fixed(row))),
                (1, column) => Some(Children::Column(fixed(column))),
                (row, column) => Some(Children::Mesh([fixed(row), fixed(column)])),
            },
            rules: rules[level],
        }
    };
    names.iter().enumerate().map(of).collect()
}

struct DnnMapping {
    space: DesignSpace,
    architecture: Architecture,
    spelling: Spelling,
    pool: Pool<accelerator::Scratch>,
}

impl DnnMapping {
    fn new(selection: &Selection<'_>) -> Result<Self, Error> {
        let problem = problem_of(&layer_of(selection)?)?;
        let refuse =
            |error: AcceleratorError| Error::Config { key: "space".into(), problem: error.to_string() };
        let (architecture, rules, names): (_, _, &[&'static str]) = match selection.space {
            "eyeriss" => (
                Eyeriss::default().architecture().map_err(refuse)?,
                eyeriss::rules(),
                &["dram", "shared", "dummy", "ifmap", "weights", "psum"],
            ),
            _ => {
                let sizes = ThreeLevel { mesh: [14, 12], buffer_words: 65_536, file_words: 256 };
                (three_level(sizes).map_err(refuse)?, three_level_rules(), &["dram", "buffer", "file"])
            }
        };
        let spelling = Spelling::new(problem, floors(&architecture, &rules, names), &[]);
        let space = DesignSpace::new(spelling.parameters())?;
        let space = spelling.constraints().into_iter().try_fold(space, DesignSpace::constrain)?;
        Ok(Self { space, architecture, spelling, pool: Pool::default() })
    }
}

impl Problem for DnnMapping {
    fn space(&self) -> &DesignSpace {
        &self.space
    }

    fn metrics(&self) -> &[Metric] {
        METRICS
    }

    fn evaluate(&self, design: &Design) -> Outcome {
        let mapping = self.spelling.mapping(design);
        self.pool.with(|scratch| {
            match accelerator::evaluate(&self.architecture, &self.spelling.problem, &mapping, scratch) {
                Ok(analysis) => Outcome::Feasible(metrics(analysis).into()),
                Err(violation) => {
                    Outcome::infeasible(violation.reason(), violation.describe(&self.architecture))
                }
            }
        })
    }

    fn canonical<'a>(&self, design: &'a Design) -> Cow<'a, Design> {
        Cow::Owned(self.spelling.canonical(design, &self.spelling.mapping(design)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rl_env::seed::Seed;

    fn problem(workload: &str, space: &str) -> DnnMapping {
        DnnMapping::new(&ENTRY.select(workload, space, None).unwrap()).unwrap()
    }

    #[test]
    fn every_design_that_the_constraints_allow_can_run() {
        for space in ["three-level", "eyeriss"] {
            for workload in WORKLOADS {
                let problem = problem(workload.name, space);
                let mut rng = Seed(1).stream("mapping");
                for _ in 0..40 {
                    let design = problem.space.sample(&mut rng);
                    assert!(problem.space.contains(&design));
                    let outcome = problem.evaluate(&design);
                    assert!(outcome.metrics().is_some(), "{} {outcome:?}", workload.name);
                    assert_eq!(outcome, problem.evaluate(&problem.canonical(&design)));
                }
            }
        }
    }

    #[test]
    fn what_the_constraints_refuse_cannot_run() {
        let problem = problem("resnet50-conv3-3x3", "three-level");
        let unconstrained = DesignSpace::new(problem.spelling.parameters()).unwrap();
        let mut rng = Seed(2).stream("mapping");
        for _ in 0..400 {
            let design = unconstrained.sample(&mut rng);
            let legal = problem.space.violated(&design).is_none();
            assert_eq!(
                legal,
                problem.evaluate(&design).metrics().is_some(),
                "{}",
                unconstrained.describe(&design)
            );
        }
    }

    #[test]
    fn masks_offer_only_tiles_that_divide_and_fit() {
        let problem = problem("resnet50-conv3-3x3", "three-level");
        let names: Vec<&str> = problem.space.parameters().iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names[2..5], ["keep_file_outputs", "tile_file_m", "tile_file_c"]);
        let mut partial = problem.space.partial();
        for level in [1, 1, 1] {
            partial.choose(level).unwrap(); // the file keeps everything
        }
        // 64 of 128 channels: 64 weights, 1 input, 64 sums fit 256 words; 128 do not.
        assert_eq!(partial.legal(), [true, true, true, true, true, true, true, false]);
        partial.choose(6).unwrap();
        // With 64 output channels, 4 input channels would need 64 · 4 + 4 + 64 words.
        assert_eq!(partial.legal(), [true, true, false, false, false, false, false, false]);
    }

    #[test]
    fn names_of_layers_and_shapes_go_together() {
        assert_eq!(macs("mobilenet-v2-depthwise"), 144.0 * 56.0 * 56.0 * 9.0);
        assert!(LAYERS.iter().all(|layer| layer.checked().is_ok()));
    }
}
