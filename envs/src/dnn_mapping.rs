//! A mapping of one layer onto a fixed accelerator: loop orders, tile sizes, loops over space, and bypasses.
//!
//! Tile sizes are chosen from the innermost level outwards; the outermost level runs what is left of each dimension.
//! Constraints see half-finished mappings, so the sequential form offers only sizes that divide and fit.

use std::borrow::Cow;
use std::sync::Arc;

use rl_env::Error;
use rl_env::design::{Constraint, Design, DesignSpace, Parameter, Value};
use rl_env::objective::{Axis, Direction, Objective};
use rl_env::problem::{Metric, Outcome, Problem};
use rl_env::registry::{EnvEntry, Make, Named, Selection};
use sweepstake_simulators::accelerator::eyeriss::{self, Eyeriss};
use sweepstake_simulators::accelerator::mapper::{Keep, Rules};
use sweepstake_simulators::accelerator::technology::{Class, LPDDR4_PJ_PER_BIT, MAC_PJ, MAC_UM2, memory};
use sweepstake_simulators::accelerator::{
    self, AcceleratorError, Analysis, Architecture, DATA, Data, Level, Mac, Mapping,
};
use sweepstake_simulators::layer::{Dim, Layer};

use crate::dnn_accelerator::{Pool, WORKLOAD_FILES, problem_of, product};

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
    ],
    objectives,
    max_episode_steps: None,
    make: Make::Problem(|selection| Ok(Arc::new(DnnMapping::new(selection)?))),
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

/// Limits that may depend on the first parameters of a design: the words of a level, or its children.
pub(crate) type Limit = Arc<dyn Fn(&[Option<&Value>]) -> u64 + Send + Sync>;

/// Children of a level.
#[derive(Clone)]
pub(crate) enum Children {
    /// In a row.
    Row(Limit),
    /// In a column.
    Column(Limit),
    /// In rows and columns.
    Mesh([Limit; 2]),
}

/// A level of the space.
pub(crate) struct Floor {
    pub(crate) name: &'static str,
    /// Words, if they are limited.
    pub(crate) words: Option<Limit>,
    /// Children, if there is more than one.
    pub(crate) children: Option<Children>,
    pub(crate) rules: [Keep; DATA],
}

/// One decision of a mapping, or a group of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Keep(usize),
    Columns(usize),
    Spread(usize, Dim),
    Tile(usize, Dim),
    Order(usize),
}

/// How a mapping is spelt as parameters, after those of the hardware.
pub(crate) struct Spelling {
    pub(crate) problem: accelerator::Problem,
    floors: Vec<Floor>,
    /// Dimensions with more than one iteration.
    dims: Vec<Dim>,
    hardware: Vec<String>,
    parts: Vec<Part>,
}

impl Spelling {
    pub(crate) fn new(problem: accelerator::Problem, floors: Vec<Floor>, hardware: &[Parameter]) -> Self {
        let dims: Vec<Dim> = Dim::ALL.into_iter().filter(|dim| problem.layer().extent(*dim) > 1).collect();
        let mut parts = Vec::new();
        let loops = |floor: &Floor| floor.rules.iter().any(|rule| *rule != Keep::Never);
        for (level, floor) in floors.iter().enumerate().rev() {
            if level > 0 && floor.rules.contains(&Keep::Free) {
                parts.push(Part::Keep(level));
            }
            if matches!(floor.children, Some(Children::Mesh(_))) && !dims.is_empty() {
                parts.push(Part::Columns(level));
            }
            if floor.children.is_some() {
                parts.extend(dims.iter().map(|dim| Part::Spread(level, *dim)));
            }
            if level > 0 && loops(floor) {
                parts.extend(dims.iter().map(|dim| Part::Tile(level, *dim)));
            }
        }
        let ordered = (0..floors.len()).filter(|level| !dims.is_empty() && loops(&floors[*level]));
        parts.extend(ordered.map(Part::Order));
        let hardware = hardware.iter().map(|parameter| parameter.name.clone()).collect();
        Self { problem, floors, dims, hardware, parts }
    }

    fn name(&self, part: Part) -> String {
        let level = |level: usize| self.floors[level].name;
        match part {
            Part::Keep(at) => format!("keep_{}", level(at)),
            Part::Columns(at) => format!("columns_{}", level(at)),
            Part::Spread(at, dim) => format!("spread_{}_{}", level(at), dim.name().to_lowercase()),
            Part::Tile(at, dim) => format!("tile_{}_{}", level(at), dim.name().to_lowercase()),
            Part::Order(at) => format!("order_{}", level(at)),
        }
    }

    fn free(&self, level: usize) -> Vec<Data> {
        let rules = &self.floors[level].rules;
        Data::ALL.into_iter().filter(|data| rules[*data as usize] == Keep::Free).collect()
    }

    pub(crate) fn parameters(&self) -> Vec<Parameter> {
        let dims = || self.dims.iter().map(|dim| dim.name());
        let of = |part: &Part| {
            let name = self.name(*part);
            match *part {
                Part::Keep(level) => {
                    let free = self.free(level);
                    let most = free.len();
                    Parameter::subset(name, free.iter().map(|data| data.name()), 0, most)
                        .doc("Data that the level keeps; the rest passes it by.")
                }
                Part::Columns(_) => Parameter::subset(name, dims(), 0, self.dims.len())
                    .doc("Dimensions that spread along columns of children instead of rows."),
                Part::Spread(_, dim) => Parameter::ordinal(name, divisors(self.problem.layer().extent(dim)))
                    .doc("Children that the dimension spreads over."),
                Part::Tile(_, dim) => Parameter::ordinal(name, divisors(self.problem.layer().extent(dim)))
                    .doc("Iterations of the dimension at the level."),
                Part::Order(_) => Parameter::permutation(name, dims())
                    .doc("Order of the loops at the level, innermost first."),
            }
        };
        self.parts.iter().map(of).collect()
    }

    /// The parts of a constraint, and the hardware's parameters before them.
    fn over(&self, wanted: impl Fn(Part) -> bool) -> (Vec<String>, Vec<Part>) {
        let parts: Vec<Part> = self.parts.iter().copied().filter(|part| wanted(*part)).collect();
        let names = self.hardware.iter().cloned().chain(parts.iter().map(|part| self.name(*part)));
        (names.collect(), parts)
    }

    pub(crate) fn constraints(&self) -> Vec<Constraint> {
        let divide = self.dims.iter().map(|dim| self.divides(*dim));
        let fit = (0..self.floors.len()).filter_map(|level| self.fits(level));
        let spread = (0..self.floors.len()).filter_map(|level| self.reaches(level));
        divide.chain(fit).chain(spread).collect()
    }

    /// The factors of a dimension divide its extent together.
    fn divides(&self, dim: Dim) -> Constraint {
        let extent = i64::from(self.problem.layer().extent(dim));
        let parts = self.parts.iter().copied();
        let names = parts.filter(|part| matches!(part, Part::Spread(_, d) | Part::Tile(_, d) if *d == dim));
        let name = format!("factors-of-{}-divide", dim.name().to_lowercase());
        let doc = format!("the factors of {} have to divide {extent} together", dim.name());
        Constraint::partial(&name, &doc, names.map(|part| self.name(part)), move |values| {
            let mut product = 1i64;
            for value in values.iter().flatten() {
                let Value::Integer(factor) = value else { return false };
                product = product.saturating_mul(*factor);
            }
            extent % product == 0
        })
    }

    /// The tiles that a level keeps fit it. What is not decided yet counts as one word, so more never fits better.
    fn fits(&self, level: usize) -> Option<Constraint> {
        let limit = Arc::clone(self.floors[level].words.as_ref()?);
        let (names, parts) = self.over(|part| match part {
            Part::Keep(at) => at == level,
            Part::Spread(at, _) | Part::Tile(at, _) => at >= level,
            Part::Columns(_) | Part::Order(_) => false,
        });
        let (problem, hardware, free) = (self.problem.clone(), self.hardware.len(), self.free(level));
        let always = self.floors[level].rules.map(|rule| rule == Keep::Always);
        let name = format!("fits-{}", self.floors[level].name);
        let doc = format!("the tiles that `{}` keeps have to fit it", self.floors[level].name);
        Some(Constraint::partial(&name, &doc, names, move |values| {
            let (sizes, values) = values.split_at(hardware);
            let (mut extents, mut keep) = ([1u64; 7], always);
            for (part, value) in parts.iter().zip(values) {
                match (part, value) {
                    (Part::Keep(_), Some(Value::Subset(flags))) => {
                        free.iter().zip(flags).for_each(|(data, flag)| keep[*data as usize] = *flag);
                    }
                    (Part::Spread(_, dim) | Part::Tile(_, dim), Some(Value::Integer(factor))) => {
                        let extent = &mut extents[*dim as usize];
                        // Factors that do not divide break another rule.
                        *extent = extent
                            .saturating_mul(factor.unsigned_abs())
                            .min(u64::from(problem.layer().extent(*dim)));
                    }
                    _ => {}
                }
            }
            let kept = Data::ALL.into_iter().filter(|data| keep[*data as usize]);
            kept.map(|data| problem.words(data, &extents)).sum::<u64>() <= limit(sizes)
        }))
    }

    /// Loops over space fit the rows and columns of children.
    fn reaches(&self, level: usize) -> Option<Constraint> {
        let children = self.floors[level].children.clone()?;
        let (names, parts) = self.over(|part| match part {
            Part::Columns(at) | Part::Spread(at, _) => at == level,
            _ => false,
        });
        if parts.is_empty() {
            return None;
        }
        let (hardware, dims) = (self.hardware.len(), self.dims.clone());
        let name = format!("children-of-{}", self.floors[level].name);
        let doc = format!("loops over space have to fit the rows and columns of children of `{name}`");
        Some(Constraint::partial(&name, &doc, names, move |values| {
            let (sizes, values) = values.split_at(hardware);
            let columns = match values.first() {
                Some(Some(Value::Subset(columns))) => &columns[..],
                _ => &[],
            };
            let mut used = [1u64; 2];
            for (part, value) in parts.iter().zip(values) {
                if let (Part::Spread(_, dim), Some(Value::Integer(factor))) = (part, value) {
                    let axis =
                        dims.iter().position(|d| d == dim).is_some_and(|at| columns.get(at) == Some(&true));
                    let along = &mut used[usize::from(axis)];
                    *along = along.saturating_mul(factor.unsigned_abs());
                }
            }
            match &children {
                Children::Row(limit) | Children::Column(limit) => used[0] <= limit(sizes),
                Children::Mesh([rows, columns]) => used[0] <= rows(sizes) && used[1] <= columns(sizes),
            }
        }))
    }

    /// The mapping that a design spells.
    pub(crate) fn mapping(&self, design: &Design) -> Mapping {
        let mut mapping = Mapping::outermost(self.problem.layer());
        for (keep, floor) in mapping.keep.iter_mut().zip(&self.floors) {
            *keep = floor.rules.map(|rule| rule == Keep::Always);
        }
        for (split, floor) in mapping.split.iter_mut().zip(&self.floors) {
            *split = if matches!(floor.children, Some(Children::Row(_))) { Dim::ALL.len() as u8 } else { 0 };
        }
        for (place, part) in self.parts.iter().enumerate() {
            let place = self.hardware.len() + place;
            let factor = |place: usize| u32::try_from(design.integer(place)).unwrap_or(u32::MAX);
            match *part {
                Part::Keep(level) => {
                    let flags = self.free(level).into_iter().zip(design.subset(place));
                    flags.for_each(|(data, flag)| mapping.keep[level][data as usize] = *flag);
                }
                Part::Columns(level) => {
                    let columns = design.subset(place);
                    let along =
                        |dim: &Dim| self.dims.iter().position(|d| d == dim).is_some_and(|at| columns[at]);
                    let order = &mut mapping.spatial[level].order;
                    order.sort_by_key(along);
                    mapping.split[level] = order.iter().filter(|dim| !along(dim)).count() as u8;
                }
                Part::Spread(level, dim) => mapping.spatial[level].factors[dim as usize] = factor(place),
                Part::Tile(level, dim) => mapping.temporal[level].factors[dim as usize] = factor(place),
                Part::Order(level) => {
                    let named = design.permutation(place).iter().map(|at| self.dims[*at as usize]);
                    let rest = Dim::ALL.into_iter().filter(|dim| !self.dims.contains(dim));
                    named
                        .chain(rest)
                        .zip(&mut mapping.temporal[level].order)
                        .for_each(|(dim, slot)| *slot = dim);
                }
            }
        }
        for dim in Dim::ALL {
            let inner = mapping.temporal[1..].iter().chain(&mapping.spatial);
            let product =
                inner.fold(1u32, |product, loops| product.saturating_mul(loops.factors[dim as usize]));
            mapping.temporal[0].factors[dim as usize] = self.problem.layer().extent(dim) / product.max(1);
        }
        mapping
    }

    /// Loops of one iteration have no order and no column.
    pub(crate) fn canonical(&self, design: &Design, mapping: &Mapping) -> Design {
        let mut design = design.clone();
        for (place, part) in self.parts.iter().enumerate() {
            let value = &mut design.0[self.hardware.len() + place];
            match (*part, value) {
                (Part::Columns(level), Value::Subset(flags)) => {
                    let factors = &mapping.spatial[level].factors;
                    flags
                        .iter_mut()
                        .zip(&self.dims)
                        .for_each(|(flag, dim)| *flag &= factors[*dim as usize] > 1);
                }
                (Part::Order(level), Value::Permutation(order)) => {
                    let factors = &mapping.temporal[level].factors;
                    let idle = |at: u32| factors[self.dims[at as usize] as usize] == 1;
                    order.sort_by_key(|at| if idle(*at) { *at + 1 } else { 0 });
                }
                _ => {}
            }
        }
        design
    }
}

fn divisors(n: u32) -> Vec<i64> {
    (1..=n).filter(|d| n.is_multiple_of(*d)).map(i64::from).collect()
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
    pool: Pool,
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
        let mut space = spelling.parameters();
        if space.is_empty() {
            // A layer of one multiplication has nothing to decide.
            space.push(Parameter::ordinal("nothing", [1]).doc("The layer has one multiplication."));
        }
        let space = DesignSpace::new(space)?;
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
        assert_eq!(names[..3], ["keep_file", "tile_file_m", "tile_file_c"]);
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
