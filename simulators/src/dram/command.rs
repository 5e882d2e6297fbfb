//! DRAM commands, named as in the JEDEC command truth tables.

use serde::{Deserialize, Serialize};

/// A command on the command bus of one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Command {
    /// Activate: open a row of a bank.
    Act,
    /// Read one burst.
    Rd,
    /// Read one burst, then precharge the bank automatically.
    Rda,
    /// Write one burst.
    Wr,
    /// Write one burst, then precharge the bank automatically.
    Wra,
    /// Precharge one bank.
    Pre,
    /// Precharge all banks of the rank.
    Prea,
    /// Refresh all banks of the rank.
    Refa,
    /// Refresh one bank.
    Refb,
    /// Enter active power-down.
    Pdea,
    /// Enter precharge power-down.
    Pdep,
    /// Leave active power-down.
    Pdxa,
    /// Leave precharge power-down.
    Pdxp,
    /// Enter self refresh.
    Srefen,
    /// Leave self refresh.
    Srefex,
}

/// Number of different commands.
pub const COMMANDS: usize = 15;

impl Command {
    /// Every command, in the order of the enum.
    pub const ALL: [Command; COMMANDS] = [
        Command::Act,
        Command::Rd,
        Command::Rda,
        Command::Wr,
        Command::Wra,
        Command::Pre,
        Command::Prea,
        Command::Refa,
        Command::Refb,
        Command::Pdea,
        Command::Pdep,
        Command::Pdxa,
        Command::Pdxp,
        Command::Srefen,
        Command::Srefex,
    ];

    /// Position in [`Command::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Upper-case name, for example `RDA`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        const NAMES: [&str; COMMANDS] = [
            "ACT", "RD", "RDA", "WR", "WRA", "PRE", "PREA", "REFA", "REFB", "PDEA", "PDEP", "PDXA", "PDXP",
            "SREFEN", "SREFEX",
        ];
        NAMES[self as usize]
    }

    /// The command of that upper-case name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Command> {
        Command::ALL.into_iter().find(|command| command.name() == name)
    }

    /// True for the commands that move data (the column commands).
    #[must_use]
    pub const fn is_column(self) -> bool {
        matches!(self, Command::Rd | Command::Rda | Command::Wr | Command::Wra)
    }

    /// True for RD and RDA.
    #[must_use]
    pub const fn is_read(self) -> bool {
        matches!(self, Command::Rd | Command::Rda)
    }

    /// True for the commands that act on one bank; the others act on the whole rank.
    #[must_use]
    pub const fn is_bank(self) -> bool {
        matches!(self, Command::Act | Command::Pre | Command::Refb) || self.is_column()
    }
}

impl std::fmt::Display for Command {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}
