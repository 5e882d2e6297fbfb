//! SCALE-Sim's topology files: layers as CSV.

use super::{Shape, SystolicError, Work};

/// A layer of a topology file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedWork {
    /// Its name.
    pub name: String,
    /// The layer.
    pub work: Work,
    /// How often it runs: once for each channel of a depthwise layer, whose name contains `DP`.
    pub count: u32,
}

/// Most layers of a file.
const MOST_LAYERS: usize = 4096;

/// Columns after the name of a file of convolutions; the stride is the last that matters.
const CONVOLUTION: [&str; 7] =
    ["ifmap height", "ifmap width", "filter height", "filter width", "channels", "num filter", "strides"];

/// Columns after the name of a file of products.
const PRODUCT: [&str; 3] = ["M", "N", "K"];

/// Reads a topology file: a header, then one line a layer. A header with M, N and K announces matrix products, any
/// other convolutions: name, heights and widths of the input (padding included) and of the filter, channels, filters,
/// stride. Further columns are ignored, as SCALE-Sim's sparsity.
///
/// ```
/// let text = "Layer, M, N, K,\nfirst, 64, 32, 16,\n";
/// let layers = sweepstake_simulators::systolic::read(text.as_bytes())?;
/// assert_eq!(layers[0].work.product(), [64, 32, 16]);
/// # Ok::<(), sweepstake_simulators::systolic::SystolicError>(())
/// ```
///
/// # Errors
/// [`SystolicError::File`] with the line.
pub fn read(bytes: &[u8]) -> Result<Vec<NamedWork>, SystolicError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
        SystolicError::file(line, "not UTF-8 text")
    })?;
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let (at, header) = lines.next().ok_or_else(|| SystolicError::file(1, "no header"))?;
    let names: Vec<String> = header.split(',').map(|name| name.trim().to_lowercase()).collect();
    let products = names.iter().skip(1).map(String::as_str).take(3).eq(["m", "n", "k"]);
    let columns: &[&str] = if products { &PRODUCT } else { &CONVOLUTION };
    if names.iter().filter(|name| !name.is_empty()).count() <= columns.len() {
        let needed = format!("needed: layer, {}; or layer, M, N, K", CONVOLUTION.join(", "));
        return Err(SystolicError::file(at + 1, format!("too few columns in the header; {needed}")));
    }
    let mut layers = Vec::new();
    for (place, line) in lines {
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        let layer = row(&cells, columns).map_err(|problem| SystolicError::file(place + 1, problem))?;
        layers.push(layer);
        if layers.len() > MOST_LAYERS {
            return Err(SystolicError::file(place + 1, format!("more than {MOST_LAYERS} layers")));
        }
    }
    match layers.is_empty() {
        true => Err(SystolicError::file(at + 1, "no layer after the header")),
        false => Ok(layers),
    }
}

fn row(cells: &[&str], columns: &[&str]) -> Result<NamedWork, String> {
    let number = |(place, name): (usize, &&str)| match cells.get(place + 1) {
        None | Some(&"") => Err(format!("no {name}")),
        Some(text) => text.parse::<u32>().map_err(|_| format!("{name}: `{text}` is not a whole number")),
    };
    let numbers = columns.iter().enumerate().map(number).collect::<Result<Vec<u32>, String>>()?;
    let name = cells.first().copied().unwrap_or_default().to_owned();
    let mut count = 1;
    let work = match numbers[..] {
        [m, n, k] => Work::gemm(m, n, k),
        [height, width, filter_height, filter_width, channels, filters, stride] => {
            let depthwise = name.contains("DP");
            if depthwise {
                count = channels;
            }
            Work::new(Shape {
                ifmap: [height, width],
                filter: [filter_height, filter_width],
                channels: if depthwise { channels.min(1) } else { channels },
                filters,
                stride: [stride, stride],
                dilation: [1, 1],
            })
        }
        _ => return Err(format!("{} columns", cells.len())),
    };
    Ok(NamedWork { name, work: work.map_err(|error| error.to_string())?, count })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEADER: &str = "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, \
                          Strides,\n";

    #[test]
    fn a_convolution_states_its_padded_input() {
        let layers = read(format!("{HEADER}Conv1, 230, 230, 7, 7, 3, 64, 2,\n").as_bytes()).unwrap();
        assert_eq!((layers[0].name.as_str(), layers[0].work.product()), ("Conv1", [113 * 113, 64, 147]));
    }

    #[test]
    fn a_depthwise_layer_runs_once_for_each_channel() {
        let layers = read(format!("{HEADER}DP1, 9, 9, 3, 3, 32, 1, 1, 1:2,\n").as_bytes()).unwrap();
        assert_eq!((layers[0].count, layers[0].work.product()), (32, [49, 1, 9]));
    }

    #[test]
    fn a_bad_line_is_refused_with_its_number() {
        for (line, expected) in [
            ("c, 8, 8, 3, 3", "line 3: no channels"),
            ("c, 8, 8, 3, 3, 1, x, 1,", "line 3: num filter: `x` is not a whole number"),
            ("c, 8, 8, 3, 3, 0, 4, 1,", "line 3: `channels` is 0; allowed: 1 to"),
            ("DP, 8, 8, 3, 3, 0, 4, 1,", "line 3: `channels` is 0; allowed: 1 to"),
            ("c, 8, 8, 9, 3, 1, 4, 1,", "line 3: `filter height` is 9; allowed: at most the 8"),
            ("c, 65536, 65536, 3, 3, 1, 4, 1,", "line 3: the layer has"),
        ] {
            let text = format!("{HEADER}good, 8, 8, 3, 3, 1, 4, 1,\n{line}\n");
            let error = read(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(expected), "expected {expected:?} in {error}");
        }
        assert!(read(b"").unwrap_err().to_string().contains("line 1: no header"));
        assert!(read(b"name, x\n").unwrap_err().to_string().contains("line 1: too few columns"));
        assert!(read(HEADER.as_bytes()).unwrap_err().to_string().contains("no layer after the header"));
        assert!(read(b"\n\xff").unwrap_err().to_string().contains("line 2: not UTF-8"));
    }

    proptest! {
        #[test]
        fn nothing_in_a_file_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), line in ".{0,60}") {
            let _ = read(&bytes);
            let _ = read(format!("{HEADER}{line}\n").as_bytes());
        }

        #[test]
        fn numbers_of_any_size_are_layers_or_errors(sizes in proptest::collection::vec(any::<u32>(), 7)) {
            let cells: Vec<String> = sizes.iter().map(u32::to_string).collect();
            let _ = read(format!("{HEADER}a,{},\n", cells.join(",")).as_bytes());
        }
    }
}
