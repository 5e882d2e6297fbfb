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
    /// processing element and all with work.
    pub(super) fn rate(&mut self, task: usize, company: u64) -> f64 {
        if company == 1 << task {
            return self.placed[task].alone;
        }
        let mut slowest = self.placed[task].rate;
        self.limits(task, company, |rate, _| slowest = if rate < slowest { rate } else { slowest });
        slowest
    }

    /// The block that sets the [`rate`](Tables::rate) of a task: the first of several.
    pub(super) fn bottleneck(&mut self, task: usize, company: u64) -> u16 {
        let mut slowest = (self.placed[task].rate, self.placed[task].block);
        self.limits(task, company, |rate, block| {
            if rate < slowest.0 {
                slowest = (rate, block);
            }
        });
        slowest.1
    }

    /// Calls `each` with what every channel allows a task beside its company, and the channel's block.
    fn limits(&mut self, task: usize, company: u64, mut each: impl FnMut(f64, u16)) {
        let Self { wiring, pipes, units, placed, channels, .. } = self;
        let (me, tasks) = (1 << task, placed.len());
        let placed = &placed[task];
        for channel in &channels[placed.channels.start as usize..placed.channels.end as usize] {
            let mut share = 1.0;
            if channel.input != NONE {
                let input = usize::from(channel.input);
                let on = company & pipes[input].on;
                if on != me {
                    load(input, on, pipes, units, tasks, &wiring.interconnects);
                    share = channel.input_unit / pipes[input].sum;
                }
            }
            let out = usize::from(channel.pipe);
            let (on, mut inner) = (company & pipes[out].on, 1.0);
            if on != me {
                load(out, on, pipes, units, tasks, &wiring.interconnects);
                share /= pipes[out].active;
                inner = channel.unit / pipes[out].sum;
            }
            each(channel.driver_limit * share, channel.driver);
            each(channel.memory_limit * inner, channel.memory);
        }
    }
}

/// Brings what is known of a pipe up to date for the running tasks `on` it: their bytes per slice of work, and how many
/// inputs of its channel they come by, each from a processing element by its own, others by links.
fn load(
    number: usize,
    on: u64,
    pipes: &mut [Pipe],
    units: &[f64],
    tasks: usize,
    interconnects: &[Interconnect],
) {
    let Pipe { loaded, at, .. } = pipes[number];
    if loaded == on {
        return;
    }
    let units = &units[number * tasks..(number + 1) * tasks];
    let sum = bits(on).map(|other| units[other]).sum();
    let Interconnect { homed, neighbours, .. } = interconnects[usize::from(at)];
    let mut active = (on & homed).count_ones();
    if on & !homed != 0 {
        let reads = pipes.len() / 2;
        let base = if number >= reads { reads } else { 0 };
        for from in bits(u64::from(neighbours)) {
            let input = base + from * interconnects.len() + usize::from(at);
            active += u32::from(on & pipes[input].on != 0);
        }
    }
    let pipe = &mut pipes[number];
    (pipe.loaded, pipe.sum, pipe.active) = (on, sum, f64::from(active));
}
