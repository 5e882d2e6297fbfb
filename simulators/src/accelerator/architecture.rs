//! The hardware: storage levels from the outermost inwards, then the multipliers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::AcceleratorError;

/// Most storage levels.
pub const MOST_LEVELS: usize = 8;

/// Most instances of a level.
const MOST_INSTANCES: u32 = 1 << 20;

/// A storage level: all its instances are alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// Its name.
    pub name: String,
    /// Words an instance holds; unlimited if none are given.
    #[serde(default)]
    pub words: Option<u64>,
    /// Bits of a word.
    #[serde(default = "sixteen")]
    pub word_bits: u32,
    /// Words moved by one access.
    #[serde(default = "one")]
    pub block: u32,
    /// How many there are.
    #[serde(default = "one")]
    pub instances: u32,
    /// How many of them stand in a row; the rest are further rows.
    #[serde(default = "one")]
    pub mesh_x: u32,
    /// Words an instance can read in a cycle; unlimited if not given.
    #[serde(default)]
    pub read_bandwidth: Option<f64>,
    /// Words an instance can write in a cycle; unlimited if not given.
    #[serde(default)]
    pub write_bandwidth: Option<f64>,
    /// Energy of reading a block, in pJ.
    #[serde(default)]
    pub read_energy_pj: f64,
    /// Energy of writing a block, in pJ.
    #[serde(default)]
    pub write_energy_pj: f64,
    /// Area of an instance in µm².
    #[serde(default)]
    pub area_um2: f64,
}

fn one() -> u32 {
    1
}

fn sixteen() -> u32 {
    16
}

impl Default for Level {
    fn default() -> Self {
        Level {
            name: String::new(),
            words: None,
            word_bits: 16,
            block: 1,
            instances: 1,
            mesh_x: 1,
            read_bandwidth: None,
            write_bandwidth: None,
            read_energy_pj: 0.0,
            write_energy_pj: 0.0,
            area_um2: 0.0,
        }
    }
}

/// The multiply-accumulate units.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mac {
    /// How many there are.
    #[serde(default = "one")]
    pub instances: u32,
    /// How many of them stand in a row.
    #[serde(default = "one")]
    pub mesh_x: u32,
    /// Energy of one multiply-accumulate in pJ.
    #[serde(default)]
    pub energy_pj: f64,
    /// Area of a unit in µm².
    #[serde(default)]
    pub area_um2: f64,
}

/// An accelerator whose levels fit together.
#[derive(Debug, Clone, PartialEq)]
pub struct Architecture {
    levels: Vec<Level>,
    mac: Mac,
    /// Children of an instance of each level, in a row and in a column.
    fanouts: [[u64; 2]; MOST_LEVELS],
    /// Whether a child may take words from its neighbour instead of its parent.
    links: bool,
}

impl Architecture {
    /// An accelerator of these levels, outermost first. Neighbouring children may pass words to each other.
    ///
    /// # Errors
    /// No levels or too many, a number out of range, or instances of a level that do not divide among those of the
    /// next one outwards.
    pub fn new(levels: Vec<Level>, mac: Mac) -> Result<Architecture, AcceleratorError> {
        if !(1..=MOST_LEVELS).contains(&levels.len()) {
            return Err(AcceleratorError::Levels { levels: levels.len(), limit: MOST_LEVELS });
        }
        levels.iter().try_for_each(check)?;
        for (attribute, value) in [("energy_pj", mac.energy_pj), ("area_um2", mac.area_um2)] {
            if !(value.is_finite() && value >= 0.0) {
                return Err(AcceleratorError::out_of_range("mac", attribute, value, "0 or more"));
            }
        }
        check_mesh("mac", mac.instances, mac.mesh_x)?;
        let mut fanouts = [[1; 2]; MOST_LEVELS];
        let inner = levels[1..].iter().map(|level| (level.name.as_str(), level.instances, level.mesh_x));
        for (i, (name, instances, mesh_x)) in inner.chain([("mac", mac.instances, mac.mesh_x)]).enumerate() {
            let parent = &levels[i];
            let mesh = [mesh_x, instances / mesh_x];
            let parent_mesh = [parent.mesh_x, parent.instances / parent.mesh_x];
            for axis in 0..2 {
                if !mesh[axis].is_multiple_of(parent_mesh[axis]) {
                    let attribute = ["mesh_x", "instances / mesh_x"][axis];
                    let allowed = format!("a multiple of {}, that of `{}`", parent_mesh[axis], parent.name);
                    return Err(AcceleratorError::out_of_range(name, attribute, mesh[axis], allowed));
                }
                fanouts[i][axis] = u64::from(mesh[axis] / parent_mesh[axis]);
            }
        }
        Ok(Architecture { levels, mac, fanouts, links: true })
    }

    /// The same accelerator with (or without) links between neighbouring children.
    #[must_use]
    pub fn with_links(mut self, links: bool) -> Architecture {
        self.links = links;
        self
    }

    /// Whether a child may take words from its neighbour instead of its parent.
    #[must_use]
    pub fn links(&self) -> bool {
        self.links
    }

    /// The levels, outermost first.
    #[must_use]
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// The multipliers.
    #[must_use]
    pub fn mac(&self) -> &Mac {
        &self.mac
    }

    /// Children of one instance of a level, in a row and in a column.
    #[must_use]
    pub fn fanout(&self, level: usize) -> [u64; 2] {
        self.fanouts[level]
    }

    /// Area of everything built, used or not, in µm².
    #[must_use]
    pub fn area_um2(&self) -> f64 {
        let levels: f64 = self.levels.iter().map(|level| f64::from(level.instances) * level.area_um2).sum();
        levels + f64::from(self.mac.instances) * self.mac.area_um2
    }
}

fn check(level: &Level) -> Result<(), AcceleratorError> {
    let refuse = |attribute, value: &dyn std::fmt::Display, allowed| {
        Err(AcceleratorError::out_of_range(&level.name, attribute, value, allowed))
    };
    if level.words == Some(0) {
        return refuse("words", &0, "1 or more");
    }
    for (attribute, value) in [("block", level.block), ("word_bits", level.word_bits)] {
        if !(1..=1 << 16).contains(&value) {
            return refuse(attribute, &value, "1 to 65536");
        }
    }
    for (attribute, value) in
        [("read_bandwidth", level.read_bandwidth), ("write_bandwidth", level.write_bandwidth)]
    {
        if let Some(value) = value.filter(|value| !(value.is_finite() && *value > 0.0)) {
            return refuse(attribute, &value, "a number above 0");
        }
    }
    for (attribute, value) in [
        ("read_energy_pj", level.read_energy_pj),
        ("write_energy_pj", level.write_energy_pj),
        ("area_um2", level.area_um2),
    ] {
        if !(value.is_finite() && (0.0..=1e15).contains(&value)) {
            return refuse(attribute, &value, "0 to 1e15");
        }
    }
    check_mesh(&level.name, level.instances, level.mesh_x)
}

fn check_mesh(name: &str, instances: u32, mesh_x: u32) -> Result<(), AcceleratorError> {
    if !(1..=MOST_INSTANCES).contains(&instances) {
        let allowed = format!("1 to {MOST_INSTANCES}");
        return Err(AcceleratorError::out_of_range(name, "instances", instances, allowed));
    }
    if mesh_x == 0 || !instances.is_multiple_of(mesh_x) {
        let allowed = format!("a divisor of the {instances} instances");
        return Err(AcceleratorError::out_of_range(name, "mesh_x", mesh_x, allowed));
    }
    Ok(())
}
