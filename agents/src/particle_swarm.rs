//! Particle swarm: points move with momentum towards the best places that they and their informants know.
//!
//! Standard PSO 2011 (Clerc 2012; Zambrano-Bigiarini, Clerc and Rojas 2013), which draws from a ball around the
//! attraction's centre and so does not prefer the axes; optionally the canonical rule, dimension by dimension.
//!
//! Designs are points of the unit cube. Whole numbers are relaxed to it and rounded, orders are random keys.
//! Switches, choices and members of subsets have no directions: there the velocity is a set of levels with
//! probabilities (set-based PSO, Chen et al. 2010). Coordinates of inactive parameters move on unseen.

use std::sync::Arc;

use rl_env::Error;
use rl_env::agent::{Agent, Context, Trial, from_snapshot, to_snapshot};
use rl_env::design::{Design, DesignSpace, Parameter};
use rl_env::registry::AgentConfig;
use rl_env::seed::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::parts::point::{Axis, anywhere, axes, decode, follow};
use crate::parts::round::{Round, Told};
use crate::parts::seen::Seen;

mod motion;

pub use motion::Geometry;
use motion::{Flight, Particle};

/// Hyperparameters of the particle swarm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Particles; each proposes one design a round.
    #[schemars(range(min = 1, max = 4096))]
    pub particles: usize,
    /// Share of its velocity that a particle keeps.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub inertia: f64,
    /// How strongly a particle is drawn to the best places it knows of, its own and its informants'.
    #[schemars(range(min = 0.0, max = 4.0))]
    pub acceleration: f64,
    /// Who tells whom of the best place found.
    pub topology: Topology,
    /// Particles that each particle informs in the random topology.
    #[schemars(range(min = 1, max = 4096))]
    pub informed: usize,
    /// How the next velocity is drawn.
    pub geometry: Geometry,
    /// Expected number of switches, choices and members that are drawn anew in a move; velocities alone lose levels
    /// for ever.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub turbulence: f64,
}

/// Who tells whom of the best place found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Topology {
    /// Each particle its two neighbours.
    Ring,
    /// Each particle some others at random; drawn anew after every round that finds nothing better.
    Random,
    /// Everybody everybody.
    Global,
}

/// Clerc's constants. The swarm (he takes 40 particles that inform 3 each) was chosen by mean regret among 40 settings
/// at 150 to 3000 trials, on the landscapes and on five small problems of orders, subsets and mixed levels, seeds from
/// 1000.
impl Default for Config {
    fn default() -> Self {
        Self {
            particles: 12,
            inertia: 0.721_347_520_444_481_7,      // 1/(2 ln 2)
            acceleration: 1.193_147_180_559_945_3, // 1/2 + ln 2
            topology: Topology::Random,
            informed: 5,
            geometry: Geometry::Ball,
            turbulence: 1.0,
        }
    }
}

impl AgentConfig for Config {
    const SUMMARY: &'static str = "Particle swarm (standard PSO 2011), set-based on switches and choices.";
    const REFERENCE: &'static str = "Clerc 2012, Standard Particle Swarm Optimisation; Chen et al. 2010, A novel set-based particle swarm optimization method";

    fn sweep() -> Vec<Parameter> {
        vec![
            Parameter::integer("particles", 10, 80),
            Parameter::real("inertia", 0.3, 1.0),
            Parameter::real("acceleration", 0.5, 2.5),
            Parameter::choice("topology", ["ring", "random", "global"]),
            Parameter::integer("informed", 1, 6).when("topology", ["random"]),
            Parameter::choice("geometry", ["ball", "axes"]),
            Parameter::real("turbulence", 0.0, 2.0),
        ]
    }

    fn build(self, context: Context) -> Result<Box<dyn Agent>, Error> {
        Ok(Box::new(ParticleSwarm::new(self, context)))
    }
}

/// A design that was proposed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Flown {
    design: Design,
    /// The particle that is there now.
    particle: usize,
}

/// Everything that changes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    rng: Rng,
    swarm: Vec<Particle>,
    /// By particle, whom it informs; used by the random topology.
    links: Vec<Vec<usize>>,
    seen: Seen,
    flown: Vec<Flown>,
    round: Round,
}

struct ParticleSwarm {
    config: Config,
    space: Arc<DesignSpace>,
    axes: Vec<Axis>,
    state: State,
}

impl Agent for ParticleSwarm {
    fn ask(&mut self, n: usize) -> Result<Vec<Design>, Error> {
        if self.state.round.is_served() {
            self.fly();
        }
        Ok(self.state.round.serve(n))
    }

    fn tell(&mut self, trials: &[Trial]) -> Result<(), Error> {
        if let Some(round) = self.state.round.tell(trials) {
            self.remember(&round);
        }
        Ok(())
    }

    fn batch(&self) -> usize {
        self.config.particles
    }

    fn snapshot(&self) -> Result<Json, Error> {
        to_snapshot(&self.state)
    }

    fn restore(&mut self, state: &Json) -> Result<(), Error> {
        const NAME: &str = "particle-swarm";
        let state: State = from_snapshot(NAME, state)?;
        state.round.check(NAME, &self.space)?;
        let count = state.swarm.len();
        let sound = count <= self.config.particles
            && state.swarm.iter().all(|particle| particle.fits(&self.axes))
            && state.links.iter().flatten().all(|informed| *informed < count)
            && (state.links.is_empty() || state.links.len() == count)
            && state.flown.iter().all(|flown| flown.particle < count);
        if !sound {
            let problem = "a particle or a link does not fit the space and the settings".to_owned();
            return Err(Error::Snapshot { what: NAME, problem });
        }
        self.state = state;
        Ok(())
    }
}

impl ParticleSwarm {
    fn new(config: Config, context: Context) -> Self {
        let state = State {
            rng: context.seed.stream("particle-swarm"),
            swarm: Vec::new(),
            links: Vec::new(),
            seen: Seen::default(),
            flown: Vec::new(),
            round: Round::default(),
        };
        let axes = axes(&context.space);
        Self { config, space: context.space, axes, state }
    }

    /// Fills the queue: newcomers until the swarm is complete and something works, then every particle's next
    /// place.
    fn fly(&mut self) {
        if self.state.swarm.iter().all(|particle| particle.reward.is_none()) {
            self.state.swarm.clear();
            self.state.links.clear();
        }
        let old = self.state.swarm.len();
        self.state.flown = if old < self.config.particles {
            (old..self.config.particles).map(|particle| self.newcomer(particle)).collect()
        } else {
            if self.config.topology == Topology::Random && self.state.links.is_empty() {
                self.link();
            }
            let leaders: Vec<usize> = (0..old).map(|particle| self.leader(particle)).collect();
            leaders.into_iter().enumerate().map(|(particle, leader)| self.step(particle, leader)).collect()
        };
        self.state.round.start(self.state.flown.iter().map(|flown| flown.design.clone()));
    }

    fn newcomer(&mut self, particle: usize) -> Flown {
        let State { rng, seen, swarm, .. } = &mut self.state;
        let mut point = Vec::new();
        let design = seen.settle(&self.space, rng, |rng| {
            point = anywhere(self.axes.len(), rng);
            decode(&self.space, &point)
        });
        follow(&self.space, &mut point, &design);
        swarm.push(Particle::launch(point, &self.axes, rng));
        Flown { design, particle }
    }

    fn step(&mut self, particle: usize, leader: usize) -> Flown {
        let Self { config, space, axes, state } = self;
        let State { rng, seen, swarm, .. } = state;
        let informed = (leader != particle).then(|| swarm[leader].best.as_slice());
        let nominal = axes.iter().filter(|axis| matches!(axis, Axis::Nominal(_))).count();
        let flight = Flight {
            inertia: config.inertia,
            acceleration: config.acceleration,
            geometry: config.geometry,
            redraw: config.turbulence / nominal.max(1) as f64,
        };
        let start = &swarm[particle];
        let mut next = start.clone();
        let design = seen.settle(space, rng, |rng| {
            next = flight.next(start, informed, axes, rng);
            decode(space, &next.point)
        });
        follow(space, &mut next.point, &design);
        swarm[particle] = next;
        Flown { design, particle }
    }

    /// The particle with the best memory among those that inform this one, itself included; of equals, itself.
    fn leader(&self, particle: usize) -> usize {
        let State { swarm, links, .. } = &self.state;
        let count = swarm.len();
        let informs = |other: usize| match self.config.topology {
            Topology::Ring => (other + 1) % count == particle || (particle + 1) % count == other,
            Topology::Random => links[other].contains(&particle),
            Topology::Global => true,
        };
        (0..count).filter(|other| informs(*other)).fold(particle, |leader, other| {
            if swarm[other].fitness() > swarm[leader].fitness() { other } else { leader }
        })
    }

    /// Draws anew whom each particle informs; the same may be drawn twice (Clerc 2012, §3.1).
    fn link(&mut self) {
        let State { rng, swarm, links, .. } = &mut self.state;
        let count = swarm.len();
        *links = (0..count).map(|_| (0..self.config.informed).map(|_| rng.index(count)).collect()).collect();
    }

    /// Ends the round: particles remember places that are no worse.
    fn remember(&mut self, round: &[Told]) {
        let best = |swarm: &[Particle]| swarm.iter().map(Particle::fitness).fold(f64::NEG_INFINITY, f64::max);
        let before = best(&self.state.swarm);
        let mut flown = std::mem::take(&mut self.state.flown).into_iter().peekable();
        for told in round {
            match flown.next_if(|flown| flown.design == told.design) {
                Some(flown) => self.state.swarm[flown.particle].remember(told.reward),
                None => self.welcome(told),
            }
        }
        if best(&self.state.swarm) <= before {
            self.state.links.clear();
        }
    }

    /// Takes in a trial that nobody asked for: as a particle while there is room, else as the memory of the one
    /// that knows least.
    fn welcome(&mut self, told: &Told) {
        let State { rng, seen, swarm, .. } = &mut self.state;
        seen.is_new(&told.design);
        let point = self.space.to_unit(&told.design);
        if swarm.len() < self.config.particles {
            let mut particle = Particle::launch(point, &self.axes, rng);
            particle.remember(told.reward);
            swarm.push(particle);
        } else if let Some(least) = swarm.iter_mut().min_by(|a, b| a.fitness().total_cmp(&b.fitness()))
            && told.fitness() > least.fitness()
        {
            (least.best, least.reward) = (point, told.reward);
        }
    }
}

#[cfg(test)]
mod tests;
