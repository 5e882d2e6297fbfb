//! Mappings as MAESTRO spells them: directives over two levels of clusters, which GAMMA searches (Kao and Krishna 2020).
//!
//! Each level has an order of the loops, a dimension that its sub-clusters share, and a tile of each dimension; filters
//! stay whole. Tiles of Y and X are of the output, whose windows overlap on the input.

use rl_env::Error;
use rl_env::design::{Constraint, Design, DesignSpace, Parameter, Value};
use rl_env::problem::{Metric, Outcome, Problem};
use sweepstake_simulators::dataflow::{
    self, DataflowError, Dim, Directive, Hardware, Mapping, Operator, Over, Scratch, evaluate,
};
use sweepstake_simulators::layer::Layer;

use super::METRICS;
use crate::Pool;

/// Elements, and words a cycle on the network and from outside.
const HARDWARE: Hardware =
    Hardware { pes: 256, noc_bandwidth: 64, noc_latency: 2, offchip_bandwidth: 64, simd: 1 };
/// Bytes of an element's memory and of the shared one.
const L1_BYTES: i64 = 1 << 10;
const L2_BYTES: i64 = 1 << 18;

const LEVELS: [&str; 2] = ["outer", "inner"];

pub(super) struct DirectiveMapping {
    space: DesignSpace,
    problem: dataflow::Problem,
    /// Dimensions that are tiled.
    dims: Vec<Dim>,
    /// Runs of the layer, one an image, and multiplications of all.
    times: f64,
    macs: f64,
    pool: Pool<Scratch>,
}

impl DirectiveMapping {
    pub(super) fn new(layer: &Layer) -> Result<Self, Error> {
        let refuse =
            |error: DataflowError| Error::Config { key: "workload".into(), problem: error.to_string() };
        let (problem, times) = dataflow::Problem::of(layer).map_err(refuse)?;
        let dims: &[Dim] = match problem.operator() {
            Operator::Depthwise => &[Dim::C, Dim::Y, Dim::X],
            Operator::Conv | Operator::Gemm => &[Dim::K, Dim::C, Dim::Y, Dim::X],
        };
        let space = DesignSpace::new(parameters(&problem, layer, dims))?;
        let space = dims.iter().map(|dim| nested(*dim)).try_fold(space, DesignSpace::constrain)?;
        let (times, macs) = (times as f64, layer.macs() as f64);
        Ok(Self { space, problem, dims: dims.to_vec(), times, macs, pool: Pool::default() })
    }

    fn mapping(&self, design: &Design) -> Mapping {
        let count = self.dims.len();
        let level = |at: usize| {
            // After the first level comes the size of its clusters.
            let first = at * (count + 3);
            let spread = self.dims[design.choice(first + 1)];
            let directive = |place: &u32| {
                let dim = self.dims[*place as usize];
                let (size, offset) = self.window(dim, design.integer(first + 2 + *place as usize));
                Directive { spatial: dim == spread, size, offset, over: Over::Input(dim) }
            };
            design.permutation(first).iter().map(directive).collect::<Vec<_>>()
        };
        let mut outer = level(0);
        outer.extend([Dim::R, Dim::S].map(|dim| {
            let size = self.problem.size(dim);
            Directive::temporal(size, size, Over::Input(dim))
        }));
        Mapping { levels: vec![outer, level(1)], clusters: vec![design.integer(count + 2)] }
    }

    /// Size and offset on the input of a tile of so many outputs.
    fn window(&self, dim: Dim, tile: i64) -> (i64, i64) {
        let [down, across] = self.problem.strides();
        match dim {
            Dim::Y => ((tile - 1) * down + self.problem.size(Dim::R), tile * down),
            Dim::X => ((tile - 1) * across + self.problem.size(Dim::S), tile * across),
            _ => (tile, tile),
        }
    }

    fn outcome(&self, design: &Design, scratch: &mut Scratch) -> Outcome {
        let report = match evaluate(&HARDWARE, &self.problem, &self.mapping(design), scratch) {
            Ok(report) => report,
            Err(error) => return Outcome::infeasible("no-work", error.to_string()),
        };
        for (reason, needed, bytes) in
            [("element-capacity", report.l1_words, L1_BYTES), ("shared-capacity", report.l2_words, L2_BYTES)]
        {
            if needed > bytes {
                return Outcome::infeasible(reason, format!("{needed} bytes needed; there are {bytes}"));
            }
        }
        let cycles = self.times * report.runtime as f64;
        let [inputs, weights, _] = report.l2_writes;
        let outside = self.times * (inputs + weights + report.l2_reads[2]) as f64;
        let utilization = 100.0 * self.macs / (cycles * HARDWARE.pes as f64);
        let energy = self.times * report.energy_nj(false) / 1e3;
        Outcome::Feasible([energy, cycles, utilization, outside].into())
    }
}

fn name(what: &str, level: &str, dim: Dim) -> String {
    format!("{what}_{level}_{}", dim.name().to_lowercase())
}

fn parameters(problem: &dataflow::Problem, layer: &Layer, dims: &[Dim]) -> Vec<Parameter> {
    use sweepstake_simulators::layer::Dim as Loop;
    let extent = |dim: Dim| match dim {
        Dim::Y => i64::from(layer.extent(Loop::Q)),
        Dim::X => i64::from(layer.extent(Loop::P)),
        other => problem.size(other),
    };
    let divisors = |of: i64| (1..=of).filter(move |divisor| of % divisor == 0);
    let letters = || dims.iter().map(|dim| dim.name());
    let level = |(at, level): (usize, &&str)| {
        let order = Parameter::permutation(format!("order_{level}"), letters())
            .doc("Order of the loops, outermost first.");
        let spread = Parameter::choice(format!("parallel_{level}"), letters())
            .doc("The dimension that sub-clusters share.");
        let tile = |dim: &Dim| {
            Parameter::ordinal(name("tile", level, *dim), divisors(extent(*dim)))
                .doc(format!("Part of {} that a sub-cluster has at a time.", dim.name()))
        };
        let cluster = (at == 0).then(|| {
            let sizes = (0..=8).map(|power| 1 << power);
            Parameter::ordinal("cluster", sizes).doc("Elements of an inner cluster.")
        });
        [order, spread].into_iter().chain(dims.iter().map(tile)).chain(cluster).collect::<Vec<_>>()
    };
    LEVELS.iter().enumerate().flat_map(level).collect()
}

/// What a cluster has is all that its elements can have.
fn nested(dim: Dim) -> Constraint {
    let rule = format!("inner-tile-of-{}-divides", dim.name().to_lowercase());
    let doc = format!("the inner tile of {} has to divide the outer one", dim.name());
    let names = LEVELS.map(|level| name("tile", level, dim));
    Constraint::new(&rule, &doc, names, |tiles| match tiles {
        [Value::Integer(outer), Value::Integer(inner)] => outer % inner == 0,
        _ => false,
    })
}

impl Problem for DirectiveMapping {
    fn space(&self) -> &DesignSpace {
        &self.space
    }

    fn metrics(&self) -> &[Metric] {
        METRICS
    }

    fn evaluate(&self, design: &Design) -> Outcome {
        self.pool.with(|scratch| self.outcome(design, scratch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dnn_mapping::{LAYERS, WORKLOADS};
    use rl_env::seed::Seed;

    fn text(problem: &DirectiveMapping, cells: &[&str]) -> Design {
        problem.space.parse(cells.iter().copied()).unwrap()
    }

    #[test]
    fn every_built_in_layer_has_mappings_that_fit() {
        for (workload, layer) in WORKLOADS.iter().zip(&LAYERS) {
            let problem = DirectiveMapping::new(layer).unwrap();
            let mut rng = Seed(3).stream("directives");
            let feasible = (0..300)
                .filter(|_| problem.evaluate(&problem.space.sample(&mut rng)).metrics().is_some())
                .count();
            assert!(feasible > 10, "{}: {feasible} of 300", workload.name);
        }
    }

    /// The kernel-and-channel partition that MAESTRO is shipped with, on 128 to 128 channels.
    #[test]
    fn a_design_is_the_mapping_that_it_spells() {
        let problem = DirectiveMapping::new(&LAYERS[0]).unwrap();
        let order = "K>C>Y>X";
        let cells = [order, "K", "1", "64", "1", "1", "64", order, "C", "1", "1", "1", "1"];
        let mapping = problem.mapping(&text(&problem, &cells));
        let map = Directive::temporal;
        let outer = [
            Directive::spatial(1, 1, Over::Input(Dim::K)),
            map(64, 64, Over::Input(Dim::C)),
            map(3, 1, Over::Input(Dim::Y)),
            map(3, 1, Over::Input(Dim::X)),
            map(3, 3, Over::Input(Dim::R)),
            map(3, 3, Over::Input(Dim::S)),
        ];
        assert_eq!((mapping.levels[0].as_slice(), mapping.clusters.as_slice()), (&outer[..], &[64][..]));
        assert!(mapping.levels[1][1].spatial && !mapping.levels[1][0].spatial);
        let report = evaluate(&HARDWARE, &problem.problem, &mapping, &mut Scratch::default()).unwrap();
        assert_eq!(report.macs, LAYERS[0].macs() as i64);
    }

    #[test]
    fn strides_move_windows_by_as_many_inputs() {
        let problem = DirectiveMapping::new(&LAYERS[1]).unwrap();
        assert_eq!((problem.window(Dim::Y, 1), problem.window(Dim::X, 4)), ((7, 2), (13, 8)));
    }
}
