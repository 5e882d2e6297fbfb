//! Levels of clusters with complete directives and their sizes: everything that does not depend on the iteration.

use super::DataflowError;
use super::mapping::{Directive, Mapping, Over};
use super::problem::{DIMS, Dim, Hardware, Problem};

/// Most directives of a level.
pub(super) const MOST_DIRECTIVES: usize = 12;

/// Largest size and offset of a directive.
const MOST_SIZE: i64 = 1 << 24;

/// Largest volume of a tile, over all dimensions and sub-clusters; products of tiles with counts then fit 128 bits.
const MOST_VOLUME: i128 = 1 << 56;

/// A directive in terms of the input.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) spatial: bool,
    pub(super) size: i64,
    pub(super) offset: i64,
    pub(super) dim: Dim,
}

/// Sizes of a tile along a dimension: all of it, what is new in the next one, and both at the edge.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sizes {
    pub(super) mapped: i64,
    pub(super) unique: i64,
    pub(super) mapped_edge: i64,
    pub(super) unique_edge: i64,
}

/// A level of clusters.
#[derive(Debug)]
pub(super) struct Level {
    /// Sub-clusters.
    pub(super) subs: i64,
    pub(super) steps: Vec<Step>,
    /// Sizes by dimension.
    pub(super) sizes: [Sizes; DIMS],
    /// The same, of the output along Y and X.
    pub(super) outputs: [Sizes; DIMS],
    /// Sub-clusters in use at the edge of the first spatial directive.
    pub(super) edge: i64,
    /// Of each kind of data: the place in `steps` that decides whether it is at the edge in space, if any.
    pub(super) deciding: [Option<usize>; 3],
    /// The last spatial directive.
    pub(super) last_spatial: Option<usize>,
}

/// Lays the levels out.
pub(super) fn plan(
    hardware: &Hardware,
    problem: &Problem,
    mapping: &Mapping,
) -> Result<Vec<Level>, DataflowError> {
    let count = mapping.levels.len();
    if !(1..=Mapping::MOST_LEVELS).contains(&count) || mapping.clusters.len() + 1 != count {
        let problem = format!(
            "{count} levels and {} clusters between them; allowed: 1 to {} levels with one cluster less",
            mapping.clusters.len(),
            Mapping::MOST_LEVELS
        );
        return Err(DataflowError::mapping(0, problem));
    }
    let mut inside = 1i64;
    for cluster in &mapping.clusters {
        DataflowError::within("cluster size", *cluster, Hardware::MOST)?;
        inside = inside.saturating_mul(*cluster);
    }
    if hardware.pes < inside {
        let problem = format!("clusters of {inside} elements in all; there are {}", hardware.pes);
        return Err(DataflowError::mapping(0, problem));
    }
    let mut levels: Vec<Level> = Vec::with_capacity(count);
    let mut dims = problem.sizes;
    for (place, directives) in mapping.levels.iter().enumerate() {
        let subs = if place == 0 { hardware.pes / inside } else { mapping.clusters[place - 1] };
        let above = levels.last().map(|level| level.steps.as_slice()).unwrap_or_default();
        let steps = complete(problem, directives, above, &dims, place)?;
        check(&steps, &dims, subs, place)?;
        let level = Level::new(problem, steps, subs, &dims);
        for dim in problem.operator.dims() {
            dims[dim as usize] = dims[dim as usize].min(level.sizes[dim as usize].mapped);
        }
        levels.push(level);
    }
    Ok(levels)
}

/// Directives in terms of the input, with those that the level inherits and those that it leaves out.
fn complete(
    problem: &Problem,
    directives: &[Directive],
    above: &[Step],
    dims: &[i64; DIMS],
    place: usize,
) -> Result<Vec<Step>, DataflowError> {
    let mut steps = Vec::with_capacity(MOST_DIRECTIVES);
    for Directive { size, offset, over: Over::Input(dim) | Over::Output(dim), .. } in directives {
        for (what, value) in [("size", size), ("offset", offset)] {
            if (1..=MOST_SIZE).contains(value) {
                continue;
            }
            DataflowError::within(&format!("{what} of the map of {}", dim.name()), *value, MOST_SIZE)?;
        }
    }
    for directive in directives {
        steps.push(converted(problem, directive, directives, place)?);
    }
    let has = |steps: &[Step], dim: Dim| steps.iter().any(|step| step.dim == dim);
    for step in above {
        if !has(&steps, step.dim) {
            steps.insert(0, Step { spatial: false, ..*step });
        }
    }
    for dim in problem.operator.dims() {
        if !has(&steps, dim) {
            let size = dims[dim as usize];
            steps.push(Step { spatial: false, size, offset: size, dim });
        }
    }
    for step in &mut steps {
        let (filter, stride) = match step.dim {
            Dim::Y => (problem.size(Dim::R), problem.strides[0]),
            Dim::X => (problem.size(Dim::S), problem.strides[1]),
            _ => continue,
        };
        if stride != 1 && step.size >= filter {
            let outputs = (step.size + stride - filter) / stride;
            step.size = outputs * stride.min(filter) + (filter - stride).max(0);
            step.offset = outputs * if place > 0 && filter < stride { filter } else { stride };
        }
    }
    Ok(steps)
}

/// A directive over the output covers the window of its outputs.
fn converted(
    problem: &Problem,
    directive: &Directive,
    all: &[Directive],
    place: usize,
) -> Result<Step, DataflowError> {
    let Directive { spatial, size, offset, over } = *directive;
    let (Over::Input(dim) | Over::Output(dim)) = over;
    let error = |problem: String| Err(DataflowError::mapping(place, problem));
    if problem.operator.dims().all(|known| known != dim) {
        return error(format!("the layer has no dimension {}", dim.name()));
    }
    if let Over::Input(_) = over {
        return Ok(Step { spatial, size, offset, dim });
    }
    let filter = match dim {
        Dim::Y => Dim::R,
        Dim::X => Dim::S,
        other => return error(format!("{}' is no dimension; allowed: Y', X'", other.name())),
    };
    if all.iter().any(|other| other.over == Over::Input(dim)) {
        return error(format!("both {0} and {0}'; allowed: one of them", dim.name()));
    }
    match all.iter().find(|other| other.over == Over::Input(filter)) {
        Some(window) => Ok(Step { spatial, size: size + window.size - 1, offset, dim }),
        None => error(format!("{}' without {} in the same level", dim.name(), filter.name())),
    }
}

fn check(steps: &[Step], dims: &[i64; DIMS], subs: i64, place: usize) -> Result<(), DataflowError> {
    if steps.len() > MOST_DIRECTIVES {
        let problem = format!("{} directives; allowed: at most {MOST_DIRECTIVES}", steps.len());
        return Err(DataflowError::mapping(place, problem));
    }
    let largest = |step: &Step| i128::from(step.size.max(step.offset).max(dims[step.dim as usize]));
    let volume = steps.iter().try_fold(i128::from(subs), |product, step| product.checked_mul(largest(step)));
    match volume {
        Some(volume) if volume <= MOST_VOLUME => Ok(()),
        _ => Err(DataflowError::Overflow { quantity: "tiles" }),
    }
}

impl Level {
    fn new(problem: &Problem, steps: Vec<Step>, subs: i64, dims: &[i64; DIMS]) -> Level {
        let mut sizes = [Sizes::default(); DIMS];
        // Of a dimension that is there twice, the first directive counts.
        for step in steps.iter().rev() {
            sizes[step.dim as usize] = sizes_of(step, dims[step.dim as usize]);
        }
        let mut outputs = sizes;
        for (dim, filter) in [(Dim::Y, Dim::R), (Dim::X, Dim::S)] {
            let Some(step) = steps.iter().find(|step| step.dim == dim) else { continue };
            let (input, window) = (sizes[dim as usize], sizes[filter as usize]);
            let mapped_edge = input.mapped_edge - window.mapped_edge + 1;
            outputs[dim as usize] = Sizes {
                mapped: input.mapped - window.mapped + 1,
                unique: step.offset.min(step.size),
                mapped_edge,
                unique_edge: step.offset.min(mapped_edge),
            };
        }
        let spatial = |step: &&Step| step.spatial;
        let edge =
            steps.iter().find(spatial).map_or(1, |step| edge_subs(step, dims[step.dim as usize], subs));
        let deciding = problem.operator.coupled().map(|mask| {
            let own = steps.iter().find(|step| step.spatial && step.dim.bit() & mask != 0)?;
            // The state is looked up by dimension, which finds the last directive of it.
            steps.iter().rposition(|step| step.dim == own.dim)
        });
        let last_spatial = steps.iter().rposition(|step| step.spatial);
        Level { subs, steps, sizes, outputs, edge, deciding, last_spatial }
    }
}

/// Sizes of tiles along a dimension of size `all`.
fn sizes_of(step: &Step, all: i64) -> Sizes {
    let (mapped, offset) = (step.size, step.offset);
    let steady = ((all - mapped) / offset).max(0);
    let has_edge = steady * offset + mapped < all || mapped > all;
    let unique = if !step.spatial && all <= mapped { 0 } else { mapped.min(offset) };
    let left = all - (steady + 1) * offset;
    let left = if left < 0 { all } else { left };
    let unique_edge = (offset - (mapped - left)).max(0);
    Sizes { mapped, unique, mapped_edge: if has_edge { left } else { mapped }, unique_edge }
}

/// Sub-clusters in use when the last ones reach the end of the dimension.
fn edge_subs(step: &Step, all: i64, subs: i64) -> i64 {
    let (mapped, offset) = (step.size, step.offset);
    let covered = offset * (subs - 1) + mapped;
    if all > covered {
        let steady = ((all - mapped) / offset + 1) / subs - 1;
        let left = all - (steady + 1) * offset * subs;
        return if left < mapped { 1 } else { (left - mapped) / offset + 1 };
    }
    if all <= mapped {
        return 1;
    }
    let whole = (all - mapped) / offset + 1;
    whole + i64::from(offset * (whole - 1) + mapped < all)
}
