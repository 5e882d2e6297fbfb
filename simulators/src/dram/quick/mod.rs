//! The quick path: one channel, one rank, one-cycle commands, all-bank or no refresh.
//!
//! Same results as the general simulation, faster because banks are evaluated only when they change, the
//! command that goes next is cached, and full controller steps run only where something can change.
//! Page policy and scheduler are compile-time parameters.

mod alone;
mod banks;
mod controller;
mod delays;
mod frontend;
mod refresh;
mod wakes;

use banks::{Banks, MAX_BANKS, MAX_GROUPS, MAX_REQUESTS};
use delays::Delays;
use frontend::Frontend;
use refresh::Refresh;
use wakes::{ARBITER, COMMAND, Fired, Note, PLAYER, RESPONSE, Wakes};

use super::config::{
    CmdMux, Config, Controller as Policies, PagePolicy, PowerDownPolicy, RefreshPolicy, Scheduler,
};
use super::error::DramError;
use super::ledger::Ledger;
use super::workload::{Request, Workload};
use controller::{Buffer, Responses};

/// State of a run, reused by the next.
#[derive(Debug, Default)]
pub(crate) struct Quick {
    wakes: Wakes,
    banks: Banks,
    buffer: Buffer,
    responses: Responses,
    refresh: Refresh,
    frontend: Frontend,
    /// Request offered by the arbiter and its time of arrival.
    incoming: Option<(u32, u64)>,
}

/// What a run needs besides its state.
struct Run<'a, const PAGE: u8, const SCHEDULER: u8> {
    state: &'a mut Quick,
    requests: &'a [Request],
    policies: Policies,
    delays: Delays,
    ledger: Ledger,
    clock_period: u64,
}

/// Whether the quick path can run this design.
pub(crate) fn supports(config: &Config, workload: &Workload) -> bool {
    let (controller, geometry) = (&config.controller, config.system.geometry());
    config.system.channels == 1
        && geometry.ranks == 1
        && geometry.banks_per_rank <= MAX_BANKS
        && geometry.groups_per_rank <= MAX_GROUPS
        && controller.cmd_mux == CmdMux::Oldest
        && controller.power_down_policy == PowerDownPolicy::None
        && controller.refresh_policy != RefreshPolicy::PerBank
        && workload.len() < MAX_REQUESTS
        && Delays::of(config.system.device()).is_some()
}

/// Run a supported design. Latencies go to `latencies`, in clock cycles.
pub(crate) fn run(
    config: &Config,
    workload: &Workload,
    state: &mut Quick,
    record: bool,
    latencies: &mut Vec<u32>,
) -> Result<(u64, Ledger), DramError> {
    match config.controller.page_policy {
        PagePolicy::Open => {
            with_page::<{ PagePolicy::Open as u8 }>(config, workload, state, record, latencies)
        }
        PagePolicy::OpenAdaptive => {
            with_page::<{ PagePolicy::OpenAdaptive as u8 }>(config, workload, state, record, latencies)
        }
        PagePolicy::Closed => {
            with_page::<{ PagePolicy::Closed as u8 }>(config, workload, state, record, latencies)
        }
        PagePolicy::ClosedAdaptive => {
            with_page::<{ PagePolicy::ClosedAdaptive as u8 }>(config, workload, state, record, latencies)
        }
    }
}

fn with_page<const PAGE: u8>(
    config: &Config,
    workload: &Workload,
    state: &mut Quick,
    record: bool,
    latencies: &mut Vec<u32>,
) -> Result<(u64, Ledger), DramError> {
    match config.controller.scheduler {
        Scheduler::Fifo => {
            Run::<PAGE, { Scheduler::Fifo as u8 }>::start(config, workload, state, record, latencies)
        }
        Scheduler::FrFcfs => {
            Run::<PAGE, { Scheduler::FrFcfs as u8 }>::start(config, workload, state, record, latencies)
        }
        Scheduler::FrFcfsGrp => {
            Run::<PAGE, { Scheduler::FrFcfsGrp as u8 }>::start(config, workload, state, record, latencies)
        }
    }
}

impl<'a, const PAGE: u8, const SCHEDULER: u8> Run<'a, PAGE, SCHEDULER> {
    fn start(
        config: &Config,
        workload: &'a Workload,
        state: &'a mut Quick,
        record: bool,
        latencies: &mut Vec<u32>,
    ) -> Result<(u64, Ledger), DramError> {
        let (device, geometry) = (config.system.device(), config.system.geometry());
        let Some(delays) = Delays::of(device) else { return Err(DramError::WrongSystem) };
        let policies = config.controller;
        let requests = workload.requests.as_slice();
        state.wakes.reset();
        state.buffer.reset(&policies);
        state.banks.reset(
            geometry.banks(),
            geometry.groups(),
            state.buffer.capacity().min(requests.len()) + 1,
        );
        state.responses.reset(policies.resp_queue, requests.len());
        state.refresh.reset(&policies, delays.interval);
        state.frontend.reset(&policies, requests.len());
        state.incoming = None;
        let ledger = Ledger::new(config, 0, record);
        let mut run =
            Self { state, requests, policies, delays, ledger, clock_period: device.clock_period_ps };
        run.all()?;
        latencies.clear();
        latencies.extend_from_slice(&run.state.frontend.latencies);
        Ok((run.state.wakes.now * run.clock_period, run.ledger))
    }

    fn all(&mut self) -> Result<(), DramError> {
        if self.state.refresh.trigger != banks::NEVER {
            self.state.wakes.at(COMMAND, self.state.refresh.trigger);
        }
        self.send_next();
        while !self.state.frontend.is_done() {
            match self.state.wakes.soon_count() {
                0 => {
                    let Some(fired) = self.state.wakes.advance() else { return Err(self.stuck()) };
                    match fired.only() {
                        Some(RESPONSE) => self.response_alone(),
                        Some(ARBITER) => self.arbiter_alone(),
                        Some(source) => self.run_one(source, Note::Wake),
                        None => self.run_instant(fired),
                    }
                }
                1 => {
                    self.state.wakes.begin_round();
                    let (source, note) = self.state.wakes.entry(0);
                    self.run_one(usize::from(source), note);
                }
                count => self.run_round(count),
            }
        }
        Ok(())
    }

    /// A round with one entry.
    #[inline]
    fn run_one(&mut self, source: usize, note: Note) {
        match source {
            ARBITER => {
                self.tell_arbiter(note);
                self.end_arbiter();
            }
            PLAYER => {
                self.tell_player(note);
                self.end_player();
            }
            _ => self.run_controller(1 << source),
        }
    }

    /// The first round of an instant with several sources: actors in the order of their first source.
    fn run_instant(&mut self, fired: Fired) {
        let controller =
            fired.sources().filter(|source| *source < ARBITER).fold(0, |mask, source| mask | 1 << source);
        let mut done = false;
        for source in fired.sources() {
            match source {
                ARBITER => self.end_arbiter(),
                PLAYER => self.end_player(),
                _ if std::mem::replace(&mut done, true) => {}
                _ => self.run_controller(controller),
            }
        }
    }

    /// A zero-delay round with several entries: actors from the last source first woken to the first; each
    /// reads its notes in the order in which they were sent.
    fn run_round(&mut self, count: usize) {
        self.state.wakes.begin_round();
        let mut done = [false; 3];
        for place in (0..count).rev() {
            let source = self.state.wakes.entry(place).0;
            // A source woken twice counts from its first wake-up.
            if (0..place).any(|earlier| self.state.wakes.entry(earlier).0 == source) {
                continue;
            }
            let actor = actor_of(source);
            if !std::mem::replace(&mut done[actor], true) {
                self.run_actor(actor, count);
            }
        }
    }

    fn run_actor(&mut self, actor: usize, count: usize) {
        let mut mask = 0;
        for place in 0..count {
            let (source, note) = self.state.wakes.entry(place);
            match actor_of(source) {
                other if other != actor => {}
                0 => mask |= 1 << source,
                1 => self.tell_arbiter(note),
                _ => self.tell_player(note),
            }
        }
        match actor {
            0 => self.run_controller(mask),
            1 => self.end_arbiter(),
            _ => self.end_player(),
        }
    }

    fn stuck(&self) -> DramError {
        DramError::Stuck {
            waiting: self.requests.len() - self.state.frontend.latencies.len(),
            requests: self.requests.len(),
            reason: "nothing is left that could wake the controller: please report the design",
        }
    }
}

/// Controller 0, arbiter 1, requester 2.
fn actor_of(source: u8) -> usize {
    usize::from(source).saturating_sub(ARBITER - 1)
}
