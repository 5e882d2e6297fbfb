//! The layer and the hardware as MAESTRO sees them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::DataflowError;
use crate::layer::{self, Layer};

/// A dimension of a layer: those of convolutions, and M and N of matrix products (which have K, too).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Dim {
    /// Input channels.
    C,
    /// Output channels; the inner dimension of a product.
    K,
    /// Rows of a product's inputs.
    M,
    /// Columns of a product's weights.
    N,
    /// Height of the filter.
    R,
    /// Width of the filter.
    S,
    /// Width of the input.
    X,
    /// Height of the input.
    Y,
}

/// Number of dimensions.
pub(super) const DIMS: usize = 8;

impl Dim {
    /// All of them, in alphabetical order.
    pub const ALL: [Dim; DIMS] = [Dim::C, Dim::K, Dim::M, Dim::N, Dim::R, Dim::S, Dim::X, Dim::Y];

    /// Its letter.
    #[must_use]
    pub fn name(self) -> &'static str {
        ["C", "K", "M", "N", "R", "S", "X", "Y"][self as usize]
    }

    /// The dimension of a letter.
    #[must_use]
    pub fn of(name: &str) -> Option<Dim> {
        Dim::ALL.into_iter().find(|dim| dim.name() == name)
    }

    pub(super) const fn bit(self) -> u16 {
        1 << self as u16
    }
}

/// The kind of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Operator {
    /// Convolution over K, C, R, S, Y, X.
    Conv,
    /// Depthwise convolution over C, R, S, Y, X.
    Depthwise,
    /// Matrix product over M, N, K.
    Gemm,
}

const fn bits(dims: &[Dim]) -> u16 {
    let (mut mask, mut place) = (0, 0);
    while place < dims.len() {
        mask |= dims[place].bit();
        place += 1;
    }
    mask
}

impl Operator {
    /// Dimensions of inputs, weights and outputs; Y and X of outputs stand for those of the output.
    pub(super) const fn coupled(self) -> [u16; 3] {
        match self {
            Operator::Conv => [
                bits(&[Dim::C, Dim::Y, Dim::X]),
                bits(&[Dim::K, Dim::C, Dim::R, Dim::S]),
                bits(&[Dim::K, Dim::Y, Dim::X]),
            ],
            Operator::Depthwise => [
                bits(&[Dim::C, Dim::Y, Dim::X]),
                bits(&[Dim::C, Dim::R, Dim::S]),
                bits(&[Dim::C, Dim::Y, Dim::X]),
            ],
            Operator::Gemm => [bits(&[Dim::M, Dim::K]), bits(&[Dim::K, Dim::N]), bits(&[Dim::M, Dim::N])],
        }
    }

    /// Its dimensions, in alphabetical order.
    pub fn dims(self) -> impl Iterator<Item = Dim> {
        let [inputs, weights, _] = self.coupled();
        Dim::ALL.into_iter().filter(move |dim| dim.bit() & (inputs | weights) != 0)
    }
}

/// A layer, checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Problem {
    pub(super) operator: Operator,
    /// Sizes of [`Dim::ALL`]; 1 of those it does not have. Y and X are sizes of the input.
    pub(super) sizes: [i64; DIMS],
    /// Strides of Y and X.
    pub(super) strides: [i64; 2],
}

impl Problem {
    /// Largest size of a dimension.
    pub const MOST: i64 = 1 << 24;

    /// A layer of these sizes; Y and X are those of the input, padding included. Strides: height, width.
    ///
    /// # Errors
    /// A missing, foreign, zero or too large size, a filter larger than the input, or too many multiplications.
    pub fn new(
        operator: Operator,
        sizes: &[(Dim, i64)],
        strides: [i64; 2],
    ) -> Result<Problem, DataflowError> {
        let mut problem = Problem { operator, sizes: [1; DIMS], strides };
        let foreign =
            sizes.iter().find(|(dim, size)| operator.dims().all(|known| known != *dim) && *size != 1);
        if let Some((dim, size)) = foreign {
            let what = format!("dimension {} of a layer without it", dim.name());
            return Err(DataflowError::OutOfRange { what, value: *size, allowed: "1".to_owned() });
        }
        for dim in operator.dims() {
            let size = sizes.iter().find(|(known, _)| *known == dim).map_or(0, |(_, size)| *size);
            DataflowError::within(&format!("dimension {}", dim.name()), size, Problem::MOST)?;
            problem.sizes[dim as usize] = size;
        }
        for (axis, stride) in ["stride of Y", "stride of X"].into_iter().zip(strides) {
            DataflowError::within(axis, stride, i64::from(Layer::MOST_STEP))?;
        }
        for (filter, input) in [(Dim::R, Dim::Y), (Dim::S, Dim::X)] {
            let what = format!("dimension {}", filter.name());
            DataflowError::within(&what, problem.size(filter), problem.size(input).max(1))?;
        }
        let macs = problem.sizes.iter().try_fold(1i64, |product, size| product.checked_mul(*size));
        match macs {
            Some(macs) if macs as u64 <= Layer::MOST_MACS => Ok(problem),
            _ => Err(DataflowError::Overflow { quantity: "multiplications" }),
        }
    }

    /// A layer of a network, and how often it runs: once for each image.
    ///
    /// # Errors
    /// Dilated filters, which the model does not have, and what [`Problem::new`] refuses.
    pub fn of(layer: &Layer) -> Result<(Problem, u64), DataflowError> {
        use layer::Dim as Loop;
        if let Some(dilation) = layer.dilations.iter().find(|dilation| **dilation != 1) {
            let what = "dilation".to_owned();
            return Err(DataflowError::OutOfRange {
                what,
                value: (*dilation).into(),
                allowed: "1".to_owned(),
            });
        }
        let extent = |dim: Loop| i64::from(layer.extent(dim));
        let side = |side: u64| i64::try_from(side).unwrap_or(i64::MAX);
        let operator = match layer.kind {
            layer::Kind::Dense => Operator::Conv,
            layer::Kind::Depthwise => Operator::Depthwise,
        };
        let sizes = [
            (Dim::K, extent(Loop::M)),
            (Dim::C, extent(Loop::C)),
            (Dim::R, extent(Loop::S)),
            (Dim::S, extent(Loop::R)),
            (Dim::Y, side(layer.input_height())),
            (Dim::X, side(layer.input_width())),
        ];
        let strides = [layer.strides[1].into(), layer.strides[0].into()];
        Ok((Problem::new(operator, &sizes, strides)?, u64::from(layer.extent(Loop::N))))
    }

    /// Size of a dimension; 1 if the layer does not have it.
    #[must_use]
    pub fn size(&self, dim: Dim) -> i64 {
        self.sizes[dim as usize]
    }

    /// Strides of Y and X.
    #[must_use]
    pub fn strides(&self) -> [i64; 2] {
        self.strides
    }

    /// Its operator.
    #[must_use]
    pub fn operator(&self) -> Operator {
        self.operator
    }

    /// Words of inputs, weights and outputs; outputs as if the stride was 1, as MAESTRO counts them.
    pub(super) fn words(&self) -> [i64; 3] {
        let output = |dim: Dim| match dim {
            Dim::Y => self.size(Dim::Y) - self.size(Dim::R) + 1,
            Dim::X => self.size(Dim::X) - self.size(Dim::S) + 1,
            other => self.size(other),
        };
        let input = |dim: Dim| self.size(dim);
        let product = |mask: u16, size: &dyn Fn(Dim) -> i64| {
            Dim::ALL.into_iter().filter(|dim| dim.bit() & mask != 0).map(size).product()
        };
        let [inputs, weights, outputs] = self.operator.coupled();
        [product(inputs, &input), product(weights, &input), product(outputs, &output)]
    }
}

/// The hardware.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hardware {
    /// Processing elements.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub pes: i64,
    /// Words a cycle of the network of every level.
    #[schemars(range(min = 1, max = 1_099_511_627_776i64))]
    pub noc_bandwidth: i64,
    /// Cycles of a word on it: hops times latency of a hop.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub noc_latency: i64,
    /// Words a cycle from and to the outside.
    #[schemars(range(min = 1, max = 1_099_511_627_776i64))]
    pub offchip_bandwidth: i64,
    /// Multiplications a cycle of an element.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub simd: i64,
}

impl Hardware {
    /// Most elements, cycles of latency and lanes.
    pub const MOST: i64 = 1 << 20;

    /// Highest bandwidth.
    pub const MOST_BANDWIDTH: i64 = 1 << 40;

    /// The same hardware, known to be sound.
    ///
    /// # Errors
    /// A size of zero or out of range.
    pub fn checked(self) -> Result<Hardware, DataflowError> {
        DataflowError::within("pes", self.pes, Hardware::MOST)?;
        DataflowError::within("noc_bandwidth", self.noc_bandwidth, Hardware::MOST_BANDWIDTH)?;
        DataflowError::within("noc_latency", self.noc_latency, Hardware::MOST)?;
        DataflowError::within("offchip_bandwidth", self.offchip_bandwidth, Hardware::MOST_BANDWIDTH)?;
        DataflowError::within("simd", self.simd, Hardware::MOST)?;
        Ok(self)
    }
}
