//! Networks of one's own: layers as CSV.

use super::{Dim, Kind, Layer, LayerError};

/// A layer read from a file, and how often the network has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedLayer {
    /// Its name.
    pub name: String,
    /// The layer.
    pub layer: Layer,
    /// How often it occurs.
    pub count: u32,
}

/// Most layers of a file.
const MOST_LAYERS: usize = 4096;

/// Columns; those after `S` may be missing and are 1 then.
const COLUMNS: [&str; 14] = [
    "name",
    "kind",
    "N",
    "M",
    "C",
    "P",
    "Q",
    "R",
    "S",
    "Wstride",
    "Hstride",
    "Wdilation",
    "Hdilation",
    "count",
];

/// Columns that every file has.
const NEEDED: usize = 9;

/// Reads layers: a header and one line a layer, separated by commas. `kind` is `dense` or `depthwise`.
///
/// ```
/// let text = "name,kind,N,M,C,P,Q,R,S,count\nconv,dense,1,8,3,16,16,3,3,2\n";
/// let layers = sweepstake_simulators::layer::read(text.as_bytes())?;
/// assert_eq!((layers[0].layer.macs(), layers[0].count), (8 * 3 * 256 * 9, 2));
/// # Ok::<(), sweepstake_simulators::layer::LayerError>(())
/// ```
///
/// # Errors
/// [`LayerError::File`] with the line.
pub fn read(bytes: &[u8]) -> Result<Vec<NamedLayer>, LayerError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
        LayerError::file(line, "not UTF-8 text")
    })?;
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let (_, header) =
        lines.next().ok_or_else(|| LayerError::file(1, "no header; needed: name, kind, N, M, …"))?;
    let names: Vec<&str> = header.split(',').map(str::trim).collect();
    if let Some(missing) = COLUMNS[..NEEDED].iter().find(|column| !names.contains(column)) {
        let needed = COLUMNS[..NEEDED].join(", ");
        return Err(LayerError::file(1, format!("no column `{missing}`; needed: {needed}")));
    }
    if let Some(unknown) = names.iter().find(|name| !COLUMNS.contains(name)) {
        return Err(LayerError::file(
            1,
            format!("unknown column `{unknown}`; known: {}", COLUMNS.join(", ")),
        ));
    }
    let mut layers = Vec::new();
    for (place, line) in lines {
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        if cells.len() != names.len() {
            let problem = format!("{} columns; the header has {}", cells.len(), names.len());
            return Err(LayerError::file(place + 1, problem));
        }
        let cell = |column: &str| names.iter().position(|name| *name == column).map(|at| cells[at]);
        layers.push(row(cell).map_err(|problem| LayerError::file(place + 1, problem))?);
        if layers.len() > MOST_LAYERS {
            return Err(LayerError::file(place + 1, format!("more than {MOST_LAYERS} layers")));
        }
    }
    match layers.is_empty() {
        true => Err(LayerError::file(1, "no layer after the header")),
        false => Ok(layers),
    }
}

fn row<'a>(cell: impl Fn(&str) -> Option<&'a str>) -> Result<NamedLayer, String> {
    let number = |column: &str| match cell(column) {
        None => Ok(1),
        Some(text) => text.parse::<u32>().map_err(|_| format!("{column}: `{text}` is not a whole number")),
    };
    let kind = match cell("kind").unwrap_or_default() {
        "dense" => Kind::Dense,
        "depthwise" => Kind::Depthwise,
        other => return Err(format!("kind: `{other}`; allowed: dense, depthwise")),
    };
    let mut layer = Layer { kind, ..Layer::gemm(1, 1, 1) };
    for dim in Dim::ALL {
        layer.extents[dim as usize] = number(dim.name())?;
    }
    layer.strides = [number("Wstride")?, number("Hstride")?];
    layer.dilations = [number("Wdilation")?, number("Hdilation")?];
    let layer = layer.checked().map_err(|error| error.to_string())?;
    let count = number("count")?;
    if !(1..=1 << 20).contains(&count) {
        return Err(format!("count: {count}; allowed: 1 to {}", 1 << 20));
    }
    Ok(NamedLayer { name: cell("name").unwrap_or_default().to_owned(), layer, count })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_bad_line_is_refused_with_its_number() {
        let header = "name,kind,N,M,C,P,Q,R,S,Wstride,count\n";
        let good = "a,dense,1,2,3,4,5,6,7,1,1\n";
        for (line, expected) in [
            ("b,dense,1,2,3\n", "line 3: 5 columns; the header has 11"),
            ("b,sparse,1,2,3,4,5,6,7,1,1\n", "line 3: kind: `sparse`; allowed: dense, depthwise"),
            ("b,dense,1,2,3,4,5,6,0,1,1\n", "line 3: `S` is 0; allowed: 1 or more"),
            ("b,dense,1,2,3,4,5,6,-7,1,1\n", "line 3: S: `-7` is not a whole number"),
            ("b,dense,1,2,3,4,5,6,7,65,1\n", "line 3: `Wstride` is 65; allowed: 1 to 64"),
            ("b,dense,1,2,3,4,5,6,7,1,0\n", "line 3: count: 0; allowed: 1 to 1048576"),
            ("b,dense,4000000000,4000000000,3,4,5,6,7,1,1\n", "multiply to more than"),
        ] {
            let error = read(format!("{header}{good}{line}").as_bytes()).unwrap_err().to_string();
            assert!(error.contains(expected), "expected {expected:?} in {error}");
        }
        for (text, expected) in [
            ("", "line 1: no header"),
            ("name,kind\n", "line 1: no column `N`"),
            ("name,kind,N,M,C,P,Q,R,S,T\n", "line 1: unknown column `T`"),
            (header, "line 1: no layer after the header"),
        ] {
            assert!(read(text.as_bytes()).unwrap_err().to_string().contains(expected), "{text}");
        }
        assert!(read(b"name\n\xff").unwrap_err().to_string().contains("line 2: not UTF-8"));
    }

    proptest! {
        #[test]
        fn nothing_in_a_file_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), line in ".{0,60}") {
            let _ = read(&bytes);
            let _ = read(format!("name,kind,N,M,C,P,Q,R,S\n{line}\n").as_bytes());
        }
    }
}
