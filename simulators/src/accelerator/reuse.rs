//! Words that cross from a level to the next one inwards (Timeloop's dense analysis in closed form).
//!
//! Timeloop visits each loop at its first two iterations only and weighs the second with the rest. The words that a
//! child needs at a visit are its tile less what it still has, as long as it moves as it moved before. Summed up,
//! only the innermost loop's movement saves anything, and that of loops which move alike.

use super::nest::{Floor, Loop, Nest};
use super::problem::{COORDINATES, NOWHERE, Step};

/// Traffic of one kind of data across the boundary inside a level, all of one parent instance.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Flow {
    /// Words that the parent reads or updates; one access may serve several children.
    pub(super) content: f64,
    /// Words that the children get or give.
    pub(super) delivered: f64,
    /// Words that children pass to their neighbours.
    pub(super) links: f64,
}

/// Words of a tile that are new after it moved by one step along one coordinate.
pub(super) fn fresh(step: Step, shape: &[u64; COORDINATES], size: u64) -> u64 {
    if step.coordinate == NOWHERE || step.length == 0 {
        return 0;
    }
    let extent = shape[usize::from(step.coordinate)];
    if step.length >= extent { size } else { size / extent * step.length }
}

/// Sum of the steps of several loops, as long as it is along one coordinate.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fallback {
    Still,
    Along(Step),
    Across,
}

impl Fallback {
    pub(super) fn add(self, step: Step) -> Fallback {
        match self {
            _ if step.coordinate == NOWHERE => self,
            Fallback::Still => Fallback::Along(step),
            Fallback::Along(sum) if sum.coordinate == step.coordinate => {
                Fallback::Along(Step { coordinate: sum.coordinate, length: sum.length + step.length })
            }
            _ => Fallback::Across,
        }
    }

    /// Whether a loop of `step`, falling back by this, moves exactly like the innermost loop.
    pub(super) fn leaves(self, step: Step, innermost: Step) -> bool {
        match self {
            Fallback::Still => step.coordinate == NOWHERE && innermost.coordinate == NOWHERE,
            Fallback::Along(sum) => {
                sum.coordinate == step.coordinate
                    && step.length >= sum.length
                    && match step.length - sum.length {
                        0 => innermost.coordinate == NOWHERE,
                        rest => innermost.coordinate == step.coordinate && rest == innermost.length,
                    }
            }
            Fallback::Across => false,
        }
    }
}

/// Words that one child gets over the whole run, of a tile of `shape`.
///
/// With loops numbered from the innermost, step s_j, trips n_j and I_j iterations outside of loop j:
/// full + (n_0 - 1) I_0 new(s_0) + Σ_j≥1 (n_j - 1) I_j w_j, where w_j is new(s_0) if s_j - Σ_m<j s_m = s_0 and the
/// full tile otherwise. The sum without exceptions telescopes to (I_0 - 1) full.
pub(super) fn words_per_child(loops: &[Loop], data: usize, shape: &[u64; COORDINATES], size: u64) -> u64 {
    let Some((first, rest)) = loops.split_first() else { return size };
    let innermost = first.steps[data];
    let fresh = fresh(innermost, shape, size);
    let mut alike = 0;
    if fresh != size {
        let mut fallback = Fallback::Still.add(innermost);
        for l in rest {
            if fallback.leaves(l.steps[data], innermost) {
                alike += (l.trip - 1) * l.outside;
            }
            fallback = fallback.add(l.steps[data]);
            if matches!(fallback, Fallback::Across) {
                break;
            }
        }
    }
    size + ((first.trip - 1) * first.outside + alike) * fresh + (first.outside - 1 - alike) * size
}

/// Different places among the children: children at the same place get the same words in one access.
pub(super) fn places(floor: &Floor, data: usize) -> u64 {
    let mut along: [(u64, u64); COORDINATES] = [(1, 0); COORDINATES];
    let mut places = 1;
    for spread in &floor.spreads[..floor.spread_count] {
        let step = spread.steps[data];
        if step.coordinate == NOWHERE {
            continue;
        }
        let (trip, length) = &mut along[usize::from(step.coordinate)];
        if *trip == 1 {
            (*trip, *length) = (spread.trip, step.length);
            places *= spread.trip;
        } else {
            // At most two dimensions move along one coordinate.
            places = places / *trip * distinct([*trip, spread.trip], [*length, step.length]);
        }
    }
    places
}

/// Different values of a·s + b·t for a < n and b < m. Equal ones lie (t, -s)/gcd apart, in chains with one start each.
fn distinct([n, m]: [u64; 2], [s, t]: [u64; 2]) -> u64 {
    let gcd = gcd(s, t);
    n * m - n.saturating_sub(t / gcd) * m.saturating_sub(s / gcd)
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Traffic of one kind of data inside `level` without links. A multiplication reuses nothing.
pub(super) fn flow(nest: &Nest, level: usize, levels: usize, data: usize) -> Flow {
    let floor = &nest.floors[level];
    if level + 1 == levels && floor.spread_count == 0 {
        let words = nest.compute_cycles as f64;
        return Flow { content: words, delivered: words, links: 0.0 };
    }
    let (shape, size) = match level + 1 < levels {
        true => (&nest.floors[level + 1].shape[data], nest.floors[level + 1].size[data]),
        false => (&[1; COORDINATES], 1),
    };
    let words = words_per_child(nest.loops_from(level), data, shape, size);
    Flow {
        content: (words * places(floor, data)) as f64,
        delivered: (words * floor.fanout) as f64,
        links: 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Words of a child by visiting every loop at its first two iterations, in the order of the nest: a tile that moves
    /// as it moved before keeps what it still covers, one that moves otherwise is fetched anew.
    fn walk(loops: &[Loop], shape: &[u64; COORDINATES], size: u64) -> u64 {
        let position = |state: usize| {
            let mut position = [0i64; COORDINATES];
            for (_, l) in loops.iter().enumerate().filter(|(place, _)| state >> place & 1 == 1) {
                let step = l.steps[0];
                if step.coordinate != NOWHERE {
                    position[usize::from(step.coordinate)] += step.length as i64;
                }
            }
            position
        };
        let new = |moved: [i64; COORDINATES]| {
            let mut along = (0..COORDINATES).filter(|c| moved[*c] != 0);
            match (along.next(), along.next()) {
                (None, _) => 0,
                (Some(c), None) if moved[c].unsigned_abs() < shape[c] => {
                    size / shape[c] * moved[c].unsigned_abs()
                }
                _ => size,
            }
        };
        let (mut total, mut before) = (size, None);
        for state in 1..1usize << loops.len() {
            let (here, there) = (position(state), position(state - 1));
            let moved: [i64; COORDINATES] = std::array::from_fn(|c| here[c] - there[c]);
            let words = if before.is_none_or(|before| before == moved) {
                before = Some(moved);
                new(moved)
            } else {
                before = None;
                size
            };
            let second = loops.iter().enumerate().filter(|(place, _)| state >> place & 1 == 1);
            total += words * second.map(|(_, l)| l.trip - 1).product::<u64>();
        }
        total
    }

    proptest! {
        #[test]
        fn the_closed_form_is_the_walk_over_first_two_iterations(
            loops in proptest::collection::vec((2u64..5, 0u8..5, 1u64..6), 0..7),
            shape in proptest::array::uniform4(1u64..6),
        ) {
            let mut outside = 1;
            let mut nest: Vec<Loop> = Vec::new();
            for (trip, coordinate, length) in loops.iter().rev() {
                let length = if *coordinate == NOWHERE { 0 } else { *length };
                let steps = [Step { coordinate: *coordinate, length }; 3];
                nest.push(Loop { trip: *trip, outside, steps });
                outside *= trip;
            }
            nest.reverse();
            let size = shape.iter().product();
            prop_assert_eq!(words_per_child(&nest, 0, &shape, size), walk(&nest, &shape, size));
        }

        #[test]
        fn places_of_two_spatial_loops_are_those_of_enumeration(
            n in 1u64..12, m in 1u64..12, s in 1u64..9, t in 1u64..9,
        ) {
            let all: std::collections::BTreeSet<u64> =
                (0..n).flat_map(|a| (0..m).map(move |b| a * s + b * t)).collect();
            prop_assert_eq!(distinct([n, m], [s, t]), all.len() as u64);
        }
    }
}
