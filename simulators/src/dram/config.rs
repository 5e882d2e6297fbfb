//! The configuration of a memory system and its controller.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::device::{Device, DeviceId};
use super::error::DramError;
use super::geometry::Geometry;
use super::mapping::{AddressMapping, MappingChoice};

/// A complete design: memory system and controller.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The memory behind the controller.
    pub system: System,
    /// The controller's policies.
    pub controller: Controller,
}

/// Device, channels, ranks and address mapping. A trace is decoded once for a system.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct System {
    /// The memory device, by name.
    #[schemars(with = "String")]
    pub device: DeviceId,
    /// Independent channels, a power of two from 1 to 16.
    pub channels: u32,
    /// Ranks of each channel, a power of two from 1 to 8 (pseudo channels for HBM2); 0 takes the device's own.
    pub ranks: u32,
    /// How a byte address selects channel, rank, bank, row and column.
    pub mapping: MappingChoice,
}

impl Default for System {
    fn default() -> System {
        System { device: DeviceId::default(), channels: 1, ranks: 0, mapping: MappingChoice::default() }
    }
}

/// The controller's policies: ArchGym's ten parameters, command multiplexer and power-down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Controller {
    /// When a row is closed.
    pub page_policy: PagePolicy,
    /// Which request of a bank comes next.
    pub scheduler: Scheduler,
    /// How the request buffer is shared.
    pub scheduler_buffer: SchedulerBuffer,
    /// Requests per buffer, 1 to 4096.
    #[schemars(range(min = 1, max = MAX_REQUEST_BUFFER_SIZE))]
    pub request_buffer_size: u32,
    /// Order of the responses.
    pub resp_queue: RespQueue,
    /// How refresh is scheduled.
    pub refresh_policy: RefreshPolicy,
    /// Refreshes that may be postponed, 0 to 64 (JEDEC DDR3: at most 8).
    #[schemars(range(min = 0, max = MAX_REFRESH_FLEXIBILITY))]
    pub refresh_max_postponed: u32,
    /// Refreshes that may be pulled in, 0 to 64 (JEDEC DDR3: at most 8).
    #[schemars(range(min = 0, max = MAX_REFRESH_FLEXIBILITY))]
    pub refresh_max_pulledin: u32,
    /// How requests and responses pass between the requester and the controller.
    pub arbiter: Arbiter,
    /// Requests in flight under the fifo and reorder arbiters, 1 to 65536.
    #[schemars(range(min = 1, max = MAX_ACTIVE_TRANSACTIONS))]
    pub max_active_transactions: u32,
    /// Which bank's command goes first.
    pub cmd_mux: CmdMux,
    /// Use of the power-down modes.
    pub power_down_policy: PowerDownPolicy,
}

impl Default for Controller {
    /// Open page, FR-FCFS, eight entries per bank, all-bank refresh: the reference simulator's defaults.
    fn default() -> Controller {
        Controller {
            page_policy: PagePolicy::Open,
            scheduler: Scheduler::FrFcfs,
            scheduler_buffer: SchedulerBuffer::Bankwise,
            request_buffer_size: 8,
            resp_queue: RespQueue::Fifo,
            refresh_policy: RefreshPolicy::AllBank,
            refresh_max_postponed: 8,
            refresh_max_pulledin: 8,
            arbiter: Arbiter::Simple,
            max_active_transactions: 128,
            cmd_mux: CmdMux::Oldest,
            power_down_policy: PowerDownPolicy::None,
        }
    }
}

/// Declares a closed choice with its kebab-case names, so that names are written once.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        pub enum $name { $($(#[$variant_doc])* #[serde(rename = $text)] $variant),+ }

        impl $name {
            /// Every choice, in the order of the enum.
            pub const ALL: &[$name] = &[$($name::$variant),+];

            /// The name used in configurations.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }

            /// The choice of that name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<$name> {
                match name { $($text => Some($name::$variant),)+ _ => None }
            }
        }
    };
}

choice! {
    /// When a row is closed.
    PagePolicy {
        /// Keep rows open until another row of the bank is needed.
        Open = "open",
        /// As open, but close with the access when other requests wait and none hits the row.
        OpenAdaptive = "open-adaptive",
        /// Close with every access.
        Closed = "closed",
        /// As closed, but keep the row open while a further request hits it.
        ClosedAdaptive = "closed-adaptive",
    }
}

choice! {
    /// Which request of a bank comes next.
    Scheduler {
        /// The oldest.
        Fifo = "fifo",
        /// Row hits first, preferring the direction (read or write) of the last access.
        FrFcfsGrp = "fr-fcfs-grp",
        /// Row hits first, then the oldest.
        FrFcfs = "fr-fcfs",
    }
}

choice! {
    /// How the request buffer is shared.
    SchedulerBuffer {
        /// One buffer per bank; space is tested on the bank of the last stored request.
        Bankwise = "bankwise",
        /// One buffer for reads and one for writes; both must have space.
        ReadWrite = "read-write",
        /// One buffer for all.
        Shared = "shared",
    }
}

choice! {
    /// Order of the responses.
    RespQueue {
        /// In the order of the column commands.
        Fifo = "fifo",
        /// In the order of the requests.
        Reorder = "reorder",
    }
}

choice! {
    /// How refresh is scheduled.
    RefreshPolicy {
        /// Never refresh (an upper bound, no real memory).
        None = "none",
        /// Refresh all banks of a rank at once.
        AllBank = "all-bank",
        /// Refresh one bank at a time (LPDDR4, HBM2).
        PerBank = "per-bank",
    }
}

choice! {
    /// How requests and responses pass between the requester and the controller.
    Arbiter {
        /// One request at a time; back-pressure reaches the requester.
        Simple = "simple",
        /// Up to `max_active_transactions` in flight, responses in order of arrival.
        Fifo = "fifo",
        /// As fifo, responses in order of the requests.
        Reorder = "reorder",
    }
}

choice! {
    /// Which bank's command goes first.
    CmdMux {
        /// The one that can end first, then the oldest.
        Oldest = "oldest",
        /// As oldest, but column commands strictly in request order; needs the fifo scheduler.
        Strict = "strict",
    }
}

choice! {
    /// Use of the power-down modes.
    PowerDownPolicy {
        /// Never power down.
        None = "none",
        /// Power down when the rank runs out of requests; self refresh when a refresh ends the power-down.
        Staggered = "staggered",
    }
}

/// Largest request buffer.
pub const MAX_REQUEST_BUFFER_SIZE: u32 = 4096;
/// Largest number of transactions in flight.
pub const MAX_ACTIVE_TRANSACTIONS: u32 = 65536;
/// Largest number of refreshes postponed or pulled in.
pub const MAX_REFRESH_FLEXIBILITY: u32 = 64;

impl System {
    /// The device.
    #[must_use]
    pub fn device(&self) -> &'static Device {
        self.device.device()
    }

    /// The numbering of one channel's banks.
    #[must_use]
    pub fn geometry(&self) -> Geometry {
        let ranks = if self.ranks == 0 { self.device().organization.ranks } else { self.ranks };
        Geometry::new(self.device(), ranks as usize)
    }

    /// The address mapping, resolved for this system.
    ///
    /// # Errors
    /// Counts outside their ranges, and mappings that do not fit the device.
    pub fn resolve_mapping(&self) -> Result<AddressMapping, DramError> {
        power_of_two("channels", self.channels, 1, 16)?;
        power_of_two("ranks", self.ranks, 0, 8)?;
        self.mapping.resolve(self)
    }
}

impl Config {
    /// Check ranges and combinations.
    ///
    /// # Errors
    /// [`DramError::OutOfRange`], [`DramError::Impossible`] or [`DramError::Mapping`].
    pub fn validate(&self) -> Result<(), DramError> {
        let controller = &self.controller;
        self.system.resolve_mapping()?;
        within("request_buffer_size", controller.request_buffer_size, 1, MAX_REQUEST_BUFFER_SIZE)?;
        within("max_active_transactions", controller.max_active_transactions, 1, MAX_ACTIVE_TRANSACTIONS)?;
        within("refresh_max_postponed", controller.refresh_max_postponed, 0, MAX_REFRESH_FLEXIBILITY)?;
        within("refresh_max_pulledin", controller.refresh_max_pulledin, 0, MAX_REFRESH_FLEXIBILITY)?;
        self.validate_combinations()
    }

    fn validate_combinations(&self) -> Result<(), DramError> {
        let (controller, device) = (&self.controller, self.system.device());
        if controller.refresh_policy == RefreshPolicy::PerBank && !device.per_bank_refresh {
            return Err(DramError::Impossible {
                first: "refresh_policy: per-bank".to_owned(),
                second: format!("device: {}", device.name),
                reason: "its standard has no per-bank refresh; choose none or all-bank",
            });
        }
        if controller.cmd_mux == CmdMux::Strict && controller.scheduler != Scheduler::Fifo {
            return Err(DramError::Impossible {
                first: "cmd_mux: strict".to_owned(),
                second: format!("scheduler: {}", controller.scheduler.name()),
                reason: "a reordering scheduler offers requests the strict multiplexer never passes; \
                         choose scheduler fifo or cmd_mux oldest",
            });
        }
        Ok(())
    }
}

fn within(parameter: &'static str, value: u32, low: u32, high: u32) -> Result<(), DramError> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(DramError::out_of_range(parameter, value, format_args!("{low} to {high}")))
}

fn power_of_two(parameter: &'static str, value: u32, low: u32, high: u32) -> Result<(), DramError> {
    if (low..=high).contains(&value) && (value == 0 || value.is_power_of_two()) {
        return Ok(());
    }
    Err(DramError::out_of_range(
        parameter,
        value,
        format_args!("a power of two from {} to {high}", low.max(1)),
    ))
}
