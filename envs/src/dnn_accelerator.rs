//! A DNN accelerator: the 26 parameters that ArchGym searches with Timeloop, over all layers of a network.
//!
//! Each layer is mapped by a deterministic search that minimises cycles, then energy, as ArchGym asks its mapper to; so
//! a design has one cost. Energy and cycles are summed over the layers, area is counted once. Energies and areas come
//! from tables (see `sweepstake_simulators::accelerator::technology`), so absolute values are not those of ArchGym,
//! whose mapper is random besides.

use std::borrow::Cow;
use std::sync::Arc;

use rl_env::Error;
use rl_env::design::{Design, DesignSpace, Parameter, Value};
use rl_env::objective::{Axis, Direction, Goal, Objective, Weight};
use rl_env::problem::{Metric, Outcome, Problem};
use rl_env::registry::{EnvEntry, Make, Named, Selection};
use sweepstake_simulators::accelerator::eyeriss::{Eyeriss, Memory, rules};
use sweepstake_simulators::accelerator::mapper::{Search, search};
use sweepstake_simulators::accelerator::technology::Class;
use sweepstake_simulators::accelerator::{self, Architecture, Scratch};
use sweepstake_simulators::layer::{self, Layer, LayerError, NamedLayer};

use crate::Pool;

/// The row of the environment table.
pub const ENTRY: EnvEntry = EnvEntry {
    id: "DnnAccelerator-v0",
    summary: "An Eyeriss-like DNN accelerator on a network: energy, area and cycles of its 26 sizes and classes.",
    reference: "Krishnan et al. 2023, ArchGym (TimeloopGym); Parashar et al. 2019, Timeloop",
    workloads: WORKLOADS,
    workload_files: Some(WORKLOAD_FILES),
    spaces: &[Named { name: "archgym", doc: "Every value of ArchGym's parameters.ini." }],
    objectives,
    max_episode_steps: None,
    make: Make::Problem(|selection| Ok(Arc::new(DnnAccelerator::new(selection)?))),
};

const WORKLOADS: &[Named] = &[
    Named { name: "alexnet-conv", doc: "The five convolutions of AlexNet, ArchGym's default." },
    Named { name: "alexnet", doc: "AlexNet with its three fully connected layers." },
    Named { name: "bert-base", doc: "BERT-base on 512 tokens." },
    Named { name: "efficientnet-b0", doc: "EfficientNet-B0." },
    Named { name: "gpt2", doc: "GPT-2 small on 1024 tokens." },
    Named { name: "mobilenet-v2", doc: "MobileNetV2." },
    Named { name: "resnet18", doc: "ResNet-18." },
    Named { name: "resnet50", doc: "ResNet-50." },
    Named { name: "vgg16", doc: "VGG-16." },
    Named { name: "vit-b16", doc: "ViT-B/16." },
];

/// What `--workload FILE` takes.
pub(crate) const WORKLOAD_FILES: &str =
    "layers as CSV (name,kind,N,M,C,P,Q,R,S and, if wanted, strides, dilations, count)";

const METRICS: &[Metric] = &[
    Metric::new("energy_uj", "µJ", "Energy of all layers: memories, DRAM and multiplications."),
    Metric::new("area_mm2", "mm²", "Area of the memories on the chip and of the multipliers."),
    Metric::new("cycles", "cycles", "Cycles of all layers, one after the other."),
    Metric::new("utilization_percent", "percent", "Multiplications over cycles and multipliers."),
    Metric::new("dram_words", "words", "Words of 16 bits to and from DRAM."),
];

/// ArchGym's goals: 70 % of the energy, 85 % of the area and 80 % of the cycles of its baseline on AlexNet.
const ARCHGYM: [(&str, f64); 3] = [("energy_uj", 20_444.2), ("area_mm2", 1.7255), ("cycles", 6_308_563.2)];

fn objectives(workload: &str) -> Vec<(&'static str, Objective)> {
    let macs = layer::network(workload).map_or(1e9, |network| network.macs() as f64);
    let axis = |metric: &str, reference: f64| Axis {
        metric: metric.to_owned(),
        direction: Direction::Minimise,
        reference,
        ideal: 0.0,
    };
    let budget = |goals: &[(&str, f64)]| Objective::Budget {
        goals: goals.iter().map(|(m, value)| Goal { metric: (*m).to_owned(), value: *value }).collect(),
    };
    // Corners in reach of half of the random designs or so; 40 pJ and a tenth of a cycle per multiplication.
    let corners = [axis("energy_uj", 40e-6 * macs), axis("cycles", 0.1 * macs), axis("area_mm2", 200.0)];
    vec![
        ("energy-delay", product(["energy_uj", "cycles"])),
        ("low-energy", Objective::minimise("energy_uj")),
        ("low-latency", Objective::minimise("cycles")),
        ("low-area", Objective::minimise("area_mm2")),
        ("budget", budget(&[("energy_uj", 10e-6 * macs), ("area_mm2", 4.0), ("cycles", 0.02 * macs)])),
        ("pareto", Objective::Pareto { axes: corners.to_vec() }),
        ("archgym-energy", budget(&ARCHGYM[..1])),
        ("archgym-area", budget(&ARCHGYM[1..2])),
        ("archgym-latency", budget(&ARCHGYM[2..])),
        ("archgym-joint", budget(&ARCHGYM)),
    ]
}

pub(crate) fn product(metrics: [&str; 2]) -> Objective {
    Objective::Product {
        terms: metrics.iter().map(|m| Weight { metric: (*m).to_owned(), weight: 1.0 }).collect(),
    }
}

/// A memory of the space: its name, place of its first parameter, and which parameters it has.
struct Part {
    name: &'static str,
    first: usize,
    doc: &'static str,
    depths: (i64, i64),
    banks: bool,
    bandwidth: bool,
}

/// The memories in ArchGym's order, after the number of processing elements and their row.
const PARTS: [Part; 5] = [
    Part {
        name: "ifmap",
        first: 2,
        doc: "spad for inputs",
        depths: (2, 1 << 16),
        banks: false,
        bandwidth: true,
    },
    Part {
        name: "psum",
        first: 7,
        doc: "spad for partial sums",
        depths: (2, 1 << 16),
        banks: false,
        bandwidth: true,
    },
    Part {
        name: "weights",
        first: 12,
        doc: "spad for weights",
        depths: (2, 1 << 16),
        banks: false,
        bandwidth: true,
    },
    Part {
        name: "dummy",
        first: 17,
        doc: "dummy buffer",
        depths: (2, 1 << 16),
        banks: false,
        bandwidth: false,
    },
    Part {
        name: "shared",
        first: 20,
        doc: "shared buffer",
        depths: (1 << 10, 1 << 16),
        banks: true,
        bandwidth: true,
    },
];

impl Part {
    fn parameters(&self) -> Vec<Parameter> {
        let Part { name, doc, depths, .. } = *self;
        let size = |what: &str, low, high| Parameter::power_of_two(format!("{name}_{what}"), low, high);
        let classes = Class::ALL.iter().map(|class| class.name());
        let mut all = vec![
            Parameter::choice(format!("{name}_class"), classes).doc(format!("How the {doc} is built.")),
            size("depth", depths.0, depths.1).unit("blocks").doc(format!("Blocks of the {doc}.")),
        ];
        if self.banks {
            all.push(size("banks", 16, 128).doc(format!("Banks of the {doc}, if it is of SRAM.")));
        }
        all.push(size("block_size", 1, 4).unit("words").doc(format!("Words of a block of the {doc}.")));
        if self.bandwidth {
            for way in ["read", "write"] {
                let doc = format!("Words that the {doc} can {way} in a cycle.");
                all.push(size(&format!("{way}_bandwidth"), 2, 16).unit("words/cycle").doc(doc));
            }
        }
        all
    }

    fn class(&self, design: &Design) -> Class {
        Class::ALL[design.choice(self.first)]
    }

    fn memory(&self, design: &Design) -> Memory {
        let size = |place: usize| u32::try_from(design.integer(self.first + place)).unwrap_or(u32::MAX);
        let after = 2 + usize::from(self.banks);
        Memory {
            class: self.class(design),
            depth: size(1),
            block: size(after),
            banks: if self.banks { size(2) } else { 1 },
            read_bandwidth: self.bandwidth.then(|| size(after + 1)),
            write_bandwidth: self.bandwidth.then(|| size(after + 2)),
        }
    }
}

fn parameters() -> Vec<Parameter> {
    let mut all = vec![
        Parameter::ordinal("num_pes", (1..=24).map(|k| 14 * k)).doc("Processing elements."),
        Parameter::ordinal("mac_mesh_x", [2, 7, 14]).doc("Processing elements in a row."),
    ];
    all.extend(PARTS.iter().flat_map(Part::parameters));
    all
}

fn eyeriss(design: &Design) -> Eyeriss {
    let size = |place: usize| u32::try_from(design.integer(place)).unwrap_or(u32::MAX);
    let [inputs, sums, weights, dummy, shared] = PARTS.each_ref().map(|part| part.memory(design));
    Eyeriss { elements: size(0), mesh_x: size(1), inputs, weights, sums, dummy, shared }
}

/// The layers of a selection: built in, or read from the file's bytes.
pub(crate) fn layers_of(selection: &Selection<'_>) -> Result<Vec<NamedLayer>, Error> {
    let refuse = |error: LayerError| Error::Config { key: "workload".into(), problem: error.to_string() };
    if let Some(bytes) = selection.file {
        return layer::read(bytes).map_err(refuse);
    }
    let network = layer::network(selection.workload).map_err(refuse)?;
    let named =
        |row: &layer::Row| NamedLayer { name: row.name.to_owned(), layer: row.layer, count: row.count };
    Ok(network.rows.iter().map(named).collect())
}

/// The loops of a layer, refused in the words of a configuration.
pub(crate) fn problem_of(layer: &Layer) -> Result<accelerator::Problem, Error> {
    accelerator::Problem::new(layer)
        .map_err(|error| Error::Config { key: "workload".into(), problem: error.to_string() })
}

struct DnnAccelerator {
    space: DesignSpace,
    /// Different layers, and how often each occurs.
    layers: Vec<(accelerator::Problem, u64)>,
    pool: Pool<Scratch>,
}

impl DnnAccelerator {
    fn new(selection: &Selection<'_>) -> Result<Self, Error> {
        let mut layers: Vec<(accelerator::Problem, u64)> = Vec::new();
        for NamedLayer { layer, count, .. } in layers_of(selection)? {
            match layers.iter_mut().find(|(problem, _)| *problem.layer() == layer) {
                Some((_, times)) => *times += u64::from(count),
                None => layers.push((problem_of(&layer)?, u64::from(count))),
            }
        }
        Ok(Self { space: DesignSpace::new(parameters())?, layers, pool: Pool::default() })
    }

    fn run(&self, architecture: &Architecture, scratch: &mut Scratch) -> Outcome {
        let (mut energy_pj, mut cycles, mut macs, mut dram) = (0.0, 0.0, 0.0, 0.0);
        for (problem, times) in &self.layers {
            let times = *times as f64;
            let found = search(architecture, problem, &rules(), &Search::default(), scratch);
            let analysis =
                found.and_then(|found| accelerator::evaluate(architecture, problem, &found.mapping, scratch));
            match analysis {
                Ok(analysis) => {
                    energy_pj += times * analysis.energy_pj;
                    cycles += times * analysis.cycles as f64;
                    macs += times * analysis.macs as f64;
                    let words =
                        analysis.levels()[0].traffic.iter().map(|traffic| traffic.reads + traffic.updates);
                    dram += times * words.sum::<u64>() as f64;
                }
                Err(violation) => {
                    return Outcome::infeasible(violation.reason(), violation.describe(architecture));
                }
            }
        }
        let multipliers = f64::from(architecture.mac().instances);
        let metrics = [
            energy_pj / 1e6,
            architecture.area_um2() / 1e6,
            cycles,
            100.0 * macs / (cycles * multipliers),
            dram,
        ];
        Outcome::Feasible(metrics.into())
    }
}

impl Problem for DnnAccelerator {
    fn space(&self) -> &DesignSpace {
        &self.space
    }

    fn metrics(&self) -> &[Metric] {
        METRICS
    }

    fn evaluate(&self, design: &Design) -> Outcome {
        match eyeriss(design).architecture() {
            Ok(architecture) => self.pool.with(|scratch| self.run(&architecture, scratch)),
            Err(error) => Outcome::infeasible("impossible-accelerator", error.to_string()),
        }
    }

    /// Registers have no banks.
    fn canonical<'a>(&self, design: &'a Design) -> Cow<'a, Design> {
        let mut design = Cow::Borrowed(design);
        for part in PARTS.iter().filter(|part| part.banks) {
            if matches!(part.class(&design), Class::Regfile | Class::SmartbufferRf) {
                design.to_mut().0[part.first + 2] = Value::Integer(16);
            }
        }
        design
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(workload: &str, file: Option<&[u8]>) -> Arc<dyn Problem> {
        ENTRY.problem(&ENTRY.select(workload, "", file).unwrap()).unwrap()
    }

    fn design(problem: &dyn Problem, pes: &str) -> Design {
        let cells = format!(
            "{pes} 14 smartbuffer_RF 16 1 2 2 regfile 16 1 2 2 smartbuffer_RF 128 1 2 2 regfile 16 1 smartbuffer_SRAM \
             16384 32 4 16 16"
        );
        problem.space().parse(cells.split_whitespace()).unwrap()
    }

    #[test]
    fn the_space_is_as_large_as_archgym_s() {
        let size = 72 * 3072u128.pow(3) * 192 * 5376;
        assert_eq!(problem("alexnet-conv", None).space().cardinality(), Some(size));
        assert_eq!(parameters().len(), 26);
    }

    #[test]
    fn energy_and_cycles_add_up_over_layers_and_area_does_not() {
        let header = "name,kind,N,M,C,P,Q,R,S,count\n";
        let (a, b) = ("a,dense,1,8,4,6,6,3,3,1\n", "b,depthwise,1,1,16,7,7,3,3,");
        let metrics = |text: String| {
            let problem = problem("own", Some(text.as_bytes()));
            problem.evaluate(&design(problem.as_ref(), "168")).metrics().unwrap().to_vec()
        };
        let (one, two) = (metrics(format!("{header}{a}")), metrics(format!("{header}{b}1\n")));
        let both = metrics(format!("{header}{a}{b}3\n"));
        assert!((both[0] - one[0] - 3.0 * two[0]).abs() < 1e-9 * both[0]);
        assert_eq!(both[2], one[2] + 3.0 * two[2]);
        assert_eq!((both[1], both[1]), (one[1], two[1]));
        assert_eq!(both, metrics(format!("{header}{a}{b}1\n{b}2\n")));
    }

    #[test]
    fn more_elements_are_faster_and_larger() {
        let problem = problem("alexnet-conv", None);
        let at = |pes: &str| problem.evaluate(&design(problem.as_ref(), pes)).metrics().unwrap().to_vec();
        let (few, many) = (at("14"), at("168"));
        assert!(few[2] > 4.0 * many[2] && few[1] < many[1], "{few:?} {many:?}");
    }

    #[test]
    fn a_file_that_is_no_network_is_refused() {
        let error = ENTRY.problem(&ENTRY.select("x.csv", "", Some(b"name,kind\n")).unwrap()).err().unwrap();
        assert!(error.to_string().contains("no column `N`"), "{error}");
    }
}
