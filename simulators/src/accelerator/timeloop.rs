//! Recorded runs of Timeloop: the accelerator, layer and mapping of one row of a table.

use serde_json::Value as Json;

use crate::layer::{DIMS, Dim, Kind, Layer};

use super::architecture::{Architecture, Level, Mac};
use super::error::AcceleratorError;
use super::mapping::{Loops, Mapping};
use super::problem::{DATA, Data, Problem};

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

type Result<T> = std::result::Result<T, AcceleratorError>;

/// Reads a run from its columns.
///
/// # Errors
/// A cell that is not what it should be, by column.
pub fn run<'a>(get: impl Fn(&str) -> &'a str) -> Result<Run> {
    let problem = Problem::new(&layer(&get)?)?;
    let architecture = architecture(&get)?;
    let mapping = mapping(&parsed("mapping_json", get("mapping_json"))?, &architecture)?;
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

fn architecture<'a>(get: &impl Fn(&str) -> &'a str) -> Result<Architecture> {
    let cells = ["arch_json", "ert_pJ_json", "art_um2_json"].map(|column| parsed(column, get(column)));
    let [design, energies, areas] = cells;
    let (design, energies, areas) = (design?, energies?, areas?);
    let family = match design["family"].as_str() {
        Some("eyeriss") => EYERISS,
        Some("simple3") => SIMPLE,
        _ => {
            let problem = format!("family {}; allowed: eyeriss, simple3", design["family"]);
            return Err(AcceleratorError::description("arch_json", problem));
        }
    };
    let whole = |key: &str| {
        let number = design[key].as_u64().and_then(|n| u32::try_from(n).ok());
        let problem = || format!("`{key}` is {}; allowed: a whole number", design[key]);
        number.ok_or_else(|| AcceleratorError::description("arch_json", problem()))
    };
    let (px, py) = (whole("px")?, whole("py")?);
    let mesh = |spread| match spread {
        Spread::One => (1, 1),
        Spread::Row => (px, px),
        Spread::Mesh => (px.saturating_mul(py), px),
    };
    let energy = |name: &str, place: usize| {
        let problem = || format!("no energy of `{name}`");
        energies[name][place].as_f64().ok_or_else(|| AcceleratorError::description("ert_pJ_json", problem()))
    };
    let area = |name: &str| {
        let problem = || format!("no area of `{name}`");
        areas[name].as_f64().ok_or_else(|| AcceleratorError::description("art_um2_json", problem()))
    };
    let mut levels = Vec::new();
    for part in family {
        let (instances, mesh_x) = mesh(part.spread);
        let block = match part.block {
            "" => 1,
            "dram" => DRAM_BLOCK,
            key => whole(key)?,
        };
        let words = match part.depth {
            "" => None,
            "dummy" => Some(DUMMY_WORDS),
            key => Some(u64::from(whole(key)?) * u64::from(block)),
        };
        let bandwidth = design[part.bandwidth].as_f64();
        levels.push(Level {
            name: part.name.to_owned(),
            words,
            word_bits: whole("word_bits")?,
            block,
            instances,
            mesh_x,
            read_bandwidth: bandwidth,
            write_bandwidth: bandwidth,
            read_energy_pj: energy(part.name, 0)?,
            write_energy_pj: energy(part.name, 1)?,
            area_um2: area(part.name)?,
        });
    }
    let (instances, mesh_x) = mesh(Spread::Mesh);
    let mac = Mac { instances, mesh_x, energy_pj: energy("mac", 0)?, area_um2: area("mac")? };
    Ok(Architecture::new(levels, mac)?.with_links(get("link_transfers_enabled") == "1"))
}

fn mapping(slots: &Json, architecture: &Architecture) -> Result<Mapping> {
    let refuse = |problem: String| AcceleratorError::description("mapping_json", problem);
    let mut mapping = Mapping { keep: Default::default(), ..Mapping::default() };
    let place = |name: &str| {
        let found = architecture.levels().iter().position(|level| level.name == name);
        found.ok_or_else(|| refuse(format!("no level `{name}`")))
    };
    for slot in slots.as_array().ok_or_else(|| refuse("no list of slots".to_owned()))? {
        if let Some(keep) = slot["keep"].as_object() {
            for (name, kept) in keep {
                mapping.keep[place(name)?] = kept_data(kept).map_err(&refuse)?;
            }
            continue;
        }
        let level = place(slot["target"].as_str().unwrap_or_default())?;
        let loops = loops(slot).map_err(&refuse)?;
        match slot["type"].as_str() {
            Some("temporal") => mapping.temporal[level] = loops,
            Some("spatial") => {
                mapping.spatial[level] = loops;
                mapping.split[level] = slot["split"].as_u64().unwrap_or(0).min(255) as u8;
            }
            _ => return Err(refuse(format!("type {}; allowed: temporal, spatial", slot["type"]))),
        }
    }
    Ok(mapping)
}

fn kept_data(kept: &Json) -> std::result::Result<[bool; DATA], String> {
    let mut keep = [false; DATA];
    for name in kept.as_array().into_iter().flatten() {
        let data = name.as_str().and_then(Data::of);
        keep[data.ok_or_else(|| format!("keeps {name}; allowed: Weights, Inputs, Outputs"))? as usize] = true;
    }
    Ok(keep)
}

/// Loops of a slot. Dimensions that it does not name come last, with one iteration.
fn loops(slot: &Json) -> std::result::Result<Loops, String> {
    let mut loops = Loops::default();
    for (name, factor) in slot["factors"].as_object().into_iter().flatten() {
        let dim = Dim::of(name).ok_or_else(|| format!("no dimension `{name}`"))?;
        let number = factor.as_u64().and_then(|n| u32::try_from(n).ok());
        loops.factors[dim as usize] = number.ok_or_else(|| format!("factor {factor} of {name}"))?;
    }
    let letters = slot["perm_inner_to_outer"].as_str().unwrap_or_default();
    loops.order = order(letters)?;
    Ok(loops)
}

/// An order from its letters, innermost first; dimensions without a letter come last.
pub(crate) fn order(letters: &str) -> std::result::Result<[Dim; DIMS], String> {
    let mut order = Vec::with_capacity(DIMS);
    for letter in letters.chars() {
        let dim = Dim::of(letter.encode_utf8(&mut [0; 4])).filter(|dim| !order.contains(dim));
        order.push(dim.ok_or_else(|| format!("order `{letters}`; allowed: letters of NMCPQRS, each once"))?);
    }
    order.extend(Dim::ALL.into_iter().filter(|dim| !letters.contains(dim.name())));
    order.try_into().map_err(|_| format!("order `{letters}`; allowed: letters of NMCPQRS, each once"))
}
