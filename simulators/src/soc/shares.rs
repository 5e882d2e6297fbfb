//! The rate of a task beside others: its share in each of its channels.
//!
//! Active inputs of a channel have equal shares of it; tasks on an input have shares by their slices of work. Shares
//! that slow tasks leave are not used by others.

use super::tables::{Pipe, Tables};
use super::wiring::{Interconnect, NONE, bits};

impl Tables {
    /// Those of the tasks `running` on which the rate of `task` depends.
    pub(super) fn company(&self, task: usize, running: u64) -> u64 {
        running & self.placed[task].sharers
    }

    /// Rate of `task` while the tasks `company` run that share pipes with it, itself among them, one on each
    /// processing element and all with work; and the block that limits it.
    pub(super) fn rate(&mut self, task: usize, company: u64) -> (f64, u16) {
        let Self { wiring, pipes, units, placed, channels, .. } = self;
        let tasks = placed.len();
        let placed = &placed[task];
        if company == 1 << task {
            return placed.alone;
        }
        let mut slowest = (placed.rate, placed.block);
        for channel in &channels[placed.channels.start as usize..placed.channels.end as usize] {
            let number = usize::from(channel.pipe);
            let on = company & pipes[number].on;
            let mut share = match channel.input {
                NONE => 1.0,
                input => inner_share(task, tasks, company, pipes, units, usize::from(input)),
            };
            let mut inner = 1.0;
            if on != 1 << task {
                let at = usize::from(channel.interconnect);
                if pipes[number].counted != on {
                    let active = active_inputs(&wiring.interconnects, at, pipes, number, on);
                    (pipes[number].counted, pipes[number].active) = (on, f64::from(active));
                }
                share /= pipes[number].active;
                if channel.memory != NONE {
                    inner = inner_share(task, tasks, company, pipes, units, number);
                }
            }
            let rate = channel.driver_limit * share;
            if rate < slowest.0 {
                slowest = (rate, channel.driver);
            }
            let rate = channel.memory_limit * inner;
            if rate < slowest.0 {
                slowest = (rate, channel.memory);
            }
        }
        slowest
    }
}

/// Share of a task in a pipe.
fn inner_share(
    task: usize,
    tasks: usize,
    company: u64,
    pipes: &mut [Pipe],
    units: &[f64],
    number: usize,
) -> f64 {
    let pipe = &mut pipes[number];
    let on = company & pipe.on;
    if on == 1 << task {
        return 1.0;
    }
    let units = &units[number * tasks..(number + 1) * tasks];
    if pipe.added != on {
        pipe.added = on;
        pipe.sum = bits(on).map(|other| units[other]).sum();
    }
    units[task] / pipe.sum
}

/// How many inputs of a pipe's channel the tasks `on` it come by: each from a processing element by its own, others by
/// the links from other interconnects.
fn active_inputs(
    interconnects: &[Interconnect],
    at: usize,
    pipes: &[Pipe],
    number: usize,
    on: u64,
) -> u32 {
    let Interconnect { homed, neighbours, .. } = interconnects[at];
    let mut active = (on & homed).count_ones();
    if on & !homed != 0 {
        let reads = pipes.len() / 2;
        let base = if number >= reads { reads } else { 0 };
        for from in bits(u64::from(neighbours)) {
            active += u32::from(on & pipes[base + from * interconnects.len() + at].on != 0);
        }
    }
    active
}
