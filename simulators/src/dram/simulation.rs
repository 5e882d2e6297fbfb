//! The general simulation: requester, arbiter and the controllers of all channels on the event kernel.

mod arbiter;
mod player;

use arbiter::Arbiter;
use player::Player;

use super::config::Config;
use super::controller::{Controller, SOURCES, Surroundings};
use super::error::DramError;
use super::event::{Kernel, Source};
use super::ledger::Ledger;
use super::workload::{Request, Workload};

/// A message to the arbiter; the number is the request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Message {
    /// The requester sends a request.
    BeginRequest(u32),
    /// A controller has accepted a request.
    EndRequest(u32),
    /// A controller sends a response.
    BeginResponse(u32),
    /// The requester has taken a response.
    EndResponse(u32),
}

/// A message to the requester.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reply {
    /// The request has been accepted; the next one may follow.
    EndRequest,
    /// The response to a request.
    BeginResponse(u32),
}

const PLAYER: Source = 0;
const ARBITER: Source = 1;
const FIRST_CONTROLLER: Source = 2;

/// What a run yields.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) end_ps: u64,
    /// Latency of each request in ps, in the order of the responses.
    pub(crate) latencies_ps: Vec<u64>,
    pub(crate) ledgers: Vec<Ledger>,
}

/// Actors that can be woken, as found from their sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Actor {
    Player,
    Arbiter,
    Controller(usize),
}

fn actor_of(source: Source) -> Actor {
    match source {
        PLAYER => Actor::Player,
        ARBITER => Actor::Arbiter,
        other => Actor::Controller((other - FIRST_CONTROLLER) / SOURCES),
    }
}

struct Simulation<'a> {
    kernel: Kernel,
    requests: &'a [Request],
    player: Player,
    arbiter: Arbiter,
    controllers: Vec<Controller>,
    ledgers: Vec<Ledger>,
    clock_period: u64,
}

/// Run `workload` on `config` until the last response.
pub(crate) fn run(config: &Config, workload: &Workload, record: bool) -> Result<Outcome, DramError> {
    let channels = config.system.channels as usize;
    let mut simulation = Simulation {
        kernel: Kernel::default(),
        requests: &workload.requests,
        player: Player::new(PLAYER, workload.len()),
        arbiter: Arbiter::new(ARBITER, &config.controller, channels),
        controllers: (0..channels).map(|c| Controller::new(config, FIRST_CONTROLLER + c * SOURCES)).collect(),
        ledgers: (0..channels).map(|c| Ledger::new(config, c as u8, record)).collect(),
        clock_period: config.system.device().clock_period_ps,
    };
    simulation.kernel.reset(FIRST_CONTROLLER + channels * SOURCES);
    simulation.run()?;
    let Simulation { kernel, player, ledgers, .. } = simulation;
    Ok(Outcome { end_ps: kernel.now(), latencies_ps: player.into_latencies(), ledgers })
}

impl Simulation<'_> {
    fn run(&mut self) -> Result<(), DramError> {
        for controller in &mut self.controllers {
            controller.start(&mut self.kernel);
        }
        self.player.send_next(&mut self.kernel, &mut self.arbiter.inbox, self.requests, self.clock_period);
        for controller in &mut self.controllers {
            controller.start_power_down(&mut self.kernel);
        }
        let (mut fired, mut actors) = (Vec::new(), Vec::new());
        while !self.player.is_done() {
            if !self.kernel.advance(&mut fired) {
                return Err(self.stuck());
            }
            actors.clear();
            for actor in fired.iter().map(|source| actor_of(*source)) {
                if !actors.contains(&actor) {
                    actors.push(actor);
                }
            }
            actors.iter().for_each(|actor| self.run_actor(*actor));
        }
        Ok(())
    }

    fn stuck(&self) -> DramError {
        DramError::Stuck {
            waiting: self.requests.len() - self.player.answered(),
            requests: self.requests.len(),
            reason: "nothing is left that could wake the controller: please report the design",
        }
    }

    fn run_actor(&mut self, actor: Actor) {
        let (kernel, requests) = (&mut self.kernel, self.requests);
        match actor {
            Actor::Player => self.player.run(kernel, &mut self.arbiter.inbox, requests, self.clock_period),
            Actor::Arbiter => {
                let player = &mut self.player.inbox;
                self.arbiter.run(kernel, &mut self.controllers, player, requests, self.clock_period);
            }
            Actor::Controller(channel) => {
                let (arbiter, ledger) = (&mut self.arbiter.inbox, &mut self.ledgers[channel]);
                self.controllers[channel].step(&mut Surroundings { kernel, arbiter, requests, ledger });
            }
        }
    }
}
