//! Networks as tables: 3 × 3 convolutions with batch norm and ReLU, a global average pool and a linear head.

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::mask::Mask;

/// One 3 × 3 convolution without bias, then batch norm, shortcut, ReLU and pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conv {
    /// Channels that come in.
    pub inputs: usize,
    /// Channels that go out.
    pub outputs: usize,
    /// 1 or 2.
    pub stride: usize,
    /// Whether a 2 × 2 maximum pool follows.
    pub pool: bool,
    /// The earlier convolution whose output is added before the ReLU; strided and padded with zero channels as needed
    /// (option A of He et al. 2016, section 4.2).
    pub shortcut: Option<usize>,
}

/// A network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Architecture {
    /// Pixels on a side of the input.
    pub side: usize,
    /// Classes of the output.
    pub classes: usize,
    /// The convolutions, each on the output of the one before.
    pub convs: Vec<Conv>,
}

/// Weights of a 3 × 3 kernel.
pub(crate) const KERNEL: usize = 9;

/// Upper bound of every size in a file, so that no product of sizes overflows.
const MOST: usize = 4096;

impl Conv {
    /// Weights of its kernels.
    pub fn weights(&self) -> usize {
        self.outputs * self.inputs * KERNEL
    }
}

impl Architecture {
    fn plain(side: usize, classes: usize, layers: impl IntoIterator<Item = (usize, usize, bool)>) -> Self {
        let mut inputs = 1;
        let convs = layers.into_iter().map(|(outputs, stride, pool)| {
            let conv = Conv { inputs, outputs, stride, pool, shortcut: None };
            inputs = outputs;
            conv
        });
        Self { side, classes, convs: convs.collect() }
    }

    /// Four convolutions, strides 2, 2, 1 and 2; the reference network has widths 16, 32, 64 and 64 at side 28.
    pub fn conv4(side: usize, widths: [usize; 4], classes: usize) -> Self {
        Self::plain(side, classes, widths.into_iter().zip([2, 2, 1, 2]).map(|(width, s)| (width, s, false)))
    }

    /// Six convolutions in three stages of `width`, 2 `width` and 4 `width` channels, a pool after each stage
    /// (Simonyan and Zisserman 2015, at a small size).
    pub fn vgg_small(side: usize, width: usize, classes: usize) -> Self {
        let stages = [1, 2, 4].into_iter().flat_map(|m| [(m * width, 1, false), (m * width, 1, true)]);
        Self::plain(side, classes, stages)
    }

    /// A stem and nine blocks of two convolutions in three stages of `width`, 2 `width` and 4 `width` channels;
    /// `width` is 16 in He et al. 2016, section 4.2.
    pub fn resnet20(side: usize, width: usize, classes: usize) -> Self {
        let blocks = (0..9).flat_map(|block| {
            let (width, stride) = (width << (block / 3), if block == 3 || block == 6 { 2 } else { 1 });
            [(width, stride, false), (width, 1, false)]
        });
        let mut network = Self::plain(side, classes, [(width, 1, false)].into_iter().chain(blocks));
        for second in (2..network.convs.len()).step_by(2) {
            network.convs[second].shortcut = Some(second - 2);
        }
        network
    }

    /// Sides of the output of every convolution, before its pool.
    pub fn sides(&self) -> Vec<usize> {
        let mut side = self.side;
        let after = |conv: &Conv| {
            let out = side.div_ceil(conv.stride);
            side = if conv.pool { out / 2 } else { out };
            out
        };
        self.convs.iter().map(after).collect()
    }

    /// Inputs of the linear head.
    pub fn features(&self) -> usize {
        self.convs.last().map_or(1, |conv| conv.outputs)
    }

    /// Weights of all kernels, which are what a mask is about.
    pub fn weights(&self) -> usize {
        self.convs.iter().map(Conv::weights).sum()
    }

    /// All parameters: kernels under the mask, scale and shift of batch norms, the head.
    pub fn parameters(&self, mask: &Mask) -> usize {
        let norms: usize = self.convs.iter().map(|conv| 2 * conv.outputs).sum();
        mask.kept() + norms + (self.features() + 1) * self.classes
    }

    /// Operations (two for each multiplication and addition) of one image if weights outside the mask cost nothing.
    pub fn flops(&self, mask: &Mask) -> f64 {
        let head = self.features() * self.classes;
        let convs = mask.layers.iter().zip(self.sides());
        let macs: usize =
            convs.map(|(layer, side)| layer.iter().filter(|on| **on).count() * side * side).sum();
        2.0 * (macs + head) as f64
    }

    /// Whether the table is a network.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] with the first thing that is not.
    pub fn check(&self) -> Result<(), Error> {
        let bad = |problem: String| Err(Error::checkpoint("architecture", problem));
        if !(4..=64).contains(&self.side) || !(2..=MOST).contains(&self.classes) {
            return bad(format!("side {} (4 to 64) or {} classes (2 to {MOST})", self.side, self.classes));
        }
        if self.convs.is_empty() || self.convs.len() > 256 {
            return bad(format!("{} convolutions, not 1 to 256", self.convs.len()));
        }
        let mut inputs = 1;
        for (index, conv) in self.convs.iter().enumerate() {
            let sizes = conv.inputs == inputs && (1..=MOST).contains(&conv.outputs);
            let shortcut = conv.shortcut.is_none_or(|from| from < index && self.joins(from, index));
            if !sizes || !(1..=2).contains(&conv.stride) || !shortcut {
                return bad(format!("convolution {index} does not fit the one before: {conv:?}"));
            }
            inputs = conv.outputs;
        }
        let last =
            self.sides().pop().unwrap_or(0) / if self.convs[self.convs.len() - 1].pool { 2 } else { 1 };
        if last == 0 { bad("pools shrink the image to nothing".into()) } else { Ok(()) }
    }

    /// Whether the output of `from` can be added to that of `to`: no pool between, no more channels, one stride of 2.
    fn joins(&self, from: usize, to: usize) -> bool {
        let (stride, between) = (self.stride_between(from, to), &self.convs[from..to]);
        between.iter().all(|conv| !conv.pool)
            && stride <= 2
            && self.convs[from].outputs <= self.convs[to].outputs
    }

    /// The stride from the output of `from` to that of `to`.
    pub(crate) fn stride_between(&self, from: usize, to: usize) -> usize {
        self.convs[from + 1..=to].iter().map(|conv| conv.stride).product()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conv4_has_the_parameters_of_the_reference() {
        let network = Architecture::conv4(28, [16, 32, 64, 64], 10);
        let layers: Vec<usize> = network.convs.iter().map(Conv::weights).collect();
        assert_eq!(layers, [144, 4608, 18432, 36864]);
        assert_eq!(network.parameters(&Mask::full(&network)), 61_050);
        assert_eq!(network.sides(), [14, 7, 7, 4]);
        let macs = 144 * 196 + 4608 * 49 + 18432 * 49 + 36864 * 16 + 640;
        assert_eq!(network.flops(&Mask::full(&network)), 2.0 * f64::from(macs));
    }

    #[test]
    fn every_architecture_is_a_network() {
        for network in [
            Architecture::conv4(8, [2, 3, 4, 4], 10),
            Architecture::vgg_small(28, 8, 10),
            Architecture::resnet20(32, 16, 10),
        ] {
            network.check().unwrap();
        }
        let stages = 144 + 6 * 16 * 144 + (16 + 5 * 32) * 288 + (32 + 5 * 64) * 576;
        assert_eq!(Architecture::resnet20(32, 16, 10).weights(), stages);
    }

    #[test]
    fn tables_that_do_not_fit_are_refused() {
        let good = Architecture::resnet20(32, 4, 10);
        let refused = |change: &dyn Fn(&mut Architecture)| {
            let mut network = good.clone();
            change(&mut network);
            network.check().unwrap_err().to_string()
        };
        assert!(refused(&|n| n.convs[3].inputs = 5).contains("convolution 3"));
        assert!(refused(&|n| n.convs[2].shortcut = Some(2)).contains("convolution 2"));
        assert!(refused(&|n| n.convs[14].shortcut = Some(0)).contains("convolution 14"));
        assert!(refused(&|n| n.convs[0].stride = 0).contains("convolution 0"));
        assert!(refused(&|n| n.convs.clear()).contains("0 convolutions"));
        assert!(refused(&|n| n.side = 3).contains("side 3"));
    }
}
