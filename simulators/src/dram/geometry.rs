//! Numbering of ranks, bank groups and banks inside one channel.

use super::device::Device;

/// Counts of one channel. Banks are numbered rank first, then bank group, then bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Geometry {
    /// Ranks (pseudo channels for HBM2).
    pub ranks: usize,
    /// Bank groups of a rank, 1 where the standard has none.
    pub groups_per_rank: usize,
    /// Banks of a rank.
    pub banks_per_rank: usize,
}

impl Geometry {
    /// The channel made of `ranks` ranks of `device`.
    #[must_use]
    pub fn new(device: &Device, ranks: usize) -> Geometry {
        let organization = &device.organization;
        Geometry {
            ranks,
            groups_per_rank: organization.bank_groups as usize,
            banks_per_rank: organization.banks as usize,
        }
    }

    /// Banks of the channel.
    #[must_use]
    pub fn banks(&self) -> usize {
        self.ranks * self.banks_per_rank
    }

    /// Bank groups of the channel.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.ranks * self.groups_per_rank
    }

    /// Rank of a bank.
    #[must_use]
    pub fn rank_of(&self, bank: usize) -> usize {
        bank / self.banks_per_rank
    }

    /// Bank group of a bank, numbered over the channel.
    #[must_use]
    pub fn group_of(&self, bank: usize) -> usize {
        bank / (self.banks_per_rank / self.groups_per_rank)
    }

    /// The banks of a rank.
    #[must_use]
    pub fn banks_of(&self, rank: usize) -> std::ops::Range<usize> {
        rank * self.banks_per_rank..(rank + 1) * self.banks_per_rank
    }
}
