//! A layer as the array sees it: a matrix product, and where its inputs lie in memory.

use super::SystolicError;
use super::error::within;
use crate::layer::{Dim, Kind, Layer};

/// A layer in SCALE-Sim's terms (spec of its topology files): a convolution over an input that includes its padding.
/// Sizes are height, then width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Input.
    pub ifmap: [u32; 2],
    /// Filter.
    pub filter: [u32; 2],
    /// Input channels.
    pub channels: u32,
    /// Output channels.
    pub filters: u32,
    /// Input elements from one output to the next.
    pub stride: [u32; 2],
    /// Input elements from one filter tap to the next.
    pub dilation: [u32; 2],
}

/// A layer, checked: an M × K by K × N product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Work {
    shape: Shape,
    outputs: [u32; 2],
    product: [u32; 3],
}

/// Largest side of the product, and most words of an operand.
const MOST_WORDS: u64 = (1 << 31) - 1;

impl Work {
    /// A convolution.
    ///
    /// # Errors
    /// A size of zero or out of range, a filter larger than the input, or more than [`Layer::MOST_MACS`].
    pub fn new(shape: Shape) -> Result<Work, SystolicError> {
        let named = [
            ("ifmap height", shape.ifmap[0]),
            ("ifmap width", shape.ifmap[1]),
            ("filter height", shape.filter[0]),
            ("filter width", shape.filter[1]),
            ("channels", shape.channels),
            ("filters", shape.filters),
            ("stride", shape.stride[0]),
            ("stride", shape.stride[1]),
            ("dilation", shape.dilation[0]),
            ("dilation", shape.dilation[1]),
        ];
        for (name, value) in named {
            within(name, value.into(), MOST_WORDS)?;
        }
        let mut outputs = [0; 2];
        for (axis, name) in ["filter height", "filter width"].into_iter().enumerate() {
            let side = u64::from(shape.ifmap[axis]);
            let span = 1 + u64::from(shape.filter[axis] - 1) * u64::from(shape.dilation[axis]);
            if span > side {
                let allowed = format!("at most the {side} of the ifmap, dilation included");
                return Err(SystolicError::OutOfRange { parameter: name, value: span, allowed });
            }
            // Windows start wherever one element is left, so the last may stick out.
            outputs[axis] = 1 + (side - span).div_ceil(u64::from(shape.stride[axis])) as u32;
        }
        let count = |quantity: &'static str, factors: &[u32]| {
            let product = factors.iter().try_fold(1u64, |product, n| product.checked_mul(u64::from(*n)));
            product
                .filter(|n| *n <= MOST_WORDS)
                .ok_or(SystolicError::TooLarge { quantity, limit: MOST_WORDS })
        };
        let [height, width] = shape.filter;
        let m = count("outputs of a channel", &outputs)?;
        let k = count("inputs of an output", &[height, width, shape.channels])?;
        count("inputs", &[shape.ifmap[0], shape.ifmap[1], shape.channels])?;
        let product = [m as u32, shape.filters, k as u32];
        count("weights", &product[1..])?;
        count("outputs", &product[..2])?;
        if u128::from(m) * u128::from(k) * u128::from(shape.filters) > u128::from(Layer::MOST_MACS) {
            let quantity = "multiply-accumulates";
            return Err(SystolicError::TooLarge { quantity, limit: Layer::MOST_MACS });
        }
        Ok(Work { shape, outputs, product })
    }

    /// A product of an `m` × `k` matrix, the inputs, with a `k` × `n` one, the filters.
    ///
    /// # Errors
    /// As [`Work::new`].
    pub fn gemm(m: u32, n: u32, k: u32) -> Result<Work, SystolicError> {
        let shape = Shape {
            ifmap: [m, k],
            filter: [1, k],
            channels: 1,
            filters: n,
            stride: [1, 1],
            dilation: [1, 1],
        };
        Work::new(shape)
    }

    /// What a layer of a network asks of the array, and how often: once for each image of the batch and, in a
    /// depthwise layer, for each channel.
    ///
    /// # Errors
    /// As [`Work::new`].
    pub fn of(layer: &Layer) -> Result<(Work, u64), SystolicError> {
        let side = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
        let depthwise = layer.kind == Kind::Depthwise;
        let channels = layer.extent(Dim::C);
        let flip = |[width, height]: [u32; 2]| [height, width];
        let work = Work::new(Shape {
            ifmap: [side(layer.input_height()), side(layer.input_width())],
            filter: [layer.extent(Dim::S), layer.extent(Dim::R)],
            channels: if depthwise { 1 } else { channels },
            filters: layer.extent(Dim::M),
            stride: flip(layer.strides),
            dilation: flip(layer.dilations),
        })?;
        let times = u64::from(layer.extent(Dim::N)) * if depthwise { u64::from(channels) } else { 1 };
        Ok((work, times))
    }

    /// Rows M of the inputs, columns N of the filters, inner size K.
    #[must_use]
    pub fn product(&self) -> [u64; 3] {
        self.product.map(u64::from)
    }

    /// Multiply-accumulates.
    #[must_use]
    pub fn macs(&self) -> u64 {
        self.product().iter().product()
    }

    /// Words of the inputs in memory.
    pub(super) fn ifmap_words(&self) -> u64 {
        let shape = &self.shape;
        u64::from(shape.ifmap[0]) * u64::from(shape.ifmap[1]) * u64::from(shape.channels)
    }

    /// Windows × taps in the input, and different words among them. Those outside are never fetched.
    pub(super) fn fetched(&self) -> (u64, u64) {
        let (vertical, horizontal) = (self.inside(0), self.inside(1));
        let channels = u64::from(self.shape.channels);
        (vertical.0 * horizontal.0 * channels, vertical.1 * horizontal.1 * channels)
    }

    /// Whether a window sticks out of the input.
    pub(super) fn ragged(&self) -> bool {
        let [m, _, k] = self.product();
        self.fetched().0 < m * k
    }

    /// Along an axis: windows × taps in the input, and different places among them.
    fn inside(&self, axis: usize) -> (u64, u64) {
        let shape = &self.shape;
        let (side, stride) = (u64::from(shape.ifmap[axis]), u64::from(shape.stride[axis]));
        let (taps, dilation) = (u64::from(shape.filter[axis]), u64::from(shape.dilation[axis]));
        let before = u64::from(self.outputs[axis] - 1);
        // Only the last window can stick out.
        let last = taps.min(side.saturating_sub(before * stride).div_ceil(dilation));
        let pairs = before * taps + last;
        let places = match dilation {
            1 if stride <= taps => side.min(before * stride + taps),
            1 => pairs,
            _ => self.places(axis),
        };
        (pairs, places)
    }

    fn places(&self, axis: usize) -> u64 {
        let shape = &self.shape;
        let mut touched = vec![false; shape.ifmap[axis] as usize];
        for output in 0..self.outputs[axis] as usize {
            for tap in 0..shape.filter[axis] as usize {
                let place = output * shape.stride[axis] as usize + tap * shape.dilation[axis] as usize;
                if let Some(place) = touched.get_mut(place) {
                    *place = true;
                }
            }
        }
        touched.iter().filter(|touched| **touched).count() as u64
    }

    /// Where each output has its window: its address, and its place (row, column).
    pub(super) fn windows(&self) -> impl Iterator<Item = (u32, [u32; 2])> + '_ {
        let [rows, columns] = self.outputs;
        let stride = self.shape.stride;
        let places = (0..rows).flat_map(move |p| (0..columns).map(move |q| [p * stride[0], q * stride[1]]));
        places.map(|place| (self.address(place, 0), place))
    }

    /// Where the inputs of an output lie relative to its window: channels innermost.
    pub(super) fn taps(&self) -> impl Iterator<Item = (u32, [u32; 2])> + '_ {
        let [rows, columns] = self.shape.filter;
        let dilation = self.shape.dilation;
        let places =
            (0..rows).flat_map(move |r| (0..columns).map(move |s| [r * dilation[0], s * dilation[1]]));
        let channels = self.shape.channels;
        places.flat_map(move |place| (0..channels).map(move |channel| (self.address(place, channel), place)))
    }

    fn address(&self, [row, column]: [u32; 2], channel: u32) -> u32 {
        let shape = &self.shape;
        row.wrapping_mul(shape.ifmap[1])
            .wrapping_add(column)
            .wrapping_mul(shape.channels)
            .wrapping_add(channel)
    }

    /// Height and width of the input.
    pub(super) fn ifmap(&self) -> [u32; 2] {
        self.shape.ifmap
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(side: u32, filter: u32, stride: u32) -> Result<Work, SystolicError> {
        let shape = Shape {
            ifmap: [side, side],
            filter: [filter, filter],
            channels: 3,
            filters: 8,
            stride: [stride, stride],
            dilation: [1, 1],
        };
        Work::new(shape)
    }

    #[test]
    fn the_last_window_may_stick_out_of_the_input() {
        assert_eq!(square(8, 3, 2).unwrap().product(), [16, 8, 27]);
        assert!(square(8, 3, 2).unwrap().ragged());
        assert!(!square(9, 3, 2).unwrap().ragged());
    }

    #[test]
    fn words_fetched_are_those_within_the_input() {
        // Three full windows of three taps and one of two, along each axis.
        assert_eq!(square(8, 3, 2).unwrap().fetched(), (11 * 11 * 3, 8 * 8 * 3));
        // With a stride beyond the filter, every third place is never read.
        assert_eq!(square(8, 2, 3).unwrap().fetched(), (6 * 6 * 3, 6 * 6 * 3));
        let spread = Shape {
            ifmap: [7, 7],
            filter: [2, 2],
            channels: 1,
            filters: 1,
            stride: [2, 2],
            dilation: [2, 2],
        };
        assert_eq!(Work::new(spread).unwrap().fetched(), (36, 16));
    }

    #[test]
    fn a_filter_larger_than_the_input_is_refused() {
        assert!(square(3, 3, 1).is_ok());
        let error = square(3, 4, 1).unwrap_err().to_string();
        assert_eq!(error, "`filter height` is 4; allowed: at most the 3 of the ifmap, dilation included");
    }

    #[test]
    fn sizes_of_zero_and_products_beyond_counting_are_refused() {
        assert!(Work::gemm(0, 1, 1).is_err() && Work::gemm(1, 0, 1).is_err() && Work::gemm(1, 1, 0).is_err());
        assert!(Work::gemm(1 << 16, 1 << 15, 1).is_err());
        assert!(Work::gemm(1 << 16, (1 << 15) - 1, 1).is_ok());
        assert!(Work::gemm(u32::MAX, u32::MAX, u32::MAX).is_err());
        assert!(square(2, 2, 0).is_err());
    }

    #[test]
    fn a_depthwise_layer_is_a_layer_for_each_channel() {
        let (work, times) = Work::of(&Layer::depthwise(32, 112, 3).batch(2)).unwrap();
        assert_eq!((work.product(), times), ([112 * 112, 1, 9], 64));
        let (work, times) = Work::of(&Layer::gemm(128, 768, 3072)).unwrap();
        assert_eq!((work.product(), times), ([128, 3072, 768], 1));
    }
}
