//! Layers of neural networks: the workload of every accelerator model.
//!
//! A [`Layer`] is a nest of seven loops, in the field's own letters: batch N, output channels M, input channels C,
//! output width P and height Q, filter width R and height S. Everything is one of two kinds: in a dense layer each
//! output sums over all input channels, in a depthwise one over its own channel alone. A matrix product is a dense
//! layer with a 1 × 1 filter, and attention is a set of matrix products.
//!
//! Padding is not represented: a layer states the size of its *output*, and the input it needs follows.
//!
//! ```
//! use sweepstake_simulators::layer::{Dim, Layer};
//!
//! let layer = Layer::conv(64, 3, 112, 7).stride(2).checked()?;
//! assert_eq!((layer.macs(), layer.input_width()), (118_013_952, 229));
//! let product = Layer::gemm(128, 768, 3072).checked()?;
//! assert_eq!(product.extent(Dim::M), 3072);
//! # Ok::<(), sweepstake_simulators::layer::LayerError>(())
//! ```

mod error;
mod file;
mod network;
mod tables;

pub use error::LayerError;
pub use file::{NamedLayer, read};
pub use network::{Network, Row, network};
pub use tables::NETWORKS;

use serde::{Deserialize, Serialize};

/// A loop of the nest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Dim {
    /// Batch.
    N,
    /// Output channels.
    M,
    /// Input channels; the only channels of a depthwise layer.
    C,
    /// Width of the output.
    P,
    /// Height of the output.
    Q,
    /// Width of the filter.
    R,
    /// Height of the filter.
    S,
}

/// Number of dimensions.
pub const DIMS: usize = 7;

impl Dim {
    /// All dimensions, in the order of [`Layer::extents`].
    pub const ALL: [Dim; DIMS] = [Dim::N, Dim::M, Dim::C, Dim::P, Dim::Q, Dim::R, Dim::S];

    /// Its letter.
    #[must_use]
    pub fn name(self) -> &'static str {
        ["N", "M", "C", "P", "Q", "R", "S"][self as usize]
    }

    /// The dimension of a letter; K is another name of M.
    #[must_use]
    pub fn of(name: &str) -> Option<Dim> {
        let name = if name == "K" { "M" } else { name };
        Dim::ALL.into_iter().find(|dim| dim.name() == name)
    }
}

/// Which input channels an output channel sums over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// All of them.
    #[default]
    Dense,
    /// Its own.
    Depthwise,
}

/// A layer: a nest of seven loops with strides and dilations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    /// Which channels are summed over.
    #[serde(default)]
    pub kind: Kind,
    /// Trip counts of [`Dim::ALL`]. M is 1 in a depthwise layer.
    pub extents: [u32; DIMS],
    /// Input elements from one output to the next, in width and height.
    #[serde(default = "ones")]
    pub strides: [u32; 2],
    /// Input elements from one filter tap to the next, in width and height.
    #[serde(default = "ones")]
    pub dilations: [u32; 2],
}

fn ones() -> [u32; 2] {
    [1, 1]
}

impl Layer {
    /// Most multiply-accumulates of a layer; every count of every model then fits 64 bits.
    pub const MOST_MACS: u64 = 1 << 48;

    /// Largest stride and dilation.
    pub const MOST_STEP: u32 = 64;

    /// A square convolution: output channels, input channels, side of the output, side of the filter.
    #[must_use]
    pub const fn conv(m: u32, c: u32, side: u32, filter: u32) -> Layer {
        let extents = [1, m, c, side, side, filter, filter];
        Layer { kind: Kind::Dense, extents, strides: [1, 1], dilations: [1, 1] }
    }

    /// A square depthwise convolution: channels, side of the output, side of the filter.
    #[must_use]
    pub const fn depthwise(channels: u32, side: u32, filter: u32) -> Layer {
        let extents = [1, 1, channels, side, side, filter, filter];
        Layer { kind: Kind::Depthwise, extents, strides: [1, 1], dilations: [1, 1] }
    }

    /// A matrix product of a `rows` × `inner` with an `inner` × `columns` matrix, the second being the weights.
    #[must_use]
    pub const fn gemm(rows: u32, inner: u32, columns: u32) -> Layer {
        let extents = [1, columns, inner, rows, 1, 1, 1];
        Layer { kind: Kind::Dense, extents, strides: [1, 1], dilations: [1, 1] }
    }

    /// With this stride in both directions.
    #[must_use]
    pub const fn stride(mut self, stride: u32) -> Layer {
        self.strides = [stride, stride];
        self
    }

    /// With this dilation in both directions.
    #[must_use]
    pub const fn dilation(mut self, dilation: u32) -> Layer {
        self.dilations = [dilation, dilation];
        self
    }

    /// With this batch.
    #[must_use]
    pub const fn batch(mut self, n: u32) -> Layer {
        self.extents[0] = n;
        self
    }

    /// The same layer, known to be sound.
    ///
    /// # Errors
    /// A dimension, stride or dilation of zero or out of range, output channels of a depthwise layer, or more than
    /// [`Layer::MOST_MACS`].
    pub fn checked(self) -> Result<Layer, LayerError> {
        if let Some(dim) = Dim::ALL.into_iter().find(|dim| self.extent(*dim) == 0) {
            return Err(LayerError::out_of_range(dim.name(), 0, "1 or more"));
        }
        if self.kind == Kind::Depthwise && self.extent(Dim::M) != 1 {
            let allowed = "1 in a depthwise layer, whose channels are C";
            return Err(LayerError::out_of_range("M", self.extent(Dim::M), allowed));
        }
        let [ws, hs, wd, hd] = [self.strides[0], self.strides[1], self.dilations[0], self.dilations[1]];
        for (name, step) in [("Wstride", ws), ("Hstride", hs), ("Wdilation", wd), ("Hdilation", hd)] {
            if !(1..=Layer::MOST_STEP).contains(&step) {
                let allowed = format!("1 to {}", Layer::MOST_STEP);
                return Err(LayerError::out_of_range(name, step, allowed));
            }
        }
        let product = self.extents.iter().try_fold(1u64, |product, n| product.checked_mul(u64::from(*n)));
        match product {
            Some(macs) if macs <= Layer::MOST_MACS => Ok(self),
            _ => Err(LayerError::TooLarge { extents: self.extents, limit: Layer::MOST_MACS }),
        }
    }

    /// Trip count of a dimension.
    #[must_use]
    pub fn extent(&self, dim: Dim) -> u32 {
        self.extents[dim as usize]
    }

    /// Multiply-accumulates; saturates for layers that [`Layer::checked`] refuses.
    #[must_use]
    pub fn macs(&self) -> u64 {
        self.extents.iter().fold(1, |product, n| product.saturating_mul(u64::from(*n)))
    }

    /// Width of the input that the output needs, padding included.
    #[must_use]
    pub fn input_width(&self) -> u64 {
        self.input_side(Dim::P, Dim::R, 0)
    }

    /// Height of the input that the output needs, padding included.
    #[must_use]
    pub fn input_height(&self) -> u64 {
        self.input_side(Dim::Q, Dim::S, 1)
    }

    fn input_side(&self, output: Dim, filter: Dim, axis: usize) -> u64 {
        let span = |extent: u32, step: u32| u64::from(extent.saturating_sub(1)) * u64::from(step);
        1 + span(self.extent(output), self.strides[axis]) + span(self.extent(filter), self.dilations[axis])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dimension_of_zero_is_refused_by_name() {
        for dim in Dim::ALL {
            let mut layer = Layer::conv(2, 2, 2, 2);
            layer.extents[dim as usize] = 0;
            let error = layer.checked().unwrap_err().to_string();
            assert_eq!(error, format!("`{}` is 0; allowed: 1 or more", dim.name()));
        }
    }

    #[test]
    fn steps_end_at_the_largest() {
        assert!(Layer::conv(1, 1, 2, 2).stride(64).dilation(64).checked().is_ok());
        assert!(Layer::conv(1, 1, 2, 2).stride(65).checked().is_err());
        assert!(Layer::conv(1, 1, 2, 2).dilation(0).checked().is_err());
    }

    #[test]
    fn macs_end_at_the_largest_and_never_overflow() {
        assert!(Layer::gemm(1 << 16, 1 << 16, 1 << 16).checked().is_ok());
        assert!(Layer::gemm(1 << 16, 1 << 16, (1 << 16) + 1).checked().is_err());
        assert!(Layer::conv(u32::MAX, u32::MAX, u32::MAX, u32::MAX).checked().is_err());
    }

    #[test]
    fn a_depthwise_layer_has_no_output_channels_of_its_own() {
        assert!(Layer { kind: Kind::Depthwise, ..Layer::conv(2, 2, 2, 2) }.checked().is_err());
        assert_eq!(Layer::depthwise(32, 112, 3).checked().unwrap().macs(), 32 * 112 * 112 * 9);
    }

    #[test]
    fn letters_name_dimensions() {
        assert!(Dim::ALL.into_iter().all(|dim| Dim::of(dim.name()) == Some(dim)));
        assert_eq!((Dim::of("K"), Dim::of("X")), (Some(Dim::M), None));
    }
}
