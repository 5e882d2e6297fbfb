//! Networks: tables of layers.

use super::{Layer, LayerError, NETWORKS};

/// A layer of a network, and how often the network has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Its name in the network; of the first of them, if it is there more than once.
    pub name: &'static str,
    /// The layer.
    pub layer: Layer,
    /// How often it occurs.
    pub count: u32,
}

impl Row {
    pub(super) const fn new(name: &'static str, layer: Layer) -> Row {
        Row { name, layer, count: 1 }
    }

    /// The same layer so many times.
    pub(super) const fn times(mut self, count: u32) -> Row {
        self.count = count;
        self
    }
}

/// A network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// kebab-case name.
    pub name: &'static str,
    /// What it is and where its shapes come from.
    pub doc: &'static str,
    /// Its layers with weights, and products of activations; each shape once.
    pub rows: &'static [Row],
}

impl Network {
    /// Multiply-accumulates of one inference.
    #[must_use]
    pub fn macs(&self) -> u64 {
        self.rows.iter().map(|row| u64::from(row.count) * row.layer.macs()).sum()
    }

    /// Number of layers.
    #[must_use]
    pub fn layers(&self) -> u32 {
        self.rows.iter().map(|row| row.count).sum()
    }
}

/// The network called `name`.
///
/// # Errors
/// [`LayerError::UnknownNetwork`], naming those that exist.
pub fn network(name: &str) -> Result<&'static Network, LayerError> {
    NETWORKS.iter().find(|network| network.name == name).ok_or_else(|| LayerError::UnknownNetwork {
        name: name.to_owned(),
        allowed: NETWORKS.iter().map(|network| network.name).collect::<Vec<_>>().join(", "),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layer_is_sound_and_listed_once() {
        for network in NETWORKS {
            for (i, row) in network.rows.iter().enumerate() {
                assert!(row.layer.checked().is_ok() && row.count > 0, "{} {}", network.name, row.name);
                let before = &network.rows[..i];
                assert!(before.iter().all(|other| other.layer != row.layer), "{} {}", network.name, row.name);
                assert!(before.iter().all(|other| other.name != row.name), "{} {}", network.name, row.name);
            }
        }
        assert!(NETWORKS.is_sorted_by_key(|network| network.name));
    }

    #[test]
    fn networks_have_their_published_work() {
        // Multiply-accumulates in millions and number of layers, of one image or sequence.
        for (name, millions, layers) in [
            ("alexnet", 724, 11),
            ("alexnet-conv", 665, 5),
            ("bert-base", 48_318, 360),
            ("efficientnet-b0", 385, 82),
            ("gpt2", 145_824, 361),
            ("mobilenet-v2", 300, 53),
            ("resnet18", 1814, 21),
            ("resnet50", 4089, 54),
            ("vgg16", 15_470, 16),
            ("vit-b16", 17_563, 362),
        ] {
            let network = network(name).unwrap();
            assert_eq!((network.macs() / 1_000_000, network.layers()), (millions, layers), "{name}");
        }
        assert_eq!(NETWORKS.len(), 10);
    }

    #[test]
    fn an_unknown_network_is_refused_with_the_known_ones() {
        assert!(network("resnet5").unwrap_err().to_string().contains("resnet18, resnet50, vgg16"));
    }
}
