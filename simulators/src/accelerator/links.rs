//! Words that a child takes from its neighbour in the mesh instead of its parent.
//!
//! At a visited state, a child whose new words are exactly those that a neighbour in its row or column got at the
//! state before takes them from there. New words are a box; two boxes can only be the same if both are the whole tile
//! or both the same slab of it, and the neighbours then lie apart by exactly the movement between the states.

use super::nest::{Floor, Loop, Nest};
use super::problem::{COORDINATES, NOWHERE, Step};
use super::reuse::{Fallback, Flow, fresh};

type Vector = [i64; COORDINATES];

/// Places of the children of one parent, reused between evaluations.
#[derive(Debug, Clone, Default)]
pub(super) struct Mesh {
    /// Offsets along a row and along a column.
    axes: [Vec<Vector>; 2],
    places: Vec<Vector>,
}

/// Children that get their words from their parent although neighbours could give: the rest of a movement.
struct Unserved {
    children: u64,
    places: u64,
}

/// Lets neighbours serve each other at a level with spatial loops, where that saves the parent accesses.
pub(super) fn apply(nest: &Nest, level: usize, levels: usize, data: usize, mesh: &mut Mesh, flow: &mut Flow) {
    let loops = nest.loops_from(level);
    let Some(first) = loops.first() else { return };
    let inner = level + 1 < levels;
    let size = if inner { nest.floors[level + 1].size[data] } else { 1 };
    let shape = if inner { nest.floors[level + 1].shape[data] } else { [1; COORDINATES] };
    let innermost = first.steps[data];
    let words = fresh(innermost, &shape, size);
    if words == 0 {
        return;
    }
    let floor = &nest.floors[level];
    let (mut saved, mut passed, mut laid) = (0, 0, false);
    let (children, places) = (floor.fanout, flow.content as u64 * floor.fanout / flow.delivered as u64);
    movements(loops, data, words == size, &mut |movement, weight| {
        if !neighbours(floor, data, &movement) {
            return;
        }
        if !laid {
            mesh.lay(floor, data);
            laid = true;
        }
        let rest = mesh.unserved(&movement);
        saved += weight * words * (places - rest.places);
        passed += weight * words * (children - rest.children);
    });
    if saved > 0 {
        flow.content -= saved as f64;
        flow.delivered -= passed as f64;
        flow.links = passed as f64;
    }
}

/// The movements after which boxes can be the same, and how often each happens.
///
/// With the innermost loop's movement t_0 the box is D_0, the whole tile or a slab. Loop j moves by t_j into D_j,
/// which is D_0 if t_j = t_0 and else the whole tile; after it comes t_0 again. So boxes before and after are alike
/// where D_j = D_0.
fn movements(loops: &[Loop], data: usize, whole: bool, each: &mut dyn FnMut(Vector, u64)) {
    let (first, rest) = (&loops[0], &loops[1..]);
    let innermost = first.steps[data];
    let mut sum = vector(innermost);
    let mut fallback = Fallback::Still.add(innermost);
    let mut alike = 0;
    for l in rest {
        let (step, weight) = (l.steps[data], (l.trip - 1) * l.outside);
        if fallback.leaves(step, innermost) {
            alike += weight;
        } else if whole {
            let moved = vector(step);
            each(std::array::from_fn(|c| moved[c] - sum[c]), weight);
        }
        fallback = fallback.add(step);
        sum = add(&sum, &vector(step));
    }
    let steps = (first.trip - 1) * first.outside;
    // Where D_0 is a slab, both the alike movement and the step after it find one before them.
    let often = if whole { steps + alike } else { alike * first.trip };
    if often > 0 {
        each(vector(innermost), often);
    }
}

fn vector(step: Step) -> Vector {
    let mut vector = [0; COORDINATES];
    if step.coordinate != NOWHERE {
        vector[usize::from(step.coordinate)] = step.length as i64;
    }
    vector
}

fn add(a: &Vector, b: &Vector) -> Vector {
    std::array::from_fn(|c| a[c] + b[c])
}

/// Whether any two neighbours lie apart by `movement`, in either direction.
fn neighbours(floor: &Floor, data: usize, movement: &Vector) -> bool {
    let mut inner = [[0i64; COORDINATES]; 2];
    floor.spreads[..floor.spread_count].iter().any(|spread| {
        let back = &mut inner[usize::from(spread.column)];
        let step = vector(spread.steps[data]);
        // From one child to the next, a loop steps and those inside it fall back.
        let apart: Vector = std::array::from_fn(|c| step[c] - back[c]);
        *back = std::array::from_fn(|c| back[c] + step[c] * (spread.trip as i64 - 1));
        apart == *movement || apart.map(|c| -c) == *movement
    })
}

impl Mesh {
    /// Places of all children, row and column apart: a child lies at the sum.
    fn lay(&mut self, floor: &Floor, data: usize) {
        for axis in &mut self.axes {
            axis.clear();
            axis.push([0; COORDINATES]);
        }
        for spread in &floor.spreads[..floor.spread_count] {
            let axis = &mut self.axes[usize::from(spread.column)];
            let (step, inner) = (vector(spread.steps[data]), axis.len());
            for _ in 1..spread.trip {
                for place in axis.len() - inner..axis.len() {
                    axis.push(add(&axis[place], &step));
                }
            }
        }
    }

    /// The children left to the parent after a movement: a product of a row and a column.
    fn unserved(&mut self, movement: &Vector) -> Unserved {
        let Mesh { axes, places } = self;
        let left = |axis: &[Vector], i: usize| {
            let gives = |neighbour: Option<&Vector>| {
                neighbour.is_some_and(|other| (0..COORDINATES).all(|c| other[c] - axis[i][c] == movement[c]))
            };
            !gives(i.checked_sub(1).and_then(|before| axis.get(before))) && !gives(axis.get(i + 1))
        };
        places.clear();
        for x in (0..axes[0].len()).filter(|x| left(&axes[0], *x)) {
            for y in (0..axes[1].len()).filter(|y| left(&axes[1], *y)) {
                places.push(add(&axes[0][x], &axes[1][y]));
            }
        }
        let children = places.len() as u64;
        places.sort_unstable();
        places.dedup();
        Unserved { children, places: places.len() as u64 }
    }
}
