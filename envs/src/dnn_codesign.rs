//! Hardware and mapping together, within an area (in the style of DiGamma): the mesh, the memories of a three-level
//! accelerator, and how one layer runs on them.
//!
//! Hardware comes first; the constraints of the mapping then follow the sizes that were chosen.

use std::borrow::Cow;
use std::sync::Arc;

use rl_env::Error;
use rl_env::design::{Constraint, Design, DesignSpace, Parameter, Value};
use rl_env::objective::Objective;
use rl_env::problem::{Metric, Outcome, Problem};
use rl_env::registry::{EnvEntry, Make, Named, Selection};
use sweepstake_simulators::accelerator;

use crate::Pool;
use crate::dnn_accelerator::{WORKLOAD_FILES, problem_of, product};
use crate::dnn_mapping::{
    Children, Floor, Limit, Spelling, ThreeLevel, WORKLOADS, axis, layer_of, macs, metrics, three_level,
    three_level_rules,
};

/// The row of the environment table.
pub const ENTRY: EnvEntry = EnvEntry {
    id: "DnnCodesign-v0",
    summary: "A DNN accelerator and the mapping of a layer onto it, together, within an area.",
    reference: "Kao, Pellauer, Parashar and Krishna 2022, DiGamma; Parashar et al. 2019, Timeloop",
    workloads: WORKLOADS,
    workload_files: Some(WORKLOAD_FILES),
    spaces: &[
        Named { name: "edge", doc: "Within 0.2 mm², DiGamma's budget at the edge." },
        Named { name: "cloud", doc: "Within 7 mm², its budget in the cloud." },
    ],
    objectives,
    max_episode_steps: None,
    make: Make::Problem(|selection| Ok(Arc::new(DnnCodesign::new(selection)?))),
};

const METRICS: &[Metric] = &[
    Metric::new("energy_uj", "µJ", "Energy of the layer: memories, DRAM and multiplications."),
    Metric::new("cycles", "cycles", "Cycles of the layer."),
    Metric::new("utilization_percent", "percent", "Multiplications over cycles and multipliers."),
    Metric::new("dram_words", "words", "Words of 16 bits to and from DRAM."),
    Metric::new("area_mm2", "mm²", "Area of the memories on the chip and of the multipliers."),
];

fn objectives(workload: &str) -> Vec<(&'static str, Objective)> {
    let macs = macs(workload);
    let corners = [axis("energy_uj", 1e-4 * macs), axis("cycles", 0.1 * macs), axis("area_mm2", 7.0)];
    vec![
        ("low-latency", Objective::minimise("cycles")),
        ("low-energy", Objective::minimise("energy_uj")),
        ("energy-delay", product(["energy_uj", "cycles"])),
        ("latency-area", product(["cycles", "area_mm2"])),
        ("pareto", Objective::Pareto { axes: corners.to_vec() }),
    ]
}

/// Sides of the mesh.
const SIDES: [i64; 11] = [1, 2, 4, 7, 8, 14, 16, 28, 32, 56, 64];

/// Number of hardware parameters.
const HARDWARE: usize = 4;

fn hardware() -> Vec<Parameter> {
    vec![
        Parameter::ordinal("mesh_x", SIDES).doc("Processing elements in a row."),
        Parameter::ordinal("mesh_y", SIDES).doc("Processing elements in a column."),
        Parameter::power_of_two("buffer_words", 1 << 10, 1 << 20)
            .unit("words")
            .doc("Size of the shared buffer."),
        Parameter::power_of_two("file_words", 1 << 3, 1 << 12).unit("words").doc("Registers of an element."),
    ]
}

/// The sizes chosen so far, the least of those that are open.
fn sizes(values: &[Option<&Value>]) -> ThreeLevel {
    let size = |place: usize, least: u64| match values.get(place) {
        Some(Some(Value::Integer(size))) => size.unsigned_abs(),
        _ => least,
    };
    ThreeLevel {
        mesh: [size(0, 1) as u32, size(1, 1) as u32],
        buffer_words: size(2, 1 << 10),
        file_words: size(3, 1 << 3),
    }
}

/// Area in mm²; every part of it grows with every size.
fn area_mm2(sizes: ThreeLevel) -> f64 {
    three_level(sizes).map_or(f64::INFINITY, |architecture| architecture.area_um2() / 1e6)
}

/// A size of the hardware as a limit; hardware is decided before whatever it limits.
fn limit(of: fn(&ThreeLevel) -> u64) -> Limit {
    Arc::new(move |values| of(&sizes(values)))
}

fn floors() -> Vec<Floor> {
    let rules = three_level_rules();
    let mesh = [limit(|sizes| u64::from(sizes.mesh[0])), limit(|sizes| u64::from(sizes.mesh[1]))];
    vec![
        Floor { name: "dram", words: None, children: None, rules: rules[0] },
        Floor {
            name: "buffer",
            words: Some(limit(|sizes| sizes.buffer_words)),
            children: Some(Children::Mesh(mesh)),
            rules: rules[1],
        },
        Floor { name: "file", words: Some(limit(|sizes| sizes.file_words)), children: None, rules: rules[2] },
    ]
}

struct DnnCodesign {
    space: DesignSpace,
    spelling: Spelling,
    pool: Pool<accelerator::Scratch>,
}

impl DnnCodesign {
    fn new(selection: &Selection<'_>) -> Result<Self, Error> {
        let hardware = hardware();
        let spelling = Spelling::new(problem_of(&layer_of(selection)?)?, floors(), &hardware);
        let budget = if selection.space == "cloud" { 7.0 } else { 0.2 };
        let names = hardware.iter().map(|parameter| parameter.name.clone()).collect::<Vec<_>>();
        let doc = format!("memories and multipliers have to fit {budget} mm²");
        let area =
            Constraint::partial("area-budget", &doc, names, move |values| area_mm2(sizes(values)) <= budget);
        let space = DesignSpace::new([hardware, spelling.parameters()].concat())?;
        let constraints = std::iter::once(area).chain(spelling.constraints());
        let space = constraints.into_iter().try_fold(space, DesignSpace::constrain)?;
        Ok(Self { space, spelling, pool: Pool::default() })
    }
}

impl Problem for DnnCodesign {
    fn space(&self) -> &DesignSpace {
        &self.space
    }

    fn metrics(&self) -> &[Metric] {
        METRICS
    }

    fn evaluate(&self, design: &Design) -> Outcome {
        let values: Vec<Option<&Value>> = design.0[..HARDWARE].iter().map(Some).collect();
        let architecture = match three_level(sizes(&values)) {
            Ok(architecture) => architecture,
            Err(error) => return Outcome::infeasible("impossible-accelerator", error.to_string()),
        };
        let mapping = self.spelling.mapping(design);
        self.pool.with(|scratch| {
            match accelerator::evaluate(&architecture, &self.spelling.problem, &mapping, scratch) {
                Ok(analysis) => {
                    let [energy, cycles, utilization, dram] = metrics(analysis);
                    Outcome::Feasible(
                        [energy, cycles, utilization, dram, architecture.area_um2() / 1e6].into(),
                    )
                }
                Err(violation) => Outcome::infeasible(violation.reason(), violation.describe(&architecture)),
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

    #[test]
    fn every_design_that_the_constraints_allow_can_run_within_the_area() {
        for (space, budget) in [("edge", 0.2), ("cloud", 7.0)] {
            let problem = ENTRY.problem(&ENTRY.select("", space, None).unwrap()).unwrap();
            let mut rng = Seed(1).stream("codesign");
            for _ in 0..200 {
                let design = problem.space().sample(&mut rng);
                let outcome = problem.evaluate(&design);
                let metrics = outcome.metrics().unwrap_or_else(|| panic!("{outcome:?}"));
                assert!(problem.space().contains(&design) && metrics[4] <= budget, "{metrics:?}");
            }
        }
    }

    #[test]
    fn a_mesh_beyond_the_area_is_not_offered() {
        let problem = ENTRY.problem(&ENTRY.select("", "edge", None).unwrap()).unwrap();
        let mut partial = problem.space().partial();
        let open = partial.legal();
        assert_eq!(open, [true; 11]); // a row of 64 small elements still fits
        partial.choose(10).unwrap();
        assert_eq!(partial.legal().iter().filter(|open| **open).count(), 1);
    }
}
