//! Timeloop's formats: problems, mappings, and the recorded runs of a table.

mod recorded;

use serde_json::Value as Json;

use crate::layer::{DIMS, Dim, Kind, Layer};

use super::architecture::Architecture;
use super::error::AcceleratorError;
use super::mapping::{Loops, Mapping};
use super::problem::{DATA, Data};

pub use recorded::{COLUMNS, Run, run};

type Result<T> = std::result::Result<T, AcceleratorError>;

/// A mapping in Timeloop's words: a list of slots for loops over time and space, and what levels keep.
///
/// Each slot names its `target` and `type`: `temporal` and `spatial` slots have `factors` (`{"C": 4}` or `C=4 M=2`) and
/// a `permutation`, innermost first; `spatial` ones a `split`, the number of dimensions along X; `datatype` or `bypass`
/// slots `keep` or `bypass` lists of data. A factor of 0 stands for what is left of the dimension. Levels that are not
/// named have no loops and keep everything.
///
/// # Errors
/// What cannot be read, with what is allowed.
pub fn mapping(slots: &Json, layer: &Layer, architecture: &Architecture) -> Result<Mapping> {
    let refuse = |problem: String| AcceleratorError::description("mapping", problem);
    let mut mapping = Mapping::default();
    for slot in slots.as_array().ok_or_else(|| refuse("no list of slots".to_owned()))? {
        if let Some(keep) = slot["keep"].as_object() {
            mapping.keep = Default::default();
            for (name, kept) in keep {
                mapping.keep[place(architecture, name)?] = data(kept).map_err(&refuse)?;
            }
            continue;
        }
        let level = place(architecture, slot["target"].as_str().unwrap_or_default())?;
        match slot["type"].as_str() {
            Some("temporal") => mapping.temporal[level] = loops(slot).map_err(&refuse)?,
            Some("spatial") => {
                mapping.spatial[level] = loops(slot).map_err(&refuse)?;
                mapping.split[level] = slot["split"].as_u64().unwrap_or(0).min(255) as u8;
            }
            Some("datatype" | "bypass") => {
                let (kept, passed) =
                    (data(&slot["keep"]).map_err(&refuse)?, data(&slot["bypass"]).map_err(&refuse)?);
                for place in 0..DATA {
                    let keep = &mut mapping.keep[level][place];
                    *keep = (*keep || kept[place]) && !passed[place];
                }
            }
            _ => {
                let allowed = "temporal, spatial, datatype, bypass";
                return Err(refuse(format!("type {}; allowed: {allowed}", slot["type"])));
            }
        }
    }
    rest(&mut mapping, layer);
    Ok(mapping)
}

fn place(architecture: &Architecture, name: &str) -> Result<usize> {
    let found = architecture.levels().iter().position(|level| level.name == name);
    found.ok_or_else(|| {
        let names: Vec<&str> = architecture.levels().iter().map(|level| level.name.as_str()).collect();
        AcceleratorError::description("mapping", format!("no level `{name}`; levels: {}", names.join(", ")))
    })
}

/// Replaces factors of 0 by what the other factors leave of the dimension.
fn rest(mapping: &mut Mapping, layer: &Layer) {
    for dim in Dim::ALL {
        let all = || mapping.temporal.iter().chain(&mapping.spatial).map(|loops| loops.factors[dim as usize]);
        let others = all().filter(|factor| *factor > 0).fold(1u32, u32::saturating_mul);
        let left = layer.extent(dim) / others;
        let mut open = mapping.temporal.iter_mut().chain(&mut mapping.spatial);
        if let Some(loops) = open.find(|loops| loops.factors[dim as usize] == 0) {
            loops.factors[dim as usize] = left;
        }
    }
}

/// A mapping as [`mapping`] reads it.
#[must_use]
pub fn slots(mapping: &Mapping, architecture: &Architecture) -> Json {
    let factors = |loops: &Loops| {
        let named: Vec<String> =
            Dim::ALL.iter().map(|dim| format!("{}={}", dim.name(), loops.factors[*dim as usize])).collect();
        named.join(" ")
    };
    let order = |loops: &Loops| loops.order.iter().map(|dim| dim.name()).collect::<String>();
    let mut slots = Vec::new();
    for (place, level) in architecture.levels().iter().enumerate() {
        let (temporal, spatial) = (&mapping.temporal[place], &mapping.spatial[place]);
        let list = |kept: bool| -> Vec<&str> {
            Data::ALL.into_iter().filter(|data| mapping.keeps(place, *data) == kept).map(Data::name).collect()
        };
        slots.push(serde_json::json!({
            "target": level.name, "type": "temporal", "factors": factors(temporal), "permutation": order(temporal),
        }));
        if architecture.fanout(place) != [1, 1] {
            slots.push(serde_json::json!({
                "target": level.name, "type": "spatial", "factors": factors(spatial), "permutation": order(spatial),
                "split": mapping.split[place],
            }));
        }
        slots.push(serde_json::json!({
            "target": level.name, "type": "datatype", "keep": list(true), "bypass": list(false),
        }));
    }
    Json::Array(slots)
}

/// The layer of a Timeloop problem: `problem` with a convolution's `shape` and its sizes, in an `instance` or beside it.
///
/// # Errors
/// What cannot be read, with what is allowed.
pub fn problem(document: &Json) -> Result<Layer> {
    let refuse = |problem: String| AcceleratorError::description("problem", problem);
    let problem = &document["problem"];
    let fields = problem.as_object().ok_or_else(|| refuse("no `problem`".to_owned()))?;
    let sizes = match &problem["instance"] {
        Json::Null => fields,
        instance => instance.as_object().ok_or_else(|| refuse("`instance` is no table".to_owned()))?,
    };
    let dimensions = &problem["shape"]["dimensions"];
    let named = |dim: &str| dimensions.as_array().is_none_or(|all| all.iter().any(|name| name == dim));
    if let Some(unknown) = dimensions
        .as_array()
        .into_iter()
        .flatten()
        .find(|name| name.as_str().is_none_or(|name| Dim::of(name).is_none()))
    {
        return Err(refuse(format!(
            "dimension {unknown}; allowed: N, M or K, C, P, Q, R, S of a convolution"
        )));
    }
    let kind = if named("M") || named("K") { Kind::Dense } else { Kind::Depthwise };
    let mut layer = Layer { kind, ..Layer::gemm(1, 1, 1) };
    for (name, value) in sizes {
        let slot = match name.as_str() {
            "shape" | "version" | "name" | "densities" => continue,
            "Wstride" => &mut layer.strides[0],
            "Hstride" => &mut layer.strides[1],
            "Wdilation" => &mut layer.dilations[0],
            "Hdilation" => &mut layer.dilations[1],
            other => match Dim::of(other) {
                Some(dim) => &mut layer.extents[dim as usize],
                None => {
                    return Err(refuse(format!(
                        "unknown size `{other}`; allowed: N M C P Q R S, strides, dilations"
                    )));
                }
            },
        };
        let number = value.as_u64().and_then(|n| u32::try_from(n).ok());
        *slot = number.ok_or_else(|| refuse(format!("{name}: {value} is not a whole number")))?;
    }
    Ok(layer.checked()?)
}

fn data(kept: &Json) -> std::result::Result<[bool; DATA], String> {
    let mut keep = [false; DATA];
    for name in kept.as_array().into_iter().flatten() {
        let data = name.as_str().and_then(Data::of);
        keep[data.ok_or_else(|| format!("data {name}; allowed: Weights, Inputs, Outputs"))? as usize] = true;
    }
    Ok(keep)
}

/// Loops of a slot. Dimensions that it does not name come last, with one iteration.
fn loops(slot: &Json) -> std::result::Result<Loops, String> {
    let mut loops = Loops::default();
    let factor = |name: &str, factor: Option<u32>, shown: &dyn std::fmt::Display| {
        let dim =
            Dim::of(name).ok_or_else(|| format!("factors: no dimension `{name}`; allowed: N M C P Q R S"))?;
        Ok::<_, String>((
            dim,
            factor.ok_or_else(|| format!("factor {shown} of {name}; allowed: a whole number"))?,
        ))
    };
    for (name, value) in slot["factors"].as_object().into_iter().flatten() {
        let (dim, factor) = factor(name, value.as_u64().and_then(|n| u32::try_from(n).ok()), value)?;
        loops.factors[dim as usize] = factor;
    }
    for word in
        slot["factors"].as_str().into_iter().flat_map(|text| text.split([' ', ',']).filter(|w| !w.is_empty()))
    {
        let cut = word.char_indices().nth(1).map_or(word.len(), |(at, _)| at);
        let (name, value) = word.split_at(cut);
        let value = value.trim_start_matches('=');
        let (dim, factor) = factor(name, value.parse().ok(), &value)?;
        loops.factors[dim as usize] = factor;
    }
    let letters = slot["permutation"].as_str().or(slot["perm_inner_to_outer"].as_str()).unwrap_or_default();
    loops.order = order(letters)?;
    Ok(loops)
}

/// An order from its letters, innermost first; dimensions without a letter come last.
fn order(letters: &str) -> std::result::Result<[Dim; DIMS], String> {
    let mut order = Vec::with_capacity(DIMS);
    for letter in letters.chars() {
        let dim = Dim::of(letter.encode_utf8(&mut [0; 4])).filter(|dim| !order.contains(dim));
        order.push(dim.ok_or_else(|| format!("order `{letters}`; allowed: letters of NMCPQRS, each once"))?);
    }
    order.extend(Dim::ALL.into_iter().filter(|dim| !letters.contains(dim.name())));
    order.try_into().map_err(|_| format!("order `{letters}`; allowed: letters of NMCPQRS, each once"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accelerator::eyeriss::Eyeriss;
    use crate::accelerator::mapper::{Rules, Search, search};
    use crate::accelerator::{Problem, Scratch, eyeriss};
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_mapping_survives_being_written_and_read() {
        let architecture = Eyeriss::default().architecture().unwrap();
        let problem = Problem::new(&Layer::conv(64, 32, 28, 3)).unwrap();
        let rules: Rules = eyeriss::rules();
        let found =
            search(&architecture, &problem, &rules, &Search::default(), &mut Scratch::default()).unwrap();
        let written = slots(&found.mapping, &architecture);
        let read = mapping(&written, problem.layer(), &architecture).unwrap();
        assert_eq!(slots(&read, &architecture), written);
        let mut scratch = Scratch::default();
        let analysis = crate::accelerator::evaluate(&architecture, &problem, &read, &mut scratch).unwrap();
        assert_eq!((analysis.cycles, analysis.energy_pj), (found.cycles, found.energy_pj));
    }

    #[test]
    fn a_factor_of_0_is_what_is_left() {
        let architecture = Eyeriss::default().architecture().unwrap();
        let slots = json!([
            {"target": "DRAM", "type": "temporal", "factors": "M=0 C0", "permutation": "MC"},
            {"target": "psum_spad", "type": "temporal", "factors": {"M": 4}, "permutation": "M"},
        ]);
        let mapping = mapping(&slots, &Layer::gemm(1, 6, 64), &architecture).unwrap();
        assert_eq!(mapping.temporal[0].factors[1..3], [16, 6]);
    }

    #[test]
    fn problems_are_read_with_instance_or_without() {
        let sizes =
            json!({"C": 3, "M": 96, "R": 11, "S": 11, "P": 55, "Q": 55, "N": 1, "Wstride": 4, "Hstride": 4});
        let mut flat = sizes.clone();
        flat["shape"] = json!("cnn-layer");
        let dimensions = json!(["C", "M", "R", "S", "N", "P", "Q"]);
        for document in [
            json!({"problem": flat}),
            json!({"problem": {"shape": {"dimensions": dimensions}, "instance": sizes}}),
        ] {
            assert_eq!(problem(&document).unwrap(), Layer::conv(96, 3, 55, 11).stride(4));
        }
        let depthwise =
            json!({"problem": {"shape": {"dimensions": ["C", "P"]}, "instance": {"C": 8, "P": 4}}});
        assert_eq!(problem(&depthwise).unwrap().kind, Kind::Depthwise);
        for (document, expected) in [
            (json!({}), "no `problem`"),
            (json!({"problem": {"C": 0}}), "`C` is 0; allowed: 1 or more"),
            (json!({"problem": {"C": 1.5}}), "C: 1.5 is not a whole number"),
            (json!({"problem": {"Z": 1}}), "unknown size `Z`"),
            (json!({"problem": {"shape": {"dimensions": ["T"]}}}), "dimension \"T\""),
        ] {
            assert!(problem(&document).unwrap_err().to_string().contains(expected), "{expected}");
        }
    }

    proptest! {
        #[test]
        fn no_mapping_panics_whatever_it_says(
            factors in proptest::collection::vec((0usize..9, 0u64..1 << 33), 0..12),
            letters in "[NMCPQRSX]{0,8}",
            level in 0usize..6,
            split in 0u64..300,
            kind in 0usize..3,
        ) {
            let architecture = Eyeriss::default().architecture().unwrap();
            let layer = Layer::conv(64, 32, 28, 3);
            let text: Vec<String> =
                factors.iter().map(|(d, n)| format!("{}={n}", ["N", "M", "C", "P", "Q", "R", "S", "X", "é"][*d])).collect();
            let (name, kind) = (&architecture.levels()[level].name, ["temporal", "spatial", "bypass"][kind]);
            let slots = json!([
                {"target": name, "type": kind, "factors": text.join(" "),
                 "permutation": letters, "split": split},
            ]);
            if let Ok(mapping) = mapping(&slots, &layer, &architecture) {
                let problem = Problem::new(&layer).unwrap();
                let _ = crate::accelerator::evaluate(&architecture, &problem, &mapping, &mut Scratch::default());
            }
        }
    }
}
