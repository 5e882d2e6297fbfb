//! Devices by name: the only place that knows which of burn's backends this build has.
//!
//! burn calls its LibTorch backend deprecated. Should it go, what goes here is two rows and a cargo feature.

use burn::tensor::Device;

use crate::error::Error;

/// Opens a device, if the machine has it.
type Open = fn() -> Result<Device, Error>;

/// Something that computes.
#[derive(Debug, Clone, Copy)]
pub struct DeviceEntry {
    /// kebab-case name, used on the command line and in tables.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// The cargo feature that brings it; `None` if it is always there.
    pub feature: Option<&'static str>,
    open: Option<Open>,
}

/// Every device, the default first.
#[rustfmt::skip] // one row a line
pub static DEVICES: &[DeviceEntry] = &[
    DeviceEntry { name: "cpu", summary: "the processor, in Rust alone", feature: None, open: Some(|| Ok(Device::flex())) },
    DeviceEntry { name: "libtorch", summary: "the processor, by LibTorch", feature: Some("tch"), open: torch::PROCESSOR },
    DeviceEntry { name: "libtorch-cuda", summary: "the first GPU, by a LibTorch with CUDA", feature: Some("tch"), open: torch::CUDA },
];

impl DeviceEntry {
    /// Whether this build has it.
    pub fn is_built_in(&self) -> bool {
        self.open.is_some()
    }

    /// The device of this name.
    ///
    /// # Errors
    /// For a name that is none, a device that this build leaves out, and one that the machine does not have.
    pub(crate) fn open(name: &str) -> Result<(&'static Self, Device), Error> {
        let Some(entry) = DEVICES.iter().find(|entry| entry.name == name) else {
            let names: Vec<&str> = DEVICES.iter().map(|entry| entry.name).collect();
            return Err(Error::device(
                name,
                format!("there is none of this name (there are {})", names.join(", ")),
            ));
        };
        let Some(open) = entry.open else {
            let feature = entry.feature.unwrap_or_default();
            let problem =
                format!("not in this program: build it with `--features {feature}` (docs/tickets.md)");
            return Err(Error::device(name, problem));
        };
        Ok((entry, open()?))
    }
}

/// LibTorch, one thread an operation: whoever calls has threads of its own, and nobody promises sums of one order on any
/// number of LibTorch's.
#[cfg(feature = "tch")]
#[expect(deprecated, reason = "burn means to drop its LibTorch backend; this module is all that uses it")]
mod torch {
    use burn::tensor::{Device, DeviceType};

    use super::{Error, Open};

    pub(super) const PROCESSOR: Option<Open> = Some(|| {
        tch::set_num_threads(1);
        Ok(Device::libtorch())
    });

    pub(super) const CUDA: Option<Open> = Some(|| {
        // It lists GPUs only.
        if Device::enumerate(DeviceType::LibTorch).is_empty() {
            let problem = "LibTorch finds no GPU, or was built without CUDA (docs/tickets.md)";
            return Err(Error::device("libtorch-cuda", problem));
        }
        tch::set_num_threads(1);
        Ok(Device::libtorch_cuda(0))
    });
}

/// LibTorch is not in this build.
#[cfg(not(feature = "tch"))]
mod torch {
    use super::Open;

    pub(super) const PROCESSOR: Option<Open> = None;
    pub(super) const CUDA: Option<Open> = None;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(name: &str) -> String {
        DeviceEntry::open(name).unwrap_err().to_string()
    }

    #[test]
    fn the_default_is_always_there() {
        assert_eq!((DEVICES[0].name, DEVICES[0].feature), ("cpu", None));
        assert!(DeviceEntry::open("cpu").is_ok());
    }

    #[test]
    fn a_name_that_is_none_is_refused_with_those_there_are() {
        assert_eq!(
            message("cdua"),
            "device cdua: there is none of this name (there are cpu, libtorch, libtorch-cuda)"
        );
    }

    #[test]
    fn a_device_is_built_in_with_its_feature() {
        for entry in DEVICES {
            assert_eq!(
                entry.is_built_in(),
                entry.feature.is_none() || cfg!(feature = "tch"),
                "{}",
                entry.name
            );
        }
    }

    #[cfg(not(feature = "tch"))]
    #[test]
    fn a_device_left_out_names_its_feature() {
        let expected = "not in this program: build it with `--features tch` (docs/tickets.md)";
        assert_eq!(message("libtorch"), format!("device libtorch: {expected}"));
    }
}
