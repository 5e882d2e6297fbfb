//! How the loops of a layer touch its data (Timeloop's problem shape).

use serde::Serialize;

use crate::layer::{DIMS, Dim, Kind, Layer, LayerError};

/// What is stored and moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Data {
    /// The filters, or the second matrix of a product.
    Weights,
    /// The input.
    Inputs,
    /// The output; partial sums are read and written.
    Outputs,
}

/// Number of kinds of data.
pub const DATA: usize = 3;

impl Data {
    /// All kinds, in the order of every array.
    pub const ALL: [Data; DATA] = [Data::Weights, Data::Inputs, Data::Outputs];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        ["Weights", "Inputs", "Outputs"][self as usize]
    }

    /// The kind of that name.
    #[must_use]
    pub fn of(name: &str) -> Option<Data> {
        Data::ALL.into_iter().find(|data| data.name() == name)
    }
}

/// Coordinates of a piece of data.
pub(super) const COORDINATES: usize = 4;

/// A coordinate that a loop does not move along.
pub(super) const NOWHERE: u8 = COORDINATES as u8;

/// The movement of a loop in one kind of data: along at most one coordinate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) coordinate: u8,
    pub(super) length: u64,
}

/// A sound layer and how its loops touch its data.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    layer: Layer,
    /// Movement of each kind of data by one iteration of each dimension.
    pub(super) steps: [[Step; DIMS]; DATA],
}

impl Problem {
    /// The problem of a layer.
    ///
    /// # Errors
    /// Those of [`Layer::checked`].
    pub fn new(layer: &Layer) -> Result<Problem, LayerError> {
        let layer = layer.checked()?;
        let still = Step { coordinate: NOWHERE, length: 0 };
        let mut steps = [[still; DIMS]; DATA];
        let ([ws, hs], [wd, hd]) = (layer.strides, layer.dilations);
        let channels = if layer.kind == Kind::Depthwise { Dim::C } else { Dim::M };
        let touches: [&[(Dim, u8, u32)]; DATA] = [
            &[(Dim::C, 0, 1), (Dim::M, 1, 1), (Dim::R, 2, 1), (Dim::S, 3, 1)],
            &[
                (Dim::N, 0, 1),
                (Dim::C, 1, 1),
                (Dim::P, 2, ws),
                (Dim::R, 2, wd),
                (Dim::Q, 3, hs),
                (Dim::S, 3, hd),
            ],
            &[(Dim::N, 0, 1), (channels, 1, 1), (Dim::Q, 2, 1), (Dim::P, 3, 1)],
        ];
        for (steps, touches) in steps.iter_mut().zip(touches) {
            for (dim, coordinate, length) in touches {
                steps[*dim as usize] = Step { coordinate: *coordinate, length: u64::from(*length) };
            }
        }
        Ok(Problem { layer, steps })
    }

    /// The layer.
    #[must_use]
    pub fn layer(&self) -> &Layer {
        &self.layer
    }

    /// Whether a loop over `dim` moves along `data`.
    #[must_use]
    pub fn touches(&self, data: Data, dim: Dim) -> bool {
        self.steps[data as usize][dim as usize].coordinate != NOWHERE
    }

    /// Extents of the box of data that a tile of `extents` touches. Holes between strides count.
    pub(super) fn shape(&self, data: usize, extents: &[u64; DIMS]) -> [u64; COORDINATES] {
        let mut shape = [1; COORDINATES];
        for (step, extent) in self.steps[data].iter().zip(extents) {
            if step.coordinate != NOWHERE {
                shape[usize::from(step.coordinate)] += step.length * (extent - 1);
            }
        }
        shape
    }

    /// Words of that box.
    #[must_use]
    pub fn words(&self, data: Data, extents: &[u64; DIMS]) -> u64 {
        self.shape(data as usize, extents).iter().product()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_box_of_a_tile_spans_strides_and_dilations() {
        let problem = Problem::new(&Layer::conv(8, 4, 10, 3).stride(2).dilation(3)).unwrap();
        let tile = [1, 2, 4, 5, 1, 3, 1];
        assert_eq!(problem.shape(Data::Inputs as usize, &tile), [1, 4, 1 + 2 * 4 + 3 * 2, 1]);
        assert_eq!(problem.words(Data::Weights, &tile), 4 * 2 * 3);
        assert_eq!(problem.words(Data::Outputs, &tile), 2 * 5);
    }

    #[test]
    fn outputs_of_a_depthwise_layer_follow_its_input_channels() {
        let problem = Problem::new(&Layer::depthwise(8, 10, 3)).unwrap();
        let tile = [1, 1, 4, 5, 1, 3, 1];
        assert_eq!(problem.words(Data::Outputs, &tile), 4 * 5);
    }
}
