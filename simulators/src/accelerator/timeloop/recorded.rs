//! Recorded runs: the accelerator, layer and mapping of one row of a table.

use serde_json::Value as Json;

use super::super::architecture::{Architecture, Level, Mac};
use super::super::error::AcceleratorError;
use super::super::mapping::Mapping;
use super::super::problem::Problem;
use super::{Result, mapping};
use crate::layer::{DIMS, Dim, Kind, Layer};

/// Columns that describe a run.
pub const COLUMNS: [&str; 17] = [
    "kind",
    "N",
    "M",
    "C",
    "P",
    "Q",
    "R",
    "S",
    "Wstride",
    "Hstride",
    "Wdilation",
    "Hdilation",
    "link_transfers_enabled",
    "arch_json",
    "ert_pJ_json",
    "art_um2_json",
    "mapping_json",
];

/// A recorded run, ready to be evaluated.
#[derive(Debug, Clone)]
pub struct Run {
    /// The accelerator.
    pub architecture: Architecture,
    /// The layer.
    pub problem: Problem,
    /// Its mapping.
    pub mapping: Mapping,
}

/// Reads a run from its columns.
///
/// # Errors
/// A cell that is not what it should be, by column.
pub fn run<'a>(get: impl Fn(&str) -> &'a str) -> Result<Run> {
    let problem = Problem::new(&layer(&get)?)?;
    let architecture = architecture(&get)?;
    let slots = parsed("mapping_json", get("mapping_json"))?;
    let mapping = mapping(&slots, problem.layer(), &architecture)?;
    Ok(Run { architecture, problem, mapping })
}

fn layer<'a>(get: &impl Fn(&str) -> &'a str) -> Result<Layer> {
    let number = |column: &str| {
        let text = get(column);
        let problem = || format!("`{text}` is not a whole number from 0 to {}", u32::MAX);
        text.parse::<u32>().map_err(|_| AcceleratorError::description(column, problem()))
    };
    let kind = match get("kind") {
        "dw" => Kind::Depthwise,
        "conv" | "gemm" | "fc" => Kind::Dense,
        other => {
            return Err(AcceleratorError::description(
                "kind",
                format!("`{other}`; allowed: conv, gemm, fc, dw"),
            ));
        }
    };
    let mut extents = [1; DIMS];
    for dim in Dim::ALL {
        extents[dim as usize] = number(dim.name())?;
    }
    let strides = [number("Wstride")?, number("Hstride")?];
    let dilations = [number("Wdilation")?, number("Hdilation")?];
    Ok(Layer { kind, extents, strides, dilations })
}

fn parsed(column: &str, text: &str) -> Result<Json> {
    serde_json::from_str(text).map_err(|error| AcceleratorError::description(column, error))
}

/// A level of a recorded family of accelerators.
struct Part {
    name: &'static str,
    /// Column of the size in `arch_json`, or none for an unlimited or fixed one.
    depth: &'static str,
    block: &'static str,
    bandwidth: &'static str,
    /// Instances: one, a row, or the whole mesh.
    spread: Spread,
}

#[derive(Clone, Copy)]
enum Spread {
    One,
    Row,
    Mesh,
}

const fn part(
    name: &'static str,
    depth: &'static str,
    block: &'static str,
    bandwidth: &'static str,
    spread: Spread,
) -> Part {
    Part { name, depth, block, bandwidth, spread }
}

/// Four words are one access of the recorded DRAM, and a dummy buffer holds sixteen.
const DRAM_BLOCK: u32 = 4;
const DUMMY_WORDS: u64 = 16;

const SIMPLE: &[Part] = &[
    part("DRAM", "", "dram", "dram_bw", Spread::One),
    part("shared_glb", "glb_depth", "glb_block", "glb_bw", Spread::One),
    part("pe_rf", "rf_depth", "", "rf_bw", Spread::Mesh),
];

const EYERISS: &[Part] = &[
    part("DRAM", "", "dram", "dram_bw", Spread::One),
    part("shared_glb", "glb_depth", "glb_block", "glb_bw", Spread::One),
    part("DummyBuffer", "dummy", "", "", Spread::Row),
    part("ifmap_spad", "if_depth", "", "spad_bw", Spread::Mesh),
    part("weights_spad", "w_depth", "", "spad_bw", Spread::Mesh),
    part("psum_spad", "ps_depth", "", "spad_bw", Spread::Mesh),
];

/// The cells that describe an accelerator.
struct Cells {
    design: Json,
    energies: Json,
    areas: Json,
}

impl Cells {
    fn whole(&self, key: &str) -> Result<u32> {
        let value = &self.design[key];
        let number = value.as_u64().and_then(|n| u32::try_from(n).ok());
        let problem = || format!("`{key}` is {value}; allowed: a whole number");
        number.ok_or_else(|| AcceleratorError::description("arch_json", problem()))
    }

    fn energy(&self, name: &str, place: usize) -> Result<f64> {
        let energy = self.energies[name][place].as_f64();
        energy.ok_or_else(|| AcceleratorError::description("ert_pJ_json", format!("no energy of `{name}`")))
    }

    fn area(&self, name: &str) -> Result<f64> {
        let area = self.areas[name].as_f64();
        area.ok_or_else(|| AcceleratorError::description("art_um2_json", format!("no area of `{name}`")))
    }

    /// Instances of a level, and how many stand in a row.
    fn mesh(&self, spread: Spread) -> Result<(u32, u32)> {
        let (px, py) = (self.whole("px")?, self.whole("py")?);
        Ok(match spread {
            Spread::One => (1, 1),
            Spread::Row => (px, px),
            Spread::Mesh => (px.saturating_mul(py), px),
        })
    }

    fn level(&self, part: &Part) -> Result<Level> {
        let (instances, mesh_x) = self.mesh(part.spread)?;
        let block = match part.block {
            "" => 1,
            "dram" => DRAM_BLOCK,
            key => self.whole(key)?,
        };
        let words = match part.depth {
            "" => None,
            "dummy" => Some(DUMMY_WORDS),
            key => Some(u64::from(self.whole(key)?) * u64::from(block)),
        };
        let bandwidth = self.design[part.bandwidth].as_f64();
        Ok(Level {
            name: part.name.to_owned(),
            words,
            word_bits: self.whole("word_bits")?,
            block,
            instances,
            mesh_x,
            read_bandwidth: bandwidth,
            write_bandwidth: bandwidth,
            read_energy_pj: self.energy(part.name, 0)?,
            write_energy_pj: self.energy(part.name, 1)?,
            area_um2: self.area(part.name)?,
        })
    }
}

fn architecture<'a>(get: &impl Fn(&str) -> &'a str) -> Result<Architecture> {
    let cell = |column| parsed(column, get(column));
    let cells =
        Cells { design: cell("arch_json")?, energies: cell("ert_pJ_json")?, areas: cell("art_um2_json")? };
    let family = match cells.design["family"].as_str() {
        Some("eyeriss") => EYERISS,
        Some("simple3") => SIMPLE,
        _ => {
            let problem = format!("family {}; allowed: eyeriss, simple3", cells.design["family"]);
            return Err(AcceleratorError::description("arch_json", problem));
        }
    };
    let levels = family.iter().map(|part| cells.level(part)).collect::<Result<Vec<_>>>()?;
    let (instances, mesh_x) = cells.mesh(Spread::Mesh)?;
    let mac = Mac { instances, mesh_x, energy_pj: cells.energy("mac", 0)?, area_um2: cells.area("mac")? };
    Ok(Architecture::new(levels, mac)?.with_links(get("link_transfers_enabled") == "1"))
}
