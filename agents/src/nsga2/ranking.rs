//! Who is better: fronts of non-dominated designs, and crowding within a front.

use std::cmp::Ordering;

use rl_env::pareto::dominates;

use crate::parts::round::Told;

/// The place of a design among others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Standing {
    /// Front, 0 for designs that no other dominates.
    pub(super) front: usize,
    /// How far the neighbours on its front are; infinite at the ends.
    pub(super) crowding: f64,
}

impl Standing {
    /// The crowded-comparison operator ≺ₙ: `Less` is better.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        self.front.cmp(&other.front).then(other.crowding.total_cmp(&self.crowding))
    }
}

/// Coordinates to be maximised: the axes of a Pareto objective, else the reward alone; none of infeasible designs.
fn coordinates(told: &Told) -> &[f64] {
    if told.axes.is_empty() { told.reward.as_slice() } else { &told.axes }
}

/// Standings of all designs: fast non-dominated sorting, then crowding distances front by front.
pub(super) fn rank(designs: &[Told]) -> Vec<Standing> {
    let points: Vec<&[f64]> = designs.iter().map(coordinates).collect();
    let mut standings = vec![Standing { front: usize::MAX, crowding: 0.0 }; designs.len()];
    let (feasible, infeasible): (Vec<usize>, Vec<usize>) =
        (0..points.len()).partition(|i| !points[*i].is_empty());
    let fronts = fronts(&points, feasible);
    for (number, front) in fronts.iter().enumerate() {
        front.iter().for_each(|i| standings[*i].front = number);
        crowd(&points, front, &mut standings);
    }
    infeasible.iter().for_each(|i| standings[*i].front = fronts.len());
    standings
}

/// Their fast non-dominated sort: counts who dominates each, and peels off those that nobody is left to.
fn fronts(points: &[&[f64]], members: Vec<usize>) -> Vec<Vec<usize>> {
    let mut dominators = vec![0usize; points.len()];
    let mut dominated: Vec<Vec<usize>> = vec![Vec::new(); points.len()];
    for (at, &i) in members.iter().enumerate() {
        for &j in &members[at + 1..] {
            let (better, worse) = match (dominates(points[i], points[j]), dominates(points[j], points[i])) {
                (true, _) => (i, j),
                (_, true) => (j, i),
                _ => continue,
            };
            dominated[better].push(worse);
            dominators[worse] += 1;
        }
    }
    let mut fronts = Vec::new();
    let mut front: Vec<usize> = members.into_iter().filter(|i| dominators[*i] == 0).collect();
    while !front.is_empty() {
        let mut next = Vec::new();
        for &i in &front {
            for &j in &dominated[i] {
                dominators[j] -= 1;
                if dominators[j] == 0 {
                    next.push(j);
                }
            }
        }
        next.sort_unstable();
        fronts.push(std::mem::replace(&mut front, next));
    }
    fronts
}

/// Their crowding-distance-assignment: the sides of the cuboid between the neighbours, each as a share of the front's
/// extent.
fn crowd(points: &[&[f64]], front: &[usize], standings: &mut [Standing]) {
    let axes = front.iter().map(|i| points[*i].len()).min().unwrap_or(0);
    let mut order = front.to_vec();
    (0..axes).for_each(|axis| {
        // Halves, because the distance of two coordinates may be no number.
        let at = |i: usize| 0.5 * points[i][axis];
        order.sort_by(|a, b| at(*a).total_cmp(&at(*b)));
        let (first, last) = (order[0], order[order.len() - 1]);
        let extent = at(last) - at(first);
        standings[first].crowding = f64::INFINITY;
        standings[last].crowding = f64::INFINITY;
        // A front without extent, or of infinite extent, crowds nobody.
        for trio in order.windows(3).filter(|_| extent > 0.0 && extent.is_finite()) {
            standings[trio[1]].crowding += (at(trio[2]) - at(trio[0])) / extent;
        }
    });
}
