//! Networks as files: safetensors, with the architecture in the header, and, if wanted, images to judge them on.

use std::collections::HashMap;

use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};

use crate::architecture::Architecture;
use crate::error::Error;
use crate::images::{CLASSES, Dataset, Images};
use crate::training::State;
use crate::weights::{Layers, Weights};

/// Key of the architecture in the header.
const KEY: &str = "sweepstake";

/// Key of the epochs done, in the header of a training that was left.
const EPOCHS: &str = "epochs";

/// Before the names of what remains of the last step.
const VELOCITY: &str = "velocity.";

/// A tensor to write.
type Written = (String, Dtype, Vec<usize>, Vec<u8>);

/// The tensors of a network: name, shape, values.
fn tensors<'a>(
    network: &Architecture,
    weights: &'a mut Weights,
) -> Vec<(String, Vec<usize>, &'a mut Vec<f32>)> {
    let mut all = Vec::new();
    let Weights { convs, gamma, beta, mean, variance, head, bias } = weights;
    for (layer, (conv, values)) in network.convs.iter().zip(convs).enumerate() {
        all.push((format!("conv{layer}.weight"), vec![conv.outputs, conv.inputs, 3, 3], values));
    }
    for (name, part) in [("gamma", gamma), ("beta", beta), ("mean", mean), ("variance", variance)] {
        for (layer, (conv, values)) in network.convs.iter().zip(part).enumerate() {
            all.push((format!("norm{layer}.{name}"), vec![conv.outputs], values));
        }
    }
    all.push(("head.weight".into(), vec![network.features(), network.classes], head));
    all.push(("head.bias".into(), vec![network.classes], bias));
    all
}

/// The file of a network, with images or without.
///
/// # Errors
/// [`Error::Checkpoint`] if weights and architecture do not fit.
pub fn write(network: &Architecture, weights: &Weights, images: Option<&Dataset>) -> Result<Vec<u8>, Error> {
    let mut all = numbers(network, weights, "");
    for (part, images) in images.into_iter().flat_map(|set| [("train", &set.train), ("test", &set.test)]) {
        let shape = vec![images.len(), images.side, images.side];
        all.push((format!("{part}.images"), Dtype::U8, shape, images.pixels.clone()));
        all.push((format!("{part}.labels"), Dtype::U8, vec![images.len()], images.labels.clone()));
    }
    file(network, &all, None)
}

/// The file of a training that was left after an epoch.
///
/// # Errors
/// As [`write()`].
pub fn write_state(network: &Architecture, state: &State) -> Result<Vec<u8>, Error> {
    let mut all = numbers(network, &state.weights, "");
    all.extend(numbers(network, &state.velocity, VELOCITY));
    file(network, &all, Some(state.epochs))
}

fn numbers(network: &Architecture, weights: &Weights, before: &str) -> Vec<Written> {
    let mut weights = weights.clone();
    let number = |(name, shape, values): (String, Vec<usize>, &mut Vec<f32>)| {
        let bytes = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        (format!("{before}{name}"), Dtype::F32, shape, bytes)
    };
    tensors(network, &mut weights).into_iter().map(number).collect()
}

fn file(network: &Architecture, all: &[Written], epochs: Option<usize>) -> Result<Vec<u8>, Error> {
    let broken = |error: &dyn std::fmt::Display| Error::checkpoint("to write", error.to_string());
    let views = all.iter().map(|(name, dtype, shape, bytes)| {
        let view = TensorView::new(*dtype, shape.clone(), bytes).map_err(|error| broken(&error))?;
        Ok((name.clone(), view))
    });
    let views = views.collect::<Result<Vec<_>, Error>>()?;
    let header = serde_json::to_string(network).map_err(|error| broken(&error))?;
    let epochs = epochs.map(|epochs| (EPOCHS.to_owned(), epochs.to_string()));
    let header = [(KEY.to_owned(), header)].into_iter().chain(epochs).collect();
    serialize(views, Some(header)).map_err(|error| broken(&error))
}

/// The images in a file, if there are any; `what` names it in errors.
///
/// # Errors
/// [`Error::Checkpoint`] if it is no safetensors file, or if its images are not whole.
pub fn images(what: &str, bytes: &[u8]) -> Result<Option<Dataset>, Error> {
    let bad = |problem: String| Error::checkpoint(what, problem);
    let file = SafeTensors::deserialize(bytes);
    let file = file.map_err(|error| bad(format!("is not a whole safetensors file: {error}")))?;
    if file.tensor("test.images").is_err() {
        return Ok(None);
    }
    let part = |part: &str| -> Result<Images, Error> {
        let tensor = |name: &str| {
            let name = format!("{part}.{name}");
            let tensor = file.tensor(&name).ok().filter(|tensor| tensor.dtype() == Dtype::U8);
            tensor.ok_or_else(|| bad(format!("has no tensor `{name}` of bytes")))
        };
        let (pixels, labels) = (tensor("images")?, tensor("labels")?);
        let whole = match pixels.shape() {
            [count, height, width] => {
                *count > 0 && height == width && (4..=64).contains(height) && labels.shape() == [*count]
            }
            _ => false,
        };
        if !whole || labels.data().iter().any(|label| usize::from(*label) >= CLASSES) {
            return Err(bad(format!(
                "`{part}.images` and `{part}.labels` are not square images with their classes"
            )));
        }
        let (pixels, side) = (pixels.data().to_vec(), pixels.shape()[1]);
        Ok(Images { side, pixels, labels: labels.data().to_vec() })
    };
    Ok(Some(Dataset { train: part("train")?, test: part("test")? }))
}

/// Reads the file of a network; `what` names it in errors.
///
/// # Errors
/// [`Error::Checkpoint`] if it is no safetensors file, was not written here, or its tensors are not those of its
/// architecture: missing, of another type or shape, or not finite.
pub fn read(what: &str, bytes: &[u8]) -> Result<(Architecture, Weights), Error> {
    let header = header(what, bytes)?;
    let network = described(what, &header)?;
    let weights = weights(what, bytes, &network, "")?;
    Ok((network, weights))
}

/// Reads the file of a training that was left; `what` names it in errors.
///
/// # Errors
/// As [`read`], and if it does not say how many epochs are done.
pub fn read_state(what: &str, bytes: &[u8]) -> Result<(Architecture, State), Error> {
    let header = header(what, bytes)?;
    let network = described(what, &header)?;
    let epochs = header.get(EPOCHS).and_then(|epochs| epochs.parse().ok());
    let epochs = epochs.ok_or_else(|| {
        Error::checkpoint(what, format!("has no whole number `{EPOCHS}` in its header: it is no training"))
    })?;
    let part = |before| weights(what, bytes, &network, before);
    let state = State { weights: part("")?, velocity: part(VELOCITY)?, epochs };
    Ok((network, state))
}

/// What a file says besides its tensors.
fn header(what: &str, bytes: &[u8]) -> Result<HashMap<String, String>, Error> {
    let not_whole = |error| Error::checkpoint(what, format!("is not a whole safetensors file: {error}"));
    SafeTensors::deserialize(bytes).map_err(not_whole)?;
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(not_whole)?;
    Ok(header.metadata().clone().unwrap_or_default())
}

fn described(what: &str, header: &HashMap<String, String>) -> Result<Architecture, Error> {
    let bad = |problem: String| Error::checkpoint(what, problem);
    let text = header
        .get(KEY)
        .ok_or_else(|| bad(format!("has no `{KEY}` in its header: it was not written by `ticket train`")))?;
    let network: Architecture = serde_json::from_str(text)
        .map_err(|error| bad(format!("does not describe a known network: {error}")))?;
    network.check()?;
    Ok(network)
}

/// The tensors whose names begin so.
fn weights(what: &str, bytes: &[u8], network: &Architecture, before: &str) -> Result<Weights, Error> {
    let bad = |problem: String| Error::checkpoint(what, problem);
    let file = SafeTensors::deserialize(bytes).map_err(|error| bad(error.to_string()))?;
    let empty = || -> Layers { vec![Vec::new(); network.convs.len()] };
    let mut weights = Weights {
        convs: empty(),
        gamma: empty(),
        beta: empty(),
        mean: empty(),
        variance: empty(),
        head: Vec::new(),
        bias: Vec::new(),
    };
    for (name, shape, values) in tensors(network, &mut weights) {
        let name = format!("{before}{name}");
        let tensor = file.tensor(&name).map_err(|_| bad(format!("has no tensor `{name}`")))?;
        if tensor.dtype() != Dtype::F32 || tensor.shape() != shape {
            let (dtype, found) = (tensor.dtype(), tensor.shape());
            return Err(bad(format!("tensor `{name}` is {dtype} {found:?}, not F32 {shape:?}")));
        }
        let number = |b: &[u8]| f32::from_le_bytes([b[0], b[1], b[2], b[3]]);
        *values = tensor.data().chunks_exact(4).map(number).collect();
        if let Some(place) = values.iter().position(|x| !x.is_finite()) {
            return Err(bad(format!("tensor `{name}` has {} at {place}", values[place])));
        }
    }
    Ok(weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network() -> (Architecture, Weights) {
        let network = Architecture::conv4(8, [2, 3, 4, 5], 10);
        let weights = Weights::random(&network, 1);
        (network, weights)
    }

    fn message(bytes: &[u8]) -> String {
        read("net.safetensors", bytes).unwrap_err().to_string()
    }

    #[test]
    fn what_is_written_reads_back() {
        let (network, weights) = network();
        let bytes = write(&network, &weights, None).unwrap();
        assert_eq!(bytes, write(&network, &weights, None).unwrap());
        assert_eq!(read("net", &bytes).unwrap(), (network, weights));
    }

    #[test]
    fn truncated_and_foreign_files_are_refused() {
        let (network, weights) = network();
        let bytes = write(&network, &weights, None).unwrap();
        for length in [0, 7, 100, bytes.len() - 1] {
            assert!(message(&bytes[..length]).contains("is not a whole safetensors file"), "{length}");
        }
        let data = [0; 4];
        let view = TensorView::new(Dtype::F32, vec![1], &data).unwrap();
        let foreign = serialize([("x", view)], None).unwrap();
        assert!(message(&foreign).contains("not written by `ticket train`"));
    }

    #[test]
    fn tensors_of_another_shape_and_numbers_that_are_none_are_refused() {
        let (network, mut weights) = network();
        let wider = Architecture::conv4(8, [2, 3, 4, 6], 10);
        assert!(write(&wider, &weights, None).is_err());
        weights.head[3] = f32::NAN;
        let bytes = write(&network, &weights, None).unwrap();
        assert!(message(&bytes).ends_with("tensor `head.weight` has NaN at 3"));
    }

    #[test]
    fn a_network_is_no_training() {
        let (network, weights) = network();
        let bytes = write(&network, &weights, None).unwrap();
        assert!(read_state("net", &bytes).unwrap_err().to_string().contains("it is no training"));
    }

    #[test]
    fn images_travel_with_their_network() {
        let (network, weights) = network();
        let part = |count: usize| Images { side: 8, pixels: vec![7; 64 * count], labels: vec![3; count] };
        let data = Dataset { train: part(3), test: part(2) };
        let bytes = write(&network, &weights, Some(&data)).unwrap();
        assert_eq!(images("net", &bytes).unwrap(), Some(data.clone()));
        assert_eq!(read("net", &bytes).unwrap(), (network.clone(), weights.clone()));
        assert_eq!(images("net", &write(&network, &weights, None).unwrap()).unwrap(), None);
        let strange = Dataset { test: Images { labels: vec![10; 2], ..part(2) }, ..data };
        let bytes = write(&network, &weights, Some(&strange)).unwrap();
        assert!(images("net", &bytes).unwrap_err().to_string().contains("`test.images` and `test.labels`"));
    }
}
