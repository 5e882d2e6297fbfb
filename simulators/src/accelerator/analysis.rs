//! What an evaluation finds: accesses, energy and cycles of every level.

use super::architecture::MOST_LEVELS;
use super::problem::{DATA, Data};

/// Accesses of one kind of data at one level, per instance in use unless stated otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Traffic {
    /// Words of the tile that an instance holds; 0 if it passes the data by.
    pub size: u64,
    /// Words of the whole layer that an instance is responsible for.
    pub partition: u64,
    /// Words read.
    pub reads: u64,
    /// Partial sums written by the children.
    pub updates: u64,
    /// Words written by the parent.
    pub fills: u64,
    /// Words on the network to the children; one word may go to several of them.
    pub ingresses: f64,
    /// Words on that network that children pass to their neighbours, of all children of one instance.
    pub links: f64,
    /// Children that one word serves, on average.
    pub multicast: f64,
    /// Energy of all instances in pJ.
    pub energy_pj: f64,
}

/// One storage level.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct LevelAnalysis {
    /// Instances in use.
    pub used: u64,
    /// Children of an instance in use.
    pub children: u64,
    /// Accesses of each kind of data.
    pub traffic: [Traffic; DATA],
    /// Words read in a cycle of computing, per instance.
    pub read_rate: f64,
    /// Words written in a cycle of computing, per instance.
    pub write_rate: f64,
    /// Share of the cycles in which the level's bandwidth lets the multipliers run.
    pub slowdown: f64,
    /// Cycles that the level needs.
    pub cycles: u64,
    /// Energy of all its instances in pJ.
    pub energy_pj: f64,
}

/// What an evaluation finds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Analysis {
    pub(super) levels: [LevelAnalysis; MOST_LEVELS],
    pub(super) count: usize,
    /// Multiply-accumulates.
    pub macs: u64,
    /// Multipliers in use.
    pub multipliers: u64,
    /// Cycles if every level keeps up.
    pub compute_cycles: u64,
    /// Cycles: those of the slowest level.
    pub cycles: u64,
    /// Energy of everything in pJ.
    pub energy_pj: f64,
    /// Energy of the multiplications in pJ.
    pub mac_energy_pj: f64,
    /// Multiply-accumulates over cycles and multipliers built.
    pub utilization: f64,
}

impl Analysis {
    /// The storage levels, outermost first.
    #[must_use]
    pub fn levels(&self) -> &[LevelAnalysis] {
        &self.levels[..self.count]
    }

    /// Accesses of one kind of data at a level.
    #[must_use]
    pub fn traffic(&self, level: usize, data: Data) -> &Traffic {
        &self.levels[level].traffic[data as usize]
    }

    /// Energy-delay product in pJ·cycles.
    #[must_use]
    pub fn energy_delay(&self) -> f64 {
        self.energy_pj * self.cycles as f64
    }

    /// The level that bounds the cycles; none if the multipliers do.
    #[must_use]
    pub fn bound(&self) -> Option<usize> {
        let slowest = (0..self.count).max_by_key(|level| (self.levels[*level].cycles, usize::MAX - level))?;
        (self.levels[slowest].cycles > self.compute_cycles).then_some(slowest)
    }
}
