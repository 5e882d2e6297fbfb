//! Pareto fronts and their hypervolume; every axis is maximised.

/// Whether `a` is at least as good as `b` on every axis and better on one.
pub fn dominates(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(x, y)| x >= y) && a.iter().zip(b).any(|(x, y)| x > y)
}

/// The non-dominated points seen so far, each with what it stands for.
#[derive(Debug, Clone)]
pub struct Front<T> {
    members: Vec<(Vec<f64>, T)>,
}

impl<T> Default for Front<T> {
    fn default() -> Self {
        Self { members: Vec::new() }
    }
}

impl<T> Front<T> {
    /// Adds a point unless a member is at least as good on every axis; drops the members that it dominates.
    /// Returns whether it was added.
    pub fn offer(&mut self, point: &[f64], what: impl FnOnce() -> T) -> bool {
        if self.members.iter().any(|(member, _)| member.iter().zip(point).all(|(m, p)| m >= p)) {
            return false;
        }
        self.members.retain(|(member, _)| !dominates(point, member));
        self.members.push((point.to_vec(), what()));
        true
    }

    /// The members in the order in which they were added.
    pub fn members(&self) -> &[(Vec<f64>, T)] {
        &self.members
    }

    /// Hypervolume between the members and the origin, coordinates clamped to `[0, 1]` (see [`hypervolume`]).
    pub fn hypervolume(&self) -> f64 {
        let clamped = |point: &Vec<f64>| point.iter().map(|x| x.clamp(0.0, 1.0)).collect();
        hypervolume(&self.members.iter().map(|(point, _)| clamped(point)).collect::<Vec<_>>())
    }
}

/// Volume of the union of the boxes from the origin to each point; points need not be non-dominated.
///
/// Exact, by slicing along the last axis (Fonseca, Paquete and López-Ibáñez 2006, without its bounds): fine for
/// fronts of hundreds of points on up to four axes.
///
/// ```
/// let front = [vec![1.0, 0.5], vec![0.5, 1.0]];
/// assert_eq!(rl_env::pareto::hypervolume(&front), 0.75);
/// ```
pub fn hypervolume(points: &[Vec<f64>]) -> f64 {
    let Some(axes) = points.first().map(Vec::len) else { return 0.0 };
    let positive: Vec<&[f64]> =
        points.iter().map(Vec::as_slice).filter(|p| p.iter().all(|x| *x > 0.0)).collect();
    slice(positive, axes)
}

fn slice(mut points: Vec<&[f64]>, axes: usize) -> f64 {
    match axes {
        0 => 0.0,
        1 => points.iter().map(|p| p[0]).fold(0.0, f64::max),
        2 => {
            points.sort_by(|a, b| b[0].total_cmp(&a[0]));
            let (mut area, mut height) = (0.0, 0.0);
            for point in points {
                if point[1] > height {
                    area += point[0] * (point[1] - height);
                    height = point[1];
                }
            }
            area
        }
        _ => {
            let last = axes - 1;
            points.sort_by(|a, b| b[last].total_cmp(&a[last]));
            (0..points.len())
                .map(|i| {
                    let depth = points[i][last] - points.get(i + 1).map_or(0.0, |p| p[last]);
                    if depth > 0.0 { depth * slice(points[..=i].to_vec(), last) } else { 0.0 }
                })
                .sum()
        }
    }
}
