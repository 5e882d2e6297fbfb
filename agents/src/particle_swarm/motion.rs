//! How a particle moves.

use rl_env::seed::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::parts::point::{Axis, is_point};

/// How the next velocity is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Geometry {
    /// From a ball around the centre of attraction (standard PSO 2011): the same in every direction.
    Ball,
    /// Attraction drawn anew in every dimension (canonical PSO): prefers to move along the axes.
    Axes,
}

/// A point that moves and remembers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Particle {
    pub(super) point: Vec<f64>,
    /// By coordinate; 0 on nominal ones.
    velocity: Vec<f64>,
    /// Probabilities of moving to each level, of all nominal coordinates in order: their velocity.
    pull: Vec<f64>,
    /// The best place so far.
    pub(super) best: Vec<f64>,
    /// What was found there; `None` while nothing worked.
    pub(super) reward: Option<f64>,
}

fn levels(axes: &[Axis]) -> impl Iterator<Item = usize> {
    axes.iter().map(|axis| match axis {
        Axis::Ordered => 0,
        Axis::Nominal(levels) => *levels,
    })
}

impl Particle {
    /// A particle that has not been anywhere else, on its way to a random place (Clerc 2012, equation 3.3).
    pub(super) fn launch(point: Vec<f64>, axes: &[Axis], rng: &mut Rng) -> Self {
        let mut towards = |(axis, x): (&Axis, &f64)| match axis {
            Axis::Ordered => rng.uniform() - x,
            Axis::Nominal(_) => 0.0,
        };
        let velocity = axes.iter().zip(&point).map(&mut towards).collect();
        Self { velocity, pull: vec![0.0; levels(axes).sum()], best: point.clone(), point, reward: None }
    }

    pub(super) fn fitness(&self) -> f64 {
        self.reward.unwrap_or(f64::NEG_INFINITY)
    }

    /// Takes note of what was found at its place.
    pub(super) fn remember(&mut self, reward: Option<f64>) {
        if reward.unwrap_or(f64::NEG_INFINITY) >= self.fitness() {
            self.best.clone_from(&self.point);
            self.reward = reward;
        }
    }

    /// Whether a particle of a saved state can be one on these axes.
    pub(super) fn fits(&self, axes: &[Axis]) -> bool {
        let dimensions = axes.len();
        is_point(&self.point, dimensions)
            && is_point(&self.best, dimensions)
            && is_point(&self.pull, levels(axes).sum())
            && self.velocity.len() == dimensions
            && self.velocity.iter().all(|v| v.is_finite())
    }
}

/// The rule of motion.
pub(super) struct Flight {
    pub(super) inertia: f64,
    pub(super) acceleration: f64,
    pub(super) geometry: Geometry,
    /// Probability that a nominal coordinate is drawn anew.
    pub(super) redraw: f64,
}

impl Flight {
    /// Where the particle is next, given the best place its informants know, if that is not its own.
    pub(super) fn next(
        &self,
        from: &Particle,
        informed: Option<&[f64]>,
        axes: &[Axis],
        rng: &mut Rng,
    ) -> Particle {
        let mut next = from.clone();
        match self.geometry {
            Geometry::Ball => self.ball(&mut next, informed, axes, rng),
            Geometry::Axes => self.along_axes(&mut next, informed, axes, rng),
        }
        for (i, _) in axes.iter().enumerate().filter(|(_, axis)| **axis == Axis::Ordered) {
            (next.point[i], next.velocity[i]) = bounced(from.point[i] + next.velocity[i], next.velocity[i]);
        }
        self.levels(&mut next, informed, axes, rng);
        next
    }

    /// Clerc (2012), equations 3.12 to 3.14: the place is drawn from the ball around the centre of the present
    /// place and the two attractions that has the present place on its surface.
    fn ball(&self, particle: &mut Particle, informed: Option<&[f64]>, axes: &[Axis], rng: &mut Rng) {
        let ordered = |i: &usize| axes[*i] == Axis::Ordered;
        let pull = |i: usize| {
            let own = particle.best[i] - particle.point[i];
            match informed {
                Some(place) => self.acceleration * (own + place[i] - particle.point[i]) / 3.0,
                None => self.acceleration * own / 2.0,
            }
        };
        let centre: Vec<f64> = (0..axes.len()).map(|i| if ordered(&i) { pull(i) } else { 0.0 }).collect();
        let direction: Vec<f64> =
            (0..axes.len()).map(|i| if ordered(&i) { rng.normal() } else { 0.0 }).collect();
        let length = norm(&direction);
        let radius = norm(&centre) * rng.uniform();
        let scale = if length > 0.0 { radius / length } else { 0.0 };
        for i in (0..axes.len()).filter(ordered) {
            particle.velocity[i] = self.inertia * particle.velocity[i] + centre[i] + scale * direction[i];
        }
    }

    /// Clerc and Kennedy (2002): each attraction in each dimension by a random share.
    fn along_axes(&self, particle: &mut Particle, informed: Option<&[f64]>, axes: &[Axis], rng: &mut Rng) {
        for i in (0..axes.len()).filter(|i| axes[*i] == Axis::Ordered) {
            let mut pull = |place: f64| self.acceleration * rng.uniform() * (place - particle.point[i]);
            let attraction = pull(particle.best[i]) + informed.map_or(0.0, |place| pull(place[i]));
            particle.velocity[i] = self.inertia * particle.velocity[i] + attraction;
        }
    }

    /// Chen et al. (2010), §III: levels of the best places that the particle does not have gain probability, those
    /// above a random threshold are candidates, and one of them is taken.
    fn levels(&self, particle: &mut Particle, informed: Option<&[f64]>, axes: &[Axis], rng: &mut Rng) {
        let mut rest = particle.pull.as_mut_slice();
        for (i, axis) in axes.iter().enumerate() {
            let Axis::Nominal(levels) = *axis else { continue };
            let pull;
            (pull, rest) = rest.split_at_mut(levels);
            pull.iter_mut().for_each(|probability| *probability *= self.inertia);
            let present = Axis::level(levels, particle.point[i]);
            for place in [Some(&*particle.best), informed].into_iter().flatten() {
                let level = Axis::level(levels, place[i]);
                if level != present {
                    pull[level] = pull[level].max((self.acceleration * rng.uniform()).min(1.0));
                }
            }
            let threshold = rng.uniform();
            let candidates = pull.iter().filter(|probability| **probability > threshold).count();
            if rng.chance(self.redraw) {
                particle.point[i] = Axis::coordinate(levels, rng.index(levels));
            } else if candidates > 0 {
                let pick = rng.index(candidates);
                let mut above = (0..levels).filter(|level| pull[*level] > threshold);
                particle.point[i] = Axis::coordinate(levels, above.nth(pick).unwrap_or(present));
            }
        }
    }
}

fn norm(vector: &[f64]) -> f64 {
    vector.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// A place beyond the end is reflected and the velocity turned and halved.
fn bounced(place: f64, velocity: f64) -> (f64, f64) {
    let inside = if place < 0.0 { -place } else { 2.0 - place };
    if (0.0..=1.0).contains(&place) { (place, velocity) } else { (inside.clamp(0.0, 1.0), -0.5 * velocity) }
}

#[cfg(test)]
mod tests {
    use rl_env::seed::Seed;

    use super::*;

    const ORDERED: [Axis; 2] = [Axis::Ordered; 2];

    fn particle(axes: &[Axis], point: &[f64], best: &[f64]) -> Particle {
        let mut particle = Particle::launch(point.to_vec(), axes, &mut Seed(1).stream("test"));
        particle.velocity.fill(0.0);
        particle.best = best.to_vec();
        particle
    }

    fn flight(geometry: Geometry) -> Flight {
        Flight { inertia: 0.5, acceleration: 1.2, geometry, redraw: 0.0 }
    }

    /// By hand: from (0.4, 0.4) with the own best at (0.6, 0.4) and the informants' at (0.4, 0.7), the centre is
    /// 1.2·(0.2, 0.3)/3 = (0.08, 0.12) away, and the ball reaches back to the start.
    #[test]
    fn the_ball_lies_around_the_centre_of_attraction() {
        let start = particle(&ORDERED, &[0.4, 0.4], &[0.6, 0.4]);
        let mut rng = Seed(1).stream("test");
        let radius = (0.08f64 * 0.08 + 0.12 * 0.12).sqrt();
        let (mut sum, mut far) = ([0.0; 2], 0.0f64);
        for _ in 0..4000 {
            let next = flight(Geometry::Ball).next(&start, Some(&[0.4, 0.7]), &ORDERED, &mut rng);
            let (x, y) = (next.point[0] - 0.48, next.point[1] - 0.52);
            far = far.max((x * x + y * y).sqrt());
            (sum[0], sum[1]) = (sum[0] + x, sum[1] + y);
        }
        assert!(far <= radius + 1e-12 && far > 0.99 * radius, "{far}, {radius}");
        assert!(sum.iter().all(|sum| (sum / 4000.0).abs() < 0.005), "{sum:?}");
    }

    /// A particle that leads: half of 1.2·0.2, and half of its velocity.
    #[test]
    fn a_leader_is_drawn_to_its_own_best_and_keeps_its_inertia() {
        let mut start = particle(&ORDERED[..1], &[0.4], &[0.6]);
        start.velocity[0] = 0.1;
        let mut rng = Seed(1).stream("test");
        let drawn: Vec<f64> = (0..4000)
            .map(|_| flight(Geometry::Ball).next(&start, None, &ORDERED[..1], &mut rng).velocity[0])
            .collect();
        let mean = drawn.iter().sum::<f64>() / 4000.0;
        assert!((mean - (0.05 + 0.12)).abs() < 0.005, "{mean}");
        assert!(drawn.iter().all(|v| (0.05..=0.29 + 1e-12).contains(v)));
    }

    #[test]
    fn without_attraction_only_inertia_moves() {
        for geometry in [Geometry::Ball, Geometry::Axes] {
            let mut start = particle(&ORDERED, &[0.5, 0.5], &[0.5, 0.5]);
            start.velocity = vec![0.5, -0.25];
            let next = flight(geometry).next(&start, None, &ORDERED, &mut Seed(1).stream("test"));
            assert_eq!((next.point, next.velocity), (vec![0.75, 0.375], vec![0.25, -0.125]));
        }
    }

    #[test]
    fn bounds_reflect() {
        assert_eq!(bounced(1.0, 0.5), (1.0, 0.5));
        assert_eq!(bounced(1.25, 0.5), (0.75, -0.25));
        assert_eq!(bounced(-0.25, -0.5), (0.25, 0.25));
        assert_eq!(bounced(7.0, 6.5), (0.0, -3.25));
    }

    /// The level that the best place has gains min(1, 1.2 u), which is above another uniform threshold with
    /// probability ∫ min(1, 1.2 u) = 1 - 1/2.4.
    #[test]
    fn a_name_moves_to_that_of_the_best_place() {
        let axes = [Axis::Nominal(4)];
        let start = particle(&axes, &[0.1], &[0.6]);
        let mut rng = Seed(1).stream("test");
        let moved = (0..4000)
            .filter(|_| {
                let next = flight(Geometry::Ball).next(&start, None, &axes, &mut rng);
                assert!([0.1, 0.625].contains(&next.point[0]));
                next.point[0] == 0.625
            })
            .count();
        assert!((moved as f64 / 4000.0 - (1.0 - 1.0 / 2.4)).abs() < 0.03, "{moved}");
    }

    #[test]
    fn a_name_that_all_agree_on_stays_unless_it_is_drawn_anew() {
        let axes = [Axis::Nominal(3)];
        let start = particle(&axes, &[0.5], &[0.5]);
        let mut rng = Seed(1).stream("test");
        let mut next =
            |redraw| Flight { redraw, ..flight(Geometry::Ball) }.next(&start, None, &axes, &mut rng).point[0];
        assert!((0..50).all(|_| next(0.0) == 0.5));
        let drawn: Vec<f64> = (0..50).map(|_| next(1.0)).collect();
        assert!([0.5 / 3.0, 0.5, 2.5 / 3.0].iter().all(|u| drawn.iter().any(|x| (x - u).abs() < 1e-12)));
    }
}
